/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finds memory that the firmware offers and the kernel refused (drivers/acpi/acpi_memhotplug.c):
 * its ACPI device is enabled and has no memory block as its physical node. Only the log has its
 * size.
 */
#include "lib/base/error.h"
#include "lib/doctor/facts.h"
#include "lib/sys/kernel.h"
#include "lib/sys/kmsg.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define ACPI_DEVICES KERNEL_ACPI_BUS "/devices"
#define ACPI_MEMORY  "PNP0C80:"

#define STATUS_WORKS 7 /* present, enabled, functioning */

static int add_refused(const struct root *sys, const char *name, void *data)
{
	struct fact_line found = { .kind = FACT_LINE_REFUSED };
	char target[PATH_MAX];
	int status, rc;

	if (strncmp(name, ACPI_MEMORY, strlen(ACPI_MEMORY)) != 0)
		return 0;
	ROOT_PATH(status_path, ACPI_DEVICES "/%s/status", name);
	rc = root_read_int(sys, status_path, &status);
	if (rc < 0 && rc != -ENOENT)
		facts_unread(data, status_path);
	if (rc < 0 || (status & STATUS_WORKS) != STATUS_WORKS)
		return 0;
	ROOT_PATH(node, ACPI_DEVICES "/%s/physical_node", name);
	rc = root_link(sys, node, target, sizeof(target));
	if (rc < 0 && rc != -ENOENT)
		facts_unread(data, node);
	if (rc != -ENOENT)
		return 0;
	str_format(found.file, "/" ACPI_DEVICES "/%.64s", name);
	str_copy(found.text, name);
	return facts_add_line(data, &found);
}

static void set_range(struct facts *facts, const char *device, struct mhp_range range)
{
	for (size_t i = 0; i < facts->nr_lines; i++)
		if (facts->lines[i].kind == FACT_LINE_REFUSED &&
		    strcmp(facts->lines[i].text, device) == 0)
			facts->lines[i].range = range;
}

/*
 * Parses a message: "Block size [0x8000000] unaligned hotplug range: start 0x17e000000, size
 * 0x20000000" has the range of a later "acpi PNP0C80:01: add_memory failed".
 */
static void read_record(struct facts *facts, const char *text, struct mhp_range *last)
{
	const char *at = strstr(text, "unaligned hotplug range: ");
	unsigned long long start, size;
	char device[32];

	if (at && sscanf(at, "unaligned hotplug range: start %llx, size %llx", &start, &size) == 2)
		*last = (struct mhp_range){ start, start + size };
	at = strstr(text, ": add_memory failed");
	if (!at || sscanf(text, "acpi %31[A-Z0-9:a-f]", device) != 1)
		return;
	if (strlen(device) && device[strlen(device) - 1] == ':')
		device[strlen(device) - 1] = '\0';
	set_range(facts, device, *last);
	*last = (struct mhp_range){ 0, 0 };
}

static bool any_refused(const struct facts *facts)
{
	for (size_t i = 0; i < facts->nr_lines; i++)
		if (facts->lines[i].kind == FACT_LINE_REFUSED)
			return true;
	return false;
}

int facts_read_acpi(struct mhp_ctx *ctx, struct facts *facts)
{
	struct mhp_range last = { 0, 0 };
	struct kmsg_record record;
	struct kmsg log;
	int rc;

	if (root_exists(&ctx->sys, KERNEL_ACPI_HOTPLUG) == 0)
		return 0;
	rc = root_each(&ctx->sys, ACPI_DEVICES, add_refused, facts);
	if (rc < 0 && rc != -ENOENT && rc != -ENOMEM)
		facts_unread(facts, ACPI_DEVICES);
	if (rc == -ENOMEM)
		return rc;
	if (!any_refused(facts))
		return 0;
	if (kmsg_open_first(ctx, &log) < 0)
		facts_hide(facts, "kernel_log",
			   "it cannot be read, and says why memory was refused");
	while (kmsg_next(&log, &record))
		read_record(facts, record.text, &last);
	kmsg_close(&log);
	return 0;
}
