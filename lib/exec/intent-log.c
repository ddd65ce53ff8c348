/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/intent-log.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/memstream.h"
#include "lib/exec/exec.h"
#include "lib/sys/dax/dax.h"
#include "lib/sys/holders/procs.h"
#include "lib/sys/nd/nd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void intent_log_init(struct intent_log *log, struct mhp_ctx *ctx, const struct mhp_request *request,
		     const struct emitter *emitter)
{
	*log = (struct intent_log){
		.ctx = ctx,
		.request = request,
		.emitter = emitter,
		.files = { { .fd = -1 }, { .fd = -1 } },
	};
}

/* ---- the files --------------------------------------------------------------------------- */

static int copy_targets(const struct mhp_request *request, struct intent *intent)
{
	size_t nr =
		request->nr_targets < INTENT_TARGETS_MAX ? request->nr_targets : INTENT_TARGETS_MAX;

	intent->targets = calloc(nr + 2, sizeof(*intent->targets));
	if (!intent->targets)
		return -ENOMEM;
	for (; intent->nr_targets < nr; intent->nr_targets++)
		str_copy(intent->targets[intent->nr_targets], request->targets[intent->nr_targets]);
	if (request->has_node) {
		str_format(intent->targets[intent->nr_targets], "node%d", request->node);
		intent->nr_targets++;
	}
	return 0;
}

static char *head_text(const struct intent_log *log)
{
	cleanup_memstream struct memstream m = { 0 };
	cleanup_intent struct intent intent = {
		.pid = (uint64_t)getpid(),
		.start = procs_born(&log->ctx->sys, getpid()),
		.time_us = clock_real_usec(),
	};

	intentdir_boot(log->ctx, intent.boot);
	str_copy(intent.verb, mhp_verb_name(log->request->verb));
	if (copy_targets(log->request, &intent) < 0 || memstream_open(&m) < 0 ||
	    intent_put_head(m.file, &intent) < 0)
		return NULL;
	return memstream_end(&m);
}

static void warn_once(struct intent_log *log, enum intent_place place, int rc)
{
	if (!log->is_warned)
		emit_warning(log->emitter,
			     "cannot write to %s: %s; if this run is killed, mhpctl recover does "
			     "not know what it was doing",
			     intentdir_path(place), strerror(-rc));
	log->is_warned = true;
}

static int open_file(struct intent_log *log, enum intent_place place)
{
	cleanup_free char *head = NULL;

	if (log->files[place].fd >= 0)
		return 0;
	head = head_text(log);
	return head ? intentdir_create(log->ctx, place, head, log->name, &log->files[place])
		    : -ENOMEM;
}

static void mark_full(struct intent_log *log, enum intent_place place)
{
	cleanup_memstream struct memstream m = { 0 };
	cleanup_free char *text = NULL;

	log->is_full = true;
	if (memstream_open(&m) == 0 && intent_put_mark(m.file, "full") == 0)
		text = memstream_end(&m);
	if (text)
		intentdir_finish(&log->files[place], text);
}

/* Appends to a file. What survives a boot is on disk before this returns. */
static int append(struct intent_log *log, enum intent_place place, const char *text, bool sync)
{
	int rc = open_file(log, place);

	if (rc == 0)
		rc = intentdir_append(&log->files[place], text, sync && place == INTENT_LASTING);
	if (rc == -EFBIG)
		mark_full(log, place);
	return rc == -EFBIG ? 0 : rc;
}

/* Appends steps. What cannot go to /var/lib goes to /run, for as long as the machine is up. */
static void append_steps(struct intent_log *log, enum intent_place place, const char *text)
{
	int rc = append(log, place, text, true);

	if (rc == 0)
		return;
	warn_once(log, place, rc);
	if (place == INTENT_LASTING)
		append(log, INTENT_RUN, text, false);
}

/* Appends to all files that exist. */
static void append_all(struct intent_log *log, const char *text, bool sync)
{
	for (enum intent_place place = 0; place < INTENT_PLACES; place++)
		if (log->files[place].fd >= 0)
			append(log, place, text, sync);
}

/* ---- the steps --------------------------------------------------------------------------- */

uint64_t intent_log_number(const struct exec *x, const struct mhp_step *step)
{
	return x->intent->base + (uint64_t)(step - x->plan->steps) + 1;
}

/* True if the step writes labels or an info block. */
static bool is_lasting(const struct exec *x, const struct mhp_step *step)
{
	const struct mhp_namespace *ns;

	switch (step->type) {
	case MHP_STEP_INIT_LABELS:
	case MHP_STEP_CREATE_NAMESPACE:
	case MHP_STEP_DESTROY_NAMESPACE:
		return true;
	case MHP_STEP_ENABLE_NAMESPACE:
		ns = topology_find_namespace(x->topo, step->object);
		return step->overwrite || (ns && ns->mode == MHP_NAMESPACE_DEVDAX && !ns->align);
	default:
		return false;
	}
}

static struct mhp_range range_at(uint64_t start, uint64_t size)
{
	return start == MHP_UNKNOWN ? (struct mhp_range){ 0, 0 }
				    : (struct mhp_range){ start, start + size };
}

static void fill_region(const struct exec *x, const char *name, struct intent_step *out)
{
	const struct mhp_region *region = topology_find_region(x->topo, name);

	str_copy(out->region, name);
	if (region)
		out->range = range_at(region->start, region->size);
}

static void fill_namespace(const struct exec *x, const struct mhp_step *step,
			   struct intent_step *out)
{
	const struct chain *chain = &x->plan->chains[step->chain];
	const char *name = *chain->ns_name ? chain->ns_name : step->object;
	const struct mhp_namespace *ns = topology_find_namespace(x->topo, name);

	if (*chain->id) {
		str_copy(out->uuid, chain->id);
		str_copy(out->region, chain->region);
	} else if (ns) {
		str_copy(out->uuid, *ns->id ? ns->id : ns->uuid);
		str_copy(out->region, ns->region);
		out->range = range_at(ns->start, ns->raw_size);
	} else {
		str_copy(out->uuid, chain->new_id);
		str_copy(out->region, chain->region);
	}
}

static void fill_device(const struct exec *x, const struct mhp_step *step, struct intent_step *out)
{
	const struct chain *chain = &x->plan->chains[step->chain];
	const char *name = *chain->device ? chain->device : step->object;
	const struct mhp_dax *dax = topology_find_dax(x->topo, name);
	char driver[MHP_NAME_MAX];

	fill_namespace(x, step, out);
	str_copy(out->object, name);
	str_copy(out->want, mhp_dax_mode_name(step->mode));
	if (dax && dax->nr_ranges)
		out->range = (struct mhp_range){ dax->ranges[0].start,
						 dax->ranges[dax->nr_ranges - 1].end };
	if (dax_driver(x->ctx, name, driver, sizeof(driver)) == 0)
		str_copy(out->before, driver);
}

static void fill_blocks(const struct exec *x, const struct mhp_step *step, struct intent_step *out)
{
	const struct chain *chain = &x->plan->chains[step->chain];
	const uint64_t size = x->topo->memory.block_size;

	out->range = (struct mhp_range){ step->first_block * size, (step->last_block + 1) * size };
	str_copy(out->region, chain->region);
	str_copy(out->want, step->type == MHP_STEP_ONLINE_BLOCK ? mhp_zone_request_name(step->zone)
								: "offline");
}

static void fill_step(const struct exec *x, const struct mhp_step *step, struct intent_step *out)
{
	*out = (struct intent_step){ .number = intent_log_number(x, step) };
	str_copy(out->kind, mhp_step_type_name(step->type));
	str_copy(out->object, step->object);
	switch (step->type) {
	case MHP_STEP_CREATE_NAMESPACE:
		str_copy(out->uuid, x->plan->chains[step->chain].new_id);
		fill_region(x, step->object, out);
		break;
	case MHP_STEP_ENABLE_REGION:
	case MHP_STEP_INIT_LABELS:
		fill_region(x, step->object, out);
		break;
	case MHP_STEP_ENABLE_NAMESPACE:
	case MHP_STEP_DESTROY_NAMESPACE:
		fill_namespace(x, step, out);
		break;
	case MHP_STEP_SET_MODE:
		fill_device(x, step, out);
		break;
	case MHP_STEP_ONLINE_BLOCK:
	case MHP_STEP_OFFLINE_BLOCK:
		fill_blocks(x, step, out);
		break;
	default:
		break;
	}
}

/* Returns the lines of those steps that belong to that file, NULL without memory; or "". */
static char *steps_text(const struct exec *x, struct mhp_step *const *steps, size_t nr,
			bool lasting)
{
	cleanup_memstream struct memstream m = { 0 };
	struct intent_step out;

	if (memstream_open(&m) < 0)
		return NULL;
	for (size_t i = 0; i < nr; i++) {
		if (steps[i]->type == MHP_STEP_LOAD_MODULE || is_lasting(x, steps[i]) != lasting)
			continue;
		fill_step(x, steps[i], &out);
		if (intent_put_step(m.file, &out) < 0)
			return NULL;
	}
	return memstream_end(&m);
}

void intent_log_begin(struct exec *x, struct mhp_step *const *steps, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (steps[i]->type == MHP_STEP_CREATE_NAMESPACE)
			nd_new_uuid(x->plan->chains[steps[i]->chain].new_id);
	if (!x->intent || x->intent->is_full)
		return;
	for (enum intent_place place = 0; place < INTENT_PLACES; place++) {
		cleanup_free char *text = steps_text(x, steps, nr, place == INTENT_LASTING);

		if (!text)
			warn_once(x->intent, place, -ENOMEM);
		else if (*text)
			append_steps(x->intent, place, text);
	}
}

void intent_log_done(struct exec *x, const struct mhp_step *step)
{
	cleanup_memstream struct memstream m = { 0 };
	cleanup_free char *text = NULL;
	enum intent_place place = is_lasting(x, step) ? INTENT_LASTING : INTENT_RUN;
	struct intent_log *log = x->intent;

	if (!log || log->is_full || step->type == MHP_STEP_LOAD_MODULE)
		return;
	if (log->files[place].fd < 0)
		place = INTENT_RUN;
	if (log->files[place].fd < 0 || memstream_open(&m) < 0 ||
	    intent_put_done(m.file, intent_log_number(x, step)) < 0)
		return;
	text = memstream_end(&m);
	if (text) /* the machine shows it as well, so it need not be on disk */
		append(log, place, text, false);
}

void intent_log_undo(struct exec *x)
{
	cleanup_memstream struct memstream m = { 0 };
	cleanup_free char *text = NULL;

	if (!x->intent || memstream_open(&m) < 0 || intent_put_mark(m.file, "undoing") < 0)
		return;
	text = memstream_end(&m);
	if (text)
		append_all(x->intent, text, true);
}

void intent_log_next(struct intent_log *log, size_t nr_steps)
{
	log->base += nr_steps;
}

/* Removes the lasting file last: it alone tells about labels. */
void intent_log_end(struct intent_log *log)
{
	for (enum intent_place place = 0; place < INTENT_PLACES; place++)
		if (log->files[place].fd >= 0)
			intentdir_remove(log->ctx, place, log->name, &log->files[place]);
}
