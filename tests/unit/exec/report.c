/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A report of a machine shows what the machine shows, without names, and in time. */
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/sys/report/report.h"
#include "lib/model/topology.h"
#include "lib/sys/intent.h"
#include "tests/unit/fake/fakesys.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* A document that reads the machine like list. */
static int scan(struct mhp_ctx *ctx, const void *data, char **text, struct mhp_error *err)
{
	struct mhp_topology *topo = NULL;
	int rc = mhp_topology_scan(ctx, MHP_SCAN_WITHOUT_BLOCKS, &topo, err);

	(void)data;
	if (ctx_cancelled(ctx)) /* it was not: a child of a child would end at once */
		rc = -ECANCELED;
	mhp_topology_free(topo);
	*text = strdup("{}\n");
	return rc;
}

static int hang(struct mhp_ctx *ctx, const void *data, char **text, struct mhp_error *err)
{
	char line[16];

	(void)data;
	(void)text;
	(void)err;
	assert_int_equal(root_read(&ctx->sys, "sys/before", line, sizeof(line)), 0);
	fakeclock_hang_forever();
}

static int fail_at_once(struct mhp_ctx *ctx, const void *data, char **text, struct mhp_error *err)
{
	(void)ctx;
	(void)data;
	(void)text;
	return err_set(err, -EIO, MHP_REASON_KERNEL, "no such luck");
}

static const struct mhp_report_document scanning = { "list.json", scan, NULL };

/* Makes a report and opens it. */
static struct mhp_ctx *replay(struct fakesys *fs, const struct mhp_report_document *documents,
			      size_t nr, bool with_names)
{
	struct mhp_report *report = NULL;
	struct mhp_error err = { 0 };
	struct mhp_ctx *copy = NULL;
	char path[128];

	assert_int_equal(mhp_report_new(fs->ctx, documents, nr, with_names, &report, &err), 0);
	str_format(path, "%s/report", fs->tree.dir);
	assert_int_equal(mhp_report_write(fs->ctx, report, path, true, &err), 0);
	mhp_report_free(report);
	assert_int_equal(mhp_ctx_new(&copy, path, &err), 0);
	return copy;
}

static const char *get(struct mhp_ctx *copy, const char *path)
{
	static char text[4096];

	return root_read_text(&copy->sys, path, text, sizeof(text)) < 0 ? "" : text;
}

static void the_machine_is_in_it(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_topology *topo = NULL;
	struct mhp_ctx *copy;

	fakesys_online_dax0(fs);
	copy = replay(fs, &scanning, 1, false);
	assert_int_equal(mhp_topology_scan(copy, 0, &topo, NULL), 0);
	assert_int_equal(topo->nr_blocks, 31);
	assert_int_equal(topo->nr_nodes, 3);
	assert_int_equal(topo->nr_dax, 1);
	assert_string_equal(topo->dax[0].name, "dax0.0");
	assert_int_equal(topo->dax[0].mode, MHP_DAX_SYSTEM_RAM);
	assert_int_equal(topo->dax[0].blocks_online, NR_BLOCKS);
	assert_int_equal(topo->memory.page_size, 4096);
	assert_null(topology_why_hidden(topo, "regions"));
	mhp_topology_free(topo);
	mhp_ctx_free(copy);
}

/* A part that hangs costs its time; the others are there, and what it read before. */
static void a_part_that_hangs(void **state)
{
	static const struct mhp_report_document documents[] = {
		{ "a.json", hang, NULL },
		{ "b.json", fail_at_once, NULL },
		{ "c.json", scan, NULL },
	};
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_ctx *copy;

	fakesys_put(fs, "sys/before", "seen\n");
	copy = replay(fs, documents, 3, false);
	assert_non_null(strstr(get(copy, "mhpctl-report/a.json.failed"), "did not answer"));
	assert_string_equal(get(copy, "mhpctl-report/b.json.failed"), "no such luck\n");
	assert_string_equal(get(copy, "mhpctl-report/c.json"), "{}\n");
	assert_string_equal(get(copy, "sys/before"), "seen\n");
	mhp_ctx_free(copy);
}

/* ---- what is left out ---------------------------------------------------------------------- */

static void put_names(struct fakesys *fs)
{
	fakesys_put(fs, "proc/sys/kernel/hostname", "ward-seven\n");
	fakesys_put(fs, "proc/cmdline", "root=/dev/secret memhp-default_state=offline quiet\n");
	fakesys_put(
		fs, "etc/mhpctl/policy.d/1.conf",
		"# ward-seven\n[memory a]\nmatch.serial = 0xabcdef\nhook.after = /bin/tell secret\n");
	fakesys_put(fs, "etc/udev/rules.d/1.rules",
		    "# secret\nSUBSYSTEM==\"memory\", ATTR{state}=\"online\"\n");
	fakesys_put(fs, "etc/udev/rules.d/2.rules", "ATTR{address}==\"secret\"\n");
	fakesys_put(fs, "run/mhpctl/jobs/1/log", "/bin/tell secret: gone\n");
	fakesys_put(
		fs, "run/mhpctl/jobs/1/events",
		"{\"command\":\"online\",\"comm\":\"secretd\",\"message\":\"mapped by secretd[4]\"}\n");
	fakesys_put(fs, "sys/bus/cxl/devices/mem0/serial", "0xabcdef\n");
	fakesys_put(fs, "sys/bus/cxl/devices/mem1/serial", "0x0\n");
}

static void names_are_left_out(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_ctx *copy;

	put_names(fs);
	copy = replay(fs, &scanning, 1, false);
	assert_string_equal(get(copy, "proc/cmdline"),
			    "left-out memhp-default_state=offline left-out \n");
	assert_string_equal(get(copy, "etc/mhpctl/policy.d/1.conf"),
			    "#\n[memory a]\nmatch.serial = 0x1\nhook.after = /left-out\n");
	assert_string_equal(get(copy, "etc/udev/rules.d/1.rules"),
			    "#\nSUBSYSTEM==\"memory\", ATTR{state}=\"online\"\n");
	assert_string_equal(get(copy, "etc/udev/rules.d/2.rules"), "#\n");
	assert_string_equal(
		get(copy, "run/mhpctl/jobs/1/events"),
		"{\"command\":\"online\",\"comm\":\"left out\",\"message\":\"mapped by left out[4]\"}\n");
	assert_string_equal(get(copy, "run/mhpctl/jobs/1/log"), "/left-out: gone\n");
	assert_string_equal(get(copy, "sys/bus/cxl/devices/mem0/serial"), "0x1\n");
	assert_string_equal(get(copy, "sys/bus/cxl/devices/mem1/serial"), "0x0\n");
	mhp_ctx_free(copy);
	copy = replay(fs, &scanning, 1, true);
	assert_non_null(strstr(get(copy, "proc/cmdline"), "root=/dev/secret"));
	assert_non_null(strstr(get(copy, "etc/mhpctl/policy.d/1.conf"), "ward-seven"));
	assert_string_equal(get(copy, "sys/bus/cxl/devices/mem0/serial"), "0xabcdef\n");
	mhp_ctx_free(copy);
}

static void words_in_texts(void **state)
{
	struct report_secrets secrets = { 0 };
	struct report_entry entry = { .data = strdup("fio fio2 a-fio, \"fio\""), .len = 21 };

	assert_int_equal(report_secret_add(&secrets, "fio", 3, "X"), 0);
	assert_int_equal(report_secret_add(&secrets, "fi", 2, "Y"), 0); /* too short */
	assert_int_equal(report_secret_replace(&secrets, &entry), 0);
	assert_string_equal(entry.data, "X fio2 a-X, \"X\"");
	assert_int_equal(entry.len, strlen(entry.data));
	report_secrets_free(&secrets);
	free(entry.data);
}

/* ---- the file ------------------------------------------------------------------------------ */

static void the_file_is_private_and_not_replaced(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_report report = { .data = (char *)"data", .len = 4 };
	struct mhp_error err = { 0 };
	char path[128];
	struct stat st;

	str_format(path, "%s/report", fs->tree.dir);
	assert_int_equal(mhp_report_write(fs->ctx, &report, path, false, &err), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	assert_int_equal(mhp_report_write(fs->ctx, &report, path, false, &err), -EEXIST);
	assert_int_equal(err.reason, MHP_REASON_USAGE);
	assert_int_equal(mhp_report_write(fs->ctx, &report, path, true, &err), 0);
}

static void a_copy_has_no_report(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_report *report = NULL;
	struct mhp_error err = { 0 };

	fs->ctx->is_copy = true;
	assert_int_equal(mhp_report_new(fs->ctx, &scanning, 1, false, &report, &err), -EROFS);
	assert_null(report);
	fs->ctx->is_copy = false;
}

static void a_cancel_ends_it(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_report *report = NULL;
	struct mhp_error err = { 0 };

	mhp_ctx_cancel(fs->ctx);
	assert_int_equal(mhp_report_new(fs->ctx, &(struct mhp_report_document){ "a", hang, NULL },
					1, false, &report, &err),
			 -ECANCELED);
	assert_int_equal(err.reason, MHP_REASON_INTERRUPTED);
	assert_null(report);
}

UNIT_TESTS(cmocka_unit_test(the_machine_is_in_it), cmocka_unit_test(a_part_that_hangs),
	   cmocka_unit_test(names_are_left_out), cmocka_unit_test(words_in_texts),
	   cmocka_unit_test(the_file_is_private_and_not_replaced),
	   cmocka_unit_test(a_copy_has_no_report), cmocka_unit_test(a_cancel_ends_it))
