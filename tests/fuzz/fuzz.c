/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Garbage for every parser that reads what somebody else wrote: libFuzzer targets, one chosen by
 * FUZZ_NAME when this file is compiled. Each also checks what must hold of any answer.
 */
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/model/target.h"
#include "lib/sys/dyndbg.h"
#include "lib/sys/kmsg.h"
#include "lib/model/node.h"
#include "lib/model/page.h"
#include "lib/sys/owners.h"
#include "lib/sys/pagedump.h"
#include "lib/sys/udev-rules.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* A failure has to say why, whatever it was about. */
static void must_explain(int rc, const struct mhp_error *err)
{
	must(rc == 0 || (err->reason != MHP_REASON_NONE && err->message[0]));
}

static void fuzz_target(const char *text)
{
	struct mhp_error err = { 0 };
	struct target target;
	int rc = target_parse(text, &target, &err);

	must_explain(rc, &err);
	must(rc < 0 || target.kind == TARGET_ALL || target.first <= target.last ||
	     target.kind == TARGET_NODE);
}

static void fuzz_size(const char *text)
{
	struct mhp_error err = { 0 };
	uint64_t value;

	must_explain(mhp_parse_size(text, &value, &err), &err);
}

static void fuzz_time(const char *text)
{
	struct mhp_error err = { 0 };
	uint64_t value;

	must_explain(mhp_parse_msec(text, &value, &err), &err);
}

/* Lines of the log, as they come one after the other. */
static void fuzz_kmsg(const char *text)
{
	struct dump_parser parser = { 0 };
	struct kmsg_record record;
	struct mhp_range range;
	struct page_dump dump;
	char reason[16];
	uint64_t count;

	while (*text) {
		if (kmsg_parse(text, &record) == 0) {
			must(record.prio < 8);
			if (kmsg_offline_reason(record.text, &range, reason, sizeof(reason)))
				must(range.start <= range.end || range.end == 0);
			pagedump_suppressed(record.text, &count);
			if (pagedump_feed(&parser, record.text, &dump))
				must(page_judge(&dump).verdict < MHP_REASON_MAX);
		}
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
}

static void fuzz_dyndbg(const char *text)
{
	unsigned line;

	dyndbg_parse_line(text, &line);
}

static void fuzz_udev(const char *text)
{
	udev_rule_onlines(text, false);
	udev_rule_onlines(text, true);
}

static void fuzz_escape(const char *text)
{
	char small[7], large[4096];

	text_escape(text, small, sizeof(small));
	text_escape(text, large, sizeof(large));
	must(strlen(small) < sizeof(small));
	for (const char *at = large; *at; at++)
		must((unsigned char)*at >= 0x20 && *at != 0x7f);
}

static void fuzz_lists(const char *text)
{
	struct mhp_range range;
	unsigned count;

	cpulist_count(text, &count);
	if (owners_parse_buffer(text, &range))
		must(range.start <= range.end);
}

#define JOIN(a, b)    a##b
#define FUZZ_FN(name) JOIN(fuzz_, name)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const all[])(
		const char *) = { fuzz_target, fuzz_size, fuzz_time,   fuzz_kmsg,
				  fuzz_dyndbg, fuzz_udev, fuzz_escape, fuzz_lists };
	char *text = malloc(size + 1);

	(void)all;
	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	FUZZ_FN(FUZZ_NAME)(text);
	free(text);
	return 0;
}
