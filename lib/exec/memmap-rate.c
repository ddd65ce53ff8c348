/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/memmap-rate.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/model/memmap.h"
#include "lib/sys/ctx.h"
#include "lib/sys/statedir.h"

#include <inttypes.h>

#define MIN_STRUCTS 32768 /* struct pages; fewer measure the start of a process */

void memmap_shape(struct memmap_work *work, const struct mhp_memory *memory, uint64_t align,
		  bool map_mem)
{
	work->structs = memmap_devdax_structs(memory, work->bytes, align,
					      map_mem ? MHP_MEMMAP_MEM : MHP_MEMMAP_DEV);
}

void memmap_rate_load(const struct mhp_ctx *ctx, struct memmap_rate *rate)
{
	uint64_t known = memmap_rate_read(&ctx->sys);

	*rate = (struct memmap_rate){ .known_per_s = known == MHP_UNKNOWN ? 0 : known };
}

void memmap_rate_take(struct memmap_rate *rate, const struct memmap_work *work, uint64_t usec)
{
	if (work->structs < MIN_STRUCTS || !usec)
		return;
	rate->structs += work->structs;
	rate->usec += usec;
}

static uint64_t per_second(const struct memmap_rate *rate)
{
	if (rate->usec)
		return (uint64_t)((double)rate->structs * 1e6 / (double)rate->usec);
	return rate->known_per_s;
}

/* Ignores errors: without the file only the next run's estimate is missing. */
void memmap_rate_save(const struct mhp_ctx *ctx, const struct memmap_rate *rate)
{
	char text[32];

	if (!rate->usec)
		return;
	str_format(text, "%" PRIu64 "\n", per_second(rate));
	statedir_overwrite(&ctx->sys, STATE_MEMMAP_RATE, text, 0644);
}

/* Estimates at most 99 %: only the end of the work says that it is done. */
static uint64_t structs_done(const struct memmap_work *work, uint64_t per_s)
{
	uint64_t done = (clock_msec() - work->start_ms) * per_s / 1000;
	uint64_t most = work->structs / 100 * 99;

	return done < most ? done : most;
}

void memmap_progress_add(struct memmap_progress *sum, const struct memmap_rate *rate,
			 const struct memmap_work *work, struct mhp_event_part *part)
{
	uint64_t done;

	sum->per_s = per_second(rate);
	part->total_bytes = work->bytes;
	if (work->end_ms) {
		part->done_bytes = work->bytes;
	} else {
		done = work->start_ms ? structs_done(work, sum->per_s) : 0;
		if (done) {
			part->is_estimated = sum->estimated = true;
			part->done_bytes = (uint64_t)((double)work->bytes * (double)done /
						      (double)work->structs);
		}
		part->is_active = work->start_ms != 0;
		sum->left++;
		sum->left_structs += work->structs - done;
	}
	sum->done_bytes += part->done_bytes;
	sum->total_bytes += work->bytes;
}
