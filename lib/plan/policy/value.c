/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/plan/policy/value.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/base/range.h"
#include "lib/base/suggest.h"
#include "lib/plan/policy/policy.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define GRANULARITY_MIN 256 /* that the kernel accepts, as the next one */
#define GRANULARITY_MAX 16384

static const char *word_separator(const struct value_word *words, const struct value_word *word)
{
	if (word == words)
		return "";
	return word[1].word ? ", " : " or ";
}

int value_word(const struct value_word *words, const char *text, int *value, struct mhp_error *err)
{
	struct suggest guess = { 0 };
	char shown[VALUE_SHOWN_MAX], all[160] = "use ";

	for (const struct value_word *word = words; word->word; word++) {
		if (strcmp(word->word, text) == 0) {
			*value = word->value;
			return 0;
		}
		suggest_offer(&guess, text, strlen(text), word->word);
		str_append(all, "%s%s", word_separator(words, word), word->word);
	}
	err_usage(err, all, "\"%s\" is not a valid value", text_escape(text, shown, sizeof(shown)));
	if (guess.best)
		err_hint(err, -EINVAL, "did you mean %s?", guess.best);
	return -EINVAL;
}

int value_size(const char *text, uint64_t *size, struct mhp_error *err)
{
	int rc = parse_size(text, size, err);

	if (rc == 0 && !*size)
		return err_usage(err, "a size is a whole number and a unit, such as 512M or 2GiB",
				 "0 is too small");
	return rc < 0 ? -EINVAL : 0;
}

int value_number(const char *text, uint64_t max, uint64_t *number, struct mhp_error *err)
{
	char shown[VALUE_SHOWN_MAX], hint[64];
	uint64_t value;

	if (parse_u64(text, 10, &value) == 0 && value <= max) {
		*number = value;
		return 0;
	}
	str_format(hint, "use a number from 0 to %llu", (unsigned long long)max);
	return err_usage(err, hint, "\"%s\" is not a valid value",
			 text_escape(text, shown, sizeof(shown)));
}

int value_granularity(const char *text, uint64_t *granularity, struct mhp_error *err)
{
	char shown[VALUE_SHOWN_MAX];
	uint64_t size;
	int rc = value_size(text, &size, err);

	if (rc < 0)
		return rc;
	if (!is_power_of_two(size) || size < GRANULARITY_MIN || size > GRANULARITY_MAX)
		return err_usage(err, "use a power of two from 256 to 16384",
				 "\"%s\" is not a granularity of CXL regions",
				 text_escape(text, shown, sizeof(shown)));
	*granularity = size;
	return 0;
}

int value_window(const char *text, char *window, size_t size, struct mhp_error *err)
{
	const char *number = text + strlen("decoder0.");
	char shown[VALUE_SHOWN_MAX];
	uint64_t value;

	if (strncmp(text, "decoder0.", strlen("decoder0.")) != 0 ||
	    parse_u64(number, 10, &value) < 0 || value > INT_MAX || strlen(text) >= size)
		return err_usage(err, "windows are called decoder0.0; mhpctl list shows them",
				 "\"%s\" is not a CXL window",
				 text_escape(text, shown, sizeof(shown)));
	str_copy_to(window, size, text);
	return 0;
}

/* ---- values of match keys ------------------------------------------------------------------ */

bool value_next_word(const char **at, char *word, size_t size)
{
	size_t len;

	*at += strspn(*at, " \t");
	len = strcspn(*at, " \t");
	if (!len)
		return false;
	str_copy_to(word, len < size ? len + 1 : size, *at);
	*at += len;
	return true;
}

int value_is_uuid(const char *word, struct mhp_error *err)
{
	struct target target;
	char shown[VALUE_SHOWN_MAX];

	if (target_parse(word, &target, NULL) == 0 && target.kind == TARGET_UUID)
		return 0;
	return err_usage(err, "ndctl list or mhpctl list --json shows it", "\"%s\" is not a UUID",
			 text_escape(word, shown, sizeof(shown)));
}

int value_is_region(const char *word, struct mhp_error *err)
{
	struct target target;
	char shown[VALUE_SHOWN_MAX];

	if (target_parse(word, &target, NULL) == 0 &&
	    (target.kind == TARGET_REGION || target.kind == TARGET_CXL_REGION))
		return 0;
	return err_usage(err, "region names are region0, nd/region0 or cxl/region0",
			 "\"%s\" is not a region", text_escape(word, shown, sizeof(shown)));
}

static int parse_serial(const char *word, uint64_t *serial)
{
	int rc = parse_hex(word, serial);

	return rc == -EINVAL ? parse_u64(word, 10, serial) : rc;
}

int value_is_serial(const char *word, struct mhp_error *err)
{
	char shown[VALUE_SHOWN_MAX];
	uint64_t serial;

	if (parse_serial(word, &serial) == 0)
		return 0;
	return err_usage(err, "a serial is a number, such as 0x1f or 31; mhpctl list shows it",
			 "\"%s\" is not a serial number", text_escape(word, shown, sizeof(shown)));
}

int value_is_path(const char *word, struct mhp_error *err)
{
	char shown[VALUE_SHOWN_MAX];

	if (*word == '/' || *word == '*')
		return 0;
	return err_usage(err, "a path is that of the device in sysfs, such as */ndbus0/region0/*",
			 "\"%s\" matches no device path", text_escape(word, shown, sizeof(shown)));
}

int value_is_device(const char *word, struct mhp_error *err)
{
	char shown[VALUE_SHOWN_MAX];

	if (strncmp(word, "dax", 3) == 0 || *word == '*')
		return 0;
	return err_usage(err, "dax devices are called dax0.0; dax1.* and * match several",
			 "\"%s\" matches no dax device", text_escape(word, shown, sizeof(shown)));
}

int value_is_node(const char *word, struct mhp_error *err)
{
	uint64_t node;

	return value_number(strncmp(word, "node", 4) == 0 ? word + 4 : word, INT_MAX, &node, err);
}

static const struct value_word origin_words[] = {
	{ "pmem", MHP_ORIGIN_PMEM },
	{ "cxl", MHP_ORIGIN_CXL },
	{ "soft_reserved", MHP_ORIGIN_SOFT_RESERVED },
	{ NULL, 0 },
};

int value_is_origin(const char *word, struct mhp_error *err)
{
	int origin;

	return value_word(origin_words, word, &origin, err);
}

int value_comparison(const char *text, struct value_comparison *comparison, struct mhp_error *err)
{
	size_t len = strspn(text, "<>=");
	struct value_comparison c = { 0 };
	char shown[VALUE_SHOWN_MAX];

	c.less = *text == '<';
	c.greater = *text == '>';
	c.equal = !len || text[len - 1] == '=';
	if (len > 2 || (len == 2 && (text[1] != '=' || *text == '=')))
		return err_usage(err, "compare with <, <=, =, >= or >",
				 "\"%s\" is not a comparison",
				 text_escape(text, shown, sizeof(shown)));
	if (parse_size(text + len, &c.size, err) < 0)
		return -EINVAL;
	*comparison = c;
	return 0;
}

int value_is_size(const char *word, struct mhp_error *err)
{
	struct value_comparison comparison;

	return value_comparison(word, &comparison, err);
}
