/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/cxl/health-record.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/memstream.h"
#include "lib/base/parse.h"
#include "lib/sys/capture.h"
#include "lib/sys/ctx.h"
#include "lib/sys/report-tree.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 1024
#define FAILED	 "failed"

enum field_type {
	FIELD_ANSWER,
	FIELD_TEXT,
	FIELD_NUMBER,
};

/* A value of the record, a line "key value". */
struct field {
	const char *key;
	enum field_type type;
	size_t offset;
	size_t size; /* of a text */
};

#define FIELD(type_, name_)                                                                     \
	{                                                                                       \
		.key = #name_, .type = type_, .offset = offsetof(struct mhp_cxl_health, name_), \
		.size = sizeof(((struct mhp_cxl_health *)0)->name_)                             \
	}

static const struct field fields[] = {
	FIELD(FIELD_ANSWER, maintenance_needed),
	FIELD(FIELD_ANSWER, performance_degraded),
	FIELD(FIELD_ANSWER, hw_replacement_needed),
	FIELD(FIELD_TEXT, media_status),
	FIELD(FIELD_TEXT, life_used_alert),
	FIELD(FIELD_TEXT, temperature_alert),
	FIELD(FIELD_TEXT, volatile_errors_alert),
	FIELD(FIELD_TEXT, persistent_errors_alert),
	FIELD(FIELD_NUMBER, life_used_percent),
	FIELD(FIELD_NUMBER, dirty_shutdowns),
	FIELD(FIELD_NUMBER, corrected_volatile_errors),
	FIELD(FIELD_NUMBER, corrected_persistent_errors),
};

static const char temperature[] = "temperature_celsius";

struct mhp_cxl_health cxl_no_health(void)
{
	return (struct mhp_cxl_health){
		.life_used_percent = MHP_UNKNOWN,
		.dirty_shutdowns = MHP_UNKNOWN,
		.corrected_volatile_errors = MHP_UNKNOWN,
		.corrected_persistent_errors = MHP_UNKNOWN,
	};
}

/* ---- writing ------------------------------------------------------------------------------- */

static void put_field(FILE *f, const struct field *field, const struct mhp_cxl_health *health)
{
	const char *value = (const char *)health + field->offset;

	if (field->type == FIELD_ANSWER)
		fprintf(f, "%s %d\n", field->key, (int)*(const enum mhp_tristate *)value);
	else if (field->type == FIELD_NUMBER && *(const uint64_t *)value != MHP_UNKNOWN)
		fprintf(f, "%s %" PRIu64 "\n", field->key, *(const uint64_t *)value);
	else if (field->type == FIELD_TEXT && *value)
		fprintf(f, "%s %s\n", field->key, value);
}

void cxl_record_health(const struct mhp_ctx *ctx, const char *name,
		       const struct mhp_cxl_health *health, int rc, const struct mhp_error *err)
{
	cleanup_memstream struct memstream m = { 0 };
	cleanup_free char *text = NULL;

	if (!ctx->sys.capture || memstream_open(&m) < 0)
		return;
	ROOT_PATH(path, REPORT_TREE "/cxl_health/%s", name);
	if (rc < 0)
		fprintf(m.file, FAILED " %d %s %s\n", -rc, mhp_reason_name(err->reason),
			err->message);
	for (size_t i = 0; i < ARRAY_SIZE(fields) && rc >= 0; i++)
		put_field(m.file, &fields[i], health);
	if (rc >= 0 && health->has_temperature)
		fprintf(m.file, "%s %d\n", temperature, health->temperature_celsius);
	text = memstream_end(&m);
	if (text)
		capture_text(&ctx->sys, path, text);
}

/* ---- reading ------------------------------------------------------------------------------- */

static void take_value(const struct field *field, const char *text, struct mhp_cxl_health *health)
{
	char *value = (char *)health + field->offset;
	uint64_t number;

	if (field->type == FIELD_TEXT) {
		text_escape(text, value, field->size);
		return;
	}
	if (parse_u64(text, 10, &number) < 0)
		return;
	if (field->type == FIELD_NUMBER)
		*(uint64_t *)value = number;
	else if (number <= MHP_TRISTATE_YES)
		*(enum mhp_tristate *)value = (enum mhp_tristate)number;
}

static void take_line(char *line, struct mhp_cxl_health *health)
{
	char *value = strchr(line, ' ');

	if (!value)
		return;
	*value++ = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (strcmp(fields[i].key, line) == 0)
			take_value(&fields[i], value, health);
	if (strcmp(line, temperature) == 0) {
		health->has_temperature = true;
		health->temperature_celsius = atoi(value);
	}
}

/* Returns the failure of a record, with its message, or 0 if it is an answer. */
static int take_failure(const char *text, struct mhp_error *err)
{
	char reason[32], line[sizeof(err->message)], message[sizeof(err->message)];
	int errnum, used = 0;

	if (strncmp(text, FAILED " ", strlen(FAILED " ")) != 0)
		return 0;
	if (sscanf(text, FAILED " %d %31s %n", &errnum, reason, &used) != 2 || !used ||
	    errnum <= 0 || errnum > 4095)
		return err_errno(err, -EPROTO, "the report");
	str_format(line, "%.*s", (int)strcspn(text + used, "\n"), text + used);
	text_escape(line, message, sizeof(message));
	return err_set(err, -errnum, err_reason_of(reason), "%s", message);
}

int cxl_recorded_health(const struct mhp_ctx *ctx, const char *name, struct mhp_cxl_health *health,
			struct mhp_error *err)
{
	char text[TEXT_MAX], *rest = text, *line;
	int rc;

	ROOT_PATH(path, REPORT_TREE "/cxl_health/%s", name);
	rc = root_read_text(&ctx->sys, path, text, sizeof(text));
	if (rc < 0)
		return err_set(err, rc, MHP_REASON_UNSUPPORTED, "a copied tree does not have it");
	rc = take_failure(text, err);
	if (rc < 0)
		return rc;
	*health = cxl_no_health();
	health->is_known = true;
	while ((line = strsep(&rest, "\n")))
		take_line(line, health);
	return 0;
}
