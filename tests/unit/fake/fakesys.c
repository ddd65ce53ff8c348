/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/fake/fakesys.h"
#include "lib/base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MEMORY "sys/devices/system/memory"

static void make_tree(struct fakesys *fs)
{
	static const char *const folders[] = {
		"run", "proc", "etc", "sys/bus/dax/devices", "sys/bus/nd/devices/ndbus0", "dev"
	};
	const struct fake_nd nd = { 0 };
	int fd = fs->tree.fd;

	assert_int_equal(tree_load(fd, "boot-6.1.sysfs"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		assert_int_equal(tree_folder(fd, folders[i]), 0);
	/* enough for every plan of the tests */
	fakesys_put(
		fs, "proc/zoneinfo",
		"Node 0, zone Normal\n  pages free 4194304\n present 4194304\n managed 4194304\n"
		"Node 1, zone Normal\n  pages free 4194304\n present 4194304\n managed 4194304\n");
	fakesys_put(fs, "proc/sys/kernel/arch", "x86_64\n"); /* also on other architectures */
	fakesys_put(fs, "sys/bus/nd/drivers_autoprobe", "1\n");
	fakesys_put(fs, "sys/bus/nd/drivers/nd_pmem/bind", "");
	fakesys_put(fs, "sys/bus/nd/drivers/dax_pmem/bind", "");
	assert_int_equal(fake_nd_store(fd, &nd), 0);
	assert_int_equal(mkfifoat(fd, "dev/kmsg", 0600), 0);
	fs->kmsg_fd = openat(fd, "dev/kmsg", O_RDWR | O_CLOEXEC);
	assert_true(fs->kmsg_fd >= 0);
}

/* No test may ask the devices of this machine. */
static int no_libcxl(struct libcxl *lib)
{
	(void)lib;
	return -EOPNOTSUPP;
}

struct fakesys *fakesys_new(void)
{
	struct fakesys *fs = calloc(1, sizeof(*fs));

	assert_non_null(fs);
	assert_int_equal(tree_new(&fs->tree), 0);
	make_tree(fs);
	assert_int_equal(mhp_ctx_new(&fs->ctx, fs->tree.dir, NULL), 0);
	fs->ctx->is_copy = false;
	fs->ctx->sys.ops = &fake_root_ops;
	fs->ctx->sys.page_size = 4096;
	fs->ctx->nd = &fake_nd_ops;
	fs->ctx->module = &fake_module_ops;
	fs->ctx->users = &fake_users_ops;
	fs->ctx->load_libcxl = no_libcxl;
	return fs;
}

void fakesys_free(struct fakesys *fs)
{
	int tracer;

	if (!fs)
		return;
	tracer = atoi(fakesys_get(fs, "tracer"));
	if (tracer > 0)
		kill(tracer, SIGKILL);
	mhp_ctx_free(fs->ctx);
	close(fs->kmsg_fd);
	tree_free(&fs->tree);
	free(fs);
}

/* ---- the machine ------------------------------------------------------------------------- */

void fakesys_put(struct fakesys *fs, const char *path, const char *text)
{
	assert_int_equal(tree_put(fs->tree.fd, path, "%s", text), 0);
}

void fakesys_pagemap(struct fakesys *fs, int pid, uint64_t address, const uint64_t *entries,
		     size_t nr)
{
	cleanup_close int fd = -1;

	ROOT_PATH(folder, "proc/%d", pid);
	ROOT_PATH(path, "proc/%d/pagemap", pid);
	assert_int_equal(tree_folder(fs->tree.fd, folder), 0);
	fd = openat(fs->tree.fd, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, entries, nr * sizeof(*entries),
				(off_t)(address / PAGE * sizeof(*entries))),
			 nr * sizeof(*entries));
}

void fakesys_blocks(struct fakesys *fs, uint64_t first, uint64_t last, const char *state,
		    const char *zones, int node)
{
	for (uint64_t id = first; id <= last; id++)
		assert_int_equal(fake_block_add(fs->tree.fd, id, state, zones, node), 0);
}

struct mhp_region fakesys_region0(void)
{
	return (struct mhp_region){
		.name = "region0",
		.type = "pmem",
		.bus = "ndbus0",
		.start = 4 * GIB,
		.size = 2 * GIB,
		.available_bytes = 2 * GIB,
		.max_extent_bytes = 2 * GIB,
		.align = 16 * MIB,
		.nr_aligns = 3,
		.aligns = { 4096, 2 * MIB, GIB },
		.nr_mappings = 1,
		.has_labels = true,
		.can_label = true,
		.is_enabled = true,
		.target_node = 2,
		.seed = "namespace0.0",
		.dax_seed = "dax0.0",
	};
}

void fakesys_region(struct fakesys *fs, const struct mhp_region *region)
{
	struct fake_nd nd;

	assert_int_equal(fake_nd_load(fs->tree.fd, &nd), 0);
	assert_true(nd.head.nr_regions < ARRAY_SIZE(nd.regions));
	nd.regions[nd.head.nr_regions++] = *region;
	assert_int_equal(fake_nd_store(fs->tree.fd, &nd), 0);
}

void fakesys_namespace(struct fakesys *fs, const struct mhp_namespace *ns)
{
	struct fake_nd nd;

	assert_int_equal(fake_nd_load(fs->tree.fd, &nd), 0);
	assert_true(nd.head.nr_namespaces < ARRAY_SIZE(nd.namespaces));
	nd.namespaces[nd.head.nr_namespaces++] = *ns;
	assert_int_equal(fake_nd_store(fs->tree.fd, &nd), 0);
}

void fakesys_raw_namespace(struct fakesys *fs, const char *region, enum mhp_content content)
{
	struct mhp_namespace ns = {
		.mode = MHP_NAMESPACE_RAW,
		.content = content,
		.size = 2 * GIB,
		.raw_size = 2 * GIB,
		.is_enabled = true,
	};

	str_format(ns.name, "namespace%s.0", region + strlen("region"));
	str_copy(ns.region, region);
	fakesys_namespace(fs, &ns);
}

void fakesys_disabled(struct fakesys *fs, unsigned n, enum mhp_namespace_mode mode)
{
	struct mhp_region region = fakesys_region0();
	struct mhp_namespace ns = {
		.mode = mode,
		.content = MHP_CONTENT_ZERO,
		.map = MHP_MEMMAP_MEM,
		.size = 2 * GIB,
		.raw_size = 2 * GIB,
		.align = 2 * MIB,
	};

	str_format(region.name, "region%u", n);
	str_format(region.seed, "namespace%u.1", n);
	str_format(region.dax_seed, "dax%u.0", n);
	region.start += n * region.size;
	region.target_node += (int)n;
	region.available_bytes = region.max_extent_bytes = 0;
	str_format(ns.name, "namespace%u.0", n);
	str_copy(ns.region, region.name);
	fakesys_region(fs, &region);
	fakesys_namespace(fs, &ns);
}

bool fakesys_enabled(struct fakesys *fs, unsigned n)
{
	struct fake_nd nd;

	assert_int_equal(fake_nd_load(fs->tree.fd, &nd), 0);
	assert_true(n < nd.head.nr_namespaces);
	return nd.namespaces[n].is_enabled;
}

void fakesys_holds(struct fakesys *fs, unsigned n, enum mhp_content content)
{
	struct fake_nd nd;

	assert_int_equal(fake_nd_load(fs->ctx->sys.root_fd, &nd), 0);
	nd.namespaces[n].content = content;
	assert_int_equal(fake_nd_store(fs->ctx->sys.root_fd, &nd), 0);
}

void fakesys_dax0(struct fakesys *fs, const char *driver)
{
	const struct mhp_namespace ns = {
		.name = "namespace0.0",
		.region = "region0",
		.uuid = "eeafa2a8-af66-40c0-b975-e7e13c49b6a5",
		.mode = MHP_NAMESPACE_DEVDAX,
		.content = MHP_CONTENT_ZERO,
		.map = MHP_MEMMAP_DEV,
		.size = 2111832064,
		.raw_size = 2 * GIB,
		.align = 2 * MIB,
		.is_enabled = true,
	};
	const struct mhp_dax dax = {
		.name = "dax0.0",
		.region = "region0",
		.ns_name = "namespace0.0",
		.size = 2111832064,
		.align = 2 * MIB,
		.target_node = 2,
		.nr_ranges = 1,
		.ranges = { { 0x102200000, 0x180000000 } },
	};
	struct mhp_region region = fakesys_region0();

	region.available_bytes = region.max_extent_bytes = 0;
	str_copy(region.seed, "namespace0.1");
	str_copy(region.dax_seed, "dax0.1");
	fakesys_region(fs, &region);
	fakesys_namespace(fs, &ns);
	assert_int_equal(fake_dax_add(fs->tree.fd, &dax), 0);
	if (*driver)
		assert_int_equal(fake_dax_bind(fs->tree.fd, "dax0.0", driver), 0);
}

void fakesys_dax_part(struct fakesys *fs, const char *name, uint64_t block, uint64_t nr_blocks,
		      const char *driver)
{
	const uint64_t start = REGION_START + block * FAKE_BLOCK_SIZE;
	struct mhp_dax dax = {
		.size = nr_blocks * FAKE_BLOCK_SIZE,
		.align = 2 * MIB,
		.target_node = 2,
		.nr_ranges = nr_blocks ? 1 : 0,
		.ranges = { { start, start + nr_blocks * FAKE_BLOCK_SIZE } },
	};

	str_copy(dax.name, name);
	assert_int_equal(fake_dax_add(fs->tree.fd, &dax), 0);
	if (*driver)
		assert_int_equal(fake_dax_bind(fs->tree.fd, name, driver), 0);
	assert_int_equal(fake_dax_region_add(
				 fs->tree.fd, 0,
				 (struct mhp_range){ REGION_START,
						     REGION_START + NR_BLOCKS * FAKE_BLOCK_SIZE }),
			 0);
}

void fakesys_dax_region0(struct fakesys *fs, uint64_t bytes, const char *driver)
{
	fakesys_put(fs, "proc/iomem", "108000000-17fffffff : Soft Reserved\n");
	fakesys_dax_part(fs, "dax0.0", 0, bytes / FAKE_BLOCK_SIZE, driver);
}

void fakesys_cxl(struct fakesys *fs)
{
	assert_int_equal(fakecxl_bus(fs->tree.fd), 0);
}

void fakesys_cxl_region(struct fakesys *fs, uint64_t size, const char *memdev)
{
	const char *const both[] = { "mem0", "mem1" };
	const char *window = strcmp(memdev, "mem0") == 0   ? "decoder0.0"
			     : strcmp(memdev, "mem1") == 0 ? "decoder0.1"
							   : "decoder0.2";
	const bool is_one = strcmp(memdev, "both") != 0;

	assert_int_equal(fakecxl_region(fs->tree.fd, window, size, is_one ? &memdev : both,
					is_one ? 1 : 2),
			 0);
}

void fakesys_dax1(struct fakesys *fs)
{
	const struct mhp_dax dax = {
		.name = "dax1.0",
		.size = GIB,
		.align = 2 * MIB,
		.target_node = 3,
		.nr_ranges = 1,
		.ranges = { { 0x180000000, 0x1c0000000 } },
	};

	assert_int_equal(fake_dax_add(fs->tree.fd, &dax), 0);
}

void fakesys_online_dax0(struct fakesys *fs)
{
	fakesys_dax0(fs, "kmem");
	for (uint64_t id = FIRST_BLOCK; id <= LAST_BLOCK; id++)
		assert_int_equal(fake_block_set(fs->tree.fd, id, "online", "Movable"), 0);
}

void fakesys_onliner(struct fakesys *fs)
{
	fakesys_put(fs, "etc/udev/rules.d/40-vm.rules",
		    "SUBSYSTEM==\"memory\", ACTION==\"add\", ATTR{state}=\"online\"\n");
}

/* ---- answers ----------------------------------------------------------------------------- */

static void put_answer(struct fakesys *fs, int times, const char *path, const char *word,
		       const char *what, const char *log)
{
	struct fake_answer answer = { .times = times };
	size_t len = strcspn(what, " ");

	str_format(answer.verb, "%.*s", (int)len, what);
	str_copy(answer.arg, what[len] ? what + len + 1 : "");
	str_copy(answer.log, log);
	assert_int_equal(fake_answer_put(fs->tree.fd, path, word, &answer), 0);
}

void fakesys_answer(struct fakesys *fs, int times, const char *path, const char *word,
		    const char *what)
{
	put_answer(fs, times, path, word, what, "");
}

void fakesys_answer_block(struct fakesys *fs, int times, uint64_t id, const char *word,
			  const char *what)
{
	fakesys_answer_log(fs, times, id, word, what, "");
}

void fakesys_answer_log(struct fakesys *fs, int times, uint64_t id, const char *word,
			const char *what, const char *log)
{
	ROOT_PATH(path, MEMORY "/memory%" PRIu64 "/state", id);

	put_answer(fs, times, path, word, what, log);
}

void fakesys_answer_path_log(struct fakesys *fs, int times, const char *path, const char *word,
			     const char *what, const char *log)
{
	put_answer(fs, times, path, word, what, log);
}

/* ---- results ----------------------------------------------------------------------------- */

const char *fakesys_get(struct fakesys *fs, const char *path)
{
	if (tree_get(fs->tree.fd, path, fs->text, sizeof(fs->text)) < 0)
		fs->text[0] = '\0';
	return fs->text;
}

void fakesys_check_blocks(struct fakesys *fs, uint64_t first, uint64_t last, const char *state,
			  const char *zones)
{
	for (uint64_t id = first; id <= last; id++) {
		ROOT_PATH(state_path, MEMORY "/memory%" PRIu64 "/state", id);
		ROOT_PATH(zones_path, MEMORY "/memory%" PRIu64 "/valid_zones", id);
		if (strcmp(fakesys_get(fs, state_path), state) != 0)
			fail_msg("memory%" PRIu64 " is %s, not %s", id, fs->text, state);
		if (strcmp(fakesys_get(fs, zones_path), zones) != 0)
			fail_msg("memory%" PRIu64 " has zones %s, not %s", id, fs->text, zones);
	}
}

void fakesys_check_no_blocks(struct fakesys *fs, uint64_t first, uint64_t last)
{
	for (uint64_t id = first; id <= last; id++) {
		ROOT_PATH(path, MEMORY "/memory%" PRIu64, id);
		if (root_exists(&fs->ctx->sys, path))
			fail_msg("memory%" PRIu64 " is there", id);
	}
}

const char *fakesys_driver(struct fakesys *fs, const char *device)
{
	ROOT_PATH(path, "sys/bus/dax/devices/%s/driver", device);

	if (root_link_name(&fs->ctx->sys, path, fs->text, sizeof(fs->text)) < 0)
		fs->text[0] = '\0';
	return fs->text;
}

unsigned fakesys_writes(struct fakesys *fs, const char *part)
{
	cleanup_fclose FILE *file = NULL;
	unsigned count = 0;
	char line[512];
	int fd = openat(fs->tree.fd, "writes", O_RDONLY | O_CLOEXEC);

	file = fd < 0 ? NULL : fdopen(fd, "re");
	while (file && fgets(line, sizeof(line), file))
		count += strstr(line, part) != NULL;
	return count;
}

void fakesys_check_settings(struct fakesys *fs)
{
	assert_string_equal(fakesys_get(fs, "sys/bus/dax/drivers_autoprobe"), "1");
	assert_string_equal(fakesys_get(fs, "sys/bus/nd/drivers_autoprobe"), "1");
	assert_string_equal(fakesys_get(fs, MEMORY "/auto_online_blocks"), "offline");
	assert_null(strstr(fakesys_get(fs, "proc/dynamic_debug/control"), " =p "));
	assert_false(root_exists(&fs->ctx->sys, "run/mhpctl/restore.dax-autoprobe"));
	assert_false(root_exists(&fs->ctx->sys, "run/mhpctl/restore.nd-autoprobe"));
	assert_false(root_exists(&fs->ctx->sys, "run/mhpctl/restore.auto-online"));
	assert_false(root_exists(&fs->ctx->sys, "run/mhpctl/restore.offline-reason"));
	assert_false(root_exists(&fs->ctx->sys, "run/mhpctl/restore.demotion"));
}
