/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calls the tasks that make and undo CXL regions, on the bus of fakecxl_bus(). */
#pragma once

#include "lib/sys/cxl/change.h"
#include "tests/unit/fake/fakesys.h"

#define CXL	 "sys/bus/cxl/devices/"
#define CAPACITY (512 * MIB) /* of each member in these tests: half of a card */

/* Returns a machine with two bare cards. */
struct fakesys *task_machine(void);

/* Returns the region of that name in a window, whose size and start are not compared. */
struct cxl_region_id task_id(const char *name, const char *window);

/* Call a task with its argument, as a child does. err may be NULL. Return its result. */
#define TASK(fs, fn, arg, err) ((fn)((fs)->ctx, (arg), &(struct reply){ 0 }, (err)))
int task_create(struct fakesys *fs, const char *window, unsigned ways, struct cxl_created *created,
		struct mhp_error *err);
int task_run(struct fakesys *fs, child_fn task, const char *name, const char *window,
	     struct mhp_error *err);

/* Returns the change of region0 of a window by CAPACITY of mem0 or mem1. */
struct cxl_member_change task_change(const char *window, const char *memdev, unsigned position);

/* Brings region0 of decoder0.0 over mem0 so far. */
enum task_stage {
	STAGE_EMPTY,
	STAGE_COMPLETE,
	STAGE_COMMITTED,
	STAGE_ENABLED
};
void task_stage(struct fakesys *fs, enum task_stage stage);

/* Asserts that all capacity, decoders and addresses are free, and no region is left. */
void task_check_bare(struct fakesys *fs);

/* Asserts that part of a text is in it. */
void task_has(const char *text, const char *part);
