/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Removes the files and records of ended runs in a child, because their disk may hang. */
#pragma once

#include "lib/exec/leftover.h"
#include "lib/sys/child.h"
#include "lib/sys/intentdir.h"

/*
 * Removes a file. is_claimed: the caller has its lock; else the child takes it. Returns 0 or a
 * negative errno.
 */
int run_files_remove(struct child *child, enum intent_place place, const char *name,
		     bool is_claimed);

/* Deletes the records of namespaces that a run has not created in the end. */
void run_files_remove_records(struct child *child, const struct judgement *judgement);

/* Removes what runs have left that were killed before they had begun a step. */
void run_files_remove_nameless(struct child *child);
