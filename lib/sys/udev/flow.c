/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/udev/flow.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/vec.h"
#include "lib/sys/logical-line.h"
#include "lib/sys/udev/match.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#define LABEL_MAX 64
#define JUMPS_MAX 64

/* ---- a line ------------------------------------------------------------------------------ */

/* The meaning of a line. */
struct rule {
	enum mhp_tristate applies; /* all its matches hold */
	bool onlines;
	bool does_more; /* it sets something else too */
	char label[LABEL_MAX];
	char jump[LABEL_MAX]; /* GOTO, or empty */
};

static bool is_key(const struct udev_token *token, const char *key)
{
	return strcmp(token->key, key) == 0;
}

/*
 * Returns whether a token sets the state of the block. "$env{.state}" may be anything, but no known
 * rule sets it to "offline".
 */
static bool sets_state(const struct udev_token *token)
{
	if (!is_key(token, "ATTR") || (strcmp(token->op, "=") != 0 && strcmp(token->op, ":=") != 0))
		return false;
	if (strcmp(token->attribute, "state") == 0)
		return strcmp(token->value, "offline") != 0;
	return strcmp(token->attribute, "online") == 0 && strcmp(token->value, "0") != 0;
}

static bool runs_online(const struct udev_token *token)
{
	static const char *const words[] = { "/state", "/online", "chmem -e", "chmem --enable" };

	if (!is_key(token, "RUN") && !is_key(token, "PROGRAM"))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strstr(token->value, words[i]))
			return true;
	return false;
}

/*
 * Returns whether a token sets something. PROGRAM, IMPORT and TEST match, whatever their operator.
 */
static bool sets_something(const struct udev_token *token)
{
	return !udev_token_is_match(token) && !is_key(token, "LABEL") && !is_key(token, "GOTO") &&
	       !is_key(token, "PROGRAM") && !is_key(token, "IMPORT") && !is_key(token, "TEST");
}

static enum mhp_tristate combine_answers(enum mhp_tristate a, enum mhp_tristate b)
{
	if (a == MHP_TRISTATE_NO || b == MHP_TRISTATE_NO)
		return MHP_TRISTATE_NO;
	return a == MHP_TRISTATE_YES ? b : a;
}

/* Reads a line. One with a syntax error is ignored as a whole, as udev does. */
static bool read_rule(struct udev_event *event, const char *line, struct rule *rule)
{
	struct udev_token token;
	int rc;

	*rule = (struct rule){ .applies = MHP_TRISTATE_YES };
	udev_match_begin(event);
	while ((rc = udev_token_next(&line, &token)) > 0) {
		bool onlines = sets_state(&token) || runs_online(&token);

		rule->onlines |= onlines;
		if (is_key(&token, "LABEL"))
			str_copy(rule->label, token.value);
		else if (is_key(&token, "GOTO"))
			str_copy(rule->jump, token.value);
		else
			rule->applies = combine_answers(rule->applies, udev_match(event, &token));
		rule->does_more |= !onlines && sets_something(&token);
	}
	return rc == 0;
}

static const char *skip_space(const char *at)
{
	while (isspace((unsigned char)*at))
		at++;
	return at;
}

/* ---- the flow through a file ------------------------------------------------------------- */

/*
 * Whether a line applies may depend on something unknown. So the walk follows all paths at once,
 * and counts what share of them reaches each line, from 1 at the top. A GOTO moves the share of its
 * line to the label if the line applies, and half of it if that is unknown. A line that brings
 * memory online is certain if it applies and all paths reach it (share 1). Sums of halves are exact
 * in a double for about fifty unknown lines. A share below LEAST is not halved any more, so that it
 * never becomes 0.
 */
#define LEAST 1e-100

struct jump {
	char label[LABEL_MAX];
	double share;
};

struct hit {
	unsigned line;
	bool is_certain;
};

struct flow {
	struct udev_event event;
	FILE *file;
	double share; /* of all paths, those that reach the current line */
	struct jump jumps[JUMPS_MAX];
	unsigned nr_jumps;
	bool collects;	  /* the hits below */
	struct hit *hits; /* in the order found */
	size_t nr_hits;
	bool does_more;	    /* a line of the file sets something else, applied or not */
	unsigned watched;   /* number of a line, or 0 */
	bool is_reached;    /* a path reaches that line */
	size_t nr_onlining; /* lines that bring anything online */
};

static int add_hit(struct flow *flow, unsigned line, bool is_certain)
{
	struct hit *hit;

	for (size_t i = 0; i < flow->nr_hits; i++)
		if (flow->hits[i].line == line) {
			flow->hits[i].is_certain |= is_certain;
			return 0;
		}
	hit = VEC_PUSH(flow->hits, flow->nr_hits);
	if (!hit)
		return -ENOMEM;
	*hit = (struct hit){ line, is_certain };
	return 0;
}

static double applying_share(const struct flow *flow, const struct rule *rule)
{
	if (rule->applies == MHP_TRISTATE_NO)
		return 0;
	return rule->applies == MHP_TRISTATE_YES ? flow->share : flow->share / 2;
}

static int next_line(const struct flow *flow, struct logical_line *line)
{
	return logical_line_next(&flow->event.ctx->sys, flow->file, "#", true, line);
}

/* Returns whether the label is on a later line; a GOTO without one is ignored. */
static bool is_label_ahead(const struct flow *flow, const char *label)
{
	cleanup_logical_line struct logical_line line = { 0 };
	FILE *file = flow->file;
	struct udev_token token;
	long position = ftell(file);
	bool found = false;

	while (!found && next_line(flow, &line) > 0)
		for (const char *at = line.text; !found && udev_token_next(&at, &token) > 0;)
			found = is_key(&token, "LABEL") && strcmp(token.value, label) == 0;
	clearerr(file);
	fseek(file, position, SEEK_SET);
	return found;
}

static void start_jump(struct flow *flow, const char *label, double share)
{
	struct jump *jump = &flow->jumps[flow->nr_jumps];

	if (share <= 0 || !is_label_ahead(flow, label))
		return;
	if (flow->nr_jumps == JUMPS_MAX) { /* too many to follow: nothing after this is certain */
		flow->share = flow->share > LEAST ? flow->share / 2 : flow->share;
		return;
	}
	flow->nr_jumps++;
	str_copy(jump->label, label);
	jump->share = share;
	if (flow->share > LEAST || share >= flow->share)
		flow->share -= share;
}

static void end_jumps(struct flow *flow, const char *label)
{
	for (unsigned i = 0; i < flow->nr_jumps;) {
		if (strcmp(flow->jumps[i].label, label) != 0) {
			i++;
			continue;
		}
		flow->share += flow->jumps[i].share;
		flow->jumps[i] = flow->jumps[--flow->nr_jumps];
	}
}

static int follow_line(struct flow *flow, const char *line, unsigned number)
{
	struct rule rule;
	double share;
	int rc = 0;

	if (!read_rule(&flow->event, line, &rule))
		return 0;
	flow->does_more |= rule.does_more;
	flow->nr_onlining += rule.onlines;
	if (*rule.label)
		end_jumps(flow, rule.label);
	share = applying_share(flow, &rule);
	flow->is_reached |= number == flow->watched && share > 0;
	if (rule.onlines && share > 0 && flow->collects)
		rc = add_hit(flow, number, share >= 1);
	if (*rule.jump)
		start_jump(flow, rule.jump, share);
	return rc;
}

static int follow_file(struct flow *flow)
{
	cleanup_logical_line struct logical_line line = { 0 };
	unsigned number = 1;
	int rc = 0;

	flow->share = 1;
	flow->nr_onlining = 0;
	flow->nr_jumps = 0;
	rewind(flow->file);
	while (rc == 0 && (rc = next_line(flow, &line)) > 0) {
		rc = follow_line(flow, line.is_comment ? "" : line.text, number);
		number += line.nr;
	}
	return rc;
}

/* "change" comes from udevadm trigger; a rule may react to "offline" by undoing it at once. */
static const char *const actions[] = { "add", "change", "offline" };

int udev_flow_walk(const struct mhp_ctx *ctx, FILE *file, udev_found_fn found, void *data)
{
	struct flow flow = { .event = { .ctx = ctx }, .file = file, .collects = true };
	int rc = 0;

	for (size_t i = 0; i < ARRAY_SIZE(actions) && rc == 0; i++) {
		flow.event.action = actions[i];
		rc = follow_file(&flow);
	}
	for (size_t i = 0; i < flow.nr_hits && rc == 0; i++) {
		const struct udev_found one = {
			.line = flow.hits[i].line,
			.is_certain = flow.hits[i].is_certain,
			.is_alone = !flow.does_more && flow.nr_onlining == flow.nr_hits,
		};

		rc = found(&one, data);
	}
	free(flow.hits);
	return rc;
}

bool udev_flow_reaches(const struct mhp_ctx *ctx, FILE *file, unsigned line)
{
	struct flow flow = {
		.event = { .ctx = ctx, .any_device = true, .action = "" },
		.file = file,
		.watched = line,
	};

	return follow_file(&flow) < 0 || flow.is_reached;
}

enum mhp_tristate udev_rule_onlines(const struct mhp_ctx *ctx, const char *line)
{
	enum mhp_tristate is_so = MHP_TRISTATE_NO;
	struct udev_event event = { .ctx = ctx };
	struct rule rule;

	if (*skip_space(line) == '#')
		return is_so;
	for (size_t i = 0; i < ARRAY_SIZE(actions) && is_so != MHP_TRISTATE_YES; i++) {
		event.action = actions[i];
		if (read_rule(&event, line, &rule) && rule.onlines &&
		    rule.applies != MHP_TRISTATE_NO)
			is_so = rule.applies;
	}
	return is_so;
}
