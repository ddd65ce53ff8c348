/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fields of a record from events and results of the library. */
#pragma once

#include "cmd/record.h"
#include "lib/libmhp.h"

#include <stdint.h>

/* Adds nothing for MHP_UNKNOWN. */
void record_number(struct record *record, const char *name, uint64_t value);

/* Adds MHPCTL_BLOCK for "memory40" and "memory33-47", MHPCTL_DEVICE for dax0.0 and the like. */
void record_object(struct record *record, const char *object);

/* Adds the place in a policy; "" and NULL where it is unknown. */
void record_section(struct record *record, const char *section, const char *file, unsigned line);

/* Adds the step, its section and its device. object: NULL, or used instead of the step's. */
void record_place(struct record *record, const struct mhp_event *event, const char *object);

void record_error(struct record *record, const struct mhp_error *err);
void record_owner(struct record *record, const struct mhp_owner *owner);

/* Add all fields of a hook and of an action of a drain, with the message. */
void record_hook(struct record *record, const struct mhp_hook *hook);
void record_drain(struct record *record, const struct mhp_drain_action *action);
