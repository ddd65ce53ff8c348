/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Translates sections [reconfigure-device ...] of daxctl's configuration. */
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/plan/policy/policy.h"

#include <errno.h>
#include <string.h>

static int fail_bad_value(const char *key, const char *value, struct mhp_error *err)
{
	char shown[96];

	err_set(err, -EINVAL, MHP_REASON_USAGE,
		"%s: \"%s\" is not a valid value; the section is ignored", key,
		text_escape(value, shown, sizeof(shown)));
	return err_hint(err, -EINVAL, "daxctl-reconfigure-device(1) lists the valid values");
}

/* A value of daxctl, and the equivalent value in a policy. */
struct pair {
	const char *daxctl;
	const char *ours;
};

static int translate_setting(struct policy_section *section, struct mhp_policy_setting *setting,
			     const char *ours, const struct pair pairs[2], struct mhp_error *err)
{
	for (int i = 0; i < 2; i++) {
		if (strcmp(setting->value, pairs[i].daxctl) != 0)
			continue;
		setting->key = ours;
		setting->value = pairs[i].ours;
		return policy_set(section, ours, pairs[i].ours, err);
	}
	return fail_bad_value(setting->key, setting->value, err);
}

static int set_online(struct policy_section *section, struct mhp_policy_setting *setting,
		      struct mhp_error *err)
{
	if (strcmp(setting->value, "true") == 0) {
		setting->key = NULL;
		return 0;
	}
	if (strcmp(setting->value, "false") != 0)
		return fail_bad_value("online", setting->value, err);
	section->is_skipped = true;
	err_set(err, -EINVAL, MHP_REASON_USAGE,
		"online = false: mhpctl leaves no memory offline; the section is ignored");
	return err_hint(err, -EINVAL, "mode = devdax keeps the device away from the kernel");
}

int policy_set_daxctl(struct policy_section *section, struct mhp_policy_setting *setting,
		      struct mhp_error *err)
{
	static const struct pair modes[] = { { "system-ram", "system_ram" },
					     { "devdax", "devdax" } };
	static const struct pair zones[] = { { "true", "movable" }, { "false", "kernel" } };
	char shown[96];

	if (strcmp(setting->key, "nvdimm.uuid") == 0) {
		setting->key = "match.namespace";
		return policy_set(section, setting->key, setting->value, err);
	}
	if (strcmp(setting->key, "mode") == 0)
		return translate_setting(section, setting, "mode", modes, err);
	if (strcmp(setting->key, "movable") == 0)
		return translate_setting(section, setting, "zone", zones, err);
	if (strcmp(setting->key, "online") == 0)
		return set_online(section, setting, err);
	err_set(err, -EINVAL, MHP_REASON_USAGE, "unknown key \"%s\"; the section is ignored",
		text_escape(setting->key, shown, sizeof(shown)));
	return err_hint(err, -EINVAL,
			"daxctl knows nvdimm.uuid, mode, online and movable in this section");
}
