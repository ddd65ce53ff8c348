/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mhpctl policy: checks, shows and imports policies. */
#include "cmd/cleanup.h"
#include "cmd/cmd.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/base/suggest.h"

#include <errno.h>
#include <string.h>

enum action {
	ACTION_CHECK,
	ACTION_SHOW,
	ACTION_IMPORT,
};

static const struct opt_word actions[] = {
	{ "check", ACTION_CHECK, "show what is wrong with a policy" },
	{ "show", ACTION_SHOW, "print the policy in force and the origin of each line" },
	{ "import", ACTION_IMPORT, "print the daxctl configuration as a policy" },
	{ NULL, 0, NULL },
};

static const char action_hint[] = "use policy check, policy show or policy import";

static int find_action(const char *text, const struct opt_word **action, struct mhp_error *err)
{
	struct suggest guess = { 0 };
	char shown[OPT_SHOWN_MAX];

	for (*action = actions; (*action)->word; (*action)++) {
		if (strcmp((*action)->word, text) == 0)
			return 0;
		suggest_offer(&guess, text, strlen(text), (*action)->word);
	}
	err_usage(err, action_hint, "unknown action \"%s\"",
		  text_escape(text, shown, sizeof(shown)));
	return guess.best ? err_hint(err, -EINVAL, "did you mean %s?", guess.best) : -EINVAL;
}

static int load_policy(const struct cmd_env *env, int action, struct mhp_policy **policy,
		       struct mhp_error *err)
{
	const char *const *files = env->operands + 1;
	size_t nr = env->nr_operands - 1;

	if (action != ACTION_IMPORT)
		return mhp_policy_load(env->ctx, files, nr, policy, err);
	if (nr > 1)
		return err_usage(err, "usage: mhpctl policy import [FILE]",
				 "one file at a time can be imported");
	return mhp_policy_import(env->ctx, nr ? files[0] : NULL, policy, err);
}

static int run_policy(const struct cmd_env *env, const void *opts, struct mhp_error *err)
{
	cleanup_policy struct mhp_policy *policy = NULL;
	const struct opt_word *action;
	struct out_policy report = { 0 };
	int rc;

	(void)opts;
	if (!env->nr_operands)
		return err_usage(err, action_hint, "ACTION is missing");
	rc = find_action(env->operands[0], &action, err);
	if (rc == 0)
		rc = load_policy(env, action->value, &policy, err);
	if (rc < 0)
		return rc;
	report.action = action->word;
	report.policy = policy;
	if (mhp_policy_check(policy, NULL) < 0)
		report.exit_code = mhp_reason_exit_code(MHP_REASON_USAGE);
	env->out->policy(env->out, &report);
	return report.exit_code;
}

static const char *const policy_examples[] = {
	"mhpctl policy check",
	"mhpctl policy check ./new.conf",
	"mhpctl policy show",
	"mhpctl policy import >10-daxctl.conf",
	NULL,
};

const struct cmd cmd_policy = {
	.name = "policy",
	.summary = "check, show and import policies",
	.operands = "ACTION [FILE...]",
	.about = "check shows problems of a policy by file and line, and exits 2 if there are "
		 "any. show prints the policy in force, the origin of each line, and the files "
		 "that are hidden or masked. import prints the sections of the daxctl "
		 "configuration as a policy.\n"
		 "FILE is a file or a directory; the default is the installed policy. No action "
		 "reads the memory of the machine or changes anything. mhpctl-policy(5) "
		 "describes the files.",
	.examples = policy_examples,
	.max_operands = CMD_MANY_OPERANDS,
	.flags = CMD_NO_TARGETS,
	.completes = CMD_OPERAND_FILE,
	.actions = actions,
	.document = OUT_DOCUMENT_POLICY,
	.run = run_policy,
};
