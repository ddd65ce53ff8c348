/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/gunzip.h"
#include "lib/base/cleanup.h"
#include "lib/sys/libz.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#define PIECE 65536
#define GZIP  16 /* with the largest window: only gzip, with its checksum */

struct gunzip {
	int fd;
	bool is_open;	 /* z is set up: the file is compressed */
	bool is_plain;	 /* it is not */
	bool has_begun;	 /* in the middle of a member */
	struct libz lib; /* if it is compressed */
	z_stream z;	 /* next_in: what is left of the last piece */
	unsigned char piece[PIECE];
};

struct gunzip *gunzip_new(int fd)
{
	struct gunzip *g = calloc(1, sizeof(*g));

	if (g)
		g->fd = fd;
	else
		close(fd);
	return g;
}

void gunzip_free(struct gunzip *g)
{
	if (!g)
		return;
	if (g->is_open)
		g->lib.inflateEnd(&g->z);
	close(g->fd);
	free(g);
}

/* Reads the next piece of the file behind what is left. Returns 1, 0 at its end, or an errno. */
static int fill(struct gunzip *g)
{
	ssize_t len;

	memmove(g->piece, g->z.next_in, g->z.avail_in);
	len = read(g->fd, g->piece + g->z.avail_in, PIECE - g->z.avail_in);
	if (len < 0)
		return -errno;
	g->z.next_in = g->piece;
	g->z.avail_in += (unsigned)len;
	return len > 0;
}

/* Sees by its first two bytes whether the file is compressed. */
static int begin(struct gunzip *g)
{
	int rc = 1;

	g->z.next_in = g->piece;
	while (g->z.avail_in < 2 && rc > 0)
		rc = fill(g);
	if (rc < 0)
		return rc;
	g->is_plain = g->z.avail_in < 2 || memcmp(g->z.next_in, "\x1f\x8b", 2) != 0;
	if (g->is_plain)
		return 0;
	rc = libz_load(&g->lib);
	if (rc < 0)
		return rc;
	if (g->lib.inflateInit2_(&g->z, GZIP + MAX_WBITS, ZLIB_VERSION, sizeof(g->z)) != Z_OK)
		return -ENOMEM;
	g->is_open = g->has_begun = true;
	return 0;
}

static int read_plain(struct gunzip *g, unsigned char *data, size_t len)
{
	size_t done = 0;
	int rc = 1;

	while (done < len && rc > 0) {
		size_t some = g->z.avail_in < len - done ? g->z.avail_in : len - done;

		memcpy(data + done, g->z.next_in, some);
		g->z.next_in += some;
		g->z.avail_in -= (unsigned)some;
		done += some;
		if (done < len)
			rc = fill(g);
	}
	return rc < 0 ? rc : (int)done;
}

/* Continues with the next member of the file. Returns 1, 0 without one, or a negative errno. */
static int next_member(struct gunzip *g)
{
	int rc = g->z.avail_in ? 1 : fill(g);

	if (rc > 0 && g->lib.inflateReset(&g->z) != Z_OK)
		return -EBADMSG;
	g->has_begun = rc > 0;
	return rc;
}

static int read_compressed(struct gunzip *g, unsigned char *data, size_t len)
{
	g->z.next_out = data;
	g->z.avail_out = (unsigned)len;
	while (g->z.avail_out) {
		int rc = g->has_begun ? 1 : next_member(g);

		if (rc == 1 && !g->z.avail_in)
			rc = fill(g) == 1 ? 1 : -EBADMSG; /* the file ends in a member */
		if (rc <= 0)
			return rc < 0 ? rc : (int)(len - g->z.avail_out);
		rc = g->lib.inflate(&g->z, Z_NO_FLUSH);
		if (rc == Z_STREAM_END)
			g->has_begun = false;
		else if (rc != Z_OK)
			return rc == Z_MEM_ERROR ? -ENOMEM : -EBADMSG;
	}
	return (int)len;
}

int gunzip_read(struct gunzip *g, void *data, size_t len)
{
	int rc = g->is_open || g->is_plain ? 0 : begin(g);

	if (rc < 0)
		return rc;
	return g->is_plain ? read_plain(g, data, len) : read_compressed(g, data, len);
}
