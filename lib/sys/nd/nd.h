/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The nvdimm bus, through libndctl. All of it runs as tasks of a child (lib/sys/child.h): reads of
 * some attributes sleep until no namespace of the whole bus is being probed. Each task creates its
 * own context, as libndctl's objects do not follow changes by others.
 */
#pragma once

#include "lib/sys/child.h"
#include "lib/sys/intentdir.h"
#include "lib/sys/nd/identity.h"
#include "lib/sys/nd/libndctl.h"

#include <linux/ndctl.h>

struct nd_scan_head {
	size_t nr_regions;
	size_t nr_namespaces;
};

/* See struct mhp_namespace. */
struct nd_looked {
	enum mhp_content content;
	enum mhp_record record;
	char content_text[MHP_CONTENT_TEXT_MAX];
};

struct nd_create_args {
	char region[MHP_NAME_MAX];
	char label[MHP_LABEL_MAX];
	uint64_t size; /* bytes of the region; 0: the largest free piece */
	uint64_t align;
	enum mhp_memmap_location map;
	bool overwrite; /* a raw namespace may be used even if it has data */
	bool force_users;
	char uuid[MHP_UUID_MAX]; /* of the new namespace; empty: any */
	/* Where another UUID is written down: intentdir_add(). Empty: nowhere. */
	char intent[INTENT_NAME_MAX];
	uint64_t intent_step;
};

/* Arguments of tasks that change an existing namespace or region. */
struct nd_change_args {
	char name[64];	       /* namespace or region; must stay first */
	struct nd_identity ns; /* which namespace is meant */
	bool overwrite;	       /* init_labels: the data of its namespaces may be lost */
	bool force_users;      /* see struct users_device */
};

struct nd_enable_args {
	char ns_name[MHP_NAME_MAX];
	/* for an unfinished one: its label says devdax, but it has no info block */
	uint64_t align;
	enum mhp_memmap_location map;
	bool overwrite; /* its data may be lost */
	bool force_users;
	struct nd_identity ns;
};

struct nd_created {
	char ns_name[MHP_NAME_MAX];
	char device[MHP_NAME_MAX]; /* on the dax bus; empty if the namespace is not devdax */
	char id[MHP_UUID_MAX];	   /* of a new namespace; see struct mhp_namespace */
	uint64_t raw_size;
	int record_rc; /* why the record of the new namespace could not be written, or 0 */
};

struct nd_ops {
	/*
	 * Task: reads the bus. Replies with struct nd_scan_head, struct mhp_region..., struct
	 * mhp_namespace...
	 */
	child_fn scan;
	/*
	 * Task (struct mhp_namespace, with its device): reads its content. Replies with struct
	 * nd_looked.
	 */
	child_fn look;
	/*
	 * Task (struct nd_create_args): creates a devdax namespace and undoes that on failure.
	 * Replies with struct nd_created.
	 */
	child_fn create;
	/* Task (struct nd_enable_args): enables a namespace. Replies with struct nd_created. */
	child_fn enable;
	/* Task (struct nd_change_args): disables a namespace; refuses one in use. */
	child_fn disable;
	/* Task (struct nd_change_args): deletes a namespace; refuses one in use. */
	child_fn destroy;
	/*
	 * Task (struct nd_change_args): writes a label index on each DIMM of a region that has
	 * none.
	 */
	child_fn init_labels;
	/*
	 * Task (struct nd_change_args): ends the raw mode that a killed destroy left on the
	 * namespace of a region without labels, so that its info block counts again if it exists.
	 */
	child_fn end_raw;
	/*
	 * Task (struct nd_change_args): enables the DIMMs and the region that a killed init_labels
	 * left disabled.
	 */
	child_fn enable_dimms;
	/* Task (struct nd_change_args): enables a region. */
	child_fn enable_region;
	/* See identity.h; the tasks call it right before they act. */
	int (*check_identity)(const struct mhp_ctx *ctx, const struct nd_identity *expected,
			      struct mhp_error *err);
	/* Tasks that may run in parallel: see bind.h. */
	child_fn make_claim;
	child_fn read_claimed;
	child_fn bind_claim;
};

extern const struct nd_ops nd_kernel_ops;

/* Opens ndctl, for nd.c, content.c, create.c and change.c. */
int nd_open(struct ndctl_ctx **ndctl, struct mhp_error *err);
struct ndctl_region *nd_find_region(struct ndctl_ctx *ndctl, const char *name);
struct ndctl_namespace *nd_find_namespace(struct ndctl_ctx *ndctl, const char *name);
bool nd_has_labels(struct ndctl_region *region);

/*
 * Ends the raw mode of a disabled namespace, in which the kernel ignores its info
 * block: a killed destroy leaves it.
 */
int nd_leave_raw_mode(const struct mhp_ctx *ctx, struct ndctl_namespace *ndns,
		      struct mhp_error *err);

/* Fills in the current state of a namespace, except its device and its content. */
void nd_read_namespace(struct ndctl_namespace *ndns, struct mhp_namespace *out);

/* Offset and size of the info block that the kernel writes into a namespace. */
#define ND_INFO_OFFSET 4096
#define ND_INFO_PAGE   4096

/* Fills in the name of the block device of an enabled raw namespace, or "". */
void nd_raw_device(const struct mhp_ctx *ctx, const char *name, char *bdev, size_t size);

/* Opens that block device. Returns its descriptor or a negative errno. */
int nd_open_raw(const struct mhp_ctx *ctx, const char *name, int flags);

/*
 * (users.c) Refuses while the dax or block device of a namespace is in use, and if that device
 * cannot be found although a driver is bound; see users_check().
 */
int nd_check_users(const struct mhp_ctx *ctx, const char *region, const char *name, bool force,
		   struct mhp_error *err);

/*
 * (content.c) Refuses to write an info block over data, unless the user agreed to that (overwrite).
 * For an enabled raw namespace whose label says devdax. Unknown content counts as data.
 */
int nd_check_unused(const struct mhp_ctx *ctx, struct ndctl_namespace *ndns, bool overwrite,
		    struct mhp_error *err);

/*
 * Disables the raw namespace of a region without labels, so that another can replace it. Refuses if
 * it is not raw any more, is in use, or has data that may not be lost. Fills in *now.
 */
int nd_take_raw(const struct mhp_ctx *ctx, struct ndctl_namespace *ndns, bool overwrite,
		bool force_users, struct mhp_namespace *now, struct mhp_error *err);

/* Disables a namespace; refuses one in use. */
int nd_disable_safe(const struct mhp_ctx *ctx, struct ndctl_namespace *ndns, bool force_users,
		    struct mhp_error *err);

/*
 * (create.c) Make a devdax namespace. nd_make_dax() turns a disabled namespace into a devdax one;
 * on failure it removes the claim. uuid is that of the info block, or empty. nd_report_dax() waits
 * for the device on the dax bus and replies with struct nd_created.
 */
int nd_make_dax(const struct mhp_ctx *ctx, const char *region, uint64_t align,
		enum mhp_memmap_location map, const char *uuid, struct nd_created *created,
		struct reply *reply, struct mhp_error *err);
int nd_report_dax(const struct mhp_ctx *ctx, const char *region, const char *dax,
		  struct nd_created *created, struct reply *reply, struct mhp_error *err);

/* Makes a new UUID. */
void nd_new_uuid(char uuid[MHP_UUID_MAX]);

/* Logs what libndctl was asked to do and the result, and returns the result. */
int nd_log(const struct mhp_ctx *ctx, int rc, const char *does, const char *name);

int nd_scan(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err);
int nd_look(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err);
int nd_create(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err);
int nd_enable(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err);
int nd_disable(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err);
int nd_destroy(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err);
int nd_init_labels(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		   struct mhp_error *err);
int nd_end_raw(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err);
int nd_enable_dimms(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		    struct mhp_error *err);
int nd_enable_region(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		     struct mhp_error *err);

static inline void ndctl_unrefp(struct ndctl_ctx **ndctl)
{
	ndctl_unref(*ndctl);
}

#define cleanup_ndctl __attribute__((cleanup(ndctl_unrefp)))
