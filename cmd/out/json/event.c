/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the events of another mhpctl from a file. Lines that are not such an event are skipped.
 */
#include "cmd/job.h"
#include "cmd/out/json/text.h"
#include "cmd/out/json/read.h"
#include "lib/base/counts.h"
#include "lib/base/error.h"

#include <errno.h>
#include <string.h>

static uint64_t count_of(struct json_object *in, const char *key)
{
	uint64_t value = doc_number(in, key);

	return value == MHP_UNKNOWN ? 0 : value;
}

static unsigned step_type(const char *name)
{
	unsigned type = 0;

	while (type < NR_STEP_TYPES &&
	       strcmp(mhp_step_type_name((enum mhp_step_type)type), name) != 0)
		type++;
	return type;
}

/* Counts online blocks; for init, whose work is the memmap, the completed parts. */
static uint64_t usable_bytes(struct json_object *doc, const struct mhp_event *progress)
{
	struct json_object *parts = NULL;
	size_t nr = doc_array(doc, "parts", &parts);
	uint64_t sum = 0;

	if (!progress->is_in_pages)
		return progress->done_bytes;
	if (strcmp(doc_text(doc, "command"), "init") != 0)
		return 0;
	for (size_t i = 0; i < nr; i++) {
		struct json_object *part = json_object_array_get_idx(parts, i);
		uint64_t done = count_of(part, "done_bytes");

		if (!doc_bool(part, "active") && done == count_of(part, "total_bytes"))
			sum += done;
	}
	return sum;
}

static void read_progress(struct json_object *doc, struct job_seen *seen)
{
	unsigned type = step_type(doc_text(doc, "step"));

	seen->progress = (struct mhp_event){
		.type = MHP_EVENT_PROGRESS,
		.done = count_of(doc, "done"),
		.total = count_of(doc, "total"),
		.done_bytes = count_of(doc, "done_bytes"),
		.total_bytes = count_of(doc, "total_bytes"),
		.is_in_pages = strcmp(doc_text(doc, "unit"), "pages") == 0,
		.is_estimated = doc_bool(doc, "estimated"),
		.bytes_per_second = count_of(doc, "bytes_per_second"),
		.eta_ms = doc_number(doc, "eta_ms"),
	};
	seen->usable_bytes = usable_bytes(doc, &seen->progress);
	if (type == NR_STEP_TYPES)
		return;
	seen->step = (struct mhp_step){ .type = (enum mhp_step_type)type };
	str_copy(seen->step.object, doc_text(doc, "object"));
	seen->progress.step = &seen->step;
}

/* ---- the result -------------------------------------------------------------------------- */

static enum mhp_status status_named(const char *name)
{
	unsigned status = 0;

	while (status < NR_STATUSES && strcmp(mhp_status_name((enum mhp_status)status), name) != 0)
		status++;
	return (enum mhp_status)status;
}

static enum mhp_zone zone_named(const char *name)
{
	for (unsigned zone = MHP_ZONE_DMA; zone < NR_ZONES; zone++) {
		const char *other = mhp_zone_name((enum mhp_zone)zone);

		if (other && strcmp(other, name) == 0)
			return (enum mhp_zone)zone;
	}
	return MHP_ZONE_NONE;
}

static int node_of(struct json_object *in)
{
	uint64_t node = doc_number(in, "node");

	return node > INT32_MAX ? -1 : (int)node;
}

static int read_targets(struct json_object *doc, struct job_seen *seen)
{
	enum mhp_verb verb = doc_verb(doc_text(doc, "command"));
	struct json_object *list = NULL;
	size_t nr = doc_array(doc, "targets", &list);
	struct mhp_target_result *targets = calloc(nr + 1, sizeof(*targets));

	if (!targets)
		return -ENOMEM;
	for (size_t i = 0; i < nr; i++) {
		struct json_object *in = json_object_array_get_idx(list, i);

		targets[i] = (struct mhp_target_result){
			.verb = verb == NR_VERBS ? MHP_VERB_ONLINE : verb,
			.status = status_named(doc_text(in, "status")),
			.has_changes = doc_bool(in, "changed"),
			.blocks_done = count_of(in, "blocks_done"),
			.blocks_online = count_of(in, "blocks_online"),
			.blocks_total = count_of(in, "blocks_total"),
			.online_bytes = count_of(in, "online_bytes"),
			.zone = zone_named(doc_text(in, "zone")),
			.node = node_of(in),
		};
		str_copy(targets[i].target, doc_text(in, "target"));
		str_copy(targets[i].ns_name, doc_text(in, "namespace"));
		str_copy(targets[i].device, doc_text(in, "device"));
		str_copy(targets[i].cxl_region, doc_text(in, "cxl_region"));
	}
	seen->targets = targets;
	seen->nr_targets = nr;
	return 0;
}

static int read_failures(struct json_object *doc, struct job_seen *seen)
{
	struct json_object *list = NULL;
	size_t nr = doc_array(doc, "failures", &list);
	struct mhp_failure *failures = calloc(nr + 1, sizeof(*failures));

	if (!failures)
		return -ENOMEM;
	for (size_t i = 0; i < nr; i++) {
		struct json_object *in = json_object_array_get_idx(list, i);

		str_copy(failures[i].error.message, doc_text(in, "message"));
		str_copy(failures[i].error.hint, doc_text(in, "hint"));
		str_copy(failures[i].kernel_reason, doc_text(in, "kernel_reason"));
	}
	seen->failures = failures;
	seen->nr_failures = nr;
	return 0;
}

static void free_result(struct job_seen *seen)
{
	free(seen->targets);
	free(seen->failures);
	seen->targets = NULL;
	seen->nr_targets = seen->nr_failures = 0;
	seen->failures = NULL;
	json_object_put(seen->document);
	seen->result = (struct mhp_result){ 0 };
	seen->document = NULL;
}

static int read_result(struct json_object *doc, struct job_seen *seen)
{
	struct mhp_result result = {
		.status = status_named(doc_text(doc, "status")),
		.has_changes = doc_bool(doc, "changed"),
		.elapsed_ms = count_of(doc, "elapsed_ms"),
	};
	uint64_t exit_code = doc_number(doc, "exit_code");
	struct json_object *failures = NULL;
	int rc;

	if (result.status == NR_STATUSES || exit_code > UINT8_MAX)
		return 0;
	/* a damaged line must not turn a failure into a success */
	if ((result.status == MHP_STATUS_OK) != (exit_code == 0) ||
	    (exit_code == 0 && doc_array(doc, "failures", &failures)))
		return 0;
	free_result(seen);
	result.exit_code = (int)exit_code;
	seen->result = result;
	seen->document = json_object_get(doc);
	rc = read_targets(doc, seen);
	return rc < 0 ? rc : read_failures(doc, seen);
}

int out_json_read_event(const char *line, struct job_seen *seen)
{
	cleanup_document struct json_object *doc = NULL;
	int rc = json_parse(line, strlen(line), &doc);

	if (rc == -ENOMEM)
		return rc;
	if (doc_is_event(doc, mhp_event_type_name(MHP_EVENT_PROGRESS)))
		read_progress(doc, seen);
	else if (doc_is_event(doc, "result"))
		return read_result(doc, seen);
	return 0;
}

void out_json_forget(struct job_seen *seen)
{
	free_result(seen);
}
