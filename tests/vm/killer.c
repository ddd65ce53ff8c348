// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Before one of the calls of a program that change something (LD_PRELOAD), kills it, makes the call
 * fail, or runs a command: a write to a file, an ioctl of the NVDIMM bus, and what makes, renames,
 * removes or syncs a file. The calls of a program and of the processes that it forks are counted
 * together, from 1.
 *
 *   KILLER_COUNT=FILE   the number of calls so far, 8 bytes; made with `truncate -s 8`
 *   KILLER_ONLY=TEXT    counts only calls whose object begins so
 *   KILLER_AT=N         SIGKILL before call N; without it or with 0: none
 *   KILLER_GROUP=1      kills the program and the process that makes the call, else only that
 *   KILLER_RUN=COMMAND  kills nothing: call N waits until this has run in a shell
 *   KILLER_ERRNO=NUMBER kills nothing: call N is not made, and fails so
 *   KILLER_LOG=FILE     a line for each call
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

static atomic_ulong *count;
static unsigned long kill_at;
static bool kills_group;
static pid_t program;  /* what was started */
static int fails_with; /* 0: kill */
static const char *log_file;
static const char *only;
static const char *command;

__attribute__((constructor)) static void begin(void)
{
	const char *file = getenv("KILLER_COUNT");
	const char *at = getenv("KILLER_AT");
	const char *error = getenv("KILLER_ERRNO");
	void *page;
	int fd;

	if (!file)
		return;
	fd = open(file, O_RDWR | O_CLOEXEC);
	page = fd < 0 ? MAP_FAILED : mmap(NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd >= 0)
		close(fd);
	if (page == MAP_FAILED)
		return;
	count = page;
	program = getpid();
	kills_group = getenv("KILLER_GROUP");
	kill_at = at ? strtoul(at, NULL, 10) : 0;
	fails_with = error ? atoi(error) : 0;
	log_file = getenv("KILLER_LOG");
	only = getenv("KILLER_ONLY");
	command = getenv("KILLER_RUN");
}

/* Runs the command without this library, whose calls do not count. */
static void run_command(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		unsetenv("LD_PRELOAD");
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* Counts a call, and kills before the one that is asked for. Returns whether it must fail. */
static bool border(const char *call, const char *object)
{
	char line[512];
	unsigned long now;
	int saved = errno;
	int len;
	int fd;

	if (!count || (only && strncmp(object, only, strlen(only)) != 0))
		return false;
	now = atomic_fetch_add(count, 1) + 1;
	/* opened each time: a process that forks closes what it does not know */
	fd = log_file ? open(log_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
	if (fd >= 0) {
		len = snprintf(line, sizeof(line), "%lu %s %.400s\n", now, call, object);
		syscall(SYS_write, fd, line, (size_t)len);
		close(fd);
	}
	if (now == kill_at && fails_with) {
		errno = fails_with;
		return true;
	}
	if (now == kill_at && command) {
		run_command();
	} else if (now == kill_at) {
		if (kills_group)
			kill(program, SIGKILL);
		kill(getpid(), SIGKILL);
		pause();
	}
	errno = saved;
	return false;
}

/* A file, as opposed to a pipe, a socket, or what a program prints. */
static bool border_fd(const char *call, int fd)
{
	char link[64];
	char path[400];
	ssize_t len;

	if (!count || fd <= STDERR_FILENO)
		return false;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof(path) - 1);
	if (len <= 0)
		return false;
	path[len] = '\0';
	if (path[0] != '/' || strncmp(path, "/memfd:", 7) == 0)
		return false;
	return border(call, path);
}

EXPORT ssize_t write(int fd, const void *data, size_t len)
{
	if (border_fd("write", fd))
		return -1;
	return syscall(SYS_write, fd, data, len);
}

EXPORT ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
	if (border_fd("write", fd))
		return -1;
	return syscall(SYS_pwrite64, fd, data, len, at);
}

EXPORT ssize_t pwrite64(int fd, const void *data, size_t len, off_t at)
{
	return pwrite(fd, data, len, at);
}

EXPORT int fsync(int fd)
{
	if (border_fd("sync", fd))
		return -1;
	return (int)syscall(SYS_fsync, fd);
}

EXPORT int fdatasync(int fd)
{
	if (border_fd("sync", fd))
		return -1;
	return (int)syscall(SYS_fdatasync, fd);
}

EXPORT int ftruncate(int fd, off_t len)
{
	if (border_fd("truncate", fd))
		return -1;
	return (int)syscall(SYS_ftruncate, fd, len);
}

/* Only what goes to the NVDIMM bus changes something: terminals are asked too. */
EXPORT int ioctl(int fd, unsigned long request, ...)
{
	struct stat st;
	va_list args;
	void *data;

	va_start(args, request);
	data = va_arg(args, void *);
	va_end(args);
	if (count && fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && !isatty(fd) &&
	    border_fd("ioctl", fd))
		return -1;
	return (int)syscall(SYS_ioctl, fd, request, data);
}

EXPORT int renameat(int old_dir, const char *old, int new_dir, const char *new)
{
	if (border("rename", new))
		return -1;
	return (int)syscall(SYS_renameat, old_dir, old, new_dir, new);
}

EXPORT int rename(const char *old, const char *new)
{
	return renameat(AT_FDCWD, old, AT_FDCWD, new);
}

EXPORT int linkat(int old_dir, const char *old, int new_dir, const char *new, int flags)
{
	if (border("link", new))
		return -1;
	return (int)syscall(SYS_linkat, old_dir, old, new_dir, new, flags);
}

EXPORT int unlinkat(int dir, const char *path, int flags)
{
	if (border("remove", path))
		return -1;
	return (int)syscall(SYS_unlinkat, dir, path, flags);
}

EXPORT int unlink(const char *path)
{
	return unlinkat(AT_FDCWD, path, 0);
}

EXPORT int mkdirat(int dir, const char *path, mode_t mode)
{
	if (border("mkdir", path))
		return -1;
	return (int)syscall(SYS_mkdirat, dir, path, mode);
}

EXPORT int mkdir(const char *path, mode_t mode)
{
	return mkdirat(AT_FDCWD, path, mode);
}
