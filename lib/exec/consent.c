/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/consent.h"
#include "lib/base/error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Sets the hint "--yes=data,memory allows it" with the kinds that the plan needs. */
static int hint_consent(const struct mhp_plan *plan, struct mhp_error *err)
{
	char words[64] = "";
	unsigned kinds = 0;

	for (size_t i = 0; i < plan->nr_consents; i++)
		kinds |= plan->consents[i].kind;
	for (unsigned kind = 1; kind <= MHP_CONSENT_LABELS; kind <<= 1)
		if (kinds & kind)
			str_append(words, "%s%s", *words ? "," : "", mhp_consent_kind_name(kind));
	return err_hint(err, -EPERM, "%s--yes=%s allows it",
			kinds == MHP_CONSENT_LABELS ? "--init-labels or " : "", words);
}

/* Lists as many as fit: "destroy namespace0.0 and ...; destroy namespace1.0 ..., and 2 more". */
static void name_consents(const struct mhp_plan *plan, char *text, size_t size)
{
	size_t len = 0, i;

	for (i = 0; i < plan->nr_consents; i++) {
		const char *one = plan->consents[i].text;

		if (i && len + strlen(one) + 24 > size)
			break;
		len += (size_t)snprintf(text + len, size - len, "%s%s", i ? "; " : "", one);
		if (len >= size)
			return;
	}
	if (i < plan->nr_consents)
		snprintf(text + len, size - len, ", and %zu more", plan->nr_consents - i);
}

int consent_missing(const struct mhp_plan *plan, struct mhp_error *err)
{
	char text[sizeof(err->message) - 16];

	name_consents(plan, text, sizeof(text));
	err_set(err, -EPERM, MHP_REASON_NEEDS_CONSENT, "this would %s", text);
	return hint_consent(plan, err);
}
