/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/model/policy-files.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/parse.h"
#include "lib/sys/confdirs.h"
#include "lib/sys/ini.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define WRONG_MAX    32 /* lines of a file that are none; fewer are told (lib/plan/policy.c) */
#define LINES_MAX    10000
#define SECTIONS_MAX 2000 /* each is compared with those before it */
#define FILE_MAX     (1U << 20)

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
	struct mhp_policy_file *grown =
		reallocarray(files->files, files->nr_files + 1, sizeof(*grown));

	if (!grown)
		return NULL;
	files->files = grown;
	grown += files->nr_files++;
	files->nr_wrong = files->nr_keys = files->nr_headings = 0;
	*grown = (struct mhp_policy_file){ .state = MHP_POLICY_FILE_READ };
	str_copy(grown->path, path);
	return grown;
}

/* ---- what stands in a file ---------------------------------------------------------------- */

static int copy_text(char **to, const char *text)
{
	if (!text || !*text)
		return 0;
	*to = strdup(text);
	return *to ? 0 : -ENOMEM;
}

/* A key without a value has the value "", so that it is not taken for a heading. */
static int add_line(void *data, const struct ini_item *item)
{
	struct policy_files *files = data;
	struct policy_line *line;
	int rc;

	if (item->wrong && files->nr_wrong++ >= WRONG_MAX)
		return -E2BIG; /* it is something else than a policy: enough was seen */
	if (item->key && files->nr_keys++ >= LINES_MAX)
		return -E2BIG;
	if (!item->key && !item->wrong && files->nr_headings++ >= SECTIONS_MAX)
		return -E2BIG;
	if ((files->nr_lines & (files->nr_lines - 1)) == 0) { /* room doubles at each power of 2 */
		size_t room = files->nr_lines ? 2 * files->nr_lines : 1;

		line = reallocarray(files->lines, room, sizeof(*line));
		if (!line)
			return -ENOMEM;
		files->lines = line;
	}
	line = files->lines;
	line += files->nr_lines++;
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

int policy_files_text(struct policy_files *files, const char *name, const char *text)
{
	if (!add_file(files, name))
		return -ENOMEM;
	return read_lines(files, text);
}

/* *wrong tells what is wrong with the text, and then there is none. */
static int read_text(int fd, char **text, const char **wrong)
{
	cleanup_free char *read = NULL;
	size_t len = 0;
	int rc = file_read_all(fd, FILE_MAX, &read, &len);

	if (rc == -EFBIG)
		*wrong = "the file is too large";
	else if (rc == 0 && memchr(read, '\0', len))
		*wrong = "this is no text: it holds a NUL";
	if (*wrong)
		return 0;
	if (rc == 0)
		*text = TAKE_PTR(read);
	return rc;
}

/* Read the file that was added last. Root obeys nothing that others may change. */
static int read_file(struct policy_files *files, const struct root *sys, const char *path)
{
	cleanup_close int fd = -1;
	cleanup_free char *text = NULL;
	const char *wrong = NULL;
	char why[128];
	int rc;

	if (root_is_null(sys, path)) {
		files->files[files->nr_files - 1].state = MHP_POLICY_FILE_MASKED;
		return 0;
	}
	fd = root_open(sys, path, 0);
	if (fd < 0 && (errno == EINVAL || errno == EISDIR))
		return add_wrong(files, "this is not a file");
	if (fd < 0)
		return root_is_lack(-errno) ? -errno
					    : add_wrong(files, strerror_r(errno, why, sizeof(why)));
	wrong = sys->is_copy ? NULL : file_distrust(fd);
	if (wrong) {
		str_format(why, "%s; to fix it, run chown root and chmod go-w", wrong);
		return add_wrong(files, why);
	}
	rc = read_text(fd, &text, &wrong);
	if (rc == -ENOMEM)
		return rc;
	if (rc < 0)
		return add_wrong(files, strerror_r(-rc, why, sizeof(why)));
	if (!wrong && !*text)
		files->files[files->nr_files - 1].state = MHP_POLICY_FILE_MASKED;
	return wrong ? add_wrong(files, wrong) : read_lines(files, text);
}

/* Whoever may put files into a folder may write a policy. */
static const char *distrust_folder(const struct root *sys, const char *path)
{
	cleanup_close int fd = -1;

	if (sys->is_copy)
		return NULL;
	fd = root_open(sys, path, O_DIRECTORY);
	return fd < 0 ? "it cannot be opened" : file_distrust(fd);
}

static int add_wrong_folder(struct policy_files *files, const char *wrong)
{
	char why[128];

	str_format(why, "its directory: %s; to fix it, run chown root and chmod go-w", wrong);
	return add_wrong(files, why);
}

/* ---- folders ------------------------------------------------------------------------------ */

struct names {
	char (*names)[NAME_MAX + 1];
	size_t nr;
};

static void names_free(struct names *names)
{
	free(names->names);
}

#define cleanup_names __attribute__((cleanup(names_free)))

static int add_name(const struct root *sys, const char *name, void *data)
{
	struct names *names = data;
	const char *dot = strrchr(name, '.');
	char(*grown)[NAME_MAX + 1];

	(void)sys;
	if (!dot || strcmp(dot, ".conf") != 0)
		return 0;
	for (size_t i = 0; i < names->nr; i++)
		if (strcmp(names->names[i], name) == 0)
			return 0;
	grown = reallocarray(names->names, names->nr + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	names->names = grown;
	str_copy(grown[names->nr++], name);
	return 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void sort_names(struct names *names)
{
	if (names->nr)
		qsort(names->names, names->nr, sizeof(*names->names), by_text);
}

/* The file of that name in the highest folder is read, the others are hidden by it. */
static int add_installed(struct policy_files *files, const struct root *sys, const char *name)
{
	struct mhp_policy_file *file;
	char winner[MHP_PATH_MAX] = "";
	int rc = 0;

	for (size_t i = 0; confdirs_policy[i] && rc == 0; i++) {
		ROOT_PATH(path, "%s/%s", confdirs_policy[i], name);
		ROOT_PATH(shown, "/%s/%s", confdirs_policy[i], name);
		rc = root_has_name(sys, path);
		if (rc == 0)
			continue;
		if (root_is_lack(rc))
			return rc;
		file = add_file(files, shown);
		if (!file)
			return -ENOMEM;
		if (*winner) {
			file->state = MHP_POLICY_FILE_OVERRIDDEN;
			str_copy(file->by, winner);
			rc = 0;
			continue;
		}
		str_copy(winner, shown); /* one that cannot be looked at is told of */
		rc = read_file(files, sys, path);
	}
	return rc;
}

static int add_daxctl(struct policy_files *files, const struct root *sys, const char *path)
{
	struct mhp_policy_file *file;

	ROOT_PATH(shown, "/%s", path);
	file = add_file(files, shown);
	if (!file)
		return -ENOMEM;
	file->is_daxctl = true;
	return read_file(files, sys, path);
}

/* A folder that is there and cannot be read is not one without files. */
static int add_names(struct policy_files *files, const struct root *sys, const char *folder,
		     struct names *names)
{
	int rc = root_each(sys, folder, add_name, names);
	const char *wrong = rc == 0 ? distrust_folder(sys, folder) : "the directory cannot be read";

	ROOT_PATH(shown, "/%s", folder);
	if (root_is_lack(rc) || rc == -ENOENT || !wrong)
		return rc == -ENOENT ? 0 : rc;
	return add_file(files, shown) ? add_wrong(files, wrong) : -ENOMEM;
}

static int add_daxctl_all(struct policy_files *files, const struct root *sys)
{
	cleanup_names struct names names = { 0 };
	int rc = add_names(files, sys, CONF_DAXCTL_DIR, &names);

	if (rc < 0)
		return rc;
	rc = root_has_name(sys, CONF_DAXCTL);
	if (root_is_lack(rc))
		return rc;
	if (rc != 0)
		rc = add_daxctl(files, sys, CONF_DAXCTL);
	sort_names(&names);
	for (size_t i = 0; i < names.nr && rc == 0; i++) {
		ROOT_PATH(path, CONF_DAXCTL_DIR "/%s", names.names[i]);
		rc = add_daxctl(files, sys, path);
	}
	return rc;
}

int policy_files_installed(struct mhp_ctx *ctx, struct policy_files *files)
{
	cleanup_names struct names names = { 0 };
	int rc = 0;

	for (size_t i = 0; confdirs_policy[i] && rc == 0; i++)
		rc = add_names(files, &ctx->sys, confdirs_policy[i], &names);
	sort_names(&names);
	for (size_t i = 0; i < names.nr && rc == 0; i++)
		rc = add_installed(files, &ctx->sys, names.names[i]);
	return rc < 0 ? rc : add_daxctl_all(files, &ctx->sys);
}

static int add_folder(struct policy_files *files, const char *path)
{
	const struct root here = { .root_fd = AT_FDCWD };
	const char *wrong = distrust_folder(&here, path);
	cleanup_names struct names names = { 0 };
	char file[PATH_MAX];
	int rc = root_each(&here, path, add_name, &names);

	if (wrong && rc == 0)
		return add_file(files, path) ? add_wrong(files, wrong) : -ENOMEM;

	sort_names(&names);
	for (size_t i = 0; i < names.nr && rc == 0; i++) {
		str_format(file, "%s/%s", path, names.names[i]);
		rc = add_file(files, file) ? read_file(files, &here, file) : -ENOMEM;
	}
	return rc;
}

/* Whoever may replace the file may write what is obeyed. */
static int add_alone(struct policy_files *files, const char *path, const char *shown)
{
	const struct root here = { .root_fd = AT_FDCWD };
	const char *wrong = NULL;
	int rc = file_distrust_above(path, &wrong);

	if (rc == 0 && !add_file(files, shown))
		rc = -ENOMEM;
	if (rc < 0)
		return rc;
	return wrong ? add_wrong_folder(files, wrong) : read_file(files, &here, path);
}

int policy_files_add(struct policy_files *files, const char *path, struct mhp_error *err)
{
	char shown[MHP_PATH_MAX];
	int rc = file_is_folder(path);

	text_escape(path, shown, sizeof(shown));
	if (rc > 0)
		rc = add_folder(files, path);
	else if (rc == 0)
		rc = add_alone(files, path, shown);
	if (rc == 0 || rc == -ENOMEM)
		return rc < 0 ? err_errno(err, rc, "policy") : 0;
	err_errno(err, rc, "policy %s", shown);
	if (root_is_lack(rc))
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
	rc = policy_files_add(files, path, err);
	for (size_t i = 0; i < files->nr_files; i++)
		files->files[i].is_daxctl = true;
	return rc;
}
