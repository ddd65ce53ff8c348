/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON as text. Both ways are ours, since those of json-c do not survive without memory: its
 * tokener uses copies of strings that it did not get, and its printer leaves out what found no room
 * and says nothing. Its objects do tell.
 */
#pragma once

#include <json.h>
#include <stdbool.h>
#include <stddef.h>

#define JSON_DEPTH_MAX 32

/*
 * Read a document: 0, with *doc for json_object_put() (NULL for the word null), -EINVAL where it is
 * no JSON or is nested too deeply, -ENOMEM.
 */
int json_parse(const char *text, size_t len, struct json_object **doc);

/*
 * The text with a newline behind it, which the caller frees; NULL without memory. It is valid UTF-8
 * whatever the strings are, and no control character is in it as itself: it may reach a terminal.
 */
char *json_print(struct json_object *doc, bool is_pretty);
