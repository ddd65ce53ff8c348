/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/cleanup.h"
#include "cmd/out-json-read.h"
#include "cmd/out-json.h"
#include "cmd/saved.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_MAX (16U << 20)

/* ---- writing ----------------------------------------------------------------------------- */

static int write_text(const char *path, const char *text)
{
	cleanup_close int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	size_t len = strlen(text);

	if (fd < 0)
		return -errno;
	while (len) {
		ssize_t done = write(fd, text, len);

		if (done < 0)
			return -errno;
		text += done;
		len -= (size_t)done;
	}
	return fsync(fd) < 0 && errno != EINVAL ? -errno : 0; /* a pipe cannot be synced */
}

/* Beside it first, so that nobody finds half a plan; what is no file is written as it is. */
static int replace_file(const char *path, const char *text)
{
	char beside[PATH_MAX];
	struct stat st;
	int rc;

	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return write_text(path, text);
	mhp_format(beside, "%s.new", path);
	rc = write_text(beside, text);
	if (rc == 0 && rename(beside, path) < 0)
		rc = -errno;
	if (rc < 0)
		unlink(beside);
	return rc;
}

int saved_write(const char *path, const struct out_call *call, const struct out_policy_plan *plan,
		struct mhp_error *err)
{
	struct js js = { 0 };
	cleanup_document struct json_object *doc = out_json_begin(&js, "plan");
	cleanup_free char *text = NULL;
	char shown[128];
	int rc = -ENOMEM;

	js_text(&js, doc, "command", call->command);
	js_text(&js, doc, "status", mhp_status_name(MHP_STATUS_OK));
	js_int(&js, doc, "exit_code", plan->exit_code);
	js_bool(&js, doc, "changed", false);
	js_bool(&js, doc, "dry_run", true);
	out_json_policy_plan(&js, doc, plan);
	text = doc ? js_print(&js, doc, true) : NULL;
	if (text)
		rc = replace_file(path, text);
	if (rc < 0)
		return mhp_fail_errno(err, rc, "cannot write %s",
				      text_escape(path, shown, sizeof(shown)));
	return 0;
}

/* ---- reading ----------------------------------------------------------------------------- */

bool saved_is(const char *path)
{
	cleanup_fclose FILE *file = fopen(path, "re");
	int c = file ? getc(file) : EOF;

	while (c != EOF && isspace(c))
		c = getc(file);
	return c == '{';
}

static int no_plan(const char *path, const char *why, struct mhp_error *err)
{
	char shown[128];

	mhp_fail(err, -EINVAL, MHP_REASON_USAGE, "%s: is no saved plan: %s",
		 text_escape(path, shown, sizeof(shown)), why);
	return mhp_hint(err, -EINVAL, "plans are saved by mhpctl plan --out FILE");
}

/* The sections stand in the order in which they are carried out, so that is no longer said. */
static void print_section(FILE *f, struct json_object *section)
{
	struct json_object *settings = NULL;
	size_t nr = doc_array(section, "settings", &settings);

	fprintf(f, "[memory %s]\n", doc_text(section, "section"));
	for (size_t i = 0; i < nr; i++) {
		struct json_object *setting = json_object_array_get_idx(settings, i);
		const char *key = doc_text(setting, "key");

		if (strcmp(key, "order") != 0)
			fprintf(f, "%s = %s\n", key, doc_text(setting, "value"));
	}
}

static int expect_jobs(struct mhp_policy *policy, struct json_object *section,
		       struct mhp_error *err)
{
	struct json_object *jobs = NULL;
	size_t nr = doc_array(section, "jobs", &jobs);
	uint64_t fingerprint;
	int rc = 0;

	for (size_t i = 0; i < nr && rc == 0; i++) {
		struct json_object *job = json_object_array_get_idx(jobs, i);

		if (parse_hex(doc_text(job, "fingerprint"), &fingerprint) < 0)
			return mhp_fail(err, -EINVAL, MHP_REASON_USAGE,
					"section %s could not be planned when the plan was saved",
					doc_text(section, "section"));
		rc = mhp_policy_expect(policy, doc_text(section, "section"),
				       doc_verb(doc_text(job, "verb")), fingerprint, err);
	}
	return rc;
}

static int to_policy(const char *path, struct json_object *doc, struct mhp_policy **ret,
		     struct mhp_error *err)
{
	cleanup_policy struct mhp_policy *policy = NULL;
	cleanup_free char *text = NULL;
	struct json_object *sections = NULL;
	size_t nr = doc_array(doc, "sections", &sections), size;
	FILE *f = open_memstream(&text, &size);
	int rc;

	if (!f)
		return mhp_fail_errno(err, -ENOMEM, "plan");
	for (size_t i = 0; i < nr; i++)
		print_section(f, json_object_array_get_idx(sections, i));
	if (fclose(f) == EOF)
		return mhp_fail_errno(err, -ENOMEM, "plan");
	rc = mhp_policy_parse(text, path, &policy, err);
	if (rc == 0)
		rc = mhp_policy_check(policy, err);
	for (size_t i = 0; i < nr && rc == 0; i++)
		rc = expect_jobs(policy, json_object_array_get_idx(sections, i), err);
	if (rc == 0)
		*ret = TAKE_PTR(policy);
	return rc;
}

int saved_read(const char *path, struct mhp_policy **policy, struct mhp_error *err)
{
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	cleanup_document struct json_object *doc = NULL;
	char shown[128];
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return mhp_fail_errno(err, -errno, "%s", text_escape(path, shown, sizeof(shown)));
	if (st.st_size > FILE_MAX)
		return no_plan(path, "it is too large", err);
	doc = json_object_from_fd(fd);
	if (!doc)
		return no_plan(path, "it is no JSON", err);
	if (!doc_is_event(doc, "plan"))
		return no_plan(path, "it is JSON of another kind", err);
	return to_policy(path, doc, policy, err);
}
