/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/sys/root.h"

/*
 * The architecture of the kernel, as uname(2) spells it: "x86_64", "aarch64". Its file is there
 * since 6.1; a copied tree without it tells nothing, and then it is empty.
 */
void arch_read(const struct root *sys, char *arch, size_t size);
