/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CXL objects, in a list and in changes. */
#include "cmd/out/json/json.h"

#include <string.h>

/* Puts what the device reports; null if that is unknown. */
static void add_health(struct js *js, struct json_object *memdev,
		       const struct mhp_cxl_health *health)
{
	struct json_object *in;

	if (!health->is_known) {
		js_null(js, memdev, "health");
		return;
	}
	in = js_object(js, memdev, "health");
	js_answer(js, in, "maintenance_needed", health->maintenance_needed);
	js_answer(js, in, "performance_degraded", health->performance_degraded);
	js_answer(js, in, "hw_replacement_needed", health->hw_replacement_needed);
	js_name(js, in, "media_status", health->media_status);
	js_number(js, in, "life_used_percent", health->life_used_percent);
	js_name(js, in, "life_used_alert", health->life_used_alert);
	if (health->has_temperature)
		js_int(js, in, "temperature_celsius", health->temperature_celsius);
	else
		js_null(js, in, "temperature_celsius");
	js_name(js, in, "temperature_alert", health->temperature_alert);
	js_number(js, in, "dirty_shutdowns", health->dirty_shutdowns);
	js_number(js, in, "corrected_volatile_errors", health->corrected_volatile_errors);
	js_name(js, in, "volatile_errors_alert", health->volatile_errors_alert);
	js_number(js, in, "corrected_persistent_errors", health->corrected_persistent_errors);
	js_name(js, in, "persistent_errors_alert", health->persistent_errors_alert);
}

static uint64_t count_or_unknown(int count)
{
	return count < 0 ? MHP_UNKNOWN : (uint64_t)count;
}

void out_json_memdev(struct js *js, struct json_object *in, const struct mhp_cxl_memdev *memdev)
{
	js_text(js, in, "memdev", memdev->name);
	js_hex(js, in, "serial", memdev->serial);
	js_bool(js, in, "enabled", memdev->is_enabled);
	js_node(js, in, "numa_node", memdev->numa_node);
	js_name(js, in, "bus_address", memdev->bus_address);
	js_name(js, in, "path", memdev->path);
	js_number(js, in, "host_bridge", count_or_unknown(memdev->bridge));
	js_number(js, in, "free_decoders", count_or_unknown(memdev->free_decoders));
	js_number(js, in, "host_bridge_free_decoders",
		  count_or_unknown(memdev->bridge_free_decoders));
	js_number(js, in, "ram_bytes", memdev->ram_bytes);
	js_number(js, in, "ram_used_bytes", memdev->ram_used_bytes);
	js_number(js, in, "pmem_bytes", memdev->pmem_bytes);
	js_number(js, in, "pmem_used_bytes", memdev->pmem_used_bytes);
	js_name(js, in, "firmware_version", memdev->firmware);
	js_name(js, in, "security", memdev->security);
	add_health(js, in, &memdev->health);
}

static void add_window(struct js *js, struct json_object *windows,
		       const struct mhp_cxl_window *window)
{
	struct json_object *in = js_object(js, windows, NULL), *targets;

	js_text(js, in, "window", window->name);
	js_hex(js, in, "start", window->start);
	js_number(js, in, "size", window->size);
	js_number(js, in, "free_bytes", window->free_bytes);
	js_number(js, in, "max_extent_bytes", window->max_extent_bytes);
	js_answer(js, in, "ram", window->can_ram);
	js_answer(js, in, "pmem", window->can_pmem);
	js_answer(js, in, "locked", window->is_locked);
	js_number(js, in, "ways", window->ways ? window->ways : MHP_UNKNOWN);
	js_number(js, in, "granularity", window->granularity);
	targets = js_array(js, in, "host_bridges");
	for (unsigned i = 0; i < window->nr_targets; i++)
		js_int(js, targets, NULL, window->targets[i]);
}

static void add_members(struct js *js, struct json_object *region, const struct mhp_cxl_region *cxl)
{
	struct json_object *members = js_array(js, region, "members");

	for (unsigned i = 0; i < cxl->nr_members; i++) {
		const struct mhp_cxl_member *member = &cxl->members[i];
		struct json_object *in = js_object(js, members, NULL);

		js_name(js, in, "memdev", member->memdev);
		js_hex(js, in, "serial", member->serial);
		js_name(js, in, "decoder", member->decoder);
	}
}

void out_json_cxl_region(struct js *js, struct json_object *in, const struct mhp_cxl_region *region)
{
	const char *state = mhp_cxl_state_name(region->state);

	js_text(js, in, "cxl_region", region->name);
	js_name(js, in, "window", region->window);
	js_name(js, in, "uuid", region->uuid);
	js_name(js, in, "type", region->type);
	js_name(js, in, "state", state ? state : "");
	js_answer(js, in, "locked", region->is_locked);
	js_answer(js, in, "from_firmware", region->is_from_firmware);
	js_hex(js, in, "start", region->start);
	js_number(js, in, "size", region->size);
	js_number(js, in, "ways", region->ways ? region->ways : MHP_UNKNOWN);
	js_number(js, in, "granularity", region->granularity);
	add_members(js, in, region);
	js_name(js, in, "dax_region", region->dax_region);
	js_number(js, in, "online_bytes", region->online_bytes);
	js_number(js, in, "unbacked_bytes", region->unbacked_bytes);
}

static void add_region(struct js *js, struct json_object *regions, const struct mhp_topology *topo,
		       const struct mhp_cxl_region *region)
{
	struct json_object *in = js_object(js, regions, NULL), *devices;
	const struct mhp_dax *dax;

	out_json_cxl_region(js, in, region);
	devices = js_array(js, in, "dax_devices");
	for (size_t i = 0; (dax = mhp_topology_dax(topo, i)); i++)
		if (strcmp(dax->cxl_region, region->name) == 0)
			js_text(js, devices, NULL, dax->name);
}

void out_json_cxl(struct js *js, struct json_object *doc, const struct mhp_topology *topo)
{
	const struct mhp_cxl_memdev *memdev;
	const struct mhp_cxl_window *window;
	const struct mhp_cxl_region *region;
	struct json_object *list = js_array(js, doc, "cxl_memdevs");

	for (size_t i = 0; topo && (memdev = mhp_topology_cxl_memdev(topo, i)); i++)
		out_json_memdev(js, js_object(js, list, NULL), memdev);
	list = js_array(js, doc, "cxl_windows");
	for (size_t i = 0; topo && (window = mhp_topology_cxl_window(topo, i)); i++)
		add_window(js, list, window);
	list = js_array(js, doc, "cxl_regions");
	for (size_t i = 0; topo && (region = mhp_topology_cxl_region(topo, i)); i++)
		add_region(js, list, topo, region);
}
