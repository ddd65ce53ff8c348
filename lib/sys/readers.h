/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Several threads that read parts of a long list. */
#pragma once

#include <stddef.h>

#define READERS_PART 256 /* items that one call gets */

/*
 * Reads the items from first on, at most READERS_PART of them. It runs in any thread: it changes
 * nothing but these items, and neither allocates nor logs.
 */
typedef void (*readers_fn)(size_t first, size_t nr, void *data);

/*
 * Calls fn for all items, part by part, in as many threads as there are CPUs for this process, if
 * there are enough items. Where no thread can be made, the caller's does all. Returns when all
 * parts are done and all threads have ended.
 */
void readers_run(size_t nr, readers_fn fn, void *data);
