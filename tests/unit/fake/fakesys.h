/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine for tests: a tree of files as a real kernel showed it, a context that reads it, and
 * the fake kernel behind its writes. What fails here fails the test.
 */
#pragma once

#include "lib/sys/ctx.h"
#include "tests/unit/fake/fakekernel.h"
#include "tests/unit/fake/tree.h"
#include "tests/unit/fake/unit.h"

struct fakesys {
	struct tree tree;
	struct mhp_ctx *ctx;
	int kmsg_fd;
	char text[4096]; /* what was read last */
};

/*
 * Pages of 4 KiB, whatever those of this machine. Two nodes with 2 GiB in 16 blocks, an empty dax
 * bus with both drivers, an nvdimm bus without regions (tests/unit/data/boot-6.1.sysfs).
 */
struct fakesys *fakesys_new(void);
void fakesys_free(struct fakesys *fs);

static inline void fakesys_freep(struct fakesys **fs)
{
	fakesys_free(*fs);
}

#define cleanup_fakesys __attribute__((cleanup(fakesys_freep)))

/* ---- what there is ----------------------------------------------------------------------- */

void fakesys_put(struct fakesys *fs, const char *path, const char *text);

/* Entries of the page table of a process, from an address on. */
void fakesys_pagemap(struct fakesys *fs, int pid, uint64_t address, const uint64_t *entries,
		     size_t nr);
void fakesys_blocks(struct fakesys *fs, uint64_t first, uint64_t last, const char *state,
		    const char *zones, int node);

/* region0: 2 GiB from 0x100000000 on, with labels and empty; target node 2. */
struct mhp_region fakesys_region0(void);
void fakesys_region(struct fakesys *fs, const struct mhp_region *region);
void fakesys_namespace(struct fakesys *fs, const struct mhp_namespace *ns);

/* The raw namespace that a region without labels has. */
void fakesys_raw_namespace(struct fakesys *fs, const char *region, enum mhp_content content);

/* regionN, where region0 with 2 GiB for each before it ends, and a disabled namespaceN.0 of it all.
 */
void fakesys_disabled(struct fakesys *fs, unsigned n, enum mhp_namespace_mode mode);

/* Is the namespace that was added as the Nth enabled? */
bool fakesys_enabled(struct fakesys *fs, unsigned n);

/* What looking at the n-th namespace tells. */
void fakesys_holds(struct fakesys *fs, unsigned n, enum mhp_content content);

/*
 * dax0.0 of region0: namespace0.0 takes it all; bound to that driver, "" for none. With kmem its
 * blocks are memory33 to memory47 on node 2, offline.
 */
#define FIRST_BLOCK 33
#define LAST_BLOCK  47
#define NR_BLOCKS   15
void fakesys_dax0(struct fakesys *fs, const char *driver);

/* Another device of 1 GiB, without a namespace or a driver, that lies behind dax0.0, for node 3. */
void fakesys_dax1(struct fakesys *fs);

/* The same, with its blocks online in zone movable. */
void fakesys_online_dax0(struct fakesys *fs);

/* Another onliner, that the tool can see. */
void fakesys_onliner(struct fakesys *fs);

/* ---- what happens ------------------------------------------------------------------------ */

/* See fakekernel.h. what: "spin", "errno 16", ... */
void fakesys_answer(struct fakesys *fs, int times, const char *path, const char *word,
		    const char *what);
void fakesys_answer_block(struct fakesys *fs, int times, uint64_t id, const char *word,
			  const char *what);

/* The same, with a file of tests/unit/data that the kernel prints. */
void fakesys_answer_log(struct fakesys *fs, int times, uint64_t id, const char *word,
			const char *what, const char *log);

void fakesys_answer_path_log(struct fakesys *fs, int times, const char *path, const char *word,
			     const char *what, const char *log);

/* ---- what came of it --------------------------------------------------------------------- */

/* The text of a file until the next call, "" where there is none. */
const char *fakesys_get(struct fakesys *fs, const char *path);

/* Every block of a range has this state and these zones. */
void fakesys_check_blocks(struct fakesys *fs, uint64_t first, uint64_t last, const char *state,
			  const char *zones);
void fakesys_check_no_blocks(struct fakesys *fs, uint64_t first, uint64_t last);

/* The driver that a device is bound to, until the next call. */
const char *fakesys_driver(struct fakesys *fs, const char *device);

/* How often something was written: "PATH=WORD", or a part of that. */
unsigned fakesys_writes(struct fakesys *fs, const char *part);

/* No setting of the machine is left changed, and no journal. */
void fakesys_check_settings(struct fakesys *fs);
