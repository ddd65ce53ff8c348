/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads a tree as if it were the running machine, including all that --sysroot leaves out: dax
 * devices, processes and the pages they hold, page flags. Writes nothing. usage: look TREE
 */
#include "lib/base/cleanup.h"
#include "lib/base/counts.h"
#include "lib/base/error.h"
#include "lib/exec/job/job.h"
#include "lib/model/run-records.h"
#include "lib/model/topology.h"
#include "lib/sys/cpus.h"
#include "lib/sys/holders/hugetlb.h"
#include "lib/sys/kpage.h"
#include "lib/sys/nd/nd.h"
#include "lib/sys/holders/owners.h"
#include "lib/sys/holders/pins.h"
#include "lib/sys/holders/procs.h"
#include "lib/sys/record.h"
#include "lib/sys/users/users.h"
#include "lib/tool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define RECORD "ed93e918-e165-49d8-921d-383d7b9660c5"
#define PID    5000412 /* larger than any pid of a kernel */

#define NULL_DEVICE makedev(1, 3)

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* Aborts: a reader must not write. */
static int no_write(const struct root *sys, const char *path, const char *text)
{
	(void)sys;
	(void)path;
	(void)text;
	abort();
}

static int no_bus(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err)
{
	(void)ctx;
	(void)arg;
	(void)reply;
	return err_errno(err, -EIO, "no bus");
}

/* ---- library calls ------------------------------------------------------------------------ */

/* Plans every verb for "all" and for each device: never both a plan and a failure. */
static void plan_all(const struct mhp_topology *topo)
{
	const char *targets[] = { "all", "node2", "memory1", "dax0.0" };
	struct mhp_request request = MHP_REQUEST_INIT(.targets = targets);
	const struct mhp_dax *dax;

	for (size_t t = 0; t < ARRAY_SIZE(targets); t++)
		for (int verb = 0; verb < NR_VERBS; verb++) {
			struct mhp_plan *plan = NULL;
			struct mhp_error err = { 0 };
			int rc;

			request.verb = (enum mhp_verb)verb;
			request.targets = &targets[t];
			request.nr_targets = 1;
			rc = mhp_plan_new(topo, &request, &plan, &err);
			must((rc < 0) == (plan == NULL));
			must(rc >= 0 || err.reason != MHP_REASON_NONE);
			mhp_plan_free(plan);
		}
	for (size_t i = 0; (dax = mhp_topology_dax(topo, i)); i++) {
		must(memchr(dax->name, '\0', sizeof(dax->name)) != NULL);
		must(dax->nr_ranges <= ARRAY_SIZE(dax->ranges));
		must(dax->blocks_total == MHP_UNKNOWN || dax->blocks_online <= dax->blocks_total);
	}
}

/* Sums are never more than their parts allow, and nothing is reportable without a balloon. */
static void look_at_reporting(struct mhp_ctx *ctx)
{
	struct mhp_reporting *reporting = NULL;
	const struct mhp_reporting_zone *zone;

	if (mhp_reporting_read(ctx, &reporting, NULL) < 0)
		return;
	for (size_t i = 0; (zone = mhp_reporting_zone(reporting, i)); i++) {
		must(memchr(zone->zone, '\0', sizeof(zone->zone)) != NULL);
		must(zone->reportable_bytes == MHP_UNKNOWN ||
		     zone->reportable_bytes <= zone->large_bytes);
	}
	if (reporting->is_active == MHP_TRISTATE_NO)
		must(reporting->reportable_bytes == 0 || !reporting->nr_zones);
	mhp_reporting_free(reporting);
}

static void look_at_memory(struct mhp_ctx *ctx)
{
	cleanup_topology struct mhp_topology *topo = NULL;
	struct mhp_check *check = NULL;
	struct mhp_doctor_report *report = NULL;
	struct mhp_error err = { 0 };

	if (mhp_topology_scan(ctx, MHP_SCAN_CONTENT, &topo, &err) < 0) {
		must(err.reason != MHP_REASON_NONE);
		return;
	}
	plan_all(topo);
	if (mhp_check_blocks(ctx, topo, &check, NULL) == 0)
		mhp_check_free(check);
	if (mhp_doctor(ctx, &report, NULL) == 0)
		mhp_doctor_report_free(report);
	look_at_reporting(ctx);
}

/* ---- processes ---------------------------------------------------------------------------- */

static void look_for_owners(struct mhp_ctx *ctx)
{
	struct owners_args args = {
		.pfns = { 0x108000, 0x110000 }, .budget_ms = 500, .pinned = true, .nr_pages = 2
	};
	struct pins_args pins = {
		.pages_per_block = 32768, .first_block = 33, .last_block = 47, .budget_ms = 500
	};
	cleanup_reply struct reply pinned = { 0 }, owners = { 0 }, any = { 0 }, huge = { 0 };
	struct owners_head head;

	args.pages[0].pfn = 0x108001;
	args.pages[0].index = 0x7f2c6b200;
	args.pages[0].mapcount = 1;
	args.pages[1].pfn = 0x108003;
	args.pages[1].index = UINT64_MAX;
	args.pages[1].mapcount = MHP_COUNT_UNKNOWN;
	if (owners_find(ctx, &args, &owners, NULL) == 0) {
		memcpy(&head, owners.data, sizeof(head));
		must(owners.len == sizeof(head) + head.nr_owners * sizeof(struct mhp_owner));
	}
	args.nr_pages = 0;
	args.pinned = false;
	owners_find(ctx, &args, &any, NULL);
	huge_owners_find(ctx, &args, &huge, NULL);
	pins_find(ctx, &pins, &pinned, NULL);
}

/* The tree does not show this process, so "no users" must not be reported. */
static void look_for_users(struct mhp_ctx *ctx)
{
	struct mhp_error err = { 0 };

	must(users_check_number(ctx, S_IFCHR, NULL_DEVICE, "dax0.0", false, &err) < 0);
	must(err.reason != MHP_REASON_NONE);
}

static void look_at_processes(struct mhp_ctx *ctx)
{
	struct mhp_owner owner = { .pid = PID };
	char comm[16];

	procs_comm(ctx, PID, comm, sizeof(comm));
	must(memchr(comm, '\0', sizeof(comm)) != NULL);
	procs_describe(&ctx->sys, &owner);
	procs_born(&ctx->sys, PID);
	procs_has_dying_child(ctx);
	look_for_owners(ctx);
	look_for_users(ctx);
}

/* ---- pages, CPUs and records --------------------------------------------------------------- */

static void look_at_pages(struct mhp_ctx *ctx)
{
	struct kpage_args args = { .pages_per_block = 32768, .nr_blocks = 2, .ids = { 0, 33 } };
	cleanup_reply struct reply reply = { 0 };

	if (kpage_count(ctx, &args, &reply, NULL) == 0)
		must(reply.len == 2 * sizeof(struct kpage_counts));
}

static void look_at_cpus(const struct mhp_ctx *ctx)
{
	struct cpu_places places;

	if (cpus_read(&ctx->sys, &places) < 0)
		return;
	for (int node = 0; node < 3; node++)
		must(cpus_take(&ctx->sys, &places, node) != NULL);
	cpus_free(&places);
}

static void look_at_notes(struct mhp_ctx *ctx)
{
	struct run_records runs;
	struct record record;
	struct mhp_jobs *jobs = NULL;

	run_records_read(&ctx->sys, RUN_KIND_POLICY, &runs);
	if (record_read(ctx, RECORD, &record) == 0)
		must(record.size > 0);
	if (mhp_jobs_read(ctx, &jobs, NULL) == 0)
		mhp_jobs_free(jobs);
}

int main(int argc, char **argv)
{
	static const struct root_ops ops = { .write = no_write };
	static const struct nd_ops nd = { .scan = no_bus };
	struct mhp_ctx *ctx = NULL;

	if (argc != 2 || mhp_ctx_new(&ctx, argv[1], NULL) < 0)
		return 2;
	ctx->is_copy = false;
	ctx->sys.ops = &ops;
	ctx->nd = &nd;
	look_at_memory(ctx);
	look_at_processes(ctx);
	look_at_pages(ctx);
	look_at_cpus(ctx);
	look_at_notes(ctx);
	mhp_ctx_free(ctx);
	return 0;
}
