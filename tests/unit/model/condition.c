/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parsing conditions, and evaluating them on topologies built in memory. */
#include "lib/model/condition.h"
#include "tests/unit/fake/topo.h"

#include <errno.h>
#include <string.h>

static void holds_after(const struct mhp_topology *topo, const struct run_records *runs,
			const char *text, bool wanted)
{
	struct mhp_error err = { 0 };
	struct condition condition;

	if (condition_parse(text, &condition, &err) < 0)
		fail_msg("%s: %s", text, err.message);
	if (condition_holds(&condition, topo, runs) != wanted)
		fail_msg("%s is %s", text, wanted ? "false" : "true");
}

static void holds(const struct mhp_topology *topo, const char *text, bool wanted)
{
	const struct run_records none = { 0 };

	holds_after(topo, &none, text, wanted);
}

static void refused(const char *text, const char *words)
{
	struct mhp_error err = { 0 };
	struct condition condition;

	assert_int_equal(condition_parse(text, &condition, &err), -EINVAL);
	assert_int_equal(err.reason, MHP_REASON_USAGE);
	if (!strstr(err.message, words))
		fail_msg("%s: no \"%s\" in \"%s\"", text, words, err.message);
	assert_true(*err.hint);
}

static struct mhp_topology *machine(void)
{
	struct mhp_topology *topo = topo_new();
	struct mhp_region *region = topo_region(topo, 0);

	region->available_bytes = 0;
	topo_dax(topo, 0, MHP_DAX_SYSTEM_RAM, MHP_BLOCK_ONLINE, MHP_ZONE_MOVABLE);
	topology_count(topo);
	return topo;
}

static void every_operator_compares(void **state)
{
	cleanup_topology struct mhp_topology *topo = machine();

	holds(topo, "node2.online_bytes==1920M", true);
	holds(topo, "node2.online_bytes!=1920M", false);
	holds(topo, "node2.online_bytes>=1920M", true);
	holds(topo, "node2.online_bytes>=1921M", false);
	holds(topo, "node2.online_bytes<=1920M", true);
	holds(topo, "node2.online_bytes<=1919M", false);
	holds(topo, "node2.online_bytes>1919M", true);
	holds(topo, "node2.online_bytes>1920M", false);
	holds(topo, "node2.online_bytes<1921M", true);
	holds(topo, "node2.online_bytes<1920M", false);
}

static void every_kind_of_object_has_fields(void **state)
{
	cleanup_topology struct mhp_topology *topo = machine();

	holds(topo, "memory.online_bytes>=2G", true);
	holds(topo, "node2.movable_bytes==1920M", true);
	holds(topo, "dax0.0.mode==system_ram", true);
	holds(topo, "dax0.0.mode!=devdax", true);
	holds(topo, "dax0.0.blocks_online==15", true);
	holds(topo, "namespace0.0.enabled==true", true);
	holds(topo, "namespace0.0.mode==devdax", true);
	holds(topo, "region0.available_bytes==0", true);
	holds(topo, "memory0.state==online", true);
	holds(topo, "memory0.state==offline", false);
	holds(topo, "memory33.zone==movable", true);
	holds(topo, "memory33.node==2", true);
}

static void cxl_has_fields(void **state)
{
	cleanup_topology struct mhp_topology *topo = machine();
	struct mhp_cxl_memdev memdev = {
		.name = "mem0",
		.serial = 0x10f,
		.is_enabled = true,
		.ram_bytes = 1 << 30,
		.ram_used_bytes = MHP_UNKNOWN,
	};
	struct mhp_cxl_region region = { .name = "region0", .state = MHP_CXL_STATE_ENABLED };

	topo->cxl_memdevs = &memdev;
	topo->cxl_regions = &region;
	topo->nr_cxl_memdevs = topo->nr_cxl_regions = 1;
	holds(topo, "mem0.enabled==true", true);
	holds(topo, "0x10f.ram_bytes>=1G", true);
	holds(topo, "0x10e.exists==false", true);
	holds(topo, "mem0.ram_used_bytes<=1G", false);
	holds(topo, "cxl/region0.state==enabled", true);
	holds(topo, "cxl/region0.state!=committed", true);
	region.state = MHP_CXL_STATE_UNKNOWN;
	holds(topo, "cxl/region0.state!=committed", false);
	holds(topo, "cxl/region1.exists==false", true);
	topo->cxl_memdevs = NULL;
	topo->cxl_regions = NULL;
	topo->nr_cxl_memdevs = topo->nr_cxl_regions = 0;
}

static void of_several_blocks_all_count(void **state)
{
	cleanup_topology struct mhp_topology *topo = machine();

	holds(topo, "memory33-47.state==online", true);
	topo_block(topo, 40)->state = MHP_BLOCK_OFFLINE;
	holds(topo, "memory33-47.state==online", false);
	holds(topo, "memory33-47.state==offline", false);
	holds(topo, "memory33-48.node==2", false);
}

static void what_is_not_there_has_no_value(void **state)
{
	cleanup_topology struct mhp_topology *topo = machine();

	holds(topo, "dax7.0.mode==system_ram", false);
	holds(topo, "dax7.0.mode!=system_ram", false);
	holds(topo, "dax7.0.exists==false", true);
	holds(topo, "dax0.0.exists==true", true);
	holds(topo, "node9.online_bytes==0", false);
	holds(topo, "node9999999999.online_bytes==0", false);
	topo->dax[0].blocks_online = MHP_UNKNOWN;
	holds(topo, "dax0.0.blocks_online>=1", false);
	*topo->memory.auto_online_blocks = '\0';
	holds(topo, "memory.auto_online_blocks!=online", false);
}

static void the_policy_is_a_word(void **state)
{
	cleanup_topology struct mhp_topology *topo = machine();

	strcpy(topo->memory.auto_online_blocks, "online_movable");
	holds(topo, "memory.auto_online_blocks==online_movable", true);
	holds(topo, "memory.auto_online_blocks==online", false);
	holds(topo, "memory.auto_online_blocks!=online", true);
}

static void the_last_run_of_a_policy_has_fields(void **state)
{
	cleanup_topology struct mhp_topology *topo = machine();
	struct run_records runs = {
		.nr = 2,
		.runs = { { .pub = { .run = 3, .state = MHP_RUN_FAILED, .exit_code = 4 } },
			  { .pub = { .run = 4, .exit_code = -1 } } },
	};

	holds(topo, "policy.exists==false", true);
	holds(topo, "policy.state==converged", false);
	holds(topo, "policy.state!=converged", false);
	holds_after(topo, &runs, "policy.exists==true", true);
	holds_after(topo, &runs, "policy.state==running", true);
	holds_after(topo, &runs, "policy.exit_code==0", false);
	holds_after(topo, &runs, "policy.run>3", true);
	runs.runs[1].pub.state = MHP_RUN_CONVERGED;
	runs.runs[1].pub.exit_code = 0;
	holds_after(topo, &runs, "policy.state==converged", true);
	holds_after(topo, &runs, "policy.exit_code==0", true);
}

/* The shell makes "dax0.0.blocks_online" and a file "=1" of an unquoted condition. */
static void what_a_shell_has_left(void **state)
{
	static const char *const whole[] = { "dax0.0.blocks_online", "node2.online_bytes",
					     "memory33.state", "region0.exists" };
	static const char *const others[] = { "node2", "dax0.0", "node2.nothing", "x.state", "." };
	struct mhp_error err = { 0 };
	struct condition c;

	for (size_t i = 0; i < ARRAY_SIZE(whole); i++) {
		assert_int_equal(condition_parse(whole[i], &c, &err), -EINVAL);
		assert_non_null(strstr(err.message, "operator is missing"));
		assert_non_null(strstr(err.hint, "quote the condition"));
		assert_non_null(strstr(err.hint, whole[i]));
	}
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		assert_int_equal(condition_parse(others[i], &c, &err), -EINVAL);
		assert_null(strstr(err.hint, "quote the condition"));
	}
}

static void mistakes_are_told_with_their_place(void **state)
{
	refused("", "character 1");
	refused("node2", "operator is missing");
	refused("node2.online_bytes", "character 19");
	refused("node2>=8G", "field is missing");
	refused(".online_bytes>=8G", "object and the field are missing");
	refused("all.online_bytes>=8G", "not an object with fields");
	refused("foo1.online_bytes>=8G", "not an object with fields");
	refused("mem0.state==online", "unknown field \"state\"");
	refused("cxl/region0.state==unknown", "unknown value \"unknown\"");
	refused("dax_region0.exists==true", "not an object with fields");
	refused("0x10f.enabled>true", "compares with == and != only");
	refused("node2.onlinebytes>=8G", "unknown field \"onlinebytes\" at character 7");
	refused("node2.online_bytes=8G", "operator is missing");
	refused("node2.online_bytes=>8G", "character 19");
	refused("node2.online_bytes===8G", "operator is missing");
	refused("node2.online_bytes>=", "the value is missing at character 21");
	refused("node2.online_bytes>=x", "not a size at character 21");
	refused("node2.cpus>=2G", "not a number");
	refused("dax0.0.mode==ram", "unknown value \"ram\" at character 14");
	refused("dax0.0.mode>devdax", "== and != only");
	refused("namespace0.0.enabled==yes", "neither true nor false");
	refused("memory5-2.state==online", "not an object with fields");
	refused("memory0-99999999999.exists==false", "too many blocks");
	refused("node2.online_bytes>=8G\n", "\\x0a");
	refused("policy.online_bytes>=8G", "unknown field");
	refused("memory.state==converged", "unknown field");
	refused("policy.state==done", "unknown value \"done\"");
}

UNIT_TESTS(cmocka_unit_test(every_operator_compares),
	   cmocka_unit_test(every_kind_of_object_has_fields), cmocka_unit_test(cxl_has_fields),
	   cmocka_unit_test(of_several_blocks_all_count),
	   cmocka_unit_test(what_is_not_there_has_no_value), cmocka_unit_test(the_policy_is_a_word),
	   cmocka_unit_test(the_last_run_of_a_policy_has_fields),
	   cmocka_unit_test(what_a_shell_has_left),
	   cmocka_unit_test(mistakes_are_told_with_their_place), )
