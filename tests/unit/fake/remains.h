/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Leftovers of a run: descriptors, child processes, and files of the machine. */
#pragma once

#include <stddef.h>

struct remains {
	unsigned fds;
	unsigned children;
	char files[2048]; /* below run and var/lib of the machine, one a line, sorted by directory
			   */
};

/* Reads them for this process. root_fd: the machine, or -1 to leave out its files. */
void remains_read(struct remains *remains, int root_fd);

/*
 * Describes what came on top, "" if nothing. Files of the run that may stay are not named: locks,
 * journals of changed settings, records and measured rates.
 */
void remains_compare(const struct remains *before, const struct remains *after, char *text,
		     size_t size);
