/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Building JSON. Each value is put into an object under its key, or (key NULL) behind an array's
 * last; null where it is not known. Text may come from anywhere (cmd/out-json-text.h).
 */
#pragma once

#include "lib/libmhp.h"

#include <json.h>
#include <stdbool.h>
#include <stdint.h>

/* Set once a part could not be built for want of memory: what there is must not be printed. */
struct js {
	bool failed;
};

/* A document to build; free it with json_object_put(). */
struct json_object *js_document(struct js *js);

/* The new object or array is borrowed: it belongs to what it was put into. */
struct json_object *js_object(struct js *js, struct json_object *in, const char *key);
struct json_object *js_array(struct js *js, struct json_object *in, const char *key);

/* Put a value that exists; it is taken over. */
void js_put(struct js *js, struct json_object *in, const char *key, struct json_object *value);

void js_null(struct js *js, struct json_object *in, const char *key);
void js_bool(struct js *js, struct json_object *in, const char *key, bool value);
void js_int(struct js *js, struct json_object *in, const char *key, int value);
void js_text(struct js *js, struct json_object *in, const char *key, const char *text);

/* "" is null */
void js_name(struct js *js, struct json_object *in, const char *key, const char *text);

/* MHP_UNKNOWN is null */
void js_number(struct js *js, struct json_object *in, const char *key, uint64_t value);

/* MHP_UNKNOWN is 0: for what the schema wants as a number whatever happens */
void js_count(struct js *js, struct json_object *in, const char *key, uint64_t value);

/* "0x1f"; MHP_UNKNOWN is null */
void js_hex(struct js *js, struct json_object *in, const char *key, uint64_t value);

/* true, false, or null where it is not known */
void js_answer(struct js *js, struct json_object *in, const char *key, enum mhp_answer answer);

/* A negative node is null. */
void js_node(struct js *js, struct json_object *in, const char *key, int node);
void js_nodes(struct js *js, struct json_object *in, int node, const int *nodes, unsigned nr);

/* "33-47", or "33" */
void js_range(struct js *js, struct json_object *in, const char *key, uint64_t first,
	      uint64_t last);

/* Microseconds since the epoch as RFC 3339 with milliseconds. */
void js_time(struct js *js, struct json_object *in, const char *key, uint64_t usec);

/* The text of a document, free() it; NULL without memory, also for a part of it before. */
char *js_print(const struct js *js, struct json_object *document, bool is_pretty);
