/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Answers writes and nd tasks as the kernel would, over files below one folder. Both run in a
 * process of their own (lib/sys/child.h), so all that the fake knows lies in that folder too:
 *
 *   answers/PATH=WORD   what to do with a write in place of what the kernel does
 *   writes              every write so far, a line each: "PATH=WORD"
 *   nd                  regions and namespaces (struct fake_nd)
 *
 * Nothing here asserts: an assertion in the other process would run the tests on there.
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

/* ---- blocks and dax devices -------------------------------------------------------------- */

int fake_block_add(int fd, uint64_t id, const char *state, const char *zones, int node);
int fake_block_remove(int fd, uint64_t id);
int fake_block_set(int fd, uint64_t id, const char *state, const char *zones);

/* A device on the dax bus, unbound; a namespace of "" lies under no nvdimm region. */
int fake_dax_add(int fd, const struct mhp_dax *dax);
int fake_dax_remove(int fd, const char *name);

/* What the bus does with a new device: device_dax takes it where autoprobe is on. */
void fake_dax_probe_new(int fd, const char *name);

/* Bind a device to a driver. */
int fake_dax_bind(int fd, const char *name, const char *driver);

/* Call fn for each block of a device, ascending, until it fails. */
typedef int (*fake_block_fn)(int fd, uint64_t id, void *data);
int fake_dax_each_block(int fd, const char *name, fake_block_fn fn, void *data);

/*
 * A kernel that keeps a state of whole devices, as 7.3: with this file, from the bind on. An answer
 * for the state of a block holds for it there as well; with "ok" for an online word it is not
 * added.
 */
#define FAKE_HAS_STATES "has-states"
void fake_state_bind(int fd, const char *name, bool bound);
int fake_state_write(int fd, const char *name, const char *word);

/* The files of a driver of the dax bus, as its module makes them. */
int fake_driver_add(int fd, const char *driver);

/* ---- answers ----------------------------------------------------------------------------- */

/*
 * What a write is answered with, so many times:
 *
 *   errno N             fails
 *   ok                  succeeds and does nothing
 *   slow MS             takes so long, then does what it should
 *   spin                goes on until a signal comes, then EINTR, as an offline that cannot succeed
 *   deaf                waits, whatever signal comes, until it is killed
 *   stuck               not even SIGKILL ends it for its parent
 *   die                 the process is gone
 *   taken STATE ZONES   somebody else has just made the block so: EINVAL
 *   then ID STATE ZONES does what it should, and then block ID is so
 *   lose ID             does what it should, and then there is no block ID
 *
 * log: a file of tests/unit/data with what the kernel prints meanwhile, or "".
 */
struct fake_answer {
	int times;
	char verb[16];
	char arg[64];
	char log[64];
};

int fake_answer_put(int fd, const char *path, const char *word, const struct fake_answer *answer);

/*
 * Act on the answer for a write, if there is one: true when *rc is what it comes to, false when
 * the write goes on as ever. After one that went on, fake_answer_after() does what is left.
 */
bool fake_answer_act(int fd, const char *path, const char *word, struct fake_answer *answer,
		     int *rc);
void fake_answer_after(int fd, const struct fake_answer *answer);

/* Told by an answer to fail: every task asks first, as a write does. */
bool fake_is_told(struct mhp_ctx *ctx, const char *task, const char *name, int *rc,
		  struct mhp_error *err);

/* ---- nd ---------------------------------------------------------------------------------- */

struct fake_nd {
	struct nd_scan_head head;
	struct mhp_region regions[4];
	struct mhp_namespace namespaces[8];
};

int fake_nd_load(int fd, struct fake_nd *nd);
int fake_nd_store(int fd, const struct fake_nd *nd);
