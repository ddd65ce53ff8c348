/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes a report: runs what reads the machine in child processes, and packs what they read. */
#include "lib/sys/report/report.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/export.h"
#include "lib/sys/kernel.h"
#include "lib/sys/report-tree.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DOCUMENT_MS  30000 /* for each, and after one that hangs: */
#define HASTE_MS     5000
#define HOST_MAX     65
#define USEC_PER_SEC 1000000

struct making {
	struct mhp_ctx ctx; /* the caller's, with a capture */
	struct child child;
	struct capture capture;
	struct report_tree tree;
	uint64_t time_us;
	uint64_t patience_ms;
};

/* ---- in the child ---------------------------------------------------------------------------- */

/* Makes a document, as a task (struct mhp_report_document); replies with its text. */
static int make_document(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
			 struct mhp_error *err)
{
	const struct mhp_report_document *document = arg;
	cleanup_free char *text = NULL;
	int rc = document->make(ctx, document->data, &text, err);

	return rc < 0 ? rc : reply_add(reply, text, strlen(text));
}

/* ---- the parts ------------------------------------------------------------------------------- */

static int add_file(struct making *m, const char *name, const char *text, size_t len)
{
	char path[128];

	str_format(path, REPORT_TREE "/%s", name);
	return report_tree_add(&m->tree, CAPTURE_FILE, path, text, len);
}

/* Adds a text file, or why it could not be made. */
static int run_task(struct making *m, const char *name, const struct child_task *task)
{
	const struct child_wait wait = { .deadline = clock_deadline(m->patience_ms),
					 .watch_fd = -1 };
	cleanup_reply struct reply reply = { 0 };
	struct child_result result;
	struct mhp_error err = { 0 };
	char failed[256], file[64];
	int rc = child_call(&m->child, task, &wait, &reply, &result, &err);

	child_stop(&m->child); /* a document is printed, which ends the output of its process */
	if (result.cancelled || rc == -ECANCELED)
		return -ECANCELED;
	if (rc == -ETIMEDOUT)
		m->patience_ms = HASTE_MS;
	if (rc >= 0)
		return reply.len ? add_file(m, name, reply.data, reply.len) : 0;
	str_format(failed, "%.200s\n",
		   rc == -ETIMEDOUT ? "the machine did not answer in time"
		   : *err.message   ? err.message
				    : strerror(-rc));
	str_format(file, "%s.failed", name);
	return add_file(m, file, failed, strlen(failed));
}

/* Adds the name of the host, only to find it in other texts. */
static int add_host(struct making *m, const struct mhp_ctx *ctx)
{
	char host[HOST_MAX];

	if (root_read(&ctx->sys, KERNEL_HOSTNAME, host, sizeof(host)) < 0)
		return 0;
	return add_file(m, "hostname", host, strlen(host));
}

static int add_about(struct making *m, const struct mhp_ctx *ctx, bool with_names)
{
	char text[256];
	int rc;

	str_format(text, "mhpctl %s\ntime %" PRIu64 "\nnames %s\n", mhp_version(),
		   m->time_us / USEC_PER_SEC, with_names ? "kept" : "left out");
	rc = add_file(m, "about", text, strlen(text));
	str_format(text, "%" PRIu64 "\n", root_page_size(&ctx->sys));
	if (rc == 0)
		rc = report_tree_add(&m->tree, CAPTURE_FILE, REPORT_PAGE_SIZE, text, strlen(text));
	return rc == 0 ? add_host(m, ctx) : rc;
}

static int read_all(struct making *m, const struct mhp_report_document *documents, size_t nr,
		    bool with_names)
{
	int rc = run_task(m, strrchr(REPORT_KMSG, '/') + 1,
			  CHILD_TASK(report_read_extras, &with_names));

	m->patience_ms = DOCUMENT_MS; /* a large machine needs it for its first document */
	for (size_t i = 0; i < nr && rc == 0; i++)
		rc = run_task(m, documents[i].name, CHILD_TASK(make_document, &documents[i]));
	return rc;
}

static int make_report(struct making *m, const struct mhp_ctx *ctx,
		       const struct mhp_report_document *documents, size_t nr, bool with_names,
		       struct mhp_report *report)
{
	int rc = read_all(m, documents, nr, with_names);

	if (rc == 0)
		rc = add_about(m, ctx, with_names);
	if (rc == 0)
		rc = report_tree_take(&m->tree, &m->capture);
	if (rc == 0)
		rc = report_scrub(&m->tree, with_names);
	return rc == 0 ? report_pack(&m->tree, m->time_us, report) : rc;
}

static int refuse_copy(struct mhp_error *err)
{
	err_set(err, -EROFS, MHP_REASON_USAGE, "a report is of this machine");
	return err_hint(err, -EROFS, "leave out --sysroot");
}

MHP_EXPORT int mhp_report_new(struct mhp_ctx *ctx, const struct mhp_report_document *documents,
			      size_t nr_documents, bool with_names, struct mhp_report **ret,
			      struct mhp_error *err)
{
	struct making m = { .ctx = *ctx, .time_us = clock_real_usec(), .patience_ms = DOCUMENT_MS };
	struct mhp_report *report;
	int rc;

	if (ctx->is_copy)
		return refuse_copy(err);
	report = calloc(1, sizeof(*report));
	rc = report ? capture_begin(&m.capture) : -ENOMEM;
	if (rc == 0) {
		m.ctx.sys.capture = &m.capture;
		m.child = CHILD_INIT(&m.ctx);
		rc = make_report(&m, ctx, documents, nr_documents, with_names, report);
		capture_end(&m.capture);
		report_tree_free(&m.tree);
	}
	if (rc == 0) {
		*ret = report;
		return 0;
	}
	mhp_report_free(report);
	if (rc == -ECANCELED)
		return err_set(err, rc, MHP_REASON_INTERRUPTED, "report: interrupted");
	if (rc == -EOPNOTSUPP)
		return err_set(err, rc, MHP_REASON_UNSUPPORTED, "zlib is not installed");
	return err_errno(err, rc, "report");
}

static void free_missing(struct mhp_report_missing *at, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		free(at[i].path);
	free(at);
}

MHP_EXPORT void mhp_report_free(struct mhp_report *report)
{
	if (!report)
		return;
	free_missing(report->hidden, report->nr_hidden);
	free_missing(report->left_out, report->nr_left_out);
	free(report->data);
	free(report);
}
