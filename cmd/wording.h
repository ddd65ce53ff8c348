/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all sinks say in the same words, and how often. */
#pragma once

#include "cmd/message-run.h"
#include "lib/libmhp.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Warnings already told: what is planned in two rounds would say some of them twice; and failures
 * that are not told yet.
 */
struct message_memory {
	uint64_t seen[32];
	size_t nr;
	struct message_run run; /* failures that are held back */
};

/* Whether the text is new; it is remembered. */
bool message_is_new(struct message_memory *memory, const char *text);

/* The message of a failure, and what the kernel said of it where that is not in it. */
void failure_text(const struct mhp_failure *failure, char *buf, size_t size);

/* "namespace0.0 (fsdax, 412 GiB: ext4 'backup')" */
void wording_loss(const struct mhp_loss *loss, char *text, size_t size);
