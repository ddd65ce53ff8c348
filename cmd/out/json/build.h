/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Building JSON. Each value is put into an object under its key, or appended to an array (key
 * NULL); null where it is not known. Text may be untrusted (cmd/out/json/text.h).
 */
#pragma once

#include "lib/libmhp.h"

#include <json.h>
#include <stdbool.h>
#include <stdint.h>

/* failed: a part could not be built without memory; the document must not be printed. */
struct js {
	bool failed;
};

/* Returns a new document; free it with json_object_put(). */
struct json_object *js_document(struct js *js);

/* Return a new object or array, owned by its container. */
struct json_object *js_object(struct js *js, struct json_object *in, const char *key);
struct json_object *js_array(struct js *js, struct json_object *in, const char *key);

/* Packs the last element of an array, see json_pack_last(). */
void js_pack(struct js *js, struct json_object *array);

/* Puts an existing value and owns it. */
void js_put(struct js *js, struct json_object *in, const char *key, struct json_object *value);

void js_null(struct js *js, struct json_object *in, const char *key);
void js_bool(struct js *js, struct json_object *in, const char *key, bool value);
void js_int(struct js *js, struct json_object *in, const char *key, int value);
void js_text(struct js *js, struct json_object *in, const char *key, const char *text);

/* Puts a text; "" is null. */
void js_name(struct js *js, struct json_object *in, const char *key, const char *text);

/* Puts a number; MHP_UNKNOWN is null. */
void js_number(struct js *js, struct json_object *in, const char *key, uint64_t value);

/* Puts a number; MHP_UNKNOWN is 0: for keys that the schema requires to be a number */
void js_count(struct js *js, struct json_object *in, const char *key, uint64_t value);

/* Puts "0x1f"; MHP_UNKNOWN is null. */
void js_hex(struct js *js, struct json_object *in, const char *key, uint64_t value);

/* Puts true, false, or null where it is not known. */
void js_answer(struct js *js, struct json_object *in, const char *key, enum mhp_tristate answer);

/* Puts a node; a negative one is null. */
void js_node(struct js *js, struct json_object *in, const char *key, int node);

/* Puts the node, and the list of all nodes with it; returns the list, to add the others. */
struct json_object *js_nodes(struct js *js, struct json_object *in, int node);

/* Puts all nodes of the block, usually one. */
void js_block_nodes(struct js *js, struct json_object *in, const struct mhp_block *block);

/* Puts "33-47", or "33". */
void js_range(struct js *js, struct json_object *in, const char *key, uint64_t first,
	      uint64_t last);

/* Microseconds since the epoch as RFC 3339 with milliseconds. */
void js_time(struct js *js, struct json_object *in, const char *key, uint64_t usec);

/* Returns the text of a document for free(), or NULL if memory ran out now or while building. */
char *js_print(const struct js *js, struct json_object *document, bool is_pretty);
