/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/metrics/metrics.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/base/vec.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* ---- families ------------------------------------------------------------------------------ */

#define FAMILY(name_, type_, help_, divisor_, ...)                                                \
	{                                                                                         \
		.name = "mhpctl_" name_, .type = (type_), .help = (help_), .divisor = (divisor_), \
		.labels = { __VA_ARGS__ },                                                        \
	}
#define GAUGE(name, help, ...)	 FAMILY(name, "gauge", help, 1, __VA_ARGS__)
#define COUNTER(name, help, ...) FAMILY(name, "counter", help, 1, __VA_ARGS__)

static const struct metric_family families[NR_METRICS] = {
	[METRIC_BUILD_INFO] = GAUGE("build_info", "Version of mhpctl; always 1", "version"),
	[METRIC_COLLECTOR_SUCCESS] =
		GAUGE("collector_success", "Whether this part could be collected", "collector"),
	[METRIC_UNKNOWN_VALUES] = GAUGE(
		"unknown_values", "Values that could not be read and have no sample", "collector"),
	[METRIC_DURATION] = FAMILY("collection_duration_seconds", "gauge",
				   "Time that it took to collect all metrics", 1000, NULL),
	[METRIC_BLOCK_SIZE] = GAUGE("memory_block_size_bytes", "Size of a memory block", NULL),
	[METRIC_MEMORY] =
		GAUGE("memory_bytes", "Memory in memory blocks; offline blocks are in no zone",
		      "node", "zone", "state", "origin"),
	[METRIC_MEMORY_AVAILABLE] =
		GAUGE("memory_available_bytes", "Free or reclaimable, without the reserves", NULL),
	[METRIC_MEMORY_UNPLUGGED] =
		GAUGE("memory_unplugged_bytes",
		      "Part of the memory blocks of virtio-mem that is not plugged in", NULL),
	[METRIC_MEMORY_ORPHANED] =
		GAUGE("memory_orphaned_bytes",
		      "Memory whose device is gone, which the kernel keeps until a reboot", NULL),
	[METRIC_MEMORY_UNBACKED] = GAUGE("memory_unbacked_bytes",
					 "Online CXL memory that no decoder answers for", NULL),
	[METRIC_NODE_KERNEL_AVAILABLE] =
		GAUGE("node_kernel_available_bytes", "Free or reclaimable in kernel zones", "node"),
	[METRIC_NODE_PINS] = GAUGE("node_pins", "Pins of pages, short-term ones included", "node"),
	[METRIC_DAX_INFO] = GAUGE("dax_device_info", "A dax device and its mode; always 1",
				  "device", "mode", "origin", "node"),
	[METRIC_DAX_SIZE] = GAUGE("dax_device_size_bytes", "Size of a dax device", "device"),
	[METRIC_DAX_BLOCKS] =
		GAUGE("dax_device_blocks", "Memory blocks of a dax device", "device", "state"),
	[METRIC_DAX_MEMMAP] = GAUGE("dax_device_memmap_bytes", "Memmap of a dax device", "device"),
	[METRIC_REGION_SIZE] =
		GAUGE("nvdimm_region_size_bytes", "Size of an NVDIMM region", "region"),
	[METRIC_REGION_AVAILABLE] = GAUGE("nvdimm_region_available_bytes",
					  "Part of an NVDIMM region in no namespace", "region"),
	[METRIC_NAMESPACE_INFO] =
		GAUGE("nvdimm_namespace_info", "A namespace and its mode; always 1", "namespace",
		      "region", "mode", "uuid"),
	[METRIC_NAMESPACE_SIZE] =
		GAUGE("nvdimm_namespace_size_bytes", "Usable size of a namespace", "namespace"),
	[METRIC_NAMESPACE_MEMMAP] =
		GAUGE("nvdimm_namespace_memmap_bytes",
		      "Memmap of a namespace of mode fsdax in ordinary memory", "namespace"),
	[METRIC_CXL_MEMDEV_INFO] = GAUGE("cxl_memdev_info", "A CXL memory device; always 1",
					 "memdev", "serial", "enabled"),
	[METRIC_CXL_MEMDEV_SIZE] =
		GAUGE("cxl_memdev_size_bytes", "Capacity of a CXL memory device", "memdev", "type"),
	[METRIC_CXL_MEMDEV_USED] =
		GAUGE("cxl_memdev_used_bytes", "Capacity of a CXL memory device in regions",
		      "memdev", "type"),
	[METRIC_CXL_MEMDEV_HEALTHY] = GAUGE(
		"cxl_memdev_healthy", "Whether a CXL memory device reports no problem", "memdev"),
	[METRIC_CXL_MEMDEV_PROBLEM_INFO] =
		GAUGE("cxl_memdev_problem_info",
		      "A problem that a CXL memory device reports; always 1", "memdev", "problem"),
	[METRIC_CXL_MEMDEV_LIFE_USED] =
		FAMILY("cxl_memdev_life_used_ratio", "gauge",
		       "Used part of the life of a CXL memory device", 100, "memdev"),
	[METRIC_CXL_MEMDEV_DIRTY_SHUTDOWNS] =
		COUNTER("cxl_memdev_dirty_shutdowns_total",
			"Shutdowns in which a CXL memory device may have lost data", "memdev"),
	[METRIC_CXL_MEMDEV_ERRORS] =
		COUNTER("cxl_memdev_corrected_errors_total",
			"Errors that a CXL memory device has corrected", "memdev", "type"),
	[METRIC_CXL_REGION_INFO] = GAUGE("cxl_region_info", "A CXL region and its state; always 1",
					 "region", "type", "state"),
	[METRIC_CXL_REGION_SIZE] = GAUGE("cxl_region_size_bytes", "Size of a CXL region", "region"),
	[METRIC_CXL_REGION_ONLINE] =
		GAUGE("cxl_region_online_bytes", "Part of a CXL region that is online", "region"),
	[METRIC_REPORTING_ACTIVE] =
		GAUGE("reporting_active", "Whether a balloon reports free pages", NULL),
	[METRIC_REPORTABLE] =
		GAUGE("reportable_bytes",
		      "Free memory that is reported to the hypervisor, or will be", "node", "zone"),
	[METRIC_POLICY_PROBLEMS] =
		GAUGE("policy_problems", "Problems in the policy files, without warnings", NULL),
	[METRIC_SECTION_MET] = GAUGE("policy_section_met",
				     "Whether the machine is as the section declares", "section"),
	[METRIC_SECTION_UNMET_INFO] =
		GAUGE("policy_section_unmet_info", "Why a section is not met; always 1", "section",
		      "reason"),
	[METRIC_SECTION_TARGETS] =
		GAUGE("policy_section_targets", "Objects that the section matches", "section"),
	[METRIC_DOCTOR_FINDINGS] =
		GAUGE("doctor_findings", "Findings of mhpctl doctor", "severity"),
	[METRIC_RUNS] =
		COUNTER("runs_total", "Ended runs since boot, by result", "command", "status"),
	[METRIC_RUN_FAILURES] =
		COUNTER("run_failures_total", "Failures of runs since boot", "reason"),
	[METRIC_LAST_RUN_TIME] = FAMILY("last_run_timestamp_seconds", "gauge",
					"Start of the last run", 1000000, "command"),
	[METRIC_LAST_RUN_DURATION] = FAMILY("last_run_duration_seconds", "gauge",
					    "Duration of the last run", 1000, "command"),
	[METRIC_LAST_RUN_EXIT_CODE] =
		GAUGE("last_run_exit_code", "Exit status of the last run", "command"),
	[METRIC_LAST_RUN_SUCCESS] =
		GAUGE("last_run_success", "Whether the last run reached its goal", "command"),
};

const struct metric_family *metric_family(enum metric metric)
{
	return &families[metric];
}

size_t metric_nr_labels(const struct metric_family *family)
{
	size_t nr = 0;

	while (family->labels[nr])
		nr++;
	return nr;
}

const char *metric_collector_name(enum metric_collector collector)
{
	static const char *const names[NR_METRIC_COLLECTORS] = {
		[METRIC_COLLECTOR_MEMORY] = "memory",
		[METRIC_COLLECTOR_CXL_HEALTH] = "cxl_health",
		[METRIC_COLLECTOR_REPORTING] = "reporting",
		[METRIC_COLLECTOR_POLICY] = "policy",
		[METRIC_COLLECTOR_DOCTOR] = "doctor",
		[METRIC_COLLECTOR_RUNS] = "runs",
	};

	return names[collector];
}

/* ---- samples ------------------------------------------------------------------------------- */

/* Fills the sample; its labels are copied. Returns false without memory. */
static bool fill(struct metric_sample *sample, enum metric metric, uint64_t number, va_list labels)
{
	size_t nr = metric_nr_labels(metric_family(metric));

	*sample = (struct metric_sample){ .metric = metric, .number = number };
	for (size_t i = 0; i < nr; i++) {
		sample->values[i] = strdup(va_arg(labels, const char *));
		if (!sample->values[i])
			return false;
	}
	return true;
}

static void add(struct metrics *metrics, enum metric metric, uint64_t number, va_list labels)
{
	if (VEC_GROW(metrics->samples, metrics->nr, metrics->space) < 0) {
		metrics->lacks_memory = true;
		return;
	}
	if (!fill(&metrics->samples[metrics->nr++], metric, number, labels))
		metrics->lacks_memory = true;
}

void metrics_add(struct metrics *metrics, enum metric metric, uint64_t number, ...)
{
	va_list labels;

	if (number == MHP_UNKNOWN) {
		metrics->nr_unknown++;
		return;
	}
	va_start(labels, number);
	add(metrics, metric, number, labels);
	va_end(labels);
}

static bool has_labels(const struct metric_sample *sample, enum metric metric, va_list labels)
{
	size_t nr = metric_nr_labels(metric_family(metric));

	if (sample->metric != metric)
		return false;
	for (size_t i = 0; i < nr; i++)
		if (!sample->values[i] || strcmp(sample->values[i], va_arg(labels, const char *)))
			return false;
	return true;
}

void metrics_sum(struct metrics *metrics, enum metric metric, uint64_t number, ...)
{
	va_list labels, copy;

	va_start(labels, number);
	for (size_t i = 0; i < metrics->nr; i++) {
		size_t at = (metrics->last + i) % metrics->nr; /* most often it is the last one */
		bool is_same;

		va_copy(copy, labels);
		is_same = has_labels(&metrics->samples[at], metric, copy);
		va_end(copy);
		if (!is_same)
			continue;
		metrics->samples[at].number += number;
		metrics->last = at;
		va_end(labels);
		return;
	}
	add(metrics, metric, number, labels);
	va_end(labels);
}

void metrics_free(struct metrics *metrics)
{
	for (size_t i = 0; i < metrics->nr; i++)
		for (size_t k = 0; k < METRIC_LABELS_MAX; k++)
			free(metrics->samples[i].values[k]);
	free(metrics->samples);
	mhp_topology_free(metrics->topo);
	*metrics = (struct metrics){ .nr = 0 };
}

/* ---- the text format ----------------------------------------------------------------------- */

struct metric_text metric_value(const struct metric_sample *sample)
{
	unsigned divisor = metric_family(sample->metric)->divisor;
	struct metric_text value;
	int digits = 0;

	for (unsigned i = divisor; i > 1; i /= 10)
		digits++;
	if (digits == 0)
		str_format(value.text, "%" PRIu64, sample->number);
	else
		str_format(value.text, "%" PRIu64 ".%0*" PRIu64, sample->number / divisor, digits,
			   sample->number % divisor);
	return value;
}

/* Prints the value of a label, which may contain any bytes. */
static void print_label(FILE *f, const char *text)
{
	char shown[512];

	for (text_escape(text, shown, sizeof(shown)), text = shown; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', f);
		fputc(*text, f);
	}
}

static void print_sample(FILE *f, const struct metric_sample *sample)
{
	const struct metric_family *family = metric_family(sample->metric);

	fputs(family->name, f);
	for (size_t i = 0; family->labels[i]; i++) {
		fprintf(f, "%s%s=\"", i ? "," : "{", family->labels[i]);
		print_label(f, sample->values[i]);
		fputc('"', f);
	}
	fprintf(f, "%s%s\n", family->labels[0] ? "} " : " ", metric_value(sample).text);
}

void metrics_print(FILE *f, const struct metrics *metrics)
{
	for (unsigned metric = 0; metric < NR_METRICS; metric++) {
		bool has_head = false;

		for (size_t i = 0; i < metrics->nr; i++) {
			if (metrics->samples[i].metric != metric)
				continue;
			if (!has_head)
				fprintf(f, "# HELP %s %s.\n# TYPE %s %s\n", families[metric].name,
					families[metric].help, families[metric].name,
					families[metric].type);
			has_head = true;
			print_sample(f, &metrics->samples[i]);
		}
	}
}
