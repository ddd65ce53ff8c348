/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Logs a finished plan for --debug. */
#include "lib/plan/plan.h"

static void log_target(const struct log *log, const struct mhp_plan *plan,
		       const struct plan_target *target)
{
	size_t nr = 0;

	for (size_t i = 0; i < plan->nr_steps; i++)
		for (size_t k = 0; k < target->nr_chains; k++)
			nr += plan->steps[i].chain == target->chains[k];
	log_line(log, "%s %s: %zu steps%s", mhp_verb_name(plan->verb), target->target.text, nr,
		 target->failed ? ", it cannot be planned"
		 : nr		? ""
				: ", it is as wanted");
}

static void log_step(const struct log *log, size_t nr, const struct mhp_step *step)
{
	log_line(log, "step %zu: %s %s%s%s%s%s%s", nr, mhp_step_type_name(step->type), step->object,
		 step->is_predicted ? " (a forecast)" : "",
		 step->is_parallel ? " (side by side)" : "",
		 step->is_direct_to_kmem ? " (directly to kmem)" : "", *step->why ? ": " : "",
		 step->why);
}

void plan_log(const struct planner *p)
{
	const struct log *log = &p->topo->log;
	const struct mhp_plan *plan = p->plan;

	if (!log->fn)
		return;
	for (size_t i = 0; i < plan->nr_targets; i++)
		log_target(log, plan, &plan->targets[i]);
	for (size_t i = 0; i < plan->nr_steps; i++)
		log_step(log, i + 1, &plan->steps[i]);
	for (size_t i = 0; i < plan->nr_consents; i++)
		log_line(log, "needs consent: %s", plan->consents[i].text);
	for (size_t i = 0; i < plan->nr_warnings; i++)
		log_line(log, "warns: %s", plan->warnings[i]);
	for (size_t i = 0; i < plan->nr_hidden; i++)
		log_line(log, "cannot see %s: %s", plan->hidden[i].what, plan->hidden[i].why);
	if (plan->partial)
		log_line(log, "the rest is planned when these steps are done");
}
