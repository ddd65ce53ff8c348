/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Failures reported before a job starts. */
#include "lib/base/error.h"
#include "lib/model/topology.h"
#include "lib/sys/lock.h"
#include "tests/unit/fake/trial.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>

static int check_request(struct trial *t, struct fakesys *fs, enum mhp_verb verb,
			 const char *target, uint64_t wait_ms)
{
	trial_begin(t, fs, verb, target);
	t->request.targets = t->targets;
	t->options.data = t;
	t->options.wait_ms = wait_ms;
	t->agrees = true;
	return mhp_run_check(fs->ctx, &t->request, &t->options, &t->err);
}

/* Asks while another process has locked all memory. */
static int ask_meanwhile(struct trial *t, struct fakesys *fs, uint64_t wait_ms)
{
	int ready[2], done[2], rc;
	pid_t pid, holder;
	char byte;

	assert_int_equal(tree_folder(fs->tree.fd, "run"), 0);
	assert_int_equal(pipe(ready) | pipe(done), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		int fd = lock_open(fs->ctx, LOCK_MEMORY, NULL);

		close(done[1]);
		lock_range(fd, (struct mhp_range){ 0, UINT64_MAX }, &holder);
		if (write(ready[1], "x", 1) == 1 && read(done[0], &byte, 1) == 0)
			_exit(0);
		_exit(1);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	rc = check_request(t, fs, MHP_VERB_OFFLINE, "dax0.0", wait_ms);
	close(done[1]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(done[0]);
	close(ready[0]);
	close(ready[1]);
	return rc;
}

static void there_is_something_to_do(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	assert_int_equal(check_request(&t, fs, MHP_VERB_OFFLINE, "dax0.0", 0), 1);
	assert_int_equal(fakesys_writes(fs, "state="), 0);
	assert_non_null(strstr(t.events, "plan"));
	assert_int_equal(check_request(&t, fs, MHP_VERB_OFFLINE, "dax0.0", 0),
			 1); /* the lock was released */
}

static void all_is_so_already(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	assert_int_equal(check_request(&t, fs, MHP_VERB_ONLINE, "dax0.0", 0), 0);
}

static void no_such_target(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	assert_true(check_request(&t, fs, MHP_VERB_ONLINE, "dax7.0", 0) < 0);
	assert_int_equal(t.err.reason, MHP_REASON_NO_SUCH_TARGET);
}

static void nobody_is_asked(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };
	struct mhp_region region = fakesys_region0();

	region.has_labels = false;
	fakesys_region(fs, &region);
	fakesys_raw_namespace(fs, "region0", MHP_CONTENT_DATA);
	assert_true(check_request(&t, fs, MHP_VERB_ONLINE, "region0", 0) < 0);
	assert_int_equal(t.err.reason, MHP_REASON_NEEDS_CONSENT);
	assert_int_equal(t.asked, 0);
}

static void another_holds_it(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	assert_int_equal(ask_meanwhile(&t, fs, 0), -EAGAIN);
	assert_int_equal(t.err.reason, MHP_REASON_LOCK_HELD);
	assert_int_equal(ask_meanwhile(&t, fs, 1000), 1); /* the job waits instead */
}

/* ---- whose content is read --------------------------------------------------------------- */

static void three_namespaces(struct fakesys *fs)
{
	struct mhp_region region = fakesys_region0();

	fakesys_dax0(fs, "device_dax"); /* namespace0.0 */
	for (unsigned n = 1; n <= 2; n++) {
		char name[MHP_NAME_MAX];

		str_format(name, "region%u", n);
		str_copy(region.name, name);
		region.start += region.size;
		region.has_labels = false;
		fakesys_region(fs, &region);
		fakesys_raw_namespace(fs, name, MHP_CONTENT_DATA);
	}
}

static void only_of_what_could_be_lost(void **state)
{
	static const struct {
		enum mhp_verb verb;
		const char *target;
		unsigned looks[3];
	} cases[] = {
		{ MHP_VERB_ONLINE, "dax0.0", { 1, 0, 0 } },
		{ MHP_VERB_DESTROY, "namespace0.0", { 1, 0, 0 } },
		{ MHP_VERB_ONLINE, "region1", { 0, 1, 0 } },
		{ MHP_VERB_CREATE, "region2", { 0, 0, 1 } },
		{ MHP_VERB_DESTROY, "all", { 1, 0, 0 } },
		{ MHP_VERB_OFFLINE, "dax0.0", { 0, 0, 0 } },
		{ MHP_VERB_REMOVE, "dax0.0", { 0, 0, 0 } },
		{ MHP_VERB_INIT, "all", { 0, 0, 0 } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_fakesys struct fakesys *fs = fakesys_new();
		cleanup_trial struct trial t = { 0 };

		three_namespaces(fs);
		check_request(&t, fs, cases[i].verb, cases[i].target, 0);
		for (unsigned n = 0; n < 3; n++) {
			char line[64];

			str_format(line, "nd/look=namespace%u.0", n);
			assert_int_equal(fakesys_writes(fs, line), cases[i].looks[n]);
		}
	}
}

/* A scan of everything reads the content of every namespace. */
static void a_whole_scan_reads_all(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_topology *topo = NULL;

	three_namespaces(fs);
	assert_int_equal(mhp_topology_scan(fs->ctx, 0, &topo, NULL), 0);
	assert_int_equal(fakesys_writes(fs, "nd/look="), 0);
	mhp_topology_free(topo);
	assert_int_equal(mhp_topology_scan(fs->ctx, MHP_SCAN_CONTENT, &topo, NULL), 0);
	assert_int_equal(fakesys_writes(fs, "nd/look="), 3);
	mhp_topology_free(topo);
}

/* If the read fails, or its process dies, the question says that the content is unknown. */
static void what_cannot_be_read_asks(void **state)
{
	static const char *const answers[] = { "errno 5", "die" };

	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		cleanup_fakesys struct fakesys *fs = fakesys_new();
		cleanup_trial struct trial t = { 0 };

		three_namespaces(fs); /* it is zero, but cannot be read */
		fakesys_answer(fs, 1, "nd/look", "namespace0.0", answers[i]);
		assert_true(check_request(&t, fs, MHP_VERB_ONLINE, "dax0.0", 0) < 0);
		assert_int_equal(t.err.reason, MHP_REASON_NEEDS_CONSENT);
		assert_non_null(strstr(t.err.message, "not known"));
		assert_int_equal(fakesys_writes(fs, "dax0.0"), 0);
	}
}

/* Nothing is read or changed for a caller with an invalid struct. */
static void a_struct_without_a_size(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *topo = NULL;
	const char *target = "dax0.0";
	struct mhp_request good = MHP_REQUEST_INIT(.targets = &target, .nr_targets = 1);
	struct mhp_run_options good_options = MHP_RUN_OPTIONS_INIT();
	struct mhp_request bad = { .targets = &target, .nr_targets = 1 };
	const struct mhp_run_options bad_options = { .timeout_ms = 1 };
	const struct mhp_monitor_options bad_watch = { .timeout_ms = 1 };
	struct mhp_result *result = NULL;
	struct mhp_topology *none = NULL;
	struct mhp_policy *policy = NULL;
	struct mhp_plan *plan = NULL;
	enum mhp_monitor_end end;
	unsigned writes;

	assert_int_equal(mhp_topology_scan(fs->ctx, 0, &topo, NULL), 0);
	writes = fakesys_writes(fs, "");
	assert_int_equal(mhp_plan_new(topo, &bad, &plan, NULL), -EINVAL);
	assert_int_equal(mhp_scan_request(fs->ctx, &bad, &none, NULL), -EINVAL);
	assert_int_equal(mhp_run(fs->ctx, &bad, &good_options, &result, NULL), -EINVAL);
	assert_int_equal(mhp_run(fs->ctx, &good, &bad_options, &result, NULL), -EINVAL);
	assert_int_equal(mhp_run_check(fs->ctx, &bad, &good_options, NULL), -EINVAL);
	assert_int_equal(mhp_run_check(fs->ctx, &good, &bad_options, NULL), -EINVAL);
	assert_int_equal(mhp_monitor(fs->ctx, &bad_watch, &end, NULL), -EINVAL);
	assert_int_equal(mhp_policy_parse("[memory a]\nmatch.dax = dax0.0\n", "x", &policy, NULL),
			 0);
	assert_int_equal(mhp_policy_run(fs->ctx, policy, 0, &bad_options, &result, NULL), -EINVAL);
	mhp_policy_free(policy);
	assert_null(plan);
	assert_null(none);
	assert_null(result);
	assert_int_equal(fakesys_writes(fs, ""), writes); /* the machine was not even read */
}

UNIT_TESTS(cmocka_unit_test(a_struct_without_a_size), cmocka_unit_test(only_of_what_could_be_lost),
	   cmocka_unit_test(a_whole_scan_reads_all), cmocka_unit_test(what_cannot_be_read_asks),
	   cmocka_unit_test(there_is_something_to_do), cmocka_unit_test(all_is_so_already),
	   cmocka_unit_test(no_such_target), cmocka_unit_test(nobody_is_asked),
	   cmocka_unit_test(another_holds_it))
