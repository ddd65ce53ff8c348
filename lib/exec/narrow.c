/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/narrow.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/model/block.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Names of what is there of the targets. */
struct names {
	char (*text)[64];
	const char **pointers;
	size_t nr;
};

static void names_free(struct names *names)
{
	free(names->text);
	free(names->pointers);
}

static int names_add(struct names *names, const char *text)
{
	char(*grown)[64] = reallocarray(names->text, names->nr + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	names->text = grown;
	str_copy(grown[names->nr++], text);
	return 0;
}

static bool target_has_block(const struct target *target, uint64_t block_size,
			     const struct mhp_block *block)
{
	if (target->kind == TARGET_ADDRESSES)
		return block->start <= target->last &&
		       block->start + (block_size - 1) >= target->first;
	return block->id >= target->first && block->id <= target->last;
}

/* Of a range only some blocks may be there: each run of those is a name. */
static int add_blocks(const struct mhp_topology *topo, const struct target *target,
		      struct names *names)
{
	const uint64_t size = topo->memory.block_size;
	char name[BLOCK_RUN_MAX];
	int rc = 0;

	for (size_t i = 0, k; rc == 0 && i < topo->nr_blocks; i = k) {
		const struct mhp_block *first = &topo->blocks[i];

		k = i + 1;
		if (!target_has_block(target, size, first))
			continue;
		while (k < topo->nr_blocks && topo->blocks[k].id == first->id + (k - i) &&
		       target_has_block(target, size, &topo->blocks[k]))
			k++;
		rc = names_add(names, block_run_name(first->id, topo->blocks[k - 1].id, name,
						     sizeof(name)));
	}
	return rc;
}

static int add_target(const struct mhp_topology *topo, const struct target *target,
		      struct names *names)
{
	struct target found = *target;

	if (target->kind == TARGET_BLOCKS || target->kind == TARGET_ADDRESSES)
		return add_blocks(topo, target, names);
	return target_resolve(topo, &found, NULL) < 0 ? 0 : names_add(names, target->text);
}

static void make_empty(struct mhp_topology *topo)
{
	topo->nr_nodes = topo->nr_regions = topo->nr_namespaces = 0;
	topo->nr_dax = topo->nr_memdevs = topo->nr_blocks = 0;
}

int narrow(const struct narrowing *to, const struct mhp_topology *topo, struct mhp_topology **ret,
	   struct mhp_error *err)
{
	__attribute__((cleanup(names_free))) struct names names = { 0 };
	cleanup_topology struct mhp_topology *named = NULL;
	int rc = topology_copy(topo, &named);

	for (size_t i = 0; rc == 0 && i < to->nr_targets; i++) {
		size_t before = names.nr;

		rc = add_target(topo, &to->targets[i], &names);
		if (rc == 0 && names.nr == before && to->missing)
			to->missing(to->targets[i].text, to->data);
	}
	names.pointers = calloc(names.nr + 1, sizeof(*names.pointers));
	if (rc < 0 || !names.pointers)
		return err_errno(err, -ENOMEM, "targets");
	for (size_t i = 0; i < names.nr; i++)
		names.pointers[i] = names.text[i];
	if (names.nr)
		rc = mhp_topology_select(named, names.pointers, names.nr, err);
	else
		make_empty(named);
	*ret = rc < 0 ? NULL : TAKE_PTR(named);
	return rc;
}
