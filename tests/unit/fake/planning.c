/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/fake/planning.h"
#include "lib/base/error.h"

#include <string.h>

void planning_begin(struct planning *p, enum mhp_verb verb, const char *targets)
{
	char *save = NULL;
	size_t nr = 0;

	*p = (struct planning){ .request = MHP_REQUEST_INIT(.verb = verb) };
	str_copy(p->names, targets);
	for (char *name = strtok_r(p->names, " ", &save); name; name = strtok_r(NULL, " ", &save)) {
		assert_true(nr < PLANNING_TARGETS);
		p->targets[nr++] = name;
	}
	p->request.nr_targets = nr;
}

void planning_run(struct planning *p, const struct mhp_topology *topo)
{
	p->request.targets = p->targets;
	p->rc = mhp_plan_new(topo, &p->request, &p->plan, &p->err);
}

void planning_end(struct planning *p)
{
	mhp_plan_free(p->plan);
	p->plan = NULL;
}

void planning_check(const struct planning *p, const char *steps)
{
	const struct mhp_step *step;
	char text[2048] = "";
	size_t len = 0;

	if (p->rc != 0)
		fail_msg("refused: %s", p->err.message);
	for (size_t i = 0; (step = mhp_plan_step(p->plan, i)); i++) {
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s %s\n",
					mhp_step_type_name(step->type), step->object);
		/* every step has a reason */
		assert_true(*step->why != '\0');
	}
	assert_string_equal(text, steps);
}

void planning_check_refused(const struct planning *p, int rc, enum mhp_reason reason)
{
	if (p->rc != rc || p->err.reason != reason)
		fail_msg("%d, %s: %s", p->rc, mhp_reason_name(p->err.reason), p->err.message);
	assert_null(p->plan);
	assert_true(*p->err.message != '\0');
	assert_int_equal(p->err.errnum, -rc);
}

void planning_check_hint(const struct planning *p, const char *message, const char *hint)
{
	if (!strstr(p->err.message, message) || !strstr(p->err.hint, hint))
		fail_msg("%s (%s)", p->err.message, p->err.hint);
}

void planning_sized(struct planning *p, const struct mhp_topology *topo, enum mhp_verb verb,
		    const char *targets, uint64_t bytes)
{
	planning_begin(p, verb, targets);
	p->request.bytes = bytes;
	planning_run(p, topo);
}

void planning_expect(const struct mhp_topology *topo, enum mhp_verb verb, const char *targets,
		     const char *steps)
{
	cleanup_planning struct planning p = { 0 };

	planning_begin(&p, verb, targets);
	planning_run(&p, topo);
	planning_check(&p, steps);
}

void planning_expect_refused(const struct mhp_topology *topo, enum mhp_verb verb,
			     const char *targets, int rc, enum mhp_reason reason)
{
	cleanup_planning struct planning p = { 0 };

	planning_begin(&p, verb, targets);
	planning_run(&p, topo);
	planning_check_refused(&p, rc, reason);
}

void planning_plan(struct planning *p, const struct mhp_topology *topo, enum mhp_verb verb,
		   const char *targets)
{
	planning_begin(p, verb, targets);
	planning_run(p, topo);
	if (p->rc != 0)
		fail_msg("%s: %s", targets, p->err.message);
}

const struct mhp_step *planning_step(const struct planning *p, enum mhp_step_type type)
{
	const struct mhp_step *step;

	for (size_t i = 0; (step = mhp_plan_step(p->plan, i)); i++)
		if (step->type == type)
			return step;
	fail_msg("there is no %s", mhp_step_type_name(type));
	return NULL;
}

bool planning_warns(const struct planning *p, const char *words)
{
	const char *text;

	for (size_t i = 0; (text = mhp_plan_warning(p->plan, i)); i++)
		if (strstr(text, words))
			return true;
	return false;
}

struct mhp_topology *planning_region(uint64_t size)
{
	struct mhp_topology *topo = topo_new();
	struct mhp_region *region = topo_region(topo, 0);

	topo->memory.vmemmap_dedup = MHP_TRISTATE_YES;
	region->size = region->available_bytes = region->max_extent_bytes = size;
	return topo;
}

void planning_memory(struct mhp_topology *topo, uint64_t present, uint64_t available)
{
	for (int i = 0; i < 2; i++) {
		topo->nodes[i].kernel_present_bytes = present / 2;
		topo->nodes[i].kernel_available_bytes = available / 2;
	}
}
