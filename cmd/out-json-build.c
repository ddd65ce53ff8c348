/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/out-json-build.h"
#include "lib/base/cleanup.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* value NULL is JSON's null */
static void put(struct js *js, struct json_object *in, const char *key, struct json_object *value)
{
	int rc;

	if (!in) {
		json_object_put(value);
		js->failed = true;
		return;
	}
	if (key)
		rc = json_object_object_add_ex(in, key, value, JSON_C_OBJECT_ADD_CONSTANT_KEY);
	else
		rc = json_object_array_add(in, value);
	if (rc < 0) {
		json_object_put(value);
		js->failed = true;
	}
}

void js_put(struct js *js, struct json_object *in, const char *key, struct json_object *value)
{
	if (value)
		put(js, in, key, value);
	else
		js->failed = true;
}

struct json_object *js_document(struct js *js)
{
	struct json_object *doc = json_object_new_object();

	if (!doc)
		js->failed = true;
	return doc;
}

static struct json_object *put_container(struct js *js, struct json_object *in, const char *key,
					 struct json_object *value)
{
	js_put(js, in, key, value);
	return js->failed ? NULL : value; /* a value that found no place is gone */
}

struct json_object *js_object(struct js *js, struct json_object *in, const char *key)
{
	return put_container(js, in, key, json_object_new_object());
}

struct json_object *js_array(struct js *js, struct json_object *in, const char *key)
{
	return put_container(js, in, key, json_object_new_array());
}

void js_null(struct js *js, struct json_object *in, const char *key)
{
	put(js, in, key, NULL);
}

void js_bool(struct js *js, struct json_object *in, const char *key, bool value)
{
	js_put(js, in, key, json_object_new_boolean(value));
}

void js_int(struct js *js, struct json_object *in, const char *key, int value)
{
	js_put(js, in, key, json_object_new_int(value));
}

/* Bytes of the UTF-8 character at text, 0 if it is none. */
static size_t utf8_len(const unsigned char *text)
{
	size_t len = *text < 0x80 ? 1 : *text < 0xe0 ? 2 : *text < 0xf0 ? 3 : 4;

	if (len > 1 && (*text < 0xc2 || *text > 0xf4))
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	/* too long for what it says, a surrogate, or above U+10FFFF */
	if ((*text == 0xe0 && text[1] < 0xa0) || (*text == 0xed && text[1] > 0x9f) ||
	    (*text == 0xf0 && text[1] < 0x90) || (*text == 0xf4 && text[1] > 0x8f))
		return 0;
	return len;
}

void js_text(struct js *js, struct json_object *in, const char *key, const char *text)
{
	cleanup_free char *valid = malloc(strlen(text) * strlen(REPLACEMENT) + 1);
	const unsigned char *at = (const unsigned char *)text;
	char *to = valid;

	if (!valid) {
		js->failed = true;
		return;
	}
	while (*at) {
		size_t len = utf8_len(at);

		to = len ? mempcpy(to, at, len) : stpcpy(to, REPLACEMENT);
		at += len ? len : 1;
	}
	js_put(js, in, key, json_object_new_string_len(valid, (int)(to - valid)));
}

void js_name(struct js *js, struct json_object *in, const char *key, const char *text)
{
	if (*text)
		js_text(js, in, key, text);
	else
		js_null(js, in, key);
}

void js_number(struct js *js, struct json_object *in, const char *key, uint64_t value)
{
	if (value == MHP_UNKNOWN)
		js_null(js, in, key);
	else
		js_put(js, in, key, json_object_new_uint64(value));
}

void js_count(struct js *js, struct json_object *in, const char *key, uint64_t value)
{
	js_number(js, in, key, value == MHP_UNKNOWN ? 0 : value);
}

void js_hex(struct js *js, struct json_object *in, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%" PRIx64, value);
	js_name(js, in, key, value == MHP_UNKNOWN ? "" : text);
}

void js_answer(struct js *js, struct json_object *in, const char *key, enum mhp_answer answer)
{
	if (answer == MHP_ANSWER_UNKNOWN)
		js_null(js, in, key);
	else
		js_bool(js, in, key, answer == MHP_ANSWER_YES);
}

void js_node(struct js *js, struct json_object *in, const char *key, int node)
{
	if (node < 0)
		js_null(js, in, key);
	else
		js_int(js, in, key, node);
}

void js_range(struct js *js, struct json_object *in, const char *key, uint64_t first, uint64_t last)
{
	char text[48];

	if (first == last)
		snprintf(text, sizeof(text), "%" PRIu64, first);
	else
		snprintf(text, sizeof(text), "%" PRIu64 "-%" PRIu64, first, last);
	js_text(js, in, key, text);
}

void js_time(struct js *js, struct json_object *in, const char *key, uint64_t usec)
{
	time_t sec = (time_t)(usec / 1000000);
	char date[32], text[48];
	struct tm tm = { 0 };

	gmtime_r(&sec, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text, sizeof(text), "%s.%03uZ", date, (unsigned)(usec / 1000 % 1000));
	js_text(js, in, key, text);
}

/* json-c escapes control characters below space; DEL and the C1 controls are left. */
static char *escape_controls(const char *json)
{
	char *text = malloc(strlen(json) * 6 + 2);
	char *to = text;

	if (!text)
		return NULL;
	for (const unsigned char *at = (const unsigned char *)json; *at; at++) {
		if (*at == 0x7f) {
			to = stpcpy(to, "\\u007f");
		} else if (*at == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0) {
			to += sprintf(to, "\\u%04x", at[1]);
			at++;
		} else {
			*to++ = (char)*at;
		}
	}
	stpcpy(to, "\n");
	return text;
}

char *js_print(const struct js *js, struct json_object *document, bool is_pretty)
{
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE |
		    (is_pretty ? JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED : 0);
	const char *json;

	if (js->failed)
		return NULL;
	json = json_object_to_json_string_ext(document, flags);
	return json ? escape_controls(json) : NULL;
}
