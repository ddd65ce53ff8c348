/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads a policy, or the configuration of daxctl as one. */
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/export.h"
#include "lib/plan/policy/policy.h"

#include <errno.h>
#include <stdlib.h>

MHP_EXPORT int mhp_policy_load(struct mhp_ctx *ctx, const char *const *paths, size_t nr_paths,
			       struct mhp_policy **ret, struct mhp_error *err)
{
	cleanup_policy struct mhp_policy *policy = calloc(1, sizeof(*policy));
	int rc = policy ? 0 : -ENOMEM;

	for (size_t i = 0; i < nr_paths && rc == 0; i++) {
		rc = policy_files_add(ctx, &policy->files, paths[i], err);
		if (rc < 0)
			return rc;
	}
	if (rc == 0 && !nr_paths)
		rc = policy_files_installed(ctx, &policy->files);
	if (rc == 0)
		rc = policy_build(policy);
	if (rc < 0)
		return err_errno(err, rc, "policy");
	*ret = TAKE_PTR(policy);
	return 0;
}

MHP_EXPORT int mhp_policy_import(struct mhp_ctx *ctx, const char *path, struct mhp_policy **ret,
				 struct mhp_error *err)
{
	cleanup_policy struct mhp_policy *policy = calloc(1, sizeof(*policy));
	int rc = policy ? policy_files_daxctl(ctx, &policy->files, path, err) : -ENOMEM;

	if (rc < 0)
		return policy ? rc : err_errno(err, rc, "policy");
	rc = policy_build(policy);
	if (rc < 0)
		return err_errno(err, rc, "policy");
	*ret = TAKE_PTR(policy);
	return 0;
}
