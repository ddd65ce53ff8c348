/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/unbound.h"
#include "lib/base/cleanup.h"
#include "lib/sys/kernel.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool words_has(const char *words, const char *word)
{
	const size_t len = strlen(word);

	for (words = words ? words + strspn(words, " ") : ""; *words; words += strspn(words, " ")) {
		size_t its = strcspn(words, " ");

		if (its == len && strncmp(words, word, len) == 0)
			return true;
		words += its;
	}
	return false;
}

int words_add(char **words, const char *word)
{
	const char *before = *words ? *words : "";
	char *joined;

	if (*words && (!*word || words_has(*words, word)))
		return 0;
	if (asprintf(&joined, "%s%s%s", before, *before ? " " : "", word) < 0)
		return -ENOMEM;
	free(*words);
	*words = joined;
	return 0;
}

struct unbound_walk {
	const char *bus;
	char **words;
};

static int add_if_unbound(const struct root *sys, const char *name, void *data)
{
	const struct unbound_walk *walk = data;
	int rc;

	ROOT_PATH(driver, KERNEL_BUSES "/%s/devices/%s/driver", walk->bus, name);
	rc = root_exists(sys, driver);
	if (rc < 0)
		return rc;
	return rc ? 0 : words_add(walk->words, name);
}

int unbound_list(const struct root *sys, const char *bus, char **words)
{
	cleanup_free char *found = NULL;
	struct unbound_walk walk = { bus, &found };
	int rc = words_add(&found, "");

	ROOT_PATH(folder, KERNEL_BUSES "/%s/devices", bus);
	*words = NULL;
	if (rc == 0)
		rc = root_each(sys, folder, add_if_unbound, &walk);
	if (rc < 0)
		return rc;
	*words = TAKE_PTR(found);
	return 0;
}

bool unbound_is_in(const struct root *sys, const char *bus, const char *device, const char *regions)
{
	char target[PATH_MAX], *rest = target, *part;

	if (!regions || !*regions)
		return false;
	ROOT_PATH(path, KERNEL_BUSES "/%s/devices/%s", bus, device);
	if (root_link(sys, path, target, sizeof(target)) < 0)
		return true;
	while ((part = strsep(&rest, "/")))
		if (*part && words_has(regions, part))
			return true;
	return false;
}
