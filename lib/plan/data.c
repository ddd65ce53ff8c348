/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/plan/data.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/base/vec.h"
#include "lib/model/namespace-content.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

/*
 * Returns whether memory is volatile. CXL regions with a dax device are: persistent ones are nvdimm
 * regions.
 */
static bool is_volatile(const struct data_facts *facts)
{
	return !facts->has_namespace && facts->has_device &&
	       (facts->origin == MHP_ORIGIN_CXL || facts->origin == MHP_ORIGIN_SOFT_RESERVED);
}

/*
 * Returns whether it is system memory, so that its data is lost already. Offline blocks have
 * overwritten nothing: for a destroy, a block has to be online.
 */
static bool is_memory(const struct data_facts *facts)
{
	if (!facts->has_device || facts->dax_mode != MHP_DAX_SYSTEM_RAM)
		return false;
	return facts->use == DATA_USE_MEMORY || facts->is_in_use;
}

bool may_hold_data(const struct data_facts *facts)
{
	if (is_volatile(facts) || is_memory(facts))
		return false;
	return facts->record != MHP_RECORD_VALID && facts->content != MHP_CONTENT_ZERO;
}

static struct data_facts facts_of(enum data_use use, const struct mhp_namespace *ns,
				  const struct mhp_dax *dax)
{
	struct data_facts facts = { .use = use };

	if (ns) {
		facts.has_namespace = true;
		facts.mode = ns->mode;
		facts.is_enabled = ns->is_enabled;
		facts.content = ns->content;
		facts.record = ns->record;
	}
	if (dax) {
		facts.has_device = true;
		facts.dax_mode = dax->mode;
		facts.origin = dax->origin;
		facts.is_in_use = dax->blocks_online != MHP_UNKNOWN && dax->blocks_online;
		/* an unreadable namespace may have data */
		facts.has_namespace |= *dax->ns_name || *dax->region;
	}
	return facts;
}

static bool is_among(const char *uuids, const char *uuid)
{
	const size_t len = strlen(uuid);

	for (uuids += strspn(uuids, " \t"); len && *uuids; uuids += strspn(uuids, " \t")) {
		size_t word = strcspn(uuids, " \t");

		if (word == len && strncasecmp(uuids, uuid, len) == 0)
			return true;
		uuids += word;
	}
	return false;
}

static bool is_agreed(const struct planner *p, const struct mhp_namespace *ns)
{
	const struct mhp_request *r = p->request;

	if (r->agreed & MHP_CONSENT_DATA)
		return true;
	return ns && r->agreed_uuids &&
	       (is_among(r->agreed_uuids, ns->uuid) || is_among(r->agreed_uuids, ns->id));
}

/* Requests the content of this namespace for the next scan: see scan_for() in lib/exec/scan.h. */
static int request_content(struct planner *p, const struct mhp_namespace *ns)
{
	char(*look)[MHP_NAME_MAX];

	if (!ns || namespace_is_seen(ns))
		return 0;
	look = VEC_PUSH(p->plan->looks, p->plan->nr_looks);
	if (!look)
		return -ENOMEM;
	str_copy(*look, ns->name);
	return 0;
}

bool plan_may_overwrite(struct planner *p, const struct mhp_namespace *ns)
{
	const struct data_facts facts = facts_of(DATA_USE_OVERWRITE, ns, NULL);

	if (may_hold_data(&facts) && request_content(p, ns) < 0)
		return false;
	return !may_hold_data(&facts) || is_agreed(p, ns);
}

static void describe_loss(struct mhp_loss *loss, const struct mhp_namespace *ns,
			  const struct mhp_dax *dax)
{
	if (ns) {
		str_copy(loss->object, ns->name);
		str_copy(loss->uuid, *ns->uuid ? ns->uuid : ns->id);
		loss->mode = mhp_namespace_mode_name(ns->mode);
		loss->size = ns->size;
		loss->content = ns->content;
		str_copy(loss->content_text, ns->content_text);
	} else if (dax) {
		str_copy(loss->object, dax->name);
		loss->mode = mhp_dax_mode_name(dax->mode);
		loss->size = dax->size;
	}
	if (!*loss->content_text)
		str_copy(loss->content_text, "not known");
}

int plan_ask_data(struct planner *p, enum data_use use, const struct mhp_namespace *ns,
		  const struct mhp_dax *dax, const char *what)
{
	const struct data_facts facts = facts_of(use, ns, dax);
	struct mhp_loss *loss;
	char size[24];

	if (!may_hold_data(&facts))
		return 0;
	if (request_content(p, ns) < 0)
		return -ENOMEM;
	loss = VEC_PUSH(p->plan->losses, p->plan->nr_losses);
	if (!loss)
		return -ENOMEM;
	describe_loss(loss, ns, dax);
	loss->is_agreed = is_agreed(p, ns);
	if (loss->is_agreed)
		return 0;
	return plan_consent(p, MHP_CONSENT_DATA, "%s (%s, %s: %s)", what, loss->mode,
			    format_size(loss->size, size, sizeof(size)), loss->content_text);
}
