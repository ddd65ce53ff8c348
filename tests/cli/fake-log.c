/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replaces libsystemd (it has its name) and syslog(3), so that tests can read what would reach the
 * system log in the directory FAKE_LOG: "journal", "syslog" and "status". FAKE_JOURNAL lists what
 * exists: "socket", the socket of the journal; "devlog", its /dev/log.
 */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

static FILE *append(const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", getenv("FAKE_LOG"), name);
	return fopen(path, "a");
}

static int there_is(const char *what)
{
	const char *told = getenv("FAKE_JOURNAL");

	return told && strstr(told, what);
}

/* ---- libsystemd -------------------------------------------------------------------------- */

/* Writes one field a line, with \n for a newline in values, and an empty line after each record. */
EXPORT int sd_journal_sendv(const struct iovec *iov, int n)
{
	FILE *f;

	if (there_is("broken"))
		return -ECONNREFUSED;
	f = append("journal");
	for (int i = 0; i < n; i++) {
		const char *text = iov[i].iov_base;

		for (size_t k = 0; k < iov[i].iov_len; k++)
			if (text[k] == '\n')
				fputs("\\n", f);
			else
				fputc(text[k], f);
		fputc('\n', f);
	}
	fputc('\n', f);
	return fclose(f);
}

EXPORT int sd_notify(int unset_environment, const char *state)
{
	FILE *f = append("status");

	fprintf(f, "%s\n", state);
	return fclose(f) == 0;
}

EXPORT int sd_pid_get_unit(pid_t pid, char **unit)
{
	*unit = strdup("fake.service");
	return *unit ? 0 : -ENOMEM;
}

/* ---- the C library ----------------------------------------------------------------------- */

EXPORT int access(const char *path, int mode)
{
	if (strcmp(path, "/run/systemd/journal/socket") == 0) {
		errno = ENOENT;
		return there_is("socket") ? 0 : -1;
	}
	return faccessat(-100 /* AT_FDCWD */, path, mode, 0);
}

EXPORT char *realpath(const char *restrict path, char *restrict resolved)
{
	if (strcmp(path, "/dev/log") == 0)
		return there_is("devlog") ? strcpy(resolved, "/run/systemd/journal/dev-log") : NULL;
	return canonicalize_file_name(path);
}

EXPORT void vsyslog(int priority, const char *fmt, va_list ap)
{
	FILE *f = append("syslog");

	fprintf(f, "%d ", priority);
	vfprintf(f, fmt, ap);
	fputc('\n', f);
	fclose(f);
}

EXPORT void syslog(int priority, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsyslog(priority, fmt, ap);
	va_end(ap);
}

/* The compiler calls these instead with _FORTIFY_SOURCE. */
EXPORT void __syslog_chk(int priority, int flag, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsyslog(priority, fmt, ap);
	va_end(ap);
}

EXPORT char *__realpath_chk(const char *path, char *resolved, size_t size)
{
	return realpath(path, resolved);
}
