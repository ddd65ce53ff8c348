/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/libmhp.h"

/* Why the kernel did not take word for a block: from its own words, "" for none, or the errno. */
enum mhp_reason refused_reason(const char *words, int rc, const char *word);
