/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A function of the public header; all others stay inside the library. */
#define MHP_EXPORT __attribute__((visibility("default")))
