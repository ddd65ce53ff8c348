/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of a list about CXL: windows with their regions and dax devices, then memory devices. */
#include "cmd/out/text/device-rows.h"
#include "cmd/objects.h"
#include "cmd/out/text/text.h"
#include "lib/base/counts.h"
#include "lib/base/parse.h"
#include "lib/tool.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LABEL_MAX 512

/* Appends to a text as much as fits. */
static void append(char *text, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void append(char *text, size_t size, const char *fmt, ...)
{
	size_t used = strlen(text);
	va_list args;

	va_start(args, fmt);
	vsnprintf(text + used, size - used, fmt, args);
	va_end(args);
}

/* ---- regions ----------------------------------------------------------------------------- */

/* Shows "2 ways of 256: mem0, mem1". */
static void set_members(const struct text_list *l, struct table *t,
			const struct mhp_cxl_region *region)
{
	char label[LABEL_MAX] = "", size[OUT_TEXT_SIZE_MAX], shown[4 * LABEL_MAX];

	if (region->unbacked_bytes != MHP_UNKNOWN && region->unbacked_bytes)
		append(label, sizeof(label), "%s lost, ",
		       out_text_size(region->unbacked_bytes, l->view->bytes, size, sizeof(size)));
	if (region->is_from_firmware == MHP_TRISTATE_YES)
		append(label, sizeof(label), "from firmware, ");
	append(label, sizeof(label), "%u way%s", region->ways, region->ways == 1 ? "" : "s");
	if (region->ways > 1 && region->granularity != MHP_UNKNOWN)
		append(label, sizeof(label), " of %" PRIu64, region->granularity);
	for (unsigned i = 0; i < region->nr_members; i++)
		append(label, sizeof(label), "%s%s", i ? ", " : ": ",
		       cxl_member_name(&region->members[i]));
	table_set(t, DEVICE_LABEL, "%s", text_escape(label, shown, sizeof(shown)));
}

/* Shows the space that is in no dax device. */
static void set_free(const struct text_list *l, struct table *t,
		     const struct mhp_cxl_region *region)
{
	const struct mhp_dax_region *dax_region = cxl_region_dax(l->topo, region);

	if (dax_region)
		text_list_size(l, t, DEVICE_FREE, dax_region->available_bytes);
}

static void set_region(const struct text_list *l, struct table *t,
		       const struct mhp_cxl_region *region)
{
	const char *state = mhp_cxl_state_name(region->state);
	bool is_lost = region->unbacked_bytes != MHP_UNKNOWN && region->unbacked_bytes;
	char more[48];

	text_list_size(l, t, DEVICE_SIZE, region->size);
	set_free(l, t, region);
	snprintf(more, sizeof(more), " %s, %s%s", *region->type ? region->type : "?",
		 state ? state : "unknown",
		 region->is_locked == MHP_TRISTATE_YES ? ", locked" : "");
	text_list_word(t, DEVICE_MODE, "cxl", more);
	if (is_lost || region->state != MHP_CXL_STATE_ENABLED)
		table_set_style(t, DEVICE_MODE, TABLE_ODD);
	set_members(l, t, region);
}

static bool is_dax_of(const struct mhp_dax *dax, const struct mhp_cxl_region *region)
{
	return strcmp(dax->cxl_region, region->name) == 0;
}

static void add_region(const struct text_list *l, struct table *t, const struct branch *b,
		       const struct mhp_cxl_region *region)
{
	const struct mhp_dax *dax;
	char name[MHP_NAME_MAX + 8];
	size_t left = 0;

	snprintf(name, sizeof(name), "cxl/%s", region->name);
	device_row(t, b, name);
	set_region(l, t, region);
	for (size_t i = 0; (dax = mhp_topology_dax(l->topo, i)); i++)
		left += is_dax_of(dax, region);
	for (size_t i = 0; (dax = mhp_topology_dax(l->topo, i)); i++) {
		if (is_dax_of(dax, region)) {
			struct branch below = branch_under(l, b, false, --left == 0);

			device_row_dax(l, t, &below, dax);
		}
	}
}

/* ---- windows ----------------------------------------------------------------------------- */

static void add_window(const struct text_list *l, struct table *t,
		       const struct mhp_cxl_window *window)
{
	const struct branch root = { 0 };
	char targets[16 * MHP_CXL_WAYS_MAX], more[48];

	device_row(t, &root, window->name);
	text_list_size(l, t, DEVICE_SIZE, window->size);
	text_list_size(l, t, DEVICE_FREE, window->free_bytes);
	snprintf(more, sizeof(more), " window%s%s%s",
		 window->can_ram == MHP_TRISTATE_YES ? ", ram" : "",
		 window->can_pmem == MHP_TRISTATE_YES ? ", pmem" : "",
		 window->is_locked == MHP_TRISTATE_YES ? ", locked" : "");
	text_list_word(t, DEVICE_MODE, "cxl", more);
	if (window->nr_targets)
		table_set(t, DEVICE_LABEL, "host bridge%s %s", window->nr_targets == 1 ? "" : "s",
			  format_numbers(window->targets, window->nr_targets, targets,
					 sizeof(targets)));
}

/* Matches regions of the window with that name, or (NULL) of no listed window. */
static bool is_region_under(const struct text_list *l, const struct mhp_cxl_region *region,
			    const char *window)
{
	const struct mhp_cxl_window *other;

	if (window)
		return strcmp(region->window, window) == 0;
	for (size_t i = 0; (other = mhp_topology_cxl_window(l->topo, i)); i++)
		if (strcmp(region->window, other->name) == 0)
			return false;
	return true;
}

static void add_regions(const struct text_list *l, struct table *t, const char *window)
{
	const struct mhp_cxl_region *region;
	const struct branch root = { 0 };
	size_t left = 0;

	for (size_t i = 0; (region = mhp_topology_cxl_region(l->topo, i)); i++)
		left += is_region_under(l, region, window);
	for (size_t i = 0; (region = mhp_topology_cxl_region(l->topo, i)); i++) {
		if (is_region_under(l, region, window)) {
			struct branch b = branch_under(l, &root, !window, --left == 0);

			add_region(l, t, &b, region);
		}
	}
}

/* ---- memory devices ---------------------------------------------------------------------- */

/* Shows "serial 0x10f, 0000:0d:00.0, security locked, health: maintenance needed". */
static void set_identity(struct table *t, const struct mhp_cxl_memdev *memdev)
{
	bool is_usual = !*memdev->security || strcmp(memdev->security, "disabled") == 0;
	char label[LABEL_MAX] = "", shown[4 * LABEL_MAX], health[160];

	if (memdev->serial != MHP_UNKNOWN)
		append(label, sizeof(label), "serial 0x%" PRIx64, memdev->serial);
	if (*memdev->bus_address)
		append(label, sizeof(label), "%s%s", *label ? ", " : "", memdev->bus_address);
	if (!is_usual)
		append(label, sizeof(label), "%ssecurity %s", *label ? ", " : "", memdev->security);
	if (*mhp_cxl_health_text(&memdev->health, health, sizeof(health))) {
		append(label, sizeof(label), "%shealth: %s", *label ? ", " : "", health);
		table_set_style(t, DEVICE_LABEL, TABLE_ODD);
	}
	table_set(t, DEVICE_LABEL, "%s", text_escape(label, shown, sizeof(shown)));
}

static void add_memdev(const struct text_list *l, struct table *t,
		       const struct mhp_cxl_memdev *memdev)
{
	const struct branch root = { 0 };

	device_row(t, &root, memdev->name);
	text_list_size(l, t, DEVICE_SIZE, cxl_memdev_bytes(memdev));
	text_list_size(l, t, DEVICE_FREE, cxl_memdev_free(memdev));
	text_list_word(t, DEVICE_MODE, memdev->pmem_bytes ? "cxl" : "cxl ram",
		       memdev->is_enabled ? "" : ", disabled");
	set_identity(t, memdev);
}

void text_list_cxl(const struct text_list *l, struct table *t)
{
	const struct mhp_cxl_memdev *memdev;
	const struct mhp_cxl_window *window;

	for (size_t i = 0; (window = mhp_topology_cxl_window(l->topo, i)); i++) {
		add_window(l, t, window);
		add_regions(l, t, window->name);
	}
	add_regions(l, t, NULL);
	for (size_t i = 0; (memdev = mhp_topology_cxl_memdev(l->topo, i)); i++)
		add_memdev(l, t, memdev);
}
