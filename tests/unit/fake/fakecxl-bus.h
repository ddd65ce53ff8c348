/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The objects of the fake CXL bus, for the code that answers writes. */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/root.h"

#define FAKE_CXL "sys/bus/cxl/devices"

int fakecxl_put(int fd, const char *device, const char *file, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Reads a file of a device, "" if it is missing. */
void fakecxl_get(int fd, const char *device, const char *file, char *buf, size_t size);
uint64_t fakecxl_value(int fd, const char *device, const char *file); /* 0 if it is missing */

bool fakecxl_has(int fd, const char *device);

/* Finds the directory of a device; and the name of the directory above. */
int fakecxl_path(int fd, const char *device, char *path, size_t size);
void fakecxl_above(int fd, const char *device, char *name, size_t size);

/* Adds a device in a directory below sys, and removes it. */
int fakecxl_add(int fd, const char *folder, const char *device, const char *type);
int fakecxl_remove(int fd, const char *device);

bool fakecxl_is_bound(int fd, const char *device);
int fakecxl_bind(int fd, const char *device, const char *driver);

int fakecxl_each(int fd, int (*fn)(const struct root *sys, const char *name, void *data),
		 void *data);

/* Adds the endpoint of a memory device and its decoders, and binds it. */
int fakecxl_bind_memdev(int fd, const char *memdev);
void fakecxl_endpoint_of(const char *memdev, char *name, size_t size);

/* Reserves the lowest free number for the next region of a window. */
int fakecxl_offer(int fd, const char *window);

/* Returns whether a file below "cxl/" exists. */
bool fakecxl_knob(int fd, const char *name);

/* Parses a number as kstrtou64() does with base 0. */
int fakecxl_number(const char *text, uint64_t *value);

/* ---- regions ----------------------------------------------------------------------------- */

/* enum cxl_config_state, without the states within a call */
enum fakecxl_config {
	IDLE,
	INTERLEAVE_ACTIVE,
	ACTIVE,
	COMMIT
};

struct fakecxl_state {
	char name[MHP_NAME_MAX];
	char window[MHP_NAME_MAX];
	enum fakecxl_config state;
	uint64_t start;
	uint64_t size;
	unsigned ways;
	char targets[MHP_CXL_WAYS_MAX][MHP_NAME_MAX];
};

int fakecxl_read(int fd, const char *name, struct fakecxl_state *region);

/* Returns M of decoderN.M. */
unsigned fakecxl_instance(const char *decoder);

/* Sets, or resets, the decoders of one position. -EBUSY: an earlier decoder is not committed. */
int fakecxl_set_position(int fd, const struct fakecxl_state *region, const char *decoder,
			 bool commit);
void fakecxl_reset(int fd, const struct fakecxl_state *region);
void fakecxl_detach(int fd, const struct fakecxl_state *region, unsigned position);

int fakecxl_write_target(int fd, const struct fakecxl_state *region, unsigned position,
			 const char *text);
int fakecxl_write_capacity(int fd, const char *decoder, const char *text);
int fakecxl_write_mode(int fd, const char *decoder, const char *text);

/* ---- drivers ----------------------------------------------------------------------------- */

int fakecxl_bind_region(int fd, const char *name);
void fakecxl_release(int fd, const char *region); /* removes its dax devices too */
int fakecxl_write_driver(int fd, const char *path, const char *name);
