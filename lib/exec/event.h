/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/exec/exec.h"
#include "lib/exec/memmap-rate.h"

void event_plan(const struct exec *x);
void event_step(const struct exec *x, const struct mhp_step *step, enum mhp_event_type type,
		bool changed, bool failed, uint64_t elapsed_ms);
void event_failure(const struct exec *x, const struct mhp_step *step,
		   const struct mhp_failure *failure);
void event_retrying(const struct exec *x, const struct mhp_step *step, const char *object,
		    uint64_t elapsed_ms, uint64_t pages_stuck, const struct mhp_owner *owner);
void event_warning(const struct exec *x, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* At most ten a second, and the last one always. */
void event_progress(struct exec *x, const struct mhp_step *step);

/* Parts of one progress event; of more works only the sum is told. */
#define EVENT_PARTS_MAX 64

/* How far memmaps are, in pages and bytes; as often as event_progress(). */
void event_memmap(struct exec *x, const struct memmap_progress *sum, const struct mhp_part *parts,
		  size_t nr_parts);
