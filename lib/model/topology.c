/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/model/topology.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/export.h"
#include "lib/base/range.h"
#include "lib/base/vec.h"
#include "lib/model/block.h"
#include "lib/model/block-origin.h"
#include "lib/model/cxl.h"
#include "lib/model/cxl-health.h"
#include "lib/model/daxdev.h"
#include "lib/model/kernel-policy.h"
#include "lib/model/orphans.h"
#include "lib/model/namespace-content.h"
#include "lib/model/memmap.h"
#include "lib/model/node.h"
#include "lib/model/onliners.h"
#include "lib/model/zone.h"
#include "lib/sys/cxl/bus.h"
#include "lib/sys/cxl/cxl.h"
#include "lib/sys/dax/dax.h"
#include "lib/sys/dax/region.h"
#include "lib/sys/kernel.h"
#include "lib/sys/nd/files.h"
#include "lib/sys/nd/nd.h"
#include "lib/tool.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define BUS_SCAN_MS   10000 /* a bus blocks its readers while it initialises a memmap */
#define MEMORY_OLD_MS 2000  /* age at which blocks are read again */

/* ---- the buses --------------------------------------------------------------------------- */

static int copy_reply_array(void **array, size_t *nr, const struct reply *reply, size_t offset,
			    size_t count, size_t size)
{
	*nr = 0;
	if (!count)
		return 0;
	if (offset > reply->len || count > (reply->len - offset) / size)
		return -EPROTO;
	*array = malloc(count * size);
	if (!*array)
		return -ENOMEM;
	memcpy(*array, reply->data + offset, count * size);
	*nr = count;
	return 0;
}

static int hide_bus(struct mhp_topology *topo, const struct child_result *result,
		    const struct mhp_error *err, const char *const *parts)
{
	char why[128];
	int rc = 0;

	if (result->rc == -ECANCELED || root_is_lack(result->rc))
		return result->rc;
	if (result->end == CHILD_ANSWERED || result->end == CHILD_DIED)
		str_format(why, "%.120s", err->message);
	else
		str_format(why, "the bus is busy (memory is being initialised); try again later");
	for (; *parts && rc == 0; parts++)
		rc = topology_hide(topo, *parts, why);
	return rc;
}

/* The nvdimm bus takes longest, so a separate process reads it in parallel to the rest. */
struct nd_scan_call {
	struct child child;
	uint64_t start;
	bool begun;
	int rc; /* of the start */
	struct mhp_error err;
};

static int stop_at_bus(const struct root *sys, const char *name, void *data)
{
	uint64_t id;

	(void)sys;
	(void)data;
	return root_name_id(name, "ndbus", &id) == 0 ? -EEXIST : 0;
}

/* Returns 1 if there is a bus, of any number, 0 if not, or a negative errno if that is unknown. */
static int find_nd_bus(const struct root *sys)
{
	int rc = root_each(sys, KERNEL_ND_BUS "/devices", stop_at_bus, NULL);

	return rc == -EEXIST ? 1 : rc == -ENOENT || rc == -ENOTDIR ? 0 : rc;
}

/* Returns the task that reads the bus. A report has files, and those that are read become one. */
static child_fn scan_of(const struct mhp_ctx *ctx)
{
	return ctx->is_copy || ctx->sys.capture ? nd_scan_files : ctx->nd->scan;
}

static void start_nd_scan(struct nd_scan_call *call, struct mhp_topology *topo)
{
	const struct mhp_ctx *ctx = call->child.ctx;
	int rc = ctx_is_partial(ctx) ? 0 : find_nd_bus(&ctx->sys);

	topo->has_nd_bus = rc != 0;
	if (rc < 0)
		call->rc = err_errno(&call->err, rc, "/" KERNEL_ND_BUS "/devices");
	if (rc <= 0)
		return;
	call->start = clock_msec();
	call->rc =
		child_begin(&call->child, &(struct child_task){ .fn = scan_of(ctx) }, &call->err);
	call->begun = call->rc == 0;
}

static int finish_nd_scan(struct nd_scan_call *call, struct mhp_topology *topo)
{
	static const char *const parts[] = { "regions", "namespaces", NULL };
	struct child_wait wait = { .deadline = call->start + BUS_SCAN_MS, .watch_fd = -1 };
	struct child_result result = { .end = CHILD_DIED, .rc = call->rc };
	cleanup_reply struct reply reply = { 0 };
	struct nd_scan_head head;
	int rc = call->rc;

	if (!topo->has_nd_bus)
		return 0;
	if (call->begun)
		rc = child_await(&call->child, &wait, call->start, &reply, &result, &call->err);
	if (rc < 0)
		return hide_bus(topo, &result, &call->err, parts);
	if (reply.len < sizeof(head))
		return -EPROTO;
	memcpy(&head, reply.data, sizeof(head));
	rc = copy_reply_array((void **)&topo->regions, &topo->nr_regions, &reply, sizeof(head),
			      head.nr_regions, sizeof(*topo->regions));
	if (rc < 0)
		return rc;
	return copy_reply_array((void **)&topo->namespaces, &topo->nr_namespaces, &reply,
				sizeof(head) + head.nr_regions * sizeof(*topo->regions),
				head.nr_namespaces, sizeof(*topo->namespaces));
}

static int scan_dax(struct child *child, struct mhp_topology *topo)
{
	static const char *const parts[] = { "dax_devices", NULL };
	struct child_wait wait = { .deadline = clock_deadline(BUS_SCAN_MS), .watch_fd = -1 };
	cleanup_reply struct reply reply = { 0 };
	struct child_result result;
	struct mhp_error err = { 0 };
	int rc;

	if (root_is_empty(&child->ctx->sys, KERNEL_DAX_BUS "/devices") ||
	    (root_exists(&child->ctx->sys, KERNEL_DAX_BUS "/devices") == 0 &&
	     root_is_listed(&child->ctx->sys, KERNEL_DAX_BUS, "devices") == 0))
		return 0;
	rc = child_call(child, &(struct child_task){ .fn = dax_scan }, &wait, &reply, &result,
			&err);
	if (rc < 0)
		return hide_bus(topo, &result, &err, parts);
	return copy_reply_array((void **)&topo->dax, &topo->nr_dax, &reply, 0,
				reply.len / sizeof(struct mhp_dax), sizeof(struct mhp_dax));
}

static int take_cxl(struct mhp_topology *topo, const struct reply *reply)
{
	struct cxl_scan_head head;
	size_t at = sizeof(head);
	int rc;

	if (reply->len < sizeof(head))
		return -EPROTO;
	memcpy(&head, reply->data, sizeof(head));
	rc = copy_reply_array((void **)&topo->cxl_memdevs, &topo->nr_cxl_memdevs, reply, at,
			      head.nr_memdevs, sizeof(*topo->cxl_memdevs));
	if (rc < 0)
		return rc;
	at += head.nr_memdevs * sizeof(*topo->cxl_memdevs);
	rc = copy_reply_array((void **)&topo->cxl_windows, &topo->nr_cxl_windows, reply, at,
			      head.nr_windows, sizeof(*topo->cxl_windows));
	if (rc < 0)
		return rc;
	at += head.nr_windows * sizeof(*topo->cxl_windows);
	return copy_reply_array((void **)&topo->cxl_regions, &topo->nr_cxl_regions, reply, at,
				head.nr_regions, sizeof(*topo->cxl_regions));
}

static int scan_dax_regions(struct child *child, struct mhp_topology *topo)
{
	static const char *const parts[] = { "dax_regions", NULL };
	struct child_wait wait = { .deadline = clock_deadline(BUS_SCAN_MS), .watch_fd = -1 };
	cleanup_reply struct reply reply = { 0 };
	struct child_result result;
	struct mhp_error err = { 0 };
	bool any = false;
	int rc;

	for (size_t i = 0; i < topo->nr_dax; i++)
		any = any || *topo->dax[i].dax_region;
	if (!any)
		return 0;
	rc = child_call(child, &(struct child_task){ .fn = dax_region_scan }, &wait, &reply,
			&result, &err);
	if (rc < 0)
		return hide_bus(topo, &result, &err, parts);
	return copy_reply_array((void **)&topo->dax_regions, &topo->nr_dax_regions, &reply, 0,
				reply.len / sizeof(struct mhp_dax_region),
				sizeof(struct mhp_dax_region));
}

static int scan_cxl(struct child *child, struct mhp_topology *topo)
{
	static const char *const parts[] = { "cxl_memdevs", "cxl_windows", "cxl_regions", NULL };
	struct child_wait wait = { .deadline = clock_deadline(BUS_SCAN_MS), .watch_fd = -1 };
	cleanup_reply struct reply reply = { 0 };
	struct child_result result;
	struct mhp_error err = { 0 };
	int rc;

	if (root_is_empty(&child->ctx->sys, CXL_DEVICES) ||
	    root_exists(&child->ctx->sys, CXL_DEVICES) == 0)
		return 0;
	rc = child_call(child, &(struct child_task){ .fn = cxl_scan }, &wait, &reply, &result,
			&err);
	if (rc < 0)
		return hide_bus(topo, &result, &err, parts);
	return take_cxl(topo, &reply);
}

/* Orders names by their numbers ("namespace10.0"): shorter ones first, then by text. */
static int by_name(const char *a, const char *b)
{
	size_t len_a = strcspn(a, "."), len_b = strcspn(b, ".");

	if (len_a != len_b)
		return len_a < len_b ? -1 : 1;
	if (strlen(a) != strlen(b) && strncmp(a, b, len_a) == 0)
		return strlen(a) < strlen(b) ? -1 : 1;
	return strcmp(a, b);
}

/* Compares two objects: each kind begins with its name. */
static int by_object_name(const void *a, const void *b)
{
	return by_name(a, b);
}

#define SORT(array, nr)                                                         \
	do {                                                                    \
		if (nr)                                                         \
			qsort((array), (nr), sizeof(*(array)), by_object_name); \
	} while (0)

static void sort_all(struct mhp_topology *topo)
{
	SORT(topo->cxl_memdevs, topo->nr_cxl_memdevs);
	SORT(topo->cxl_windows, topo->nr_cxl_windows);
	SORT(topo->cxl_regions, topo->nr_cxl_regions);
	SORT(topo->regions, topo->nr_regions);
	SORT(topo->namespaces, topo->nr_namespaces);
	SORT(topo->dax, topo->nr_dax);
	SORT(topo->dax_regions, topo->nr_dax_regions);
}

static int hide_buses(const struct root *sys, struct mhp_topology *topo)
{
	static const char *const parts[] = { "regions",	    "namespaces",  "dax_devices",
					     "cxl_memdevs", "cxl_windows", "cxl_regions" };
	size_t nr = ARRAY_SIZE(parts) - (root_exists(sys, CXL_DEVICES) == 0 ? 3 : 0);
	int rc = 0;

	for (size_t i = 0; i < nr && rc == 0; i++)
		rc = topology_hide(topo, parts[i], "not read from a copied tree");
	return rc;
}

static int scan_buses(struct nd_scan_call *call, struct mhp_topology *topo)
{
	int rc;

	if (ctx_is_partial(call->child.ctx))
		return hide_buses(&call->child.ctx->sys, topo);
	rc = finish_nd_scan(call, topo);
	if (rc == 0)
		rc = scan_dax(&call->child, topo);
	if (rc == 0)
		rc = scan_dax_regions(&call->child, topo);
	if (rc == 0)
		rc = scan_cxl(&call->child, topo);
	if (rc == 0)
		sort_all(topo);
	return rc;
}

static int hide_what_needs_root(struct mhp_topology *topo)
{
	bool dax = false, regions = false, windows = false;
	int rc = 0;

	for (size_t i = 0; i < topo->nr_dax; i++)
		dax |= !topo->dax[i].has_ranges;
	for (size_t i = 0; i < topo->nr_regions; i++)
		regions |= topo->regions[i].start == MHP_UNKNOWN;
	for (size_t i = 0; i < topo->nr_cxl_windows; i++)
		windows |= topo->cxl_windows[i].start == MHP_UNKNOWN;
	if (dax)
		rc = topology_hide(topo, "dax_devices.blocks",
				   "physical addresses are visible only to root");
	if (rc == 0 && regions)
		rc = topology_hide(topo, "regions.start",
				   "physical addresses are visible only to root");
	if (rc == 0 && windows)
		rc = topology_hide(topo, "cxl_windows.start",
				   "physical addresses are visible only to root");
	return rc;
}

/* ---- drivers ------------------------------------------------------------------------------ */

/*
 * Scans the drivers. One counts as missing if that is unknown: to load a loaded one changes
 * nothing.
 */
static void scan_drivers(const struct root *sys, struct mhp_topology *topo)
{
	topo->has_kmem = root_seems(sys, KERNEL_DAX_BUS "/drivers/kmem");
	topo->has_device_dax = root_seems(sys, KERNEL_DAX_BUS "/drivers/device_dax");
	topo->has_dax_pmem = root_seems(sys, KERNEL_ND_BUS "/drivers/dax_pmem");
	topo->has_nd_pmem = root_seems(sys, KERNEL_ND_BUS "/drivers/nd_pmem");
	topo->has_dax_cxl = root_seems(sys, KERNEL_CXL_BUS "/drivers/cxl_dax_region");
	topo->has_cxl_acpi = root_seems(sys, KERNEL_BUSES "/platform/drivers/cxl_acpi");
	topo->has_cxl_port = root_seems(sys, KERNEL_CXL_BUS "/drivers/cxl_port");
	topo->has_cxl_mem = root_seems(sys, KERNEL_CXL_BUS "/drivers/cxl_mem");
}

/* ---- the scan ---------------------------------------------------------------------------- */

static int read_memory(const struct mhp_ctx *ctx, unsigned flags, struct mhp_topology *topo)
{
	const struct root *sys = &ctx->sys;
	bool with_zones = !(flags & MHP_SCAN_NAMES);
	int rc = node_read_all(sys, &topo->nodes, &topo->nr_nodes);

	if (rc == 0 && with_zones)
		zone_read_all(sys, &topo->memory, topo->nodes, topo->nr_nodes);
	if (rc == 0 && !topo->no_blocks)
		rc = block_read_all(ctx, topo->memory.block_size, with_zones, &topo->more,
				    &topo->blocks, &topo->nr_blocks);
	if (rc == 0 && with_zones)
		zone_split_blocks(sys, &topo->memory, topo->blocks, topo->nr_blocks);
	return rc;
}

/* Returns whether the scan of the buses has found anything to which blocks may belong. */
static bool has_devices(const struct mhp_topology *topo)
{
	return topo->nr_dax || topo->nr_regions || topo->nr_namespaces || topo->nr_cxl_memdevs ||
	       topo->nr_cxl_windows || topo->nr_cxl_regions;
}

/*
 * Keeps the nodes and blocks that were read during the scan of the buses, or reads them again if
 * blocks of devices were added or removed since, or if their states are too old. In a copied tree
 * nothing changes.
 */
static int keep_memory(const struct mhp_ctx *ctx, unsigned flags, uint64_t read_ms,
		       struct mhp_topology *topo)
{
	if (ctx->is_copy)
		return 0;
	if (clock_msec() - read_ms < MEMORY_OLD_MS &&
	    (!has_devices(topo) || block_are_all(&ctx->sys, topo->blocks, topo->nr_blocks)))
		return 0;
	free(TAKE_PTR(topo->nodes));
	free(TAKE_PTR(topo->blocks));
	arena_free(&topo->more);
	return read_memory(ctx, flags, topo);
}

static int scan_all(struct nd_scan_call *call, unsigned flags, struct mhp_topology *topo)
{
	struct mhp_ctx *ctx = call->child.ctx;
	uint64_t read_ms;
	int rc = 0;

	start_nd_scan(call, topo);
	if (!(flags & (MHP_SCAN_WITHOUT_ONLINERS | MHP_SCAN_NAMES)))
		rc = onliners_scan(ctx, topo);
	read_ms = clock_msec();
	if (rc == 0)
		rc = read_memory(ctx, flags, topo);
	if (rc == 0)
		rc = scan_buses(call, topo);
	if (rc == 0)
		rc = keep_memory(ctx, flags, read_ms, topo);
	if (rc == 0)
		rc = hide_what_needs_root(topo);
	return rc < 0 ? rc : topology_hide_unknown(topo);
}

/* Adds to the objects what follows from several of them, or is read once for the machine. */
static int complete_scan(struct mhp_ctx *ctx, struct mhp_topology *topo)
{
	int rc;

	scan_drivers(&ctx->sys, topo);
	topology_check_dax_regions(topo);
	topology_cost_fsdax(topo);
	orphans_mark(&ctx->sys, topo);
	rc = cxl_count(&ctx->sys, topo);
	if (rc == 0)
		rc = block_origin_mark(&ctx->sys, topo);
	if (rc == 0)
		rc = machine_read(ctx, topo);
	return rc;
}

static int scan_machine(struct mhp_ctx *ctx, unsigned flags, struct mhp_topology *topo)
{
	struct nd_scan_call call = { .child = CHILD_INIT(ctx) };
	int rc = scan_all(&call, flags, topo);

	child_stop(&call.child);
	if (rc < 0)
		return rc;
	topology_link_dax(topo);
	rc = topology_count(topo);
	if (rc == 0 && !(flags & MHP_SCAN_NAMES))
		rc = complete_scan(ctx, topo);
	if (rc == 0)
		rc = root_lack(&ctx->sys); /* a lack of memory or files may have hidden something */
	if (rc == 0 && flags & MHP_SCAN_CONTENT)
		rc = topology_read_content(ctx, topo, NULL, 0);
	if (rc >= 0 && flags & MHP_SCAN_CXL_HEALTH)
		rc = topology_read_cxl_health(ctx, topo);
	return rc < 0 ? rc : 0;
}

static const char no_blocks_here[] = "there are no memory blocks here";

static int fail_no_blocks(const struct mhp_ctx *ctx, struct mhp_error *err)
{
	err_set(err, -ENOENT, MHP_REASON_UNSUPPORTED, "%s", no_blocks_here);
	if (ctx->is_copy)
		return err_hint(err, -ENOENT,
				"/" KERNEL_BLOCKS " is not in the copied tree: it was left "
				"out, or comes from a kernel without CONFIG_MEMORY_HOTPLUG");
	return err_hint(err, -ENOENT,
			"the kernel needs CONFIG_MEMORY_HOTPLUG, and /sys has to be mounted");
}

MHP_EXPORT int mhp_topology_scan(struct mhp_ctx *ctx, unsigned flags, struct mhp_topology **ret,
				 struct mhp_error *err)
{
	cleanup_topology struct mhp_topology *topo = calloc(1, sizeof(*topo));
	int rc;

	if (!topo)
		return err_errno(err, -ENOMEM, "topology");
	root_lack_reset(&ctx->sys);
	topo->is_copy = ctx->is_copy;
	topo->log = ctx->log;
	rc = kernel_policy_read(&ctx->sys, &topo->memory);
	if (rc == -ENOENT && !(flags & MHP_SCAN_WITHOUT_BLOCKS))
		return fail_no_blocks(ctx, err);
	if (rc == -ENOENT) {
		topo->no_blocks = true;
		rc = topology_hide(topo, "blocks", no_blocks_here);
	}
	if (rc == 0)
		rc = scan_machine(ctx, flags, topo);
	if (rc < 0)
		return err_errno(err, rc, "cannot read the memory layout");
	*ret = TAKE_PTR(topo);
	return 0;
}
