/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Consent before data is lost: every combination of facts, and those that do not ask. */
#include "lib/plan/data.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "tests/unit/fake/planning.h"

#include <stdio.h>
#include <string.h>

enum {
	USES = 3,
	MODES = 4,
	CONTENTS = 3,
	RECORDS = 3,
	DAX_MODES = 4,
	ORIGINS = 4
};

/* Returns why a combination needs no consent; NULL: it must ask. */
static const char *known_harmless(const struct data_facts *f)
{
	if (f->content == MHP_CONTENT_ZERO)
		return "all that was looked at is zero";
	if (f->record == MHP_RECORD_VALID)
		return "mhpctl made it, or made it memory, and nobody has used it since";
	if (f->has_device && !f->has_namespace && f->origin == MHP_ORIGIN_CXL)
		return "volatile CXL memory";
	if (f->has_device && !f->has_namespace && f->origin == MHP_ORIGIN_SOFT_RESERVED)
		return "ordinary memory that the firmware set aside";
	if (f->has_device && f->dax_mode == MHP_DAX_SYSTEM_RAM && f->use == DATA_USE_MEMORY)
		return "it is memory now";
	if (f->has_device && f->dax_mode == MHP_DAX_SYSTEM_RAM && f->is_in_use)
		return "it is memory now";
	return NULL;
}

static void check_cell(const struct data_facts *f)
{
	if (may_hold_data(f) == !known_harmless(f))
		return;
	print_error("use %d namespace %d mode %d enabled %d content %d record %d device %d "
		    "dax mode %d origin %d in use %d\n",
		    f->use, f->has_namespace, f->mode, f->is_enabled, f->content, f->record,
		    f->has_device, f->dax_mode, f->origin, f->is_in_use);
	fail();
}

static struct data_facts cell(unsigned n)
{
	struct data_facts f = { 0 };

	f.use = n % USES;
	n /= USES;
	f.mode = n % MODES;
	n /= MODES;
	f.content = n % CONTENTS;
	n /= CONTENTS;
	f.record = n % RECORDS;
	n /= RECORDS;
	f.dax_mode = n % DAX_MODES;
	n /= DAX_MODES;
	f.origin = n % ORIGINS;
	n /= ORIGINS;
	f.has_namespace = n & 1;
	f.is_enabled = n & 2;
	f.has_device = n & 4;
	f.is_in_use = n & 8;
	return f;
}

static void every_cell(void **state)
{
	unsigned cells = USES * MODES * CONTENTS * RECORDS * DAX_MODES * ORIGINS * 16, asks = 0;

	for (unsigned n = 0; n < cells; n++) {
		const struct data_facts f = cell(n);

		check_cell(&f);
		asks += may_hold_data(&f);
	}
	assert_true(asks > cells / 4);
}

static void nothing_known_asks(void **state)
{
	const struct data_facts nothing = { 0 };

	assert_true(may_hold_data(&nothing));
}

/* ---- the verbs --------------------------------------------------------------------------- */

struct verb_case {
	enum mhp_verb verb;
	const char *target;
	bool destroy;
};

static const struct verb_case verbs[] = {
	{ MHP_VERB_ONLINE, "region0", false },	{ MHP_VERB_ONLINE, "namespace0.0", false },
	{ MHP_VERB_ONLINE, "dax0.0", false },	{ MHP_VERB_ONLINE, "all", false },
	{ MHP_VERB_DESTROY, "region0", false }, { MHP_VERB_DESTROY, "namespace0.0", false },
	{ MHP_VERB_DESTROY, "all", false },	{ MHP_VERB_REMOVE, "region0", true },
	{ MHP_VERB_REMOVE, "dax0.0", true },	{ MHP_VERB_REMOVE, "all", true },
};

static struct mhp_topology *with_device(enum mhp_dax_mode mode, enum mhp_content content)
{
	struct mhp_topology *topo = topo_new();

	topo_region(topo, 0);
	topo_dax(topo, 0, mode, MHP_BLOCK_OFFLINE, MHP_ZONE_NONE);
	topo->namespaces[0].content = content;
	str_copy(topo->namespaces[0].content_text, "xfs 'home'");
	return topo;
}

static void begin_verb(struct planning *p, const struct verb_case *v)
{
	planning_begin(p, v->verb, v->target);
	p->request.destroy = v->destroy;
}

static void every_verb_asks_and_names_it(void **state)
{
	static const enum mhp_dax_mode modes[] = { MHP_DAX_DEVDAX, MHP_DAX_UNBOUND };

	for (size_t i = 0; i < ARRAY_SIZE(verbs) * 2; i++) {
		cleanup_topology struct mhp_topology *topo =
			with_device(modes[i % 2], MHP_CONTENT_DATA);
		cleanup_planning struct planning p = { 0 }, memory = { 0 }, data = { 0 };

		begin_verb(&p, &verbs[i / 2]);
		planning_run(&p, topo);
		assert_non_null(strstr(mhp_plan_consent(p.plan, 0), "xfs 'home'"));
		assert_int_equal(mhp_plan_consent_kind(p.plan, 0), MHP_CONSENT_DATA);
		begin_verb(&memory, &verbs[i / 2]);
		memory.request.agreed = MHP_CONSENT_MEMORY | MHP_CONSENT_LABELS;
		planning_run(&memory, topo);
		assert_non_null(mhp_plan_consent(memory.plan, 0));
		begin_verb(&data, &verbs[i / 2]);
		data.request.agreed = MHP_CONSENT_DATA;
		planning_run(&data, topo);
		assert_null(mhp_plan_consent(data.plan, 0));
		assert_true(mhp_plan_loss(data.plan, 0)->is_agreed); /* still listed */
	}
}

static void another_driver_holds_data(void **state)
{
	cleanup_topology struct mhp_topology *topo =
		with_device(MHP_DAX_OTHER, MHP_CONTENT_UNKNOWN);
	cleanup_planning struct planning p = { 0 };

	planning_begin(&p, MHP_VERB_DESTROY, "all");
	planning_run(&p, topo);
	assert_non_null(mhp_plan_consent(p.plan, 0));
}

static void a_uuid_agrees_to_its_namespace(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_device(MHP_DAX_DEVDAX, MHP_CONTENT_DATA);
	cleanup_planning struct planning own = { 0 }, other = { 0 };
	char uuids[96];

	str_format(uuids, "deadbeef-0000-0000-0000-000000000001  %s", topo->namespaces[0].uuid);
	planning_begin(&own, MHP_VERB_ONLINE, "dax0.0");
	own.request.agreed_uuids = uuids;
	planning_run(&own, topo);
	assert_null(mhp_plan_consent(own.plan, 0));
	uuids[strlen(uuids) - 1]++;
	planning_begin(&other, MHP_VERB_ONLINE, "dax0.0");
	other.request.agreed_uuids = uuids;
	planning_run(&other, topo);
	assert_non_null(mhp_plan_consent(other.plan, 0));
}

static void what_is_recorded_needs_no_question(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_device(MHP_DAX_DEVDAX, MHP_CONTENT_DATA);

	for (size_t i = 0; i < ARRAY_SIZE(verbs) * 2; i++) {
		cleanup_planning struct planning p = { 0 };
		bool is_stale = i % 2;

		topo->namespaces[0].record = is_stale ? MHP_RECORD_STALE : MHP_RECORD_VALID;
		begin_verb(&p, &verbs[i / 2]);
		planning_run(&p, topo);
		assert_int_equal(mhp_plan_consent(p.plan, 0) != NULL, is_stale);
	}
}

UNIT_TESTS(cmocka_unit_test(every_cell), cmocka_unit_test(nothing_known_asks),
	   cmocka_unit_test(every_verb_asks_and_names_it),
	   cmocka_unit_test(another_driver_holds_data),
	   cmocka_unit_test(a_uuid_agrees_to_its_namespace),
	   cmocka_unit_test(what_is_recorded_needs_no_question))
