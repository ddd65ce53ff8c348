/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/arch.h"
#include "lib/base/error.h"
#include "lib/sys/kernel.h"

#include <sys/utsname.h>

void arch_read(const struct root *sys, char *arch, size_t size)
{
	struct utsname name;

	if (root_read(sys, KERNEL_ARCH, arch, size) == 0 || sys->is_copy)
		return;
	if (uname(&name) == 0)
		str_copy_to(arch, size, name.machine);
}
