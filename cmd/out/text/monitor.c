/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes for people: one line each. */
#include "cmd/out/text/text.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"

#include <inttypes.h>
#include <time.h>

void out_text_time(FILE *f, uint64_t usec)
{
	time_t seconds = (time_t)(usec / 1000000);
	struct tm tm;
	char text[32];

	if (localtime_r(&seconds, &tm) && strftime(text, sizeof(text), "%H:%M:%S", &tm))
		fprintf(f, "%s.%03u ", text, (unsigned)(usec / 1000 % 1000));
}

static void put_blocks(FILE *f, const struct mhp_change *change)
{
	const struct mhp_block *block = change->block;
	const char *zone = mhp_zone_name(block->zone);
	char nodes[OUT_TEXT_NODES_MAX];
	bool is_shown = change->action == MHP_ACTION_REMOVED ||
			(change->action == MHP_ACTION_ONLINE && block->state == MHP_BLOCK_ONLINE) ||
			(change->action == MHP_ACTION_OFFLINE && block->state == MHP_BLOCK_OFFLINE);

	fprintf(f, "memory%" PRIu64, change->first_block);
	if (change->last_block != change->first_block)
		fprintf(f, "-%" PRIu64, change->last_block);
	fprintf(f, " %s", mhp_change_action_name(change->action));
	if (!is_shown)
		fprintf(f, ", %s", mhp_block_state_name(block->state));
	if (zone)
		fprintf(f, ", zone %s", zone);
	if (*out_text_nodes(block, nodes, sizeof(nodes)))
		fprintf(f, ", node %s", nodes);
	if (*mhp_block_device(block))
		fprintf(f, ", device %s", mhp_block_device(block));
	out_text_bytes(f, ", ", change->bytes, "");
}

static void put_dax(FILE *f, const struct mhp_change *change)
{
	const struct mhp_dax *dax = change->dax;

	fprintf(f, "%s %s, %s", dax->name, mhp_change_action_name(change->action),
		mhp_dax_mode_name(dax->mode));
	if (mhp_dax_state_name(dax->state))
		fprintf(f, ", %s", mhp_dax_state_name(dax->state));
	if (dax->target_node >= 0)
		fprintf(f, ", node %d", dax->target_node);
	if (*dax->ns_name)
		fprintf(f, ", %s", dax->ns_name);
	out_text_bytes(f, ", ", dax->size, "");
}

static void put_namespace(FILE *f, const struct mhp_change *change)
{
	const struct mhp_namespace *ns = change->ns;

	fprintf(f, "%s %s, %s, %s", ns->name, mhp_change_action_name(change->action),
		mhp_namespace_mode_name(ns->mode), ns->is_enabled ? "enabled" : "disabled");
	if (*ns->device)
		fprintf(f, ", device %s", ns->device);
	out_text_bytes(f, ", ", ns->size, "");
}

static void put_region(FILE *f, const struct mhp_change *change)
{
	const struct mhp_region *region = change->region;

	fprintf(f, "%s %s, %s", region->name, mhp_change_action_name(change->action),
		region->is_enabled ? "enabled" : "disabled");
	out_text_bytes(f, ", ", region->size, "");
	out_text_bytes(f, ", ", region->available_bytes, " available");
}

static void put_memdev(FILE *f, const struct mhp_change *change)
{
	const struct mhp_cxl_memdev *memdev = change->cxl_memdev;

	fprintf(f, "%s %s, %s", memdev->name, mhp_change_action_name(change->action),
		memdev->is_enabled ? "enabled" : "disabled");
	if (memdev->serial != MHP_UNKNOWN)
		fprintf(f, ", serial 0x%" PRIx64, memdev->serial);
	out_text_bytes(f, ", ", memdev->ram_bytes, " volatile");
	out_text_bytes(f, " (", memdev->ram_used_bytes, " in regions)");
}

static void put_cxl_region(FILE *f, const struct mhp_change *change)
{
	const struct mhp_cxl_region *region = change->cxl_region;
	const char *state = mhp_cxl_state_name(region->state);

	fprintf(f, "cxl/%s %s, %s", region->name, mhp_change_action_name(change->action),
		state ? state : "unknown");
	out_text_bytes(f, ", ", region->size, "");
	for (unsigned i = 0; i < region->nr_members; i++) {
		const struct mhp_cxl_member *member = &region->members[i];

		fprintf(f, "%s%s", i ? ", " : " of ", *member->memdev ? member->memdev : "?");
		if (member->serial != MHP_UNKNOWN)
			fprintf(f, " (0x%" PRIx64 ")", member->serial);
	}
	if (region->online_bytes != MHP_UNKNOWN)
		out_text_bytes(f, ", ", region->online_bytes, " online");
	if (region->unbacked_bytes != MHP_UNKNOWN && region->unbacked_bytes)
		out_text_bytes(f, ", ", region->unbacked_bytes, " lost");
}

static void put_node(FILE *f, const struct mhp_change *change)
{
	const struct mhp_node *node = change->node;

	fprintf(f, "node%d %s", node->node, mhp_change_action_name(change->action));
	out_text_bytes(f, ", ", node->online_bytes, " online");
	out_text_bytes(f, " (", node->movable_bytes, " movable), ");
	out_text_bytes(f, "", node->offline_bytes, " offline");
}

static void put_run_end(FILE *f, const struct mhp_run_record *run)
{
	fprintf(f, " %s", mhp_run_state_name(run->state));
	if (run->state == MHP_RUN_DIED)
		fprintf(f, ": process %d ended without a result", run->pid);
	else if (*run->message)
		out_text_escaped(f, ": ", run->message, "");
	if (run->exit_code < 0)
		return;
	fputs(run->has_changes ? ", memory changed" : ", nothing changed", f);
	fprintf(f, ", %.1f s", (double)run->elapsed_ms / 1000);
}

static void put_run(FILE *f, const struct mhp_change *change)
{
	const struct mhp_run_record *run = change->run;

	fprintf(f, "%s run %" PRIu64, change->kind == MHP_CHANGE_RUN ? "policy" : "recover",
		run->run);
	if (change->action == MHP_ACTION_STARTED)
		fprintf(f, " started, process %d", run->pid);
	else
		put_run_end(f, run);
}

/* Prints "pages left movable memory" of one pin or of all pins of a process. */
static void put_moved(FILE *f, const struct mhp_pin_change *pin)
{
	char comm[96];

	fprintf(f, "%s", text_escape(pin->comm, comm, sizeof(comm)));
	if (pin->pid)
		fprintf(f, "[%d]", pin->pid);
	if (pin->tid && pin->tid != pin->pid)
		fprintf(f, " (thread %d%s)", pin->tid,
			pin->pid ? "" : " of a process that is not known");
	fprintf(f, ": %" PRIu64 " page%s left movable memory", pin->moved_pages,
		pin->moved_pages == 1 ? "" : "s");
	if (pin->moved_huge)
		fprintf(f, ", %" PRIu64 " huge", pin->moved_huge);
	if (pin->split_huge)
		fprintf(f, ", %" PRIu64 " huge split", pin->split_huge);
	fprintf(f, ", %" PRIu64 " could not", pin->failed_pages);
}

static void put_pin_node(FILE *f, const struct mhp_pin_change *pin)
{
	if (pin->pins == MHP_UNKNOWN)
		fprintf(f, "node%d in all: its pins are not known", pin->node);
	else
		fprintf(f,
			"node%d in all: %" PRIu64 " pins made, %" PRIu64 " released, %" PRIu64
			" at present",
			pin->node, pin->acquired, pin->released, pin->pins);
}

static void put_pin(FILE *f, const struct mhp_change *change)
{
	const struct mhp_pin_change *pin = change->pin;

	if (change->kind == MHP_CHANGE_PIN) {
		fputs("pin by ", f);
		put_moved(f, pin);
	} else if (change->kind == MHP_CHANGE_PIN_PROCESS) {
		fprintf(f, "%" PRIu64 " pin%s in all by ", pin->calls, pin->calls == 1 ? "" : "s");
		put_moved(f, pin);
	} else if (change->kind == MHP_CHANGE_PIN_STAYS) {
		fprintf(f, "node%d: about %" PRIu64 " page%s pinned in movable memory for %.1f s",
			pin->node, pin->pins, pin->pins == 1 ? "" : "s",
			(double)pin->for_ms / 1000);
	} else if (change->kind == MHP_CHANGE_PIN_NODE) {
		put_pin_node(f, pin);
	} else if (pin->lost == MHP_UNKNOWN) {
		fputs("events about pins were lost, it is not known how many", f);
	} else {
		fprintf(f, "%" PRIu64 " event%s about pins lost", pin->lost,
			pin->lost == 1 ? "" : "s");
	}
}

void out_text_change(FILE *f, const struct mhp_change *change)
{
	out_text_time(f, change->time_us);
	switch (change->kind) {
	case MHP_CHANGE_BLOCKS:
		put_blocks(f, change);
		break;
	case MHP_CHANGE_DEVICE:
		put_dax(f, change);
		break;
	case MHP_CHANGE_NAMESPACE:
		put_namespace(f, change);
		break;
	case MHP_CHANGE_REGION:
		put_region(f, change);
		break;
	case MHP_CHANGE_CXL_MEMDEV:
		put_memdev(f, change);
		break;
	case MHP_CHANGE_CXL_REGION:
		put_cxl_region(f, change);
		break;
	case MHP_CHANGE_NODE:
		put_node(f, change);
		break;
	case MHP_CHANGE_POLICY:
		out_text_escaped(f, "auto_online_blocks changed, ",
				 change->memory->auto_online_blocks, "");
		break;
	case MHP_CHANGE_RUN:
	case MHP_CHANGE_RECOVERY:
		put_run(f, change);
		break;
	default:
		if (change->pin)
			put_pin(f, change);
		else
			fputs("overflow: events were lost; the machine was read again", f);
	}
	fputc('\n', f);
}
