/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processes that have a device open or mapped. */
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/hash.h"
#include "lib/base/parse.h"
#include "lib/sys/holders/procs.h"
#include "lib/sys/users/search.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

/* Returns whether the file was closed or unmapped, or the process has ended. */
static bool has_gone(int error)
{
	return error == ENOENT || error == ESRCH;
}

/*
 * Returns whether a file lies on FUSE, and so is no device: FUSE may refuse even root, but not a
 * statx() with an empty mask.
 */
static bool is_on_fuse(const struct search *s, int rc, const char *path)
{
	struct statx st;

	return rc == -EACCES && search_stat(s, path, 0, &st) == 0;
}

/* ---- open files -------------------------------------------------------------------------- */

/* Reads "scm_fds: 2" from the fdinfo of a descriptor; -ENODATA if it has no such line. */
static int read_in_flight(const struct root *sys, const char *path, unsigned *nr)
{
	cleanup_fclose FILE *file = root_fopen(sys, path);
	cleanup_free char *line = NULL;
	size_t size = 0;

	if (!file)
		return -errno;
	while (root_getline(sys, &line, &size, file) > 0)
		if (sscanf(line, "scm_fds: %u", nr) == 1)
			return 0;
	return feof(file) ? -ENODATA : -EIO;
}

/*
 * Reports descriptors in flight: the owner of the socket receives them, or closes the socket and
 * they are lost.
 */
static void hide_in_flight(struct search *s, unsigned nr)
{
	char comm[32], shown[64], remedy[128];

	procs_comm(s->ctx, s->pid, comm, sizeof(comm));
	str_format(remedy, "let %s[%d] receive them, or stop it",
		   text_escape(comm, shown, sizeof(shown)), s->pid);
	search_hide(s, remedy, "%u open files are in flight on a socket of process %d", nr, s->pid);
}

/*
 * Checks a socket for descriptors in flight, which may be of the device. Every unix socket shows
 * how many wait in it (since 5.6; since 6.3 also in connections that are not accepted yet); other
 * sockets show none.
 */
static void check_socket(struct search *s, const char *fd)
{
	unsigned nr = 0;
	int rc;

	ROOT_PATH(path, "proc/%d/task/%d/fdinfo/%s", s->pid, s->tid, fd);
	rc = read_in_flight(&s->ctx->sys, path, &nr);
	if (rc == -ENODATA)
		s->silent_pid = s->pid;
	else if (rc == 0)
		s->tells_in_flight = true;
	else if (!has_gone(-rc))
		search_hide(s, NULL, "the sockets of process %d cannot be read: %s", s->pid,
			    strerror(-rc));
	if (nr)
		hide_in_flight(s, nr);
}

/*
 * Tests with a unix socket of our own whether the kernel shows counts, if no other socket showed
 * one.
 */
static void check_in_flight(struct search *s)
{
	int pair[2], rc;
	unsigned nr;

	if (s->tells_in_flight || !s->silent_pid)
		return;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		rc = -errno;
	} else {
		ROOT_PATH(path, "proc/self/fdinfo/%d", pair[0]);
		rc = read_in_flight(&s->ctx->sys, path, &nr);
		close(pair[0]);
		close(pair[1]);
	}
	if (rc < 0)
		search_hide(s, "boot Linux 5.6 or later, or make sure yourself",
			    "this kernel does not show which open files are in flight on "
			    "sockets, such as those of process %d",
			    s->silent_pid);
}

/*
 * Returns whether a descriptor has the device open. One with O_PATH does not: any user may hold
 * such a descriptor of any device.
 */
static bool is_really_open(const struct search *s, const char *fd)
{
	char text[256];
	unsigned flags;
	const char *line;

	ROOT_PATH(path, "proc/%d/task/%d/fdinfo/%s", s->pid, s->tid, fd);
	if (root_read_text(&s->ctx->sys, path, text, sizeof(text)) < 0)
		return true;
	line = strstr(text, "flags:");
	return !line || sscanf(line, "flags: %o", &flags) != 1 || !(flags & O_PATH);
}

/* Returns whether a descriptor is an io_uring. Its file has no type; the link names it. */
static bool is_ring(const struct search *s, const char *path)
{
	char link[64];

	return root_link(&s->ctx->sys, path, link, sizeof(link)) == 0 &&
	       strcmp(link, "anon_inode:[io_uring]") == 0;
}

static int check_fd(const struct root *sys, const char *fd, void *data)
{
	struct search *s = data;
	struct statx st;
	int rc;

	(void)sys;
	ROOT_PATH(path, "proc/%d/task/%d/fd/%s", s->pid, s->tid, fd);
	rc = search_stat(s, path, STATX_TYPE, &st);
	if ((rc == -ENOENT || (rc == 0 && !(st.stx_mode & S_IFMT))) && is_ring(s, path))
		return search_ring(s, fd) ? -EEXIST : 0;
	if (rc < 0) {
		if (!has_gone(-rc) && !is_on_fuse(s, rc, path))
			search_hide(s, NULL, "the open files of process %d cannot be read: %s",
				    s->pid, strerror(-rc));
		return 0;
	}
	if (search_is_it(s, &st) && is_really_open(s, fd)) {
		search_found_process(s, "open");
		return -EEXIST; /* one of this process is enough */
	}
	if (S_ISSOCK(st.stx_mode))
		check_socket(s, fd);
	return 0;
}

static bool shares_files(int pid, int tid)
{
	return syscall(SYS_kcmp, pid, tid, KCMP_FILES, 0, 0) == 0;
}

static int check_thread(const struct root *sys, const char *name, void *data)
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
	ROOT_PATH(path, "proc/%d/task/%d/fd", s->pid, s->tid);
	rc = root_each(sys, path, check_fd, s);
	if (rc < 0 && rc != -EEXIST && !has_gone(-rc))
		search_hide(s, NULL, "the open files of process %d may not be inspected", s->pid);
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

/*
 * Checks the file of "7f0000000000-7f0000200000 rw-s 00000000 00:06 412   /srv/a node", through
 * its link in map_files.
 */
static bool check_mapping(struct search *s, const char *line)
{
	struct known_file file = { 0 };
	unsigned long long inode, start, end;
	struct statx st;
	int rc;

	if (sscanf(line, "%llx-%llx %*s %*s %15s %llu", &start, &end, file.device, &inode) != 4 ||
	    !inode)
		return false;
	file.inode = inode;
	file.path = hash_text(HASH_INIT, strchr(line, '/') ? strchr(line, '/') : "");
	if (is_known(s, &file))
		return false;
	ROOT_PATH(path, "proc/%d/map_files/%llx-%llx", s->live, start, end);
	rc = search_stat(s, path, STATX_TYPE, &st);
	if (rc < 0) {
		if (!has_gone(-rc) && !is_on_fuse(s, rc, path))
			search_hide(s, NULL, "the mappings of process %d may not be inspected",
				    s->pid);
		return false;
	}
	if (search_is_it(s, &st)) {
		search_found_process(s, "mapped");
		return true;
	}
	if (s->nr_others < KNOWN_FILES_MAX)
		s->others[s->nr_others++] = file;
	return false;
}

static void check_maps(struct search *s)
{
	cleanup_fclose FILE *maps = NULL;
	cleanup_free char *line = NULL;
	size_t size = 0;

	ROOT_PATH(path, "proc/%d/maps", s->live);
	maps = root_fopen(&s->ctx->sys, path);
	if (!maps) {
		if (!has_gone(errno))
			search_hide(s, NULL, "the mappings of process %d may not be inspected",
				    s->pid);
		return;
	}
	while (root_getline(&s->ctx->sys, &line, &size, maps) > 0)
		if (check_mapping(s, line))
			return;
	if (!feof(maps))
		search_hide(s, NULL, "the mappings of process %d could not be read", s->pid);
}

static int check_process(const struct root *sys, int pid, void *data)
{
	struct search *s = data;
	int rc;

	s->pid = s->live = pid;
	if (s->pid == getpid()) {
		s->saw_self = true;
		return 0;
	}
	ROOT_PATH(tasks, "proc/%d/task", s->pid);
	rc = root_each(sys, tasks, check_thread, s);
	if (rc < 0 && rc != -EEXIST && !has_gone(-rc))
		search_hide(s, NULL, "process %d may not be inspected", s->pid);
	if (rc != -EEXIST) /* if it has the device open, its mappings do not matter */
		check_maps(s);
	return 0;
}

void search_processes(struct search *s)
{
	int rc = procs_each(&s->ctx->sys, check_process, s);

	if (rc < 0)
		search_hide(s, NULL, "the processes cannot be listed: %s", strerror(-rc));
	else if (!s->saw_self)
		search_hide(s, NULL, "/proc does not show this process");
	check_in_flight(s);
}
