/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The text of an intent: what a run is about to do. Each line is a word, "key=value" fields and a
 * checksum. Lines are only appended, so a run that was killed leaves whole lines and at most one
 * incomplete line at the end, which announces a step that was not begun.
 *
 *	mhpctl-intent version=1
 *	run pid= start= boot= time= verb=
 *	target name=                        for each target of the request
 *	step number= kind= object= ...      before a step
 *	uuid number= uuid=                  the step uses this UUID instead of its own
 *	region number= region=              the step creates this CXL region instead
 *	done number=                        after a step, successful or not
 *	undoing                             before a rollback
 *	full                                later steps are not recorded
 */
#pragma once

#include "lib/libmhp.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define INTENT_VERSION	   1
#define INTENT_MAX	   (256U << 10) /* bytes of a file */
#define INTENT_TARGETS_MAX 64		/* further targets are left out */
#define INTENT_BOOT_MAX	   40
#define INTENT_WORD_MAX	   24
#define INTENT_MEMBERS_MAX (MHP_CXL_WAYS_MAX * 20)

/* One step that a run has begun. Words are those of public enumerations; empty: unknown. */
struct intent_step {
	uint64_t number;
	char kind[INTENT_WORD_MAX]; /* as mhp_step_type_name() */
	char object[64];
	char region[MHP_NAME_MAX];
	char uuid[MHP_UUID_MAX];	  /* of the namespace */
	struct mhp_range range;		  /* physical addresses of the object; empty: unknown */
	char before[INTENT_WORD_MAX];	  /* state before, for kinds that have one */
	char want[INTENT_WORD_MAX];	  /* state wanted */
	char window[MHP_NAME_MAX];	  /* of a CXL region, whose name is in region */
	uint64_t size;			  /* of that region */
	char members[INTENT_MEMBERS_MAX]; /* its memory devices by position, see below */
	bool is_done;
};

/*
 * Returns one of the memory devices of a CXL region, or "". They are written "0x1f,mem1": serial
 * numbers, or the name of one that has none.
 */
const char *intent_member(const struct intent_step *step, unsigned position, char *text,
			  size_t size);

struct intent {
	uint64_t pid;
	uint64_t start; /* of the process, in ticks since boot */
	char boot[INTENT_BOOT_MAX];
	uint64_t time_us; /* since the epoch */
	char verb[INTENT_WORD_MAX];
	char (*targets)[64];
	size_t nr_targets;
	struct intent_step *steps;
	size_t nr_steps;
	bool is_undoing;
	bool is_full;
	bool is_torn; /* the last line is incomplete */
};

/* Write lines. Return 0 or -ENOMEM. */
int intent_put_head(FILE *file, const struct intent *intent);
int intent_put_step(FILE *file, const struct intent_step *step);
int intent_put_uuid(FILE *file, uint64_t number, const char *uuid);
int intent_put_region(FILE *file, uint64_t number, const char *region);
int intent_put_done(FILE *file, uint64_t number);
int intent_put_mark(FILE *file, const char *word); /* "undoing" or "full" */

/*
 * Parses a text. Returns 0, -EPROTO if it is no intent or is damaged, -ENOTSUP if another version
 * wrote it, or -ENOMEM. Free the intent in each case.
 */
int intent_parse(const char *text, size_t len, struct intent *intent);
void intent_free(struct intent *intent);
#define cleanup_intent __attribute__((cleanup(intent_free)))
