/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stddef.h>

/*
 * Returns an item of an array that a public struct keeps as an untyped pointer; NULL after the
 * last.
 */
#define item_get(type, at, nr, index) ((index) < (nr) ? &((const type *)(at))[index] : NULL)
