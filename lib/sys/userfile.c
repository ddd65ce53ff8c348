/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/userfile.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/export.h"
#include "lib/base/file.h"
#include "lib/base/parse.h"
#include "lib/sys/child.h"
#include "lib/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_MS	 10000
#define WRITE_MS 60000

#define COPY_PIECE 65536

struct read_args {
	size_t max;
	char path[CHILD_ARG_MAX - sizeof(size_t)];
};

static int set_path(struct read_args *args, const char *path)
{
	if (strlen(path) >= sizeof(args->path))
		return -ENAMETOOLONG;
	str_copy(args->path, path);
	return 0;
}

/*
 * Returns whether a path names an open file of this process, or its terminal: the child has its
 * own.
 */
static bool is_own(const char *path)
{
	static const char *const own[] = { "/dev/std", "/dev/fd/", "/dev/tty", "/proc/self/" };

	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (strncmp(path, own[i], strlen(own[i])) == 0)
			return true;
	return false;
}

/* Runs a task in the child, which is stopped then. */
static int call_child_once(struct child *child, const struct child_task *task, struct reply *reply,
			   uint64_t msec, struct mhp_error *err)
{
	const struct child_wait wait = { .deadline = clock_deadline(msec), .watch_fd = -1 };
	struct child_result result;
	int rc = child_call(child, task, &wait, reply, &result, err);

	child_stop(child);
	return rc < 0 ? rc : 0;
}

static int call_child(struct mhp_ctx *ctx, const struct child_task *task, struct reply *reply,
		      uint64_t msec)
{
	struct child child = CHILD_INIT(ctx);

	return call_child_once(&child, task, reply, msec, NULL);
}

int userfile_late(const char *shown, struct mhp_error *err)
{
	err_set(err, -ETIMEDOUT, MHP_REASON_DEADLINE, "%s: reading it takes more than %d seconds",
		shown, READ_MS / 1000);
	return err_hint(err, -ETIMEDOUT, "check the disk or the server that it is on");
}

/* ---- configuration files ----------------------------------------------------------------- */

/* One file as the child sends it; its texts follow, each with its NUL. 0: NULL. Without padding. */
struct sent {
	size_t path;
	size_t wrong;
	size_t text;
	uint32_t is_masked;
	uint32_t is_directory;
};

static size_t size_of(const char *text)
{
	return text ? strlen(text) + 1 : 0;
}

static int send_file(void *data, const struct conffile *file)
{
	struct reply *reply = data;
	const struct sent sent = {
		.path = size_of(file->path),
		.wrong = size_of(file->wrong),
		.text = size_of(file->text),
		.is_masked = file->is_masked,
		.is_directory = file->is_directory,
	};
	int rc = reply_add(reply, &sent, sizeof(sent));

	if (rc == 0)
		rc = reply_add(reply, file->path, sent.path);
	if (rc == 0)
		rc = reply_add(reply, file->wrong, sent.wrong);
	return rc < 0 ? rc : reply_add(reply, file->text, sent.text);
}

/* Reads configuration as a task (struct read_args). */
static int read_conf(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		     struct mhp_error *err)
{
	const struct read_args *args = arg;

	(void)ctx;
	(void)err;
	return conffiles_path(args->path, send_file, reply);
}

static const char *take_text(const char **at, size_t size)
{
	const char *text = size ? *at : NULL;

	*at += size;
	return text;
}

static int take_files(const struct reply *reply, conffile_fn fn, void *data)
{
	const char *at = reply->data, *end = at + reply->len;
	int rc = 0;

	while (rc == 0 && at < end) {
		struct conffile file = { .by = NULL };
		struct sent sent;

		memcpy(&sent, at, sizeof(sent));
		at += sizeof(sent);
		file.path = take_text(&at, sent.path);
		file.wrong = take_text(&at, sent.wrong);
		file.text = take_text(&at, sent.text);
		file.is_masked = sent.is_masked;
		file.is_directory = sent.is_directory;
		rc = fn(data, &file);
	}
	return rc;
}

int userfile_conf(struct mhp_ctx *ctx, const char *path, conffile_fn fn, void *data)
{
	cleanup_reply struct reply reply = { 0 };
	struct read_args args = { .max = 0 };
	int rc;

	if (is_own(path))
		return conffiles_path(path, fn, data);
	rc = set_path(&args, path);
	if (rc == 0)
		rc = call_child(ctx, CHILD_TASK(read_conf, &args), &reply, READ_MS);
	return rc < 0 ? rc : take_files(&reply, fn, data);
}

/* ---- one file ---------------------------------------------------------------------------- */

/* The head of the text that the child sends. */
struct sent_file {
	int rc;
	size_t len;
	char distrust[64];
	char distrust_above[64];
};

/* Opens the file once, so that the file that is judged is the one whose text is used. */
static int read_it(const char *path, size_t max, char **text, struct sent_file *sent)
{
	cleanup_close int fd = file_open_at(AT_FDCWD, path, true);
	const char *why;

	sent->rc = fd < 0 ? fd : file_read_all(fd, max, text, &sent->len);
	if (sent->rc < 0)
		return sent->rc == -ENOMEM ? -ENOMEM : 0;
	why = file_distrust(fd);
	str_copy(sent->distrust, why ? why : "");
	if (file_distrust_above(path, &why) < 0)
		return -ENOMEM;
	str_copy(sent->distrust_above, why ? why : "");
	return 0;
}

/* Replies, as a task (struct read_args), with struct sent_file and the text. */
static int read_file(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		     struct mhp_error *err)
{
	const struct read_args *args = arg;
	cleanup_free char *text = NULL;
	struct sent_file sent = { .rc = 0 };
	int rc = read_it(args->path, args->max, &text, &sent);

	(void)ctx;
	(void)err;
	if (rc == 0)
		rc = reply_add(reply, &sent, sizeof(sent));
	return rc < 0 || sent.rc < 0 ? rc : reply_add(reply, text, sent.len);
}

static int fill_file(struct mhp_named_file *file, const struct sent_file *sent, const char *text)
{
	file->rc = sent->rc;
	if (sent->rc < 0)
		return 0;
	file->text = malloc(sent->len + 1);
	if (!file->text)
		return -ENOMEM;
	memcpy(file->text, text, sent->len);
	file->text[sent->len] = '\0';
	file->len = sent->len;
	str_copy(file->distrust, sent->distrust);
	str_copy(file->distrust_above, sent->distrust_above);
	return 0;
}

static int read_in_child(struct mhp_ctx *ctx, const char *path, size_t max,
			 struct mhp_named_file *file)
{
	cleanup_reply struct reply reply = { 0 };
	struct read_args args = { .max = max };
	struct sent_file sent;
	int rc = set_path(&args, path);

	if (rc == 0)
		rc = call_child(ctx, CHILD_TASK(read_file, &args), &reply, READ_MS);
	if (rc < 0)
		return rc;
	if (reply.len < sizeof(sent))
		return -EPROTO;
	memcpy(&sent, reply.data, sizeof(sent));
	return fill_file(file, &sent, reply.data + sizeof(sent));
}

MHP_EXPORT int mhp_file_read(struct mhp_ctx *ctx, const char *path, size_t max,
			     struct mhp_named_file *file, struct mhp_error *err)
{
	cleanup_free char *text = NULL;
	struct sent_file sent = { .rc = 0 };
	char shown[128];
	int rc;

	*file = (struct mhp_named_file){ .rc = 0 };
	if (is_own(path)) {
		rc = read_it(path, max, &text, &sent);
		rc = rc < 0 ? rc : fill_file(file, &sent, text);
	} else {
		rc = read_in_child(ctx, path, max, file);
	}
	text_escape(path, shown, sizeof(shown));
	if (rc == -ETIMEDOUT)
		return userfile_late(shown, err);
	return rc < 0 ? err_errno(err, rc, "%s", shown) : 0;
}

/* ---- a copy ------------------------------------------------------------------------------ */

struct copy_args {
	uint64_t max;
	int to;
	char path[CHILD_ARG_MAX - sizeof(uint64_t) - sizeof(int)];
};

static int copy_it(const struct copy_args *args, struct mhp_error *err)
{
	cleanup_close int fd = file_open_at(AT_FDCWD, args->path, true);
	char piece[COPY_PIECE];
	uint64_t bytes = 0;
	ssize_t len;
	int rc;

	if (fd < 0)
		return fd;
	while ((len = read(fd, piece, sizeof(piece))) > 0) {
		bytes += (uint64_t)len;
		if (bytes > args->max)
			return -EFBIG;
		rc = file_write_all(args->to, piece, (size_t)len);
		if (rc < 0)
			return err_errno(err, rc, "cannot copy a file that was named");
	}
	return len < 0 ? -errno : 0;
}

/* Copies a file, as a task (struct copy_args), with an empty reply. */
static int copy_file(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		     struct mhp_error *err)
{
	(void)ctx;
	(void)reply;
	return copy_it(arg, err);
}

int userfile_copy(struct mhp_ctx *ctx, const char *path, uint64_t max, int to,
		  struct mhp_error *err)
{
	struct copy_args args = { .max = max, .to = to };
	struct child child = CHILD_INIT(ctx);

	if (strlen(path) >= sizeof(args.path))
		return -ENAMETOOLONG;
	str_copy(args.path, path);
	if (is_own(path))
		return copy_it(&args, err);
	child.keep_fd = to;
	return call_child_once(&child, CHILD_TASK(copy_file, &args), NULL, READ_MS, err);
}

/* ---- writing ----------------------------------------------------------------------------- */

/* Writes to a device or a pipe, such as /dev/stdout, without replacing it. */
static int write_device(const char *path, const char *text, size_t len)
{
	cleanup_close int fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	fcntl(fd, F_SETFL, 0); /* only open() must not block: a FIFO may have no reader */
	while (len) {
		ssize_t done = write(fd, text, len);

		if (done < 0)
			return -errno;
		text += done;
		len -= (size_t)done;
	}
	return 0;
}

/*
 * Bytes to write. data is of the caller: the child is forked for this task and has a copy. Without
 * padding, as it is sent.
 */
struct content {
	const char *data;
	size_t len;
	mode_t mode;
	uint32_t overwrite;
};

static int write_it(const char *path, const struct content *content)
{
	struct stat st;

	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR
					   : write_device(path, content->data, content->len);
	if (content->overwrite)
		return file_replace(path, content->data, content->len, content->mode);
	return file_create(path, content->data, content->len, content->mode);
}

struct write_args {
	struct content content;
	char path[CHILD_ARG_MAX - sizeof(struct content)];
};

/* Writes the file, as a task (struct write_args), with an empty reply. */
static int write_file(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		      struct mhp_error *err)
{
	const struct write_args *args = arg;

	(void)ctx;
	(void)reply;
	(void)err;
	return write_it(args->path, &args->content);
}

static int write_in_child(struct mhp_ctx *ctx, const char *path, const struct content *content)
{
	struct write_args args = { .content = *content };

	if (strlen(path) >= sizeof(args.path))
		return -ENAMETOOLONG;
	str_copy(args.path, path);
	return call_child(ctx, CHILD_TASK(write_file, &args), NULL, WRITE_MS);
}

static int write_content(struct mhp_ctx *ctx, const char *path, const struct content *content,
			 struct mhp_error *err)
{
	int rc = is_own(path) ? write_it(path, content) : write_in_child(ctx, path, content);
	char shown[128];

	text_escape(path, shown, sizeof(shown));
	if (rc == -ETIMEDOUT) {
		err_set(err, rc, MHP_REASON_DEADLINE,
			"%s: writing it takes more than %d seconds; it may still be replaced later",
			shown, WRITE_MS / 1000);
		return err_hint(err, rc, "check the disk or the server that it is on");
	}
	return rc < 0 ? err_errno(err, rc, "cannot write %s", shown) : 0;
}

MHP_EXPORT int mhp_file_write(struct mhp_ctx *ctx, const char *path, const char *text,
			      struct mhp_error *err)
{
	const struct content content = { text, strlen(text), .mode = 0644, .overwrite = true };

	return write_content(ctx, path, &content, err);
}

MHP_EXPORT int mhp_report_write(struct mhp_ctx *ctx, const struct mhp_report *report,
				const char *path, bool overwrite, struct mhp_error *err)
{
	const struct content content = { report->data, report->len, .mode = 0600,
					 .overwrite = overwrite };
	int rc = write_content(ctx, path, &content, err);

	if (rc == -EEXIST && err) {
		err->reason = MHP_REASON_USAGE;
		err_hint(err, rc, "--force replaces it");
	}
	return rc;
}
