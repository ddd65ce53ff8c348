/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/fake/scene.h"
#include "lib/base/error.h"
#include "tests/unit/fake/fakeclock.h"
#include "tests/unit/fake/fakedrain.h"
#include "tests/unit/fake/shown.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MEMORY	"sys/devices/system/memory"
#define STATE	"sys/bus/dax/devices/dax0.0/state"
#define DEVICES 4 /* of a region, at most */

/* ---- machines ---------------------------------------------------------------------------- */

static void empty_region(struct fakesys *fs)
{
	const struct mhp_region region = fakesys_region0();

	fakesys_region(fs, &region);
}

static void raw_region(struct fakesys *fs)
{
	struct mhp_region region = fakesys_region0();

	region.has_labels = false;
	fakesys_region(fs, &region);
	fakesys_raw_namespace(fs, "region0", MHP_CONTENT_ZERO);
}

static void disabled_region(struct fakesys *fs)
{
	struct mhp_region region = fakesys_region0();

	region.is_enabled = false;
	fakesys_region(fs, &region);
}

static void without_modules(struct fakesys *fs)
{
	empty_region(fs);
	assert_int_equal(tree_remove(fs->tree.fd, "sys/bus/dax/drivers/kmem"), 0);
}

static void one_disabled(struct fakesys *fs)
{
	fakesys_disabled(fs, 0, MHP_NAMESPACE_DEVDAX);
}

static void two_disabled(struct fakesys *fs)
{
	fakesys_disabled(fs, 0, MHP_NAMESPACE_DEVDAX);
	fakesys_disabled(fs, 1, MHP_NAMESPACE_DEVDAX);
}

static void devdax(struct fakesys *fs)
{
	fakesys_dax0(fs, "device_dax");
}

static void unbound_with_onliner(struct fakesys *fs)
{
	fakesys_dax0(fs, "");
	fakesys_onliner(fs);
}

static void with_blocks(struct fakesys *fs)
{
	fakesys_dax0(fs, "kmem");
}

static void in_another_zone(struct fakesys *fs)
{
	fakesys_online_dax0(fs);
	fakesys_blocks(fs, FIRST_BLOCK, FIRST_BLOCK, "online", "Normal", 2);
	fakesys_blocks(fs, 40, 41, "online", "Normal", 2);
}

/* The kernel shows the pages of the blocks: all are free. */
static void online_with_pages(struct fakesys *fs)
{
	const off_t pages = (LAST_BLOCK + 1) * (FAKE_BLOCK_SIZE / 4096);
	cleanup_close int fd = -1;

	fakesys_online_dax0(fs);
	fd = openat(fs->tree.fd, "proc/kpageflags", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, pages * (off_t)sizeof(uint64_t)), 0);
}

static void with_states(struct fakesys *fs)
{
	fakesys_put(fs, FAKE_HAS_STATES, "\n");
	fakesys_dax0(fs, "kmem");
	fakesys_put(fs, STATE, "offline\n");
}

/*
 * A drain of 40 MiB clean cache and 20 MiB anonymous memory into 8 MiB of space: swap is there, and
 * huge pages find no room in one piece.
 */
static void to_drain(struct fakesys *fs)
{
	uint64_t inode;

	fakedrain_add(fs, 8);
	inode = fakedrain_cgroup(fs, "/db");
	fakedrain_swap(fs, 1024, 1024);
	fakedrain_pages(fs, 40, 0, 40 * 256, FAKE_CLEAN, 0);
	fakedrain_pages(fs, 41, 0, 20 * 256, FAKE_THP, inode);
}

static void unplugged(struct fakesys *fs)
{
	with_states(fs);
	fakesys_put(fs, STATE, "unplugged\n");
	for (uint64_t id = FIRST_BLOCK; id <= LAST_BLOCK; id++)
		assert_int_equal(fake_block_remove(fs->tree.fd, id), 0);
}

static void online_with_state(struct fakesys *fs)
{
	fakesys_put(fs, FAKE_HAS_STATES, "\n");
	fakesys_online_dax0(fs);
	fakesys_put(fs, STATE, "online_movable\n");
}

/* The region has 15 blocks. */
static void part_of_region(struct fakesys *fs)
{
	fakesys_dax_region0(fs, 7 * FAKE_BLOCK_SIZE, "device_dax");
}

static void empty_dax_region(struct fakesys *fs)
{
	fakesys_dax_region0(fs, 0, "");
}

static void two_parts(struct fakesys *fs)
{
	fakesys_dax_region0(fs, 7 * FAKE_BLOCK_SIZE, "device_dax");
	fakesys_dax_part(fs, "dax0.1", 7, 8, "device_dax");
}

static void part_as_memory(struct fakesys *fs)
{
	fakesys_dax_region0(fs, 7 * FAKE_BLOCK_SIZE, "");
	fakesys_dax_part(fs, "dax0.1", 7, 8, "kmem");
	fakesys_blocks(fs, 40, 47, "online", "Movable", 2);
}

/* The hole before dax0.1 is lower than the one behind it. */
static void part_in_the_middle(struct fakesys *fs)
{
	fakesys_dax_region0(fs, 0, "");
	fakesys_dax_part(fs, "dax0.1", 4, 2, "device_dax");
}

static void cxl_idle(struct fakesys *fs)
{
	fakesys_cxl(fs);
	fakesys_cxl_region(fs, 1ULL << 30, "mem0");
	fake_dax_unbind(fs->tree.fd, "dax0.0");
}

static void cxl_memory(struct fakesys *fs)
{
	fakesys_cxl(fs);
	fakesys_cxl_region(fs, 1ULL << 30, "mem0");
	fakesys_blocks(fs, CXL_FIRST, CXL_FIRST + CXL_BLOCKS - 1, "online", "Movable", 2);
}

static void cxl_disabled(struct fakesys *fs)
{
	fakesys_cxl(fs);
	assert_int_equal(fakecxl_write(fs->tree.fd, "sys/bus/cxl/drivers/cxl_mem/unbind", "mem0"),
			 0);
}

/* ---- scenes ------------------------------------------------------------------------------ */

static const struct scene scenes[] = {
	{ "online of a region", MHP_VERB_ONLINE, "region0", GOAL_ONLINE, empty_region,
	  .can_undo = true },
	{ "online of a raw region", MHP_VERB_ONLINE, "region0", GOAL_ONLINE, raw_region,
	  .can_undo = true },
	{ "online with new labels", MHP_VERB_ONLINE, "region0", GOAL_ONLINE, raw_region,
	  .init_labels = true, .can_undo = true },
	{ "online of a disabled region", MHP_VERB_ONLINE, "region0", GOAL_ONLINE, disabled_region,
	  .can_undo = true },
	{ "online without the module", MHP_VERB_ONLINE, "region0", GOAL_ONLINE, without_modules,
	  .can_undo = true },
	{ "online of a disabled namespace", MHP_VERB_ONLINE, "namespace0.0", GOAL_ONLINE,
	  one_disabled, .can_undo = true },
	{ "online of devdax", MHP_VERB_ONLINE, "dax0.0", GOAL_ONLINE, devdax, .can_undo = true },
	{ "online beside a rule", MHP_VERB_ONLINE, "dax0.0", GOAL_ONLINE, unbound_with_onliner,
	  .can_undo = true },
	{ "online of blocks of a device", MHP_VERB_ONLINE, "dax0.0", GOAL_ONLINE, with_blocks,
	  .can_undo = true },
	{ "online of named blocks", MHP_VERB_ONLINE, "memory33-47", GOAL_ONLINE, with_blocks,
	  .can_undo = true },
	{ "online by the state", MHP_VERB_ONLINE, "dax0.0", GOAL_ONLINE, unplugged,
	  .can_undo = true },
	{ "online by the state, offline before", MHP_VERB_ONLINE, "dax0.0", GOAL_ONLINE,
	  with_states, .can_undo = true },
	{ "online in another zone", MHP_VERB_ONLINE, "dax0.0", GOAL_ONLINE, in_another_zone,
	  .kept = NR_BLOCKS - 1, .can_undo = true },
	{ "offline of a device", MHP_VERB_OFFLINE, "dax0.0", GOAL_OFFLINE, fakesys_online_dax0,
	  .can_undo = true },
	{ "offline of one block", MHP_VERB_OFFLINE, "memory40", GOAL_ONE_LESS, fakesys_online_dax0,
	  .can_undo = true },
	{ "offline by the state", MHP_VERB_OFFLINE, "dax0.0", GOAL_OFFLINE, online_with_state,
	  .can_undo = true },
	{ "offline with a drain", MHP_VERB_OFFLINE, "dax0.0", GOAL_OFFLINE, to_drain,
	  .can_undo = true, .drain = true },
	{ "remove", MHP_VERB_REMOVE, "dax0.0", GOAL_DEVDAX, fakesys_online_dax0, .can_undo = true },
	{ "remove by the state", MHP_VERB_REMOVE, "dax0.0", GOAL_DEVDAX, online_with_state,
	  .can_undo = true },
	{ "remove and destroy", MHP_VERB_REMOVE, "region0", GOAL_DESTROYED, fakesys_online_dax0,
	  .destroy = true, .can_undo = true },
	{ "create", MHP_VERB_CREATE, "region0", GOAL_ENABLED, empty_region, .can_undo = false },
	{ "create with new labels", MHP_VERB_CREATE, "region0", GOAL_ENABLED, raw_region,
	  .init_labels = true },
	{ "destroy", MHP_VERB_DESTROY, "namespace0.0", GOAL_DESTROYED, devdax, .can_undo = false },
	{ "init", MHP_VERB_INIT, "namespace0.0 namespace1.0", GOAL_ENABLED, two_disabled,
	  .can_undo = true },
	{ "create on a dax region", MHP_VERB_CREATE, "dax_region0", GOAL_PART, part_of_region,
	  .can_undo = true, .part = "dax0.1", .first = 7 },
	{ "create on an empty dax region", MHP_VERB_CREATE, "dax_region0", GOAL_PART,
	  empty_dax_region, .can_undo = true, .blocks = 4, .part = "dax0.0" },
	{ "resize, grow", MHP_VERB_RESIZE, "dax0.0", GOAL_PART, part_of_region, .can_undo = true,
	  .blocks = 12, .part = "dax0.0" },
	{ "resize, grow into the hole behind", MHP_VERB_RESIZE, "dax0.1", GOAL_PART,
	  part_in_the_middle, .can_undo = true, .blocks = 8, .part = "dax0.1", .first = 4 },
	{ "resize, shrink", MHP_VERB_RESIZE, "dax0.0", GOAL_PART, part_of_region, .can_undo = true,
	  .blocks = 3, .part = "dax0.0" },
	{ "online of a part", MHP_VERB_ONLINE, "dax_region0", GOAL_PART_ONLINE, part_of_region,
	  .can_undo = true, .blocks = 8 },
	{ "destroy of a part", MHP_VERB_DESTROY, "dax0.1", GOAL_NO_PART, two_parts,
	  .can_undo = true },
	{ "remove and destroy a part", MHP_VERB_REMOVE, "dax0.1", GOAL_NO_PART, part_as_memory,
	  .destroy = true, .can_undo = true },
	{ "online of a CXL card", MHP_VERB_ONLINE, "mem0", GOAL_CXL_ONLINE, fakesys_cxl,
	  .can_undo = true },
	{ "online of two CXL cards", MHP_VERB_ONLINE, "mem0 mem1", GOAL_CXL_ONLINE, fakesys_cxl,
	  .can_undo = true, .interleave = true },
	{ "online of a disabled CXL card", MHP_VERB_ONLINE, "mem0", GOAL_CXL_ONLINE, cxl_disabled,
	  .can_undo = false },
	{ "create on a CXL card", MHP_VERB_CREATE, "mem0", GOAL_CXL_DEVDAX, fakesys_cxl,
	  .can_undo = true },
	{ "remove and destroy CXL", MHP_VERB_REMOVE, "mem0", GOAL_CXL_BARE, cxl_memory,
	  .destroy = true },
	{ "destroy of a CXL region", MHP_VERB_DESTROY, "cxl/region0", GOAL_CXL_BARE, cxl_idle,
	  .can_undo = false },
	{ "offline of a size", MHP_VERB_OFFLINE, "node2", GOAL_DIFFERENCE, online_with_pages,
	  .can_undo = true, .chosen = 4 },
	{ "resize to less online", MHP_VERB_RESIZE, "dax0.0", GOAL_SIZE, online_with_pages,
	  .can_undo = true, .chosen = 11 },
	{ "resize to more online", MHP_VERB_RESIZE, "node2", GOAL_SIZE, with_blocks,
	  .can_undo = true, .chosen = 4 },
	{ "apply", MHP_VERB_ONLINE, "", GOAL_ONLINE, devdax,
	  .policy = "[memory zero]\nmatch.device = dax0.0\n" },
};

size_t scene_count(void)
{
	return ARRAY_SIZE(scenes);
}

const struct scene *scene_get(size_t index)
{
	return &scenes[index];
}

/* ---- goals ------------------------------------------------------------------------------- */

static bool has_device(int fd, unsigned region)
{
	const struct root sys = { .root_fd = fd };
	char driver[MHP_NAME_MAX];

	for (unsigned y = 0; y < DEVICES; y++) {
		ROOT_PATH(link, "sys/bus/dax/devices/dax%u.%u/driver", region, y);
		if (root_link_name(&sys, link, driver, sizeof(driver)) == 0 &&
		    strcmp(driver, "device_dax") == 0)
			return true;
	}
	return false;
}

static bool all_enabled(int fd, bool labels)
{
	struct fake_nd nd;

	if (fake_nd_load(fd, &nd) < 0 || !nd.head.nr_namespaces)
		return false;
	for (size_t i = 0; i < nd.head.nr_namespaces; i++)
		if (!nd.namespaces[i].is_enabled || nd.namespaces[i].mode != MHP_NAMESPACE_DEVDAX ||
		    !has_device(fd, (unsigned)i) || (labels && !nd.regions[0].has_labels))
			return false;
	return true;
}

/* Returns whether the device has the memory of the goal, and is bound to device_dax. */
static bool has_part(struct play *play)
{
	const struct scene *scene = play->scene;
	uint64_t blocks = scene->blocks ? scene->blocks : 8;
	char text[256];

	str_format(text, "%s device_dax  %llu 0x%llx-", scene->part, blocks * FAKE_BLOCK_SIZE,
		   REGION_START + scene->first * FAKE_BLOCK_SIZE);
	return strstr(play->after, text) != NULL;
}

/* Returns whether a CXL region is enabled, and its device bound to device_dax. */
static bool has_cxl_device(struct play *play)
{
	char region[32], device[16];

	for (unsigned n = 0; n < 8; n++) { /* the first names may be taken */
		str_format(region, "cxl_region region%u ", n);
		str_format(device, "dax%u.0", n);
		if (strstr(play->after, region))
			return strcmp(fakesys_driver(play->fs, device), "device_dax") == 0;
	}
	return false;
}

/* Returns how many blocks were online before the run. */
static unsigned count_before(const struct play *play)
{
	unsigned nr = 0;
	char text[32];

	for (uint64_t id = FIRST_BLOCK; id <= LAST_BLOCK; id++) {
		str_format(text, "memory%" PRIu64 " online ", id);
		nr += strstr(play->before, text) != NULL;
	}
	return nr;
}

/* Finds the blocks that a scene is about. */
static void range_of(const struct scene *scene, uint64_t *first, uint64_t *last)
{
	*first = FIRST_BLOCK;
	*last = LAST_BLOCK;
	if (scene->goal == GOAL_ONE_LESS) {
		*first = *last = 40;
	} else if (scene->goal == GOAL_NO_PART || scene->goal == GOAL_PART_ONLINE) {
		*first = LAST_BLOCK - 7;
	} else if (scene->goal >= GOAL_CXL_ONLINE && scene->goal <= GOAL_CXL_BARE) {
		*first = scene->interleave ? CXL_BOTH : CXL_FIRST;
		*last = *first + (scene->interleave ? 2 : 1) * CXL_BLOCKS - 1;
	}
}

static bool is_reached(struct play *play)
{
	int fd = play->fs->tree.fd;
	struct fake_nd nd;
	uint64_t first, last;

	range_of(play->scene, &first, &last);

	switch (play->scene->goal) {
	case GOAL_ONLINE:
		return shown_count(fd, FIRST_BLOCK, LAST_BLOCK, "online", "Movable") == NR_BLOCKS;
	case GOAL_OFFLINE:
		return !shown_count(fd, FIRST_BLOCK, LAST_BLOCK, "online", NULL);
	case GOAL_ONE_LESS:
		return shown_block_is(fd, 40, "offline", NULL);
	case GOAL_DEVDAX:
		return shown_count(fd, FIRST_BLOCK, LAST_BLOCK, "missing", NULL) == NR_BLOCKS &&
		       strcmp(fakesys_driver(play->fs, "dax0.0"), "device_dax") == 0;
	case GOAL_DESTROYED:
		return fake_nd_load(fd, &nd) == 0 && !nd.head.nr_namespaces &&
		       !strstr(play->after, "dax0.0");
	case GOAL_PART:
		return has_part(play);
	case GOAL_NO_PART:
		return !strstr(play->after, "dax0.1") &&
		       strcmp(fakesys_get(play->fs,
					  "sys/devices/platform/hmem.0/dax_region/available_size"),
			      "1073741824") == 0;
	case GOAL_PART_ONLINE:
		return shown_count(fd, LAST_BLOCK - 7, LAST_BLOCK, "online", "Movable") == 8;
	case GOAL_CXL_ONLINE:
		return shown_count(fd, first, last, "online", "Movable") == last - first + 1;
	case GOAL_CXL_DEVDAX:
		return has_cxl_device(play);
	case GOAL_CXL_BARE:
		return !strstr(play->after, "region0 ") && !strstr(play->after, "dpa_size=0x4");
	case GOAL_ENABLED:
		return all_enabled(fd, play->scene->init_labels);
	case GOAL_SIZE:
		return shown_count(fd, first, last, "online", "Movable") == play->scene->chosen;
	case GOAL_DIFFERENCE:
		return shown_count(fd, first, last, "online", NULL) + play->scene->chosen ==
		       count_before(play);
	}
	return false;
}

/* ---- runs -------------------------------------------------------------------------------- */

static void begin_trial(struct play *play)
{
	const struct scene *scene = play->scene;

	trial_begin(&play->t, play->fs, scene->verb, scene->targets);
	play->t.request.destroy = scene->destroy;
	play->t.request.drain_ms = scene->drain ? 30000 : 0;
	play->t.request.bytes = scene->blocks * FAKE_BLOCK_SIZE;
	play->t.request.choose_bytes = scene->chosen * FAKE_BLOCK_SIZE;
	play->t.request.keep_bytes = scene->kept * FAKE_BLOCK_SIZE;
	play->t.request.init_labels = scene->init_labels;
	play->t.options.roll_back = play->rollback;
	play->t.request.interleave = play->scene->interleave;
	play->t.options.max_parallel = 1; /* so that calls come in one order */
	play->t.agrees = true;
	play->t.act = play->act;
	play->t.act_at = play->act_at;
}

void play_begin(struct play *play, const struct scene *scene, bool rollback)
{
	*play = (struct play){ .scene = scene, .rollback = rollback, .fs = fakesys_new() };
	scene->machine(play->fs);
	shown_read(play->fs->tree.fd, play->before, sizeof(play->before));
	remains_read(&play->remains, play->fs->tree.fd);
}

static void run_policy(struct play *play)
{
	struct mhp_policy *policy = NULL;
	struct trial *t = &play->t;

	assert_int_equal(mhp_policy_parse(play->scene->policy, "x.conf", &policy, NULL), 0);
	t->options.data = t;
	t->rc = mhp_policy_run(t->fs->ctx, policy, false, &t->options, &t->result, &t->err);
	mhp_policy_free(policy);
}

void play_look(struct play *play)
{
	shown_read(play->fs->tree.fd, play->after, sizeof(play->after));
	play->reached = is_reached(play);
}

void play_run(struct play *play)
{
	trial_end(&play->t);
	begin_trial(play);
	if (play->scene->policy)
		run_policy(play);
	else
		trial_go(&play->t);
	play_look(play);
}

void play_show(const struct play *play)
{
	const struct trial *t = &play->t;

	printf("# rc %d %s: %s\n", t->rc, mhp_reason_name(t->err.reason), t->err.message);
	if (t->result)
		printf("# %s, exit code %d, changed %d\n", mhp_status_name(t->result->status),
		       t->result->exit_code, t->result->has_changes);
	for (size_t i = 0; t->result && i < t->result->nr_failures; i++)
		printf("#   %s: %s (%s, errno %d)\n", mhp_result_failure(t->result, i)->target,
		       mhp_result_failure(t->result, i)->error.message,
		       mhp_reason_name(mhp_result_failure(t->result, i)->error.reason),
		       mhp_result_failure(t->result, i)->error.errnum);
	printf("events:\n%swarnings:\n%sbefore:\n%safter:\n%s", t->events, t->warnings,
	       play->before, play->after);
}

void play_end(struct play *play)
{
	trial_end(&play->t);
	fakesys_free(play->fs);
	play->fs = NULL;
}

/* ---- the judge --------------------------------------------------------------------------- */

static const int exit_codes[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 64, 130 };

static bool is_documented(int code)
{
	for (size_t i = 0; i < ARRAY_SIZE(exit_codes); i++)
		if (exit_codes[i] == code)
			return true;
	return false;
}

/*
 * An error needs a reason and a text, and names the machine's errno unless its reason is more
 * specific.
 */
static const char *judge_error(const struct mhp_error *err, const char *words,
			       const struct disturbance *d)
{
	if (err->reason == MHP_REASON_NONE)
		return "a failure without a reason";
	if (!*err->message)
		return "a failure without a message";
	if (!is_documented(mhp_reason_exit_code(err->reason)))
		return "a reason without an exit code";
	if (err->reason == MHP_REASON_KERNEL && !err->errnum && !*words)
		return "reason kernel without an errno or the kernel's words";
	(void)d;
	return "";
}

static const char *judge_refused(const struct play *play, const struct disturbance *d)
{
	if (play->t.result)
		return "refused, with a result";
	if (strcmp(play->before, play->after) != 0)
		return "\"nothing was started\", and the machine has changed";
	return judge_error(&play->t.err, "", d);
}

static const char *judge_failures(const struct play *play, const struct disturbance *d)
{
	const struct mhp_result *result = play->t.result;

	for (size_t i = 0; i < result->nr_failures; i++) {
		const struct mhp_failure *failure = mhp_result_failure(result, i);
		const char *why = judge_error(&failure->error, failure->kernel_reason, d);

		if (*why)
			return why;
	}
	return "";
}

/* A target with a size has the blocks that were changed, and those that failed. */
static const char *judge_chosen(const struct play *play, const struct disturbance *d)
{
	const struct mhp_target_result *target = mhp_result_target(play->t.result, 0);
	unsigned online = shown_count(play->fs->tree.fd, FIRST_BLOCK, LAST_BLOCK, "online", NULL);
	unsigned before = count_before(play);
	unsigned done = online < before ? before - online : online - before;

	if (target->status == MHP_STATUS_OK && !play->reached)
		return "target ok, and the goal is not reached";
	if (target->blocks_online > online)
		return "wrong number of online blocks";
	if (target->blocks_done > done || (target->blocks_done < done && !d->is_blind))
		return "wrong number of blocks in the wanted state";
	return "";
}

static const char *judge_target(const struct play *play, const struct disturbance *d)
{
	const struct mhp_target_result *target = mhp_result_target(play->t.result, 0);
	int fd = play->fs->tree.fd;
	unsigned online, movable, done;
	uint64_t first, last;

	if (play->scene->chosen)
		return judge_chosen(play, d);
	range_of(play->scene, &first, &last);
	online = shown_count(fd, first, last, "online", NULL);
	if (online < play->scene->kept)
		return "less memory is online than was to be kept";
	movable = shown_count(fd, first, last, "online", "Movable");
	done = play->scene->verb == MHP_VERB_ONLINE ? movable
						    : (unsigned)(last - first) + 1 - online;
	if (target->status == MHP_STATUS_OK && !play->reached && play->t.result->nr_targets == 1)
		return "target ok, and the goal is not reached";
	if (!target->blocks_total)
		return "";
	if (target->blocks_online > online || (target->blocks_online < online && !d->is_blind))
		return "wrong number of online blocks";
	if (target->blocks_done > done || (target->blocks_done < done && !d->is_blind))
		return "wrong number of blocks in the wanted state";
	return "";
}

static const char *judge_result(const struct play *play, const struct disturbance *d)
{
	const struct mhp_result *result = play->t.result;
	const bool changed = strcmp(play->before, play->after) != 0;
	const bool ok = result->status == MHP_STATUS_OK;

	if (!is_documented(result->exit_code))
		return "an exit code that is not documented";
	if (ok != (result->exit_code == 0) || (ok && result->nr_failures) ||
	    (!ok && !result->nr_failures && result->status != MHP_STATUS_INTERRUPTED))
		return "status, exit code and failures differ";
	if (ok && !play->reached)
		return "ok, and the goal is not reached";
	if (changed && !result->has_changes)
		return "the machine has changed, and the result says it has not";
	if (!changed && result->has_changes && !d->is_unclear)
		return "nothing has changed, and the result says it has";
	if (result->status == MHP_STATUS_ROLLED_BACK && changed)
		return "rolled back, and the machine has changed";
	return judge_failures(play, d);
}

/* A changed setting needs its journal and a word about it; the journal needs a changed setting. */
static const char *judge_settings(struct play *play, const struct disturbance *d)
{
	static const struct {
		const char *path, *value, *journal;
	} settings[] = {
		{ "sys/bus/dax/drivers_autoprobe", "1", "run/mhpctl/restore.dax-autoprobe" },
		{ "sys/bus/nd/drivers_autoprobe", "1", "run/mhpctl/restore.nd-autoprobe" },
		{ MEMORY "/auto_online_blocks", "offline", "run/mhpctl/restore.auto-online" },
		{ FAKE_DEMOTION, "true", "run/mhpctl/restore.demotion" },
	};
	const struct root sys = { .root_fd = play->fs->tree.fd };

	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		bool changed =
			root_seems(&sys, settings[i].path) &&
			strcmp(fakesys_get(play->fs, settings[i].path), settings[i].value) != 0;
		bool journal = root_seems(&sys, settings[i].journal);

		if (changed && !journal)
			return "a setting stays changed without a journal";
		if ((changed || journal) && !d->is_setting)
			return "a setting stays changed";
		if (changed && !*play->t.warnings &&
		    (!play->t.result || !play->t.result->nr_failures))
			return "a setting stays changed without a word";
	}
	return "";
}

static const char *judge_remains(struct play *play, const struct disturbance *d)
{
	static char text[1024];
	struct remains after;

	remains_read(&after, play->fs->tree.fd);
	if (d->is_stuck)
		after.children = play->remains.children;
	remains_compare(&play->remains, &after, text, sizeof(text));
	return text;
}

const char *play_judge(struct play *play, const struct disturbance *d)
{
	const char *why;

	if (play->t.rc < 0)
		why = judge_refused(play, d);
	else
		why = judge_result(play, d);
	if (!*why && play->t.rc == 0 && play->t.result->nr_targets)
		why = judge_target(play, d);
	if (!*why)
		why = judge_settings(play, d);
	return *why ? why : judge_remains(play, d);
}

const char *play_judge_again(struct play *play)
{
	const struct disturbance none = { 0 };
	bool was_reached = play->reached;

	tree_remove(play->fs->tree.fd, "answers");
	remains_read(&play->remains, play->fs->tree.fd);
	shown_read(play->fs->tree.fd, play->before, sizeof(play->before));
	play_run(play);
	if (play->t.rc < 0 && was_reached &&
	    (play->scene->verb == MHP_VERB_CREATE || play->scene->goal == GOAL_DESTROYED ||
	     play->scene->goal == GOAL_NO_PART || play->scene->goal == GOAL_CXL_BARE))
		return ""; /* there is nothing more to create or to destroy */
	if (play->t.rc < 0)
		return "the next run is refused";
	if (play->t.result->exit_code != 0)
		return "the next run fails";
	return play_judge(play, &none);
}
