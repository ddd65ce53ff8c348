/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libmhp - bring memory online on Linux and take it back out
 *
 * The life of a call: read the machine once into a topology, say in a request what should be so,
 * get a plan of steps, carry it out under deadlines while events tell how it goes, and read the
 * result. mhp_run() does all of that; the parts can be called one by one.
 *
 * Units: addresses and sizes are bytes, ranges are [start, end), times are milliseconds unless a
 * name says otherwise. Strings are UTF-8 as the kernel gave them and may hold anything it allows.
 * The library never prints, never exits, and installs no signal handler.
 *
 * Threads: a context and what was made from it belong to one thread at a time; mhp_ctx_cancel()
 * alone may be called from any thread and from a signal handler. Contexts know nothing of each
 * other: two of one process that want the same memory exclude each other as two processes do.
 *
 * Processes: what may block in the kernel runs in a child, made with fork(2) and without exec. It
 * runs no code of the caller's, but it allocates memory and calls libndctl and libkmod. Where
 * another thread of the host holds a lock at that moment that is not glibc's own (of another
 * allocator, of one of these libraries), it stays locked in the child: that is killed at its
 * deadline, and the call fails. A host with threads does best to call the library from a process
 * of its own. A host may wait for all its children, or ignore SIGCHLD.
 *
 * Locks: while it changes memory a run locks ranges of files below /run/mhpctl (F_OFD_SETLK). They
 * are released when it ends, even where the host has forked meanwhile, and with its process.
 *
 * Growth: structs get new members at their end only, and an array of structs is read through a
 * function with an index, never by a stride of the caller; a struct that lies inside another does
 * not grow. A struct that the caller allocates begins with its size as the caller knows it: what
 * lies behind that is never touched and has its default. A struct without a size is refused
 * (-EINVAL), and so is one that asks for what this version does not know (-E2BIG).
 */
#pragma once

#include "libmhp/check.h"
#include "libmhp/context.h"
#include "libmhp/doctor.h"
#include "libmhp/error.h"
#include "libmhp/job.h"
#include "libmhp/monitor.h"
#include "libmhp/owner.h"
#include "libmhp/plan.h"
#include "libmhp/policy.h"
#include "libmhp/run.h"
#include "libmhp/topology.h"
