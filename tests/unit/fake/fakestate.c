/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of a whole dax device as in 7.3 (drivers/dax/kmem.c:state_store). */
#include "lib/base/error.h"
#include "lib/sys/root.h"
#include "tests/unit/fake/fakekernel.h"
#include "tests/unit/fake/tree.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY	  "sys/devices/system/memory"
#define DEVICES	  "sys/bus/dax/devices"
#define BOTH_ENDS "Normal Movable"

/* A write in progress. */
struct change {
	const char *word;
	int node;
	uint64_t last; /* the last block that it has taken offline */
	bool any;
};

static int get(int fd, uint64_t id, const char *file, char *buf, size_t size)
{
	ROOT_PATH(path, MEMORY "/memory%" PRIu64 "/%s", id, file);

	return tree_get(fd, path, buf, size);
}

/* An answer that a test set for a block applies here too. */
static bool find_answer(int fd, uint64_t id, const char *word, int *rc)
{
	struct fake_answer answer = { 0 };

	ROOT_PATH(path, MEMORY "/memory%" PRIu64 "/state", id);
	return fake_answer_act(fd, path, word, &answer, rc);
}

static int offline_one(int fd, uint64_t id, void *data)
{
	struct change *change = data;
	char state[32], zones[64];
	int rc = 0;

	if (get(fd, id, "state", state, sizeof(state)) < 0 || strcmp(state, "offline") == 0)
		return 0;
	if (get(fd, id, "valid_zones", zones, sizeof(zones)) < 0 || strcmp(zones, "Movable") != 0)
		return -EBUSY;
	if (find_answer(fd, id, "offline", &rc))
		return rc;
	fake_block_set(fd, id, "offline", "Movable"); /* differs from blocks offline before */
	change->last = id;
	change->any = true;
	return 0;
}

/* Restores blocks that this write took offline, except one with a failing answer for online. */
static int restore_block(int fd, uint64_t id, void *data)
{
	char zones[64], state[32];
	int rc = 0;

	(void)data;
	if (get(fd, id, "state", state, sizeof(state)) == 0 && strcmp(state, "offline") == 0 &&
	    get(fd, id, "valid_zones", zones, sizeof(zones)) == 0 &&
	    strcmp(zones, "Movable") == 0) {
		if (find_answer(fd, id, "online", &rc))
			return fake_block_set(fd, id, "offline", BOTH_ENDS);
		return fake_block_set(fd, id, "online", "Movable");
	}
	return 0;
}

static int remove_one(int fd, uint64_t id, void *data)
{
	(void)data;
	fake_block_remove(fd, id);
	return 0;
}

static int unplug(int fd, const char *name)
{
	struct change change = { .word = "offline" };
	int rc = fake_dax_each_block(fd, name, offline_one, &change);

	if (rc < 0)
		fake_dax_each_block(fd, name, restore_block, &change);
	else
		fake_dax_each_block(fd, name, remove_one, NULL);
	return rc;
}

/* A block with the answer "ok" is not added. */
static int add_one(int fd, uint64_t id, void *data)
{
	const struct change *change = data;
	int rc = 0;

	if (find_answer(fd, id, change->word, &rc))
		return rc == 0 ? 0 : fake_block_add(fd, id, "offline", BOTH_ENDS, change->node);
	return fake_block_add(fd, id, "online",
			      strcmp(change->word, "online_movable") == 0 ? "Movable" : "Normal",
			      change->node);
}

static int plug(int fd, const char *name, const char *word)
{
	struct change change = { .word = word };
	char text[16];

	ROOT_PATH(path, DEVICES "/%s/target_node", name);
	if (tree_get(fd, path, text, sizeof(text)) < 0)
		return -EINVAL;
	change.node = atoi(text);
	fake_dax_each_block(fd, name, add_one, &change);
	return 0; /* even if blocks failed */
}

int fake_state_write(int fd, const char *name, const char *word)
{
	char state[32];
	int rc;

	ROOT_PATH(path, DEVICES "/%s/state", name);
	rc = tree_get(fd, path, state, sizeof(state));
	if (rc < 0)
		return rc;
	if (strcmp(word, "unplugged") != 0 && strcmp(word, "online") != 0 &&
	    strcmp(word, "online_movable") != 0 && strcmp(word, "online_kernel") != 0)
		return -EINVAL;
	if (strcmp(word, state) == 0)
		return 0;
	if (strcmp(word, "unplugged") != 0 && strcmp(state, "unplugged") != 0)
		return -EBUSY;
	rc = strcmp(word, "unplugged") == 0 ? unplug(fd, name) : plug(fd, name, word);
	return rc < 0 ? rc : tree_put(fd, path, "%s\n", word);
}

void fake_state_bind(int fd, const char *name, bool bound)
{
	const struct root sys = { .root_fd = fd };
	char policy[32];

	ROOT_PATH(path, DEVICES "/%s/state", name);
	if (!bound)
		tree_remove(fd, path);
	else if (root_exists(&sys, FAKE_HAS_STATES) > 0 &&
		 tree_get(fd, MEMORY "/auto_online_blocks", policy, sizeof(policy)) == 0)
		tree_put(fd, path, "%s\n", policy);
}
