/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/out/json/build.h"
#include "cmd/out/json/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Puts a value; NULL is JSON's null. */
static void put_value(struct js *js, struct json_object *in, const char *key,
		      struct json_object *value)
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
		put_value(js, in, key, value);
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
	return js->failed ? NULL : value; /* a value that could not be stored is freed */
}

struct json_object *js_object(struct js *js, struct json_object *in, const char *key)
{
	return put_container(js, in, key, json_object_new_object());
}

struct json_object *js_array(struct js *js, struct json_object *in, const char *key)
{
	return put_container(js, in, key, json_object_new_array());
}

void js_pack(struct js *js, struct json_object *array)
{
	if (!js->failed && json_pack_last(array) < 0)
		js->failed = true;
}

void js_null(struct js *js, struct json_object *in, const char *key)
{
	put_value(js, in, key, NULL);
}

void js_bool(struct js *js, struct json_object *in, const char *key, bool value)
{
	js_put(js, in, key, json_object_new_boolean(value));
}

void js_int(struct js *js, struct json_object *in, const char *key, int value)
{
	js_put(js, in, key, json_object_new_int(value));
}

void js_text(struct js *js, struct json_object *in, const char *key, const char *text)
{
	js_put(js, in, key, json_object_new_string(text));
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

void js_answer(struct js *js, struct json_object *in, const char *key, enum mhp_tristate answer)
{
	if (answer == MHP_TRISTATE_UNKNOWN)
		js_null(js, in, key);
	else
		js_bool(js, in, key, answer == MHP_TRISTATE_YES);
}

void js_node(struct js *js, struct json_object *in, const char *key, int node)
{
	if (node < 0)
		js_null(js, in, key);
	else
		js_int(js, in, key, node);
}

struct json_object *js_nodes(struct js *js, struct json_object *in, int node)
{
	struct json_object *list;

	js_node(js, in, "node", node);
	list = js_array(js, in, "nodes");
	if (node >= 0)
		js_int(js, list, NULL, node);
	return list;
}

void js_block_nodes(struct js *js, struct json_object *in, const struct mhp_block *block)
{
	struct json_object *list = js_nodes(js, in, block->node);

	for (size_t i = 0; block->node < 0 && i < block->nr_nodes; i++)
		js_int(js, list, NULL, mhp_block_node(block, i));
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

char *js_print(const struct js *js, struct json_object *document, bool is_pretty)
{
	return js->failed ? NULL : json_print(document, is_pretty);
}
