/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The calls that a run of a scene makes, so that a test can make each of them end in its way. */
#pragma once

#include "tests/unit/fake/scene.h"

#define CALLS_MAX 160

struct call {
	char path[160];
	char word[64];
	int before; /* number of equal calls before it */
};

/*
 * Fills calls[CALLS_MAX] from the run that the play has made. Three of equal writes to many blocks
 * stand for the others. Returns their number.
 */
size_t calls_of(const struct play *play, struct call *calls);
