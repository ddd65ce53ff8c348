/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Background jobs: their records, whether they run, and invalid files. */
#include "lib/exec/job/job.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/sys/ctx.h"
#include "lib/sys/jobdir.h"
#include "lib/tool.h"
#include "tests/unit/fake/tree.h"
#include "tests/unit/fake/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

struct fixture {
	struct tree tree;
	struct mhp_ctx *ctx;
	struct mhp_jobs *jobs;
	char program[128];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f || tree_new(&f->tree) < 0 || tree_folder(f->tree.fd, "run") < 0)
		return -1;
	str_format(f->program, "%s/program", f->tree.dir);
	*state = f;
	if (mhp_ctx_new(&f->ctx, f->tree.dir, NULL) < 0)
		return -1;
	f->ctx->is_copy = f->ctx->sys.is_copy = false; /* as the running machine */
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	mhp_jobs_free(f->jobs);
	mhp_ctx_free(f->ctx);
	tree_free(&f->tree);
	free(f);
	return 0;
}

/* Reads the jobs again and returns one. */
static const struct mhp_job *job_of(struct fixture *f, uint64_t id)
{
	const struct mhp_job *job;

	mhp_jobs_free(f->jobs);
	f->jobs = NULL;
	assert_int_equal(mhp_jobs_read(f->ctx, &f->jobs, NULL), 0);
	for (size_t i = 0; (job = mhp_jobs_get(f->jobs, i)); i++)
		if (job->id == id)
			return job;
	return NULL;
}

static size_t nr_jobs(struct fixture *f)
{
	size_t nr = 0;

	job_of(f, 0);
	while (mhp_jobs_get(f->jobs, nr))
		nr++;
	return nr;
}

static void put_bytes(struct fixture *f, const char *path, const char *bytes, size_t len)
{
	cleanup_close int fd = -1;

	assert_int_equal(tree_put(f->tree.fd, path, "%s", ""), 0);
	fd = openat(f->tree.fd, path, O_WRONLY | O_TRUNC);
	assert_int_equal(write(fd, bytes, len), len);
}

/* Adds a job that was started that many seconds ago. */
static void put_job(struct fixture *f, uint64_t id, uint64_t seconds)
{
	char path[64];

	str_format(path, "run/mhpctl/jobs/%" PRIu64 "/command", id);
	put_bytes(f, path, "online\0region0", 15);
	str_format(path, "run/mhpctl/jobs/%" PRIu64 "/job", id);
	assert_int_equal(tree_put(f->tree.fd, path, "%" PRIu64 " 1000\n",
				  clock_real_usec() - seconds * 1000000),
			 0);
}

/* Starts a process that becomes the job after that time, and is it until it is asked to stop. */
static pid_t be_job_after(struct fixture *f, uint64_t id, unsigned msec)
{
	int ready[2], events, log;
	pid_t pid;
	char c;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		signal(SIGTERM, SIG_DFL);
		if (msec && write(ready[1], "", 1))
			clock_sleep(msec);
		if (mhp_job_enter(f->ctx, id, &events, &log, NULL) == 0 &&
		    (msec || write(ready[1], "", 1)))
			pause();
		_exit(1);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	return pid;
}

static pid_t be_job(struct fixture *f, uint64_t id)
{
	return be_job_after(f, id, 0);
}

static int end_job(pid_t pid, int with)
{
	int status;

	if (with)
		kill(pid, with);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void there_are_none(void **state)
{
	struct fixture *f = *state;
	struct mhp_error err = { 0 };
	int pid;

	assert_int_equal(nr_jobs(f), 0);
	assert_int_equal(mhp_job_poll(f->ctx, 1, &pid), -ENOENT);
	assert_int_equal(mhp_job_stop(f->ctx, 1, &err), -ENOENT);
	assert_int_equal(err.reason, MHP_REASON_NO_SUCH_TARGET);
	assert_int_equal(mhp_job_forget(f->ctx, 1, NULL), -ENOENT);
}

static void one_lives_as_long_as_its_process(void **state)
{
	struct fixture *f = *state;
	const struct mhp_job *job;
	pid_t pid;

	put_job(f, 7, 0);
	job = job_of(f, 7);
	assert_true(job->is_running); /* about to start */
	assert_int_equal(job->pid, 0);
	assert_int_equal(job->uid, 1000);
	assert_int_equal(job->nr_words, 2);
	assert_string_equal(job->words[1], "region0");
	pid = be_job(f, 7);
	job = job_of(f, 7);
	assert_true(job->is_running);
	assert_int_equal(job->pid, pid);
	assert_int_equal(mhp_job_forget(f->ctx, 7, NULL), -EBUSY);
	end_job(pid, SIGKILL);
	job = job_of(f, 7);
	assert_false(job->is_running);
	assert_int_equal(job->pid, 0);
	assert_int_equal(mhp_job_forget(f->ctx, 7, NULL), 0);
	assert_null(job_of(f, 7));
}

static void one_that_never_began_is_not_running_for_ever(void **state)
{
	struct fixture *f = *state;

	put_job(f, 7, 3600);
	assert_false(job_of(f, 7)->is_running);
}

static void a_job_begins_once(void **state)
{
	struct fixture *f = *state;
	int events, log;
	pid_t pid;

	put_job(f, 7, 0);
	pid = be_job(f, 7);
	assert_int_equal(mhp_job_enter(f->ctx, 7, &events, &log, NULL), -EAGAIN);
	end_job(pid, SIGKILL);
	assert_int_equal(mhp_job_enter(f->ctx, 7, &events, &log, NULL), -EEXIST);
	assert_int_equal(mhp_job_enter(f->ctx, 8, &events, &log, NULL), -ENOENT);
}

static void stop_reaches_the_process(void **state)
{
	struct fixture *f = *state;
	pid_t pid;

	if (getenv("MHP_VALGRIND")) /* it does not know pidfd_send_signal(2) */
		skip();
	put_job(f, 7, 0);
	pid = be_job(f, 7);
	assert_int_equal(mhp_job_stop(f->ctx, 7, NULL), 1);
	assert_int_equal(end_job(pid, 0), SIGTERM);
	assert_int_equal(mhp_job_stop(f->ctx, 7, NULL), 0);
}

static void stop_reaches_a_job_that_begins(void **state)
{
	struct fixture *f = *state;
	pid_t pid;

	if (getenv("MHP_VALGRIND")) /* it does not know pidfd_send_signal(2) */
		skip();
	put_job(f, 7, 0);
	pid = be_job_after(f, 7, 500);
	assert_int_equal(mhp_job_stop(f->ctx, 7, NULL), 1);
	assert_int_equal(end_job(pid, 0), SIGTERM);
}

static void rubbish_is_passed_over(void **state)
{
	struct fixture *f = *state;
	static const char *const no_jobs[] = { "0",	 "01", "x",
					       "-1",	 "+1", "1234567890",
					       "new.12", "1 ", "9999999999999999999999" };
	char path[96];

	for (size_t i = 0; i < ARRAY_SIZE(no_jobs); i++) {
		str_format(path, "run/mhpctl/jobs/%s/command", no_jobs[i]);
		put_bytes(f, path, "x", 2);
	}
	put_bytes(f, "run/mhpctl/jobs/1", "a file", 6);
	assert_int_equal(tree_folder(f->tree.fd, "run/mhpctl/jobs/2"), 0);
	put_bytes(f, "run/mhpctl/jobs/3/command", "no end", 6);
	put_bytes(f, "run/mhpctl/jobs/4/command", "", 0);
	assert_int_equal(tree_link(f->tree.fd, "run/mhpctl/jobs/5/command", "/proc/self/cmdline"),
			 0);
	put_bytes(f, "run/mhpctl/jobs/6/command", "x", 2);
	put_bytes(f, "run/mhpctl/jobs/6/job", "99999999999999999999999 -7", 26);
	put_bytes(f, "run/mhpctl/jobs/6/unit", "\n\n", 2);
	assert_int_equal(nr_jobs(f), 1);
	assert_false(job_of(f, 6)->is_running);
	assert_int_equal(job_of(f, 6)->uid, UINT32_MAX);
	assert_int_equal(job_of(f, 6)->start_us, 0);
}

static void lines_come_whole(void **state)
{
	struct fixture *f = *state;
	const char *path = "run/mhpctl/jobs/7/events", *line;
	struct mhp_job_events *events = NULL;

	assert_int_equal(mhp_job_events_new(f->ctx, 7, &events, NULL), 0);
	assert_int_equal(mhp_job_events_next(events, &line), 0); /* has not started */
	assert_int_equal(tree_put(f->tree.fd, path, "one\n\ntwo\nthr"), 0);
	assert_int_equal(mhp_job_events_next(events, &line), 1);
	assert_string_equal(line, "one");
	assert_int_equal(mhp_job_events_next(events, &line), 1);
	assert_string_equal(line, "");
	assert_int_equal(mhp_job_events_next(events, &line), 1);
	assert_string_equal(line, "two");
	assert_int_equal(mhp_job_events_next(events, &line), 0);
	assert_int_equal(mhp_job_events_next(events, &line), 0);
	assert_int_equal(tree_append(f->tree.fd, path, "ee\n"), 0);
	assert_int_equal(mhp_job_events_next(events, &line), 1);
	assert_string_equal(line, "three");
	mhp_job_events_free(events);
	mhp_job_events_free(NULL);
}

static void a_line_that_does_not_end_is_bounded(void **state)
{
	struct fixture *f = *state;
	const char *path = "run/mhpctl/jobs/7/events", *line;
	struct mhp_job_events *events = NULL;
	cleanup_free char *much = malloc(20 * MIB);

	assert_non_null(much);
	memset(much, 'x', 20 * MIB);
	much[18 * MIB] = '\n';
	put_bytes(f, path, much, 20 * MIB);
	assert_int_equal(tree_append(f->tree.fd, path, "\nlast\n"), 0);
	assert_int_equal(mhp_job_events_new(f->ctx, 7, &events, NULL), 0);
	assert_int_equal(mhp_job_events_next(events, &line), 1);
	assert_int_equal(strlen(line), 2 * MIB - 1); /* the first was skipped */
	assert_int_equal(mhp_job_events_next(events, &line), 1);
	assert_string_equal(line, "last");
	mhp_job_events_free(events);
}

static void events_that_are_no_file(void **state)
{
	struct fixture *f = *state;
	struct mhp_job_events *events = NULL;
	const char *line;

	assert_int_equal(tree_folder(f->tree.fd, "run/mhpctl/jobs/7"), 0);
	assert_int_equal(mkfifoat(f->tree.fd, "run/mhpctl/jobs/7/events", 0600), 0);
	assert_int_equal(mhp_job_events_new(f->ctx, 7, &events, NULL), 0);
	assert_int_equal(mhp_job_events_next(events, &line), -EINVAL);
	mhp_job_events_free(events);
}

/* Adds a program that starts like a job and ends at once. */
static void put_program(struct fixture *f)
{
	assert_int_equal(tree_put(f->tree.fd, "program",
				  "#!/bin/sh\n[ \"$1\" = --job ] && echo $$ >%s/" JOBS_FOLDER
				  "/$2/events\n",
				  f->tree.dir),
			 0);
	assert_int_equal(fchmodat(f->tree.fd, "program", 0755, 0), 0);
}

static void start_begins_a_process(void **state)
{
	static const char *const words[] = { "online", "", "reg ion\n0" };
	struct fixture *f = *state;
	const struct mhp_job *job;
	uint64_t id = 0;

	put_program(f);
	put_job(f, 41, 3600);
	assert_int_equal(mhp_job_start(f->ctx, f->program, words, 3, &id, NULL), 0);
	assert_int_equal(id, 42);
	job = job_of(f, 42);
	assert_true(job->is_whole);
	assert_int_equal(job->nr_words, 3);
	assert_string_equal(job->words[1], "");
	assert_string_equal(job->words[2], "reg ion\n0");
	assert_string_equal(job->unit, "");
	assert_int_equal(job->uid, getuid());
}

static void a_program_that_is_not_there_leaves_nothing(void **state)
{
	static const char *const words[] = { "online" };
	struct fixture *f = *state;
	struct mhp_error err = { 0 };
	uint64_t id = 0;

	assert_int_equal(mhp_job_start(f->ctx, f->program, words, 1, &id, &err), -ENOENT);
	assert_non_null(strstr(err.message, f->program));
	assert_int_equal(nr_jobs(f), 0);
}

static void old_ones_make_room(void **state)
{
	static const char *const words[] = { "online" };
	struct fixture *f = *state;
	uint64_t id = 0;
	pid_t pid;

	put_program(f);
	for (uint64_t i = 1; i <= 30; i++)
		put_job(f, i, 3600);
	pid = be_job(f, 2);
	assert_int_equal(mhp_job_start(f->ctx, f->program, words, 1, &id, NULL), 0);
	assert_int_equal(id, 31);
	assert_null(job_of(f, 1));
	assert_non_null(job_of(f, 2)); /* it runs */
	assert_null(job_of(f, 11));
	assert_non_null(job_of(f, 12));
	assert_int_equal(nr_jobs(f), 21);
	end_job(pid, SIGKILL);
}

/* A POSIX lock is invisible to its own process, and closing any fd of the file releases it. */
static void a_job_that_looks_at_itself(void **state)
{
	struct fixture *f = *state;
	int events, log, pid;

	put_job(f, 7, 100);
	assert_int_equal(mhp_job_enter(f->ctx, 7, &events, &log, NULL), 0);
	assert_int_equal(mhp_job_poll(f->ctx, 7, &pid), 1);
	assert_int_equal(mhp_job_poll(f->ctx, 7, &pid), 1);
	assert_true(job_of(f, 7)->is_running);
	close(events);
	close(log);
}

/* Anyone who may write to the directory could redirect the writes of root. */
static void a_folder_of_others(void **state)
{
	struct fixture *f = *state;
	struct mhp_error err = { 0 };
	int events, log;

	put_job(f, 8, 100);
	assert_int_equal(fchmodat(f->tree.fd, "run/mhpctl/jobs/8", 0777, 0), 0);
	assert_int_equal(mhp_job_enter(f->ctx, 8, &events, &log, &err), -EPERM);
	assert_string_equal(err.message, "job 8 cannot begin: Operation not permitted");
	assert_int_equal(fchmodat(f->tree.fd, "run/mhpctl/jobs/8", 0700, 0), 0);
	if (geteuid() == 0) {
		assert_int_equal(fchownat(f->tree.fd, "run/mhpctl/jobs/8", 12345, 0, 0), 0);
		assert_int_equal(mhp_job_enter(f->ctx, 8, &events, &log, &err), -EPERM);
	}
	assert_int_equal(faccessat(f->tree.fd, "run/mhpctl/jobs/8/events", F_OK, 0), -1);
	assert_int_equal(tree_link(f->tree.fd, "run/mhpctl/jobs/9", "8"), 0);
	assert_true(mhp_job_enter(f->ctx, 9, &events, &log, &err) < 0);
}

UNIT_TESTS(cmocka_unit_test_setup_teardown(there_are_none, setup, teardown),
	   cmocka_unit_test_setup_teardown(one_lives_as_long_as_its_process, setup, teardown),
	   cmocka_unit_test_setup_teardown(one_that_never_began_is_not_running_for_ever, setup,
					   teardown),
	   cmocka_unit_test_setup_teardown(a_job_begins_once, setup, teardown),
	   cmocka_unit_test_setup_teardown(stop_reaches_the_process, setup, teardown),
	   cmocka_unit_test_setup_teardown(stop_reaches_a_job_that_begins, setup, teardown),
	   cmocka_unit_test_setup_teardown(rubbish_is_passed_over, setup, teardown),
	   cmocka_unit_test_setup_teardown(lines_come_whole, setup, teardown),
	   cmocka_unit_test_setup_teardown(a_line_that_does_not_end_is_bounded, setup, teardown),
	   cmocka_unit_test_setup_teardown(events_that_are_no_file, setup, teardown),
	   cmocka_unit_test_setup_teardown(start_begins_a_process, setup, teardown),
	   cmocka_unit_test_setup_teardown(a_program_that_is_not_there_leaves_nothing, setup,
					   teardown),
	   cmocka_unit_test_setup_teardown(old_ones_make_room, setup, teardown),
	   cmocka_unit_test_setup_teardown(a_job_that_looks_at_itself, setup, teardown),
	   cmocka_unit_test_setup_teardown(a_folder_of_others, setup, teardown))
