/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pins: predict whether memory can be pinned for the long term. */
#pragma once

#include "error.h"
#include "topology.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The kernel's answer to a long-term pin. A later one is worse. */
enum mhp_pin_verdict {
	MHP_PIN_FITS = 0,
	MHP_PIN_UNKNOWN, /* it depends on values that are not known */
	MHP_PIN_REFUSED, /* the process would get an error, and nothing else happens */
	MHP_PIN_HARMFUL, /* the kernel may kill a process to get the memory */
};

/* A kind of limit for pins. */
enum mhp_pin_limit_kind {
	MHP_PIN_LIMIT_KERNEL_ZONES = 0, /* free memory in kernel zones, of the allowed nodes */
	MHP_PIN_LIMIT_NODE,		/* the same of the requested node alone */
	MHP_PIN_LIMIT_MEMLOCK,		/* RLIMIT_MEMLOCK of the process */
	MHP_PIN_LIMIT_CGROUP,		/* memory.max of the process's cgroups */
};

/* A limit that applies to the pin. */
struct mhp_pin_limit {
	enum mhp_pin_limit_kind kind;
	enum mhp_pin_verdict beyond; /* the verdict for a pin larger than exceeded_bytes */
	uint64_t bytes;		     /* a pin up to this size fits; or MHP_UNKNOWN */
	/* A pin larger than this exceeds the limit; between the two it is not known. */
	uint64_t exceeded_bytes; /* or MHP_UNKNOWN */
	char detail[160];	 /* the values that it results from */
};

/* A zone of a node. Pins go to kernel zones only. */
struct mhp_pin_zone {
	int node;
	enum mhp_zone zone;
	bool is_kernel;		    /* false: movable; a pinned page has to leave it */
	uint64_t managed_bytes;	    /* this and those below: or MHP_UNKNOWN */
	uint64_t free_bytes;	    /* with those of CMA */
	uint64_t reserved_bytes;    /* what stays free: the high watermark and the reserve */
	uint64_t reclaimable_bytes; /* file pages that are easily freed; an estimate */
	uint64_t cma_bytes;	    /* set aside for CMA: no place for pins */
	uint64_t cma_free_bytes;
	uint64_t space_bytes; /* for pins; 0 if it is not a kernel zone */
};

/* A node, and what a pin means for it. */
struct mhp_pin_node {
	int node;
	bool is_allowed;	/* for the process, by its cpuset */
	bool has_kernel_zone;	/* with memory in it */
	uint64_t space_bytes;	/* for pins in its kernel zones; or MHP_UNKNOWN */
	uint64_t movable_bytes; /* in use in movable memory: leaves it when pinned */
	uint64_t process_bytes; /* that the process has there; MHP_UNKNOWN without one */
	uint64_t placed_bytes;	/* of the pin, that would go there; MHP_UNKNOWN without a node */
};

/* The result of a check. */
struct mhp_pin_check {
	uint64_t size;
	int node;      /* -1: any */
	int pid;       /* 0: any process */
	char comm[32]; /* name of the process: may contain any bytes */
	enum mhp_pin_verdict verdict;
	uint64_t largest_bytes; /* the largest pin that fits; or MHP_UNKNOWN */
	size_t nr_limits;
	const void *limits; /* read with mhp_pin_check_limit() */
	size_t nr_nodes;
	const void *nodes; /* read with mhp_pin_check_node() */
	size_t nr_zones;
	const void *zones;	     /* read with mhp_pin_check_zone() */
	size_t nr_hidden;	     /* values that could not be read */
	struct mhp_hidden hidden[8]; /* read with mhp_pin_check_hidden() */
};

/**
 * mhp_check_pin - predict whether memory can be pinned for the long term
 * @ctx: the context
 * @size: bytes to pin
 * @node: of the memory, or -1 for any
 * @pid: of the process that would pin it, or 0 for any
 * @check: receives the result; free with mhp_pin_check_free()
 * @err: receives reason and hint, or NULL
 *
 * A long-term pin (io_uring buffers, RDMA, vfio) takes its pages out of movable memory into a
 * kernel zone. Without space there the kernel does not refuse it, but kills a process.
 *
 * Changes nothing.
 * Return: 0, or -ENOENT (no such node or process), -ECANCELED, -ETIMEDOUT, -ENOMEM.
 * Since: 0.1
 */
int mhp_check_pin(struct mhp_ctx *ctx, uint64_t size, int node, int pid,
		  struct mhp_pin_check **check, struct mhp_error *err);

/**
 * mhp_pin_check_limit - the @index-th limit that applies to the pin
 * @check: the check
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_pin_limit *mhp_pin_check_limit(const struct mhp_pin_check *check, size_t index);

/**
 * mhp_pin_check_node - the @index-th node, nearest first if a node was requested
 * @check: the check
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_pin_node *mhp_pin_check_node(const struct mhp_pin_check *check, size_t index);

/**
 * mhp_pin_check_zone - the @index-th zone that has memory
 * @check: the check
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_pin_zone *mhp_pin_check_zone(const struct mhp_pin_check *check, size_t index);

/**
 * mhp_pin_check_hidden - the @index-th value that could not be read
 * @check: the check
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_hidden *mhp_pin_check_hidden(const struct mhp_pin_check *check, size_t index);

/**
 * mhp_pin_check_free - free the result of a check
 * @check: the result, or NULL
 *
 * Since: 0.1
 */
void mhp_pin_check_free(struct mhp_pin_check *check);

/**
 * mhp_pin_verdict_name - the name of a verdict
 * @verdict: the verdict
 *
 * Return: fits, unknown, refused, harmful.
 * Since: 0.1
 */
const char *mhp_pin_verdict_name(enum mhp_pin_verdict verdict);

/**
 * mhp_pin_limit_kind_name - the name of a kind of limit
 * @kind: the kind
 *
 * Return: kernel_zones, node, memlock, cgroup.
 * Since: 0.1
 */
const char *mhp_pin_limit_kind_name(enum mhp_pin_limit_kind kind);

#ifdef __cplusplus
}
#endif
