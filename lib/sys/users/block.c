/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Users of a block device that are not processes: loop devices, holders, and claims of the kernel.
 */
#include "lib/base/cleanup.h"
#include "lib/sys/devnode.h"
#include "lib/sys/users/search.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <string.h>
#include <sys/ioctl.h>

/* ---- queries to the kernel --------------------------------------------------------------- */

/*
 * Reads the device below a loop device; lo_rdevice is encoded as dev_t is here, with 20 bits of
 * minor.
 */
int users_lies_on(const struct mhp_ctx *ctx, const char *name, dev_t number, dev_t *on)
{
	struct loop_info64 info = { 0 };
	cleanup_close int fd =
		devnode_open(&ctx->sys, S_IFBLK, name, number, O_RDONLY | O_NONBLOCK);

	if (fd < 0)
		return fd;
	if (ioctl(fd, LOOP_GET_STATUS64, &info) < 0)
		return -errno;
	*on = info.lo_rdevice;
	return 0;
}

int users_claimed(const struct mhp_ctx *ctx, const char *name, dev_t number)
{
	cleanup_close int fd =
		devnode_open(&ctx->sys, S_IFBLK, name, number, O_RDONLY | O_EXCL | O_NONBLOCK);

	return fd == -EBUSY ? 1 : fd < 0 ? fd : 0;
}

/* ---- loop devices ------------------------------------------------------------------------ */

static int check_loop(const struct root *sys, const char *name, void *data)
{
	struct search *s = data;
	dev_t number, on = 0;
	int rc;

	ROOT_PATH(bound, "sys/class/block/%s/loop", name);
	if (strncmp(name, "loop", 4) != 0 || !root_exists(sys, bound))
		return 0;
	ROOT_PATH(path, "sys/class/block/%s/dev", name);
	rc = devnode_number(sys, path, &number);
	if (rc == 0)
		rc = s->ctx->users->lies_on(s->ctx, name, number, &on);
	if (rc < 0 && rc != -ENXIO && rc != -ENODEV && root_exists(sys, bound))
		search_hide(s, NULL, "%s does not show the devices below it: %s", name,
			    strerror(-rc));
	else if (rc == 0 && search_is_number(s, on))
		search_found(s, name, "lies on it");
	return 0;
}

void search_loops(struct search *s)
{
	if (root_each(&s->ctx->sys, "sys/class/block", check_loop, s) < 0)
		search_hide(s, NULL, "the block devices cannot be listed");
}

/* ---- the device and its partitions ------------------------------------------------------- */

static int add_holder(const struct root *sys, const char *name, void *data)
{
	(void)sys;
	search_found(data, name, "lies on it");
	return 0;
}

static void check_holders(struct search *s, const char *name)
{
	int rc;

	ROOT_PATH(folder, "sys/class/block/%s", name);
	ROOT_PATH(holders, "sys/class/block/%s/holders", name);
	rc = root_each(&s->ctx->sys, holders, add_holder, s);
	if (rc < 0 && root_exists(&s->ctx->sys, folder))
		search_hide(s, NULL, "the devices on top of %s cannot be listed: %s", name,
			    strerror(-rc));
}

/*
 * Checks for a claim by the kernel: a file system, swap, md, device mapper; hardly anything else
 * opens with O_EXCL. A claim on a partition claims the whole device too.
 */
static void check_claim(struct search *s, const char *name)
{
	int rc = s->ctx->users->claimed(s->ctx, name, s->numbers[0]);

	if (rc > 0)
		search_found(s, "the kernel", "has it in use (mounted, swap, RAID or a mapping)");
	else if (rc == -ENOENT)
		search_hide(s, "let udev create its node: udevadm trigger",
			    "/dev/%s is missing, or is another device", name);
	else if (rc < 0 && rc != -ENXIO && rc != -ENODEV)
		search_hide(s, NULL, "/dev/%s cannot be opened: %s", name, strerror(-rc));
}

static int add_number(struct search *s, const char *name)
{
	dev_t number;
	int rc;

	ROOT_PATH(path, "sys/class/block/%s/dev", name);
	rc = devnode_number(&s->ctx->sys, path, &number);
	return rc < 0 ? rc : search_add_number(s, number);
}

static int add_partition(const struct root *sys, const char *name, void *data)
{
	struct search *s = data;
	int rc;

	ROOT_PATH(is_one, "sys/class/block/%s/partition", name);
	if (!root_exists(sys, is_one))
		return 0;
	rc = add_number(s, name);
	if (rc == -ENOMEM)
		return rc;
	if (rc < 0 && root_exists(sys, is_one))
		search_hide(s, NULL, "the number of %s cannot be read: %s", name, strerror(-rc));
	check_holders(s, name);
	return 0;
}

int search_block(struct search *s, const char *name)
{
	int rc = add_number(s, name);

	if (rc < 0)
		return rc;
	ROOT_PATH(folder, "sys/class/block/%s", name);
	rc = root_each(&s->ctx->sys, folder, add_partition, s);
	if (rc < 0)
		return rc;
	check_holders(s, name);
	check_claim(s, name);
	return 0;
}
