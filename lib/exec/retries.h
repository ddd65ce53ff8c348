/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Decides which sections of a policy are not tried again. A section that makes a device, fails and
 * undoes it, causes an event of udev, which starts the next run. With the option skip_failed a run
 * leaves out such a section until a device or the policy has changed.
 */
#pragma once

#include "lib/model/failed-sections.h"
#include "lib/sys/ctx.h"

struct retries {
	struct mhp_ctx *ctx;
	bool skip_failed;
	uint64_t fingerprint; /* of the policy, the options and the devices, before the run */
	struct failed_sections before;
	struct failed_sections now;
	int rc; /* of the records; negative: they are incomplete */
};

/* Reads the records of earlier runs. */
void retries_begin(struct retries *retries, struct mhp_ctx *ctx,
		   const struct mhp_run_options *options);

/* Takes the policy and the devices of this run as those that its sections depend on. */
void retries_take(struct retries *retries, const struct mhp_policy *policy,
		  const struct mhp_topology *topo, unsigned agreed,
		  const struct mhp_run_options *options);

/*
 * Returns true, with the reason in *err, if the section is not to be tried. Its record stays.
 */
bool retries_hold(struct retries *retries, const char *section, struct mhp_error *err);

/* Keeps the record of a section that this run did not come to. */
void retries_keep(struct retries *retries, const char *section);

/* Records the failure of a section. */
void retries_add(struct retries *retries, const char *section, const struct mhp_error *why);

/* Returns whether udev may hear of a device that a step of that type makes. */
bool retries_makes_device(enum mhp_step_type type);

/* Writes the records. Returns 0, or a negative errno: the next run may try such a section again. */
int retries_end(struct retries *retries);

void retries_free(struct retries *retries);
