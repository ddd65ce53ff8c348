/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parts of the kernel that open a device without claiming it: servers, and a file system on dax. */
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/sys/users/search.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define NVMET "sys/kernel/config/nvmet/subsystems"
#define LIO   "sys/kernel/config/target/core"

enum use {
	SERVES,
	LIES_ON
};

static const char *const verbs[] = { [SERVES] = "serves", [LIES_ON] = "is mounted on" };

/*
 * Checks a path that another program configured: it may name the device, something else, or
 * nothing.
 */
static void check_path(struct search *s, const char *who, enum use use, const char *path)
{
	char shown[160];
	struct statx st;
	int rc = *path == '/' ? search_stat(s, path + 1, STATX_TYPE, &st) : -ENOENT;

	if (rc < 0)
		search_hide(s, NULL, "%s %s %s, which cannot be read", who, verbs[use],
			    text_escape(path, shown, sizeof(shown)));
	else if (search_is_it(s, &st))
		search_found(s, who, use == SERVES ? "serves it" : "is mounted on it");
}

/* ---- configfs ---------------------------------------------------------------------------- */

struct config {
	struct search *s;
	const char *above; /* a subsystem, or a type of backing store with its number */
};

/* Returns whether the object of a configfs directory is enabled. One that cannot be read may be. */
static bool is_enabled(struct search *s, const char *folder)
{
	int enabled, rc;

	ROOT_PATH(path, "%s/enable", folder);
	rc = root_read_int(&s->ctx->sys, path, &enabled);
	if (rc < 0 && rc != -ENOENT)
		search_hide(s, NULL, "/%s cannot be read: %s", path, strerror(-rc));
	return rc == 0 && enabled;
}

static int check_nvmet_namespace(const struct root *sys, const char *name, void *data)
{
	const struct config *c = data;
	char device[ROOT_PATH_MAX], who[128];
	int rc;

	ROOT_PATH(folder, NVMET "/%s/namespaces/%s", c->above, name);
	if (!is_enabled(c->s, folder))
		return 0;
	ROOT_PATH(path, NVMET "/%s/namespaces/%s/device_path", c->above, name);
	rc = root_read(sys, path, device, sizeof(device));
	str_format(who, "nvmet (%.64s, namespace %.16s)", c->above, name);
	if (rc < 0)
		search_hide(c->s, NULL, "/%s cannot be read: %s", path, strerror(-rc));
	else
		check_path(c->s, who, SERVES, device);
	return 0;
}

static int check_nvmet_subsystem(const struct root *sys, const char *name, void *data)
{
	struct config c = { data, name };
	int rc;

	ROOT_PATH(folder, NVMET "/%s/namespaces", name);
	rc = root_each(sys, folder, check_nvmet_namespace, &c);
	if (rc < 0 && rc != -ENOENT)
		search_hide(data, NULL, "/%s cannot be listed: %s", folder, strerror(-rc));
	return 0;
}

/* Reads the path of a file backing store: "TCM FILEIO ID: 0        File: /dev/pmem0  Size: ..." */
static void read_file_path(const struct root *sys, const char *folder, char *device, size_t size)
{
	char text[2048];
	const char *file;

	ROOT_PATH(info, "%s/info", folder);
	device[0] = '\0';
	if (root_read_text(sys, info, text, sizeof(text)) < 0)
		return;
	file = strstr(text, "File: ");
	if (!file)
		return;
	file += strlen("File: ");
	snprintf(device, size, "%.*s", (int)strcspn(file, " \t\n"), file);
}

static int check_lio_store(const struct root *sys, const char *name, void *data)
{
	const struct config *c = data;
	char device[ROOT_PATH_MAX], who[128];

	ROOT_PATH(folder, LIO "/%s/%s", c->above, name);
	if (!is_enabled(c->s, folder))
		return 0;
	ROOT_PATH(path, LIO "/%s/%s/udev_path", c->above, name);
	if (strncmp(c->above, "fileio_", 7) == 0)
		read_file_path(sys, folder, device, sizeof(device));
	else if (root_read(sys, path, device, sizeof(device)) < 0)
		device[0] = '\0';
	str_format(who, "LIO (%.32s/%.64s)", c->above, name);
	check_path(c->s, who, SERVES, device);
	return 0;
}

static int check_lio_hba(const struct root *sys, const char *name, void *data)
{
	struct config c = { data, name };
	int rc;

	if (strncmp(name, "iblock_", 7) != 0 && strncmp(name, "fileio_", 7) != 0)
		return 0;
	ROOT_PATH(folder, LIO "/%s", name);
	rc = root_each(sys, folder, check_lio_store, &c);
	if (rc < 0 && rc != -ENOENT && rc != -ENOTDIR)
		search_hide(data, NULL, "/%s cannot be listed: %s", folder, strerror(-rc));
	return 0;
}

/*
 * Checks each entry of a configfs directory. Without the directory nothing is configured, unless
 * the module is loaded and configfs is not mounted.
 */
static void check_configfs(struct search *s, const char *folder, const char *module,
			   int (*fn)(const struct root *sys, const char *name, void *data))
{
	int rc = root_each(&s->ctx->sys, folder, fn, s);

	ROOT_PATH(loaded, "sys/module/%s", module);
	if (rc == -ENOENT && root_exists(&s->ctx->sys, loaded))
		search_hide(s, "mount -t configfs configfs /sys/kernel/config",
			    "the targets of module %s are not visible without configfs", module);
	else if (rc < 0 && rc != -ENOENT)
		search_hide(s, NULL, "/%s cannot be listed: %s", folder, strerror(-rc));
}

void search_servers(struct search *s)
{
	check_configfs(s, NVMET, "nvmet", check_nvmet_subsystem);
	check_configfs(s, LIO, "target_core_mod", check_lio_hba);
}

/* ---- file systems on a dax device -------------------------------------------------------- */

/* Parses "36 25 0:31 / /mnt rw - famfs /dev/dax0.0 rw". */
static void check_famfs_mount(struct search *s, const char *line)
{
	const char *at = strstr(line, " - famfs ");
	char source[ROOT_PATH_MAX];

	if (at && sscanf(at, " - famfs %319s", source) == 1)
		check_path(s, "famfs", LIES_ON, source);
}

void search_dax_mounts(struct search *s, const char *name, const char *driver)
{
	cleanup_fclose FILE *file = root_fopen(&s->ctx->sys, "proc/self/mountinfo");
	cleanup_free char *line = NULL;
	size_t size = 0;

	while (file && root_getline(&s->ctx->sys, &line, &size, file) > 0)
		check_famfs_mount(s, line);
	if (!file || !feof(file))
		search_hide(s, NULL, "the mounts cannot be listed");
	if (*driver && strcmp(driver, "device_dax") != 0 && strcmp(driver, "kmem") != 0)
		search_hide(s, "unmount its file systems, and bind it to device_dax",
			    "%s is bound to %s, which gives it to file systems but does not "
			    "show them",
			    name, driver);
}
