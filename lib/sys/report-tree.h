/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A copied tree that mhpctl report made. A file that could not be read on the machine is a link
 * there to a file that is named after the errno, and a directory that was read to its end has an
 * empty file
 * "..listed": whatever else is missing was not read.
 */
#pragma once

#include <stdbool.h>

#define REPORT_TREE	 "mhpctl-report"	 /* directory of what the tree is */
#define REPORT_UNREAD	 REPORT_TREE "/unread/"	 /* + errno: it exists */
#define REPORT_UNKNOWN	 REPORT_TREE "/unknown/" /* + errno: that is not known */
#define REPORT_LISTED	 "..listed"
#define REPORT_KMSG	 REPORT_TREE "/kmsg" /* as /dev/kmsg, a record a line */
#define REPORT_CUT	 REPORT_TREE "/cut"  /* exists if files are missing without a trace */
#define REPORT_PAGE_SIZE REPORT_TREE "/page_size"

/*
 * Returns the negative errno for the target of a link, or 0 for any other link. *exists: the file
 * exists and cannot be read.
 */
int report_tree_errno(const char *target, bool *exists);
