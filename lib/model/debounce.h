/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bursts of uevents. An event only says that something has changed: the machine is read once when
 * no more events arrive, so that 2,000 events cost one scan.
 */
#pragma once

#include "lib/base/idset.h"
#include "lib/sys/uevent.h"

#include <stdbool.h>
#include <stdint.h>

#define DEBOUNCE_QUIET_MS 100  /* a burst ends after this time without an event */
#define DEBOUNCE_MAX_MS	  1000 /* and after this time in any case */

/* Set to { 0 } before use; debounce_done() prepares it for the next debounce. */
struct debounce {
	bool is_open;	   /* an event has arrived */
	uint64_t first_ms; /* time of the first event */
	uint64_t last_ms;
	uint64_t nr;	     /* events */
	bool lost;	     /* events are missing */
	struct idset online; /* blocks with such an event, not reported since */
	struct idset offline;
};

/* Adds an event; now_ms is from clock_msec(). 0 or -ENOMEM. */
int debounce_add(struct debounce *debounce, const struct uevent *event, uint64_t now_ms);

/* Opens or extends a burst without an event, for changes that send none. */
void debounce_touch(struct debounce *debounce, uint64_t now_ms);

/* Returns the time when the burst ends, or CLOCK_NEVER if none is open. */
uint64_t debounce_end(const struct debounce *debounce);

/*
 * Ends a burst after changes of these blocks were reported. Keeps the events of other blocks: they
 * may be the first half of a change and its reversal, which ends in the next debounce. Drops them
 * if there is no memory.
 */
void debounce_done(struct debounce *debounce, const struct idset *reported);

void debounce_clear(struct debounce *debounce);
