/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Unpacks an archive that may come from anybody. */
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/parse.h"
#include "lib/sys/archive.h"
#include "lib/sys/gunzip.h"
#include "lib/sys/tar.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>

#define PIECE (64 * TAR_BLOCK)

struct unpacking {
	struct gunzip *in;
	int dirfd;
	int stop_fd;
	struct mhp_error *err;
	uint64_t bytes;
	unsigned entries;
	char path[ARCHIVE_PATH_MAX]; /* of the entry */
	char target[ARCHIVE_PATH_MAX];
	char next_path[ARCHIVE_PATH_MAX]; /* for the next entry, if it is too long for a header */
	char next_target[ARCHIVE_PATH_MAX];
	char folder[ARCHIVE_PATH_MAX]; /* the directory that is open: most entries follow in it */
	int folder_fd;
};

static int refuse(struct unpacking *u, const char *why)
{
	char shown[64];

	text_escape(u->path, shown, sizeof(shown));
	err_set(u->err, -EBADMSG, MHP_REASON_USAGE, "not a report of mhpctl: %s%s%s", why,
		*shown ? ": " : "", shown);
	return err_hint(u->err, -EBADMSG, "the file is damaged, or something else");
}

/* ---- reading ------------------------------------------------------------------------------- */

/* Reads len bytes. Returns 1, 0 at the end, or a negative errno. */
static int read_bytes(struct unpacking *u, void *data, size_t len)
{
	int got = gunzip_read(u->in, data, len);

	if (got == (int)len)
		return 1;
	if (got == -EOPNOTSUPP)
		return err_set(u->err, got, MHP_REASON_UNSUPPORTED, "zlib is not installed");
	if (got < 0 && got != -EBADMSG)
		return err_errno(u->err, got, "the report");
	return got == 0 ? 0 : refuse(u, "it ends in the middle");
}

/* Counts bytes of an entry. Returns 0, or refuses if they are too many. */
static int count_bytes(struct unpacking *u, uint64_t len, uint64_t max)
{
	u->bytes += len;
	return len > max || u->bytes > ARCHIVE_BYTES_MAX ? refuse(u, "it is too large") : 0;
}

/* Reads the data of an entry as a text. *text is for free(). */
static int read_text(struct unpacking *u, uint64_t size, char **text)
{
	size_t whole = ((size_t)size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
	int rc = count_bytes(u, size, 4 * ARCHIVE_PATH_MAX);

	if (rc < 0)
		return rc;
	*text = calloc(1, whole + 1);
	if (!*text)
		return err_errno(u->err, -ENOMEM, "the report");
	rc = whole ? read_bytes(u, *text, whole) : 1;
	if (rc == 1)
		(*text)[size] = '\0';
	return rc == 0 ? refuse(u, "it ends in the middle") : rc < 0 ? rc : 0;
}

static int set_path(struct unpacking *u, char *to, const char *text, size_t len)
{
	if (len >= ARCHIVE_PATH_MAX || memchr(text, '\0', len))
		return refuse(u, "a path is too long");
	memcpy(to, text, len);
	to[len] = '\0';
	return 0;
}

/* Takes "LENGTH path=...\n" and "LENGTH linkpath=...\n" from the values of pax. */
static int take_pax(struct unpacking *u, const char *text, size_t size)
{
	int rc = 0;

	while (size && rc == 0) {
		size_t digits = strspn(text, "0123456789");
		const char *key = text + digits + 1, *value;
		uint64_t len;

		if (!digits || parse_u64_n(text, digits, 10, &len) < 0 || text[digits] != ' ' ||
		    len <= digits + 1 || len > size || text[len - 1] != '\n')
			return refuse(u, "a header is damaged");
		value = memchr(key, '=', (size_t)(text + len - key));
		if (!value)
			return refuse(u, "a header is damaged");
		value++;
		if (strncmp(key, "path=", 5) == 0)
			rc = set_path(u, u->next_path, value, (size_t)(text + len - 1 - value));
		else if (strncmp(key, "linkpath=", 9) == 0)
			rc = set_path(u, u->next_target, value, (size_t)(text + len - 1 - value));
		text += len;
		size -= len;
	}
	return rc;
}

/* ---- paths --------------------------------------------------------------------------------- */

/* Removes "./" and slashes before and behind. */
static void trim_path(char *path)
{
	char *from = path;
	size_t len;

	while (strncmp(from, "./", 2) == 0)
		from += 2;
	if (strcmp(from, ".") == 0)
		from++;
	memmove(path, from, strlen(from) + 1);
	for (len = strlen(path); len && path[len - 1] == '/'; len--)
		path[len - 1] = '\0';
}

/* Returns how many names a path has, or -1 if one is empty, too long, "." or "..". */
static int count_names(const char *path)
{
	int nr = 0;

	for (;; path++) {
		size_t len = strcspn(path, "/");

		if (!len || len > NAME_MAX || (len <= 2 && strspn(path, ".") >= len))
			return -1;
		nr++;
		path += len;
		if (!*path)
			return nr;
	}
}

/* Returns whether the target of a link stays in the tree, as far as its text shows. */
static bool is_inside(const char *target, int depth)
{
	if (strcmp(target, "/dev/null") == 0)
		return true;
	if (*target == '/' || !*target)
		return false;
	for (; *target; target += *target == '/') {
		size_t len = strcspn(target, "/");

		if (len == 2 && strncmp(target, "..", 2) == 0)
			depth--;
		else if (len && !(len == 1 && *target == '.'))
			depth++;
		if (depth < 0 || len > NAME_MAX)
			return false;
		target += len;
	}
	return true;
}

/* Opens a directory by one name, which must not be a link; makes a missing one, and counts it. */
static int open_name(struct unpacking *u, int at, const char *name)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(at, name, flags);

	if (fd >= 0 || errno != ENOENT)
		return fd < 0 ? -errno : fd;
	if (++u->entries > ARCHIVE_ENTRIES_MAX)
		return -E2BIG;
	if (mkdirat(at, name, 0700) < 0)
		return -errno;
	fd = openat(at, name, flags);
	return fd < 0 ? -errno : fd;
}

/* Opens the directory of a path as u->folder_fd. Returns 0 or a negative errno. */
static int open_folder(struct unpacking *u, const char *folder)
{
	cleanup_free char *names = strdup(folder);
	char *rest = names, *name;
	cleanup_close int at = -1;

	if (!names)
		return -ENOMEM;
	if (u->folder_fd >= 0 && strcmp(u->folder, folder) == 0)
		return 0;
	at = fcntl(u->dirfd, F_DUPFD_CLOEXEC, 0);
	if (at < 0)
		return -errno;
	while ((name = strsep(&rest, "/"))) {
		int next = *name ? open_name(u, at, name) : -ENOENT;

		if (!*name)
			break;
		if (next < 0)
			return next;
		close(at);
		at = next;
	}
	if (u->folder_fd >= 0)
		close(u->folder_fd);
	u->folder_fd = TAKE_FD(at);
	str_copy(u->folder, folder);
	return 0;
}

/* ---- entries ------------------------------------------------------------------------------- */

static int entry_failed(struct unpacking *u, int rc)
{
	if (rc == -EEXIST)
		return refuse(u, "it has a file twice");
	if (rc == -E2BIG)
		return refuse(u, "it has too many files");
	if (rc == -ENOTDIR || rc == -ELOOP)
		return refuse(u, "a file is below a file or a link");
	return err_errno(u->err, rc, "cannot unpack the report");
}

static int make_file(struct unpacking *u, const char *name, uint64_t size)
{
	cleanup_close int fd = openat(u->folder_fd, name,
				      O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	char piece[PIECE];
	int rc;

	if (fd < 0)
		return entry_failed(u, -errno);
	while (size) {
		size_t len = size < sizeof(piece) ? (size_t)size : sizeof(piece);

		rc = read_bytes(u, piece, (len + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK);
		if (rc <= 0)
			return rc < 0 ? rc : refuse(u, "it ends in the middle");
		rc = file_write_all(fd, piece, len);
		if (rc < 0)
			return entry_failed(u, rc);
		size -= len;
	}
	return 0;
}

static int make_directory(struct unpacking *u, const char *name)
{
	int fd = open_name(u, u->folder_fd, name);

	if (fd < 0)
		return entry_failed(u, fd);
	close(fd);
	return 0;
}

static int make_entry(struct unpacking *u, char type, uint64_t size)
{
	char folder[ARCHIVE_PATH_MAX], *slash;
	int depth, rc;

	trim_path(u->path);
	if (!*u->path && type == TAR_DIRECTORY) /* of the archive itself */
		return 0;
	depth = count_names(u->path);
	if (depth < 0 || depth > ARCHIVE_DEPTH_MAX)
		return refuse(u, "a path leads out of it, or is too long");
	if (type == TAR_LINK && !is_inside(u->target, depth - 1))
		return refuse(u, "a link leads out of it");
	str_copy(folder, u->path);
	slash = strrchr(folder, '/');
	*(slash ? slash : folder) = '\0';
	rc = open_folder(u, folder);
	if (rc < 0)
		return entry_failed(u, rc);
	slash = strrchr(u->path, '/');
	if (type == TAR_DIRECTORY)
		return make_directory(u, slash ? slash + 1 : u->path);
	if (type != TAR_LINK)
		return make_file(u, slash ? slash + 1 : u->path, size);
	return symlinkat(u->target, u->folder_fd, slash ? slash + 1 : u->path) < 0
		       ? entry_failed(u, -errno)
		       : 0;
}

/* Takes path and target of an entry: from its header, or from a longer one before it. */
static int take_names(struct unpacking *u, const struct tar_header *header)
{
	size_t prefix = memcmp(header->magic, "ustar", 6) == 0
				? strnlen(header->prefix, sizeof(header->prefix))
				: 0;
	int name_len = (int)strnlen(header->name, sizeof(header->name));

	if (*u->next_path)
		str_copy(u->path, u->next_path);
	else
		str_format(u->path, "%.*s%s%.*s", (int)prefix, header->prefix, prefix ? "/" : "",
			   name_len, header->name);
	if (*u->next_target)
		str_copy(u->target, u->next_target);
	else
		str_format(u->target, "%.*s", (int)strnlen(header->target, sizeof(header->target)),
			   header->target);
	*u->next_path = *u->next_target = '\0';
	return *u->path ? 0 : refuse(u, "a file has no name");
}

/* Takes an entry that only describes others. */
static int take_meta(struct unpacking *u, char type, uint64_t size)
{
	cleanup_free char *text = NULL;
	int rc = read_text(u, size, &text);

	if (rc < 0 || type == TAR_PAX_ALL)
		return rc;
	if (type == TAR_PAX)
		return take_pax(u, text, (size_t)size);
	return set_path(u, type == TAR_LONG_NAME ? u->next_path : u->next_target, text,
			strnlen(text, (size_t)size));
}

static int take_entry(struct unpacking *u, const struct tar_header *header)
{
	uint64_t size, sum;
	int rc;

	if (tar_number(header->sum, sizeof(header->sum), &sum) < 0 || sum != tar_sum(header) ||
	    tar_number(header->size, sizeof(header->size), &size) < 0)
		return refuse(u, "a header is damaged");
	if (++u->entries > ARCHIVE_ENTRIES_MAX)
		return refuse(u, "it has too many files");
	switch (header->type) {
	case TAR_PAX:
	case TAR_PAX_ALL:
	case TAR_LONG_NAME:
	case TAR_LONG_TARGET:
		return take_meta(u, header->type, size);
	case TAR_FILE:
	case TAR_FILE_OLD:
		rc = count_bytes(u, size, ARCHIVE_FILE_MAX);
		break;
	case TAR_DIRECTORY:
	case TAR_LINK:
		rc = size ? refuse(u, "a header is damaged") : 0;
		break;
	default:
		take_names(u, header);
		return refuse(u, "it has a device, a hard link or another kind of file");
	}
	if (rc == 0)
		rc = take_names(u, header);
	return rc < 0 ? rc : make_entry(u, header->type, size);
}

/* ---- the archive --------------------------------------------------------------------------- */

static bool is_zero(const struct tar_header *header)
{
	static const struct tar_header zero;

	return memcmp(header, &zero, sizeof(zero)) == 0;
}

/* Reads the rest behind the last entry, which tar fills with zeros. */
static int read_end(struct unpacking *u)
{
	struct tar_header header;
	int rc, blocks = 1;

	while ((rc = read_bytes(u, &header, sizeof(header))) == 1) {
		blocks++;
		*u->path = '\0';
		if (!is_zero(&header))
			return refuse(u, "something follows its end");
		if (count_bytes(u, sizeof(header), ARCHIVE_FILE_MAX) < 0)
			return -EBADMSG;
	}
	*u->path = '\0';
	return rc == 0 && blocks < 2 ? refuse(u, "it ends in the middle") : rc;
}

static bool is_stopped(const struct unpacking *u)
{
	struct pollfd pfd = { .fd = u->stop_fd, .events = POLLIN };

	return poll(&pfd, 1, 0) > 0;
}

static int unpack_all(struct unpacking *u)
{
	struct tar_header header;
	int rc;

	while ((rc = read_bytes(u, &header, sizeof(header))) == 1) {
		if (is_stopped(u))
			return err_set(u->err, -ECANCELED, MHP_REASON_INTERRUPTED,
				       "reading the report: interrupted");
		if (is_zero(&header))
			return read_end(u);
		rc = take_entry(u, &header);
		if (rc < 0)
			return rc;
	}
	return rc < 0 ? rc : refuse(u, u->entries ? "it ends in the middle" : "it is empty");
}

int archive_unpack(int fd, int dirfd, int stop_fd, struct mhp_error *err)
{
	struct unpacking u = { .dirfd = dirfd, .stop_fd = stop_fd, .err = err, .folder_fd = -1 };
	int rc;

	u.in = gunzip_new(fd);
	if (!u.in)
		return err_errno(err, -ENOMEM, "the report");
	rc = unpack_all(&u);
	gunzip_free(u.in);
	if (u.folder_fd >= 0)
		close(u.folder_fd);
	return rc;
}
