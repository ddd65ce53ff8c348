/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Notice what is put into a folder, which need not be there yet. */
#pragma once

#include "lib/sys/root.h"

struct watch {
	int fd;	    /* readable when there may be something new; -1: look from time to time */
	int folder; /* -1: not there */
};

#define WATCH_NONE      \
	(struct watch)  \
	{               \
		-1, -1, \
	}

/* Begin. Where the system has no watch left fd stays -1. */
void watch_open(struct watch *watch);

/* Notice the folder if it is there and was not up to now. */
void watch_folder(struct watch *watch, const struct root *sys, const char *path);

/* Forget what was noticed. */
void watch_drain(struct watch *watch);

void watch_close(struct watch *watch);

/* Returns an fd that becomes readable after a time, or -1. */
int watch_timer(unsigned msec);
