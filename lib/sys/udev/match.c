/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/udev/match.h"
#include "lib/base/error.h"
#include "lib/sys/kernel.h"

#include <fnmatch.h>
#include <string.h>
#include <sys/utsname.h>

#define BLOCK	"memory33" /* any block */
#define DEVPATH "/devices/system/memory/" BLOCK

/* Matches udev's patterns: those of a shell, and "a|b". */
static bool is_match(const char *pattern, const char *text)
{
	char one[512];

	for (;;) {
		size_t len = strcspn(pattern, "|");

		str_format(one, "%.*s", (int)len, pattern);
		if (fnmatch(one, text, 0) == 0)
			return true;
		if (!pattern[len])
			return false;
		pattern += len + 1;
	}
}

static enum mhp_tristate answer_of(bool is_so)
{
	return is_so ? MHP_TRISTATE_YES : MHP_TRISTATE_NO;
}

/* Matches the name of a block. A pattern that names only some blocks may match the next block. */
static enum mhp_tristate match_name(const char *pattern, const char *text)
{
	if (is_match(pattern, text))
		return MHP_TRISTATE_YES;
	return strstr(pattern, "memory") ? MHP_TRISTATE_UNKNOWN : MHP_TRISTATE_NO;
}

/* ---- known facts about the machine ------------------------------------------------------- */

static bool read_machine(const struct mhp_ctx *ctx, char *text, size_t size)
{
	struct utsname uts;

	if (root_read(&ctx->sys, KERNEL_ARCH, text, size) == 0)
		return true;
	if (ctx->is_copy || uname(&uts) < 0)
		return false;
	str_copy_to(text, size, uts.machine);
	return true;
}

/*
 * Matches the architecture; systemd has its own names for some (systemd.unit(5),
 * ConditionArchitecture=).
 */
static enum mhp_tristate match_arch(const struct mhp_ctx *ctx, const char *pattern)
{
	static const char *const names[][2] = {
		{ "x86_64", "x86-64" },		  { "i686", "x86" },
		{ "aarch64", "arm64" },		  { "ppc64le", "ppc64-le" },
		{ "loongarch64", "loongarch64" },
	};
	char text[64];

	if (!read_machine(ctx, text, sizeof(text)))
		return MHP_TRISTATE_UNKNOWN;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(text, names[i][0]) == 0)
			return answer_of(is_match(pattern, names[i][1]));
	return answer_of(is_match(pattern, text));
}

static enum mhp_tristate match_file(struct udev_event *event, const char *path, const char *pattern)
{
	const struct mhp_ctx *ctx = event->ctx;
	char text[512];
	size_t len;

	if (root_read(&ctx->sys, path, text, sizeof(text)) < 0) {
		event->is_missing = !ctx_is_partial(ctx) && root_exists(&ctx->sys, path) == 0;
		return MHP_TRISTATE_UNKNOWN;
	}
	/* udev strips trailing blanks */
	for (len = strlen(text); len && strchr(" \t", text[len - 1]); len--)
		text[len - 1] = '\0';
	return answer_of(is_match(pattern, text));
}

/* Matches ATTR{[dmi/id]sys_vendor}: an attribute of another device, by its subsystem and name. */
static enum mhp_tristate match_other_device(struct udev_event *event,
					    const struct udev_token *token)
{
	const struct mhp_ctx *ctx = event->ctx;
	int rc;

	const char *slash = strchr(token->attribute, '/'), *close = strchr(token->attribute, ']');
	const char *subsystem = token->attribute + 1;

	if (!slash || !close || slash > close)
		return MHP_TRISTATE_UNKNOWN;
	ROOT_PATH(in_class, "sys/class/%.*s/%.*s", (int)(slash - subsystem), subsystem,
		  (int)(close - slash - 1), slash + 1);
	ROOT_PATH(on_bus, "sys/bus/%.*s/devices/%.*s", (int)(slash - subsystem), subsystem,
		  (int)(close - slash - 1), slash + 1);
	rc = root_exists(&ctx->sys, on_bus);
	if (rc < 0)
		return MHP_TRISTATE_UNKNOWN;
	ROOT_PATH(path, "%.200s/%s", rc ? on_bus : in_class, close + 1);
	return match_file(event, path, token->value);
}

/* ---- known facts about the block --------------------------------------------------------- */

static const char *const block_files[] = { "state",	 "online",    "removable", "valid_zones",
					   "phys_index", "subsystem", "uevent" };

static enum mhp_tristate match_attribute(const struct udev_event *event,
					 const struct udev_token *token)
{
	const char *name = token->attribute;

	if (strcmp(event->action, "change") == 0) /* its state may be any by then */
		return MHP_TRISTATE_UNKNOWN;
	if (strcmp(name, "state") == 0)
		return answer_of(is_match(token->value, "offline"));
	if (strcmp(name, "online") == 0)
		return answer_of(is_match(token->value, "0"));
	return MHP_TRISTATE_UNKNOWN;
}

static enum mhp_tristate match_test(const struct udev_token *token)
{
	for (size_t i = 0; i < sizeof(block_files) / sizeof(block_files[0]); i++)
		if (strcmp(token->value, block_files[i]) == 0)
			return MHP_TRISTATE_YES;
	return MHP_TRISTATE_UNKNOWN;
}

static bool is_key(const struct udev_token *token, const char *key)
{
	return strcmp(token->key, key) == 0;
}

/* Matches what is known of the block; the caller applies the operator. */
static enum mhp_tristate match_block(const struct udev_event *event, const struct udev_token *token)
{
	if (is_key(token, "ACTION"))
		return answer_of(is_match(token->value, event->action));
	if (is_key(token, "SUBSYSTEM"))
		return answer_of(is_match(token->value, "memory"));
	if (is_key(token, "SUBSYSTEMS")) /* of the block, or of a parent */
		return is_match(token->value, "memory") ? MHP_TRISTATE_YES : MHP_TRISTATE_UNKNOWN;
	if (is_key(token, "KERNEL") || is_key(token, "KERNELS"))
		return match_name(token->value, BLOCK);
	if (is_key(token, "DEVPATH"))
		return match_name(token->value, DEVPATH);
	if (is_key(token, "DRIVER"))
		return answer_of(is_match(token->value, ""));
	if (is_key(token, "ATTR"))
		return match_attribute(event, token);
	if (is_key(token, "TEST"))
		return match_test(token);
	return MHP_TRISTATE_UNKNOWN;
}

static enum mhp_tristate match_value(struct udev_event *event, const struct udev_token *token)
{
	if (is_key(token, "ATTR") && *token->attribute == '[')
		return match_other_device(event, token);
	if (is_key(token, "CONST") && strcmp(token->attribute, "arch") == 0)
		return match_arch(event->ctx, token->value);
	if (is_key(token, "RESULT") && event->result_known)
		return answer_of(is_match(token->value, event->machine));
	return event->any_device ? MHP_TRISTATE_UNKNOWN : match_block(event, token);
}

/* Runs none of a rule's programs; the answer is known only for "/bin/uname -p" and -m. */
static enum mhp_tristate run_program(struct udev_event *event, const struct udev_token *token)
{
	const char *at = strstr(token->value, "uname -");

	event->result_known = at && strchr("mp", at[strlen("uname -")]) &&
			      read_machine(event->ctx, event->machine, sizeof(event->machine));
	return event->result_known ? MHP_TRISTATE_YES : MHP_TRISTATE_UNKNOWN;
}

void udev_match_begin(struct udev_event *event)
{
	event->result_known = false;
}

enum mhp_tristate udev_match(struct udev_event *event, const struct udev_token *token)
{
	enum mhp_tristate is_so = MHP_TRISTATE_YES;

	if (is_key(token, "PROGRAM")) /* must succeed, with any operator */
		return run_program(event, token);
	if (is_key(token, "IMPORT"))
		return MHP_TRISTATE_UNKNOWN;
	if (!udev_token_is_match(token))
		return is_so;
	event->is_missing = false;
	is_so = match_value(event, token);
	if (event->is_missing)
		return MHP_TRISTATE_NO;
	if (token->op[0] == '!' && is_so != MHP_TRISTATE_UNKNOWN)
		return answer_of(is_so == MHP_TRISTATE_NO);
	return is_so;
}
