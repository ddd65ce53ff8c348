/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How records leave: to the journal with all their fields, or to syslog as text. */
#include "cmd/out/journal/journal.h"
#include "lib/base/cleanup.h"
#include "lib/base/dynlib.h"
#include "lib/base/parse.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
#include <unistd.h>

#define JOURNAL_DIR    "/run/systemd/journal/"
#define JOURNAL_SOCKET JOURNAL_DIR "socket"
#define SYSLOG_SOCKET  "/dev/log"

#ifdef HAVE_SYSTEMD

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>
#include <systemd/sd-login.h>

#define LIBSYSTEMD_FUNCTIONS(X) \
	X(sd_journal_sendv)     \
	X(sd_notify)            \
	X(sd_pid_get_unit)

struct libsystemd {
#define X(name) __typeof__(&(name)) name;
	LIBSYSTEMD_FUNCTIONS(X)
#undef X
};

#endif

struct way {
#ifdef HAVE_SYSTEMD
	struct libsystemd lib;
#endif
	bool has_lib;
	bool to_journal;  /* by its own socket */
	bool text_in_out; /* what is told by syslog stands in the journal already: */
	bool text_in_err;
	char *unit; /* OBJECT_SYSTEMD_UNIT=..., or NULL */
};

/* ---- where there is what ----------------------------------------------------------------- */

static bool is_set(const char *variable)
{
	const char *value = getenv(variable);

	return value && *value;
}

/* JOURNAL_STREAM is DEVICE:INODE of the stream that systemd gave; ours may be another by now. */
static bool is_journal(int fd)
{
	const char *told = getenv("JOURNAL_STREAM");
	size_t len = told ? strcspn(told, ":") : 0;
	uint64_t device, inode;
	struct stat st;

	if (!len || !told[len] || parse_u64_n(told, len, 10, &device) < 0 ||
	    parse_u64(told + len + 1, 10, &inode) < 0 || fstat(fd, &st) < 0)
		return false;
	return st.st_dev == device && st.st_ino == inode;
}

static bool syslog_is_journal(void)
{
	char path[PATH_MAX];

	return realpath(SYSLOG_SOCKET, path) &&
	       strncmp(path, JOURNAL_DIR, strlen(JOURNAL_DIR)) == 0;
}

/* ---- libsystemd -------------------------------------------------------------------------- */

#ifdef HAVE_SYSTEMD

static void load(struct way *way)
{
#define X(name) { #name, offsetof(struct libsystemd, name) },
	static const struct dynlib_function functions[] = { LIBSYSTEMD_FUNCTIONS(X) };
#undef X

	way->has_lib =
		dynlib_load("libsystemd.so.0", functions, ARRAY_SIZE(functions), &way->lib) == 0;
}

/*
 * The journal finds out by itself which unit a record is of, if the process is still there when it
 * reads the record. What is told last, such as why nothing was begun, would often get lost to
 * journalctl -u and systemctl status; they take root's word for it.
 */
static void name_unit(struct way *way)
{
	cleanup_free char *unit = NULL;

	if (getuid() != 0 || way->lib.sd_pid_get_unit(0, &unit) < 0)
		return;
	if (asprintf(&way->unit, "OBJECT_SYSTEMD_UNIT=%s", unit) < 0)
		way->unit = NULL;
}

static struct iovec piece(const char *text)
{
	return (struct iovec){ .iov_base = (void *)text, .iov_len = strlen(text) };
}

static bool send_fields(const struct way *way, const struct record *record)
{
	struct iovec pieces[RECORD_FIELDS_MAX + 1];
	int nr = 0;

	for (size_t i = 0; i < record->nr_fields; i++)
		pieces[nr++] = piece(record->fields[i]);
	if (way->unit)
		pieces[nr++] = piece(way->unit);
	return way->lib.sd_journal_sendv(pieces, nr) >= 0;
}

static void send_status(void *data, const char *text)
{
	const struct way *way = data;
	char shown[1024], state[sizeof(shown) + 8];

	snprintf(state, sizeof(state), "STATUS=%s", text_escape(text, shown, sizeof(shown)));
	way->lib.sd_notify(0, state);
}

#else

static void load(struct way *way)
{
	way->has_lib = false;
}

static void name_unit(struct way *way)
{
	way->unit = NULL;
}

static bool send_fields(const struct way *way, const struct record *record)
{
	return false;
}

static void send_status(void *data, const char *text)
{
}

#endif

/* ---- records ----------------------------------------------------------------------------- */

/* Does the text of the record stand on one of our own streams, and that in the journal? */
static bool is_told(const struct way *way, enum record_kind kind)
{
	switch (kind) {
	case RECORD_FAILURE:
	case RECORD_WARNING:
	case RECORD_WAITING:
	case RECORD_ERROR:
		return way->text_in_err;
	case RECORD_TARGET:
		return way->text_in_out;
	default:
		return false;
	}
}

static void send_record(void *data, const struct record *record)
{
	const struct way *way = data;

	if (way->to_journal && send_fields(way, record))
		return;
	if (!is_told(way, record->kind))
		syslog(record->priority, "%.*s%s%s", (int)record->message_len, record->message,
		       *record->hint ? "; hint: " : "", record->hint);
}

static void way_free(void *data)
{
	struct way *way = data;

	free(way->unit);
	free(way);
}

/* ---- the choice -------------------------------------------------------------------------- */

static enum out_log choose(enum out_log wanted)
{
	if (wanted != OUT_LOG_AUTO)
		return wanted;
	return is_set("INVOCATION_ID") || is_set("JOURNAL_STREAM") ? OUT_LOG_JOURNAL : OUT_LOG_NONE;
}

/*
 * Nothing stands in the journal twice. With all its fields a record says more than a line of text,
 * which is then left out; a record of syslog says less, and then it is the record.
 */
static void share(struct way *way, struct out_call *told)
{
	bool out = is_journal(STDOUT_FILENO), err = is_journal(STDERR_FILENO);

	if (way->to_journal) {
		told->logged_out = out;
		told->logged_err = err;
	} else if (syslog_is_journal()) {
		way->text_in_out = out && !told->is_json;
		way->text_in_err = err;
	}
}

bool out_journal_way(enum out_log wanted, struct out_call *told, struct journal_way *ret)
{
	enum out_log to = choose(wanted);
	bool has_manager = is_set("NOTIFY_SOCKET");
	struct way *way;

	*ret = (struct journal_way){ 0 };
	if (to == OUT_LOG_NONE && !has_manager)
		return false;
	way = calloc(1, sizeof(*way));
	if (!way)
		return false;
	if (to == OUT_LOG_JOURNAL || has_manager)
		load(way);
	*ret = (struct journal_way){ .data = way, .free = way_free };
	if (has_manager && way->has_lib)
		ret->status = send_status;
	if (to == OUT_LOG_NONE)
		return true;
	ret->send = send_record;
	way->to_journal =
		to == OUT_LOG_JOURNAL && way->has_lib && access(JOURNAL_SOCKET, W_OK) == 0;
	if (way->to_journal)
		name_unit(way);
	openlog("mhpctl", LOG_PID, LOG_DAEMON);
	share(way, told);
	return true;
}
