/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Removes the files and records of ended runs in a child, because their disk may hang. */
#pragma once

#include "lib/exec/event.h"
#include "lib/exec/leftover.h"
#include "lib/sys/child.h"
#include "lib/sys/intentdir.h"

/*
 * Removes a file. is_claimed: the caller has its lock; else the child takes it. Returns 0 or a
 * negative errno.
 */
int run_files_remove(struct child *child, enum intent_place place, const char *name,
		     bool is_claimed);

/*
 * Deletes the records of namespaces that a run has not created in the end. Returns 0 or a negative
 * errno; the files of the run are then still needed, as nothing else names these records.
 */
int run_files_remove_records(struct child *child, const struct judgement *judgement);

/* Removes files that killed runs have left without a name, or half written. */
void run_files_sweep(struct child *child);

/*
 * Removes the tracing instances of killed watches. Returns how many, or with dry_run how many there
 * are; warns about others.
 */
int run_files_traces(const struct mhp_ctx *ctx, const struct emitter *emitter, bool dry_run);
