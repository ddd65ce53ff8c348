/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/journal.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/sys/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#define WRITE_MS   2000
#define RESTORE_MS 400
#define LOCK_UNIT  4096

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
	struct flock lock = {
		.l_type = F_UNLCK,
		.l_whence = SEEK_SET,
		.l_start = (off_t)which,
		.l_len = 1,
	};

	fcntl(s->lock_fd, F_SETLK, &lock);
}

/* ---- journal ----------------------------------------------------------------------------- */

static int journal_write(const struct settings *s, enum setting which)
{
	cleanup_close int fd = -1;
	char text[192];
	int len;

	SYSFS_PATH(path, "run/mhpctl/restore.%s", names[which]);
	fd = openat(s->ctx->sys.root_fd, path,
		    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	len = mhp_format(text, "%s\t%s\n", s->path[which], s->old[which]);
	return write(fd, text, (size_t)len) == len ? 0 : -EIO;
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
	char text[192], *tab;
	int rc;

	SYSFS_PATH(path, "run/mhpctl/restore.%s", names[which]);
	rc = sysfs_read(&s->ctx->sys, path, text, sizeof(text));
	if (rc < 0)
		return rc;
	tab = strchr(text, '\t');
	if (!tab)
		return -EINVAL;
	*tab = '\0';
	if (!is_allowed(which, text) || !tab[1])
		return -EINVAL;
	mhp_copy(s->path[which], text);
	mhp_copy(s->old[which], tab + 1);
	return 0;
}

/* ---- change and restore ------------------------------------------------------------------ */

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

static int remember(struct settings *s, enum setting which, const char *path, const char *value,
		    const char *back)
{
	int rc;

	mhp_copy(s->path[which], path);
	if (back) {
		mhp_copy(s->old[which], back);
		return 0;
	}
	rc = sysfs_read(&s->ctx->sys, path, s->old[which], sizeof(s->old[which]));
	if (rc == 0 && strcmp(s->old[which], value) == 0)
		return -EALREADY;
	return rc;
}

int settings_change(struct settings *s, enum setting which, const char *path, const char *value,
		    const char *back, uint64_t wait_ms, struct mhp_error *err)
{
	int rc;

	if (s->changed[which]) /* it could not be put back: what it was is written down */
		return write_setting(s, path, value, WRITE_MS, err);
	rc = lock_setting(s, which, wait_ms, err);
	if (rc < 0)
		return rc;
	rc = remember(s, which, path, value, back);
	if (rc == 0)
		rc = journal_write(s, which);
	if (rc == 0) {
		s->changed[which] = true;
		return write_setting(s, path, value, WRITE_MS, err);
	}
	unlock_setting(s, which);
	if (rc == -EALREADY)
		return 0;
	return mhp_fail_errno(err, rc, "cannot change /%s", path);
}

int settings_restore(struct settings *s, enum setting which, struct mhp_error *err)
{
	int rc;

	if (!s->changed[which])
		return 0;
	rc = write_setting(s, s->path[which], s->old[which], RESTORE_MS, err);
	if (rc < 0)
		return rc; /* the journal stays for the next run */
	s->changed[which] = false;
	journal_remove(s, which);
	unlock_setting(s, which);
	return 0;
}

int settings_recover(struct settings *s)
{
	int count = 0, rc;

	for (unsigned which = 0; which < SETTING_MAX; which++) {
		SYSFS_PATH(path, "run/mhpctl/restore.%s", names[which]);
		if (!sysfs_exists(&s->ctx->sys, path) || lock_setting(s, which, 0, NULL) < 0)
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
	child_stop(&s->child);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	s->lock_fd = -1;
}
