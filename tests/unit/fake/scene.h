/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every kind of run that changes something, on the machine that it needs, and one judge of how it
 * ended: what a run says is compared with the files of the fake machine. Tests make something fail
 * in each of them (exec/every-step.c, exec/every-read.c).
 */
#pragma once

#include "tests/unit/fake/remains.h"
#include "tests/unit/fake/trial.h"

enum scene_goal {
	GOAL_ONLINE,	  /* FIRST_BLOCK to LAST_BLOCK online, zone movable */
	GOAL_OFFLINE,	  /* the same blocks offline or missing */
	GOAL_ONE_LESS,	  /* memory40 offline */
	GOAL_DEVDAX,	  /* the blocks missing, dax0.0 bound to device_dax */
	GOAL_DESTROYED,	  /* no namespace and no dax0.0 */
	GOAL_PART,	  /* the device of that name has these blocks and device_dax */
	GOAL_NO_PART,	  /* dax0.1 does not exist, and its memory is free */
	GOAL_PART_ONLINE, /* the last blocks online, zone movable */
	GOAL_CXL_ONLINE,  /* the blocks of a CXL region online, zone movable */
	GOAL_CXL_DEVDAX,  /* the CXL region enabled, its device bound to device_dax */
	GOAL_CXL_BARE,	  /* no CXL region */
	GOAL_ENABLED,	  /* all namespaces enabled, in devdax mode with a bound device */
	GOAL_SIZE,	  /* so many of the blocks online, zone movable */
	GOAL_DIFFERENCE,  /* so many fewer online than before */
};

struct scene {
	const char *name;
	enum mhp_verb verb;
	const char *targets;
	enum scene_goal goal;
	void (*machine)(struct fakesys *fs);
	bool destroy;
	bool init_labels;
	bool can_undo;	    /* with rollback too */
	const char *policy; /* its text; NULL: no policy */
	uint64_t blocks;    /* of the requested size, or 0 */
	const char *part;   /* GOAL_PART: the device */
	uint64_t first;	    /* GOAL_PART: its first block in the region */
	bool interleave;
	bool drain;
	uint64_t chosen; /* GOAL_SIZE, GOAL_DIFFERENCE: blocks of the size that is chosen */
	uint64_t kept;	 /* blocks that stay online, whatever happens */
};

size_t scene_count(void);
const struct scene *scene_get(size_t index);

/* One run of a scene, and the machine before it. */
struct play {
	const struct scene *scene;
	bool rollback;
	struct fakesys *fs;
	struct trial t;
	struct remains remains;
	char before[8192]; /* the state of the machine, one object a line */
	char after[8192];
	bool reached; /* the goal, at the end */

	void (*act)(struct trial *t); /* see struct trial; set after play_begin() */
	unsigned act_at;
};

/* Sets up the machine; then runs the scene, any number of times. */
void play_begin(struct play *play, const struct scene *scene, bool rollback);
void play_run(struct play *play);

/* Reads the machine after a run in another process. */
void play_look(struct play *play);

/* Prints the result of a run, its events, and the machine before and after. */
void play_show(const struct play *play);
void play_end(struct play *play);

/* The failures that were caused, as far as the judge has to know. */
struct disturbance {
	int errnum;	 /* that the machine answered, or 0 */
	bool is_stuck;	 /* a process cannot be ended */
	bool is_unclear; /* a process ended without an answer: "changed" may be said without need */
	bool is_blind;	 /* a file cannot be read: less than the truth may be claimed */
	bool is_setting; /* of a setting: that one may stay changed, if the run says so */
};

/* Returns "" if the run said what is true, or what was wrong; valid until the next call. */
const char *play_judge(struct play *play, const struct disturbance *disturbance);

/* Runs it again, undisturbed. Returns "" if it reaches the goal and says so. */
const char *play_judge_again(struct play *play);
