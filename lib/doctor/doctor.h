/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Turns facts into findings: each rule of the table checks one subject. No I/O. */
#pragma once

#include "lib/libmhp.h"
#include "lib/doctor/facts.h"
#include "lib/model/topology.h"

#include <stddef.h>

struct doctor;

struct doctor_rule {
	const char *id;
	const char *group;
	const char *why;
	void (*look)(struct doctor *d);
};

struct doctor {
	const struct facts *facts;
	const struct mhp_topology *topo;
	const struct doctor_rule *rule; /* the current one */
	struct mhp_finding *findings;
	size_t nr;
	bool failed; /* out of memory for a finding */
};

/* Each ends with an entry without an id. */
extern const struct doctor_rule doctor_onlining_rules[];
extern const struct doctor_rule doctor_machine_rules[];

/* Looks for memory that the kernel refused; a rule of unused.c. */
void doctor_look_refused(struct doctor *d);

/* Rules for CXL, in cxl.c. */
void doctor_look_cxl_unused(struct doctor *d);
void doctor_look_cxl_window(struct doctor *d);
void doctor_look_cxl_region(struct doctor *d);
void doctor_look_cxl_lost(struct doctor *d);
void doctor_look_cxl_reserved(struct doctor *d);
void doctor_look_cxl_health(struct doctor *d); /* in cxl-health.c */

/*
 * Adds a finding of the current rule. The caller fills in `where` and `fix` of the structure that
 * is returned; it is never NULL, and valid until the next call.
 */
struct mhp_finding *doctor_find(struct doctor *d, enum mhp_severity severity, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Applies the rule in interrupted.c. */
void doctor_look_interrupted(struct doctor *d);

/* Applies the other rule there. */
void doctor_look_traces(struct doctor *d);

/* Applies the rule in policy.c. */
void doctor_look_section_failed(struct doctor *d);

/* Applies the rule for balloons in reporting.c. */
void doctor_look_reporting(struct doctor *d);

/* Applies the rule for the order there. */
void doctor_look_reporting_order(struct doctor *d);

/* Applies the rule in state.c. */
void doctor_look_state(struct doctor *d);

/* Applies all rules. Returns 0 or -ENOMEM; free the findings with free(). */
int doctor_judge(const struct facts *facts, const struct mhp_topology *topo,
		 struct mhp_finding **findings, size_t *nr);

/* Quotes one word for a shell, if needed. Returns buf; "" if it does not fit. */
const char *doctor_word(const char *text, char *buf, size_t size);

#define DOCTOR_WORD_MAX 300

/*
 * Fills in `where` and a fix that comments the line out; in a file of a package, through a copy
 * that hides that file.
 */
void doctor_fix_line(struct mhp_finding *finding, const struct fact_line *line);

/*
 * Does the same for a udev rule at "FILE:LINE" and the lines that continue it. is_alone: the file
 * of a package does nothing else and can be hidden as a whole.
 */
void doctor_fix_rule(struct mhp_finding *finding, const char *where, bool is_alone);

/*
 * Fills in a fix for the next boot: removes the parameter @without and adds the parameter @with;
 * either may be NULL. It is a command if the machine has a known tool for that.
 */
void doctor_fix_boot(const struct doctor *d, struct mhp_finding *finding, const char *without,
		     const char *with);
