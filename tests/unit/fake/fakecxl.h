/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The CXL bus as in 7.2 (drivers/cxl/core/region.c, hdm.c): its objects are files, as in a capture
 * of a real bus, and writes to them have the results and errors of the kernel. A committed region
 * that is bound to its driver has a dax device, and kmem binds that one as on a real bus.
 *
 * Files below "cxl/" change how it acts:
 *
 *   cxl/no-flush     the CPU cannot flush its caches: no region can be committed or reset
 *   cxl/no-dax       regions get no dax device: the module dax_cxl is missing
 *   cxl/no-dax_cxl   they get a dax_region without a driver
 */
#pragma once

#include "lib/libmhp.h"

struct fakecxl_window {
	unsigned number; /* of decoder0.N */
	uint64_t start;
	uint64_t size;
	unsigned ways; /* host bridges */
	unsigned granularity;
	unsigned bridges[MHP_CXL_WAYS_MAX];
};

struct fakecxl_card {
	unsigned number; /* of memN; its endpoint is the one of number N + 5, as its decoders */
	uint64_t serial; /* 0: it has none */
	unsigned bridge;
	uint64_t bytes; /* all volatile */
	unsigned nr_decoders;
};

#define FAKECXL_WINDOW 0x8490000000 /* start of decoder0.0 */
#define FAKECXL_NEAR   0x10f	    /* serial of mem0 */
#define FAKECXL_FAR    0xc100000000000007

/*
 * Adds the bus of tests/unit/data/cxl-bare.sysfs: host bridge 12 with mem0 and 44 with mem1, cards
 * of 1 GiB with 4 decoders in no region. One decoder a host bridge, so that it carries one region.
 * Windows of 4 GiB: decoder0.0 over bridge 12, decoder0.1 over 44, decoder0.2 over both, for nodes
 * 2, 3 and 4.
 */
int fakecxl_bus(int fd);

int fakecxl_add_bridge(int fd, unsigned bridge, unsigned nr_decoders);
int fakecxl_add_window(int fd, const struct fakecxl_window *window);
int fakecxl_add_card(int fd, const struct fakecxl_card *card);

/* Removes a card as a slot that is powered off: online memory stays, without its contents. */
int fakecxl_pull_card(int fd, const char *memdev);

/* Answers a write below sys/bus/cxl. */
int fakecxl_write(int fd, const char *path, const char *text);

/* Loads a module of CXL: dax_cxl binds the dax regions that have no driver. */
int fakecxl_load(int fd, const char *module);

/* Writes /proc/iomem again, if there is a CXL bus. */
void fakecxl_update_iomem(int fd);

/* Acts as a program that creates a region: by name, with that size. */
int fakecxl_region(int fd, const char *window, uint64_t size, const char *const *memdevs,
		   unsigned ways);
