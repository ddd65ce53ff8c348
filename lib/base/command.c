/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/base/command.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"

#include <stdbool.h>
#include <string.h>

#define SPACES	  " \t"
#define QUOTES	  "\"'\\"
#define OPERATORS "|&;<>"

static const char hint[] =
	"a hook is an absolute path and arguments, separated by spaces; no shell "
	"reads it, so put anything else into a script";

static bool has_control(const char *text)
{
	for (; *text; text++)
		if (((unsigned char)*text < 0x20 && *text != '\t') || *text == 0x7f)
			return true;
	return false;
}

/* Returns what is wrong with the text as a whole, or NULL. */
static const char *wrong_text(const char *text)
{
	if (!text[strspn(text, SPACES)])
		return "it is empty";
	if (strlen(text) >= COMMAND_TEXT_MAX)
		return "it is too long";
	if (has_control(text))
		return "it has a control character";
	if (strpbrk(text, QUOTES))
		return "quotes and backslashes have no meaning in it";
	return NULL;
}

/* Returns what is wrong with the words, or NULL. */
static const char *split_words(struct command *command)
{
	char *at = command->text, *rest = NULL;

	for (char *word; (word = strtok_r(at, SPACES, &rest)); at = NULL) {
		if (command->nr == COMMAND_WORDS_MAX)
			return "it has too many words";
		if (!word[strspn(word, OPERATORS)])
			return "operators of a shell have no meaning in it";
		command->words[command->nr++] = word;
	}
	return *command->words[0] == '/' ? NULL : "its path is not absolute";
}

int command_parse(const char *text, struct command *command, struct mhp_error *err)
{
	const char *wrong = wrong_text(text);
	char shown[96];

	*command = (struct command){ .nr = 0 };
	if (!wrong) {
		str_copy(command->text, text);
		wrong = split_words(command);
	}
	if (!wrong)
		return 0;
	return err_usage(err, hint, "\"%s\" is not a valid hook: %s",
			 text_escape(text, shown, sizeof(shown)), wrong);
}
