/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Doctor: diagnose a system for memory hotplug. */
#pragma once

#include "context.h"
#include "error.h"
#include "topology.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The importance of a finding. */
enum mhp_severity {
	MHP_SEVERITY_OK = 0,
	MHP_SEVERITY_NOTE,    /* information; no action is needed */
	MHP_SEVERITY_WARNING, /* works, with a loss or a risk */
	MHP_SEVERITY_ERROR,   /* something will not work */
};

/* The result of one check of the system. */
struct mhp_finding {
	const char *id;	   /* stable, lower snake case; several findings may share it */
	const char *group; /* kernel, rights, onlining, modules, zones, devices, system */
	enum mhp_severity severity;
	char found[256]; /* a sentence without a full stop */
	char where[320]; /* file and line, object or attribute; or empty */
	const char *why; /* why it matters */
	char fix[640];	 /* a command or a setting; empty: none is needed, or none exists */
};

/* All findings about a system. */
struct mhp_doctor_report {
	size_t nr_findings;
	const void *findings; /* by group; read with mhp_doctor_report_finding() */
	size_t nr_hidden;     /* items that could not be read */
	const void *hidden;   /* read with mhp_doctor_report_hidden() */
};

/**
 * mhp_doctor - find out what helps or hinders memory hotplug on this system
 * @ctx: the context
 * @report: receives the findings; free with mhp_doctor_report_free()
 * @err: receives reason and hint, or NULL
 *
 * Changes nothing. Items that cannot be read are listed as hidden; this is not an error.
 * Return: 0, or -ECANCELED, -ENOMEM.
 * Since: 0.1
 */
int mhp_doctor(struct mhp_ctx *ctx, struct mhp_doctor_report **report, struct mhp_error *err);

/**
 * mhp_doctor_report_finding - the @index-th finding, by group
 * @report: the report
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_finding *mhp_doctor_report_finding(const struct mhp_doctor_report *report,
						    size_t index);

/**
 * mhp_doctor_report_hidden - the @index-th item that could not be read
 * @report: the report
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_hidden *mhp_doctor_report_hidden(const struct mhp_doctor_report *report,
						  size_t index);

/**
 * mhp_doctor_report_free - free a report
 * @report: the report, or NULL
 *
 * Since: 0.1
 */
void mhp_doctor_report_free(struct mhp_doctor_report *report);

/**
 * mhp_severity_name - the name of a severity in text and JSON
 * @severity: the severity
 *
 * Return: ok, note, warning, error.
 * Since: 0.1
 */
const char *mhp_severity_name(enum mhp_severity severity);

#ifdef __cplusplus
}
#endif
