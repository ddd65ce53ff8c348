/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Marks a function of the public header; all others are hidden. */
#define MHP_EXPORT __attribute__((visibility("default")))
