/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/refused.h"

#include <errno.h>
#include <string.h>

/* The kernel's words for a refused offline (mm/memory_hotplug.c) as a reason. */
static enum mhp_reason reason_of_words(const char *words)
{
	static const struct {
		const char *words;
		enum mhp_reason reason;
	} known[] = {
		{ "failure to isolate range", MHP_REASON_UNMOVABLE },
		{ "unmovable page", MHP_REASON_UNMOVABLE },
		{ "failure to dissolve huge pages", MHP_REASON_HUGETLB },
		{ "notifier failure", MHP_REASON_NOTIFIER },
		{ "memory holes", MHP_REASON_MEMORY_HOLES },
		{ "multizone range", MHP_REASON_MIXED_ZONES },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(words, known[i].words) == 0)
			return known[i].reason;
	return MHP_REASON_NONE;
}

static enum mhp_reason reason_of_errno(int rc, const char *word)
{
	bool offline = strcmp(word, "offline") == 0;

	switch (rc) {
	case -EBUSY: /* isolation refused, most likely by an unmovable page */
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

enum mhp_reason refused_reason(const char *words, int rc, const char *word)
{
	enum mhp_reason reason = reason_of_words(words);

	return reason == MHP_REASON_NONE ? reason_of_errno(rc, word) : reason;
}
