/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sections that match CXL memory devices and regions, and the requests that they become. */
#include "lib/base/error.h"
#include "lib/plan/policy/policy.h"
#include "lib/tool.h"
#include "tests/unit/fake/findings.h"
#include "tests/unit/fake/topo.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define NEAR "0x10f"
#define FAR  "0xc100000000000007"
#define BOTH NEAR " " FAR
#define LOST                                                                                       \
	"cxl/region2: 1 GiB of it are online while no decoder answers for them, so their data is " \
	"lost\n"

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

	assert_int_equal(mhp_policy_parse(text, "x.conf", &d->policy, NULL), 0);
	if (mhp_policy_check(d->policy, &err) < 0 ||
	    mhp_policy_plan_new(topo, d->policy, 0, &d->plan, &err) < 0)
		fail_msg("refused: %s", err.message);
}

/* Prints a request as "a online mem0 interleave granularity 4096 window decoder0.0 size 1024". */
static void print_request(FILE *f, const struct mhp_policy_job *job)
{
	struct mhp_request request = policy_request(job, 0, false);

	fprintf(f, "%s %s", job->section->name, mhp_verb_name(request.verb));
	for (size_t i = 0; i < request.nr_targets; i++)
		fprintf(f, " %s", request.targets[i]);
	if (request.interleave)
		fprintf(f, " interleave");
	if (request.granularity)
		fprintf(f, " granularity %" PRIu64, request.granularity);
	if (request.window)
		fprintf(f, " window %s", request.window);
	if (request.bytes)
		fprintf(f, " size %" PRIu64, request.bytes);
	fputs("\n", f);
}

static void check_requests(const struct declared *d, const char *want)
{
	const struct mhp_policy_job *job;
	char got[1024] = "";
	FILE *f = fmemopen(got, sizeof(got), "w");

	assert_non_null(f);
	for (size_t i = 0; (job = mhp_policy_plan_job(d->plan, i)); i++)
		print_request(f, job);
	fclose(f);
	assert_string_equal(got, want);
}

static void expect(const struct mhp_topology *topo, const char *text, const char *want)
{
	cleanup_declared struct declared d = { 0 };

	declare(&d, topo, text);
	check_requests(&d, want);
	assert_null(mhp_policy_plan_warning(d.plan, 0));
}

/* Expects a request of one section, "[memory a]" with these lines. */
static void expect_of(const struct mhp_topology *topo, const char *lines, const char *want)
{
	char text[512];

	str_format(text, "[memory a]\n%s\n", lines);
	expect(topo, text, want);
}

static struct mhp_topology *load(const char *name)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();

	assert_int_equal(tree_load(fs->tree.fd, name), 0);
	return scan_of(fs);
}

static struct mhp_cxl_memdev *memdev_of(struct mhp_topology *topo, const char *name)
{
	for (size_t i = 0; i < topo->nr_cxl_memdevs; i++)
		if (strcmp(topo->cxl_memdevs[i].name, name) == 0)
			return &topo->cxl_memdevs[i];
	fail_msg("no %s", name);
	return NULL;
}

/* ---- bare cards -------------------------------------------------------------------------- */

static void by_what_a_card_is(void **state)
{
	cleanup_topology struct mhp_topology *topo = load("cxl-bare.sysfs");
	static const char *const near[] = {
		"match.serial = " NEAR,
		"match.serial = 271 5",
		"match.path = */0000:0d:00.0/*",
		"match.path = *0000:0c:00.0/*", /* whatever is in this slot */
		"match.path = /sys/devices/pci0000:0c/*",
		"match.serial = " BOTH "\nmatch.path = */0000:0d:00.0/*",
		"match.serial = " NEAR "\nmatch.origin = cxl pmem\nmatch.size = 1G",
	};
	static const char *const both[] = {
		"match.serial = " BOTH, "match.size = 1G",     "match.size = >=512M <2G",
		"match.origin = cxl",	"match.path = */mem*", "match.path = *",
	};
	static const char *const none[] = {
		"match.serial = 7",
		"match.size = >1G",
		"match.path = */0000:0d:00.1/*",
		"match.origin = pmem soft_reserved",
		"match.device = *",
		"match.node = 2\nmatch.serial = " NEAR,
		"match.region = region0\nmatch.serial = " NEAR,
		"match.namespace = ed93e918-e165-49d8-921d-383d7b9660c5\nmatch.size = 1G",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(near); i++)
		expect_of(topo, near[i], "a online " NEAR "\n");
	for (size_t i = 0; i < ARRAY_SIZE(both); i++)
		expect_of(topo, both[i], "a online " BOTH "\n");
	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		expect_of(topo, none[i], "");
}

static void what_a_card_becomes(void **state)
{
	cleanup_topology struct mhp_topology *topo = load("cxl-bare.sysfs");

	(void)state;
	expect_of(topo, "match.serial = " NEAR "\nmode = devdax", "a create " NEAR "\n");
	expect_of(topo,
		  "match.serial = " NEAR "\nsize = 512M\ngranularity = 4K\nwindow = decoder0.0",
		  "a online " NEAR " granularity 4096 window decoder0.0 size 536870912\n");
	expect_of(topo, "match.size = 1G\ninterleave = yes", "a online " BOTH " interleave\n");
	expect_of(topo, "match.serial = " BOTH "\ninterleave = yes\nmode = devdax\nsize = 1G",
		  "a create " BOTH " interleave size 1073741824\n");
	expect(topo,
	       "[memory a]\nmatch.serial = " FAR "\n[memory b]\nmatch.serial = " NEAR
	       "\nzone = kernel\n",
	       "a online " FAR "\nb online " NEAR "\n");
}

/* A serial number that is missing, or that two cards have, is not an identity. */
static void cards_without_a_serial_number(void **state)
{
	cleanup_topology struct mhp_topology *topo = load("cxl-bare.sysfs");

	(void)state;
	memdev_of(topo, "mem0")->serial = MHP_UNKNOWN;
	memdev_of(topo, "mem1")->serial = MHP_UNKNOWN;
	expect_of(topo, "match.path = */0000:0d:00.0/*", "a online mem0\n");
	expect_of(topo, "match.origin = cxl", "a online mem0 mem1\n");
	expect_of(topo, "match.serial = 0xffffffffffffffff", "");
	memdev_of(topo, "mem0")->serial = memdev_of(topo, "mem1")->serial = 5;
	expect_of(topo, "match.serial = 5", "a online mem0 mem1\n");
}

static void capacity_that_is_not_known(void **state)
{
	cleanup_topology struct mhp_topology *topo = load("cxl-bare.sysfs");

	(void)state;
	memdev_of(topo, "mem0")->ram_bytes = MHP_UNKNOWN;
	expect_of(topo, "match.size = >=1", "a online " FAR "\n");
	expect_of(topo, "match.serial = " NEAR, "a online " NEAR "\n");
	memdev_of(topo, "mem0")->ram_bytes = 0; /* persistent memory only */
	expect_of(topo, "match.serial = " NEAR, "");
}

/* ---- plans ------------------------------------------------------------------------------- */

/* Prints the steps of all requests, or why they are refused. */
static void expect_plan(const struct mhp_topology *topo, const char *text, const char *want)
{
	cleanup_declared struct declared d = { 0 };
	const struct mhp_policy_job *job;
	const struct mhp_step *step;
	char got[1024] = "";

	declare(&d, topo, text);
	for (size_t i = 0; (job = mhp_policy_plan_job(d.plan, i)); i++) {
		for (size_t k = 0; job->plan && (step = mhp_plan_step(job->plan, k)); k++)
			str_append(got, "%s %s\n", mhp_step_type_name(step->type), step->object);
		for (size_t k = 0; job->plan && k < job->plan->nr_failures; k++)
			str_append(got, "%s\n", job->plan->failures[k].error.message);
		if (!job->plan)
			str_append(got, "%s\n", job->error.message);
	}
	assert_string_equal(got, want);
}

static void from_card_to_memory(void **state)
{
	cleanup_topology struct mhp_topology *topo = load("cxl-bare.sysfs");

	(void)state;
	topo->has_dax_cxl = true;
	expect_plan(topo, "[memory a]\nmatch.path = */0000:0d:00.0/*\nsize = 512M\n",
		    "create_cxl_region decoder0.0\nadd_memdev mem0\ncommit_cxl_region region0\n"
		    "enable_cxl_region region0\nset_mode dax0.0\nonline_block memory4242-4245\n");
	expect_plan(topo, "[memory a]\nmatch.serial = " BOTH "\ninterleave = yes\nmode = devdax\n",
		    "create_cxl_region decoder0.2\nadd_memdev mem0\nadd_memdev mem1\n"
		    "commit_cxl_region region2\nenable_cxl_region region2\nset_mode dax2.0\n");
}

/* Blocks that no card answers for are not touched, whatever the policy declares about their card.
 */
static void after_the_loss_of_a_card(void **state)
{
	cleanup_topology struct mhp_topology *topo = load("cxl-lost.sysfs");

	(void)state;
	topo->has_cxl_acpi = topo->has_cxl_port = topo->has_cxl_mem = topo->has_dax_cxl = true;
	expect_plan(topo, "[memory a]\nmatch.serial = " NEAR "\n", LOST);
	expect_plan(topo, "[memory a]\nmatch.region = cxl/region2\n", LOST);
	expect_plan(topo, "[memory a]\nmatch.serial = " BOTH "\ninterleave = yes\n",
		    "enable_memdev mem1\n");
	expect_plan(topo, "[memory a]\nmatch.device = *\n[memory b]\nmatch.node = 4\n", "");
	memdev_of(topo, "mem1")->is_enabled = true; /* a bare card again */
	memdev_of(topo, "mem1")->ram_used_bytes = 0;
	memdev_of(topo, "mem1")->bridge = 44;
	expect_plan(topo, "[memory a]\nmatch.serial = " BOTH "\ninterleave = yes\n", LOST LOST);
	expect_plan(topo, "[memory a]\nmatch.serial = " FAR "\nmode = devdax\n",
		    "create_cxl_region decoder0.1\nadd_memdev mem1\ncommit_cxl_region region1\n"
		    "enable_cxl_region region1\nset_mode dax1.0\n");
}

/* ---- interleaving ------------------------------------------------------------------------ */

static void expect_refused(const struct mhp_topology *topo, const char *lines, const char *message)
{
	cleanup_declared struct declared d = { 0 };
	const struct mhp_policy_job *job;
	char text[512];

	str_format(text, "[memory a]\n%s\n", lines);
	declare(&d, topo, text);
	job = mhp_policy_plan_job(d.plan, 0);
	assert_non_null(job);
	assert_null(job->plan);
	assert_int_equal(job->error.reason, MHP_REASON_NO_SUCH_TARGET);
	assert_string_equal(job->error.message, message);
	assert_non_null(strstr(job->error.hint, "mhpctl list"));
}

/* One region over the cards that have come so far is not the one that is declared. */
static void a_card_that_is_missing(void **state)
{
	cleanup_topology struct mhp_topology *topo = load("cxl-bare.sysfs");

	(void)state;
	expect_refused(topo, "match.serial = " BOTH " 0x2a\ninterleave = yes",
		       "section a: 0x2a is not among its CXL memory devices, and it interleaves "
		       "over all of match.serial");
	expect_refused(topo, "match.path = */0000:0d:00.0/*\ninterleave = yes",
		       "section a: only " NEAR " matches, and to interleave takes two CXL memory "
		       "devices");
	expect_of(topo, "match.serial = 0x2a 0x2b\ninterleave = yes", "");
	expect_of(topo, "match.serial = " NEAR " 0x2a", "a online " NEAR "\n");
}

/* A card is not taken from another section to interleave over it. */
static void a_card_of_another_section(void **state)
{
	cleanup_topology struct mhp_topology *topo = load("cxl-bare.sysfs");
	cleanup_declared struct declared d = { 0 };

	(void)state;
	declare(&d, topo,
		"[memory a]\nmatch.serial = " NEAR "\n[memory b]\nmatch.serial = " BOTH
		"\ninterleave = yes\n");
	check_requests(&d, "a online " NEAR "\nb online " FAR " interleave\n");
	assert_string_equal(mhp_policy_plan_warning(d.plan, 0),
			    "mem0: sections a (x.conf:1) and b (x.conf:3) match it; a applies");
	assert_int_equal(mhp_policy_plan_job(d.plan, 1)->error.reason, MHP_REASON_NO_SUCH_TARGET);
}

/* ---- cards with a region ----------------------------------------------------------------- */

/* The dax device of a card that matches is meant with the card, not beside it. */
static void one_request_for_one_memory(void **state)
{
	cleanup_topology struct mhp_topology *one = load("cxl-one.sysfs");
	cleanup_topology struct mhp_topology *two = load("cxl-two.sysfs");

	(void)state;
	expect_of(one, "match.serial = " NEAR, "a online " NEAR "\n");
	expect_of(one, "match.size = 1G", "a online " BOTH "\n");
	expect_of(one, "match.size = 512M", "a online dax0.0\n");
	expect_of(one, "match.size = >=512M", "a online " BOTH "\n");
	expect_of(one, "match.node = 2\nmatch.serial = " NEAR, "a online dax0.0\n");
	expect_of(two, "match.serial = " BOTH "\ninterleave = yes",
		  "a online " BOTH " interleave\n");
	expect_of(two, "match.origin = cxl", "a online " BOTH "\n");
	expect_of(two, "match.device = *", "a online dax2.0\n");
}

/* Only memory devices get the properties of CXL regions. */
static void a_request_of_their_own(void **state)
{
	cleanup_topology struct mhp_topology *topo = load("cxl-bare.sysfs");

	(void)state;
	topo_dax_region(topo, 5, 512 * GIB, GIB);
	topo_dax_part(topo, 5, 0, 512 * GIB, GIB)->origin = MHP_ORIGIN_SOFT_RESERVED;
	expect_of(topo, "match.size = 1G\ngranularity = 512\nwindow = decoder0.1\ninterleave = yes",
		  "a online " BOTH " interleave granularity 512 window decoder0.1\n"
		  "a online dax5.0\n");
}

/* A saved plan is the same plan if both requests of a section are. */
static void a_saved_plan_with_two_requests(void **state)
{
	cleanup_topology struct mhp_topology *topo = load("cxl-one.sysfs");
	cleanup_declared struct declared d = { 0 };
	const struct mhp_policy_job *job;
	struct mhp_policy_plan *plan = NULL;

	(void)state;
	topo_dax_region(topo, 5, 512 * GIB, GIB);
	topo_dax_part(topo, 5, 0, 512 * GIB, GIB)->origin = MHP_ORIGIN_SOFT_RESERVED;
	memdev_of(topo, "mem1")->ram_bytes = 0;
	declare(&d, topo, "[memory a]\nmatch.size = 1G\n");
	check_requests(&d, "a online " NEAR "\na online dax5.0\n");
	for (size_t i = 0; (job = mhp_policy_plan_job(d.plan, i)); i++)
		assert_int_equal(
			mhp_policy_expect(d.policy, "a", job->verb, job->fingerprint, NULL), 0);
	assert_int_equal(mhp_policy_plan_new(topo, d.policy, 0, &plan, NULL), 0);
	mhp_policy_plan_free(plan);
	for (size_t i = 0; i < topo->nr_dax; i++)
		if (strcmp(topo->dax[i].name, "dax5.0") == 0)
			topo->dax[i].target_node++;
	assert_int_equal(mhp_policy_plan_new(topo, d.policy, 0, &plan, NULL), -ESTALE);
	for (size_t i = 0; i < topo->nr_dax; i++)
		if (strcmp(topo->dax[i].name, "dax5.0") == 0)
			topo->dax[i].size = 512 * MIB;
	assert_int_equal(mhp_policy_plan_new(topo, d.policy, 0, &plan, NULL), -ESTALE);
}

static void a_card_that_is_memory(void **state)
{
	cleanup_topology struct mhp_topology *topo = load("cxl-one.sysfs");
	cleanup_declared struct declared d = { 0 };

	(void)state;
	declare(&d, topo, "[memory a]\nmatch.serial = " NEAR "\n");
	assert_non_null(mhp_policy_plan_job(d.plan, 0)->plan);
	assert_null(mhp_plan_step(mhp_policy_plan_job(d.plan, 0)->plan, 0));
}

static void a_card_that_is_to_be_devdax(void **state)
{
	cleanup_topology struct mhp_topology *topo = load("cxl-one.sysfs");

	(void)state;
	expect_of(topo, "match.serial = " NEAR "\nmode = devdax", "a remove " NEAR "\n");
	expect_of(topo, "match.size = 1G\nmode = devdax", "a remove " NEAR "\na create " FAR "\n");
}

static void expect_owner(const struct mhp_topology *topo, const char *text, const char *want,
			 const char *warning)
{
	cleanup_declared struct declared d = { 0 };

	declare(&d, topo, text);
	check_requests(&d, want);
	assert_non_null(mhp_policy_plan_warning(d.plan, 0));
	assert_string_equal(mhp_policy_plan_warning(d.plan, 0), warning);
	assert_null(mhp_policy_plan_warning(d.plan, 1));
}

static void memory_of_two_sections(void **state)
{
	cleanup_topology struct mhp_topology *one = load("cxl-one.sysfs");
	cleanup_topology struct mhp_topology *two = load("cxl-two.sysfs");

	(void)state;
	expect_owner(one,
		     "[memory a]\nmatch.device = dax0.0\nmode = devdax\n"
		     "[memory b]\nmatch.serial = " NEAR "\n",
		     "a remove dax0.0\n",
		     "mem0: it shares memory with dax0.0, to which section a (x.conf:1) applies; "
		     "section b (x.conf:4) does not apply");
	expect_owner(one, "[memory a]\nmatch.serial = " NEAR "\n[memory b]\nmatch.device = *\n",
		     "a online " NEAR "\n",
		     "dax0.0: it shares memory with mem0, to which section a (x.conf:1) applies; "
		     "section b (x.conf:3) does not apply");
	expect_owner(two,
		     "[memory a]\nmatch.serial = " NEAR "\n[memory b]\nmatch.serial = " FAR "\n",
		     "a online " NEAR "\n",
		     "mem1: it shares memory with mem0, to which section a (x.conf:1) applies; "
		     "section b (x.conf:3) does not apply");
	expect_owner(one,
		     "[memory a]\nmatch.region = cxl/region0\n[memory b]\nmatch.serial = " NEAR
		     "\n",
		     "a online cxl/region0\n",
		     "mem0: it shares memory with cxl/region0, to which section a (x.conf:1) "
		     "applies; section b (x.conf:3) does not apply");
}

/* ---- regions ----------------------------------------------------------------------------- */

static void by_the_name_of_a_region(void **state)
{
	cleanup_topology struct mhp_topology *topo = load("cxl-one.sysfs");

	(void)state;
	expect_of(topo, "match.region = cxl/region0", "a online cxl/region0\n");
	expect_of(topo, "match.region = region0", "a online cxl/region0\n");
	expect_of(topo, "match.region = nd/region0", "");
	expect_of(topo, "match.region = cxl/region1", "");
	expect_of(topo, "match.region = cxl/region0\nmatch.serial = " NEAR,
		  "a online cxl/region0\n");
	expect_of(topo, "match.region = cxl/region0\nmatch.serial = " FAR, "");
	expect_of(topo, "match.region = cxl/region0\nmatch.size = 512M", "a online cxl/region0\n");
	expect_of(topo, "match.region = cxl/region0\nmatch.size = >512M", "");
	expect_of(topo, "match.region = cxl/region0\nmatch.origin = pmem", "");
	expect_of(topo, "match.region = cxl/region0\nmode = devdax", "a remove cxl/region0\n");
	expect_of(topo, "match.region = cxl/region0\nmatch.device = dax0.*", "a online dax0.0\n");
	topo->nr_dax = 0; /* it has no driver yet */
	topo->cxl_regions[0].state = MHP_CXL_STATE_COMMITTED;
	expect_of(topo, "match.region = cxl/region0", "a online cxl/region0\n");
	expect_of(topo, "match.region = cxl/region0\nmode = devdax", "a create cxl/region0\n");
	str_copy(topo->cxl_regions[0].type, "pmem");
	expect_of(topo, "match.region = cxl/region0", "");
}

/* The memory that the firmware reported as ordinary has no dax device, and needs none. */
static void memory_since_boot(void **state)
{
	cleanup_topology struct mhp_topology *topo = load("cxl-one.sysfs");

	(void)state;
	topo->nr_dax = 0;
	topo->cxl_regions[0].is_from_firmware = MHP_TRISTATE_YES;
	expect_of(topo, "match.origin = cxl", "a online " FAR "\n");
	expect_of(topo, "match.region = cxl/region0", "");
	topo->cxl_regions[0].online_bytes /= 2; /* not all of it */
	expect_of(topo, "match.origin = cxl", "a online " BOTH "\n");
}

UNIT_TESTS(cmocka_unit_test(from_card_to_memory), cmocka_unit_test(after_the_loss_of_a_card),
	   cmocka_unit_test(by_what_a_card_is), cmocka_unit_test(what_a_card_becomes),
	   cmocka_unit_test(cards_without_a_serial_number),
	   cmocka_unit_test(capacity_that_is_not_known), cmocka_unit_test(a_card_that_is_missing),
	   cmocka_unit_test(a_card_of_another_section),
	   cmocka_unit_test(one_request_for_one_memory), cmocka_unit_test(a_request_of_their_own),
	   cmocka_unit_test(a_saved_plan_with_two_requests),
	   cmocka_unit_test(a_card_that_is_memory), cmocka_unit_test(a_card_that_is_to_be_devdax),
	   cmocka_unit_test(memory_of_two_sections), cmocka_unit_test(by_the_name_of_a_region),
	   cmocka_unit_test(memory_since_boot))
