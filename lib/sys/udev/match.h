/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Matches the tokens of a rule against a memory block, as far as it is known here. */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/ctx.h"
#include "lib/sys/udev/token.h"

/* An event of a memory block, or of any device, and what earlier tokens of the line have found. */
struct udev_event {
	const struct mhp_ctx *ctx;
	const char *action;
	bool any_device; /* then only facts about the whole machine are known */
	char machine[64];
	bool result_known; /* the line has run a program whose output is the machine */
	bool is_missing;   /* the last attribute is missing: neither == nor != holds */
};

/* Starts a line. */
void udev_match_begin(struct udev_event *event);

enum mhp_tristate udev_match(struct udev_event *event, const struct udev_token *token);
