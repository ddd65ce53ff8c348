/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Users of a device on the host: character devices that exist everywhere. */
#include "lib/sys/users/users.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/sys/devnode.h"
#include "lib/sys/visibility.h"
#include "tests/unit/fake/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

/* /dev/full: only these tests keep it open. */
#define NUMBER makedev(1, 7)

enum hold {
	HOLD_OPEN,
	HOLD_OTHER_NAME,
	HOLD_MAPPED,
	HOLD_IN_FLIGHT,
	HOLD_A_FILE_CALLED_SO
};

static void map_and_close(int fd)
{
	if (mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED)
		_exit(1);
	close(fd);
}

static void send_and_close(int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = "", byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		_exit(1);
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	if (sendmsg(pair[0], &msg, 0) != 1)
		_exit(1);
	close(fd);
}

static int open_for(enum hold how)
{
	char name[64] = "/dev/full";

	if (how == HOLD_OTHER_NAME) {
		snprintf(name, sizeof(name), "/tmp/node-%d", (int)getpid());
		if (mknod(name, S_IFCHR | 0600, NUMBER) < 0)
			_exit(1);
	} else if (how == HOLD_A_FILE_CALLED_SO) {
		snprintf(name, sizeof(name), "/tmp/full-%d", (int)getpid());
		close(open(name, O_WRONLY | O_CREAT, 0600));
	} else if (how == HOLD_MAPPED) {
		snprintf(name, sizeof(name), "/dev/zero");
	}
	return open(name, O_RDONLY);
}

static pid_t hold(enum hold how)
{
	int ready[2];
	pid_t pid;
	char byte;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		int fd = open_for(how);

		if (fd < 0)
			_exit(1);
		if (how == HOLD_MAPPED)
			map_and_close(fd);
		if (how == HOLD_IN_FLIGHT)
			send_and_close(fd);
		if (write(ready[1], "r", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

static void release(pid_t pid)
{
	char name[64];

	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	snprintf(name, sizeof(name), "/tmp/node-%d", (int)pid);
	unlink(name);
	snprintf(name, sizeof(name), "/tmp/full-%d", (int)pid);
	unlink(name);
}

static struct mhp_ctx *machine(void)
{
	struct mhp_ctx *ctx;

	assert_int_equal(mhp_ctx_new(&ctx, NULL, NULL), 0);
	if (visibility_holds(&ctx->sys, CAP_SYS_PTRACE) != MHP_TRISTATE_YES || geteuid() != 0) {
		mhp_ctx_free(ctx);
		skip();
	}
	return ctx;
}

/* Checks the users; other pid namespaces on the host may hide some, which another test covers. */
static void check_found(enum hold how, dev_t number, int wanted, const char *text)
{
	struct mhp_ctx *ctx = machine();
	pid_t pid = hold(how);
	struct mhp_error err = { 0 };
	char who[64];
	int rc = users_check_number(ctx, S_IFCHR, number, "full", wanted != -EACCES, &err);

	release(pid);
	assert_int_equal(rc, wanted);
	if (text) {
		snprintf(who, sizeof(who), "[%d] has it %s", (int)pid, text);
		assert_non_null(strstr(err.message, who));
	}
	mhp_ctx_free(ctx);
}

static void open_by_its_name(void **state)
{
	check_found(HOLD_OPEN, NUMBER, -EBUSY, "open");
}

static void open_by_another_name(void **state)
{
	check_found(HOLD_OTHER_NAME, NUMBER, -EBUSY, "open");
}

static void mapped_and_closed(void **state)
{
	struct mhp_ctx *ctx = machine();

	/* a private mapping of /dev/zero is anonymous memory, not a use of the device */
	mhp_ctx_free(ctx);
	check_found(HOLD_MAPPED, NUMBER, 0, NULL);
}

static void a_file_of_that_name(void **state)
{
	check_found(HOLD_A_FILE_CALLED_SO, NUMBER, 0, NULL);
}

/* The descriptor in transit may be the device. */
static void on_its_way_through_a_socket(void **state)
{
	check_found(HOLD_IN_FLIGHT, NUMBER, -EACCES, NULL);
}

static int look_from_inside(void)
{
	struct mhp_error err = { 0 };
	struct mhp_ctx *ctx;

	if (mount("proc", "/proc", "proc", 0, NULL) < 0 || mhp_ctx_new(&ctx, NULL, NULL) < 0)
		return 77;
	return users_check_number(ctx, S_IFCHR, NUMBER, "full", false, &err) == -EACCES &&
			       err.reason == MHP_REASON_USERS_HIDDEN &&
			       users_check_number(ctx, S_IFCHR, NUMBER, "full", true, &err) == 0
		       ? 0
		       : 1;
}

static void from_another_pid_namespace(void **state)
{
	struct mhp_ctx *ctx = machine();
	int status = 0;
	pid_t pid;

	mhp_ctx_free(ctx);
	pid = fork();
	if (pid == 0) {
		if (unshare(CLONE_NEWPID | CLONE_NEWNS) < 0 ||
		    mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0)
			_exit(77);
		pid = fork();
		if (pid == 0)
			_exit(look_from_inside());
		waitpid(pid, &status, 0);
		_exit(WEXITSTATUS(status));
	}
	waitpid(pid, &status, 0);
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* The device is found by its number; names in /dev do not matter. */
static void a_node_of_another_name(void **state)
{
	struct mhp_ctx *ctx = machine();
	struct stat st;
	int fd = devnode_open(&ctx->sys, S_IFCHR, "full", NUMBER, O_RDONLY);

	assert_true(fd >= 0);
	close(fd);
	for (size_t i = 0; i < 2; i++) {
		/* the name of another device, and a missing one */
		fd = devnode_open(&ctx->sys, S_IFCHR, i ? "no-such-name" : "null", NUMBER,
				  O_RDONLY);
		if (fd == -ENOENT) { /* before 5.2, or without permission to make nodes */
			mhp_ctx_free(ctx);
			skip();
		}
		assert_int_equal(fstat(fd, &st), 0);
		assert_true(S_ISCHR(st.st_mode) && st.st_rdev == NUMBER);
		close(fd);
	}
	assert_int_equal(devnode_open(&ctx->sys, S_IFCHR, "null", makedev(1, 200), O_RDONLY),
			 -ENXIO);
	mhp_ctx_free(ctx);
}

UNIT_TESTS(cmocka_unit_test(open_by_its_name), cmocka_unit_test(open_by_another_name),
	   cmocka_unit_test(mapped_and_closed), cmocka_unit_test(a_file_of_that_name),
	   cmocka_unit_test(on_its_way_through_a_socket),
	   cmocka_unit_test(from_another_pid_namespace), cmocka_unit_test(a_node_of_another_name))
