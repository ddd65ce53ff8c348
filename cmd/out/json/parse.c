/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RFC 8259, by recursive descent. */
#include "cmd/out/json/text.h"
#include "lib/base/cleanup.h"

#include <errno.h>
#include <math.h>
#include <string.h>

struct parser {
	const char *at;
	const char *end;
	int depth;
};

static int parse_value(struct parser *p, struct json_object **value);

static char peek_char(const struct parser *p)
{
	return p->at < p->end ? *p->at : '\0';
}

static void skip_space(struct parser *p)
{
	while (p->at < p->end && strchr(" \t\r\n", *p->at) && *p->at)
		p->at++;
}

/* Skips white space, and c if it is next; returns whether it was. */
static bool skip_char(struct parser *p, char c)
{
	skip_space(p);
	if (peek_char(p) != c)
		return false;
	p->at++;
	return true;
}

/* Stores a new object; json-c returns NULL only without memory. */
static int store_object(struct json_object *object, struct json_object **value)
{
	*value = object;
	return object ? 0 : -ENOMEM;
}

/* ---- strings ----------------------------------------------------------------------------- */

/* Parses the four digits after \u; returns the code or -EINVAL. */
static int parse_hex4(struct parser *p)
{
	int code = 0;

	for (int i = 0; i < 4; i++) {
		static const char digits[] = "0123456789abcdef";
		char c = peek_char(p);
		const char *digit = c ? strchr(digits, c >= 'A' && c <= 'F' ? c | 0x20 : c) : NULL;

		if (!digit)
			return -EINVAL;
		code = code * 16 + (int)(digit - digits);
		p->at++;
	}
	return code;
}

static char *put_utf8(char *to, unsigned code)
{
	if (code < 0x80) {
		*to++ = (char)code;
		return to;
	}
	if (code < 0x800) {
		*to++ = (char)(0xc0 | code >> 6);
	} else if (code < 0x10000) {
		*to++ = (char)(0xe0 | code >> 12);
		*to++ = (char)(0x80 | (code >> 6 & 0x3f));
	} else {
		*to++ = (char)(0xf0 | code >> 18);
		*to++ = (char)(0x80 | (code >> 12 & 0x3f));
		*to++ = (char)(0x80 | (code >> 6 & 0x3f));
	}
	*to++ = (char)(0x80 | (code & 0x3f));
	return to;
}

/* Parses one character after "\u", also one of two surrogates. */
static int parse_code(struct parser *p, char **to)
{
	int code = parse_hex4(p), low;

	if (code < 0 || (code >= 0xdc00 && code <= 0xdfff))
		return -EINVAL;
	if (code >= 0xd800 && code <= 0xdbff) {
		if (p->end - p->at < 6 || p->at[0] != '\\' || p->at[1] != 'u')
			return -EINVAL;
		p->at += 2;
		low = parse_hex4(p);
		if (low < 0xdc00 || low > 0xdfff)
			return -EINVAL;
		code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
	}
	*to = put_utf8(*to, (unsigned)code);
	return 0;
}

static int parse_escape(struct parser *p, char **to)
{
	static const char from[] = "\"\\/bfnrt", is[] = "\"\\/\b\f\n\r\t";
	char c = peek_char(p);
	const char *known = c ? strchr(from, c) : NULL;

	if (!c || (!known && c != 'u'))
		return -EINVAL;
	p->at++;
	if (!known)
		return parse_code(p, to);
	*(*to)++ = is[known - from];
	return 0;
}

/* Returns the closing quote, or NULL. */
static const char *find_quote(const struct parser *p)
{
	for (const char *at = p->at; at < p->end; at++) {
		if (*at == '"')
			return at;
		if (*at == '\\')
			at++;
	}
	return NULL;
}

/* Parses after the opening quote. No escape is shorter than the bytes that it stands for. */
static int parse_text(struct parser *p, char **text, size_t *len)
{
	const char *quote = find_quote(p);
	cleanup_free char *whole = NULL;
	char *to;
	int rc = 0;

	if (!quote)
		return -EINVAL;
	whole = to = malloc((size_t)(quote - p->at) + 1);
	if (!whole)
		return -ENOMEM;
	while (p->at < quote && rc == 0) {
		if ((unsigned char)*p->at < ' ')
			return -EINVAL;
		if (*p->at == '\\' && p->at++)
			rc = parse_escape(p, &to);
		else
			*to++ = *p->at++;
	}
	if (rc < 0 || p->at != quote)
		return -EINVAL;
	p->at++;
	*to = '\0';
	*len = (size_t)(to - whole);
	*text = TAKE_PTR(whole);
	return 0;
}

static int parse_string(struct parser *p, struct json_object **value)
{
	cleanup_free char *text = NULL;
	size_t len;
	int rc = parse_text(p, &text, &len);

	if (rc < 0)
		return rc;
	if (len > INT32_MAX)
		return -EINVAL;
	return store_object(json_object_new_string_len(text, (int)len), value);
}

/* ---- numbers ----------------------------------------------------------------------------- */

static size_t skip_digits(struct parser *p)
{
	const char *from = p->at;

	while (peek_char(p) >= '0' && peek_char(p) <= '9')
		p->at++;
	return (size_t)(p->at - from);
}

/* Skips "-12.5e+3"; sets *is_whole for an integer. */
static int skip_number(struct parser *p, bool *is_whole)
{
	const char *digits;
	size_t nr;

	p->at += peek_char(p) == '-';
	digits = p->at;
	nr = skip_digits(p);
	if (!nr || (nr > 1 && *digits == '0'))
		return -EINVAL;
	digits = p->at;
	if (peek_char(p) == '.' && p->at++ && !skip_digits(p))
		return -EINVAL;
	if ((peek_char(p) == 'e' || peek_char(p) == 'E') && p->at++) {
		p->at += peek_char(p) == '+' || peek_char(p) == '-';
		if (!skip_digits(p))
			return -EINVAL;
	}
	*is_whole = p->at == digits;
	return 0;
}

static int parse_number(struct parser *p, struct json_object **value)
{
	char text[64] = "";
	const char *from = p->at;
	bool is_whole = false;
	double number;

	if (skip_number(p, &is_whole) < 0 || (size_t)(p->at - from) >= sizeof(text))
		return -EINVAL;
	memcpy(text, from, (size_t)(p->at - from));
	errno = 0;
	if (is_whole && *text == '-') {
		int64_t low = strtoll(text, NULL, 10);

		if (!errno)
			return store_object(json_object_new_int64(low), value);
	} else if (is_whole) {
		uint64_t high = strtoull(text, NULL, 10);

		if (!errno)
			return store_object(high > INT64_MAX ? json_object_new_uint64(high)
							     : json_object_new_int64((int64_t)high),
					    value);
	}
	number = strtod(text, NULL);
	return isfinite(number) ? store_object(json_object_new_double(number), value) : -EINVAL;
}

/* ---- objects and arrays ------------------------------------------------------------------ */

/* Parses "key": value. */
static int parse_member(struct parser *p, struct json_object *in)
{
	cleanup_free char *key = NULL;
	struct json_object *value = NULL;
	size_t len;
	int rc = skip_char(p, '"') ? parse_text(p, &key, &len) : -EINVAL;

	if (rc == 0 && (strlen(key) != len || !skip_char(p, ':')))
		rc = -EINVAL;
	if (rc == 0)
		rc = parse_value(p, &value);
	if (rc < 0)
		return rc;
	if (json_object_object_add(in, key, value) == 0)
		return 0;
	json_object_put(value);
	return -ENOMEM;
}

static int parse_element(struct parser *p, struct json_object *in)
{
	struct json_object *value = NULL;
	int rc = parse_value(p, &value);

	if (rc < 0)
		return rc;
	if (json_object_array_add(in, value) == 0)
		return 0;
	json_object_put(value);
	return -ENOMEM;
}

/* Parses parts after the opening bracket, up to close. */
static int parse_parts(struct parser *p, struct json_object *in, char close,
		       int (*part)(struct parser *p, struct json_object *in))
{
	int rc;

	if (skip_char(p, close))
		return 0;
	do {
		rc = part(p, in);
	} while (rc == 0 && skip_char(p, ','));
	if (rc == 0 && !skip_char(p, close))
		rc = -EINVAL;
	return rc;
}

static int parse_container(struct parser *p, struct json_object **value)
{
	bool is_object = *p->at++ == '{';
	struct json_object *in;
	int rc;

	if (p->depth == JSON_DEPTH_MAX)
		return -EINVAL;
	in = is_object ? json_object_new_object() : json_object_new_array();
	if (!in)
		return -ENOMEM;
	p->depth++;
	rc = is_object ? parse_parts(p, in, '}', parse_member)
		       : parse_parts(p, in, ']', parse_element);
	p->depth--;
	if (rc == 0)
		*value = in;
	else
		json_object_put(in);
	return rc;
}

static int parse_word(struct parser *p, struct json_object **value)
{
	static const char *const words[] = { "null", "false", "true" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		size_t len = strlen(words[i]);

		if ((size_t)(p->end - p->at) < len || strncmp(p->at, words[i], len) != 0)
			continue;
		p->at += len;
		return i ? store_object(json_object_new_boolean(i == 2), value) : 0;
	}
	return -EINVAL;
}

/* Parses any value; *value stays NULL for null. */
static int parse_value(struct parser *p, struct json_object **value)
{
	skip_space(p);
	switch (peek_char(p)) {
	case '{':
	case '[':
		return parse_container(p, value);
	case '"':
		p->at++;
		return parse_string(p, value);
	case 'n':
	case 'f':
	case 't':
		return parse_word(p, value);
	default:
		return parse_number(p, value);
	}
}

int json_parse(const char *text, size_t len, struct json_object **doc)
{
	struct parser p = { .at = text, .end = text + len };
	int rc;

	*doc = NULL;
	rc = parse_value(&p, doc);
	skip_space(&p);
	if (rc == 0 && p.at != p.end)
		rc = -EINVAL;
	if (rc < 0) {
		json_object_put(*doc);
		*doc = NULL;
	}
	return rc;
}
