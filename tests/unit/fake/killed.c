/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/fake/killed.h"

#include <signal.h>
#include <sys/wait.h>

struct kill_at {
	enum mhp_event_type event;
	enum mhp_step_type step;
};

static void on_event(const struct mhp_event *event, void *data)
{
	const struct kill_at *at = data;

	if (event->type == at->event && event->step && event->step->type == at->step)
		kill(getpid(), SIGKILL);
}

void run_killed(struct fakesys *fs, enum mhp_verb verb, const char *target,
		enum mhp_event_type event, enum mhp_step_type step, bool rollback)
{
	struct kill_at at = { event, step };
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		const char *targets[] = { target };
		struct mhp_request request =
			MHP_REQUEST_INIT(.verb = verb, .targets = targets, .nr_targets = 1,
					 .destroy = true, .agreed = MHP_CONSENT_ALL);
		struct mhp_run_options options =
			MHP_RUN_OPTIONS_INIT(.timeout_ms = 1000, .event = on_event, .data = &at,
					     .roll_back = rollback);
		struct mhp_result *result = NULL;

		mhp_run(fs->ctx, &request, &options, &result, NULL);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
}
