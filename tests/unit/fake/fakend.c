/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Regions and namespaces instead of libndctl. */
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/plan/cost.h"
#include "lib/sys/ctx.h"
#include "lib/sys/dax/dax.h"
#include "lib/sys/nd/bind.h"
#include "lib/sys/users/users.h"
#include "tests/unit/fake/fakekernel.h"
#include "tests/unit/fake/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#define PAGE_SIZE_ 4096

int fake_nd_load(int fd, struct fake_nd *nd)
{
	cleanup_close int file = openat(fd, "nd", O_RDONLY | O_CLOEXEC);

	*nd = (struct fake_nd){ 0 };
	if (file < 0)
		return -errno;
	return read(file, nd, sizeof(*nd)) == (ssize_t)sizeof(*nd) ? 0 : -EIO;
}

int fake_nd_store(int fd, const struct fake_nd *nd)
{
	cleanup_close int file = openat(fd, "nd", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (file < 0)
		return -errno;
	return write(file, nd, sizeof(*nd)) == (ssize_t)sizeof(*nd) ? 0 : -EIO;
}

static struct mhp_region *find_region(struct fake_nd *nd, const char *name)
{
	for (size_t i = 0; i < nd->head.nr_regions; i++)
		if (strcmp(nd->regions[i].name, name) == 0)
			return &nd->regions[i];
	return NULL;
}

static struct mhp_namespace *find_namespace(struct fake_nd *nd, const char *name)
{
	for (size_t i = 0; i < nd->head.nr_namespaces; i++)
		if (strcmp(nd->namespaces[i].name, name) == 0)
			return &nd->namespaces[i];
	return NULL;
}

/* Makes "dax0.1" of "dax0.0": each creation uses the seed, and the kernel adds the next. */
static void next_seed(char *seed)
{
	size_t len = strlen(seed);

	if (len && seed[len - 1] < '9')
		seed[len - 1]++;
}

static void fill_seeds(struct mhp_region *region)
{
	if (region->has_labels)
		str_format(region->seed, "namespace%s.0", region->name + strlen("region"));
	str_format(region->dax_seed, "dax%s.0", region->name + strlen("region"));
}

/* Returns a namespace as the kernel shows it: in its region, and raw mode hides the info block. */
static struct mhp_namespace shown(struct fake_nd *nd, const struct mhp_namespace *ns)
{
	const struct mhp_region *region = find_region(nd, ns->region);
	struct mhp_namespace raw = *ns;

	if (!raw.start && region)
		raw.start = region->start;
	if (!ns->is_forced_raw)
		return raw;
	raw.mode = MHP_NAMESPACE_RAW;
	raw.align = 0;
	raw.size = raw.raw_size;
	raw.uuid[0] = raw.id[0] = '\0';
	return raw;
}

/* ---- tasks ------------------------------------------------------------------------------- */

static int scan(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err)
{
	struct fake_nd nd;
	int rc;

	(void)arg;
	if (fake_is_told(ctx, "nd/scan", "", &rc, err))
		return rc;
	rc = fake_nd_load(ctx->sys.root_fd, &nd);
	for (size_t i = 0; rc == 0 && i < nd.head.nr_namespaces; i++) { /* for nd/look */
		nd.namespaces[i] = shown(&nd, &nd.namespaces[i]);
		nd.namespaces[i].content = MHP_CONTENT_UNKNOWN;
		nd.namespaces[i].record = MHP_RECORD_NONE;
		nd.namespaces[i].content_text[0] = '\0';
	}
	if (rc == 0)
		rc = reply_add(reply, &nd.head, sizeof(nd.head));
	if (rc == 0)
		rc = reply_add(reply, nd.regions, nd.head.nr_regions * sizeof(nd.regions[0]));
	if (rc == 0)
		rc = reply_add(reply, nd.namespaces,
			       nd.head.nr_namespaces * sizeof(nd.namespaces[0]));
	return rc;
}

static int read_content(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
			struct mhp_error *err)
{
	const struct mhp_namespace *asked = arg, *ns;
	struct nd_looked looked = { 0 };
	struct fake_nd nd;
	int rc;

	if (fake_is_told(ctx, "nd/look", asked->name, &rc, err))
		return rc;
	rc = fake_nd_load(ctx->sys.root_fd, &nd);
	ns = rc == 0 ? find_namespace(&nd, asked->name) : NULL;
	if (!ns)
		return -ENODEV;
	looked.content = ns->content;
	looked.record = ns->record;
	str_copy(looked.content_text, ns->content_text);
	return reply_add(reply, &looked, sizeof(looked));
}

/* Adds the dax device of an enabled namespace. */
static int add_device(struct mhp_ctx *ctx, struct mhp_region *region,
		      const struct mhp_namespace *ns, struct reply *reply)
{
	struct nd_created created = { 0 };
	struct mhp_dax dax = {
		.align = ns->align,
		.numa_node = region->numa_node,
		.target_node = region->target_node,
		.nr_ranges = 1,
	};
	int rc;

	dax.ranges[0] =
		cost_devdax_data(region->start, ns->raw_size, ns->align, ns->map, PAGE_SIZE_);
	dax.size = dax.ranges[0].end - dax.ranges[0].start;
	str_copy(dax.name, region->dax_seed);
	str_copy(dax.region, region->name);
	str_copy(dax.ns_name, ns->name);
	rc = fake_dax_add(ctx->sys.root_fd, &dax);
	if (rc < 0)
		return rc;
	fake_dax_probe_new(ctx->sys.root_fd, dax.name);
	next_seed(region->dax_seed);
	str_copy(created.ns_name, ns->name);
	str_copy(created.device, dax.name);
	return reply_add(reply, &created, sizeof(created));
}

static struct mhp_namespace *take_namespace(struct fake_nd *nd, struct mhp_region *region,
					    const struct nd_create_args *args)
{
	struct mhp_namespace *ns;

	if (!region->has_labels) {
		ns = &nd->namespaces[0];
		while (ns < &nd->namespaces[nd->head.nr_namespaces] &&
		       strcmp(ns->region, region->name) != 0)
			ns++;
		return ns;
	}
	ns = &nd->namespaces[nd->head.nr_namespaces++];
	*ns = (struct mhp_namespace){ 0 };
	str_copy(ns->name, region->seed);
	str_copy(ns->region, region->name);
	ns->raw_size = args->size ? args->size : region->max_extent_bytes;
	region->available_bytes -= ns->raw_size;
	region->max_extent_bytes -= ns->raw_size;
	next_seed(region->seed);
	return ns;
}

static int create(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err)
{
	const struct nd_create_args *args = arg;
	struct mhp_namespace *ns;
	struct mhp_region *region;
	struct fake_nd nd;
	int rc;

	if (fake_is_told(ctx, "nd/create", args->region, &rc, err))
		return rc;
	rc = fake_nd_load(ctx->sys.root_fd, &nd);
	region = rc == 0 ? find_region(&nd, args->region) : NULL;
	if (!region)
		return -ENODEV;
	if (region->has_labels && args->size > region->max_extent_bytes)
		return -ENOSPC;
	ns = take_namespace(&nd, region, args);
	if (ns->content == MHP_CONTENT_DATA && !args->overwrite)
		return err_set(err, -EBUSY, MHP_REASON_NEEDS_CONSENT, "%s: holds data", ns->name);
	ns->mode = MHP_NAMESPACE_DEVDAX;
	ns->is_enabled = true;
	ns->is_forced_raw = false;
	ns->align = args->align;
	ns->map = args->map;
	str_copy(ns->label, args->label);
	str_copy(ns->uuid, *args->uuid ? args->uuid : "2b9c8a8d-6a3a-4a63-8a4e-5ad3f5b0f6c1");
	ns->size = ns->raw_size;
	ns->record = MHP_RECORD_VALID; /* a creation is recorded */
	rc = add_device(ctx, region, ns, reply);
	return rc < 0 ? rc : fake_nd_store(ctx->sys.root_fd, &nd);
}

static int enable(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err)
{
	const struct nd_enable_args *args = arg;
	struct nd_created created = { 0 };
	struct mhp_namespace *ns;
	struct fake_nd nd;
	int rc;

	if (fake_is_told(ctx, "nd/enable", args->ns_name, &rc, err))
		return rc;
	rc = fake_nd_load(ctx->sys.root_fd, &nd);
	ns = rc == 0 ? find_namespace(&nd, args->ns_name) : NULL;
	if (!ns)
		return -ENODEV;
	ns->is_enabled = true;
	ns->is_forced_raw = false;
	if (ns->mode == MHP_NAMESPACE_DEVDAX && !ns->align) /* its creation was killed */
		ns->align = args->align;
	str_copy(created.ns_name, ns->name);
	if (ns->mode == MHP_NAMESPACE_DEVDAX)
		rc = add_device(ctx, find_region(&nd, ns->region), ns, reply);
	else
		rc = reply_add(reply, &created, sizeof(created));
	return rc < 0 ? rc : fake_nd_store(ctx->sys.root_fd, &nd);
}

/* Tasks that run in parallel share the file. */
static int lock_nd(int root_fd)
{
	int fd = openat(root_fd, "nd", O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		flock(fd, LOCK_EX);
	return fd;
}

static int find_device(const struct root *sys, const char *name, void *data)
{
	struct nd_claimed *claimed = data;
	char owner[MHP_NAME_MAX];

	ROOT_PATH(path, "sys/bus/nd/devices/%s/namespace", name);
	if (root_read(sys, path, owner, sizeof(owner)) == 0 && strcmp(owner, claimed->claim) == 0)
		str_copy(claimed->device, name);
	return 0;
}

static int read_claimed(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
			struct mhp_error *err)
{
	const struct nd_claim_args *args = arg;
	struct nd_claimed claimed = { 0 };
	const struct mhp_namespace *ns;
	struct fake_nd nd;
	int rc;

	if (fake_is_told(ctx, "nd/read-claimed", args->ns_name, &rc, err))
		return rc;
	rc = fake_nd_load(ctx->sys.root_fd, &nd);
	ns = rc == 0 ? find_namespace(&nd, args->ns_name) : NULL;
	if (!ns)
		return -ENODEV;
	claimed.changed = ns->is_enabled;
	claimed.align = ns->align;
	claimed.bound = ns->is_enabled && ns->mode == MHP_NAMESPACE_RAW;
	claimed.size = claimed.bound ? 0 : ns->size;
	if (ns->is_enabled && ns->mode == MHP_NAMESPACE_DEVDAX) {
		str_copy(claimed.claim, ns->name);
		root_each(&ctx->sys, "sys/bus/dax/devices", find_device, &claimed);
		str_copy(claimed.claim, claimed.device);
	}
	return reply_add(reply, &claimed, sizeof(claimed));
}

static int make_claim(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		      struct mhp_error *err)
{
	const struct nd_claim_args *args = arg;
	struct nd_claimed claimed = { .changed = true };
	cleanup_reply struct reply made = { 0 };
	cleanup_close int lock = -1;
	struct mhp_namespace *ns;
	struct fake_nd nd;
	char driver[MHP_NAME_MAX];
	int rc;

	if (fake_is_told(ctx, "nd/make-claim", args->ns_name, &rc, err))
		return rc;
	lock = lock_nd(ctx->sys.root_fd);
	rc = fake_nd_load(ctx->sys.root_fd, &nd);
	ns = rc == 0 ? find_namespace(&nd, args->ns_name) : NULL;
	if (!ns)
		return -ENODEV;
	ns->is_enabled = true;
	ns->is_forced_raw = false;
	claimed.align = ns->align;
	/* without an info block the kernel enables it as raw */
	claimed.bound =
		ns->mode == MHP_NAMESPACE_RAW || (ns->mode == MHP_NAMESPACE_DEVDAX && !ns->align);
	if (ns->mode == MHP_NAMESPACE_DEVDAX && ns->align) {
		rc = add_device(ctx, find_region(&nd, ns->region), ns, &made);
		if (rc < 0)
			return rc;
		str_copy(claimed.device, ((const struct nd_created *)made.data)->device);
		str_copy(claimed.claim, claimed.device);
		claimed.bound =
			dax_driver(ctx, claimed.device, driver, sizeof(driver)) == 0 && *driver;
	} else if (!claimed.bound) {
		str_format(claimed.claim, "pfn%s", ns->name + strlen("namespace"));
	}
	rc = reply_add(reply, &claimed, sizeof(claimed));
	return rc < 0 ? rc : fake_nd_store(ctx->sys.root_fd, &nd);
}

static int bind_claim(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		      struct mhp_error *err)
{
	const struct nd_bind_args *args = arg;
	const char *name = *args->device ? args->device : args->claim;
	int rc = 0;

	if (fake_is_told(ctx, "nd/bind", name, &rc, err))
		return rc;
	return *args->device ? nd_bind_claim(ctx, arg, reply, err) : 0;
}

struct device_check {
	const struct mhp_ctx *ctx;
	const struct nd_change_args *args;
	struct mhp_error *err;
};

static int check_device(const struct root *sys, const char *name, void *data)
{
	const struct device_check *check = data;
	struct users_device device = { .force = check->args->force_users };
	char owner[MHP_NAME_MAX];

	ROOT_PATH(path, "sys/bus/nd/devices/%s/namespace", name);
	if (root_read(sys, path, owner, sizeof(owner)) < 0 || strcmp(owner, check->args->name) != 0)
		return 0;
	str_copy(device.dax, name);
	return users_check(check->ctx, &device, check->err);
}

/* Removes the devices under a namespace. */
static int remove_device(const struct root *sys, const char *name, void *data)
{
	char owner[MHP_NAME_MAX];

	ROOT_PATH(path, "sys/bus/nd/devices/%s/namespace", name);
	if (root_read(sys, path, owner, sizeof(owner)) < 0 || strcmp(owner, data) != 0)
		return 0;
	return fake_dax_remove(sys->root_fd, name);
}

static int disable(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err)
{
	struct mhp_namespace *ns;
	struct fake_nd nd;
	int rc;

	(void)reply;
	if (fake_is_told(ctx, "nd/disable", arg, &rc, err))
		return rc;
	rc = fake_nd_load(ctx->sys.root_fd, &nd);
	ns = rc == 0 ? find_namespace(&nd, arg) : NULL;
	if (!ns)
		return -ENODEV;
	ns->is_enabled = false;
	root_each(&ctx->sys, "sys/bus/dax/devices", remove_device, (void *)arg);
	return fake_nd_store(ctx->sys.root_fd, &nd);
}

static int destroy(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err)
{
	struct mhp_region *region;
	struct mhp_namespace *ns;
	struct fake_nd nd;
	char name[64];
	struct device_check check = { ctx, arg, err };
	int rc;

	(void)reply;
	str_copy(name, check.args->name);
	rc = nd_identity_check(ctx, &check.args->ns, err);
	if (rc == 0)
		rc = root_each(&ctx->sys, "sys/bus/dax/devices", check_device, &check);
	if (rc < 0 && rc != -ENOENT)
		return rc;
	if (fake_is_told(ctx, "nd/destroy", name, &rc, err))
		return rc;
	rc = fake_nd_load(ctx->sys.root_fd, &nd);
	ns = rc == 0 ? find_namespace(&nd, name) : NULL;
	if (!ns)
		return rc;
	root_each(&ctx->sys, "sys/bus/dax/devices", remove_device, name);
	region = find_region(&nd, ns->region);
	if (region && !region->has_labels) {
		ns->mode = MHP_NAMESPACE_RAW;
		ns->is_forced_raw = false;
		ns->uuid[0] = ns->id[0] = '\0';
		ns->content = MHP_CONTENT_ZERO;
		return fake_nd_store(ctx->sys.root_fd, &nd);
	}
	if (region) {
		region->available_bytes += ns->raw_size;
		region->max_extent_bytes += ns->raw_size;
	}
	*ns = nd.namespaces[--nd.head.nr_namespaces];
	return fake_nd_store(ctx->sys.root_fd, &nd);
}

static int init_labels(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		       struct mhp_error *err)
{
	struct mhp_region *region;
	struct fake_nd nd;
	size_t kept = 0;
	int rc;

	(void)reply;
	if (fake_is_told(ctx, "nd/init-labels", arg, &rc, err))
		return rc;
	rc = fake_nd_load(ctx->sys.root_fd, &nd);
	region = rc == 0 ? find_region(&nd, arg) : NULL;
	if (!region)
		return -ENODEV;
	for (size_t i = 0; i < nd.head.nr_namespaces; i++)
		if (strcmp(nd.namespaces[i].region, region->name) != 0)
			nd.namespaces[kept++] = nd.namespaces[i];
	nd.head.nr_namespaces = kept;
	region->has_labels = true;
	region->available_bytes = region->max_extent_bytes = region->size;
	fill_seeds(region);
	return fake_nd_store(ctx->sys.root_fd, &nd);
}

static int end_raw(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err)
{
	cleanup_reply struct reply made = { 0 };
	struct mhp_namespace *ns;
	struct fake_nd nd;
	int rc;

	(void)reply;
	if (fake_is_told(ctx, "nd/end-raw", arg, &rc, err))
		return rc;
	rc = fake_nd_load(ctx->sys.root_fd, &nd);
	ns = rc == 0 ? find_namespace(&nd, arg) : NULL;
	if (!ns || !ns->is_forced_raw)
		return ns ? 0 : -ENODEV;
	ns->is_forced_raw = false;
	ns->is_enabled = true;
	if (ns->mode == MHP_NAMESPACE_DEVDAX)
		rc = add_device(ctx, find_region(&nd, ns->region), ns, &made);
	return rc < 0 ? rc : fake_nd_store(ctx->sys.root_fd, &nd);
}

static int enable_dimms(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
			struct mhp_error *err)
{
	int rc;

	(void)reply;
	return fake_is_told(ctx, "nd/enable-dimms", arg, &rc, err) ? rc : 0;
}

static int enable_region(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
			 struct mhp_error *err)
{
	struct mhp_region *region;
	struct fake_nd nd;
	int rc;

	(void)reply;
	if (fake_is_told(ctx, "nd/enable-region", arg, &rc, err))
		return rc;
	rc = fake_nd_load(ctx->sys.root_fd, &nd);
	region = rc == 0 ? find_region(&nd, arg) : NULL;
	if (!region)
		return -ENODEV;
	region->is_enabled = true;
	fill_seeds(region);
	return fake_nd_store(ctx->sys.root_fd, &nd);
}

static int check_identity(const struct mhp_ctx *ctx, const struct nd_identity *expected,
			  struct mhp_error *err)
{
	const struct mhp_namespace *ns;
	struct mhp_namespace now = { .raw_size = 0 };
	struct fake_nd nd;

	if (fake_nd_load(ctx->sys.root_fd, &nd) < 0)
		return -EIO;
	ns = find_namespace(&nd, expected->name);
	if (ns)
		now = shown(&nd, ns);
	if (ns && now.raw_size == expected->raw_size &&
	    (expected->id_unknown || strcmp(now.id, expected->id) == 0) &&
	    (expected->mode == ND_ANY_MODE || (int)now.mode == expected->mode))
		return 0;
	return err_set(err, -ESTALE, MHP_REASON_STALE_PLAN, "%s: is another now", expected->name);
}

/* Each task ends as its answer says. */
#define ANSWERED(task, fn)                                                         \
	static int task(struct mhp_ctx *ctx, const void *arg, struct reply *reply, \
			struct mhp_error *err)                                     \
	{                                                                          \
		int rc;                                                            \
                                                                                   \
		fake_acting++;                                                     \
		rc = fake_told_after(ctx, fn(ctx, arg, reply, err), err);          \
		fake_acting--;                                                     \
		return rc;                                                         \
	}

ANSWERED(answered_scan, scan)
ANSWERED(answered_create, create)
ANSWERED(answered_enable, enable)
ANSWERED(answered_disable, disable)
ANSWERED(answered_destroy, destroy)
ANSWERED(answered_init_labels, init_labels)
ANSWERED(answered_end_raw, end_raw)
ANSWERED(answered_enable_dimms, enable_dimms)
ANSWERED(answered_enable_region, enable_region)
ANSWERED(answered_make_claim, make_claim)
ANSWERED(answered_read_claimed, read_claimed)
ANSWERED(answered_bind_claim, bind_claim)
ANSWERED(answered_look, read_content)

const struct nd_ops fake_nd_ops = {
	.scan = answered_scan,
	.look = answered_look,
	.create = answered_create,
	.enable = answered_enable,
	.disable = answered_disable,
	.destroy = answered_destroy,
	.init_labels = answered_init_labels,
	.end_raw = answered_end_raw,
	.enable_dimms = answered_enable_dimms,
	.enable_region = answered_enable_region,
	.check_identity = check_identity,
	.make_claim = answered_make_claim,
	.read_claimed = answered_read_claimed,
	.bind_claim = answered_bind_claim,
};
