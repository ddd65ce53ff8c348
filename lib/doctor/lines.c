/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Functions that add facts: lines of files, and files that cannot be read. */
#include "lib/base/error.h"
#include "lib/base/vec.h"
#include "lib/doctor/facts.h"

#include <errno.h>
#include <stdlib.h>

void facts_hide(struct facts *facts, const char *what, const char *why)
{
	if (facts->nr_hidden == FACT_HIDDEN_MAX)
		return;
	str_copy(facts->hidden[facts->nr_hidden].what, what);
	str_copy(facts->hidden[facts->nr_hidden].why, why);
	facts->nr_hidden++;
}

void facts_unread(struct facts *facts, const char *path)
{
	if (!facts->nr_unread++)
		str_copy(facts->unread, path);
}

int facts_add_line(struct facts *facts, const struct fact_line *line)
{
	struct fact_line *added = VEC_PUSH(facts->lines, facts->nr_lines);

	if (!added)
		return -ENOMEM;
	*added = *line;
	return 0;
}

void facts_clear(struct facts *facts)
{
	free(facts->lines);
	free(facts->runs);
	failed_sections_free(&facts->failed_sections);
	mhp_reporting_free(facts->reporting);
}
