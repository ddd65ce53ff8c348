/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parsing and printing JSON. */
#include "cmd/out/json/text.h"
#include "tests/unit/fake/unit.h"

#include <errno.h>
#include <string.h>

static void expect_text(const char *text, const char *printed)
{
	struct json_object *doc = NULL;
	cleanup_free char *again = NULL;

	assert_int_equal(json_parse(text, strlen(text), &doc), 0);
	again = json_print(doc, false);
	assert_non_null(again);
	assert_string_equal(again, printed);
	json_object_put(doc);
}

static void what_is_json_comes_back(void **state)
{
	(void)state;
	expect_text("null", "null\n");
	expect_text(" {\"a\" : [ 1 , -2, true,false, null ,{}, []], \"b\":\"\"}\n",
		    "{\"a\":[1,-2,true,false,null,{},[]],\"b\":\"\"}\n");
	expect_text("18446744073709551615", "18446744073709551615\n");
	expect_text("9223372036854775807", "9223372036854775807\n");
	expect_text("-9223372036854775808", "-9223372036854775808\n");
	expect_text("0", "0\n");
	expect_text("-0.5e1", "-5\n");
	expect_text("\"\\u0041\\u00e4\\u20ac\\ud83d\\ude00 \\/\\\"\\\\\\b\\f\\n\\r\\t\"",
		    "\"A\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80 /\\\"\\\\\\b\\f\\n\\r\\t\"\n");
	expect_text("\"a\\u0000b\"", "\"a\\u0000b\"\n");
	expect_text("{\"a\":1,\"a\":2}", "{\"a\":2}\n");
}

/* Parts that are packed are printed as they would have been. */
static void packed_text_is_the_same(void **state)
{
	static const char text[] =
		"{\"a\":[{\"b\":[],\"c\":{},\"d\":\"x\\\\\\\"{[,:]}\\n\",\"e\":[1,[2,null],\"\"]},"
		"-3,null,\"\",[],{},[[]]],\"f\":\"\"}";

	(void)state;
	for (int is_pretty = 0; is_pretty < 2; is_pretty++) {
		cleanup_free char *want = NULL, *got = NULL;
		struct json_object *doc = NULL, *list, *packed = json_object_new_array();

		assert_int_equal(json_parse(text, strlen(text), &doc), 0);
		want = json_print(doc, is_pretty);
		list = json_object_object_get(doc, "a");
		for (size_t i = 0; i < json_object_array_length(list); i++) {
			json_object_array_add(packed,
					      json_object_get(json_object_array_get_idx(list, i)));
			assert_int_equal(json_pack_last(packed), 0);
		}
		json_object_object_add(doc, "a", packed);
		got = json_print(doc, is_pretty);
		assert_string_equal(got, want);
		json_object_put(doc);
	}
}

static void what_is_not_json_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		" ",
		"{",
		"}",
		"[1,]",
		"[1 2]",
		"{\"a\"}",
		"{\"a\":}",
		"{a:1}",
		"{\"a\":1,}",
		"'a'",
		"\"a",
		"\"\\\"",
		"\"\\x\"",
		"\"\\u12\"",
		"\"\\ud800\"",
		"\"\\udc00\"",
		"\"\n\"",
		"01",
		"1.",
		".5",
		"1e",
		"-",
		"+1",
		"nul",
		"NaN",
		"Infinity",
		"1 x",
		"1e999",
		"tru e",
		"/* a */ 1",
		"[1]]",
		"\"\\ud800\\u0041\"",
		"{\"a\\u0000b\":1}",
		"\"a\" \"b\"",
		"{\"a\" 1}",
	};
	struct json_object *doc = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		assert_int_equal(json_parse(texts[i], strlen(texts[i]), &doc), -EINVAL);
		assert_null(doc);
	}
	assert_int_equal(json_parse("1\0", 2, &doc), -EINVAL);
	assert_int_equal(json_parse("true", 3, &doc), -EINVAL);
}

static void it_is_not_nested_for_ever(void **state)
{
	char text[2 * JSON_DEPTH_MAX + 3];
	struct json_object *doc = NULL;

	(void)state;
	memset(text, '[', JSON_DEPTH_MAX + 1);
	memset(text + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX + 1);
	assert_int_equal(json_parse(text, 2 * JSON_DEPTH_MAX + 2, &doc), -EINVAL);
	assert_int_equal(json_parse(text + 1, 2 * JSON_DEPTH_MAX, &doc), 0);
	json_object_put(doc);
}

static void text_for_terminals_is_safe(void **state)
{
	struct json_object *doc =
		json_object_new_string("\x1b[31m \x7f \xc2\x9b \xff \xed\xa0\x80");
	cleanup_free char *text = json_print(doc, false);

	(void)state;
	assert_string_equal(text, "\"\\u001b[31m \\u007f \\u009b \xef\xbf\xbd "
				  "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"\n");
	json_object_put(doc);
}

/* A character cut by the end of the text is not read past it. */
static void a_character_is_not_read_behind_the_end(void **state)
{
	struct json_object *doc = json_object_new_string("a\xf0\x9f");
	cleanup_free char *text = json_print(doc, false);

	(void)state;
	assert_string_equal(text, "\"a\xef\xbf\xbd\xef\xbf\xbd\"\n");
	json_object_put(doc);
}

static void people_get_lines(void **state)
{
	const char *text = "{\"a\":[1,{\"b\":null}],\"c\":{},\"d\":[]}";
	cleanup_free char *printed = NULL;
	struct json_object *doc = NULL;

	(void)state;
	assert_int_equal(json_parse(text, strlen(text), &doc), 0);
	printed = json_print(doc, true);
	assert_string_equal(printed, "{\n"
				     "  \"a\": [\n"
				     "    1,\n"
				     "    {\n"
				     "      \"b\": null\n"
				     "    }\n"
				     "  ],\n"
				     "  \"c\": {},\n"
				     "  \"d\": []\n"
				     "}\n");
	json_object_put(doc);
}

UNIT_TESTS(cmocka_unit_test(what_is_json_comes_back), cmocka_unit_test(packed_text_is_the_same),
	   cmocka_unit_test(what_is_not_json_is_refused),
	   cmocka_unit_test(it_is_not_nested_for_ever),
	   cmocka_unit_test(text_for_terminals_is_safe),
	   cmocka_unit_test(a_character_is_not_read_behind_the_end),
	   cmocka_unit_test(people_get_lines))
