/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/progress.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define ERASE_LINE "\r\033[K"

/* The line consists of parts, the most important first; a part that does not fit is left out. */
struct line {
	char text[256];
	size_t len;
	size_t width;
	bool is_full; /* no later part is added, even a shorter one */
};

static size_t terminal_width(void)
{
	struct winsize size = { 0 };

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col < 20)
		return 79;
	return size.ws_col - 1; /* the last column would wrap on some terminals */
}

static void line_add(struct line *line, const char *part)
{
	size_t space = line->width < sizeof(line->text) ? line->width : sizeof(line->text) - 1;
	size_t gap = line->len ? 2 : 0;
	size_t len = strlen(part);

	if (!line->len && len > space)
		len = space; /* a cut name is better than none */
	line->is_full = line->is_full || line->len + gap + len > space;
	if (line->is_full)
		return;
	memset(line->text + line->len, ' ', gap);
	memcpy(line->text + line->len + gap, part, len);
	line->len += gap + len;
	line->text[line->len] = '\0';
}

/* Formats "0:21" or "1:02:03". */
static void format_eta(uint64_t msec, char *buf, size_t size)
{
	uint64_t sec = (msec + 999) / 1000;

	if (sec >= 3600)
		snprintf(buf, size, "ETA %" PRIu64 ":%02" PRIu64 ":%02" PRIu64, sec / 3600,
			 sec / 60 % 60, sec % 60);
	else
		snprintf(buf, size, "ETA %" PRIu64 ":%02" PRIu64, sec / 60, sec % 60);
}

static void add_step(struct line *line, const struct mhp_step *step)
{
	char object[sizeof(step->object) * 4];
	char part[sizeof(object) + 32];

	text_escape(step->object, object, sizeof(object));
	snprintf(part, sizeof(part), "%s %s", mhp_step_type_text(step->type), object);
	line_add(line, part);
}

static void add_bytes(struct line *line, const struct mhp_event *event)
{
	char part[96], done[24], total[24];

	if (!event->total_bytes || event->total_bytes == MHP_UNKNOWN)
		return;
	snprintf(part, sizeof(part), "%s%s of %s", event->is_estimated ? "about " : "",
		 format_size(event->done_bytes, done, sizeof(done)),
		 format_size(event->total_bytes, total, sizeof(total)));
	line_add(line, part);
}

static void add_eta(struct line *line, const struct mhp_event *event)
{
	char part[32];

	if (event->eta_ms == MHP_UNKNOWN || !event->done)
		return;
	format_eta(event->eta_ms, part, sizeof(part));
	line_add(line, part);
}

/* Adds "memmap of 2 of 4: namespace1.0, namespace3.0": how many are done, and the active ones. */
static void add_parts(struct line *line, const struct mhp_event *event)
{
	char part[256], names[160] = "";
	size_t ended = 0, len = 0;

	for (size_t i = 0; i < event->nr_parts; i++) {
		const struct mhp_event_part *p = mhp_event_part(event, i);

		ended += p->done_bytes == p->total_bytes;
		if (p->is_active && len < sizeof(names))
			len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%s",
						len ? ", " : ": ", p->object);
	}
	snprintf(part, sizeof(part), "memmap of %zu of %zu", ended, event->nr_parts);
	line_add(line, part);
	add_eta(line, event);
	add_bytes(line, event);
	if (len)
		line_add(line, names + 2);
}

static void add_counts(struct line *line, const struct mhp_event *event)
{
	char part[96], speed[24];

	snprintf(part, sizeof(part), "%" PRIu64 "/%" PRIu64 " blocks", event->done, event->total);
	line_add(line, part);
	add_eta(line, event);
	add_bytes(line, event);
	if (event->bytes_per_second) {
		snprintf(part, sizeof(part), "%s/s",
			 format_size(event->bytes_per_second, speed, sizeof(speed)));
		line_add(line, part);
	}
}

/* Returns whether a holder takes long-term pins; others hold a reference or map the page. */
static bool is_pin(enum mhp_holder_kind holder)
{
	return holder == MHP_HOLDER_IO_URING || holder == MHP_HOLDER_RDMA ||
	       holder == MHP_HOLDER_VFIO || holder == MHP_HOLDER_IOMMUFD ||
	       holder == MHP_HOLDER_VHOST_VDPA || holder == MHP_HOLDER_XDP;
}

/* Formats ", pinned by fio[412] (io_uring)", with "probably" or "possibly" where not certain. */
static void format_owner(const struct mhp_owner *owner, char *text, size_t size)
{
	char comm[96];

	text_escape(owner->comm, comm, sizeof(comm));
	if (owner->holder == MHP_HOLDER_UNKNOWN)
		snprintf(text, size, ", mapped by %s[%d]", comm, owner->pid);
	else
		snprintf(text, size, ", %s%s by %s[%d] (%s)",
			 owner->confidence == MHP_CONFIDENCE_CERTAIN  ? ""
			 : owner->confidence == MHP_CONFIDENCE_LIKELY ? "probably "
								      : "possibly ",
			 is_pin(owner->holder) ? "pinned" : "held", comm, owner->pid,
			 mhp_holder_kind_name(owner->holder));
}

static void add_retrying(struct line *line, const struct mhp_event *event)
{
	char object[128], part[sizeof(object) + 256];
	int len;

	text_escape(event->object ? event->object : "memory", object, sizeof(object));
	if (!event->pages_stuck)
		len = snprintf(part, sizeof(part),
			       "%s: offline has not succeeded for %" PRIu64 " s", object,
			       event->elapsed_ms / 1000);
	else
		len = snprintf(part, sizeof(part), "%s: %" PRIu64 " page%s stuck for %" PRIu64 " s",
			       object, event->pages_stuck, event->pages_stuck == 1 ? "" : "s",
			       event->elapsed_ms / 1000);
	if (event->owner)
		format_owner(event->owner, part + len, sizeof(part) - (size_t)len);
	line_add(line, part);
}

static void add_hook(struct line *line, const struct mhp_hook *hook)
{
	char command[192], part[sizeof(command) + 32];

	text_escape(hook->command, command, sizeof(command));
	str_format(part, "hook %s %s", mhp_hook_when_name(hook->when), command);
	line_add(line, part);
}

static void add_drain(struct line *line, const struct mhp_drain_action *action)
{
	char target[sizeof(action->target)], part[sizeof(target) + 32];

	text_escape(action->target, target, sizeof(target));
	str_format(part, "drain: %s %s", mhp_drain_kind_name(action->kind), target);
	line_add(line, part);
}

static bool compose_line(struct line *line, const struct mhp_event *event)
{
	switch (event->type) {
	case MHP_EVENT_STEP_STARTED:
		add_step(line, event->step);
		return true;
	case MHP_EVENT_PROGRESS:
		if (event->nr_parts) {
			add_parts(line, event);
			return true;
		}
		if (event->step)
			add_step(line, event->step);
		if (event->total)
			add_counts(line, event);
		return true;
	case MHP_EVENT_RETRYING:
		add_retrying(line, event);
		return true;
	case MHP_EVENT_HOOK_STARTED:
		add_hook(line, event->hook);
		return true;
	case MHP_EVENT_DRAIN_STARTED:
		add_drain(line, event->drain);
		return true;
	default:
		return false;
	}
}

bool progress_text(const struct mhp_event *event, char *buf, size_t size)
{
	struct line line = { .width = size - 1 };

	if (!compose_line(&line, event))
		return false;
	str_copy_to(buf, size, line.text);
	return true;
}

void progress_event(struct progress *progress, const struct mhp_event *event)
{
	struct line line = { .width = terminal_width() };

	if (!progress->is_on || !compose_line(&line, event))
		return;
	fprintf(stderr, ERASE_LINE "%s", line.text);
	fflush(stderr);
	progress->is_shown = true;
}

void progress_clear(struct progress *progress)
{
	if (!progress->is_shown)
		return;
	fputs(ERASE_LINE, stderr);
	fflush(stderr);
	progress->is_shown = false;
}
