/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine for tests: a tree of files captured from a real kernel, a context that reads it, and a
 * fake kernel that answers writes. A failure here fails the test.
 */
#pragma once

#include "lib/sys/ctx.h"
#include "tests/unit/fake/fakecxl.h"
#include "tests/unit/fake/fakekernel.h"
#include "tests/unit/fake/tree.h"
#include "tests/unit/fake/unit.h"

struct fakesys {
	struct tree tree;
	struct mhp_ctx *ctx;
	int kmsg_fd;
	char text[4096]; /* last file read */
};

/*
 * Returns a machine with pages of 4 KiB on any host, two nodes with 2 GiB in 16 blocks, an empty
 * dax bus with both drivers and an nvdimm bus without regions (tests/unit/data/boot-6.1.sysfs).
 */
struct fakesys *fakesys_new(void);
void fakesys_free(struct fakesys *fs);

static inline void fakesys_freep(struct fakesys **fs)
{
	fakesys_free(*fs);
}

#define cleanup_fakesys __attribute__((cleanup(fakesys_freep)))

/* ---- the machine ------------------------------------------------------------------------- */

void fakesys_put(struct fakesys *fs, const char *path, const char *text);

/* Adds entries to the page table of a process, from an address on. */
void fakesys_pagemap(struct fakesys *fs, int pid, uint64_t address, const uint64_t *entries,
		     size_t nr);
void fakesys_blocks(struct fakesys *fs, uint64_t first, uint64_t last, const char *state,
		    const char *zones, int node);

/* Returns region0: 2 GiB from 0x100000000 on, with labels and empty; target node 2. */
struct mhp_region fakesys_region0(void);
void fakesys_region(struct fakesys *fs, const struct mhp_region *region);
void fakesys_namespace(struct fakesys *fs, const struct mhp_namespace *ns);

/* Adds the raw namespace of a region without labels. */
void fakesys_raw_namespace(struct fakesys *fs, const char *region, enum mhp_content content);

/* Adds regionN of 2 GiB, the Nth from 0x100000000 on, and a disabled namespaceN.0 of that size. */
void fakesys_disabled(struct fakesys *fs, unsigned n, enum mhp_namespace_mode mode);

/* Returns true if the Nth namespace that was added is enabled. */
bool fakesys_enabled(struct fakesys *fs, unsigned n);

/* Sets the content that a read of the Nth namespace finds. */
void fakesys_holds(struct fakesys *fs, unsigned n, enum mhp_content content);

/*
 * Adds dax0.0 of region0: namespace0.0 uses the whole region; bound to that driver, "" for none.
 * With kmem its blocks are memory33 to memory47 on node 2, offline.
 */
#define FIRST_BLOCK 33
#define LAST_BLOCK  47
#define NR_BLOCKS   15
void fakesys_dax0(struct fakesys *fs, const char *driver);

/*
 * Adds dax_region0, which can be divided: soft-reserved memory for node 2, as large as dax0.0 above
 * (memory33 to memory47). Its dax0.0 has the first bytes and that driver, "" for none.
 */
#define REGION_START (FIRST_BLOCK * FAKE_BLOCK_SIZE)
void fakesys_dax_region0(struct fakesys *fs, uint64_t bytes, const char *driver);

/* Adds another device to it, with the range from that block of the region on. */
void fakesys_dax_part(struct fakesys *fs, const char *name, uint64_t block, uint64_t nr_blocks,
		      const char *driver);

/* Adds dax1.0 of 1 GiB for node 3, after dax0.0, without a namespace or a driver. */
void fakesys_dax1(struct fakesys *fs);

/* Adds the CXL bus of fakecxl_bus(): two bare cards, three windows. */
void fakesys_cxl(struct fakesys *fs);

/* Adds a region of that size over mem0, mem1 or "both" of its cards; enabled. */
void fakesys_cxl_region(struct fakesys *fs, uint64_t size, const char *memdev);

/* Adds dax0.0 with its blocks online in zone movable. */
void fakesys_online_dax0(struct fakesys *fs);

/* Adds another onliner that the tool can see. */
void fakesys_onliner(struct fakesys *fs);

/* ---- answers ----------------------------------------------------------------------------- */

/* Sets an answer, see fakekernel.h. what: "spin", "errno 16", ... */
void fakesys_answer(struct fakesys *fs, int times, const char *path, const char *word,
		    const char *what);
void fakesys_answer_block(struct fakesys *fs, int times, uint64_t id, const char *word,
			  const char *what);

/* Sets an answer for a block, with a file of tests/unit/data that the kernel prints. */
void fakesys_answer_log(struct fakesys *fs, int times, uint64_t id, const char *word,
			const char *what, const char *log);

void fakesys_answer_path_log(struct fakesys *fs, int times, const char *path, const char *word,
			     const char *what, const char *log);

/* ---- results ----------------------------------------------------------------------------- */

/* Returns the text of a file until the next call, "" if it is missing. */
const char *fakesys_get(struct fakesys *fs, const char *path);

/* Asserts that every block of a range has this state and these zones. */
void fakesys_check_blocks(struct fakesys *fs, uint64_t first, uint64_t last, const char *state,
			  const char *zones);
void fakesys_check_no_blocks(struct fakesys *fs, uint64_t first, uint64_t last);

/* Returns the driver of a device, until the next call. */
const char *fakesys_driver(struct fakesys *fs, const char *device);

/* Counts the writes that contain part of "PATH=WORD". */
unsigned fakesys_writes(struct fakesys *fs, const char *part);

/* Asserts that all settings of the machine are restored and no journal exists. */
void fakesys_check_settings(struct fakesys *fs);
