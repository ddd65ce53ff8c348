/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libmhp - bring memory online on Linux and take it back out
 *
 * A program reads the machine once into a topology, states the wanted state in a request, gets a
 * plan of steps, carries it out under deadlines while events report progress, and reads the
 * result. mhp_run() does all of this; each part can also be called on its own.
 *
 * Units: addresses and sizes are bytes, ranges are [start, end), times are milliseconds unless a
 * name says otherwise. Strings are UTF-8 as the kernel gave them and may contain all it allows.
 * The library never prints, never exits, and installs no signal handler.
 *
 * Ownership: an object that a function stores in an argument belongs to the caller, who frees it
 * with the function of its type. A returned pointer is borrowed: it is valid until the object from
 * which it was got is freed. Names of values are constants.
 *
 * Errors: the last parameter of a function that can fail for different reasons receives the reason,
 * a message that names the object, and a hint. Hints name commands and options of mhpctl; another
 * program may replace them by a text of its own for the reason.
 *
 * Threads: a context and all objects made from it belong to one thread at a time. Only
 * mhp_ctx_cancel() may be called from any thread and from a signal handler. Contexts are
 * independent: two contexts in one process lock memory against each other as two processes do.
 *
 * Processes: a call that may block in the kernel runs in a child process, made with fork(2) and
 * without exec. The child runs no code of the caller, but it allocates memory and calls libndctl
 * and libkmod. Only a hook that the caller names is executed, by such a child. If another thread of
 * the host holds a lock during the fork (of a foreign allocator or of one of these libraries, not
 * of glibc), the lock stays held in the child: the child is killed at its deadline and the call
 * fails. A host with threads should call the library from a separate process. A host may wait for
 * all its children, or ignore SIGCHLD.
 *
 * Locks: a run that changes memory locks ranges of files below /run/mhpctl (F_OFD_SETLK). The locks
 * are released when the run or its process ends, even if the host has forked in the meantime.
 *
 * Growth: new members are added only at the end of a struct. An array is read through a function
 * with an index, never with the caller's sizeof or from the member: a later version may have more
 * items in another place. A struct inside another struct does not grow. A struct that the caller
 * allocates begins with its size as the caller knows it: members beyond that size are never touched
 * and have their defaults. A struct without a size is refused
 * (-EINVAL), and so is one that sets members this version does not know (-E2BIG).
 */
#pragma once

#include "libmhp/check.h"
#include "libmhp/context.h"
#include "libmhp/cxl.h"
#include "libmhp/doctor.h"
#include "libmhp/drain.h"
#include "libmhp/error.h"
#include "libmhp/hook.h"
#include "libmhp/monitor.h"
#include "libmhp/owner.h"
#include "libmhp/pin.h"
#include "libmhp/plan.h"
#include "libmhp/policy.h"
#include "libmhp/receipt.h"
#include "libmhp/recover.h"
#include "libmhp/reporting.h"
#include "libmhp/run.h"
#include "libmhp/topology.h"
