/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/kmsg.h"
#include "lib/base/error.h"
#include "lib/base/log.h"
#include "lib/base/parse.h"
#include "lib/sys/report-tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/*
 * Returns whether the file is the log. In a container it may be /dev/null, which is always readable
 * and empty.
 */
static bool is_log(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (!S_ISCHR(st.st_mode) || st.st_rdev == makedev(1, 11));
}

/* Returns a descriptor, or -1 with errno. The log of a copied tree must be one of its files. */
static int open_log(const struct mhp_ctx *ctx)
{
	if (ctx->is_copy)
		return root_open(&ctx->sys, ctx->sys.is_report ? REPORT_KMSG : "dev/kmsg", 0);
	return openat(ctx->sys.root_fd, "dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

int kmsg_open_first(const struct mhp_ctx *ctx, struct kmsg *log)
{
	int rc;

	*log = (struct kmsg){ .fd = open_log(ctx), .has_lines = ctx->sys.is_report };
	rc = log->fd < 0 ? -errno : 0;
	if (rc == 0 && !is_log(log->fd))
		rc = -ENODEV;
	if (rc >= 0)
		return 0;
	log_done(&ctx->log, rc, "open dev/kmsg");
	kmsg_close(log);
	return rc;
}

int kmsg_open(const struct mhp_ctx *ctx, struct kmsg *log)
{
	int rc = kmsg_open_first(ctx, log);

	if (rc == 0)
		lseek(log->fd, 0, SEEK_END);
	return rc;
}

void kmsg_close(struct kmsg *log)
{
	if (log->fd >= 0)
		close(log->fd);
	log->fd = -1;
}

static int parse_number(const char **at, char end, uint64_t *value)
{
	size_t len = strspn(*at, "0123456789");
	int rc = parse_u64_n(*at, len, 10, value);

	if (rc < 0 || (*at)[len] != end)
		return -EINVAL;
	*at += len + 1;
	return 0;
}

int kmsg_parse(const char *line, struct kmsg_record *record)
{
	const char *text = strchr(line, ';');
	uint64_t prio;

	if (!text || parse_number(&line, ',', &prio) < 0 ||
	    parse_number(&line, ',', &record->seq) < 0 ||
	    parse_number(&line, ',', &record->usec) < 0)
		return -EINVAL;
	record->prio = prio & 7;
	text++;
	str_format(record->text, "%.*s", (int)strcspn(text, "\n"), text);
	return 0;
}

/*
 * Counts lost records. The kernel returns EPIPE once, however many records it has overwritten, and
 * continues with the oldest that it still has. Records are numbered, so the gap is the loss.
 */
static void count_lost(struct kmsg *log, uint64_t seq)
{
	if (log->ran_over)
		log->lost += log->next_seq && seq > log->next_seq ? seq - log->next_seq : 1;
	log->ran_over = false;
	log->next_seq = seq + 1;
}

/* Keeps one line: a read gives one record of the device, but of a file as much as fits. */
static void return_rest(const struct kmsg *log, char *line, size_t len)
{
	char *end = strchr(line, '\n');

	if (!end)
		return;
	lseek(log->fd, (off_t)(end + 1 - line) - (off_t)len, SEEK_CUR);
	*end = '\0';
}

bool kmsg_next(struct kmsg *log, struct kmsg_record *record)
{
	char line[8192];

	while (log->fd >= 0) {
		ssize_t len = read(log->fd, line, sizeof(line) - 1);

		if (len == 0) /* end of file: in a container it may be /dev/null */
			return false;
		if (len < 0 && errno == EPIPE)
			log->ran_over = true;
		else if (len < 0 && errno != EINTR)
			return false;
		if (len < 0)
			continue;
		line[len] = '\0';
		if (log->has_lines)
			return_rest(log, line, (size_t)len);
		if (kmsg_parse(line, record) < 0)
			continue;
		count_lost(log, record->seq);
		return true;
	}
	return false;
}

bool kmsg_offline_reason(const char *text, struct mhp_range *range, char *reason, size_t size)
{
	unsigned long long start, last;
	int used = 0;

	if (sscanf(text, "memory offlining [mem %llx-%llx] failed due to %n", &start, &last,
		   &used) != 2 ||
	    !used || last < start)
		return false;
	*range = (struct mhp_range){ start, last + 1 };
	str_copy_to(reason, size, text + used);
	return true;
}
