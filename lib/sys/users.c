/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/users.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/hash.h"
#include "lib/base/parse.h"
#include "lib/sys/procs.h"
#include "lib/sys/sight.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/kcmp.h>
#include <linux/loop.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#define NUMBERS_MAX 68 /* a device and its partitions */
#define KNOWN_MAX   4096
#define TRIES	    6
#define TRY_MS	    100

/* A file that was looked at before: mappings name the same few files again and again. */
struct known_file {
	uint64_t inode;
	char device[16];
	uint64_t path; /* a hash: on some file systems two files share both numbers */
};

struct search {
	const struct mhp_ctx *ctx;
	mode_t type;
	dev_t numbers[NUMBERS_MAX];
	size_t nr_numbers;
	struct known_file *others; /* that are none of these devices */
	size_t nr_others;
	char user[192];	  /* the first that was found, or empty */
	unsigned more;	  /* users besides */
	char hidden[160]; /* why others may be hidden, or empty */
	bool saw_self;
	int pid;
	int tid;
	int live; /* a thread of it: the first one may have ended before the others */
	int rc;
};

__attribute__((format(printf, 2, 3))) static void hide(struct search *s, const char *fmt, ...)
{
	va_list args;

	if (*s->hidden)
		return;
	va_start(args, fmt);
	vsnprintf(s->hidden, sizeof(s->hidden), fmt, args);
	va_end(args);
}

static void found_process(struct search *s, const char *how)
{
	char comm[32], shown[64];

	if (*s->user) {
		s->more++;
		return;
	}
	procs_comm(s->ctx, s->pid, comm, sizeof(comm));
	mhp_format(s->user, "%s[%d] has it %s", text_escape(comm, shown, sizeof(shown)), s->pid,
		   how);
}

static void found_other(struct search *s, const char *name, const char *what)
{
	if (*s->user)
		s->more++;
	else
		mhp_format(s->user, "%s %s", name, what);
}

static bool is_it(const struct search *s, const struct stat *st)
{
	if ((st->st_mode & S_IFMT) != s->type)
		return false;
	for (size_t i = 0; i < s->nr_numbers; i++)
		if (st->st_rdev == s->numbers[i])
			return true;
	return false;
}

/* Closed, unmapped or ended meanwhile. */
static bool has_gone(int error)
{
	return error == ENOENT || error == ESRCH;
}

/* FUSE refuses even root what belongs to others, but for a look that asks for nothing; no device.
 */
static bool is_on_fuse(const struct sysfs *sys, const char *path)
{
	int error = errno;
	struct statx st;
	bool is = error == EACCES && statx(sys->root_fd, path, 0, 0, &st) == 0;

	errno = error;
	return is;
}

/* ---- one process ------------------------------------------------------------------------- */

/* Descriptors on their way: "scm_fds: 2" of a unix socket (since 5.11). They may be of the device.
 */
static void look_at_socket(struct search *s, const char *fd)
{
	char text[1024];
	const char *line;
	unsigned in_flight;

	SYSFS_PATH(path, "proc/%d/task/%d/fdinfo/%s", s->pid, s->tid, fd);
	if (sysfs_read_text(&s->ctx->sys, path, text, sizeof(text)) < 0)
		return;
	line = strstr(text, "scm_fds:");
	if (line && sscanf(line, "scm_fds: %u", &in_flight) == 1 && in_flight)
		hide(s, "%u open files are on their way through a socket of process %d", in_flight,
		     s->pid);
}

/* O_PATH names a file and opens nothing: anybody may hold such a descriptor of any device. */
static bool is_really_open(const struct search *s, const char *fd)
{
	char text[256];
	unsigned flags;
	const char *line;

	SYSFS_PATH(path, "proc/%d/task/%d/fdinfo/%s", s->pid, s->tid, fd);
	if (sysfs_read_text(&s->ctx->sys, path, text, sizeof(text)) < 0)
		return true;
	line = strstr(text, "flags:");
	return !line || sscanf(line, "flags: %o", &flags) != 1 || !(flags & O_PATH);
}

static int look_at_fd(const struct sysfs *sys, const char *fd, void *data)
{
	struct search *s = data;
	struct stat st;

	SYSFS_PATH(path, "proc/%d/task/%d/fd/%s", s->pid, s->tid, fd);
	if (fstatat(sys->root_fd, path, &st, 0) < 0) {
		if (!has_gone(errno) && !is_on_fuse(sys, path))
			hide(s, "the open files of process %d cannot be looked at: %s", s->pid,
			     strerror(errno));
		return 0;
	}
	if (is_it(s, &st) && is_really_open(s, fd)) {
		found_process(s, "open");
		return -EEXIST; /* enough of this one */
	}
	if (S_ISSOCK(st.st_mode))
		look_at_socket(s, fd);
	return 0;
}

static bool shares_files(int pid, int tid)
{
	return syscall(SYS_kcmp, pid, tid, KCMP_FILES, 0, 0) == 0;
}

static int look_at_thread(const struct sysfs *sys, const char *name, void *data)
{
	struct search *s = data;
	uint64_t tid;
	int rc;

	if (parse_u64(name, 10, &tid) < 0 || tid > INT_MAX)
		return 0;
	s->live = (int)tid;
	if ((int)tid != s->pid && shares_files(s->pid, (int)tid))
		return 0;
	s->tid = (int)tid;
	SYSFS_PATH(path, "proc/%d/task/%d/fd", s->pid, s->tid);
	rc = sysfs_each(sys, path, look_at_fd, s);
	if (rc < 0 && rc != -EEXIST && !has_gone(-rc))
		hide(s, "the open files of process %d may not be looked at", s->pid);
	return rc == -EEXIST ? rc : 0;
}

static bool is_known(const struct search *s, const struct known_file *file)
{
	for (size_t i = 0; i < s->nr_others; i++)
		if (s->others[i].inode == file->inode && s->others[i].path == file->path &&
		    strcmp(s->others[i].device, file->device) == 0)
			return true;
	return false;
}

/* "7f0000000000-7f0000200000 rw-s 00000000 00:06 412   /srv/a node": a link for it leads on. */
static bool look_at_mapping(struct search *s, const char *line)
{
	struct known_file file = { 0 };
	unsigned long long inode, start, end;
	struct stat st;

	if (sscanf(line, "%llx-%llx %*s %*s %15s %llu", &start, &end, file.device, &inode) != 4 ||
	    !inode)
		return false;
	file.inode = inode;
	file.path = hash_text(HASH_INIT, strchr(line, '/') ? strchr(line, '/') : "");
	if (is_known(s, &file))
		return false;
	SYSFS_PATH(path, "proc/%d/map_files/%llx-%llx", s->live, start, end);
	if (fstatat(s->ctx->sys.root_fd, path, &st, 0) < 0) {
		if (!has_gone(errno) && !is_on_fuse(&s->ctx->sys, path))
			hide(s, "what process %d has mapped may not be looked at", s->pid);
		return false;
	}
	if (is_it(s, &st)) {
		found_process(s, "mapped");
		return true;
	}
	if (s->nr_others < KNOWN_MAX)
		s->others[s->nr_others++] = file;
	return false;
}

static void look_at_maps(struct search *s)
{
	cleanup_fclose FILE *maps = NULL;
	cleanup_free char *line = NULL;
	size_t size = 0;

	SYSFS_PATH(path, "proc/%d/maps", s->live);
	maps = sysfs_fopen(&s->ctx->sys, path);
	if (!maps) {
		if (!has_gone(errno))
			hide(s, "what process %d has mapped may not be looked at", s->pid);
		return;
	}
	while (sysfs_getline(&s->ctx->sys, &line, &size, maps) > 0)
		if (look_at_mapping(s, line))
			return;
	if (ferror(maps))
		hide(s, "what process %d has mapped could not be read", s->pid);
}

static int look_at_process(const struct sysfs *sys, const char *name, void *data)
{
	struct search *s = data;
	uint64_t pid;
	int rc;

	if (parse_u64(name, 10, &pid) < 0 || pid > INT_MAX)
		return 0;
	s->pid = s->live = (int)pid;
	if (s->pid == getpid()) {
		s->saw_self = true;
		return 0;
	}
	SYSFS_PATH(tasks, "proc/%d/task", s->pid);
	rc = sysfs_each(sys, tasks, look_at_thread, s);
	if (rc < 0 && rc != -EEXIST && !has_gone(-rc))
		hide(s, "process %d may not be looked at", s->pid);
	if (rc != -EEXIST) /* it has it open: that it has it mapped too says no more */
		look_at_maps(s);
	return 0;
}

/* ---- what no process holds --------------------------------------------------------------- */

static int look_at_loop(const struct sysfs *sys, const char *name, void *data)
{
	struct search *s = data;
	struct loop_info64 info;
	cleanup_close int fd = -1;

	SYSFS_PATH(bound, "sys/class/block/%s/loop", name);
	if (strncmp(name, "loop", 4) != 0 || sysfs_exists(sys, bound) == 0)
		return 0;
	SYSFS_PATH(path, "dev/%s", name);
	fd = openat(sys->root_fd, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, LOOP_GET_STATUS64, &info) < 0) {
		if (errno != ENXIO) /* of one that is bound a missing node tells nothing */
			hide(s, "%s could not be asked what it lies on", name);
		return 0;
	}
	for (size_t i = 0; i < s->nr_numbers; i++)
		if (info.lo_rdevice ==
		    s->numbers[i]) /* the kernel's own coding of 20 bits of minor */
			found_other(s, name, "lies on it");
	return 0;
}

static int note_holder(const struct sysfs *sys, const char *name, void *data)
{
	(void)sys;
	found_other(data, name, "lies on it");
	return 0;
}

static int each_holder(struct search *s, const char *folder)
{
	int rc = sysfs_each(&s->ctx->sys, folder, note_holder, s);

	return rc == -ENOENT ? 0 : rc;
}

/* A claim of the kernel's: a file system, swap, md, device mapper. Nobody else opens so. */
static void look_at_claim(struct search *s, const char *name)
{
	int fd;

	SYSFS_PATH(path, "dev/%s", name);
	fd = openat(s->ctx->sys.root_fd, path, O_RDONLY | O_EXCL | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0)
		close(fd);
	else if (errno == EBUSY)
		found_other(s, "the kernel", "has it in use (mounted, swap, RAID or a mapping)");
	else if (errno != ENOENT && errno != ENXIO && errno != ENODEV)
		hide(s, "/dev/%s cannot be opened: %s", name, strerror(errno));
}

static int read_number(const struct sysfs *sys, const char *path, dev_t *number)
{
	unsigned major_nr, minor_nr;
	char text[32];
	int rc = sysfs_read(sys, path, text, sizeof(text));

	if (rc < 0)
		return rc;
	if (sscanf(text, "%u:%u", &major_nr, &minor_nr) != 2)
		return -EPROTO;
	*number = makedev(major_nr, minor_nr);
	return 0;
}

static int add_number(struct search *s, const char *path)
{
	if (s->nr_numbers == NUMBERS_MAX)
		return -E2BIG;
	return read_number(&s->ctx->sys, path, &s->numbers[s->nr_numbers]) == 0
		       ? (int)s->nr_numbers++
		       : -ENOENT;
}

static int add_partition(const struct sysfs *sys, const char *name, void *data)
{
	struct search *s = data;
	int rc;

	SYSFS_PATH(is_one, "sys/class/block/%s/partition", name);
	rc = sysfs_exists(sys, is_one);
	if (rc <= 0)
		return rc;
	SYSFS_PATH(path, "sys/class/block/%s/dev", name);
	if (add_number(s, path) < 0)
		return -E2BIG;
	SYSFS_PATH(holders, "sys/class/block/%s/holders", name);
	return each_holder(s, holders);
}

static int add_block(struct search *s, const char *name)
{
	int rc;

	SYSFS_PATH(path, "sys/class/block/%s/dev", name);
	rc = add_number(s, path);
	if (rc < 0)
		return rc;
	SYSFS_PATH(folder, "sys/class/block/%s", name);
	rc = sysfs_each(&s->ctx->sys, folder, add_partition, s);
	if (rc < 0)
		return rc;
	SYSFS_PATH(holders, "sys/class/block/%s/holders", name);
	rc = each_holder(s, holders);
	if (rc < 0)
		return rc;
	look_at_claim(s, name);
	return 0;
}

/* ---- all of it --------------------------------------------------------------------------- */

static void check_view(struct search *s)
{
	const struct sysfs *sys = &s->ctx->sys;
	char link[64];

	if (sysfs_link(sys, "proc/self/ns/pid", link, sizeof(link)) < 0)
		hide(s, "/proc is not there");
	else if (strcmp(link, SIGHT_FIRST_PID_NS) != 0)
		hide(s, "processes outside of this pid namespace (a container) are not seen");
	if (sight_in_container(sys) != MHP_ANSWER_NO)
		hide(s, "processes outside of this container are not seen");
	if (sight_holds(sys, CAP_SYS_PTRACE) != MHP_ANSWER_YES)
		hide(s, "open files of others are shown with CAP_SYS_PTRACE only");
}

static void look_everywhere(struct search *s)
{
	int rc;

	check_view(s);
	if (s->type == S_IFBLK && sysfs_each(&s->ctx->sys, "sys/class/block", look_at_loop, s) < 0)
		hide(s, "the block devices cannot be listed");
	rc = sysfs_each(&s->ctx->sys, "proc", look_at_process, s);
	if (rc < 0)
		hide(s, "the processes cannot be listed: %s", strerror(-rc));
	else if (!s->saw_self)
		hide(s, "/proc does not show this process");
	rc = sysfs_lack(&s->ctx->sys);
	if (rc < 0)
		hide(s, "not all could be read: %s", strerror(-rc));
}

static int judge(const struct search *s, const char *name, bool force, struct mhp_error *err)
{
	if (*s->user) {
		mhp_fail(err, -EBUSY, MHP_REASON_IN_USE, "%s: %s%s", name, s->user,
			 s->more ? ", and others too" : "");
		return mhp_hint(err, -EBUSY, "stop what uses it first; --yes does not cover this");
	}
	if (!*s->hidden || force)
		return 0;
	mhp_fail(err, -EACCES, MHP_REASON_USERS_HIDDEN, "%s: it cannot be seen who uses it: %s",
		 name, s->hidden);
	return mhp_hint(err, -EACCES,
			"run it on the host as root; --force-users goes on if you "
			"know that nobody uses it");
}

typedef int (*numbers_fn)(struct search *s, const void *data);

/* Looks again for a moment: udev opens new devices, and other commands look what they hold. */
static int check(const struct mhp_ctx *ctx, mode_t type, const char *name, bool force,
		 numbers_fn fn, const void *data, struct mhp_error *err)
{
	cleanup_free struct known_file *others = calloc(KNOWN_MAX, sizeof(*others));
	int rc = 0;

	if (!others)
		return mhp_fail_errno(err, -ENOMEM, "%s", name);
	for (int i = 0; i < TRIES; i++) {
		struct search s = { .ctx = ctx, .type = type, .others = others };

		sysfs_lack_reset(&ctx->sys);
		rc = fn(&s, data);
		if (rc < 0)
			return mhp_fail_errno(err, rc, "%s: its users cannot be found", name);
		look_everywhere(&s);
		rc = judge(&s, name, force, err);
		if (rc == 0)
			break;
		poll(NULL, 0, TRY_MS);
	}
	return rc;
}

static int numbers_of_dax(struct search *s, const void *data)
{
	SYSFS_PATH(path, "sys/bus/dax/devices/%s/dev", (const char *)data);
	return add_number(s, path);
}

static int numbers_of_block(struct search *s, const void *data)
{
	return add_block(s, data);
}

static int one_number(struct search *s, const void *data)
{
	s->numbers[s->nr_numbers++] = *(const dev_t *)data;
	return 0;
}

int users_check_number(const struct mhp_ctx *ctx, mode_t type, dev_t number, const char *name,
		       bool force, struct mhp_error *err)
{
	return check(ctx, type, name, force, one_number, &number, err);
}

static int kernel_check(const struct mhp_ctx *ctx, const struct users_device *device,
			struct mhp_error *err)
{
	if (*device->dax)
		return check(ctx, S_IFCHR, device->dax, device->force, numbers_of_dax, device->dax,
			     err);
	return check(ctx, S_IFBLK, device->block, device->force, numbers_of_block, device->block,
		     err);
}

const struct users_ops users_kernel_ops = { .check = kernel_check };

int users_check(const struct mhp_ctx *ctx, const struct users_device *device, struct mhp_error *err)
{
	return *device->dax || *device->block ? ctx->users->check(ctx, device, err) : 0;
}
