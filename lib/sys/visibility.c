/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/base/counts.h"
#include "lib/sys/visibility.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void visibility_add(struct visibility *visibility, const char *what, const char *fmt, ...)
{
	struct mhp_hidden *hidden = &visibility->hidden[visibility->nr];
	va_list args;

	if (visibility->nr == HIDDEN_MAX)
		return;
	str_copy(hidden->what, what);
	va_start(args, fmt);
	vsnprintf(hidden->why, sizeof(hidden->why), fmt, args);
	va_end(args);
	visibility->nr++;
}

/*
 * Returns whether the line "CapEff:\t000001ffffffffff" lacks a capability; false without that line.
 */
static bool lacks_capability(const char *status, unsigned capability)
{
	const char *line = strstr(status, "\nCapEff:\t");
	uint64_t held;

	return line &&
	       parse_u64_n(line + 9, strspn(line + 9, "0123456789abcdef"), 16, &held) == 0 &&
	       !(held & (1ULL << capability));
}

/*
 * Returns whether this process is outside the first namespace. A kernel without that kind of
 * namespace has no link.
 */
static enum mhp_tristate is_in_other_namespace(const struct root *sys, const char *path,
					       const char *first)
{
	char link[64];
	int rc = root_link(sys, path, link, sizeof(link));

	if (rc < 0)
		return rc == -ENOENT ? MHP_TRISTATE_NO : MHP_TRISTATE_UNKNOWN;
	return strcmp(link, first) != 0 ? MHP_TRISTATE_YES : MHP_TRISTATE_NO;
}

enum mhp_tristate visibility_holds(const struct root *sys, unsigned capability)
{
	char status[4096];

	if (root_read_text(sys, "proc/self/status", status, sizeof(status)) < 0 ||
	    !strstr(status, "\nCapEff:\t"))
		return MHP_TRISTATE_UNKNOWN;
	return lacks_capability(status, capability) ? MHP_TRISTATE_NO : MHP_TRISTATE_YES;
}

enum mhp_tristate visibility_in_container(const struct root *sys)
{
	enum mhp_tristate user = is_in_other_namespace(sys, "proc/self/ns/user", FIRST_USER_NS);
	enum mhp_tristate pid = is_in_other_namespace(sys, "proc/self/ns/pid", FIRST_PID_NS);

	if (user == MHP_TRISTATE_YES || pid == MHP_TRISTATE_YES)
		return MHP_TRISTATE_YES;
	return user == MHP_TRISTATE_NO ? pid : user;
}

/* Looks for a line such as "22 1 0:20 / /proc rw,nosuid - proc proc rw,hidepid=invisible". */
static bool hides_processes(const struct root *sys)
{
	cleanup_fclose FILE *file = NULL;
	cleanup_free char *line = NULL;
	bool hides = false;
	size_t size = 0;

	file = root_fopen(sys, "proc/self/mountinfo");
	while (file && root_getline(sys, &line, &size, file) > 0) {
		const char *option = strstr(line, " - proc ") ? strstr(line, "hidepid=") : NULL;

		if (strstr(line, " /proc ") && option)
			hides = strncmp(option + 8, "0", 1) != 0 &&
				strncmp(option + 8, "off", 3) != 0;
	}
	return hides;
}

void visibility_read(const struct root *sys, struct visibility *visibility)
{
	char status[4096];
	int rc = root_read_text(sys, "proc/self/status", status, sizeof(status));

	if (rc < 0 && rc != -ENOENT)
		visibility_add(visibility, "owners", "the rights of this process cannot be read");
	if (rc < 0)
		return;
	if (lacks_capability(status, CAP_SYS_ADMIN))
		visibility_add(visibility, "owners",
			       "pages of processes are visible only with CAP_SYS_ADMIN");
	else if (is_in_other_namespace(sys, "proc/self/ns/user", FIRST_USER_NS) != MHP_TRISTATE_NO)
		visibility_add(visibility, "owners",
			       "pages of processes are visible only in the initial user "
			       "namespace");
	if (is_in_other_namespace(sys, "proc/self/ns/pid", FIRST_PID_NS) != MHP_TRISTATE_NO)
		visibility_add(
			visibility, "owners",
			"processes outside of this pid namespace (a container) are not visible");
	if (lacks_capability(status, CAP_SYS_PTRACE)) {
		visibility_add(visibility, "owners.holder",
			       "open files of other users are visible only with CAP_SYS_PTRACE");
		if (hides_processes(sys))
			visibility_add(
				visibility, "owners",
				"/proc is mounted with hidepid: processes of other users are "
				"not visible");
	}
}

void visibility_add_search(struct visibility *visibility, unsigned processes, unsigned unreadable,
			   bool is_cut_short)
{
	if (unreadable)
		visibility_add(visibility, "owners", "%u of %u processes may not be inspected",
			       unreadable, processes);
	if (is_cut_short)
		visibility_add(visibility, "owners", "time ran out after %u processes", processes);
}
