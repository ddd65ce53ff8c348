/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads the blocks, devices, namespaces and CXL regions of a run again at its end. Only this
 * reading decides what the result says about them.
 */
#pragma once

#include "lib/exec/exec.h"

/*
 * Fills the final state of each chain. Reports a failure for each object that is not in the wanted
 * state although its steps succeeded.
 */
void final_state_read(struct exec *x);

/* Reads the nvdimm bus again, if a chain depends on it, and reports namespaces that differ. */
void final_namespaces_read(struct exec *x, bool was_given_up);

/* Returns whether the device of the chain is checked by divided_state_read(), or had no memory. */
bool divided_state_is_of(const struct exec *x, uint32_t chain);

/* Does the same for devices of dax regions that the run has created, resized or destroyed. */
void divided_state_read(struct exec *x);

/* Does the same for CXL regions and memory devices. */
void cxl_state_read(struct exec *x);

/* Returns whether the run destroys the CXL region of the chain's device, and the device with it. */
bool cxl_state_destroys(const struct exec *x, uint32_t chain);

/* Sets a hint that names the programs that may have brought memory online. Returns rc. */
int final_state_hint_back(const struct exec *x, struct mhp_error *err, int rc);
