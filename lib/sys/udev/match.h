/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tokens of a rule ask about a memory block, as far as it is known here. */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/ctx.h"
#include "lib/sys/udev/token.h"

/* An event of a memory block, or of any device, and what the tokens of one line have found out. */
struct udev_event {
	const struct mhp_ctx *ctx;
	const char *action;
	bool any_device; /* then nothing is known but what holds for all of the machine */
	char machine[64];
	bool result_known; /* of the program that the line has run: it is the machine */
	bool is_missing;   /* the attribute that was just asked for: neither == nor != holds then */
};

/* A line begins. */
void udev_match_begin(struct udev_event *event);

enum mhp_answer udev_match(struct udev_event *event, const struct udev_token *token);
