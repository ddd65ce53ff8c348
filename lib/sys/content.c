/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/content.h"
#include "lib/base/cleanup.h"
#include "lib/base/dynlib.h"
#include "lib/base/error.h"
#include "lib/base/log.h"
#include "lib/base/parse.h"
#include "lib/sys/devnode.h"

#include <blkid/blkid.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define PIECE	    (1U << 20)
#define SAMPLE	    4096U
#define SAMPLES	    2048	  /* about how many samples the whole device gets */
#define MIN_GAP	    (1ULL << 20)  /* the smallest distance between samples */
#define MAX_GAP	    (16ULL << 20) /* the largest, unless that makes too many samples */
#define MAX_SAMPLES 65536	  /* limits the run time, however large the device is */

/*
 * A device and a copy of its pages that are not zero. libblkid reads the copy, because a devdax
 * device does not support read(2). Pages of a mapping are copied with write(2), which fails with
 * EFAULT where a direct access would raise SIGBUS.
 */
struct scan {
	int fd;
	const char *map; /* mapping of a dax device, or NULL */
	uint64_t size;
	int scratch_fd;
	char *scratch; /* PIECE bytes */
	int image_fd;
	bool wants_seal;
	uint64_t seal;
	bool found;
	uint64_t first; /* offset of the first byte that is not zero */
};

static bool is_zero(const char *data, size_t len)
{
	return !data[0] && memcmp(data, data + 1, len - 1) == 0;
}

/* Reads a piece into the scratch buffer. Returns 0 or a negative errno. */
static int read_piece(const struct scan *scan, uint64_t offset, size_t len)
{
	ssize_t done;

	if (scan->map)
		done = pwrite(scan->scratch_fd, scan->map + offset, len, 0);
	else
		done = pread(scan->fd, scan->scratch, len, (off_t)offset);
	if (done < 0)
		return -errno; /* poison reads as EIO */
	return (size_t)done == len ? 0 : -EIO;
}

static void seal_page(struct scan *scan, uint64_t offset, const char *page, size_t len)
{
	uint64_t word, seal = scan->seal ^ (offset * 0x9e3779b97f4a7c15);

	for (size_t i = 0; i + sizeof(word) <= len; i += sizeof(word)) {
		memcpy(&word, page + i, sizeof(word));
		seal = (seal ^ word) * 0xff51afd7ed558ccd;
		seal ^= seal >> 32;
	}
	scan->seal = seal;
}

/*
 * Returns whether a page is an info block that the kernel wrote for an earlier namespace
 * (drivers/nvdimm/pfn.h, btt.h), which is not user data.
 */
static bool is_info_block(uint64_t offset, const char *page)
{
	return offset == 4096 && (memcmp(page, "NVDIMM_DAX_INFO", 16) == 0 ||
				  memcmp(page, "NVDIMM_PFN_INFO", 16) == 0 ||
				  memcmp(page, "BTT_ARENA_INFO", 15) == 0);
}

static int scan_page(struct scan *scan, uint64_t offset, const char *page, size_t len)
{
	size_t at = 0;

	if (is_zero(page, len) || (!scan->map && is_info_block(offset, page)))
		return 0;
	if (scan->wants_seal)
		seal_page(scan, offset, page, len);
	if (!scan->found) {
		while (!page[at])
			at++;
		scan->first = offset + at;
	}
	scan->found = true;
	if (pwrite(scan->image_fd, page, len, (off_t)offset) != (ssize_t)len)
		return -ENOMEM;
	return 0;
}

static int scan_range(struct scan *scan, uint64_t from, uint64_t to)
{
	int rc = 0;

	while (from < to && rc == 0) {
		size_t len = to - from < PIECE ? (size_t)(to - from) : PIECE;

		rc = read_piece(scan, from, len);
		for (size_t at = 0; at < len && rc == 0; at += SAMPLE)
			rc = scan_page(scan, from + at, scan->scratch + at,
				       len - at < SAMPLE ? len - at : SAMPLE);
		from += len;
	}
	return rc;
}

uint64_t content_gap(uint64_t size)
{
	uint64_t gap = MIN_GAP;

	while (size / gap > (gap < MAX_GAP ? SAMPLES : MAX_SAMPLES))
		gap *= 2;
	return gap;
}

/*
 * Reads single pages at regular distances. Stops at the first page that is not zero, unless a seal
 * is wanted.
 */
static int scan_samples(struct scan *scan, uint64_t from, uint64_t to)
{
	uint64_t gap = content_gap(scan->size);
	int rc = 0;

	for (uint64_t at = (from + gap - 1) / gap * gap; at + SAMPLE <= to && rc == 0; at += gap) {
		if (scan->found && !scan->wants_seal)
			return 0;
		rc = read_piece(scan, at, SAMPLE);
		if (rc == 0)
			rc = scan_page(scan, at, scan->scratch, SAMPLE);
	}
	return rc;
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static int scan_all(struct scan *scan, const struct content_scope *scope)
{
	bool whole = !scope || (!scope->head && !scope->tail);
	uint64_t head = min_u64(whole ? CONTENT_WINDOW : scope->head, CONTENT_WINDOW);
	uint64_t tail = min_u64(whole ? CONTENT_WINDOW : scope->tail, CONTENT_WINDOW);
	int rc;

	head = min_u64(head, scan->size);
	tail = scan->size - min_u64(tail, scan->size - head);
	rc = scan_range(scan, 0, head);
	if (rc == 0)
		rc = scan_range(scan, tail, scan->size);
	if (rc == 0 && whole)
		rc = scan_samples(scan, head, tail);
	return rc;
}

/* ---- signatures -------------------------------------------------------------------------- */

/* Loaded for a device that is not empty: it takes longer to load than most commands run. */
#define LIBBLKID_FUNCTIONS(X)                \
	X(blkid_do_probe)                    \
	X(blkid_do_safeprobe)                \
	X(blkid_free_probe)                  \
	X(blkid_new_probe)                   \
	X(blkid_probe_enable_partitions)     \
	X(blkid_probe_enable_superblocks)    \
	X(blkid_probe_lookup_value)          \
	X(blkid_probe_set_device)            \
	X(blkid_probe_set_partitions_flags)  \
	X(blkid_probe_set_superblocks_flags) \
	X(blkid_reset_probe)

struct libblkid {
#define X(name) __typeof__(&(name)) name;
	LIBBLKID_FUNCTIONS(X)
#undef X
};

static int libblkid_load(struct libblkid *lib)
{
#define X(name) { #name, offsetof(struct libblkid, name) },
	static const struct dynlib_function functions[] = { LIBBLKID_FUNCTIONS(X) };
#undef X

	return dynlib_load("libblkid.so.1", functions, ARRAY_SIZE(functions), lib);
}

void content_prepare(void)
{
	struct libblkid lib;

	libblkid_load(&lib);
}

static const char *probe_value(const struct libblkid *lib, blkid_probe probe, const char *name)
{
	const char *value = NULL;

	return lib->blkid_probe_lookup_value(probe, name, &value, NULL) == 0 ? value : NULL;
}

static void describe_signature(const struct libblkid *lib, blkid_probe probe,
			       struct content *content)
{
	const char *type = probe_value(lib, probe, "TYPE");
	const char *table = probe_value(lib, probe, "PTTYPE");
	const char *label = probe_value(lib, probe, "LABEL");

	if (type && label)
		str_format(content->text, "%s '%s'", type, label);
	else if (type)
		str_format(content->text, "%s", type);
	else if (table)
		str_format(content->text, "a partition table (%s)", table);
	else
		str_copy(content->text, "a known signature");
}

/* Looks for signatures. Returns 0 if there are any, or another result of blkid_do_safeprobe(). */
static int probe_device(const struct libblkid *lib, blkid_probe probe, const struct scan *scan)
{
	int rc = lib->blkid_probe_set_device(probe, scan->image_fd, 0, (blkid_loff_t)scan->size);

	if (rc != 0)
		return rc;
	lib->blkid_probe_enable_superblocks(probe, 1);
	lib->blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_LABEL |
							      BLKID_SUBLKS_USAGE |
							      BLKID_SUBLKS_BADCSUM);
	lib->blkid_probe_enable_partitions(probe, 1);
	/* a GPT whose start is overwritten can be restored from its copy at the end */
	lib->blkid_probe_set_partitions_flags(probe, BLKID_PARTS_FORCE_GPT);
	rc = lib->blkid_do_safeprobe(probe);
	if (rc != -2)
		return rc;
	lib->blkid_reset_probe(probe); /* several signatures: the first gives the name */
	return lib->blkid_do_probe(probe) == 0 ? 0 : -2;
}

/* Looks for signatures in the copy. Returns 0, also without a signature, or a negative errno. */
static int probe_image(const struct scan *scan, struct content *content)
{
	struct libblkid lib;
	blkid_probe probe;
	int rc = libblkid_load(&lib);

	if (rc < 0)
		return rc;
	probe = lib.blkid_new_probe();
	if (!probe)
		return -ENOMEM;
	rc = probe_device(&lib, probe, scan);
	content->has_signature = rc == 0 || rc == -2;
	if (content->has_signature)
		describe_signature(&lib, probe, content);
	lib.blkid_free_probe(probe);
	return rc == -1 ? -EIO : 0;
}

/* Recognises a PMDK pool, which starts with "PMEMOBJ" or similar (src/common/pool_hdr.h). */
static void find_pool(const struct scan *scan, struct content *content)
{
	char name[8];

	if (content->has_signature ||
	    pread(scan->image_fd, name, sizeof(name), 0) != (ssize_t)sizeof(name) ||
	    memcmp(name, "PMEM", 4) != 0 || name[7] || strlen(name) != 7)
		return;
	for (size_t i = 4; i < 7; i++)
		if (name[i] < 'A' || name[i] > 'Z')
			return;
	content->has_signature = true;
	str_format(content->text, "PMDK pool (%s)", name);
}

static void classify_content(const struct scan *scan, struct content *content)
{
	char at[24];

	content->kind = MHP_CONTENT_ZERO;
	if (!scan->found)
		return;
	content->kind = MHP_CONTENT_DATA;
	if (probe_image(scan, content) < 0)
		content->has_signature = false;
	find_pool(scan, content);
	if (!content->has_signature)
		str_format(content->text, "not zero at %s",
			   format_size(scan->first / SAMPLE * SAMPLE, at, sizeof(at)));
}

/* ---- opening ----------------------------------------------------------------------------- */

static void scan_close(struct scan *scan)
{
	if (scan->map)
		munmap((void *)scan->map, scan->size);
	if (scan->scratch)
		munmap(scan->scratch, PIECE);
	for (size_t i = 0; i < 3; i++) {
		int fd = i == 0 ? scan->fd : i == 1 ? scan->scratch_fd : scan->image_fd;

		if (fd >= 0)
			close(fd);
	}
}

/* Opens the device that has that name in a class of sysfs, whatever /dev/NAME is. */
static int open_node(const struct mhp_ctx *ctx, const char *name, const char *class, int flags,
		     mode_t type)
{
	dev_t number;
	int rc;

	ROOT_PATH(path, "sys/%s/%s/dev", class, name);
	rc = devnode_number(&ctx->sys, path, &number);
	if (rc < 0)
		return rc;
	return devnode_open(&ctx->sys, type, name, number, flags | O_NONBLOCK);
}

static int open_block(const struct mhp_ctx *ctx, const char *name, struct scan *scan)
{
	off_t end;

	/* O_DIRECT: keep pages of a device that may be destroyed out of the page cache */
	scan->fd = open_node(ctx, name, "class/block", O_RDONLY | O_DIRECT, S_IFBLK);
	if (scan->fd < 0)
		return scan->fd;
	end = lseek(scan->fd, 0, SEEK_END);
	if (end <= 0)
		return end < 0 ? -errno : -ENODATA;
	scan->size = (uint64_t)end;
	return 0;
}

/* The inodes of the links to the drivers of a dax device and of its region. */
struct binding {
	ino_t device, region;
};

static int read_binding(const struct mhp_ctx *ctx, const char *name, struct binding *binding)
{
	int rc;

	ROOT_PATH(device, "sys/bus/dax/devices/%s/driver", name);
	ROOT_PATH(region, "sys/bus/dax/devices/%s/../driver", name);
	rc = root_link_inode(&ctx->sys, device, &binding->device);
	return rc < 0 ? rc : root_link_inode(&ctx->sys, region, &binding->region);
}

/*
 * Opens a dax device if it stays bound all the while. A descriptor that is opened while a driver
 * releases the device belongs to no device, and an mmap() of it is an oops (drivers/dax/device.c:
 * dax_open, check_vma). The link to a driver is removed before the driver lets go, and is a new one
 * in each binding (drivers/base/dd.c). A descriptor that was opened before keeps its device.
 */
static int open_bound(const struct mhp_ctx *ctx, const char *name)
{
	struct binding before, after;
	cleanup_close int fd = -1;
	int rc = read_binding(ctx, name, &before);

	if (rc < 0)
		return rc;
	fd = open_node(ctx, name, "bus/dax/devices", O_RDONLY, S_IFCHR);
	if (fd < 0)
		return fd;
	rc = read_binding(ctx, name, &after);
	if (rc < 0)
		return rc;
	if (after.device != before.device || after.region != before.region)
		return -ENXIO;
	return TAKE_FD(fd);
}

static int open_dax(const struct mhp_ctx *ctx, const char *name, struct scan *scan)
{
	void *map;
	int rc;

	ROOT_PATH(size, "sys/bus/dax/devices/%s/size", name);
	rc = root_read_u64(&ctx->sys, size, 10, &scan->size);
	if (rc < 0)
		return rc;
	scan->fd = open_bound(ctx, name);
	if (scan->fd < 0)
		return scan->fd;
	map = mmap(NULL, scan->size, PROT_READ, MAP_SHARED, scan->fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	scan->map = map;
	return 0;
}

static int open_buffers(struct scan *scan)
{
	void *scratch;

	scan->scratch_fd = memfd_create("mhpctl-piece", MFD_CLOEXEC);
	scan->image_fd = memfd_create("mhpctl-image", MFD_CLOEXEC);
	if (scan->scratch_fd < 0 || scan->image_fd < 0 || ftruncate(scan->scratch_fd, PIECE) < 0 ||
	    ftruncate(scan->image_fd, (off_t)scan->size) < 0)
		return -errno;
	scratch = mmap(NULL, PIECE, PROT_READ | PROT_WRITE, MAP_SHARED, scan->scratch_fd, 0);
	if (scratch == MAP_FAILED)
		return -errno;
	scan->scratch = scratch;
	return 0;
}

static int scan_and_classify(struct scan *scan, const struct content_scope *scope, int rc,
			     struct content *content)
{
	*content = (struct content){ 0 };
	if (rc == 0)
		rc = open_buffers(scan);
	if (rc == 0)
		rc = scan_all(scan, scope);
	if (rc == 0) {
		classify_content(scan, content);
		content->has_seal = scope;
		content->seal = scan->seal ^ scan->size;
	} else {
		str_format(content->text, "it cannot be read: %s", strerror(-rc));
	}
	scan_close(scan);
	return rc;
}

void content_read(const struct mhp_ctx *ctx, const struct content_source *source,
		  const struct content_scope *scope, struct content *content)
{
	struct scan scan = { .fd = -1, .scratch_fd = -1, .image_fd = -1, .wants_seal = scope };
	int rc = source->dax ? open_dax(ctx, source->dax, &scan)
			     : open_block(ctx, source->block, &scan);

	rc = scan_and_classify(&scan, scope, rc, content);
	log_done(&ctx->log, rc, "read the content of %s",
		 source->dax ? source->dax : source->block);
}

void content_read_file(int fd, uint64_t size, const struct content_scope *scope,
		       struct content *content)
{
	struct scan scan = {
		.fd = fcntl(fd, F_DUPFD_CLOEXEC, 0),
		.size = size,
		.scratch_fd = -1,
		.image_fd = -1,
		.wants_seal = scope,
	};

	scan_and_classify(&scan, scope, scan.fd < 0 ? -errno : 0, content);
}
