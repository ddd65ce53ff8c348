/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/tracing.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/sys/holders/procs.h"
#include "lib/sys/kernel.h"
#include "lib/sys/statedir.h"
#include "lib/sys/trace-event.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define RECORD_MAX  256
#define NAME_PREFIX "mhpctl-"
#define EVENT_DIR   "events/migrate/" TRACE_EVENT
#define BUFFER_KIB  "64" /* of each CPU: the default is 1.4 MiB */
#define REASON	    "longterm_pin"
#define FORMAT_MAX  16384

static int make_kernel(const struct root *sys, const char *path)
{
	return mkdirat(sys->root_fd, path, 0700) < 0 ? -errno : 0;
}

static int remove_kernel(const struct root *sys, const char *path)
{
	return unlinkat(sys->root_fd, path, AT_REMOVEDIR) < 0 ? -errno : 0;
}

const struct tracing_ops tracing_kernel_ops = { make_kernel, remove_kernel };

/* ---- records ----------------------------------------------------------------------------- */

struct trace_record {
	char path[96];
	int pid;
	uint64_t born;
	uint64_t inode; /* 0: its maker ended before it was known */
};

static int write_record(const struct root *sys, const char *name, const struct trace_record *record)
{
	char text[RECORD_MAX];

	str_format(text, "%s %d %" PRIu64 " %" PRIu64 "\n", record->path, record->pid, record->born,
		   record->inode);
	return statedir_write(sys, name, true, text, 0644);
}

/* Returns whether a record names an instance that may be ours: no other path is ever touched. */
static bool is_our_path(const char *path)
{
	const char *name = strstr(path, "/instances/" NAME_PREFIX);

	if (!name || strstr(path, "..") ||
	    (strncmp(path, KERNEL_TRACING "/", strlen(KERNEL_TRACING) + 1) != 0 &&
	     strncmp(path, KERNEL_TRACING_DEBUGFS "/", strlen(KERNEL_TRACING_DEBUGFS) + 1) != 0))
		return false;
	return !strchr(name + strlen("/instances/"), '/');
}

static int read_record(const struct root *sys, const char *name, struct trace_record *record)
{
	cleanup_free char *text = NULL;
	int rc = statedir_read(sys, name, RECORD_MAX, &text);

	if (rc < 0)
		return rc;
	if (sscanf(text, "%95s %d %" SCNu64 " %" SCNu64, record->path, &record->pid, &record->born,
		   &record->inode) != 4 ||
	    record->pid <= 0 || !record->born || !is_our_path(record->path))
		return -EPROTO;
	return 0;
}

static int read_inode(const struct root *sys, const char *path, uint64_t *inode)
{
	struct stat st;

	if (fstatat(sys->root_fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	*inode = st.st_ino;
	return 0;
}

/* ---- leftovers --------------------------------------------------------------------------- */

struct sweep {
	const struct mhp_ctx *ctx;
	bool remove;
	unsigned found, kept;
};

/* Removes an instance unless another one has taken its name. */
static int remove_recorded(const struct mhp_ctx *ctx, const struct trace_record *record)
{
	uint64_t inode = 0;
	int rc = read_inode(&ctx->sys, record->path, &inode);

	if (rc < 0 || (record->inode && inode != record->inode))
		return rc == -ENOENT || rc == 0 ? 0 : rc;
	ROOT_PATH(enable, "%s/" EVENT_DIR "/enable", record->path);
	root_write(&ctx->sys, enable, "0");
	rc = ctx->tracing->remove(&ctx->sys, record->path);
	return rc == -ENOENT ? 0 : rc;
}

static int sweep_record(const struct root *sys, const char *name, void *data)
{
	struct sweep *sweep = data;
	struct trace_record record;
	int rc;

	ROOT_PATH(path, STATE_RUN "/%s", name);
	if (strncmp(path, STATE_TRACES, strlen(STATE_TRACES)) != 0)
		return 0;
	rc = read_record(sys, path, &record);
	if (rc == -ENOENT || (rc == 0 && !procs_has_ended(sys, record.pid, record.born)))
		return 0;
	sweep->found++;
	if (!sweep->remove) {
		sweep->kept++;
		return 0;
	}
	rc = rc < 0 ? rc : remove_recorded(sweep->ctx, &record);
	if (rc < 0)
		sweep->kept++;
	else
		statedir_remove(sys, path);
	return 0;
}

int trace_leftovers(const struct mhp_ctx *ctx, bool remove, unsigned *kept)
{
	struct sweep sweep = { .ctx = ctx, .remove = remove };
	int rc = root_each(&ctx->sys, STATE_RUN, sweep_record, &sweep);

	*kept = sweep.kept;
	return rc < 0 && rc != -ENOENT ? rc : (int)sweep.found;
}

/* ---- an instance ------------------------------------------------------------------------- */

/* Finds the tracing directory that has the event. Sets *format, which the caller frees. */
static int find_event(const struct root *sys, const char **tracing, char *format, size_t size)
{
	static const char *const dirs[] = { KERNEL_TRACING, KERNEL_TRACING_DEBUGFS };
	int first = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		int rc;

		ROOT_PATH(path, "%s/" EVENT_DIR "/format", dirs[i]);
		rc = root_read_text(sys, path, format, size);
		*tracing = dirs[i];
		if (rc >= 0)
			return 0;
		first = first == -ENOENT ? rc : first;
	}
	return first;
}

static int explain_missing(const struct root *sys, int rc, struct mhp_error *err)
{
	if (rc == -EACCES || rc == -EPERM)
		return err_set(err, rc, MHP_REASON_NOT_PERMITTED,
			       "long-term pins cannot be followed: tracing is not permitted");
	if (rc != -ENOENT && rc != -ENOTDIR)
		return err_errno(err, rc, "long-term pins cannot be followed");
	if (root_exists(sys, KERNEL_TRACING "/instances") == 0 &&
	    root_exists(sys, KERNEL_TRACING_DEBUGFS "/instances") == 0)
		return err_hint(
			err,
			err_set(err, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED,
				"long-term pins cannot be followed: tracefs is not mounted"),
			"mount -t tracefs tracefs /" KERNEL_TRACING);
	return err_set(err, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED,
		       "long-term pins cannot be followed: this kernel has no event " TRACE_EVENT);
}

static int find_reason(const struct root *sys, const char **tracing, uint64_t *reason,
		       struct mhp_error *err)
{
	cleanup_free char *format = calloc(1, FORMAT_MAX);
	int rc = format ? find_event(sys, tracing, format, FORMAT_MAX) : -ENOMEM;

	if (rc < 0)
		return explain_missing(sys, rc, err);
	if (trace_reason_parse(format, REASON, reason) < 0)
		return err_set(err, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED,
			       "long-term pins cannot be followed: on this kernel " TRACE_EVENT
			       " does not tell them from other reasons");
	return 0;
}

static int write_file(const struct root *sys, const struct trace_instance *trace, const char *file,
		      const char *text)
{
	ROOT_PATH(path, "%s/%s", trace->path, file);
	return root_write(sys, path, text);
}

static int set_up(const struct root *sys, struct trace_instance *trace, uint64_t reason)
{
	char filter[32];
	int rc;

	str_format(filter, "reason == %" PRIu64, reason);
	write_file(sys, trace, "buffer_percent", "0"); /* wakes at the first event; since 5.0 */
	write_file(sys, trace, "buffer_size_kb", BUFFER_KIB);
	rc = write_file(sys, trace, EVENT_DIR "/filter", filter);
	if (rc == 0) {
		ROOT_PATH(path, "%s/trace_pipe", trace->path);
		trace->pipe_fd =
			openat(sys->root_fd, path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
		rc = trace->pipe_fd < 0 ? -errno : 0;
	}
	return rc == 0 ? write_file(sys, trace, EVENT_DIR "/enable", "1") : rc;
}

static int make_recorded(const struct mhp_ctx *ctx, const char *tracing,
			 struct trace_instance *trace)
{
	struct trace_record record = { .pid = procs_own_pid() };
	uint64_t number;
	int rc;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return -EIO;
	record.born = procs_born(&ctx->sys, record.pid);
	if (!record.born)
		return -ESRCH;
	str_format(record.path, "%s/instances/" NAME_PREFIX "%016" PRIx64, tracing, number);
	str_format(trace->record, STATE_TRACES "%016" PRIx64, number);
	rc = write_record(&ctx->sys, trace->record, &record);
	if (rc < 0)
		return rc;
	rc = ctx->tracing->make(&ctx->sys, record.path);
	if (rc < 0) {
		statedir_remove(&ctx->sys, trace->record);
		return rc;
	}
	str_copy(trace->path, record.path);
	rc = read_inode(&ctx->sys, record.path, &record.inode);
	return rc == 0 ? write_record(&ctx->sys, trace->record, &record) : rc;
}

int trace_instance_make(const struct mhp_ctx *ctx, struct trace_instance *trace,
			struct mhp_error *err)
{
	const char *tracing;
	uint64_t reason;
	int rc;

	*trace = TRACE_INSTANCE_NONE;
	rc = find_reason(&ctx->sys, &tracing, &reason, err);
	if (rc < 0)
		return rc;
	rc = make_recorded(ctx, tracing, trace);
	if (rc == 0)
		rc = set_up(&ctx->sys, trace, reason);
	if (rc == 0)
		return 0;
	trace_instance_remove(ctx, trace);
	return err_errno(err, rc, "a tracing instance cannot be made");
}

ssize_t trace_instance_read(const struct trace_instance *trace, char *buf, size_t size)
{
	ssize_t len = read(trace->pipe_fd, buf, size);

	return len < 0 ? -errno : len;
}

int trace_instance_remove(const struct mhp_ctx *ctx, struct trace_instance *trace)
{
	int rc;

	if (!*trace->path)
		return 0;
	write_file(&ctx->sys, trace, EVENT_DIR "/enable", "0");
	if (trace->pipe_fd >= 0)
		close(trace->pipe_fd);
	rc = ctx->tracing->remove(&ctx->sys, trace->path);
	if (rc == 0 || rc == -ENOENT)
		statedir_remove(&ctx->sys, trace->record);
	*trace = TRACE_INSTANCE_NONE;
	return rc == -ENOENT ? 0 : rc;
}
