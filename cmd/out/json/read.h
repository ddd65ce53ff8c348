/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values of documents that were read. What is not there, or of another type, is empty. */
#pragma once

#include "lib/base/cleanup.h"
#include "lib/libmhp.h"

#include <json-c/json.h>

DEFINE_CLEANUP(struct json_object *, put_document, json_object_put)
#define cleanup_document __attribute__((cleanup(put_document)))

const char *doc_text(struct json_object *in, const char *key);

/* The length; an empty array stands for what is not there. */
size_t doc_array(struct json_object *in, const char *key, struct json_object **array);

/* MHP_UNKNOWN where it is no number of 0 or more. */
uint64_t doc_number(struct json_object *in, const char *key);
bool doc_bool(struct json_object *in, const char *key);

/* NR_VERBS for another name. */
enum mhp_verb doc_verb(const char *name);

/* Whether it is one of ours, and tells of that event. */
bool doc_is_event(struct json_object *doc, const char *event);
