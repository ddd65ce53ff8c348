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

static int read_guest(struct walk *walk)
{
	struct kconfig config = { 0 };
	char cmdline[CMDLINE_MAX];
	int rc = kconfig_read(walk->ctx, &config);

	if (rc < 0)
		return rc;
	walk->guest.has_reporting = config.options[CONFIG_PAGE_REPORTING];
	if (root_seems(&walk->ctx->sys, KERNEL_REPORTING))
		walk->guest.has_reporting = MHP_TRISTATE_YES;
	if (cmdline_read(&walk->ctx->sys, cmdline) < 0) {
		str_copy(walk->balloons->unread, KERNEL_CMDLINE);
		return 0;
	}
	walk->guest.init_on_free = read_init_on_free(cmdline, &config);
	walk->guest.page_poison = read_page_poison(cmdline, &config);
	return 0;
}

static void set_cause(struct mhp_balloon *balloon, enum mhp_reporting_cause cause, const char *why)
{
	balloon->reporting = cause == MHP_REPORTING_CAUSE_NONE	    ? MHP_TRISTATE_YES
			     : cause == MHP_REPORTING_CAUSE_UNKNOWN ? MHP_TRISTATE_UNKNOWN
								    : MHP_TRISTATE_NO;
	balloon->cause = cause;
	str_copy(balloon->why, why);
}

/* Finds what applies to both kinds. Returns false if the driver decides. */
static bool judge_driver(struct mhp_balloon *balloon, const struct guest *guest)
{
	if (guest->has_reporting == MHP_TRISTATE_NO)
		set_cause(balloon, MHP_REPORTING_CAUSE_NO_KERNEL,
			  "the kernel is built without CONFIG_PAGE_REPORTING");
	else if (!*balloon->driver)
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
	set_cause(balloon, MHP_REPORTING_CAUSE_NONE, "");
	balloon->is_futile = has_poison && guest->page_poison == MHP_TRISTATE_YES;
	if (balloon->is_futile)
		str_copy(balloon->why,
			 "page_poison is on: QEMU keeps reported pages, because the guest "
			 "expects the poison in them");
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
		balloon->reporting = MHP_TRISTATE_NO; /* only the reason is unknown */
	}
}

static void judge_virtio(struct walk *walk, struct mhp_balloon *balloon)
{
	char features[FEATURES_MAX];
	size_t nr;

	ROOT_PATH(path, KERNEL_VIRTIO_BUS "/devices/%s/features", balloon->name);
	if (judge_driver(balloon, &walk->guest))
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
static void judge_hyperv(struct walk *walk, struct mhp_balloon *balloon)
{
	struct kmsg_record record;
	struct kmsg log;

	if (judge_driver(balloon, &walk->guest))
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

static struct mhp_balloon *add_balloon(struct walk *walk, enum mhp_balloon_kind kind,
				       const char *bus, const char *name)
{
	struct balloons *to = walk->balloons;
	struct mhp_balloon *balloon = VEC_PUSH(to->balloons, to->nr);

	if (!balloon)
		return NULL;
	ROOT_PATH(driver, "%s/devices/%s/driver", bus, name);
	balloon->kind = kind;
	str_copy(balloon->name, name);
	if (root_link_name(&walk->ctx->sys, driver, balloon->driver, sizeof(balloon->driver)) < 0)
		balloon->driver[0] = '\0';
	return balloon;
}

static int find_virtio(const struct root *sys, const char *name, void *data)
{
	struct mhp_balloon *balloon;
	char device[16];

	ROOT_PATH(path, KERNEL_VIRTIO_BUS "/devices/%s/device", name);
	if (root_read(sys, path, device, sizeof(device)) < 0 || strcmp(device, VIRTIO_BALLOON) != 0)
		return 0;
	balloon = add_balloon(data, MHP_BALLOON_VIRTIO, KERNEL_VIRTIO_BUS, name);
	if (!balloon)
		return -ENOMEM;
	judge_virtio(data, balloon);
	return 0;
}

static int find_hyperv(const struct root *sys, const char *name, void *data)
{
	struct mhp_balloon *balloon;
	char class[48];

	ROOT_PATH(path, KERNEL_VMBUS "/devices/%s/class_id", name);
	if (root_read(sys, path, class, sizeof(class)) < 0 || strcmp(class, VMBUS_BALLOON) != 0)
		return 0;
	balloon = add_balloon(data, MHP_BALLOON_HYPERV, KERNEL_VMBUS, name);
	if (!balloon)
		return -ENOMEM;
	judge_hyperv(data, balloon);
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct mhp_balloon *)a)->name, ((const struct mhp_balloon *)b)->name);
}

/* Walks the devices of a bus, which may not exist. */
static int walk_bus(struct walk *walk, const char *path,
		    int (*fn)(const struct root *sys, const char *name, void *data))
{
	int rc = root_each(&walk->ctx->sys, path, fn, walk);

	if (rc == -ENOMEM)
		return rc;
	if (rc < 0 && rc != -ENOENT)
		str_copy(walk->balloons->unread, path);
	return 0;
}

int balloons_read(struct mhp_ctx *ctx, struct balloons *balloons)
{
	struct walk walk = { .ctx = ctx, .balloons = balloons };
	int rc = read_guest(&walk);

	if (rc == 0)
		rc = walk_bus(&walk, KERNEL_VIRTIO_BUS "/devices", find_virtio);
	if (rc == 0)
		rc = walk_bus(&walk, KERNEL_VMBUS "/devices", find_hyperv);
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
