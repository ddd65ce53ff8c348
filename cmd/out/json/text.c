/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/out/json/text.h"
#include "lib/base/cleanup.h"
#include "lib/base/memstream.h"
#include "lib/base/utf8.h"

#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */
#define INDENT	    2

/* Returns the letter after a backslash, or 0 if the character has no short escape. */
static char escape_of(unsigned char c)
{
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	const char *at = c ? strchr(from, c) : NULL;

	return at ? to[at - from] : '\0';
}

/* Escapes DEL and the C1 controls too: terminals interpret them. */
static void print_character(FILE *f, const unsigned char *at, size_t len)
{
	if (escape_of(*at))
		fprintf(f, "\\%c", escape_of(*at));
	else if (*at < 0x20 || *at == 0x7f)
		fprintf(f, "\\u%04x", *at);
	else if (*at == 0xc2 && at[1] < 0xa0)
		fprintf(f, "\\u%04x", at[1]);
	else
		fwrite(at, 1, len, f);
}

/* Prints a text, which ends with NUL, as all strings of json-c do */
static void print_string(FILE *f, const char *text, size_t len)
{
	const unsigned char *at = (const unsigned char *)text, *end = at + len;
	uint32_t code;

	fputc('"', f);
	while (at < end) {
		size_t bytes = utf8_decode(at, &code);

		if (bytes)
			print_character(f, at, bytes);
		else
			fputs(REPLACEMENT, f);
		at += bytes ? bytes : 1;
	}
	fputc('"', f);
}

static void print_int(FILE *f, struct json_object *value)
{
	int64_t number = json_object_get_int64(value); /* INT64_MAX for anything larger */

	if (number == INT64_MAX)
		fprintf(f, "%" PRIu64, json_object_get_uint64(value));
	else
		fprintf(f, "%" PRId64, number);
}

/* Starts a line. level: its indentation; -1: no line breaks */
static void new_line(FILE *f, int level)
{
	if (level >= 0)
		fprintf(f, "\n%*s", level * INDENT, "");
}

static int next_level(int level)
{
	return level < 0 ? level : level + 1;
}

/* Prints a string of packed text. Returns its last character. */
static const char *print_packed_string(FILE *f, const char *at)
{
	do {
		fputc(*at, f);
		if (*at == '\\')
			fputc(*++at, f);
		at++;
	} while (*at != '"');
	fputc(*at, f);
	return at;
}

/* Prints packed text, which has no spaces outside of strings, as its value would be printed. */
static void print_packed(FILE *f, const char *at, int level)
{
	for (; *at; at++) {
		const bool is_empty = at[1] == '}' || at[1] == ']';

		if (*at == '"') {
			at = print_packed_string(f, at);
		} else if (*at == '{' || *at == '[') {
			fputc(*at, f);
			level = next_level(level);
			if (!is_empty)
				new_line(f, level);
		} else if (*at == '}' || *at == ']') {
			level -= level >= 0;
			if (at[-1] != '{' && at[-1] != '[')
				new_line(f, level);
			fputc(*at, f);
		} else {
			fputc(*at, f);
			if (*at == ',')
				new_line(f, level);
			else if (*at == ':' && level >= 0)
				fputc(' ', f);
		}
	}
}

/* Returns whether a value is packed: a string that has itself as its user data. */
static bool is_packed(struct json_object *value)
{
	return value && json_object_get_userdata(value) == value;
}

static void print_value(FILE *f, struct json_object *value, int level);

static void print_object(FILE *f, struct json_object *object, int level)
{
	const char *comma = "";

	fputc('{', f);
	json_object_object_foreach(object, key, value)
	{
		fputs(comma, f);
		comma = ",";
		new_line(f, next_level(level));
		print_string(f, key, strlen(key));
		fputs(level < 0 ? ":" : ": ", f);
		print_value(f, value, next_level(level));
	}
	if (*comma)
		new_line(f, level);
	fputc('}', f);
}

static void print_array(FILE *f, struct json_object *array, int level)
{
	size_t nr = json_object_array_length(array);

	fputc('[', f);
	for (size_t i = 0; i < nr; i++) {
		fputs(i ? "," : "", f);
		new_line(f, next_level(level));
		print_value(f, json_object_array_get_idx(array, i), next_level(level));
	}
	if (nr)
		new_line(f, level);
	fputc(']', f);
}

/* Prints a value. Recursion is bounded: the parser refuses more than JSON_DEPTH_MAX levels. */
static void print_value(FILE *f, struct json_object *value, int level)
{
	if (is_packed(value)) {
		print_packed(f, json_object_get_string(value), level);
		return;
	}
	switch (json_object_get_type(value)) {
	case json_type_null:
		fputs("null", f);
		break;
	case json_type_boolean:
		fputs(json_object_get_boolean(value) ? "true" : "false", f);
		break;
	case json_type_int:
		print_int(f, value);
		break;
	case json_type_double:
		fprintf(f, "%.17g", json_object_get_double(value));
		break;
	case json_type_string:
		print_string(f, json_object_get_string(value),
			     (size_t)json_object_get_string_len(value));
		break;
	case json_type_array:
		print_array(f, value, level);
		break;
	case json_type_object:
		print_object(f, value, level);
		break;
	}
}

char *json_print(struct json_object *doc, bool is_pretty)
{
	struct memstream m;

	if (memstream_open(&m) < 0)
		return NULL;
	print_value(m.file, doc, is_pretty ? 0 : -1);
	fputc('\n', m.file);
	return memstream_end(&m);
}

int json_pack_last(struct json_object *array)
{
	size_t last = json_object_array_length(array) - 1;
	struct json_object *packed;
	cleanup_free char *text = NULL;
	struct memstream m;

	if (memstream_open(&m) < 0)
		return -ENOMEM;
	print_value(m.file, json_object_array_get_idx(array, last), -1);
	text = memstream_end(&m);
	packed = text ? json_object_new_string(text) : NULL;
	if (!packed)
		return -ENOMEM;
	json_object_set_userdata(packed, packed, NULL);
	if (json_object_array_put_idx(array, last, packed) == 0)
		return 0;
	json_object_put(packed);
	return -ENOMEM;
}
