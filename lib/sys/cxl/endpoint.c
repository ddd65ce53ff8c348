/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/cxl/endpoint.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/sys/cxl/bus.h"

#include <errno.h>
#include <string.h>

#define MOMENT_MS 100

struct endpoint_search {
	const char *memdev;
	char *name;
	size_t size;
};

/* Ends the walk at the endpoint that is on the memory device. */
static int compare_endpoint(const struct root *sys, const char *name, void *data)
{
	struct endpoint_search *search = data;
	char memdev[MHP_NAME_MAX];
	uint64_t id;

	if (root_name_id(name, "endpoint", &id) < 0)
		return 0;
	ROOT_PATH(uport, CXL_DEVICES "/%s/uport", name);
	if (root_link_name(sys, uport, memdev, sizeof(memdev)) < 0 ||
	    strcmp(memdev, search->memdev) != 0)
		return 0;
	str_copy_to(search->name, search->size, name);
	return -EEXIST;
}

int cxl_find_endpoint(const struct root *sys, const char *memdev, char *name, size_t size)
{
	struct endpoint_search search = { .memdev = memdev, .name = name, .size = size };
	int rc = root_each(sys, CXL_DEVICES, compare_endpoint, &search);

	if (rc == -EEXIST)
		return 0;
	return rc < 0 ? rc : -ENOENT;
}

static int read_decoder(const struct root *sys, struct cxl_decoder *decoder)
{
	uint64_t size = 0;
	int rc;

	ROOT_PATH(bytes, CXL_DEVICES "/%s/dpa_size", decoder->name);
	ROOT_PATH(region, CXL_DEVICES "/%s/region", decoder->name);
	ROOT_PATH(committed, CXL_DEVICES "/%s/size", decoder->name);
	rc = root_read_u64(sys, bytes, 16, &decoder->bytes);
	if (rc == 0)
		rc = root_read(sys, region, decoder->region, sizeof(decoder->region));
	if (rc == 0)
		rc = root_read_u64(sys, committed, 16, &size);
	decoder->is_committed = rc == 0 && size;
	return rc;
}

int cxl_read_endpoint(const struct root *sys, struct cxl_endpoint *endpoint)
{
	char number[16];
	int rc = 0;

	str_copy(number, endpoint->name + strlen("endpoint"));
	endpoint->nr = 0;
	while (endpoint->nr < CXL_DECODERS_MAX && rc == 0) {
		struct cxl_decoder *decoder = &endpoint->decoders[endpoint->nr];

		*decoder = (struct cxl_decoder){ 0 };
		str_format(decoder->name, "decoder%s.%u", number, endpoint->nr);
		ROOT_PATH(path, CXL_DEVICES "/%s", decoder->name);
		rc = root_has_name(sys, path);
		if (rc <= 0)
			break;
		rc = read_decoder(sys, decoder);
		endpoint->nr++;
	}
	return rc;
}

const struct cxl_decoder *cxl_find_decoder(const struct cxl_endpoint *endpoint, const char *name)
{
	for (unsigned i = 0; i < endpoint->nr; i++)
		if (strcmp(endpoint->decoders[i].name, name) == 0)
			return &endpoint->decoders[i];
	return NULL;
}

unsigned cxl_nr_allocated(const struct cxl_endpoint *endpoint)
{
	unsigned nr = endpoint->nr;

	while (nr && !endpoint->decoders[nr - 1].bytes)
		nr--;
	return nr;
}

unsigned cxl_nr_unused(const struct cxl_endpoint *endpoint)
{
	unsigned nr = endpoint->nr;

	while (nr && !*endpoint->decoders[nr - 1].region &&
	       !endpoint->decoders[nr - 1].is_committed)
		nr--;
	return endpoint->nr - nr;
}

struct cxl_decoder *cxl_last_unused(struct cxl_endpoint *endpoint)
{
	const unsigned nr = cxl_nr_allocated(endpoint);
	struct cxl_decoder *last = nr ? &endpoint->decoders[nr - 1] : NULL;

	return last && !*last->region && !last->is_committed ? last : NULL;
}

int cxl_free_unused(struct cxl_writer *w, struct cxl_endpoint *endpoint, const char *own)
{
	int rc = cxl_read_endpoint(&w->ctx->sys, endpoint);
	struct cxl_decoder *last = rc == 0 ? cxl_last_unused(endpoint) : NULL;

	if (last && strcmp(last->name, own) != 0) {
		clock_sleep(MOMENT_MS);
		rc = cxl_read_endpoint(&w->ctx->sys, endpoint);
	}
	if (rc < 0)
		return err_errno(w->err, rc, "%s: its decoders cannot be read", endpoint->name);
	while ((last = cxl_last_unused(endpoint))) {
		rc = cxl_set_number(w, last->name, "dpa_size", 16, 0);
		if (rc < 0)
			return cxl_fail(w, rc, "%s: its capacity cannot be freed", last->name);
		last->bytes = 0;
	}
	return 0;
}
