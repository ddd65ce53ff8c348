/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests and plans from a policy and a topology. */
#include "lib/base/error.h"
#include "lib/plan/policy/policy.h"
#include "lib/tool.h"
#include "tests/unit/fake/topo.h"

#include <errno.h>
#include <string.h>

struct declared {
	struct mhp_policy *policy;
	struct mhp_policy_plan *plan;
};

static void declared_end(struct declared *d)
{
	mhp_policy_plan_free(d->plan);
	mhp_policy_free(d->policy);
	*d = (struct declared){ 0 };
}

#define cleanup_declared __attribute__((cleanup(declared_end)))

static void declare(struct declared *d, const struct mhp_topology *topo, const char *text)
{
	struct mhp_error err = { 0 };

	declared_end(d);
	assert_int_equal(mhp_policy_parse(text, "x.conf", &d->policy, NULL), 0);
	if (mhp_policy_plan_new(topo, d->policy, false, &d->plan, &err) != 0)
		fail_msg("refused: %s", err.message);
}

/* Checks requests, given as "SECTION VERB TARGETS: STEPS" or ": REASON", one a line. */
static void check_jobs(const struct declared *d, const char *want)
{
	const struct mhp_policy_job *job;
	const struct mhp_step *step;
	char got[2048] = "";
	FILE *f = fmemopen(got, sizeof(got), "w");

	assert_non_null(f);
	for (size_t i = 0; (job = mhp_policy_plan_job(d->plan, i)); i++) {
		fprintf(f, "%s %s", job->section->name, mhp_verb_name(job->verb));
		for (size_t k = 0; k < job->nr_targets; k++)
			fprintf(f, " %s", mhp_policy_job_target(job, k));
		fputs(":", f);
		if (!job->plan)
			fprintf(f, " %s", mhp_reason_name(job->error.reason));
		for (size_t k = 0; job->plan && (step = mhp_plan_step(job->plan, k)); k++)
			fprintf(f, " %s", step->object);
		fputs("\n", f);
	}
	fclose(f);
	assert_string_equal(got, want);
}

static void expect(const struct mhp_topology *topo, const char *text, const char *want)
{
	cleanup_declared struct declared d = { 0 };

	declare(&d, topo, text);
	check_jobs(&d, want);
}

/* Checks whether match keys match dax0.0 of the topology. */
static void expect_match(const struct mhp_topology *topo, const char *lines, bool matches)
{
	char text[512];

	str_format(text, "[memory a]\n%s\nmode = devdax\n", lines);
	expect(topo, text, matches ? "a remove dax0.0:\n" : "");
}

static struct mhp_topology *with_dax(enum mhp_dax_mode mode, enum mhp_block_state state)
{
	struct mhp_topology *topo = topo_new();
	enum mhp_zone zone = state == MHP_BLOCK_ONLINE ? MHP_ZONE_MOVABLE : MHP_ZONE_NONE;

	topo_region(topo, 0);
	topo_dax(topo, 0, mode, state, zone)->origin = MHP_ORIGIN_PMEM;
	str_copy(topo->dax[0].path, "/sys/devices/platform/e820/ndbus0/region0/dax0.0/dax0.0");
	return topo;
}

/* ---- matching ---------------------------------------------------------------------------- */

static void by_what_a_device_is(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_dax(MHP_DAX_DEVDAX, MHP_BLOCK_OFFLINE);
	static const char *const yes[] = {
		"match.device = *",
		"match.device = dax1.0 dax0.*",
		"match.region = region1 region0",
		"match.namespace = 00000000-0000-0000-0000-000000000000",
		"match.path = */region0/*",
		"match.path = /sys/devices/platform/e820/*",
		"match.node = 2",
		"match.node = node2",
		"match.origin = cxl pmem",
		"match.size = >1G",
		"match.size = 2145386496",
		"match.size = =2145386496",
		"match.size = >=2145386496 <2G",
		"match.node = 2\nmatch.origin = pmem",
	};
	static const char *const no[] = {
		"match.device = dax0.1",
		"match.device = dax",
		"match.region = region1",
		"match.namespace = 00000000-0000-0000-0000-000000000001",
		"match.path = */region1/*",
		"match.serial = 7",
		"match.node = 3",
		"match.origin = cxl soft_reserved",
		"match.size = <1G",
		"match.size = >1G <1500M",
		"match.size = >2145386496",
		"match.node = 2\nmatch.origin = cxl",
	};

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
		expect_match(topo, yes[i], true);
	for (size_t i = 0; i < ARRAY_SIZE(no); i++)
		expect_match(topo, no[i], false);
}

static void by_what_cxl_tells(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_dax(MHP_DAX_DEVDAX, MHP_BLOCK_OFFLINE);
	struct mhp_dax *dax = &topo->dax[0];

	dax->origin = MHP_ORIGIN_CXL;
	dax->ns_name[0] = dax->region[0] = '\0';
	str_copy(dax->cxl_region, "region7");
	dax->serials = (struct mhp_serials){ 2, { 0x1f, 5 } };
	expect_match(topo, "match.origin = cxl", true);
	expect_match(topo, "match.serial = 31", true);
	expect_match(topo, "match.serial = 0x5", true);
	expect_match(topo, "match.serial = 6", false);
	expect_match(topo, "match.region = region7", true);
	expect_match(topo, "match.region = region0", false);
	/* an unknown property matches no value */
	dax->origin = MHP_ORIGIN_UNKNOWN;
	dax->target_node = -1;
	dax->path[0] = '\0';
	expect_match(topo, "match.origin = cxl pmem soft_reserved", false);
	expect_match(topo, "match.node = 2", false);
	expect_match(topo, "match.path = *", false);
	expect_match(topo, "match.device = *", true);
}

/* Persistent memory behind CXL is a region of the nvdimm bus. */
static void by_the_serial_of_a_region(void **state)
{
	cleanup_topology struct mhp_topology *topo = topo_new();
	struct mhp_region *region = topo_region(topo, 0);

	expect(topo, "[memory a]\nmatch.region = region0\nmatch.serial = 31\n", "");
	region->serials = (struct mhp_serials){ 1, { 0x1f } };
	expect(topo, "[memory a]\nmatch.region = region0\nmatch.serial = 31\n",
	       "a online region0: region0 dax0.0 memory33-47\n");
	expect(topo, "[memory a]\nmatch.region = region0\nmatch.serial = 30\n", "");
	expect(topo, "[memory a]\nmatch.serial = 31\n", "");
	topo_namespace(topo, 0, 0, MHP_NAMESPACE_DEVDAX)->is_enabled = false;
	expect(topo, "[memory a]\nmatch.serial = 31\n",
	       "a online namespace0.0: namespace0.0 dax0.0 memory33-47\n");
	expect(topo, "[memory a]\nmatch.serial = 30\n", "");
}

/* A namespace is created only if the policy names the region. */
static void empty_regions(void **state)
{
	cleanup_topology struct mhp_topology *topo = topo_new();

	topo_region(topo, 0);
	expect(topo, "[memory a]\nmatch.region = region0\n",
	       "a online region0: region0 dax0.0 memory33-47\n");
	expect(topo, "[memory a]\nmatch.region = region0\nmode = devdax\n",
	       "a create region0: region0\n");
	expect(topo, "[memory a]\nmatch.region = region0\nmatch.size = >4G\n", "");
	expect(topo, "[memory a]\nmatch.origin = pmem\n", "");
	expect(topo, "[memory a]\nmatch.device = *\n", "");
	expect(topo, "[memory a]\nmatch.node = 2\n", "");
	expect(topo, "[memory a]\nmatch.region = region0\nmatch.device = dax0.0\n", "");
	expect(topo, "[memory a]\nmatch.region = region0\nmatch.origin = cxl\n", "");
	topo_namespace(topo, 0, 0, MHP_NAMESPACE_DEVDAX)->is_enabled = false;
	expect(topo, "[memory a]\nmatch.origin = pmem\n",
	       "a online namespace0.0: namespace0.0 dax0.0 memory33-47\n");
	expect(topo, "[memory a]\nmatch.origin = pmem\nmode = devdax\n",
	       "a init namespace0.0: namespace0.0\n");
	expect(topo, "[memory a]\nmatch.region = region0\nmode = devdax\nsize = 4G\n",
	       "a init namespace0.0: mismatch\n");
	/* without labels a namespace is raw until it is enabled */
	topo->regions[0].has_labels = false;
	topo->namespaces[0].mode = MHP_NAMESPACE_RAW;
	expect(topo, "[memory a]\nmatch.region = region0\nmode = devdax\n",
	       "a init namespace0.0: namespace0.0\n");
	str_copy(topo->regions[0].type, "blk");
	topo->nr_namespaces = 0;
	expect(topo, "[memory a]\nmatch.region = region0\n", "");
}

static void the_first_section_counts(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_dax(MHP_DAX_DEVDAX, MHP_BLOCK_OFFLINE);
	cleanup_declared struct declared d = { 0 };

	declare(&d, topo,
		"[memory a]\nmatch.node = 2\n[memory b]\nmatch.device = *\nmode = devdax\n");
	check_jobs(&d, "a online dax0.0: dax0.0 memory33-47\n");
	assert_string_equal(mhp_policy_plan_warning(d.plan, 0),
			    "dax0.0: sections a (x.conf:1) and b (x.conf:3) match it; a applies");
	assert_null(mhp_policy_plan_warning(d.plan, 1));
	declare(&d, topo,
		"[memory a]\nmatch.node = 2\n"
		"[memory b]\nmatch.device = *\nmode = devdax\norder = 1\n");
	check_jobs(&d, "b remove dax0.0:\n");
}

/* ---- actions ----------------------------------------------------------------------------- */

static void what_is_so_already(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_dax(MHP_DAX_SYSTEM_RAM, MHP_BLOCK_ONLINE);

	expect(topo, "[memory a]\nmatch.node = 2\n", "a online dax0.0:\n");
	expect(topo, "[memory a]\nmatch.node = 2\nzone = kernel\n",
	       "a online dax0.0: memory33-47\n");
	expect(topo, "[memory a]\nmatch.node = 2\nmode = devdax\n",
	       "a remove dax0.0: memory33-47 dax0.0\n");
}

/* An existing namespace must match the declaration in every mode. */
static void namespaces_that_differ(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_dax(MHP_DAX_DEVDAX, MHP_BLOCK_OFFLINE);

	expect(topo, "[memory a]\nmatch.region = region0\nalign = 2M\n",
	       "a online namespace0.0: dax0.0 memory33-47\n");
	expect(topo, "[memory a]\nmatch.region = region0\nsize = 2G\n",
	       "a online namespace0.0: dax0.0 memory33-47\n");
	expect(topo, "[memory a]\nmatch.region = region0\non_failure = stop\nsize = 1G\n",
	       "a online namespace0.0: mismatch\n");
	expect(topo, "[memory a]\nmatch.region = region0\nmode = devdax\nmap = mem\n",
	       "a remove dax0.0:\n");
	expect(topo, "[memory a]\nmatch.region = region0\nmode = devdax\nalign = 1G\n",
	       "a remove dax0.0: mismatch\n");
	expect(topo, "[memory a]\nmatch.region = region0\non_failure = stop\nalign = 1G\n",
	       "a online namespace0.0: mismatch\n");
}

/* The machine has 2 GiB in kernel zones; the 15 blocks of the device are less. */
static void too_much_movable_memory(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_dax(MHP_DAX_DEVDAX, MHP_BLOCK_OFFLINE);

	topology_count(topo);
	expect(topo, "[memory a]\nmatch.node = 2\nratio_limit = 1\n",
	       "a online dax0.0: dax0.0 memory33-47\n");
	expect(topo, "[memory a]\nmatch.node = 2\nratio_limit = 15:16\n",
	       "a online dax0.0: dax0.0 memory33-47\n");
	expect(topo, "[memory a]\nmatch.node = 2\nratio_limit = 14:16\n",
	       "a online dax0.0: ratio_exceeded\n");
	expect(topo, "[memory a]\nmatch.node = 2\nratio_limit = 1:9\nzone = kernel\n",
	       "a online dax0.0: dax0.0 memory33-47\n");
	/* a block that may be movable */
	topo_block(topo, 3)->zone = MHP_ZONE_UNKNOWN;
	expect(topo, "[memory a]\nmatch.node = 2\nratio_limit = 1\n",
	       "a online dax0.0: ratio_exceeded\n");
	expect(topo, "[memory a]\nmatch.node = 2\n", "a online dax0.0: dax0.0 memory33-47\n");
	topo_block(topo, 3)->zone = MHP_ZONE_NORMAL;
	/* memory of an earlier section counts */
	topo_region(topo, 1);
	expect(topo,
	       "[memory b]\nmatch.region = region1\nzone = kernel\n"
	       "[memory a]\nmatch.node = 2\nratio_limit = 15:31\n",
	       "b online region1: region1 dax1.0 memory49-63\n"
	       "a online dax0.0: dax0.0 memory33-47\n");
	expect(topo,
	       "[memory b]\nmatch.region = region1\n"
	       "[memory a]\nmatch.node = 2\nratio_limit = 1\n",
	       "b online region1: region1 dax1.0 memory49-63\n"
	       "a online dax0.0: ratio_exceeded\n");
	topo_dax(topo, 0, MHP_DAX_SYSTEM_RAM, MHP_BLOCK_ONLINE, MHP_ZONE_MOVABLE);
}

/* With zone auto what does not fit comes online in a kernel zone; earlier sections count. */
static void a_zone_by_the_ratio(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_dax(MHP_DAX_DEVDAX, MHP_BLOCK_OFFLINE);
	cleanup_declared struct declared d = { 0 };
	const struct mhp_plan *plan;

	topology_count(topo);
	topo_region(topo, 1);
	declare(&d, topo,
		"[memory b]\nmatch.region = region1\n"
		"[memory a]\nmatch.node = 2\nzone = auto\nratio_limit = 1\n");
	check_jobs(&d, "b online region1: region1 dax1.0 memory49-63\n"
		       "a online dax0.0: dax0.0 memory33-47\n");
	plan = mhp_policy_plan_job(d.plan, 1)->plan;
	assert_int_equal(mhp_plan_step(plan, 1)->zone, MHP_ZONE_REQUEST_KERNEL);
	assert_non_null(strstr(mhp_plan_step(plan, 1)->why, "movable would be 3.75 GiB"));
	declare(&d, topo, "[memory a]\nmatch.node = 2\nzone = auto\nratio_limit = 1\n");
	plan = mhp_policy_plan_job(d.plan, 0)->plan;
	assert_int_equal(mhp_plan_step(plan, 1)->zone, MHP_ZONE_REQUEST_MOVABLE);
}

/* Above the limit, but already online: nothing to do. */
static void a_ratio_that_is_so(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_dax(MHP_DAX_SYSTEM_RAM, MHP_BLOCK_ONLINE);

	expect(topo, "[memory a]\nmatch.node = 2\nratio_limit = 1:100\n", "a online dax0.0:\n");
}

/* A policy gives its consent in the file, since no user can answer during boot. */
static void data_that_may_go(void **state)
{
	cleanup_topology struct mhp_topology *topo = topo_new();
	cleanup_declared struct declared d = { 0 };

	topo_region(topo, 0);
	topo->regions[0].has_labels = false;
	topo_namespace(topo, 0, 0, MHP_NAMESPACE_RAW)->content = MHP_CONTENT_DATA;
	declare(&d, topo, "[memory a]\nmatch.region = region0\n");
	assert_non_null(mhp_plan_consent(mhp_policy_plan_job(d.plan, 0)->plan, 0));
	declare(&d, topo, "[memory a]\nmatch.region = region0\nconsent = yes\n");
	assert_null(mhp_plan_consent(mhp_policy_plan_job(d.plan, 0)->plan, 0));
}

static void modules_are_loaded_once(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_dax(MHP_DAX_DEVDAX, MHP_BLOCK_OFFLINE);

	topo_region(topo, 1);
	topo->has_kmem = topo->has_device_dax = false;
	expect(topo, "[memory b]\nmatch.region = region1\n[memory a]\nmatch.node = 2\n",
	       "b online region1: device_dax kmem region1 dax1.0 memory49-63\n"
	       "a online dax0.0: dax0.0 memory33-47\n");
}

static void a_wrong_policy(void **state)
{
	cleanup_topology struct mhp_topology *topo = topo_new();
	struct mhp_policy_plan *plan = NULL;
	struct mhp_policy *policy = NULL;

	assert_int_equal(mhp_policy_parse("[memory a]\n", "x.conf", &policy, NULL), 0);
	assert_int_equal(mhp_policy_plan_new(topo, policy, false, &plan, NULL), -EINVAL);
	assert_null(plan);
	mhp_policy_free(policy);
}

/* ---- the first part ---------------------------------------------------------------------- */

static void only_the_first_part(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_dax(MHP_DAX_DEVDAX, MHP_BLOCK_OFFLINE);
	cleanup_declared struct declared d = { 0 };
	struct mhp_request request;
	struct mhp_plan *plan = NULL;

	declare(&d, topo, "[memory a]\nmatch.node = 2\nfirst = 300M\n");
	check_jobs(&d, "a online dax0.0: dax0.0 memory33-47\n");
	request = policy_request(mhp_policy_plan_job(d.plan, 0), MHP_CONSENT_ALL, true);
	assert_int_equal(request.agreed, MHP_CONSENT_ALL);
	assert_int_equal(mhp_plan_new(topo, &request, &plan, NULL), 0);
	assert_string_equal(mhp_plan_step(plan, 1)->object, "memory33-35");
	assert_true(mhp_plan_step(plan, 1)->size == 3 * TOPO_BLOCK);
	assert_null(mhp_plan_step(plan, 2));
	mhp_plan_free(plan);
	request = policy_request(mhp_policy_plan_job(d.plan, 0), false, false);
	assert_true(request.first == 0);
}

static void the_first_part_is_there(void **state)
{
	cleanup_topology struct mhp_topology *topo =
		with_dax(MHP_DAX_SYSTEM_RAM, MHP_BLOCK_OFFLINE);
	struct mhp_request request = MHP_REQUEST_INIT(.verb = MHP_VERB_ONLINE, .nr_targets = 1);
	const char *target = "dax0.0";
	struct mhp_plan *plan = NULL;

	topo_block(topo, 33)->state = MHP_BLOCK_ONLINE;
	topo_block(topo, 33)->zone = MHP_ZONE_MOVABLE;
	request.targets = &target;
	request.first = TOPO_BLOCK;
	assert_int_equal(mhp_plan_new(topo, &request, &plan, NULL), 0);
	assert_null(mhp_plan_step(plan, 0));
	mhp_plan_free(plan);
	request.first = 2 * TOPO_BLOCK;
	assert_int_equal(mhp_plan_new(topo, &request, &plan, NULL), 0);
	assert_string_equal(mhp_plan_step(plan, 0)->object, "memory34");
	assert_null(mhp_plan_step(plan, 1));
	mhp_plan_free(plan);
}

/* ---- plans that were agreed to ------------------------------------------------------------ */

/* Fixes the policy to its plan on this topology. */
static void agree(struct declared *d, const struct mhp_topology *topo, const char *text)
{
	const struct mhp_policy_job *job;

	declare(d, topo, text);
	for (size_t i = 0; (job = mhp_policy_plan_job(d->plan, i)); i++)
		assert_int_equal(mhp_policy_expect(d->policy, job->section->name, job->verb,
						   job->fingerprint, NULL),
				 0);
	d->policy->is_expected = true;
}

static int check_again(const struct declared *d, const struct mhp_topology *topo,
		       struct mhp_error *err)
{
	struct mhp_policy_plan *plan = NULL;
	int rc = mhp_policy_plan_new(topo, d->policy, false, &plan, err);

	mhp_policy_plan_free(plan);
	return rc;
}

static void machines_that_have_changed(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_dax(MHP_DAX_DEVDAX, MHP_BLOCK_OFFLINE);
	cleanup_declared struct declared d = { 0 };
	struct mhp_error err = { 0 };

	agree(&d, topo, "[memory a]\nmatch.region = region0 region1\n");
	assert_int_equal(check_again(&d, topo, &err), 0);
	topo->has_kmem = false; /* a loaded module makes no difference */
	assert_int_equal(check_again(&d, topo, &err), 0);
	topo->namespaces[0].uuid[0] = 'f';
	assert_int_equal(check_again(&d, topo, &err), -ESTALE);
	assert_int_equal(err.reason, MHP_REASON_STALE_PLAN);
	topo->namespaces[0].uuid[0] = '0';
	topo->dax[0].ranges[0].end -= 512 * MIB;
	assert_int_equal(check_again(&d, topo, &err), -ESTALE);
	topo->dax[0].ranges[0].end += 512 * MIB;
	topo->dax[0].mode = MHP_DAX_UNBOUND;
	assert_int_equal(check_again(&d, topo, &err), -ESTALE);
	topo->dax[0].mode = MHP_DAX_DEVDAX;
	assert_int_equal(check_again(&d, topo, &err), 0);
	topo_region(topo, 1); /* one more step */
	assert_int_equal(check_again(&d, topo, &err), -ESTALE);
	topo->nr_regions = topo->nr_namespaces = topo->nr_dax = 0;
	assert_int_equal(check_again(&d, topo, &err), -ESTALE);
}

/* Each section is safe alone, but not both together. */
static void what_all_sections_cost(void **state)
{
	cleanup_topology struct mhp_topology *topo = topo_new();
	cleanup_declared struct declared d = { 0 };
	const struct mhp_plan_cost *cost;

	topo_region(topo, 0);
	topo_region(topo, 1);
	for (int node = 0; node < 2; node++) {
		topo->nodes[node].kernel_present_bytes = GIB / 2;
		topo->nodes[node].kernel_available_bytes = 153 * MIB;
	}
	declare(&d, topo,
		"[memory a]\nmatch.region = region0\n[memory b]\nmatch.region = region1\n");
	cost = mhp_plan_cost(mhp_policy_plan_sum(d.plan));
	assert_true(cost->is_complete);
	assert_true(cost->memory_bytes == 60 * MIB);
	assert_true(cost->usable_bytes == 30 * TOPO_BLOCK);
	assert_true(cost->movable_bytes == 30 * TOPO_BLOCK);
	assert_true(cost->available_bytes == 306 * MIB && cost->reserve_bytes == 256 * MIB);
	assert_true(mhp_plan_node_cost(mhp_policy_plan_sum(d.plan), 0)->memmap_bytes == 60 * MIB);
	assert_null(mhp_plan_node_cost(mhp_policy_plan_sum(d.plan), 1));
	assert_null(mhp_plan_consent(mhp_policy_plan_job(d.plan, 0)->plan, 0));
	assert_string_equal(mhp_policy_plan_warning(d.plan, 0),
			    "all sections together: the memmap takes 60 MiB of ordinary memory; "
			    "306 MiB are available, of which 256 MiB should stay free");
	/* no steps, no cost */
	declare(&d, topo, "[memory a]\nmatch.region = region7\n");
	cost = mhp_plan_cost(mhp_policy_plan_sum(d.plan));
	assert_true(cost->is_complete && cost->memmap_bytes == 0);
	assert_null(mhp_policy_plan_warning(d.plan, 0));
}

static void plans_that_are_done(void **state)
{
	cleanup_topology struct mhp_topology *topo =
		with_dax(MHP_DAX_SYSTEM_RAM, MHP_BLOCK_OFFLINE);
	cleanup_declared struct declared d = { 0 };

	agree(&d, topo, "[memory a]\nmatch.node = 2\n");
	for (uint64_t id = 33; id <= 47; id++) {
		topo_block(topo, id)->state = MHP_BLOCK_ONLINE;
		topo_block(topo, id)->zone = MHP_ZONE_MOVABLE;
	}
	assert_int_equal(check_again(&d, topo, NULL), 0);
	topo_block(topo, 40)->state = MHP_BLOCK_OFFLINE;
	assert_int_equal(check_again(&d, topo, NULL), -ESTALE);
}

UNIT_TESTS(cmocka_unit_test(by_what_a_device_is), cmocka_unit_test(by_what_cxl_tells),
	   cmocka_unit_test(by_the_serial_of_a_region), cmocka_unit_test(empty_regions),
	   cmocka_unit_test(the_first_section_counts), cmocka_unit_test(what_is_so_already),
	   cmocka_unit_test(namespaces_that_differ), cmocka_unit_test(too_much_movable_memory),
	   cmocka_unit_test(a_zone_by_the_ratio), cmocka_unit_test(a_ratio_that_is_so),
	   cmocka_unit_test(data_that_may_go), cmocka_unit_test(modules_are_loaded_once),
	   cmocka_unit_test(a_wrong_policy), cmocka_unit_test(only_the_first_part),
	   cmocka_unit_test(the_first_part_is_there), cmocka_unit_test(machines_that_have_changed),
	   cmocka_unit_test(plans_that_are_done), cmocka_unit_test(what_all_sections_cost))
