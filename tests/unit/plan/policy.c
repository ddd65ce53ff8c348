/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parsing policies, and the messages about mistakes. */
#include "lib/plan/policy/policy.h"
#include "lib/sys/ini.h"
#include "tests/unit/fake/unit.h"

#include <errno.h>
#include <string.h>

#define M "match.node = 2\n"

static struct mhp_policy *parse(const char *text)
{
	struct mhp_policy *policy = NULL;

	assert_int_equal(mhp_policy_parse(text, "x.conf", &policy, NULL), 0);
	return policy;
}

/* Checks problems, given as "LINE: message", one a line. */
static void expect_problems(const char *text, const char *want)
{
	cleanup_policy struct mhp_policy *policy = parse(text);
	const struct mhp_policy_problem *problem;
	char got[2048] = "";
	size_t len = 0;

	for (size_t i = 0; (problem = mhp_policy_problem(policy, i)); i++) {
		len += (size_t)snprintf(got + len, sizeof(got) - len, "%u: %s\n", problem->line,
					problem->error.message);
		assert_string_equal(problem->file, "x.conf");
		assert_int_equal(problem->error.reason, MHP_REASON_USAGE);
		assert_false(problem->is_warning);
	}
	assert_string_equal(got, want);
	assert_int_equal(mhp_policy_check(policy, NULL), *want ? -EINVAL : 0);
}

static void expect_hint(const char *text, const char *hint)
{
	cleanup_policy struct mhp_policy *policy = parse(text);

	assert_non_null(mhp_policy_problem(policy, 0));
	assert_string_equal(mhp_policy_problem(policy, 0)->error.hint, hint);
}

/* ---- lines ------------------------------------------------------------------------------- */

static int note_item(void *data, const struct ini_item *item)
{
	char *text = data;
	size_t len = strlen(text);

	snprintf(text + len, 2048 - len, "%u [%s] %s=%s%s\n", item->line, item->section,
		 item->key ? item->key : "", item->value ? item->value : "",
		 item->wrong ? " wrong" : "");
	return 0;
}

static void expect_items(const char *text, const char *want)
{
	char got[2048] = "";

	assert_int_equal(ini_read(text, note_item, got), 0);
	assert_string_equal(got, want);
}

static void lines_have_numbers(void **state)
{
	expect_items("", "");
	expect_items("\n# c\n; c\n[a b]\n\nx = 1\r\n  y=2 ; c\n[c]\nz: 3", "4 [a b] =\n"
									   "6 [a b] x=1\n"
									   "7 [a b] y=2\n"
									   "8 [c] =\n"
									   "9 [c] z=3\n");
	expect_items("\xef\xbb\xbf[a]\n", "1 [a] =\n");
	expect_items("x =\n", "1 [] x=\n");
	expect_items("x = a=b:c\n", "1 [] x=a=b:c\n");
}

static void lines_that_cannot_be_read(void **state)
{
	char text[1024];

	expect_items("[a]\nfoo\nx=1\n", "1 [a] =\n2 [a] = wrong\n3 [a] x=1\n");
	expect_items("[a]\nfoo", "1 [a] =\n2 [a] = wrong\n");
	expect_items("=1\n", "1 [] =1 wrong\n");
	/* lines below such a heading belong to no section */
	expect_items("[a]\n[b\nx=1\n[c]\ny=1\n", "1 [a] =\n2 [a] = wrong\n4 [c] =\n5 [c] y=1\n");
	expect_items("[b] x\n", "1 [] = wrong\n");
	expect_items("[b] # x\n", "1 [b] =\n");
	memset(text, 'x', sizeof(text));
	memcpy(text + sizeof(text) - 4, "=1\n", 4);
	expect_items(text, "1 [] = wrong\n");
	text[0] = '[';
	memcpy(text + sizeof(text) - 4, "]\n", 3);
	expect_items(text, "1 [] = wrong\n");
}

static int stop_at(void *data, const struct ini_item *item)
{
	(void)item;
	++*(int *)data;
	return -EIO;
}

static void reading_can_be_ended(void **state)
{
	int calls = 0;

	assert_int_equal(ini_read("[a]\nx=1\n[b]\n", stop_at, &calls), -EIO);
	assert_int_equal(calls, 1);
}

/* ---- sections ---------------------------------------------------------------------------- */

static void everything_a_section_can_say(void **state)
{
	cleanup_policy struct mhp_policy *policy = parse(
		"[memory a.b-c_1]\n"
		"match.region = region0 region1\n"
		"match.namespace = ed93e918-e165-49d8-921d-383d7b9660c5\n"
		"match.serial = 0x1f 7\nmatch.path = */region0/*\nmatch.device = dax[01].*\n"
		"match.node = 2 node3\nmatch.origin = pmem cxl soft_reserved\n"
		"match.size = >=1G <2G\n"
		"mode = system_ram\nzone = kernel\nsize = 1G\nalign = 1GiB\nmap = dev\n"
		"name = my label\ninit_labels = yes\nconsent = yes\nfirst = 512M\non_failure = rollback\n"
		"ratio_limit = 7:2\norder = 0\n");
	const struct mhp_policy_section *s = mhp_policy_section(policy, 0);

	assert_null(mhp_policy_problem(policy, 0));
	assert_non_null(s);
	assert_string_equal(s->name, "a.b-c_1");
	assert_int_equal(s->line, 1);
	assert_int_equal(s->mode, MHP_DAX_SYSTEM_RAM);
	assert_int_equal(s->zone, MHP_ZONE_REQUEST_KERNEL);
	assert_true(s->size == GIB && s->align == GIB && s->first == 512 * MIB);
	assert_int_equal(s->map, MHP_MEMMAP_DEV);
	assert_string_equal(s->label, "my label");
	assert_true(s->init_labels);
	assert_int_equal(s->agreed, MHP_CONSENT_ALL);
	assert_int_equal(s->on_failure, MHP_ON_FAILURE_ROLLBACK);
	assert_int_equal(s->ratio_movable, 7);
	assert_int_equal(s->ratio_kernel, 2);
	assert_int_equal(s->order, 0);
	assert_int_equal(s->nr_settings, 20);
	assert_string_equal(mhp_policy_section_setting(s, 19)->key, "order");
	assert_int_equal(mhp_policy_section_setting(s, 19)->line, 21);
	assert_null(mhp_policy_section(policy, 1));
}

static void what_is_not_said(void **state)
{
	cleanup_policy struct mhp_policy *policy = parse("[memory a]\n" M);
	const struct mhp_policy_section *s = mhp_policy_section(policy, 0);

	assert_int_equal(s->mode, MHP_DAX_SYSTEM_RAM);
	assert_int_equal(s->zone, MHP_ZONE_REQUEST_MOVABLE);
	assert_int_equal(s->on_failure, MHP_ON_FAILURE_CONTINUE);
	assert_int_equal(s->order, 500);
	assert_true(!s->size && !s->align && !s->map && !*s->label && !s->first &&
		    !s->ratio_movable && !s->init_labels && !s->agreed);
}

static void sections_have_an_order(void **state)
{
	cleanup_policy struct mhp_policy *policy =
		parse("[memory b]\n" M "[memory a]\n" M "[memory z]\n" M "order = 499\n"
		      "[memory y]\n" M "order=501\n[memory c]\n" M);
	static const char *const names[] = { "z", "b", "a", "c", "y" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_string_equal(mhp_policy_section(policy, i)->name, names[i]);
}

/* A value that is refused is not kept. */
static void expect_no_order(const char *text)
{
	cleanup_policy struct mhp_policy *policy = parse(text);
	const struct mhp_policy_reporting *reporting = mhp_policy_reporting(policy);

	assert_true(!reporting->has_order && !reporting->order);
}

static void free_page_reporting(void **state)
{
	cleanup_policy struct mhp_policy *policy =
		parse("[memory a]\n" M "[reporting]\norder = 7\ndelay = 500ms\n[memory b]\n" M);
	cleanup_policy struct mhp_policy *none = parse("[memory reporting]\n" M);
	const struct mhp_policy_reporting *reporting = mhp_policy_reporting(policy);

	assert_non_null(reporting);
	assert_string_equal(reporting->file, "x.conf");
	assert_int_equal(reporting->line, 3);
	assert_true(reporting->has_order && reporting->order == 7);
	assert_true(reporting->has_delay && reporting->delay_ms == 500);
	assert_string_equal(mhp_policy_section(policy, 1)->name, "b");
	assert_null(mhp_policy_section(policy, 2));
	assert_null(mhp_policy_reporting(none));
	expect_problems("[reporting]\norder = 9\n[reporting]\norder = 8\n",
			"3: section [reporting] already exists\n");
	expect_problems("[reporting]\norder = 9\norder = 8\n", "3: \"order\" appears twice\n");
	expect_problems("[reporting]\nmode = devdax\n", "2: unknown key \"mode\"\n");
	expect_hint("[reporting]\nmode = devdax\n", "the keys of [reporting] are order and delay");
	expect_problems("[reporting]\norder = high\n", "2: \"high\" is not a valid value\n");
	expect_no_order("[reporting]\norder = 64\n");
}

static void no_policy(void **state)
{
	expect_problems("", "");
	expect_problems("# nothing\n\n", "");
}

/* ---- mistakes ---------------------------------------------------------------------------- */

static void headings(void **state)
{
	expect_problems("[memry a]\n", "1: unknown section [memry a]\n");
	expect_hint("[memry a]\n", "did you mean [memory NAME]?");
	expect_hint("[disk]\n", "sections are [memory NAME] and [reporting]");
	expect_hint("[reportin]\n", "did you mean [reporting]?");
	expect_problems("[memory]\n", "1: \"\" is not a valid section name\n");
	expect_problems("[memory a b]\n", "1: \"a b\" is not a valid section name\n");
	expect_problems("[memory a]\n" M "[memory a]\n" M,
			"3: section [memory a] already exists\n");
	expect_hint("[memory a]\n" M "[memory a]\n" M,
		    "it is in x.conf, line 1; names are unique across all files");
	/* one mistake gives one message */
	expect_problems("[disk a]\nx = 1\ny = 2\n", "1: unknown section [disk a]\n");
	expect_problems("x = 1\n", "1: \"x\" comes before any section\n");
	expect_problems("[\x1b[2J]\n", "1: unknown section [\\x1b[2J]\n");
}

static void keys(void **state)
{
	expect_problems("[memory a]\n" M "frob = 1\n", "3: unknown key \"frob\"\n");
	expect_hint("[memory a]\n" M "frob = 1\n", "mhpctl-policy(5) lists the keys");
	expect_hint("[memory a]\n" M "zome = 1\n", "did you mean zone?");
	expect_hint("[memory a]\n" M "region = region0\n", "did you mean match.region?");
	expect_problems("[memory a]\n" M M, "3: \"match.node\" appears twice\n");
	expect_problems("[memory a]\n" M "\x1b = 1\n", "3: unknown key \"\\x1b\"\n");
	/* every mistake is reported */
	expect_problems("[memory a]\nfrob = 1\nzone = x\n[memory b]\nmode = y\n",
			"2: unknown key \"frob\"\n3: zone: \"x\" is not a valid value\n5: "
			"mode: \"y\" is not a valid value\n");
}

struct value_try {
	const char *line;
	const char *problem;
};

static void expect_wrong_value(const struct value_try *try)
{
	char text[256], want[256];

	snprintf(text, sizeof(text), "[memory a]\n" M "%s\n", try->line);
	snprintf(want, sizeof(want), "3: %s\n", try->problem);
	expect_problems(text, want);
}

static void values(void **state)
{
	static const struct value_try tries[] = {
		{ "mode = ", "mode: \"\" is not a valid value" },
		{ "mode = raw", "mode: \"raw\" is not a valid value" },
		{ "zone = Movable", "zone: \"Movable\" is not a valid value" },
		{ "map = ram", "map: \"ram\" is not a valid value" },
		{ "on_failure = ignore", "on_failure: \"ignore\" is not a valid value" },
		{ "init_labels = 1", "init_labels: \"1\" is not a valid value" },
		{ "size = 0", "size: 0 is too small" },
		{ "size = 1.5G", "size: \"1.5G\" is not a size" },
		{ "first = -1", "first: \"-1\" is not a size" },
		{ "align = 3M", "align: \"3M\" is not a power of two" },
		{ "name = ", "name: the name is empty" },
		{ "order = 1000", "order: \"1000\" is not a valid value" },
		{ "order = -1", "order: \"-1\" is not a valid value" },
		{ "ratio_limit = 0", "ratio_limit: \"0\" is not a ratio" },
		{ "ratio_limit = 1:0", "ratio_limit: \"1:0\" is not a ratio" },
		{ "ratio_limit = 1:", "ratio_limit: \"1:\" is not a ratio" },
		{ "ratio_limit = 70000", "ratio_limit: \"70000\" is not a ratio" },
		{ "match.region = r0", "match.region: \"r0\" is not a region" },
		{ "match.region = cxl/r0", "match.region: \"cxl/r0\" is not a region" },
		{ "match.region = mem0", "match.region: \"mem0\" is not a region" },
		{ "match.region = ", "match.region: the value is missing" },
		{ "match.region = region0 x", "match.region: \"x\" is not a region" },
		{ "match.namespace = 1", "match.namespace: \"1\" is not a UUID" },
		{ "match.serial = x", "match.serial: \"x\" is not a serial number" },
		{ "match.path = dax", "match.path: \"dax\" matches no device path" },
		{ "match.device = pmem0", "match.device: \"pmem0\" matches no dax device" },
		{ "match.origin = dram", "match.origin: \"dram\" is not a valid value" },
		{ "match.size = => 1G", "match.size: \"=>\" is not a comparison" },
		{ "match.size = <>1G", "match.size: \"<>1G\" is not a comparison" },
		{ "match.size = <", "match.size: \"\" is not a size" },
		{ "match.size = 1Q", "match.size: \"1Q\" is not a size" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(tries); i++)
		expect_wrong_value(&tries[i]);
	expect_problems("[memory a]\nmatch.node = x\n", "2: match.node: \"x\" is not a valid "
							"value\n");
	expect_hint("[memory a]\n" M "zone = movabel\n", "did you mean movable?");
	expect_hint("[memory a]\n" M "zone = x\n", "use movable, kernel or auto");
}

static void wrong_values_of_cxl_regions(void **state)
{
	static const struct value_try tries[] = {
		{ "interleave = 2", "interleave: \"2\" is not a valid value" },
		{ "granularity = 0", "granularity: 0 is too small" },
		{ "granularity = x", "granularity: \"x\" is not a size" },
		{ "granularity = 128", "granularity: \"128\" is not a granularity of CXL regions" },
		{ "granularity = 300", "granularity: \"300\" is not a granularity of CXL regions" },
		{ "granularity = 32K", "granularity: \"32K\" is not a granularity of CXL regions" },
		{ "window = ", "window: \"\" is not a CXL window" },
		{ "window = decoder0", "window: \"decoder0\" is not a CXL window" },
		{ "window = decoder1.0", "window: \"decoder1.0\" is not a CXL window" },
		{ "window = decoder0.x", "window: \"decoder0.x\" is not a CXL window" },
		{ "window = decoder0.00000000000000000000000000000000000000000000000000000000000000"
		  "0000000000",
		  "window: \"decoder0.000000000000000000000000000000000000000000000000000000000000"
		  "000000000000\" is not a CXL window" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(tries); i++)
		expect_wrong_value(&tries[i]);
}

static void keys_that_do_not_go_together(void **state)
{
	expect_problems("[memory a]\nzone = movable\n", "1: section [memory a] matches nothing\n");
	expect_problems("\n[memory a]\n" M "mode = devdax\nfirst = 1G\n",
			"2: section [memory a]: first has no meaning for mode = devdax\n");
	expect_problems("[memory a]\n" M "size = 1G\n",
			"1: section [memory a]: size applies to a namespace or CXL region, and it "
			"can match none\n");
	expect_problems("[memory a]\n" M "align = 2M\n",
			"1: section [memory a]: align applies to a namespace, and no region is "
			"named\n");
	expect_problems("[memory a]\nmatch.region = region0\nsize = 1G\n", "");
}

/* A region that exists has its members, and a bare memory device has no node, device or UUID. */
static void keys_of_new_cxl_regions(void **state)
{
	static const char *const can[] = { "match.serial = 0x1f", "match.size = >=1G",
					   "match.path = */0000:0d:00.0/*",
					   "match.origin = cxl pmem",
					   "match.serial = 1\nmatch.origin = cxl" };
	static const char *const cannot[] = { "match.region = cxl/region0",
					      "match.serial = 1\nmatch.node = 2",
					      "match.serial = 1\nmatch.device = dax0.0",
					      "match.origin = pmem" };
	static const char *const keys[] = { "interleave = no", "granularity = 4K",
					    "window = decoder0.2" };
	char text[256], want[256];

	for (size_t k = 0; k < ARRAY_SIZE(keys); k++) {
		for (size_t i = 0; i < ARRAY_SIZE(can); i++) {
			snprintf(text, sizeof(text), "[memory a]\n%s\n%s\n", can[i], keys[k]);
			expect_problems(text, "");
		}
		for (size_t i = 0; i < ARRAY_SIZE(cannot); i++) {
			snprintf(text, sizeof(text), "[memory a]\n%s\n%s\n", cannot[i], keys[k]);
			snprintf(
				want, sizeof(want),
				"1: section [memory a]: %.*s applies to CXL memory devices, and it "
				"can match none\n",
				(int)strcspn(keys[k], " "), keys[k]);
			expect_problems(text, want);
		}
	}
	expect_problems("[memory a]\nmatch.serial = 1\nsize = 1G\n", "");
	expect_problems("[memory a]\nmatch.serial = 1\nalign = 2M\n",
			"1: section [memory a]: align applies to a namespace, and no region is "
			"named\n");
	expect_hint("[memory a]\n" M "interleve = yes\n", "did you mean interleave?");
}

static void values_of_new_cxl_regions(void **state)
{
	cleanup_policy struct mhp_policy *policy =
		parse("[memory a]\nmatch.serial = 0x1f 7\ninterleave = yes\ngranularity = 16K\n"
		      "window = decoder0.12\n[memory b]\nmatch.region = nd/region0 cxl/region1\n");
	const struct mhp_policy_section *a = mhp_policy_section(policy, 0);
	const struct mhp_policy_section *b = mhp_policy_section(policy, 1);

	assert_null(mhp_policy_problem(policy, 0));
	assert_true(a->interleave && a->granularity == 16384);
	assert_string_equal(a->window, "decoder0.12");
	assert_true(!b->interleave && !b->granularity && !*b->window);
}

static void the_first_of_several(void **state)
{
	cleanup_policy struct mhp_policy *policy = parse("[memory a]\nfrob = 1\nfrub = 2\n");
	struct mhp_error err = { 0 };

	assert_int_equal(mhp_policy_check(policy, &err), -EINVAL);
	assert_string_equal(
		err.message,
		"x.conf:2: unknown key \"frob\" (and 1 more: mhpctl policy check x.conf)");
	assert_int_equal(mhp_reason_exit_code(err.reason), 2);
	assert_null(mhp_policy_section(policy, 0)); /* a policy with mistakes has no sections */
}

UNIT_TESTS(cmocka_unit_test(lines_have_numbers), cmocka_unit_test(lines_that_cannot_be_read),
	   cmocka_unit_test(reading_can_be_ended), cmocka_unit_test(everything_a_section_can_say),
	   cmocka_unit_test(what_is_not_said), cmocka_unit_test(sections_have_an_order),
	   cmocka_unit_test(no_policy), cmocka_unit_test(free_page_reporting),
	   cmocka_unit_test(headings), cmocka_unit_test(keys), cmocka_unit_test(values),
	   cmocka_unit_test(keys_that_do_not_go_together),
	   cmocka_unit_test(keys_of_new_cxl_regions), cmocka_unit_test(values_of_new_cxl_regions),
	   cmocka_unit_test(wrong_values_of_cxl_regions), cmocka_unit_test(the_first_of_several))
