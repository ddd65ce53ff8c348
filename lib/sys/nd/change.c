/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changes namespaces, labels and regions; create.c creates namespaces. */
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/sys/nd/nd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define INFO_BLOCK_SIZE 8192

static int no_such(struct mhp_error *err, const char *name)
{
	return err_set(err, -ENODEV, MHP_REASON_NO_SUCH_TARGET, "%s: no longer exists", name);
}

/* Opens libndctl and finds the region. The caller releases *ndctl, also after a failure. */
static int open_region(const char *name, struct ndctl_ctx **ndctl, struct ndctl_region **region,
		       struct mhp_error *err)
{
	int rc = nd_open(ndctl, err);

	if (rc < 0)
		return rc;
	*region = nd_find_region(*ndctl, name);
	return *region ? 0 : no_such(err, name);
}

/*
 * Does the same for the namespace that is meant. *ndns is NULL if none has its name any more; the
 * caller decides whether that is a failure.
 */
static int open_namespace(const struct mhp_ctx *ctx, const struct nd_change_args *args,
			  struct ndctl_ctx **ndctl, struct ndctl_namespace **ndns,
			  struct mhp_error *err)
{
	int rc = nd_open(ndctl, err);

	if (rc < 0)
		return rc;
	*ndns = nd_find_namespace(*ndctl, args->name);
	return *ndns ? nd_identity_check(ctx, &args->ns, err) : 0;
}

/* ---- enable, destroy --------------------------------------------------------------------- */

/*
 * Finishes a creation that was killed between label and info block. If the memmap lies in ordinary
 * memory, only the info block is written.
 */
static int finish_creation(struct mhp_ctx *ctx, struct ndctl_region *region,
			   struct ndctl_namespace *ndns, const struct nd_enable_args *args,
			   struct reply *reply, struct mhp_error *err)
{
	struct nd_created created = { 0 };
	int rc = nd_check_unused(ctx, ndns, args->overwrite, err);

	if (rc == 0)
		rc = nd_disable_safe(ctx, ndns, args->force_users, err);
	if (rc < 0)
		return rc;
	str_copy(created.ns_name, args->ns_name);
	return nd_make_dax(ctx, ndctl_region_get_devname(region), args->align, args->map, "",
			   &created, reply, err);
}

int nd_enable(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err)
{
	cleanup_ndctl struct ndctl_ctx *ndctl = NULL;
	const struct nd_enable_args *args = arg;
	struct nd_created created = { 0 };
	struct ndctl_namespace *ndns;
	struct ndctl_region *region;
	struct ndctl_dax *dax;
	int rc = nd_open(&ndctl, err);

	if (rc == 0)
		rc = nd_identity_check(ctx, &args->ns, err);
	if (rc < 0)
		return rc;
	ndns = nd_find_namespace(ndctl, args->ns_name);
	if (!ndns)
		return no_such(err, args->ns_name);
	region = ndctl_namespace_get_region(ndns);
	if (ndctl_namespace_is_enabled(ndns) <= 0)
		rc = nd_leave_raw_mode(ctx, ndns, err);
	if (rc < 0)
		return rc;
	rc = ndctl_namespace_enable(ndns); /* 1: its info block made it a dax device */
	nd_log(ctx, rc, "enables", args->ns_name);
	ndctl_bus_wait_probe(ndctl_region_get_bus(region));
	dax = ndctl_namespace_get_dax(ndns);
	str_copy(created.ns_name, args->ns_name);
	if (dax)
		return nd_report_dax(ctx, ndctl_region_get_devname(region),
				     ndctl_dax_get_devname(dax), &created, reply, err);
	if (ndctl_namespace_get_enforce_mode(ndns) == NDCTL_NS_MODE_DEVDAX)
		return finish_creation(ctx, region, ndns, args, reply, err);
	if (rc < 0)
		return err_errno(err, rc, "%s: cannot be enabled", args->ns_name);
	return reply_add(reply, &created, sizeof(created));
}

/*
 * Clears the info block, which alone makes a namespace without a label devdax; such a namespace
 * cannot be deleted. With labels this is not needed: a new namespace has a new uuid, and the kernel
 * ignores the old info block.
 */
static int zero_info_block(const struct mhp_ctx *ctx, struct ndctl_namespace *ndns,
			   struct mhp_error *err)
{
	const char *name = ndctl_namespace_get_devname(ndns);
	static const char zeros[INFO_BLOCK_SIZE];
	cleanup_close int fd = -1;
	int rc;

	ndctl_namespace_set_enforce_mode(ndns, NDCTL_NS_MODE_RAW);
	rc = ndctl_namespace_set_raw_mode(ndns, 1); /* returns 1, the mode, on success */
	nd_log(ctx, rc, "sets the raw mode of", name);
	if (rc >= 0)
		rc = nd_log(ctx, ndctl_namespace_enable(ndns), "enables", name);
	if (rc < 0)
		return err_errno(err, rc, "%s: cannot be opened as a raw namespace", name);
	fd = nd_open_raw(ctx, name, O_WRONLY | O_EXCL | O_SYNC);
	if (fd < 0)
		return err_errno(err, fd, "%s: its block device", name);
	rc = pwrite(fd, zeros, sizeof(zeros), ND_INFO_OFFSET) == (ssize_t)sizeof(zeros)
		     ? 0
		     : (errno ? -errno : -EIO);
	log_done(&ctx->log, rc, "zeros are written over the info block of %s", name);
	return rc < 0 ? err_errno(err, rc, "%s: cannot clear its info block", name) : 0;
}

/* Restores the region's own raw namespace, which the kernel enables at boot. */
static int destroy_labelless(const struct mhp_ctx *ctx, struct ndctl_namespace *ndns,
			     struct mhp_error *err)
{
	const char *name = ndctl_namespace_get_devname(ndns);
	int rc = zero_info_block(ctx, ndns, err), rc_end;

	nd_log(ctx, ndctl_namespace_disable_invalidate(ndns), "disables", name);
	rc_end = nd_leave_raw_mode(ctx, ndns, rc < 0 ? NULL : err);
	if (rc == 0 && rc_end < 0)
		return rc_end;
	rc_end = nd_log(ctx, ndctl_namespace_enable(ndns), "enables", name);
	if (rc == 0 && rc_end < 0)
		return err_errno(err, rc_end,
				 "%s: is destroyed, and its raw namespace cannot be "
				 "enabled",
				 name);
	return rc;
}

int nd_end_raw(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err)
{
	cleanup_ndctl struct ndctl_ctx *ndctl = NULL;
	const struct nd_change_args *args = arg;
	struct ndctl_namespace *ndns;
	int rc = nd_open(&ndctl, err);

	(void)reply;
	if (rc < 0)
		return rc;
	ndns = nd_find_namespace(ndctl, args->name);
	if (!ndns)
		return no_such(err, args->name);
	rc = nd_identity_check(ctx, &args->ns, err);
	if (rc < 0 || ndctl_namespace_get_raw_mode(ndns) <= 0)
		return rc;
	rc = nd_disable_safe(ctx, ndns, args->force_users, err);
	if (rc == 0)
		rc = nd_leave_raw_mode(ctx, ndns, err);
	if (rc < 0)
		return rc;
	rc = nd_log(ctx, ndctl_namespace_enable(ndns), "enables", args->name);
	ndctl_bus_wait_probe(ndctl_region_get_bus(ndctl_namespace_get_region(ndns)));
	return rc < 0 ? err_errno(err, rc, "%s: cannot be enabled again", args->name) : 0;
}

int nd_disable(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err)
{
	cleanup_ndctl struct ndctl_ctx *ndctl = NULL;
	const struct nd_change_args *args = arg;
	struct ndctl_namespace *ndns = NULL;
	int rc = open_namespace(ctx, args, &ndctl, &ndns, err);

	(void)reply;
	if (rc < 0)
		return rc;
	return ndns ? nd_disable_safe(ctx, ndns, args->force_users, err) : no_such(err, args->name);
}

/*
 * Checks that a namespace which is not found is deleted: its region, regionN of namespaceN.M, shows
 * its namespaces. Without the region it may still be on the DIMMs.
 */
static int check_deleted(struct ndctl_ctx *ndctl, const char *name, struct mhp_error *err)
{
	char region_name[MHP_NAME_MAX];
	struct ndctl_region *region;
	unsigned id;

	if (sscanf(name, "namespace%u.", &id) != 1)
		return no_such(err, name);
	str_format(region_name, "region%u", id);
	region = nd_find_region(ndctl, region_name);
	if (region && ndctl_region_is_enabled(region) > 0)
		return 0;
	err_set(err, -ENODEV, MHP_REASON_WENT_AWAY,
		"%s: %s %s, so whether it still exists is not known", name, region_name,
		region ? "was disabled" : "is gone");
	return err_hint(err, -ENODEV, "see mhpctl list once the region is back");
}

int nd_destroy(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err)
{
	cleanup_ndctl struct ndctl_ctx *ndctl = NULL;
	const struct nd_change_args *args = arg;
	struct ndctl_namespace *ndns = NULL;
	int rc = open_namespace(ctx, args, &ndctl, &ndns, err);

	(void)reply;
	if (rc == 0 && !ndns)
		return check_deleted(ndctl, args->name, err);
	if (rc == 0)
		rc = nd_disable_safe(ctx, ndns, args->force_users, err);
	if (rc < 0)
		return rc;
	if (!nd_has_labels(ndctl_namespace_get_region(ndns)))
		return destroy_labelless(ctx, ndns, err);
	ndctl_namespace_set_enforce_mode(ndns, NDCTL_NS_MODE_RAW);
	rc = nd_log(ctx, ndctl_namespace_delete(ndns), "deletes", args->name);
	return rc < 0 ? err_errno(err, rc, "%s: cannot be deleted", args->name) : 0;
}

/* ---- labels and regions ------------------------------------------------------------------ */

/*
 * Returns another region that uses the DIMM, which therefore cannot get new labels. A disabled
 * region counts too, as its content cannot be seen.
 */
static struct ndctl_region *shared_with(struct ndctl_region *region, struct ndctl_dimm *dimm)
{
	struct ndctl_region *other;
	struct ndctl_dimm *member;

	ndctl_region_foreach(ndctl_region_get_bus(region), other) {
		if (other == region)
			continue;
		ndctl_dimm_foreach_in_region(other, member)
			if (member == dimm)
				return other;
	}
	return NULL;
}

static int write_index(const struct mhp_ctx *ctx, struct ndctl_dimm *dimm, struct mhp_error *err)
{
	int rc = ndctl_dimm_init_labels(dimm, NDCTL_NS_VERSION_1_2);

	if (rc < 0)
		rc = ndctl_dimm_init_labels(dimm, NDCTL_NS_VERSION_1_1);
	nd_log(ctx, rc, "writes the label index of", ndctl_dimm_get_devname(dimm));
	return rc < 0 ? err_errno(err, rc, "%s: cannot write a label index",
				  ndctl_dimm_get_devname(dimm))
		      : 0;
}

/*
 * Rebinds a DIMM, as the kernel reads labels when it binds one. A DIMM that stays disabled disables
 * its regions too, so enabling is tried twice.
 */
static int rebind_dimm(const struct mhp_ctx *ctx, struct ndctl_dimm *dimm, struct mhp_error *err)
{
	const char *name = ndctl_dimm_get_devname(dimm);
	int rc = nd_log(ctx, ndctl_dimm_disable(dimm), "disables", name), rc_enable;

	rc_enable = nd_log(ctx, ndctl_dimm_enable(dimm), "enables", name);
	if (rc_enable < 0)
		rc_enable = nd_log(ctx, ndctl_dimm_enable(dimm), "enables", name);
	if (rc == 0 && rc_enable < 0)
		rc = rc_enable;
	if (rc == 0)
		return 0;
	err_errno(err, rc, "%s: did not come back with its labels", name);
	return rc_enable < 0 ? err_hint(err, rc, "ndctl enable-dimm %s", name) : rc;
}

static int init_dimm(const struct mhp_ctx *ctx, struct ndctl_dimm *dimm, struct mhp_error *err)
{
	struct ndctl_cmd *cmd = ndctl_dimm_read_label_index(dimm);
	int rc;

	if (!cmd)
		return err_set(err, -EIO, MHP_REASON_KERNEL, "%s: cannot read its label area",
			       ndctl_dimm_get_devname(dimm));
	rc = ndctl_dimm_validate_labels(dimm) >= 0 ? 1 : write_index(ctx, dimm, err);
	ndctl_cmd_unref(cmd);
	/* 1: it already has an index */
	return rc == 0 ? rebind_dimm(ctx, dimm, err) : rc < 0 ? rc : 0;
}

static int init_dimms(const struct mhp_ctx *ctx, struct ndctl_region *region, struct mhp_error *err)
{
	struct ndctl_dimm *dimm;
	int rc;

	ndctl_dimm_foreach_in_region(region, dimm) {
		rc = init_dimm(ctx, dimm, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int check_shared(struct ndctl_region *region, struct mhp_error *err)
{
	struct ndctl_dimm *dimm;

	ndctl_dimm_foreach_in_region(region, dimm) {
		struct ndctl_region *other = shared_with(region, dimm);

		if (!other)
			continue;
		err_set(err, -EBUSY, MHP_REASON_IN_USE, "%s: %s also belongs to %s",
			ndctl_region_get_devname(region), ndctl_dimm_get_devname(dimm),
			ndctl_region_get_devname(other));
		return err_hint(err, -EBUSY, "new labels would destroy the data on %s",
				ndctl_region_get_devname(other));
	}
	return 0;
}

/* Disables all namespaces of a region, which lose their data with its labels. */
static int disable_namespaces(const struct mhp_ctx *ctx, struct ndctl_region *region,
			      const struct nd_change_args *args, struct mhp_error *err)
{
	struct ndctl_namespace *ndns;
	struct mhp_namespace now;
	int rc;

	ndctl_namespace_foreach(region, ndns) {
		rc = nd_take_raw(ctx, ndns, args->overwrite, args->force_users, &now, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int nd_init_labels(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err)
{
	cleanup_ndctl struct ndctl_ctx *ndctl = NULL;
	const struct nd_change_args *args = arg;
	struct ndctl_region *region = NULL;
	int rc = open_region(args->name, &ndctl, &region, err), rc_enable;

	(void)reply;
	if (rc < 0)
		return rc;
	if (nd_has_labels(region))
		return 0;
	rc = check_shared(region, err);
	if (rc == 0)
		rc = disable_namespaces(ctx, region, args, err);
	if (rc < 0)
		return rc;
	rc = nd_log(ctx, ndctl_region_disable_preserve(region), "disables", args->name);
	if (rc < 0)
		return err_errno(err, rc, "%s: cannot be disabled", args->name);
	rc = init_dimms(ctx, region, err);
	rc_enable = ndctl_region_enable(region); /* even after a failure */
	nd_log(ctx, rc_enable, "enables", args->name);
	if (rc == 0 && rc_enable < 0)
		return err_errno(err, rc_enable, "%s: cannot be enabled again", args->name);
	ndctl_bus_wait_probe(ndctl_region_get_bus(region));
	return rc;
}

/*
 * Reports why a region cannot be enabled: drivers/nvdimm/namespace_devs.c:init_active_labels
 * returns ENXIO for every cause.
 */
static int region_refused(struct ndctl_region *region, int rc, struct mhp_error *err)
{
	struct ndctl_dimm *dimm;

	err_errno(err, rc, "%s: cannot be enabled", ndctl_region_get_devname(region));
	ndctl_dimm_foreach_in_region(region, dimm) {
		const char *name = ndctl_dimm_get_devname(dimm);

		if (ndctl_dimm_is_enabled(dimm) > 0)
			continue;
		if (ndctl_dimm_get_security(dimm) == NDCTL_SECURITY_LOCKED)
			return err_hint(err, rc,
					"%s is locked: ndctl load-keys, ndctl enable-dimm %s", name,
					name);
		return err_hint(err, rc, "%s is disabled: ndctl enable-dimm %s", name, name);
	}
	return err_hint(err, rc, "the kernel log says why");
}

int nd_enable_region(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		     struct mhp_error *err)
{
	cleanup_ndctl struct ndctl_ctx *ndctl = NULL;
	const struct nd_change_args *args = arg;
	struct ndctl_region *region = NULL;
	int rc = open_region(args->name, &ndctl, &region, err);

	(void)reply;
	if (rc < 0)
		return rc;
	rc = nd_log(ctx, ndctl_region_enable(region), "enables", args->name);
	if (rc < 0)
		return region_refused(region, rc, err);
	ndctl_bus_wait_probe(ndctl_region_get_bus(region));
	return 0;
}

int nd_enable_dimms(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		    struct mhp_error *err)
{
	cleanup_ndctl struct ndctl_ctx *ndctl = NULL;
	const struct nd_change_args *args = arg;
	struct ndctl_region *region = NULL;
	struct ndctl_dimm *dimm;
	int rc = open_region(args->name, &ndctl, &region, err), rc_dimm;

	if (rc < 0)
		return rc;
	ndctl_dimm_foreach_in_region(region, dimm) {
		const char *name = ndctl_dimm_get_devname(dimm);

		rc_dimm = ndctl_dimm_is_enabled(dimm) > 0
				  ? 0
				  : nd_log(ctx, ndctl_dimm_enable(dimm), "enables", name);
		if (rc_dimm < 0 && rc == 0) {
			rc = err_errno(err, rc_dimm, "%s: cannot be enabled again", name);
			err_hint(err, rc, "ndctl enable-dimm %s", name);
		}
	}
	return rc < 0 ? rc : nd_enable_region(ctx, arg, reply, err);
}
