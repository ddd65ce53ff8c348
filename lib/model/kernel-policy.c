/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/model/kernel-policy.h"
#include "lib/base/error.h"
#include "lib/model/memmap.h"
#include "lib/sys/arch.h"
#include "lib/sys/kernel.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void read_word(const struct root *sys, const char *path, char *buf, size_t size)
{
	if (root_read(sys, path, buf, size) < 0)
		buf[0] = '\0';
	for (char *at = buf; *at; at++)
		if (*at == '-')
			*at = '_';
}

/* Applies the kernel's common rule; powerpc and s390 have additional ones. */
static bool memmap_misfits_block(const struct root *sys, const struct mhp_memory *memory)
{
	char arch[32];

	arch_read(sys, arch, sizeof(arch));
	return (strcmp(arch, "aarch64") == 0 || strcmp(arch, "riscv64") == 0 ||
		strcmp(arch, "loongarch64") == 0) &&
	       !memmap_fits_block(memory);
}

/* Reads the parameter, which is Y even if the kernel ignores it. */
static void read_memmap_on_memory(const struct root *sys, struct mhp_memory *memory)
{
	char text[16];

	read_word(sys, KERNEL_MHP_PARAMETERS "/memmap_on_memory", text, sizeof(text));
	if (*text && memmap_misfits_block(sys, memory))
		str_copy(memory->memmap_on_memory, "unsupported");
	else if (strcmp(text, "Y") == 0)
		str_copy(memory->memmap_on_memory, "on");
	else if (strcmp(text, "N") == 0)
		str_copy(memory->memmap_on_memory, "off");
	else
		str_copy(memory->memmap_on_memory, text);
}

/* Returns 612 for "6.12.43+deb13-amd64"; 0: not known. */
static unsigned read_release(const struct root *sys)
{
	unsigned major, minor;
	char text[96];

	if (root_read(sys, KERNEL_RELEASE, text, sizeof(text)) < 0 ||
	    sscanf(text, "%3u.%2u", &major, &minor) != 2)
		return 0;
	return major * 100 + minor;
}

/*
 * Reads whether the memmap is shared: large compound pages of devdax devices share the struct pages
 * of their tails (mm/sparse-vmemmap.c). Up to 6.5 this depends on the same option of hugetlb, which
 * has a sysctl; since then on the architecture (ARCH_WANT_OPTIMIZE_DAX_VMEMMAP).
 */
static enum mhp_tristate read_vmemmap_dedup(const struct root *sys)
{
	unsigned release = read_release(sys);
	char arch[32];

	if (!release)
		return MHP_TRISTATE_UNKNOWN;
	if (release < 519)
		return MHP_TRISTATE_NO;
	if (release < 606) {
		int rc = root_exists(sys, KERNEL_HUGETLB_DEDUP);

		return rc < 0 ? MHP_TRISTATE_UNKNOWN : rc ? MHP_TRISTATE_YES : MHP_TRISTATE_NO;
	}
	if (root_read(sys, KERNEL_ARCH, arch, sizeof(arch)) < 0)
		return MHP_TRISTATE_UNKNOWN;
	if (strcmp(arch, "x86_64") == 0 || strcmp(arch, "riscv64") == 0)
		return MHP_TRISTATE_YES;
	/* on powerpc it depends on the kind of page table */
	return strncmp(arch, "ppc64", 5) == 0 ? MHP_TRISTATE_UNKNOWN : MHP_TRISTATE_NO;
}

static int is_no_block(const struct root *sys, const char *name, void *data)
{
	uint64_t id;

	(void)sys;
	(void)data;
	return root_name_id(name, "memory", &id) < 0 ? 0 : -EEXIST;
}

/* Returns -ENOENT if the kernel has no memory blocks, or -EIO: they have a size that is not shown.
 */
static int fail_block_size(const struct root *sys, int rc)
{
	if (rc != -ENOENT)
		return rc;
	rc = root_each(sys, KERNEL_BLOCKS, is_no_block, NULL);
	return rc == 0 || rc == -ENOENT ? -ENOENT : -EIO;
}

int kernel_policy_read(const struct root *sys, struct mhp_memory *memory)
{
	int rc = root_read_u64(sys, KERNEL_BLOCK_SIZE, 16, &memory->block_size);

	memory->page_size = root_page_size(sys);
	if (rc < 0) {
		memory->block_size = MHP_UNKNOWN;
		return fail_block_size(sys, rc);
	}
	if (!kernel_is_block_size(memory->block_size))
		return -EINVAL;
	read_word(sys, KERNEL_AUTO_ONLINE, memory->auto_online_blocks,
		  sizeof(memory->auto_online_blocks));
	read_word(sys, KERNEL_MHP_PARAMETERS "/online_policy", memory->online_policy,
		  sizeof(memory->online_policy));
	read_memmap_on_memory(sys, memory);
	memory->vmemmap_dedup = read_vmemmap_dedup(sys);
	memory->memmap_pages_per_second = memmap_rate_read(sys);
	return 0;
}
