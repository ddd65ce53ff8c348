/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The result of check, for people. */
#include "cmd/out/text/text.h"
#include "cmd/out/text/table.h"
#include "lib/base/counts.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum column {
	COL_BLOCKS,
	COL_ZONE,
	COL_VERDICT,
	COL_FREE,
	COL_MOVABLE,
	COL_PINNED,
	COL_UNMOVABLE,
	COL_HUGE,
	COL_UNKNOWN,
	COL_WHY,
	COLUMNS,
};

static const struct table_column columns[COLUMNS] = {
	[COL_BLOCKS] = TABLE_LEFT("BLOCKS"),	[COL_ZONE] = TABLE_LEFT("ZONE"),
	[COL_VERDICT] = TABLE_LEFT("VERDICT"),	[COL_FREE] = TABLE_RIGHT("FREE"),
	[COL_MOVABLE] = TABLE_RIGHT("MOVABLE"), [COL_PINNED] = TABLE_RIGHT("PINNED"),
	[COL_UNMOVABLE] = TABLE_RIGHT("FIXED"), [COL_HUGE] = TABLE_RIGHT("HUGE"),
	[COL_UNKNOWN] = TABLE_RIGHT("UNKNOWN"), [COL_WHY] = TABLE_LEFT("WHY"),
};

static bool same_owner(const struct mhp_owner *a, const struct mhp_owner *b)
{
	return a->pid == b->pid && a->holder == b->holder && a->holder_pid == b->holder_pid &&
	       a->fd == b->fd && a->confidence == b->confidence;
}

static bool same_owners(const struct mhp_block_check *a, const struct mhp_block_check *b)
{
	if (a->nr_owners != b->nr_owners)
		return false;
	for (size_t i = 0; i < a->nr_owners; i++)
		if (!same_owner(mhp_block_check_owner(a, i), mhp_block_check_owner(b, i)))
			return false;
	return true;
}

/*
 * Returns whether blocks with the same result share one line, which shows the sum of their pages.
 */
static bool can_share_line(const struct mhp_block_check *a, const struct mhp_block_check *b)
{
	return b->id == a->id + 1 && a->state == b->state && a->zone == b->zone &&
	       a->verdict == b->verdict && a->reasons == b->reasons && same_owners(a, b);
}

static void set_pages(struct table *t, size_t column, uint64_t pages, uint64_t page_size)
{
	char size[OUT_TEXT_SIZE_MAX];

	if (pages)
		table_set(t, column, "%s", format_size(pages * page_size, size, sizeof(size)));
}

static void set_why(struct table *t, uint64_t reasons)
{
	char why[160] = "";

	for (unsigned reason = 0; reason < NR_REASONS; reason++)
		if (reasons & (UINT64_C(1) << reason))
			str_append(why, "%s%s", *why ? ", " : "",
				   mhp_reason_name((enum mhp_reason)reason));
	for (char *at = why; (at = strchr(at, '_'));)
		*at = ' ';
	table_set(t, COL_WHY, "%s", why);
}

static void add_row(struct table *t, const struct mhp_block_check *sum, uint64_t last,
		    uint64_t page_size)
{
	static const enum table_style styles[] = {
		[MHP_VERDICT_REMOVABLE] = TABLE_GOOD,
		[MHP_VERDICT_MAYBE] = TABLE_PLAIN,
		[MHP_VERDICT_BLOCKED] = TABLE_ODD,
	};
	char name[RUN_NAME_MAX];

	table_add_row(t);
	table_set(t, COL_BLOCKS, "%s", format_run("memory", sum->id, last, name, sizeof(name)));
	if (sum->state == MHP_BLOCK_OFFLINE) {
		table_set(t, COL_VERDICT, "offline");
		return;
	}
	table_set(t, COL_ZONE, "%s", mhp_zone_name(sum->zone));
	table_set(t, COL_VERDICT, "%s", mhp_verdict_name(sum->verdict));
	table_set_style(t, COL_VERDICT, styles[sum->verdict]);
	set_pages(t, COL_FREE, sum->free_pages, page_size);
	set_pages(t, COL_MOVABLE, sum->movable_pages, page_size);
	set_pages(t, COL_PINNED, sum->pinned_pages, page_size);
	set_pages(t, COL_UNMOVABLE, sum->unmovable_pages, page_size);
	set_pages(t, COL_HUGE, sum->hugetlb_pages, page_size);
	set_pages(t, COL_UNKNOWN, sum->unknown_pages, page_size);
	set_why(t, sum->reasons);
}

static void add_rows(struct table *t, const struct mhp_check *check, uint64_t page_size)
{
	for (size_t i = 0; i < check->nr_blocks;) {
		const struct mhp_block_check *last = mhp_check_block(check, i), *next;
		struct mhp_block_check sum = *last;

		while ((next = mhp_check_block(check, ++i)) && can_share_line(last, next)) {
			sum.free_pages += next->free_pages;
			sum.movable_pages += next->movable_pages;
			sum.pinned_pages += next->pinned_pages;
			sum.unmovable_pages += next->unmovable_pages;
			sum.hugetlb_pages += next->hugetlb_pages;
			sum.unknown_pages += next->unknown_pages;
			last = next;
		}
		add_row(t, &sum, last->id, page_size);
	}
}

static void print_blocks(FILE *f, uint64_t first, uint64_t last)
{
	fprintf(f, "memory%" PRIu64, first);
	if (last != first)
		fprintf(f, "-%" PRIu64, last);
	fputs(": ", f);
}

static void print_owner(FILE *f, const struct mhp_owner *owner, uint64_t pages)
{
	char comm[96];

	text_escape(owner->comm, comm, sizeof(comm));
	fprintf(f, "%" PRIu64 " page%s of %s[%d]", pages, pages == 1 ? "" : "s", comm, owner->pid);
	if (owner->holder == MHP_HOLDER_KERNEL)
		fprintf(f, ", which has transfers under way (fd %d, O_DIRECT)", owner->fd);
	else if (owner->holder == MHP_HOLDER_HUGETLB)
		fprintf(f, ", which has %s", owner->detail);
	else if (owner->holder)
		fprintf(f, ", held by %s (fd %d)", mhp_holder_kind_name(owner->holder), owner->fd);
	else
		fprintf(f, ", which has pinned memory");
	fprintf(f, ", %s\n", mhp_confidence_name(owner->confidence));
}

/* Counts neighbouring blocks from first on that have the same owners. */
static size_t count_alike(const struct mhp_check *check, size_t first)
{
	const struct mhp_block_check *block = mhp_check_block(check, first), *next;
	size_t nr = 1;

	while ((next = mhp_check_block(check, first + nr)) && next->id == block->id + nr &&
	       same_owners(block, next))
		nr++;
	return nr;
}

/* Names owners once for all neighbouring blocks that have the same owners. */
static void print_owners(FILE *f, const struct mhp_check *check)
{
	for (size_t i = 0, nr; i < check->nr_blocks; i += nr) {
		const struct mhp_block_check *block = mhp_check_block(check, i);

		nr = count_alike(check, i);
		for (size_t k = 0; k < block->nr_owners; k++) {
			uint64_t pages = 0;

			for (size_t b = i; b < i + nr; b++)
				pages += mhp_block_check_owner(mhp_check_block(check, b), k)->pages;
			print_blocks(f, block->id, block->id + nr - 1);
			print_owner(f, mhp_block_check_owner(block, k), pages);
		}
	}
}

static void print_huge_pages(FILE *f, const struct mhp_check *check)
{
	char size[OUT_TEXT_SIZE_MAX];

	for (size_t i = 0; i < check->nr_huge_pages; i++) {
		const struct mhp_huge_page *page = mhp_check_huge_page(check, i);

		print_blocks(f, page->first_block, page->last_block);
		fprintf(f, "a huge page of %s%s", format_size(page->size, size, sizeof(size)),
			page->is_in_use ? " in use" : "");
		if (page->free_elsewhere == MHP_UNKNOWN)
			fputs(", which needs a free one to go to\n", f);
		else if (!page->free_elsewhere)
			fputs(", and no other node has a free one that it could go to\n", f);
		else
			fprintf(f, ", %" PRIu64 " free on other nodes\n", page->free_elsewhere);
	}
}

static void print_driver_pages(FILE *f, const struct mhp_block_check *block, uint64_t page_size)
{
	char size[OUT_TEXT_SIZE_MAX];

	if (!block->driver_pages)
		return;
	fprintf(f, "memory%" PRIu64 ": %s %s\n", block->id,
		format_size(block->driver_pages * page_size, size, sizeof(size)),
		block->is_virtio_mem
			? "not plugged in (virtio-mem), which is no obstacle in itself"
			: "kept by a driver, such as a balloon, which must release them");
}

static void print_notes(FILE *f, const struct mhp_check *check, uint64_t page_size)
{
	char needed[OUT_TEXT_SIZE_MAX], available[OUT_TEXT_SIZE_MAX];
	const struct mhp_destination *destination;

	print_owners(f, check);
	print_huge_pages(f, check);
	for (size_t i = 0; i < check->nr_blocks; i++)
		print_driver_pages(f, mhp_check_block(check, i), page_size);
	for (size_t i = 0; (destination = mhp_check_destination(check, i)); i++)
		if (destination->needed_bytes)
			fprintf(f, "node%d: %s to move, %s available elsewhere\n",
				destination->node,
				format_size(destination->needed_bytes, needed, sizeof(needed)),
				format_size(destination->available_bytes, available,
					    sizeof(available)));
	for (size_t i = 0; (destination = mhp_check_destination(check, i)); i++)
		if (destination->unexplained_pins && destination->unexplained_pins != MHP_UNKNOWN)
			fprintf(f, "node%d: %" PRIu64 " pins of unknown processes\n",
				destination->node, destination->unexplained_pins);
	for (size_t i = 0; i < check->nr_hidden; i++)
		fprintf(f, "Not known: %s.\n", mhp_check_hidden(check, i)->why);
}

int out_text_check(FILE *f, const struct mhp_check *check, uint64_t page_size, bool color)
{
	cleanup_table struct table t = { .columns = columns, .nr_columns = COLUMNS };

	if (!check->nr_blocks) {
		fprintf(f, "%s: %s.\n",
			check->verdict == MHP_VERDICT_MAYBE ? "Not known" : "No memory",
			check->no_blocks);
		print_notes(f, check, page_size);
		return 0;
	}
	add_rows(&t, check, page_size);
	if (table_print(&t, f, color) < 0)
		return -ENOMEM;
	print_notes(f, check, page_size);
	return 0;
}
