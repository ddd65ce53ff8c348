/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Answers writes and nd tasks like the kernel, over files below one directory. Both run in a
 * process of their own (lib/sys/child.h), so the state of the fake is in that directory too:
 *
 *   answers/PATH=WORD   the answer to a write, instead of what the kernel does
 *   writes              every write so far, one a line: "PATH=WORD"
 *   nd                  regions and namespaces (struct fake_nd)
 *
 * Nothing here asserts: after a failed assertion the other process would run the remaining tests.
 */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/module.h"
#include "lib/sys/nd/nd.h"
#include "lib/sys/root.h"

#define FAKE_BLOCK_SIZE (128ULL << 20)
#define FAKE_ALWAYS	1000000
#define FAKE_NODES	16

extern const struct root_ops fake_root_ops;
extern const struct nd_ops fake_nd_ops;
extern const struct module_ops fake_module_ops;
extern const struct users_ops fake_users_ops;

/* Above 0 while this process answers as the kernel, whose own reads never fail. */
extern int fake_acting;

/* ---- blocks and dax devices -------------------------------------------------------------- */

int fake_block_add(int fd, uint64_t id, const char *state, const char *zones, int node);
int fake_block_remove(int fd, uint64_t id);
int fake_block_set(int fd, uint64_t id, const char *state, const char *zones);

/* Adds an unbound device to the dax bus; with namespace "" it is under no nvdimm region. */
int fake_dax_add(int fd, const struct mhp_dax *dax);
int fake_dax_remove(int fd, const char *name);

/*
 * Probe a new device like the bus: device_dax, or for a device of CXL kmem, binds it if autoprobe
 * is on.
 */
void fake_dax_probe_new(int fd, const char *name);
void fake_dax_probe_kmem(int fd, const char *name);

/* Binds a device to a driver, or unbinds it as its removal does: memory that is online stays. */
int fake_dax_bind(int fd, const char *name, const char *driver);
void fake_dax_unbind(int fd, const char *name);

/* Calls fn for each block of a device, ascending, until it fails. */
typedef int (*fake_block_fn)(int fd, uint64_t id, void *data);
int fake_dax_each_block(int fd, const char *name, fake_block_fn fn, void *data);

/*
 * With this file the kernel has a state of whole devices, as 7.3, once they are bound. An answer
 * for the state of a block also applies to writes to the state of the device; with "ok" for an
 * online word the block is not added.
 */
#define FAKE_HAS_STATES "has-states"
void fake_state_bind(int fd, const char *name, bool bound);
int fake_state_write(int fd, const char *name, const char *word);

/*
 * Adds the files of a region that can be divided, below the device hmem.NUMBER. It contains the
 * devices daxNUMBER.*, which exist already.
 */
int fake_dax_region_add(int fd, unsigned number, struct mhp_range range);
int fake_dax_region_write(int fd, const char *path, const char *text);
int fake_dax_divide(int fd, const char *name, const char *file, const char *text);

/* Adds the files of a driver of the dax bus, as its module does. */
int fake_driver_add(int fd, const char *driver);

/* ---- answers ----------------------------------------------------------------------------- */

/*
 * The answer to a write, given that many times:
 *
 *   errno N             fails
 *   ok                  succeeds and does nothing
 *   slow MS             sleeps, then does what the kernel does
 *   spin                waits for a signal, then EINTR, like an offline that cannot succeed
 *   deaf                ignores signals until it is killed
 *   stuck               seems to survive even SIGKILL to its parent
 *   die                 the process ends
 *   taken STATE ZONES   another process has just set the block to that state: EINVAL
 *   then ID STATE ZONES does what the kernel does, then sets block ID to that state
 *   lose ID             does what the kernel does, then removes block ID
 *   unplug              does what the kernel does, then removes all regions and namespaces
 *   pull MEMDEV         does what the kernel does, then removes that CXL card
 *   did N               does what the kernel does, then fails
 *   kill before         kills the run of the number in killed-run, and the process that writes
 *   kill after          does what the kernel does, then the same
 *
 * log: a file of tests/unit/data with the messages that the kernel prints, or "".
 */
struct fake_answer {
	int skip; /* number that the kernel answers first */
	int times;
	char verb[16];
	char arg[64];
	char log[64];
};

int fake_answer_put(int fd, const char *path, const char *word, const struct fake_answer *answer);

/*
 * Acts on the answer to a write, if there is one. Returns true if *rc is the result, or false if
 * the write continues as usual; fake_answer_after() then does the rest and returns the result.
 */
bool fake_answer_act(int fd, const char *path, const char *word, struct fake_answer *answer,
		     int *rc);
int fake_answer_after(int fd, const struct fake_answer *answer, int rc);

/* Prints a line to the kernel's log. */
void fake_kmsg(int fd, const char *text);

/* Returns true if an answer makes the task fail. Every task asks first, like a write. */
bool fake_is_told(struct mhp_ctx *ctx, const char *task, const char *name, int *rc,
		  struct mhp_error *err);

/* Returns the result of a task that the answer let continue, and fails it if the answer says so. */
int fake_told_after(struct mhp_ctx *ctx, int rc, struct mhp_error *err);

/* ---- nd ---------------------------------------------------------------------------------- */

struct fake_nd {
	struct nd_scan_head head;
	struct mhp_region regions[4];
	struct mhp_namespace namespaces[8];
};

int fake_nd_load(int fd, struct fake_nd *nd);
int fake_nd_store(int fd, const struct fake_nd *nd);
