/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libsystemd, loaded when it is needed. Linked, it and the libraries that it needs would take a
 * third of the time that a short command runs, and most commands never ask systemd for anything.
 */
#pragma once

#ifdef HAVE_SYSTEMD

#include <systemd/sd-bus.h>

#define LIBSYSTEMD_FUNCTIONS(X)           \
	X(sd_bus_call)                    \
	X(sd_bus_error_free)              \
	X(sd_bus_error_has_name)          \
	X(sd_bus_error_is_set)            \
	X(sd_bus_flush_close_unref)       \
	X(sd_bus_message_append)          \
	X(sd_bus_message_close_container) \
	X(sd_bus_message_new_method_call) \
	X(sd_bus_message_open_container)  \
	X(sd_bus_message_unref)           \
	X(sd_bus_new)                     \
	X(sd_bus_open_system)             \
	X(sd_bus_set_address)             \
	X(sd_bus_start)

struct libsystemd {
#define X(name) __typeof__(&(name)) name;
	LIBSYSTEMD_FUNCTIONS(X)
#undef X
};

/* 0, or -EOPNOTSUPP where the library is not installed or too old. It stays loaded. */
int libsystemd_load(struct libsystemd *lib);

#endif
