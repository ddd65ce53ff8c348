/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/refused.h"
#include "lib/base/error.h"
#include "lib/base/range.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static enum mhp_reason reason_of_write(int rc, const char *word)
{
	bool offline = strcmp(word, "offline") == 0;

	switch (rc) {
	case -EBUSY: /* isolation failed, most likely for an unmovable page */
		return offline ? MHP_REASON_UNMOVABLE : MHP_REASON_NOTIFIER;
	case -EPERM: /* a notifier's bare NOTIFY_BAD; permission to open would be EACCES */
		return MHP_REASON_NOTIFIER;
	case -EHWPOISON:
		return MHP_REASON_POISONED;
	case -EACCES:
	case -EROFS:
		return MHP_REASON_NOT_PERMITTED;
	default:
		return MHP_REASON_KERNEL;
	}
}

enum mhp_reason refused_reason(const struct refusal *refusal, int rc, const char *word)
{
	return refusal->reason == MHP_REASON_NONE ? reason_of_write(rc, word) : refusal->reason;
}

void refused_begin(struct exec *x)
{
	struct kmsg_record record;

	x->refusal = (struct refusal){ .reason = MHP_REASON_NONE };
	while (kmsg_next(&x->kmsg, &record))
		;
}

static bool concerns_device(const struct refusal *refusal, const struct mhp_dax *dax)
{
	if (strcmp(refusal->device, dax->name) == 0)
		return true;
	for (unsigned i = 0; i < dax->nr_ranges; i++)
		if (range_overlaps(refusal->range, dax->ranges[i]))
			return true;
	return false;
}

static void set_kernel_reason(const struct refusal *refusal, struct mhp_error *err)
{
	size_t len = strlen(err->message);

	if (refusal->reason == MHP_REASON_NONE || err->reason != MHP_REASON_KERNEL)
		return;
	err->reason = refusal->reason;
	str_copy(err->hint, refusal->hint ? refusal->hint : err_reason_hint(refusal->reason));
	if (refusal->says)
		snprintf(err->message + len, sizeof(err->message) - len, ": %s", refusal->says);
}

void refused_end(struct exec *x, const struct mhp_dax *dax, struct mhp_error *err)
{
	struct kmsg_record record;
	struct refusal refusal;

	/* of equal weight the first counts: later ones are its consequence */
	while (kmsg_next(&x->kmsg, &record))
		if (kmsg_refusal(record.text, &refusal) && concerns_device(&refusal, dax) &&
		    refusal.weight > x->refusal.weight)
			x->refusal = refusal;
	set_kernel_reason(&x->refusal, err);
}
