/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A run and the disk with its records: how often it syncs, and what a disk that hangs does to it.
 */
#include "lib/base/error.h"
#include "lib/sys/intentdir.h"
#include "lib/sys/record.h"
#include "lib/tool.h"
#include "tests/unit/fake/killed.h"
#include "tests/unit/fake/trial.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#define RUN	"run/mhpctl/intent"
#define LASTING "var/lib/mhpctl/intent"
#define UUID	"5a4f3e2d-0000-4000-8000-000000000001"

/* Counts and behaviour of the calls below, shared with the children. */
static struct {
	pid_t test;
	unsigned nr;
	unsigned hangs_at; /* the sync of that number, and all later ones; 0: none */
	bool reads_hang;
	bool claims_hang;	/* the lock of a file of an ended run */
	bool opens_hang;	/* of files below "server" */
	bool is_memory;		/* /var/lib, as in an initramfs */
	unsigned nr_opens;	/* of lasting files, by the test's own process */
	unsigned nr_forks;	/* by the same */
	struct mhp_ctx *cancel; /* before the hang */
	char synced[32][128];	/* paths */
} * disk;

/* Takes the place of the function of the C library for everything that is linked with this. */
int fsync(int fd)
{
	char link[32], path[sizeof(disk->synced[0])];
	ssize_t len;

	str_format(link, "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof(path) - 1);
	path[len < 0 ? 0 : len] = '\0';
	if (strstr(path, "/run")) /* is no disk */
		return 0;
	str_copy(disk->synced[disk->nr++ % ARRAY_SIZE(disk->synced)], path);
	if (disk->hangs_at && disk->nr >= disk->hangs_at) {
		if (disk->cancel)
			kill(disk->test, SIGUSR1);
		if (getpid() == disk->test)
			fail_msg("the run itself waits for the disk");
		fakeclock_hang_forever();
	}
	return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
	return fsync(fd);
}

/* On 32-bit machines, these functions are those for large files: their structures differ. */
#define LARGE(name) (sizeof(off_t) > sizeof(long) ? name "64" : name)

/* The directories that this test has children read are those of the disk. */
struct dirent *readdir(DIR *dir)
{
	struct dirent *(*next)(DIR *) =
		(struct dirent * (*)(DIR *)) dlsym(RTLD_NEXT, LARGE("readdir"));

	if (disk->reads_hang && getpid() != disk->test)
		fakeclock_hang_forever();
	return next(dir);
}

int openat(int dirfd, const char *path, int flags, ...)
{
	int (*next)(int, const char *, int, ...) =
		(int (*)(int, const char *, int, ...))dlsym(RTLD_NEXT, LARGE("openat"));
	bool is_child = getpid() != disk->test;
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = va_arg(args, mode_t);
	va_end(args);
	disk->nr_opens += !is_child && strstr(path, LASTING);
	if (disk->claims_hang && is_child && (flags & (O_RDWR | O_APPEND)) == (O_RDWR | O_APPEND))
		fakeclock_hang_forever();
	if (disk->opens_hang && strstr(path, "server/")) {
		if (!is_child)
			fail_msg("the caller itself waits for the server");
		fakeclock_hang_forever();
	}
	return next(dirfd, path, flags, mode);
}

/* The same with -D_FORTIFY_SOURCE. */
int __openat_2(int dirfd, const char *path, int flags);
int __openat_2(int dirfd, const char *path, int flags)
{
	return openat(dirfd, path, flags);
}

/* The tree of a test may lie in memory, which has no disk. */
int fstatfs(int fd, struct statfs *fs)
{
	(void)fd;
	*fs = (struct statfs){ .f_type = disk->is_memory ? TMPFS_MAGIC : EXT4_SUPER_MAGIC };
	return 0;
}

pid_t fork(void)
{
	pid_t (*next)(void) = (pid_t(*)(void))dlsym(RTLD_NEXT, "fork");

	disk->nr_forks++;
	return next();
}

static void on_signal(int signo)
{
	(void)signo;
	mhp_ctx_cancel(disk->cancel);
}

static void reset_disk(void)
{
	pid_t test = getpid();

	memset(disk, 0, sizeof(*disk));
	disk->test = test;
}

static struct fakesys *new_machine(void)
{
	struct fakesys *fs = fakesys_new();
	struct mhp_region region = fakesys_region0();

	fakesys_region(fs, &region);
	reset_disk();
	return fs;
}

static size_t count_namespaces(struct fakesys *fs)
{
	struct fake_nd nd;

	assert_int_equal(fake_nd_load(fs->tree.fd, &nd), 0);
	return nd.head.nr_namespaces;
}

static size_t count_found(struct fakesys *fs)
{
	cleanup_intents struct intents found = { 0 };

	assert_int_equal(intentdir_read(fs->ctx, &found), 0);
	return found.nr;
}

/* ---- syncs ------------------------------------------------------------------------------- */

static unsigned count_syncs(struct fakesys *fs, enum mhp_verb verb, const char *target)
{
	cleanup_trial struct trial t;

	disk->nr = 0;
	trial_begin(&t, fs, verb, target);
	t.request.agreed = MHP_CONSENT_ALL;
	trial_run(&t);
	trial_check(&t, MHP_STATUS_OK, 0);
	return disk->nr;
}

/* The file and its directory: a step of a namespace, and nothing else, waits for the disk. */
static void each_command_syncs_as_little_as_it_can(void **state)
{
	cleanup_fakesys struct fakesys *fs = new_machine();

	count_syncs(fs, MHP_VERB_CREATE, "region0"); /* makes the directories */
	assert_int_equal(count_syncs(fs, MHP_VERB_ONLINE, "dax0.0"), 0);
	assert_int_equal(count_syncs(fs, MHP_VERB_REMOVE, "dax0.0"), 0);
	assert_int_equal(count_syncs(fs, MHP_VERB_DESTROY, "namespace0.0"), 2);
	assert_int_equal(count_syncs(fs, MHP_VERB_CREATE, "region0"), 2);
}

static bool is_synced(const struct fakesys *fs, const char *directory)
{
	char path[sizeof(disk->synced[0])];

	str_format(path, "%s%s%s", fs->tree.dir, *directory ? "/" : "", directory);
	for (unsigned i = 0; i < disk->nr && i < ARRAY_SIZE(disk->synced); i++)
		if (strcmp(disk->synced[i], path) == 0)
			return true;
	return false;
}

/* A file in a directory whose own entry is lost with the power is lost too. */
static void new_directories_are_synced(void **state)
{
	static const char *const above[] = { "", "var", "var/lib", "var/lib/mhpctl" };
	cleanup_fakesys struct fakesys *fs = new_machine();
	const struct record record = { .size = 4096 };

	tree_remove(fs->tree.fd, "var");
	assert_int_equal(record_write(fs->ctx, UUID, &record), 0);
	for (size_t i = 0; i < ARRAY_SIZE(above); i++)
		assert_true(is_synced(fs, above[i]));
	assert_true(is_synced(fs, "var/lib/mhpctl/namespaces"));
	reset_disk();
	assert_int_equal(record_write(fs->ctx, UUID, &record), 0);
	assert_int_equal(disk->nr, 2); /* the file and its directory */
	reset_disk();
	count_syncs(fs, MHP_VERB_CREATE, "region0");
	assert_true(is_synced(fs, "var/lib/mhpctl"));
	assert_true(is_synced(fs, LASTING));
	assert_false(is_synced(fs, "var/lib"));
}

/* ---- a disk that hangs ------------------------------------------------------------------- */

static void expect_not_started(const struct trial *t, const char *object)
{
	char message[256];

	trial_check(t, MHP_STATUS_DEADLINE, 5);
	assert_false(t->result->has_changes);
	str_format(message,
		   "%s: not started: its record cannot be written in time, because the disk of "
		   "/var/lib/mhpctl/intent does not answer",
		   object);
	assert_string_equal(t->first.message, message);
	assert_int_equal(t->first.reason, MHP_REASON_DEADLINE);
	assert_string_equal(t->first.hint, "see the kernel log about that disk");
}

static void a_creation_does_not_start(void **state)
{
	cleanup_fakesys struct fakesys *fs = new_machine();
	cleanup_trial struct trial t;

	count_syncs(fs, MHP_VERB_CREATE, "region0");
	count_syncs(fs, MHP_VERB_DESTROY, "namespace0.0");
	disk->hangs_at = 1;
	trial_begin(&t, fs, MHP_VERB_ONLINE, "region0");
	trial_run(&t);
	expect_not_started(&t, "region0");
	assert_int_equal(count_namespaces(fs), 0);
	disk->hangs_at = 0;
	assert_int_equal(count_found(fs), 0);
}

static void a_destruction_does_not_start(void **state)
{
	cleanup_fakesys struct fakesys *fs = new_machine();
	cleanup_trial struct trial t;

	count_syncs(fs, MHP_VERB_CREATE, "region0");
	disk->nr = 0;
	disk->hangs_at = 2; /* the file has its name, and its directory is not on disk */
	trial_begin(&t, fs, MHP_VERB_DESTROY, "namespace0.0");
	t.request.agreed = MHP_CONSENT_ALL;
	trial_run(&t);
	expect_not_started(&t, "namespace0.0");
	assert_int_equal(count_namespaces(fs), 1);
	disk->hangs_at = 0;
	assert_int_equal(count_found(fs), 0); /* removed at the end */
}

static void a_cancel_ends_the_wait(void **state)
{
	cleanup_fakesys struct fakesys *fs = new_machine();
	cleanup_trial struct trial t;

	disk->hangs_at = 1;
	disk->cancel = fs->ctx;
	signal(SIGUSR1, on_signal);
	trial_begin(&t, fs, MHP_VERB_ONLINE, "region0");
	trial_run(&t);
	trial_check(&t, MHP_STATUS_INTERRUPTED, 130);
	assert_string_equal(t.first.message, "region0: not started: interrupted while its record "
					     "was written");
	assert_int_equal(count_namespaces(fs), 0);
}

/* A target that needs no lasting record does not wait for its disk. */
static void other_targets_go_on(void **state)
{
	cleanup_fakesys struct fakesys *fs = new_machine();
	cleanup_trial struct trial t;

	fakesys_dax1(fs);
	disk->hangs_at = 1;
	trial_begin(&t, fs, MHP_VERB_ONLINE, "region0 dax1.0");
	trial_run(&t);
	trial_check(&t, MHP_STATUS_PARTIAL, 64);
	assert_string_equal(t.first_target, "region0");
	assert_int_equal(mhp_result_target(t.result, 1)->status, MHP_STATUS_OK);
	assert_int_equal(count_namespaces(fs), 0);
}

/* The files of earlier runs cannot be read: a run says so, and does not wait forever. */
static void earlier_runs_cannot_be_read(void **state)
{
	cleanup_fakesys struct fakesys *fs = new_machine();
	cleanup_trial struct trial t;

	count_syncs(fs, MHP_VERB_CREATE, "region0");
	run_killed(fs, MHP_VERB_DESTROY, "namespace0.0", MHP_EVENT_STEP_STARTED,
		   MHP_STEP_DESTROY_NAMESPACE, false);
	reset_disk();
	disk->reads_hang = true;
	trial_begin(&t, fs, MHP_VERB_ONLINE, "dax0.0");
	trial_run(&t);
	assert_non_null(strstr(t.warnings, "/var/lib/mhpctl/intent/ was left by a run and cannot "
					   "be read: reading it takes more than 10 seconds"));
}

static unsigned count_forks(struct fakesys *fs, size_t files)
{
	disk->nr_forks = 0;
	assert_int_equal(count_found(fs), files);
	return disk->nr_forks;
}

/* A child is only needed for a disk. */
static void no_child_where_there_is_no_disk(void **state)
{
	cleanup_fakesys struct fakesys *fs = new_machine();

	disk->is_memory = true;
	assert_int_equal(count_forks(fs, 0), 0);
	run_killed(fs, MHP_VERB_CREATE, "region0", MHP_EVENT_STEP_STARTED,
		   MHP_STEP_CREATE_NAMESPACE, false);
	reset_disk();
	assert_int_equal(count_forks(fs, 2), 1);
	disk->is_memory = true;
	assert_int_equal(count_forks(fs, 2), 0);
}

/* ---- recover ----------------------------------------------------------------------------- */

static struct mhp_recovery_report *recover(struct fakesys *fs)
{
	struct mhp_recovery_report *report = NULL;
	struct mhp_error err = { 0 };

	if (mhp_recover(fs->ctx, NULL, &report, &err) < 0)
		fail_msg("%s", err.message);
	return report;
}

/* A record that cannot be locked in time stays, and no file of the disk is opened by the caller. */
static void recover_does_not_wait_for_a_lock(void **state)
{
	cleanup_fakesys struct fakesys *fs = new_machine();
	struct mhp_recovery_report *report;
	const struct mhp_interrupted *run;

	count_syncs(fs, MHP_VERB_CREATE, "region0");
	run_killed(fs, MHP_VERB_DESTROY, "namespace0.0", MHP_EVENT_STEP_STARTED,
		   MHP_STEP_DESTROY_NAMESPACE, false);
	reset_disk();
	disk->claims_hang = true;
	report = recover(fs);
	run = mhp_recovery_run(report, 0);
	assert_non_null(run);
	assert_int_equal(run->error.reason, MHP_REASON_DEADLINE);
	assert_non_null(strstr(run->error.message, ": its disk does not answer"));
	assert_false(run->is_forgotten);
	assert_int_equal(report->exit_code, 5);
	mhp_recovery_report_free(report);
	disk->claims_hang = false;
	assert_int_equal(count_found(fs), INTENT_PLACES);
	report = recover(fs);
	assert_int_equal(report->exit_code, 0);
	assert_true(mhp_recovery_run(report, 0)->is_forgotten);
	mhp_recovery_report_free(report);
	assert_int_equal(count_found(fs), 0);
	assert_int_equal(disk->nr_opens, 0);
}

struct rival {
	struct mhp_ctx *ctx;
	char name[INTENT_NAME_MAX];
	int nr_refused;
};

static void claim_too(const struct mhp_event *event, void *data)
{
	struct rival *rival = data;
	struct intent_file file = { .fd = -1 };

	if (event->type != MHP_EVENT_STEP_STARTED)
		return;
	assert_int_equal(intentdir_claim(rival->ctx, INTENT_LASTING, rival->name, &file), -EAGAIN);
	rival->nr_refused++;
}

/* While recover works, nobody else can take the record, though a child holds its lock. */
static void the_lock_of_the_child_excludes_others(void **state)
{
	cleanup_fakesys struct fakesys *fs = new_machine();
	struct rival rival = { .ctx = fs->ctx };
	const struct mhp_run_options run =
		MHP_RUN_OPTIONS_INIT(.timeout_ms = 1000, .event = claim_too, .data = &rival);
	const struct mhp_recover_options options = MHP_RECOVER_OPTIONS_INIT(.run = &run);
	struct mhp_recovery_report *report = NULL;
	cleanup_intents struct intents found = { 0 };
	struct fake_nd nd;

	count_syncs(fs, MHP_VERB_CREATE, "region0");
	run_killed(fs, MHP_VERB_DESTROY, "namespace0.0", MHP_EVENT_STEP_STARTED,
		   MHP_STEP_DESTROY_NAMESPACE, false);
	assert_int_equal(fake_dax_remove(fs->tree.fd, "dax0.0"), 0);
	assert_int_equal(fake_nd_load(fs->tree.fd, &nd), 0);
	nd.namespaces[0].is_enabled = false;
	assert_int_equal(fake_nd_store(fs->tree.fd, &nd), 0);
	assert_int_equal(intentdir_read(fs->ctx, &found), 0);
	str_copy(rival.name, found.at[0].name);
	assert_int_equal(mhp_recover(fs->ctx, &options, &report, NULL), 0);
	assert_int_equal(report->exit_code, 0);
	mhp_recovery_report_free(report);
	assert_int_equal(rival.nr_refused, 1);
	assert_int_equal(count_found(fs), 0);
}

/* ---- paths of the user ------------------------------------------------------------------- */

static void a_policy_on_a_server_that_hangs(void **state)
{
	cleanup_fakesys struct fakesys *fs = new_machine();
	struct mhp_policy *policy = NULL;
	struct mhp_error err = { 0 };
	char path[128];
	const char *paths[] = { path };

	fakesys_put(fs, "server/d/10.conf", "[memory a]\nmatch.node = 2\n");
	str_format(path, "%s/server/d", fs->tree.dir);
	disk->reads_hang = true;
	assert_int_equal(mhp_policy_load(fs->ctx, paths, 1, &policy, &err), -ETIMEDOUT);
	assert_int_equal(err.reason, MHP_REASON_DEADLINE);
	assert_non_null(strstr(err.message, "/server/d: reading it takes more than 10 seconds"));
	assert_true(*err.hint);
	assert_int_equal(mhp_policy_import(fs->ctx, path, &policy, &err), -ETIMEDOUT);
	disk->reads_hang = false;
	assert_int_equal(mhp_policy_load(fs->ctx, paths, 1, &policy, &err), 0);
	assert_non_null(mhp_policy_section(policy, 0));
	mhp_policy_free(policy);
	policy = NULL;
	str_format(path, "%s/server/d/10.conf", fs->tree.dir);
	disk->opens_hang = true;
	assert_int_equal(mhp_policy_load(fs->ctx, paths, 1, &policy, &err), -ETIMEDOUT);
	assert_null(policy);
}

static void a_plan_on_a_server_that_hangs(void **state)
{
	cleanup_fakesys struct fakesys *fs = new_machine();
	struct mhp_named_file file;
	struct mhp_error err = { 0 };
	char path[128];

	fakesys_put(fs, "server/plan", "{}");
	str_format(path, "%s/server/plan", fs->tree.dir);
	assert_int_equal(mhp_file_read(fs->ctx, path, 100, &file, &err), 0);
	assert_int_equal(file.rc, 0);
	assert_int_equal(file.len, 2);
	assert_string_equal(file.text, "{}");
	free(file.text);
	assert_int_equal(mhp_file_read(fs->ctx, path, 1, &file, &err), 0);
	assert_int_equal(file.rc, -EFBIG);
	assert_null(file.text);
	disk->opens_hang = true;
	assert_int_equal(mhp_file_read(fs->ctx, path, 100, &file, &err), -ETIMEDOUT);
	assert_int_equal(err.reason, MHP_REASON_DEADLINE);
	assert_null(file.text);
}

static void cancel_at_once(struct mhp_ctx *ctx)
{
	if (ctx)
		mhp_ctx_cancel(ctx);
}

static void a_report_on_a_server_that_hangs(void **state)
{
	cleanup_fakesys struct fakesys *fs = new_machine();
	struct mhp_ctx *ctx = NULL;
	struct mhp_error err = { 0 };
	char path[128];

	fakesys_put(fs, "server/report", "this is text");
	str_format(path, "%s/server/report", fs->tree.dir);
	assert_int_equal(mhp_ctx_new(&ctx, path, &err), -EBADMSG);
	disk->opens_hang = true;
	assert_int_equal(mhp_ctx_new(&ctx, path, &err), -ETIMEDOUT);
	assert_int_equal(err.reason, MHP_REASON_DEADLINE);
	assert_non_null(strstr(err.message, "/report: reading it takes more than 10 seconds"));
	assert_int_equal(mhp_ctx_new(&ctx, path, NULL), -ETIMEDOUT);
	assert_int_equal(mhp_ctx_new_watched(&ctx, path, cancel_at_once, &err), -ECANCELED);
	assert_int_equal(err.reason, MHP_REASON_INTERRUPTED);
	assert_null(ctx);
}

/* The disk may have the new plan later: that is said, and the old one stays whole. */
static void a_plan_that_is_not_written_in_time(void **state)
{
	cleanup_fakesys struct fakesys *fs = new_machine();
	struct mhp_error err = { 0 };
	char path[128];

	fakesys_put(fs, "server/plan", "old");
	str_format(path, "%s/server/plan", fs->tree.dir);
	assert_int_equal(mhp_file_write(fs->ctx, path, "new", &err), 0);
	assert_string_equal(fakesys_get(fs, "server/plan"), "new");
	disk->nr = 0;
	disk->hangs_at = 1;
	assert_int_equal(mhp_file_write(fs->ctx, path, "newer", &err), -ETIMEDOUT);
	assert_int_equal(err.reason, MHP_REASON_DEADLINE);
	assert_non_null(strstr(err.message, "it may still be replaced later"));
	assert_string_equal(fakesys_get(fs, "server/plan"), "new");
	disk->hangs_at = 0;
	str_format(path, "%s/server", fs->tree.dir);
	assert_int_equal(mhp_file_write(fs->ctx, path, "new", &err), -EISDIR);
	str_format(path, "%s/none/plan", fs->tree.dir);
	assert_int_equal(mhp_file_write(fs->ctx, path, "new", &err), -ENOENT);
	assert_non_null(strstr(err.message, "cannot write "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_command_syncs_as_little_as_it_can),
		cmocka_unit_test(new_directories_are_synced),
		cmocka_unit_test(a_creation_does_not_start),
		cmocka_unit_test(a_destruction_does_not_start),
		cmocka_unit_test(a_cancel_ends_the_wait),
		cmocka_unit_test(other_targets_go_on),
		cmocka_unit_test(earlier_runs_cannot_be_read),
		cmocka_unit_test(no_child_where_there_is_no_disk),
		cmocka_unit_test(recover_does_not_wait_for_a_lock),
		cmocka_unit_test(the_lock_of_the_child_excludes_others),
		cmocka_unit_test(a_policy_on_a_server_that_hangs),
		cmocka_unit_test(a_plan_on_a_server_that_hangs),
		cmocka_unit_test(a_report_on_a_server_that_hangs),
		cmocka_unit_test(a_plan_that_is_not_written_in_time),
	};

	disk = mmap(NULL, sizeof(*disk), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (disk == MAP_FAILED)
		return 1;
	fakeclock_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
