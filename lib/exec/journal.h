/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Settings of the whole machine that are changed for a moment: who changes one holds its lock,
 * writes into a journal what it was, and puts it back. A run that was killed left its journal
 * behind; the next run finds it, unlocked, and puts the setting back first.
 */
#pragma once

#include "lib/sys/child.h"

#include <signal.h>

enum setting {
	SETTING_DAX_AUTOPROBE = 0, /* drivers_autoprobe of the dax bus */
	SETTING_ND_AUTOPROBE,	   /* drivers_autoprobe of the nd bus */
	SETTING_AUTO_ONLINE,	   /* auto_online_blocks */
	SETTING_OFFLINE_REASON,	   /* dynamic debug of the reason why an offline failed */
	SETTING_MAX,
};

struct settings {
	struct mhp_ctx *ctx;
	struct child child; /* its own: the writer may be busy, or stuck */
	int lock_fd;
	bool changed[SETTING_MAX];
	char old[SETTING_MAX][96];
	char path[SETTING_MAX][64];
	bool held[SETTING_MAX]; /* it was so already; the lock keeps it so */
	bool holds_stop;	/* the signals of hold_stop() are held back */
	sigset_t before;	/* what was held back before that */
	/* Names with spaces between, see idle.h. */
	char *idle[SETTING_MAX]; /* devices without a driver before; NULL: not known */
	char *dead[SETTING_MAX]; /* regions that a killed run has worked on */
	char *own;		 /* devices that this run has made */
	char *regions;		 /* that this run works on */
	bool own_lost;		 /* there was no memory for one of them */
	uint64_t probe_ms;	 /* for all that is to be probed; 0: as long as it takes */
};

void settings_init(struct settings *s, struct mhp_ctx *ctx);

/*
 * Change a setting. path is where it is; back is what to write there to undo it, or NULL for
 * what it reads as now. Nothing happens where it is so already.
 * 0, -EAGAIN (another mhpctl has it changed for longer than we wait), or why it cannot be written.
 */
int settings_change(struct settings *s, enum setting which, const char *path, const char *value,
		    const char *back, uint64_t wait_ms, struct mhp_error *err);

/* This run has made the device and does not want it probed when autoprobe is put back. */
void settings_own(struct settings *s, const char *device);

/*
 * This run will make devices in the region, or take them. Told before the setting is changed, so
 * that it stands in the journal: where the run is killed nobody probes what it has left there.
 */
void settings_own_region(struct settings *s, const char *region);

/*
 * Put one back, if it was changed. After an autoprobe is back, devices that others made meanwhile
 * are probed, until the time for that is over or a cancel. 0, or why it is not back; or 1 where it
 * is, and some devices were left without a probe: *err names the first.
 */
int settings_restore(struct settings *s, enum setting which, struct mhp_error *err);

/*
 * Put back what a run that was killed has left changed. Returns how many. err, unless it is NULL,
 * says which devices were left without a probe, if any.
 */
int settings_recover(struct settings *s, struct mhp_error *err);

/* Put all back and end. */
void settings_free(struct settings *s);
