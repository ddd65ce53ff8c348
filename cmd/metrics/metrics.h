/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Metrics of this machine, for Prometheus: families from one table, and their samples. A value that
 * is not known has no sample; it is counted.
 */
#pragma once

#include "lib/libmhp.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define METRIC_LABELS_MAX 4

/* The families, in the order in which they are printed. */
enum metric {
	METRIC_BUILD_INFO = 0,
	METRIC_COLLECTOR_SUCCESS,
	METRIC_UNKNOWN_VALUES,
	METRIC_DURATION,
	METRIC_BLOCK_SIZE,
	METRIC_MEMORY,
	METRIC_MEMORY_AVAILABLE,
	METRIC_MEMORY_UNPLUGGED,
	METRIC_MEMORY_ORPHANED,
	METRIC_MEMORY_UNBACKED,
	METRIC_NODE_KERNEL_AVAILABLE,
	METRIC_NODE_PINS,
	METRIC_DAX_INFO,
	METRIC_DAX_SIZE,
	METRIC_DAX_BLOCKS,
	METRIC_DAX_MEMMAP,
	METRIC_REGION_SIZE,
	METRIC_REGION_AVAILABLE,
	METRIC_NAMESPACE_INFO,
	METRIC_NAMESPACE_SIZE,
	METRIC_NAMESPACE_MEMMAP,
	METRIC_CXL_MEMDEV_INFO,
	METRIC_CXL_MEMDEV_SIZE,
	METRIC_CXL_MEMDEV_USED,
	METRIC_CXL_MEMDEV_HEALTHY,
	METRIC_CXL_MEMDEV_PROBLEM_INFO,
	METRIC_CXL_MEMDEV_LIFE_USED,
	METRIC_CXL_MEMDEV_DIRTY_SHUTDOWNS,
	METRIC_CXL_MEMDEV_ERRORS,
	METRIC_CXL_REGION_INFO,
	METRIC_CXL_REGION_SIZE,
	METRIC_CXL_REGION_ONLINE,
	METRIC_REPORTING_ACTIVE,
	METRIC_REPORTABLE,
	METRIC_POLICY_PROBLEMS,
	METRIC_SECTION_MET,
	METRIC_SECTION_UNMET_INFO,
	METRIC_SECTION_TARGETS,
	METRIC_DOCTOR_FINDINGS,
	METRIC_RUNS,
	METRIC_RUN_FAILURES,
	METRIC_LAST_RUN_TIME,
	METRIC_LAST_RUN_DURATION,
	METRIC_LAST_RUN_EXIT_CODE,
	METRIC_LAST_RUN_SUCCESS,
	NR_METRICS,
};

struct metric_family {
	const char *name;
	const char *type; /* gauge, counter */
	const char *help; /* a sentence without a full stop */
	/* The numbers of the samples are multiples of 1 / divisor, a power of ten. */
	unsigned divisor;
	const char *labels[METRIC_LABELS_MAX + 1]; /* their names; ends with NULL */
};

struct metric_sample {
	enum metric metric;
	char *values[METRIC_LABELS_MAX]; /* of the labels */
	uint64_t number;
};

/* The parts that metrics are collected in. */
enum metric_collector {
	METRIC_COLLECTOR_MEMORY = 0,
	METRIC_COLLECTOR_CXL_HEALTH,
	METRIC_COLLECTOR_REPORTING,
	METRIC_COLLECTOR_POLICY,
	METRIC_COLLECTOR_DOCTOR,
	METRIC_COLLECTOR_RUNS,
	NR_METRIC_COLLECTORS,
};

struct metrics {
	struct metric_sample *samples; /* in any order */
	size_t nr;
	size_t space;
	uint64_t nr_unknown;	   /* values that are not known, of the current collector */
	struct mhp_topology *topo; /* of the collector of memory; NULL: it failed */
	size_t last;		   /* sample that metrics_sum() has used */
	bool lacks_memory;	   /* a sample is missing */
	struct mhp_error error[NR_METRIC_COLLECTORS]; /* reason NONE: it worked */
};

const struct metric_family *metric_family(enum metric metric);
const char *metric_collector_name(enum metric_collector collector);

/* Returns the number of labels of a family. */
size_t metric_nr_labels(const struct metric_family *family);

/* The value of a sample as a text: "17" or "1.500". */
struct metric_text {
	char text[32];
};

struct metric_text metric_value(const struct metric_sample *sample);

/*
 * Adds a sample; one text for each label follows. A number of MHP_UNKNOWN is counted as unknown
 * instead.
 */
void metrics_add(struct metrics *metrics, enum metric metric, uint64_t number, ...);

/* Adds the number to the sample with these labels, or adds that sample. */
void metrics_sum(struct metrics *metrics, enum metric metric, uint64_t number, ...);

/*
 * Collects all metrics of the machine. A part that fails is missing, and says so in its error.
 * Returns 0, -ENOMEM or -ECANCELED.
 */
int metrics_collect(struct mhp_ctx *ctx, struct metrics *metrics, struct mhp_error *err);

/* Collects memory and devices. Returns 0 or a negative errno. */
int metrics_memory(struct mhp_ctx *ctx, struct metrics *metrics, struct mhp_error *err);

/* Adds the CXL memory devices and regions. */
void metrics_cxl(struct metrics *metrics, const struct mhp_topology *topo);

/*
 * Adds the health of the CXL memory devices that the collector of memory has found. Returns 0 or a
 * negative errno.
 */
int metrics_cxl_health(struct mhp_ctx *ctx, struct metrics *metrics, struct mhp_error *err);

/* Collects whether the installed policy is met. Returns 0 or a negative errno. */
int metrics_policy(struct mhp_ctx *ctx, struct metrics *metrics, struct mhp_error *err);

/* Prints all of them in the text format of Prometheus. */
void metrics_print(FILE *f, const struct metrics *metrics);

void metrics_free(struct metrics *metrics);
#define cleanup_metrics __attribute__((cleanup(metrics_free)))
