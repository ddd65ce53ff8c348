/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/intent.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/hash.h"
#include "lib/base/memstream.h"
#include "lib/base/parse.h"
#include "lib/base/vec.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC	 "mhpctl-intent"
#define SUM_MARK " sum="
#define SUM_LEN	 16

/* ---- writing ----------------------------------------------------------------------------- */

/* Writes a value without spaces, newlines and other characters that separate fields. */
static void put_value(FILE *file, const char *value)
{
	for (const unsigned char *c = (const unsigned char *)value; *c; c++)
		if (*c <= ' ' || *c == '%' || *c >= 0x7f)
			fprintf(file, "%%%02x", *c);
		else
			fputc(*c, file);
}

static void put_text(FILE *file, const char *key, const char *value)
{
	if (!*value)
		return;
	fprintf(file, " %s=", key);
	put_value(file, value);
}

static void put_number(FILE *file, const char *key, uint64_t value)
{
	fprintf(file, " %s=%" PRIu64, key, value);
}

/* Writes one line through fill() and adds its checksum. */
static int put_line(FILE *file, void (*fill)(FILE *line, const void *arg), const void *arg)
{
	cleanup_memstream struct memstream m = { 0 };
	cleanup_free char *text = NULL;

	if (memstream_open(&m) < 0)
		return -ENOMEM;
	fill(m.file, arg);
	text = memstream_end(&m);
	if (!text)
		return -ENOMEM;
	fprintf(file, "%s" SUM_MARK "%016" PRIx64 "\n", text, hash_text(HASH_INIT, text));
	return 0;
}

static void fill_version(FILE *line, const void *arg)
{
	(void)arg;
	fprintf(line, MAGIC " version=%d", INTENT_VERSION);
}

static void fill_run(FILE *line, const void *arg)
{
	const struct intent *intent = arg;

	fputs("run", line);
	put_number(line, "pid", intent->pid);
	put_number(line, "start", intent->start);
	put_text(line, "boot", intent->boot);
	put_number(line, "time", intent->time_us);
	put_text(line, "verb", intent->verb);
}

static void fill_target(FILE *line, const void *arg)
{
	fputs("target", line);
	put_text(line, "name", arg);
}

static void fill_step(FILE *line, const void *arg)
{
	const struct intent_step *step = arg;

	fputs("step", line);
	put_number(line, "number", step->number);
	put_text(line, "kind", step->kind);
	put_text(line, "object", step->object);
	put_text(line, "region", step->region);
	put_text(line, "uuid", step->uuid);
	if (step->range.start < step->range.end) {
		put_number(line, "from", step->range.start);
		put_number(line, "to", step->range.end);
	}
	put_text(line, "before", step->before);
	put_text(line, "want", step->want);
	put_text(line, "window", step->window);
	if (step->size)
		put_number(line, "size", step->size);
	put_text(line, "members", step->members);
}

static void fill_uuid(FILE *line, const void *arg)
{
	const struct intent_step *step = arg;

	fputs("uuid", line);
	put_number(line, "number", step->number);
	put_text(line, "uuid", step->uuid);
}

static void fill_region(FILE *line, const void *arg)
{
	const struct intent_step *step = arg;

	fputs("region", line);
	put_number(line, "number", step->number);
	put_text(line, "region", step->region);
}

static void fill_done(FILE *line, const void *arg)
{
	fputs("done", line);
	put_number(line, "number", *(const uint64_t *)arg);
}

static void fill_mark(FILE *line, const void *arg)
{
	fputs(arg, line);
}

int intent_put_head(FILE *file, const struct intent *intent)
{
	int rc = put_line(file, fill_version, NULL);

	if (rc == 0)
		rc = put_line(file, fill_run, intent);
	for (size_t i = 0; i < intent->nr_targets && i < INTENT_TARGETS_MAX && rc == 0; i++)
		rc = put_line(file, fill_target, intent->targets[i]);
	return rc;
}

int intent_put_step(FILE *file, const struct intent_step *step)
{
	return put_line(file, fill_step, step);
}

int intent_put_uuid(FILE *file, uint64_t number, const char *uuid)
{
	struct intent_step step = { .number = number };

	str_copy(step.uuid, uuid);
	return put_line(file, fill_uuid, &step);
}

int intent_put_region(FILE *file, uint64_t number, const char *region)
{
	struct intent_step step = { .number = number };

	str_copy(step.region, region);
	return put_line(file, fill_region, &step);
}

int intent_put_done(FILE *file, uint64_t number)
{
	return put_line(file, fill_done, &number);
}

int intent_put_mark(FILE *file, const char *word)
{
	return put_line(file, fill_mark, word);
}

/* ---- parsing ----------------------------------------------------------------------------- */

/* The fields of one line; pointers into the line. */
struct fields {
	const char *word;
	struct {
		const char *key;
		const char *value;
	} at[16];
	size_t nr;
};

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Restores a value in place. */
static int unescape_value(char *value)
{
	char *to = value;

	for (; *value; value++) {
		if (*value != '%') {
			*to++ = *value;
			continue;
		}
		int high = hex_digit(value[1]), low = high < 0 ? -1 : hex_digit(value[2]);

		if (low < 0 || !(high | low))
			return -EPROTO;
		*to++ = (char)(high << 4 | low);
		value += 2;
	}
	*to = '\0';
	return 0;
}

static int check_sum(char *line)
{
	size_t len = strlen(line), tail = strlen(SUM_MARK) + SUM_LEN;
	char sum[SUM_LEN + 1];

	if (len < tail || strncmp(line + len - tail, SUM_MARK, strlen(SUM_MARK)) != 0)
		return -EPROTO;
	line[len - tail] = '\0';
	str_format(sum, "%016" PRIx64, hash_text(HASH_INIT, line));
	return strcmp(line + len - SUM_LEN, sum) == 0 ? 0 : -EPROTO;
}

static int split_line(char *line, struct fields *f)
{
	char *word, *rest = line, *equals;

	f->nr = 0;
	f->word = strsep(&rest, " ");
	while ((word = strsep(&rest, " "))) {
		equals = strchr(word, '=');
		if (!equals || f->nr == ARRAY_SIZE(f->at))
			return -EPROTO;
		*equals = '\0';
		if (unescape_value(equals + 1) < 0)
			return -EPROTO;
		f->at[f->nr].key = word;
		f->at[f->nr++].value = equals + 1;
	}
	return 0;
}

static const char *find_field(const struct fields *f, const char *key)
{
	for (size_t i = 0; i < f->nr; i++)
		if (strcmp(f->at[i].key, key) == 0)
			return f->at[i].value;
	return "";
}

static int field_number(const struct fields *f, const char *key, uint64_t *value)
{
	return parse_u64(find_field(f, key), 10, value) < 0 ? -EPROTO : 0;
}

static int take_run(struct intent *intent, const struct fields *f)
{
	int rc = field_number(f, "pid", &intent->pid);

	if (rc == 0)
		rc = field_number(f, "start", &intent->start);
	if (rc == 0)
		rc = field_number(f, "time", &intent->time_us);
	str_copy(intent->boot, find_field(f, "boot"));
	str_copy(intent->verb, find_field(f, "verb"));
	return rc == 0 && (!*intent->verb || !*intent->boot) ? -EPROTO : rc;
}

static int take_target(struct intent *intent, const struct fields *f)
{
	char(*target)[64];

	if (intent->nr_targets == INTENT_TARGETS_MAX)
		return -EPROTO;
	target = VEC_PUSH(intent->targets, intent->nr_targets);
	if (!target)
		return -ENOMEM;
	str_copy(*target, find_field(f, "name"));
	return 0;
}

static struct intent_step *step_of(const struct intent *intent, const struct fields *f)
{
	uint64_t number;

	if (field_number(f, "number", &number) < 0)
		return NULL;
	for (size_t i = 0; i < intent->nr_steps; i++)
		if (intent->steps[i].number == number)
			return &intent->steps[i];
	return NULL;
}

static int take_numbers(struct intent_step *step, const struct fields *f)
{
	if (*find_field(f, "size") && field_number(f, "size", &step->size) < 0)
		return -EPROTO;
	if (!*find_field(f, "from"))
		return 0;
	return field_number(f, "from", &step->range.start) < 0 ||
			       field_number(f, "to", &step->range.end) < 0
		       ? -EPROTO
		       : 0;
}

static int take_step(struct intent *intent, const struct fields *f)
{
	struct intent_step *step;
	uint64_t number;

	if (field_number(f, "number", &number) < 0 || !*find_field(f, "kind") || step_of(intent, f))
		return -EPROTO;
	step = VEC_PUSH(intent->steps, intent->nr_steps);
	if (!step)
		return -ENOMEM;
	step->number = number;
	str_copy(step->kind, find_field(f, "kind"));
	str_copy(step->object, find_field(f, "object"));
	str_copy(step->region, find_field(f, "region"));
	str_copy(step->uuid, find_field(f, "uuid"));
	str_copy(step->before, find_field(f, "before"));
	str_copy(step->want, find_field(f, "want"));
	str_copy(step->window, find_field(f, "window"));
	str_copy(step->members, find_field(f, "members"));
	return take_numbers(step, f);
}

const char *intent_member(const struct intent_step *step, unsigned position, char *text,
			  size_t size)
{
	const char *at = step->members;

	for (; position && *at; position--) {
		at += strcspn(at, ",");
		at += *at == ',';
	}
	snprintf(text, size, "%.*s", (int)strcspn(at, ","), at);
	return text;
}

/* Takes a line about a step that an earlier line has announced. */
static int take_more(struct intent *intent, const struct fields *f)
{
	struct intent_step *step = step_of(intent, f);

	if (!step)
		return -EPROTO;
	if (strcmp(f->word, "done") == 0)
		step->is_done = true;
	else if (strcmp(f->word, "uuid") == 0)
		str_copy(step->uuid, find_field(f, "uuid"));
	else if (strcmp(f->word, "region") == 0)
		str_copy(step->region, find_field(f, "region"));
	else
		return -EPROTO;
	return 0;
}

static int take_line(struct intent *intent, const struct fields *f)
{
	if (strcmp(f->word, "run") == 0)
		return take_run(intent, f);
	if (!*intent->verb)
		return -EPROTO;
	if (strcmp(f->word, "target") == 0)
		return take_target(intent, f);
	if (strcmp(f->word, "step") == 0)
		return take_step(intent, f);
	if (strcmp(f->word, "undoing") == 0)
		intent->is_undoing = true;
	else if (strcmp(f->word, "full") == 0)
		intent->is_full = true;
	else
		return take_more(intent, f);
	return 0;
}

static int take_version(const struct fields *f)
{
	uint64_t version;

	if (strcmp(f->word, MAGIC) != 0 || field_number(f, "version", &version) < 0)
		return -EPROTO;
	return version == INTENT_VERSION ? 0 : -ENOTSUP;
}

static int parse_lines(char *text, struct intent *intent)
{
	struct fields f = { .word = "" };
	char *line, *rest = text;
	int rc;

	for (size_t nr = 0; (line = strsep(&rest, "\n")) && rest; nr++) {
		rc = check_sum(line);
		if (rc == 0)
			rc = split_line(line, &f);
		if (rc == 0)
			rc = nr ? take_line(intent, &f) : take_version(&f);
		if (rc < 0)
			return rc;
	}
	intent->is_torn = line && *line;
	return *intent->verb ? 0 : -EPROTO;
}

int intent_parse(const char *text, size_t len, struct intent *intent)
{
	cleanup_free char *copy = NULL;

	*intent = (struct intent){ 0 };
	if (strnlen(text, len) != len)
		return -EPROTO;
	copy = malloc(len + 1);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, text, len);
	copy[len] = '\0';
	return parse_lines(copy, intent);
}

void intent_free(struct intent *intent)
{
	free(intent->targets);
	free(intent->steps);
	*intent = (struct intent){ 0 };
}
