/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cells of a matrix: which of them a run of the tests takes, and how they ended.
 *
 *   MHP_CELLS=all       every cell; N/M: those whose number modulo M is N; else the share that a
 *                       run of all tests can afford
 *   MHP_CELLS_SHOW=1    names each before it runs, for one that crashes
 *   MHP_CELL=TEXT       only cells whose name contains it, with what the run said
 *   MHP_RELIABILITY_OUT directory for a line in reliability.tsv; else build-logs, if it exists
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct cells {
	const char *row;     /* of tests/reliability; "matrix" at first */
	const char *what;    /* for reliability.tsv */
	const char *command; /* that repeats it, behind MHP_CELLS=... */
	unsigned shares;     /* the usual run takes one of this many */
	unsigned share;
	bool is_all;
	const char *only;
	unsigned nr_known;
	unsigned nr_run;
	unsigned nr_wrong;
};

/* shares, share: those of the usual run. */
void cells_begin(struct cells *cells, const char *what, const char *command, unsigned shares,
		 unsigned share);

/* Returns true if the next cell, of that name, is to be run now. */
bool cells_take(struct cells *cells, const char *name);

/* Records how it ended: why is "" for well. */
void cells_told(struct cells *cells, const char *name, const char *why);

/* Prints the counts and appends them to reliability.tsv. Returns true if no cell was wrong. */
bool cells_end(const struct cells *cells);
