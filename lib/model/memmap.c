/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/model/memmap.h"
#include "lib/base/parse.h"
#include "lib/sys/statedir.h"

/* struct page on every 64-bit architecture that has memory hotplug (include/linux/mm_types.h). */
#define STRUCT_PAGE 64
#define TABLE_ENTRY 8
#define KEPT_PAGES  2 /* vmemmap pages of a compound page: the head's and one for all tails */

#define LEAST_PER_S 10000	  /* the memmap of 40 MB in a second: an emulator is faster */
#define MOST_PER_S  1000000000ULL /* 64 GB of page structs in a second: no memory is that fast */

uint64_t memmap_rate_read(const struct root *sys)
{
	char text[32];
	uint64_t rate;
	int len = root_read_text(sys, STATE_MEMMAP_RATE, text, sizeof(text));

	if (len <= 0 || text[len - 1] != '\n') /* another run may be writing it */
		return MHP_UNKNOWN;
	text[len - 1] = '\0';
	if (parse_u64(text, 10, &rate) < 0 || rate < LEAST_PER_S || rate > MOST_PER_S)
		return MHP_UNKNOWN;
	return rate;
}

uint64_t memmap_bytes(uint64_t bytes, uint64_t page_size)
{
	return bytes / page_size * STRUCT_PAGE;
}

static bool is_shared(const struct mhp_memory *memory, uint64_t align, enum mhp_memmap_location map)
{
	return memory->vmemmap_dedup == MHP_TRISTATE_YES && map != MHP_MEMMAP_DEV &&
	       memmap_bytes(align, memory->page_size) > KEPT_PAGES * memory->page_size;
}

/* Returns the bytes that one entry of the second level of page tables maps. */
static uint64_t table_span(uint64_t page_size)
{
	return page_size / TABLE_ENTRY * page_size;
}

bool memmap_fits_block(const struct mhp_memory *memory)
{
	uint64_t bytes = memmap_bytes(memory->block_size, memory->page_size);

	return bytes && bytes % table_span(memory->page_size) == 0;
}

/* Returns the page tables for shared vmemmap pages, which need one for each large mapping. */
static uint64_t table_bytes(uint64_t vmemmap, uint64_t page_size)
{
	uint64_t span = table_span(page_size);

	return (vmemmap / span + (vmemmap % span != 0)) * page_size;
}

uint64_t memmap_devdax_bytes(const struct mhp_memory *memory, uint64_t size, uint64_t align,
			     enum mhp_memmap_location map)
{
	uint64_t full = memmap_bytes(size, memory->page_size);

	if (!is_shared(memory, align, map))
		return full;
	return size / align * KEPT_PAGES * memory->page_size + table_bytes(full, memory->page_size);
}

uint64_t memmap_devdax_structs(const struct mhp_memory *memory, uint64_t size, uint64_t align,
			       enum mhp_memmap_location map)
{
	if (!is_shared(memory, align, map))
		return size / memory->page_size;
	return size / align * (KEPT_PAGES * memory->page_size / STRUCT_PAGE);
}
