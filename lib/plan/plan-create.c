/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans a devdax namespace on a region, and labels if they are needed and permitted. */
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/base/range.h"
#include "lib/plan/cost.h"
#include "lib/plan/data.h"

#include <errno.h>
#include <string.h>

#define LEAST_SIZE \
	(16ULL << 20) /* drivers/nvdimm: ND_MIN_NAMESPACE_SIZE, unless that is the page size */

/* ---- existing namespaces ------------------------------------------------------------------- */

/* Returns the single namespace of a label-less region, or NULL. */
static const struct mhp_namespace *namespace_on(const struct planner *p,
						const struct mhp_region *region)
{
	for (size_t i = 0; i < p->topo->nr_namespaces; i++)
		if (strcmp(p->topo->namespaces[i].region, region->name) == 0)
			return &p->topo->namespaces[i];
	return NULL;
}

static bool needs_labels(const struct planner *p, const struct mhp_region *region)
{
	const struct mhp_request *r = p->request;

	if (region->has_labels)
		return false;
	return r->init_labels || r->name || (r->bytes && r->bytes < region->size);
}

static int fail_occupied(const struct mhp_namespace *ns, struct mhp_error *err)
{
	err_set(err, -EBUSY, MHP_REASON_IN_USE, "%s: %s exists, in mode %s", ns->region, ns->name,
		mhp_namespace_mode_name(ns->mode));
	return err_hint(err, -EBUSY, "to discard its data: mhpctl destroy %s", ns->name);
}

/* ---- labels ------------------------------------------------------------------------------ */

static int ask_raw(struct planner *p, const struct mhp_namespace *ns)
{
	char what[96];

	str_format(what, "lose the data on the raw namespace %s", ns->name);
	return plan_ask_data(p, DATA_USE_OVERWRITE, ns, NULL, what);
}

static int plan_labels(struct planner *p, uint32_t chain, const struct mhp_region *region,
		       const struct mhp_namespace *ns, struct mhp_error *err)
{
	struct mhp_step *step;
	int rc = 0;

	if (!region->can_label)
		return err_hint(err,
				err_set(err, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED,
					"%s: its DIMMs have no label area", region->name),
				"without labels one namespace takes the whole region: leave out "
				"--size, --name and --init-labels");
	if (ns && ns->mode != MHP_NAMESPACE_RAW)
		return fail_occupied(ns, err);
	if (!p->request->init_labels)
		rc = plan_consent(p, MHP_CONSENT_LABELS, "write a label index on the DIMMs of %s",
				  region->name);
	if (rc == 0 && ns)
		rc = ask_raw(p, ns);
	step = rc == 0 ? plan_step(p, MHP_STEP_INIT_LABELS, chain, "%s", region->name) : NULL;
	if (!step)
		return -ENOMEM;
	step->overwrite = ns && ns->content != MHP_CONTENT_ZERO; /* with consent, see ask_raw() */
	str_format(step->why, "%s has no labels%s", region->name,
		   p->request->init_labels ? "" : ", and a size or a name needs them");
	return 0;
}

/* ---- size -------------------------------------------------------------------------------- */

static int fail_no_space(const struct mhp_region *region, uint64_t wanted, uint64_t free_bytes,
			 struct mhp_error *err)
{
	char want[24], have[24];

	err_set(err, -ENOSPC, MHP_REASON_NO_SPACE,
		"%s: no space for %s, the largest free extent is %s", region->name,
		format_size(wanted, want, sizeof(want)),
		format_size(free_bytes, have, sizeof(have)));
	return err_hint(err, -ENOSPC,
			free_bytes < LEAST_SIZE ? "mhpctl list shows the namespaces of the "
						  "region"
						: "use a smaller --size, or leave it out");
}

int plan_warn_of_rest(struct planner *p, const struct mhp_region *region, uint64_t takes)
{
	uint64_t least = cost_size_unit(region, plan_align(p, region)),
		 piece_size = takes ? region->max_extent_bytes : 0;
	uint64_t rest =
		region->available_bytes > piece_size ? region->available_bytes - piece_size : 0;
	char left[24], piece[24];

	/* an explicit size leaves space on purpose; a label-less region has one namespace */
	if (p->request->bytes || !region->has_labels || region->available_bytes == MHP_UNKNOWN ||
	    rest < (least > LEAST_SIZE ? least : LEAST_SIZE))
		return 0;
	format_size(rest, left, sizeof(left));
	if (takes)
		return plan_warn(
			p,
			"%s: %s of it stay free: a namespace is contiguous, and the largest "
			"free extent has %s; mhpctl create %s makes another one",
			region->name, left, format_size(takes, piece, sizeof(piece)), region->name);
	return plan_warn(p,
			 "%s: %s of it stay free, as it has a namespace; mhpctl create %s makes "
			 "another one",
			 region->name, left, region->name);
}

/* Chooses the size of the new namespace, 0 for the whole region; *takes is the real size. */
static int choose_size(struct planner *p, const struct mhp_region *region, bool new_labels,
		       uint64_t align, uint64_t *size, uint64_t *takes, struct mhp_error *err)
{
	uint64_t unit = cost_size_unit(region, align);
	uint64_t space =
		!region->has_labels || new_labels ? region->size : region->max_extent_bytes;
	uint64_t wanted = p->request->bytes;
	char asked[24], given[24];

	*size = align_up(wanted, unit);
	*takes = *size ? *size : align_down(space, unit);
	if (!region->has_labels && !new_labels) {
		if (wanted > region->size)
			return fail_no_space(region, wanted, region->size, err);
		*size = 0;
		*takes = region->size;
		return 0;
	}
	if (*size > space || *takes < LEAST_SIZE)
		return fail_no_space(region, wanted ? wanted : LEAST_SIZE, space, err);
	if (*size != wanted)
		return plan_warn(p, "%s: %s is rounded up to %s, a multiple of the alignment",
				 region->name, format_size(wanted, asked, sizeof(asked)),
				 format_size(*size, given, sizeof(given)));
	if (!*size)
		*size = *takes;
	return new_labels ? 0 : plan_warn_of_rest(p, region, *takes);
}

static int check_align(const struct mhp_region *region, uint64_t align, uint64_t takes,
		       struct mhp_error *err)
{
	char text[24];

	if (takes > align && region->size > align)
		return 0;
	return err_set(err, -ENOSPC, MHP_REASON_NO_SPACE, "%s: too small for an alignment of %s",
		       region->name, format_size(align, text, sizeof(text)));
}

/* ---- the step ---------------------------------------------------------------------------- */

static int ask_overwrite(struct planner *p, const struct mhp_namespace *ns, bool *overwrite)
{
	if (!ns || ns->content == MHP_CONTENT_ZERO)
		return 0;
	*overwrite = true;
	return ask_raw(p, ns);
}

/* The state of a region before the creation of a namespace. */
enum region_state {
	REGION_HAS_LABELS,   /* it can have several namespaces */
	REGION_GETS_LABELS,  /* the request needs labels, which are missing */
	REGION_IS_ONE,	     /* without labels: one namespace, raw or missing */
	REGION_IS_TAKEN,     /* without labels: its namespace is not raw */
	REGION_NOT_SEEN_YET, /* its namespace is disabled: the info block is not known yet */
};

static enum region_state state_of(const struct planner *p, const struct mhp_region *region,
				  const struct mhp_namespace *ns)
{
	if (region->has_labels)
		return REGION_HAS_LABELS;
	if (ns && ns->mode == MHP_NAMESPACE_RAW && !ns->is_enabled)
		return REGION_NOT_SEEN_YET;
	if (needs_labels(p, region))
		return REGION_GETS_LABELS;
	return ns && ns->mode != MHP_NAMESPACE_RAW ? REGION_IS_TAKEN : REGION_IS_ONE;
}

static struct mhp_step *create_step(struct planner *p, uint32_t chain,
				    const struct mhp_region *region)
{
	const struct mhp_request *r = p->request;
	struct mhp_step *step = plan_step(p, MHP_STEP_CREATE_NAMESPACE, chain, "%s", region->name);

	if (!step)
		return NULL;
	step->map = r->map ? r->map : MHP_MEMMAP_MEM;
	if (r->name)
		str_copy(step->label, r->name);
	str_format(step->why, "%s has no devdax namespace", region->name);
	str_copy(step->undo, "destroy the namespace");
	return step;
}

/* Plans the steps before the creation. */
static int plan_before_creation(struct planner *p, uint32_t chain, const struct mhp_region *region,
				const struct mhp_namespace *ns, enum region_state state,
				bool *overwrite, struct mhp_error *err)
{
	int rc = 0;

	if (state == REGION_GETS_LABELS)
		rc = plan_labels(p, chain, region, ns, err);
	else if (state == REGION_IS_TAKEN)
		rc = fail_occupied(ns, err);
	else if (state == REGION_IS_ONE)
		rc = ask_overwrite(p, ns, overwrite);
	return rc < 0 ? rc : plan_dax_modules(p);
}

int plan_create_on(struct planner *p, uint32_t chain, const struct mhp_region *region,
		   bool for_kmem, struct mhp_error *err)
{
	const struct mhp_namespace *ns = region->has_labels ? NULL : namespace_on(p, region);
	enum region_state state = state_of(p, region, ns);
	uint64_t align = plan_align(p, region), size, takes;
	bool overwrite = false;
	struct mhp_step *step;
	int rc = plan_check_align(p, region, err);

	if (rc < 0)
		return rc;
	if (state == REGION_NOT_SEEN_YET) {
		p->plan->partial = true;
		return plan_enable(p, chain, ns);
	}
	rc = choose_size(p, region, state == REGION_GETS_LABELS, align, &size, &takes, err);
	if (rc == 0)
		rc = check_align(region, align, takes, err);
	if (rc == 0)
		rc = plan_before_creation(p, chain, region, ns, state, &overwrite, err);
	if (rc < 0)
		return rc;
	step = create_step(p, chain, region);
	if (!step)
		return -ENOMEM;
	step->size = size;
	step->align = align;
	step->is_direct_to_kmem = for_kmem;
	step->overwrite = overwrite;
	if (state == REGION_IS_ONE && ns && !overwrite)
		str_format(step->needs, "all samples of %s are zero", ns->name);
	return 0;
}

/* Looks for a namespace of the requested name. 1: exists, 0: missing, -EEXIST: it differs. */
static int find_same_name(const struct planner *p, const struct mhp_region *region,
			  const struct mhp_namespace **found, struct mhp_error *err)
{
	const struct mhp_request *r = p->request;

	for (size_t i = 0; r->name && i < p->topo->nr_namespaces; i++) {
		const struct mhp_namespace *ns = &p->topo->namespaces[i];

		if (strcmp(ns->region, region->name) != 0 || strcmp(ns->label, r->name) != 0)
			continue;
		if (ns->mode == MHP_NAMESPACE_DEVDAX &&
		    plan_check_same(p->topo, r, ns, NULL) == 0) {
			*found = ns;
			return 1;
		}
		err_set(err, -EEXIST, MHP_REASON_MISMATCH,
			"%s: %s already has the name \"%s\" and differs from what is requested",
			region->name, ns->name, r->name);
		return err_hint(err, -EEXIST, "choose another name, or destroy %s first", ns->name);
	}
	return 0;
}

/* Returns whether the creation of a namespace has ended, and its device has a driver. */
static bool is_usable(const struct planner *p, const struct mhp_namespace *ns)
{
	const struct mhp_dax *dax = topology_find_dax(p->topo, ns->device);

	return namespace_is_whole(ns) && !(dax && dax->mode == MHP_DAX_UNBOUND);
}

/* ---- namespaces that a killed run has begun ------------------------------------------------ */

/*
 * Returns true for a namespace without a name that a killed run was creating, and that nobody can
 * use.
 */
static bool is_half_made(const struct planner *p, const struct mhp_region *region,
			 const struct mhp_namespace *ns)
{
	return ns->is_begun && !*ns->label && strcmp(ns->region, region->name) == 0 &&
	       !is_usable(p, ns);
}

/*
 * Returns whether the request would create it as it is: without a size it takes all that is free.
 */
static bool is_as_requested(const struct planner *p, const struct mhp_region *region,
			    const struct mhp_namespace *ns)
{
	return ns->mode == MHP_NAMESPACE_DEVDAX &&
	       plan_check_same(p->topo, p->request, ns, NULL) == 0 &&
	       (p->request->bytes || region->max_extent_bytes < LEAST_SIZE);
}

/*
 * Plans to continue a half-made namespace that the request would create. Others are destroyed, and
 * the next round creates one. Returns 1 if there is one.
 */
static int plan_half_made(struct planner *p, const struct mhp_region *region, struct mhp_error *err)
{
	int rc = 0, nr = 0;

	if (p->request->name || !region->has_labels)
		return 0;
	for (size_t i = 0; i < p->topo->nr_namespaces; i++) {
		const struct mhp_namespace *ns = &p->topo->namespaces[i];

		if (!is_half_made(p, region, ns) || !is_as_requested(p, region, ns))
			continue;
		rc = plan_init_namespace(p, ns, err);
		return rc < 0 ? rc : 1;
	}
	for (size_t i = 0; i < p->topo->nr_namespaces && rc >= 0; i++)
		if (is_half_made(p, region, &p->topo->namespaces[i])) {
			rc = plan_destroy_namespace(p, &p->topo->namespaces[i]);
			p->plan->partial = true;
			nr++;
		}
	return rc < 0 ? rc : nr > 0;
}

/* Plans a new namespace; on a disabled region it can be planned once that is enabled. */
static int plan_new_namespace(struct planner *p, const struct mhp_region *region,
			      struct mhp_error *err)
{
	struct mhp_step *step;
	uint32_t chain;
	bool is_new = false;
	int rc = plan_chain(p, region->name, &chain, &is_new);

	if (rc < 0 || !is_new)
		return rc;
	str_copy(p->plan->chains[chain].region, region->name);
	rc = plan_lock_region(p, region->name);
	if (rc < 0)
		return rc;
	if (region->is_enabled)
		return plan_create_on(p, chain, region, false, err);
	p->plan->partial = true;
	step = plan_step(p, MHP_STEP_ENABLE_REGION, chain, "%s", region->name);
	if (!step)
		return -ENOMEM;
	str_format(step->why, "%s is disabled", region->name);
	return 0;
}

int plan_create_target(struct planner *p, struct mhp_error *err)
{
	const struct target *target = &p->target->target;
	const struct mhp_namespace *same = NULL;
	const struct mhp_region *region;
	uint32_t chain;
	bool is_new;
	int rc;

	if (target->kind == TARGET_DAX_REGION || target->kind == TARGET_CXL_REGION)
		return plan_create_part(p, err);
	if (target->kind != TARGET_REGION)
		return err_hint(err,
				err_set(err, -EINVAL, MHP_REASON_USAGE,
					"%s: is neither an NVDIMM region nor a dax region",
					target->text),
				"namespaces are created on NVDIMM regions, such as region0, and "
				"dax devices on dax regions, such as dax_region0");
	region = topology_find_region(p->topo, target->name);
	rc = plan_region_usable(p, region, err);
	if (rc == 0)
		rc = find_same_name(p, region, &same, err);
	if (rc == 0)
		rc = plan_check_align(p, region, err);
	if (rc < 0)
		return rc;
	if (same)
		return is_usable(p, same) ? plan_chain(p, region->name, &chain, &is_new)
					  : plan_init_namespace(p, same, err);
	rc = plan_half_made(p, region, err);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	return plan_new_namespace(p, region, err);
}
