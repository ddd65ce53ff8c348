/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/out/out.h"
#include "cmd/out/journal/journal.h"
#include "lib/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define JOB_EVENTS_MAX (8 << 20)
#define DOCUMENT_MAX   (32 << 20)

void out_lost(struct out *out, int errnum)
{
	if (!out->errnum)
		out->errnum = errnum;
	out->call.incomplete = true;
}

static void note_failure(struct out *out)
{
	out_lost(out, errno ? errno : EIO);
}

void out_write(struct out *out, const char *text)
{
	errno = 0;
	if (fputs(text, stdout) == EOF || fflush(stdout) == EOF)
		note_failure(out);
}

void out_write_bytes(struct out *out, const void *data, size_t len)
{
	errno = 0;
	if (fwrite(data, 1, len, stdout) != len || fflush(stdout) == EOF)
		note_failure(out);
}

bool out_has_space(const struct out *out)
{
	struct stat st;

	return !out->call.is_job || fstat(STDOUT_FILENO, &st) < 0 || st.st_size < JOB_EVENTS_MAX;
}

int out_reader_fd(void)
{
	return STDOUT_FILENO;
}

bool out_reader_gone(struct out *out)
{
	struct pollfd reader = { .fd = STDOUT_FILENO };
	bool gone = out->errnum == EPIPE || (poll(&reader, 1, 0) > 0 && reader.revents & POLLERR);

	if (!gone)
		return false;
	out->errnum = 0;
	__fpurge(stdout);
	return true;
}

int out_finish(struct out *out)
{
	errno = 0;
	if (fclose(stdout) == EOF)
		note_failure(out);
	return -out->errnum;
}

int out_redirect(int fd)
{
	return dup2(fd, STDOUT_FILENO) < 0 ? -errno : 0;
}

int out_collect(void)
{
	int fd = memfd_create("mhpctl-document", MFD_CLOEXEC), rc;

	if (fd < 0)
		return -errno;
	rc = out_redirect(fd);
	close(fd);
	return rc;
}

int out_collected(struct out *out, char **text)
{
	int fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	size_t len;
	int rc = fd < 0 ? -errno : 0, finished = out_finish(out);

	if (rc == 0)
		rc = lseek(fd, 0, SEEK_SET) < 0 ? -errno : finished;
	if (rc == 0)
		rc = file_read_all(fd, DOCUMENT_MAX, text, &len);
	if (fd >= 0)
		close(fd);
	return rc;
}

bool out_is_terminal(void)
{
	return isatty(STDOUT_FILENO);
}

void out_event(struct out *out, const struct mhp_event *event)
{
	out->event(out, event);
	if (out->journal)
		out_journal_event(out->journal, event);
}

void out_question(struct out *out, const struct mhp_plan *plan)
{
	if (out->question)
		out->question(out, plan);
}

void out_result(struct out *out, const struct mhp_result *result)
{
	out->changed = out->changed || result->has_changes;
	out->result(out, result);
	if (out->journal)
		out_journal_result(out->journal, result);
}

void out_error(struct out *out, const struct mhp_error *err)
{
	out->error(out, err);
	if (out->journal)
		out_journal_error(out->journal, err);
}

void out_free(struct out *out)
{
	if (!out)
		return;
	out_journal_free(out->journal);
	out->free(out);
}
