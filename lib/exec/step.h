/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/exec/exec.h"

/*
 * One kind of step each. *changed tells whether anything is now otherwise than before.
 * 0, or a negative errno after the failure was told with exec_fail().
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

/*
 * Consecutive parallel steps, side by side. 0, -ENOMEM, or the errno of a failure, which has been
 * told; what became of each stands in its chain.
 */
int batch_run(struct exec *x, struct mhp_step **steps, size_t nr);

/* The same for create-namespace. */
int creations_run(struct exec *x, struct mhp_step **steps, size_t nr);

/* What create-namespace asks the kernel for, and the answer (struct nd_created) noted. */
struct nd_create_args;
void step_create_args(const struct exec *x, const struct mhp_step *step,
		      struct nd_create_args *args);
int step_take_created(struct exec *x, const struct mhp_step *step, const struct reply *reply);

/* Tell of a failure with its time since start, by clock_msec(); rc >= 0 is none and becomes 0. */
int step_told(struct exec *x, const struct mhp_step *step, const char *object, int rc,
	      struct mhp_error *err, uint64_t start);

/*
 * All that steps of the chain want of its device, at once and by the device's state, where there is
 * one and it is right to. Whatever came of it, what is left is done block by block; false: nothing
 * else is to be tried, and *rc says why. A failure has been told, and is in *rc.
 */
bool device_online(struct exec *x, const struct mhp_step *step, bool *changed, int *rc);
bool device_offline(struct exec *x, const struct mhp_step *step, bool *changed, int *rc);

/* Undo of one change; tells of a failure itself. */
int undo_device(struct exec *x, const struct done *done);
int undo_enable_namespace(struct exec *x, const struct mhp_step *step);

/* Which device is meant, for whoever acts on it; its driver is left empty. */
struct dax_bind;
void step_bind_args(const struct exec *x, const struct mhp_step *step, const char *device,
		    struct dax_bind *bind);
