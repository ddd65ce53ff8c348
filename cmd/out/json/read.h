/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads values of a parsed document. A missing key, or one of another type, is empty. */
#pragma once

#include "lib/base/cleanup.h"
#include "lib/libmhp.h"

#include <json-c/json.h>

DEFINE_CLEANUP(struct json_object *, put_document, json_object_put)
#define cleanup_document __attribute__((cleanup(put_document)))

const char *doc_text(struct json_object *in, const char *key);

/* Returns the length; a missing array is empty. */
size_t doc_array(struct json_object *in, const char *key, struct json_object **array);

/* Returns MHP_UNKNOWN unless the value is a number of 0 or more. */
uint64_t doc_number(struct json_object *in, const char *key);
bool doc_bool(struct json_object *in, const char *key);

/* Returns NR_VERBS for another name. */
enum mhp_verb doc_verb(const char *name);

/* Returns true if the document is that event of mhpctl. */
bool doc_is_event(struct json_object *doc, const char *event);
