/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A run that reads the machine again, and when it gives up. */
#include "lib/base/error.h"
#include "lib/sys/intentdir.h"
#include "lib/sys/lock.h"
#include "tests/unit/fake/killed.h"
#include "tests/unit/fake/trial.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

struct other {
	struct fakesys *fs;
	unsigned changes; /* number of answers after which the machine changes */
	unsigned asked;
	pid_t holder; /* of the lock; ends when the run waits for it */
};

static bool agree_and_change(const struct mhp_plan *plan, void *data)
{
	struct other *other = data;
	struct fake_nd nd;

	(void)plan;
	if (other->asked++ >= other->changes)
		return true;
	assert_int_equal(fake_nd_load(other->fs->tree.fd, &nd), 0);
	str_format(nd.namespaces[0].uuid, "eeafa2a8-af66-40c0-b975-%012u", other->asked);
	assert_int_equal(fake_nd_store(other->fs->tree.fd, &nd), 0);
	return true;
}

static void end_holder(const struct mhp_event *event, void *data)
{
	const struct other *other = data;

	if (event->type == MHP_EVENT_WAITING && other->holder)
		kill(other->holder, SIGKILL);
}

static void destroy(struct trial *t, struct other *other, uint64_t wait_ms)
{
	const struct mhp_run_options options = {
		.size = sizeof(options),
		.timeout_ms = 5000,
		.wait_ms = wait_ms,
		.event = end_holder,
		.consent = agree_and_change,
		.data = other,
	};

	trial_begin(t, other->fs, MHP_VERB_DESTROY, "namespace0.0");
	t->request.targets = t->targets;
	t->rc = mhp_run(other->fs->ctx, &t->request, &options, &t->result, &t->err);
}

/* The namespace is another after each answer: the run gives up with a stale plan. */
static void another_machine_after_each_answer(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };
	struct other other = { .fs = fs, .changes = 100 };

	fakesys_dax0(fs, "device_dax");
	fakesys_holds(fs, 0, MHP_CONTENT_UNKNOWN);
	destroy(&t, &other, 0);
	trial_check_refused(&t, -ESTALE, MHP_REASON_STALE_PLAN);
	assert_int_equal(mhp_reason_exit_code(t.err.reason), 1);
	assert_int_equal(other.asked, 4);
	assert_int_equal(fakesys_writes(fs, "nd/destroy"), 0);
}

/* A wait for a lock does not count as one of the rounds. */
static void a_wait_and_three_answers(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };
	struct other other = { .fs = fs, .changes = 2 };
	int ready[2];
	char byte;
	pid_t pid;

	fakesys_dax0(fs, "device_dax");
	fakesys_holds(fs, 0, MHP_CONTENT_UNKNOWN);
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		int fd = lock_open(fs->ctx, LOCK_MEMORY, NULL);
		pid_t holder;

		lock_range(fd, (struct mhp_range){ 0, UINT64_MAX }, &holder);
		if (write(ready[1], "x", 1) == 1)
			pause();
		_exit(0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	other.holder = pid;
	destroy(&t, &other, 60000);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	trial_check(&t, MHP_STATUS_OK, 0);
	assert_int_equal(other.asked, 3);
	assert_int_equal(fakesys_writes(fs, "nd/scan"), 6); /* the last one is the final check */
	close(ready[0]);
	close(ready[1]);
}

/* ---- after a killed run ------------------------------------------------------------------ */

static void expect_no_records(struct fakesys *fs)
{
	cleanup_intents struct intents found = { 0 };

	assert_int_equal(intentdir_read(fs->ctx, &found), 0);
	assert_int_equal(found.nr, 0);
}

/* A creation without a name, killed before the info block was written. */
static struct fakesys *killed_half_made(void)
{
	struct fakesys *fs = fakesys_new();
	struct mhp_region region = fakesys_region0();
	struct mhp_namespace *ns;
	struct fake_nd nd;

	region.max_extent_bytes = GIB;
	fakesys_region(fs, &region);
	run_killed(fs, MHP_VERB_CREATE, "region0", MHP_EVENT_STEP_DONE, MHP_STEP_CREATE_NAMESPACE,
		   false);
	assert_int_equal(fake_dax_remove(fs->tree.fd, "dax0.0"), 0);
	assert_int_equal(fake_nd_load(fs->tree.fd, &nd), 0);
	assert_int_equal(nd.head.nr_namespaces, 1);
	ns = &nd.namespaces[0];
	str_copy(ns->id, ns->uuid);
	ns->align = 0;
	assert_int_equal(fake_nd_store(fs->tree.fd, &nd), 0);
	return fs;
}

static void create_again_continues(void **state)
{
	cleanup_fakesys struct fakesys *fs = killed_half_made();
	cleanup_trial struct trial t;
	struct fake_nd before, nd;

	assert_int_equal(fake_nd_load(fs->tree.fd, &before), 0);
	trial_begin(&t, fs, MHP_VERB_CREATE, "region0");
	t.request.bytes = GIB;
	trial_run(&t);
	assert_int_equal(t.result->status, MHP_STATUS_OK);
	assert_int_equal(fake_nd_load(fs->tree.fd, &nd), 0);
	assert_int_equal(nd.head.nr_namespaces, 1);
	assert_string_equal(nd.namespaces[0].uuid, before.namespaces[0].uuid);
	assert_string_equal(fakesys_driver(fs, "dax0.1"), "device_dax");
	expect_no_records(fs);
}

static void create_again_with_another_size(void **state)
{
	cleanup_fakesys struct fakesys *fs = killed_half_made();
	cleanup_trial struct trial t;
	struct fake_nd before, nd;

	assert_int_equal(fake_nd_load(fs->tree.fd, &before), 0);
	trial_begin(&t, fs, MHP_VERB_CREATE, "region0");
	t.request.bytes = GIB / 2;
	trial_run(&t);
	assert_int_equal(t.result->status, MHP_STATUS_OK);
	assert_int_equal(fake_nd_load(fs->tree.fd, &nd), 0);
	assert_int_equal(nd.head.nr_namespaces, 1);
	assert_int_equal(nd.namespaces[0].raw_size, GIB / 2);
	assert_string_not_equal(nd.namespaces[0].uuid, before.namespaces[0].uuid);
	expect_no_records(fs);
}

UNIT_TESTS(cmocka_unit_test(create_again_continues),
	   cmocka_unit_test(create_again_with_another_size),
	   cmocka_unit_test(another_machine_after_each_answer),
	   cmocka_unit_test(a_wait_and_three_answers))
