/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sends records to the journal with all fields, or to syslog as text. */
#include "cmd/out/journal/journal.h"
#include "lib/base/cleanup.h"
#include "lib/base/dynlib.h"
#include "lib/base/parse.h"

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

struct transport {
#ifdef HAVE_SYSTEMD
	struct libsystemd lib;
#endif
	bool has_lib;
	bool to_journal;  /* through the journal's own socket */
	bool text_in_out; /* the journal already has the text that syslog would add: */
	bool text_in_err;
	char *unit; /* OBJECT_SYSTEMD_UNIT=..., or NULL */
};

/* ---- the environment --------------------------------------------------------------------- */

static bool is_set(const char *variable)
{
	const char *value = getenv(variable);

	return value && *value;
}

/*
 * Compares fd with JOURNAL_STREAM, which is DEVICE:INODE of the stream from systemd; fd may be
 * redirected since then.
 */
static bool is_journal(int fd)
{
	const char *call = getenv("JOURNAL_STREAM");
	size_t len = call ? strcspn(call, ":") : 0;
	uint64_t device, inode;
	struct stat st;

	if (!len || !call[len] || parse_u64_n(call, len, 10, &device) < 0 ||
	    parse_u64(call + len + 1, 10, &inode) < 0 || fstat(fd, &st) < 0)
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

static void load_libsystemd(struct transport *transport)
{
#define X(name) { #name, offsetof(struct libsystemd, name) },
	static const struct dynlib_function functions[] = { LIBSYSTEMD_FUNCTIONS(X) };
#undef X

	transport->has_lib = dynlib_load("libsystemd.so.0", functions, ARRAY_SIZE(functions),
					 &transport->lib) == 0;
}

/*
 * Names the unit in the record. The journal looks up the unit of a record while the process still
 * runs. The last records of a process often miss that, and journalctl -u and systemctl status then
 * miss the reason of a failure. From root they accept OBJECT_SYSTEMD_UNIT instead.
 */
static void name_unit(struct transport *transport)
{
	cleanup_free char *unit = NULL;

	if (getuid() != 0 || transport->lib.sd_pid_get_unit(0, &unit) < 0)
		return;
	if (asprintf(&transport->unit, "OBJECT_SYSTEMD_UNIT=%s", unit) < 0)
		transport->unit = NULL;
}

static struct iovec make_iovec(const char *text)
{
	return (struct iovec){ .iov_base = (void *)text, .iov_len = strlen(text) };
}

static bool send_fields(const struct transport *transport, const struct record *record)
{
	struct iovec pieces[RECORD_FIELDS_MAX + 1];
	int nr = 0;

	for (size_t i = 0; i < record->nr_fields; i++)
		pieces[nr++] = make_iovec(record->fields[i]);
	if (transport->unit)
		pieces[nr++] = make_iovec(transport->unit);
	return transport->lib.sd_journal_sendv(pieces, nr) >= 0;
}

static void send_status(void *data, const char *text)
{
	const struct transport *transport = data;
	char shown[1024], state[sizeof(shown) + 8];

	snprintf(state, sizeof(state), "STATUS=%s", text_escape(text, shown, sizeof(shown)));
	transport->lib.sd_notify(0, state);
}

#else

static void load_libsystemd(struct transport *transport)
{
	transport->has_lib = false;
}

static void name_unit(struct transport *transport)
{
	transport->unit = NULL;
}

static bool send_fields(const struct transport *transport, const struct record *record)
{
	return false;
}

static void send_status(void *data, const char *text)
{
}

#endif

/* ---- records ----------------------------------------------------------------------------- */

/* Returns true if the same text goes to the journal through standard output or error. */
static bool is_in_journal(const struct transport *transport, enum record_kind kind)
{
	switch (kind) {
	case RECORD_FAILURE:
	case RECORD_WARNING:
	case RECORD_WAITING:
	case RECORD_ERROR:
		return transport->text_in_err;
	case RECORD_TARGET:
		return transport->text_in_out;
	default:
		return false;
	}
}

static void send_record(void *data, const struct record *record)
{
	const struct transport *transport = data;

	if (transport->to_journal && send_fields(transport, record))
		return;
	if (!is_in_journal(transport, record->kind))
		syslog(record->priority, "%.*s%s%s", (int)record->message_len, record->message,
		       *record->hint ? "; hint: " : "", record->hint);
}

static void free_transport(void *data)
{
	struct transport *transport = data;

	free(transport->unit);
	free(transport);
}

/* ---- the choice -------------------------------------------------------------------------- */

static enum out_log choose_log(enum out_log wanted)
{
	if (wanted != OUT_LOG_AUTO)
		return wanted;
	return is_set("INVOCATION_ID") || is_set("JOURNAL_STREAM") ? OUT_LOG_JOURNAL : OUT_LOG_NONE;
}

/*
 * Writes nothing to the journal twice. A record with all its fields replaces the line of text; a
 * record through syslog has less than the line, so that the record is left out.
 */
static void avoid_duplicates(struct transport *transport, struct out_call *call)
{
	bool out = is_journal(STDOUT_FILENO), err = is_journal(STDERR_FILENO);

	if (transport->to_journal) {
		call->logged_out = out;
		call->logged_err = err;
	} else if (syslog_is_journal()) {
		transport->text_in_out = out && !call->is_json;
		transport->text_in_err = err;
	}
}

bool out_journal_choose(enum out_log wanted, struct out_call *call, struct journal_route *ret)
{
	enum out_log to = choose_log(wanted);
	bool has_manager = is_set("NOTIFY_SOCKET");
	struct transport *transport;

	*ret = (struct journal_route){ 0 };
	if (to == OUT_LOG_NONE && !has_manager)
		return false;
	transport = calloc(1, sizeof(*transport));
	if (!transport)
		return false;
	if (to == OUT_LOG_JOURNAL || has_manager)
		load_libsystemd(transport);
	*ret = (struct journal_route){ .data = transport, .free = free_transport };
	if (has_manager && transport->has_lib)
		ret->status = send_status;
	if (to == OUT_LOG_NONE)
		return true;
	ret->send = send_record;
	transport->to_journal =
		to == OUT_LOG_JOURNAL && transport->has_lib && access(JOURNAL_SOCKET, W_OK) == 0;
	if (transport->to_journal)
		name_unit(transport);
	openlog("mhpctl", LOG_PID, LOG_DAEMON);
	avoid_duplicates(transport, call);
	return true;
}
