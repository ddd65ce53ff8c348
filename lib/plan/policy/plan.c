/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From sections to requests and their plans. */
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/export.h"
#include "lib/base/hash.h"
#include "lib/model/node.h"
#include "lib/plan/policy/policy.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Lives for one call of mhp_policy_plan_new(). */
struct matching {
	const struct mhp_topology *topo;
	struct mhp_topology *view; /* the same, with the drivers and the memory of earlier jobs */
	struct mhp_policy_plan *plan;
	unsigned agreed;
	bool list_hidden;
};

static int collect_names(struct policy_job *job)
{
	job->names = calloc(job->pub.nr_targets + 1, sizeof(*job->names));
	if (!job->names)
		return -ENOMEM;
	for (size_t i = 0; i < job->pub.nr_targets; i++)
		job->names[i] = job->targets[i].name;
	job->pub.targets = job->names;
	return 0;
}

/* ---- plans ------------------------------------------------------------------------------- */

static void declare_namespace(struct mhp_request *request, const struct mhp_policy_section *s)
{
	request->bytes = s->size;
	request->align = s->align;
	request->map = s->map;
	request->name = *s->label ? s->label : NULL;
	request->init_labels = s->init_labels;
}

static void declare_cxl_regions(struct mhp_request *request, const struct mhp_policy_section *s)
{
	request->granularity = s->granularity;
	request->window = *s->window ? s->window : NULL;
	request->interleave = s->interleave;
}

struct mhp_request policy_request(const struct mhp_policy_job *job, unsigned agreed, bool first)
{
	const struct mhp_policy_section *s = job->section;
	struct mhp_request request = {
		.size = sizeof(request),
		.verb = job->verb,
		.targets = job->targets,
		.nr_targets = job->nr_targets,
		.zone = s->zone,
		.ratio_movable = s->ratio_movable,
		.ratio_kernel = s->ratio_kernel,
		.agreed = agreed | s->agreed,
		/* a namespace matched by UUID is meant with its data */
		.agreed_uuids = ((const struct policy_section *)s)->match.namespaces,
		.keep_going = s->on_failure == MHP_ON_FAILURE_CONTINUE,
		.first = first ? s->first : 0,
	};

	if (job->verb != MHP_VERB_ONLINE && job->verb != MHP_VERB_CREATE)
		return request;
	declare_namespace(&request, s);
	if (((const struct policy_job *)job)->has_memdevs)
		declare_cxl_regions(&request, s);
	return request;
}

/* Checks the declared properties for verbs whose planner does not. */
static int check_devdax(const struct matching *m, struct policy_job *job)
{
	struct mhp_request declared = MHP_REQUEST_INIT();
	int rc = 0;

	if (job->pub.verb != MHP_VERB_REMOVE && job->pub.verb != MHP_VERB_INIT)
		return 0;
	declare_namespace(&declared, job->pub.section);
	for (size_t i = 0; i < job->pub.nr_targets && rc == 0; i++) {
		const char *name = job->targets[i].device;
		const struct mhp_dax *dax = topology_find_dax(m->topo, name);
		const struct mhp_namespace *ns =
			topology_find_namespace(m->topo, dax ? dax->ns_name : name);

		if (ns)
			rc = plan_check_same(m->topo, &declared, ns, &job->pub.error);
	}
	return rc;
}

/* Returns whether a memory device with that serial number is a target of the job. */
static bool has_target_with(const struct matching *m, const struct policy_job *job, uint64_t serial)
{
	const struct mhp_cxl_memdev *memdev;

	for (size_t i = 0; i < job->pub.nr_targets; i++) {
		memdev = topology_find_cxl_memdev(m->topo, job->targets[i].device);
		if (memdev && memdev->serial == serial)
			return true;
	}
	return false;
}

/* Refuses to interleave over fewer memory devices than the section means: some may come later. */
static int check_interleave(const struct matching *m, struct policy_job *job)
{
	static const char hint[] = "mhpctl list shows the memory devices; without interleave each "
				   "of them gets a region of its own";
	const struct policy_section *section = (const struct policy_section *)job->pub.section;
	const char *words = section->match.serials;
	uint64_t serial;

	if (!section->pub.interleave || !job->has_memdevs || job->pub.verb == MHP_VERB_REMOVE)
		return 0;
	while (words && policy_next_serial(&words, &serial)) {
		if (has_target_with(m, job, serial))
			continue;
		err_set(&job->pub.error, -ENOENT, MHP_REASON_NO_SUCH_TARGET,
			"section %s: 0x%" PRIx64 " is not among its CXL memory devices, and it "
			"interleaves over all of match.serial",
			section->pub.name, serial);
		return err_hint(&job->pub.error, -ENOENT, "%s", hint);
	}
	if (job->pub.nr_targets > 1)
		return 0;
	err_set(&job->pub.error, -ENOENT, MHP_REASON_NO_SUCH_TARGET,
		"section %s: only %s matches, and to interleave takes two CXL memory devices",
		section->pub.name, job->targets[0].name);
	return err_hint(&job->pub.error, -ENOENT, "%s", hint);
}

/* Returns the bytes of all steps of that type. */
static uint64_t bytes_of(const struct mhp_plan *plan, enum mhp_step_type type)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < plan->nr_steps; i++)
		if (plan->steps[i].type == type)
			bytes += plan->steps[i].size;
	return bytes;
}

/*
 * Returns the bytes that come online after this plan: those of memory devices without a driver are
 * planned once they have it.
 */
static uint64_t bytes_to_come(const struct matching *m, const struct policy_job *job)
{
	uint64_t bytes = 0;

	for (size_t i = 0; job->plan->partial && i < job->pub.nr_targets; i++) {
		const struct mhp_cxl_memdev *memdev =
			topology_find_cxl_memdev(m->topo, job->targets[i].device);

		if (memdev && !memdev->is_enabled && memdev->ram_bytes != MHP_UNKNOWN)
			bytes += memdev->ram_bytes;
	}
	return bytes;
}

/* Returns the bytes that come online in a kernel zone, as asked for or as chosen for zone auto. */
static uint64_t kernel_bytes_of(const struct mhp_plan *plan)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < plan->nr_steps; i++)
		if (plan->steps[i].type == MHP_STEP_ONLINE_BLOCK &&
		    plan->steps[i].zone == MHP_ZONE_REQUEST_KERNEL)
			bytes += plan->steps[i].size;
	return bytes;
}

/* Refuses a section whose memory would exceed its ratio, or may exceed it. */
static int refuse_ratio(struct policy_job *job, bool is_known, uint64_t movable, uint64_t kernel)
{
	const struct mhp_policy_section *s = job->pub.section;

	if (!is_known) {
		err_set(&job->pub.error, -EIO, MHP_REASON_RATIO_EXCEEDED,
			"section %s: cannot tell whether MOVABLE stays within %u:%u, as the zone or "
			"the state of a memory block is not known",
			s->name, s->ratio_movable, s->ratio_kernel);
		return err_hint(&job->pub.error, -EIO,
				"mhpctl list --blocks shows which; without ratio_limit the section "
				"is carried out");
	}
	return err_set(&job->pub.error, -ENOSPC, MHP_REASON_RATIO_EXCEEDED,
		       "section %s: MOVABLE would be %" PRIu64 " MiB for %" PRIu64
		       " MiB of the kernel's zones, more than %u:%u",
		       s->name, movable >> 20, kernel >> 20, s->ratio_movable, s->ratio_kernel);
}

/* Checks the ratio of a section, and adds its memory to the zones for the jobs after it. */
static int check_ratio(struct matching *m, struct policy_job *job)
{
	const struct mhp_policy_section *s = job->pub.section;
	uint64_t of_kernel = kernel_bytes_of(job->plan), to_come = bytes_to_come(m, job);
	uint64_t more = bytes_of(job->plan, MHP_STEP_ONLINE_BLOCK) - of_kernel;
	uint64_t movable, kernel;
	bool is_known = node_sum_zones(m->view, &movable, &kernel);

	*(s->zone == MHP_ZONE_REQUEST_KERNEL ? &of_kernel : &more) += to_come;
	movable += m->view->movable_to_come + more;
	kernel += m->view->kernel_to_come + of_kernel;
	if (more && s->ratio_movable &&
	    !(is_known && node_ratio_holds(movable, kernel, s->ratio_movable, s->ratio_kernel)))
		return refuse_ratio(job, is_known, movable, kernel);
	m->view->movable_to_come += more;
	m->view->kernel_to_come += of_kernel;
	return 0;
}

/* Marks modules that a job loads as loaded for later jobs. */
static void mark_modules(struct mhp_topology *view, const struct mhp_plan *plan)
{
	const struct {
		const char *module;
		bool *has;
	} drivers[] = {
		{ "kmem", &view->has_kmem },	     { "device_dax", &view->has_device_dax },
		{ "dax_pmem", &view->has_dax_pmem }, { "nd_pmem", &view->has_nd_pmem },
		{ "dax_cxl", &view->has_dax_cxl },   { "cxl_acpi", &view->has_cxl_acpi },
		{ "cxl_port", &view->has_cxl_port }, { "cxl_mem", &view->has_cxl_mem },
	};

	for (size_t i = 0; i < plan->nr_steps; i++)
		for (size_t k = 0; k < ARRAY_SIZE(drivers); k++)
			if (plan->steps[i].type == MHP_STEP_LOAD_MODULE &&
			    strcmp(plan->steps[i].object, drivers[k].module) == 0)
				*drivers[k].has = true;
}

/* Fails a job without targets: see claim_unknown() in claim.c. */
static int check_known(const struct matching *m, struct policy_job *job)
{
	const char *part, *why = topology_why_part_hidden(m->topo, &part);

	if (job->pub.nr_targets)
		return 0;
	err_set(&job->pub.error, -EIO, MHP_REASON_KERNEL,
		"section %s: cannot tell whether anything matches it", job->pub.section->name);
	return err_hint(&job->pub.error, -EIO, "%s: %s", part, why ? why : "not read");
}

static int plan_job(struct matching *m, struct policy_job *job)
{
	struct mhp_request request;
	int rc = collect_names(job);

	if (rc < 0)
		return rc;
	if (check_known(m, job) < 0)
		return 0;
	request = policy_request(&job->pub, m->agreed, false);
	request.list_hidden = m->list_hidden;
	if (check_devdax(m, job) < 0 || check_interleave(m, job) < 0)
		return 0;
	rc = mhp_plan_new(m->view, &request, &job->plan, &job->pub.error);
	if (rc == -ENOMEM)
		return rc;
	if (rc < 0)
		return 0; /* a failure of this job only */
	if (check_ratio(m, job) < 0) {
		mhp_plan_free(TAKE_PTR(job->plan));
		return 0;
	}
	mark_modules(m->view, job->plan);
	job->pub.plan = job->plan;
	job->pub.fingerprint = plan_fingerprint(m->topo, job->plan);
	return 0;
}

/* ---- expected plans ---------------------------------------------------------------------- */

/* Returns whether a saved request has the section and the verb of the job. */
static bool is_request_of(const struct mhp_policy_job *job, const struct policy_expected *e)
{
	return e->verb == job->verb && strcmp(e->section, job->section->name) == 0;
}

/* Finds the saved request of a job: a section may have two with one verb, in the same order. */
static const struct policy_expected *expected_of(const struct mhp_policy_plan *plan, size_t index)
{
	const struct mhp_policy_job *job = &plan->jobs[index].pub;
	const struct mhp_policy *policy = plan->policy;
	size_t before = 0;

	for (size_t i = 0; i < index; i++)
		before += plan->jobs[i].pub.section == job->section &&
			  plan->jobs[i].pub.verb == job->verb;
	for (size_t i = 0; i < policy->nr_expected; i++)
		if (is_request_of(job, &policy->expected[i]) && !before--)
			return &policy->expected[i];
	return NULL;
}

static bool is_done(const struct mhp_policy_job *job)
{
	return job->plan && !job->plan->nr_steps && !job->plan->nr_failures;
}

static int check_expected(const struct mhp_policy_plan *plan, struct mhp_error *err)
{
	if (!plan->policy->is_expected)
		return 0;
	for (size_t i = 0; i < plan->nr_jobs; i++) {
		const struct mhp_policy_job *job = &plan->jobs[i].pub;
		const struct policy_expected *e = expected_of(plan, i);

		if (is_done(job) || (e && e->fingerprint == job->fingerprint && job->plan))
			continue;
		return err_set(err, -ESTALE, MHP_REASON_STALE_PLAN,
			       "section %s: the machine has changed since the plan was saved, "
			       "and %s would no longer be done as planned",
			       job->section->name, job->nr_targets ? plan->jobs[i].names[0] : "it");
	}
	/* expected requests that no longer exist */
	for (size_t i = 0; i < plan->policy->nr_expected; i++) {
		const struct policy_expected *e = &plan->policy->expected[i];
		bool is_found = false;

		for (size_t k = 0; k < plan->nr_jobs; k++)
			is_found |= expected_of(plan, k) == e;
		if (!is_found)
			return err_set(err, -ESTALE, MHP_REASON_STALE_PLAN,
				       "section %s: the machine has changed since the plan was "
				       "saved, and nothing matches it any more",
				       e->section);
	}
	return 0;
}

/* ---- whole policies ---------------------------------------------------------------------- */

static int warn_of_problems(struct mhp_policy_plan *plan)
{
	const struct mhp_policy *policy = plan->policy;
	int rc = 0;

	for (size_t i = 0; i < policy->nr_problems && rc == 0; i++)
		rc = policy_warn(plan, "%s:%u: %s", policy->problems[i].file,
				 policy->problems[i].line, policy->problems[i].error.message);
	return rc;
}

/* Checks the sum of all jobs, as each may be safe and all together not. */
static int sum_costs(struct matching *m)
{
	struct mhp_policy_plan *plan = m->plan;
	const struct mhp_request request = {
		.agreed = MHP_CONSENT_ALL
	}; /* each job asks on its own */
	struct planner p = { .topo = m->topo, .request = &request };
	cleanup_free const struct mhp_plan **plans = calloc(plan->nr_jobs + 1, sizeof(*plans));
	const char *text;
	size_t nr = 0;
	int rc;

	p.plan = plan->sum = calloc(1, sizeof(*plan->sum));
	if (!plans || !plan->sum)
		return -ENOMEM;
	for (size_t i = 0; i < plan->nr_jobs; i++)
		if (plan->jobs[i].plan)
			plans[nr++] = plan->jobs[i].plan;
	rc = plan_budget_of(&p, plans, nr);
	for (size_t i = 0; nr > 1 && rc == 0 && (text = mhp_plan_warning(plan->sum, i)); i++)
		rc = policy_warn(plan, "all sections together: %s", text);
	return rc;
}

static int plan_all(const struct mhp_topology *topo, const struct mhp_policy *policy,
		    unsigned agreed, bool list_hidden, struct mhp_policy_plan **ret,
		    struct mhp_error *err)
{
	cleanup_policy_plan struct mhp_policy_plan *plan = NULL;
	struct mhp_topology view = *topo; /* borrows all its arrays */
	struct matching m = {
		.topo = topo, .view = &view, .agreed = agreed, .list_hidden = list_hidden
	};
	int rc = mhp_policy_check(policy, err);

	if (rc < 0)
		return rc;
	plan = calloc(1, sizeof(*plan));
	if (!plan)
		return err_errno(err, -ENOMEM, "policy");
	plan->policy = policy;
	m.plan = plan;
	rc = warn_of_problems(plan);
	for (size_t i = 0; i < policy->nr_sections && rc == 0; i++) {
		rc = policy_claim(plan, topo, &policy->sections[i]);
	}
	for (size_t i = 0; i < plan->nr_jobs && rc == 0; i++)
		rc = plan_job(&m, &plan->jobs[i]);
	if (rc == 0)
		rc = sum_costs(&m);
	if (rc < 0)
		return err_errno(err, rc, "policy");
	*ret = TAKE_PTR(plan);
	return 0;
}

int policy_plan_any(const struct mhp_topology *topo, const struct mhp_policy *policy,
		    unsigned agreed, struct mhp_policy_plan **ret, struct mhp_error *err)
{
	return plan_all(topo, policy, agreed, true, ret, err);
}

static int plan_expected(const struct mhp_topology *topo, const struct mhp_policy *policy,
			 unsigned agreed, bool list_hidden, struct mhp_policy_plan **ret,
			 struct mhp_error *err)
{
	cleanup_policy_plan struct mhp_policy_plan *plan = NULL;
	int rc = plan_all(topo, policy, agreed, list_hidden, &plan, err);

	if (rc == 0)
		rc = check_expected(plan, err);
	if (rc < 0)
		return rc;
	*ret = TAKE_PTR(plan);
	return 0;
}

int policy_plan_run(const struct mhp_topology *topo, const struct mhp_policy *policy,
		    unsigned agreed, struct mhp_policy_plan **plan, struct mhp_error *err)
{
	return plan_expected(topo, policy, agreed, false, plan, err);
}

MHP_EXPORT int mhp_policy_plan_new(const struct mhp_topology *topo, const struct mhp_policy *policy,
				   unsigned agreed, struct mhp_policy_plan **plan,
				   struct mhp_error *err)
{
	return plan_expected(topo, policy, agreed, true, plan, err);
}

MHP_EXPORT void mhp_policy_plan_free(struct mhp_policy_plan *plan)
{
	if (!plan)
		return;
	for (size_t i = 0; i < plan->nr_jobs; i++) {
		mhp_plan_free(plan->jobs[i].plan);
		free(plan->jobs[i].targets);
		free(plan->jobs[i].names);
	}
	mhp_plan_free(plan->sum);
	free(plan->jobs);
	free(plan->warnings);
	free(plan);
}

MHP_EXPORT const struct mhp_policy_job *mhp_policy_plan_job(const struct mhp_policy_plan *plan,
							    size_t index)
{
	return index < plan->nr_jobs ? &plan->jobs[index].pub : NULL;
}

MHP_EXPORT const struct mhp_plan *mhp_policy_plan_sum(const struct mhp_policy_plan *plan)
{
	return plan->sum;
}

MHP_EXPORT const char *mhp_policy_plan_warning(const struct mhp_policy_plan *plan, size_t index)
{
	return index < plan->nr_warnings ? plan->warnings[index] : NULL;
}
