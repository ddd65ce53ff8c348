/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Wording shared by all sinks, and suppression of repeated warnings. */
#pragma once

#include "cmd/message-run.h"
#include "lib/libmhp.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Warnings already printed, since a second planning round repeats some, and failures not printed
 * yet.
 */
struct message_memory {
	uint64_t seen[32];
	size_t nr;
	struct message_run run; /* failures held back */
};

/* Returns true if the text is new, and remembers it. */
bool message_is_new(struct message_memory *memory, const char *text);

/* Formats the message of a failure, with the kernel's reason if the message lacks it. */
void failure_text(const struct mhp_failure *failure, char *buf, size_t size);

/* Formats "namespace0.0 (fsdax, 412 GiB: ext4 'backup')". */
void wording_loss(const struct mhp_loss *loss, char *text, size_t size);

#define WORDING_DRAIN_MAX 640

/* Formats "reclaim /system.slice/a: 64 MiB of 128 MiB after 1.2 s: too little swap is free". */
void wording_drain(const struct mhp_drain_action *action, char *text, size_t size);

/* Formats "hook before /usr/local/sbin/drain: exit status 3 after 1.2 s". */
void wording_hook(const struct mhp_hook *hook, char *text, size_t size);
