/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Records on disk (lib/sys/record.h) which devices mhpctl has made memory, so that it does not ask
 * about data that does not exist, neither after a power cut nor when they are devdax again. A
 * record that cannot be written is a warning: the next run asks.
 */
#pragma once

#include "lib/exec/exec.h"

/* Records a device before it is bound to kmem. */
void records_before_kmem(struct exec *x, const struct mhp_step *step, const struct mhp_dax *dax);

/* Deletes the record when the bind to kmem has failed. */
void records_kmem_failed(struct exec *x, const struct mhp_step *step);

/*
 * Update the record: call the first before a device leaves kmem, the second when it is devdax
 * again, or new.
 */
void records_before_leaving(struct exec *x, const struct mhp_step *step);
void records_devdax(struct exec *x, const struct mhp_step *step, const char *device);

/* Deletes the record after the namespace was destroyed. */
void records_destroyed(struct exec *x, const struct mhp_step *step);
