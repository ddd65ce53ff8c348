/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/out/json/read.h"
#include "lib/base/counts.h"

#include <string.h>

const char *doc_text(struct json_object *in, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(in, key, &value) ||
	    !json_object_is_type(value, json_type_string))
		return "";
	return json_object_get_string(value);
}

size_t doc_array(struct json_object *in, const char *key, struct json_object **array)
{
	if (!json_object_object_get_ex(in, key, array) ||
	    !json_object_is_type(*array, json_type_array))
		return 0;
	return json_object_array_length(*array);
}

uint64_t doc_number(struct json_object *in, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(in, key, &value) ||
	    !json_object_is_type(value, json_type_int) || json_object_get_int64(value) < 0)
		return MHP_UNKNOWN;
	return json_object_get_uint64(value);
}

bool doc_bool(struct json_object *in, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(in, key, &value) &&
	       json_object_is_type(value, json_type_boolean) && json_object_get_boolean(value);
}

enum mhp_verb doc_verb(const char *name)
{
	unsigned verb = 0;

	while (verb < NR_VERBS && strcmp(mhp_verb_name((enum mhp_verb)verb), name) != 0)
		verb++;
	return (enum mhp_verb)verb;
}

bool doc_is_event(struct json_object *doc, const char *event)
{
	return json_object_is_type(doc, json_type_object) &&
	       strcmp(doc_text(doc, "schema"), "mhpctl/1") == 0 &&
	       strcmp(doc_text(doc, "event"), event) == 0;
}
