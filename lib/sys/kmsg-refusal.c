/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/kmsg-refusal.h"
#include "lib/base/error.h"
#include "lib/sys/kmsg.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The meaning of the two numbers in a line. */
enum numbers {
	NONE = 0,
	TO_END,	 /* start and exclusive end */
	TO_LAST, /* start and last byte */
	SIZE,	 /* start and size */
};

/* Weights: about the same memory, a cause outweighs a failure, and a failure its consequence. */
#define WEIGHT_CONSEQUENCE 1
#define WEIGHT_FAILURE	   2
#define WEIGHT_CAUSE	   3

static const struct line {
	const char *words; /* the part that is the same for all memory */
	const char *lead;  /* start of the line, if text that varies follows */
	const char *before;
	enum numbers numbers;
	const char *between;
	const char *after;
	unsigned weight;
	enum mhp_reason reason;
	const char *says;
	const char *hint;
} lines[] = {
	/* arch/arm64/mm/mmu.c */
	{ "Boot memory offlining attempted", "", "Boot memory [", TO_END, " ",
	  "] offlining attempted", WEIGHT_CAUSE, MHP_REASON_BOOT_MEMORY,
	  "it was present at boot, and this kernel cannot take boot memory offline", NULL },
	{ "splits a leaf entry in vmemmap", "", "[", TO_END, " ",
	  "] splits a leaf entry in vmemmap", WEIGHT_CAUSE, MHP_REASON_LEAF_MAPPING,
	  "the kernel maps its memmap with large mappings that cross its boundary, and does "
	  "not split them",
	  "it stays online until the next boot; with its memmap in ordinary memory (map=mem, "
	  "memmap_on_memory off) it could go offline" },
	{ "splits a leaf entry in linear map", "", "[", TO_END, " ",
	  "] splits a leaf entry in linear map", WEIGHT_CAUSE, MHP_REASON_LEAF_MAPPING,
	  "the kernel maps it with large mappings that cross its boundary, and does not split "
	  "them",
	  NULL },
	/* mm/memory_hotplug.c */
	{ "unaligned hotplug range", "Block size [", "] unaligned hotplug range: start ", SIZE,
	  ", size ", "", WEIGHT_CAUSE, MHP_REASON_UNALIGNED,
	  "its memory is not aligned to memory blocks", NULL },
	{ "removing memory fails, because memory is onlined", "",
	  "removing memory fails, because memory [", TO_LAST, "-", "] is onlined", WEIGHT_CAUSE,
	  MHP_REASON_NEEDS_REBOOT,
	  "one of its blocks was online when the kernel tried to "
	  "remove it",
	  NULL },
	/* drivers/dax/kmem.c */
	{ "memory add failed", "mapping", ": ", TO_LAST, "-", " memory add failed", WEIGHT_FAILURE,
	  MHP_REASON_ADD_FAILED, "the kernel did not add its memory", NULL },
	{ "could not reserve region", "mapping", ": ", TO_LAST, "-", " could not reserve region",
	  WEIGHT_FAILURE, MHP_REASON_IN_USE, "its address range is already in use",
	  "/proc/iomem shows by what; memory left behind by kmem stays until reboot" },
	{ "cannot be hotremoved until the next reboot", "mapping", ": ", TO_LAST, "-",
	  " cannot be hotremoved until the next reboot", WEIGHT_FAILURE, MHP_REASON_NEEDS_REBOOT,
	  "the kernel keeps its memory until the next boot", NULL },
	{ "stuck online until reboot", "mapping", ": ", TO_LAST, "-", " stuck online until reboot",
	  WEIGHT_FAILURE, MHP_REASON_NEEDS_REBOOT,
	  "the kernel keeps its memory until the next boot", NULL },
	{ "Hotplug regions stuck online until reboot", "",
	  "Hotplug regions stuck online until reboot", NONE, "", "", WEIGHT_CONSEQUENCE,
	  MHP_REASON_NEEDS_REBOOT, "the kernel keeps its memory until the next boot", NULL },
	{ "hotremove failed, device left online", "", "hotremove failed, device left online", NONE,
	  "", "", WEIGHT_CONSEQUENCE, MHP_REASON_LEFT_ONLINE,
	  "one of its blocks could not go offline, so all are online again", NULL },
	{ "rejecting DAX region without any memory after alignment", "",
	  "rejecting DAX region without any memory after alignment", NONE, "", "", WEIGHT_FAILURE,
	  MHP_REASON_NO_SPACE, "it contains no whole memory block",
	  "it must contain at least one whole memory block" },
	{ "rejecting DAX region with invalid node", "", "rejecting DAX region with invalid node",
	  NONE, "", "", WEIGHT_FAILURE, MHP_REASON_UNSUPPORTED,
	  "the firmware names no node for its memory", NULL },
};

/* "memory offlining [...] failed due to WORDS" */
static const struct {
	const char *words;
	enum mhp_reason reason;
} offline_words[] = {
	{ "failure to isolate range", MHP_REASON_UNMOVABLE },
	{ "unmovable page", MHP_REASON_UNMOVABLE },
	{ "failure to dissolve huge pages", MHP_REASON_HUGETLB },
	{ "notifier failure", MHP_REASON_NOTIFIER },
	{ "memory holes", MHP_REASON_MEMORY_HOLES },
	{ "multizone range", MHP_REASON_MIXED_ZONES },
};

static bool match_offline_reason(const char *text, struct refusal *refusal)
{
	if (!kmsg_offline_reason(text, &refusal->range, refusal->words, sizeof(refusal->words)))
		return false;
	refusal->weight = WEIGHT_FAILURE;
	for (size_t i = 0; i < sizeof(offline_words) / sizeof(offline_words[0]); i++)
		if (strcmp(refusal->words, offline_words[i].words) == 0)
			refusal->reason = offline_words[i].reason;
	return true;
}

/* Returns the position after text if at starts with it, or NULL. */
static const char *skip_text(const char *at, const char *text)
{
	size_t len = strlen(text);

	return at && strncmp(at, text, len) == 0 ? at + len : NULL;
}

static const char *parse_hex_digits(const char *at, uint64_t *value)
{
	char *end;

	if (!at || !strchr("0123456789abcdef", *at) || !*at)
		return NULL;
	errno = 0;
	*value = strtoull(at, &end, 16);
	return errno ? NULL : end;
}

static bool parse_range(const struct line *line, const char *at, struct mhp_range *range)
{
	uint64_t start, end;

	if (line->numbers == NONE)
		return at;
	at = parse_hex_digits(at, &start);
	at = parse_hex_digits(skip_text(at, line->between), &end);
	if (!skip_text(at, line->after))
		return false;
	if (line->numbers == SIZE)
		end += start;
	else if (line->numbers == TO_LAST)
		end++;
	*range = (struct mhp_range){ start, end };
	return start < end;
}

static bool match_line(const struct line *line, const char *text, struct refusal *refusal)
{
	const char *at = skip_text(text, line->lead);

	if (at && *line->lead)
		at = strstr(at, line->before);
	at = skip_text(at, line->before);
	if (!at || !parse_range(line, at, &refusal->range))
		return false;
	str_copy(refusal->words, line->words);
	refusal->weight = line->weight;
	refusal->reason = line->reason;
	refusal->says = line->says;
	refusal->hint = line->hint;
	return true;
}

/* Skips "kmem dax0.0: " and copies the device name. */
static const char *skip_device(const char *text, char *device)
{
	int used = 0;

	return sscanf(text, "kmem %31[^: ]: %n", device, &used) == 1 && used ? text + used : text;
}

bool kmsg_refusal(const char *text, struct refusal *refusal)
{
	*refusal = (struct refusal){ .reason = MHP_REASON_NONE };
	_Static_assert(MHP_NAME_MAX > 31, "room for the name");
	text = skip_device(text, refusal->device);
	if (match_offline_reason(text, refusal))
		return true;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (match_line(&lines[i], text, refusal))
			return true;
	return false;
}
