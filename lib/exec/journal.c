/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/journal.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/sys/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define WRITE_MS    2000
#define RESTORE_MS  400
#define PROBE_MS    60000
#define LOCK_UNIT   4096
#define JOURNAL_MAX (SETTINGS_IDLE_MAX + 256)

static const char *const names[SETTING_MAX] = {
	[SETTING_DAX_AUTOPROBE] = "dax-autoprobe",
	[SETTING_ND_AUTOPROBE] = "nd-autoprobe",
	[SETTING_AUTO_ONLINE] = "auto-online",
	[SETTING_OFFLINE_REASON] = "offline-reason",
};

/* A journal that somebody else has written must not make root write elsewhere. */
static const struct {
	enum setting which;
	const char *path;
} allowed[] = {
	{ SETTING_DAX_AUTOPROBE, "sys/bus/dax/drivers_autoprobe" },
	{ SETTING_ND_AUTOPROBE, "sys/bus/nd/drivers_autoprobe" },
	{ SETTING_AUTO_ONLINE, "sys/devices/system/memory/auto_online_blocks" },
	{ SETTING_OFFLINE_REASON, "proc/dynamic_debug/control" },
	{ SETTING_OFFLINE_REASON, "sys/kernel/debug/dynamic_debug/control" },
};

void settings_init(struct settings *s, struct mhp_ctx *ctx)
{
	*s = (struct settings){ .ctx = ctx, .child = CHILD_INIT(ctx), .lock_fd = -1 };
}

/* ---- lock -------------------------------------------------------------------------------- */

static struct mhp_range lock_of(enum setting which)
{
	return (struct mhp_range){ (uint64_t)which * LOCK_UNIT, ((uint64_t)which + 1) * LOCK_UNIT };
}

static int lock_setting(struct settings *s, enum setting which, uint64_t wait_ms,
			struct mhp_error *err)
{
	uint64_t deadline = clock_msec() + wait_ms;
	pid_t holder;
	int rc;

	if (s->lock_fd < 0) {
		rc = lock_open(s->ctx, LOCK_SETTINGS, err);
		if (rc < 0)
			return rc;
		s->lock_fd = rc;
	}
	while ((rc = lock_range(s->lock_fd, lock_of(which), &holder)) == -EAGAIN) {
		if (clock_msec() >= deadline || ctx_cancelled(s->ctx))
			return mhp_fail(err, rc, MHP_REASON_HELD,
					"%s: process %d, another mhpctl, has it changed",
					names[which], (int)holder);
		poll(NULL, 0, 5);
	}
	return rc < 0 ? mhp_fail_errno(err, rc, "cannot lock %s", names[which]) : 0;
}

static void unlock_setting(const struct settings *s, enum setting which)
{
	lock_release_range(s->lock_fd, lock_of(which));
}

/* ---- journal ----------------------------------------------------------------------------- */

/* Whole or not at all: a journal that is there is never written over. */
static int journal_write(const struct settings *s, enum setting which)
{
	cleanup_close int folder = file_open_dir_at(s->ctx->sys.root_fd, "run/mhpctl", true);
	char name[48], text[JOURNAL_MAX];
	int len;

	if (folder < 0)
		return folder;
	mhp_format(name, "restore.%s", names[which]);
	len = mhp_format(text, "%s\t%s\n%s%s", s->path[which], s->old[which], s->idle[which],
			 *s->idle[which] ? "\n" : "");
	return file_replace_at(folder, name, text, (size_t)len, 0600);
}

static void journal_remove(const struct settings *s, enum setting which)
{
	SYSFS_PATH(path, "run/mhpctl/restore.%s", names[which]);

	unlinkat(s->ctx->sys.root_fd, path, 0);
}

static bool is_allowed(enum setting which, const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++)
		if (allowed[i].which == which && strcmp(path, allowed[i].path) == 0)
			return true;
	return false;
}

/* 0, -ENOENT without one, or -EINVAL for one that was cut off or tampered with. */
static int journal_read(struct settings *s, enum setting which)
{
	char text[JOURNAL_MAX], *tab, *line;
	int rc;

	SYSFS_PATH(path, "run/mhpctl/restore.%s", names[which]);
	rc = sysfs_read_text(&s->ctx->sys, path, text, sizeof(text));
	if (rc < 0)
		return rc;
	line = strchr(text, '\n');
	if (line)
		*line++ = '\0';
	tab = strchr(text, '\t');
	if (!tab)
		return -EINVAL;
	*tab = '\0';
	if (!is_allowed(which, text) || !tab[1])
		return -EINVAL;
	mhp_copy(s->path[which], text);
	mhp_copy(s->old[which], tab + 1);
	if (line)
		line[strcspn(line, "\n")] = '\0';
	mhp_copy(s->idle[which], line ? line : "");
	return 0;
}

/* ---- writing ----------------------------------------------------------------------------- */

struct setting_write {
	char path[64];
	char value[96];
};

static int write_task(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		      struct mhp_error *err)
{
	const struct setting_write *w = arg;
	int rc = sysfs_write(&ctx->sys, w->path, w->value);

	(void)reply;
	return rc < 0 ? mhp_fail_errno(err, rc, "cannot write %s to /%s", w->value, w->path) : 0;
}

static int write_setting(struct settings *s, const char *path, const char *value, uint64_t msec,
			 struct mhp_error *err)
{
	struct child_wait wait = {
		.deadline = clock_deadline(msec),
		.watch_fd = -1,
		.ignore_cancel = true,
	};
	struct setting_write w;
	struct child_result result;
	int rc;

	mhp_copy(w.path, path);
	mhp_copy(w.value, value);
	rc = child_call(&s->child, write_task, &w, sizeof(w), &wait, NULL, &result, err);
	if (rc == -ETIMEDOUT)
		mhp_fail(err, rc, MHP_REASON_DEADLINE, "the kernel does not take %s for /%s", value,
			 path);
	return rc;
}

/* ---- devices that nobody probed meanwhile ------------------------------------------------- */

static const char *bus_of(enum setting which)
{
	return which == SETTING_DAX_AUTOPROBE ? "dax" : which == SETTING_ND_AUTOPROBE ? "nd" : NULL;
}

static bool has_word(const char *words, const char *word)
{
	const size_t len = strlen(word);

	for (words += strspn(words, " "); *words; words += strspn(words, " ")) {
		size_t its = strcspn(words, " ");

		if (its == len && strncmp(words, word, len) == 0)
			return true;
		words += its;
	}
	return false;
}

/* False: it has no room, so it is as if it were not there. */
static bool add_word(char *words, size_t size, const char *word)
{
	size_t len = strlen(words);

	if (has_word(words, word))
		return true;
	if (len + strlen(word) + 2 > size)
		return false;
	snprintf(words + len, size - len, "%s%s", len ? " " : "", word);
	return true;
}

struct idle_walk {
	struct settings *s;
	enum setting which;
	char *words; /* receives the idle devices */
	size_t size;
};

static int note_one(const struct sysfs *sys, const char *name, void *data)
{
	const struct idle_walk *walk = data;
	int rc;

	SYSFS_PATH(driver, "sys/bus/%s/devices/%s/driver", bus_of(walk->which), name);
	rc = sysfs_exists(sys, driver);
	if (rc == 0)
		add_word(walk->words, walk->size, name);
	return rc < 0 ? rc : 0;
}

static int list_idle(struct settings *s, enum setting which, char *words, size_t size)
{
	struct idle_walk walk = { s, which, words, size };
	int rc;

	words[0] = '\0';
	if (!bus_of(which))
		return 0;
	SYSFS_PATH(folder, "sys/bus/%s/devices", bus_of(which));
	rc = sysfs_each(&s->ctx->sys, folder, note_one, &walk);
	return rc == -ENOENT ? 0 : rc;
}

/* Before the bus stops to probe: what has no driver now has none for another reason. */
static int note_idle(struct settings *s, enum setting which)
{
	return list_idle(s, which, s->idle[which], sizeof(s->idle[which]));
}

/*
 * What others made or plugged in meanwhile was not probed, and nobody would do it later. What this
 * run has made stays as it is.
 */
static void probe_idle(struct settings *s, enum setting which)
{
	char words[SETTINGS_IDLE_MAX], *rest = words, *name, path[64];
	struct mhp_error err;

	if (!bus_of(which) || strcmp(s->old[which], "1") != 0)
		return;
	list_idle(s, which, words, sizeof(words));
	mhp_format(path, "sys/bus/%s/drivers_probe", bus_of(which));
	while ((name = strsep(&rest, " ")))
		if (*name && !has_word(s->idle[which], name) && !has_word(s->own, name))
			write_setting(s, path, name, PROBE_MS, &err);
}

void settings_own(struct settings *s, const char *device)
{
	if (*device)
		add_word(s->own, sizeof(s->own), device);
}

/* ---- change and restore ------------------------------------------------------------------ */

/*
 * What a killed run has left is the truth: its lock is ours now, so it is dead, and what the
 * setting reads as is what it had made of it.
 */
static int remember(struct settings *s, enum setting which, const char *path, const char *value,
		    const char *back)
{
	int rc = journal_read(s, which);

	if (rc == 0 && strcmp(s->path[which], path) == 0)
		return 0;
	if (rc != 0 && rc != -ENOENT &&
	    rc != -EINVAL) /* there may be one: it is not written over */
		return rc;
	mhp_copy(s->path[which], path);
	if (back)
		mhp_copy(s->old[which], back);
	else
		rc = sysfs_read(&s->ctx->sys, path, s->old[which], sizeof(s->old[which]));
	if (!back && rc < 0)
		return rc;
	if (!back && strcmp(s->old[which], value) == 0)
		return -EALREADY;
	rc = note_idle(s, which);
	return rc < 0 ? rc : journal_write(s, which);
}

/*
 * A stop (Ctrl-Z) waits until the setting is back: it would stay changed for as long as we are
 * stopped. The library has no handlers, so the thread that works holds the signal back.
 */
static void hold_stop(struct settings *s, bool hold)
{
	sigset_t stop;

	if (hold == s->holds_stop)
		return;
	sigemptyset(&stop);
	sigaddset(&stop, SIGTSTP);
	pthread_sigmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &stop, NULL);
	s->holds_stop = hold;
}

/* The reason of a failed offline may be watched for long, and harms nobody meanwhile. */
static bool is_any_changed(const struct settings *s)
{
	for (unsigned which = 0; which < SETTING_MAX; which++)
		if (which != SETTING_OFFLINE_REASON && s->changed[which])
			return true;
	return false;
}

int settings_change(struct settings *s, enum setting which, const char *path, const char *value,
		    const char *back, uint64_t wait_ms, struct mhp_error *err)
{
	int rc;

	if (s->changed[which]) /* it could not be put back: what it was is written down */
		return write_setting(s, path, value, WRITE_MS, err);
	if (s->held[which])
		return 0;
	rc = lock_setting(s, which, wait_ms, err);
	if (rc < 0)
		return rc;
	rc = remember(s, which, path, value, back);
	if (rc == 0) {
		s->changed[which] = true;
		hold_stop(s, is_any_changed(s));
		return write_setting(s, path, value, WRITE_MS, err);
	}
	if (rc == -EALREADY) { /* the lock keeps it so */
		s->held[which] = true;
		return 0;
	}
	unlock_setting(s, which);
	return mhp_fail_errno(err, rc, "cannot change /%s", path);
}

int settings_restore(struct settings *s, enum setting which, struct mhp_error *err)
{
	int rc = 0;

	if (s->held[which])
		unlock_setting(s, which);
	s->held[which] = false;
	if (!s->changed[which])
		return 0;
	rc = write_setting(s, s->path[which], s->old[which], RESTORE_MS, err);
	if (rc == 0) {
		s->changed[which] = false;
		probe_idle(s, which); /* killed before that is done, the next run does it */
		journal_remove(s, which);
		unlock_setting(s, which);
	}
	hold_stop(s, is_any_changed(s)); /* where it failed, the journal stays for the next run */
	return rc;
}

int settings_recover(struct settings *s)
{
	int count = 0, rc;

	for (unsigned which = 0; which < SETTING_MAX; which++) {
		SYSFS_PATH(path, "run/mhpctl/restore.%s", names[which]);
		if (sysfs_exists(&s->ctx->sys, path) == 0 || lock_setting(s, which, 0, NULL) < 0)
			continue; /* none, or its owner lives */
		rc = journal_read(s, which);
		s->changed[which] = rc == 0;
		if (rc == 0 && settings_restore(s, which, NULL) == 0)
			count++;
		else if (rc == -EINVAL)
			journal_remove(s, which);
		if (rc != 0)
			unlock_setting(s, which);
	}
	return count;
}

void settings_free(struct settings *s)
{
	for (unsigned which = 0; which < SETTING_MAX; which++)
		settings_restore(s, which, NULL);
	hold_stop(s, false);
	child_stop(&s->child);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	s->lock_fd = -1;
}
