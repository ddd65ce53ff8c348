/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/out/record-fields.h"
#include "cmd/wording.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"

#include <inttypes.h>
#include <string.h>

void record_number(struct record *record, const char *name, uint64_t value)
{
	if (value != MHP_UNKNOWN)
		record_format(record, name, "%" PRIu64, value);
}

/* Matches dax0.0, but not the module dax_pmem. */
static bool is_numbered(const char *object, const char *kind)
{
	size_t len = strlen(kind);

	return strncmp(object, kind, len) == 0 && object[len] &&
	       !object[len + strspn(object + len, "0123456789.-")];
}

void record_object(struct record *record, const char *object)
{
	static const char *const devices[] = { "dax", "namespace", "region" };

	if (is_numbered(object, "memory"))
		record_text(record, "MHPCTL_BLOCK", object + strlen("memory"));
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
		if (is_numbered(object, devices[i]))
			record_text(record, "MHPCTL_DEVICE", object);
}

void record_section(struct record *record, const char *section, const char *file, unsigned line)
{
	record_text(record, "MHPCTL_SECTION", section);
	record_text(record, "MHPCTL_FILE", file);
	if (file && *file && line)
		record_format(record, "MHPCTL_LINE", "%u", line);
}

void record_error(struct record *record, const struct mhp_error *err)
{
	record_text(record, "MHPCTL_REASON", mhp_reason_name(err->reason));
	if (err->errnum)
		record_format(record, "ERRNO", "%d", err->errnum);
}

void record_place(struct record *record, const struct mhp_event *event, const char *object)
{
	const struct mhp_step *step = event->step;

	record_section(record, event->section, event->file, event->line);
	if (event->has_node)
		record_format(record, "MHPCTL_NODE", "%d", event->node);
	if (step) {
		record_text(record, "MHPCTL_STEP", mhp_step_type_name(step->type));
		if (step->type == MHP_STEP_ONLINE_BLOCK && step->zone != MHP_ZONE_REQUEST_AUTO)
			record_text(record, "MHPCTL_ZONE", mhp_zone_request_name(step->zone));
		record_text(record, "MHPCTL_OBJECT", step->object);
		if (!object)
			object = step->object;
	}
	if (object)
		record_object(record, object);
	if (event->device && (!object || strcmp(event->device, object) != 0))
		record_text(record, "MHPCTL_DEVICE", event->device);
}

void record_owner(struct record *record, const struct mhp_owner *owner)
{
	char fd[24] = "";

	if (owner->fd >= 0)
		str_format(fd, " fd %d", owner->fd);
	record_format(record, "MHPCTL_OWNER_PID", "%d", owner->pid);
	record_text(record, "MHPCTL_OWNER_COMM", owner->comm);
	record_format(record, "MHPCTL_OWNER", "%s[%d] %s%s (%s)", owner->comm, owner->pid,
		      mhp_holder_kind_name(owner->holder), fd,
		      mhp_confidence_name(owner->confidence));
}

void record_hook(struct record *record, const struct mhp_hook *hook)
{
	char text[1200];

	record_text(record, "MHPCTL_HOOK", mhp_hook_when_name(hook->when));
	record_text(record, "MHPCTL_HOOK_COMMAND", hook->command);
	record_text(record, "MHPCTL_HOOK_OUTPUT", hook->output);
	record_text(record, "MHPCTL_RESULT", mhp_hook_status_name(hook->status));
	record_number(record, "MHPCTL_ELAPSED_MS", hook->elapsed_ms);
	wording_hook(hook, text, sizeof(text));
	record_message(record, text, "");
}

void record_drain(struct record *record, const struct mhp_drain_action *action)
{
	char text[WORDING_DRAIN_MAX];

	record_text(record, "MHPCTL_DRAIN", mhp_drain_kind_name(action->kind));
	record_text(record, "MHPCTL_DRAIN_TARGET", action->target);
	record_text(record, "MHPCTL_RESULT", mhp_drain_status_name(action->status));
	record_number(record, "MHPCTL_ELAPSED_MS", action->elapsed_ms);
	wording_drain(action, text, sizeof(text));
	record_message(record, text, "");
}
