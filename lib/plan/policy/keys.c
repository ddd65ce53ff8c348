/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The keys of a section and their values. */
#include "lib/base/cleanup.h"
#include "lib/base/command.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/base/range.h"
#include "lib/base/suggest.h"
#include "lib/plan/policy/value.h"
#include "lib/plan/policy/policy.h"

#include <errno.h>
#include <string.h>

#define WORD_MAX 256

static const struct value_word mode_words[] = {
	{ "system_ram", MHP_DAX_SYSTEM_RAM },
	{ "devdax", MHP_DAX_DEVDAX },
	{ NULL, 0 },
};

static const struct value_word zone_words[] = {
	{ "movable", MHP_ZONE_REQUEST_MOVABLE },
	{ "kernel", MHP_ZONE_REQUEST_KERNEL },
	{ "auto", MHP_ZONE_REQUEST_AUTO },
	{ NULL, 0 },
};

static const struct value_word map_words[] = {
	{ "mem", MHP_MEMMAP_MEM },
	{ "dev", MHP_MEMMAP_DEV },
	{ NULL, 0 },
};

static const struct value_word failure_words[] = {
	{ "continue", MHP_ON_FAILURE_CONTINUE },
	{ "stop", MHP_ON_FAILURE_STOP },
	{ "rollback", MHP_ON_FAILURE_ROLLBACK },
	{ NULL, 0 },
};

static const struct value_word yes_words[] = {
	{ "yes", true },
	{ "no", false },
	{ NULL, 0 },
};

static const struct value_word consent_words[] = {
	{ "data", MHP_CONSENT_DATA },
	{ "memory", MHP_CONSENT_MEMORY },
	{ "labels", MHP_CONSENT_LABELS },
	{ "yes", MHP_CONSENT_ALL },
	{ "no", 0 },
	{ NULL, 0 },
};

/* ---- settings ---------------------------------------------------------------------------- */

/* Sets one value of a section. 0, or -EINVAL with the mistake. */
typedef int (*set_fn)(struct policy_section *section, const char *value, struct mhp_error *err);

static int set_mode(struct policy_section *section, const char *value, struct mhp_error *err)
{
	int mode = 0, rc = value_word(mode_words, value, &mode, err);

	if (rc == 0)
		section->pub.mode = (enum mhp_dax_mode)mode;
	return rc;
}

static int set_zone(struct policy_section *section, const char *value, struct mhp_error *err)
{
	int zone = 0, rc = value_word(zone_words, value, &zone, err);

	if (rc == 0)
		section->pub.zone = (enum mhp_zone_request)zone;
	return rc;
}

static int set_map(struct policy_section *section, const char *value, struct mhp_error *err)
{
	int map = 0, rc = value_word(map_words, value, &map, err);

	if (rc == 0)
		section->pub.map = (enum mhp_memmap_location)map;
	return rc;
}

static int set_on_failure(struct policy_section *section, const char *value, struct mhp_error *err)
{
	int choice = 0, rc = value_word(failure_words, value, &choice, err);

	if (rc == 0)
		section->pub.on_failure = (enum mhp_on_failure)choice;
	return rc;
}

static int set_init_labels(struct policy_section *section, const char *value, struct mhp_error *err)
{
	int yes = 0, rc = value_word(yes_words, value, &yes, err);

	if (rc == 0)
		section->pub.init_labels = yes;
	return rc;
}

static int set_interleave(struct policy_section *section, const char *value, struct mhp_error *err)
{
	int yes = 0, rc = value_word(yes_words, value, &yes, err);

	if (rc == 0)
		section->pub.interleave = yes;
	return rc;
}

static int set_granularity(struct policy_section *section, const char *value, struct mhp_error *err)
{
	return value_granularity(value, &section->pub.granularity, err);
}

static int set_window(struct policy_section *section, const char *value, struct mhp_error *err)
{
	return value_window(value, section->pub.window, sizeof(section->pub.window), err);
}

static int set_consent(struct policy_section *section, const char *value, struct mhp_error *err)
{
	char word[WORD_MAX];
	int kind = 0, rc;

	section->pub.agreed = 0;
	while (value_next_word(&value, word, sizeof(word))) {
		rc = value_word(consent_words, word, &kind, err);
		if (rc < 0)
			return rc;
		section->pub.agreed |= (unsigned)kind;
	}
	return 0;
}

static int set_size(struct policy_section *section, const char *value, struct mhp_error *err)
{
	return value_size(value, &section->pub.size, err);
}

static int set_first(struct policy_section *section, const char *value, struct mhp_error *err)
{
	return value_size(value, &section->pub.first, err);
}

static int set_align(struct policy_section *section, const char *value, struct mhp_error *err)
{
	char shown[VALUE_SHOWN_MAX];
	uint64_t align;
	int rc = value_size(value, &align, err);

	if (rc < 0)
		return rc;
	if (align && !is_power_of_two(align)) /* the planner checks what the kernel offers */
		return err_usage(err, "use a power of two, such as 2M",
				 "\"%s\" is not a power of two",
				 text_escape(value, shown, sizeof(shown)));
	section->pub.align = align;
	return 0;
}

static int set_name(struct policy_section *section, const char *value, struct mhp_error *err)
{
	int rc = plan_check_label(value, err);

	if (rc == 0)
		str_copy(section->pub.label, value);
	return rc;
}

static int set_order(struct policy_section *section, const char *value, struct mhp_error *err)
{
	uint64_t order;
	int rc = value_number(value, MHP_POLICY_ORDER_MAX, &order, err);

	if (rc == 0)
		section->pub.order = (unsigned)order;
	return rc;
}

/* Parses "3:1"; "3" is short for it. */
static int set_ratio_limit(struct policy_section *section, const char *value, struct mhp_error *err)
{
	static const char hint[] = "a ratio is MOVABLE:KERNEL, such as 3:1, or just 3";
	size_t len = strcspn(value, ":");
	uint64_t movable = 0, kernel = 1;
	char shown[VALUE_SHOWN_MAX];

	if (parse_u64_n(value, len, 10, &movable) < 0 ||
	    (value[len] && parse_u64(value + len + 1, 10, &kernel) < 0) || !movable || !kernel ||
	    movable > UINT16_MAX || kernel > UINT16_MAX)
		return err_usage(err, hint, "\"%s\" is not a ratio",
				 text_escape(value, shown, sizeof(shown)));
	section->pub.ratio_movable = (unsigned)movable;
	section->pub.ratio_kernel = (unsigned)kernel;
	return 0;
}

/* ---- hooks ------------------------------------------------------------------------------- */

static int set_hook(const char **to, const char *value, struct mhp_error *err)
{
	struct command command;
	int rc = command_parse(value, &command, err);

	if (rc == 0)
		*to = value;
	return rc;
}

static int set_hook_before(struct policy_section *section, const char *value, struct mhp_error *err)
{
	return set_hook(&section->pub.hook_before, value, err);
}

static int set_hook_after(struct policy_section *section, const char *value, struct mhp_error *err)
{
	return set_hook(&section->pub.hook_after, value, err);
}

static int set_hook_timeout(struct policy_section *section, const char *value,
			    struct mhp_error *err)
{
	uint64_t msec = 0;
	int rc = parse_msec(value, &msec, err);

	if (rc < 0)
		return rc;
	if (!msec)
		return err_usage(err, "a time is a number and a unit, such as 500ms, 2s or 1.5min",
				 "a hook always has a limit");
	section->pub.hook_timeout_ms = msec;
	return 0;
}

/* ---- match keys -------------------------------------------------------------------------- */

/* Sets a list of one or more words, each of which has to pass the check. */
static int set_words(const char **to, const char *value, word_fn check, struct mhp_error *err)
{
	const char *at = value;
	char word[WORD_MAX];
	int rc = 0, nr = 0;

	for (; rc == 0 && value_next_word(&at, word, sizeof(word)); nr++)
		rc = check(word, err);
	if (rc == 0 && !nr)
		return err_usage(err, "leave the line out to match any value",
				 "the value is missing");
	if (rc == 0)
		*to = value;
	return rc;
}

#define MATCH(name, field, check)                                                  \
	static int match_##name(struct policy_section *section, const char *value, \
				struct mhp_error *err)                             \
	{                                                                          \
		return set_words(&section->match.field, value, check, err);        \
	}

MATCH(namespace, namespaces, value_is_uuid)
MATCH(region, regions, value_is_region)
MATCH(serial, serials, value_is_serial)
MATCH(path, paths, value_is_path)
MATCH(device, devices, value_is_device)
MATCH(node, nodes, value_is_node)
MATCH(origin, origins, value_is_origin)
MATCH(size, sizes, value_is_size)

/* ---- the table --------------------------------------------------------------------------- */

static const struct {
	const char *key;
	set_fn set;
} keys[] = {
	{ "match.namespace", match_namespace },
	{ "match.region", match_region },
	{ "match.serial", match_serial },
	{ "match.path", match_path },
	{ "match.device", match_device },
	{ "match.node", match_node },
	{ "match.origin", match_origin },
	{ "match.size", match_size },
	{ "mode", set_mode },
	{ "zone", set_zone },
	{ "size", set_size },
	{ "align", set_align },
	{ "map", set_map },
	{ "name", set_name },
	{ "interleave", set_interleave },
	{ "granularity", set_granularity },
	{ "window", set_window },
	{ "init_labels", set_init_labels },
	{ "consent", set_consent },
	{ "first", set_first },
	{ "on_failure", set_on_failure },
	{ "ratio_limit", set_ratio_limit },
	{ "order", set_order },
	{ "hook.before", set_hook_before },
	{ "hook.after", set_hook_after },
	{ "hook.timeout", set_hook_timeout },
};

/* Returns the rest of a key after its group, such as "region" of match.region. */
static const char *short_key(const char *key)
{
	const char *dot = strchr(key, '.');

	return dot ? dot + 1 : key;
}

static int unknown_key(const char *key, struct mhp_error *err)
{
	struct suggest guess = { 0 };
	char shown[VALUE_SHOWN_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		suggest_offer(&guess, key, strlen(key), keys[i].key);
		if (short_key(keys[i].key) != keys[i].key)
			suggest_offer(&guess, key, strlen(key), short_key(keys[i].key));
	}
	err_usage(err, "mhpctl-policy(5) lists the keys", "unknown key \"%s\"",
		  text_escape(key, shown, sizeof(shown)));
	if (!guess.best)
		return -EINVAL;
	/* guess.best may be the rest of a key */
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (guess.best == short_key(keys[i].key))
			return err_hint(err, -EINVAL, "did you mean %s?", keys[i].key);
	return err_hint(err, -EINVAL, "did you mean %s?", guess.best);
}

int policy_set(struct policy_section *section, const char *key, const char *value,
	       struct mhp_error *err)
{
	struct mhp_error why = { 0 };
	int rc;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (strcmp(keys[i].key, key) != 0)
			continue;
		rc = keys[i].set(section, value, &why);
		if (rc == 0)
			return 0;
		return err_usage(err, why.hint, "%s: %s", key, why.message);
	}
	return unknown_key(key, err);
}

const char *policy_value(const struct policy_section *section, const char *key)
{
	for (size_t i = 0; i < section->pub.nr_settings; i++)
		if (strcmp(section->settings[i].key, key) == 0)
			return section->settings[i].value;
	return NULL;
}

/* ---- all keys of a section --------------------------------------------------------------- */

static const char *first_key_present(const struct policy_section *section, const char *const *names)
{
	for (; *names; names++)
		if (policy_value(section, *names))
			return *names;
	return NULL;
}

static bool has_match(const struct policy_match *m)
{
	return m->namespaces || m->regions || m->serials || m->paths || m->devices || m->nodes ||
	       m->origins || m->sizes;
}

/* Checks that something that the section can match has the properties that it declares. */
static int check_properties(const struct policy_section *section, struct mhp_error *err)
{
	static const char *const of_namespaces[] = { "align", "map", "name", "init_labels", NULL };
	static const char *const of_sized[] = { "size", NULL };
	static const char *const of_cards[] = { "interleave", "granularity", "window", NULL };
	const struct policy_match *m = &section->match;
	const char *name = section->pub.name, *key;
	bool names_place = m->namespaces || m->regions;

	key = first_key_present(section, of_namespaces);
	if (key && !names_place)
		return err_usage(
			err, "add match.region or match.namespace, or leave it out",
			"section [memory %s]: %s applies to a namespace, and no region is named",
			name, key);
	key = first_key_present(section, of_sized);
	if (key && !names_place && !policy_can_match_memdevs(section))
		return err_usage(err,
				 "add match.region or match.namespace; or match only by "
				 "match.serial, match.size, match.path and match.origin",
				 "section [memory %s]: %s applies to a namespace or CXL region, "
				 "and it can match none",
				 name, key);
	key = first_key_present(section, of_cards);
	if (key && !policy_can_match_memdevs(section))
		return err_usage(err,
				 "match only by match.serial, match.size, match.path and "
				 "match.origin, or leave it out",
				 "section [memory %s]: %s applies to CXL memory devices, and it "
				 "can match none",
				 name, key);
	return 0;
}

int policy_check_section(const struct policy_section *section, struct mhp_error *err)
{
	static const char *const of_memory[] = { "zone", "first", "ratio_limit", NULL };
	const struct policy_match *m = &section->match;
	const char *name = section->pub.name, *key;

	if (section->pub.is_daxctl)
		return m->namespaces ? 0
				     : err_usage(err, "daxctl identifies devices by it only",
						 "section %s has no nvdimm.uuid", name);
	if (!has_match(m))
		return err_usage(
			err,
			"add a match line, such as match.region = region0; match.device = * "
			"matches every dax device",
			"section [memory %s] matches nothing", name);
	key = first_key_present(section, of_memory);
	if (key && section->pub.mode == MHP_DAX_DEVDAX)
		return err_usage(err, "leave it out, or set mode = system_ram",
				 "section [memory %s]: %s has no meaning for mode = devdax", name,
				 key);
	if (section->pub.hook_timeout_ms && !section->pub.hook_before && !section->pub.hook_after)
		return err_usage(err, "add hook.before or hook.after, or leave it out",
				 "section [memory %s]: hook.timeout without a hook", name);
	return check_properties(section, err);
}
