/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options as tables. A table defines everything about an option; parsing, help, completion and the
 * checks in tests/ read it. Values are stored in a struct that the caller owns.
 */
#pragma once

#include "lib/libmhp.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum opt_kind {
	OPT_KIND_END = 0,
	OPT_KIND_FLAG,	 /* bool */
	OPT_KIND_SIZE,	 /* uint64_t: bytes, never 0 */
	OPT_KIND_MSEC,	 /* uint64_t: milliseconds */
	OPT_KIND_NUMBER, /* int: 0 or more */
	OPT_KIND_TEXT,	 /* const char *: borrowed from argv */
	OPT_KIND_WORD,	 /* int or enum: one of the words */
	OPT_KIND_WORDS,	 /* unsigned: bits of several words, separated by commas */
};

/* Candidates to complete a value with, besides the words of the option. */
enum opt_fill {
	OPT_FILL_NOTHING = 0,
	OPT_FILL_FILES,
	OPT_FILL_NODES,
	OPT_FILL_ALIGNS,
	OPT_FILL_WINDOWS,
	OPT_FILL_DAX_DEVICES, /* bound to kmem */
	OPT_FILL_COLUMNS,     /* of a list, several separated by commas */
	OPT_FILL_COLUMN,      /* one */
};

/* A table ends with a word of NULL. */
struct opt_word {
	const char *word;
	int value;
	const char *help;
};

struct opt {
	enum opt_kind kind;
	char short_name; /* or 0 */
	const char *long_name;
	const char *arg; /* name of the value in help; NULL: the words */
	const char *help;
	size_t offset;		      /* of the value in the struct */
	const struct opt_word *words; /* the allowed words, or NULL */
	const char *noun;	      /* kind of word: "zone" */
	const char *group;	      /* options of one group cannot be combined */
	enum opt_fill fill;
	const char *instead_of_zero; /* hint for a size of 0, or NULL */
	bool is_power;		     /* a size must be a power of two */
	bool is_limited;	     /* a time is never 0 */
	bool is_of_program;	     /* also documented with the program */
	bool is_optional;	     /* without a value it is plain */
	uint64_t plain;
};

/* The offset of a field; does not compile if the field is not of the type. */
#define OPT_AT(s, f, type) \
	(offsetof(s, f) + 0 * sizeof(&((s *)NULL)->f == (__typeof__(type) *)NULL))
#define OPT_AT_WORD(s, f) \
	(offsetof(s, f) + 0 * sizeof(char[sizeof(((s *)NULL)->f) == sizeof(int) ? 1 : -1]))

/* short name or 0, long name, struct, field, [name of the value,] help, more fields */
#define OPT_OF(k, c, l, at, a, h, ...)                                                        \
	{                                                                                     \
		.kind = (k), .short_name = (c), .long_name = (l), .offset = (at), .arg = (a), \
		.help = (h), ##__VA_ARGS__                                                    \
	}
#define OPT_FLAG(c, l, s, f, h, ...) \
	OPT_OF(OPT_KIND_FLAG, c, l, OPT_AT(s, f, bool), NULL, h, ##__VA_ARGS__)
#define OPT_SIZE(c, l, s, f, h, ...) \
	OPT_OF(OPT_KIND_SIZE, c, l, OPT_AT(s, f, uint64_t), "SIZE", h, ##__VA_ARGS__)
#define OPT_MSEC(c, l, s, f, h, ...) \
	OPT_OF(OPT_KIND_MSEC, c, l, OPT_AT(s, f, uint64_t), "TIME", h, ##__VA_ARGS__)
#define OPT_NUMBER(c, l, s, f, a, h, ...) \
	OPT_OF(OPT_KIND_NUMBER, c, l, OPT_AT(s, f, int), a, h, ##__VA_ARGS__)
#define OPT_TEXT(c, l, s, f, a, h, ...) \
	OPT_OF(OPT_KIND_TEXT, c, l, OPT_AT(s, f, const char *), a, h, ##__VA_ARGS__)
#define OPT_WORD(c, l, s, f, w, n, h, ...)                                                 \
	OPT_OF(OPT_KIND_WORD, c, l, OPT_AT_WORD(s, f), NULL, h, .words = (w), .noun = (n), \
	       ##__VA_ARGS__)
#define OPT_WORDS(c, l, s, f, w, n, h, ...)                                                      \
	OPT_OF(OPT_KIND_WORDS, c, l, OPT_AT(s, f, unsigned), NULL, h, .words = (w), .noun = (n), \
	       ##__VA_ARGS__)
#define OPT_END                      \
	{                            \
		.kind = OPT_KIND_END \
	}

/* A table and the struct for its values (NULL where nothing is parsed). */
struct opt_set {
	const char *title; /* heading of its options in help */
	const struct opt *opts;
	void *args;
	bool is_global; /* of the program, not of a command */
};

#define OPT_SETS_MAX 5

/* The tables of one command; ends with opts NULL. */
struct opt_sets {
	struct opt_set set[OPT_SETS_MAX + 1];
};

/* A command line, or a part of one. */
struct opt_line {
	char *const *argv;
	int argc;
	bool stop_at_operand;	  /* in: stop before the first operand */
	const char *unknown_hint; /* in: hint if no option is similar; or NULL */
	int used;		  /* out: arguments parsed */
	const char **operands;	  /* out: in order; the caller provides argc entries */
	size_t nr_operands;
};

/*
 * Parses to the end even after a mistake, so that a later --json is seen, and reports the first
 * mistake. Options may follow operands; "--" ends the options.
 * Returns 0 or -EINVAL with *err filled.
 */
int opt_parse(const struct opt_sets *sets, struct opt_line *line, struct mhp_error *err);

/* Returns the option with that long name (the first len bytes) or short name, or NULL. */
const struct opt *opt_find_long(const struct opt_sets *sets, const char *name, size_t len);
const struct opt *opt_find_short(const struct opt_sets *sets, char name);

static inline bool opt_takes_value(const struct opt *opt)
{
	return opt->kind != OPT_KIND_FLAG;
}

#define OPT_ARG_MAX 64

/* Formats the value for help: "SIZE", "movable|kernel|auto". Returns buf. */
const char *opt_arg_text(const struct opt *opt, char *buf, size_t size);

/* Size of a buffer for an escaped word of the user in a message. */
#define OPT_SHOWN_MAX 96
