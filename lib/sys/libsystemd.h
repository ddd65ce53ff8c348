/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Loads libsystemd when it is needed. If it were linked, loading it and the libraries that it needs
 * would take a third of the time of a short command, and most commands do not use systemd.
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

/*
 * Loads the library, which stays loaded. Returns 0, or -EOPNOTSUPP if it is not installed or too
 * old.
 */
int libsystemd_load(struct libsystemd *lib);

#endif
