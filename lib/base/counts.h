/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The number of values of each enumeration of the public header. The header itself does not have
 * these constants, because a program that sized an array by one would break at the next value. Each
 * is the last value plus one; tests/floors checks that.
 */
#pragma once

#include "lib/libmhp.h"

#define NR_ACTIONS	    (MHP_ACTION_ENDED + 1)
#define NR_CHANGE_KINDS	    (MHP_CHANGE_PIN_NODE + 1)
#define NR_DRAIN_KINDS	    (MHP_DRAIN_COMPACT + 1)
#define NR_DRAIN_STATUSES   (MHP_DRAIN_NOT_TRIED + 1)
#define NR_EVENT_TYPES	    (MHP_EVENT_DRAIN_DONE + 1)
#define NR_HOLDERS	    (MHP_HOLDER_KERNEL + 1)
#define NR_PAGE_KINDS	    (MHP_PAGE_KERNEL + 1)
#define NR_PIN_LIMITS	    (MHP_PIN_LIMIT_CGROUP + 1)
#define NR_PIN_VERDICTS	    (MHP_PIN_HARMFUL + 1)
#define NR_REASONS	    (MHP_REASON_HOOK_FAILED + 1)
#define NR_RECEIPT_STATUSES (MHP_RECEIPT_PASSED_OVER + 1)
#define NR_RUN_STATES	    (MHP_RUN_DIED + 1)
#define NR_STATUSES	    (MHP_STATUS_ROLLED_BACK + 1)
#define NR_STEP_TYPES	    (MHP_STEP_DESTROY_CXL_REGION + 1)
#define NR_VERBS	    (MHP_VERB_RESIZE + 1)
#define NR_VERDICTS	    (MHP_VERDICT_BLOCKED + 1)
#define NR_GRANULARITIES    (MHP_GRANULARITY_DEVICE + 1)
#define NR_ZONES	    (MHP_ZONE_UNKNOWN + 1)

/* The number of items that the arrays inside the structs of the public header have space for. */
#define LENGTH_OF(type, member) (sizeof(((type *)0)->member) / sizeof(((type *)0)->member[0]))
#define RANGES_MAX		LENGTH_OF(struct mhp_dax, ranges)
#define SERIALS_MAX		LENGTH_OF(struct mhp_serials, numbers)
#define ALIGNS_MAX		LENGTH_OF(struct mhp_region, aligns)
#define BLOCK_NODES_MAX		LENGTH_OF(struct mhp_block_check, nodes)
#define HIDDEN_MAX		LENGTH_OF(struct mhp_failure, hidden)
