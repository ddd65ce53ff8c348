/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/journal.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/memstream.h"
#include "lib/exec/unbound.h"
#include "lib/sys/kernel.h"
#include "lib/sys/lock.h"
#include "lib/sys/statedir.h"
#include "lib/sys/stop.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WRITE_MS    2000
#define RESTORE_MS  400
#define JOURNAL_MAX (1 << 20)

static const char *const names[SETTING_MAX] = {
	[SETTING_DAX_AUTOPROBE] = "dax-autoprobe", [SETTING_ND_AUTOPROBE] = "nd-autoprobe",
	[SETTING_AUTO_ONLINE] = "auto-online",	   [SETTING_OFFLINE_REASON] = "offline-reason",
	[SETTING_DEMOTION] = "demotion",
};

/* The only paths and values (NULL: any) of a journal: a forged one leads nowhere else. */
static const struct {
	enum setting which;
	const char *path;
	const char *values;
} allowed[] = {
	{ SETTING_DAX_AUTOPROBE, KERNEL_DAX_AUTOPROBE, "1" },
	{ SETTING_ND_AUTOPROBE, KERNEL_ND_AUTOPROBE, "1" },
	{ SETTING_AUTO_ONLINE, KERNEL_AUTO_ONLINE, "offline online online_kernel online_movable" },
	{ SETTING_OFFLINE_REASON, KERNEL_DYNDBG, NULL },
	{ SETTING_OFFLINE_REASON, KERNEL_DYNDBG_DEBUGFS, NULL },
	{ SETTING_DEMOTION, KERNEL_DEMOTION, "true" },
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
			return err_set(err, rc, MHP_REASON_LOCK_HELD,
				       "%s: in use by process %d, another mhpctl", names[which],
				       (int)holder);
		clock_sleep(5);
	}
	return rc < 0 ? err_errno(err, rc, "cannot lock %s", names[which]) : 0;
}

static void unlock_setting(const struct settings *s, enum setting which)
{
	lock_release_range(s->lock_fd, lock_of(which));
}

/* ---- journal ----------------------------------------------------------------------------- */

static const char *bus_of(enum setting which)
{
	return which == SETTING_DAX_AUTOPROBE ? "dax" : which == SETTING_ND_AUTOPROBE ? "nd" : NULL;
}

static const char *text_of(const char *words)
{
	return words ? words : "";
}

/*
 * Writes the journal atomically. The first line has the path and the value to restore. For an
 * autoprobe two more follow: the devices that had no driver before, and the regions of this run.
 */
static int journal_write(const struct settings *s, enum setting which)
{
	cleanup_memstream struct memstream m = { 0 };
	cleanup_free char *text = NULL;

	if (memstream_open(&m) < 0)
		return -ENOMEM;
	fprintf(m.file, "%s\t%s\n", s->path[which], s->old[which]);
	if (s->idle[which])
		fprintf(m.file, "idle\t%s\nown\t%s%s%s\n", s->idle[which], text_of(s->dead[which]),
			s->dead[which] ? " " : "", text_of(s->regions));
	text = memstream_end(&m);
	if (!text)
		return -ENOMEM;
	if (strlen(text) > JOURNAL_MAX)
		return -EFBIG;
	ROOT_PATH(path, STATE_RESTORE "%s", names[which]);
	return statedir_write(&s->ctx->sys, path, true, text, 0600);
}

static void journal_remove(const struct settings *s, enum setting which)
{
	ROOT_PATH(path, STATE_RESTORE "%s", names[which]);

	statedir_remove(&s->ctx->sys, path);
}

static bool is_allowed(enum setting which, const char *path, const char *value)
{
	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++)
		if (allowed[i].which == which && strcmp(path, allowed[i].path) == 0)
			return !allowed[i].values || words_has(allowed[i].values, value);
	return false;
}

static int journal_text(const struct settings *s, enum setting which, char **text)
{
	ROOT_PATH(path, STATE_RESTORE "%s", names[which]);
	return statedir_read(&s->ctx->sys, path, JOURNAL_MAX, text);
}

/* Copies the words of a complete line "KEY\t...". Without one *words stays as it is. */
static int copy_line(char *text, const char *key, char **words)
{
	char *line = text, *end;

	for (; line && (end = strchr(line, '\n')); line = end + 1)
		if (strncmp(line, key, strlen(key)) == 0) {
			char *found =
				strndup(line + strlen(key), (size_t)(end - line) - strlen(key));

			if (!found)
				return -ENOMEM;
			free(*words);
			*words = found;
			return 0;
		}
	return 0;
}

static int read_lists(struct settings *s, enum setting which, char *text)
{
	int rc;

	free(s->idle[which]);
	free(s->dead[which]);
	s->idle[which] = s->dead[which] = NULL;
	if (!bus_of(which) || !text)
		return 0;
	rc = copy_line(text, "own\t", &s->dead[which]);
	if (rc < 0 || !s->dead[which]) /* the file is incomplete */
		return rc;
	return copy_line(text, "idle\t", &s->idle[which]);
}

/* Returns 0, -ENOENT without a journal, or -EINVAL for one that is incomplete or forged. */
static int journal_read(struct settings *s, enum setting which)
{
	cleanup_free char *text = NULL;
	char *tab, *line;
	int rc = journal_text(s, which, &text);

	if (rc < 0)
		return rc;
	line = strchr(text, '\n');
	/* a damaged line: "online" may be the start of another word */
	if (!line || (line[1] && !bus_of(which)))
		return -EINVAL;
	*line++ = '\0';
	tab = strchr(text, '\t');
	if (!tab)
		return -EINVAL;
	*tab = '\0';
	if (!tab[1] || strlen(tab + 1) >= sizeof(s->old[which]) ||
	    !is_allowed(which, text, tab + 1))
		return -EINVAL;
	rc = read_lists(s, which, line);
	if (rc < 0)
		return rc;
	str_copy(s->path[which], text);
	str_copy(s->old[which], tab + 1);
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
	int rc = root_write(&ctx->sys, w->path, w->value);

	(void)reply;
	return rc < 0 ? err_errno(err, rc, "cannot write %s to /%s", w->value, w->path) : 0;
}

static int call_write(struct settings *s, const char *path, const char *value,
		      const struct child_wait *wait, struct mhp_error *err)
{
	struct setting_write w = { .path = "" };
	struct child_result result;
	int rc;

	str_copy(w.path, path);
	str_copy(w.value, value);
	rc = child_call(&s->child, CHILD_TASK(write_task, &w), wait, NULL, &result, err);
	if (rc == -ETIMEDOUT)
		err_set(err, rc, MHP_REASON_DEADLINE, "the kernel does not accept %s for /%s",
			value, path);
	return rc;
}

static int write_setting(struct settings *s, const char *path, const char *value, uint64_t msec,
			 struct mhp_error *err)
{
	const struct child_wait wait = {
		.deadline = clock_deadline(msec),
		.watch_fd = -1,
		.ignore_cancel = true,
	};

	return call_write(s, path, value, &wait, err);
}

/* Writes a setting and reads it back; the control file of dynamic debug has no value to read. */
static int set_setting(struct settings *s, enum setting which, const char *path, const char *value,
		       uint64_t msec, struct mhp_error *err)
{
	char now[sizeof(s->old[which])];
	int rc = write_setting(s, path, value, msec, err);

	if (rc < 0 || which == SETTING_OFFLINE_REASON)
		return rc;
	rc = root_read(&s->ctx->sys, path, now, sizeof(now));
	if (rc < 0)
		return err_errno(err, rc, "/%s", path);
	if (strcmp(now, value) == 0)
		return 0;
	return err_set(err, -EIO, MHP_REASON_KERNEL,
		       "the kernel accepts %s for /%s, which is still %s", value, path, now);
}

/* ---- devices to probe -------------------------------------------------------------------- */

static int set_unprobed(const char *bus, const char *device, const char *why, struct mhp_error *err)
{
	err_set(err, -EAGAIN, MHP_REASON_KERNEL,
		"%s appeared while drivers_autoprobe of the %s bus was off, and has no driver: "
		"%s",
		device, bus, why);
	err_hint(err, 1, "write %s to drivers_probe of the %s bus", device, bus);
	return 1;
}

/* Returns 1 if the probe did not run. A driver that refuses the device is not an error. */
static int probe_one(struct settings *s, const char *bus, const char *device, uint64_t deadline,
		     struct mhp_error *err)
{
	const struct child_wait wait = { .deadline = deadline, .watch_fd = -1 };
	char path[64];
	int rc;

	if (ctx_cancelled(s->ctx))
		return set_unprobed(bus, device, "interrupted", err);
	if (clock_msec() >= deadline)
		return set_unprobed(bus, device, "no time is left", err);
	str_format(path, KERNEL_BUSES "/%s/drivers_probe", bus);
	rc = call_write(s, path, device, &wait, NULL);
	if (rc == -EINTR || rc == -ECANCELED)
		return set_unprobed(bus, device, "interrupted", err);
	return rc == -ETIMEDOUT ? set_unprobed(bus, device, "no time is left", err) : 0;
}

/*
 * Probes the devices that others created or plugged in while autoprobe was off: nothing else would
 * do it later. Skips the devices of this run, and all if the devices from before are not known.
 */
static int probe_idle(struct settings *s, enum setting which, struct mhp_error *err)
{
	const char *bus = bus_of(which);
	uint64_t deadline = clock_deadline(s->probe_ms);
	cleanup_free char *words = NULL;
	char *rest, *name;
	int rc = 0;

	if (!bus || strcmp(s->old[which], "1") != 0 || !s->idle[which] || s->own_lost)
		return 0;
	if (unbound_list(&s->ctx->sys, bus, &words) < 0)
		return 0;
	rest = words;
	while (rc == 0 && (name = strsep(&rest, " ")))
		if (*name && !words_has(s->idle[which], name) && !words_has(s->own, name) &&
		    !unbound_is_in(&s->ctx->sys, bus, name, s->dead[which]))
			rc = probe_one(s, bus, name, deadline, err);
	return rc;
}

void settings_own(struct settings *s, const char *device)
{
	if (*device && words_add(&s->own, device) < 0)
		s->own_lost = true;
}

void settings_own_region(struct settings *s, const char *region)
{
	if (*region && words_add(&s->regions, region) < 0)
		s->own_lost = true;
}

/* ---- change and restore ------------------------------------------------------------------ */

/*
 * Writes the old value into the journal. A journal that exists wins: we hold its lock, so its run
 * is dead, and the setting now reads as that run left it. A journal for another path is not
 * overwritten.
 */
static int write_old_value(struct settings *s, enum setting which, const char *path,
			   const char *value, const char *back)
{
	int rc = journal_read(s, which);

	if (rc == 0)
		return strcmp(s->path[which], path) == 0 ? journal_write(s, which) : -EEXIST;
	if (rc != -ENOENT)
		return rc;
	str_copy(s->path[which], path);
	if (back)
		str_copy(s->old[which], back);
	else if ((rc = root_read(&s->ctx->sys, path, s->old[which], sizeof(s->old[which]))) < 0)
		return rc;
	if (!back && strcmp(s->old[which], value) == 0)
		return -EALREADY;
	if (!back && !is_allowed(which, path, s->old[which])) /* nobody could restore it */
		return -EILSEQ;
	rc = read_lists(s, which, NULL);
	/* list before autoprobe goes off: devices without a driver now have other reasons */
	if (rc == 0 && bus_of(which))
		rc = s->own_lost ? -ENOMEM
				 : unbound_list(&s->ctx->sys, bus_of(which), &s->idle[which]);
	return rc < 0 ? rc : journal_write(s, which);
}

/* Holds back stop signals: a stopped process would leave the setting changed. */
static void hold_stop(struct settings *s, bool hold)
{
	if (hold != s->holds_stop)
		stop_hold(hold, &s->before);
	s->holds_stop = hold;
}

/* Leaves out SETTING_OFFLINE_REASON, which may stay changed for long and is harmless. */
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

	if (s->changed[which]) /* a restore failed: the journal has the old value */
		return set_setting(s, which, path, value, WRITE_MS, err);
	if (s->held[which])
		return 0;
	rc = lock_setting(s, which, wait_ms, err);
	if (rc < 0)
		return rc;
	rc = write_old_value(s, which, path, value, back);
	if (rc == 0) {
		s->changed[which] = true;
		hold_stop(s, is_any_changed(s));
		return set_setting(s, which, path, value, WRITE_MS, err);
	}
	if (rc == -EALREADY) { /* already set; the lock keeps it so */
		s->held[which] = true;
		return 0;
	}
	unlock_setting(s, which);
	if (rc == -EEXIST || rc == -EINVAL) {
		err_set(err, rc, MHP_REASON_KERNEL,
			"/" STATE_RESTORE "%s exists but does not name /%s", names[which], path);
		return err_hint(err, rc, "write the value in it to the path in it, then remove it");
	}
	if (rc == -EILSEQ)
		return err_set(err, rc, MHP_REASON_KERNEL,
			       "cannot change /%s: nobody could restore the value that it has",
			       path);
	return err_errno(err, rc, "cannot change /%s", path);
}

int settings_restore(struct settings *s, enum setting which, struct mhp_error *err)
{
	int rc = 0;

	if (s->held[which])
		unlock_setting(s, which);
	s->held[which] = false;
	if (!s->changed[which])
		return 0;
	rc = set_setting(s, which, s->path[which], s->old[which], RESTORE_MS, err);
	if (rc == 0) {
		s->changed[which] = false;
		rc = probe_idle(s, which, err); /* if killed here, the next run does it */
		journal_remove(s, which);
		unlock_setting(s, which);
	}
	hold_stop(s, is_any_changed(s)); /* after a failure the journal stays for the next run */
	return rc;
}

int settings_left(struct settings *s)
{
	int count = 0;

	for (unsigned which = 0; which < SETTING_MAX; which++) {
		ROOT_PATH(path, STATE_RESTORE "%s", names[which]);
		if (root_exists(&s->ctx->sys, path) == 0 || lock_setting(s, which, 0, NULL) < 0)
			continue;
		count += journal_read(s, which) == 0;
		unlock_setting(s, which);
	}
	return count;
}

/* Removes a journal that has no value to restore: it would be read again by each run. */
static void drop_damaged(struct settings *s, enum setting which, struct mhp_error *err)
{
	const char *path = "";

	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++)
		if (allowed[i].which == which)
			path = allowed[i].path;
	journal_remove(s, which);
	err_set(err, -EINVAL, MHP_REASON_KERNEL,
		"/%s: a killed run may have changed it, and the record of its old value is "
		"damaged; compare it with your configuration",
		path);
}

int settings_recover(struct settings *s, struct mhp_error *err)
{
	int count = 0, rc;

	for (unsigned which = 0; which < SETTING_MAX; which++) {
		ROOT_PATH(path, STATE_RESTORE "%s", names[which]);
		if (root_exists(&s->ctx->sys, path) == 0 || lock_setting(s, which, 0, NULL) < 0)
			continue; /* no journal, or its owner lives */
		rc = journal_read(s, which);
		s->changed[which] = rc == 0;
		if (rc == 0 && settings_restore(s, which, err) >= 0)
			count++;
		else if (rc == -EINVAL)
			drop_damaged(s, which, err);
		if (rc != 0)
			unlock_setting(s, which);
	}
	return count;
}

void settings_free(struct settings *s)
{
	for (unsigned which = 0; which < SETTING_MAX; which++) {
		settings_restore(s, which, NULL);
		read_lists(s, which, NULL); /* frees them */
	}
	hold_stop(s, false);
	free(s->own);
	free(s->regions);
	s->own = s->regions = NULL;
	child_stop(&s->child);
	lock_close(s->lock_fd);
	s->lock_fd = -1;
}
