/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Changes settings of the whole machine for a moment. A run that changes one holds its lock, writes
 * the old value into a journal, and restores it. A run that was killed leaves its journal behind;
 * the next run finds it unlocked and restores the setting first.
 */
#pragma once

#include "lib/sys/child.h"

#include <signal.h>

enum setting {
	SETTING_DAX_AUTOPROBE = 0, /* drivers_autoprobe of the dax bus */
	SETTING_ND_AUTOPROBE,	   /* drivers_autoprobe of the nd bus */
	SETTING_AUTO_ONLINE,	   /* auto_online_blocks */
	SETTING_OFFLINE_REASON,	   /* dynamic debug of the reason why an offline failed */
	SETTING_DEMOTION,	   /* demotion_enabled */
	SETTING_MAX,
};

struct settings {
	struct mhp_ctx *ctx;
	struct child child; /* not the writer, which may be busy or stuck */
	int lock_fd;
	bool changed[SETTING_MAX];
	char old[SETTING_MAX][96];
	char path[SETTING_MAX][64];
	bool held[SETTING_MAX]; /* already had the value; the lock keeps it so */
	bool holds_stop;	/* hold_stop() blocks signals */
	sigset_t before;	/* signal mask before that */
	/* Lists of names, see unbound.h. */
	char *idle[SETTING_MAX]; /* devices without a driver before; NULL: unknown */
	char *dead[SETTING_MAX]; /* regions of a killed run */
	char *own;		 /* devices of this run */
	char *regions;		 /* regions of this run */
	bool own_lost;		 /* not all of these names could be kept */
	uint64_t probe_ms;	 /* time limit for all probes; 0: none */
};

void settings_init(struct settings *s, struct mhp_ctx *ctx);

/*
 * Changes the setting at path, unless it has the value already. back is the value that restores it;
 * NULL means its current value. Returns 0, -EAGAIN if another mhpctl holds it for longer than
 * wait_ms, or another errno.
 */
int settings_change(struct settings *s, enum setting which, const char *path, const char *value,
		    const char *back, uint64_t wait_ms, struct mhp_error *err);

/* Marks a device of this run, which the restore of autoprobe does not probe. */
void settings_own(struct settings *s, const char *device);

/*
 * Marks a region in which this run creates or changes devices. Call it before settings_change(), so
 * that the journal has it: if the run is killed, its devices there are not probed.
 */
void settings_own_region(struct settings *s, const char *region);

/*
 * Restores a setting that was changed. After an autoprobe it probes devices that others created in
 * between, until probe_ms is over or a cancel. Returns 0, or an errno if it is not restored, or 1
 * if it is but some devices were not probed: *err names the first.
 */
int settings_restore(struct settings *s, enum setting which, struct mhp_error *err);

/* Returns the number of settings that settings_recover() would restore. */
int settings_left(struct settings *s);

/*
 * Restores the settings that a killed run has left changed. Returns their number. *err names a
 * device that was not probed, or a setting whose journal is damaged, if any; err may be NULL.
 */
int settings_recover(struct settings *s, struct mhp_error *err);

/* Restores all settings and frees everything. */
void settings_free(struct settings *s);
