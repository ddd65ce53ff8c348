/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of devices, and the rows that all its parts have. */
#pragma once

#include "cmd/out/text/list.h"

enum device_column {
	DEVICE_NAME,
	DEVICE_SIZE,
	DEVICE_FREE,
	DEVICE_MODE,
	DEVICE_MEMMAP,
	DEVICE_LOST,
	DEVICE_BLOCKS,
	DEVICE_ONLINE,
	DEVICE_ZONE,
	DEVICE_NODE,
	DEVICE_LABEL,
	DEVICE_COLUMNS,
};

extern const struct table_column device_columns[DEVICE_COLUMNS];

/* The branches before a name: "", "├─", "│ └─". */
struct branch {
	char before[16];
	char below[16]; /* before the names below this one */
};

/* Returns the branch of an object below @up, or of one without an object above it. */
struct branch branch_under(const struct text_list *l, const struct branch *up, bool is_root,
			   bool is_last);

/* Adds a row with that name. */
void device_row(struct table *t, const struct branch *b, const char *name);

/* Adds the row of a dax device. */
void device_row_dax(const struct text_list *l, struct table *t, const struct branch *b,
		    const struct mhp_dax *dax);

/* Adds the rows of all about CXL: windows with their regions and dax devices, then cards. */
void text_list_cxl(const struct text_list *l, struct table *t);
