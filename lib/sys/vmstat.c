/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/vmstat.h"
#include "lib/base/cleanup.h"
#include "lib/base/export.h"
#include "lib/base/parse.h"
#include "lib/sys/ctx.h"
#include "lib/tool.h"

#include <errno.h>
#include <string.h>

int vmstat_read(const struct root *sys, const char *path, const char *name, uint64_t *value)
{
	cleanup_fclose FILE *file = root_fopen(sys, path);
	size_t len = strlen(name);
	char line[128];
	int rc = file ? -ENOENT : -errno;

	while (file && root_gets(sys, line, sizeof(line), file)) {
		if (strncmp(line, name, len) != 0 || line[len] != ' ')
			continue;
		line[strcspn(line, "\n")] = '\0';
		return parse_u64(line + len + 1, 10, value);
	}
	return file && ferror(file) ? -errno : rc;
}

int vmstat_node_pin_counts(const struct root *sys, int node, uint64_t *acquired, uint64_t *released)
{
	int rc;

	ROOT_PATH(path, "sys/devices/system/node/node%d/vmstat", node);
	rc = vmstat_read(sys, path, "nr_foll_pin_acquired", acquired);
	return rc == 0 ? vmstat_read(sys, path, "nr_foll_pin_released", released) : rc;
}

int vmstat_node_pins(const struct root *sys, int node, uint64_t *pins)
{
	uint64_t acquired, released;
	int rc = vmstat_node_pin_counts(sys, node, &acquired, &released);

	if (rc < 0)
		return rc;
	*pins = acquired > released ? acquired - released : 0; /* not read at the same time */
	return 0;
}

MHP_EXPORT uint64_t mhp_node_pins(struct mhp_ctx *ctx, int node)
{
	uint64_t pins;

	return vmstat_node_pins(&ctx->sys, node, &pins) < 0 ? MHP_UNKNOWN : pins;
}
