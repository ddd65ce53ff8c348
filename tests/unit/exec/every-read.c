/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every file that a run reads, times every way in which it cannot be read or has something else in
 * it. The files are recorded from an undisturbed run of each scene, so a new one joins by itself.
 */
#include "lib/base/error.h"
#include "tests/unit/fake/cells.h"
#include "tests/unit/fake/scene.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#ifdef __SANITIZE_ADDRESS__
#define SHARES (199 * 5)
#else
#define SHARES 199 /* prime, so that a share has cells of every scene and way */
#endif
#define SHARE 89

#define FILES_MAX 512
#define LONG_TEXT 8000

enum way {
	WAY_ERRNO,
	WAY_EMPTY,
	WAY_GARBAGE,
	WAY_LONG,
	WAY_HALF,
	WAY_NO_NEWLINE,
	WAY_READ_FAILS,
	WAY_DIRECTORY,
	WAY_FIFO,
};

static const struct {
	const char *name;
	enum way way;
	int errnum;
} ways[] = {
	{ "ENOENT", WAY_ERRNO, ENOENT },   { "EACCES", WAY_ERRNO, EACCES },
	{ "EIO", WAY_ERRNO, EIO },	   { "ENOMEM", WAY_ERRNO, ENOMEM },
	{ "EMFILE", WAY_ERRNO, EMFILE },   { "empty", WAY_EMPTY, 0 },
	{ "garbage", WAY_GARBAGE, 0 },	   { "too long", WAY_LONG, 0 },
	{ "half", WAY_HALF, 0 },	   { "no newline", WAY_NO_NEWLINE, 0 },
	{ "read EIO", WAY_READ_FAILS, 0 }, { "directory", WAY_DIRECTORY, 0 },
	{ "FIFO", WAY_FIFO, 0 },
};

/* Behaviour of the reads of this process and its children. */
static struct {
	int root_fd;
	bool is_recorded;
	const char *path; /* NULL: no read fails */
	enum way way;
	int errnum;
} reads;

int __real_openat(int dirfd, const char *path, int flags, ...);
long __real_syscall(long nr, ...);
int __wrap_openat(int dirfd, const char *path, int flags, ...);
int __wrap___openat_2(int dirfd, const char *path, int flags);
long __wrap_syscall(long nr, ...);

/* ---- reads that fail --------------------------------------------------------------------- */

static void record(int dirfd, const char *path)
{
	int fd;

	if (!reads.is_recorded || dirfd != reads.root_fd)
		return;
	fd = __real_openat(dirfd, "reads", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	dprintf(fd, "%s\n", path);
	close(fd);
}

static bool is_hit(int dirfd, const char *path)
{
	return !fake_acting && reads.path && dirfd == reads.root_fd &&
	       strcmp(path, reads.path) == 0;
}

/* Returns a file in memory with changed content of a real one. */
static int open_changed(int fd)
{
	char text[LONG_TEXT + 1] = "";
	ssize_t len = read(fd, text, sizeof(text) - 1);
	int made = memfd_create("changed", MFD_CLOEXEC);

	close(fd);
	if (len < 0)
		len = 0;
	switch (reads.way) {
	case WAY_EMPTY:
		len = 0;
		break;
	case WAY_GARBAGE:
		len = snprintf(text, sizeof(text), "\377%%n\001-7 [0x\n\nonlin\n");
		break;
	case WAY_LONG:
		len = LONG_TEXT;
		memset(text, '7', LONG_TEXT);
		break;
	case WAY_HALF:
		len /= 2;
		break;
	default:
		len -= len && text[len - 1] == '\n';
		break;
	}
	if (made < 0 || write(made, text, (size_t)len) != len || lseek(made, 0, SEEK_SET) != 0)
		return -1;
	return made;
}

static int open_other(const char *path)
{
	switch (reads.way) {
	case WAY_READ_FAILS: /* at offset 0 */
		return __real_openat(AT_FDCWD, "/proc/self/mem", O_RDONLY | O_CLOEXEC);
	case WAY_DIRECTORY:
		return __real_openat(AT_FDCWD, "/", O_RDONLY | O_CLOEXEC);
	case WAY_FIFO:
		return __real_openat(reads.root_fd, "dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	default:
		return open_changed(
			__real_openat(reads.root_fd, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC));
	}
}

/* Returns true if this open is to fail, or to read something else: *fd is the result. */
static bool is_changed(int dirfd, const char *path, int flags, int *fd)
{
	if ((flags & O_ACCMODE) != O_RDONLY || fake_acting)
		return false;
	record(dirfd, path);
	if (!is_hit(dirfd, path) || (reads.way != WAY_ERRNO && (flags & (O_DIRECTORY | O_PATH))))
		return false;
	*fd = -1;
	if (reads.way == WAY_ERRNO)
		errno = reads.errnum;
	else
		*fd = open_other(path);
	return true;
}

int __wrap_openat(int dirfd, const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;
	int fd;

	va_start(ap, flags);
	if (flags & (O_CREAT | O_TMPFILE))
		mode = va_arg(ap, mode_t);
	va_end(ap);
	return is_changed(dirfd, path, flags, &fd) ? fd : __real_openat(dirfd, path, flags, mode);
}

int __wrap___openat_2(int dirfd, const char *path, int flags)
{
	return __wrap_openat(dirfd, path, flags);
}

/* The library opens the files of a fake machine with openat2(2). */
long __wrap_syscall(long nr, ...)
{
	long a[5]; /* the library makes no system call with more */
	va_list ap;
	int fd;

	va_start(ap, nr);
	for (size_t i = 0; i < ARRAY_SIZE(a); i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (nr == SYS_openat2 && is_changed((int)a[0], (const char *)a[1],
					    (int)((const struct open_how *)a[2])->flags, &fd))
		return fd;
	return __real_syscall(nr, a[0], a[1], a[2], a[3], a[4]);
}

/* ---- recorded files ---------------------------------------------------------------------- */

/* The fake machine's own files, and of equal blocks all but some. */
static bool is_left_out(const char *path)
{
	static const char *const own[] = { "nd", "writes", "reads", "tracer", "answers", "users" };
	unsigned long id = 0;
	const char *at;

	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (strncmp(path, own[i], strlen(own[i])) == 0)
			return true;
	at = strstr(path, "/memory/memory");
	if (!at)
		return false;
	id = strtoul(at + strlen("/memory/memory"), NULL, 10);
	return id != 0 && id != FIRST_BLOCK && id != 40 && id != LAST_BLOCK &&
	       !getenv("MHP_BLOCKS");
}

static size_t record_files(const struct play *play, char (*files)[160])
{
	int fd = openat(play->fs->tree.fd, "reads", O_RDONLY | O_CLOEXEC);
	cleanup_fclose FILE *file = fd < 0 ? NULL : fdopen(fd, "re");
	char line[512];
	size_t nr = 0, i;

	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (is_left_out(line) || strlen(line) >= sizeof(files[0]))
			continue;
		for (i = 0; i < nr && strcmp(files[i], line) != 0; i++)
			;
		assert_true(i < FILES_MAX);
		if (i == nr)
			str_copy_to(files[nr++], sizeof(files[0]), line);
	}
	return nr;
}

/* ---- cells ------------------------------------------------------------------------------- */

static void play_with_reads(struct play *play)
{
	reads.root_fd = play->fs->ctx->sys.root_fd;
	play_run(play);
	reads.path = NULL;
	reads.is_recorded = false;
}

/* Cells that once ended wrong, of each kind one; every run of the tests takes them. */
static bool was_wrong(const char *name)
{
	static const char *const cells[] = {
		"online of a region|sys/bus/dax/drivers_autoprobe|empty",
		"create on a CXL card|sys/bus/dax/devices|ENOENT",
		"create on a dax region|sys/bus/dax/devices/dax0.1/size|EIO",
		"create on a dax region|sys/devices/platform/hmem.0/dax_region/create|directory",
		"create on a dax region|sys/devices/platform/hmem.0/dax_region/create|garbage",
		"apply|sys/bus/dax/devices/dax0.0/driver|EIO",
		"apply|sys/bus/dax/devices/dax0.0/size|ENOENT",
		"apply|sys/bus/dax/devices|ENOENT",
		"apply|sys/bus/dax/devices/dax0.0|ENOENT",
		"create|var/lib|ENOMEM",
		"online beside a rule|sys/bus/dax/devices/dax0.0/driver|ENOENT",
		"remove and destroy CXL|sys/bus/cxl/devices/region0/interleave_ways|EIO",
		"remove and destroy CXL|sys/bus/cxl/devices/region0/target0|EACCES",
		"remove and destroy CXL|sys/bus/cxl/devices/region0|ENOENT",
		"offline of a device|sys/devices/system/memory/memory47/state|ENOENT",
		"offline of a device|sys/bus/dax/devices/dax0.0/driver|ENOENT",
		"online of a CXL card|sys/bus/cxl/devices/decoder5.0/dpa_size|half",
		"online of a CXL card|sys/bus/cxl/devices/region0|EMFILE",
		"online of a disabled CXL card|sys/bus/cxl/devices/mem0/driver|ENOENT",
	};

	for (size_t i = 0; i < ARRAY_SIZE(cells); i++)
		if (strcmp(cells[i], name) == 0)
			return true;
	return false;
}

static void run_cell(struct cells *cells, const struct scene *scene, const char *path, size_t way)
{
	const struct disturbance disturbance = {
		.is_unclear = true,
		.is_blind = true,
		.is_setting = strstr(path, "autoprobe") || strstr(path, "auto_online_blocks") ||
			      strstr(path, "demotion_enabled") ||
			      strncmp(path, "run/mhpctl", 10) == 0,
	};
	struct play play;
	const char *why;
	char name[512], text[1200] = "";

	str_format(name, "%s|%s|%s", scene->name, path, ways[way].name);
	if (!cells_take(cells, name) &&
	    (cells->only || getenv("MHP_CELLS") || !was_wrong(name))) /* a share has its own */
		return;
	play_begin(&play, scene, false);
	reads.way = ways[way].way;
	reads.errnum = ways[way].errnum;
	reads.path = path;
	play_with_reads(&play);
	why = play_judge(&play, &disturbance);
	str_copy(text, why);
	if (*why && cells->only)
		play_show(&play);
	if (!*why) {
		why = play_judge_again(&play);
		if (*why)
			str_format(text, "again: %s: %s", why, play.t.err.message);
	}
	cells_told(cells, name, text);
	play_end(&play);
}

static void run_scene(struct cells *cells, const struct scene *scene)
{
	static char files[FILES_MAX][160];
	struct play play;
	size_t nr;

	if (cells->only && strchr(cells->only, '|') && !strstr(cells->only, scene->name))
		return;
	play_begin(&play, scene, false);
	reads.is_recorded = true;
	play_with_reads(&play);
	assert_int_equal(play.t.rc, 0);
	nr = record_files(&play, files);
	play_end(&play);
	assert_true(nr > 20);
	for (size_t i = 0; i < nr; i++)
		for (size_t way = 0; way < ARRAY_SIZE(ways); way++)
			run_cell(cells, scene, files[i], way);
}

static void no_read_that_fails_is_taken_for_success(void **state)
{
	struct cells cells;

	cells_begin(&cells, "every read x every failure", "BUILD/tests/unit/exec/every-read",
		    SHARES, SHARE);
	for (size_t i = 0; i < scene_count(); i++)
		run_scene(&cells, scene_get(i));
	assert_true(cells_end(&cells));
}

UNIT_TESTS(cmocka_unit_test(no_read_that_fails_is_taken_for_success))
