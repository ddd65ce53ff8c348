/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/nd/files.h"
#include "lib/base/counts.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/sys/kernel.h"
#include "lib/sys/nd/nd.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define ND_DEVICES KERNEL_ND_BUS "/devices"
#define NULL_UUID  "00000000-0000-0000-0000-000000000000"

/* ---- attributes ---------------------------------------------------------------------------- */

/* Reads an attribute; "" if it is missing, or cannot be read. */
static void get_text(const struct root *sys, const char *device, const char *name, char *text,
		     size_t size)
{
	ROOT_PATH(path, ND_DEVICES "/%s/%s", device, name);
	if (root_read(sys, path, text, size) < 0)
		*text = '\0';
}

/* Returns a number in base 10, or in base 16 after "0x"; MHP_UNKNOWN if it is not known. */
static uint64_t get_number(const struct root *sys, const char *device, const char *name)
{
	char text[32];
	uint64_t value;
	bool is_hex;

	get_text(sys, device, name, text, sizeof(text));
	is_hex = strncmp(text, "0x", 2) == 0;
	return parse_u64(text + (is_hex ? 2 : 0), is_hex ? 16 : 10, &value) < 0 ? MHP_UNKNOWN
										: value;
}

static int get_node(const struct root *sys, const char *device, const char *name)
{
	int node;

	ROOT_PATH(path, ND_DEVICES "/%s/%s", device, name);
	return root_read_int(sys, path, &node) < 0 ? -1 : node;
}

static bool has_driver(const struct root *sys, const char *device)
{
	char driver[MHP_NAME_MAX];

	ROOT_PATH(path, ND_DEVICES "/%s/driver", device);
	return *device && root_link_name(sys, path, driver, sizeof(driver)) == 0;
}

/* Copies the name of the device above: the part of its link before the last. */
static void get_parent(const struct root *sys, const char *device, char *name, size_t size)
{
	char target[PATH_MAX], *end, *start;

	*name = '\0';
	ROOT_PATH(path, ND_DEVICES "/%s", device);
	if (root_link(sys, path, target, sizeof(target)) < 0 || !(end = strrchr(target, '/')))
		return;
	*end = '\0';
	start = strrchr(target, '/');
	str_copy_to(name, size, start ? start + 1 : target);
}

/* ---- DIMMs of a region --------------------------------------------------------------------- */

static bool has_command(const char *commands, unsigned command)
{
	const char *name = nvdimm_cmd_name(command);
	size_t len = strlen(name);

	for (const char *at = strstr(commands, name); at; at = strstr(at + 1, name))
		if ((at == commands || at[-1] == ' ') && (!at[len] || at[len] == ' '))
			return true;
	return false;
}

/* Adds the id of a DIMM on a CXL bus: its serial number, signed (drivers/cxl/pmem.c:id_show). */
static void add_serial(const struct root *sys, const char *dimm, struct mhp_serials *serials)
{
	char text[32], *end;
	unsigned long long serial;

	get_text(sys, dimm, "cxl/id", text, sizeof(text));
	serial = strtoull(text, &end, 10);
	if (end > text && !*end && serials->nr < SERIALS_MAX)
		serials->numbers[serials->nr++] = serial;
}

/* Reads the mappings, such as "nmem0,0,2147483648,0". */
static void fill_dimms(const struct root *sys, struct mhp_region *out)
{
	char text[128], name[32], commands[256];
	bool any = false, all = true;

	for (unsigned i = 0; i < out->nr_mappings; i++) {
		str_format(name, "mapping%u", i);
		get_text(sys, out->name, name, text, sizeof(text));
		text[strcspn(text, ",")] = '\0';
		if (!*text)
			continue;
		any = true;
		get_text(sys, text, "commands", commands, sizeof(commands));
		all = all && has_command(commands, ND_CMD_GET_CONFIG_SIZE) &&
		      has_command(commands, ND_CMD_SET_CONFIG_DATA);
		add_serial(sys, text, &out->serials);
	}
	out->can_label = any && all;
}

/* ---- regions ------------------------------------------------------------------------------- */

static int compare_sizes(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void fill_aligns(const struct root *sys, struct mhp_region *out)
{
	char text[256], *rest = text, *word;
	uint64_t align;

	get_text(sys, out->dax_seed, "supported_alignments", text, sizeof(text));
	while ((word = strsep(&rest, " ")) && out->nr_aligns < ALIGNS_MAX)
		if (parse_u64(word, 10, &align) == 0 && align)
			out->aligns[out->nr_aligns++] = align;
	qsort(out->aligns, out->nr_aligns, sizeof(out->aligns[0]), compare_sizes);
}

/* Sets no free space without labels, although the kernel calls all of the region free. */
static void fill_free(const struct root *sys, struct mhp_region *out)
{
	if (out->has_labels) {
		out->available_bytes = get_number(sys, out->name, "available_size");
		out->max_extent_bytes = get_number(sys, out->name, "max_available_extent");
	}
	if (out->max_extent_bytes == MHP_UNKNOWN) /* before 4.20 */
		out->max_extent_bytes = out->available_bytes;
	out->align = get_number(sys, out->name, "align");
	if (out->align == MHP_UNKNOWN || !out->align)
		out->align = root_page_size(sys);
}

static void fill_region(const struct root *sys, const char *name, struct mhp_region *out)
{
	uint64_t type = get_number(sys, name, "nstype");
	uint64_t mappings = get_number(sys, name, "mappings");

	*out = (struct mhp_region){ .numa_node = get_node(sys, name, "numa_node"),
				    .target_node = get_node(sys, name, "target_node") };
	str_copy(out->name, name);
	str_copy(out->type, type == ND_DEVICE_NAMESPACE_IO || type == ND_DEVICE_NAMESPACE_PMEM
				    ? "pmem"
				    : "blk");
	get_parent(sys, name, out->bus, sizeof(out->bus));
	out->start = get_number(sys, name, "resource");
	out->size = get_number(sys, name, "size");
	out->nr_mappings = mappings == MHP_UNKNOWN ? 0 : (unsigned)mappings;
	out->has_labels = type == ND_DEVICE_NAMESPACE_PMEM;
	out->is_enabled = has_driver(sys, name);
	out->is_read_only = get_number(sys, name, "read_only") == 1;
	fill_free(sys, out);
	fill_dimms(sys, out);
	if (!out->is_enabled)
		return;
	get_text(sys, name, "namespace_seed", out->seed, sizeof(out->seed));
	get_text(sys, name, "dax_seed", out->dax_seed, sizeof(out->dax_seed));
	if (*out->dax_seed)
		fill_aligns(sys, out);
}

/* ---- namespaces ---------------------------------------------------------------------------- */

static void get_uuid(const struct root *sys, const char *device, char uuid[MHP_UUID_MAX])
{
	char text[64];

	get_text(sys, device, "uuid", text, sizeof(text));
	str_copy_to(uuid, MHP_UUID_MAX, strcmp(text, NULL_UUID) == 0 ? "" : text);
}

static int copy_name(const struct root *sys, const char *name, void *data)
{
	(void)sys;
	str_copy_to(data, MHP_NAME_MAX, name);
	return 0;
}

static void get_block_device(const struct root *sys, const char *device, char name[MHP_NAME_MAX])
{
	ROOT_PATH(path, ND_DEVICES "/%s/block", device);
	root_each(sys, path, copy_name, name);
}

static enum mhp_memmap_location get_map(const struct root *sys, const char *claim)
{
	char text[16];

	get_text(sys, claim, "mode", text, sizeof(text));
	return strcmp(text, "ram") == 0	   ? MHP_MEMMAP_MEM
	       : strcmp(text, "pmem") == 0 ? MHP_MEMMAP_DEV
					   : MHP_MEMMAP_NONE;
}

/* Returns the mode of the claim, or that for which a label says that it was created. */
static enum mhp_namespace_mode mode_of(const char *claim)
{
	return strncmp(claim, "dax", 3) == 0   ? MHP_NAMESPACE_DEVDAX
	       : strncmp(claim, "pfn", 3) == 0 ? MHP_NAMESPACE_FSDAX
	       : strncmp(claim, "btt", 3) == 0 ? MHP_NAMESPACE_SECTOR
					       : MHP_NAMESPACE_RAW;
}

static void fill_claim(const struct root *sys, const char *claim, struct mhp_namespace *out)
{
	uint64_t align;

	out->mode = mode_of(claim);
	out->size = get_number(sys, claim, "size");
	get_uuid(sys, claim, out->uuid);
	*out->blockdev = '\0';
	if (out->mode != MHP_NAMESPACE_DEVDAX)
		get_block_device(sys, claim, out->blockdev);
	if (out->mode == MHP_NAMESPACE_SECTOR)
		return;
	align = get_number(sys, claim, "align");
	out->align = align == MHP_UNKNOWN ? 0 : align;
	out->map = get_map(sys, claim);
}

static void fill_namespace(const struct root *sys, const char *name, struct mhp_namespace *out)
{
	char holder[MHP_NAME_MAX], class[MHP_NAME_MAX];

	get_text(sys, name, "holder", holder, sizeof(holder));
	get_text(sys, name, "holder_class", class, sizeof(class));
	str_copy(out->name, name);
	get_parent(sys, name, out->region, sizeof(out->region));
	get_text(sys, name, "alt_name", out->label, sizeof(out->label));
	out->start = get_number(sys, name, "resource");
	out->size = out->raw_size;
	out->mode = mode_of(class);
	out->is_enabled = has_driver(sys, *holder ? holder : name);
	out->is_forced_raw = get_number(sys, name, "force_raw") == 1;
	get_uuid(sys, name, out->id);
	str_copy(out->uuid, out->id);
	get_block_device(sys, name, out->blockdev);
	if (*holder)
		fill_claim(sys, holder, out);
	if (!*out->id)
		str_copy(out->id, out->uuid);
	if (out->size == 0 || out->size == MHP_UNKNOWN)
		out->size = out->raw_size;
}

/* ---- the scan ------------------------------------------------------------------------------ */

struct nd_walk {
	struct reply *reply;
	struct nd_scan_head head;
	struct mhp_error *err;
	bool has_err;
};

static int add_region(const struct root *sys, const char *name, void *data)
{
	struct nd_walk *walk = data;
	struct mhp_region out;
	uint64_t id;

	if (root_name_id(name, "region", &id) < 0 || strlen(name) >= sizeof(out.name))
		return 0;
	fill_region(sys, name, &out);
	if (out.size == MHP_UNKNOWN) { /* one that is left out would seem to be missing */
		walk->has_err = true;
		return err_errno(walk->err, -EIO, "%.32s: its size cannot be read", name);
	}
	walk->head.nr_regions++;
	return reply_add(walk->reply, &out, sizeof(out));
}

static int add_namespace(const struct root *sys, const char *name, void *data)
{
	struct nd_walk *walk = data;
	struct mhp_namespace out = { 0 };

	if (strncmp(name, "namespace", 9) != 0 || strlen(name) >= sizeof(out.name))
		return 0;
	out.raw_size = get_number(sys, name, "size");
	if (out.raw_size == MHP_UNKNOWN) {
		walk->has_err = true;
		return err_errno(walk->err, -EIO, "%.32s: its size cannot be read", name);
	}
	if (!out.raw_size) /* the seed */
		return 0;
	fill_namespace(sys, name, &out);
	walk->head.nr_namespaces++;
	return reply_add(walk->reply, &out, sizeof(out));
}

int nd_scan_files(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err)
{
	struct nd_walk walk = { .reply = reply, .err = err };
	int rc = reply_add(reply, &walk.head, sizeof(walk.head));

	(void)arg;
	if (rc == 0)
		rc = root_each(&ctx->sys, ND_DEVICES, add_region, &walk);
	if (rc == 0)
		rc = root_each(&ctx->sys, ND_DEVICES, add_namespace, &walk);
	if (rc == 0)
		rc = root_lack(&ctx->sys);
	if (rc < 0)
		return walk.has_err ? rc : err_errno(err, rc, "cannot read the nvdimm bus");
	memcpy(reply->data, &walk.head, sizeof(walk.head));
	return 0;
}
