/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/model/balloon.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/export.h"
#include "lib/base/vec.h"
#include "lib/sys/cmdline.h"
#include "lib/sys/kconfig.h"
#include "lib/sys/kernel.h"
#include "lib/sys/kmsg.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define VIRTIO_BALLOON	  "0x0005"
#define FEATURE_POISON	  4 /* VIRTIO_BALLOON_F_PAGE_POISON */
#define FEATURE_REPORTING 5
#define FEATURES_MAX	  256 /* 64 digits up to Linux 6.12, 128 in 7.3 */

/* The class of Hyper-V's dynamic memory (include/linux/hyperv.h:HV_DM_GUID). */
#define VMBUS_BALLOON "{525074dc-8985-46e2-8057-a307dc18a502}"

/* Settings of the guest that matter to the driver. */
struct guest {
	enum mhp_tristate has_reporting; /* the kernel is built with it */
	enum mhp_tristate init_on_free;
	enum mhp_tristate page_poison;
};

struct walk {
	struct mhp_ctx *ctx;
	struct balloons *balloons;
	struct guest guest;
};

static enum mhp_tristate read_init_on_free(const char *cmdline, const struct kconfig *config)
{
	enum mhp_tristate setting;
	char value[8] = "";

	cmdline_value(cmdline, "init_on_free", value, sizeof(value));
	setting = cmdline_bool(value);
	if (setting != MHP_TRISTATE_UNKNOWN)
		return setting;
	/* without a configuration this option is not known */
	return config->options[CONFIG_INIT_ON_FREE];
}

/* Reads the parameter, which has no effect in a kernel that is built without page poisoning. */
static enum mhp_tristate read_page_poison(const char *cmdline, const struct kconfig *config)
{
	char value[8] = "";

	cmdline_value(cmdline, "page_poison", value, sizeof(value));
	if (cmdline_bool(value) != MHP_TRISTATE_YES)
		return MHP_TRISTATE_NO;
	return config->options[CONFIG_PAGE_POISONING];
}

/*
 * Reads from the kernel log whether freed pages are cleared: "mem auto-init: stack:off, heap
 * alloc:on, heap free:off" (report_meminit(), since Linux 5.3). The line may have left the log.
 */
static enum mhp_tristate log_init_on_free(const struct mhp_ctx *ctx)
{
	enum mhp_tristate setting = MHP_TRISTATE_UNKNOWN;
	struct kmsg_record record;
	struct kmsg log;

	if (kmsg_open_first(ctx, &log) < 0)
		return setting;
	while (setting == MHP_TRISTATE_UNKNOWN && kmsg_next(&log, &record)) {
		if (!strstr(record.text, "mem auto-init:"))
			continue;
		if (strstr(record.text, "heap free:on"))
			setting = MHP_TRISTATE_YES;
		else if (strstr(record.text, "heap free:off"))
			setting = MHP_TRISTATE_NO;
	}
	kmsg_close(&log);
	return setting;
}

static int read_guest(struct walk *walk)
{
	struct guest *guest = &walk->guest;
	struct kconfig config = { 0 };
	char cmdline[CMDLINE_MAX];
	int rc = kconfig_read(walk->ctx, &config);

	if (rc < 0)
		return rc;
	guest->has_reporting = config.options[CONFIG_PAGE_REPORTING];
	if (root_seems(&walk->ctx->sys, KERNEL_REPORTING))
		guest->has_reporting = MHP_TRISTATE_YES;
	if (cmdline_read(&walk->ctx->sys, cmdline) == 0) {
		guest->init_on_free = read_init_on_free(cmdline, &config);
		guest->page_poison = read_page_poison(cmdline, &config);
	} else {
		walk->balloons->lacks_cmdline = true;
	}
	if (guest->init_on_free == MHP_TRISTATE_UNKNOWN)
		guest->init_on_free = log_init_on_free(walk->ctx);
	return 0;
}

static void set_cause(struct mhp_balloon *balloon, enum mhp_reporting_cause cause, const char *why)
{
	balloon->reporting = cause == MHP_REPORTING_CAUSE_NONE	    ? MHP_TRISTATE_YES
			     : cause == MHP_REPORTING_CAUSE_UNKNOWN ? MHP_TRISTATE_UNKNOWN
								    : MHP_TRISTATE_NO;
	balloon->cause = cause;
	balloon->is_futile =
		cause == MHP_REPORTING_CAUSE_UNKNOWN ? MHP_TRISTATE_UNKNOWN : MHP_TRISTATE_NO;
	str_copy(balloon->why, why);
}

/*
 * Finds what applies to both kinds. rc: of the read of its driver. Returns false if the driver
 * decides.
 */
static bool judge_driver(struct mhp_balloon *balloon, const struct guest *guest, int rc)
{
	if (guest->has_reporting == MHP_TRISTATE_NO)
		set_cause(balloon, MHP_REPORTING_CAUSE_NO_KERNEL,
			  "the kernel is built without CONFIG_PAGE_REPORTING");
	else if (rc < 0 && rc != -ENOENT)
		set_cause(balloon, MHP_REPORTING_CAUSE_UNKNOWN, "its driver cannot be read");
	else if (rc < 0)
		set_cause(
			balloon, MHP_REPORTING_CAUSE_NO_DRIVER,
			balloon->kind == MHP_BALLOON_VIRTIO
				? "no driver is bound to it: the module virtio_balloon is not "
				  "loaded, or another balloon reports and this one was refused"
				: "no driver is bound to it: the module hv_balloon is not loaded");
	else
		return false;
	return true;
}

/* ---- virtio ------------------------------------------------------------------------------ */

/*
 * Judges a balloon whose driver reports. QEMU discards no page while the guest expects a value
 * other than 0 in it (hw/virtio/virtio-balloon.c:virtio_balloon_handle_report).
 */
static void judge_poison(struct mhp_balloon *balloon, const struct guest *guest, bool has_poison)
{
	/* the feature shows that one of them is on; page_poison then replaces init_on_free */
	enum mhp_tristate poisons = !has_poison				     ? MHP_TRISTATE_NO
				    : guest->init_on_free == MHP_TRISTATE_NO ? MHP_TRISTATE_YES
									     : guest->page_poison;

	set_cause(balloon, MHP_REPORTING_CAUSE_NONE, "");
	balloon->is_futile = poisons;
	if (poisons == MHP_TRISTATE_YES)
		str_copy(balloon->why,
			 "page_poison is on: QEMU keeps reported pages, because the guest "
			 "expects the poison in them");
	else if (poisons == MHP_TRISTATE_UNKNOWN)
		str_copy(balloon->why,
			 "page_poison may be on, which cannot be read: with it, QEMU keeps "
			 "reported pages");
}

/*
 * Finds why the feature is missing. The driver drops it if the guest clears or poisons freed pages
 * and the host does not offer to keep their value (virtio_balloon.c:virtballoon_validate); only
 * negotiated features are visible.
 */
static void judge_missing(struct mhp_balloon *balloon, const struct guest *guest, bool has_poison)
{
	if (!has_poison && guest->page_poison == MHP_TRISTATE_YES)
		set_cause(balloon, MHP_REPORTING_CAUSE_PAGE_POISON,
			  "page_poison is on, and the host does not offer page-poison: the driver "
			  "drops the feature if it is offered");
	else if (!has_poison && guest->init_on_free == MHP_TRISTATE_YES)
		set_cause(balloon, MHP_REPORTING_CAUSE_INIT_ON_FREE,
			  "init_on_free is on, and the host does not offer page-poison: the "
			  "driver drops the feature if it is offered");
	else if (has_poison ||
		 (guest->page_poison == MHP_TRISTATE_NO && guest->init_on_free == MHP_TRISTATE_NO))
		set_cause(balloon, MHP_REPORTING_CAUSE_NOT_OFFERED,
			  "the host does not offer it; QEMU does with free-page-reporting=on of "
			  "the balloon device");
	else {
		set_cause(balloon, MHP_REPORTING_CAUSE_UNKNOWN,
			  "the host does not offer it, or the driver dropped it because of "
			  "init_on_free or page_poison, whose state cannot be read");
		/* only the reason is unknown */
		balloon->reporting = balloon->is_futile = MHP_TRISTATE_NO;
	}
}

static void judge_virtio(struct walk *walk, struct mhp_balloon *balloon, int driver_rc)
{
	char features[FEATURES_MAX];
	size_t nr;

	ROOT_PATH(path, KERNEL_VIRTIO_BUS "/devices/%s/features", balloon->name);
	if (judge_driver(balloon, &walk->guest, driver_rc))
		return;
	if (root_read(&walk->ctx->sys, path, features, sizeof(features)) < 0) {
		set_cause(balloon, MHP_REPORTING_CAUSE_UNKNOWN, "its features cannot be read");
		return;
	}
	nr = strspn(features, "01");
	if (features[nr] || nr <= FEATURE_REPORTING) {
		set_cause(balloon, MHP_REPORTING_CAUSE_UNKNOWN,
			  "its features are not in the format of the kernel");
		return;
	}
	if (features[FEATURE_REPORTING] == '1')
		judge_poison(balloon, &walk->guest, features[FEATURE_POISON] == '1');
	else
		judge_missing(balloon, &walk->guest, features[FEATURE_POISON] == '1');
}

/* ---- Hyper-V ----------------------------------------------------------------------------- */

/*
 * Judges by the messages of the driver, which has no attribute for this; the last one counts. An
 * old message may have left the log.
 */
static void judge_hyperv(struct walk *walk, struct mhp_balloon *balloon, int driver_rc)
{
	struct kmsg_record record;
	struct kmsg log;

	if (judge_driver(balloon, &walk->guest, driver_rc))
		return;
	set_cause(balloon, MHP_REPORTING_CAUSE_UNKNOWN,
		  "the kernel log, which is the only place that shows it, does not mention it");
	if (kmsg_open_first(walk->ctx, &log) < 0) {
		str_copy(balloon->why, "only the kernel log shows it, and it cannot be read");
		return;
	}
	while (kmsg_next(&log, &record)) {
		if (strstr(record.text, "Cold memory discard hint enabled with order"))
			set_cause(balloon, MHP_REPORTING_CAUSE_NONE, "");
		else if (strstr(record.text, "Failed to enable cold memory discard"))
			set_cause(balloon, MHP_REPORTING_CAUSE_REFUSED,
				  "the driver could not enable cold memory discard");
	}
	kmsg_close(&log);
}

/* ---- all of them ------------------------------------------------------------------------- */

/* A bus with balloons. */
struct bus {
	enum mhp_balloon_kind kind;
	const char *path;
	const char *attribute; /* of its devices, which shows their type */
	const char *type;      /* of balloons */
	void (*judge)(struct walk *walk, struct mhp_balloon *balloon, int driver_rc);
};

static const struct bus buses[] = {
	{ MHP_BALLOON_VIRTIO, KERNEL_VIRTIO_BUS, "device", VIRTIO_BALLOON, judge_virtio },
	{ MHP_BALLOON_HYPERV, KERNEL_VMBUS, "class_id", VMBUS_BALLOON, judge_hyperv },
};

struct bus_walk {
	struct walk *walk;
	const struct bus *bus;
};

static void note_unread(struct balloons *balloons, const char *path)
{
	balloons->may_be_more = true;
	if (!*balloons->unread)
		str_copy(balloons->unread, path);
}

/*
 * Returns whether a device is a balloon for certain. One whose type cannot be read may be one. A
 * device that is being removed has no attributes; in a copied tree they may not have been
 * copied.
 */
static bool is_balloon(struct walk *walk, const struct bus *bus, const char *name)
{
	char type[48];
	int rc;

	ROOT_PATH(path, "%s/devices/%s/%s", bus->path, name, bus->attribute);
	rc = root_read(&walk->ctx->sys, path, type, sizeof(type));
	if (rc == 0 && *type)
		return strcmp(type, bus->type) == 0;
	if (ctx_is_partial(walk->ctx) || (rc != -ENOENT && rc != -ENODEV))
		note_unread(walk->balloons, path);
	return false;
}

static int add_balloon(struct walk *walk, const struct bus *bus, const char *name)
{
	struct balloons *to = walk->balloons;
	struct mhp_balloon *balloon = VEC_PUSH(to->balloons, to->nr);
	int rc;

	if (!balloon)
		return -ENOMEM;
	ROOT_PATH(driver, "%s/devices/%s/driver", bus->path, name);
	balloon->kind = bus->kind;
	str_copy(balloon->name, name);
	rc = root_link_name(&walk->ctx->sys, driver, balloon->driver, sizeof(balloon->driver));
	bus->judge(walk, balloon, rc);
	return 0;
}

static int find_balloon(const struct root *sys, const char *name, void *data)
{
	const struct bus_walk *on = data;

	(void)sys;
	return is_balloon(on->walk, on->bus, name) ? add_balloon(on->walk, on->bus, name) : 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct mhp_balloon *)a)->name, ((const struct mhp_balloon *)b)->name);
}

/* Walks the devices of a bus, which may not exist. */
static int walk_bus(struct walk *walk, const struct bus *bus)
{
	struct bus_walk on = { .walk = walk, .bus = bus };
	int rc;

	ROOT_PATH(path, "%s/devices", bus->path);
	rc = root_each(&walk->ctx->sys, path, find_balloon, &on);
	if (rc == -ENOMEM)
		return rc;
	if (rc < 0 && rc != -ENOENT)
		note_unread(walk->balloons, path);
	return 0;
}

int balloons_read(struct mhp_ctx *ctx, struct balloons *balloons)
{
	struct walk walk = { .ctx = ctx, .balloons = balloons };
	int rc = read_guest(&walk);

	for (size_t i = 0; rc == 0 && i < ARRAY_SIZE(buses); i++)
		rc = walk_bus(&walk, &buses[i]);
	if (rc == 0 && balloons->nr)
		qsort(balloons->balloons, balloons->nr, sizeof(*balloons->balloons), compare_names);
	return rc;
}

/* ---- names ------------------------------------------------------------------------------- */

MHP_EXPORT const char *mhp_balloon_kind_name(enum mhp_balloon_kind kind)
{
	return kind == MHP_BALLOON_HYPERV ? "hyperv" : "virtio";
}

MHP_EXPORT const char *mhp_reporting_cause_name(enum mhp_reporting_cause cause)
{
	static const char *const names[] = {
		[MHP_REPORTING_CAUSE_UNKNOWN] = "unknown",
		[MHP_REPORTING_CAUSE_NO_DRIVER] = "no_driver",
		[MHP_REPORTING_CAUSE_NO_KERNEL] = "no_kernel",
		[MHP_REPORTING_CAUSE_NOT_OFFERED] = "not_offered",
		[MHP_REPORTING_CAUSE_INIT_ON_FREE] = "init_on_free",
		[MHP_REPORTING_CAUSE_PAGE_POISON] = "page_poison",
		[MHP_REPORTING_CAUSE_REFUSED] = "refused",
	};

	return (size_t)cause < ARRAY_SIZE(names) ? names[cause] : "unknown";
}
