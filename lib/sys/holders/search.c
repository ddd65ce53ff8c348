/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/holders/search.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/sys/holders/pagemap.h"

#include <errno.h>
#include <string.h>

bool search_enter(struct search_cover *cover, const struct root *sys, int pid, uint64_t deadline,
		  int *pagemap)
{
	if (clock_msec() >= deadline) {
		cover->is_cut_short = true;
		return false;
	}
	cover->processes++;
	*pagemap = pagemap_open(sys, pid);
	if (*pagemap == -EACCES || *pagemap == -EPERM)
		cover->unreadable++;
	return true;
}

int search_end(const struct root *sys, int rc, struct reply *reply, const void *head, size_t size,
	       struct mhp_error *err)
{
	if (rc == 0)
		rc = root_lack(sys);
	if (rc < 0)
		return err_errno(err, rc, "cannot search the processes");
	memcpy(reply->data, head, size);
	return 0;
}
