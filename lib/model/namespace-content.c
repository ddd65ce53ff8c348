/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/model/namespace-content.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/sys/pool.h"
#include "lib/sys/nd/nd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_MS 10000
#define AT_ONCE 8 /* parallel reads; more would wait for the same media */

bool namespace_is_seen(const struct mhp_namespace *ns)
{
	return ns->content != MHP_CONTENT_UNKNOWN || *ns->content_text;
}

static bool is_named(const struct mhp_namespace *ns, const char (*names)[MHP_NAME_MAX], size_t nr)
{
	for (size_t i = 0; names && i < nr; i++)
		if (strcmp(names[i], ns->name) == 0)
			return true;
	return !names;
}

static void store_content(struct mhp_namespace *ns, const struct task_pool_task *task)
{
	const struct nd_looked *looked = (const struct nd_looked *)task->reply.data;

	if (task->result.rc == 0 && task->reply.len == sizeof(*looked)) {
		ns->content = looked->content;
		ns->record = looked->record;
		str_copy(ns->content_text, looked->content_text);
	} else if (task->result.end == CHILD_KILLED || task->result.end == CHILD_STUCK) {
		str_format(ns->content_text, "not known, it could not be read within %d seconds",
			   LOOK_MS / 1000);
	} else {
		str_format(ns->content_text, "not known, %.80s", task->err.message);
	}
	if (!namespace_is_seen(ns))
		str_copy(ns->content_text, "not known");
}

/* Marks contents as unknown: a copied tree has no devices. Returns how many these are. */
static int set_copied(struct mhp_topology *topo, const char (*names)[MHP_NAME_MAX], size_t nr_names)
{
	int nr = 0;

	for (size_t i = 0; i < topo->nr_namespaces; i++) {
		struct mhp_namespace *ns = &topo->namespaces[i];

		if (!is_named(ns, names, nr_names) || namespace_is_seen(ns))
			continue;
		str_copy(ns->content_text, "not known, a copied tree does not have it");
		nr++;
	}
	return nr;
}

int topology_read_content(struct mhp_ctx *ctx, struct mhp_topology *topo,
			  const char (*names)[MHP_NAME_MAX], size_t nr_names)
{
	const struct task_pool_watch watch = { .tick_ms = 0 };
	cleanup_free struct task_pool_task *tasks = calloc(topo->nr_namespaces + 1, sizeof(*tasks));
	size_t nr = 0;
	int rc;

	if (!tasks)
		return -ENOMEM;
	if (ctx->is_copy)
		return set_copied(topo, names, nr_names);
	for (size_t i = 0; i < topo->nr_namespaces; i++)
		if (is_named(&topo->namespaces[i], names, nr_names) &&
		    !namespace_is_seen(&topo->namespaces[i]))
			tasks[nr++] = (struct task_pool_task){
				.fn = ctx->nd->look,
				.arg = &topo->namespaces[i],
				.arg_size = sizeof(topo->namespaces[i]),
				.timeout_ms = LOOK_MS,
			};
	rc = nr ? task_pool_run(ctx, tasks, nr, AT_ONCE, &watch) : 0;
	for (size_t i = 0; i < nr; i++) {
		if (rc == 0)
			store_content((struct mhp_namespace *)tasks[i].arg, &tasks[i]);
		reply_free(&tasks[i].reply);
	}
	if (rc == 0 && nr && ctx_cancelled(ctx))
		rc = -ECANCELED;
	return rc < 0 ? rc : (int)nr;
}
