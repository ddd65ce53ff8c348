/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Turns drivers_autoprobe off and restores it, so that no driver binds to a new device. */
#include "lib/exec/autoprobe.h"
#include "lib/base/error.h"
#include "lib/exec/event.h"
#include "lib/sys/kernel.h"
#include "lib/sys/nd/nd.h"

#include <limits.h>
#include <string.h>

#define SETTING_WAIT_MS 10000

static int change_autoprobe(struct exec *x, enum setting which, const char *path,
			    struct mhp_error *err)
{
	int rc = settings_change(&x->settings, which, path, "0", NULL, SETTING_WAIT_MS, err);

	if (rc < 0 && err->reason == MHP_REASON_NOT_PERMITTED)
		return rc;
	if (rc < 0) /* the steps work without it, only slower */
		event_warning(x, "falling back to the slower path: %s", err->message);
	return 0;
}

int autoprobe_hold(struct exec *x, bool nd_too, struct mhp_error *err)
{
	int rc;

	for (size_t i = 0; i < x->plan->nr_chains; i++) {
		settings_own_region(&x->settings, x->plan->chains[i].region);
		settings_own_region(&x->settings, x->plan->chains[i].cxl.region);
	}
	rc = change_autoprobe(x, SETTING_DAX_AUTOPROBE, KERNEL_DAX_AUTOPROBE, err);
	if (rc == 0 && nd_too)
		rc = change_autoprobe(x, SETTING_ND_AUTOPROBE, KERNEL_ND_AUTOPROBE, err);
	return rc;
}

void autoprobe_own(struct exec *x, const struct reply *reply)
{
	struct nd_created created;

	if (reply->len != sizeof(created))
		return;
	memcpy(&created, reply->data, sizeof(created));
	settings_own(&x->settings, created.device);
}

void autoprobe_release(struct exec *x)
{
	static const enum setting both[] = { SETTING_ND_AUTOPROBE, SETTING_DAX_AUTOPROBE };
	for (size_t i = 0; i < 2; i++) {
		struct mhp_error err = { 0 };
		int rc = settings_restore(&x->settings, both[i], &err);

		if (rc < 0)
			event_warning(x, "drivers_autoprobe could not be restored: %s",
				      err.message);
		else if (rc > 0)
			event_warning(x, "%s", err.message);
	}
}

struct region_walk {
	struct exec *x;
	const char *bus;
	char part[MHP_NAME_MAX + 2]; /* "/region0/" */
};

static int own_if_in_region(const struct root *sys, const char *name, void *data)
{
	const struct region_walk *walk = data;
	char target[PATH_MAX];
	int rc;

	ROOT_PATH(path, KERNEL_BUSES "/%s/devices/%s", walk->bus, name);
	rc = root_link(sys, path, target, sizeof(target));
	if (rc == 0 && strstr(target, walk->part))
		settings_own(&walk->x->settings, name);
	return root_is_lack(rc) ? rc : 0;
}

/*
 * Lists the devices of the region as own ones: one that is not listed would be taken for one of
 * others, and probed.
 */
static void own_devices_in_region(struct region_walk *walk, const char *bus)
{
	int rc;

	walk->bus = bus;
	ROOT_PATH(path, KERNEL_BUSES "/%s/devices", bus);
	rc = root_each(&walk->x->ctx->sys, path, own_if_in_region, walk);
	if (root_is_lack(rc))
		walk->x->settings.own_lost = true;
}

void autoprobe_own_region(struct exec *x, const char *region)
{
	struct region_walk walk = { .x = x };

	str_format(walk.part, "/%s/", region);
	own_devices_in_region(&walk, "nd");
	own_devices_in_region(&walk, "dax");
}
