/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/vec.h"
#include "lib/sys/cxl/bus.h"
#include "lib/sys/cxl/cxl.h"
#include "lib/sys/cxl/parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct cxl_objects {
	struct mhp_cxl_memdev *memdevs;
	struct mhp_cxl_window *windows;
	struct mhp_cxl_region *regions;
	struct cxl_scan_head nr;
	char unread[MHP_NAME_MAX]; /* a region whose memory devices are not known */
};

static void objects_free(struct cxl_objects *all)
{
	free(all->memdevs);
	free(all->windows);
	free(all->regions);
}

static int add_memdev(const struct root *sys, const char *name, struct cxl_objects *all)
{
	struct mhp_cxl_memdev *memdev = VEC_PUSH(all->memdevs, all->nr.nr_memdevs);

	if (!memdev)
		return -ENOMEM;
	cxl_read_memdev(sys, name, memdev);
	return 0;
}

/* Adds a region, unless another program deletes it in between: half of it would be unknown. */
static int add_region(const struct root *sys, const char *name, struct cxl_objects *all)
{
	struct mhp_cxl_region *region = VEC_PUSH(all->regions, all->nr.nr_regions);
	int rc;

	if (!region)
		return -ENOMEM;
	rc = cxl_read_region(sys, name, region);
	if (cxl_exists(sys, name) == 0) {
		all->nr.nr_regions--;
		return 0;
	}
	if (rc < 0)
		str_copy(all->unread, name);
	return rc;
}

static int add_window(const struct root *sys, const char *name, struct cxl_objects *all)
{
	struct mhp_cxl_window window, *added;

	if (cxl_read_window(sys, name, &window) < 0)
		return 0;
	added = VEC_PUSH(all->windows, all->nr.nr_windows);
	if (!added)
		return -ENOMEM;
	*added = window;
	return 0;
}

static int add_object(const struct root *sys, const char *name, void *data)
{
	uint64_t id;

	if (root_name_id(name, "mem", &id) == 0)
		return add_memdev(sys, name, data);
	if (root_name_id(name, "region", &id) == 0)
		return add_region(sys, name, data);
	if (strncmp(name, "decoder", 7) == 0)
		return add_window(sys, name, data);
	return 0;
}

/* ---- from memory devices to their endpoints and decoders --------------------------------- */

static struct mhp_cxl_memdev *find_memdev(const struct cxl_objects *all, const char *name)
{
	for (size_t i = 0; i < all->nr.nr_memdevs; i++)
		if (strcmp(all->memdevs[i].name, name) == 0)
			return &all->memdevs[i];
	return NULL;
}

static void link_decoder(const struct root *sys, const char *name, struct cxl_objects *all)
{
	struct mhp_cxl_memdev *memdev;
	char owner[MHP_NAME_MAX];

	if (cxl_decoder_memdev(sys, name, owner, sizeof(owner)) < 0)
		return;
	memdev = find_memdev(all, owner);
	if (memdev)
		cxl_add_decoder(sys, name, memdev);
}

static void link_endpoint(const struct root *sys, const char *name, struct cxl_objects *all)
{
	struct mhp_cxl_memdev *memdev;
	char owner[MHP_NAME_MAX];

	ROOT_PATH(uport, CXL_DEVICES "/%s/uport", name);
	if (root_link_name(sys, uport, owner, sizeof(owner)) < 0)
		return;
	memdev = find_memdev(all, owner);
	if (!memdev)
		return;
	if (cxl_bridge(sys, name, &memdev->bridge) < 0)
		memdev->bridge = -1;
	cxl_count_free_decoders(sys, name, &memdev->free_decoders, &memdev->bridge_free_decoders);
}

static int link_object(const struct root *sys, const char *name, void *data)
{
	uint64_t id;

	if (strncmp(name, "decoder", 7) == 0)
		link_decoder(sys, name, data);
	else if (root_name_id(name, "endpoint", &id) == 0)
		link_endpoint(sys, name, data);
	return 0;
}

/* ---- scan -------------------------------------------------------------------------------- */

static int answer(struct reply *reply, const struct cxl_objects *all)
{
	int rc = reply_add(reply, &all->nr, sizeof(all->nr));

	if (rc == 0 && all->nr.nr_memdevs)
		rc = reply_add(reply, all->memdevs, all->nr.nr_memdevs * sizeof(*all->memdevs));
	if (rc == 0 && all->nr.nr_windows)
		rc = reply_add(reply, all->windows, all->nr.nr_windows * sizeof(*all->windows));
	if (rc == 0 && all->nr.nr_regions)
		rc = reply_add(reply, all->regions, all->nr.nr_regions * sizeof(*all->regions));
	return rc;
}

int cxl_scan(struct mhp_ctx *ctx, const void *unused, struct reply *reply, struct mhp_error *err)
{
	__attribute__((cleanup(objects_free))) struct cxl_objects all = { 0 };
	int rc = root_each(&ctx->sys, CXL_DEVICES, add_object, &all);

	(void)unused;
	if (rc == 0)
		rc = root_each(&ctx->sys, CXL_DEVICES, link_object, &all);
	if (rc == -ENOENT) /* the machine has no CXL */
		rc = 0;
	if (rc == 0)
		rc = root_lack(&ctx->sys);
	if (rc == 0)
		rc = answer(reply, &all);
	if (rc < 0 && *all.unread)
		return err_errno(err, rc, "%s: its window or memory devices cannot be read",
				 all.unread);
	return rc < 0 ? err_errno(err, rc, "cannot read the CXL bus") : 0;
}
