/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules of udev that bring memory online, as distributions ship them. */
#include "lib/sys/udev-rules.h"
#include "tests/unit/tree.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

struct fixture {
	struct tree tree;
	struct mhp_ctx ctx;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f || tree_new(&f->tree) < 0)
		return -1;
	f->ctx.sys = (struct sysfs){ .root_fd = f->tree.fd, .ops = &sysfs_kernel_ops };
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	tree_free(&f->tree);
	free(f);
	return 0;
}

static void put(const struct fixture *f, const char *path, const char *text)
{
	assert_int_equal(tree_put(f->tree.fd, path, "%s", text), 0);
}

static int by_where(const void *a, const void *b)
{
	return strcmp(((const struct mhp_onliner *)a)->where,
		      ((const struct mhp_onliner *)b)->where);
}

/* What is found, as "u:/where d:/where", sorted. */
static void check_found(const struct fixture *f, const char *want)
{
	cleanup_reply struct reply reply = { 0 };
	struct mhp_onliner *onliners;
	char text[1024] = "";
	size_t len = 0, nr;
	struct udev_unread unread;

	assert_int_equal(udev_rules_scan(&f->ctx, &reply, &unread), 0);
	onliners = (struct mhp_onliner *)(void *)reply.data;
	nr = reply.len / sizeof(*onliners);
	if (nr)
		qsort(onliners, nr, sizeof(*onliners), by_where);
	for (size_t i = 0; i < nr; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%c:%s", i ? " " : "",
					*mhp_onliner_name(onliners[i].kind), onliners[i].where);
	assert_string_equal(text, want);
}

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

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		if (!udev_rule_onlines(lines[i], false))
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

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		if (udev_rule_onlines(lines[i], false))
			fail_msg("taken for one: %s", lines[i]);
}

/* ---- files ------------------------------------------------------------------------------- */

static void rules_are_told_with_their_line(void **state)
{
	const struct fixture *f = *state;

	check_found(f, "");
	put(f, "usr/lib/udev/rules.d/40-vm-hotadd.rules",
	    "# On Hyper-V and Xen Virtual Machines we want to add memory and cpus\n"
	    "ATTR{[dmi/id]sys_vendor}==\"QEMU\", GOTO=\"vm_hotadd_apply\"\n"
	    "GOTO=\"vm_hotadd_end\"\n"
	    "\n"
	    "LABEL=\"vm_hotadd_apply\"\n"
	    "\n"
	    "# Memory hotadd request\n"
	    "SUBSYSTEM==\"memory\", ACTION==\"add\", TEST==\"state\", ATTR{state}=\"online\"\n"
	    "\n"
	    "# CPU hotadd request\n"
	    "SUBSYSTEM==\"cpu\", ACTION==\"add\", TEST==\"online\", ATTR{online}=\"1\"\n"
	    "\n"
	    "LABEL=\"vm_hotadd_end\"\n");
	check_found(f, "u:/usr/lib/udev/rules.d/40-vm-hotadd.rules:8");
}

/* RHEL 7.6 and later, Fedora and their kin: what the rest is about stands before a GOTO. */
static void rules_behind_a_goto(void **state)
{
	static const char rules[] = "# do not edit this file, it will be overwritten on update\n"
				    "\n"
				    "# CPU hotadd request\n"
				    "SUBSYSTEM==\"cpu\", ACTION==\"add\", ATTR{online}=\"1\"\n"
				    "\n"
				    "# Memory hotadd request\n"
				    "SUBSYSTEM!=\"memory\", GOTO=\"memory_hotplug_end\"\n"
				    "ACTION!=\"add\", GOTO=\"memory_hotplug_end\"\n"
				    "CONST{arch}==\"s390*\", GOTO=\"memory_hotplug_end\"\n"
				    "\n"
				    "ENV{.state}=\"online\"\n"
				    "CONST{virt}==\"none\", ENV{.state}=\"online_movable\"\n"
				    "ATTR{state}==\"offline\", ATTR{state}=\"$env{.state}\"\n"
				    "\n"
				    "LABEL=\"memory_hotplug_end\"\n"
				    "\n"
				    "ACTION==\"add\", SUBSYSTEM==\"net\", ATTR{state}=\"online\"\n";
	const struct fixture *f = *state;

	put(f, "usr/lib/udev/rules.d/40-redhat.rules", rules);
	check_found(f, "u:/usr/lib/udev/rules.d/40-redhat.rules:13");
}

static void a_goto_of_another_subsystem(void **state)
{
	const struct fixture *f = *state;

	put(f, "etc/udev/rules.d/50-x.rules",
	    "SUBSYSTEM!=\"cpu\", GOTO=\"end\"\n"
	    "ATTR{state}==\"offline\", ATTR{state}=\"online\"\n"
	    "LABEL=\"end\"\n"
	    "SUBSYSTEM!=\"memory\", GOTO=\"end2\"\n"
	    "TAG+=\"seen\"\n"
	    "LABEL=\"end2\"\n"
	    "ATTR{state}=\"online\"\n");
	check_found(f, "");
}

static void lines_go_on_behind_a_backslash(void **state)
{
	const struct fixture *f = *state;

	put(f, "etc/udev/rules.d/50-x.rules",
	    "SUBSYSTEM==\"memory\", \\\n"
	    "  ACTION==\"add\", \\\n"
	    "  ATTR{state}=\"online\"\n"
	    "SUBSYSTEM==\"memory\", ATTR{state}=\"online\"\n");
	check_found(f, "u:/etc/udev/rules.d/50-x.rules:1 u:/etc/udev/rules.d/50-x.rules:4");
}

/* udev skips comments before it looks for a backslash. */
static void comments_do_not_go_on(void **state)
{
	const struct fixture *f = *state;

	put(f, "etc/udev/rules.d/50-x.rules",
	    "# a comment \\\n"
	    "SUBSYSTEM==\"memory\", ATTR{state}=\"online\"\n");
	put(f, "etc/udev/rules.d/51-x.rules",
	    "SUBSYSTEM==\"memory\", \\\n"
	    "# within a rule\n"
	    "ATTR{state}=\"online\"\n");
	check_found(f, "u:/etc/udev/rules.d/50-x.rules:2 u:/etc/udev/rules.d/51-x.rules:1");
}

static void a_file_without_a_last_newline(void **state)
{
	const struct fixture *f = *state;

	put(f, "etc/udev/rules.d/50-x.rules", "SUBSYSTEM==\"memory\", ATTR{state}=\"online\"");
	put(f, "etc/udev/rules.d/51-x.rules", "SUBSYSTEM==\"memory\", ATTR{state}=\"online\" \\");
	put(f, "etc/udev/rules.d/52-x.rules", "");
	put(f, "etc/udev/rules.d/53-x.rules", "\\\n\\\n");
	check_found(f, "u:/etc/udev/rules.d/50-x.rules:1 u:/etc/udev/rules.d/51-x.rules:1");
}

/* udev(7): a file of the same name in a folder of higher priority stands in its place. */
static void a_file_is_replaced_by_its_name(void **state)
{
	static const char rule[] = "SUBSYSTEM==\"memory\", ATTR{state}=\"online\"\n";
	const struct fixture *f = *state;

	put(f, "usr/lib/udev/rules.d/40-x.rules", rule);
	put(f, "usr/local/lib/udev/rules.d/41-y.rules", rule);
	put(f, "usr/lib/udev/rules.d/41-y.rules", rule);
	check_found(f, "u:/usr/lib/udev/rules.d/40-x.rules:1 "
		       "u:/usr/local/lib/udev/rules.d/41-y.rules:1");
	put(f, "etc/udev/rules.d/40-x.rules", "# nothing of that\n");
	check_found(f, "u:/usr/local/lib/udev/rules.d/41-y.rules:1");
	assert_int_equal(tree_link(f->tree.fd, "run/udev/rules.d/41-y.rules", "/dev/null"), 0);
	check_found(f, "");
}

static void other_files_are_not_read(void **state)
{
	static const char rule[] = "SUBSYSTEM==\"memory\", ATTR{state}=\"online\"\n";
	const struct fixture *f = *state;

	put(f, "etc/udev/rules.d/README", rule);
	put(f, "etc/udev/rules.d/40-x.rules.rpmsave", rule);
	put(f, "etc/udev/rules.d/40-x.rules~", rule);
	put(f, "etc/udev/rules.d/.hidden.rules", rule);
	check_found(f, "");
}

static void a_merged_usr_counts_once(void **state)
{
	static const char rule[] = "SUBSYSTEM==\"memory\", ATTR{state}=\"online\"\n";
	const struct fixture *f = *state;

	put(f, "usr/lib/udev/rules.d/40-x.rules", rule);
	assert_int_equal(tree_link(f->tree.fd, "lib", "usr/lib"), 0);
	check_found(f, "u:/usr/lib/udev/rules.d/40-x.rules:1");
}

static void an_old_lib_folder_is_read(void **state)
{
	const struct fixture *f = *state;

	put(f, "lib/udev/rules.d/40-x.rules", "SUBSYSTEM==\"memory\", ATTR{state}=\"online\"\n");
	check_found(f, "u:/lib/udev/rules.d/40-x.rules:1");
}

/* ---- daxctl's unit ----------------------------------------------------------------------- */

static void configuration_of_daxctl(void **state)
{
	const struct fixture *f = *state;

	put(f, "etc/daxctl.conf.d/daxctl.example.conf", "# [reconfigure-device one]\n[other]\n");
	put(f, "etc/daxctl.conf.d/README", "[reconfigure-device one]\n");
	check_found(f, "");
	put(f, "etc/daxctl.conf.d/mine.conf",
	    "# mine\n  [reconfigure-device one]\nmode = system-ram\n");
	check_found(f, "d:/etc/daxctl.conf.d/mine.conf");
}

/* What cannot be read may hold any rule; what leads nowhere or to /dev/null holds none. */
static void files_that_cannot_be_read(void **state)
{
	const struct fixture *f = *state;
	cleanup_reply struct reply reply = { 0 };
	struct udev_unread unread;

	assert_int_equal(tree_link(f->tree.fd, "etc/udev/rules.d/40-x.rules", "/dev/null"), 0);
	assert_int_equal(tree_link(f->tree.fd, "etc/udev/rules.d/41-x.rules", "nowhere"), 0);
	assert_int_equal(udev_rules_scan(&f->ctx, &reply, &unread), 0);
	assert_int_equal(unread.nr, 0);
	assert_int_equal(tree_folder(f->tree.fd, "etc/udev/rules.d/50-x.rules"), 0);
	assert_int_equal(tree_link(f->tree.fd, "etc/daxctl.conf.d/a.conf", "a.conf"), 0);
	put(f, "run/udev/rules.d", "no folder");
	assert_int_equal(udev_rules_scan(&f->ctx, &reply, &unread), 0);
	assert_int_equal(unread.nr, 3);
	assert_string_equal(unread.first, "etc/udev/rules.d/50-x.rules");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

UNIT_TESTS(cmocka_unit_test(lines_that_bring_memory_online), cmocka_unit_test(lines_that_do_not),
	   TEST(rules_are_told_with_their_line), TEST(rules_behind_a_goto),
	   TEST(a_goto_of_another_subsystem), TEST(lines_go_on_behind_a_backslash),
	   TEST(comments_do_not_go_on), TEST(a_file_without_a_last_newline),
	   TEST(a_file_is_replaced_by_its_name), TEST(other_files_are_not_read),
	   TEST(a_merged_usr_counts_once), TEST(an_old_lib_folder_is_read),
	   TEST(configuration_of_daxctl), TEST(files_that_cannot_be_read))
