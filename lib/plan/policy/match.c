/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Matches devices with sections, whose values were checked when they were read. */
#include "lib/base/cleanup.h"
#include "lib/base/parse.h"
#include "lib/plan/policy/policy.h"
#include "lib/plan/policy/value.h"

#include <fnmatch.h>
#include <string.h>
#include <strings.h>

#define WORD_MAX 256

typedef bool (*test_fn)(const char *word, const void *object);

/* Returns whether one of the words passes the test; true without words. */
static bool any_word_matches(const char *words, test_fn test, const void *object)
{
	char word[WORD_MAX];

	if (!words)
		return true;
	while (value_next_word(&words, word, sizeof(word)))
		if (test(word, object))
			return true;
	return false;
}

static bool is_text(const char *word, const void *text)
{
	return *(const char *)text && strcmp(word, text) == 0;
}

static bool is_uuid(const char *word, const void *uuid)
{
	return *(const char *)uuid && strcasecmp(word, uuid) == 0;
}

/* Matches a pattern, in which * includes slashes, so that the depth of a device is irrelevant. */
static bool is_like(const char *word, const void *text)
{
	return *(const char *)text && fnmatch(word, text, 0) == 0;
}

static bool is_node(const char *word, const void *node)
{
	uint64_t number;

	if (strncmp(word, "node", 4) == 0)
		word += 4;
	return parse_u64(word, 10, &number) == 0 && *(const int *)node >= 0 &&
	       number == (uint64_t) * (const int *)node;
}

static bool has_serial(const char *word, const void *object)
{
	const struct mhp_serials *serials = object;
	uint64_t serial;

	if (parse_hex(word, &serial) < 0 && parse_u64(word, 10, &serial) < 0)
		return false;
	for (unsigned i = 0; i < serials->nr; i++)
		if (serials->numbers[i] == serial)
			return true;
	return false;
}

/* Matches the name of a region, with or without its bus. */
static bool names_region(const char *word, const char *bus, const char *name)
{
	size_t len = strlen(bus);

	if (!*name)
		return false;
	if (strncmp(word, bus, len) == 0 && word[len] == '/')
		word += len + 1;
	return strcmp(word, name) == 0;
}

static bool is_nd_region(const char *word, const void *name)
{
	return names_region(word, "nd", name);
}

static bool is_cxl_region(const char *word, const void *name)
{
	return names_region(word, "cxl", name);
}

static bool has_region(const char *word, const void *object)
{
	const struct mhp_dax *dax = object;

	return is_nd_region(word, dax->region) || is_cxl_region(word, dax->cxl_region);
}

/* Returns whether all comparisons are true: ">=16G <64G" is a range. */
static bool size_matches(const char *words, uint64_t size)
{
	struct value_comparison c;
	char word[WORD_MAX];

	while (words && value_next_word(&words, word, sizeof(word))) {
		if (value_comparison(word, &c, NULL) < 0)
			return false;
		if (!(c.less && size < c.size) && !(c.equal && size == c.size) &&
		    !(c.greater && size > c.size))
			return false;
	}
	return true;
}

static const char *origin_text(enum mhp_origin origin)
{
	const char *name = mhp_origin_name(origin);

	return name ? name : "";
}

bool policy_matches_dax(const struct policy_section *section, const struct mhp_topology *topo,
			const struct mhp_dax *dax)
{
	const struct policy_match *m = &section->match;
	const struct mhp_namespace *ns = NULL;

	if (!any_word_matches(m->regions, has_region, dax))
		return false; /* first: most sections are of other regions */
	if (m->namespaces)
		ns = topology_find_namespace(topo, dax->ns_name);
	return any_word_matches(m->namespaces, is_uuid, ns ? ns->uuid : "") &&
	       any_word_matches(m->serials, has_serial, &dax->serials) &&
	       any_word_matches(m->paths, is_like, dax->path) &&
	       any_word_matches(m->devices, is_like, dax->name) &&
	       any_word_matches(m->nodes, is_node, &dax->target_node) &&
	       any_word_matches(m->origins, is_text, origin_text(dax->origin)) &&
	       size_matches(m->sizes, dax->size);
}

bool policy_matches_namespace(const struct policy_section *section, const struct mhp_topology *topo,
			      const struct mhp_namespace *ns)
{
	const struct policy_match *m = &section->match;
	const struct mhp_serials none = { 0 };
	const struct mhp_region *region = NULL;
	int node;

	if (m->paths || m->devices || !any_word_matches(m->regions, is_nd_region, ns->region))
		return false;
	if (m->serials || m->nodes)
		region = topology_find_region(topo, ns->region);
	node = region ? region->target_node : -1;
	return any_word_matches(m->serials, has_serial, region ? &region->serials : &none) &&
	       any_word_matches(m->namespaces, is_uuid, ns->uuid) &&
	       any_word_matches(m->nodes, is_node, &node) &&
	       any_word_matches(m->origins, is_text, origin_text(MHP_ORIGIN_PMEM)) &&
	       size_matches(m->sizes, ns->size);
}

bool policy_matches_region(const struct policy_section *section, const struct mhp_region *region)
{
	const struct policy_match *m = &section->match;

	if (!m->regions || m->namespaces || m->paths || m->devices)
		return false;
	return any_word_matches(m->serials, has_serial, &region->serials) &&
	       any_word_matches(m->regions, is_nd_region, region->name) &&
	       any_word_matches(m->nodes, is_node, &region->target_node) &&
	       any_word_matches(m->origins, is_text, origin_text(MHP_ORIGIN_PMEM)) &&
	       size_matches(m->sizes, region->size);
}

/* ---- CXL --------------------------------------------------------------------------------- */

bool policy_matches_cxl_region(const struct policy_section *section,
			       const struct mhp_cxl_region *region)
{
	const struct policy_match *m = &section->match;
	struct mhp_serials serials = { 0 };

	if (!m->regions || m->namespaces || m->paths || m->devices || m->nodes)
		return false;
	for (unsigned i = 0; i < region->nr_members && serials.nr < ARRAY_SIZE(serials.numbers);
	     i++)
		if (region->members[i].serial != MHP_UNKNOWN)
			serials.numbers[serials.nr++] = region->members[i].serial;
	return any_word_matches(m->regions, is_cxl_region, region->name) &&
	       any_word_matches(m->serials, has_serial, &serials) &&
	       any_word_matches(m->origins, is_text, origin_text(MHP_ORIGIN_CXL)) &&
	       (!m->sizes || (region->size != MHP_UNKNOWN && size_matches(m->sizes, region->size)));
}

bool policy_can_match_memdevs(const struct policy_section *section)
{
	const struct policy_match *m = &section->match;

	return !m->namespaces && !m->regions && !m->devices && !m->nodes &&
	       any_word_matches(m->origins, is_text, origin_text(MHP_ORIGIN_CXL));
}

bool policy_matches_memdev(const struct policy_section *section,
			   const struct mhp_cxl_memdev *memdev)
{
	const struct policy_match *m = &section->match;
	struct mhp_serials serials = { memdev->serial != MHP_UNKNOWN, { memdev->serial } };

	if (!memdev->ram_bytes || !policy_can_match_memdevs(section))
		return false; /* its persistent memory is a region of the nvdimm bus */
	return any_word_matches(m->serials, has_serial, &serials) &&
	       any_word_matches(m->paths, is_like, memdev->path) &&
	       (!m->sizes ||
		(memdev->ram_bytes != MHP_UNKNOWN && size_matches(m->sizes, memdev->ram_bytes)));
}

bool policy_next_serial(const char **words, uint64_t *serial)
{
	char word[WORD_MAX];

	return value_next_word(words, word, sizeof(word)) &&
	       (parse_hex(word, serial) == 0 || parse_u64(word, 10, serial) == 0);
}
