/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From bare CXL cards to memory and back: runs that succeed, fail, and are killed at each write. */
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/model/topology.h"
#include "tests/unit/fake/cells.h"
#include "tests/unit/fake/killed.h"
#include "tests/unit/fake/trial.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#define CXL	   "sys/bus/cxl/devices"
#define SIZE	   (1ULL << 30)
#define FIRST_0	   (FAKECXL_WINDOW / FAKE_BLOCK_SIZE)		/* of decoder0.0 */
#define FIRST_2	   (FIRST_0 + 2 * (4 * SIZE / FAKE_BLOCK_SIZE)) /* of decoder0.2 */
#define NR_ONE	   (SIZE / FAKE_BLOCK_SIZE)
#define WRITES_MAX 80

/* ---- the machine ------------------------------------------------------------------------- */

static struct fakesys *bare(void)
{
	struct fakesys *fs = fakesys_new();

	fakesys_cxl(fs);
	return fs;
}

static struct mhp_topology *look(struct fakesys *fs)
{
	struct mhp_topology *topo = NULL;

	assert_int_equal(mhp_topology_scan(fs->ctx, 0, &topo, NULL), 0);
	return topo;
}

/* Returns whether both cards and all windows are free, down to each decoder. */
static bool is_bare(struct fakesys *fs)
{
	cleanup_topology struct mhp_topology *topo = look(fs);
	bool all = !topo->nr_cxl_regions && !topo->nr_dax;

	for (size_t i = 0; i < topo->nr_cxl_windows; i++)
		all = all && topo->cxl_windows[i].free_bytes == topo->cxl_windows[i].size;
	for (unsigned i = 5; i < 7; i++) {
		ROOT_PATH(path, CXL "/decoder%u.0/dpa_size", i);
		all = all && strtoull(fakesys_get(fs, path), NULL, 0) == 0;
	}
	return all && topo->nr_cxl_memdevs == 2 && topo->cxl_memdevs[0].is_enabled;
}

static bool is_memory(struct fakesys *fs, uint64_t first, uint64_t nr)
{
	cleanup_topology struct mhp_topology *topo = look(fs);
	uint64_t online = 0;

	for (size_t i = 0; i < topo->nr_blocks; i++)
		online += topo->blocks[i].id >= first && topo->blocks[i].id < first + nr &&
			  topo->blocks[i].state == MHP_BLOCK_ONLINE &&
			  topo->blocks[i].zone == MHP_ZONE_MOVABLE;
	return online == nr;
}

/* Returns whether there is one region, enabled and of that size. */
static bool is_enabled(struct fakesys *fs, uint64_t size)
{
	cleanup_topology struct mhp_topology *topo = look(fs);

	return topo->nr_cxl_regions == 1 && topo->cxl_regions[0].size == size &&
	       topo->cxl_regions[0].state == MHP_CXL_STATE_ENABLED;
}

/* ---- up ---------------------------------------------------------------------------------- */

static void online_of_a_card(void **state)
{
	cleanup_fakesys struct fakesys *fs = bare();
	cleanup_trial struct trial t = { 0 }, again = { 0 };

	trial_online(&t, fs, "mem0");
	trial_check(&t, MHP_STATUS_OK, 0);
	trial_check_target(&t, MHP_STATUS_OK, true, NR_ONE, NR_ONE);
	assert_true(is_memory(fs, FIRST_0, NR_ONE));
	assert_true(is_enabled(fs, SIZE));
	assert_string_equal(mhp_result_target(t.result, 0)->cxl_region, "region0");
	trial_online(&again, fs, "mem0");
	trial_check(&again, MHP_STATUS_OK, 0);
	assert_false(again.result->has_changes);
	fakesys_check_settings(fs);
}

static void online_of_both(void **state)
{
	cleanup_fakesys struct fakesys *fs = bare();
	cleanup_trial struct trial t = { 0 };

	trial_online(&t, fs, "mem0 mem1");
	trial_check(&t, MHP_STATUS_OK, 0);
	assert_true(is_memory(fs, FIRST_0, NR_ONE));
	assert_true(is_memory(fs, FIRST_0 + 4 * NR_ONE, NR_ONE));
}

static void online_interleaved(void **state)
{
	cleanup_fakesys struct fakesys *fs = bare();
	cleanup_trial struct trial t = { 0 }, again = { 0 };

	trial_begin(&t, fs, MHP_VERB_ONLINE, "mem0 mem1");
	t.request.interleave = true;
	trial_run(&t);
	trial_check(&t, MHP_STATUS_OK, 0);
	assert_true(is_memory(fs, FIRST_2, 2 * NR_ONE));
	assert_true(is_enabled(fs, 2 * SIZE));
	trial_begin(&again, fs, MHP_VERB_ONLINE, "mem0 mem1");
	again.request.interleave = true;
	trial_run(&again);
	trial_check(&again, MHP_STATUS_OK, 0);
	assert_false(again.result->has_changes);
}

static void create_of_a_part(void **state)
{
	cleanup_fakesys struct fakesys *fs = bare();
	cleanup_trial struct trial t = { 0 };

	trial_begin(&t, fs, MHP_VERB_CREATE, "mem0");
	t.request.bytes = SIZE / 2;
	trial_run(&t);
	trial_check(&t, MHP_STATUS_OK, 0);
	assert_true(is_enabled(fs, SIZE / 2));
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "device_dax");
}

static void a_card_without_a_driver(void **state)
{
	cleanup_fakesys struct fakesys *fs = bare();
	cleanup_trial struct trial t = { 0 };

	assert_int_equal(fakecxl_write(fs->tree.fd, "sys/bus/cxl/drivers/cxl_mem/unbind", "mem0"),
			 0);
	trial_online(&t, fs, "mem0");
	trial_check(&t, MHP_STATUS_OK, 0);
	assert_true(is_memory(fs, FIRST_0, NR_ONE));
}

/* ---- down -------------------------------------------------------------------------------- */

static void remove_and_destroy(struct fakesys *fs, const char *target)
{
	cleanup_trial struct trial t = { 0 };

	trial_begin(&t, fs, MHP_VERB_REMOVE, target);
	t.request.destroy = true;
	t.request.agreed = MHP_CONSENT_ALL;
	trial_run(&t);
	trial_check(&t, MHP_STATUS_OK, 0);
}

static void there_and_back(void **state)
{
	static const char *const targets[] = { "mem0", "cxl/region0", "0x10f" };

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		cleanup_fakesys struct fakesys *fs = bare();
		cleanup_trial struct trial t = { 0 };

		trial_online(&t, fs, "mem0");
		trial_check(&t, MHP_STATUS_OK, 0);
		remove_and_destroy(fs, targets[i]);
		assert_true(is_bare(fs));
		fakesys_check_no_blocks(fs, FIRST_0, FIRST_0 + NR_ONE - 1);
	}
}

/* The device of the region has nothing to do, and is no part that has failed. */
static void devices_that_are_idle(void **state)
{
	static const char *const targets[] = { "mem0", "cxl/region0", "mem0 cxl/region0" };

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		cleanup_fakesys struct fakesys *fs = bare();
		cleanup_trial struct trial t = { 0 };

		trial_begin(&t, fs, MHP_VERB_CREATE, "mem0");
		trial_run(&t);
		trial_check(&t, MHP_STATUS_OK, 0);
		remove_and_destroy(fs, targets[i]);
		assert_true(is_bare(fs));
	}
}

static void what_another_program_made(void **state)
{
	cleanup_fakesys struct fakesys *fs = bare();

	fakesys_cxl_region(fs, 2 * SIZE, "both");
	remove_and_destroy(fs, "cxl/region2");
	assert_true(is_bare(fs));
}

/* A block stays online, so nothing of the region is touched. */
static void a_block_that_stays(void **state)
{
	cleanup_fakesys struct fakesys *fs = bare();
	cleanup_trial struct trial t = { 0 }, down = { 0 };

	trial_online(&t, fs, "mem0");
	fakesys_answer_block(fs, FAKE_ALWAYS, FIRST_0 + 3, "offline", "errno 16");
	trial_begin(&down, fs, MHP_VERB_REMOVE, "mem0");
	down.request.destroy = true;
	down.request.agreed = MHP_CONSENT_ALL;
	down.options.timeout_ms = 100;
	trial_run(&down);
	assert_int_equal(down.rc, 0);
	assert_int_not_equal(down.result->status, MHP_STATUS_OK);
	assert_true(is_enabled(fs, SIZE));
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "kmem");
}

#define COMMAND "BUILD/tests/unit/exec/cxl"
#define SHARES	6

/* ---- failures ---------------------------------------------------------------------------- */

/* The writes of a run, of which each is to fail. */
struct writes {
	size_t nr;
	struct {
		char path[160], word[64];
		int before; /* equal ones before it */
	} at[WRITES_MAX];
};

static bool is_about(const char *line)
{
	return strstr(line, "/cxl/") || strstr(line, "/dax/") || strstr(line, "memory4242/") ||
	       strstr(line, "memory4249/");
}

static void read_writes(struct fakesys *fs, struct writes *writes)
{
	char text[16384], *rest = text, *line, *end;

	assert_true(tree_get(fs->tree.fd, "writes", text, sizeof(text)) >= 0);
	writes->nr = 0;
	while ((line = strsep(&rest, "\n"))) {
		end = strrchr(line, '=');
		if (!end || !end[1] || !is_about(line) || strstr(line, "cxl/flush"))
			continue;
		*end = '\0';
		assert_true(writes->nr < WRITES_MAX);
		writes->at[writes->nr].before = 0;
		str_copy(writes->at[writes->nr].path, line);
		str_copy(writes->at[writes->nr].word, end + 1);
		for (size_t i = 0; i < writes->nr; i++)
			writes->at[writes->nr].before += strcmp(writes->at[i].path, line) == 0 &&
							 strcmp(writes->at[i].word, end + 1) == 0;
		writes->nr++;
	}
	assert_true(writes->nr > 3);
}

static void answer_write(struct fakesys *fs, const struct writes *writes, size_t i,
			 const char *verb, const char *arg, int times)
{
	struct fake_answer answer = { .skip = writes->at[i].before, .times = times };

	str_copy(answer.verb, verb);
	str_copy(answer.arg, arg);
	assert_int_equal(
		fake_answer_put(fs->tree.fd, writes->at[i].path, writes->at[i].word, &answer), 0);
}

/* A kind of run: the machine before it, the command, and what is to be true after it. */
struct way {
	const char *name;
	enum mhp_verb verb;
	const char *targets;
	bool interleave;
	struct fakesys *(*begin)(void);
	bool (*is_done)(struct fakesys *fs);
};

static struct fakesys *with_memory(void)
{
	struct fakesys *fs = bare();
	cleanup_trial struct trial t = { 0 };

	trial_online(&t, fs, "mem0");
	trial_check(&t, MHP_STATUS_OK, 0);
	tree_remove(fs->tree.fd, "writes");
	return fs;
}

static struct fakesys *with_both(void)
{
	struct fakesys *fs = bare();

	fakesys_cxl_region(fs, 2 * SIZE, "both");
	fake_dax_unbind(fs->tree.fd, "dax2.0");
	return fs;
}

static bool has_memory(struct fakesys *fs)
{
	return is_memory(fs, FIRST_0, NR_ONE) && is_enabled(fs, SIZE);
}

static bool has_both(struct fakesys *fs)
{
	return is_memory(fs, FIRST_2, 2 * NR_ONE) && is_enabled(fs, 2 * SIZE);
}

static bool has_devdax(struct fakesys *fs)
{
	return is_enabled(fs, SIZE) && strcmp(fakesys_driver(fs, "dax0.0"), "device_dax") == 0;
}

static const struct way ways[] = {
	{ "online", MHP_VERB_ONLINE, "mem0", false, bare, has_memory },
	{ "interleave", MHP_VERB_ONLINE, "mem0 mem1", true, bare, has_both },
	{ "create", MHP_VERB_CREATE, "mem0", false, bare, has_devdax },
	{ "remove", MHP_VERB_REMOVE, "mem0", false, with_memory, is_bare },
	{ "destroy", MHP_VERB_DESTROY, "cxl/region2", false, with_both, is_bare },
};

static void prepare(struct trial *t, struct fakesys *fs, const struct way *way)
{
	trial_begin(t, fs, way->verb, way->targets);
	t->request.interleave = way->interleave;
	t->request.destroy = way->verb == MHP_VERB_REMOVE;
	t->request.agreed = MHP_CONSENT_ALL;
}

static void run_undisturbed(const struct way *way, struct writes *writes)
{
	cleanup_fakesys struct fakesys *fs = way->begin();
	cleanup_trial struct trial t = { 0 };

	prepare(&t, fs, way);
	trial_run(&t);
	trial_check(&t, MHP_STATUS_OK, 0);
	assert_true(way->is_done(fs));
	read_writes(fs, writes);
}

static void explain(const struct way *way, const struct writes *writes, size_t i, const char *what,
		    const struct trial *t)
{
	fail_msg("%s, %s at %s=%s #%d: %s\n%s%s", way->name, what, writes->at[i].path,
		 writes->at[i].word, writes->at[i].before,
		 t->rc ? t->err.message
		 : t->result && t->result->nr_failures
			 ? mhp_result_failure(t->result, 0)->error.message
			 : "",
		 t->events, t->warnings);
}

static void run_again(const struct way *way, struct fakesys *fs, const struct writes *writes,
		      size_t i, const char *what)
{
	cleanup_trial struct trial t = { 0 };

	if (way->verb == MHP_VERB_DESTROY && is_bare(fs))
		return; /* its target is gone */
	prepare(&t, fs, way);
	trial_run(&t);
	if (t.rc || t.result->status != MHP_STATUS_OK || !way->is_done(fs))
		explain(way, writes, i, what, &t);
}

/* Returns whether this run of the tests takes the cell of that write. */
static bool takes(struct cells *cells, const struct way *way, const struct writes *writes, size_t i,
		  const char *what)
{
	char name[320];

	str_format(name, "%s: %s %.160s=%s", way->name, what, writes->at[i].path,
		   writes->at[i].word);
	if (!cells_take(cells, name))
		return false;
	cells_told(cells, name, ""); /* a wrong one fails the test */
	return true;
}

/* After each failure the result is true, and the same command reaches the goal. */
static void every_write_fails(void **state)
{
	struct cells cells;

	cells_begin(&cells, "CXL: every write fails, then the same command", COMMAND, SHARES, 1);
	for (size_t w = 0; w < ARRAY_SIZE(ways); w++) {
		struct writes writes;

		run_undisturbed(&ways[w], &writes);
		for (size_t i = 0; i < writes.nr; i++) {
			cleanup_fakesys struct fakesys *fs = NULL;
			cleanup_trial struct trial t = { 0 };

			if (!takes(&cells, &ways[w], &writes, i, "failure"))
				continue;
			fs = ways[w].begin();
			prepare(&t, fs, &ways[w]);
			answer_write(fs, &writes, i, "errno", "5", 1);
			trial_run(&t);
			if (t.rc || (t.result->status == MHP_STATUS_OK && !ways[w].is_done(fs)))
				explain(&ways[w], &writes, i, "failure", &t);
			run_again(&ways[w], fs, &writes, i, "again after a failure");
		}
	}
	assert_true(cells_end(&cells));
}

static void rollback_brings_back_a_bare_card(void **state)
{
	struct cells cells;

	cells_begin(&cells, "CXL: rollback at every write", COMMAND, SHARES, 2);
	for (size_t w = 0; w < 3; w++) {
		struct writes writes;

		run_undisturbed(&ways[w], &writes);
		for (size_t i = 0; i < writes.nr; i++) {
			cleanup_fakesys struct fakesys *fs = NULL;
			cleanup_trial struct trial t = { 0 };

			if (strstr(writes.at[i].path, "drivers_autoprobe") ||
			    !takes(&cells, &ways[w], &writes, i, "rollback"))
				continue;
			fs = bare();
			prepare(&t, fs, &ways[w]);
			t.options.roll_back = true;
			answer_write(fs, &writes, i, "errno", "5", 1);
			trial_run(&t);
			if (!is_bare(fs) && !(t.rc == 0 && t.result->status == MHP_STATUS_OK))
				explain(&ways[w], &writes, i, "rollback", &t);
		}
	}
	assert_true(cells_end(&cells));
}

/* ---- killed ------------------------------------------------------------------------------ */

/* Runs it in a process that is killed at that write. */
static void run_and_kill(const struct way *way, struct fakesys *fs, bool rollback)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		char number[16];
		struct trial t;

		str_format(number, "%d\n", (int)getpid());
		fakesys_put(fs, "killed-run", number);
		prepare(&t, fs, way);
		t.options.roll_back = rollback;
		trial_go(&t);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
}

typedef void (*after_fn)(const struct way *way, struct fakesys *fs, const struct writes *writes,
			 size_t i, const char *what);

static void kill_at_each_write(after_fn after, const char *what, unsigned share)
{
	static const char *const args[] = { "before", "after" };
	struct cells cells;

	cells_begin(&cells, what, COMMAND, SHARES, share);
	for (size_t w = 0; w < ARRAY_SIZE(ways); w++) {
		struct writes writes;

		run_undisturbed(&ways[w], &writes);
		for (size_t i = 0; i < 2 * writes.nr; i++) {
			cleanup_fakesys struct fakesys *fs = NULL;

			if (!takes(&cells, &ways[w], &writes, i / 2, args[i % 2]))
				continue;
			fs = ways[w].begin();
			answer_write(fs, &writes, i / 2, "kill", args[i % 2], 1);
			run_and_kill(&ways[w], fs, false);
			after(&ways[w], fs, &writes, i / 2,
			      i % 2 ? "killed after" : "killed before");
		}
	}
	assert_true(cells_end(&cells));
}

static void the_same_command_ends_it(void **state)
{
	kill_at_each_write(run_again, "CXL: killed at every write, then the same command", 3);
}

/* Recovers: no half-made region and no unused capacity is left, and no device without a driver. */
static void recover_run(const struct way *way, struct fakesys *fs, const struct writes *writes,
			size_t i, const char *what)
{
	const struct mhp_run_options run_options = MHP_RUN_OPTIONS_INIT(.timeout_ms = 1000);
	const struct mhp_recover_options options =
		MHP_RECOVER_OPTIONS_INIT(.agreed = MHP_CONSENT_ALL, .run = &run_options);
	cleanup_topology struct mhp_topology *topo = NULL;
	struct mhp_recovery_report *report = NULL;
	struct mhp_error err = { 0 };
	bool is_whole = true;

	assert_int_equal(mhp_recover(fs->ctx, &options, &report, &err), 0);
	topo = look(fs);
	for (size_t k = 0; k < topo->nr_cxl_regions; k++)
		is_whole = is_whole && topo->cxl_regions[k].state == MHP_CXL_STATE_ENABLED;
	for (size_t k = 0; k < topo->nr_dax; k++)
		is_whole = is_whole && topo->dax[k].mode != MHP_DAX_UNBOUND;
	if (report->exit_code || !is_whole)
		fail_msg("%s, %s %s=%s: recover %d", way->name, what, writes->at[i].path,
			 writes->at[i].word, report->exit_code);
	mhp_recovery_report_free(report);
}

static void recover_ends_it(void **state)
{
	kill_at_each_write(recover_run, "CXL: killed at every write, then recover", 4);
}

UNIT_TESTS(cmocka_unit_test(online_of_a_card), cmocka_unit_test(online_of_both),
	   cmocka_unit_test(online_interleaved), cmocka_unit_test(create_of_a_part),
	   cmocka_unit_test(a_card_without_a_driver), cmocka_unit_test(there_and_back),
	   cmocka_unit_test(devices_that_are_idle), cmocka_unit_test(what_another_program_made),
	   cmocka_unit_test(a_block_that_stays), cmocka_unit_test(every_write_fails),
	   cmocka_unit_test(rollback_brings_back_a_bare_card),
	   cmocka_unit_test(the_same_command_ends_it), cmocka_unit_test(recover_ends_it))
