/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A search for users: the device numbers it looks for, and the users it finds. */
#include "lib/sys/users/search.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/base/vec.h"
#include "lib/sys/holders/procs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

void search_hide(struct search *s, const char *remedy, const char *fmt, ...)
{
	va_list args;

	if (*s->hidden)
		return;
	va_start(args, fmt);
	vsnprintf(s->hidden, sizeof(s->hidden), fmt, args);
	va_end(args);
	str_copy(s->remedy, remedy ? remedy : "run it on the host as root");
}

void search_found(struct search *s, const char *name, const char *how)
{
	if (s->nr_users < SHOWN_MAX)
		str_format(s->users[s->nr_users], "%s %s", name, how);
	s->nr_users++;
}

void search_found_process(struct search *s, const char *how)
{
	char comm[32], shown[64], name[96];

	procs_comm(s->ctx, s->pid, comm, sizeof(comm));
	str_format(name, "%s[%d] has it", text_escape(comm, shown, sizeof(shown)), s->pid);
	search_found(s, name, how);
}

int search_add_number(struct search *s, dev_t number)
{
	dev_t *added = VEC_PUSH(s->numbers, s->nr_numbers);

	if (!added)
		return -ENOMEM;
	*added = number;
	return 0;
}

bool search_is_number(const struct search *s, dev_t number)
{
	for (size_t i = 0; i < s->nr_numbers; i++)
		if (s->numbers[i] == number)
			return true;
	return false;
}

int search_stat(const struct search *s, const char *path, unsigned mask, struct statx *st)
{
	return statx(s->ctx->sys.root_fd, path, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, mask, st) < 0
		       ? -errno
		       : 0;
}

bool search_is_it(const struct search *s, const struct statx *st)
{
	return (st->stx_mode & S_IFMT) == s->type &&
	       search_is_number(s, makedev(st->stx_rdev_major, st->stx_rdev_minor));
}
