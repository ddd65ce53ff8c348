/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs that ended in the middle. */
#include "lib/base/error.h"
#include "lib/base/vec.h"
#include "lib/doctor/doctor.h"
#include "lib/model/interrupted.h"
#include "lib/sys/statedir.h"
#include "lib/sys/tracing.h"

#include <errno.h>

int facts_read_interrupted(struct mhp_ctx *ctx, struct facts *facts)
{
	cleanup_interrupted struct interrupted_runs runs = { 0 };
	int rc = interrupted_read(ctx, &runs);

	for (size_t i = 0; i < runs.nr && rc == 0; i++) {
		const struct intent_found *file = interrupted_file(&runs.at[i]);
		struct fact_run *run;
		char path[ROOT_PATH_MAX];

		str_format(path, "%s/%s", intentdir_path(file->place), file->name);
		if (interrupted_is_hidden(&runs.at[i])) {
			facts_unread(facts, path + 1);
			continue;
		}
		run = VEC_PUSH(facts->runs, facts->nr_runs);
		if (!run)
			return -ENOMEM;
		interrupted_describe(&runs.at[i], run->text, sizeof(run->text));
		str_copy(run->file, path);
	}
	return rc;
}

void doctor_look_interrupted(struct doctor *d)
{
	for (size_t i = 0; i < d->facts->nr_runs; i++) {
		const struct fact_run *run = &d->facts->runs[i];
		struct mhp_finding *finding = doctor_find(d, MHP_SEVERITY_WARNING, "%s", run->text);

		str_copy(finding->where, run->file);
		str_copy(finding->fix, "mhpctl recover");
	}
}

void facts_read_traces(struct mhp_ctx *ctx, struct facts *facts)
{
	unsigned kept;
	int found = ctx->is_copy ? 0 : trace_leftovers(ctx, false, &kept);

	if (found < 0)
		facts_unread(facts, STATE_RUN);
	else
		facts->nr_traces = (unsigned)found;
}

void doctor_look_traces(struct doctor *d)
{
	unsigned nr = d->facts->nr_traces;
	struct mhp_finding *finding;

	if (!nr)
		return;
	finding = doctor_find(d, MHP_SEVERITY_WARNING,
			      "%u tracing instance%s of killed mhpctl monitor --pins", nr,
			      nr == 1 ? "" : "s");
	str_copy(finding->where, "/" STATE_RUN);
	str_copy(finding->fix, "mhpctl recover");
}
