/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/model/target.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/model/block.h"
#include "lib/model/daxdev.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define GRAMMAR                                                                              \
	"a target is region0, cxl/region0, namespace0.0, dax0.0, dax_region0, mem0, node1, " \
	"memory32, memory32-47, 0x100000000-0x17fffffff, a serial number such as 0x1f, a "   \
	"namespace's UUID, or all"

static int bad_target(const char *text, const char *why, struct mhp_error *err)
{
	char shown[96];

	err_set(err, -EINVAL, MHP_REASON_USAGE, "\"%s\" is not a target%s%s",
		text_escape(text, shown, sizeof(shown)), *why ? ": " : "", why);
	return err_hint(err, -EINVAL, GRAMMAR);
}

/* Accepts "3" or, with parts 2, "3.14": at most 10 digits, no leading zeros. */
static bool is_number(const char *text, unsigned parts)
{
	for (;;) {
		size_t len = strspn(text, "0123456789");

		if (!len || len > 10 || (len > 1 && *text == '0'))
			return false;
		text += len;
		if (--parts == 0)
			return *text == '\0';
		if (*text++ != '.')
			return false;
	}
}

static bool is_uuid(const char *text)
{
	for (unsigned i = 0; i < 36; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
			return false;
	}
	return text[36] == '\0';
}

static int parse_blocks(const char *text, struct target *target, struct mhp_error *err)
{
	const char *number = text + strlen("memory");
	size_t len = strspn(number, "0123456789");
	int rc = parse_u64_n(number, len, 10, &target->first);

	target->kind = TARGET_BLOCKS;
	target->last = target->first;
	if (rc == 0 && number[len] == '-')
		rc = parse_u64(number + len + 1, 10, &target->last);
	else if (rc == 0 && number[len])
		rc = -EINVAL;
	if (rc < 0)
		return bad_target(text, "", err);
	if (target->last < target->first)
		return bad_target(text, "the range is reversed", err);
	return 0;
}

/* Parses a hexadecimal number that is no range: the serial number of a CXL memory device. */
static int parse_serial(const char *text, struct target *target, struct mhp_error *err)
{
	target->kind = TARGET_SERIAL;
	if (parse_hex(text, &target->first) < 0 || !target->first)
		return bad_target(text, "a serial number is hexadecimal, such as 0x1f", err);
	return 0;
}

static int parse_addresses(const char *text, struct target *target, struct mhp_error *err)
{
	const char *dash = strchr(text, '-');
	char first[32];

	target->kind = TARGET_ADDRESSES;
	if (!dash)
		return parse_serial(text, target, err);
	if ((size_t)(dash - text) >= sizeof(first))
		return bad_target(text, "an address is too long", err);
	str_format(first, "%.*s", (int)(dash - text), text);
	if (parse_hex(first, &target->first) < 0 || parse_hex(dash + 1, &target->last) < 0)
		return bad_target(text, "addresses are hexadecimal, such as 0x100000000", err);
	if (target->last < target->first)
		return bad_target(text, "the range is reversed", err);
	return 0;
}

/* A prefix, and the object that is named by what follows: "region", and 0. */
struct grammar {
	const char *prefix;
	const char *name; /* what precedes the number in the name of the object */
	enum target_kind kind;
	unsigned parts;
	bool has_bus;
};

static const struct grammar grammars[] = {
	{ "region", "region", TARGET_REGION, 1, false },
	{ "nd/region", "region", TARGET_REGION, 1, true },
	{ "cxl/region", "region", TARGET_CXL_REGION, 1, true },
	{ "namespace", "namespace", TARGET_NAMESPACE, 2, false },
	{ "dax", "dax", TARGET_DAX, 2, false },
	{ "/dev/dax", "dax", TARGET_DAX, 2, false },
	{ "dax_region", "dax_region", TARGET_DAX_REGION, 1, false },
	{ "hmem.", "hmem.", TARGET_DAX_REGION, 1, false },
	{ "mem", "mem", TARGET_CXL_MEMDEV, 1, false },
	{ "node", "node", TARGET_NODE, 1, false },
};

/* Returns whether the text is a name of that kind, and fills in the target. */
static bool parse_name(const struct grammar *grammar, const char *text, struct target *target)
{
	size_t len = strlen(grammar->prefix);

	if (strncmp(text, grammar->prefix, len) != 0 || !is_number(text + len, grammar->parts))
		return false;
	target->kind = grammar->kind;
	target->has_bus = grammar->has_bus;
	str_format(target->name, "%s%.22s", grammar->name, text + len);
	if (target->kind == TARGET_NODE)
		parse_u64(text + len, 10, &target->first);
	return true;
}

int target_parse(const char *text, struct target *target, struct mhp_error *err)
{
	*target = (struct target){ 0 };
	if (strlen(text) >= sizeof(target->text))
		return bad_target(text, "it is too long", err);
	str_copy(target->text, text);
	if (strcmp(text, "all") == 0)
		return 0;
	if (is_uuid(text)) {
		target->kind = TARGET_UUID;
		str_copy(target->name, text);
		return 0;
	}
	if (strncasecmp(text, "0x", 2) == 0)
		return parse_addresses(text, target, err);
	if (strncmp(text, "memory", 6) == 0)
		return parse_blocks(text, target, err);
	for (size_t i = 0; i < ARRAY_SIZE(grammars); i++)
		if (parse_name(&grammars[i], text, target))
			return 0;
	return bad_target(text, "", err);
}

/* ---- resolving --------------------------------------------------------------------------- */

/* Reports an object that was not found. It may exist if such objects could not be read. */
static int fail_no_such(const struct mhp_topology *topo, const struct target *target,
			const char *kind, const char *part, struct mhp_error *err)
{
	const char *why = topology_why_hidden(topo, kind);

	if (why) {
		err_set(err, -EIO, topo->is_copy ? MHP_REASON_UNSUPPORTED : MHP_REASON_KERNEL,
			"%s: cannot tell whether it exists", target->text);
		return err_hint(err, -EIO, "%s: %s", kind, why);
	}
	err_set(err, -ENOENT, MHP_REASON_NO_SUCH_TARGET, "%s: no such %s", target->text, part);
	if (!topo->has_nd_bus && (target->kind == TARGET_REGION ||
				  target->kind == TARGET_NAMESPACE || target->kind == TARGET_UUID))
		return err_hint(err, -ENOENT,
				"this machine has no nvdimm bus (no persistent memory, or its "
				"driver, such as nfit, is not loaded)");
	return -ENOENT;
}

/* Writes "memory13-31, memory40, ...": the missing parts of a range, as far as they fit. */
static void name_missing(const struct mhp_topology *topo, const struct target *target, char *text,
			 size_t size)
{
	uint64_t next = target->first;
	char name[RUN_NAME_MAX];
	size_t len = 0;

	*text = '\0';
	for (size_t i = 0; i <= topo->nr_blocks; i++) {
		/* an id after the last block ends the range */
		uint64_t id = i < topo->nr_blocks ? topo->blocks[i].id : UINT64_MAX;
		uint64_t last = id <= target->last && i < topo->nr_blocks ? id - 1 : target->last;

		if (id < next)
			continue;
		if (len + 64 > size) {
			snprintf(text + len, size - len, ", ...");
			return;
		}
		if (id > next)
			len += (size_t)snprintf(text + len, size - len, "%s%s", len ? ", " : "",
						format_run("memory", next, last, name,
							   sizeof(name)));
		if (id >= target->last)
			return;
		next = id + 1;
	}
}

static uint64_t count_existing(const struct mhp_topology *topo, const struct target *target)
{
	uint64_t nr = 0;

	for (size_t i = 0; i < topo->nr_blocks; i++)
		nr += topo->blocks[i].id >= target->first && topo->blocks[i].id <= target->last;
	return nr;
}

/* Sets the error with the name of the block, which an address range does not show. */
static void no_such_block(const struct target *target, struct mhp_error *err)
{
	char block[48] = "";

	if (strncmp(target->text, "0x", 2) == 0)
		str_format(block, ", memory%" PRIu64, target->first);
	err_set(err, -ENOENT, MHP_REASON_NO_SUCH_TARGET, "%s: no such memory block%s", target->text,
		block);
}

/* Checks that all blocks exist, or with some any of them: PCs have a hole below 4 GiB. */
static int resolve_blocks(const struct mhp_topology *topo, struct target *target, bool some,
			  struct mhp_error *err)
{
	uint64_t nr = count_existing(topo, target);
	char missing[256];

	if (nr && (some || nr - 1 == target->last - target->first))
		return 0;
	if (!nr && target->first != target->last)
		err_set(err, -ENOENT, MHP_REASON_NO_SUCH_TARGET,
			"%s: none of its memory blocks exists, memory%" PRIu64 "-%" PRIu64,
			target->text, target->first, target->last);
	else if (!nr)
		no_such_block(target, err);
	if (!nr)
		return err_hint(err, -ENOENT, "mhpctl list --blocks shows the existing blocks");
	name_missing(topo, target, missing, sizeof(missing));
	err_set(err, -ENOENT, MHP_REASON_NO_SUCH_TARGET,
		"%s: %" PRIu64 " of its memory blocks exist, missing: %s", target->text, nr,
		missing);
	return err_hint(err, -ENOENT, "name the existing ranges; mhpctl list %s shows them",
			target->text);
}

static int resolve_addresses(const struct mhp_topology *topo, struct target *target, bool some,
			     struct mhp_error *err)
{
	const uint64_t size = topo->memory.block_size;
	uint64_t start = target->first / size, end = target->last / size;

	if (target->first % size || (target->last + 1) % size) {
		err_set(err, -EINVAL, MHP_REASON_USAGE,
			"%s: is not aligned to memory blocks of 0x%" PRIx64 " bytes", target->text,
			size);
		return err_hint(err, -EINVAL,
				"the blocks that it overlaps are 0x%" PRIx64 "-0x%" PRIx64,
				start * size, end * size + (size - 1));
	}
	target->kind = TARGET_BLOCKS;
	target->first = start;
	target->last = end;
	return resolve_blocks(topo, target, some, err);
}

/* Checks for a dax region, and replaces the kernel's name of its device. */
static int resolve_dax_region(const struct mhp_topology *topo, struct target *target,
			      struct mhp_error *err)
{
	const struct mhp_dax_region *region = topology_find_dax_region(topo, target->name);
	const char *part = topology_why_hidden(topo, "dax_devices") ? "dax_devices" : "dax_regions";

	if (region) {
		str_copy(target->name, region->name);
		return 0;
	}
	return fail_no_such(topo, target, part, "dax region that can be divided", err);
}

static int resolve_uuid(const struct mhp_topology *topo, struct target *target,
			struct mhp_error *err)
{
	for (size_t i = 0; i < topo->nr_namespaces; i++)
		if (strcasecmp(topo->namespaces[i].uuid, target->name) == 0) {
			target->kind = TARGET_NAMESPACE;
			str_copy(target->name, topo->namespaces[i].name);
			return 0;
		}
	return fail_no_such(topo, target, "namespaces", "namespace", err);
}

/* ---- CXL --------------------------------------------------------------------------------- */

/* Finds a region; a name on both buses is one memory if persistent: the NVDIMM region is meant. */
static int resolve_region(const struct mhp_topology *topo, struct target *target,
			  struct mhp_error *err)
{
	const struct mhp_region *nd = topology_find_region(topo, target->name);
	const struct mhp_cxl_region *cxl =
		target->has_bus ? NULL : topology_find_cxl_region(topo, target->name);

	if (nd && cxl && strcmp(cxl->type, "pmem") != 0) {
		err_set(err, -EINVAL, MHP_REASON_USAGE, "%s: two regions have this name",
			target->text);
		return err_hint(err, -EINVAL, "name nd/%s or cxl/%s", nd->name, cxl->name);
	}
	if (nd)
		return 0;
	if (!cxl || topology_why_hidden(topo, "regions"))
		return fail_no_such(topo, target, "regions", "region", err);
	target->kind = TARGET_CXL_REGION;
	return 0;
}

static int no_such_serial(const struct mhp_topology *topo, const struct target *target,
			  struct mhp_error *err)
{
	int rc = fail_no_such(topo, target, "cxl_memdevs", "serial number of a CXL memory device",
			      err);

	if (rc != -ENOENT)
		return rc;
	return err_hint(err, rc,
			"mhpctl list shows them; an address range has a start and an end, such "
			"as 0x100000000-0x17fffffff");
}

static int resolve_serial(const struct mhp_topology *topo, struct target *target,
			  struct mhp_error *err)
{
	const struct mhp_cxl_memdev *found = NULL;

	for (size_t i = 0; i < topo->nr_cxl_memdevs; i++) {
		const struct mhp_cxl_memdev *memdev = &topo->cxl_memdevs[i];

		if (memdev->serial != target->first || memdev->serial == MHP_UNKNOWN)
			continue;
		if (found) {
			err_set(err, -EINVAL, MHP_REASON_USAGE,
				"%s: %s and %s have this serial number", target->text, found->name,
				memdev->name);
			return err_hint(err, -EINVAL, "name one of them");
		}
		found = memdev;
	}
	if (!found)
		return no_such_serial(topo, target, err);
	target->kind = TARGET_CXL_MEMDEV;
	str_copy(target->name, found->name);
	return 0;
}

/*
 * Returns true also for a node that comes back with its dax device: it is removed with its last
 * memory.
 */
static bool has_node(const struct mhp_topology *topo, int node)
{
	if (topology_find_node(topo, node))
		return true;
	for (size_t i = 0; i < topo->nr_dax; i++)
		if (topo->dax[i].target_node == node &&
		    dax_is_empty(&topo->dax[i], topo->memory.block_size))
			return true;
	return false;
}

static int resolve_target(const struct mhp_topology *topo, struct target *target, bool some,
			  struct mhp_error *err)
{
	switch (target->kind) {
	case TARGET_ALL:
		return 0;
	case TARGET_REGION:
		return resolve_region(topo, target, err);
	case TARGET_CXL_REGION:
		if (!topology_find_cxl_region(topo, target->name))
			return fail_no_such(topo, target, "cxl_regions", "CXL region", err);
		return 0;
	case TARGET_CXL_MEMDEV:
		if (!topology_find_cxl_memdev(topo, target->name))
			return fail_no_such(topo, target, "cxl_memdevs", "CXL memory device", err);
		return 0;
	case TARGET_SERIAL:
		return resolve_serial(topo, target, err);
	case TARGET_NAMESPACE:
		if (!topology_find_namespace(topo, target->name))
			return fail_no_such(topo, target, "namespaces", "namespace", err);
		return 0;
	case TARGET_DAX:
		if (!topology_find_dax(topo, target->name))
			return fail_no_such(topo, target, "dax_devices", "dax device", err);
		return 0;
	case TARGET_DAX_REGION:
		return resolve_dax_region(topo, target, err);
	case TARGET_NODE:
		if (target->first > INT_MAX || !has_node(topo, (int)target->first))
			return fail_no_such(topo, target, "nodes", "node", err);
		return 0;
	case TARGET_BLOCKS:
		return resolve_blocks(topo, target, some, err);
	case TARGET_ADDRESSES:
		return resolve_addresses(topo, target, some, err);
	case TARGET_UUID:
		return resolve_uuid(topo, target, err);
	}
	return -EINVAL;
}

int target_resolve(const struct mhp_topology *topo, struct target *target, struct mhp_error *err)
{
	return resolve_target(topo, target, false, err);
}

int target_resolve_some(const struct mhp_topology *topo, struct target *target,
			struct mhp_error *err)
{
	return resolve_target(topo, target, true, err);
}
