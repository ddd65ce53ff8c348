/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Content of a device: recognised by a signature at either end, or at least as data. */
#include "lib/sys/content.h"
#include "lib/base/cleanup.h"
#include "tests/unit/fake/fakesys.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#define SIZE	  (64 * MIB)
#define MD_MAGIC  0xa92b4efc
#define ZFS_MAGIC 0x00bab10c

static void put(int fd, uint64_t offset, const void *data, size_t len)
{
	assert_int_equal(pwrite(fd, data, len, (off_t)offset), len);
}

static void put_le(int fd, uint64_t offset, uint64_t value, size_t len)
{
	value = htole64(value);
	put(fd, offset, &value, len);
}

static void put_be(int fd, uint64_t offset, uint64_t value, size_t len)
{
	value = htobe64(value << (64 - 8 * len));
	put(fd, offset, &value, len);
}

#define PUT_TEXT(fd, offset, text) put(fd, offset, text, sizeof(text) - 1)

/* ---- signatures -------------------------------------------------------------------------- */

static void ext4(int fd)
{
	put_le(fd, 1024 + 0x38, 0xef53, 2);
	put_le(fd, 1024 + 0x4c, 1, 4);	  /* revision */
	put_le(fd, 1024 + 0x5c, 0x4, 4);  /* journal */
	put_le(fd, 1024 + 0x60, 0x40, 4); /* extents */
	PUT_TEXT(fd, 1024 + 0x78, "backup");
}

static void xfs(int fd)
{
	PUT_TEXT(fd, 0, "XFSB");
	put_be(fd, 4, 4096, 4);	 /* block */
	put_be(fd, 8, 16384, 8); /* blocks in all */
	put_be(fd, 80, 1, 4);	 /* real-time extent */
	put_be(fd, 84, 4096, 4); /* blocks of a group */
	put_be(fd, 88, 4, 4);	 /* groups */
	put_be(fd, 100, 4, 2);	 /* version */
	put_be(fd, 102, 512, 2); /* sector */
	put_be(fd, 104, 256, 2); /* inode */
	put_be(fd, 106, 16, 2);	 /* inodes of a block */
	PUT_TEXT(fd, 120, "\x0c\x09\x08\x04\x0c");
	put_be(fd, 127, 25, 1);
}

static void btrfs(int fd)
{
	PUT_TEXT(fd, 0x10040, "_BHRfS_M");
	put_le(fd, 0x10090, 4096, 4);
}

static void append(int fd, uint64_t *offset, uint64_t value, size_t len)
{
	put_be(fd, *offset, value, len);
	*offset += len;
}

/* Puts one pair of a list in XDR: its sizes, the name, and a number of 64 bits. */
static void zfs_pair(int fd, uint64_t *offset, const char *name, uint64_t value)
{
	size_t len = strlen(name), padded = (len + 3) / 4 * 4;

	append(fd, offset, padded + 28, 4);
	append(fd, offset, padded + 44, 4);
	append(fd, offset, len, 4);
	for (size_t i = 0; i < padded; i++)
		append(fd, offset, i < len ? (uint64_t)name[i] : 0, 1);
	append(fd, offset, 8, 4); /* DATA_TYPE_UINT64 */
	append(fd, offset, 1, 4);
	append(fd, offset, value, 8);
}

/* libblkid before 2.41 looks for uberblocks, later ones for the list of pairs. */
static void zfs_labels(int fd, uint64_t label)
{
	uint64_t offset = label + (16 << 10);

	append(fd, &offset, 0x01010000, 4); /* XDR, little endian */
	append(fd, &offset, 0, 4);
	append(fd, &offset, 1, 4);
	zfs_pair(fd, &offset, "state", 0);
	zfs_pair(fd, &offset, "txg", 4);
	zfs_pair(fd, &offset, "guid", 0x1122);
	for (unsigned i = 0; i < 32; i++)
		put_le(fd, label + (128 << 10) + i * 1024, ZFS_MAGIC, 8);
}

static void zfs_begin(int fd)
{
	zfs_labels(fd, 0);
}

static void zfs_end(int fd)
{
	zfs_labels(fd, SIZE - (512 << 10));
	zfs_labels(fd, SIZE - (256 << 10));
}

static void bcache(int fd)
{
	put_le(fd, 4096 + 8, 8, 8);
	PUT_TEXT(fd, 4096 + 24, "\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81");
}

static void lvm(int fd)
{
	PUT_TEXT(fd, 512, "LABELONE");
	put_le(fd, 512 + 8, 1, 8);
	put_le(fd, 512 + 20, 32, 4);
	PUT_TEXT(fd, 512 + 24, "LVM2 001");
}

static void md_090(int fd)
{
	put_le(fd, SIZE - (64 << 10), MD_MAGIC, 4);
	put_le(fd, SIZE - (64 << 10) + 8, 90, 4);
}

static void md_1(int fd, uint64_t offset)
{
	put_le(fd, offset, MD_MAGIC, 4);
	put_le(fd, offset + 4, 1, 4);
	put_le(fd, offset + 144, offset / 512, 8);
}

static void md_10(int fd)
{
	md_1(fd, SIZE - 8192);
}

static void md_12(int fd)
{
	md_1(fd, 4096);
}

static void luks1(int fd)
{
	PUT_TEXT(fd, 0, "LUKS\xba\xbe");
	put_be(fd, 6, 1, 2);
}

static void luks2(int fd)
{
	PUT_TEXT(fd, 0, "LUKS\xba\xbe");
	put_be(fd, 6, 2, 2);
}

static void swap(int fd)
{
	put_le(fd, 1024, 1, 4);
	put_le(fd, 1028, SIZE / 4096 - 1, 4);
	PUT_TEXT(fd, 4096 - 10, "SWAPSPACE2");
}

static void vfat(int fd)
{
	PUT_TEXT(fd, 0, "\xeb\x3c\x90mkfs.fat");
	put_le(fd, 11, 512, 2);
	put_le(fd, 13, 4, 1);
	put_le(fd, 14, 4, 2); /* reserved */
	put_le(fd, 16, 2, 1); /* tables */
	put_le(fd, 17, 512, 2);
	put_le(fd, 21, 0xf8, 1);
	put_le(fd, 22, 128, 2); /* sectors of a table */
	put_le(fd, 32, SIZE / 512, 4);
	PUT_TEXT(fd, 54, "FAT16   ");
	PUT_TEXT(fd, 510, "\x55\xaa");
}

static void mbr(int fd)
{
	put_le(fd, 450, 0x83, 1);
	put_le(fd, 454, 2048, 4);
	put_le(fd, 458, 4096, 4);
	PUT_TEXT(fd, 510, "\x55\xaa");
}

/* Writes only the copy at the end, as after a dd over the start. */
static void gpt_backup(int fd)
{
	const uint64_t last = SIZE / 512 - 1;
	static unsigned char entries[128 * 128], head[92];

	PUT_TEXT(fd, last * 512, "EFI PART");
	put_le(fd, last * 512 + 8, 0x10000, 4);
	put_le(fd, last * 512 + 12, sizeof(head), 4);
	put_le(fd, last * 512 + 24, last, 8);
	put_le(fd, last * 512 + 32, 1, 8);
	put_le(fd, last * 512 + 40, 34, 8);
	put_le(fd, last * 512 + 48, last - 33, 8);
	put_le(fd, last * 512 + 56, 0x1234, 8);
	put_le(fd, last * 512 + 72, last - 32, 8);
	put_le(fd, last * 512 + 80, 128, 4);
	put_le(fd, last * 512 + 84, 128, 4);
	put_le(fd, last * 512 + 88, crc32(0, entries, sizeof(entries)), 4);
	assert_int_equal(pread(fd, head, sizeof(head), (off_t)(last * 512)), sizeof(head));
	put_le(fd, last * 512 + 16, crc32(0, head, sizeof(head)), 4);
}

static void pmdk(int fd)
{
	put(fd, 0, "PMEMOBJ", 8);
}

static const struct {
	void (*make)(int fd);
	const char *name;
} known[] = {
	{ ext4, "ext4 'backup'" },
	{ xfs, "xfs" },
	{ btrfs, "btrfs" },
	{ zfs_begin, "zfs_member" },
	{ zfs_end, "zfs_member" },
	{ bcache, "bcache" },
	{ lvm, "LVM2_member" },
	{ md_090, "linux_raid_member" },
	{ md_10, "linux_raid_member" },
	{ md_12, "linux_raid_member" },
	{ luks1, "crypto_LUKS" },
	{ luks2, "crypto_LUKS" },
	{ swap, "swap" },
	{ vfat, "vfat" },
	{ mbr, "a partition table (dos)" },
	{ gpt_backup, "a partition table (gpt)" },
	{ pmdk, "PMDK pool (PMEMOBJ)" },
};

static int sparse(uint64_t size)
{
	int fd = memfd_create("content", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	return fd;
}

static void known_by_name(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		cleanup_close int fd = sparse(SIZE);
		struct content content;

		known[i].make(fd);
		content_read_file(fd, SIZE, NULL, &content);
		if (!content.has_signature || strcmp(content.text, known[i].name) != 0)
			print_error("%zu: '%s', not '%s'\n", i, content.text, known[i].name);
		assert_string_equal(content.text, known[i].name);
		assert_int_equal(content.kind, MHP_CONTENT_DATA);
		assert_true(content.has_signature);
	}
}

static void zero_and_not_zero(void **state)
{
	cleanup_close int fd = sparse(SIZE);
	struct content content;

	content_read_file(fd, SIZE, NULL, &content);
	assert_int_equal(content.kind, MHP_CONTENT_ZERO);
	assert_string_equal(content.text, "");
	put(fd, 40 * MIB + 7, "x", 1); /* in a sampled page */
	content_read_file(fd, SIZE, NULL, &content);
	assert_int_equal(content.kind, MHP_CONTENT_DATA);
	assert_string_equal(content.text, "not zero at 40 MiB");
	assert_false(content.has_signature);
}

/* A file shorter than its stated size is not known to be zero. */
static void what_cannot_be_read(void **state)
{
	cleanup_close int fd = sparse(SIZE);
	struct content content;

	content_read_file(fd, 2 * SIZE, NULL, &content);
	assert_int_equal(content.kind, MHP_CONTENT_UNKNOWN);
	assert_non_null(strstr(content.text, "cannot be read"));
}

static void a_seal_differs_where_it_looks(void **state)
{
	const struct content_scope ends = { MIB, MIB };
	cleanup_close int fd = sparse(SIZE);
	struct content before, same, other;

	content_read_file(fd, SIZE, &ends, &before);
	put(fd, 32 * MIB, "x", 1); /* in the former memory */
	content_read_file(fd, SIZE, &ends, &same);
	assert_true(before.has_seal && same.seal == before.seal);
	put(fd, SIZE - 1, "x", 1);
	content_read_file(fd, SIZE, &ends, &other);
	assert_true(other.seal != before.seal);
}

/* The number of sampled pages is limited for every size. */
static void samples_are_bounded(void **state)
{
	assert_int_equal(content_gap(320 * MIB), MIB);
	assert_int_equal(content_gap(2 * GIB), MIB);
	assert_int_equal(content_gap(4 * GIB), 2 * MIB);
	assert_int_equal(content_gap(128 * GIB), 16 * MIB);
	assert_int_equal(content_gap(1024 * GIB), 16 * MIB);
	for (uint64_t size = MIB; size < 1ULL << 50; size *= 3)
		assert_true(size / content_gap(size) <= 65536);
}

UNIT_TESTS(cmocka_unit_test(known_by_name), cmocka_unit_test(zero_and_not_zero),
	   cmocka_unit_test(what_cannot_be_read), cmocka_unit_test(a_seal_differs_where_it_looks),
	   cmocka_unit_test(samples_are_bounded))
