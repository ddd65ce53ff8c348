/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The section [reporting]: settings of free page reporting. */
#include "lib/base/error.h"
#include "lib/base/export.h"
#include "lib/base/parse.h"
#include "lib/plan/policy/policy.h"
#include "lib/plan/policy/value.h"

#include <errno.h>
#include <string.h>

#define ORDER_MAX 63 /* the limit of the kernel is checked when it is set */

static int set_order(struct mhp_policy_reporting *reporting, const char *value,
		     struct mhp_error *err)
{
	int rc = value_number(value, ORDER_MAX, &reporting->order, err);

	reporting->has_order |= rc == 0;
	return rc;
}

static int set_delay(struct mhp_policy_reporting *reporting, const char *value,
		     struct mhp_error *err)
{
	int rc = parse_msec(value, &reporting->delay_ms, err);

	reporting->has_delay |= rc == 0;
	return rc;
}

int policy_set_reporting(struct mhp_policy_reporting *reporting, const char *key, const char *value,
			 struct mhp_error *err)
{
	char shown[VALUE_SHOWN_MAX];
	bool is_order = strcmp(key, "order") == 0;

	if (!is_order && strcmp(key, "delay") != 0)
		return err_usage(err, "the keys of [reporting] are order and delay",
				 "unknown key \"%s\"", text_escape(key, shown, sizeof(shown)));
	if (is_order ? reporting->has_order : reporting->has_delay)
		return err_usage(err, "a key appears once in a section", "\"%s\" appears twice",
				 key);
	return is_order ? set_order(reporting, value, err) : set_delay(reporting, value, err);
}

MHP_EXPORT const struct mhp_policy_reporting *mhp_policy_reporting(const struct mhp_policy *policy)
{
	return policy->reporting.file ? &policy->reporting : NULL;
}
