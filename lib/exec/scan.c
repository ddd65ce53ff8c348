/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/scan.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/export.h"
#include "lib/base/sized.h"
#include "lib/exec/candidates.h"
#include "lib/exec/drain-look.h"
#include "lib/exec/leftover.h"
#include "lib/model/namespace-content.h"
#include "lib/plan/choice.h"
#include "lib/plan/plan.h"
#include "lib/plan/policy/policy.h"

#include <errno.h>
#include <string.h>

static void mark_namespace(struct mhp_topology *topo, const struct intent_step *step)
{
	const struct mhp_namespace *ns = interrupted_step_is(step, MHP_STEP_CREATE_NAMESPACE)
						 ? leftover_namespace(topo, step)
						 : NULL;

	if (ns)
		topo->namespaces[ns - topo->namespaces].is_begun = true;
}

/*
 * Marks what killed runs were creating: without a name, a new namespace would be created beside it,
 * and a CXL region would be taken for the work of another program.
 */
static int mark_begun(struct mhp_ctx *ctx, struct mhp_topology *topo, bool namespaces)
{
	cleanup_interrupted struct interrupted_runs runs = { 0 };
	bool any = (namespaces && topo->nr_namespaces) || topo->nr_cxl_regions;
	int rc = any ? interrupted_read(ctx, &runs) : 0;

	for (size_t i = 0; i < runs.nr && rc == 0; i++)
		for (enum intent_place place = 0; place < INTENT_PLACES; place++) {
			const struct intent_found *file = runs.at[i].files[place];

			for (size_t k = 0; file && k < file->intent.nr_steps; k++) {
				if (namespaces)
					mark_namespace(topo, &file->intent.steps[k]);
				leftover_mark_cxl(topo, &runs.at[i], &file->intent.steps[k]);
			}
		}
	return rc == -ENOMEM || rc == -ECANCELED ? rc : 0; /* any other is shown by the run */
}

/* Reads what the plan could lose. Returns how many: their content may change the plan. */
static int read_losses(struct mhp_ctx *ctx, const struct mhp_plan *plan, struct mhp_topology *topo)
{
	return plan && plan->nr_looks
		       ? topology_read_content(ctx, topo, plan->looks, plan->nr_looks)
		       : 0;
}

/* Ignores errors of the plan: without a plan nothing is lost, and the caller plans again. */
static int read_for_request(struct mhp_ctx *ctx, const struct mhp_request *request,
			    bool second_round, struct mhp_topology *topo)
{
	cleanup_plan struct mhp_plan *plan = NULL;

	plan_new(topo, request, second_round, &plan, NULL);
	return read_losses(ctx, plan, topo);
}

static int read_for_policy(struct mhp_ctx *ctx, const struct mhp_policy *policy, unsigned agreed,
			   struct mhp_topology *topo)
{
	cleanup_policy_plan struct mhp_policy_plan *plan = NULL;
	int rc = 0, nr = 0;

	policy_plan_any(topo, policy, agreed, &plan, NULL);
	for (size_t i = 0; plan && i < plan->nr_jobs && rc >= 0; i++) {
		rc = read_losses(ctx, plan->jobs[i].plan, topo);
		nr += rc > 0 ? rc : 0;
	}
	return rc < 0 ? rc : nr;
}

int scan_drain(struct mhp_ctx *ctx, const struct mhp_request *request, bool second_round,
	       struct mhp_topology *topo, struct mhp_error *err)
{
	cleanup_plan struct mhp_plan *plan = NULL;

	if (!request->drain_ms || ctx->is_copy)
		return 0;
	if (plan_new(topo, request, second_round, &plan, NULL) < 0)
		return 0;
	return drain_look(ctx, topo, plan, &topo->drain, err);
}

int scan_for(struct mhp_ctx *ctx, const struct mhp_request *request, bool second_round,
	     struct mhp_topology **ret, struct mhp_error *err)
{
	cleanup_topology struct mhp_topology *topo = NULL;
	int rc = mhp_topology_scan(ctx, 0, &topo, err);

	if (rc == 0)
		rc = mark_begun(ctx, topo, request->verb == MHP_VERB_CREATE && !request->name);
	if (rc < 0)
		return err && err->reason ? rc : err_errno(err, rc, "cannot read the machine");
	if (choice_bytes(request)) {
		rc = candidates_read(ctx, request, topo, err);
		if (rc < 0)
			return rc;
	} else if (request->verb != MHP_VERB_OFFLINE && topo->nr_namespaces)
		do
			rc = read_for_request(ctx, request, second_round, topo);
		while (rc > 0);
	if (rc < 0)
		return err_errno(err, rc, "cannot read the content of namespaces");
	*ret = TAKE_PTR(topo);
	return 0;
}

MHP_EXPORT int mhp_scan_request(struct mhp_ctx *ctx, const struct mhp_request *request,
				struct mhp_topology **ret, struct mhp_error *err)
{
	cleanup_topology struct mhp_topology *topo = NULL;
	struct mhp_request known;
	int rc = request_take(&known, request, err);

	if (rc == 0)
		rc = scan_for(ctx, &known, false, &topo, err);
	if (rc == 0)
		rc = scan_drain(ctx, &known, false, topo, err);
	if (rc < 0)
		return rc;
	*ret = TAKE_PTR(topo);
	return 0;
}

MHP_EXPORT int mhp_scan_policy(struct mhp_ctx *ctx, const struct mhp_policy *policy,
			       unsigned agreed, struct mhp_topology **ret, struct mhp_error *err)
{
	cleanup_topology struct mhp_topology *topo = NULL;
	int rc = mhp_topology_scan(ctx, 0, &topo, err);

	if (rc < 0)
		return rc;
	rc = mark_begun(ctx, topo, false);
	if (rc < 0)
		return err_errno(err, rc, "cannot read the machine");
	if (topo->nr_namespaces)
		do
			rc = read_for_policy(ctx, policy, agreed, topo);
		while (rc > 0);
	if (rc < 0)
		return err_errno(err, rc, "cannot read the content of namespaces");
	*ret = TAKE_PTR(topo);
	return 0;
}
