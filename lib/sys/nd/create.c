/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Creates a devdax namespace, attribute by attribute (drivers/nvdimm/namespace_devs.c, pfn_devs.c).
 * A libndctl context would read the whole bus before it can name a region, again for each
 * namespace, and wait for all other readers. The order is the kernel's: uuid before size, the claim
 * (namespace) last; after a failure the claim is dropped first.
 */
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/memstream.h"
#include "lib/sys/dax/dax.h"
#include "lib/sys/nd/nd.h"
#include "lib/sys/record.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <uuid/uuid.h>

#define ND_DEVICES   "sys/bus/nd/devices"
#define SEED_TRIES   500
#define SEED_STEP_MS 2

static int write_attribute(const struct mhp_ctx *ctx, const char *device, const char *attribute,
			   const char *text)
{
	ROOT_PATH(path, ND_DEVICES "/%s/%s", device, attribute);
	return root_write(&ctx->sys, path, text);
}

static int write_number(const struct mhp_ctx *ctx, const char *device, const char *attribute,
			uint64_t value)
{
	char text[32];

	str_format(text, "%" PRIu64, value);
	return write_attribute(ctx, device, attribute, text);
}

void nd_new_uuid(char uuid[MHP_UUID_MAX])
{
	uuid_t made;

	uuid_generate(made);
	uuid_unparse_lower(made, uuid);
}

/* Sets that UUID, or a new one if it is empty. */
static int set_uuid(const struct mhp_ctx *ctx, const char *device, const char *uuid,
		    char text[MHP_UUID_MAX])
{
	if (*uuid)
		str_copy_to(text, MHP_UUID_MAX, uuid);
	else
		nd_new_uuid(text);
	return write_attribute(ctx, device, "uuid", text);
}

static int read_number(const struct mhp_ctx *ctx, const char *device, const char *attribute,
		       uint64_t *value)
{
	ROOT_PATH(path, ND_DEVICES "/%s/%s", device, attribute);
	return root_read_u64(&ctx->sys, path, 10, value);
}

/*
 * Finds the idle device of a kind that the kernel offers; -ENODEV if it offers none. The kernel
 * shows the name of a new device before it registers the device.
 */
static int get_seed(const struct mhp_ctx *ctx, const char *region, const char *kind, char *name,
		    size_t size)
{
	int rc;

	ROOT_PATH(path, ND_DEVICES "/%s/%s", region, kind);
	rc = root_read(&ctx->sys, path, name, size);
	if (rc < 0)
		return rc;
	ROOT_PATH(folder, ND_DEVICES "/%s", name);
	for (int i = 0; *name && i < SEED_TRIES; i++) {
		rc = root_exists(&ctx->sys, folder);
		if (rc != 0)
			return rc < 0 ? rc : 0;
		poll(NULL, 0, SEED_STEP_MS);
	}
	return -ENODEV;
}

/* ---- the namespace ----------------------------------------------------------------------- */

static int has_labels(const struct mhp_ctx *ctx, const char *region, bool *labels,
		      struct mhp_error *err)
{
	uint64_t type;
	int rc = read_number(ctx, region, "nstype", &type);

	if (rc < 0)
		return err_set(err, -ENODEV, MHP_REASON_NO_SUCH_TARGET, "%s: no longer exists",
			       region);
	*labels = type == ND_DEVICE_NAMESPACE_PMEM;
	return 0;
}

/*
 * Picks the region's seed. A seed with a uuid and no size is left from a killed creation; it is
 * used.
 */
static int pick_seed(const struct mhp_ctx *ctx, const char *region, char *ns, size_t size,
		     struct mhp_error *err)
{
	uint64_t bytes = 0;
	int rc = get_seed(ctx, region, "namespace_seed", ns, size);

	if (rc == 0)
		rc = read_number(ctx, ns, "size", &bytes);
	if (rc == 0 && !bytes)
		return 0;
	return err_set(err, -EBUSY, MHP_REASON_KERNEL, "%s: the kernel offers no new namespace",
		       region);
}

/* Uses the raw namespace of a region without labels. */
static int take_raw(const struct mhp_ctx *ctx, const struct nd_create_args *args,
		    struct nd_created *created, struct mhp_error *err)
{
	cleanup_ndctl struct ndctl_ctx *ndctl = NULL;
	struct ndctl_namespace *ndns;
	struct ndctl_region *region;
	struct mhp_namespace now;
	int rc = nd_open(&ndctl, err);

	if (rc < 0)
		return rc;
	region = nd_find_region(ndctl, args->region);
	ndns = region ? ndctl_namespace_get_first(region) : NULL;
	if (!ndns)
		return err_set(err, -ENXIO, MHP_REASON_KERNEL, "%s: has no namespace to use",
			       args->region);
	rc = nd_take_raw(ctx, ndns, args->overwrite, args->force_users, &now, err);
	str_copy(created->ns_name, now.name);
	created->raw_size = now.raw_size;
	return rc;
}

/*
 * Writes a record before the kernel has the namespace: if this process is killed after that, the
 * next run recognises its own work and knows that it has no user data. Without a record that run
 * asks, so a failure here is reported but not fatal.
 */
static void write_record(const struct mhp_ctx *ctx, struct nd_created *created)
{
	const struct record record = { .size = created->raw_size };

	created->record_rc = record_write(ctx, created->id, &record);
}

/* Uses a UUID that exists, and writes that down where another was announced. */
static int keep_uuid(const struct mhp_ctx *ctx, const struct nd_create_args *args, const char *left,
		     char uuid[MHP_UUID_MAX])
{
	cleanup_memstream struct memstream m = { 0 };
	cleanup_free char *text = NULL;

	str_copy_to(uuid, MHP_UUID_MAX, left);
	if (!*args->intent)
		return 0;
	if (memstream_open(&m) < 0 || intent_put_uuid(m.file, args->intent_step, left) < 0)
		return -ENOMEM;
	text = memstream_end(&m);
	if (!text)
		return -ENOMEM;
	intentdir_add(ctx, args->intent, text); /* without it the record still names the UUID */
	return 0;
}

/*
 * Sets a uuid, or keeps the one that a killed creation left: no label has it, and while the region
 * has no label at all the kernel refuses another (namespace_devs.c:namespace_update_uuid).
 */
static int set_label_uuid(const struct mhp_ctx *ctx, const struct nd_create_args *args,
			  const char *ns, char uuid[MHP_UUID_MAX], struct mhp_error *err)
{
	char left[UUID_STR_LEN + 1];
	int rc;

	ROOT_PATH(path, ND_DEVICES "/%s/uuid", ns);
	if (root_read(&ctx->sys, path, left, sizeof(left)) < 0 || !*left)
		rc = set_uuid(ctx, ns, args->uuid, uuid);
	else
		rc = keep_uuid(ctx, args, left, uuid);
	return rc < 0 ? err_errno(err, rc, "%s: cannot set the uuid", ns) : 0;
}

/* Sets the name if it differs: an abandoned creation may have left its own on the seed. */
static int set_name(const struct mhp_ctx *ctx, const char *ns, const char *label)
{
	char name[MHP_LABEL_MAX + 1];

	ROOT_PATH(path, ND_DEVICES "/%s/alt_name", ns);
	if (root_read(&ctx->sys, path, name, sizeof(name)) < 0)
		name[0] = '\0';
	if (strcmp(name, label) == 0)
		return 0;
	return write_attribute(ctx, ns, "alt_name", *label ? label : "\n");
}

static int set_up_label(const struct mhp_ctx *ctx, const struct nd_create_args *args,
			struct nd_created *created, struct mhp_error *err)
{
	const char *ns = created->ns_name;
	uint64_t size = args->size;
	int rc = set_label_uuid(ctx, args, ns, created->id, err);

	if (rc < 0)
		return rc;
	rc = set_name(ctx, ns, args->label);
	if (rc < 0)
		return err_errno(err, rc, "%s: cannot set the name", ns);
	/*
	 * The mode goes into the label with the size, so that the namespace's purpose stays known
	 * even if this process is killed before the info block is written. Kernels before 4.13 lack
	 * holder_class, and later ones work without it.
	 */
	write_attribute(ctx, ns, "holder_class", "dax");
	if (!size)
		rc = read_number(ctx, args->region, "max_available_extent", &size);
	created->raw_size = size;
	if (rc == 0)
		write_record(ctx, created);
	if (rc == 0)
		rc = write_number(ctx, ns, "size", size);
	if (rc < 0)
		return err_errno(err, rc, "%s: cannot take %" PRIu64 " bytes of %s", ns, size,
				 args->region);
	return 0;
}

/* ---- its dax device ---------------------------------------------------------------------- */

static int align_failed(const struct mhp_ctx *ctx, const char *dax, const char *ns, uint64_t align,
			int rc, struct mhp_error *err)
{
	char offers[128];

	err_errno(err, rc, "%s: alignment %" PRIu64, ns, align);
	ROOT_PATH(path, ND_DEVICES "/%s/supported_alignments", dax);
	if (root_read(&ctx->sys, path, offers, sizeof(offers)) < 0)
		return rc;
	return err_hint(err, rc, "the kernel offers --align %s", offers);
}

static int set_up_dax(const struct mhp_ctx *ctx, const char *dax, uint64_t align,
		      enum mhp_memmap_location map, const char *wanted, struct nd_created *created,
		      struct mhp_error *err)
{
	const char *ns = created->ns_name;
	char uuid[MHP_UUID_MAX];
	int rc = set_uuid(ctx, dax, wanted, uuid); /* of the info block; differs from the label's */

	if (rc < 0)
		return err_errno(err, rc, "%s: cannot set the uuid", ns);
	if (created->raw_size && !*created->id) { /* no label: this uuid identifies it */
		str_copy(created->id, uuid);
		write_record(ctx, created);
	}
	rc = write_attribute(ctx, dax, "mode", map == MHP_MEMMAP_DEV ? "pmem" : "ram");
	if (rc < 0)
		return err_errno(err, rc, "%s: cannot place the memmap", ns);
	rc = write_number(ctx, dax, "align", align);
	if (rc < 0)
		return align_failed(ctx, dax, ns, align, rc, err);
	rc = write_attribute(ctx, dax, "namespace", ns);
	if (rc < 0)
		return err_errno(err, rc, "%s: cannot become a devdax namespace", ns);
	return 0;
}

static int bind_dax(const struct mhp_ctx *ctx, const char *dax, const char *ns,
		    struct mhp_error *err)
{
	int rc = root_write(&ctx->sys, "sys/bus/nd/drivers/dax_pmem/bind", dax);

	switch (rc) {
	case 0:
		return 0;
	case -EOPNOTSUPP:
		err_errno(err, rc, "%s: the kernel refuses the namespace", ns);
		return err_hint(err, rc,
				"the region may be misaligned, or the alignment not be "
				"supported; see the kernel log");
	case -ENXIO:
	case -EINVAL:
		err_set(err, rc, MHP_REASON_NO_SPACE,
			"%s: the kernel cannot align the namespace: %s", ns, strerror(-rc));
		return err_hint(err, rc,
				"make it larger or choose a smaller --align; see the "
				"kernel log");
	default:
		return err_errno(err, rc, "%s: cannot be enabled", ns);
	}
}

int nd_report_dax(const struct mhp_ctx *ctx, const char *region, const char *dax,
		  struct nd_created *created, struct reply *reply, struct mhp_error *err)
{
	int rc = -ENOENT;

	/* the probe that creates the child device may still run after the bind */
	for (int i = 0; i < 2000 && rc == -ENOENT; i++) {
		rc = dax_under_nd(ctx, region, dax, created->device, sizeof(created->device));
		if (rc == -ENOENT)
			poll(NULL, 0, 5);
	}
	if (rc < 0)
		return err_set(err, -ENODEV, MHP_REASON_KERNEL, "%s: no dax device appeared",
			       created->ns_name);
	return reply_add(reply, created, sizeof(*created));
}

int nd_make_dax(const struct mhp_ctx *ctx, const char *region, uint64_t align,
		enum mhp_memmap_location map, const char *uuid, struct nd_created *created,
		struct reply *reply, struct mhp_error *err)
{
	char dax[MHP_NAME_MAX];
	int rc = get_seed(ctx, region, "dax_seed", dax, sizeof(dax));

	if (rc < 0)
		return err_set(err, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED,
			       "%s: the kernel offers no dax device", region);
	rc = set_up_dax(ctx, dax, align, map, uuid, created, err);
	if (rc == 0)
		rc = bind_dax(ctx, dax, created->ns_name, err);
	if (rc < 0) /* an empty write would not reach the kernel */
		write_attribute(ctx, dax, "namespace", "\n");
	return rc < 0 ? rc : nd_report_dax(ctx, region, dax, created, reply, err);
}

/* Undoes a creation: restores the seed, or the region's own raw namespace. */
static void undo_create(const struct mhp_ctx *ctx, const struct nd_created *created, bool labels)
{
	const char *ns = created->ns_name;

	if (labels) /* deletes the label; the writes below then create no new one */
		write_number(ctx, ns, "size", 0);
	write_attribute(ctx, ns, "holder_class", "\n");
	if (!labels)
		root_write(&ctx->sys, "sys/bus/nd/drivers/nd_pmem/bind", ns);
	if (*created->id)
		record_forget(ctx, created->id);
}

int nd_create(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err)
{
	const struct nd_create_args *args = arg;
	struct nd_created created = { 0 };
	bool labels = false;
	int rc = has_labels(ctx, args->region, &labels, err);

	if (rc == 0)
		rc = labels ? pick_seed(ctx, args->region, created.ns_name, sizeof(created.ns_name),
					err)
			    : take_raw(ctx, args, &created, err);
	if (rc < 0)
		return rc;
	if (labels)
		rc = set_up_label(ctx, args, &created, err);
	if (rc == 0)
		rc = nd_make_dax(ctx, args->region, args->align, args->map,
				 labels ? "" : args->uuid, &created, reply, err);
	if (rc < 0)
		undo_create(ctx, &created, labels);
	return rc;
}
