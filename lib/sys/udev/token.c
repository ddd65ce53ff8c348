/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/udev/token.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

static const char *skip_space(const char *at, bool commas)
{
	while (isspace((unsigned char)*at) || (commas && *at == ','))
		at++;
	return at;
}

/* Copies a part of the line. Returns NULL if it does not fit. */
static const char *copy_part(const char *at, size_t len, char *buf, size_t size)
{
	if (!len || len >= size)
		return NULL;
	memcpy(buf, at, len);
	buf[len] = '\0';
	return at + len;
}

static const char *read_key(const char *at, struct udev_token *token)
{
	size_t len;

	at = copy_part(at, strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"), token->key,
		       sizeof(token->key));
	token->attribute[0] = '\0';
	if (!at || *at != '{')
		return at;
	at++;
	len = strcspn(at, "}");
	if (at[len] != '}')
		return NULL;
	at = copy_part(at, len, token->attribute, sizeof(token->attribute));
	return at ? at + 1 : NULL;
}

static const char *read_op(const char *at, struct udev_token *token)
{
	static const char *const ops[] = { "==", "!=", "+=", "-=", ":=", "=" };

	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (strncmp(at, ops[i], strlen(ops[i])) == 0)
			return copy_part(at, strlen(ops[i]), token->op, sizeof(token->op));
	return NULL;
}

/* Reads "value", or e"value" and i"value" of newer versions; a backslash precedes a quote in it. */
static const char *read_value(const char *at, struct udev_token *token)
{
	size_t len = 0;

	at += (*at == 'e' || *at == 'i') && at[1] == '"';
	if (*at++ != '"')
		return NULL;
	for (; *at && *at != '"'; at++) {
		if (*at == '\\' && at[1] == '"')
			at++;
		if (len + 1 >= sizeof(token->value))
			return NULL;
		token->value[len++] = *at;
	}
	token->value[len] = '\0';
	return *at == '"' ? at + 1 : NULL;
}

int udev_token_next(const char **at, struct udev_token *token)
{
	const char *next = skip_space(*at, true);

	if (!*next)
		return 0;
	next = read_key(next, token);
	next = next ? read_op(skip_space(next, false), token) : NULL;
	next = next ? read_value(skip_space(next, false), token) : NULL;
	if (!next)
		return -EINVAL;
	*at = next;
	return 1;
}

bool udev_token_is_match(const struct udev_token *token)
{
	return strcmp(token->op, "==") == 0 || strcmp(token->op, "!=") == 0;
}
