/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/model/pin-space.h"

/*
 * Return the limit by the space in the kernel zones of the allowed nodes. placed_bytes: memory of
 * the process that may lie in a kernel zone already and then needs no space; MHP_UNKNOWN: unknown.
 */
struct mhp_pin_limit pin_limit_zones(const struct pin_space *space, uint64_t placed_bytes);

/*
 * Sets *limit to the limit by the space of one node. Returns false if it has no kernel zone: then
 * the kernel uses other nodes whatever the memory policy says.
 */
bool pin_limit_node(const struct pin_space *space, int node, struct mhp_pin_limit *limit);

/* Distributes the pin over the allowed nodes, in their order. */
void pin_place(struct pin_space *space, uint64_t size);

/* Sets the verdict and the largest size from the size and the limits. */
void pin_judge(struct mhp_pin_check *check, const struct mhp_pin_limit *limits, size_t nr);
