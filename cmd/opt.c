/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/opt.h"
#include "lib/base/suggest.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/base/range.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>

#define OPT_GROUPED_MAX 8

struct parser {
	const struct opt_sets *sets;
	struct opt_line *line;
	const struct opt *grouped[OPT_GROUPED_MAX]; /* seen options that have a group */
	size_t nr_grouped;
};

/* An option of the command line, and the struct for its value. */
struct hit {
	const struct opt *opt;
	void *args;
};

static struct hit hit_long(const struct opt_sets *sets, const char *name, size_t len)
{
	for (const struct opt_set *set = sets->set; set->opts; set++)
		for (const struct opt *opt = set->opts; opt->kind; opt++)
			if (strncmp(opt->long_name, name, len) == 0 && !opt->long_name[len])
				return (struct hit){ opt, set->args };
	return (struct hit){ 0 };
}

static struct hit hit_short(const struct opt_sets *sets, char name)
{
	for (const struct opt_set *set = sets->set; set->opts; set++)
		for (const struct opt *opt = set->opts; opt->kind; opt++)
			if (opt->short_name && opt->short_name == name)
				return (struct hit){ opt, set->args };
	return (struct hit){ 0 };
}

const struct opt *opt_find_long(const struct opt_sets *sets, const char *name, size_t len)
{
	return hit_long(sets, name, len).opt;
}

const struct opt *opt_find_short(const struct opt_sets *sets, char name)
{
	return hit_short(sets, name).opt;
}

const char *opt_arg_text(const struct opt *opt, char *buf, size_t size)
{
	size_t len = 0;

	if (opt->arg) {
		str_copy_to(buf, size, opt->arg);
		return buf;
	}
	*buf = '\0';
	for (const struct opt_word *word = opt->words; word->word && len < size; word++)
		len += (size_t)snprintf(buf + len, size - len, "%s%s", len ? "|" : "", word->word);
	return buf;
}

/*
 * Hints at the words: "use --json or --json=lines", "use --zone movable, --zone kernel or --zone
 * auto".
 */
static int hint_words(const struct opt *opt, struct mhp_error *err)
{
	char hint[sizeof(err->hint)] = "use ";
	size_t used = strlen(hint);

	if (opt->is_optional)
		used += (size_t)snprintf(hint + used, sizeof(hint) - used, "--%s or ",
					 opt->long_name);
	for (const struct opt_word *word = opt->words; word->word && used < sizeof(hint); word++) {
		const char *before = word == opt->words ? "" : word[1].word ? ", " : " or ";

		used += (size_t)snprintf(hint + used, sizeof(hint) - used, "%s--%s%c%s", before,
					 opt->long_name, opt->is_optional ? '=' : ' ', word->word);
	}
	return err_hint(err, -EINVAL, "%s", hint);
}

static const struct opt_word *find_word(const struct opt *opt, const char *text, size_t len)
{
	for (const struct opt_word *word = opt->words; word->word; word++)
		if (strlen(word->word) == len && memcmp(word->word, text, len) == 0)
			return word;
	return NULL;
}

static int unknown_word(const struct opt *opt, const char *text, struct mhp_error *err)
{
	char shown[OPT_SHOWN_MAX];

	err_set(err, -EINVAL, MHP_REASON_USAGE, "unknown %s \"%s\"", opt->noun,
		text_escape(text, shown, sizeof(shown)));
	return hint_words(opt, err);
}

/* Parses "data,memory": sets the bits of all words. */
static int set_words(const struct opt *opt, const char *text, unsigned *at, struct mhp_error *err)
{
	const struct opt_word *word;
	const char *from = text;
	unsigned bits = 0;
	size_t len;

	do {
		len = strcspn(from, ",");
		word = find_word(opt, from, len);
		if (!word)
			return unknown_word(opt, text, err);
		bits |= (unsigned)word->value;
		from += len;
	} while (*from++);
	*at |= bits;
	return 0;
}

static int set_word(const struct opt *opt, const char *text, void *at, struct mhp_error *err)
{
	const struct opt_word *word = find_word(opt, text, strlen(text));

	if (!word)
		return unknown_word(opt, text, err);
	memcpy(at, &word->value, sizeof(word->value));
	return 0;
}

/* Reports a bad value, prefixed by the name of the option. */
static int value_fail(const struct opt *opt, const struct mhp_error *why, struct mhp_error *err)
{
	return err_usage(err, why->hint, "--%s: %s", opt->long_name, why->message);
}

static int set_size(const struct opt *opt, const char *text, uint64_t *at, struct mhp_error *err)
{
	struct mhp_error why = { 0 };
	uint64_t size;

	if (parse_size(text, &size, &why) < 0)
		return value_fail(opt, &why, err);
	if (size == 0)
		return err_usage(err,
				 opt->instead_of_zero ? opt->instead_of_zero
						      : "a size is a whole number and a unit, such "
							"as 512M or 2GiB",
				 "--%s: 0 is too small", opt->long_name);
	if (opt->is_power && !is_power_of_two(size))
		return err_usage(err, "use a power of two, such as 2M",
				 "--%s: \"%s\" is not a power of two", opt->long_name, text);
	*at = size;
	return 0;
}

static int set_msec(const struct opt *opt, const char *text, uint64_t *at, struct mhp_error *err)
{
	struct mhp_error why = { 0 };
	uint64_t msec = 0;

	if (parse_msec(text, &msec, &why) < 0)
		return value_fail(opt, &why, err);
	if (!msec && opt->is_limited)
		return err_usage(err, "a time is a number and a unit, such as 500ms, 2s or 1.5min",
				 "--%s: 0 is too short", opt->long_name);
	*at = msec;
	return 0;
}

static int set_number(const struct opt *opt, const char *text, int *at, struct mhp_error *err)
{
	char shown[OPT_SHOWN_MAX], hint[64];
	uint64_t value = 0;
	int rc = parse_u64(text, 10, &value);

	text_escape(text, shown, sizeof(shown));
	str_format(hint, "the largest number is %d", INT_MAX);
	if (rc == -EINVAL)
		return err_usage(err, "a number is 0, 1, 2 and so on",
				 "--%s: \"%s\" is not a number", opt->long_name, shown);
	if (rc < 0 || value > INT_MAX)
		return err_usage(err, hint, "--%s: %s is too large", opt->long_name, shown);
	*at = (int)value;
	return 0;
}

/* Reports an option whose value is missing or empty, and the way to write it. */
static int value_missing(const struct opt *opt, const char *what, struct mhp_error *err)
{
	char hint[sizeof(err->hint)], arg[OPT_ARG_MAX];

	str_format(hint, "write --%s %s", opt->long_name, opt_arg_text(opt, arg, sizeof(arg)));
	return err_usage(err, hint, "--%s%s", opt->long_name, what);
}

static int set_text(const struct opt *opt, const char *text, const char **at, struct mhp_error *err)
{
	if (!*text)
		return value_missing(opt, ": the value is empty", err);
	*at = text;
	return 0;
}

static int set_flag(struct hit hit)
{
	*(bool *)((char *)hit.args + hit.opt->offset) = true;
	return 0;
}

static int set_value(struct hit hit, const char *text, struct mhp_error *err)
{
	void *at = (char *)hit.args + hit.opt->offset;

	switch (hit.opt->kind) {
	case OPT_KIND_SIZE:
		return set_size(hit.opt, text, at, err);
	case OPT_KIND_MSEC:
		return set_msec(hit.opt, text, at, err);
	case OPT_KIND_NUMBER:
		return set_number(hit.opt, text, at, err);
	case OPT_KIND_TEXT:
		return set_text(hit.opt, text, at, err);
	case OPT_KIND_WORD:
		return set_word(hit.opt, text, at, err);
	case OPT_KIND_WORDS:
		return set_words(hit.opt, text, at, err);
	case OPT_KIND_FLAG:
	case OPT_KIND_END:
		break;
	}
	return 0;
}

static int set_plain(struct hit hit)
{
	void *at = (char *)hit.args + hit.opt->offset;
	int word = (int)hit.opt->plain;

	if (hit.opt->kind == OPT_KIND_WORD || hit.opt->kind == OPT_KIND_WORDS)
		memcpy(at, &word, sizeof(word));
	else
		*(uint64_t *)at = hit.opt->plain;
	return 0;
}

static int check_group(struct parser *p, const struct opt *opt, struct mhp_error *err)
{
	if (!opt->group)
		return 0;
	for (size_t i = 0; i < p->nr_grouped; i++) {
		if (p->grouped[i] == opt)
			return 0;
		if (strcmp(p->grouped[i]->group, opt->group) == 0)
			return err_usage(err, "give one of them",
					 "--%s and --%s cannot be "
					 "combined",
					 p->grouped[i]->long_name, opt->long_name);
	}
	if (p->nr_grouped < OPT_GROUPED_MAX)
		p->grouped[p->nr_grouped++] = opt;
	return 0;
}

/* Stores an option. value: given in the same argument, or NULL */
static int take_option(struct parser *p, struct hit hit, const char *value, struct mhp_error *err)
{
	struct opt_line *line = p->line;
	int rc;

	if (!value && opt_takes_value(hit.opt) && !hit.opt->is_optional) {
		if (line->used == line->argc)
			return value_missing(hit.opt, " needs a value", err);
		value = line->argv[line->used++];
	}
	if (!opt_takes_value(hit.opt))
		rc = set_flag(hit);
	else if (value)
		rc = set_value(hit, value, err);
	else
		rc = set_plain(hit);
	return rc < 0 ? rc : check_group(p, hit.opt, err);
}

static int unknown_hint(const struct parser *p, struct mhp_error *err)
{
	const char *hint = p->line->unknown_hint;

	return err_hint(err, -EINVAL, "%s", hint ? hint : "--help lists the options");
}

static int unknown_long(struct parser *p, const char *name, size_t len, struct mhp_error *err)
{
	struct suggest guess = { 0 };
	char shown[OPT_SHOWN_MAX];

	for (const struct opt_set *set = p->sets->set; set->opts; set++)
		for (const struct opt *opt = set->opts; opt->kind; opt++)
			suggest_offer(&guess, name, len, opt->long_name);
	err_set(err, -EINVAL, MHP_REASON_USAGE, "unknown option \"%s\"",
		text_escape(name - 2, shown, sizeof(shown)));
	if (guess.best)
		return err_hint(err, -EINVAL, "did you mean --%s?", guess.best);
	return unknown_hint(p, err);
}

static int parse_long(struct parser *p, const char *name, struct mhp_error *err)
{
	size_t len = strcspn(name, "=");
	struct hit hit = hit_long(p->sets, name, len);

	if (!hit.opt)
		return unknown_long(p, name, len, err);
	if (name[len] && !opt_takes_value(hit.opt))
		return err_usage(err, "leave out the = and what follows", "--%s takes no value",
				 hit.opt->long_name);
	return take_option(p, hit, name[len] ? name + len + 1 : NULL, err);
}

static int unknown_short(struct parser *p, const char *names, struct mhp_error *err)
{
	char one[2] = { names[0], '\0' };
	bool is_ascii = (unsigned char)names[0] < 0x80;
	char shown[OPT_SHOWN_MAX];

	err_set(err, -EINVAL, MHP_REASON_USAGE, "unknown option \"-%s\"",
		text_escape(is_ascii ? one : names, shown, sizeof(shown)));
	if (opt_find_long(p->sets, names, strcspn(names, "=")))
		return err_hint(err, -EINVAL, "did you mean --%s?", names);
	return unknown_hint(p, err);
}

/* Returns whether the short form takes no value, so that it can be grouped: -yn. */
static bool is_switch(const struct opt *opt)
{
	return opt->kind == OPT_KIND_WORDS && opt->is_optional;
}

/* Parses "-nk", "-t5s", "-t 5s": the first option with a value takes the rest of the word. */
static int parse_short(struct parser *p, const char *names, struct mhp_error *err)
{
	int rc = 0;

	for (; *names && rc == 0; names++) {
		struct hit hit = hit_short(p->sets, *names);

		if (!hit.opt)
			return unknown_short(p, names, err);
		if (opt_takes_value(hit.opt) && !is_switch(hit.opt))
			return take_option(p, hit, names[1] ? names + 1 : NULL, err);
		rc = take_option(p, hit, NULL, err);
	}
	return rc;
}

static int parse_word(struct parser *p, const char *word, bool options, struct mhp_error *err)
{
	if (options && strncmp(word, "--", 2) == 0)
		return parse_long(p, word + 2, err);
	if (options && word[0] == '-' && word[1])
		return parse_short(p, word + 1, err);
	p->line->operands[p->line->nr_operands++] = word;
	return 0;
}

int opt_parse(const struct opt_sets *sets, struct opt_line *line, struct mhp_error *err)
{
	struct parser p = { .sets = sets, .line = line };
	struct err_first first = { .err = err };
	bool options = true;

	while (line->used < line->argc) {
		const char *word = line->argv[line->used];
		bool is_operand = !options || word[0] != '-' || !word[1];

		if (is_operand && line->stop_at_operand)
			break;
		line->used++;
		if (!is_operand && strcmp(word, "--") == 0) {
			options = false;
			continue;
		}
		err_keep(&first, parse_word(&p, word, options, err_slot(&first)));
	}
	return first.rc;
}
