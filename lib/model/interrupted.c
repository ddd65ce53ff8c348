/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/model/interrupted.h"
#include "lib/base/counts.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/base/vec.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- reading ----------------------------------------------------------------------------- */

static struct interrupted_run *find_run(const struct interrupted_runs *runs,
					const struct intent_found *found)
{
	for (size_t i = 0; i < runs->nr && *found->name; i++)
		for (enum intent_place place = 0; place < INTENT_PLACES; place++)
			if (runs->at[i].files[place] && !runs->at[i].files[found->place] &&
			    strcmp(runs->at[i].files[place]->name, found->name) == 0)
				return &runs->at[i];
	return NULL;
}

/* Adds a file to its run. Both files know the same of the run itself. */
static int add_file(struct interrupted_runs *runs, const struct intent_found *found,
		    const char *boot)
{
	struct interrupted_run *run = find_run(runs, found);
	const char *was = found->intent.boot;

	if (!run)
		run = VEC_PUSH(runs->at, runs->nr);
	if (!run)
		return -ENOMEM;
	run->files[found->place] = found;
	if (*found->why)
		return 0;
	run->intent = &found->intent;
	run->is_rebooted = strcmp(was, boot) != 0 && strcmp(was, "unknown") != 0 &&
			   strcmp(boot, "unknown") != 0;
	return 0;
}

int interrupted_read(struct mhp_ctx *ctx, struct interrupted_runs *runs)
{
	char boot[INTENT_BOOT_MAX];
	int rc;

	*runs = (struct interrupted_runs){ 0 };
	intentdir_boot(ctx, boot);
	rc = intentdir_read(ctx, &runs->intents);
	for (size_t i = 0; i < runs->intents.nr && rc == 0; i++)
		rc = add_file(runs, &runs->intents.at[i], boot);
	return rc;
}

void interrupted_free(struct interrupted_runs *runs)
{
	intents_free(&runs->intents);
	free(runs->at);
	*runs = (struct interrupted_runs){ 0 };
}

const struct intent_found *interrupted_file(const struct interrupted_run *run)
{
	return run->files[INTENT_LASTING] ? run->files[INTENT_LASTING] : run->files[INTENT_RUN];
}

bool interrupted_is_hidden(const struct interrupted_run *run)
{
	return interrupted_file(run)->rc == -EACCES;
}

/* Returns the last step that was begun and has not ended, or NULL. */
static const struct intent_step *open_step(const struct interrupted_run *run)
{
	const struct intent_step *last = NULL;

	for (enum intent_place place = 0; place < INTENT_PLACES; place++) {
		const struct intent_found *file = run->files[place];

		for (size_t i = 0; file && i < file->intent.nr_steps; i++) {
			const struct intent_step *step = &file->intent.steps[i];

			if (!step->is_done && (!last || step->number > last->number))
				last = step;
		}
	}
	return last;
}

/* ---- text -------------------------------------------------------------------------------- */

void interrupted_targets(const struct intent *intent, char *text, size_t size)
{
	size_t len = 0;

	*text = '\0';
	for (size_t i = 0; i < intent->nr_targets; i++) {
		char shown[96];

		text_escape(intent->targets[i], shown, sizeof(shown));
		if (len + strlen(shown) + 2 > size)
			return;
		len += (size_t)snprintf(text + len, size - len, "%s%s", len ? " " : "", shown);
	}
}

bool interrupted_step_is(const struct intent_step *step, enum mhp_step_type type)
{
	return strcmp(step->kind, mhp_step_type_name(type)) == 0;
}

/* Says what happened to the object while the step ran. */
static const char *step_text(const struct intent_step *step)
{
	static const char *const texts[NR_STEP_TYPES] = {
		[MHP_STEP_LOAD_MODULE] = "was being loaded",
		[MHP_STEP_ENABLE_REGION] = "was being enabled",
		[MHP_STEP_INIT_LABELS] = "was getting labels",
		[MHP_STEP_CREATE_NAMESPACE] = "was being created",
		[MHP_STEP_ENABLE_NAMESPACE] = "was being enabled",
		[MHP_STEP_SET_MODE] = "was being bound to another driver",
		[MHP_STEP_ONLINE_BLOCK] = "was being brought online",
		[MHP_STEP_OFFLINE_BLOCK] = "was being taken offline",
		[MHP_STEP_DESTROY_NAMESPACE] = "was being destroyed",
		[MHP_STEP_CREATE_DEVICE] = "was getting another device",
		[MHP_STEP_RESIZE_DEVICE] = "was being resized",
		[MHP_STEP_DESTROY_DEVICE] = "was being destroyed",
		[MHP_STEP_ENABLE_MEMDEV] = "was being enabled",
		[MHP_STEP_CREATE_CXL_REGION] = "was getting another region",
		[MHP_STEP_ADD_MEMDEV] = "was being added to a region",
		[MHP_STEP_COMMIT_CXL_REGION] = "was being committed",
		[MHP_STEP_ENABLE_CXL_REGION] = "was being enabled",
		[MHP_STEP_DESTROY_CXL_REGION] = "was being destroyed",
	};

	for (unsigned type = 0; type < NR_STEP_TYPES; type++)
		if (interrupted_step_is(step, type))
			return texts[type];
	return "was being changed in a way that this version does not know";
}

static void describe_step(const struct intent_step *step, char *text, size_t size)
{
	bool is_namespace = *step->uuid && strstr(step->kind, "namespace");

	snprintf(text, size, "%s%s %s", is_namespace ? "namespace " : "",
		 is_namespace ? step->uuid : step->object, step_text(step));
}

static void format_time(uint64_t time_us, char *text, size_t size)
{
	time_t seconds = (time_t)(time_us / 1000000);
	struct tm tm;

	if (!localtime_r(&seconds, &tm) || !strftime(text, size, "%Y-%m-%d %H:%M:%S", &tm))
		str_copy_to(text, size, "at an unknown time");
}

void interrupted_describe(const struct interrupted_run *run, char *text, size_t size)
{
	const struct intent_found *file = interrupted_file(run);
	const struct intent_step *step = open_step(run);
	char targets[128], began[40], what[192] = "it was between two steps";

	if (!run->intent) {
		snprintf(text, size, "%s/%s was left by a run and cannot be read: %s",
			 intentdir_path(file->place), file->name, file->why);
		return;
	}
	interrupted_targets(run->intent, targets, sizeof(targets));
	format_time(run->intent->time_us, began, sizeof(began));
	if (step)
		describe_step(step, what, sizeof(what));
	snprintf(text, size, "a run of '%s%s%s' that began %s ended in the middle%s: %s",
		 run->intent->verb, *targets ? " " : "", targets, began,
		 run->intent->is_undoing ? " of its rollback" : "", what);
}
