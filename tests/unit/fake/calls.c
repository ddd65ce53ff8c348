/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/fake/calls.h"
#include "lib/base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool take_line(struct call *call, char *line)
{
	char *end = strrchr(line, '=');

	line[strcspn(line, "\n")] = '\0';
	if (!end)
		return false;
	*end = '\0';
	str_copy(call->path, line);
	str_copy(call->word, end + 1);
	return true;
}

/* The first, a middle one and the last of equal writes to many blocks stand for the others. */
static bool is_like_others(const struct call *call)
{
	unsigned id;

	return sscanf(call->path, "sys/devices/system/memory/memory%u/state", &id) == 1 &&
	       id != FIRST_BLOCK && id != 40 && id != LAST_BLOCK && !getenv("MHP_BLOCKS");
}

size_t calls_of(const struct play *play, struct call *calls)
{
	int fd = openat(play->fs->tree.fd, "writes", O_RDONLY | O_CLOEXEC);
	cleanup_fclose FILE *file = fd < 0 ? NULL : fdopen(fd, "re");
	char line[256];
	size_t nr = 0;

	while (file && fgets(line, sizeof(line), file)) {
		struct call *call = &calls[nr];

		assert_true(nr < CALLS_MAX);
		*call = (struct call){ .before = 0 };
		if (!take_line(call, line) || is_like_others(call))
			continue;
		for (size_t i = 0; i < nr; i++)
			call->before += strcmp(calls[i].path, call->path) == 0 &&
					strcmp(calls[i].word, call->word) == 0;
		nr++;
	}
	return nr;
}
