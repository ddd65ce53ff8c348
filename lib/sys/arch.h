/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The architecture of the machine. */
#pragma once

#include "lib/sys/root.h"

/*
 * Reads the architecture of the kernel as uname(2) spells it: "x86_64", "aarch64". The kernel has a
 * file for it since 6.1. A copied tree without that file leaves it empty.
 */
void arch_read(const struct root *sys, char *arch, size_t size);
