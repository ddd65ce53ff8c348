/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/model/condition.h"
#include "lib/base/cleanup.h"
#include "lib/base/counts.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/base/suggest.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define OPERATOR_CHARS "=!<>"
#define BLOCKS_MAX     (1 << 20)

enum value_type {
	VALUE_BYTES = 0,
	VALUE_NUMBER, /* int */
	VALUE_COUNT,  /* unsigned */
	VALUE_BOOL,
	VALUE_WORD,   /* an enum with names */
	VALUE_WORD_1, /* the same, with names from 1 on; 0 is unknown */
	VALUE_TEXT,   /* a char array */
	VALUE_EXISTS, /* whether the object exists */
};

struct condition_field {
	enum condition_object object;
	const char *name;
	enum value_type type;
	size_t offset;
	const char *(*word)(int value); /* NULL after the last value */
};

/* ---- the fields -------------------------------------------------------------------------- */

static const char *mode_word(int value)
{
	return value <= MHP_DAX_FAMFS ? mhp_dax_mode_name((enum mhp_dax_mode)value) : NULL;
}

static const char *dax_state_word(int value)
{
	if (value >= MHP_DAX_STATE_UNKNOWN)
		return NULL;
	return value == MHP_DAX_STATE_NONE ? "none" : mhp_dax_state_name((enum mhp_dax_state)value);
}

static const char *state_word(int value)
{
	return value < MHP_BLOCK_UNKNOWN ? mhp_block_state_name((enum mhp_block_state)value) : NULL;
}

static const char *zone_word(int value)
{
	if (value >= MHP_ZONE_UNKNOWN)
		return NULL;
	return value == MHP_ZONE_NONE ? "none" : mhp_zone_name((enum mhp_zone)value);
}

static const char *namespace_mode_word(int value)
{
	return value <= MHP_NAMESPACE_DEVDAX
		       ? mhp_namespace_mode_name((enum mhp_namespace_mode)value)
		       : NULL;
}

static const char *run_word(int value)
{
	return value < NR_RUN_STATES ? mhp_run_state_name((enum mhp_run_state)value) : NULL;
}

/* Names the states of a CXL region, without the unknown one. */
static const char *cxl_state_word(int value)
{
	return value < MHP_CXL_STATE_ENABLED ? mhp_cxl_state_name((enum mhp_cxl_state)(value + 1))
					     : NULL;
}

/* Returns the policy as auto_online_blocks spells it. */
static const char *policy_word(int value)
{
	static const char *const words[] = { "offline", "online", "online_kernel",
					     "online_movable" };

	return value < (int)ARRAY_SIZE(words) ? words[value] : NULL;
}

/* The values of a block, which itself has only bits for some of them. */
struct block_values {
	enum mhp_block_state state;
	enum mhp_zone zone;
	int node;
};

/* A field: the object, the word in a condition, and the member that has the value. */
#define FIELD(object, word, type, member, value, words)                         \
	{                                                                       \
		object, word, value, offsetof(struct mhp_##type, member), words \
	}
#define BLOCK_FIELD(word, member, value, words)                                             \
	{                                                                                   \
		CONDITION_BLOCKS, word, value, offsetof(struct block_values, member), words \
	}
#define EXISTS(object)                                  \
	{                                               \
		object, "exists", VALUE_EXISTS, 0, NULL \
	}

static const struct condition_field fields[] = {
	FIELD(CONDITION_MEMORY, "online_bytes", memory, online_bytes, VALUE_BYTES, NULL),
	FIELD(CONDITION_MEMORY, "offline_bytes", memory, offline_bytes, VALUE_BYTES, NULL),
	FIELD(CONDITION_MEMORY, "auto_online_blocks", memory, auto_online_blocks, VALUE_TEXT,
	      policy_word),
	FIELD(CONDITION_NODE, "online_bytes", node, online_bytes, VALUE_BYTES, NULL),
	FIELD(CONDITION_NODE, "offline_bytes", node, offline_bytes, VALUE_BYTES, NULL),
	FIELD(CONDITION_NODE, "movable_bytes", node, movable_bytes, VALUE_BYTES, NULL),
	FIELD(CONDITION_NODE, "kernel_bytes", node, kernel_bytes, VALUE_BYTES, NULL),
	FIELD(CONDITION_NODE, "cpus", node, nr_cpus, VALUE_COUNT, NULL),
	EXISTS(CONDITION_NODE),
	BLOCK_FIELD("state", state, VALUE_WORD, state_word),
	BLOCK_FIELD("zone", zone, VALUE_WORD, zone_word),
	BLOCK_FIELD("node", node, VALUE_NUMBER, NULL),
	EXISTS(CONDITION_BLOCKS),
	FIELD(CONDITION_DAX, "mode", dax, mode, VALUE_WORD, mode_word),
	FIELD(CONDITION_DAX, "state", dax, state, VALUE_WORD, dax_state_word),
	FIELD(CONDITION_DAX, "size", dax, size, VALUE_BYTES, NULL),
	FIELD(CONDITION_DAX, "target_node", dax, target_node, VALUE_NUMBER, NULL),
	FIELD(CONDITION_DAX, "blocks_total", dax, blocks_total, VALUE_BYTES, NULL),
	FIELD(CONDITION_DAX, "blocks_online", dax, blocks_online, VALUE_BYTES, NULL),
	EXISTS(CONDITION_DAX),
	FIELD(CONDITION_NAMESPACE, "mode", namespace, mode, VALUE_WORD, namespace_mode_word),
	FIELD(CONDITION_NAMESPACE, "size", namespace, size, VALUE_BYTES, NULL),
	FIELD(CONDITION_NAMESPACE, "enabled", namespace, is_enabled, VALUE_BOOL, NULL),
	EXISTS(CONDITION_NAMESPACE),
	FIELD(CONDITION_REGION, "size", region, size, VALUE_BYTES, NULL),
	FIELD(CONDITION_REGION, "available_bytes", region, available_bytes, VALUE_BYTES, NULL),
	FIELD(CONDITION_REGION, "enabled", region, is_enabled, VALUE_BOOL, NULL),
	EXISTS(CONDITION_REGION),
	FIELD(CONDITION_CXL_MEMDEV, "enabled", cxl_memdev, is_enabled, VALUE_BOOL, NULL),
	FIELD(CONDITION_CXL_MEMDEV, "ram_bytes", cxl_memdev, ram_bytes, VALUE_BYTES, NULL),
	FIELD(CONDITION_CXL_MEMDEV, "ram_used_bytes", cxl_memdev, ram_used_bytes, VALUE_BYTES,
	      NULL),
	EXISTS(CONDITION_CXL_MEMDEV),
	FIELD(CONDITION_CXL_REGION, "state", cxl_region, state, VALUE_WORD_1, cxl_state_word),
	FIELD(CONDITION_CXL_REGION, "size", cxl_region, size, VALUE_BYTES, NULL),
	FIELD(CONDITION_CXL_REGION, "online_bytes", cxl_region, online_bytes, VALUE_BYTES, NULL),
	EXISTS(CONDITION_CXL_REGION),
	FIELD(CONDITION_POLICY, "run", run_record, run, VALUE_BYTES, NULL),
	FIELD(CONDITION_POLICY, "state", run_record, state, VALUE_WORD, run_word),
	FIELD(CONDITION_POLICY, "exit_code", run_record, exit_code, VALUE_NUMBER, NULL),
	EXISTS(CONDITION_POLICY),
};

/* ---- parsing ----------------------------------------------------------------------------- */

/* A condition that is being parsed. */
struct reading {
	const char *text;
	const char *at; /* the current position, which messages name */
	struct mhp_error *err;
};

__attribute__((format(printf, 2, 3))) static int reject(const struct reading *r, const char *fmt,
							...)
{
	char shown[96], what[160];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	text_escape(r->text, shown, sizeof(shown));
	err_set(r->err, -EINVAL, MHP_REASON_USAGE, "condition \"%s\": %s at character %zu", shown,
		what, (size_t)(r->at - r->text) + 1);
	return err_hint(r->err, -EINVAL,
			"a condition is OBJECT.FIELD OPERATOR VALUE, such as "
			"node2.online_bytes>=8G or dax0.0.mode==system_ram; see "
			"mhpctl-monitor(1)");
}

static int read_operator(struct reading *r, struct condition *c)
{
	static const struct {
		const char *text;
		enum condition_op op;
	} ops[] = {
		{ "==", CONDITION_EQUAL },    { "!=", CONDITION_NOT_EQUAL },
		{ ">=", CONDITION_AT_LEAST }, { "<=", CONDITION_AT_MOST },
		{ ">", CONDITION_MORE },      { "<", CONDITION_LESS },
	};

	for (size_t i = 0; i < ARRAY_SIZE(ops); i++) {
		size_t len = strlen(ops[i].text);

		if (strncmp(r->at, ops[i].text, len) != 0)
			continue;
		c->op = ops[i].op;
		r->at += len;
		if (!strchr(OPERATOR_CHARS, *r->at) || !*r->at)
			return 0;
		break;
	}
	return reject(r, "the operator is missing (==, !=, >=, <=, >, <)");
}

/* Returns the object of a condition that a target names; CONDITION_NONE: it has no fields. */
static enum condition_object target_object(const struct target *target)
{
	switch (target->kind) {
	case TARGET_REGION:
		return CONDITION_REGION;
	case TARGET_NAMESPACE:
		return CONDITION_NAMESPACE;
	case TARGET_DAX:
		return CONDITION_DAX;
	case TARGET_NODE:
		return CONDITION_NODE;
	case TARGET_BLOCKS:
		return CONDITION_BLOCKS;
	case TARGET_CXL_REGION:
		return CONDITION_CXL_REGION;
	case TARGET_CXL_MEMDEV:
	case TARGET_SERIAL:
		return CONDITION_CXL_MEMDEV;
	case TARGET_ALL:
	case TARGET_ADDRESSES:
	case TARGET_UUID:
	case TARGET_DAX_REGION:
		break;
	}
	return CONDITION_NONE;
}

static int read_object(struct reading *r, size_t len, struct condition *c)
{
	struct mhp_error err = { 0 };
	char name[64];

	if (!len || len >= sizeof(name))
		return reject(r, "the object and the field are missing");
	str_format(name, "%.*s", (int)len, r->text);
	if (strcmp(name, "memory") == 0)
		c->object = CONDITION_MEMORY;
	else if (strcmp(name, "policy") == 0)
		c->object = CONDITION_POLICY;
	else if (target_parse(name, &c->target, &err) == 0)
		c->object = target_object(&c->target);
	if (c->object == CONDITION_NONE)
		return reject(r, "not an object with fields");
	if (c->object == CONDITION_BLOCKS && c->target.last - c->target.first >= BLOCKS_MAX)
		return reject(r, "too many blocks");
	return 0;
}

static int read_field(struct reading *r, size_t len, struct condition *c)
{
	struct suggest guess = { 0 };
	char shown[48], name[32];
	int rc;

	str_format(name, "%.*s", (int)len, r->at);
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (fields[i].object != c->object)
			continue;
		if (strlen(fields[i].name) == len && strcmp(name, fields[i].name) == 0) {
			c->field = &fields[i];
			return 0;
		}
		suggest_offer(&guess, name, strlen(name), fields[i].name);
	}
	rc = reject(r, "unknown field \"%s\"", text_escape(name, shown, sizeof(shown)));
	return guess.best ? err_hint(r->err, rc, "did you mean %s?", guess.best) : rc;
}

static int hint_words(const struct reading *r, const char *(*word)(int), int rc)
{
	char list[200] = "";

	for (int i = 0; word(i); i++)
		str_append(list, "%s%s", i ? ", " : "", word(i));
	return err_hint(r->err, rc, "valid values: %s", list);
}

static int read_word(struct reading *r, struct condition *c)
{
	char shown[48];

	for (int i = 0; c->field->word(i); i++)
		if (strcmp(r->at, c->field->word(i)) == 0) {
			c->number = (uint64_t)i;
			str_copy(c->word, r->at);
			return 0;
		}
	return hint_words(r, c->field->word,
			  reject(r, "unknown value \"%s\"",
				 text_escape(r->at, shown, sizeof(shown))));
}

static int read_bool(struct reading *r, struct condition *c)
{
	c->number = strcmp(r->at, "true") == 0;
	if (!c->number && strcmp(r->at, "false") != 0)
		return reject(r, "neither true nor false");
	return 0;
}

static int read_value(struct reading *r, struct condition *c)
{
	bool has_order = c->field->type <= VALUE_COUNT;

	if (!has_order && c->op > CONDITION_NOT_EQUAL)
		return reject(r, "%s compares with == and != only", c->field->name);
	if (!*r->at)
		return reject(r, "the value is missing");
	if (c->field->word)
		return read_word(r, c);
	if (c->field->type == VALUE_BOOL || c->field->type == VALUE_EXISTS)
		return read_bool(r, c);
	if (c->field->type == VALUE_BYTES && parse_size(r->at, &c->number, NULL) == 0)
		return 0;
	if (c->field->type != VALUE_BYTES && parse_u64(r->at, 10, &c->number) == 0)
		return 0;
	return reject(r, c->field->type == VALUE_BYTES ? "not a size" : "not a number");
}

/*
 * Rejects a condition without operator. If object and field are valid, a shell has most likely
 * taken the operator: "dax0.0.blocks_online>=1" without quotes writes to a file "=1".
 */
static int reject_missing_operator(struct reading *r, const char *dot, struct condition *c)
{
	struct reading quiet = { .text = r->text, .at = dot ? dot + 1 : NULL };
	bool is_whole = dot && read_object(&quiet, (size_t)(dot - r->text), c) == 0 &&
			read_field(&quiet, strlen(dot + 1), c) == 0;
	int rc;

	r->at = r->text + strlen(r->text);
	rc = reject(r, "the operator is missing (==, !=, >=, <=, >, <)");
	if (!is_whole)
		return rc;
	return err_hint(r->err, rc,
			"the shell treats > and < as redirections: quote the condition, as in "
			"'%s>=1'",
			r->text);
}

int condition_parse(const char *text, struct condition *c, struct mhp_error *err)
{
	struct reading r = { .text = text, .at = text, .err = err };
	size_t left = strcspn(text, OPERATOR_CHARS);
	const char *dot = memrchr(text, '.', left);
	int rc;

	*c = (struct condition){ 0 };
	if (!text[left])
		return reject_missing_operator(&r, dot, c);
	if (!dot)
		return reject(&r, "the field is missing (OBJECT.FIELD)");
	rc = read_object(&r, (size_t)(dot - text), c);
	if (rc < 0)
		return rc;
	r.at = dot + 1;
	rc = read_field(&r, (size_t)(text + left - r.at), c);
	if (rc < 0)
		return rc;
	r.at = text + left;
	rc = read_operator(&r, c);
	return rc < 0 ? rc : read_value(&r, c);
}

/* ---- evaluation --------------------------------------------------------------------------- */

static bool compare_values(enum condition_op op, uint64_t value, uint64_t with)
{
	switch (op) {
	case CONDITION_EQUAL:
		return value == with;
	case CONDITION_NOT_EQUAL:
		return value != with;
	case CONDITION_AT_LEAST:
		return value >= with;
	case CONDITION_AT_MOST:
		return value <= with;
	case CONDITION_MORE:
		return value > with;
	case CONDITION_LESS:
		return value < with;
	}
	return false;
}

static bool text_holds(const struct condition *c, const char *text)
{
	return *text && (strcmp(text, c->word) == 0) == (c->op == CONDITION_EQUAL);
}

/* Evaluates the condition for one object; NULL: it does not exist. */
static bool object_holds(const struct condition *c, const void *object)
{
	const char *at;
	int number;

	if (c->field->type == VALUE_EXISTS)
		return compare_values(c->op, object != NULL, c->number);
	if (!object)
		return false;
	at = (const char *)object + c->field->offset;
	switch (c->field->type) {
	case VALUE_TEXT:
		return text_holds(c, at);
	case VALUE_BOOL:
		return compare_values(c->op, *(const bool *)at, c->number);
	case VALUE_BYTES:
		return *(const uint64_t *)at != MHP_UNKNOWN &&
		       compare_values(c->op, *(const uint64_t *)at, c->number);
	case VALUE_COUNT:
		return compare_values(c->op, *(const unsigned *)at, c->number);
	default: /* an int, or an enum of its size */
		memcpy(&number, at, sizeof(number));
		number -= c->field->type == VALUE_WORD_1;
		return number >= 0 && compare_values(c->op, (uint64_t)number, c->number);
	}
}

static bool block_holds(const struct condition *c, const struct mhp_block *block)
{
	struct block_values values;

	if (!block)
		return object_holds(c, NULL);
	values = (struct block_values){ block->state, block->zone, block->node };
	return object_holds(c, &values);
}

static bool blocks_hold(const struct condition *c, const struct mhp_topology *topo)
{
	for (uint64_t id = c->target.first;; id++) {
		if (!block_holds(c, topology_find_block(topo, id)))
			return false;
		if (id == c->target.last)
			return true;
	}
}

static const struct mhp_cxl_memdev *find_memdev(const struct mhp_topology *topo,
						const struct target *target)
{
	if (target->kind != TARGET_SERIAL)
		return topology_find_cxl_memdev(topo, target->name);
	for (size_t i = 0; i < topo->nr_cxl_memdevs; i++)
		if (topo->cxl_memdevs[i].serial == target->first)
			return &topo->cxl_memdevs[i];
	return NULL;
}

bool condition_holds(const struct condition *c, const struct mhp_topology *topo,
		     const struct run_records *runs)
{
	switch (c->object) {
	case CONDITION_POLICY:
		return object_holds(c, run_records_last(runs));
	case CONDITION_MEMORY:
		return object_holds(c, &topo->memory);
	case CONDITION_NODE:
		return object_holds(c, c->target.first > INT_MAX
					       ? NULL
					       : topology_find_node(topo, (int)c->target.first));
	case CONDITION_REGION:
		return object_holds(c, topology_find_region(topo, c->target.name));
	case CONDITION_NAMESPACE:
		return object_holds(c, topology_find_namespace(topo, c->target.name));
	case CONDITION_DAX:
		return object_holds(c, topology_find_dax(topo, c->target.name));
	case CONDITION_BLOCKS:
		return blocks_hold(c, topo);
	case CONDITION_CXL_MEMDEV:
		return object_holds(c, find_memdev(topo, &c->target));
	case CONDITION_CXL_REGION:
		return object_holds(c, topology_find_cxl_region(topo, c->target.name));
	case CONDITION_NONE:
		break;
	}
	return false;
}
