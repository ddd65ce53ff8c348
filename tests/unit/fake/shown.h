/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of a fake machine as its files show it, in a text that can be compared. */
#pragma once

#include "tests/unit/fake/fakesys.h"

/* Blocks of the first GiB of decoder0.0, and of decoder0.2. */
#define CXL_FIRST  (FAKECXL_WINDOW / FAKE_BLOCK_SIZE)
#define CXL_BLOCKS 8
#define CXL_BOTH   (CXL_FIRST + 8 * CXL_BLOCKS)

/* Writes blocks, devices, namespaces and CXL, one object a line. */
void shown_read(int fd, char *text, size_t size);

/* Returns whether a block is in that state, or "missing", with these zones; NULL: any. */
bool shown_block_is(int fd, uint64_t id, const char *wanted, const char *wanted_zones);

/* Counts the blocks of which this is true. */
unsigned shown_count(int fd, uint64_t first, uint64_t last, const char *state, const char *zones);
