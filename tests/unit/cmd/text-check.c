/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report of mhpctl check as text. */
#include "cmd/out/text/text.h"
#include "lib/base/memstream.h"
#include "tests/unit/fake/unit.h"

/* On a machine with one node the pages go to other blocks of the node. */
static void the_space_may_be_on_the_same_node(void **state)
{
	const struct mhp_destination destination = { .node = 0,
						     .needed_bytes = 8ULL << 30,
						     .available_bytes = 1ULL << 30,
						     .unexplained_pins = MHP_UNKNOWN };
	const struct mhp_check check = { .nr_destinations = 1,
					 .destinations = &destination,
					 .no_blocks = "dax0.0 is not memory" };
	cleanup_free char *text = NULL;
	struct memstream m;

	(void)state;
	assert_int_equal(memstream_open(&m), 0);
	assert_int_equal(out_text_check(m.file, &check, 4096, false), 0);
	text = memstream_end(&m);
	assert_string_equal(text, "No memory: dax0.0 is not memory.\n"
				  "node0: 8 GiB to move, 1 GiB available elsewhere\n");
}

UNIT_TESTS(cmocka_unit_test(the_space_may_be_on_the_same_node))
