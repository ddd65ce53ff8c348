/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/content.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"

#include <blkid/blkid.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define PIECE	  (1U << 20)
#define SAMPLE	  4096U
#define SAMPLES	  2048		/* about as many pages over the whole */
#define LEAST_GAP (1ULL << 20)	/* between two of them, but no less than this apart */
#define MOST_GAP  (16ULL << 20) /* and no more, unless that were too many: */
#define MOST	  65536		/* it has to end in time, however large the device is */

/*
 * A device and a copy of what is not zero in it. The copy is what libblkid looks at: a devdax
 * device knows no read(2). Pages of a mapping are copied by write(2), which answers EFAULT where
 * touching one would be a SIGBUS.
 */
struct look {
	int fd;
	const char *map; /* of a dax device, or NULL */
	uint64_t size;
	int scratch_fd;
	char *scratch; /* PIECE bytes of it */
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

/* Reads a piece into the scratch buffer. 0 or a negative errno. */
static int read_piece(const struct look *look, uint64_t offset, size_t len)
{
	ssize_t done;

	if (look->map)
		done = pwrite(look->scratch_fd, look->map + offset, len, 0);
	else
		done = pread(look->fd, look->scratch, len, (off_t)offset);
	if (done < 0)
		return -errno; /* poison reads as EIO */
	return (size_t)done == len ? 0 : -EIO;
}

static void seal_page(struct look *look, uint64_t offset, const char *page, size_t len)
{
	uint64_t word, seal = look->seal ^ (offset * 0x9e3779b97f4a7c15);

	for (size_t i = 0; i + sizeof(word) <= len; i += sizeof(word)) {
		memcpy(&word, page + i, sizeof(word));
		seal = (seal ^ word) * 0xff51afd7ed558ccd;
		seal ^= seal >> 32;
	}
	look->seal = seal;
}

/*
 * What the kernel has written for a namespace that was here before (drivers/nvdimm/pfn.h, btt.h) is
 * nobody's data.
 */
static bool is_info_block(uint64_t offset, const char *page)
{
	return offset == 4096 && (memcmp(page, "NVDIMM_DAX_INFO", 16) == 0 ||
				  memcmp(page, "NVDIMM_PFN_INFO", 16) == 0 ||
				  memcmp(page, "BTT_ARENA_INFO", 15) == 0);
}

static int note_page(struct look *look, uint64_t offset, const char *page, size_t len)
{
	size_t at = 0;

	if (is_zero(page, len) || (!look->map && is_info_block(offset, page)))
		return 0;
	if (look->wants_seal)
		seal_page(look, offset, page, len);
	if (!look->found) {
		while (!page[at])
			at++;
		look->first = offset + at;
	}
	look->found = true;
	if (pwrite(look->image_fd, page, len, (off_t)offset) != (ssize_t)len)
		return -ENOMEM;
	return 0;
}

static int look_between(struct look *look, uint64_t from, uint64_t to)
{
	int rc = 0;

	while (from < to && rc == 0) {
		size_t len = to - from < PIECE ? (size_t)(to - from) : PIECE;

		rc = read_piece(look, from, len);
		for (size_t at = 0; at < len && rc == 0; at += SAMPLE)
			rc = note_page(look, from + at, look->scratch + at,
				       len - at < SAMPLE ? len - at : SAMPLE);
		from += len;
	}
	return rc;
}

uint64_t content_gap(uint64_t size)
{
	uint64_t gap = LEAST_GAP;

	while (size / gap > (gap < MOST_GAP ? SAMPLES : MOST))
		gap *= 2;
	return gap;
}

/* A page now and then; the first that is not zero says enough, unless a seal is wanted. */
static int look_at_samples(struct look *look, uint64_t from, uint64_t to)
{
	uint64_t gap = content_gap(look->size);
	int rc = 0;

	for (uint64_t at = (from + gap - 1) / gap * gap; at + SAMPLE <= to && rc == 0; at += gap) {
		if (look->found && !look->wants_seal)
			return 0;
		rc = read_piece(look, at, SAMPLE);
		if (rc == 0)
			rc = note_page(look, at, look->scratch, SAMPLE);
	}
	return rc;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static int look_at_all(struct look *look, const struct content_scope *scope)
{
	bool whole = !scope || (!scope->head && !scope->tail);
	uint64_t head = least(whole ? CONTENT_WINDOW : scope->head, CONTENT_WINDOW);
	uint64_t tail = least(whole ? CONTENT_WINDOW : scope->tail, CONTENT_WINDOW);
	int rc;

	head = least(head, look->size);
	tail = look->size - least(tail, look->size - head);
	rc = look_between(look, 0, head);
	if (rc == 0)
		rc = look_between(look, tail, look->size);
	if (rc == 0 && whole)
		rc = look_at_samples(look, head, tail);
	return rc;
}

/* ---- what it is -------------------------------------------------------------------------- */

static const char *value_of(blkid_probe probe, const char *name)
{
	const char *value = NULL;

	return blkid_probe_lookup_value(probe, name, &value, NULL) == 0 ? value : NULL;
}

static void name_it(blkid_probe probe, struct content *content)
{
	const char *type = value_of(probe, "TYPE"), *table = value_of(probe, "PTTYPE");
	const char *label = value_of(probe, "LABEL");

	if (type && label)
		str_format(content->holds, "%s '%s'", type, label);
	else if (type)
		str_format(content->holds, "%s", type);
	else if (table)
		str_format(content->holds, "a partition table (%s)", table);
	else
		str_copy(content->holds, "a known signature");
}

/* Looks for signatures in the copy. 0 or a negative errno; none is no failure. */
static int probe_image(const struct look *look, struct content *content)
{
	blkid_probe probe = blkid_new_probe();
	int rc;

	if (!probe)
		return -ENOMEM;
	rc = blkid_probe_set_device(probe, look->image_fd, 0, (blkid_loff_t)look->size);
	if (rc == 0) {
		blkid_probe_enable_superblocks(probe, 1);
		blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_LABEL |
								 BLKID_SUBLKS_USAGE |
								 BLKID_SUBLKS_BADCSUM);
		blkid_probe_enable_partitions(probe, 1);
		/* one whose beginning is gone: its copy at the end brings the rest back */
		blkid_probe_set_partitions_flags(probe, BLKID_PARTS_FORCE_GPT);
		rc = blkid_do_safeprobe(probe);
	}
	if (rc == -2) { /* several: the first gives the name */
		blkid_reset_probe(probe);
		rc = blkid_do_probe(probe) == 0 ? 0 : -2;
	}
	content->has_signature = rc == 0 || rc == -2;
	if (content->has_signature)
		name_it(probe, content);
	blkid_free_probe(probe);
	return rc == -1 ? -EIO : 0;
}

/* PMDK begins its pools with "PMEMOBJ" and the like (src/common/pool_hdr.h). */
static void find_pool(const struct look *look, struct content *content)
{
	char name[8];

	if (content->has_signature ||
	    pread(look->image_fd, name, sizeof(name), 0) != (ssize_t)sizeof(name) ||
	    memcmp(name, "PMEM", 4) != 0 || name[7] || strlen(name) != 7)
		return;
	for (size_t i = 4; i < 7; i++)
		if (name[i] < 'A' || name[i] > 'Z')
			return;
	content->has_signature = true;
	str_format(content->holds, "PMDK pool (%s)", name);
}

static void judge(const struct look *look, struct content *content)
{
	char at[24];

	content->kind = MHP_CONTENT_ZERO;
	if (!look->found)
		return;
	content->kind = MHP_CONTENT_DATA;
	if (probe_image(look, content) < 0)
		content->has_signature = false;
	find_pool(look, content);
	if (!content->has_signature)
		str_format(content->holds, "not zero at %s",
			   format_size(look->first / SAMPLE * SAMPLE, at, sizeof(at)));
}

/* ---- opening ----------------------------------------------------------------------------- */

static void look_close(struct look *look)
{
	if (look->map)
		munmap((void *)look->map, look->size);
	if (look->scratch)
		munmap(look->scratch, PIECE);
	for (size_t i = 0; i < 3; i++) {
		int fd = i == 0 ? look->fd : i == 1 ? look->scratch_fd : look->image_fd;

		if (fd >= 0)
			close(fd);
	}
}

/* A node of that name in /dev counts only if it has the number that the kernel gives. */
static int open_node(const struct mhp_ctx *ctx, const char *name, const char *class, int flags,
		     mode_t type)
{
	cleanup_close int fd = -1;
	unsigned major_nr, minor_nr;
	struct stat st;
	char text[32];
	int rc;

	ROOT_PATH(number, "sys/%s/%s/dev", class, name);
	rc = root_read(&ctx->sys, number, text, sizeof(text));
	if (rc < 0)
		return rc;
	if (sscanf(text, "%u:%u", &major_nr, &minor_nr) != 2)
		return -EPROTO;
	ROOT_PATH(path, "dev/%s", name);
	fd = openat(ctx->sys.root_fd, path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if ((st.st_mode & S_IFMT) != type || st.st_rdev != makedev(major_nr, minor_nr))
		return -ENXIO;
	return TAKE_FD(fd);
}

static int open_block(const struct mhp_ctx *ctx, const char *name, struct look *look)
{
	off_t end;

	/* O_DIRECT: pages of a device that may be taken apart do not belong into the page cache */
	look->fd = open_node(ctx, name, "class/block", O_RDONLY | O_DIRECT, S_IFBLK);
	if (look->fd < 0)
		return look->fd;
	end = lseek(look->fd, 0, SEEK_END);
	if (end <= 0)
		return end < 0 ? -errno : -ENODATA;
	look->size = (uint64_t)end;
	return 0;
}

static int open_dax(const struct mhp_ctx *ctx, const char *name, struct look *look)
{
	void *map;
	int rc;

	ROOT_PATH(size, "sys/bus/dax/devices/%s/size", name);
	rc = root_read_u64(&ctx->sys, size, 10, &look->size);
	if (rc < 0)
		return rc;
	look->fd = open_node(ctx, name, "bus/dax/devices", O_RDONLY, S_IFCHR);
	if (look->fd < 0)
		return look->fd;
	map = mmap(NULL, look->size, PROT_READ, MAP_SHARED, look->fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	look->map = map;
	return 0;
}

static int open_buffers(struct look *look)
{
	void *scratch;

	look->scratch_fd = memfd_create("mhpctl-piece", MFD_CLOEXEC);
	look->image_fd = memfd_create("mhpctl-image", MFD_CLOEXEC);
	if (look->scratch_fd < 0 || look->image_fd < 0 || ftruncate(look->scratch_fd, PIECE) < 0 ||
	    ftruncate(look->image_fd, (off_t)look->size) < 0)
		return -errno;
	scratch = mmap(NULL, PIECE, PROT_READ | PROT_WRITE, MAP_SHARED, look->scratch_fd, 0);
	if (scratch == MAP_FAILED)
		return -errno;
	look->scratch = scratch;
	return 0;
}

static void look_and_judge(struct look *look, const struct content_scope *scope, int rc,
			   struct content *content)
{
	*content = (struct content){ 0 };
	if (rc == 0)
		rc = open_buffers(look);
	if (rc == 0)
		rc = look_at_all(look, scope);
	if (rc == 0) {
		judge(look, content);
		content->has_seal = scope;
		content->seal = look->seal ^ look->size;
	} else {
		str_format(content->holds, "it cannot be read: %s", strerror(-rc));
	}
	look_close(look);
}

void content_read(const struct mhp_ctx *ctx, const struct content_source *source,
		  const struct content_scope *scope, struct content *content)
{
	struct look look = { .fd = -1, .scratch_fd = -1, .image_fd = -1, .wants_seal = scope };
	int rc = source->dax ? open_dax(ctx, source->dax, &look)
			     : open_block(ctx, source->block, &look);

	look_and_judge(&look, scope, rc, content);
}

void content_read_file(int fd, uint64_t size, const struct content_scope *scope,
		       struct content *content)
{
	struct look look = {
		.fd = fcntl(fd, F_DUPFD_CLOEXEC, 0),
		.size = size,
		.scratch_fd = -1,
		.image_fd = -1,
		.wants_seal = scope,
	};

	look_and_judge(&look, scope, look.fd < 0 ? -errno : 0, content);
}
