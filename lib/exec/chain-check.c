/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/chain-check.h"
#include "lib/exec/event.h"
#include "lib/plan/failure.h"

struct chain_check chain_check_of(struct exec *x, uint32_t index, bool was_given_up)
{
	return (struct chain_check){
		.x = x,
		.index = index,
		.chain = &x->plan->chains[index],
		.state = &x->chains[index],
		.was_given_up = was_given_up,
	};
}

const struct mhp_step *chain_last_step(const struct chain_check *p, enum mhp_step_type type)
{
	for (size_t i = p->x->plan->nr_steps; i-- > 0;)
		if (p->x->plan->steps[i].chain == p->index && p->x->plan->steps[i].type == type)
			return &p->x->plan->steps[i];
	return NULL;
}

bool chain_ended_well(const struct chain_check *p)
{
	size_t nr = 0;

	for (size_t i = 0; i < p->x->plan->nr_steps; i++)
		nr += p->x->plan->steps[i].chain == p->index;
	return !p->state->failed && !p->state->undone && !p->was_given_up &&
	       p->state->nr_ended >= nr;
}

void chain_report_failure(struct chain_check *p, enum mhp_step_type type, const char *target,
			  const struct mhp_error *err)
{
	const struct mhp_step *step = chain_last_step(p, type);
	struct mhp_failure failure;

	if (!p->x->plan->nr_steps && p->x->can_plan_again) {
		p->x->is_outdated = true;
		return;
	}
	failure_init(&failure, target, err);
	if (step) {
		exec_fail_with(p->x, step, &failure);
		return;
	}
	if (!p->state->failed)
		p->state->reason = err->reason;
	p->state->failed = true;
	event_failure(p->x, NULL, &failure);
	failures_add(&p->x->failures, &failure);
}
