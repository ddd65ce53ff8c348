/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replaces mhp_run() (LD_PRELOAD), so that tests see what the program does with events, questions
 * and results without touching memory. FAKE_RUN selects what happens.
 */
#include "lib/libmhp.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

struct fake {
	const struct mhp_run_options *options;
	struct mhp_result result;
	struct mhp_target_result target;
	struct mhp_failure failure;
	struct mhp_failure alike[9];
};

static const struct mhp_step step = {
	.type = MHP_STEP_OFFLINE_BLOCK,
	.object = "memory33-95",
	.size = 63ULL << 27,
	.first_block = 33,
	.last_block = 95,
	.why = "online",
	.undo = "online in the zone it had",
};

static const struct mhp_page page = {
	.pfn = 0x148c3e,
	.kind = MHP_PAGE_ANON,
	.refcount = 1026,
	.mapcount = 1,
	.pincount = MHP_COUNT_UNKNOWN,
	.pins = 1,
	.verdict = MHP_REASON_PINNED,
};

/* A process can choose any name. */
static const struct mhp_owner owner = {
	.pid = 412,
	.comm = "fi\033[2J\xc2\x9b\xffo",
	.cgroup = "/system.slice/\"db\".service",
	.address = 0x7f2c6b200000,
	.pages = 1024,
	.vm_pin_bytes = 4194304,
	.holder = MHP_HOLDER_IO_URING,
	.fd = 5,
	.detail = "1 registered buffer",
	.confidence = MHP_CONFIDENCE_CERTAIN,
	.source = "pagemap, fdinfo",
};

static const struct mhp_receipt_block receipt_blocks[] = {
	{ .id = 44,
	  .status = MHP_RECEIPT_DONE,
	  .zone = MHP_ZONE_MOVABLE,
	  .origin = MHP_BLOCK_ORIGIN_KMEM,
	  .has_page_counts = true,
	  .free_bytes = 1 << 27,
	  .estimated_ms = 9,
	  .took_ms = 12 },
	{ .id = 45,
	  .status = MHP_RECEIPT_DONE,
	  .zone = MHP_ZONE_MOVABLE,
	  .origin = MHP_BLOCK_ORIGIN_KMEM,
	  .has_page_counts = true,
	  .free_bytes = 1 << 27,
	  .estimated_ms = 9,
	  .took_ms = 13 },
	{ .id = 40,
	  .status = MHP_RECEIPT_FAILED,
	  .zone = MHP_ZONE_MOVABLE,
	  .origin = MHP_BLOCK_ORIGIN_KMEM,
	  .has_page_counts = true,
	  .moved_bytes = 8192,
	  .anon_bytes = 4096,
	  .estimated_ms = MHP_UNKNOWN,
	  .took_ms = 5003,
	  .reason = MHP_REASON_PINNED,
	  .why = "memory40: offline failed: fi\033[2Jo",
	  .who = "fi\033[2Jo[412]" },
	{ .id = 41,
	  .status = MHP_RECEIPT_DONE,
	  .zone = MHP_ZONE_MOVABLE,
	  .origin = MHP_BLOCK_ORIGIN_KMEM,
	  .has_page_counts = true,
	  .moved_bytes = 3 << 20,
	  .anon_bytes = 2 << 20,
	  .thp_bytes = 2 << 20,
	  .estimated_ms = MHP_UNKNOWN,
	  .took_ms = 1500 },
	{ .id = 33,
	  .status = MHP_RECEIPT_PASSED_OVER,
	  .zone = MHP_ZONE_MOVABLE,
	  .origin = MHP_BLOCK_ORIGIN_VIRTIO_MEM,
	  .estimated_ms = MHP_UNKNOWN,
	  .took_ms = MHP_UNKNOWN,
	  .reason = MHP_REASON_UNMOVABLE,
	  .why = "has pages" },
};

static const struct mhp_receipt receipt = {
	.target = "node7",
	.is_offline = true,
	.asked_bytes = 3 << 27,
	.given_bytes = 3 << 27,
	.moved_bytes = (3 << 20) + 8192,
	.available_bytes = 1 << 30,
	.estimated_ms = MHP_UNKNOWN,
	.nr_spare = 2,
	.nr_blocks = 5,
	.blocks = receipt_blocks,
};

static const struct mhp_drain_action drain_actions[] = {
	{ .kind = MHP_DRAIN_HOLD_DEMOTION,
	  .status = MHP_DRAIN_DONE,
	  .target = "demotion",
	  .asked_bytes = MHP_UNKNOWN,
	  .done_bytes = MHP_UNKNOWN,
	  .before_bytes = MHP_UNKNOWN,
	  .after_bytes = MHP_UNKNOWN },
	{ .kind = MHP_DRAIN_RECLAIM,
	  .status = MHP_DRAIN_PARTIAL,
	  .target = "/x\033[2Jy",
	  .asked_bytes = 3 << 20,
	  .done_bytes = 1 << 20,
	  .before_bytes = 5 << 20,
	  .after_bytes = 4 << 20,
	  .elapsed_ms = 1500,
	  .why = "too little swap is free" },
};

static const struct mhp_drain drain = {
	.limit_ms = 30000,
	.before = { 8 << 20, 0, 1 << 20, 6 << 20, 2 << 20, 5 << 20, 3 << 20 },
	.after = { 7 << 20, 0, 1 << 20, 5 << 20, 2 << 20, 5 << 20, 2 << 20 },
	.nr_actions = 2,
	.actions = drain_actions,
};

/* A plan of this step, which the functions below return. */
static const struct mhp_plan *const the_plan = (const void *)&step;

static volatile sig_atomic_t cancelled;

static bool is_requested(const char *word)
{
	const char *word_list = getenv("FAKE_RUN");

	return word_list && strstr(word_list, word);
}

EXPORT void mhp_ctx_cancel(struct mhp_ctx *ctx)
{
	cancelled = 1;
}

EXPORT const struct mhp_loss *mhp_plan_loss(const struct mhp_plan *plan, size_t index)
{
	static const struct mhp_loss loss = {
		.object = "namespace0.0",
		.uuid = "67793024-dca6-454e-b301-4ec2cd0a8f3f",
		.mode = "devdax",
		.size = 1ULL << 30,
		.content = MHP_CONTENT_DATA,
		.content_text = "ext4 'backup'",
	};

	(void)plan;
	return is_requested("consent") && index == 0 ? &loss : NULL;
}

EXPORT const char *mhp_plan_consent(const struct mhp_plan *plan, size_t index)
{
	return index == 0 ? "destroy namespace0.0 (\"\033[2Jprecious\")" : NULL;
}

EXPORT const char *mhp_plan_warning(const struct mhp_plan *plan, size_t index)
{
	return index == 0 ? "48 MiB lie in no whole memory block" : NULL;
}

EXPORT const char *mhp_plan_target(const struct mhp_plan *plan, size_t index)
{
	return index == 0 ? "dax999.0" : NULL;
}

static const struct mhp_plan_cost no_cost = {
	.is_complete = true,
	.time_ms = MHP_UNKNOWN,
	.available_bytes = MHP_UNKNOWN,
	.reserve_bytes = MHP_UNKNOWN,
};

EXPORT const struct mhp_plan_cost *mhp_plan_cost(const struct mhp_plan *plan)
{
	return &no_cost;
}

EXPORT const struct mhp_node_cost *mhp_plan_node_cost(const struct mhp_plan *plan, size_t index)
{
	return NULL;
}

EXPORT const struct mhp_alternative *mhp_plan_alternative(const struct mhp_plan *plan, size_t index)
{
	return NULL;
}

EXPORT const struct mhp_receipt *mhp_plan_receipt(const struct mhp_plan *plan)
{
	(void)plan;
	return is_requested("receipt") ? &receipt : NULL;
}

EXPORT const struct mhp_drain *mhp_plan_drain(const struct mhp_plan *plan)
{
	(void)plan;
	return is_requested("drain") ? &drain : NULL;
}

EXPORT const struct mhp_step *mhp_plan_step(const struct mhp_plan *plan, size_t index)
{
	return index == 0 ? &step : NULL;
}

static void send_event(const struct fake *fake, struct mhp_event event)
{
	event.time_us = 1800000000123456;
	fake->options->event(&event, fake->options->data);
}

static void tell_progress(const struct fake *fake)
{
	for (unsigned done = 0; done <= 63; done += 21)
		send_event(fake, (struct mhp_event){ .type = MHP_EVENT_PROGRESS,
						     .step = &step,
						     .done = done,
						     .total = 63,
						     .done_bytes = (uint64_t)done << 27,
						     .total_bytes = step.size,
						     .bytes_per_second = done ? 310 << 20 : 0,
						     .eta_ms = done ? 21000 : MHP_UNKNOWN });
	send_event(fake, (struct mhp_event){ .type = MHP_EVENT_RETRYING,
					     .step = &step,
					     .object = "memory40",
					     .pages_stuck = is_requested("fail") ? 10 : 0,
					     .owner = is_requested("fail") ? &owner : NULL,
					     .elapsed_ms = 3012 });
}

/* Sends more events than the file of a job can have. */
static void send_many_events(const struct fake *fake)
{
	for (unsigned done = 0; done < 60000; done++)
		send_event(fake, (struct mhp_event){ .type = MHP_EVENT_PROGRESS,
						     .step = &step,
						     .done = done,
						     .total = 60000,
						     .eta_ms = MHP_UNKNOWN });
}

static void wait_for_cancel(void)
{
	fputs("waiting\n", stderr);
	for (int i = 0; i < 12000 && !cancelled;
	     i++) /* ten minutes, so that a forgotten process ends */
		usleep(50 * 1000);
}

static void fail(struct fake *fake, enum mhp_status status, enum mhp_reason reason, int errnum)
{
	struct mhp_failure *failure = &fake->failure;

	snprintf(failure->target, sizeof(failure->target), "memory40");
	failure->has_step = true;
	failure->step = step.type;
	failure->error.errnum = errnum;
	failure->error.reason = reason;
	failure->elapsed_ms = 5003;
	failure->pages_seen = 10;
	failure->pages_suppressed = 1014;
	failure->pages = &page;
	failure->owners = &owner;
	failure->nr_pages = failure->nr_owners = 1;
	snprintf(failure->error.message, sizeof(failure->error.message),
		 "memory40: offline failed: page 0x148c3e is mapped by fio\033[2J\xff[412]");
	snprintf(failure->error.hint, sizeof(failure->error.hint), "stop fio");
	snprintf(failure->kernel_reason, sizeof(failure->kernel_reason), "signal backoff");
	send_event(fake, (struct mhp_event){ .type = MHP_EVENT_FAILURE, .failure = failure });
	fake->result.status = fake->target.status = status;
	fake->result.exit_code = mhp_reason_exit_code(reason);
	fake->result.nr_failures = 1;
	fake->target.blocks_done = 62;
}

/* Fails blocks 33 to 40, and 42 after a gap, for the same reason. */
static void fail_alike(struct fake *fake)
{
	for (unsigned i = 0; i < 9; i++) {
		struct mhp_failure *failure = &fake->alike[i];
		unsigned id = i < 8 ? 33 + i : 42;

		snprintf(failure->target, sizeof(failure->target), "memory%u", id);
		failure->has_step = true;
		failure->step = step.type;
		failure->error.errnum = EPERM;
		failure->error.reason = MHP_REASON_BOOT_MEMORY;
		failure->migrate_failures = failure->node_pins = MHP_UNKNOWN;
		snprintf(failure->error.message, sizeof(failure->error.message),
			 "memory%u: offline failed: it was present at boot", id);
		snprintf(failure->error.hint, sizeof(failure->error.hint), "leave it");
		send_event(fake,
			   (struct mhp_event){ .type = MHP_EVENT_FAILURE, .failure = failure });
		send_event(fake, (struct mhp_event){ .type = MHP_EVENT_PROGRESS,
						     .step = &step,
						     .done = i + 1,
						     .total = 63,
						     .eta_ms = MHP_UNKNOWN });
	}
	fake->result.status = fake->target.status = MHP_STATUS_FAILED;
	fake->result.exit_code = mhp_reason_exit_code(MHP_REASON_BOOT_MEMORY);
	fake->result.nr_failures = 9;
	fake->result.failures = fake->alike;
}

static void run_hook(struct fake *fake, enum mhp_hook_when when)
{
	const bool fails = when == MHP_HOOK_AFTER;
	struct mhp_hook hook = {
		.when = when,
		.command = "/sbin/drain now",
		.exit_status = -1,
		.timeout_ms = 30000,
		.output = "",
	};

	send_event(fake, (struct mhp_event){ .type = MHP_EVENT_HOOK_STARTED, .hook = &hook });
	hook.status = fails ? MHP_HOOK_KILLED : MHP_HOOK_OK;
	hook.signal = fails ? SIGSEGV : 0;
	hook.exit_status = fails ? -1 : 0;
	hook.elapsed_ms = 1200;
	hook.output_bytes = 5;
	hook.output = "a\n\\x00b";
	send_event(fake, (struct mhp_event){ .type = MHP_EVENT_HOOK_DONE, .hook = &hook });
}

static void send_drain(const struct fake *fake)
{
	struct mhp_drain_action action = drain_actions[1];

	action.status = MHP_DRAIN_PLANNED;
	send_event(fake, (struct mhp_event){ .type = MHP_EVENT_DRAIN_STARTED, .drain = &action });
	send_event(fake,
		   (struct mhp_event){ .type = MHP_EVENT_DRAIN_DONE, .drain = &drain_actions[1] });
}

static void run(struct fake *fake)
{
	if (is_requested("waiting"))
		send_event(fake, (struct mhp_event){ .type = MHP_EVENT_WAITING,
						     .object = "mhpctl[123]" });
	if (is_requested("hooks"))
		run_hook(fake, MHP_HOOK_BEFORE);
	send_event(fake, (struct mhp_event){ .type = MHP_EVENT_PLAN, .plan = the_plan });
	if (is_requested("drain"))
		send_drain(fake);
	send_event(fake, (struct mhp_event){ .type = MHP_EVENT_STEP_STARTED, .step = &step });
	tell_progress(fake);
	if (is_requested("much"))
		send_many_events(fake);
	send_event(fake, (struct mhp_event){ .type = MHP_EVENT_WARNING, .message = "a udev rule" });
	if (is_requested("cancel"))
		wait_for_cancel();
	if (cancelled)
		fail(fake, MHP_STATUS_INTERRUPTED, MHP_REASON_INTERRUPTED, EINTR);
	else if (is_requested("alike"))
		fail_alike(fake);
	else if (is_requested("fail"))
		fail(fake, MHP_STATUS_BLOCKED, MHP_REASON_PINNED, EBUSY);
	send_event(fake, (struct mhp_event){ .type = MHP_EVENT_STEP_DONE,
					     .step = &step,
					     .has_changes = fake->result.has_changes,
					     .has_failed = fake->result.nr_failures > 0 });
	if (is_requested("hooks"))
		run_hook(fake, MHP_HOOK_AFTER);
}

static int refuse(struct mhp_error *err, int rc, enum mhp_reason reason, const char *message)
{
	err->errnum = -rc;
	err->reason = reason;
	snprintf(err->message, sizeof(err->message), "%s", message);
	snprintf(err->hint, sizeof(err->hint), "do something");
	return rc;
}

static void print_word(const char *name, const char *word)
{
	fprintf(stderr, " %s=%s", name, word);
}

static void print_number(const char *name, uint64_t number)
{
	if (number)
		fprintf(stderr, " %s=%llu", name, (unsigned long long)number);
}

static void print_flag(const char *name, bool is_set)
{
	if (is_set)
		fprintf(stderr, " %s", name);
}

/* Prints the verb and each value that is not 0, by its name in the header. */
static void print_request(const struct mhp_request *request, const struct mhp_run_options *options)
{
	fputs(mhp_verb_name(request->verb), stderr);
	if (request->zone)
		print_word("zone", mhp_zone_request_name(request->zone));
	print_number("bytes", request->bytes);
	print_number("choose_bytes", request->choose_bytes);
	print_number("keep_bytes", request->keep_bytes);
	print_number("align", request->align);
	if (request->map)
		print_word("map", mhp_memmap_location_name(request->map));
	if (request->name)
		print_word("name", request->name);
	if (request->has_node || request->node)
		fprintf(stderr, " node=%d", request->node);
	print_flag("interleave", request->interleave);
	print_number("granularity", request->granularity);
	if (request->window)
		print_word("window", request->window);
	print_flag("init_labels", request->init_labels);
	print_flag("destroy", request->destroy);
	print_flag("keep_going", request->keep_going);
	print_number("agreed", request->agreed);
	print_number("drain_ms", request->drain_ms);
	print_number("timeout_ms", options->timeout_ms);
	print_number("wait_ms", options->wait_ms);
	print_flag("roll_back", options->roll_back);
	print_number("max_parallel", options->max_parallel);
	if (options->hook_before)
		print_word("hook_before", options->hook_before);
	if (options->hook_after)
		print_word("hook_after", options->hook_after);
	print_number("hook_timeout_ms", options->hook_timeout_ms);
	print_number("hook_pid", (uint64_t)options->hook_pid);
	fputc('\n', stderr);
}

EXPORT int mhp_run(struct mhp_ctx *ctx, const struct mhp_request *request,
		   const struct mhp_run_options *options, struct mhp_result **result,
		   struct mhp_error *err)
{
	struct fake *fake;

	if (is_requested("request"))
		print_request(request, options);
	if (is_requested("held"))
		return refuse(err, -EAGAIN, MHP_REASON_LOCK_HELD, "mhpctl[123] works on dax999.0");
	if (is_requested("consent") && !request->agreed &&
	    !options->consent(the_plan, options->data))
		return refuse(err, -EPERM, MHP_REASON_NEEDS_CONSENT, "data would be lost");
	fake = calloc(1, sizeof(*fake));
	if (!fake)
		return refuse(err, -ENOMEM, MHP_REASON_OUT_OF_MEMORY, "no memory");
	fake->options = options;
	fake->result.has_changes = fake->target.has_changes = !is_requested("already");
	fake->result.elapsed_ms = 1234;
	fake->result.nr_targets = 1;
	fake->result.targets = &fake->target;
	fake->result.failures = &fake->failure;
	fake->result.receipt = is_requested("receipt") ? &receipt : NULL;
	fake->result.drain = is_requested("drain") ? &drain : NULL;
	fake->target.verb = request->verb;
	fake->target.blocks_done = fake->target.blocks_total = 63;
	snprintf(fake->target.target, sizeof(fake->target.target), "%s", "dax999.0");
	run(fake);
	*result = &fake->result;
	return 0;
}

EXPORT int mhp_run_check(struct mhp_ctx *ctx, const struct mhp_request *request,
			 const struct mhp_run_options *options, struct mhp_error *err)
{
	if (is_requested("held"))
		return refuse(err, -EAGAIN, MHP_REASON_LOCK_HELD, "mhpctl[123] works on dax999.0");
	if (is_requested("consent"))
		return refuse(err, -EPERM, MHP_REASON_NEEDS_CONSENT, "data would be lost");
	return !is_requested("already");
}

EXPORT void mhp_result_free(struct mhp_result *result)
{
	if (result)
		free((char *)result - offsetof(struct fake, result));
}
