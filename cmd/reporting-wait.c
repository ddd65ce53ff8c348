/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/reporting-wait.h"
#include "cmd/cleanup.h"
#include "cmd/message.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"

int reporting_wait(const struct cmd_env *env, uint64_t timeout_ms, struct mhp_reporting_wait *wait,
		   struct mhp_error *err)
{
	cleanup_reporting struct mhp_reporting *now = NULL;
	int rc = mhp_reporting_read(env->ctx, &now, err);

	if (rc < 0)
		return rc;
	if (!now->is_copy && now->is_active == MHP_TRISTATE_YES && now->eta_ms &&
	    now->eta_ms != MHP_UNKNOWN)
		message_reporting(now->eta_ms);
	return mhp_reporting_wait(env->ctx, timeout_ms, wait, err);
}

void reporting_wait_warn(const struct cmd_env *env, const struct mhp_reporting_wait *wait)
{
	struct mhp_event event = { .type = MHP_EVENT_WARNING, .time_us = clock_real_usec() };
	char text[256], size[32];

	str_format(text,
		   "%s had the time to be reported to the host; only the host shows what it took: "
		   "the resident size of the virtual machine's process",
		   format_size(wait->reportable_bytes, size, sizeof(size)));
	if (wait->skipped_bytes && wait->skipped_bytes != MHP_UNKNOWN)
		str_append(text, "; %s in zones with too little free memory is not reported",
			   format_size(wait->skipped_bytes, size, sizeof(size)));
	event.message = text;
	out_event(env->out, &event);
}
