/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pages that keep memory from going offline, and the processes that hold them. */
#pragma once

#include "error.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The use of a page. */
enum mhp_page_kind {
	MHP_PAGE_UNKNOWN = 0,
	MHP_PAGE_ANON,	/* anonymous memory of a process */
	MHP_PAGE_FILE,	/* page cache of a file */
	MHP_PAGE_SHMEM, /* tmpfs or shared memory */
	MHP_PAGE_HUGETLB,
	MHP_PAGE_SLAB,	  /* the kernel's slab allocator */
	MHP_PAGE_TABLE,	  /* page tables */
	MHP_PAGE_OFFLINE, /* taken by a driver such as a balloon */
	MHP_PAGE_KERNEL,  /* another kernel allocation */
};

#define MHP_COUNT_UNKNOWN INT64_MIN /* a counter that the kernel did not report */

/* A page that kept a block from going offline, as reported in the kernel's log. */
struct mhp_page {
	uint64_t pfn; /* page frame number */
	enum mhp_page_kind kind;
	int64_t refcount;	  /* references to its folio */
	int64_t mapcount;	  /* mappings in page tables */
	int64_t pincount;	  /* MHP_COUNT_UNKNOWN: folios of this kind have no pin counter */
	int64_t pins;		  /* FOLL_PIN pins, calculated from the counters above */
	int64_t extra_references; /* references with no known user, pins excluded */
	enum mhp_reason verdict;  /* why the page does not move */
};

/* The facility through which a process holds pages. */
enum mhp_holder_kind {
	MHP_HOLDER_UNKNOWN = 0,
	MHP_HOLDER_IO_URING, /* registered buffers */
	MHP_HOLDER_RDMA,     /* memory regions */
	MHP_HOLDER_VFIO,
	MHP_HOLDER_IOMMUFD,
	MHP_HOLDER_VHOST_VDPA,
	MHP_HOLDER_VMSPLICE,
	MHP_HOLDER_XDP,
	MHP_HOLDER_HUGETLB, /* pages of the hugetlb pool, used or reserved */
	MHP_HOLDER_KERNEL,  /* a transfer that the process waits for, such as direct I/O */
};

/* How certain it is that a process holds the pages. */
enum mhp_confidence {
	MHP_CONFIDENCE_POSSIBLE = 0,
	MHP_CONFIDENCE_LIKELY,
	MHP_CONFIDENCE_CERTAIN,
};

/* A process whose pages keep a block from going offline, and the object that holds them. */
struct mhp_owner {
	int pid;
	unsigned uid;	       /* of the process */
	char comm[32];	       /* name that the process chose: may contain any bytes */
	char cgroup[160];      /* path in the unified hierarchy, or empty */
	uint64_t address;      /* of the first such page in the process */
	uint64_t pages;	       /* of the same mapping, in the block */
	uint64_t vm_pin_bytes; /* VmPin of the process */
	enum mhp_holder_kind holder;
	int holder_pid;	 /* process that has the holding object open; 0: not known */
	int fd;		 /* file descriptor of the holding object, or -1 */
	char detail[96]; /* more about the object, or empty */
	enum mhp_confidence confidence;
	char source[48]; /* where this was read */
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
 * mhp_holder_kind_name - the name of a kind of holder
 * @kind: the kind
 *
 * Return: io_uring, rdma, vfio, iommufd, vhost_vdpa, vmsplice, xdp, hugetlb, kernel, unknown.
 * Since: 0.1
 */
const char *mhp_holder_kind_name(enum mhp_holder_kind kind);

/**
 * mhp_confidence_name - the name of a degree of confidence
 * @confidence: the degree
 *
 * Return: possible, likely, certain.
 * Since: 0.1
 */
const char *mhp_confidence_name(enum mhp_confidence confidence);

#ifdef __cplusplus
}
#endif
