/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the lines of a job while it prints them. */
#include "lib/base/buf.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/export.h"
#include "lib/sys/ctx.h"
#include "lib/sys/jobdir.h"
#include "lib/tool.h"

#include <errno.h>
#include <string.h>

#define LINE_MAX_BYTES (16U << 20)
#define CHUNK	       (64U << 10)

struct mhp_job_events {
	struct mhp_ctx *ctx;
	uint64_t id;
	int fd; /* -1: the job has not started */
	struct buf buf;
	size_t start; /* offset of the next line */
	bool skip;    /* drop the rest of a line that is too long */
};

MHP_EXPORT int mhp_job_events_new(struct mhp_ctx *ctx, uint64_t id, struct mhp_job_events **ret,
				  struct mhp_error *err)
{
	struct mhp_job_events *events = calloc(1, sizeof(*events));

	if (!events)
		return err_errno(err, -ENOMEM, "events of a job");
	events->ctx = ctx;
	events->id = id;
	events->fd = -1;
	*ret = events;
	return 0;
}

MHP_EXPORT void mhp_job_events_free(struct mhp_job_events *events)
{
	if (!events)
		return;
	if (events->fd >= 0)
		close(events->fd);
	buf_free(&events->buf);
	free(events);
}

static int open_events(struct mhp_job_events *events)
{
	int rc;

	if (events->fd >= 0)
		return 0;
	rc = jobdir_events(&events->ctx->sys, events->id);
	if (rc < 0)
		return rc;
	events->fd = rc;
	return 0;
}

/* Makes space for one more chunk, and moves the unfinished line to the front. */
static int make_space(struct mhp_job_events *events)
{
	struct buf *buf = &events->buf;

	if (events->start) {
		memmove(buf->data, buf->data + events->start, buf->len - events->start);
		buf->len -= events->start;
		events->start = 0;
	}
	if (buf->len > LINE_MAX_BYTES) {
		events->skip = true;
		buf->len = 0;
	}
	return buf_reserve(buf, CHUNK);
}

/* Returns the next complete line, or NULL. A line without a newline is not complete. */
static const char *next_line(struct mhp_job_events *events)
{
	const struct buf *buf = &events->buf;
	char *from, *end;

	while (buf->len > events->start) {
		from = buf->data + events->start;
		end = memchr(from, '\n', buf->len - events->start);
		if (!end)
			return NULL;
		*end = '\0';
		events->start = (size_t)(end + 1 - buf->data);
		if (!events->skip)
			return from;
		events->skip = false;
	}
	return NULL;
}

MHP_EXPORT int mhp_job_events_next(struct mhp_job_events *events, const char **line)
{
	struct buf *buf = &events->buf;
	int rc = open_events(events);
	ssize_t got;

	if (rc < 0)
		return rc == -EAGAIN ? 0 : rc;
	while (!(*line = next_line(events))) {
		rc = make_space(events);
		if (rc < 0)
			return rc;
		got = jobdir_read(events->fd, buf->data + buf->len, CHUNK);
		if (got <= 0)
			return (int)got;
		buf->len += (size_t)got;
	}
	return 1;
}
