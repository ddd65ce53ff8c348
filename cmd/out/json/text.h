/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON as text. Parser and printer are our own, since those of json-c do not handle a lack of
 * memory: its tokener uses copies of strings without checking them, and its printer silently leaves
 * parts out. Functions that create or fill its objects do report it.
 */
#pragma once

#include <json.h>
#include <stdbool.h>
#include <stddef.h>

#define JSON_DEPTH_MAX 32

/*
 * Reads a document. Returns 0, with *doc for json_object_put() (NULL for the word null), -EINVAL if
 * it is not JSON or nested too deeply, or -ENOMEM.
 */
int json_parse(const char *text, size_t len, struct json_object **doc);

/*
 * Returns the text and a newline for free(), or NULL without memory. The text is valid UTF-8 for
 * any strings, and control characters are escaped: it may reach a terminal.
 */
char *json_print(struct json_object *doc, bool is_pretty);

/*
 * Replaces the last element of an array by its text, which takes a small part of the memory; only
 * json_print() understands it. For arrays of many elements that are complete. Returns 0 or -ENOMEM.
 */
int json_pack_last(struct json_object *array);
