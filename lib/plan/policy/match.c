/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Matches devices with sections, whose values were checked when they were read. */
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

static bool has_region(const char *word, const void *object)
{
	const struct mhp_dax *dax = object;

	return strcmp(word, dax->region) == 0 || strcmp(word, dax->cxl_region) == 0;
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
	const struct mhp_namespace *ns = topology_find_namespace(topo, dax->ns_name);
	const struct policy_match *m = &section->match;

	return any_word_matches(m->namespaces, is_uuid, ns ? ns->uuid : "") &&
	       any_word_matches(m->regions, has_region, dax) &&
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
	const struct mhp_region *region = topology_find_region(topo, ns->region);
	const struct policy_match *m = &section->match;
	const struct mhp_serials none = { 0 }, *serials = region ? &region->serials : &none;
	int node = region ? region->target_node : -1;

	if (m->paths || m->devices)
		return false;
	return any_word_matches(m->serials, has_serial, serials) &&
	       any_word_matches(m->namespaces, is_uuid, ns->uuid) &&
	       any_word_matches(m->regions, is_text, ns->region) &&
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
	       any_word_matches(m->regions, is_text, region->name) &&
	       any_word_matches(m->nodes, is_node, &region->target_node) &&
	       any_word_matches(m->origins, is_text, origin_text(MHP_ORIGIN_PMEM)) &&
	       size_matches(m->sizes, region->size);
}
