/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/hook-facts.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/export.h"
#include "lib/base/memstream.h"
#include "lib/base/parse.h"
#include "lib/base/utf8.h"
#include "lib/exec/event.h"
#include "lib/exec/exec.h"
#include "lib/exec/result.h"
#include "lib/sys/holders/procs.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define SCHEMA	  "mhpctl/1"
#define LIST_MAX  32768 /* of a list in the environment: execve() refuses more than 128 KiB */
#define ENV_WORDS 16
#define PATH	  "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* ---- the facts --------------------------------------------------------------------------- */

/* Appends a word to a list, unless the list has it. Returns 0 or -ENOMEM. */
static int add_word(char **list, const char *word)
{
	size_t len = strlen(word), used = *list ? strlen(*list) : 0;
	char *grown;

	for (const char *at = *list; len && at && (at = strstr(at, word)); at += len)
		if ((at == *list || at[-1] == ' ') && (at[len] == ' ' || !at[len]))
			return 0;
	if (!len)
		return 0;
	grown = realloc(*list, used + len + 2);
	if (!grown)
		return -ENOMEM;
	snprintf(grown + used, len + 2, "%s%s", used ? " " : "", word);
	*list = grown;
	return 0;
}

static int add_step(struct hook_facts *facts, const struct mhp_topology *topo,
		    const struct mhp_plan *plan, const struct mhp_step *step)
{
	const struct step_place place = event_place(topo, plan, step);
	char node[16];
	int rc = 0;

	if (is_block_step(step->type)) {
		uint64_t nr = step->last_block - step->first_block + 1;

		facts->nr_blocks += nr;
		facts->bytes += nr * topo->memory.block_size;
	}
	if (place.device)
		rc = add_word(&facts->devices, place.device);
	str_format(node, "%d", place.node);
	return rc == 0 && place.node >= 0 ? add_word(&facts->nodes, node) : rc;
}

int hook_facts_take(struct hook_facts *facts, const struct mhp_topology *topo,
		    const struct mhp_plan *plan)
{
	int rc = 0;

	for (size_t i = 0; i < plan->nr_targets && rc == 0; i++)
		rc = add_word(&facts->targets, plan->targets[i].target.text);
	for (size_t i = 0; i < plan->nr_steps && rc == 0; i++)
		rc = add_step(facts, topo, plan, &plan->steps[i]);
	return rc;
}

void hook_facts_free(struct hook_facts *facts)
{
	free(facts->targets);
	free(facts->devices);
	free(facts->nodes);
	*facts = (struct hook_facts){ .nr_blocks = 0 };
}

/* ---- JSON -------------------------------------------------------------------------------- */

/* Prints the first len bytes as a string. A byte that is not UTF-8 becomes U+FFFD. */
static void put_string(FILE *f, const char *text, size_t len)
{
	const char *end = text + len;
	uint32_t code = 0;

	fputc('"', f);
	while (text < end) {
		size_t nr = utf8_decode((const unsigned char *)text, &code);

		if (!nr)
			fputs("\\ufffd", f);
		else if (code < 0x20 || code == '"' || code == '\\' || code == 0x7f)
			fprintf(f, "\\u%04x", code);
		else
			fwrite(text, 1, nr, f);
		text += nr ? nr : 1;
	}
	fputc('"', f);
}

static void put_text(FILE *f, const char *key, const char *text)
{
	fprintf(f, ", \"%s\": ", key);
	if (text && *text)
		put_string(f, text, strlen(text));
	else
		fputs("null", f);
}

/* Prints a list as an array; of strings, or of numbers. */
static void put_list(FILE *f, const char *key, const char *list, bool is_text)
{
	fprintf(f, ", \"%s\": [", key);
	for (const char *at = list ? list : ""; *at;) {
		size_t len = strcspn(at, " ");

		if (is_text)
			put_string(f, at, len);
		else
			fprintf(f, "%.*s", (int)len, at);
		at += len + (at[len] == ' ');
		if (*at)
			fputs(", ", f);
	}
	fputc(']', f);
}

static void put_target(FILE *f, const struct mhp_target_result *target)
{
	fputs("{\"target\": ", f);
	put_string(f, target->target, strlen(target->target));
	put_text(f, "status", mhp_status_name(target->status));
	fprintf(f,
		", \"changed\": %s, \"blocks_done\": %" PRIu64 ", \"blocks_total\": %" PRIu64
		", \"blocks_online\": %" PRIu64 ", \"online_bytes\": %" PRIu64,
		target->has_changes ? "true" : "false", target->blocks_done, target->blocks_total,
		target->blocks_online, target->online_bytes);
	put_text(f, "device", target->device);
	fputc('}', f);
}

static void put_error(FILE *f, const char *target, const struct mhp_error *err)
{
	fputs("{\"reason\": ", f);
	put_string(f, mhp_reason_name(err->reason), strlen(mhp_reason_name(err->reason)));
	put_text(f, "target", target);
	put_text(f, "message", err->message);
	fputc('}', f);
}

/* The result in one form, whether or not the request has one. */
struct summary {
	enum mhp_status status;
	int exit_code;
	uint64_t online_bytes;
	const struct mhp_error *error; /* the first, or NULL */
};

static struct summary summarise(const struct hook_outcome *outcome)
{
	const struct mhp_result *result = outcome->result;
	struct summary sum = { .error = outcome->error };

	if (!result) {
		sum.status = status_of_reason(sum.error->reason);
		sum.exit_code = mhp_reason_exit_code(sum.error->reason);
		return sum;
	}
	sum = (struct summary){ .status = result->status, .exit_code = result->exit_code };
	if (result->nr_failures)
		sum.error = &mhp_result_failure(result, 0)->error;
	for (size_t i = 0; i < result->nr_targets; i++)
		sum.online_bytes += mhp_result_target(result, i)->online_bytes;
	return sum;
}

static void put_outcome(FILE *f, const struct hook_outcome *outcome)
{
	const struct mhp_result *result = outcome->result;
	struct summary sum = summarise(outcome);

	fputs("{\"status\": ", f);
	put_string(f, mhp_status_name(sum.status), strlen(mhp_status_name(sum.status)));
	fprintf(f, ", \"exit_code\": %d, \"changed\": %s, \"targets\": [", sum.exit_code,
		outcome->has_changes ? "true" : "false");
	for (size_t i = 0; result && i < result->nr_targets; i++) {
		fputs(i ? ", " : "", f);
		put_target(f, mhp_result_target(result, i));
	}
	fputs("], \"failures\": [", f);
	if (!result)
		put_error(f, NULL, sum.error);
	for (size_t i = 0; result && i < result->nr_failures; i++) {
		fputs(i ? ", " : "", f);
		put_error(f, mhp_result_failure(result, i)->target,
			  &mhp_result_failure(result, i)->error);
	}
	fputs("]}", f);
}

static char *build_json(const struct hook_facts *facts, const struct hook_outcome *outcome)
{
	struct memstream m;

	if (memstream_open(&m) < 0)
		return NULL;
	fputs("{\"schema\": \"" SCHEMA "\", \"event\": \"hook\"", m.file);
	put_text(m.file, "when", mhp_hook_when_name(outcome ? MHP_HOOK_AFTER : MHP_HOOK_BEFORE));
	put_text(m.file, "command", mhp_verb_name(facts->verb));
	put_text(m.file, "section", facts->section);
	fprintf(m.file, ", \"pid\": %d", procs_own_pid());
	put_list(m.file, "targets", facts->targets, true);
	put_list(m.file, "devices", facts->devices, true);
	put_list(m.file, "nodes", facts->nodes, false);
	fprintf(m.file,
		", \"blocks\": %" PRIu64 ", \"bytes\": %" PRIu64 ", \"result\": ", facts->nr_blocks,
		facts->bytes);
	if (outcome)
		put_outcome(m.file, outcome);
	else
		fputs("null", m.file);
	fputs("}\n", m.file);
	return memstream_end(&m);
}

/* ---- the environment --------------------------------------------------------------------- */

struct env {
	char **words;
	size_t nr;
	bool failed;
};

__attribute__((format(printf, 2, 3))) static void add_env(struct env *env, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&env->words[env->nr], fmt, ap) < 0)
		env->failed = true;
	else
		env->nr++;
	va_end(ap);
}

/* Adds a list, or an empty value if it is too long: the JSON has all of it. */
static void add_list(struct env *env, const char *name, const char *list)
{
	add_env(env, "%s=%s", name, list && strlen(list) < LIST_MAX ? list : "");
}

static void add_outcome(struct env *env, const struct hook_outcome *outcome)
{
	struct summary sum = summarise(outcome);

	add_env(env, "MHPCTL_STATUS=%s", mhp_status_name(sum.status));
	add_env(env, "MHPCTL_EXIT_CODE=%d", sum.exit_code);
	add_env(env, "MHPCTL_CHANGED=%s", outcome->has_changes ? "yes" : "no");
	add_env(env, "MHPCTL_ONLINE_BYTES=%" PRIu64, sum.online_bytes);
	add_env(env, "MHPCTL_REASON=%s", sum.error ? mhp_reason_name(sum.error->reason) : "");
}

static char **build_env(const struct hook_facts *facts, const struct hook_outcome *outcome)
{
	struct env env = { .words = calloc(ENV_WORDS, sizeof(*env.words)) };

	if (!env.words)
		return NULL;
	add_env(&env, "%s", PATH);
	add_env(&env, "MHPCTL_HOOK=%s",
		mhp_hook_when_name(outcome ? MHP_HOOK_AFTER : MHP_HOOK_BEFORE));
	add_env(&env, "MHPCTL_COMMAND=%s", mhp_verb_name(facts->verb));
	add_env(&env, "MHPCTL_SECTION=%s", facts->section);
	add_env(&env, "MHPCTL_PID=%d", procs_own_pid());
	add_list(&env, "MHPCTL_TARGETS", facts->targets);
	add_list(&env, "MHPCTL_DEVICES", facts->devices);
	add_list(&env, "MHPCTL_NODES", facts->nodes);
	add_env(&env, "MHPCTL_BLOCKS=%" PRIu64, facts->nr_blocks);
	add_env(&env, "MHPCTL_BYTES=%" PRIu64, facts->bytes);
	if (outcome)
		add_outcome(&env, outcome);
	if (!env.failed)
		return env.words;
	hook_message_free(&(struct hook_message){ .env = env.words });
	return NULL;
}

int hook_message_new(struct hook_message *message, const struct hook_facts *facts,
		     const struct hook_outcome *outcome)
{
	message->json = build_json(facts, outcome);
	message->env = build_env(facts, outcome);
	return message->json && message->env ? 0 : -ENOMEM;
}

void hook_message_free(struct hook_message *message)
{
	for (char **word = message->env; word && *word; word++)
		free(*word);
	free(message->env);
	free(message->json);
	*message = (struct hook_message){ .env = NULL };
}

/* ---- names ------------------------------------------------------------------------------- */

MHP_EXPORT const char *mhp_hook_when_name(enum mhp_hook_when when)
{
	static const char *const names[] = { "before", "after" };

	return (unsigned)when < ARRAY_SIZE(names) ? names[when] : "unknown";
}

MHP_EXPORT const char *mhp_hook_status_name(enum mhp_hook_status status)
{
	static const char *const names[] = {
		[MHP_HOOK_OK] = "ok",
		[MHP_HOOK_FAILED] = "failed",
		[MHP_HOOK_KILLED] = "killed",
		[MHP_HOOK_DEADLINE] = "deadline",
		[MHP_HOOK_INTERRUPTED] = "interrupted",
		[MHP_HOOK_NOT_STARTED] = "not_started",
		[MHP_HOOK_UNKNOWN] = "unknown",
	};

	return (unsigned)status < ARRAY_SIZE(names) ? names[status] : "unknown";
}

/* ---- the output of a hook ---------------------------------------------------------------- */

/* Returns how many bytes belong to one line, without its end. */
static size_t line_length(const char *bytes, size_t nr)
{
	size_t len = 0;

	while (len < nr && bytes[len] && bytes[len] != '\n' && bytes[len] != '\t')
		len++;
	return len;
}

const char *hook_output_text(const char *bytes, size_t nr, char *buf, size_t size)
{
	size_t used = 0;

	*buf = '\0';
	for (size_t at = 0; at < nr && used + 5 < size; at++) {
		size_t len = line_length(bytes + at, nr - at);
		cleanup_free char *line = strndup(bytes + at, len);

		if (!line)
			return buf;
		text_escape(line, buf + used, size - used - 4);
		used += strlen(buf + used);
		at += len;
		if (at < nr)
			used += (size_t)snprintf(buf + used, size - used, "%s",
						 bytes[at] == '\n'   ? "\n"
						 : bytes[at] == '\t' ? "\t"
								     : "\\x00");
	}
	return buf;
}
