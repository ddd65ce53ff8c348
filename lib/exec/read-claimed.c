/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/read-claimed.h"
#include "lib/base/clock.h"
#include "lib/sys/nd/nd.h"

#include <errno.h>
#include <string.h>

#define LOOK_MS 2000

int exec_read_claimed(struct exec *x, const struct nd_claim_args *args, struct nd_claimed *claimed)
{
	const struct child_wait wait = {
		.deadline = clock_deadline(LOOK_MS),
		.watch_fd = -1,
		.ignore_cancel = true,
	};
	cleanup_reply struct reply reply = { 0 };
	struct child_result result;
	int rc = child_call(&x->writer, CHILD_TASK(x->ctx->nd->read_claimed, args), &wait, &reply,
			    &result, NULL);

	if (rc < 0 || reply.len != sizeof(*claimed))
		return rc < 0 ? rc : -EPROTO;
	memcpy(claimed, reply.data, sizeof(*claimed));
	return 0;
}
