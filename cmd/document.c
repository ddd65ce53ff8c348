/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/document.h"
#include "cmd/act.h"
#include "cmd/cleanup.h"
#include "cmd/progress.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"

#include <errno.h>
#include <stdlib.h>

static void run_document(struct mhp_ctx *ctx, const struct document *document, const void *args,
			 struct out *out)
{
	struct progress progress = { .is_on = false };
	const struct cmd_env env = {
		.ctx = ctx,
		.out = out,
		.progress = &progress,
		.act = &act_defaults,
		.operands = &document->operand,
		.nr_operands = document->operand != NULL,
	};
	struct mhp_error err = { 0 };
	int rc = document->cmd->run(&env, args, &err);

	if (rc >= 0)
		return;
	if (err.reason == MHP_REASON_NONE)
		err_errno(&err, rc, "%s", document->cmd->name);
	out_error(out, &err);
}

int document_make(struct mhp_ctx *ctx, const void *data, char **text, struct mhp_error *err)
{
	const struct document *document = data;
	const struct cmd *cmd = document->cmd;
	const struct out_call call = { .command = cmd->name,
				       .document = cmd->document,
				       .is_json = true,
				       .start_ms = clock_msec() };
	cleanup_free void *none = calloc(1, cmd->args_size + 1);
	struct out *out = none ? out_json_new(&call, false) : NULL;
	int rc = out ? out_collect() : -ENOMEM;

	if (rc == 0) {
		run_document(ctx, document, cmd->defaults ? cmd->defaults : none, out);
		rc = out_collected(out, text);
	}
	out_free(out);
	return rc < 0 ? err_errno(err, rc, "%s", cmd->name) : 0;
}
