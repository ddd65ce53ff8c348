/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans the way of CXL memory devices and regions, from any state, to memory or to dax devices. */
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/base/range.h"
#include "lib/model/dax-region.h"
#include "lib/plan/cxl.h"

#include <errno.h>
#include <string.h>

static const char *command_of(const struct planner *p)
{
	return p->request->verb == MHP_VERB_CREATE ? "create" : "online";
}

/* ---- regions ------------------------------------------------------------------------------- */

static int refuse_persistent(const struct mhp_cxl_region *region, struct mhp_error *err)
{
	err_set(err, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED,
		"cxl/%s: is persistent, and not used as such", region->name);
	return err_hint(err, -EOPNOTSUPP, "its memory is that of an NVDIMM region: name nd/%s",
			region->name);
}

/* Refuses a region without all its members; first for memory that was lost with one of them. */
static int refuse_incomplete(const struct planner *p, const struct mhp_cxl_region *region,
			     struct mhp_error *err)
{
	unsigned nr = 0;
	int rc = cxl_check_memory(p, region, err);

	if (rc < 0)
		return rc;
	for (unsigned i = 0; i < region->nr_members; i++)
		nr += *region->members[i].decoder != '\0';
	err_set(err, -EBUSY, MHP_REASON_IN_USE,
		"cxl/%s: is incomplete, with %u of %u members: another program is creating it, or "
		"left it behind",
		region->name, nr, region->nr_members);
	return err_hint(err, -EBUSY,
			"mhpctl remove cxl/%s --destroy removes it; if the firmware made it, a "
			"memory device is missing or has failed",
			region->name);
}

static int create_dax(struct planner *p, const struct mhp_dax *dax, struct mhp_error *err)
{
	int rc = plan_check_driver(dax, err);

	if (rc < 0)
		return rc;
	if (dax->mode == MHP_DAX_DEVDAX || dax->mode == MHP_DAX_UNBOUND)
		return plan_init_dax(p, dax, err);
	err_set(err, -EEXIST, MHP_REASON_MISMATCH, "%s: %s exists, and is system memory",
		p->target->target.text, dax->name);
	return err_hint(err, -EEXIST, "mhpctl remove %s takes it offline, and back to mode devdax",
			dax->name);
}

/* Plans the dax devices of a region that have memory, or for an online, one of all its space. */
static int up_devices(struct planner *p, const struct mhp_cxl_region *region, struct mhp_error *err)
{
	const struct mhp_dax_region *parts = topology_find_dax_region(p->topo, region->name);
	bool is_create = p->request->verb == MHP_VERB_CREATE;
	int nr = 0, rc;

	if (!is_create && parts)
		return plan_online_whole(p, parts, err);
	for (size_t i = 0; i < p->topo->nr_dax; i++) {
		const struct mhp_dax *dax = &p->topo->dax[i];

		if (strcmp(dax->cxl_region, region->name) != 0 || dax_has_no_memory(dax))
			continue;
		rc = is_create ? create_dax(p, dax, err) : plan_online_dax(p, dax, err);
		if (rc < 0)
			return rc;
		nr++;
	}
	if (nr)
		return 0;
	return err_hint(err,
			err_set(err, -ENOSPC, MHP_REASON_NO_SPACE,
				"%s: the dax devices of cxl/%s have no memory",
				p->target->target.text, region->name),
			"mhpctl create cxl/%s makes one", region->name);
}

/* Plans for an enabled region without a dax device: it lacks a module, or is boot memory. */
static int up_without_device(struct planner *p, const struct mhp_cxl_region *region,
			     struct mhp_error *err)
{
	int rc;

	if (*region->dax_region && !p->topo->has_dax_cxl && !p->plan->second_round) {
		p->plan->partial = true;
		return plan_module(p, "dax_cxl", false, "it makes the dax devices of CXL regions");
	}
	if (p->request->verb == MHP_VERB_ONLINE && region->size &&
	    region->is_from_firmware == MHP_TRISTATE_YES && region->online_bytes == region->size)
		return plan_warn(p,
				 "cxl/%s is ordinary memory: the firmware gave it to the kernel at "
				 "boot",
				 region->name);
	rc = cxl_check_memory(p, region, err);
	if (rc < 0)
		return rc;
	err_set(err, -ENXIO, MHP_REASON_UNSUPPORTED, "cxl/%s: has no dax device", region->name);
	return err_hint(
		err, -ENXIO,
		"if another program has just enabled it, try again; mhpctl doctor shows what "
		"is missing, and the kernel log may say why");
}

/* Plans for a complete region without a driver. */
static int up_idle(struct planner *p, const struct mhp_cxl_region *region, struct mhp_error *err)
{
	struct cxl_way way = {
		.region = region->name,
		.commit = region->state == MHP_CXL_STATE_UNCOMMITTED,
		.size = region->size,
	};
	uint32_t chain;
	bool is_new = false;
	int rc = cxl_check_memory(p, region, err);

	way.has_range = cxl_region_range(region, &way.range);
	if (rc == 0 && !way.has_range)
		rc = plan_unseen(p, region->name, PLAN_ADDRESSES, err);
	if (rc == 0)
		rc = cxl_region_chain(p, region, &chain, &is_new);
	if (rc < 0 || !is_new)
		return rc;
	return cxl_add_way(p, chain, &way);
}

int cxl_up_region(struct planner *p, const struct mhp_cxl_region *region, struct mhp_error *err)
{
	int rc;

	if (cxl_is_persistent(region))
		return refuse_persistent(region, err);
	rc = cxl_check_seen(p, region, err);
	if (rc < 0)
		return rc;
	switch (region->state) {
	case MHP_CXL_STATE_INCOMPLETE:
		return refuse_incomplete(p, region, err);
	case MHP_CXL_STATE_ENABLED:
		return cxl_has_dax(p->topo, region) ? up_devices(p, region, err)
						    : up_without_device(p, region, err);
	default:
		return up_idle(p, region, err);
	}
}

/* ---- memory devices of the request --------------------------------------------------------- */

static int check_options(const struct planner *p, struct mhp_error *err)
{
	const struct mhp_request *r = p->request;

	if (r->name || r->map || r->init_labels)
		return err_usage(err, "leave out --name, --map and --init-labels",
				 "%s: only namespaces have a name, a map and labels",
				 p->target->target.text);
	if (r->align)
		return err_usage(err, "mhpctl resize --align changes that of a dax device",
				 "%s: the alignment of a new dax device of CXL memory is the "
				 "kernel's choice",
				 p->target->target.text);
	return 0;
}

static bool has_card(const struct cxl_cards *cards, const char *name)
{
	for (unsigned i = 0; i < cards->nr; i++)
		if (strcmp(cards->at[i]->name, name) == 0)
			return true;
	return false;
}

static int add_card(const struct planner *p, const char *name, struct cxl_cards *cards,
		    struct mhp_error *err)
{
	if (has_card(cards, name))
		return 0;
	if (cards->nr == MHP_CXL_WAYS_MAX)
		return err_usage(err, "without --interleave each gets a region of its own",
				 "a CXL region has at most %d memory devices", MHP_CXL_WAYS_MAX);
	cards->at[cards->nr++] = topology_find_cxl_memdev(p->topo, name);
	return 0;
}

/* Collects the memory devices that share a region with the current target. */
static int collect_cards(const struct planner *p, struct cxl_cards *cards, struct mhp_error *err)
{
	int rc = 0;

	if (!p->request->interleave)
		return add_card(p, p->target->target.name, cards, err);
	for (size_t i = 0; i < p->request->nr_targets && rc == 0; i++) {
		struct target target;

		rc = target_parse(p->request->targets[i], &target, err);
		if (rc == 0)
			rc = target_resolve(p->topo, &target, err);
		if (rc == 0)
			rc = add_card(p, target.name, cards, err);
	}
	if (rc < 0 || cards->nr > 1)
		return rc;
	return err_usage(err, "mhpctl online --interleave mem0 mem1",
			 "one memory device cannot be interleaved");
}

static int add_enable(struct planner *p, uint32_t chain, const struct mhp_cxl_memdev *card)
{
	struct cxl_setup *cxl = &p->plan->chains[chain].cxl;
	struct mhp_step *step;
	int rc = plan_module(p, "cxl_acpi", p->topo->has_cxl_acpi, "it finds the CXL windows");

	if (rc == 0)
		rc = plan_module(p, "cxl_port", p->topo->has_cxl_port,
				 "it finds the decoders of memory devices");
	if (rc == 0)
		rc = plan_module(p, "cxl_mem", p->topo->has_cxl_mem,
				 "it is the driver of CXL memory devices");
	step = rc == 0 ? plan_step(p, MHP_STEP_ENABLE_MEMDEV, chain, "%s", card->name) : NULL;
	if (!step)
		return -ENOMEM;
	str_format(step->why, "%s has no driver", card->name);
	str_copy(step->needs, "later steps depend on its decoders");
	str_copy(step->undo, "unbind it from its driver");
	cxl->ways = 1; /* identifies the card; the chain has no region */
	str_copy(cxl->members[0].memdev, card->name);
	cxl->members[0].serial = card->serial;
	return 0;
}

/* Plans to bind the memory devices without a driver. Returns how many there are. */
static int enable_cards(struct planner *p, const struct cxl_cards *cards)
{
	int nr = 0, rc = 0;

	for (unsigned i = 0; i < cards->nr && rc == 0; i++) {
		uint32_t chain;
		bool is_new = false;

		if (cards->at[i]->is_enabled)
			continue;
		nr++;
		rc = plan_chain(p, cards->at[i]->name, &chain, &is_new);
		if (rc < 0 || !is_new || p->plan->second_round) /* it failed, and was reported */
			continue;
		p->plan->partial = true;
		rc = add_enable(p, chain, cards->at[i]);
	}
	return rc < 0 ? rc : nr;
}

/* ---- regions of memory devices ------------------------------------------------------------- */

/* Returns how many of the memory devices are members of the region. */
static unsigned count_cards(const struct mhp_cxl_region *region, const struct cxl_cards *cards)
{
	unsigned nr = 0;

	for (unsigned i = 0; i < cards->nr; i++)
		nr += cxl_has_card(region, cards->at[i]->name);
	return nr;
}

static bool has_no_member(const struct mhp_cxl_region *region)
{
	for (unsigned i = 0; i < region->nr_members; i++)
		if (*region->members[i].decoder)
			return false;
	return true;
}

/* Returns whether the request would make the region as it is. */
static bool is_as_asked(const struct planner *p, const struct mhp_cxl_region *region,
			const struct cxl_cards *cards)
{
	uint64_t bytes = p->request->bytes;

	if (p->request->interleave &&
	    (region->nr_members != cards->nr || count_cards(region, cards) != cards->nr))
		return false;
	return !bytes || cxl_is_sized(region, bytes);
}

/*
 * Returns whether a killed run has begun the region, and it cannot be continued: members are
 * missing, or the request asks for another one.
 */
static bool is_abandoned(const struct planner *p, const struct mhp_cxl_region *region,
			 const struct cxl_cards *cards)
{
	if (!region->is_begun || cxl_is_persistent(region))
		return false;
	switch (region->state) {
	case MHP_CXL_STATE_INCOMPLETE:
		return has_no_member(region) || count_cards(region, cards);
	case MHP_CXL_STATE_UNCOMMITTED:
	case MHP_CXL_STATE_COMMITTED:
		return count_cards(region, cards) && !is_as_asked(p, region, cards);
	default:
		return false;
	}
}

/* Plans to destroy what killed runs have left, and cannot be continued. Returns how many. */
static int destroy_abandoned(struct planner *p, const struct cxl_cards *cards,
			     struct mhp_error *err)
{
	int nr = 0, rc = 0;

	for (size_t i = 0; i < p->topo->nr_cxl_regions && rc == 0; i++) {
		const struct mhp_cxl_region *region = &p->topo->cxl_regions[i];

		if (!is_abandoned(p, region, cards))
			continue;
		nr++;
		if (p->plan->second_round) /* the step failed, and was reported */
			continue;
		rc = cxl_check_memory(p, region, err);
		if (rc == 0)
			rc = cxl_add_destroy(p, region, "a killed run has begun it");
		p->plan->partial = true;
	}
	return rc < 0 ? rc : nr;
}

/* Refuses options that an existing region does not have. */
static int check_same(const struct planner *p, const struct mhp_cxl_region *region,
		      struct mhp_error *err)
{
	const struct mhp_request *r = p->request;
	const char *what = NULL;

	if (r->window && strcmp(r->window, region->window) != 0)
		what = "window";
	else if (r->granularity && r->granularity != region->granularity)
		what = "granularity";
	if (!what)
		return 0;
	err_set(err, -EEXIST, MHP_REASON_MISMATCH, "%s: cxl/%s exists with another %s",
		p->target->target.text, region->name, what);
	return err_hint(err, -EEXIST, "leave out --%s, or run mhpctl remove cxl/%s --destroy first",
			what, region->name);
}

/* Refuses one region over memory devices of which some have a region already. */
static int refuse_taken(const struct mhp_cxl_region *region, const struct cxl_cards *cards,
			struct mhp_error *err)
{
	const char *name = cards->at[0]->name;

	for (unsigned i = 0; i < cards->nr; i++)
		if (cxl_has_card(region, cards->at[i]->name))
			name = cards->at[i]->name;
	err_set(err, -EEXIST, MHP_REASON_MISMATCH, "%s: is a member of cxl/%s", name, region->name);
	return err_hint(err, -EEXIST,
			"mhpctl remove cxl/%s --destroy gives it back; with --size, a region is "
			"made of what is free",
			region->name);
}

/* Plans the regions that the request means. Returns 1, 0 if there is none, or a negative errno. */
static int up_existing(struct planner *p, const struct cxl_cards *cards, struct mhp_error *err)
{
	const struct mhp_cxl_region *other = NULL;
	int rc = 0, nr = 0;

	for (size_t i = 0; i < p->topo->nr_cxl_regions && rc == 0; i++) {
		const struct mhp_cxl_region *region = &p->topo->cxl_regions[i];

		if (!count_cards(region, cards) || cxl_is_persistent(region))
			continue;
		if (region->state == MHP_CXL_STATE_INCOMPLETE)
			return refuse_incomplete(p, region, err);
		if (!is_as_asked(p, region, cards) || (nr && p->request->bytes)) {
			other = region;
			continue;
		}
		nr++;
		rc = check_same(p, region, err);
		if (rc == 0)
			rc = cxl_up_region(p, region, err);
	}
	if (rc == 0 && !nr && other && !p->request->bytes)
		return refuse_taken(other, cards, err);
	return rc < 0 ? rc : nr > 0;
}

static int warn_of_rest(struct planner *p, const struct cxl_cards *cards)
{
	int rc = 0;

	for (unsigned i = 0; i < cards->nr && rc == 0; i++) {
		if (!p->request->interleave)
			rc = cxl_warn_of_others(p, cards->at[i]->name);
		if (rc == 0 && !p->request->bytes)
			rc = cxl_warn_of_rest(p, cards->at[i]);
	}
	return rc;
}

int cxl_warn_of_rest(struct planner *p, const struct mhp_cxl_memdev *memdev)
{
	uint64_t bytes = align_down(cxl_memdev_free(memdev), CXL_PIECE);
	const char *lacks = cxl_lacks_decoder(memdev);
	char rest[24], buf[40];
	const char *options = cxl_rest_options(p->topo, memdev, buf, sizeof(buf));

	if (!bytes)
		return 0;
	format_size(bytes, rest, sizeof(rest));
	if (lacks)
		return plan_warn(
			p,
			"%s: %s of this CXL device are in no region and stay unused: %s has "
			"no free decoder for another region",
			memdev->name, rest, lacks);
	if (options)
		return plan_warn(p,
				 "%s: %s of this CXL device are in no region and stay unused; "
				 "mhpctl %s %s%s makes one",
				 memdev->name, rest, command_of(p), memdev->name, options);
	return plan_warn(
		p,
		"%s: %s of this CXL device are in no region and stay unused; mhpctl remove "
		"--destroy %s, then mhpctl %s %s makes one region of all",
		memdev->name, rest, memdev->name, command_of(p), memdev->name);
}

int cxl_up_card(struct planner *p, struct mhp_error *err)
{
	struct cxl_cards cards = { .nr = 0 };
	int rc = check_options(p, err), nr = 0;

	if (rc == 0)
		rc = collect_cards(p, &cards, err);
	if (rc == 0)
		rc = nr = enable_cards(p, &cards);
	if (rc >= 0)
		rc = destroy_abandoned(p, &cards, err);
	if (rc < 0 || rc + nr > 0) /* the rest is planned after these steps */
		return rc < 0 ? rc : 0;
	rc = up_existing(p, &cards, err);
	if (rc > 0)
		return warn_of_rest(p, &cards);
	return rc < 0 ? rc : cxl_plan_new(p, &cards, err);
}
