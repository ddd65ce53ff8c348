/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/cxl-look.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/sys/cxl/cxl.h"

#include <errno.h>
#include <string.h>

#define LOOK_MS 10000

static int take_reply(struct cxl_look *look)
{
	struct cxl_scan_head head;
	size_t memdevs = sizeof(head), windows, regions;

	if (look->reply.len < sizeof(head))
		return -EPROTO;
	memcpy(&head, look->reply.data, sizeof(head));
	windows = memdevs + head.nr_memdevs * sizeof(*look->memdevs);
	regions = windows + head.nr_windows * sizeof(*look->windows);
	if (look->reply.len != regions + head.nr_regions * sizeof(*look->regions))
		return -EPROTO;
	look->memdevs = (const void *)(look->reply.data + memdevs);
	look->windows = (const void *)(look->reply.data + windows);
	look->regions = (const void *)(look->reply.data + regions);
	look->nr_memdevs = head.nr_memdevs;
	look->nr_windows = head.nr_windows;
	look->nr_regions = head.nr_regions;
	return 0;
}

int cxl_look(struct exec *x, struct cxl_look *look, struct mhp_error *err)
{
	const struct child_wait wait = {
		.deadline = clock_deadline(LOOK_MS),
		.watch_fd = -1,
		.ignore_cancel = true,
	};
	struct child_result result;
	int rc;

	*look = (struct cxl_look){ 0 };
	child_call(&x->writer, &(struct child_task){ .fn = cxl_scan }, &wait, &look->reply, &result,
		   err);
	rc = exec_explain(&result, "the CXL bus", err);
	if (rc == 0)
		rc = take_reply(look);
	return rc < 0 && !err->reason ? err_errno(err, rc, "the CXL bus cannot be read") : rc;
}

void cxl_look_free(struct cxl_look *look)
{
	reply_free(&look->reply);
	*look = (struct cxl_look){ 0 };
}

const struct mhp_cxl_region *cxl_look_region(const struct cxl_look *look, const char *name)
{
	for (size_t i = 0; i < look->nr_regions; i++)
		if (strcmp(look->regions[i].name, name) == 0)
			return &look->regions[i];
	return NULL;
}

const struct mhp_cxl_memdev *cxl_look_memdev(const struct cxl_look *look, const char *name)
{
	for (size_t i = 0; i < look->nr_memdevs; i++)
		if (strcmp(look->memdevs[i].name, name) == 0)
			return &look->memdevs[i];
	return NULL;
}

/* ---- regions and their setup ------------------------------------------------------------- */

/* Compares by serial number; by name only if that is not known, as names change. */
static bool is_member_of(const struct cxl_setup *cxl, unsigned at,
			 const struct mhp_cxl_member *member)
{
	if (cxl->members[at].serial != MHP_UNKNOWN || member->serial != MHP_UNKNOWN)
		return cxl->members[at].serial == member->serial;
	return strcmp(cxl->members[at].memdev, member->memdev) == 0;
}

bool cxl_has_members_of(const struct cxl_setup *cxl, const struct mhp_cxl_region *region)
{
	for (unsigned i = 0; i < region->nr_members; i++)
		if (*region->members[i].decoder && *cxl->members[i].memdev &&
		    !is_member_of(cxl, i, &region->members[i]))
			return false;
	return true;
}

bool cxl_is_region_of(const struct cxl_setup *cxl, const struct mhp_cxl_region *region)
{
	return strcmp(region->window, cxl->window) == 0 && region->size == cxl->size &&
	       region->ways == cxl->ways && region->granularity == cxl->granularity &&
	       cxl_has_members_of(cxl, region);
}

int cxl_position_of(const struct cxl_setup *cxl, const char *memdev)
{
	for (unsigned i = 0; i < cxl->ways && i < MHP_CXL_WAYS_MAX; i++)
		if (strcmp(cxl->members[i].memdev, memdev) == 0)
			return (int)i;
	return -ENOENT;
}
