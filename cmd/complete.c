/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/complete.h"
#include "cmd/cleanup.h"
#include "cmd/cmd.h"
#include "cmd/interrupt.h"
#include "cmd/out/rows.h"
#include "cmd/runs.h"
#include "cmd/settings.h"
#include "lib/base/parse.h"
#include "lib/tool.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#define COMPLETE_SECONDS 3 /* a user who pressed Tab waits no longer */

struct complete {
	FILE *f;
	char *const *words;
	int nr_words; /* without the last */
	const char *last;
	const struct cmd *cmd;
	bool is_lost; /* the command is unknown */
	struct opt_sets sets;
	const char *sysroot;
	const struct opt *pending; /* the next word is its value */
	bool options_ended;
	bool *no_memory;    /* out of memory: candidates may be missing */
	size_t nr_operands; /* before the last word */
};

/* ---- the words before the last ----------------------------------------------------------- */

static void note_value(struct complete *c, const struct opt *opt, const char *value)
{
	if (strcmp(opt->long_name, "sysroot") == 0)
		c->sysroot = value;
}

static void read_long(struct complete *c, const char *name)
{
	size_t len = strcspn(name, "=");
	const struct opt *opt = opt_find_long(&c->sets, name, len);

	if (!opt || !opt_takes_value(opt))
		return;
	if (name[len])
		note_value(c, opt, name + len + 1);
	else if (!opt->is_optional)
		c->pending = opt;
}

static void read_short(struct complete *c, const char *names)
{
	for (; *names; names++) {
		const struct opt *opt = opt_find_short(&c->sets, *names);

		if (!opt || !opt_takes_value(opt))
			continue;
		if (!names[1] && !opt->is_optional)
			c->pending = opt;
		return;
	}
}

static void read_operand(struct complete *c, const char *word)
{
	if (c->cmd || c->is_lost) {
		c->nr_operands++;
		return;
	}
	c->cmd = cmd_find(word);
	c->is_lost = !c->cmd;
	c->sets = settings_sets(c->cmd, NULL);
}

static void read_word(struct complete *c, const char *word)
{
	if (c->pending) {
		note_value(c, c->pending, word);
		c->pending = NULL;
	} else if (!c->options_ended && strcmp(word, "--") == 0) {
		c->options_ended = true;
	} else if (!c->options_ended && strncmp(word, "--", 2) == 0) {
		read_long(c, word + 2);
	} else if (!c->options_ended && word[0] == '-' && word[1]) {
		read_short(c, word + 1);
	} else {
		read_operand(c, word);
	}
}

/* ---- candidates -------------------------------------------------------------------------- */

/* Prints a candidate. before: the part of the last word that precedes it, such as "--zone=" */
static void offer_candidate(const struct complete *c, const char *before, const char *candidate,
			    const char *help)
{
	size_t len = strlen(before);

	if (strncmp(c->last, before, len) != 0 ||
	    strncmp(candidate, c->last + len, strlen(c->last + len)) != 0)
		return;
	fprintf(c->f, "%s%s\t%s\n", before, candidate, help ? help : "");
}

static bool is_given(const struct complete *c, const char *target)
{
	for (int i = 0; i < c->nr_words; i++)
		if (strcmp(c->words[i], target) == 0)
			return true;
	return false;
}

__attribute__((format(printf, 3, 4))) static void offer_target(const struct complete *c,
							       const char *target, const char *fmt,
							       ...)
{
	char help[128];
	va_list ap;

	if (is_given(c, target) || strpbrk(target, "\t\n"))
		return;
	va_start(ap, fmt);
	vsnprintf(help, sizeof(help), fmt, ap);
	va_end(ap);
	offer_candidate(c, "", target, help);
}

/* Keeps -ENOMEM in mind, the only failure: objects that cannot be read are not offered. */
static void note_result(const struct complete *c, int rc)
{
	*c->no_memory = *c->no_memory || rc == -ENOMEM;
}

static struct mhp_topology *scan_machine(const struct complete *c, unsigned flags,
					 struct mhp_ctx **ctx)
{
	struct mhp_topology *topo = NULL;
	int rc;

	interrupt_after(COMPLETE_SECONDS);
	rc = mhp_ctx_new_watched(ctx, c->sysroot, interrupt_watch, NULL);
	if (rc == 0)
		rc = mhp_topology_scan(*ctx, flags, &topo, NULL);
	interrupt_watch(NULL);
	note_result(c, rc);
	return topo;
}

/* Offers CXL memory devices and regions. */
static void offer_cxl(const struct complete *c, const struct mhp_topology *topo)
{
	const struct mhp_cxl_memdev *memdev;
	const struct mhp_cxl_region *region;
	char name[MHP_NAME_MAX + 8];

	for (size_t i = 0; (region = mhp_topology_cxl_region(topo, i)); i++) {
		const char *state = mhp_cxl_state_name(region->state);

		snprintf(name, sizeof(name), "cxl/%s", region->name);
		offer_target(c, name, "CXL region, %s", state ? state : "unknown");
	}
	for (size_t i = 0; (memdev = mhp_topology_cxl_memdev(topo, i)); i++) {
		offer_target(c, memdev->name, "CXL memory device");
		snprintf(name, sizeof(name), "0x%" PRIx64, memdev->serial);
		if (memdev->serial != MHP_UNKNOWN)
			offer_target(c, name, "serial number of %s", memdev->name);
	}
}

static void offer_devices(const struct complete *c, const struct mhp_topology *topo, unsigned wants)
{
	const struct mhp_namespace *ns;
	const struct mhp_region *region;
	const struct mhp_dax *dax;

	for (size_t i = 0; wants & CMD_OPERAND_REGION && (region = mhp_topology_region(topo, i));
	     i++)
		offer_target(c, region->name, "region, %s", region->type);
	for (size_t i = 0; wants & CMD_OPERAND_NAMESPACE && (ns = mhp_topology_namespace(topo, i));
	     i++)
		offer_target(c, ns->name, "namespace, %s", mhp_namespace_mode_name(ns->mode));
	for (size_t i = 0; wants & CMD_OPERAND_DAX && (dax = mhp_topology_dax(topo, i)); i++)
		offer_target(c, dax->name, "dax device, %s", mhp_dax_mode_name(dax->mode));
	if (wants & CMD_OPERAND_CXL)
		offer_cxl(c, topo);
}

static void offer_dax_regions(const struct complete *c, const struct mhp_topology *topo,
			      unsigned wants)
{
	const struct mhp_dax_region *region;
	const struct mhp_dax *dax;
	const char *origin;

	for (size_t i = 0;
	     wants & CMD_OPERAND_DAX_REGION && (region = mhp_topology_dax_region(topo, i)); i++) {
		origin = mhp_origin_name(region->origin);
		offer_target(c, region->name, "dax region, %s", origin ? origin : "unknown");
	}
	for (size_t i = 0; wants & CMD_OPERAND_DAX_PART && (dax = mhp_topology_dax(topo, i)); i++)
		if (*dax->dax_region)
			offer_target(c, dax->name, "dax device of %s", dax->dax_region);
}

static void offer_nodes(const struct complete *c, const struct mhp_topology *topo)
{
	const struct mhp_node *node;
	char name[24];

	for (size_t i = 0; (node = mhp_topology_node(topo, i)); i++) {
		snprintf(name, sizeof(name), "node%d", node->node);
		offer_target(c, name, "memory blocks of a NUMA node");
	}
}

static void offer_run(const struct complete *c, const struct run *run)
{
	const char *zone =
		run->block->zone == MHP_ZONE_UNKNOWN ? NULL : mhp_zone_name(run->block->zone);
	char name[RUN_NAME_MAX];

	format_run("memory", run->first, run->last, name, sizeof(name));
	offer_target(c, name, "memory blocks, %s%s%s", mhp_block_state_name(run->block->state),
		     zone ? ", " : "", zone ? zone : "");
}

static void offer_blocks(const struct complete *c, const struct mhp_topology *topo, unsigned wants)
{
	size_t index = 0;
	struct run run;

	while (run_next(topo, &index, false, &run)) {
		bool is_offline = run.block->state == MHP_BLOCK_OFFLINE;

		if (wants & (is_offline ? CMD_OPERAND_OFFLINE_BLOCK : CMD_OPERAND_ONLINE_BLOCK))
			offer_run(c, &run);
	}
}

static void offer_commands(const struct complete *c)
{
	for (const struct cmd *const *cmd = cmd_table; *cmd; cmd++)
		offer_candidate(c, "", (*cmd)->name, (*cmd)->summary);
}

static void offer_actions(const struct complete *c)
{
	for (const struct opt_word *action = c->cmd->actions; action->word; action++)
		offer_candidate(c, "", action->word, action->help);
}

static void offer_jobs(const struct complete *c, bool running)
{
	cleanup_ctx struct mhp_ctx *ctx = NULL;
	cleanup_jobs struct mhp_jobs *jobs = NULL;
	const struct mhp_job *job;
	char number[24];
	int rc = mhp_ctx_new(&ctx, c->sysroot, NULL);

	if (rc == 0)
		rc = mhp_jobs_read(ctx, &jobs, NULL);
	note_result(c, rc);
	for (size_t i = 0; rc == 0 && (job = mhp_jobs_get(jobs, i)); i++) {
		snprintf(number, sizeof(number), "%" PRIu64, job->id);
		if (job->is_running || !running)
			offer_target(c, number, "background job, %s",
				     job->is_running ? "running" : "ended");
	}
}

/* Leaves out zones where all blocks are wanted: they cut these into many runs, and take a file of
 * each. */
static unsigned scan_flags(unsigned wants)
{
	return (wants & CMD_OPERAND_BLOCK) == CMD_OPERAND_ONLINE_BLOCK ? MHP_SCAN_WITHOUT_ONLINERS
								       : MHP_SCAN_NAMES;
}

static void offer_operands(const struct complete *c)
{
	cleanup_ctx struct mhp_ctx *ctx = NULL;
	cleanup_topology struct mhp_topology *topo = NULL;
	unsigned wants = c->cmd->completes;

	if (c->nr_operands >= c->cmd->max_operands)
		return;
	if (wants & CMD_OPERAND_COMMAND)
		offer_commands(c);
	if (c->cmd->actions && !c->nr_operands) {
		offer_actions(c);
		return;
	}
	if (wants & CMD_OPERAND_FILE)
		fputs(":files\n", c->f);
	if (wants & (CMD_OPERAND_JOB | CMD_OPERAND_RUNNING_JOB))
		offer_jobs(c, !(wants & CMD_OPERAND_JOB));
	if (!(wants & (CMD_OPERAND_ANY | CMD_OPERAND_DAX_PART)))
		return;
	if (wants & CMD_OPERAND_ALL)
		offer_target(c, "all", "every dax device");
	topo = scan_machine(c, scan_flags(wants), &ctx);
	if (!topo)
		return;
	offer_devices(c, topo, wants);
	offer_dax_regions(c, topo, wants);
	if (wants & CMD_OPERAND_NODE)
		offer_nodes(c, topo);
	offer_blocks(c, topo, wants);
}

static void offer_node_numbers(const struct complete *c, const char *before)
{
	cleanup_ctx struct mhp_ctx *ctx = NULL;
	cleanup_topology struct mhp_topology *topo = scan_machine(c, MHP_SCAN_NAMES, &ctx);
	const struct mhp_node *node;
	char number[24];

	for (size_t i = 0; topo && (node = mhp_topology_node(topo, i)); i++) {
		snprintf(number, sizeof(number), "%d", node->node);
		offer_candidate(c, before, number, "NUMA node");
	}
}

/* Offers the alignments of all regions, each once. */
static void offer_aligns(const struct complete *c, const char *before)
{
	cleanup_ctx struct mhp_ctx *ctx = NULL;
	cleanup_topology struct mhp_topology *topo = scan_machine(c, MHP_SCAN_NAMES, &ctx);
	const struct mhp_region *region;
	uint64_t align, last = 0;
	char word[24];

	for (size_t i = 0; topo && (region = mhp_topology_region(topo, i)); i++)
		for (size_t k = 0; (align = mhp_region_align(region, k)); k++)
			if (align > last) {
				last = align;
				offer_candidate(c, before, size_word(last, word, sizeof(word)),
						"alignment");
			}
}

/* Offers the CXL windows that take volatile memory, with the largest region that each has space
 * for. */
static void offer_windows(const struct complete *c, const char *before)
{
	cleanup_ctx struct mhp_ctx *ctx = NULL;
	cleanup_topology struct mhp_topology *topo =
		scan_machine(c, MHP_SCAN_WITHOUT_ONLINERS, &ctx);
	const struct mhp_cxl_window *window;

	for (size_t i = 0; topo && (window = mhp_topology_cxl_window(topo, i)); i++) {
		char help[64] = "CXL window", space[24];

		if (window->can_ram == MHP_TRISTATE_NO)
			continue;
		if (window->max_extent_bytes != MHP_UNKNOWN)
			snprintf(help, sizeof(help), "CXL window, %s free in one piece",
				 format_size(window->max_extent_bytes, space, sizeof(space)));
		offer_candidate(c, before, window->name, help);
	}
}

/* Offers the dax devices that are memory. */
static void offer_memory_devices(const struct complete *c, const char *before)
{
	cleanup_ctx struct mhp_ctx *ctx = NULL;
	cleanup_topology struct mhp_topology *topo = scan_machine(c, MHP_SCAN_NAMES, &ctx);
	const struct mhp_dax *dax;

	for (size_t i = 0; topo && (dax = mhp_topology_dax(topo, i)); i++)
		if (dax->mode == MHP_DAX_SYSTEM_RAM)
			offer_candidate(c, before, dax->name, "memory of a dax device");
}

/* Offers one column after an optional "-", or the next of several, which may begin with "+". */
static void offer_columns(const struct complete *c, const char *before, bool is_one)
{
	const char *given = c->last + strlen(before), *comma = is_one ? NULL : strrchr(given, ',');
	size_t sign = *given == (is_one ? '-' : '+');
	size_t len = comma ? (size_t)(comma - given) + 1 : sign;
	char names[1024], taken[1024], name[32];

	snprintf(names, sizeof(names), "%s%.*s", before, (int)len, given);
	snprintf(taken, sizeof(taken), ",%.*s", (int)(len - sign), given + sign);
	for (const struct list_column *column = list_columns; column->title; column++) {
		snprintf(name, sizeof(name), ",%s,", column->title);
		if (!strcasestr(taken, name))
			offer_candidate(c, names, column->title, column->help);
	}
}

static void offer_values(const struct complete *c, const struct opt *opt, const char *before)
{
	for (const struct opt_word *word = opt->words; word && word->word; word++)
		offer_candidate(c, before, word->word, word->help);
	if (opt->fill == OPT_FILL_FILES)
		fputs(":files\n", c->f);
	if (opt->fill == OPT_FILL_NODES)
		offer_node_numbers(c, before);
	if (opt->fill == OPT_FILL_ALIGNS)
		offer_aligns(c, before);
	if (opt->fill == OPT_FILL_WINDOWS)
		offer_windows(c, before);
	if (opt->fill == OPT_FILL_DAX_DEVICES)
		offer_memory_devices(c, before);
	if (opt->fill == OPT_FILL_COLUMNS || opt->fill == OPT_FILL_COLUMN)
		offer_columns(c, before, opt->fill == OPT_FILL_COLUMN);
}

/* Offers the option; "--json" and "--json=lines" are both whole words. */
static void offer_option(const struct complete *c, const struct opt *opt)
{
	char name[64];

	snprintf(name, sizeof(name), "--%s", opt->long_name);
	offer_candidate(c, "", name, opt->help);
	if (!opt->is_optional || !opt->words)
		return;
	snprintf(name, sizeof(name), "--%s=", opt->long_name);
	for (const struct opt_word *word = opt->words; word->word; word++) {
		char whole[sizeof(name) + 64];

		snprintf(whole, sizeof(whole), "%s%s", name, word->word);
		offer_candidate(c, "", whole, word->help);
	}
}

static void offer_options(const struct complete *c)
{
	size_t len = strcspn(c->last, "=");
	const struct opt *opt;
	char before[64];

	if (c->last[len]) {
		opt = len > 2 ? opt_find_long(&c->sets, c->last + 2, len - 2) : NULL;
		if (!opt || !opt_takes_value(opt))
			return;
		snprintf(before, sizeof(before), "%.*s", (int)len + 1, c->last);
		offer_values(c, opt, before);
		return;
	}
	for (const struct opt_set *set = c->sets.set; set->opts; set++)
		for (opt = set->opts; opt->kind; opt++)
			offer_option(c, opt);
}

int complete_print(FILE *f, int nr_words, char *const *words)
{
	bool no_memory = false;
	struct complete c = {
		.f = f,
		.words = words,
		.nr_words = nr_words - 1,
		.sets = settings_sets(NULL, NULL),
		.no_memory = &no_memory,
	};

	if (nr_words < 1)
		return 0;
	c.last = words[nr_words - 1];
	for (int i = 0; i < c.nr_words; i++)
		read_word(&c, words[i]);
	if (c.pending)
		offer_values(&c, c.pending, "");
	else if (!c.options_ended && c.last[0] == '-')
		offer_options(&c);
	else if (c.cmd)
		offer_operands(&c);
	else if (!c.is_lost)
		offer_commands(&c);
	return no_memory ? -ENOMEM : 0;
}
