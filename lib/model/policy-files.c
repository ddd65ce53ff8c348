/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/model/policy-files.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/base/vec.h"
#include "lib/sys/confdirs.h"
#include "lib/sys/conffiles.h"
#include "lib/sys/ini.h"
#include "lib/sys/userfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WRONG_MAX    32 /* invalid lines of a file; PROBLEMS_MAX of them are reported */
#define LINES_MAX    10000
#define SECTIONS_MAX 2000 /* each is compared with all before it */

void policy_files_free(struct policy_files *files)
{
	for (size_t i = 0; i < files->nr_lines; i++) {
		free(files->lines[i].section);
		free(files->lines[i].key);
		free(files->lines[i].value);
		free(files->lines[i].wrong);
	}
	free(files->lines);
	free(files->files);
	*files = (struct policy_files){ 0 };
}

static struct mhp_policy_file *add_file(struct policy_files *files, const char *path)
{
	struct mhp_policy_file *file = VEC_PUSH(files->files, files->nr_files);

	if (!file)
		return NULL;
	files->nr_wrong = files->nr_keys = files->nr_headings = 0;
	file->state = MHP_POLICY_FILE_READ;
	str_copy(file->path, path);
	return file;
}

/* ---- lines of a file ----------------------------------------------------------------------- */

static int copy_text(char **to, const char *text)
{
	if (!text || !*text)
		return 0;
	*to = strdup(text);
	return *to ? 0 : -ENOMEM;
}

/* Adds a line. A key without a value has the value "". */
static int add_line(void *data, const struct ini_item *item)
{
	struct policy_files *files = data;
	struct policy_line *line;
	int rc;

	if (item->wrong && files->nr_wrong++ >= WRONG_MAX)
		return -E2BIG; /* the file is not a policy */
	if (item->key && files->nr_keys++ >= LINES_MAX)
		return -E2BIG;
	if (!item->key && !item->wrong && files->nr_headings++ >= SECTIONS_MAX)
		return -E2BIG;
	rc = VEC_GROW(files->lines, files->nr_lines, files->space);
	if (rc < 0)
		return rc;
	line = &files->lines[files->nr_lines++];
	*line = (struct policy_line){ .file = files->nr_files - 1, .line = item->line };
	rc = copy_text(&line->section, item->section);
	if (rc == 0)
		rc = copy_text(&line->wrong, item->wrong);
	if (rc == 0)
		rc = copy_text(&line->key, item->key);
	if (rc < 0 || !line->key)
		return rc;
	line->value = strdup(item->value);
	return line->value ? 0 : -ENOMEM;
}

static int add_wrong(struct policy_files *files, const char *wrong)
{
	const struct ini_item item = { .wrong = wrong, .section = "" };

	return add_line(files, &item);
}

static int read_lines(struct policy_files *files, const char *text)
{
	int rc = ini_read(text, add_line, files);

	if (rc == -E2BIG && files->nr_wrong <= WRONG_MAX)
		return add_wrong(files, "the file has too many lines for a policy");
	return rc == -E2BIG ? 0 : rc;
}

/*
 * Adds a doubt: a file that lost its end may still be valid, such as "first = 1" of "first = 16G".
 */
static int add_doubt(struct policy_files *files, const char *text)
{
	const size_t len = strlen(text);
	unsigned line = 1;
	int rc;

	if (!len || text[len - 1] == '\n')
		return 0;
	for (const char *at = text; (at = strchr(at, '\n')); at++)
		line++;
	rc = add_wrong(files, "the last line has no newline: the file may be incomplete");
	if (rc == 0) {
		files->lines[files->nr_lines - 1].line = line;
		files->lines[files->nr_lines - 1].is_doubtful = true;
	}
	return rc;
}

int policy_files_text(struct policy_files *files, const char *name, const char *text)
{
	if (!add_file(files, name))
		return -ENOMEM;
	return read_lines(files, text);
}

/* ---- files --------------------------------------------------------------------------------- */

struct adding {
	struct policy_files *files;
	bool is_daxctl;
};

static int add_conffile(void *data, const struct conffile *conffile)
{
	const struct adding *adding = data;
	struct mhp_policy_file *file = add_file(adding->files, conffile->path);
	int rc;

	if (!file)
		return -ENOMEM;
	file->is_daxctl = adding->is_daxctl && !conffile->is_directory;
	if (conffile->by) {
		file->state = MHP_POLICY_FILE_OVERRIDDEN;
		str_copy(file->overridden_by, conffile->by);
		return 0;
	}
	if (conffile->is_masked) {
		file->state = MHP_POLICY_FILE_MASKED;
		return 0;
	}
	if (conffile->wrong)
		return add_wrong(adding->files, conffile->wrong);
	rc = read_lines(adding->files, conffile->text);
	return rc < 0 || file->is_daxctl ? rc : add_doubt(adding->files, conffile->text);
}

static int add_daxctl_all(struct policy_files *files, const struct root *sys)
{
	static const char *const folders[] = { CONF_DAXCTL_DIR, NULL };
	struct adding adding = { .files = files, .is_daxctl = true };

	return conffiles_each(sys, folders, CONF_DAXCTL, add_conffile, &adding);
}

int policy_files_installed(struct mhp_ctx *ctx, struct policy_files *files)
{
	struct adding adding = { .files = files };
	int rc = conffiles_each(&ctx->sys, confdirs_policy, NULL, add_conffile, &adding);

	return rc < 0 ? rc : add_daxctl_all(files, &ctx->sys);
}

int policy_files_add(struct mhp_ctx *ctx, struct policy_files *files, const char *path,
		     struct mhp_error *err)
{
	char shown[MHP_PATH_MAX];
	struct adding adding = { .files = files };
	int rc = userfile_conf(ctx, path, add_conffile, &adding);

	text_escape(path, shown, sizeof(shown));
	if (rc == 0 || rc == -ENOMEM)
		return rc < 0 ? err_errno(err, rc, "policy") : 0;
	if (rc == -ETIMEDOUT)
		return userfile_late(shown, err);
	err_errno(err, rc, "policy %s", shown);
	if (root_is_lack(rc) || rc == -ECANCELED)
		return rc;
	if (err && rc != -EACCES)
		err->reason = MHP_REASON_USAGE;
	return err_hint(err, rc,
			rc == -EACCES ? "this user may not read it"
				      : "POLICY is a file, or a directory with *.conf files");
}

int policy_files_daxctl(struct mhp_ctx *ctx, struct policy_files *files, const char *path,
			struct mhp_error *err)
{
	int rc;

	if (!path) {
		rc = add_daxctl_all(files, &ctx->sys);
		return rc < 0 ? err_errno(err, rc, "policy") : 0;
	}
	rc = policy_files_add(ctx, files, path, err);
	for (size_t i = 0; i < files->nr_files; i++)
		files->files[i].is_daxctl = true;
	return rc;
}
