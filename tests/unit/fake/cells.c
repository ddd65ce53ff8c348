/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/fake/cells.h"
#include "lib/base/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN	60
#define RESULTS "reliability.tsv"
#define LOGS	"build-logs"

void cells_begin(struct cells *cells, const char *what, const char *command, unsigned shares,
		 unsigned share)
{
	const char *wanted = getenv("MHP_CELLS");
	unsigned of;

	*cells = (struct cells){
		.row = "matrix",
		.what = what,
		.command = command,
		.shares = shares,
		.share = share,
		.only = getenv("MHP_CELL"),
	};
	if (wanted && sscanf(wanted, "%u/%u", &share, &of) == 2 && share < of) {
		cells->share = share;
		cells->shares = of;
	}
	cells->is_all = cells->only || (wanted && strcmp(wanted, "all") == 0);
}

bool cells_take(struct cells *cells, const char *name)
{
	unsigned number = cells->nr_known++;

	if (cells->only && !strstr(name, cells->only))
		return false;
	if (!cells->is_all && number % cells->shares != cells->share)
		return false;
	if (getenv("MHP_CELLS_SHOW"))
		fprintf(stderr, "# begins: %s\n", name);
	return true;
}

void cells_told(struct cells *cells, const char *name, const char *why)
{
	cells->nr_run++;
	if (!*why)
		return;
	if (cells->nr_wrong++ < SHOWN)
		printf("# %s: %s\n", name, why);
	fflush(stdout); /* a later cell may crash */
}

static void append_result(const struct cells *cells)
{
	const char *folder = getenv("MHP_RELIABILITY_OUT");
	cleanup_fclose FILE *file = NULL;
	char path[512], share[32] = "all";

	if (!cells->is_all)
		snprintf(share, sizeof(share), "%u/%u", cells->share, cells->shares);
	/* build-logs is not made here: without it nobody collects results */
	snprintf(path, sizeof(path), "%s/" RESULTS, folder && *folder ? folder : LOGS);
	file = fopen(path, "ae");
	if (file)
		fprintf(file,
			"none\t%s: %s\t%u\t%u\t%u of %u cells end as they should, of %u in all\t"
			"MHP_CELLS=%s %s\n",
			cells->row, cells->what, cells->nr_run, cells->nr_wrong,
			cells->nr_run - cells->nr_wrong, cells->nr_run, cells->nr_known, share,
			cells->command);
}

bool cells_end(const struct cells *cells)
{
	printf("# %s: %u of %u cells, %u wrong", cells->what, cells->nr_run, cells->nr_known,
	       cells->nr_wrong);
	if (!cells->is_all)
		printf(" (MHP_CELLS=%u/%u; all: MHP_CELLS=all)", cells->share, cells->shares);
	printf("\n");
	fflush(stdout);
	if (!cells->only)
		append_result(cells);
	return cells->nr_wrong == 0;
}
