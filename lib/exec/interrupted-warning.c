/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Warns about runs that ended in the middle, for commands that only read. */
#include "lib/base/clock.h"
#include "lib/base/export.h"
#include "lib/exec/event.h"
#include "lib/model/interrupted.h"
#include "lib/sys/ctx.h"
#include "lib/tool.h"

#include <string.h>

/* Describes the only such run, or says how many there are. */
static void warn_known(const struct emitter *emitter, const struct interrupted_run *last, size_t nr)
{
	char text[384];

	if (nr > 1) {
		emit_warning(emitter,
			     "%zu earlier runs ended in the middle; mhpctl recover shows and ends "
			     "what they have left",
			     nr);
		return;
	}
	interrupted_describe(last, text, sizeof(text));
	emit_warning(emitter, "%s; mhpctl recover shows and ends what it has left", text);
}

static void warn_hidden(const struct emitter *emitter, const struct interrupted_run *run)
{
	const struct intent_found *file = interrupted_file(run);

	emit_warning(emitter,
		     "it is unknown whether an earlier run ended in the middle: only root can read "
		     "%s%s%s",
		     intentdir_path(file->place), *file->name ? "/" : "", file->name);
}

static void warn_all(const struct emitter *emitter, const struct interrupted_runs *runs)
{
	const struct interrupted_run *known = NULL, *hidden = NULL;
	size_t nr_known = 0;

	for (size_t i = 0; i < runs->nr; i++) {
		if (interrupted_is_hidden(&runs->at[i])) {
			hidden = &runs->at[i];
			continue;
		}
		known = &runs->at[i];
		nr_known++;
	}
	if (known)
		warn_known(emitter, known, nr_known);
	else if (hidden)
		warn_hidden(emitter, hidden);
}

MHP_EXPORT void mhp_interrupted_warn(struct mhp_ctx *ctx, const struct mhp_run_options *options)
{
	cleanup_interrupted struct interrupted_runs runs = { 0 };
	const struct emitter emitter = { options, clock_msec() };
	int rc = interrupted_read(ctx, &runs);

	if (rc == 0)
		warn_all(&emitter, &runs);
	else if (!ctx_cancelled(ctx))
		emit_warning(&emitter, INTERRUPTED_UNREAD "%s", strerror(-rc));
}
