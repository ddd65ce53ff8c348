/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cost of a plan, for people: a line or two a step, then the sum, then the alternatives. */
#include "cmd/out/text/text.h"
#include "cmd/out/text/table.h"
#include "lib/base/parse.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *size_text(uint64_t bytes, char *buf)
{
	return out_text_size(bytes, false, buf, OUT_TEXT_SIZE_MAX);
}

/* Prints "12 ms" or "3.4 s". */
static void print_time(FILE *f, uint64_t msec)
{
	if (msec < 1000)
		fprintf(f, "%" PRIu64 " ms", msec);
	else
		fprintf(f, "%.1f s", (double)msec / 1000);
}

static void print_structs(FILE *f, uint64_t structs, uint64_t time_ms)
{
	fprintf(f, "%" PRIu64 " page structs", structs);
	if (time_ms == MHP_UNKNOWN)
		return;
	fputs(", about ", f);
	print_time(f, time_ms);
	fputs(" for one CPU", f);
}

/* ---- a step ------------------------------------------------------------------------------ */

static void print_memmap(FILE *f, const struct mhp_cost *cost)
{
	char bytes[OUT_TEXT_SIZE_MAX];

	if (cost->memmap_bytes) {
		fprintf(f, "     costs: %s for the memmap, ", size_text(cost->memmap_bytes, bytes));
		if (cost->map == MHP_MEMMAP_DEV)
			fputs("on the device\n", f);
		else if (cost->node >= 0)
			fprintf(f, "ordinary memory, of node %d first\n", cost->node);
		else
			fputs("ordinary memory\n", f);
	}
	if (cost->freed_bytes)
		fprintf(f, "     frees: %s of ordinary memory\n",
			size_text(cost->freed_bytes, bytes));
	if (!cost->page_structs)
		return;
	fputs("     time:  ", f);
	print_structs(f, cost->page_structs, cost->time_ms);
	fputc('\n', f);
}

static void print_loss(FILE *f, uint64_t bytes, const char *where, unsigned *nr)
{
	char text[OUT_TEXT_SIZE_MAX];

	if (bytes)
		fprintf(f, "%s%s %s", (*nr)++ ? ", " : "", size_text(bytes, text), where);
}

void out_text_step_cost(FILE *f, const struct mhp_cost *cost)
{
	unsigned nr = 0;

	print_memmap(f, cost);
	if (!cost->lost_bytes)
		return;
	fputs("     loses: ", f);
	print_loss(f, cost->reserved_bytes, "for a memmap on the device", &nr);
	print_loss(f, cost->start_bytes, "at the start", &nr);
	print_loss(f, cost->end_bytes, "at the end", &nr);
	print_loss(f, cost->block_bytes, "in no whole memory block", &nr);
	fputc('\n', f);
}

/* ---- the sum ----------------------------------------------------------------------------- */

static void print_memory(FILE *f, const struct mhp_plan *plan)
{
	const struct mhp_plan_cost *sum = mhp_plan_cost(plan);
	char a[OUT_TEXT_SIZE_MAX], b[OUT_TEXT_SIZE_MAX];
	const struct mhp_node_cost *node;

	if (sum->memory_bytes)
		fprintf(f, "  memmap     %s of ordinary memory", size_text(sum->memory_bytes, a));
	for (size_t i = 0; (node = mhp_plan_node_cost(plan, i)); i++)
		if (node->node >= 0)
			fprintf(f, "%s node %d", i ? "," : ", from", node->node);
	if (sum->memory_bytes && sum->available_bytes != MHP_UNKNOWN)
		fprintf(f, "; %s are available, %s should stay", size_text(sum->available_bytes, a),
			size_text(sum->reserve_bytes, b));
	if (sum->memory_bytes)
		fputc('\n', f);
	if (sum->device_bytes)
		fprintf(f, "  memmap     %s on devices\n", size_text(sum->device_bytes, a));
	if (sum->freed_bytes)
		fprintf(f, "  freed      %s of ordinary memory\n", size_text(sum->freed_bytes, a));
}

/* Returns whether the plan continues when its steps are done; hidden steps are listed as such. */
static bool has_later_steps(const struct mhp_plan *plan)
{
	return !mhp_plan_cost(plan)->is_complete && !mhp_plan_hidden(plan, 0);
}

static void print_sum(FILE *f, const struct mhp_plan *plan)
{
	const struct mhp_plan_cost *sum = mhp_plan_cost(plan);
	char text[OUT_TEXT_SIZE_MAX];

	fputs("\nCost (estimated):\n", f);
	print_memory(f, plan);
	if (sum->page_structs) {
		fputs("  initialise ", f);
		print_structs(f, sum->page_structs, sum->time_ms);
		fputc('\n', f);
	}
	if (sum->usable_bytes)
		fprintf(f, "  gives      %s", size_text(sum->usable_bytes, text));
	if (sum->usable_bytes && sum->lost_bytes)
		fprintf(f, ", and loses %s to alignment and borders",
			size_text(sum->lost_bytes, text));
	if (sum->usable_bytes)
		fputc('\n', f);
	if (has_later_steps(plan))
		fputs("  Later steps are known only when these are done.\n", f);
}

/* ---- alternatives ------------------------------------------------------------------------ */

enum choice_column {
	CHOICE_OBJECT,
	CHOICE_MAP,
	CHOICE_ALIGN,
	CHOICE_GIVES,
	CHOICE_LOSES,
	CHOICE_MEMMAP,
	CHOICE_PLACE,
	CHOICE_TIME,
	CHOICE_MARK,
	CHOICE_COLUMNS,
};

static const struct table_column choice_columns[CHOICE_COLUMNS] = {
	[CHOICE_OBJECT] = TABLE_LEFT("REGION"), [CHOICE_MAP] = TABLE_LEFT("MAP"),
	[CHOICE_ALIGN] = TABLE_RIGHT("ALIGN"),	[CHOICE_GIVES] = TABLE_RIGHT("GIVES"),
	[CHOICE_LOSES] = TABLE_RIGHT("LOSES"),	[CHOICE_MEMMAP] = TABLE_RIGHT("MEMMAP"),
	[CHOICE_PLACE] = TABLE_LEFT("IN"),	[CHOICE_TIME] = TABLE_RIGHT("TIME"),
	[CHOICE_MARK] = TABLE_LEFT(""),
};

/* Sets the columns that both tables have, in the same order. */
static void set_cost(struct table *t, unsigned first, const struct mhp_alternative *choice)
{
	const struct mhp_cost *cost = &choice->cost;
	char text[OUT_TEXT_SIZE_MAX];

	table_set(t, first++, "%s", size_text(cost->usable_bytes, text));
	table_set(t, first++, "%s", size_text(cost->lost_bytes, text));
	table_set(t, first++, "%s", size_text(cost->memmap_bytes, text));
	table_set(t, first++, "%s", cost->map == MHP_MEMMAP_DEV ? "device" : "memory");
	if (choice->time_percent)
		table_set(t, first, "%u %%", choice->time_percent);
	if (choice->is_chosen)
		table_set(t, first + 1, "<- this plan");
}

static void add_choice(struct table *t, const struct mhp_plan *plan,
		       const struct mhp_alternative *choice)
{
	char shown[4 * sizeof(((struct mhp_step *)NULL)->object)], text[OUT_TEXT_SIZE_MAX];

	table_add_row(t);
	table_set(t, CHOICE_OBJECT, "%s",
		  text_escape(mhp_plan_step(plan, choice->step)->object, shown, sizeof(shown)));
	table_set(t, CHOICE_MAP, "%s", mhp_memmap_location_name(choice->map));
	table_set(t, CHOICE_ALIGN, "%s", size_text(choice->align, text));
	set_cost(t, CHOICE_GIVES, choice);
}

enum window_column {
	WINDOW_STEP,
	WINDOW_NAME,
	WINDOW_SIZE,
	WINDOW_GIVES,
	WINDOW_LOSES,
	WINDOW_MEMMAP,
	WINDOW_PLACE,
	WINDOW_TIME,
	WINDOW_MARK,
	WINDOW_COLUMNS,
};

static const struct table_column window_columns[WINDOW_COLUMNS] = {
	[WINDOW_STEP] = TABLE_RIGHT("STEP"),   [WINDOW_NAME] = TABLE_LEFT("WINDOW"),
	[WINDOW_SIZE] = TABLE_RIGHT("REGION"), [WINDOW_GIVES] = TABLE_RIGHT("GIVES"),
	[WINDOW_LOSES] = TABLE_RIGHT("LOSES"), [WINDOW_MEMMAP] = TABLE_RIGHT("MEMMAP"),
	[WINDOW_PLACE] = TABLE_LEFT("IN"),     [WINDOW_TIME] = TABLE_RIGHT("TIME"),
	[WINDOW_MARK] = TABLE_LEFT(""),
};

static void add_window(struct table *t, const struct mhp_alternative *choice)
{
	char shown[4 * MHP_NAME_MAX], text[OUT_TEXT_SIZE_MAX];

	table_add_row(t);
	table_set(t, WINDOW_STEP, "%zu", choice->step + 1);
	table_set(t, WINDOW_NAME, "%s", text_escape(choice->window, shown, sizeof(shown)));
	table_set(t, WINDOW_SIZE, "%s", size_text(choice->size, text));
	set_cost(t, WINDOW_GIVES, choice);
}

static int print_choices(FILE *f, const char *title, struct table *t)
{
	if (!table_has_rows(t) && !t->failed)
		return 0;
	fprintf(f, "\n%s (estimated):\n", title);
	return table_print(t, f, false);
}

int out_text_choices(FILE *f, const struct mhp_plan *plan)
{
	cleanup_table struct table t = { .columns = choice_columns, .nr_columns = CHOICE_COLUMNS };
	cleanup_table struct table windows = { .columns = window_columns,
					       .nr_columns = WINDOW_COLUMNS };
	const struct mhp_alternative *choice;
	int rc;

	for (size_t i = 0; (choice = mhp_plan_alternative(plan, i)); i++)
		if (*choice->window)
			add_window(&windows, choice);
		else
			add_choice(&t, plan, choice);
	rc = print_choices(f, "Effect of --map and --align", &t);
	return rc < 0 ? rc : print_choices(f, "Effect of --window", &windows);
}

void out_text_cost(FILE *f, const struct mhp_plan *plan)
{
	const struct mhp_plan_cost *sum = mhp_plan_cost(plan);

	if (sum->memmap_bytes || sum->freed_bytes || sum->page_structs || has_later_steps(plan))
		print_sum(f, plan);
}
