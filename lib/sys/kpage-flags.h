/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bits of /proc/kpageflags (include/uapi/linux/kernel-page-flags.h): a stable interface. */
#pragma once

#define KPF(bit)	(1ULL << (bit))
#define KPF_DIRTY	KPF(4)
#define KPF_LRU		KPF(5)
#define KPF_SLAB	KPF(7)
#define KPF_WRITEBACK	KPF(8)
#define KPF_BUDDY	KPF(10)
#define KPF_MMAP	KPF(11)
#define KPF_ANON	KPF(12)
#define KPF_SWAPCACHE	KPF(13)
#define KPF_SWAPBACKED	KPF(14)
#define KPF_HEAD	KPF(15)
#define KPF_TAIL	KPF(16)
#define KPF_HUGE	KPF(17)
#define KPF_UNEVICTABLE KPF(18)
#define KPF_HWPOISON	KPF(19)
#define KPF_NOPAGE	KPF(20)
#define KPF_THP		KPF(22)
#define KPF_OFFLINE	KPF(23)
#define KPF_PGTABLE	KPF(26)
