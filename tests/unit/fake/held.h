/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For the tests of settings that are changed for a moment. */
#pragma once

#include "lib/exec/journal.h"
#include "tests/unit/fake/fakesys.h"

#define AUTOPROBE "sys/bus/dax/drivers_autoprobe"
#define JOURNAL	  "run/mhpctl/restore."

/* What another run does first: how many settings it puts back. */
static inline int recover(struct fakesys *fs)
{
	struct settings s;
	int count;

	settings_init(&s, fs->ctx);
	count = settings_recover(&s, NULL);
	settings_free(&s);
	return count;
}

static inline int change_autoprobe(struct settings *s, struct mhp_error *err)
{
	return settings_change(s, SETTING_DAX_AUTOPROBE, AUTOPROBE, "0", NULL, 0, err);
}
