/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kinds of steps, one function each, in step-*.c. */
#pragma once

#include "lib/exec/exec.h"

/*
 * Runs one kind of step. *changed: the step changed something. Returns 0, or a negative errno after
 * it reported the failure with exec_fail().
 */
typedef int (*step_fn)(struct exec *x, struct mhp_step *step, bool *changed);

int step_load_module(struct exec *x, struct mhp_step *step, bool *changed);
int step_enable_region(struct exec *x, struct mhp_step *step, bool *changed);
int step_init_labels(struct exec *x, struct mhp_step *step, bool *changed);
int step_create_namespace(struct exec *x, struct mhp_step *step, bool *changed);
int step_enable_namespace(struct exec *x, struct mhp_step *step, bool *changed);
int step_destroy_namespace(struct exec *x, struct mhp_step *step, bool *changed);
int step_set_mode(struct exec *x, struct mhp_step *step, bool *changed);
int step_online_block(struct exec *x, struct mhp_step *step, bool *changed);
int step_offline_block(struct exec *x, struct mhp_step *step, bool *changed);
int step_create_device(struct exec *x, struct mhp_step *step, bool *changed);
int step_resize_device(struct exec *x, struct mhp_step *step, bool *changed);
int step_destroy_device(struct exec *x, struct mhp_step *step, bool *changed);
int step_enable_memdev(struct exec *x, struct mhp_step *step, bool *changed);
int step_create_cxl_region(struct exec *x, struct mhp_step *step, bool *changed);
int step_add_memdev(struct exec *x, struct mhp_step *step, bool *changed);
int step_commit_cxl_region(struct exec *x, struct mhp_step *step, bool *changed);
int step_enable_cxl_region(struct exec *x, struct mhp_step *step, bool *changed);
int step_destroy_cxl_region(struct exec *x, struct mhp_step *step, bool *changed);

/*
 * Runs consecutive parallel steps. Returns 0, -ENOMEM, or the errno of a failure that it has
 * reported; each chain has the result of its step.
 */
int batch_run(struct exec *x, struct mhp_step **steps, size_t nr);

/* Does the same for create_namespace. */
int creations_run(struct exec *x, struct mhp_step **steps, size_t nr);

/* Fills the arguments of create_namespace, and records its reply (struct nd_created). */
struct nd_create_args;
void step_create_args(const struct exec *x, const struct mhp_step *step,
		      struct nd_create_args *args);
int step_take_created(struct exec *x, const struct mhp_step *step, const struct reply *reply);

/*
 * Returns true if a task on a region or its namespaces has changed something: it succeeded, or it
 * failed and the bus differs from the topology or cannot be read. *err then gets a hint.
 */
struct child_result;
bool step_has_changed(struct exec *x, const struct mhp_step *step,
		      const struct child_result *result, int rc, struct mhp_error *err);

/* Stores the identity of a device that a step has made or changed, for later steps of the chain. */
int step_take_device(struct exec *x, const struct mhp_step *step, const char *name,
		     struct mhp_error *err);

/* Reports a failure with its time since start, by clock_msec(). Returns 0 for rc >= 0. */
int step_told(struct exec *x, const struct mhp_step *step, const char *object, int rc,
	      struct mhp_error *err, uint64_t start);

/*
 * Makes all changes of the chain's steps at once by the state of the device, if it has one and that
 * is suitable. Returns true if the steps are to change the remaining blocks singly, false if
 * nothing else is to be tried. *rc is 0 or the errno of a failure, which has been reported.
 */
bool device_online(struct exec *x, const struct mhp_step *step, bool *changed, int *rc);
bool device_offline(struct exec *x, const struct mhp_step *step, bool *changed, int *rc);

/* Undoes one change, and reports a failure itself. */
int undo_device(struct exec *x, const struct done *done);
int undo_create_device(struct exec *x, const struct mhp_step *step);
int undo_resize_device(struct exec *x, const struct mhp_step *step);
int undo_enable_namespace(struct exec *x, const struct mhp_step *step);
int undo_cxl_step(struct exec *x, const struct mhp_step *step); /* any but destroy */

/*
 * Destroys each CXL region that this run has created and, after a failure or a cancel, has not
 * committed: nothing can use it, and it takes addresses and capacity.
 */
void cxl_end_unfinished(struct exec *x);

/* Fills the identity of the device for a task that changes it. Leaves the driver unset. */
struct dax_bind;
void step_bind_args(const struct exec *x, const struct mhp_step *step, const char *device,
		    struct dax_bind *bind);
