/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Columns about sizes and addresses. */
#include "cmd/out/column-get.h"
#include "cmd/objects.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- values ------------------------------------------------------------------------------ */

void value_set_number(struct value *value, enum value_kind kind, uint64_t number)
{
	value->kind = number == MHP_UNKNOWN ? VALUE_UNKNOWN : kind;
	value->number = number;
}

void value_set_bytes(struct value *value, uint64_t bytes)
{
	value_set_number(value, VALUE_BYTES, bytes);
}

void value_set_text(struct value *value, const char *text)
{
	value->kind = text && *text ? VALUE_TEXT : VALUE_NONE;
	str_format(value->text, "%s", text ? text : "");
}

void value_set_word(struct value *value, const char *word)
{
	value->kind = word ? VALUE_WORD : VALUE_UNKNOWN;
	str_format(value->text, "%s", word ? word : "");
}

void value_append(struct value *value, const char *fmt, ...)
{
	size_t used = strlen(value->text), room = sizeof(value->text) - used;
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(value->text + used, room, fmt, args);
	va_end(args);
	if (len >= 0 && (size_t)len >= room)
		strcpy(value->text + sizeof(value->text) - sizeof("..."), "...");
	value->kind = VALUE_TEXT;
}

/* ---- sizes ------------------------------------------------------------------------------- */

static uint64_t run_bytes(const struct row *row)
{
	return run_count(&row->run) * mhp_topology_memory(row->topo)->block_size;
}

void column_get_size(const struct row *row, struct value *value)
{
	switch (row->kind) {
	case ROW_REGION:
		return value_set_bytes(value, row->region->size);
	case ROW_NAMESPACE:
		return value_set_bytes(value, row->ns->size);
	case ROW_DAX_REGION:
		return value_set_bytes(value, row->dax_region->size);
	case ROW_DAX:
		return value_set_bytes(value, row->dax->size);
	case ROW_CXL_WINDOW:
		return value_set_bytes(value, row->window->size);
	case ROW_CXL_REGION:
		return value_set_bytes(value, row->cxl_region->size);
	case ROW_CXL_MEMDEV:
		return value_set_bytes(value, cxl_memdev_bytes(row->memdev));
	case ROW_BLOCKS:
		return value_set_bytes(value, run_bytes(row));
	case ROW_NODE:
		return value_set_bytes(
			value, row->node->online_bytes == MHP_UNKNOWN ||
					       row->node->offline_bytes == MHP_UNKNOWN
				       ? MHP_UNKNOWN
				       : row->node->online_bytes + row->node->offline_bytes);
	}
}

void column_get_free(const struct row *row, struct value *value)
{
	const struct mhp_dax_region *region = NULL;

	if (row->kind == ROW_REGION)
		value_set_bytes(value, row->region->available_bytes);
	else if (row->kind == ROW_DAX_REGION)
		value_set_bytes(value, row->dax_region->available_bytes);
	else if (row->kind == ROW_CXL_WINDOW)
		value_set_bytes(value, row->window->free_bytes);
	else if (row->kind == ROW_CXL_MEMDEV)
		value_set_bytes(value, cxl_memdev_free(row->memdev));
	else if (row->kind == ROW_CXL_REGION)
		region = cxl_region_dax(row->topo, row->cxl_region);
	if (region)
		value_set_bytes(value, region->available_bytes);
}

/* Sets the bytes of the blocks of a dax device that are online, or of the others. */
static void set_dax_part(const struct row *row, bool is_online, struct value *value)
{
	const struct mhp_dax *dax = row->dax;
	uint64_t block_size = mhp_topology_memory(row->topo)->block_size;

	if (dax->mode != MHP_DAX_SYSTEM_RAM && !dax->blocks_total)
		return;
	if (dax->blocks_total == MHP_UNKNOWN || dax->blocks_online == MHP_UNKNOWN)
		value->kind = VALUE_UNKNOWN;
	else
		value_set_bytes(value,
				block_size * (is_online ? dax->blocks_online
							: dax->blocks_total - dax->blocks_online));
}

static void set_run_part(const struct row *row, bool is_online, struct value *value)
{
	enum mhp_block_state state = row->run.block->state;

	if (state == MHP_BLOCK_UNKNOWN)
		value->kind = VALUE_UNKNOWN;
	else
		value_set_bytes(value,
				(state != MHP_BLOCK_OFFLINE) == is_online ? run_bytes(row) : 0);
}

static void set_part(const struct row *row, bool is_online, struct value *value)
{
	if (row->kind == ROW_DAX)
		set_dax_part(row, is_online, value);
	else if (row->kind == ROW_BLOCKS)
		set_run_part(row, is_online, value);
	else if (row->kind == ROW_NODE)
		value_set_bytes(value,
				is_online ? row->node->online_bytes : row->node->offline_bytes);
}

void column_get_online(const struct row *row, struct value *value)
{
	if (row->kind == ROW_CXL_REGION)
		value_set_bytes(value, row->cxl_region->online_bytes);
	else
		set_part(row, true, value);
}

void column_get_offline(const struct row *row, struct value *value)
{
	set_part(row, false, value);
}

void column_get_movable(const struct row *row, struct value *value)
{
	if (row->kind == ROW_NODE)
		value_set_bytes(value, row->node->movable_bytes);
}

void column_get_unplugged(const struct row *row, struct value *value)
{
	if (row->kind == ROW_BLOCKS)
		value_set_bytes(value, mhp_block_unplugged_bytes(row->run.block));
}

void column_get_memmap(const struct row *row, struct value *value)
{
	if (row->kind == ROW_NAMESPACE && row->ns->mode == MHP_NAMESPACE_FSDAX)
		value_set_bytes(value, row->ns->memmap_bytes); /* of others: see the dax device */
	else if (row->kind == ROW_DAX)
		value_set_bytes(value, row->dax->memmap_bytes);
}

void column_get_lost(const struct row *row, struct value *value)
{
	if (row->kind == ROW_DAX)
		value_set_bytes(value, row->dax->lost_bytes);
}

void column_get_align(const struct row *row, struct value *value)
{
	if (row->kind == ROW_REGION)
		value_set_bytes(value, row->region->align);
	else if (row->kind == ROW_NAMESPACE && row->ns->align)
		value_set_bytes(value, row->ns->align);
	else if (row->kind == ROW_DAX)
		value_set_bytes(value, row->dax->align);
	else if (row->kind == ROW_DAX_REGION)
		value_set_bytes(value, row->dax_region->align);
}

/* ---- addresses --------------------------------------------------------------------------- */

static bool range_of(const struct row *row, uint64_t *start, uint64_t *size)
{
	if (row->kind == ROW_REGION)
		*start = row->region->start, *size = row->region->size;
	else if (row->kind == ROW_NAMESPACE)
		*start = row->ns->start, *size = row->ns->raw_size;
	else if (row->kind == ROW_DAX_REGION)
		*start = row->dax_region->start, *size = row->dax_region->size;
	else if (row->kind == ROW_CXL_WINDOW)
		*start = row->window->start, *size = row->window->size;
	else if (row->kind == ROW_CXL_REGION)
		*start = row->cxl_region->start, *size = row->cxl_region->size;
	else if (row->kind == ROW_BLOCKS)
		*start = row->run.block->start, *size = run_bytes(row);
	else
		return false;
	return true;
}

/* Finds the first and the last byte of a dax device, whose ranges may be apart. */
static bool dax_range_of(const struct row *row, uint64_t *first, uint64_t *end)
{
	const struct mhp_range *range;

	*first = *end = MHP_UNKNOWN;
	if (row->kind != ROW_DAX)
		return false;
	for (size_t i = 0; row->dax->has_ranges && (range = mhp_dax_range(row->dax, i)); i++) {
		*first = *first == MHP_UNKNOWN || range->start < *first ? range->start : *first;
		*end = *end == MHP_UNKNOWN || range->end > *end ? range->end : *end;
	}
	return true;
}

void column_get_start(const struct row *row, struct value *value)
{
	uint64_t start, other;

	if (dax_range_of(row, &start, &other) || range_of(row, &start, &other))
		value_set_number(value, VALUE_HEX, start);
}

void column_get_end(const struct row *row, struct value *value)
{
	uint64_t start, size, end;

	if (dax_range_of(row, &start, &end))
		value_set_number(value, VALUE_HEX, end == MHP_UNKNOWN ? end : end - 1);
	else if (range_of(row, &start, &size))
		value_set_number(value, VALUE_HEX,
				 start == MHP_UNKNOWN || size == MHP_UNKNOWN || !size
					 ? MHP_UNKNOWN
					 : start + size - 1);
}

void column_get_blocks(const struct row *row, struct value *value)
{
	char name[RUN_NAME_MAX];
	size_t index = 0;
	struct run run;

	if (row->kind == ROW_BLOCKS)
		value_set_text(value,
			       format_run("", row->run.first, row->run.last, name, sizeof(name)));
	if (row->kind != ROW_DAX)
		return;
	if (row->dax->blocks_total == MHP_UNKNOWN) {
		value->kind = VALUE_UNKNOWN;
		return;
	}
	while (run_of_device(row->topo, row->dax, &index, &run))
		value_append(value, "%s%s", *value->text ? "," : "",
			     format_run("", run.first, run.last, name, sizeof(name)));
}
