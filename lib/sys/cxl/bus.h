/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The devices of the CXL bus: their attributes, and how they relate. */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/root.h"

#define CXL_DEVICES "sys/bus/cxl/devices"
#define CXL_DRIVERS "sys/bus/cxl/drivers"

/* Return an attribute of a device; MHP_UNKNOWN or MHP_TRISTATE_UNKNOWN if it cannot be read. */
uint64_t cxl_number(const struct root *sys, const char *device, const char *attribute, int base);
enum mhp_tristate cxl_flag(const struct root *sys, const char *device, const char *attribute);

/* Reads an attribute as text; "" if it cannot be read. */
void cxl_text(const struct root *sys, const char *device, const char *attribute, char *buf,
	      size_t size);

/* Returns 1 if a device exists, 0 if not, or a negative errno if that is unknown. */
ROOT_CHECKED int cxl_exists(const struct root *sys, const char *device);

/* Returns whether a driver is bound to the device. */
enum mhp_tristate cxl_has_driver(const struct root *sys, const char *device);

/* Reads the name of the directory in which the device is. */
ROOT_CHECKED int cxl_parent(const struct root *sys, const char *device, char *name, size_t size);

/*
 * Reads the memory device of a decoder: decoder5.0 belongs to endpoint5, whose uport is the memory
 * device. -ENOENT for decoders of ports, which have none.
 */
ROOT_CHECKED int cxl_decoder_memdev(const struct root *sys, const char *decoder, char *name,
				    size_t size);

/* Reads a serial number. -ENODATA for 0: the memory device has none. */
ROOT_CHECKED int cxl_serial(const struct root *sys, const char *memdev, uint64_t *serial);

/* Reads the number by which windows name the host bridge above an endpoint. */
ROOT_CHECKED int cxl_bridge(const struct root *sys, const char *endpoint, int *bridge);
