/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/space.h"
#include "lib/sys/kernel.h"
#include "lib/sys/meminfo.h"

#include <limits.h>

struct measuring {
	const struct idset *sources;
	uint64_t elsewhere;
	uint64_t own;
	struct idset with_memory; /* nodes */
	bool knows_memory;
	bool has_other;
	bool is_unknown;
};

static int add_node(const struct root *sys, const char *name, void *data)
{
	struct measuring *m = data;
	uint64_t node, bytes;

	if (root_name_id(name, "node", &node) < 0 || node > INT_MAX)
		return 0;
	bytes = meminfo_available(sys, (int)node);
	if (bytes == MHP_UNKNOWN) {
		m->is_unknown = true;
		return 0;
	}
	if (idset_has(m->sources, node)) {
		m->own += bytes;
	} else {
		m->elsewhere += bytes;
		m->has_other |= m->knows_memory ? idset_has(&m->with_memory, node) : bytes != 0;
	}
	return 0;
}

/* Reads which nodes have memory: a full one is still where the kernel moves pages to. */
static void read_nodes(const struct root *sys, struct measuring *m)
{
	char text[256];

	m->knows_memory = root_read(sys, KERNEL_NODES "/has_memory", text, sizeof(text)) == 0 &&
			  idset_parse(&m->with_memory, text) == 0;
}

bool space_measure(const struct root *sys, const struct idset *sources, struct space *space)
{
	struct measuring m = { .sources = sources };
	int rc;

	read_nodes(sys, &m);
	rc = root_each(sys, KERNEL_NODES, add_node, &m);
	idset_free(&m.with_memory);
	if (rc < 0 || m.is_unknown)
		return false;
	space->is_own_node = !m.has_other;
	space->bytes = m.has_other ? m.elsewhere : m.own;
	return true;
}
