/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The functions of the public header that this floor implements. They are in a separate file
 * because the program links the rest of this floor: a copy of them in the program would hide the
 * functions of a newer library.
 */
#include "lib/base/error.h"
#include "lib/base/export.h"

MHP_EXPORT const char *mhp_reason_name(enum mhp_reason reason)
{
	return reason_name(reason);
}

MHP_EXPORT int mhp_reason_exit_code(enum mhp_reason reason)
{
	return reason_exit_code(reason);
}
