/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decides whether a program may run with the rights of this process. */
#pragma once

#include <stddef.h>

/*
 * Checks an absolute path, link by link: anyone who can change a file or a directory on the way
 * decides what runs. All of them have to belong to root or to the effective user, and may not be
 * writable by others; a sticky directory may be. The file has to be regular and executable. Returns
 * 0, or a negative errno with the reason in *why.
 */
int trusted_program(const char *path, char *why, size_t size);
