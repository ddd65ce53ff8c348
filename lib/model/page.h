/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/pagedump.h"

/*
 * What a dump means: which kind of page, how many pins, and why it cannot move. The arithmetic is
 * that of the reference count at the time of the dump (include/linux/mm.h,
 * GUP_PIN_COUNTING_BIAS): one reference is the offliner's own, one each mapping, one each page
 * for the page or swap cache, one for private data; what is left are pins, 1024 each in small
 * folios, and plain references.
 */
struct mhp_page page_judge(const struct page_dump *dump);
