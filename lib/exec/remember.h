/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What mhpctl makes memory is remembered on disk (lib/sys/record.h), so that neither a power cut
 * nor a way back to devdax brings a question about data that is not there. That it could not be
 * remembered is a warning: the next run asks.
 */
#pragma once

#include "lib/exec/exec.h"

/* A device is about to be bound to kmem. */
void remember_memory(struct exec *x, const struct mhp_step *step, const struct mhp_dax *dax);

/* It has not become memory after all. */
void remember_not_memory(struct exec *x, const struct mhp_step *step);

/* It is about to leave kmem, and then: it is bound to device_dax again, or new. */
void remember_leaving(struct exec *x, const struct mhp_step *step);
void remember_devdax(struct exec *x, const struct mhp_step *step, const char *device);

/* Its namespace was destroyed. */
void remember_destroyed(struct exec *x, const struct mhp_step *step);
