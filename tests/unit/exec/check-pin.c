/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check --pin: space in the zones, limits of a process, and values that cannot be read. */
#include "tests/unit/fake/fakesys.h"

#include <errno.h>
#include <string.h>

#define PID	 "4194999" /* larger than any pid of the kernel */
#define PID_NR	 4194999
#define ZONEINFO "proc/zoneinfo"

/* A zone of a node as the kernel prints it; numbers of pages as text. */
#define ZONE(node, name, free, high, managed, reserves, file, cma, free_cma)            \
	"Node " node ", zone " name "\n  pages free     " free "\n        boost    0\n" \
	"        min      64\n        low      80\n        high     " high              \
	"\n        spanned  999999\n        present  999999\n        managed  " managed \
	"\n        cma      " cma "\n        protection: (" reserves ")\n"              \
	"      nr_free_pages " free "\n      nr_zone_inactive_file " file               \
	"\n      nr_zone_active_file 0\n      nr_free_cma  " free_cma                   \
	"\n  pagesets\n    cpu: 0\n              count: 1\n              high:  14\n"
#define EMPTY(node, name)                                                                  \
	"Node " node ", zone " name "\n  pages free     0\n        min      0\n"           \
	"        low      0\n        high     0\n        spanned  0\n        present  0\n" \
	"        managed  0\n        cma      0\n        protection: (0, 0, 0, 0, 0)\n"

/* Node 0 and 1 have 225 MiB free each, 49 MiB of it reserved; node 2 has 1 GiB, all movable. */
static const char two_nodes_and_movable[] =
	EMPTY("0", "     DMA") ZONE("0", "   DMA32", "57600", "12544", "262144", "0, 0, 0, 0, 0",
				    "0", "0", "0") EMPTY("0", "  Normal") EMPTY("0", " Movable")
		EMPTY("0", "  Device") EMPTY("1", "     DMA") EMPTY("1", "   DMA32")
			ZONE("1", "  Normal", "57600", "12544", "262144", "0, 0, 0, 8192, 8192",
			     "0", "0", "0") EMPTY("1", " Movable") EMPTY("1", "  Device")
				EMPTY("2", "     DMA") EMPTY("2", "   DMA32") EMPTY("2", "  Normal")
					ZONE("2", " Movable", "159744", "4096", "262144",
					     "0, 0, 0, 0, 0", "0", "0", "0") EMPTY("2", "  Device");

static struct fakesys *three_nodes(void)
{
	struct fakesys *fs = fakesys_new();

	fakesys_put(fs, ZONEINFO, two_nodes_and_movable);
	fakesys_put(fs, "sys/devices/system/node/node2/distance", "20 30 10\n");
	fakesys_put(fs, "sys/devices/system/node/node0/distance", "10 20 20\n");
	fakesys_put(fs, "sys/devices/system/node/online", "0-2\n");
	return fs;
}

/* Root, with all memory in the given lines of numa_maps. */
static void add_process(struct fakesys *fs, const char *numa_maps)
{
	fakesys_put(fs, "proc/" PID "/comm", "database\n");
	fakesys_put(fs, "proc/" PID "/status",
		    "Name:\tdatabase\nUid:\t0\t0\t0\t0\nCapEff:\t000001ffffffffff\n"
		    "Mems_allowed_list:\t0-2\n");
	fakesys_put(
		fs, "proc/" PID "/limits",
		"Limit                     Soft Limit           Hard Limit           Units     \n"
		"Max locked memory         8388608              8388608              bytes     \n");
	fakesys_put(fs, "proc/" PID "/cgroup", "0::/\n");
	fakesys_put(fs, "proc/" PID "/numa_maps", numa_maps);
}

static void add_user(struct fakesys *fs, const char *locked)
{
	char text[256];

	snprintf(text, sizeof(text),
		 "Name:\tdatabase\nUid:\t107\t107\t107\t107\n%sCapEff:\t0000000000000000\n"
		 "Mems_allowed_list:\t0-2\n",
		 locked);
	fakesys_put(fs, "proc/" PID "/status", text);
}

static struct mhp_pin_check *check(struct fakesys *fs, uint64_t size, int node, int pid)
{
	struct mhp_pin_check *result = NULL;
	struct mhp_error err = { 0 };

	if (mhp_check_pin(fs->ctx, size, node, pid, &result, &err) < 0)
		fail_msg("%s", err.message);
	return result;
}

static void expect(struct fakesys *fs, uint64_t size, int node, int pid,
		   enum mhp_pin_verdict verdict, uint64_t largest)
{
	struct mhp_pin_check *result = check(fs, size, node, pid);

	assert_string_equal(mhp_pin_verdict_name(result->verdict), mhp_pin_verdict_name(verdict));
	assert_int_equal(result->largest_bytes, largest);
	assert_int_equal(result->nr_hidden == 0, largest != MHP_UNKNOWN);
	mhp_pin_check_free(result);
}

static bool hides(const struct mhp_pin_check *result, const char *what)
{
	for (size_t i = 0; i < result->nr_hidden; i++)
		if (strcmp(mhp_pin_check_hidden(result, i)->what, what) == 0)
			return true;
	return false;
}

/* ---- zones ------------------------------------------------------------------------------- */

/* As in a machine whose kernel killed another process for 400 MiB from node 2. */
static void movable_memory_is_no_place_for_pins(void **state)
{
	cleanup_fakesys struct fakesys *fs = three_nodes();

	expect(fs, 352 * MIB, -1, 0, MHP_PIN_FITS, 352 * MIB);
	expect(fs, 352 * MIB + 1, -1, 0, MHP_PIN_HARMFUL, 352 * MIB);
	expect(fs, 400 * MIB, 2, 0, MHP_PIN_HARMFUL, 352 * MIB);
}

static void a_pin_goes_to_the_nearest_kernel_zones(void **state)
{
	cleanup_fakesys struct fakesys *fs = three_nodes();
	struct mhp_pin_check *result = check(fs, 200 * MIB, 2, 0);

	assert_int_equal(result->verdict, MHP_PIN_FITS);
	assert_int_equal(mhp_pin_check_node(result, 0)->node, 2);
	assert_int_equal(mhp_pin_check_node(result, 0)->placed_bytes, 0);
	assert_int_equal(mhp_pin_check_node(result, 0)->movable_bytes, 400 * MIB);
	assert_int_equal(mhp_pin_check_node(result, 1)->node, 0);
	assert_int_equal(mhp_pin_check_node(result, 1)->placed_bytes, 176 * MIB);
	assert_int_equal(mhp_pin_check_node(result, 2)->placed_bytes, 24 * MIB);
	assert_null(mhp_pin_check_node(result, 3));
	mhp_pin_check_free(result);
}

/* Memory that is bound to node 0 and not touched yet cannot go to node 1. */
static void a_node_with_kernel_zones_limits_what_is_bound_to_it(void **state)
{
	cleanup_fakesys struct fakesys *fs = three_nodes();

	expect(fs, 176 * MIB, 0, 0, MHP_PIN_FITS, 176 * MIB);
	expect(fs, 177 * MIB, 0, 0, MHP_PIN_UNKNOWN, 176 * MIB);
	expect(fs, 353 * MIB, 0, 0, MHP_PIN_HARMFUL, 176 * MIB);
}

/* The reserve of DMA32 against allocations for Normal counts, that against Movable does not. */
static void the_reserve_is_that_against_kernel_zones(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();

	fakesys_put(fs, ZONEINFO,
		    EMPTY("0", "DMA") ZONE("0", "DMA32", "25600", "2560", "51200",
					   "0, 0, 10240, 20480, 20480", "0", "0", "0")
			    EMPTY("0", "Normal") EMPTY("0", "Movable") EMPTY("0", "Device"));
	expect(fs, MIB, -1, 0, MHP_PIN_FITS, 50 * MIB);
	/* positions that do not match: the largest */
	fakesys_put(fs, ZONEINFO,
		    ZONE("0", "DMA32", "25600", "2560", "51200", "0, 0, 10240, 20480, 20480", "0",
			 "0", "0"));
	expect(fs, MIB, -1, 0, MHP_PIN_FITS, 10 * MIB);
}

static void file_pages_count_in_part_and_cma_does_not(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();

	fakesys_put(fs, ZONEINFO,
		    ZONE("0", "Normal", "25600", "2560", "51200", "0", "12800", "0", "0"));
	expect(fs, MIB, -1, 0, MHP_PIN_FITS, 130 * MIB);
	/* 40 MiB of CMA, 10 MiB of them free: 30 MiB of file pages may lie in it */
	fakesys_put(fs, ZONEINFO,
		    ZONE("0", "Normal", "25600", "2560", "51200", "0", "12800", "10240", "2560"));
	expect(fs, MIB, -1, 0, MHP_PIN_FITS, 96 * MIB);
}

/* Below the watermark the first pages freed do not help. */
static void a_zone_below_its_watermark_has_less(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();

	fakesys_put(fs, ZONEINFO,
		    ZONE("0", "Normal", "1280", "2560", "51200", "0", "2560", "0", "0"));
	expect(fs, 3 * MIB, -1, 0, MHP_PIN_FITS, 3 * MIB);
	expect(fs, 4 * MIB, -1, 0, MHP_PIN_HARMFUL, 3 * MIB);
}

static void values_that_are_not_printed_are_not_harmless(void **state)
{
	static const char *const lost[] = { "pages free", "        high", "managed",
					    "cma ",	  "protection",	  "nr_zone_inactive_file",
					    "nr_free_cma" };
	const char *text = ZONE("0", "Normal", "25600", "2560", "51200", "0", "12800", "0", "0");

	for (size_t i = 0; i < ARRAY_SIZE(lost); i++) {
		cleanup_fakesys struct fakesys *fs = fakesys_new();
		char damaged[2048];

		snprintf(damaged, sizeof(damaged), "%s", text);
		assert_non_null(strstr(damaged, lost[i]));
		memset(strstr(damaged, lost[i]), 'x', strlen(lost[i]));
		fakesys_put(fs, ZONEINFO, damaged);
		expect(fs, 1, -1, 0, MHP_PIN_UNKNOWN, MHP_UNKNOWN);
	}
}

static void no_zones(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_pin_check *result;

	fakesys_put(fs, ZONEINFO, "");
	result = check(fs, 1, -1, 0);
	assert_int_equal(result->verdict, MHP_PIN_UNKNOWN);
	assert_true(hides(result, "pin.zones"));
	mhp_pin_check_free(result);
	assert_int_equal(tree_remove(fs->tree.fd, ZONEINFO), 0);
	expect(fs, 1, -1, 0, MHP_PIN_UNKNOWN, MHP_UNKNOWN);
}

/* A machine without kernel zones has no space, which is known. */
static void only_movable_memory(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();

	fakesys_put(fs, ZONEINFO,
		    ZONE("0", "Movable", "25600", "2560", "51200", "0", "0", "0", "0"));
	expect(fs, 1, -1, 0, MHP_PIN_HARMFUL, 0);
}

/* ---- a process --------------------------------------------------------------------------- */

/* 400 MiB on node 2 have to move; 400 MiB of which 100 are on node 0 may not need all. */
static void memory_in_kernel_zones_needs_no_space(void **state)
{
	cleanup_fakesys struct fakesys *fs = three_nodes();

	add_process(fs, "7f2c00000000 bind:2 anon=102400 N2=102400 kernelpagesize_kB=4\n");
	expect(fs, 400 * MIB, -1, PID_NR, MHP_PIN_HARMFUL, 352 * MIB);
	add_process(fs, "7f2c00000000 default anon=200 N0=50 N2=150 kernelpagesize_kB=2048\n"
			"7f3c00000000 default file=/tmp/N2=9 mapped=1 N1=1 kernelpagesize_kB=4\n"
			"7f4c00000000 default\n");
	expect(fs, 400 * MIB, -1, PID_NR, MHP_PIN_UNKNOWN, 352 * MIB);
	expect(fs, 453 * MIB, -1, PID_NR, MHP_PIN_HARMFUL, 352 * MIB);
	expect(fs, 352 * MIB, -1, PID_NR, MHP_PIN_FITS, 352 * MIB);
}

static void a_cpuset_leaves_out_nodes(void **state)
{
	cleanup_fakesys struct fakesys *fs = three_nodes();
	struct mhp_pin_check *result;

	add_process(fs, "");
	fakesys_put(fs, "proc/" PID "/status",
		    "Uid:\t0\t0\t0\t0\nCapEff:\t000001ffffffffff\nMems_allowed_list:\t1-2\n");
	expect(fs, 177 * MIB, -1, PID_NR, MHP_PIN_HARMFUL, 176 * MIB);
	result = check(fs, MIB, 0, PID_NR);
	assert_false(mhp_pin_check_node(result, 0)->is_allowed);
	assert_int_equal(mhp_pin_check_node(result, 0)->placed_bytes, 0);
	assert_int_equal(mhp_pin_check_node(result, 1)->placed_bytes, MIB);
	mhp_pin_check_free(result);
}

static void locked_memory_is_limited(void **state)
{
	cleanup_fakesys struct fakesys *fs = three_nodes();

	add_process(fs, "");
	add_user(fs, "VmLck:\t1024 kB\nVmPin:\t3072 kB\n");
	expect(fs, 4 * MIB, -1, PID_NR, MHP_PIN_FITS, 4 * MIB);
	expect(fs, 4 * MIB + 1, -1, PID_NR, MHP_PIN_REFUSED, 4 * MIB);
	/* lack of space is worse */
	expect(fs, 400 * MIB, -1, PID_NR, MHP_PIN_HARMFUL, 4 * MIB);
	/* another process of that user, and one of another */
	fakesys_put(fs, "proc/4194998/status", "Uid:\t107\t107\t107\t107\nVmPin:\t4096 kB\n");
	fakesys_put(fs, "proc/4194997/status", "Uid:\t0\t0\t0\t0\nVmPin:\t9096 kB\n");
	expect(fs, 2 * MIB, -1, PID_NR, MHP_PIN_REFUSED, 1 * MIB);
	fakesys_put(fs, "proc/" PID "/limits",
		    "Max locked memory         unlimited            unlimited            bytes\n");
	expect(fs, 4 * MIB, -1, PID_NR, MHP_PIN_FITS, 352 * MIB);
}

/* The right of root in a container's user namespace does not lift the limit. */
static void a_right_in_another_user_namespace(void **state)
{
	cleanup_fakesys struct fakesys *fs = three_nodes();

	add_process(fs, "");
	assert_int_equal(tree_folder(fs->tree.fd, "proc/" PID "/ns"), 0);
	assert_int_equal(tree_link(fs->tree.fd, "proc/" PID "/ns/user", "user:[4026531837]"), 0);
	expect(fs, 16 * MIB, -1, PID_NR, MHP_PIN_FITS, 352 * MIB);
	assert_int_equal(tree_remove(fs->tree.fd, "proc/" PID "/ns/user"), 0);
	assert_int_equal(tree_link(fs->tree.fd, "proc/" PID "/ns/user", "user:[4026532837]"), 0);
	expect(fs, 16 * MIB, -1, PID_NR, MHP_PIN_REFUSED, 8 * MIB);
}

static void add_cgroup(struct fakesys *fs, const char *name, const char *max)
{
	char path[128];

	snprintf(path, sizeof(path), "sys/fs/cgroup/%s/memory.max", name);
	fakesys_put(fs, path, max);
	snprintf(path, sizeof(path), "sys/fs/cgroup/%s/memory.current", name);
	fakesys_put(fs, path, "104857600\n");
	snprintf(path, sizeof(path), "sys/fs/cgroup/%s/memory.stat", name);
	fakesys_put(fs, path, "anon 1\ninactive_file 52428800\nactive_file 0\n");
	snprintf(path, sizeof(path), "sys/fs/cgroup/%s/cgroup.procs", name);
	fakesys_put(fs, path, PID "\n");
}

/* Memory that is touched only when it is pinned is charged then. */
static void cgroups_limit_new_memory(void **state)
{
	cleanup_fakesys struct fakesys *fs = three_nodes();

	add_process(fs, "7f2c00000000 default anon=25600 N2=25600 kernelpagesize_kB=4\n");
	fakesys_put(fs, "proc/" PID "/cgroup", "0::/db/one\n");
	add_cgroup(fs, "db", "157286400\n");
	add_cgroup(fs, "db/one", "max\n");
	expect(fs, 90 * MIB, -1, PID_NR, MHP_PIN_FITS, 90 * MIB);
	expect(fs, 91 * MIB, -1, PID_NR, MHP_PIN_UNKNOWN, 90 * MIB);
	expect(fs, 191 * MIB, -1, PID_NR, MHP_PIN_HARMFUL, 90 * MIB);
	/* the memory controller is off below */
	assert_int_equal(tree_remove(fs->tree.fd, "sys/fs/cgroup/db/one/memory.max"), 0);
	expect(fs, 90 * MIB, -1, PID_NR, MHP_PIN_FITS, 90 * MIB);
	add_cgroup(fs, "db", "max\n");
	expect(fs, 300 * MIB, -1, PID_NR, MHP_PIN_FITS, 352 * MIB);
}

/* A value that cannot be read makes the verdict unknown, even if all others fit. */
static void values_of_a_process_that_cannot_be_read(void **state)
{
	static const struct {
		const char *path, *text, *hidden; /* text NULL: the file is missing */
	} lost[] = {
		{ "numa_maps", NULL, "pin.nodes.process_bytes" },
		{ "numa_maps", "7f2c00000000 default N0=x kernelpagesize_kB=4\n",
		  "pin.nodes.process_bytes" },
		{ "limits", NULL, "pin.limits.memlock" },
		{ "limits", "Max open files 1024 1024 files\n", "pin.limits.memlock" },
		{ "status", NULL, "pin.nodes.allowed" },
		{ "status", "Uid:\t107\t107\t107\t107\nMems_allowed_list:\t0-2\n",
		  "pin.limits.memlock" },
		{ "status", "CapEff:\t0\nMems_allowed_list:\t0-x\n", "pin.nodes.allowed" },
		{ "cgroup", "0::/lost\n", "pin.limits.cgroup" },
		{ "cgroup", "4:cpuset,memory:/v1\n0::/\n", "pin.limits.cgroup" },
		{ "cgroup", "0::/../outside\n", "pin.limits.cgroup" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(lost); i++) {
		cleanup_fakesys struct fakesys *fs = three_nodes();
		struct mhp_pin_check *result;
		char path[64];

		add_process(fs, "");
		add_user(fs, "");
		snprintf(path, sizeof(path), "proc/" PID "/%s", lost[i].path);
		if (lost[i].text)
			fakesys_put(fs, path, lost[i].text);
		else
			assert_int_equal(tree_remove(fs->tree.fd, path), 0);
		result = check(fs, 353 * MIB, -1, PID_NR);
		assert_true(hides(result, lost[i].hidden));
		mhp_pin_check_free(result);
		result = check(fs, MIB, -1, PID_NR);
		if (strcmp(lost[i].path, "numa_maps") != 0) {
			assert_int_equal(result->verdict, MHP_PIN_UNKNOWN);
			assert_int_equal(result->largest_bytes, MHP_UNKNOWN);
		}
		mhp_pin_check_free(result);
	}
}

/* Without the nodes of its memory only what exceeds the space is not known. */
static void memory_by_node_matters_beyond_the_space(void **state)
{
	cleanup_fakesys struct fakesys *fs = three_nodes();
	struct mhp_pin_check *result;

	add_process(fs, "");
	assert_int_equal(tree_remove(fs->tree.fd, "proc/" PID "/numa_maps"), 0);
	result = check(fs, 352 * MIB, -1, PID_NR);
	assert_int_equal(result->verdict, MHP_PIN_FITS);
	mhp_pin_check_free(result);
	result = check(fs, 4 * GIB, -1, PID_NR);
	assert_int_equal(result->verdict, MHP_PIN_UNKNOWN);
	mhp_pin_check_free(result);
}

/* ---- failures ---------------------------------------------------------------------------- */

static void what_does_not_exist(void **state)
{
	cleanup_fakesys struct fakesys *fs = three_nodes();
	struct mhp_pin_check *result = NULL;
	struct mhp_error err = { 0 };

	assert_int_equal(mhp_check_pin(fs->ctx, MIB, 7, 0, &result, &err), -ENOENT);
	assert_int_equal(err.reason, MHP_REASON_NO_SUCH_TARGET);
	assert_string_equal(err.message, "no node 7");
	err = (struct mhp_error){ 0 };
	assert_int_equal(mhp_check_pin(fs->ctx, MIB, -1, PID_NR, &result, &err), -ENOENT);
	assert_int_equal(err.reason, MHP_REASON_NO_SUCH_TARGET);
	assert_string_equal(err.message, "no process " PID);
	assert_null(result);
}

static void a_cancelled_check(void **state)
{
	cleanup_fakesys struct fakesys *fs = three_nodes();
	struct mhp_pin_check *result = NULL;
	struct mhp_error err = { 0 };

	add_process(fs, "");
	mhp_ctx_cancel(fs->ctx);
	assert_int_equal(mhp_check_pin(fs->ctx, MIB, -1, PID_NR, &result, &err), -ECANCELED);
	assert_int_equal(err.reason, MHP_REASON_INTERRUPTED);
	assert_null(result);
}

UNIT_TESTS(cmocka_unit_test(movable_memory_is_no_place_for_pins),
	   cmocka_unit_test(a_pin_goes_to_the_nearest_kernel_zones),
	   cmocka_unit_test(a_node_with_kernel_zones_limits_what_is_bound_to_it),
	   cmocka_unit_test(the_reserve_is_that_against_kernel_zones),
	   cmocka_unit_test(file_pages_count_in_part_and_cma_does_not),
	   cmocka_unit_test(a_zone_below_its_watermark_has_less),
	   cmocka_unit_test(values_that_are_not_printed_are_not_harmless),
	   cmocka_unit_test(no_zones), cmocka_unit_test(only_movable_memory),
	   cmocka_unit_test(memory_in_kernel_zones_needs_no_space),
	   cmocka_unit_test(a_cpuset_leaves_out_nodes), cmocka_unit_test(locked_memory_is_limited),
	   cmocka_unit_test(a_right_in_another_user_namespace),
	   cmocka_unit_test(cgroups_limit_new_memory),
	   cmocka_unit_test(values_of_a_process_that_cannot_be_read),
	   cmocka_unit_test(memory_by_node_matters_beyond_the_space),
	   cmocka_unit_test(what_does_not_exist), cmocka_unit_test(a_cancelled_check))
