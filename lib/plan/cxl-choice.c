/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Chooses the window of a new CXL region, or says why there is none. */
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/base/range.h"
#include "lib/plan/cxl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *cxl_names(const struct cxl_cards *cards, char *buf, size_t size)
{
	size_t len = 0;

	for (unsigned i = 0; i < cards->nr && len < size; i++)
		len += (size_t)snprintf(buf + len, size - len, "%s%s", i ? ", " : "",
					cards->at[i]->name);
	return buf;
}

static void explain_space(const struct mhp_cxl_window *window, const struct cxl_want *want,
			  const struct cxl_fit *fit, char *text, size_t size)
{
	uint64_t needs = want->size ? want->size : CXL_PIECE * want->nr_cards;
	uint64_t has = fit->space == MHP_UNKNOWN ? window->size : fit->space;
	char a[24], b[24];

	snprintf(text, size, "%s has %s free in one piece, and the region needs %s", window->name,
		 format_size(has, a, sizeof(a)), format_size(needs, b, sizeof(b)));
}

static void explain_misfit(const struct mhp_cxl_window *window, const struct cxl_want *want,
			   const struct cxl_fit *fit, char *text, size_t size)
{
	switch (fit->misfit) {
	case CXL_NO_RAM:
		snprintf(text, size, "%s takes no volatile memory", window->name);
		break;
	case CXL_NO_BRIDGE:
		snprintf(text, size, "%s does not reach host bridge %d, which %s is behind",
			 window->name, fit->card->bridge, fit->card->name);
		break;
	case CXL_BAD_WAYS:
		snprintf(
			text, size,
			"%s interleaves over %u host bridges, so a region in it has %u, %u, %u ... "
			"ways, not %u",
			window->name, window->ways, window->ways, window->ways * 2,
			window->ways * 4, want->nr_cards);
		break;
	case CXL_UNEVEN:
		snprintf(text, size,
			 "%s needs %u of the memory devices behind each of its %u host "
			 "bridges",
			 window->name, want->nr_cards / window->ways, window->ways);
		break;
	case CXL_GRANULARITY:
		snprintf(text, size, "%s has a granularity of %" PRIu64 " bytes, not %" PRIu64,
			 window->name, window->granularity, want->granularity);
		break;
	case CXL_NO_SPACE:
		explain_space(window, want, fit, text, size);
		break;
	case CXL_TOO_LOW:
		snprintf(text, size,
			 "%s has lower addresses than cxl/%s, which is behind the same host bridge",
			 window->name, want->highest->name);
		break;
	default:
		snprintf(text, size, "%s cannot be read", window->name);
		break;
	}
}

static int hint_misfit(const struct mhp_cxl_window *window, const struct cxl_want *want,
		       const struct cxl_fit *fit, int rc, struct mhp_error *err)
{
	const uint64_t unit = CXL_PIECE * want->nr_cards;
	char size[24];

	switch (fit->misfit) {
	case CXL_BAD_WAYS:
	case CXL_UNEVEN:
		return err_hint(err, rc,
				"name memory devices with --interleave, as many behind each host "
				"bridge of the window; mhpctl list shows both");
	case CXL_GRANULARITY:
		return err_hint(err, rc, "leave out --granularity, or use --granularity %" PRIu64,
				window->granularity);
	case CXL_NO_SPACE:
		if (fit->space != MHP_UNKNOWN && fit->space >= unit)
			return err_hint(err, rc,
					"no more than --size %s is possible; mhpctl list shows the "
					"regions of the window",
					size_word(align_down(fit->space, unit), size,
						  sizeof(size)));
		return err_hint(err, rc,
				"destroy regions that are not used, which mhpctl list shows, or "
				"enable more memory for CXL in the firmware's setup");
	case CXL_TOO_LOW:
		return err_hint(err, rc,
				"a host bridge takes regions in the order of their addresses: "
				"destroy cxl/%s first, or use a window at higher addresses",
				want->highest->name);
	default:
		return err_hint(err, rc,
				"mhpctl list shows the windows, which the firmware has made");
	}
}

/* Sets the errno and the reason of a misfit. */
static int blame_misfit(enum cxl_misfit misfit, enum mhp_reason *reason)
{
	switch (misfit) {
	case CXL_NO_SPACE:
		*reason = MHP_REASON_NO_SPACE;
		return -ENOSPC;
	case CXL_TOO_LOW:
		*reason = MHP_REASON_IN_USE;
		return -EBUSY;
	case CXL_UNREAD:
		*reason = MHP_REASON_KERNEL;
		return -EIO;
	default:
		*reason = MHP_REASON_UNSUPPORTED;
		return -EOPNOTSUPP;
	}
}

static int refuse_window(const struct mhp_cxl_window *window, const struct cxl_cards *cards,
			 const struct cxl_want *want, const struct cxl_fit *fit, bool is_asked,
			 struct mhp_error *err)
{
	enum mhp_reason reason;
	int rc = blame_misfit(fit->misfit, &reason);
	char names[64], text[160];

	explain_misfit(window, want, fit, text, sizeof(text));
	err_set(err, rc, reason, "%s: %s%s", cxl_names(cards, names, sizeof(names)),
		is_asked ? "" : "no CXL window can hold the region: ", text);
	return hint_misfit(window, want, fit, rc, err);
}

static int refuse_no_window(const struct planner *p, const struct cxl_cards *cards,
			    struct mhp_error *err)
{
	const char *why = topology_why_hidden(p->topo, "cxl_windows");
	char names[64];

	cxl_names(cards, names, sizeof(names));
	if (why) {
		err_set(err, -EIO, MHP_REASON_KERNEL, "%s: the CXL windows cannot be read", names);
		return err_hint(err, -EIO, "cxl_windows: %s", why);
	}
	err_set(err, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED, "%s: this machine has no CXL window",
		names);
	return err_hint(err, -EOPNOTSUPP,
			"the firmware makes them, and the module cxl_acpi finds them; "
			"enable memory for CXL in the firmware's setup");
}

/* Takes the window that the request names. */
static int take_window(const struct planner *p, uint32_t nr_chains, const struct cxl_cards *cards,
		       const struct cxl_want *want, struct cxl_choice *choice,
		       struct mhp_error *err)
{
	const char *name = p->request->window;

	for (size_t i = 0; i < p->topo->nr_cxl_windows; i++) {
		const struct mhp_cxl_window *window = &p->topo->cxl_windows[i];

		if (strcmp(window->name, name) != 0)
			continue;
		cxl_fit(window, want, cxl_taken_in(p, nr_chains, name), &choice->fit);
		choice->window = window;
		return choice->fit.misfit
			       ? refuse_window(window, cards, want, &choice->fit, true, err)
			       : 0;
	}
	err_set(err, -ENOENT, MHP_REASON_NO_SUCH_TARGET, "%.64s: no such CXL window", name);
	return err_hint(err, -ENOENT, "mhpctl list shows the windows, such as decoder0.0");
}

/* Compares the choice with a window that fits too, and takes the better one. */
static void compare(struct cxl_choice *choice, const struct mhp_cxl_window *window,
		    const struct cxl_fit *fit)
{
	const struct mhp_cxl_window *old = choice->window;

	choice->nr_fitting++;
	choice->nr_full += fit->is_full;
	choice->has_fewest |= old && old->ways != window->ways;
	choice->has_most |= old && choice->fit.space != fit->space;
	if (old && !cxl_is_better(window, fit, old, &choice->fit))
		return;
	choice->window = window;
	choice->fit = *fit;
}

/* Reports the window that comes closest if none fits. */
int cxl_choose_window(const struct planner *p, uint32_t nr_chains, const struct cxl_cards *cards,
		      const struct cxl_want *want, struct cxl_choice *choice, struct mhp_error *err)
{
	const struct mhp_cxl_window *closest = NULL;
	struct cxl_fit fit, its = { 0 };

	if (!p->topo->nr_cxl_windows)
		return refuse_no_window(p, cards, err);
	if (p->request->window)
		return take_window(p, nr_chains, cards, want, choice, err);
	for (size_t i = 0; i < p->topo->nr_cxl_windows; i++) {
		const struct mhp_cxl_window *window = &p->topo->cxl_windows[i];

		cxl_fit(window, want, cxl_taken_in(p, nr_chains, window->name), &fit);
		if (!fit.misfit) {
			compare(choice, window, &fit);
		} else if (!closest || fit.misfit > its.misfit ||
			   (fit.misfit == its.misfit && fit.space > its.space)) {
			closest = window;
			its = fit;
		}
	}
	return choice->window ? 0 : refuse_window(closest, cards, want, &its, false, err);
}

void cxl_explain_choice(const struct planner *p, const struct cxl_choice *choice, char *text,
			size_t size)
{
	const char *name = choice->window->name;

	if (p->request->window)
		snprintf(text, size, "%s is the window asked for", name);
	else if (choice->nr_fitting == 1)
		snprintf(text, size, "%s is the only window that can hold one", name);
	else if (choice->fit.is_full && choice->nr_full == 1)
		snprintf(text, size, "of %u windows only %s has space for all", choice->nr_fitting,
			 name);
	else
		snprintf(text, size, "%s %s of %u windows", name,
			 choice->has_fewest ? "has the fewest ways"
			 : choice->has_most ? "has the most free addresses"
					    : "is the first",
			 choice->nr_fitting);
}
