/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/act.h"

struct resize_args {
	uint64_t to;
	uint64_t size;
	uint64_t align;
	uint64_t drain_ms;
};

static const struct opt resize_opts[] = {
	OPT_SIZE(0, "to", struct resize_args, to,
		 "have SIZE of the memory of a node or a device online",
		 .instead_of_zero = "mhpctl offline TARGET takes all of it offline"),
	OPT_SIZE('s', "size", struct resize_args, size,
		 "new size of the device itself, rounded up to memory blocks"),
	OPT_SIZE('a', "align", struct resize_args, align, "new alignment", .is_power = true,
		 .fill = OPT_FILL_ALIGNS),
	ACT_DRAIN_OPT(struct resize_args, drain_ms),
	OPT_END,
};

static int run_resize(const struct cmd_env *env, const void *opts, struct mhp_error *err)
{
	const struct resize_args *args = opts;
	struct mhp_request request =
		MHP_REQUEST_INIT(.verb = MHP_VERB_RESIZE, .bytes = args->size, .align = args->align,
				 .choose_bytes = args->to, .drain_ms = args->drain_ms);

	return act_run(env, &request, err);
}

static const char *const resize_examples[] = {
	"mhpctl resize --to 6G node1",
	"mhpctl resize --dry-run --to 2G dax0.0",
	"mhpctl resize --size 4G dax0.1",
	"mhpctl resize --dry-run --size 512M dax0.0",
	NULL,
};

const struct cmd cmd_resize = {
	.name = "resize",
	.summary = "change how much memory is online, or the size of dax devices",
	.operands = "TARGET...",
	.about = "With --to, has SIZE of the memory of a node or of a dax device online: takes "
		 "the cheapest blocks offline, or brings offline ones online.\n"
		 "With --size or --align, changes the devices themselves: gives each device of a "
		 "dax region that can be divided, such as dax0.1, the size or alignment. A "
		 "device grows into free space of its region, and shrinks at its end. A device "
		 "in use is refused: mhpctl remove takes its memory offline first.",
	.examples = resize_examples,
	.min_operands = 1,
	.max_operands = CMD_MANY_OPERANDS,
	.flags = CMD_ACTS,
	.completes = CMD_OPERAND_DAX_PART | CMD_OPERAND_DAX | CMD_OPERAND_NODE,
	.opts = resize_opts,
	.args_size = sizeof(struct resize_args),
	.run = run_resize,
};
