/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Saved plans: writes them, and checks and reads them as a policy. */
#include "cmd/cleanup.h"
#include "cmd/out/json/text.h"
#include "cmd/out/json/read.h"
#include "cmd/out/json/json.h"
#include "cmd/saved.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/hash.h"
#include "lib/base/memstream.h"
#include "lib/base/parse.h"
#include "lib/tool.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_MAX (16U << 20)

/* Hashes the part that apply uses, so that no damage to it is overlooked. */
static int hash_sections(struct json_object *doc, uint64_t *hash)
{
	struct json_object *sections = NULL;
	cleanup_free char *text = NULL;

	doc_array(doc, "sections", &sections);
	text = json_print(sections, false);
	if (!text)
		return -ENOMEM;
	*hash = hash_text(HASH_INIT, text);
	return 0;
}

/* ---- writing ----------------------------------------------------------------------------- */

int saved_write(struct mhp_ctx *ctx, const char *path, const struct out_call *call,
		const struct out_policy_plan *plan, struct mhp_error *err)
{
	struct js js = { 0 };
	cleanup_document struct json_object *doc = out_json_begin(&js, "plan");
	cleanup_free char *text = NULL;
	uint64_t hash;
	char shown[128];

	js_text(&js, doc, "command", call->command);
	js_text(&js, doc, "status", mhp_status_name(MHP_STATUS_OK));
	js_int(&js, doc, "exit_code", plan->exit_code);
	js_bool(&js, doc, "changed", false);
	js_bool(&js, doc, "dry_run", true);
	out_json_policy_plan(&js, doc, plan);
	if (doc && !js.failed && hash_sections(doc, &hash) == 0)
		js_hex(&js, doc, "checksum", hash);
	else
		js.failed = true;
	text = doc ? js_print(&js, doc, true) : NULL;
	if (text)
		return mhp_file_write(ctx, path, text, err);
	return err_errno(err, -ENOMEM, "cannot write %s", text_escape(path, shown, sizeof(shown)));
}

/* ---- reading ----------------------------------------------------------------------------- */

static int fail_not_plan(const char *path, const char *why, struct mhp_error *err)
{
	char shown[128];

	err_set(err, -EINVAL, MHP_REASON_USAGE, "%s: is not a saved plan: %s",
		text_escape(path, shown, sizeof(shown)), why);
	return err_hint(err, -EINVAL, "plans are saved by mhpctl plan --out FILE");
}

/* Returns whether a text has no newline: it becomes one line of a policy. */
static bool is_one_line(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 && *text != '\t')
			return false;
	return true;
}

/*
 * Returns the damage of a document, or NULL. A key that is missing would make another plan, such as
 * one without a limit.
 */
static const char *damage_of(struct json_object *doc, uint64_t hash)
{
	struct json_object *sections = NULL;
	uint64_t expected;

	doc_array(doc, "sections", &sections);
	if (!sections)
		return "it has no sections";
	if (parse_hex(doc_text(doc, "checksum"), &expected) < 0)
		return "it has no checksum";
	return expected == hash ? NULL : "it is damaged, or was edited";
}

static bool is_section_valid(struct json_object *section)
{
	struct json_object *settings = NULL;
	size_t nr = doc_array(section, "settings", &settings);

	if (!is_one_line(doc_text(section, "section")) || strchr(doc_text(section, "section"), ']'))
		return false;
	for (size_t i = 0; i < nr; i++) {
		struct json_object *setting = json_object_array_get_idx(settings, i);

		if (!is_one_line(doc_text(setting, "key")) ||
		    !is_one_line(doc_text(setting, "value")))
			return false;
	}
	return true;
}

/* Leaves "order" out: a saved plan lists its sections in the order in which they run. */
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
	size_t nr = doc_array(section, "requests", &jobs);
	uint64_t fingerprint;
	int rc = 0;

	for (size_t i = 0; i < nr && rc == 0; i++) {
		struct json_object *job = json_object_array_get_idx(jobs, i);

		if (parse_hex(doc_text(job, "fingerprint"), &fingerprint) < 0)
			return err_set(err, -EINVAL, MHP_REASON_USAGE,
				       "section %s could not be planned when the plan was saved",
				       doc_text(section, "section"));
		rc = mhp_policy_expect(policy, doc_text(section, "section"),
				       doc_verb(doc_text(job, "verb")), fingerprint, err);
	}
	return rc;
}

static int make_policy(const char *path, struct json_object *doc, struct mhp_policy **ret,
		       struct mhp_error *err)
{
	cleanup_policy struct mhp_policy *policy = NULL;
	cleanup_free char *text = NULL;
	struct json_object *sections = NULL;
	size_t nr = doc_array(doc, "sections", &sections);
	struct memstream m;
	int rc = memstream_open(&m);

	for (size_t i = 0; i < nr && rc == 0; i++)
		if (!is_section_valid(json_object_array_get_idx(sections, i))) {
			memstream_free(&m);
			return fail_not_plan(
				path, "a section or a setting is not a line of a policy", err);
		}
	for (size_t i = 0; i < nr && rc == 0; i++)
		print_section(m.file, json_object_array_get_idx(sections, i));
	if (rc == 0)
		text = memstream_end(&m);
	if (!text)
		return err_errno(err, -ENOMEM, "plan");
	if (rc == 0)
		rc = mhp_policy_parse(text, path, &policy, err);
	if (rc == 0)
		rc = mhp_policy_check(policy, err);
	if (rc == 0)
		rc = mhp_policy_expect(policy, NULL, MHP_VERB_ONLINE, 0, err);
	for (size_t i = 0; i < nr && rc == 0; i++)
		rc = expect_jobs(policy, json_object_array_get_idx(sections, i), err);
	if (rc == 0)
		*ret = TAKE_PTR(policy);
	return rc;
}

static int read_document(const char *path, struct json_object *doc, struct mhp_policy **policy,
			 struct mhp_error *err)
{
	const char *damage;
	uint64_t hash;

	if (!doc_is_event(doc, "plan"))
		return fail_not_plan(path, "it is JSON of another kind", err);
	if (hash_sections(doc, &hash) < 0)
		return err_errno(err, -ENOMEM, "plan");
	damage = damage_of(doc, hash);
	return damage ? fail_not_plan(path, damage, err) : make_policy(path, doc, policy, err);
}

static int fail_empty(const char *path, struct mhp_error *err)
{
	char shown[128];

	err_set(err, -EINVAL, MHP_REASON_USAGE, "%s: is empty",
		text_escape(path, shown, sizeof(shown)));
	return err_hint(err, -EINVAL, "it may be what is left of a saved plan or a policy");
}

static int fail_distrusted(const char *path, const char *why, struct mhp_error *err)
{
	char shown[128];

	err_set(err, -EPERM, MHP_REASON_USAGE, "%s: is not trusted: %s",
		text_escape(path, shown, sizeof(shown)), why);
	return err_hint(err, -EPERM, "if you trust it: chown root, chmod go-w");
}

static int fail_distrusted_directory(const char *path, const char *why, struct mhp_error *err)
{
	char shown[128];

	err_set(err, -EPERM, MHP_REASON_USAGE, "%s: is not trusted: its directory: %s",
		text_escape(path, shown, sizeof(shown)), why);
	return err_hint(err, -EPERM, "move it to a directory that only root can write to");
}

int saved_parse(const char *path, const struct mhp_named_file *file, struct mhp_policy **policy,
		struct mhp_error *err)
{
	cleanup_document struct json_object *doc = NULL;
	size_t space = 0;
	char shown[128];
	int rc;

	*policy = NULL;
	if (file->rc < 0) /* the policy reader reports the failure */
		return file->rc == -EFBIG ? fail_not_plan(path, "it is too large", err) : 0;
	while (isspace((unsigned char)file->text[space]))
		space++;
	if (space == file->len)
		return fail_empty(path, err);
	if (file->text[space] != '{')
		return 0;
	if (*file->distrust)
		return fail_distrusted(path, file->distrust, err);
	if (*file->distrust_above)
		return fail_distrusted_directory(path, file->distrust_above, err);
	rc = json_parse(file->text, file->len, &doc);
	if (rc == -EINVAL)
		return fail_not_plan(path, "it is not JSON", err);
	if (rc < 0)
		return err_errno(err, rc, "%s", text_escape(path, shown, sizeof(shown)));
	return read_document(path, doc, policy, err);
}

int saved_read(struct mhp_ctx *ctx, const char *path, struct mhp_policy **policy,
	       struct mhp_error *err)
{
	struct mhp_named_file file;
	int rc = mhp_file_read(ctx, path, FILE_MAX, &file, err);

	*policy = NULL;
	if (rc == 0)
		rc = saved_parse(path, &file, policy, err);
	free(file.text);
	return rc;
}
