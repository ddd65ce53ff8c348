/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fields of a record, from what the library tells. */
#pragma once

#include "cmd/record.h"
#include "lib/libmhp.h"

#include <stdint.h>

/* Nothing for MHP_UNKNOWN. */
void record_number(struct record *record, const char *name, uint64_t value);

/* "memory40" is block 40, "memory33-47" a range of blocks; dax0.0 and the like are devices. */
void record_object(struct record *record, const char *object);

/* Where in a policy; "" and NULL for what is not known. */
void record_section(struct record *record, const char *section, const char *file, unsigned line);

/* What and where, of the step and its device; object: where it is not that of the step, or NULL. */
void record_place(struct record *record, const struct mhp_event *event, const char *object);

void record_error(struct record *record, const struct mhp_error *err);
void record_owner(struct record *record, const struct mhp_owner *owner);
