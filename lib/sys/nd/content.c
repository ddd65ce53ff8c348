/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The content of namespaces, and whether it may be lost: for the plan, and right before a change.
 */
#include "lib/sys/content.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/sys/dax/dax.h"
#include "lib/sys/nd/nd.h"
#include "lib/sys/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <uuid/uuid.h>

static bool has_bad_blocks(const struct mhp_ctx *ctx, const char *region)
{
	char text[16];

	ROOT_PATH(path, "sys/bus/nd/devices/%s/badblocks", region);
	return root_read_text(&ctx->sys, path, text, sizeof(text)) != 0;
}

/* Returns whether the namespace is a dax device: that takes an info block, not only a label. */
static bool is_dax(const struct mhp_namespace *ns)
{
	return ns->mode == MHP_NAMESPACE_DEVDAX && ns->align;
}

static bool find_dax(const struct mhp_ctx *ctx, struct mhp_namespace *ns)
{
	char driver[MHP_NAME_MAX] = "";

	if (!*ns->device || dax_driver(ctx, ns->device, driver, sizeof(driver)) < 0)
		str_copy(ns->content_text, "not known, it has no dax device");
	else if (strcmp(driver, "kmem") == 0)
		str_copy(ns->content_text, "not known, it is bound to kmem");
	else if (strcmp(driver, "device_dax") != 0)
		str_format(ns->content_text, "not known, its dax device %s%s",
			   *driver ? "is bound to " : "has no driver", driver);
	return !*ns->content_text;
}

/* Returns whether its content can be read; if not, ns->content_text says why. */
static bool is_readable(const struct mhp_ctx *ctx, struct mhp_namespace *ns)
{
	if (has_bad_blocks(ctx, ns->region)) {
		str_copy(ns->content_text,
			 "not known, the region has bad blocks or cannot be read");
		return false;
	}
	if (!ns->is_enabled) {
		str_copy(ns->content_text, "not known, it is disabled");
		return false;
	}
	if (is_dax(ns))
		return find_dax(ctx, ns);
	if (!*ns->blockdev)
		nd_raw_device(ctx, ns->name, ns->blockdev, sizeof(ns->blockdev));
	if (!*ns->blockdev)
		str_copy(ns->content_text, "not known, it has no block device");
	return *ns->blockdev;
}

/* Fills in the content of the namespace and its record. Its device must be filled in already. */
static void fill_content(const struct mhp_ctx *ctx, struct mhp_namespace *ns)
{
	struct content_source source = { 0 };
	struct content content = { 0 };
	struct record record;
	bool is_recorded = record_read(ctx, ns->id, &record) == 0, readable;

	*ns->content_text = '\0';
	readable = is_readable(ctx, ns);
	if (readable) {
		*(is_dax(ns) ? &source.dax : &source.block) =
			is_dax(ns) ? ns->device : ns->blockdev;
		content_read(ctx, &source, is_recorded && record.is_sealed ? &record.scope : NULL,
			     &content);
		ns->content = content.kind;
		str_copy(ns->content_text, content.text);
	}
	if (is_recorded)
		ns->record = record_judge(&record, ns->raw_size, readable ? &content : NULL);
}

static void read_all(const struct mhp_ctx *ctx, struct ndctl_namespace *ndns,
		     struct mhp_namespace *ns)
{
	struct ndctl_dax *dax = ndctl_namespace_get_dax(ndns);

	nd_read_namespace(ndns, ns);
	if (dax && dax_under_nd(ctx, ns->region, ndctl_dax_get_devname(dax), ns->device,
				sizeof(ns->device)) < 0)
		*ns->device = '\0';
	fill_content(ctx, ns);
}

/* Does not use libndctl, which would read the whole bus first. */
int nd_look(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err)
{
	struct mhp_namespace ns = *(const struct mhp_namespace *)arg;
	struct nd_identity identity = {
		.raw_size = ns.raw_size,
		.start = MHP_UNKNOWN,
		.mode = ns.is_enabled ? (int)ns.mode : ND_ANY_MODE,
	};
	struct nd_looked looked = { 0 };
	int rc;

	str_copy(identity.name, ns.name);
	str_copy(identity.region, ns.region);
	str_copy(identity.id, ns.id);
	rc = nd_identity_check(ctx, &identity, err);
	if (rc < 0)
		return rc;
	fill_content(ctx, &ns);
	looked.content = ns.content;
	looked.record = ns.record;
	str_copy(looked.content_text, ns.content_text);
	return reply_add(reply, &looked, sizeof(looked));
}

/* ---- right before data is lost ----------------------------------------------------------- */

/*
 * Checks for users right before disabling: an O_EXCL open alone misses loop devices and plain
 * opens.
 */
int nd_disable_safe(const struct mhp_ctx *ctx, struct ndctl_namespace *ndns, bool force_users,
		    struct mhp_error *err)
{
	struct ndctl_region *region = ndctl_namespace_get_region(ndns);
	int rc = nd_check_users(ctx, ndctl_region_get_devname(region),
				ndctl_namespace_get_devname(ndns), force_users, err);

	if (rc < 0)
		return rc;
	rc = ndctl_namespace_disable_safe(ndns);
	nd_log(ctx, rc, "disables", ndctl_namespace_get_devname(ndns));
	if (rc >= 0)
		return 0;
	err_set(err, rc, rc == -EBUSY ? MHP_REASON_IN_USE : MHP_REASON_KERNEL,
		"%s: cannot be disabled: %s", ndctl_namespace_get_devname(ndns), strerror(-rc));
	return err_hint(err, rc, "unmount it, or stop the processes that have it open");
}

int nd_take_raw(const struct mhp_ctx *ctx, struct ndctl_namespace *ndns, bool overwrite,
		bool force_users, struct mhp_namespace *now, struct mhp_error *err)
{
	int rc;

	read_all(ctx, ndns, now);
	if (now->mode != MHP_NAMESPACE_RAW)
		return err_set(err, -ESTALE, MHP_REASON_STALE_PLAN,
			       "%s: is no longer a raw namespace", now->name);
	if (!overwrite && now->content != MHP_CONTENT_ZERO)
		return err_set(err, -EBUSY, MHP_REASON_NEEDS_CONSENT,
			       "%s: the raw namespace may hold data (%s)", now->name,
			       now->content_text);
	rc = nd_disable_safe(ctx, ndns, force_users, err);
	return rc < 0 ? rc : nd_leave_raw_mode(ctx, ndns, err);
}

/* The first fields of struct nd_pfn_sb (drivers/nvdimm/pfn.h). */
struct info_head {
	char signature[16];
	uint8_t uuid[16];
	uint8_t parent_uuid[16];
};

static bool has_signature(const char *page, const char *signature)
{
	return memcmp(page, signature, strlen(signature) + 1) == 0;
}

static bool is_info_block_of(struct ndctl_namespace *ndns, const char *page)
{
	const struct info_head *info = (const struct info_head *)page;
	uuid_t uuid;

	ndctl_namespace_get_uuid(ndns, uuid);
	return (has_signature(page, "NVDIMM_DAX_INFO") || has_signature(page, "NVDIMM_PFN_INFO")) &&
	       memcmp(uuid, info->parent_uuid, sizeof(info->parent_uuid)) == 0;
}

int nd_check_unused(const struct mhp_ctx *ctx, struct ndctl_namespace *ndns, bool overwrite,
		    struct mhp_error *err)
{
	const char *name = ndctl_namespace_get_devname(ndns);
	cleanup_close int fd = nd_open_raw(ctx, name, O_RDONLY);
	struct mhp_namespace now;
	char page[ND_INFO_PAGE];

	if (fd < 0 || pread(fd, page, sizeof(page), ND_INFO_OFFSET) != (ssize_t)sizeof(page))
		return err_set(err, -EIO, MHP_REASON_KERNEL,
			       "%s: was never finished, and its content cannot be read", name);
	if (is_info_block_of(ndns, page)) {
		err_set(err, -EINVAL, MHP_REASON_MISMATCH,
			"%s: has an info block that the kernel rejected", name);
		return err_hint(err, -EINVAL,
				"it has another page size, or is damaged; see the kernel log. "
				"To discard its data: mhpctl destroy %s",
				name);
	}
	read_all(ctx, ndns, &now);
	if (overwrite || now.content == MHP_CONTENT_ZERO || now.record == MHP_RECORD_VALID)
		return 0;
	err_set(err, -EEXIST, MHP_REASON_NEEDS_CONSENT,
		"%s: its label says devdax, it was never finished, and it may hold data (%s)", name,
		now.content_text);
	return err_hint(err, -EEXIST,
			"to discard that data: the same command with --yes=data, or mhpctl "
			"destroy %s",
			name);
}
