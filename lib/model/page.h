/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The use of a page, from its dump in the kernel log. */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/pagedump.h"

/*
 * Interprets a page dump: kind of page, number of pins, and why it cannot move. Pins follow from
 * the reference count at the time of the dump (include/linux/mm.h, GUP_PIN_COUNTING_BIAS): one
 * reference belongs to the offline itself, one to each mapping, one for each page to the page or
 * swap cache, one to private data. The rest are pins, 1024 each in small folios, and plain
 * references.
 */
struct mhp_page page_judge(const struct page_dump *dump);
