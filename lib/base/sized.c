/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/base/sized.h"
#include "lib/base/error.h"

#include <errno.h>
#include <string.h>

/* No struct will be larger: a size above this limit comes from uninitialised memory. */
#define SIZE_LIMIT 4096

static bool is_zero(const char *bytes, size_t nr)
{
	while (nr && !bytes[nr - 1])
		nr--;
	return !nr;
}

/*
 * Copies a struct of the caller's version to this version; both begin with their size. Members that
 * this version does not know must be zero.
 */
static int copy_struct(void *to, size_t to_size, const void *from, const char *name,
		       struct mhp_error *err)
{
	size_t size;

	memcpy(&size, from, sizeof(size));
	if (size < sizeof(size) || size > SIZE_LIMIT)
		return err_hint(err,
				err_set(err, -EINVAL, MHP_REASON_USAGE,
					"struct %s has no valid size", name),
				"the program has to set it up with the macro of its name");
	if (size > to_size && !is_zero((const char *)from + to_size, size - to_size))
		return err_hint(err,
				err_set(err, -E2BIG, MHP_REASON_UNSUPPORTED,
					"struct %s asks for what this version of libmhp does not "
					"know",
					name),
				"the program needs a newer libmhp");
	memset(to, 0, to_size);
	memcpy(to, from, size < to_size ? size : to_size);
	memcpy(to, &to_size, sizeof(to_size));
	return 0;
}

int request_take(struct mhp_request *to, const struct mhp_request *from, struct mhp_error *err)
{
	return copy_struct(to, sizeof(*to), from, "mhp_request", err);
}

int run_options_take(struct mhp_run_options *to, const struct mhp_run_options *from,
		     struct mhp_error *err)
{
	return copy_struct(to, sizeof(*to), from, "mhp_run_options", err);
}

int recover_options_take(struct mhp_recover_options *to, const struct mhp_recover_options *from,
			 struct mhp_error *err)
{
	return copy_struct(to, sizeof(*to), from, "mhp_recover_options", err);
}

int monitor_options_take(struct mhp_monitor_options *to, const struct mhp_monitor_options *from,
			 struct mhp_error *err)
{
	return copy_struct(to, sizeof(*to), from, "mhp_monitor_options", err);
}

int reporting_options_take(struct mhp_reporting_options *to,
			   const struct mhp_reporting_options *from, struct mhp_error *err)
{
	return copy_struct(to, sizeof(*to), from, "mhp_reporting_options", err);
}

int reporting_watch_take(struct mhp_reporting_watch *to, const struct mhp_reporting_watch *from,
			 struct mhp_error *err)
{
	return copy_struct(to, sizeof(*to), from, "mhp_reporting_watch", err);
}

int pin_watch_options_take(struct mhp_pin_watch_options *to,
			   const struct mhp_pin_watch_options *from, struct mhp_error *err)
{
	return copy_struct(to, sizeof(*to), from, "mhp_pin_watch_options", err);
}
