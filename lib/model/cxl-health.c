/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/model/cxl-health.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/export.h"
#include "lib/sys/cxl/health.h"
#include "lib/sys/pool.h"
#include "lib/tool.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEALTH_MS 5000 /* the kernel gives a mailbox 2 s, and others may wait for it too */
#define AT_ONCE	  8

/* A question to one memory device, and why its health is unknown. */
struct question {
	struct cxl_health_args args;
	char why[96]; /* empty: its health is known */
};

/* ---- reading ----------------------------------------------------------------------------- */

/* Stores an answer. Returns 0, or a negative errno if this machine lacks memory or files. */
static int store_answer(const struct task_pool_task *task, struct mhp_cxl_memdev *memdev,
			struct question *question)
{
	int rc = task->result.rc;

	if (rc == 0 && task->reply.len == sizeof(memdev->health)) {
		memcpy(&memdev->health, task->reply.data, sizeof(memdev->health));
		return 0;
	}
	if (root_is_lack(rc))
		return rc;
	if (task->result.end == CHILD_KILLED || task->result.end == CHILD_STUCK)
		str_format(question->why, "the device did not answer within %d seconds",
			   HEALTH_MS / 1000);
	else
		str_format(question->why, "%.90s",
			   *task->err.message ? task->err.message : "it cannot be read");
	return 0;
}

/* Hides each reason once, with the devices that have it. */
static int hide_unknown(struct mhp_topology *topo, struct question *questions)
{
	char why[sizeof(topo->hidden->why)];
	size_t nr = topo->nr_cxl_memdevs;
	int rc = 0;

	for (size_t i = 0; i < nr && rc == 0; i++) {
		size_t more = 0;

		if (!*questions[i].why)
			continue;
		for (size_t k = i + 1; k < nr; k++)
			if (strcmp(questions[k].why, questions[i].why) == 0) {
				*questions[k].why = '\0';
				more++;
			}
		if (more)
			str_format(why, "%s and %zu more: %s", questions[i].args.name, more,
				   questions[i].why);
		else
			str_format(why, "%s: %s", questions[i].args.name, questions[i].why);
		rc = topology_hide(topo, "cxl_memdevs.health", why);
	}
	return rc;
}

int topology_read_cxl_health(struct mhp_ctx *ctx, struct mhp_topology *topo)
{
	const struct task_pool_watch watch = { .tick_ms = 0 };
	size_t nr = topo->nr_cxl_memdevs;
	cleanup_free struct task_pool_task *tasks = calloc(nr + 1, sizeof(*tasks));
	cleanup_free struct question *questions = calloc(nr + 1, sizeof(*questions));
	int rc;

	if (!tasks || !questions)
		return -ENOMEM;
	for (size_t i = 0; i < nr; i++) {
		str_copy(questions[i].args.name, topo->cxl_memdevs[i].name);
		questions[i].args.serial = topo->cxl_memdevs[i].serial;
		tasks[i] = (struct task_pool_task){ .fn = cxl_read_health,
						    .arg = &questions[i].args,
						    .arg_size = sizeof(questions[i].args),
						    .timeout_ms = HEALTH_MS };
	}
	rc = nr ? task_pool_run(ctx, tasks, nr, AT_ONCE, &watch) : 0;
	if (rc == 0 && nr && ctx_cancelled(ctx))
		rc = -ECANCELED;
	for (size_t i = 0; i < nr; i++) {
		if (rc == 0)
			rc = store_answer(&tasks[i], &topo->cxl_memdevs[i], &questions[i]);
		reply_free(&tasks[i].reply);
	}
	return rc < 0 ? rc : hide_unknown(topo, questions);
}

/* ---- words ------------------------------------------------------------------------------- */

/* Adds a part to a text of parts. */
static void add_part(char *text, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void add_part(char *text, size_t size, const char *fmt, ...)
{
	char part[96];
	va_list args;

	va_start(args, fmt);
	vsnprintf(part, sizeof(part), fmt, args);
	va_end(args);
	str_append_to(text, size, "%s%s", *text ? ", " : "", part);
}

static bool is_alert(const char *alert)
{
	return *alert && strcmp(alert, "normal") != 0;
}

static void add_errors(const char *alert, uint64_t nr, const char *memory, char *text, size_t size)
{
	if (!is_alert(alert))
		return;
	if (nr == MHP_UNKNOWN)
		add_part(text, size, "too many corrected errors in %s memory", memory);
	else
		add_part(text, size, "%" PRIu64 " corrected errors in %s memory", nr, memory);
}

/* Adds the values that are too high for the device. */
static void add_alerts(const struct mhp_cxl_health *health, char *text, size_t size)
{
	if (is_alert(health->life_used_alert) && health->life_used_percent != MHP_UNKNOWN)
		add_part(text, size, "life used %s (%" PRIu64 "%%)", health->life_used_alert,
			 health->life_used_percent);
	else if (is_alert(health->life_used_alert))
		add_part(text, size, "life used %s", health->life_used_alert);
	if (is_alert(health->temperature_alert) && health->has_temperature)
		add_part(text, size, "temperature %s (%d °C)", health->temperature_alert,
			 health->temperature_celsius);
	else if (is_alert(health->temperature_alert))
		add_part(text, size, "temperature %s", health->temperature_alert);
	add_errors(health->volatile_errors_alert, health->corrected_volatile_errors, "volatile",
		   text, size);
	add_errors(health->persistent_errors_alert, health->corrected_persistent_errors,
		   "persistent", text, size);
}

MHP_EXPORT const char *mhp_cxl_health_text(const struct mhp_cxl_health *health, char *buf,
					   size_t size)
{
	*buf = '\0';
	if (!health->is_known)
		return buf;
	if (health->hw_replacement_needed == MHP_TRISTATE_YES)
		add_part(buf, size, "replacement needed");
	if (is_alert(health->media_status))
		add_part(buf, size, "media %s", health->media_status);
	if (health->maintenance_needed == MHP_TRISTATE_YES)
		add_part(buf, size, "maintenance needed");
	if (health->performance_degraded == MHP_TRISTATE_YES)
		add_part(buf, size, "performance degraded");
	add_alerts(health, buf, size);
	return buf;
}
