/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory blocks and the dax bus as in 6.1 (drivers/base/memory.c, drivers/dax). */
#include "tests/unit/fake/fakekernel.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/base/range.h"
#include "tests/unit/fake/fakecxl-bus.h"
#include "tests/unit/fake/fakecxl.h"
#include "tests/unit/fake/fakedrain.h"
#include "tests/unit/fake/tree.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPORTING "sys/module/page_reporting/parameters/"
#define MEMORY	  "sys/devices/system/memory"
#define DAX	  "sys/bus/dax"
#define NODES	  "sys/devices/system/node"
#define BOTH_ENDS "Normal Movable"

int fake_acting;

/* ---- memory blocks ----------------------------------------------------------------------- */

static int block_file(int fd, uint64_t id, const char *file, char *buf, size_t size)
{
	ROOT_PATH(path, MEMORY "/memory%" PRIu64 "/%s", id, file);

	return tree_get(fd, path, buf, size);
}

int fake_block_set(int fd, uint64_t id, const char *state, const char *zones)
{
	ROOT_PATH(state_path, MEMORY "/memory%" PRIu64 "/state", id);
	ROOT_PATH(zones_path, MEMORY "/memory%" PRIu64 "/valid_zones", id);
	int rc = tree_put(fd, zones_path, "%s\n", zones);

	return rc < 0 ? rc : tree_put(fd, state_path, "%s\n", state);
}

/* Adds a block and the links between it and its node. */
int fake_block_add(int fd, uint64_t id, const char *state, const char *zones, int node)
{
	char target[64];
	int rc;

	ROOT_PATH(to_node, MEMORY "/memory%" PRIu64 "/node%d", id, node);
	ROOT_PATH(to_block, NODES "/node%d/memory%" PRIu64, node, id);
	ROOT_PATH(list, NODES "/node%d/cpulist", node);
	str_format(target, "../../node/node%d", node);
	rc = tree_link(fd, to_node, target);
	str_format(target, "../../memory/memory%" PRIu64, id);
	if (rc == 0)
		rc = tree_link(fd, to_block, target);
	if (rc == 0 && tree_get(fd, list, target, sizeof(target)) == -ENOENT)
		rc = tree_put(fd, list, "\n");
	return rc < 0 ? rc : fake_block_set(fd, id, state, zones);
}

int fake_block_remove(int fd, uint64_t id)
{
	const struct root sys = { .root_fd = fd };

	ROOT_PATH(path, MEMORY "/memory%" PRIu64, id);
	for (int node = 0; node < FAKE_NODES; node++) {
		ROOT_PATH(link, NODES "/node%d/memory%" PRIu64, node, id);
		tree_remove(fd, link);
	}
	return root_exists(&sys, path) ? tree_remove(fd, path) : -ENOENT;
}

static const char *zone_of_word(int fd, uint64_t id, const char *word, char *buf, size_t size)
{
	if (strcmp(word, "online_movable") == 0)
		return "Movable";
	if (strcmp(word, "online_kernel") == 0)
		return "Normal";
	if (block_file(fd, id, "valid_zones", buf, size) < 0)
		return "Normal";
	buf[strcspn(buf, " ")] = '\0';
	return buf;
}

/* state_store(): the current state is EINVAL, as is an unknown word. */
static int write_state(int fd, uint64_t id, const char *word)
{
	char state[32], zones[64];
	bool offline = strcmp(word, "offline") == 0;
	int rc = block_file(fd, id, "state", state, sizeof(state));

	if (rc < 0)
		return rc;
	if (!offline && strcmp(word, "online") != 0 && strcmp(word, "online_movable") != 0 &&
	    strcmp(word, "online_kernel") != 0)
		return -EINVAL;
	if (offline == (strcmp(state, "offline") == 0))
		return -EINVAL;
	if (!offline)
		return fake_block_set(fd, id, "online",
				      zone_of_word(fd, id, word, zones, sizeof(zones)));
	rc = block_file(fd, id, "valid_zones", zones, sizeof(zones));
	if (rc == 0 && strcmp(zones, "none") == 0)
		return -EINVAL;
	return fake_block_set(fd, id, "offline", BOTH_ENDS);
}

/* ---- dax devices ------------------------------------------------------------------------- */

static int dax_file(int fd, const char *name, const char *file, char *buf, size_t size)
{
	ROOT_PATH(path, DAX "/devices/%s/%s", name, file);

	return tree_get(fd, path, buf, size);
}

static int put_ranges(int fd, const char *folder, const struct mhp_dax *dax)
{
	int rc = 0;

	for (unsigned i = 0; i < dax->nr_ranges && rc == 0; i++) {
		ROOT_PATH(start, "%s/mapping%u/start", folder, i);
		ROOT_PATH(end, "%s/mapping%u/end", folder, i);
		rc = tree_put(fd, start, "0x%" PRIx64 "\n", dax->ranges[i].start);
		if (rc == 0)
			rc = tree_put(fd, end, "0x%" PRIx64 "\n", dax->ranges[i].end - 1);
	}
	return rc;
}

/* Finds the directory of a device of a CXL region, below the device of the region. */
static void cxl_folder(int fd, const struct mhp_dax *dax, char *folder, size_t size)
{
	char parent[MHP_NAME_MAX], path[160] = "";

	str_format(parent, "dax_%.24s", dax->cxl_region);
	fakecxl_path(fd, parent, path, sizeof(path));
	snprintf(folder, size, "%s/%s", path, dax->name);
}

int fake_dax_add(int fd, const struct mhp_dax *dax)
{
	char folder[160], target[192];
	int rc;

	if (*dax->region)
		str_format(folder, "sys/devices/platform/ndbus0/%s/%s/%s", dax->region, dax->name,
			   dax->name);
	else if (*dax->cxl_region)
		cxl_folder(fd, dax, folder, sizeof(folder));
	else
		str_format(folder, "sys/devices/platform/hmem.%.*s/%s",
			   (int)strcspn(dax->name + strlen("dax"), "."), dax->name + strlen("dax"),
			   dax->name);
	str_format(target, "../../../../%s", folder);
	ROOT_PATH(size, "%s/size", folder);
	ROOT_PATH(align, "%s/align", folder);
	ROOT_PATH(target_node, "%s/target_node", folder);
	ROOT_PATH(numa_node, "%s/numa_node", folder);
	ROOT_PATH(owner, "sys/bus/nd/devices/%s/namespace", dax->name);
	ROOT_PATH(link, DAX "/devices/%s", dax->name);
	rc = put_ranges(fd, folder, dax);
	if (rc == 0)
		rc = tree_put(fd, size, "%" PRIu64 "\n", dax->size);
	if (rc == 0)
		rc = tree_put(fd, align, "%" PRIu64 "\n", dax->align);
	if (rc == 0)
		rc = tree_put(fd, target_node, "%d\n", dax->target_node);
	if (rc == 0)
		rc = tree_put(fd, numa_node, "%d\n", dax->numa_node);
	if (rc == 0 && *dax->ns_name)
		rc = tree_put(fd, owner, "%s\n", dax->ns_name);
	return rc < 0 ? rc : tree_link(fd, link, target);
}

/* Finds the name of the driver, "" without one. */
static void driver_of(int fd, const char *name, char *driver, size_t size)
{
	const struct root sys = { .root_fd = fd };

	ROOT_PATH(path, DAX "/devices/%s/driver", name);
	if (root_link_name(&sys, path, driver, size) < 0)
		driver[0] = '\0';
}

int fake_dax_remove(int fd, const char *name)
{
	const struct root sys = { .root_fd = fd };
	char target[192];

	ROOT_PATH(link, DAX "/devices/%s", name);
	if (root_link(&sys, link, target, sizeof(target)) < 0)
		return -ENODEV;
	tree_remove(fd, target + strlen("../../../../"));
	return tree_remove(fd, link);
}

int fake_dax_each_block(int fd, const char *name, fake_block_fn fn, void *data)
{
	struct mhp_range range;
	uint64_t first, nr, last;
	char file[32], text[32];
	int rc = 0;

	for (unsigned i = 0; rc == 0; i++) {
		str_format(file, "mapping%u/start", i);
		if (dax_file(fd, name, file, text, sizeof(text)) < 0 ||
		    parse_hex(text, &range.start) < 0)
			break;
		str_format(file, "mapping%u/end", i);
		if (dax_file(fd, name, file, text, sizeof(text)) < 0 || parse_hex(text, &last) < 0)
			break;
		range.end = last + 1;
		nr = range_whole_blocks(range, FAKE_BLOCK_SIZE, &first);
		for (uint64_t id = first; id < first + nr && rc == 0; id++)
			rc = fn(fd, id, data);
	}
	return rc;
}

static int is_there(int fd, uint64_t id, void *data)
{
	char state[32];

	if (block_file(fd, id, "state", state, sizeof(state)) == 0)
		return -EBUSY;
	(*(unsigned *)data)++;
	return 0;
}

static int is_offline(int fd, uint64_t id, void *data)
{
	char state[32];

	(void)data;
	return block_file(fd, id, "state", state, sizeof(state)) == 0 &&
			       strcmp(state, "offline") != 0
		       ? -EBUSY
		       : 0;
}

struct new_blocks {
	int node;
	char policy[32];
};

static int add_one(int fd, uint64_t id, void *data)
{
	const struct new_blocks *new = data;
	int rc = fake_block_add(fd, id, "offline", BOTH_ENDS, new->node);

	return rc == 0 && strncmp(new->policy, "online", 6) == 0 ? write_state(fd, id, new->policy)
								 : rc;
}

static int remove_one(int fd, uint64_t id, void *data)
{
	(void)data;
	return fake_block_remove(fd, id);
}

static int probe_kmem(int fd, const char *name)
{
	struct new_blocks new = { 0 };
	unsigned nr = 0;
	char text[32];
	int rc;

	if (dax_file(fd, name, "target_node", text, sizeof(text)) < 0 || *text == '-')
		return -EINVAL;
	new.node = atoi(text);
	rc = fake_dax_each_block(fd, name, is_there, &nr);
	if (rc == 0 && !nr)
		rc = -EINVAL;
	if (rc == 0)
		rc = tree_get(fd, MEMORY "/auto_online_blocks", new.policy, sizeof(new.policy));
	return rc < 0 ? rc : fake_dax_each_block(fd, name, add_one, &new);
}

int fake_dax_bind(int fd, const char *name, const char *driver)
{
	char target[64];
	int rc = strcmp(driver, "kmem") == 0 ? probe_kmem(fd, name) : 0;

	if (rc < 0)
		return rc;
	ROOT_PATH(link, DAX "/devices/%s/driver", name);
	str_format(target, "../../../../../../../bus/dax/drivers/%s", driver);
	if (strcmp(driver, "kmem") == 0)
		fake_state_bind(fd, name, true);
	rc = tree_link(fd, link, target);
	fakecxl_update_iomem(fd);
	return rc;
}

static void probe_new(int fd, const char *name, const char *wanted)
{
	char text[8], driver[MHP_NAME_MAX];

	ROOT_PATH(bind, DAX "/drivers/%s/bind", wanted);
	driver_of(fd, name, driver, sizeof(driver));
	if (!*driver && tree_get(fd, bind, text, sizeof(text)) == 0 &&
	    tree_get(fd, DAX "/drivers_autoprobe", text, sizeof(text)) == 0 &&
	    strcmp(text, "1") == 0)
		fake_dax_bind(fd, name, wanted);
}

void fake_dax_probe_new(int fd, const char *name)
{
	probe_new(fd, name, "device_dax");
}

void fake_dax_probe_kmem(int fd, const char *name)
{
	probe_new(fd, name, "kmem");
}

/* ---- drivers of the dax bus -------------------------------------------------------------- */

int fake_driver_add(int fd, const char *driver)
{
	static const char *const files[] = { "bind", "unbind", "new_id", "remove_id" };
	int rc = 0;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]) && rc == 0; i++) {
		ROOT_PATH(path, DAX "/drivers/%s/%s", driver, files[i]);
		rc = tree_put(fd, path, "%s", "");
	}
	return rc;
}

static int bind_device(int fd, const char *driver, const char *name)
{
	char bound[MHP_NAME_MAX], size[32];

	driver_of(fd, name, bound, sizeof(bound));
	if (dax_file(fd, name, "size", size, sizeof(size)) == 0 && strcmp(size, "0") == 0)
		return -EINVAL;
	return *bound ? -EBUSY : fake_dax_bind(fd, name, driver);
}

/*
 * kmem's remove fails silently if a block is online: the driver is unbound, but the blocks stay
 * forever (drivers/dax/kmem.c:dev_dax_kmem_remove).
 */
void fake_dax_unbind(int fd, const char *name)
{
	char driver[MHP_NAME_MAX];

	driver_of(fd, name, driver, sizeof(driver));
	ROOT_PATH(link, DAX "/devices/%s/driver", name);
	tree_remove(fd, link);
	fake_state_bind(fd, name, false);
	if (strcmp(driver, "kmem") == 0 && fake_dax_each_block(fd, name, is_offline, NULL) == 0)
		fake_dax_each_block(fd, name, remove_one, NULL);
	fakecxl_update_iomem(fd);
}

static int unbind_device(int fd, const char *driver, const char *name)
{
	char bound[MHP_NAME_MAX];

	driver_of(fd, name, bound, sizeof(bound));
	if (strcmp(bound, driver) != 0)
		return -ENODEV;
	fake_dax_unbind(fd, name);
	return 0;
}

/* do_id_store() ignores the result of the probe. */
static int write_id(int fd, const char *driver, const char *name, bool add)
{
	unsigned x, y;

	if (sscanf(name, "dax%u.%u", &x, &y) != 2)
		return -EINVAL;
	if (add)
		bind_device(fd, driver, name);
	return 0;
}

static int write_driver(int fd, const char *path, const char *name)
{
	char driver[MHP_NAME_MAX], file[16], text[8];
	int rc;

	if (sscanf(path, DAX "/drivers/%31[^/]/%15s", driver, file) != 2)
		return -ENOENT;
	rc = tree_get(fd, path, text, sizeof(text));
	if (rc < 0)
		return rc;
	if (strcmp(file, "new_id") == 0 || strcmp(file, "remove_id") == 0)
		return write_id(fd, driver, name, strcmp(file, "new_id") == 0);
	if (dax_file(fd, name, "size", text, sizeof(text)) < 0)
		return -ENODEV;
	return strcmp(file, "bind") == 0 ? bind_device(fd, driver, name)
					 : unbind_device(fd, driver, name);
}

/* ---- other files ------------------------------------------------------------------------- */

/* Accepts "file mm/memory_hotplug.c line 1964 +p". */
static int write_dyndbg(int fd, const char *path, const char *query)
{
	char text[2048], *flags;
	unsigned line;
	char sign;
	int rc = tree_get(fd, path, text, sizeof(text));

	if (rc < 0)
		return rc;
	if (sscanf(query, "file mm/memory_hotplug.c line %u %cp", &line, &sign) != 2)
		return -EINVAL;
	flags = strstr(text, " =");
	if (!flags)
		return 0;
	flags[2] = sign == '+' ? 'p' : '_';
	return tree_put(fd, path, "%s\n", text);
}

static int write_policy(int fd, const char *path, const char *word)
{
	if (strcmp(word, "offline") != 0 && strcmp(word, "online") != 0 &&
	    strcmp(word, "online_kernel") != 0 && strcmp(word, "online_movable") != 0)
		return -EINVAL;
	return tree_put(fd, path, "%s\n", word);
}

/* Sets a parameter of free page reporting: the order up to 10, the delay any unsigned int. */
static int write_reporting(int fd, const char *path, const char *text)
{
	bool is_order = strstr(path, "page_reporting_order") != NULL;
	uint64_t value;

	if (parse_u64(text, 10, &value) < 0 || value > (is_order ? 10 : UINT32_MAX))
		return -EINVAL;
	return tree_put(fd, path, "%s\n", text);
}

/* Takes any value for a file of an instance, which has to exist. */
static int write_tracing(int fd, const char *path, const char *text)
{
	char before[64];
	int rc = tree_get(fd, path, before, sizeof(before));

	return rc < 0 ? rc : tree_put(fd, path, "%s\n", text);
}

static int dispatch(int fd, const char *path, const char *text)
{
	char file[16], name[MHP_NAME_MAX];
	unsigned long long id;
	int rc;

	if (sscanf(path, DAX "/devices/%31[^/]/%15s", name, file) == 2)
		return strcmp(file, "state") == 0 ? fake_state_write(fd, name, text)
						  : fake_dax_divide(fd, name, file, text);
	if (strncmp(path, "sys/bus/cxl/", strlen("sys/bus/cxl/")) == 0)
		return fakecxl_write(fd, path, text);
	if (strstr(path, "/dax_region/"))
		return fake_dax_region_write(fd, path, text);
	if (sscanf(path, MEMORY "/memory%llu/%15s", &id, file) == 2)
		return strcmp(file, "state") == 0 ? write_state(fd, id, text) : -EACCES;
	if (strcmp(path, MEMORY "/auto_online_blocks") == 0)
		return write_policy(fd, path, text);
	if (strcmp(path, DAX "/drivers_autoprobe") == 0 ||
	    strcmp(path, "sys/bus/nd/drivers_autoprobe") == 0)
		return tree_put(fd, path, "%s\n", text);
	if (strncmp(path, DAX "/drivers/", strlen(DAX "/drivers/")) == 0)
		return write_driver(fd, path, text);
	if (strncmp(path, "sys/kernel/tracing/instances/", 29) == 0)
		return write_tracing(fd, path, text);
	if (strstr(path, "dynamic_debug/control"))
		return write_dyndbg(fd, path, text);
	if (strncmp(path, REPORTING, strlen(REPORTING)) == 0)
		return write_reporting(fd, path, text);
	rc = fakedrain_write(fd, path, text);
	return rc == -ENOTSUP ? -EACCES : rc;
}

static int fake_write(const struct root *sys, const char *path, const char *text)
{
	struct fake_answer answer = { 0 };
	char line[256];
	int rc;

	fake_acting++;
	str_format(line, "%s=%s\n", path, text);
	tree_append(sys->root_fd, "writes", line);
	if (!fake_answer_act(sys->root_fd, path, text, &answer, &rc)) {
		rc = dispatch(sys->root_fd, path, text);
		rc = fake_answer_after(sys->root_fd, &answer, rc);
	}
	fake_acting--;
	return rc;
}

const struct root_ops fake_root_ops = { .write = fake_write };
