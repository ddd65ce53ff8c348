/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/retries.h"
#include "lib/base/error.h"
#include "lib/base/hash.h"
#include "lib/plan/plan.h"
#include "lib/plan/policy/policy.h"

#include <errno.h>
#include <string.h>

void retries_begin(struct retries *retries, struct mhp_ctx *ctx,
		   const struct mhp_run_options *options)
{
	*retries = (struct retries){ .ctx = ctx, .skip_failed = options->skip_failed };
	if (!ctx->is_copy)
		retries->rc = failed_sections_read(&ctx->sys, &retries->before);
}

static uint64_t hash_section(uint64_t hash, const struct mhp_policy_section *section)
{
	const struct mhp_policy_setting *setting;

	hash = hash_text(hash, section->name);
	for (size_t i = 0; (setting = mhp_policy_section_setting(section, i)); i++) {
		hash = hash_text(hash, setting->key);
		hash = hash_text(hash, setting->value);
	}
	return hash;
}

/* Hashes the options that decide whether a section succeeds. */
static uint64_t hash_options(uint64_t hash, const struct mhp_run_options *options)
{
	hash = hash_number(hash, options->timeout_ms);
	hash = hash_number(hash, options->roll_back);
	hash = hash_number(hash, options->keep_going);
	return hash_number(hash, options->force_users);
}

void retries_take(struct retries *retries, const struct mhp_policy *policy,
		  const struct mhp_topology *topo, unsigned agreed,
		  const struct mhp_run_options *options)
{
	uint64_t hash = hash_number(devices_fingerprint(topo), agreed);

	for (size_t i = 0; i < policy->nr_sections; i++)
		hash = hash_section(hash, &policy->sections[i].pub);
	retries->fingerprint = hash_options(hash, options);
}

static void put(struct retries *retries, const struct failed_section *section)
{
	int rc = failed_sections_put(&retries->now, section);

	if (rc < 0)
		retries->rc = rc;
}

bool retries_hold(struct retries *retries, const char *section, struct mhp_error *err)
{
	const struct failed_section *failed = failed_sections_find(&retries->before, section);

	if (!retries->skip_failed || !failed || failed->fingerprint != retries->fingerprint)
		return false;
	put(retries, failed);
	err_set(err, -EIO, failed->error.reason,
		"section %s: not tried again, as no device and no part of the policy has changed "
		"since it failed: %.360s",
		section, failed->error.message);
	err_hint(err, -EIO, "mhpctl apply tries it again");
	return true;
}

void retries_keep(struct retries *retries, const char *section)
{
	const struct failed_section *failed = failed_sections_find(&retries->before, section);

	if (failed && !failed_sections_find(&retries->now, section))
		put(retries, failed);
}

void retries_add(struct retries *retries, const char *section, const struct mhp_error *why)
{
	struct failed_section failed = { .fingerprint = retries->fingerprint, .error = *why };

	str_copy(failed.section, section);
	put(retries, &failed);
}

bool retries_makes_device(enum mhp_step_type type)
{
	switch (type) {
	case MHP_STEP_LOAD_MODULE: /* is never undone */
	case MHP_STEP_SET_MODE:	   /* of a device that stays */
	case MHP_STEP_ONLINE_BLOCK:
	case MHP_STEP_OFFLINE_BLOCK:
		return false;
	default:
		return true;
	}
}

int retries_end(struct retries *retries)
{
	int rc;

	if (retries->ctx->is_copy || (!retries->before.nr && !retries->now.nr && !retries->rc))
		return 0;
	rc = failed_sections_write(&retries->ctx->sys, &retries->now);
	return rc < 0 ? rc : retries->rc;
}

void retries_free(struct retries *retries)
{
	failed_sections_free(&retries->before);
	failed_sections_free(&retries->now);
}
