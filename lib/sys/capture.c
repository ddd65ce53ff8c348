/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/capture.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/hash.h"
#include "lib/sys/root.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

#define LINKS_MAX 40
#define SEEN_MAX  (1U << 20)

/* Memory that all processes share. */
struct capture_shared {
	bool is_lost; /* something could not be recorded */
	unsigned nr_seen;
	uint64_t seen[SEEN_MAX]; /* hashes of what has a record, in the next free place; 0: free */
};

/* A record in the file; the path with its NUL and the data follow. */
struct head {
	uint64_t mark;
	uint32_t kind;
	int32_t rc;
	uint32_t path_len; /* with the NUL */
	uint32_t data_len;
};

int capture_begin(struct capture *capture)
{
	void *shared = mmap(NULL, sizeof(struct capture_shared), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	int rc = 0;

	*capture = (struct capture){ .fd = -1 };
	if (shared == MAP_FAILED)
		return -errno;
	capture->shared = shared;
	capture->fd = memfd_create("mhpctl-report", MFD_CLOEXEC);
	if (capture->fd < 0)
		rc = -errno;
	else if (fcntl(capture->fd, F_SETFL, O_APPEND) < 0) /* several processes write to it */
		rc = -errno;
	else if (getrandom(&capture->mark, sizeof(capture->mark), 0) !=
		 (ssize_t)sizeof(capture->mark))
		rc = -EIO;
	if (rc < 0)
		capture_end(capture);
	return rc;
}

void capture_end(struct capture *capture)
{
	if (capture->fd >= 0)
		close(capture->fd);
	if (capture->shared)
		munmap(capture->shared, sizeof(*capture->shared));
	*capture = (struct capture){ .fd = -1 };
}

/* ---- reading the records ------------------------------------------------------------------- */

/* Fills in the record at that place. Returns its length, or 0 if none is whole there. */
static size_t parse_record(const char *at, size_t left, uint64_t mark,
			   struct capture_record *record)
{
	struct head head;
	size_t len;

	if (left < sizeof(head))
		return 0;
	memcpy(&head, at, sizeof(head));
	len = sizeof(head) + head.path_len + head.data_len;
	if (head.mark != mark || !head.path_len || len > left)
		return 0;
	*record = (struct capture_record){
		.kind = head.kind,
		.rc = head.rc,
		.path = at + sizeof(head),
		.data = at + sizeof(head) + head.path_len,
		.len = head.data_len,
	};
	return len;
}

/* Returns whether the record was cut, and another follows within its length. */
static bool is_cut_short(const struct capture_record *record, size_t len, uint64_t mark)
{
	const char *from = record->path;

	return memmem(from, len - sizeof(struct head), &mark, sizeof(mark));
}

static int each_record(const char *map, size_t size, uint64_t mark,
		       int (*fn)(const struct capture_record *record, void *data), void *data)
{
	struct capture_record record;
	const char *found;
	size_t at = 0, len;
	int rc = 0;

	while (at < size && rc == 0) {
		len = parse_record(map + at, size - at, mark, &record);
		if (len && !is_cut_short(&record, len, mark)) {
			rc = fn(&record, data);
			at += len;
			continue;
		}
		found = memmem(map + at + 1, size - at - 1, &mark, sizeof(mark));
		at = found ? (size_t)(found - map) : size;
	}
	return rc;
}

int capture_each(const struct capture *capture,
		 int (*fn)(const struct capture_record *record, void *data), void *data,
		 bool *is_cut)
{
	struct stat st;
	void *map;
	int rc;

	*is_cut = capture->shared->is_lost;
	if (fstat(capture->fd, &st) < 0)
		return -errno;
	if (st.st_size == 0)
		return 0;
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, capture->fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	rc = each_record(map, (size_t)st.st_size, capture->mark, fn, data);
	munmap(map, (size_t)st.st_size);
	return rc;
}

/* ---- writing a record ---------------------------------------------------------------------- */

/* Kinds in the set that are no records: a path as it was given, which may have links in it. */
enum {
	GIVEN_OPENED = CAPTURE_UNKNOWN + 1,
	GIVEN_LISTED,
	GIVEN_SEEN,
	GIVEN_FOLLOWED
};

/* Returns the place of a record in the set, or where it can be added. */
static uint64_t *find_seen(struct capture_shared *shared, unsigned kind, const char *path)
{
	uint64_t hash = hash_text(HASH_INIT + kind, path) | 1;
	size_t at = hash / 2 % SEEN_MAX;

	while (shared->seen[at] && shared->seen[at] != hash)
		at = (at + 1) % SEEN_MAX;
	return &shared->seen[at];
}

/* Returns whether the path has a record that says as much: commands read the same files. */
static bool is_seen(struct capture_shared *shared, enum capture_kind kind, const char *path)
{
	for (enum capture_kind better = CAPTURE_FILE; better <= kind; better++)
		if (*find_seen(shared, better, path))
			return true;
	return false;
}

static void set_seen(struct capture_shared *shared, unsigned kind, const char *path)
{
	if (shared->nr_seen >= SEEN_MAX / 4 * 3)
		return;
	*find_seen(shared, kind, path) = hash_text(HASH_INIT + kind, path) | 1;
	shared->nr_seen++;
}

/* Returns whether a command has recorded all that follows from the path, with its content. */
static bool is_given(const struct capture *capture, unsigned kind, const char *path)
{
	return *find_seen(capture->shared, kind, path);
}

static bool write_record(const struct capture *capture, const struct head *head, const char *path,
			 const char *data)
{
	const struct iovec parts[] = {
		{ (void *)head, sizeof(*head) },
		{ (char *)path, head->path_len },
		{ (char *)data, head->data_len },
	};

	return writev(capture->fd, parts, ARRAY_SIZE(parts)) ==
	       (ssize_t)(sizeof(*head) + head->path_len + head->data_len);
}

static void add_record(const struct capture *capture, enum capture_kind kind, int rc,
		       const char *path, const char *data, size_t len)
{
	struct head head = { .mark = capture->mark,
			     .kind = kind,
			     .rc = rc,
			     .path_len = (uint32_t)strlen(path) + 1,
			     .data_len = (uint32_t)len };
	struct stat st;

	if (!*path || strncmp(path, "dev/", 4) == 0 || fstat(capture->fd, &st) < 0)
		return;
	if (kind == CAPTURE_FILE && (uint64_t)st.st_size + len > CAPTURE_BYTES_MAX) {
		head.kind = CAPTURE_LARGE;
		head.data_len = 0;
	}
	if (is_seen(capture->shared, head.kind, path))
		return;
	if (st.st_size < CAPTURE_BYTES_MAX + CAPTURE_NAMES_MAX &&
	    write_record(capture, &head, path, data))
		set_seen(capture->shared, head.kind, path);
	else
		capture->shared->is_lost = true;
}

/* ---- paths without links ------------------------------------------------------------------- */

/* A path on the way to one without links. */
struct walk {
	const struct root *sys;
	char done[PATH_MAX]; /* has no link in it */
	char rest[PATH_MAX];
	unsigned links;
};

/* Moves the first name of the rest to the done part. Returns false at the end, or without space. */
static bool next_name(struct walk *walk)
{
	size_t skip = strspn(walk->rest, "/"), len = strcspn(walk->rest + skip, "/");
	size_t done = strlen(walk->done);
	char *slash;

	if (!len || done + len + 2 > sizeof(walk->done))
		return false;
	if (len == 2 && strncmp(walk->rest + skip, "..", 2) == 0) {
		slash = strrchr(walk->done, '/');
		*(slash ? slash : walk->done) = '\0';
	} else if (len != 1 || walk->rest[skip] != '.') {
		snprintf(walk->done + done, sizeof(walk->done) - done, "%s%.*s", done ? "/" : "",
			 (int)len, walk->rest + skip);
	}
	memmove(walk->rest, walk->rest + skip + len, strlen(walk->rest + skip + len) + 1);
	return true;
}

/* Returns whether the name is that of each process for itself: it stays as it is. */
static bool is_own_process(const char *path)
{
	return strcmp(path, "proc/self") == 0 || strcmp(path, "proc/thread-self") == 0;
}

/* Replaces the link at the end of the done part by its target, and records it. */
static bool follow_link(struct walk *walk, const char *target)
{
	char rest[PATH_MAX];
	char *slash;

	add_record(walk->sys->capture, CAPTURE_LINK, 0, walk->done, target, strlen(target));
	if (str_format(rest, "%s/%s", target, walk->rest) >= (int)sizeof(rest) ||
	    ++walk->links > LINKS_MAX)
		return false;
	strcpy(walk->rest, rest);
	slash = *target == '/' ? NULL : strrchr(walk->done, '/');
	*(slash ? slash : walk->done) = '\0';
	return true;
}

/*
 * Finds the path without links, and records those. Without follow, the last name may be a link.
 * Returns false if there are too many or they are too long.
 */
static bool resolve(struct walk *walk, const struct root *sys, const char *path, bool follow)
{
	char target[PATH_MAX];
	ssize_t len;

	walk->sys = sys;
	walk->links = 0;
	*walk->done = '\0';
	if (strlen(path) >= sizeof(walk->rest))
		return false;
	strcpy(walk->rest, path);
	while (next_name(walk)) {
		bool is_last = !walk->rest[strspn(walk->rest, "/")];

		if ((is_last && !follow) || !*walk->done || is_own_process(walk->done))
			continue;
		len = readlinkat(sys->root_fd, walk->done, target, sizeof(target) - 1);
		if (len < 0)
			continue;
		target[len] = '\0';
		if (!follow_link(walk, target))
			return false;
	}
	return !walk->rest[strspn(walk->rest, "/")];
}

/* ---- for root.c ---------------------------------------------------------------------------- */

/* Goes from a root that is a directory of another one to that one. Returns the path there. */
static const char *whole_path(const struct root **sys, const char *path, char buf[PATH_MAX])
{
	if (!(*sys)->above)
		return path;
	snprintf(buf, PATH_MAX, "%s/%s", (*sys)->place, path);
	*sys = (*sys)->above;
	return buf;
}

/* Returns a file in memory with this content, or -1. */
static int open_copy(const char *text, size_t len)
{
	cleanup_close int fd = memfd_create("mhpctl-file", MFD_CLOEXEC);

	if (fd < 0 || file_write_all(fd, text, len) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return -1;
	return TAKE_FD(fd);
}

/* Returns whether the file has something for each page of memory. */
static bool is_of_pages(const char *path)
{
	const char *name = strrchr(path, '/');

	return strncmp(path, "proc/kpage", 10) == 0 || (name && strcmp(name, "/pagemap") == 0);
}

static int record_file(const struct capture *capture, const char *path, int fd)
{
	cleanup_free char *text = NULL;
	size_t len = 0;
	int copy = -1, rc;

	rc = is_of_pages(path) ? -EFBIG : file_read_all(fd, CAPTURE_FILE_MAX, &text, &len);

	if (rc == 0)
		add_record(capture, CAPTURE_FILE, 0, path, text, len);
	else if (rc == -EFBIG)
		add_record(capture, CAPTURE_LARGE, 0, path, "", 0);
	else
		add_record(capture, CAPTURE_FAILED, rc, path, "", 0);
	/* other files do not change while they are read, and their owner and locks matter */
	if (rc == 0 && root_is_of_kernel(path))
		copy = open_copy(text, len);
	if (copy < 0) {
		lseek(fd, 0, SEEK_SET);
		return fd;
	}
	close(fd);
	return copy;
}

int capture_opened(const struct root *sys, const char *path, int fd)
{
	char whole[PATH_MAX];
	struct walk walk;
	struct stat st;

	path = whole_path(&sys, path, whole);
	if (is_given(sys->capture, GIVEN_OPENED, path))
		return fd;
	if (!resolve(&walk, sys, path, true) || fstat(fd, &st) < 0) {
		sys->capture->shared->is_lost = true;
		return fd;
	}
	if (S_ISREG(st.st_mode))
		fd = record_file(sys->capture, walk.done, fd);
	else
		add_record(sys->capture, CAPTURE_FOLDER, 0, walk.done, "", 0);
	if (!S_ISREG(st.st_mode) || is_seen(sys->capture->shared, CAPTURE_LARGE, walk.done))
		set_seen(sys->capture->shared, GIVEN_OPENED, path); /* a failure may pass */
	return fd;
}

void capture_text(const struct root *sys, const char *path, const char *text)
{
	add_record(sys->capture, CAPTURE_FILE, 0, path, text, strlen(text));
}

void capture_failed(const struct root *sys, const char *path, int rc, bool exists)
{
	char whole[PATH_MAX];
	struct walk walk;

	path = whole_path(&sys, path, whole);
	if (rc != -ENOENT && rc != -ENOTDIR && resolve(&walk, sys, path, true))
		add_record(sys->capture, exists ? CAPTURE_FAILED : CAPTURE_UNKNOWN, rc, walk.done,
			   "", 0);
}

void capture_seen(const struct root *sys, const char *path, bool follow)
{
	char target[PATH_MAX], whole[PATH_MAX];
	const unsigned given = follow ? GIVEN_FOLLOWED : GIVEN_SEEN;
	struct walk walk;
	struct stat st;
	ssize_t len;

	path = whole_path(&sys, path, whole);
	if (is_given(sys->capture, given, path) || !resolve(&walk, sys, path, follow) ||
	    fstatat(sys->root_fd, walk.done, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	if (S_ISDIR(st.st_mode)) {
		add_record(sys->capture, CAPTURE_FOLDER, 0, walk.done, "", 0);
	} else if (S_ISLNK(st.st_mode)) {
		len = readlinkat(sys->root_fd, walk.done, target, sizeof(target));
		if (len > 0 && (size_t)len < sizeof(target))
			add_record(sys->capture, CAPTURE_LINK, 0, walk.done, target, (size_t)len);
	} else if (S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3)) {
		add_record(sys->capture, CAPTURE_LINK, 0, walk.done, "/dev/null",
			   strlen("/dev/null")); /* bound over a file, it masks that like a link */
	} else {
		add_record(sys->capture, CAPTURE_SEEN, 0, walk.done, "", 0);
	}
	set_seen(sys->capture->shared, given, path);
}

void capture_listed(const struct root *sys, const char *path)
{
	char whole[PATH_MAX];
	struct walk walk;

	path = whole_path(&sys, path, whole);
	if (is_given(sys->capture, GIVEN_LISTED, path) || !resolve(&walk, sys, path, true))
		return;
	add_record(sys->capture, CAPTURE_DIRECTORY, 0, walk.done, "", 0);
	set_seen(sys->capture->shared, GIVEN_LISTED, path);
}

void capture_entry(const struct root *sys, const char *path, const struct dirent *entry)
{
	char name[PATH_MAX];

	if (str_format(name, "%s/%s", path, entry->d_name) < (int)sizeof(name))
		capture_seen(sys, name, false);
}
