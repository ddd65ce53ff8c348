/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that are registered with an io_uring, which keeps them open without a descriptor. */
#include "lib/base/cleanup.h"
#include "lib/base/parse.h"
#include "lib/sys/users/search.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DELETED	 " (deleted)"
#define BUSY	 "run it again: the ring was busy"
#define STOP_ONE "stop or restart that process"

/* Decodes "nd\040full": the kernel writes blanks and backslashes as three octal digits. */
static void unescape_path(char *text)
{
	char *to = text;

	for (const char *from = text; *from; to++) {
		unsigned value;

		if (from[0] == '\\' && sscanf(from + 1, "%3o", &value) == 1) {
			*to = (char)value;
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}

/*
 * Returns whether a name belongs to a socket, pipe or similar: "socket:[8480679]",
 * "anon_inode:[eventfd]", "[eventfd]", "TCP".
 */
static bool is_not_file(const char *name)
{
	static const char *const sockets[] = {
		"TCP", "TCPv6", "UDP", "UDPv6", "UNIX", "UNIX-STREAM"
	};

	for (size_t i = 0; i < sizeof(sockets) / sizeof(sockets[0]); i++)
		if (strcmp(name, sockets[i]) == 0)
			return true;
	return !*name || *name == '[' || strcmp(name, "<none>") == 0 || strstr(name, ":[");
}

/*
 * Returns 1 if the path leads to the device, as the process sees it or as we do, 0 if it leads to
 * another file, or a negative errno.
 */
static int check_path(const struct search *s, const char *name)
{
	size_t len = strlen(name), tail = strlen(DELETED);
	struct statx st;
	int rc_its, rc_ours;

	if (len > tail && strcmp(name + len - tail, DELETED) == 0)
		return -ENOENT;
	ROOT_PATH(path, "proc/%d/root%s", s->pid, name);
	rc_its = search_stat(s, path, STATX_TYPE, &st);
	if (rc_its == 0 && search_is_it(s, &st))
		return 1;
	rc_ours = search_stat(s, name + 1, STATX_TYPE, &st);
	if (rc_ours == 0 && search_is_it(s, &st))
		return 1;
	return rc_its < 0 ? rc_ours : 0;
}

/*
 * Returns whether a registered file is the device. Kernels up to about 6.12 show only the last part
 * of its name, which may be any file.
 */
static bool is_the_device(struct search *s, char *name)
{
	char shown[96];
	int rc;

	unescape_path(name);
	if (is_not_file(name))
		return false;
	rc = *name == '/' ? check_path(s, name) : -ENOENT;
	if (rc < 0)
		search_hide(s, STOP_ONE,
			    "an io_uring of process %d keeps %s open, which may "
			    "be this device",
			    s->pid, text_escape(name, shown, sizeof(shown)));
	return rc > 0;
}

/* Checks the files listed after "UserFiles:", each as "0: /dev/dax0.0". */
static bool check_lines(struct search *s, FILE *file, unsigned *wanted, unsigned *seen)
{
	cleanup_free char *line = NULL;
	bool in_list = false, found = false;
	size_t size = 0;

	while (!found && root_getline(&s->ctx->sys, &line, &size, file) > 0) {
		char *name = strstr(line, ": ");

		line[strcspn(line, "\n")] = '\0';
		if (sscanf(line, "UserFiles: %u", wanted) == 1) {
			in_list = true;
		} else if (in_list && *line == ' ' && name) {
			(*seen)++;
			found = is_the_device(s, name + 2);
		} else {
			in_list = false;
		}
	}
	return found;
}

bool search_ring(struct search *s, const char *fd)
{
	cleanup_fclose FILE *file = NULL;
	unsigned wanted = UINT32_MAX, seen = 0;

	ROOT_PATH(path, "proc/%d/task/%d/fdinfo/%s", s->pid, s->tid, fd);
	file = root_fopen(&s->ctx->sys, path);
	if (!file && (errno == ENOENT || errno == ESRCH))
		return false;
	if (file && check_lines(s, file, &wanted, &seen)) {
		search_found_process(s, "registered with an io_uring");
		return true;
	}
	if (!file || (wanted && !seen) || !feof(file))
		search_hide(s, BUSY,
			    "the open files of an io_uring of process %d are not "
			    "visible",
			    s->pid);
	return false;
}
