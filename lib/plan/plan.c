/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A plan: functions that add to it for planners, and getters for callers. */
#include "lib/plan/plan.h"
#include "lib/base/cleanup.h"
#include "lib/base/counts.h"
#include "lib/base/error.h"
#include "lib/base/export.h"
#include "lib/base/vec.h"
#include "lib/model/block.h"
#include "lib/plan/drain.h"
#include "lib/plan/receipt.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- building ---------------------------------------------------------------------------- */

struct mhp_step *plan_step(struct planner *p, enum mhp_step_type type, uint32_t chain,
			   const char *fmt, ...)
{
	struct mhp_step *step = VEC_PUSH(p->plan->steps, p->plan->nr_steps);
	va_list ap;

	if (!step)
		return NULL;
	step->type = type;
	step->chain = chain;
	va_start(ap, fmt);
	vsnprintf(step->object, sizeof(step->object), fmt, ap);
	va_end(ap);
	return step;
}

int plan_warn(struct planner *p, const char *fmt, ...)
{
	char(*text)[384] = VEC_PUSH(p->plan->warnings, p->plan->nr_warnings);
	va_list ap;

	if (!text)
		return -ENOMEM;
	va_start(ap, fmt);
	vsnprintf(*text, sizeof(*text), fmt, ap);
	va_end(ap);
	for (size_t i = 0; i + 1 < p->plan->nr_warnings; i++)
		if (strcmp(p->plan->warnings[i], *text) == 0) {
			p->plan->nr_warnings--;
			break;
		}
	return 0;
}

int plan_consent(struct planner *p, enum mhp_consent_kind kind, const char *fmt, ...)
{
	struct plan_consent *consent;
	va_list ap;

	if (p->request->agreed & kind)
		return 0;
	consent = VEC_PUSH(p->plan->consents, p->plan->nr_consents);
	if (!consent)
		return -ENOMEM;
	consent->kind = kind;
	va_start(ap, fmt);
	vsnprintf(consent->text, sizeof(consent->text), fmt, ap);
	va_end(ap);
	return 0;
}

int plan_unseen(struct planner *p, const char *what, const char *why, struct mhp_error *err)
{
	struct mhp_hidden *hidden;

	if (!p->request->list_hidden)
		return err_set(err, -EACCES, MHP_REASON_NOT_PERMITTED, "%s: %s", what, why);
	for (size_t i = 0; i < p->plan->nr_hidden; i++)
		if (strcmp(p->plan->hidden[i].what, what) == 0)
			return 0;
	hidden = VEC_PUSH(p->plan->hidden, p->plan->nr_hidden);
	if (!hidden)
		return -ENOMEM;
	str_copy(hidden->what, what);
	str_copy(hidden->why, why);
	return 0;
}

int plan_lock(struct planner *p, struct mhp_range range)
{
	struct mhp_range *lock = VEC_PUSH(p->plan->locks, p->plan->nr_locks);

	if (!lock)
		return -ENOMEM;
	*lock = range;
	return 0;
}

int plan_lock_region(struct planner *p, const char *name)
{
	const struct mhp_region *region = topology_find_region(p->topo, name);

	if (!region || region->start == MHP_UNKNOWN) /* unknown range: lock all memory */
		return plan_lock(p, (struct mhp_range){ 0, UINT64_MAX });
	return plan_lock(p, (struct mhp_range){ region->start, region->start + region->size });
}

int plan_module(struct planner *p, const char *name, bool is_there, const char *why)
{
	struct mhp_step *step;

	for (size_t i = 0; i < p->plan->nr_steps; i++)
		if (p->plan->steps[i].type == MHP_STEP_LOAD_MODULE &&
		    strcmp(p->plan->steps[i].object, name) == 0)
			return 0;
	if (is_there)
		return 0;
	step = plan_step(p, MHP_STEP_LOAD_MODULE, MHP_NO_CHAIN, "%s", name);
	if (!step)
		return -ENOMEM;
	str_copy(step->why, why);
	return 0;
}

const struct mhp_block *plan_next_block(const struct planner *p, uint32_t chain, size_t *at)
{
	const struct idset *set = &p->plan->chains[chain].blocks;
	const struct mhp_topology *topo = p->topo;

	if (!set->nr)
		return NULL;
	if (!*at)
		*at = block_index(topo->blocks, topo->nr_blocks, set->runs[0].first);
	while (*at < topo->nr_blocks && topo->blocks[*at].id <= set->runs[set->nr - 1].last) {
		const struct mhp_block *block = &topo->blocks[(*at)++];

		if (idset_has(set, block->id))
			return block;
	}
	return NULL;
}

/* ---- reading ----------------------------------------------------------------------------- */

MHP_EXPORT void mhp_plan_free(struct mhp_plan *plan)
{
	if (!plan)
		return;
	for (size_t i = 0; i < plan->nr_chains; i++)
		idset_free(&plan->chains[i].blocks);
	for (size_t i = 0; i < plan->nr_targets; i++)
		free(plan->targets[i].chains);
	free(plan->steps);
	free(plan->chains);
	free(plan->targets);
	free(plan->consents);
	free(plan->losses);
	free(plan->looks);
	free(plan->warnings);
	free(plan->failures);
	free(plan->node_costs);
	free(plan->alternatives);
	free(plan->locks);
	free(plan->hidden);
	receipt_free(plan->receipt);
	drain_free(plan->drain);
	free(plan);
}

MHP_EXPORT const struct mhp_step *mhp_plan_step(const struct mhp_plan *plan, size_t index)
{
	return index < plan->nr_steps ? &plan->steps[index] : NULL;
}

MHP_EXPORT const char *mhp_plan_consent(const struct mhp_plan *plan, size_t index)
{
	return index < plan->nr_consents ? plan->consents[index].text : NULL;
}

MHP_EXPORT const struct mhp_loss *mhp_plan_loss(const struct mhp_plan *plan, size_t index)
{
	return index < plan->nr_losses ? &plan->losses[index] : NULL;
}

MHP_EXPORT unsigned mhp_plan_consent_kind(const struct mhp_plan *plan, size_t index)
{
	return index < plan->nr_consents ? plan->consents[index].kind : 0;
}

MHP_EXPORT const char *mhp_plan_warning(const struct mhp_plan *plan, size_t index)
{
	return index < plan->nr_warnings ? plan->warnings[index] : NULL;
}

MHP_EXPORT const struct mhp_hidden *mhp_plan_hidden(const struct mhp_plan *plan, size_t index)
{
	return index < plan->nr_hidden ? &plan->hidden[index] : NULL;
}

MHP_EXPORT const char *mhp_plan_target(const struct mhp_plan *plan, size_t index)
{
	return index < plan->nr_targets ? plan->targets[index].target.text : NULL;
}

MHP_EXPORT const struct mhp_failure *mhp_plan_failure(const struct mhp_plan *plan, size_t index)
{
	return index < plan->nr_failures ? &plan->failures[index] : NULL;
}

MHP_EXPORT const struct mhp_drain *mhp_plan_drain(const struct mhp_plan *plan)
{
	return plan->drain;
}

MHP_EXPORT const struct mhp_receipt *mhp_plan_receipt(const struct mhp_plan *plan)
{
	return plan->receipt;
}

int plan_check_label(const char *label, struct mhp_error *err)
{
	if (!*label || strlen(label) >= MHP_LABEL_MAX - 1)
		return err_usage(err, "a label has at most 63 bytes", "the name is %s",
				 *label ? "too long" : "empty");
	for (; *label; label++)
		if ((unsigned char)*label < 0x20 || *label == 0x7f)
			return err_usage(err, "use characters that are visible, and spaces",
					 "the name has control characters");
	return 0;
}

MHP_EXPORT const char *mhp_verb_name(enum mhp_verb verb)
{
	static const char *const names[NR_VERBS] = {
		[MHP_VERB_CREATE] = "create", [MHP_VERB_DESTROY] = "destroy",
		[MHP_VERB_ONLINE] = "online", [MHP_VERB_OFFLINE] = "offline",
		[MHP_VERB_REMOVE] = "remove", [MHP_VERB_INIT] = "init",
		[MHP_VERB_RESIZE] = "resize",
	};

	return (unsigned)verb < NR_VERBS ? names[verb] : "unknown";
}

MHP_EXPORT const char *mhp_zone_request_name(enum mhp_zone_request zone)
{
	static const char *const names[] = { "movable", "kernel", "auto" };

	return (unsigned)zone < ARRAY_SIZE(names) ? names[zone] : "unknown";
}
