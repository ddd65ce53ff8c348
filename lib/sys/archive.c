/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes an archive. */
#include "lib/sys/archive.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/sys/libz.h"
#include "lib/sys/tar.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PIECE	   16384
#define GZIP_FLAG  16 /* added to the size of the window: with the head and the sum of gzip */
#define MODE_FILE  0600
#define MODE_DIR   0700
#define LEVEL	   6
#define MEM_LEVEL  8
#define PAX_NUMBER 24 /* space for the length of a value of pax, and more */

struct archive {
	struct libz lib;
	z_stream stream;
	struct buf out;
	uint64_t time_s;
};

int archive_new(uint64_t time_s, struct archive **ret)
{
	struct archive *archive = calloc(1, sizeof(*archive));
	int rc;

	if (!archive)
		return -ENOMEM;
	archive->time_s = time_s;
	rc = libz_load(&archive->lib);
	if (rc == 0 &&
	    archive->lib.deflateInit2_(&archive->stream, LEVEL, Z_DEFLATED, MAX_WBITS + GZIP_FLAG,
				       MEM_LEVEL, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
				       sizeof(archive->stream)) != Z_OK)
		rc = -ENOMEM;
	if (rc < 0)
		free(archive);
	else
		*ret = archive;
	return rc;
}

void archive_free(struct archive *archive)
{
	if (!archive)
		return;
	archive->lib.deflateEnd(&archive->stream);
	buf_free(&archive->out);
	free(archive);
}

static int compress_all(struct archive *archive, const void *data, size_t len, int flush)
{
	z_stream *stream = &archive->stream;
	char piece[PIECE];
	int rc = Z_OK;

	stream->next_in = (Bytef *)data;
	stream->avail_in = (uInt)len;
	do {
		stream->next_out = (Bytef *)piece;
		stream->avail_out = sizeof(piece);
		rc = archive->lib.deflate(stream, flush);
		if (rc == Z_STREAM_ERROR ||
		    buf_add(&archive->out, piece, sizeof(piece) - stream->avail_out) < 0)
			return -ENOMEM;
	} while (stream->avail_out == 0);
	return 0;
}

/* Adds the data of an entry, and fills its last block. */
static int add_data(struct archive *archive, const void *data, size_t len)
{
	static const char zeros[TAR_BLOCK];
	int rc = len ? compress_all(archive, data, len, Z_NO_FLUSH) : 0;

	if (rc == 0 && len % TAR_BLOCK)
		rc = compress_all(archive, zeros, TAR_BLOCK - len % TAR_BLOCK, Z_NO_FLUSH);
	return rc;
}

/* Copies a text that may fill its field, without a NUL. */
static void fill_text(char *field, size_t size, const char *text)
{
	size_t len = strnlen(text, size);

	memcpy(field, text, len);
}

static int add_header(struct archive *archive, char type, const char *path, const char *target,
		      size_t len)
{
	struct tar_header header = { .type = type, .magic = "ustar", .version = { '0', '0' } };
	int mode = type == TAR_DIRECTORY ? MODE_DIR : MODE_FILE;

	fill_text(header.name, sizeof(header.name), path);
	fill_text(header.target, sizeof(header.target), target);
	str_format(header.mode, "%07o", (unsigned)mode);
	str_format(header.uid, "%07o", 0U);
	str_format(header.gid, "%07o", 0U);
	str_format(header.size, "%011" PRIo64, (uint64_t)len);
	str_format(header.mtime, "%011" PRIo64, archive->time_s);
	str_format(header.sum, "%06o", tar_sum(&header));
	return compress_all(archive, &header, sizeof(header), Z_NO_FLUSH);
}

/* Formats "LENGTH key=value\n", where the length counts itself. */
static int format_pax(char *text, size_t size, const char *key, const char *value)
{
	size_t len = strlen(key) + strlen(value) + 3, digits = 1;

	for (size_t limit = 10; len + digits >= limit; limit *= 10)
		digits++;
	return snprintf(text, size, "%zu %s=%s\n", len + digits, key, value);
}

/* Adds what does not fit into the header of the entry that follows. */
static int add_long(struct archive *archive, const char *path, const char *target)
{
	const size_t space = strlen(path) + strlen(target) + 4 * PAX_NUMBER;
	cleanup_free char *text = calloc(1, space);
	size_t len = 0;
	int rc;

	if (!text)
		return -ENOMEM;
	if (strlen(path) > sizeof(((struct tar_header *)0)->name))
		len += (size_t)format_pax(text, space, "path", path);
	if (strlen(target) > sizeof(((struct tar_header *)0)->target))
		len += (size_t)format_pax(text + len, space - len, "linkpath", target);
	if (!len)
		return 0;
	rc = add_header(archive, TAR_PAX, "PaxHeaders/entry", "", len);
	return rc < 0 ? rc : add_data(archive, text, len);
}

static int add_entry(struct archive *archive, char type, const char *path, const char *target,
		     const void *data, size_t len)
{
	int rc = add_long(archive, path, target);

	if (rc == 0)
		rc = add_header(archive, type, path, target, len);
	return rc < 0 ? rc : add_data(archive, data, len);
}

int archive_add_file(struct archive *archive, const char *path, const void *data, size_t len)
{
	return add_entry(archive, TAR_FILE, path, "", data, len);
}

int archive_add_link(struct archive *archive, const char *path, const char *target)
{
	return add_entry(archive, TAR_LINK, path, target, NULL, 0);
}

int archive_add_directory(struct archive *archive, const char *path)
{
	return add_entry(archive, TAR_DIRECTORY, path, "", NULL, 0);
}

int archive_end(struct archive *archive, struct buf *to)
{
	static const char zeros[2 * TAR_BLOCK];
	int rc = compress_all(archive, zeros, sizeof(zeros), Z_NO_FLUSH);

	if (rc == 0)
		rc = compress_all(archive, zeros, 0, Z_FINISH);
	if (rc == 0) {
		*to = archive->out;
		archive->out = (struct buf){ 0 };
	}
	return rc;
}
