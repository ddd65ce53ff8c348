/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pages that keep memory from going offline, and the processes that hold them. */
#pragma once

#include "error.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A page that kept a block from going offline, as the kernel told of it. */
enum mhp_page_kind {
	MHP_PAGE_UNKNOWN = 0,
	MHP_PAGE_ANON,
	MHP_PAGE_FILE,
	MHP_PAGE_SHMEM,
	MHP_PAGE_HUGETLB,
	MHP_PAGE_SLAB,
	MHP_PAGE_TABLE,	  /* page tables */
	MHP_PAGE_OFFLINE, /* given away by a driver such as a balloon */
	MHP_PAGE_KERNEL,  /* some other allocation of the kernel */
};

#define MHP_COUNT_UNKNOWN INT64_MIN

struct mhp_page {
	uint64_t pfn;
	enum mhp_page_kind kind;
	int64_t refcount; /* of the folio */
	int64_t mapcount;
	int64_t pincount;	  /* MHP_COUNT_UNKNOWN: folios of this kind have no counter */
	int64_t pins;		  /* FOLL_PIN, worked out */
	int64_t extra_references; /* other references nobody accounts for */
	enum mhp_reason verdict;
};

enum mhp_holder_kind {
	MHP_HOLDER_UNKNOWN = 0,
	MHP_HOLDER_IO_URING,
	MHP_HOLDER_RDMA,
	MHP_HOLDER_VFIO,
	MHP_HOLDER_IOMMUFD,
	MHP_HOLDER_VHOST_VDPA,
	MHP_HOLDER_VMSPLICE,
	MHP_HOLDER_XDP,
	MHP_HOLDER_HUGETLB, /* the pool, of which the process has pages, or was promised some */
	MHP_HOLDER_KERNEL,  /* a transfer that the process waits for */
};

enum mhp_confidence {
	MHP_CONFIDENCE_POSSIBLE = 0,
	MHP_CONFIDENCE_LIKELY,
	MHP_CONFIDENCE_CERTAIN,
};

/* A process whose pages keep a block from going offline, and what of it holds them. */
struct mhp_owner {
	int pid;
	unsigned uid;
	char comm[32];	  /* as the process gave it: may hold any bytes */
	char cgroup[160]; /* path in the unified hierarchy, or empty */
	uint64_t address; /* of the first such page in the process */
	uint64_t pages;	  /* pages of the same mapping that lie in the block */
	uint64_t vm_pin_bytes;
	enum mhp_holder_kind holder;
	int holder_pid; /* that has the holding object open; 0: not known */
	int fd;		/* of the holding object, or -1 */
	char detail[96];
	enum mhp_confidence confidence;
	char source[48]; /* what it was read from */
};

/**
 * mhp_page_kind_name - the name of a kind of page
 * @kind: the kind
 *
 * Return: anon, file, shmem, hugetlb, slab, page_table, offline, kernel, unknown.
 * Since: 0.1
 */
const char *mhp_page_kind_name(enum mhp_page_kind kind);

/**
 * mhp_holder_name - the name of a kind of holder
 * @kind: the kind
 *
 * Return: io_uring, rdma, vfio, iommufd, vhost_vdpa, vmsplice, xdp, hugetlb, kernel, unknown.
 * Since: 0.1
 */
const char *mhp_holder_name(enum mhp_holder_kind kind);

/**
 * mhp_confidence_name - how sure a statement about an owner is
 * @confidence: the degree
 *
 * Return: possible, likely, certain.
 * Since: 0.1
 */
const char *mhp_confidence_name(enum mhp_confidence confidence);

#ifdef __cplusplus
}
#endif
