/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the kernel says what it is and what it can do. */
#pragma once

#define KERNEL_RELEASE "proc/sys/kernel/osrelease"
#define KERNEL_ARCH    "proc/sys/kernel/arch" /* since 6.1 */

/* Is there where hugetlb can share the page structs of its pages. */
#define KERNEL_HUGETLB_DEDUP "proc/sys/vm/hugetlb_optimize_vmemmap"
