/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The context, which every use of the library needs. */
#include "lib/sys/ctx.h"
#include "lib/base/error.h"
#include "lib/sys/content.h"
#include "lib/sys/devnode.h"
#include "lib/sys/guard.h"
#include "lib/sys/holders/pagemap.h"
#include "lib/sys/kmsg.h"
#include "lib/sys/lock.h"
#include "lib/sys/module.h"
#include "lib/sys/nd/nd.h"
#include "lib/sys/spawn.h"
#include "tests/unit/fake/fakesys.h"
#include "tests/unit/fake/tree.h"
#include "tests/unit/fake/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void the_machine_itself(void **state)
{
	struct mhp_ctx *ctx = NULL;

	assert_int_equal(mhp_ctx_new(&ctx, NULL, NULL), 0);
	assert_false(ctx->is_copy);
	assert_ptr_equal(ctx->sys.ops, &root_kernel_ops);
	assert_ptr_equal(ctx->nd, &nd_kernel_ops);
	assert_ptr_equal(ctx->module, &module_kernel_ops);
	assert_true(root_exists(&ctx->sys, "proc/self"));
	mhp_ctx_free(ctx);
	mhp_ctx_free(NULL);
}

static void a_copied_tree(void **state)
{
	struct mhp_ctx *ctx = NULL;
	struct tree tree;

	assert_int_equal(tree_new(&tree), 0);
	assert_int_equal(tree_put(tree.fd, "x", "%s", ""), 0);
	assert_int_equal(mhp_ctx_new(&ctx, tree.dir, NULL), 0);
	assert_true(ctx->is_copy);
	assert_true(root_exists(&ctx->sys, "x"));
	assert_false(root_exists(&ctx->sys, "proc/self"));
	mhp_ctx_free(ctx);
	tree_free(&tree);
}

static void a_root_that_is_none(void **state)
{
	struct mhp_ctx *ctx = NULL;
	struct mhp_error err = { 0 };
	struct tree tree;
	char path[128];

	assert_int_equal(tree_new(&tree), 0);
	assert_int_equal(tree_put(tree.fd, "file\033", "%s", ""), 0);
	str_format(path, "%s/none", tree.dir);
	assert_int_equal(mhp_ctx_new(&ctx, path, &err), -ENOENT);
	assert_int_equal(err.reason, MHP_REASON_USAGE);
	assert_non_null(strstr(err.hint, "--sysroot"));
	str_format(path, "%s/file\033", tree.dir);
	assert_int_equal(mhp_ctx_new(&ctx, path, &err), -EBADMSG);
	assert_string_equal(err.message, "not a report of mhpctl: it is empty");
	str_append(path, "/x");
	assert_int_equal(mhp_ctx_new(&ctx, path, &err), -ENOTDIR);
	assert_non_null(strstr(err.message, "/file\\x1b/x: "));
	assert_null(ctx);
	tree_free(&tree);
}

static void a_cancel_stays(void **state)
{
	struct mhp_ctx *ctx = NULL;

	assert_int_equal(mhp_ctx_new(&ctx, NULL, NULL), 0);
	assert_false(ctx_cancelled(ctx));
	errno = ENOTTY;
	for (int i = 0; i < 3; i++)
		mhp_ctx_cancel(ctx);
	assert_int_equal(errno, ENOTTY); /* errno is kept: it may run in a signal handler */
	assert_true(ctx_cancelled(ctx));
	assert_true(ctx_cancelled(ctx));
	mhp_ctx_free(ctx);
}

static void after_a_cancel_another_fd_can_end_the_rest(void **state)
{
	int other = eventfd(0, EFD_CLOEXEC);
	struct mhp_ctx *ctx = NULL;

	assert_int_equal(mhp_ctx_new(&ctx, NULL, NULL), 0);
	mhp_ctx_cancel(ctx);
	ctx_stop_by(ctx, other);
	assert_false(ctx_cancelled(ctx));
	mhp_ctx_cancel(ctx); /* by a second signal */
	assert_false(ctx_cancelled(ctx));
	eventfd_write(other, 1);
	assert_true(ctx_cancelled(ctx));
	ctx_stop_by(ctx, -1);
	close(other);
	assert_true(ctx_cancelled(ctx));
	mhp_ctx_free(ctx);
}

static void no_fd_is_passed_on(void **state)
{
	struct mhp_ctx *ctx = NULL;

	assert_int_equal(mhp_ctx_new(&ctx, NULL, NULL), 0);
	assert_int_equal(fcntl(ctx->sys.root_fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(ctx->cancel_fd, F_GETFD), FD_CLOEXEC);
	mhp_ctx_free(ctx);
}

static void keep_line(const char *line, void *data)
{
	str_copy_to(data, 128, line);
}

static void lines_for_developers(void **state)
{
	struct mhp_ctx *ctx = NULL;
	char line[128] = "";

	assert_int_equal(mhp_ctx_new(&ctx, NULL, NULL), 0);
	log_line(&ctx->log, "nobody listens");
	mhp_ctx_set_log(ctx, keep_line, line);
	log_line(&ctx->log, "one %d", 2);
	assert_non_null(strstr(line, "s] "));
	assert_non_null(strstr(line, "ctx.c:lines_for_developers one 2"));
	assert_false(root_seems(&ctx->sys, "none/of/that"));
	assert_non_null(strstr(line, "sys/root.c:root_exists none/of/that: No such file"));
	mhp_ctx_set_log(ctx, NULL, NULL);
	log_line(&ctx->log, "silence again");
	assert_non_null(strstr(line, "none/of/that"));
	mhp_ctx_free(ctx);
}

/* Failures of calls that do not go through root_open(). */
static void failures_beside_root_are_logged(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	const char *const args[] = { "/none", NULL, NULL };
	cleanup_close int folder = root_open(&fs->ctx->sys, "sys", O_DIRECTORY);
	struct content content;
	struct kmsg log;
	char line[128] = "";

	mhp_ctx_set_log(fs->ctx, keep_line, line);
	assert_int_equal(tree_remove(fs->tree.fd, "dev/kmsg"), 0);
	assert_int_equal(kmsg_open_first(fs->ctx, &log), -ENOENT);
	assert_non_null(strstr(line, "open dev/kmsg: No such file"));
	assert_false(lock_any_writer(fs->ctx));
	assert_non_null(strstr(line, "look for writers in " LOCK_WRITERS ": No such file"));
	assert_true(devnode_open(&fs->ctx->sys, S_IFBLK, "pmem9", 0, O_RDONLY) < 0);
	assert_non_null(strstr(line, "open device pmem9: "));
	content_read(fs->ctx, &(struct content_source){ .block = "pmem9" }, NULL, &content);
	assert_non_null(strstr(line, "read the content of pmem9: No such file"));
	assert_int_equal(pagemap_pfn(&fs->ctx->sys, folder, 0), 0);
	assert_non_null(strstr(line, "read pagemap at page 0x0: Is a directory"));
	assert_int_equal(spawn_unit(fs->ctx, "none.service", args, NULL), -EOPNOTSUPP);
	assert_non_null(strstr(line, "systemd cannot be reached"));
	assert_int_equal(spawn_detached(fs->ctx, "/none", args, NULL), -ENOENT);
	assert_non_null(strstr(line, "start /none in a session of its own: No such file"));
}

static void the_version(void **state)
{
	assert_string_equal(mhp_version(), PACKAGE_VERSION);
}

/* Uses the real libkmod, which has to fail. */
static void a_module_that_nobody_has(void **state)
{
	struct mhp_ctx *ctx = NULL;
	char line[128] = "";
	struct mhp_error err = { 0 };

	assert_int_equal(mhp_ctx_new(&ctx, NULL, NULL), 0);
	mhp_ctx_set_log(ctx, keep_line, line);
	assert_int_equal(module_kernel_ops.load(ctx, "mhp_no_such_module", &err), -ENOENT);
	assert_non_null(strstr(line, "sys/module.c:load_module module mhp_no_such_module"));
	assert_int_equal(err.reason, MHP_REASON_UNSUPPORTED);
	assert_non_null(strstr(err.message, "mhp_no_such_module"));
	mhp_ctx_free(ctx);
}

/* ---- oom_score_adj ----------------------------------------------------------------------- */

static char scores[64]; /* all scores written */

static int note_score(const struct root *sys, const char *path, const char *text)
{
	(void)sys;
	assert_string_equal(path, "proc/self/oom_score_adj");
	strncat(scores, text, sizeof(scores) - strlen(scores) - 2);
	strcat(scores, " ");
	return -EACCES; /* not a failure */
}

static void guard_from(const char *score, bool is_copy)
{
	static const struct root_ops ops = { .write = note_score };
	struct mhp_ctx *ctx = NULL;
	struct tree tree;

	scores[0] = '\0';
	assert_int_equal(tree_new(&tree), 0);
	if (score)
		assert_int_equal(tree_put(tree.fd, "proc/self/oom_score_adj", "%s", score), 0);
	assert_int_equal(mhp_ctx_new(&ctx, tree.dir, NULL), 0);
	ctx->is_copy = is_copy;
	ctx->sys.ops = &ops;
	guard_pause(ctx);
	guard_resume(ctx);
	mhp_ctx_guard(ctx);
	mhp_ctx_guard(ctx);
	guard_pause(ctx);
	guard_resume(ctx);
	mhp_ctx_free(ctx);
	tree_free(&tree);
}

static void a_guard_spares_it_and_not_what_it_starts(void **state)
{
	guard_from("-5\n", false);
	assert_string_equal(scores, "-900 -5 -900 ");
	guard_from(NULL, false);
	assert_string_equal(scores, "-900 0 -900 ");
}

static void a_guard_takes_nothing_back(void **state)
{
	guard_from("-1000\n", false);
	assert_string_equal(scores, "");
	guard_from("-900\n", false);
	assert_string_equal(scores, "");
}

static void a_copy_is_not_guarded(void **state)
{
	guard_from("0\n", true);
	assert_string_equal(scores, "");
}

/* Fails openat2() as before 5.6. */
static int refuse_openat2(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = ARRAY_SIZE(filter), .filter = filter };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0 ? -errno : 0;
}

static void a_copy_needs_openat2(void **state)
{
	struct mhp_error err = { 0 };
	struct mhp_ctx *ctx = NULL;
	int status, rc;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		if (refuse_openat2() < 0)
			_exit(77);
		rc = mhp_ctx_new(&ctx, "/", &err);
		_exit(rc == -ENOSYS && err.reason == MHP_REASON_UNSUPPORTED &&
				      strstr(err.message, "openat2")
			      ? 0
			      : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

UNIT_TESTS(cmocka_unit_test(the_machine_itself), cmocka_unit_test(a_copied_tree),
	   cmocka_unit_test(a_root_that_is_none), cmocka_unit_test(a_cancel_stays),
	   cmocka_unit_test(after_a_cancel_another_fd_can_end_the_rest),
	   cmocka_unit_test(no_fd_is_passed_on), cmocka_unit_test(lines_for_developers),
	   cmocka_unit_test(failures_beside_root_are_logged), cmocka_unit_test(the_version),
	   cmocka_unit_test(a_module_that_nobody_has),
	   cmocka_unit_test(a_guard_spares_it_and_not_what_it_starts),
	   cmocka_unit_test(a_guard_takes_nothing_back), cmocka_unit_test(a_copy_is_not_guarded),
	   cmocka_unit_test(a_copy_needs_openat2))
