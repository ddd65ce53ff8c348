/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/cleanup.h"
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

DEFINE_CLEANUP(struct json_object *, put_document, json_object_put)
#define cleanup_document __attribute__((cleanup(put_document)))

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

static const char *text_of(struct json_object *in, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(in, key, &value) ||
	    !json_object_is_type(value, json_type_string))
		return "";
	return json_object_get_string(value);
}

/* An empty array stands for what is not there. */
static size_t array_of(struct json_object *in, const char *key, struct json_object **array)
{
	if (!json_object_object_get_ex(in, key, array) ||
	    !json_object_is_type(*array, json_type_array))
		return 0;
	return json_object_array_length(*array);
}

/* The sections stand in the order in which they are carried out, so that is no longer said. */
static void print_section(FILE *f, struct json_object *section)
{
	struct json_object *settings = NULL;
	size_t nr = array_of(section, "settings", &settings);

	fprintf(f, "[memory %s]\n", text_of(section, "section"));
	for (size_t i = 0; i < nr; i++) {
		struct json_object *setting = json_object_array_get_idx(settings, i);
		const char *key = text_of(setting, "key");

		if (strcmp(key, "order") != 0)
			fprintf(f, "%s = %s\n", key, text_of(setting, "value"));
	}
}

static enum mhp_verb verb_of(const char *name)
{
	unsigned verb = 0;

	while (verb < MHP_VERB_MAX && strcmp(mhp_verb_name((enum mhp_verb)verb), name) != 0)
		verb++;
	return (enum mhp_verb)verb;
}

static int expect_jobs(struct mhp_policy *policy, struct json_object *section,
		       struct mhp_error *err)
{
	struct json_object *jobs = NULL;
	size_t nr = array_of(section, "jobs", &jobs);
	uint64_t fingerprint;
	int rc = 0;

	for (size_t i = 0; i < nr && rc == 0; i++) {
		struct json_object *job = json_object_array_get_idx(jobs, i);

		if (parse_hex(text_of(job, "fingerprint"), &fingerprint) < 0)
			return mhp_fail(err, -EINVAL, MHP_REASON_USAGE,
					"section %s could not be planned when the plan was saved",
					text_of(section, "section"));
		rc = mhp_policy_expect(policy, text_of(section, "section"),
				       verb_of(text_of(job, "verb")), fingerprint, err);
	}
	return rc;
}

static int to_policy(const char *path, struct json_object *doc, struct mhp_policy **ret,
		     struct mhp_error *err)
{
	cleanup_policy struct mhp_policy *policy = NULL;
	cleanup_free char *text = NULL;
	struct json_object *sections = NULL;
	size_t nr = array_of(doc, "sections", &sections), size;
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
	if (!json_object_is_type(doc, json_type_object) ||
	    strcmp(text_of(doc, "schema"), "mhpctl/1") != 0 ||
	    strcmp(text_of(doc, "event"), "plan") != 0)
		return no_plan(path, "it is JSON of another kind", err);
	return to_policy(path, doc, policy, err);
}
