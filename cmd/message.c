/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/message.h"
#include "lib/base/parse.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SGR_RED	   "\033[1;31m"
#define SGR_YELLOW "\033[1;33m"
#define SGR_CYAN   "\033[36m"
#define SGR_END	   "\033[0m"

void message_text(const char *text)
{
	char shown[4 *
		   (sizeof(((struct mhp_error *)NULL)->message) + 128)]; /* every byte as \xNN */

	fputs(text_escape(text, shown, sizeof(shown)), stderr);
}

static void print_labelled(const char *label, const char *sgr, bool color)
{
	if (color)
		fprintf(stderr, "%s%s" SGR_END " ", sgr, label);
	else
		fprintf(stderr, "%s ", label);
}

static void say_hint(const char *hint, bool color)
{
	if (!*hint)
		return;
	print_labelled("hint:", SGR_CYAN, color);
	message_text(hint);
	fputc('\n', stderr);
}

void message_error(const struct mhp_error *err, bool color)
{
	print_labelled("mhpctl:", SGR_RED, color);
	message_text(err->message);
	fputc('\n', stderr);
	say_hint(err->hint, color);
}

void message_failure(const struct mhp_failure *failure, bool color)
{
	const struct mhp_error *err = &failure->error;
	char text[sizeof(err->message) + sizeof(failure->kernel_reason) + 32];

	failure_text(failure, text, sizeof(text));
	print_labelled("mhpctl:", SGR_RED, color);
	message_text(text);
	fputc('\n', stderr);
	for (size_t i = 0; i < failure->nr_hidden; i++) {
		print_labelled("not known:", SGR_YELLOW, color);
		message_text(mhp_failure_hidden(failure, i)->why);
		fputc('\n', stderr);
	}
	say_hint(err->hint, color);
}

void message_problem(const struct mhp_policy_problem *problem, bool color)
{
	const char *label = problem->is_warning ? "mhpctl: warning:" : "mhpctl:";

	print_labelled(label, problem->is_warning ? SGR_YELLOW : SGR_RED, color);
	message_text(problem->file);
	if (problem->line)
		fprintf(stderr, ":%u", problem->line);
	fputs(": ", stderr);
	message_text(problem->error.message);
	fputc('\n', stderr);
	say_hint(problem->error.hint, color);
}

void message_warning(const char *text, struct message_memory *memory, bool color)
{
	if (!message_is_new(memory, text))
		return;
	print_labelled("mhpctl: warning:", SGR_YELLOW, color);
	message_text(text);
	fputc('\n', stderr);
}

void message_reporting(uint64_t msec)
{
	fprintf(stderr,
		"mhpctl: waiting about %" PRIu64 " s: free memory needs this time to be reported\n",
		msec / 1000 + 1);
}

void message_missing(const char *target, bool color)
{
	print_labelled("mhpctl: warning:", SGR_YELLOW, color);
	message_text(target);
	fputs(": not present yet; it will be reported when it appears\n", stderr);
}
