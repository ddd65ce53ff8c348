/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The blocks that a request has chosen, for people. */
#include "cmd/out/text/text.h"
#include "cmd/out/text/table.h"
#include "lib/base/parse.h"

#include <inttypes.h>
#include <string.h>

enum column {
	COL_BLOCKS,
	COL_RESULT,
	COL_MOVED,
	COL_TIME,
	COL_WHY,
	COLUMNS,
};

static const struct table_column columns[COLUMNS] = {
	[COL_BLOCKS] = TABLE_LEFT("BLOCKS"), [COL_RESULT] = TABLE_LEFT("RESULT"),
	[COL_MOVED] = TABLE_RIGHT("MOVED"),  [COL_TIME] = TABLE_RIGHT("TIME"),
	[COL_WHY] = TABLE_LEFT("WHY"),
};

/* Blocks with consecutive numbers and the same result, which share a line. */
struct lot {
	const struct mhp_receipt_block *first;
	uint64_t last;
	uint64_t moved_bytes; /* MHP_UNKNOWN: not known */
	uint64_t msec;	      /* the same */
};

static uint64_t sum(uint64_t a, uint64_t b)
{
	return a == MHP_UNKNOWN || b == MHP_UNKNOWN ? MHP_UNKNOWN : a + b;
}

static uint64_t moved_by(const struct mhp_receipt_block *block)
{
	return block->has_page_counts ? block->moved_bytes : MHP_UNKNOWN;
}

static uint64_t time_of(const struct mhp_receipt_block *block)
{
	return block->status == MHP_RECEIPT_CHOSEN ? block->estimated_ms : block->took_ms;
}

/* Returns false for failures, which name their block, and for blocks with pages to move. */
static bool can_share_line(const struct lot *lot, const struct mhp_receipt_block *block)
{
	return block->id == lot->last + 1 && block->status == lot->first->status &&
	       block->status != MHP_RECEIPT_FAILED &&
	       (block->status == MHP_RECEIPT_PASSED_OVER ||
		(!block->moved_bytes && !lot->first->moved_bytes)) &&
	       strcmp(block->why, lot->first->why) == 0;
}

static const char *result_text(const struct mhp_receipt_block *block, bool is_offline)
{
	switch (block->status) {
	case MHP_RECEIPT_DONE:
		return is_offline ? "offline" : "online";
	case MHP_RECEIPT_FAILED:
		return "failed";
	case MHP_RECEIPT_PASSED_OVER:
		return "passed over";
	case MHP_RECEIPT_CHOSEN:
		break;
	}
	return "chosen";
}

/* Describes the pages that move: "1 MiB anonymous (2 MiB in huge pages)". */
static void describe_pages(const struct mhp_receipt_block *block, char *text, size_t size)
{
	char anon[24], thp[24], huge[24];
	size_t len = 0;

	text[0] = '\0';
	if (block->anon_bytes)
		len += (size_t)snprintf(text, size, "%s anonymous",
					format_size(block->anon_bytes, anon, sizeof(anon)));
	if (block->thp_bytes && len < size)
		len += (size_t)snprintf(text + len, size - len, "%s%s in huge pages",
					len ? ", " : "",
					format_size(block->thp_bytes, thp, sizeof(thp)));
	if (block->hugetlb_bytes && len < size)
		snprintf(text + len, size - len, "%s%s hugetlb", len ? ", " : "",
			 format_size(block->hugetlb_bytes, huge, sizeof(huge)));
}

static void set_time(struct table *t, const struct lot *lot)
{
	const char *about = lot->first->status == MHP_RECEIPT_CHOSEN ? "about " : "";

	if (lot->msec == MHP_UNKNOWN || lot->first->status == MHP_RECEIPT_PASSED_OVER)
		return;
	if (lot->msec < 1000)
		table_set(t, COL_TIME, "%s%" PRIu64 " ms", about, lot->msec);
	else
		table_set(t, COL_TIME, "%s%.1f s", about, (double)lot->msec / 1000);
}

static void add_line(struct table *t, const struct lot *lot, bool is_offline)
{
	const struct mhp_receipt_block *block = lot->first;
	char name[RUN_NAME_MAX], moved[OUT_TEXT_SIZE_MAX], pages[128];
	char why[4 * sizeof(block->why)];

	table_add_row(t);
	table_set(t, COL_BLOCKS, "%s",
		  format_run("memory", block->id, lot->last, name, sizeof(name)));
	table_set(t, COL_RESULT, "%s", result_text(block, is_offline));
	if (block->status != MHP_RECEIPT_DONE && block->status != MHP_RECEIPT_CHOSEN)
		table_set_style(t, COL_RESULT, TABLE_ODD);
	if (is_offline && block->status != MHP_RECEIPT_PASSED_OVER)
		table_set(t, COL_MOVED, "%s",
			  out_text_size(lot->moved_bytes, false, moved, sizeof(moved)));
	set_time(t, lot);
	describe_pages(block, pages, sizeof(pages));
	table_set(t, COL_WHY, "%s",
		  *block->why ? text_escape(block->why, why, sizeof(why)) : pages);
}

static void add_lines(struct table *t, const struct mhp_receipt *receipt)
{
	const struct mhp_receipt_block *block;
	size_t i = 0;

	while ((block = mhp_receipt_block(receipt, i++))) {
		struct lot lot = { block, block->id, moved_by(block), time_of(block) };

		while ((block = mhp_receipt_block(receipt, i)) && can_share_line(&lot, block)) {
			lot.last = block->id;
			lot.moved_bytes = sum(lot.moved_bytes, moved_by(block));
			lot.msec = sum(lot.msec, time_of(block));
			i++;
		}
		add_line(t, &lot, receipt->is_offline);
	}
}

static void print_bytes(FILE *f, const char *before, uint64_t bytes, const char *after)
{
	char size[OUT_TEXT_SIZE_MAX];

	fprintf(f, "%s%s%s", before, out_text_size(bytes, false, size, sizeof(size)), after);
}

/* Prints "2 GiB asked, 2 GiB given", or what the choice would move. */
static void print_sums(FILE *f, const struct mhp_receipt *receipt, bool is_plan)
{
	char target[4 * sizeof(receipt->target)];

	fprintf(f, "%s: ", text_escape(receipt->target, target, sizeof(target)));
	print_bytes(f, "", receipt->asked_bytes, " asked");
	if (!is_plan)
		print_bytes(f, ", ", receipt->given_bytes, " given");
	if (receipt->is_offline && receipt->moved_bytes != MHP_UNKNOWN)
		print_bytes(f, ", ", receipt->moved_bytes, " of pages to move");
	if (receipt->moved_bytes && receipt->available_bytes != MHP_UNKNOWN)
		print_bytes(f, ", ", receipt->available_bytes, " available for them elsewhere");
	if (is_plan && receipt->estimated_ms != MHP_UNKNOWN)
		fprintf(f, ", about %.1f s", (double)receipt->estimated_ms / 1000);
	fputc('\n', f);
}

int out_text_receipt(FILE *f, const struct mhp_receipt *receipt, bool is_plan)
{
	cleanup_table struct table t = { .columns = columns, .nr_columns = COLUMNS };

	if (!receipt->nr_blocks)
		return 0;
	fputc('\n', f);
	print_sums(f, receipt, is_plan);
	add_lines(&t, receipt);
	return table_print(&t, f, false);
}
