/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/event.h"
#include "lib/base/clock.h"
#include "lib/base/counts.h"
#include "lib/base/export.h"
#include "lib/exec/exec.h"
#include "lib/base/item.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PROGRESS_EVERY_MS 100

void emit(const struct emitter *emitter, struct mhp_event *event)
{
	event->time_us = clock_real_usec();
	if (!event->elapsed_ms)
		event->elapsed_ms = clock_msec() - emitter->start_ms;
	if (emitter->options->event)
		emitter->options->event(event, emitter->options->data);
}

void emit_plan(const struct emitter *emitter, const struct mhp_plan *plan)
{
	struct mhp_event event = { .type = MHP_EVENT_PLAN, .plan = plan };

	emit(emitter, &event);
}

__attribute__((format(printf, 2, 0))) static void emit_warning_va(const struct emitter *emitter,
								  const char *fmt, va_list ap)
{
	struct mhp_event event = { .type = MHP_EVENT_WARNING };
	char text[512];

	vsnprintf(text, sizeof(text), fmt, ap);
	event.message = text;
	emit(emitter, &event);
}

void emit_warning(const struct emitter *emitter, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit_warning_va(emitter, fmt, ap);
	va_end(ap);
}

void emit_waiting(const struct emitter *emitter, const char *holder)
{
	struct mhp_event event = { .type = MHP_EVENT_WAITING, .object = holder };

	emit(emitter, &event);
}

void emit_hook(const struct emitter *emitter, const struct mhp_hook *hook, bool is_done)
{
	struct mhp_event event = {
		.type = is_done ? MHP_EVENT_HOOK_DONE : MHP_EVENT_HOOK_STARTED,
		.hook = hook,
	};

	emit(emitter, &event);
}

void emit_drain(const struct emitter *emitter, const struct mhp_drain_action *action, bool is_done)
{
	struct mhp_event event = {
		.type = is_done ? MHP_EVENT_DRAIN_DONE : MHP_EVENT_DRAIN_STARTED,
		.drain = action,
	};

	emit(emitter, &event);
}

void emit_failure(const struct emitter *emitter, const struct mhp_failure *failure)
{
	struct mhp_event event = { .type = MHP_EVENT_FAILURE, .failure = failure };

	emit(emitter, &event);
}

/* ---- events of steps --------------------------------------------------------------------- */

/* Returns the last object of the chain that exists by now: device, namespace or region. */
static const char *chain_device(const struct chain *chain)
{
	if (*chain->device)
		return chain->device;
	if (*chain->ns_name)
		return chain->ns_name;
	return *chain->region ? chain->region : NULL;
}

/* Returns the node. A device created after the scan is not in the topology: use its region. */
static int chain_node(const struct mhp_topology *topo, const struct chain *chain)
{
	const struct mhp_dax *dax = topology_find_dax(topo, chain->device);
	const struct mhp_region *region = topology_find_region(topo, chain->region);

	if (dax)
		return dax->target_node;
	return region ? region->target_node : -1;
}

/* Uses the blocks' node, and their device if the chain has none, as for a range of addresses. */
static void add_place_of_blocks(const struct mhp_topology *topo, const struct mhp_step *step,
				struct step_place *place)
{
	const struct mhp_block *first = topology_find_block(topo, step->first_block);
	const struct mhp_block *last = topology_find_block(topo, step->last_block);

	const char *device;

	if (!first || !last)
		return;
	device = mhp_block_device(first);
	if (!place->device && *device && strcmp(device, mhp_block_device(last)) == 0)
		place->device = device;
	if (first->node == last->node)
		place->node = first->node;
}

struct step_place event_place(const struct mhp_topology *topo, const struct mhp_plan *plan,
			      const struct mhp_step *step)
{
	struct step_place place = { .node = -1 };

	if (step->chain == MHP_NO_CHAIN)
		return place;
	place.device = chain_device(&plan->chains[step->chain]);
	place.node = chain_node(topo, &plan->chains[step->chain]);
	if (is_block_step(step->type))
		add_place_of_blocks(topo, step, &place);
	return place;
}

static void add_place(const struct exec *x, struct mhp_event *event)
{
	struct step_place place;

	if (!event->step || event->step->chain == MHP_NO_CHAIN)
		return;
	place = event_place(x->topo, x->plan, event->step);
	event->device = place.device;
	event->node = place.node;
	event->has_node = event->node >= 0;
}

static void log_event(const struct exec *x, const struct mhp_event *event)
{
	const struct mhp_step *step = event->step;
	const char *text = event->message	? event->message
			   : event->failure	? event->failure->error.message
			   : event->has_failed	? "failed"
			   : event->has_changes ? "changed"
			   : event->object	? event->object
						: "";

	if (event->type == MHP_EVENT_PROGRESS)
		return;
	log_line(&x->ctx->log, "%s%s%s%s%s%s%s", mhp_event_type_name(event->type), step ? " " : "",
		 step ? mhp_step_type_name(step->type) : "", step ? " " : "",
		 step ? step->object : "", *text ? ": " : "", text);
}

static void emit_step_event(const struct exec *x, struct mhp_event *event)
{
	add_place(x, event);
	log_event(x, event);
	emit(&x->emitter, event);
}

void event_plan(const struct exec *x)
{
	emit_plan(&x->emitter, x->plan);
}

void event_step(const struct exec *x, const struct mhp_step *step, enum mhp_event_type type,
		bool changed, bool failed, uint64_t elapsed_ms)
{
	struct mhp_event event = {
		.type = type,
		.step = step,
		.has_changes = changed,
		.has_failed = failed,
		.elapsed_ms = elapsed_ms,
	};

	if (type == MHP_EVENT_STEP_DONE && is_block_step(step->type))
		event.granularity = x->chains[step->chain].granularity;
	emit_step_event(x, &event);
}

void event_failure(const struct exec *x, const struct mhp_step *step,
		   const struct mhp_failure *failure)
{
	struct mhp_event event = { .type = MHP_EVENT_FAILURE, .step = step, .failure = failure };

	emit_step_event(x, &event);
}

void event_retrying(const struct exec *x, const struct mhp_step *step, const char *object,
		    uint64_t elapsed_ms, uint64_t pages_stuck, const struct mhp_owner *owner)
{
	struct mhp_event event = {
		.type = MHP_EVENT_RETRYING,
		.step = step,
		.object = object,
		.elapsed_ms = elapsed_ms,
		.pages_stuck = pages_stuck,
		.owner = owner,
	};

	emit_step_event(x, &event);
}

void event_warning(const struct exec *x, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit_warning_va(&x->emitter, fmt, ap);
	va_end(ap);
}

void event_progress_at(struct exec *x, const struct mhp_step *step, uint64_t blocks)
{
	const uint64_t size = x->topo->memory.block_size;
	struct progress *p = &x->progress;
	uint64_t now = clock_msec(), spent = now - p->start_ms;
	struct mhp_event event = {
		.type = MHP_EVENT_PROGRESS,
		.step = step,
		.done = blocks,
		.total = p->total,
		.done_bytes = blocks * size,
		.total_bytes = p->total * size,
		.eta_ms = MHP_UNKNOWN,
	};

	if (now - p->last_ms < PROGRESS_EVERY_MS && blocks < p->total)
		return;
	p->last_ms = now;
	if (blocks && spent) {
		event.bytes_per_second = blocks * size / spent * 1000;
		event.eta_ms = spent * (p->total - blocks) / blocks;
	}
	emit_step_event(x, &event);
}

void event_progress(struct exec *x, const struct mhp_step *step)
{
	event_progress_at(x, step, x->progress.blocks);
}

void event_memmap(struct exec *x, const struct memmap_progress *sum,
		  const struct mhp_event_part *parts, size_t nr_parts)
{
	const uint64_t size = x->topo->memory.page_size;
	uint64_t workers = sum->workers < sum->left ? sum->workers : sum->left;
	uint64_t now = clock_msec();
	struct mhp_event event = {
		.type = MHP_EVENT_PROGRESS,
		.done = sum->done_bytes / size,
		.total = sum->total_bytes / size,
		.done_bytes = sum->done_bytes,
		.total_bytes = sum->total_bytes,
		.is_in_pages = true,
		.is_estimated = sum->estimated,
		.parts = parts,
		.nr_parts = nr_parts,
		.eta_ms = MHP_UNKNOWN,
	};

	if (sum->left && now - x->progress.last_ms < PROGRESS_EVERY_MS)
		return;
	x->progress.last_ms = now;
	if (!sum->left)
		event.eta_ms = 0;
	else if (sum->per_s)
		event.eta_ms = sum->left_structs * 1000 / sum->per_s / workers;
	emit_step_event(x, &event);
}

MHP_EXPORT const char *mhp_granularity_name(enum mhp_granularity granularity)
{
	static const char *const names[NR_GRANULARITIES] = { NULL, "blocks", "device" };

	return (unsigned)granularity < NR_GRANULARITIES ? names[granularity] : "unknown";
}

MHP_EXPORT const char *mhp_event_type_name(enum mhp_event_type type)
{
	static const char *const names[NR_EVENT_TYPES] = {
		[MHP_EVENT_PLAN] = "plan",
		[MHP_EVENT_STEP_STARTED] = "step_started",
		[MHP_EVENT_STEP_DONE] = "step_done",
		[MHP_EVENT_PROGRESS] = "progress",
		[MHP_EVENT_RETRYING] = "retrying",
		[MHP_EVENT_FAILURE] = "failure",
		[MHP_EVENT_WARNING] = "warning",
		[MHP_EVENT_WAITING] = "waiting",
		[MHP_EVENT_HOOK_STARTED] = "hook_started",
		[MHP_EVENT_HOOK_DONE] = "hook_done",
		[MHP_EVENT_DRAIN_STARTED] = "drain_started",
		[MHP_EVENT_DRAIN_DONE] = "drain_done",
	};

	return (unsigned)type < NR_EVENT_TYPES ? names[type] : "unknown";
}

MHP_EXPORT const struct mhp_event_part *mhp_event_part(const struct mhp_event *event, size_t index)
{
	return item_get(struct mhp_event_part, event->parts, event->nr_parts, index);
}
