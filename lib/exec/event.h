/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Events of a run, and their way to the sink. */
#pragma once

#include "lib/exec/memmap-rate.h"
#include "lib/libmhp.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct exec;
struct mhp_topology;

/* Where events go, and since when time counts. Embedded in each struct that emits events. */
struct emitter {
	const struct mhp_run_options *options;
	uint64_t start_ms;
};

/* Fills in the time and emits the event. */
void emit(const struct emitter *emitter, struct mhp_event *event);

void emit_plan(const struct emitter *emitter, const struct mhp_plan *plan);
void emit_warning(const struct emitter *emitter, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Reports that this run waits for another mhpctl. */
void emit_waiting(const struct emitter *emitter, const char *holder);

/* Reports a failure that belongs to no step. */
void emit_failure(const struct emitter *emitter, const struct mhp_failure *failure);

/* Reports that a hook starts, or has ended. */
void emit_hook(const struct emitter *emitter, const struct mhp_hook *hook, bool is_done);

/* Reports that an action of a drain starts, or has ended. */
void emit_drain(const struct emitter *emitter, const struct mhp_drain_action *action, bool is_done);

/* ---- events of steps, with device and node ----------------------------------------------- */

/* The memory that a step is about. */
struct step_place {
	const char *device; /* dax device, namespace or region, or NULL */
	int node;	    /* -1: unknown, or several */
};

struct step_place event_place(const struct mhp_topology *topo, const struct mhp_plan *plan,
			      const struct mhp_step *step);

void event_plan(const struct exec *x);
void event_step(const struct exec *x, const struct mhp_step *step, enum mhp_event_type type,
		bool changed, bool failed, uint64_t elapsed_ms);
void event_failure(const struct exec *x, const struct mhp_step *step,
		   const struct mhp_failure *failure);
void event_retrying(const struct exec *x, const struct mhp_step *step, const char *object,
		    uint64_t elapsed_ms, uint64_t pages_stuck, const struct mhp_owner *owner);
void event_warning(const struct exec *x, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Emits at most ten events a second, but always the last one. */
void event_progress(struct exec *x, const struct mhp_step *step);

/* Does the same with a number of blocks that are done but not all counted yet. */
void event_progress_at(struct exec *x, const struct mhp_step *step, uint64_t blocks);

/* Parts of one progress event; further ones are only in the sum. */
#define EVENT_PARTS_MAX 64

/* Reports the progress of memmaps in pages and bytes, as often as event_progress(). */
void event_memmap(struct exec *x, const struct memmap_progress *sum,
		  const struct mhp_event_part *parts, size_t nr_parts);
