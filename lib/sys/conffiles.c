/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/conffiles.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/parse.h"
#include "lib/base/vec.h"
#include "lib/libmhp.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX (1U << 20)

/* ---- a file ------------------------------------------------------------------------------ */

/* Reads the text of a file. If it is not valid text, sets *wrong and leaves *text NULL. */
static int read_text(int fd, char **text, const char **wrong)
{
	cleanup_free char *read = NULL;
	size_t len = 0;
	int rc = file_read_all(fd, FILE_MAX, &read, &len);

	if (rc == -EFBIG)
		*wrong = "the file is too large";
	else if (rc == 0 && memchr(read, '\0', len))
		*wrong = "this is not text: it contains a NUL byte";
	if (*wrong)
		return 0;
	if (rc == 0)
		*text = TAKE_PTR(read);
	return rc;
}

/*
 * Reads a file, or sets *wrong to the reason why it cannot be used. why is a buffer for that text.
 */
static int read_file(const struct root *sys, const char *path, char **text, char *why, size_t size,
		     const char **wrong)
{
	cleanup_close int fd = root_open(sys, path, 0);
	const char *distrust;
	int rc;

	if (fd < 0 && (errno == EINVAL || errno == EISDIR)) {
		*wrong = "this is not a file";
		return 0;
	}
	if (fd < 0 && root_is_lack(-errno))
		return -errno;
	if (fd < 0) {
		*wrong = strerror_r(errno, why, size);
		return 0;
	}
	distrust = sys->is_copy ? NULL : file_distrust(fd);
	if (distrust) {
		snprintf(why, size, "%s; to fix it, run chown root and chmod go-w", distrust);
		*wrong = why;
		return 0;
	}
	rc = read_text(fd, text, wrong);
	if (rc == -ENOMEM || rc == 0)
		return rc;
	*wrong = strerror_r(-rc, why, size);
	return 0;
}

static int report_file(const struct root *sys, const char *path, const char *shown, conffile_fn fn,
		       void *data)
{
	struct conffile file = { .path = shown, .is_masked = root_is_null(sys, path) };
	cleanup_free char *text = NULL;
	char why[128];
	int rc = 0;

	if (!file.is_masked)
		rc = read_file(sys, path, &text, why, sizeof(why), &file.wrong);
	if (rc < 0)
		return rc;
	if (text && !*text)
		file.is_masked = true;
	else
		file.text = text;
	return fn(data, &file);
}

static int report_wrong_directory(const char *path, const char *wrong, conffile_fn fn, void *data)
{
	return fn(data, &(struct conffile){ .path = path, .wrong = wrong, .is_directory = true });
}

/*
 * Returns why a directory cannot be trusted, or NULL: anyone who can add files to it can write a
 * policy.
 */
static const char *distrust_folder(const struct root *sys, const char *path)
{
	cleanup_close int fd = -1;

	if (sys->is_copy)
		return NULL;
	fd = root_open(sys, path, O_DIRECTORY);
	return fd < 0 ? "it cannot be opened" : file_distrust(fd);
}

/* ---- directories ------------------------------------------------------------------------- */

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
	char(*added)[NAME_MAX + 1];

	(void)sys;
	if (!dot || strcmp(dot, ".conf") != 0)
		return 0;
	for (size_t i = 0; i < names->nr; i++)
		if (strcmp(names->names[i], name) == 0)
			return 0;
	added = VEC_PUSH(names->names, names->nr);
	if (!added)
		return -ENOMEM;
	str_copy(*added, name);
	return 0;
}

static int compare_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void sort_names(struct names *names)
{
	if (names->nr)
		qsort(names->names, names->nr, sizeof(*names->names), compare_text);
}

/*
 * Reports the file of that name in the directory of highest priority, then the files that it hides.
 */
static int report_layers(const struct root *sys, const char *const *folders, const char *name,
			 conffile_fn fn, void *data)
{
	char winner[MHP_PATH_MAX] = "";
	int rc = 0;

	for (size_t i = 0; folders[i] && rc == 0; i++) {
		ROOT_PATH(path, "%s/%s", folders[i], name);
		ROOT_PATH(shown, "/%s/%s", folders[i], name);
		rc = root_has_name(sys, path);
		if (rc == 0)
			continue;
		if (root_is_lack(rc))
			return rc;
		if (*winner) {
			rc = fn(data, &(struct conffile){ .path = shown, .by = winner });
			continue;
		}
		str_copy(winner, shown); /* a file that cannot be read is reported too */
		rc = report_file(sys, path, shown, fn, data);
	}
	return rc;
}

/*
 * Adds the names in a directory. A directory that exists but cannot be read is reported as wrong.
 */
static int add_names(const struct root *sys, const char *folder, struct names *names,
		     conffile_fn fn, void *data)
{
	int rc = root_each(sys, folder, add_name, names);
	const char *wrong = rc == 0 ? distrust_folder(sys, folder) : "the directory cannot be read";

	ROOT_PATH(shown, "/%s", folder);
	if (root_is_lack(rc) || rc == -ENOENT || !wrong)
		return rc == -ENOENT ? 0 : rc;
	return report_wrong_directory(shown, wrong, fn, data);
}

static int report_first(const struct root *sys, const char *path, conffile_fn fn, void *data)
{
	int rc = root_has_name(sys, path);

	ROOT_PATH(shown, "/%s", path);
	if (rc == 0 || root_is_lack(rc))
		return rc;
	return report_file(sys, path, shown, fn, data);
}

int conffiles_each(const struct root *sys, const char *const *folders, const char *first,
		   conffile_fn fn, void *data)
{
	cleanup_names struct names names = { 0 };
	int rc = 0;

	for (size_t i = 0; folders[i] && rc == 0; i++)
		rc = add_names(sys, folders[i], &names, fn, data);
	if (rc == 0 && first)
		rc = report_first(sys, first, fn, data);
	sort_names(&names);
	for (size_t i = 0; i < names.nr && rc == 0; i++)
		rc = report_layers(sys, folders, names.names[i], fn, data);
	return rc;
}

/* ---- paths of the user ------------------------------------------------------------------- */

static int report_directory(const char *path, conffile_fn fn, void *data)
{
	const struct root here = { .root_fd = AT_FDCWD };
	const char *wrong = distrust_folder(&here, path);
	cleanup_names struct names names = { 0 };
	char file[PATH_MAX];
	int rc = root_each(&here, path, add_name, &names);

	if (wrong && rc == 0)
		return report_wrong_directory(path, wrong, fn, data);
	sort_names(&names);
	for (size_t i = 0; i < names.nr && rc == 0; i++) {
		str_format(file, "%s/%s", path, names.names[i]);
		rc = report_file(&here, file, file, fn, data);
	}
	return rc;
}

/*
 * Reports one file, after a check of its directory: anyone who can replace the file can write a
 * policy.
 */
static int report_single(const char *path, conffile_fn fn, void *data)
{
	const struct root here = { .root_fd = AT_FDCWD };
	char shown[MHP_PATH_MAX], why[128];
	const char *wrong = NULL;
	int rc = file_distrust_above(path, &wrong);

	if (rc < 0)
		return rc;
	text_escape(path, shown, sizeof(shown));
	if (!wrong)
		return report_file(&here, path, shown, fn, data);
	str_format(why, "its directory: %s; to fix it, run chown root and chmod go-w", wrong);
	return fn(data, &(struct conffile){ .path = shown, .wrong = why });
}

int conffiles_path(const char *path, conffile_fn fn, void *data)
{
	int rc = file_is_directory(path);

	if (rc < 0)
		return rc;
	return rc ? report_directory(path, fn, data) : report_single(path, fn, data);
}
