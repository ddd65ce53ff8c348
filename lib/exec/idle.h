/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices of a bus without a driver, and lists of their names. */
#pragma once

#include "lib/sys/root.h"

/* Names with spaces between, in memory that grows. NULL: there is no list. */
bool words_has(const char *words, const char *word);

/* Adds a word that is not there yet, "" for an empty list. 0 or -ENOMEM. */
int words_add(char **words, const char *word);

/* The devices of a bus that have no driver. 0, or why they are not known; then *words is NULL. */
int idle_list(const struct root *sys, const char *bus, char **words);

/* Does a device belong to one of those regions? Also true where that cannot be read. */
bool idle_is_in(const struct root *sys, const char *bus, const char *device, const char *regions);
