/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Users of a device on a fake machine: found users are named, unreadable places reported. */
#include "lib/base/error.h"
#include "lib/sys/devnode.h"
#include "lib/sys/nd/nd.h"
#include "lib/sys/users/users.h"
#include "tests/unit/fake/fakesys.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define NUMBER	"1:7" /* /dev/full, which exists everywhere */
#define PROCESS "proc/4242/"
#define TASK	PROCESS "task/4242/"
#define BLOCK	"sys/class/block/pmem0/"

/* ---- the kernel's answers ---------------------------------------------------------------- */

/* Reads the number of the device below "loop0", or "errno N". */
static int fake_lies_on(const struct mhp_ctx *ctx, const char *name, dev_t number, dev_t *on)
{
	char text[32];
	int rc, error;

	(void)number;
	ROOT_PATH(path, "answers/%s", name);
	rc = root_read(&ctx->sys, path, text, sizeof(text));
	if (rc == 0 && sscanf(text, "errno %d", &error) == 1)
		return -error;
	return rc < 0 ? rc : devnode_number(&ctx->sys, path, on);
}

static int fake_claimed(const struct mhp_ctx *ctx, const char *name, dev_t number)
{
	int rc, answer;

	(void)name;
	(void)number;
	rc = root_read_int(&ctx->sys, "answers/claimed", &answer);
	return rc < 0 ? rc : answer;
}

static const struct users_ops ops = {
	.check = users_kernel_check,
	.lies_on = fake_lies_on,
	.claimed = fake_claimed,
};

/* ---- memory that runs out ----------------------------------------------------------------- */

static unsigned lines_left = UINT_MAX; /* how many can still be read */

ssize_t __real_getline(char **line, size_t *size, FILE *file);
ssize_t __wrap_getline(char **line, size_t *size, FILE *file);
ssize_t __real___getdelim(char **line, size_t *size, int end, FILE *file);
ssize_t __wrap___getdelim(char **line, size_t *size, int end, FILE *file);

/* Fails as glibc does: it sets nothing but errno. */
static bool may_read_line(void)
{
	if (lines_left)
		return lines_left == UINT_MAX || lines_left--;
	errno = ENOMEM;
	return false;
}

ssize_t __wrap_getline(char **line, size_t *size, FILE *file)
{
	return may_read_line() ? __real_getline(line, size, file) : -1;
}

/* The function that getline() becomes with optimisation. */
ssize_t __wrap___getdelim(char **line, size_t *size, int end, FILE *file)
{
	return may_read_line() ? __real___getdelim(line, size, end, file) : -1;
}

/* ---- the machine ------------------------------------------------------------------------- */

static void link_to(struct fakesys *fs, const char *path, const char *target)
{
	assert_int_equal(tree_link(fs->tree.fd, path, target), 0);
}

static void folder(struct fakesys *fs, const char *path)
{
	assert_int_equal(tree_folder(fs->tree.fd, path), 0);
}

/* Returns a machine where everything is readable and nothing uses dax0.0 or pmem0. */
static struct fakesys *machine(void)
{
	struct fakesys *fs = fakesys_new();
	char self[32];
	fs->ctx->users = &ops;
	str_format(self, "proc/%d", (int)getpid());
	folder(fs, self);
	fakesys_put(fs, "proc/self/status", "Name:\ttest\nCapEff:\t000001ffffffffff\n");
	link_to(fs, "proc/self/ns/pid", "pid:[4026531836]");
	link_to(fs, "proc/self/ns/user", "user:[4026531837]");
	fakesys_put(fs, "proc/self/mountinfo", "22 1 0:21 / /sys rw - sysfs sysfs rw\n");
	fakesys_put(fs, PROCESS "comm", "daxio\n");
	fakesys_put(fs, PROCESS "maps", "");
	folder(fs, TASK "fd");
	fakesys_put(fs, "sys/bus/dax/devices/dax0.0/dev", NUMBER "\n");
	fakesys_put(fs, BLOCK "dev", "259:1\n");
	folder(fs, BLOCK "holders");
	fakesys_put(fs, "answers/claimed", "0\n");
	return fs;
}

static void check(struct fakesys *fs, const struct users_device *device, int wanted,
		  const char *text)
{
	struct mhp_error err = { 0 };
	int rc = users_check(fs->ctx, device, &err);

	assert_int_equal(rc, wanted);
	if (rc < 0)
		assert_non_null(strstr(err.message, text));
	if (rc == -EBUSY)
		assert_int_equal(err.reason, MHP_REASON_IN_USE);
	if (rc == -EACCES)
		assert_int_equal(err.reason, MHP_REASON_USERS_HIDDEN);
}

static void dax(struct fakesys *fs, int wanted, const char *text)
{
	check(fs, &(struct users_device){ .dax = "dax0.0" }, wanted, text);
	if (wanted == -EACCES)
		check(fs, &(struct users_device){ .dax = "dax0.0", .force = true }, 0, "");
}

static void block(struct fakesys *fs, int wanted, const char *text)
{
	check(fs, &(struct users_device){ .block = "pmem0" }, wanted, text);
	if (wanted == -EACCES)
		check(fs, &(struct users_device){ .block = "pmem0", .force = true }, 0, "");
}

static void nobody(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine();

	dax(fs, 0, "");
	block(fs, 0, "");
}

/* ---- descriptors and mappings ------------------------------------------------------------ */

static void an_open_file(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine();

	link_to(fs, TASK "fd/3", "/dev/full");
	dax(fs, -EBUSY, "dax0.0: daxio[4242] has it open");
}

static void an_open_file_that_cannot_be_looked_at(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine();

	link_to(fs, TASK "fd/3", "3");
	dax(fs, -EACCES, "the open files of process 4242 cannot be read");
}

static void put_mapping(struct fakesys *fs, const char *target)
{
	fakesys_put(fs, PROCESS "maps",
		    "7f0000000000-7f0000200000 rw-s 00000000 00:06 412   /dev/dax0.0\n");
	link_to(fs, PROCESS "map_files/7f0000000000-7f0000200000", target);
}

static void a_mapping(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine();

	put_mapping(fs, "/dev/full");
	dax(fs, -EBUSY, "dax0.0: daxio[4242] has it mapped");
}

static void a_mapping_that_cannot_be_looked_at(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine();

	put_mapping(fs, "7f0000000000-7f0000200000");
	dax(fs, -EACCES, "the mappings of process 4242 may not be inspected");
}

/* Wherever memory runs out, the user of the device is found, or may be one that is not seen. */
static void lines_for_which_memory_is_short(void **state)
{
	const struct users_device device = { .dax = "dax0.0" };

	for (unsigned nr = 0; nr < 4; nr++) {
		cleanup_fakesys struct fakesys *fs = machine();
		int rc;

		put_mapping(fs, "/dev/full");
		lines_left = nr;
		rc = users_check(fs->ctx, &device, NULL);
		lines_left = UINT_MAX;
		assert_true(rc == -EBUSY || rc == -EACCES);
	}
}

/* ---- sockets ----------------------------------------------------------------------------- */

static void put_socket(struct fakesys *fs, const char *fdinfo)
{
	assert_int_equal(mknodat(fs->tree.fd, TASK "fd/5", S_IFSOCK | 0600, 0), 0);
	if (fdinfo)
		fakesys_put(fs, TASK "fdinfo/5", fdinfo);
}

static void descriptors_on_their_way(void **state)
{
	struct users_device device = { .dax = "dax0.0" };
	cleanup_fakesys struct fakesys *fs = machine();
	struct mhp_error err = { 0 };

	put_socket(fs, "pos:\t0\nflags:\t02\nmnt_id:\t9\nino:\t8\nscm_fds: 2\n");
	dax(fs, -EACCES, "2 open files are in flight on a socket of process 4242");
	users_check(fs->ctx, &device, &err);
	assert_string_equal(err.hint, "let daxio[4242] receive them, or stop it; use "
				      "--force-users if you know that nobody uses it");
}

static void a_socket_that_cannot_be_looked_at(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine();

	put_socket(fs, NULL);
	folder(fs, TASK "fdinfo/5");
	dax(fs, -EACCES, "the sockets of process 4242 cannot be read");
}

/* Before 5.6 no socket shows the number of descriptors in transit, not even our own. */
static void a_kernel_that_does_not_tell(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine();

	put_socket(fs, "pos:\t0\nflags:\t02\nmnt_id:\t9\n");
	dax(fs, -EACCES, "this kernel does not show which open files are in flight");
}

/* This kernel shows the number, so a socket without it is not a UNIX socket. */
static void a_socket_of_the_network(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine();

	put_socket(fs, "pos:\t0\nflags:\t02\nmnt_id:\t9\n");
	assert_int_equal(mknodat(fs->tree.fd, TASK "fd/6", S_IFSOCK | 0600, 0), 0);
	fakesys_put(fs, TASK "fdinfo/6", "pos:\t0\nflags:\t02\nmnt_id:\t9\nscm_fds: 0\n");
	dax(fs, 0, "");
}

/* ---- an io_uring ------------------------------------------------------------------------- */

static void put_ring(struct fakesys *fs, const char *files)
{
	char text[256];

	link_to(fs, TASK "fd/7", "anon_inode:[io_uring]");
	str_format(text, "pos:\t0\nSqMask:\t0x3\n%sUserBufs:\t0\n    0: /dev/full\n", files);
	fakesys_put(fs, TASK "fdinfo/7", text);
}

static void a_file_that_a_ring_keeps(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine();

	link_to(fs, "srv/a node", "/dev/full");
	put_ring(fs, "UserFiles:\t3\n    0: <none>\n    2: /srv/a\\040node\n");
	dax(fs, -EBUSY, "dax0.0: daxio[4242] has it registered with an io_uring");
}

static void other_files_that_a_ring_keeps(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine();

	fakesys_put(fs, "srv/data", "");
	put_ring(fs, "UserFiles:\t4\n    0: /srv/data\n    1: socket:[12]\n"
		     "    2: anon_inode:[eventfd]\n    3: <none>\n");
	dax(fs, 0, "");
	put_ring(fs, "UserFiles:\t0\n");
	dax(fs, 0, "");
}

/* The file is deleted, only its name is shown, or nothing. */
static void files_of_a_ring_that_cannot_be_known(void **state)
{
	static const char *const files[] = {
		"UserFiles:\t1\n    0: /srv/data\\040(deleted)\n",
		"UserFiles:\t1\n    0: dax0.0\n",
		"UserFiles:\t1\n    0: /srv/not-here\n",
		"UserFiles:\t1\n",
		"",
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		cleanup_fakesys struct fakesys *fs = machine();

		fakesys_put(fs, "srv/data", "");
		put_ring(fs, files[i]);
		dax(fs, -EACCES, "an io_uring of process 4242");
	}
}

/* ---- block devices ----------------------------------------------------------------------- */

static void put_loop(struct fakesys *fs, const char *answer)
{
	fakesys_put(fs, "sys/class/block/loop0/dev", "7:0\n");
	fakesys_put(fs, "sys/class/block/loop0/loop/backing_file", "/srv/a name\n");
	fakesys_put(fs, "answers/loop0", answer);
}

static void a_loop_device(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine();

	put_loop(fs, "259:1\n");
	block(fs, -EBUSY, "pmem0: loop0 lies on it");
	put_loop(fs, "259:2\n");
	block(fs, 0, "");
}

static void a_loop_device_that_cannot_be_asked(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine();

	put_loop(fs, "errno 2\n"); /* no device node, and none can be made */
	block(fs, -EACCES, "loop0 does not show the devices below it");
}

static void a_holder(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine();

	fakesys_put(fs, BLOCK "holders/dm-0/size", "0\n");
	block(fs, -EBUSY, "pmem0: dm-0 lies on it");
}

static void holders_that_cannot_be_listed(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine();

	assert_int_equal(tree_remove(fs->tree.fd, BLOCK "holders"), 0);
	block(fs, -EACCES, "the devices on top of pmem0 cannot be listed");
}

static void a_claim_of_the_kernel(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine();

	fakesys_put(fs, "answers/claimed", "1\n");
	block(fs, -EBUSY, "pmem0: the kernel has it in use");
}

static void a_claim_that_cannot_be_asked_for(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine();

	fakesys_put(fs, "answers/claimed", "-2\n");
	block(fs, -EACCES, "/dev/pmem0 is missing, or is another device");
	fakesys_put(fs, "answers/claimed", "-6\n"); /* the device has disappeared */
	block(fs, 0, "");
}

/* ---- opened by the kernel ---------------------------------------------------------------- */

#define NVMET "sys/kernel/config/nvmet/subsystems/nqn.test/namespaces/1/"
#define STORE "sys/kernel/config/target/core/fileio_0/disk/"

static void served(struct fakesys *fs, int wanted, const char *text)
{
	struct mhp_error err = { 0 };
	int rc = users_check_number(fs->ctx, S_IFBLK, makedev(7, 0), "pmem0", false, &err);
	assert_int_equal(rc, wanted);
	if (rc < 0)
		assert_non_null(strstr(err.message, text));
}

static void a_node(struct fakesys *fs)
{
	if (mknodat(fs->tree.fd, "dev/pmem0", S_IFBLK | 0600, makedev(7, 0)) < 0)
		skip();
}

static void an_nvme_target(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine();

	fakesys_put(fs, NVMET "enable", "0\n");
	fakesys_put(fs, NVMET "device_path", "/dev/pmem0\n");
	served(fs, 0, "");
	fakesys_put(fs, NVMET "enable", "1\n");
	served(fs, -EACCES, "nvmet (nqn.test, namespace 1) serves /dev/pmem0, which");
	a_node(fs);
	served(fs, -EBUSY, "pmem0: nvmet (nqn.test, namespace 1) serves it");
}

static void a_scsi_target(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine();

	fakesys_put(fs, STORE "enable", "1\n");
	fakesys_put(fs, STORE "udev_path", "\n");
	fakesys_put(fs, STORE "info",
		    "Status: ACTIVATED\n        TCM FILEIO ID: 0        "
		    "File: /dev/pmem0  Size: 4096  Mode: O_DSYNC\n");
	served(fs, -EACCES, "LIO (fileio_0/disk) serves /dev/pmem0, which");
	a_node(fs);
	served(fs, -EBUSY, "pmem0: LIO (fileio_0/disk) serves it");
}

static void a_server_without_configfs(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine();

	folder(fs, "sys/module/nvmet");
	served(fs, -EACCES, "the targets of module nvmet are not visible");
}

static void a_file_system_on_dax(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine();

	link_to(fs, "sys/bus/dax/devices/dax0.0/driver", "../fsdev_dax");
	dax(fs, -EACCES, "dax0.0 is bound to fsdev_dax, which gives it to file systems");
	link_to(fs, "dev/dax0.0", "/dev/full");
	fakesys_put(fs, "proc/self/mountinfo", "36 25 0:31 / /mnt rw - famfs /dev/dax0.0 rw\n");
	dax(fs, -EBUSY, "dax0.0: famfs is mounted on it");
	assert_int_equal(tree_remove(fs->tree.fd, "proc/self/mountinfo"), 0);
	dax(fs, -EACCES, "the mounts cannot be listed");
}

/* ---- the device of a namespace ----------------------------------------------------------- */

#define ND "sys/bus/nd/devices/"
/* Returns namespace0.0, claimed or not; the claim is bound to the driver, else the namespace. */
static struct fakesys *with_namespace(const char *claim, bool bound)
{
	struct fakesys *fs = machine();
	char path[128];

	fakesys_put(fs, ND "namespace0.0/holder", claim);
	str_format(path, ND "%s/size", *claim ? claim : "namespace0.0");
	fakesys_put(fs, path, "2147483648\n");
	str_format(path, ND "%s/driver", *claim ? claim : "namespace0.0");
	if (bound)
		link_to(fs, path, "../../drivers/nd_pmem");
	return fs;
}

static void check_namespace(struct fakesys *fs, int wanted, const char *text)
{
	struct mhp_error err = { 0 };
	int rc = nd_check_users(fs->ctx, "region0", "namespace0.0", false, &err);

	assert_int_equal(rc, wanted);
	if (rc < 0)
		assert_non_null(strstr(err.message, text));
	if (rc == -EACCES)
		assert_int_equal(err.reason, MHP_REASON_USERS_HIDDEN);
	if (rc == -EACCES)
		assert_int_equal(nd_check_users(fs->ctx, "region0", "namespace0.0", true, &err), 0);
}

static void a_namespace_without_a_driver(void **state)
{
	cleanup_fakesys struct fakesys *raw = with_namespace("", false);
	cleanup_fakesys struct fakesys *claimed = with_namespace("dax0.0", false);

	check_namespace(raw, 0, "");
	check_namespace(claimed, 0, "");
}

/* The device made by its driver is not found, so its users are unknown. */
static void a_dax_device_that_is_not_found(void **state)
{
	cleanup_fakesys struct fakesys *fs = with_namespace("dax0.0", true);

	check_namespace(fs, -EACCES, "the dax device of dax0.0 is not found");
}

static void a_block_device_that_is_not_found(void **state)
{
	cleanup_fakesys struct fakesys *fs = with_namespace("pfn0.0", true);

	check_namespace(fs, -EACCES, "the block device of pfn0.0 is not found");
	fakesys_put(fs, ND "pfn0.0/block/pmem0/size", "0\n");
	fakesys_put(fs, "answers/claimed", "1\n");
	check_namespace(fs, -EBUSY, "pmem0: the kernel has it in use");
}

static void a_holder_that_cannot_be_read(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine();

	check_namespace(fs, -EACCES, "its holder cannot be read");
}

/* A dax device used as memory is protected by its blocks; without a driver it has no node. */
static void a_namespace_that_is_memory(void **state)
{
	cleanup_fakesys struct fakesys *fs = with_namespace("dax0.0", true);

	assert_int_equal(tree_remove(fs->tree.fd, "sys/bus/dax/devices/dax0.0"), 0);
	link_to(fs, "sys/bus/dax/devices/dax0.0",
		"../../../../sys/devices/ndbus0/region0/dax0.0/dax0.0");
	fakesys_put(fs, "sys/devices/ndbus0/region0/dax0.0/dax0.0/dev", NUMBER "\n");
	link_to(fs, TASK "fd/3", "/dev/full");
	check_namespace(fs, 0, "");
	link_to(fs, "sys/devices/ndbus0/region0/dax0.0/dax0.0/driver", "../kmem");
	check_namespace(fs, 0, "");
	assert_int_equal(
		tree_remove(fs->tree.fd, "sys/devices/ndbus0/region0/dax0.0/dax0.0/driver"), 0);
	link_to(fs, "sys/devices/ndbus0/region0/dax0.0/dax0.0/driver", "../device_dax");
	check_namespace(fs, -EBUSY, "dax0.0: daxio[4242] has it open");
}

UNIT_TESTS(cmocka_unit_test(nobody), cmocka_unit_test(an_open_file),
	   cmocka_unit_test(an_open_file_that_cannot_be_looked_at), cmocka_unit_test(a_mapping),
	   cmocka_unit_test(a_mapping_that_cannot_be_looked_at),
	   cmocka_unit_test(descriptors_on_their_way),
	   cmocka_unit_test(a_socket_that_cannot_be_looked_at),
	   cmocka_unit_test(a_kernel_that_does_not_tell), cmocka_unit_test(a_socket_of_the_network),
	   cmocka_unit_test(a_file_that_a_ring_keeps),
	   cmocka_unit_test(other_files_that_a_ring_keeps),
	   cmocka_unit_test(files_of_a_ring_that_cannot_be_known), cmocka_unit_test(an_nvme_target),
	   cmocka_unit_test(a_scsi_target), cmocka_unit_test(a_server_without_configfs),
	   cmocka_unit_test(a_file_system_on_dax), cmocka_unit_test(a_loop_device),
	   cmocka_unit_test(a_loop_device_that_cannot_be_asked), cmocka_unit_test(a_holder),
	   cmocka_unit_test(holders_that_cannot_be_listed), cmocka_unit_test(a_claim_of_the_kernel),
	   cmocka_unit_test(a_claim_that_cannot_be_asked_for),
	   cmocka_unit_test(a_namespace_without_a_driver),
	   cmocka_unit_test(a_dax_device_that_is_not_found),
	   cmocka_unit_test(a_block_device_that_is_not_found),
	   cmocka_unit_test(a_holder_that_cannot_be_read),
	   cmocka_unit_test(a_namespace_that_is_memory),
	   cmocka_unit_test(lines_for_which_memory_is_short))
