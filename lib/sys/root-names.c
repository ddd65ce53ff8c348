/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names below a root: those that links and directories have. */
#include "lib/base/parse.h"
#include "lib/sys/root.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

int root_link_name(const struct root *sys, const char *path, char *buf, size_t size)
{
	char target[PATH_MAX];
	const char *name;
	int rc = root_link(sys, path, target, sizeof(target));

	if (rc < 0)
		return rc;
	name = strrchr(target, '/');
	name = name ? name + 1 : target;
	if (strlen(name) >= size)
		return -EOVERFLOW;
	strcpy(buf, name);
	return 0;
}

/* Ends the walk at the name, or (NULL) at any. */
static int stop_at(const struct root *sys, const char *name, void *data)
{
	(void)sys;
	return !data || strcmp(name, data) == 0 ? -EEXIST : 0;
}

int root_is_listed(const struct root *sys, const char *directory, const char *name)
{
	int rc = root_each(sys, directory, stop_at, (void *)name);

	return rc == -EEXIST ? 1 : rc == -ENOENT ? 0 : rc;
}

bool root_is_empty(const struct root *sys, const char *directory)
{
	return root_each(sys, directory, stop_at, NULL) == 0;
}

int root_name_id(const char *name, const char *prefix, uint64_t *id)
{
	size_t len = strlen(prefix);

	if (strncmp(name, prefix, len) != 0)
		return -EINVAL;
	if (name[len] == '0' && name[len + 1]) /* no leading zero */
		return -EINVAL;
	return parse_u64(name + len, 10, id);
}
