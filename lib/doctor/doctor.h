/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From facts to findings: a row a rule, which looks at one matter. No I/O. */
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
	const struct doctor_rule *rule; /* the one at work */
	struct mhp_finding *findings;
	size_t nr;
	bool failed; /* no memory for one of them */
};

/* Each ends without an id. */
extern const struct doctor_rule doctor_onlining_rules[];
extern const struct doctor_rule doctor_machine_rules[];

/* Rules among those of the machine (doctor-unused.c). */
void doctor_look_cxl(struct doctor *d);
void doctor_look_refused(struct doctor *d);

/*
 * What is left to fill in of a finding is where and fix, in the structure that is returned; never
 * NULL, and good until the next call.
 */
struct mhp_finding *doctor_find(struct doctor *d, enum mhp_severity severity, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Rules that have a file of their own. */
void doctor_look_state(struct doctor *d);

/* Apply all rules. 0 or -ENOMEM; free the findings with free(). */
int doctor_judge(const struct facts *facts, const struct mhp_topology *topo,
		 struct mhp_finding **findings, size_t *nr);

/* One word for a shell, quoted where it has to be. Returns buf; "" where it does not fit. */
const char *doctor_word(const char *text, char *buf, size_t size);

#define DOCTOR_WORD_MAX 300

/* Where, and the fix: the line becomes a comment, in a copy that hides it where a package owns it.
 */
void doctor_fix_line(struct mhp_finding *finding, const struct fact_line *line);

/*
 * The same for a rule of udev at "FILE:LINE", which may go on. is_alone: the file of a package does
 * nothing else and can be hidden as a whole.
 */
void doctor_fix_rule(struct mhp_finding *finding, const char *where, bool is_alone);

/*
 * The fix: the next boot has not the one parameter and has the other; either may be NULL. A command
 * where the machine has a tool that is known.
 */
void doctor_fix_boot(const struct doctor *d, struct mhp_finding *finding, const char *without,
		     const char *with);
