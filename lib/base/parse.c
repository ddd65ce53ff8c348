/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/base/parse.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/utf8.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 99;
}

int parse_u64_n(const char *text, size_t len, int base, uint64_t *value)
{
	uint64_t sum = 0;

	if (!len)
		return -EINVAL;
	for (size_t i = 0; i < len; i++)
		if (digit_of(text[i]) >= base)
			return -EINVAL;
	for (size_t i = 0; i < len; i++)
		if (__builtin_mul_overflow(sum, (uint64_t)base, &sum) ||
		    __builtin_add_overflow(sum, (uint64_t)digit_of(text[i]), &sum))
			return -ERANGE;
	*value = sum;
	return 0;
}

int parse_u64(const char *text, int base, uint64_t *value)
{
	return parse_u64_n(text, strlen(text), base, value);
}

int parse_hex(const char *text, uint64_t *value)
{
	if (strncasecmp(text, "0x", 2) != 0)
		return -EINVAL;
	return parse_u64(text + 2, 16, value);
}

/*
 * Returns the length of the UTF-8 character at text, or 0 if it is invalid or a control character.
 */
static size_t printable_len(const unsigned char *text)
{
	uint32_t code;
	size_t len = utf8_decode(text, &code);

	if (code < 0x20 || (code >= 0x7f && code < 0xa0)) /* C1 controls affect a terminal too */
		return 0;
	/* bidirectional controls can disguise the content of a line */
	if ((code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) ||
	    code == 0x200e || code == 0x200f || code == 0x061c)
		return 0;
	return len;
}

const char *text_escape(const char *text, char *buf, size_t size)
{
	const unsigned char *at = (const unsigned char *)text;
	size_t used = 0;

	while (*at) {
		size_t len = printable_len(at);

		if (used + (len ? len : 4) >= size)
			break;
		if (len) {
			memcpy(buf + used, at, len);
			used += len;
			at += len;
		} else {
			used += (size_t)snprintf(buf + used, size - used, "\\x%02x", *at);
			at++;
		}
	}
	buf[used] = '\0';
	return buf;
}

const char *format_numbers(const int *numbers, unsigned nr, char *buf, size_t size)
{
	size_t len = 0;

	*buf = '\0';
	for (unsigned i = 0; i < nr && len < size; i++)
		len += (size_t)snprintf(buf + len, size - len, "%s%d", i ? "," : "", numbers[i]);
	return buf;
}

const char *format_run(const char *kind, uint64_t first, uint64_t last, char *buf, size_t size)
{
	if (first == last)
		snprintf(buf, size, "%s%" PRIu64, kind, first);
	else
		snprintf(buf, size, "%s%" PRIu64 "-%" PRIu64, kind, first, last);
	return buf;
}

const char *format_size(uint64_t bytes, char *buf, size_t size)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	unsigned unit = 0;
	double value = (double)bytes;

	while (value >= 1024 && unit + 1 < ARRAY_SIZE(units)) {
		value /= 1024;
		unit++;
	}
	if (unit == 0 || value == (double)(uint64_t)value)
		snprintf(buf, size, "%" PRIu64 " %s", (uint64_t)value, units[unit]);
	else
		snprintf(buf, size, "%.*f %s", value < 10 ? 2 : 1, value, units[unit]);
	return buf;
}

const char *size_word(uint64_t bytes, char *buf, size_t size)
{
	static const char *const units[] = { "", "K", "M", "G", "T", "P" };
	unsigned unit = 0;

	while (bytes && bytes % 1024 == 0 && unit + 1 < ARRAY_SIZE(units)) {
		bytes /= 1024;
		unit++;
	}
	snprintf(buf, size, "%" PRIu64 "%s", bytes, units[unit]);
	return buf;
}

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit size_units[] = {
	{ "", 1 },	     { "B", 1 },
	{ "K", 1ULL << 10 }, { "KiB", 1ULL << 10 },
	{ "M", 1ULL << 20 }, { "MiB", 1ULL << 20 },
	{ "G", 1ULL << 30 }, { "GiB", 1ULL << 30 },
	{ "T", 1ULL << 40 }, { "TiB", 1ULL << 40 },
	{ "P", 1ULL << 50 }, { "PiB", 1ULL << 50 },
};

static const struct unit time_units[] = {
	{ "", 1000 },	{ "ms", 1 },	  { "s", 1000 },    { "sec", 1000 },
	{ "m", 60000 }, { "min", 60000 }, { "h", 3600000 },
};

static const struct unit *unit_find(const struct unit *units, size_t nr, const char *name)
{
	for (size_t i = 0; i < nr; i++)
		if (strcasecmp(units[i].name, name) == 0)
			return &units[i];
	return NULL;
}

int parse_size(const char *text, uint64_t *size, struct mhp_error *err)
{
	size_t len = strspn(text, "0123456789");
	const struct unit *unit = unit_find(size_units, ARRAY_SIZE(size_units), text + len);
	char shown[64];
	uint64_t value;
	int rc;

	rc = unit ? parse_u64_n(text, len, 10, &value) : -EINVAL;
	if (rc == 0 && __builtin_mul_overflow(value, unit->factor, &value))
		rc = -ERANGE;
	if (rc == 0) {
		*size = value;
		return 0;
	}
	text_escape(text, shown, sizeof(shown));
	if (rc == -ERANGE)
		err_set(err, rc, MHP_REASON_USAGE, "size \"%s\" is too large", shown);
	else
		err_set(err, rc, MHP_REASON_USAGE, "\"%s\" is not a size", shown);
	return err_hint(err, rc,
			"a size is a whole number, with K, M, G or T for powers of 1024, "
			"such as 4096, 512M or 2GiB");
}

int parse_msec(const char *text, uint64_t *msec, struct mhp_error *err)
{
	size_t whole = strspn(text, "0123456789");
	size_t point = text[whole] == '.' ? whole + 1 : whole;
	size_t digits = point > whole ? strspn(text + point, "0123456789") : 0;
	const struct unit *unit =
		unit_find(time_units, ARRAY_SIZE(time_units), text + point + digits);
	uint64_t value = 0, fraction = 0, scale = 1;
	char shown[64];
	int rc;

	rc = unit ? parse_u64_n(text, whole, 10, &value) : -EINVAL;
	if (rc == 0 && point > whole) /* digits after the sixth are ignored */
		rc = parse_u64_n(text + point, digits > 6 ? 6 : digits, 10, &fraction);
	for (size_t i = 0; i < digits && i < 6; i++)
		scale *= 10;
	if (rc == 0 && (__builtin_mul_overflow(value, unit->factor, &value) ||
			__builtin_add_overflow(value, fraction * unit->factor / scale, &value)))
		rc = -ERANGE;
	if (rc == 0) {
		/* 0 means no limit, so a time that is too short becomes 1 ms */
		*msec = !value && strpbrk(text, "123456789") ? 1 : value;
		return 0;
	}
	text_escape(text, shown, sizeof(shown));
	if (rc == -ERANGE)
		err_set(err, rc, MHP_REASON_USAGE, "time \"%s\" is too long", shown);
	else
		err_set(err, rc, MHP_REASON_USAGE, "\"%s\" is not a time", shown);
	return err_hint(err, rc, "a time is a number and a unit, such as 500ms, 2s, 1.5min or 1h");
}
