/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reports new files in a directory, which may not exist yet. */
#pragma once

#include "lib/sys/root.h"

struct watch {
	int fd;	    /* readable when there may be new files; -1: check periodically */
	int folder; /* -1: does not exist */
};

#define WATCH_NONE      \
	(struct watch)  \
	{               \
		-1, -1, \
	}

/* Initialises the watch. fd stays -1 if the system has no watches left. */
void watch_open(struct watch *watch);

/* Starts to watch the directory once it exists. */
void watch_folder(struct watch *watch, const struct root *sys, const char *path);

/* Discards the pending events. */
void watch_drain(struct watch *watch);

void watch_close(struct watch *watch);

/* Returns an fd that becomes readable after a time, or -1. */
int watch_timer(unsigned msec);
