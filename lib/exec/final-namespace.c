/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the namespaces of a run again at its end. */
#include "lib/base/error.h"
#include "lib/exec/chain-check.h"
#include "lib/exec/final-state.h"
#include "lib/sys/nd/nd.h"

#include <errno.h>
#include <string.h>

static bool wants_namespace(const struct chain_check *p)
{
	enum mhp_verb verb = p->x->plan->verb;

	return *p->chain->ns_name && chain_ended_well(p) &&
	       (verb == MHP_VERB_CREATE || verb == MHP_VERB_INIT ||
		chain_last_step(p, MHP_STEP_DESTROY_NAMESPACE));
}

/* The bus at the end of the run. */
struct bus {
	const struct mhp_region *regions;
	size_t nr_regions;
	const struct mhp_namespace *namespaces;
	size_t nr_namespaces;
};

/* Finds the namespace by its UUID; without one, by its name and start. */
static const struct mhp_namespace *find_namespace(const struct chain_check *p,
						  const struct bus *bus)
{
	const struct mhp_namespace *at = bus->namespaces;
	struct nd_identity identity;

	exec_identity(p->x, p->index, p->chain->ns_name, &identity);
	for (size_t i = 0; i < bus->nr_namespaces; i++) {
		if (*identity.id ? strcmp(at[i].id, identity.id) == 0
				 : strcmp(at[i].name, p->chain->ns_name) == 0 &&
					   (identity.start == MHP_UNKNOWN ||
					    at[i].start == identity.start))
			return &at[i];
	}
	return NULL;
}

/* Returns whether the region that had the namespace shows its namespaces: only then is it deleted.
 */
static bool shows_region(const struct chain_check *p, const struct bus *bus)
{
	const struct mhp_namespace *ns = topology_find_namespace(p->x->topo, p->chain->ns_name);
	const struct mhp_region *was = ns ? topology_find_region(p->x->topo, ns->region) : NULL;

	for (size_t i = 0; was && i < bus->nr_regions; i++) {
		const struct mhp_region *region = &bus->regions[i];

		if (strcmp(region->name, was->name) == 0)
			return region->is_enabled && region->size == was->size &&
			       region->start == was->start;
	}
	return false;
}

static void report_namespace(struct chain_check *p, enum mhp_step_type type, enum mhp_reason reason,
			     const char *what)
{
	struct mhp_error err = { 0 };

	err_set(&err, 0, reason, "%s: %s at the end of the run", p->chain->ns_name, what);
	err_hint(&err, 0,
		 "another program works on the region (ndctl, or a script); stop that, then "
		 "run this again");
	chain_report_failure(p, type, p->chain->ns_name, &err);
}

/* Reports a namespace that has lost its region: it may still be on the DIMMs. */
static void report_lost_region(struct chain_check *p)
{
	struct mhp_error err = { 0 };

	err_set(&err, 0, MHP_REASON_WENT_AWAY,
		"%s: its region is gone or disabled at the end of the run, so whether it still "
		"exists is not known",
		p->chain->ns_name);
	err_hint(&err, 0, "see mhpctl list once the region is back");
	chain_report_failure(p, MHP_STEP_DESTROY_NAMESPACE, p->chain->ns_name, &err);
}

static void check_destroyed(struct chain_check *p, const struct bus *bus,
			    const struct mhp_namespace *ns)
{
	if (ns && !topology_is_empty_region(p->x->topo, ns))
		report_namespace(p, MHP_STEP_DESTROY_NAMESPACE, MHP_REASON_CAME_BACK,
				 "exists again");
	else if (!ns && !shows_region(p, bus))
		report_lost_region(p);
}

static void check_namespace(struct chain_check *p, const struct bus *bus)
{
	const struct mhp_namespace *ns = find_namespace(p, bus);

	if (chain_last_step(p, MHP_STEP_DESTROY_NAMESPACE)) {
		check_destroyed(p, bus, ns);
	} else if (p->x->plan->verb == MHP_VERB_CREATE) {
		if (!ns)
			report_namespace(p, MHP_STEP_CREATE_NAMESPACE, MHP_REASON_WENT_AWAY,
					 "is missing");
	} else if (!ns || !ns->is_enabled) {
		report_namespace(p, MHP_STEP_ENABLE_NAMESPACE, MHP_REASON_WENT_AWAY,
				 ns ? "is not enabled" : "is missing");
	}
}

/* Reads the bus once more. *bus points to the objects in the reply. */
static int scan_bus(struct exec *x, struct reply *reply, struct bus *bus, struct mhp_error *err)
{
	struct nd_scan_head head = { 0 };
	struct child_result result;
	size_t offset;
	int rc;

	x->object = "the nvdimm bus";
	rc = exec_call(x, &(struct exec_task){ x->ctx->nd->scan, NULL, 0, 0 }, reply, &result, err);
	if (rc < 0)
		return rc;
	if (reply->len < sizeof(head))
		return err_errno(err, -EPROTO, "%s", x->object);
	memcpy(&head, reply->data, sizeof(head));
	offset = sizeof(head) + head.nr_regions * sizeof(struct mhp_region);
	if (reply->len < offset + head.nr_namespaces * sizeof(*bus->namespaces))
		return err_errno(err, -EPROTO, "%s", x->object);
	*bus = (struct bus){
		.regions = (const void *)(reply->data + sizeof(head)),
		.nr_regions = head.nr_regions,
		.namespaces = (const void *)(reply->data + offset),
		.nr_namespaces = head.nr_namespaces,
	};
	return 0;
}

void final_namespaces_read(struct exec *x, bool was_given_up)
{
	cleanup_reply struct reply reply = { 0 };
	struct mhp_error err = { 0 };
	struct bus bus = { 0 };
	bool any = false;
	int rc;

	for (uint32_t i = 0; i < x->plan->nr_chains; i++) {
		struct chain_check p = chain_check_of(x, i, was_given_up);

		any = any || wants_namespace(&p);
	}
	if (!any)
		return;
	rc = scan_bus(x, &reply, &bus, &err);
	for (uint32_t i = 0; i < x->plan->nr_chains; i++) {
		struct chain_check p = chain_check_of(x, i, was_given_up);

		if (!wants_namespace(&p))
			continue;
		if (rc == 0)
			check_namespace(&p, &bus);
		else
			chain_report_failure(&p, MHP_STEP_CREATE_NAMESPACE, p.chain->ns_name, &err);
	}
}
