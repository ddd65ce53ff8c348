/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists devices of a bus without a driver. */
#pragma once

#include "lib/sys/root.h"

/* Returns true if the word is in the list: names separated by spaces. NULL: no list. */
bool words_has(const char *words, const char *word);

/* Adds a word unless the list has it; "" makes an empty list. Returns 0 or -ENOMEM. */
int words_add(char **words, const char *word);

/* Lists the devices of a bus without a driver. On an error *words is NULL. */
int unbound_list(const struct root *sys, const char *bus, char **words);

/* Returns true if a device belongs to one of the regions, or if that cannot be read. */
bool unbound_is_in(const struct root *sys, const char *bus, const char *device,
		   const char *regions);
