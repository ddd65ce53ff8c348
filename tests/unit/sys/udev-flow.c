/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of rules files, and the path of udev through them for a memory block. */
#include "lib/sys/udev/flow.h"
#include "lib/base/cleanup.h"
#include "tests/unit/fake/tree.h"
#include "tests/unit/fake/unit.h"

#include <fcntl.h>
#include <string.h>

/* ---- one line ---------------------------------------------------------------------------- */

static void lines_that_bring_memory_online(void **state)
{
	static const char *const lines[] = {
		/* RHEL 7.5 and earlier, Azure images */
		"SUBSYSTEM==\"memory\", ACTION==\"add\", ATTR{state}=\"online\"",
		/* SUSE, Gentoo, Proxmox guests */
		"SUBSYSTEM==\"memory\", ACTION==\"add\", TEST==\"state\", ATTR{state}==\"offline\","
		" ATTR{state}=\"online\"",
		/* Ubuntu */
		"SUBSYSTEM==\"memory\", ACTION==\"add\", "
		"DEVPATH==\"/devices/system/memory/memory[0-9]*\", TEST==\"state\", "
		"ATTR{state}=\"online\"",
		/* Xen */
		"SUBSYSTEM==\"memory\", ACTION==\"add\", RUN+=\"/bin/sh -c '[ -f /sys$devpath/state ]"
		" && echo online > /sys$devpath/state'\"",
		"ACTION==\"add\", SUBSYSTEM==\"memory\", ATTR{state}=\"online_movable\"",
		"SUBSYSTEM==\"memory\",ATTR{online}=\"1\"",
		"  SUBSYSTEM == \"memory\" , ATTR{state} = \"online\"",
		"\tSUBSYSTEM==\"memory\", ATTR{state}==\"offline\", ATTR{state}=\"$env{.state}\"",
		"SUBSYSTEM==\"memory\", ATTR{state}:=\"online\"",
	};

	const struct mhp_ctx ctx = { .is_copy = true };

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		if (udev_rule_onlines(&ctx, lines[i]) != MHP_TRISTATE_YES)
			fail_msg("not seen: %s", lines[i]);
}

static void lines_that_do_not(void **state)
{
	static const char *const lines[] = {
		"",
		"#SUBSYSTEM==\"memory\", ACTION==\"add\", ATTR{state}=\"online\"",
		"  # SUBSYSTEM==\"memory\", ATTR{state}=\"online\"",
		"SUBSYSTEM==\"cpu\", ACTION==\"add\", TEST==\"online\", ATTR{online}==\"0\", "
		"ATTR{online}=\"1\"",
		"SUBSYSTEM==\"memory\", ATTR{state}==\"online\"",
		"SUBSYSTEM==\"memory\", ATTR{state}=\"offline\"",
		"SUBSYSTEM==\"memory\", ATTR{online}=\"0\"",
		"SUBSYSTEM==\"memory\", ATTR{online}==\"1\", TAG+=\"seen\"",
		"SUBSYSTEM==\"memory\", ACTION==\"add\", ATTR{power/state}=\"on\"",
		"SUBSYSTEM!=\"memory\", ATTR{state}=\"online\"",
		"SUBSYSTEM!=\"memory\", GOTO=\"memory_hotplug_end\"",
		"SUBSYSTEM==\"memory\", TAG+=\"systemd\"",
		"SUBSYSTEM==\"memory_tiering\", ATTR{state}=\"online\"",
		"SUBSYSTEM==\"dax\", ACTION==\"add\", TAG+=\"systemd\", "
		"ENV{SYSTEMD_WANTS}=\"daxdev-reconfigure@$env{DEVNAME}.service\"",
		"memory ATTR{state}=\"online\"",
	};

	const struct mhp_ctx ctx = { .is_copy = true };

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		if (udev_rule_onlines(&ctx, lines[i]) != MHP_TRISTATE_NO)
			fail_msg("taken for one: %s", lines[i]);
}

/* ---- the path through a file ------------------------------------------------------------- */

struct machine {
	struct tree tree;
	struct mhp_ctx ctx;
};

static void machine_new(struct machine *m, const char *vendor)
{
	assert_int_equal(tree_new(&m->tree), 0);
	m->ctx = (struct mhp_ctx){ .sys = { .root_fd = m->tree.fd, .ops = &root_kernel_ops } };
	if (vendor)
		assert_int_equal(
			tree_put(m->tree.fd, "sys/class/dmi/id/sys_vendor", "%s\n", vendor), 0);
	assert_int_equal(tree_put(m->tree.fd, "proc/sys/kernel/arch", "x86_64\n"), 0);
}

static int note(const struct udev_found *found, void *data)
{
	char *text = data;
	size_t len = strlen(text);

	snprintf(text + len, 256 - len, "%s%u%s%s", len ? " " : "", found->line,
		 found->is_certain ? "" : "?", found->is_alone ? "!" : "");
	return 0;
}

/* Checks the lines that bring memory online; "?": maybe, "!": the file has nothing else. */
static void check_lines(const struct machine *m, const char *rules, const char *want)
{
	cleanup_fclose FILE *file = fmemopen((void *)rules, strlen(rules), "r");
	char text[256] = "";

	assert_non_null(file);
	assert_int_equal(udev_flow_walk(&m->ctx, file, note, text), 0);
	if (strcmp(text, want) != 0)
		fail_msg("\"%s\", not \"%s\":\n%s", text, want, rules);
}

static void check_on(const char *vendor, const char *rules, const char *want)
{
	struct machine m;

	machine_new(&m, vendor);
	check_lines(&m, rules, want);
	tree_free(&m.tree);
}

#define UBUNTU                                                                              \
	"ATTR{[dmi/id]sys_vendor}==\"Microsoft Corporation\", GOTO=\"apply\"\n"             \
	"ATTR{[dmi/id]sys_vendor}==\"Xen\", GOTO=\"apply\"\n"                               \
	"GOTO=\"end\"\n"                                                                    \
	"LABEL=\"apply\"\n"                                                                 \
	"SUBSYSTEM==\"memory\", ACTION==\"add\", TEST==\"state\", ATTR{state}=\"online\"\n" \
	"SUBSYSTEM==\"cpu\", ACTION==\"add\", TEST==\"online\", ATTR{online}=\"1\"\n"       \
	"LABEL=\"end\"\n"

static void a_rule_for_other_machines(void **state)
{
	check_on("Microsoft Corporation", UBUNTU, "5");
	check_on("Xen", UBUNTU, "5");
	check_on("Dell Inc.", UBUNTU, "");
	check_on(NULL, UBUNTU, ""); /* the attribute is missing: the line does not apply */
}

/* A file missing from a copied tree may exist on the machine. */
static void a_copied_tree_knows_no_vendor(void **state)
{
	struct machine m;

	machine_new(&m, NULL);
	m.ctx.is_copy = m.ctx.sys.is_copy = true;
	check_lines(&m, UBUNTU, "5?");
	tree_free(&m.tree);
}

static void gotos_with_conditions(void **state)
{
	check_on("A",
		 "ENV{x}==\"1\", GOTO=\"end\"\n"
		 "SUBSYSTEM==\"memory\", ATTR{state}=\"online\"\n"
		 "LABEL=\"end\"\n",
		 "2?!");
	/* all paths join again */
	check_on("A",
		 "ENV{x}==\"1\", GOTO=\"one\"\n"
		 "GOTO=\"two\"\n"
		 "LABEL=\"one\"\n"
		 "SUBSYSTEM==\"memory\", ATTR{state}=\"online\"\n"
		 "LABEL=\"two\"\n"
		 "SUBSYSTEM==\"memory\", ATTR{state}=\"online\"\n",
		 "4?! 6!");
	check_on("A",
		 "KERNEL!=\"memory*\", GOTO=\"end\"\n"
		 "PROGRAM=\"/bin/uname -p\", RESULT==\"s390*\", GOTO=\"end\"\n"
		 "CONST{arch}==\"ppc64*\", GOTO=\"end\"\n"
		 "ATTR{state}==\"offline\", ATTR{state}=\"online\"\n"
		 "LABEL=\"end\"\n",
		 "4!");
	check_on("A",
		 "CONST{arch}==\"x86-64\", GOTO=\"end\"\n"
		 "SUBSYSTEM==\"memory\", ATTR{state}=\"online\"\n"
		 "LABEL=\"end\"\n",
		 "");
	check_on("A",
		 "CONST{virt}==\"none\", GOTO=\"end\"\n"
		 "SUBSYSTEM==\"memory\", ATTR{state}=\"online\"\n"
		 "LABEL=\"end\"\n",
		 "2?!");
	check_on("A",
		 "ATTR{[dmi/id]sys_vendor}!=\"A\", GOTO=\"end\"\n"
		 "SUBSYSTEM==\"memory\", ATTR{state}=\"online\"\n"
		 "LABEL=\"end\"\n",
		 "2!"); /* the GOTO applies to other vendors */
}

static void gotos_that_lead_nowhere(void **state)
{
	check_on("A",
		 "GOTO=\"nowhere\"\n"
		 "SUBSYSTEM==\"memory\", ATTR{state}=\"online\"\n",
		 "2!");
	check_on("A",
		 "LABEL=\"above\"\n"
		 "GOTO=\"above\"\n"
		 "SUBSYSTEM==\"memory\", ATTR{state}=\"online\"\n",
		 "3!");
}

static void other_events(void **state)
{
	/* udevadm trigger sends change events */
	check_on("A", "SUBSYSTEM==\"memory\", ACTION==\"change\", ATTR{state}=\"online\"\n", "1!");
	check_on("A", "SUBSYSTEM==\"memory\", ACTION==\"remove\", ATTR{state}=\"online\"\n", "");
	check_on("A", "SUBSYSTEM==\"memory\", ACTION==\"add|change\", ATTR{state}=\"online\"\n",
		 "1!");
	check_on("A", "SUBSYSTEM==\"memory\", ACTION==\"offline\", ATTR{state}=\"online\"\n", "1!");
}

static void what_else_is_in_the_file(void **state)
{
	check_on("A", "SUBSYSTEM==\"memory\", ATTR{state}=\"online\"\n", "1!");
	check_on("A",
		 "SUBSYSTEM==\"memory\", ATTR{state}=\"online\"\n"
		 "SUBSYSTEM==\"scsi\", ATTR{timeout}=\"180\"\n",
		 "1");
	check_on("A",
		 "SUBSYSTEM==\"memory\", ATTR{state}=\"online\"\n"
		 "SUBSYSTEM==\"memory\", ACTION==\"change\", ATTR{online}=\"1\"\n",
		 "1! 2!");
}

/* After hundreds of unknown conditions later lines are uncertain, but still listed. */
static void a_long_way(void **state)
{
	static char rules[2000 * 40];
	size_t len = 0;

	for (int i = 0; i < 1500; i++)
		len += (size_t)snprintf(rules + len, sizeof(rules) - len,
					"ENV{x}==\"%d\", GOTO=\"end\"\n", i);
	snprintf(rules + len, sizeof(rules) - len,
		 "SUBSYSTEM==\"memory\", ATTR{state}=\"online\"\nLABEL=\"end\"\n");
	check_on("A", rules, "1501?!");
}

UNIT_TESTS(cmocka_unit_test(lines_that_bring_memory_online), cmocka_unit_test(lines_that_do_not),
	   cmocka_unit_test(a_rule_for_other_machines),
	   cmocka_unit_test(a_copied_tree_knows_no_vendor), cmocka_unit_test(gotos_with_conditions),
	   cmocka_unit_test(gotos_that_lead_nowhere), cmocka_unit_test(other_events),
	   cmocka_unit_test(what_else_is_in_the_file), cmocka_unit_test(a_long_way))
