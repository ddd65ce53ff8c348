/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Builds sections from the lines of policy files, and collects their problems. */
#include "lib/plan/policy/policy.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/export.h"
#include "lib/base/item.h"
#include "lib/base/parse.h"
#include "lib/base/suggest.h"
#include "lib/base/vec.h"
#include "lib/tool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define OURS	   "memory"
#define REPORTING  "reporting"
#define DAXCTLS	   "reconfigure-device"
#define NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."

#define PROBLEMS_MAX 20 /* of one file, which may be anything */

struct build {
	struct mhp_policy *policy;
	const struct policy_line *line;
	struct policy_section *section; /* the current one, or NULL */
	bool is_reporting;		/* the current one is [reporting] */
};

/* ---- problems ---------------------------------------------------------------------------- */

static size_t problems_of(const struct mhp_policy *policy, const struct mhp_policy_file *file)
{
	size_t nr = 0;

	for (size_t i = policy->nr_problems; i && nr < PROBLEMS_MAX; i--)
		nr += policy->problems[i - 1].file == file->path;
	return nr;
}

/* Adds a problem of the current line; one of daxctl's configuration is only a warning. */
static int add_problem(struct build *b, const struct mhp_error *err)
{
	const struct mhp_policy_file *file = &b->policy->files.files[b->line->file];
	struct mhp_policy_problem *problem;

	if (problems_of(b->policy, file) >= PROBLEMS_MAX)
		return 0; /* the last one says that there are more */
	problem = VEC_PUSH(b->policy->problems, b->policy->nr_problems);
	if (!problem)
		return -ENOMEM;
	problem->file = file->path;
	problem->line = b->line->line;
	problem->is_warning = file->is_daxctl || b->line->is_doubtful;
	problem->error = *err;
	if (problems_of(b->policy, file) == PROBLEMS_MAX)
		err_set(&problem->error, -EINVAL, MHP_REASON_USAGE,
			"there are more problems; they are not reported");
	return 0;
}

/* Adds a problem if rc is an error. Returns 0 or -ENOMEM. */
static int note_problem(struct build *b, int rc, const struct mhp_error *err)
{
	if (rc == 0 || rc == -ENOMEM)
		return rc;
	if (b->section)
		b->section->is_wrong = true;
	return add_problem(b, err);
}

static int doubtful_line(struct build *b)
{
	struct mhp_error err = { 0 };

	err_set(&err, -EINVAL, MHP_REASON_USAGE, "%s", b->line->wrong);
	err_hint(&err, -EINVAL, "end the last line with a newline if the file is complete");
	return add_problem(b, &err);
}

static int wrong_line(struct build *b)
{
	struct mhp_error err = { 0 };

	err_set(&err, -EINVAL, MHP_REASON_USAGE, "%s", b->line->wrong);
	if (b->line->line)
		err_hint(&err, -EINVAL,
			 "a policy has lines [memory NAME], KEY = VALUE, and # for "
			 "comments");
	return note_problem(b, -EINVAL, &err);
}

/* ---- headings ---------------------------------------------------------------------------- */

static const struct policy_section *find_section(const struct mhp_policy *policy, const char *name)
{
	for (size_t i = 0; i < policy->nr_sections; i++)
		if (strcmp(policy->sections[i].pub.name, name) == 0)
			return &policy->sections[i];
	return NULL;
}

static int unknown_heading(const char *heading, size_t len, struct mhp_error *err)
{
	struct suggest guess = { 0 };
	char shown[96];

	suggest_offer(&guess, heading, len, OURS);
	if (!guess.best)
		suggest_offer(&guess, heading, len, REPORTING);
	err_set(err, -EINVAL, MHP_REASON_USAGE, "unknown section [%s]",
		text_escape(heading, shown, sizeof(shown)));
	if (guess.best && strcmp(guess.best, REPORTING) == 0)
		return err_hint(err, -EINVAL, "did you mean [reporting]?");
	if (guess.best)
		return err_hint(err, -EINVAL, "did you mean [memory%s]?",
				heading[len] ? " NAME" : "");
	return err_hint(err, -EINVAL, "sections are [memory NAME] and [reporting]");
}

static int check_name(const struct mhp_policy *policy, const char *name, struct mhp_error *err)
{
	const struct policy_section *other;
	char shown[96];

	if (!*name || name[strspn(name, NAME_CHARS)] || strlen(name) >= MHP_SECTION_MAX) {
		err_set(err, -EINVAL, MHP_REASON_USAGE, "\"%s\" is not a valid section name",
			text_escape(name, shown, sizeof(shown)));
		return err_hint(err, -EINVAL,
				"a name has letters, digits, \"-\", \"_\" and \".\", up to 63");
	}
	other = find_section(policy, name);
	if (!other)
		return 0;
	err_set(err, -EEXIST, MHP_REASON_USAGE, "section [memory %s] already exists", name);
	return err_hint(err, -EEXIST, "it is in %s, line %u; names are unique across all files",
			other->pub.file, other->pub.line);
}

static int new_section(struct build *b, const char *name)
{
	const struct mhp_policy_file *file = &b->policy->files.files[b->line->file];
	struct policy_section *section = VEC_PUSH(b->policy->sections, b->policy->nr_sections);

	if (!section)
		return -ENOMEM;
	section->pub = (struct mhp_policy_section){
		.line = b->line->line,
		.is_daxctl = file->is_daxctl,
		.order = MHP_POLICY_ORDER,
		.mode = MHP_DAX_SYSTEM_RAM,
		.file = file->path,
	};
	str_copy(section->pub.name, name);
	b->section = section;
	return 0;
}

/* Starts a section with a valid name derived from daxctl's, which may have any characters. */
static int daxctl_heading(struct build *b, const char *name)
{
	char plain[MHP_SECTION_MAX - 8], full[MHP_SECTION_MAX];
	size_t len = strspn(name, NAME_CHARS);

	str_format(plain, "%.*s", (int)len, name);
	str_format(full, "daxctl-%s", plain);
	for (unsigned i = 2; find_section(b->policy, full) && i < 1000; i++)
		str_format(full, "daxctl-%.*s-%u", MHP_SECTION_MAX - 16, plain, i);
	return new_section(b, full);
}

/* Starts the section [reporting]; a policy has at most one. */
static int reporting_heading(struct build *b)
{
	struct mhp_policy_reporting *reporting = &b->policy->reporting;
	struct mhp_error err = { 0 };

	if (!reporting->file) {
		reporting->file = b->policy->files.files[b->line->file].path;
		reporting->line = b->line->line;
		b->is_reporting = true;
		return 0;
	}
	err_set(&err, -EEXIST, MHP_REASON_USAGE, "section [reporting] already exists");
	err_hint(&err, -EEXIST, "it is in %s, line %u", reporting->file, reporting->line);
	return add_problem(b, &err);
}

static int read_heading(struct build *b)
{
	const char *text = b->line->section ? b->line->section : "";
	size_t len = strcspn(text, " \t");
	const char *name = text + len + strspn(text + len, " \t");
	bool is_daxctl = b->policy->files.files[b->line->file].is_daxctl;
	struct mhp_error err = { 0 };
	int rc;

	b->section = NULL;
	if (is_daxctl) /* other sections are not about devices */
		return len == strlen(DAXCTLS) && strncmp(text, DAXCTLS, len) == 0
			       ? daxctl_heading(b, name)
			       : 0;
	if (strcmp(text, REPORTING) == 0)
		return reporting_heading(b);
	if (len != strlen(OURS) || strncmp(text, OURS, len) != 0)
		return note_problem(b, unknown_heading(text, len, &err), &err);
	rc = check_name(b->policy, name, &err);
	if (rc == 0)
		return new_section(b, name);
	rc = note_problem(b, rc, &err);
	if (rc == 0)
		rc = new_section(b, name); /* to check its keys too */
	if (rc == 0)
		b->section->is_wrong = true;
	return rc;
}

/* ---- keys -------------------------------------------------------------------------------- */

static int add_setting(struct build *b, const struct mhp_policy_setting *setting)
{
	struct mhp_policy_setting *added =
		VEC_PUSH(b->section->settings, b->section->pub.nr_settings);

	if (!added)
		return -ENOMEM;
	*added = *setting;
	b->section->pub.settings = b->section->settings;
	return 0;
}

static int stray_key(struct build *b)
{
	struct mhp_error err = { 0 };
	char shown[96];

	/* its section is reported already, or is a foreign one of daxctl */
	if (b->line->section || b->policy->files.files[b->line->file].is_daxctl)
		return 0;
	text_escape(b->line->key, shown, sizeof(shown));
	err_set(&err, -EINVAL, MHP_REASON_USAGE, "\"%s\" comes before any section", shown);
	err_hint(&err, -EINVAL, "begin with a line such as [memory fast]");
	return add_problem(b, &err);
}

static int fail_duplicate_key(const char *key, struct mhp_error *err)
{
	char shown[96];

	err_set(err, -EINVAL, MHP_REASON_USAGE, "\"%s\" appears twice",
		text_escape(key, shown, sizeof(shown)));
	return err_hint(err, -EINVAL,
			"a key appears once in a section; put several values to match on one "
			"line, separated by spaces");
}

static int read_key(struct build *b)
{
	struct mhp_policy_setting setting = { b->line->key, b->line->value, b->line->line };
	struct mhp_error err = { 0 };
	int rc;

	if (b->is_reporting)
		return note_problem(b,
				    policy_set_reporting(&b->policy->reporting, setting.key,
							 setting.value, &err),
				    &err);
	if (!b->section)
		return stray_key(b);
	if (policy_value(b->section, setting.key))
		return note_problem(b, fail_duplicate_key(setting.key, &err), &err);
	if (b->section->pub.is_daxctl)
		rc = policy_set_daxctl(b->section, &setting, &err);
	else
		rc = policy_set(b->section, setting.key, setting.value, &err);
	if (rc < 0)
		return note_problem(b, rc, &err);
	return setting.key ? add_setting(b, &setting) : 0;
}

static int check_section(struct build *b)
{
	struct mhp_error err = { 0 };

	if (!b->section || b->section->is_wrong)
		return 0;
	return note_problem(b, policy_check_section(b->section, &err), &err);
}

/* Orders sections of mhpctl before daxctl's, then by their key "order"; the sort is stable. */
static bool comes_before(const struct policy_section *a, const struct policy_section *b)
{
	if (a->pub.is_daxctl != b->pub.is_daxctl)
		return b->pub.is_daxctl;
	return a->pub.order < b->pub.order;
}

/* Removes unusable sections and sorts the rest. */
static void sort_sections(struct mhp_policy *policy)
{
	size_t nr = 0;

	for (size_t i = 0; i < policy->nr_sections; i++) {
		struct policy_section section = policy->sections[i];
		size_t at = nr;

		if (section.is_wrong || section.is_skipped) {
			free(section.settings);
			continue;
		}
		for (; at && comes_before(&section, &policy->sections[at - 1]); at--)
			policy->sections[at] = policy->sections[at - 1];
		policy->sections[at] = section;
		nr++;
	}
	policy->nr_sections = nr;
}

static bool is_heading(const struct policy_line *line)
{
	return !line->key && !line->wrong;
}

/* Returns the index after the section's last line: the next heading, or another file. */
static size_t section_end(const struct policy_files *files, size_t first)
{
	const struct policy_line *lines = files->lines;
	size_t end = first + 1;

	while (end < files->nr_lines && !is_heading(&lines[end]) &&
	       lines[end].file == lines[first].file)
		end++;
	return end;
}

/* Builds a section from its lines; or checks the lines before the first heading of a file. */
static int build_section(struct build *b, size_t first, size_t end)
{
	const struct policy_line *lines = b->policy->files.lines;
	int rc = 0;

	b->section = NULL;
	b->is_reporting = false;
	for (size_t i = first; i < end && rc == 0; i++) {
		b->line = &lines[i];
		if (b->line->is_doubtful)
			rc = doubtful_line(b);
		else if (b->line->wrong)
			rc = wrong_line(b);
		else
			rc = b->line->key ? read_key(b) : read_heading(b);
	}
	b->line = &lines[first]; /* the heading gets problems of the whole section */
	return rc < 0 ? rc : check_section(b);
}

int policy_build(struct mhp_policy *policy)
{
	struct build b = { .policy = policy };
	size_t end;
	int rc = 0;

	for (size_t i = 0; i < policy->files.nr_lines && rc == 0; i = end) {
		end = section_end(&policy->files, i);
		rc = build_section(&b, i, end);
	}
	if (rc == 0)
		sort_sections(policy);
	return rc;
}

/* ---- public functions ---------------------------------------------------------------------- */

MHP_EXPORT int mhp_policy_parse(const char *text, const char *name, struct mhp_policy **ret,
				struct mhp_error *err)
{
	cleanup_policy struct mhp_policy *policy = calloc(1, sizeof(*policy));
	int rc = policy ? policy_files_text(&policy->files, name, text) : -ENOMEM;

	if (rc == 0)
		rc = policy_build(policy);
	if (rc < 0)
		return err_errno(err, rc, "policy");
	*ret = TAKE_PTR(policy);
	return 0;
}

MHP_EXPORT void mhp_policy_free(struct mhp_policy *policy)
{
	if (!policy)
		return;
	for (size_t i = 0; i < policy->nr_sections; i++)
		free(policy->sections[i].settings);
	policy_files_free(&policy->files);
	free(policy->sections);
	free(policy->problems);
	free(policy->expected);
	free(policy);
}

MHP_EXPORT const struct mhp_policy_file *mhp_policy_file(const struct mhp_policy *policy,
							 size_t index)
{
	return index < policy->files.nr_files ? &policy->files.files[index] : NULL;
}

MHP_EXPORT const struct mhp_policy_section *mhp_policy_section(const struct mhp_policy *policy,
							       size_t index)
{
	return index < policy->nr_sections ? &policy->sections[index].pub : NULL;
}

MHP_EXPORT const struct mhp_policy_problem *mhp_policy_problem(const struct mhp_policy *policy,
							       size_t index)
{
	return index < policy->nr_problems ? &policy->problems[index] : NULL;
}

MHP_EXPORT int mhp_policy_check(const struct mhp_policy *policy, struct mhp_error *err)
{
	const struct mhp_policy_problem *first = NULL;
	char where[32] = "", more[256] = "";
	bool is_one_file = true;
	size_t nr = 0;

	for (size_t i = 0; i < policy->nr_problems; i++) {
		if (policy->problems[i].is_warning)
			continue;
		first = first ? first : &policy->problems[i];
		is_one_file = is_one_file && strcmp(policy->problems[i].file, first->file) == 0;
		nr++;
	}
	if (!first)
		return 0;
	if (first->line)
		str_format(where, ":%u", first->line);
	if (nr > 1)
		str_format(more, " (and %zu more: mhpctl policy check%s%s)", nr - 1,
			   is_one_file ? " " : "", is_one_file ? first->file : "");
	err_set(err, -EINVAL, MHP_REASON_USAGE, "%s%s: %s%s", first->file, where,
		first->error.message, more);
	return err_hint(err, -EINVAL, "%s", first->error.hint);
}

MHP_EXPORT int mhp_policy_expect(struct mhp_policy *policy, const char *section, enum mhp_verb verb,
				 uint64_t fingerprint, struct mhp_error *err)
{
	struct policy_expected *expected;

	policy->is_expected = true;
	if (!section)
		return 0;
	if (!find_section(policy, section))
		return err_set(err, -ENOENT, MHP_REASON_USAGE, "there is no section [memory %s]",
			       section);
	expected = VEC_PUSH(policy->expected, policy->nr_expected);
	if (!expected)
		return err_errno(err, -ENOMEM, "policy");
	str_copy(expected->section, section);
	expected->verb = verb;
	expected->fingerprint = fingerprint;
	return 0;
}

MHP_EXPORT const char *mhp_policy_file_state_name(enum mhp_policy_file_state state)
{
	static const char *const names[] = { "read", "overridden", "masked" };

	return (unsigned)state < ARRAY_SIZE(names) ? names[state] : "unknown";
}

MHP_EXPORT const char *mhp_on_failure_name(enum mhp_on_failure on_failure)
{
	static const char *const names[] = { "continue", "stop", "rollback" };

	return (unsigned)on_failure < ARRAY_SIZE(names) ? names[on_failure] : "unknown";
}

MHP_EXPORT const struct mhp_policy_setting *mhp_policy_section_setting(
	const struct mhp_policy_section *section, size_t index)
{
	return item_get(struct mhp_policy_setting, section->settings, section->nr_settings, index);
}

MHP_EXPORT const char *mhp_policy_job_target(const struct mhp_policy_job *job, size_t index)
{
	return index < job->nr_targets ? ((const char *const *)job->targets)[index] : NULL;
}
