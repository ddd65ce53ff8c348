/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tasks on the nvdimm bus, on the real kernel. */
#include "lib/sys/nd/bind.h"
#include "lib/sys/nd/nd.h"

const struct nd_ops nd_kernel_ops = {
	.scan = nd_scan,
	.look = nd_look,
	.create = nd_create,
	.enable = nd_enable,
	.disable = nd_disable,
	.destroy = nd_destroy,
	.init_labels = nd_init_labels,
	.end_raw = nd_end_raw,
	.enable_dimms = nd_enable_dimms,
	.enable_region = nd_enable_region,
	.check_identity = nd_check_identity,
	.make_claim = nd_make_claim,
	.read_claimed = nd_read_claimed,
	.bind_claim = nd_bind_claim,
};
