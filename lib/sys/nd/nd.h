/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The nvdimm bus, through libndctl. All of it runs as tasks of a child (lib/sys/child.h): reads
 * of some attributes sleep until no namespace of the whole bus is being probed. Each task makes
 * a context of its own, as libndctl's objects do not follow what others change.
 */
#pragma once

#include "lib/sys/child.h"
#include "lib/sys/nd/identity.h"

#include <ndctl/libndctl.h>
#include <linux/ndctl.h>

struct nd_scan_head {
	size_t nr_regions;
	size_t nr_namespaces;
};

/* See struct mhp_namespace. */
struct nd_looked {
	enum mhp_content content;
	enum mhp_record record;
	char holds[MHP_HOLDS_MAX];
};

struct nd_create_args {
	char region[MHP_NAME_MAX];
	char label[MHP_LABEL_MAX];
	uint64_t size; /* bytes of the region; 0: the largest free piece */
	uint64_t align;
	enum mhp_map map;
	bool overwrite; /* a raw namespace may be taken over though it holds data */
	bool force_users;
};

/* Of tasks that change a namespace or a region which is there. */
struct nd_change_args {
	char name[64];	       /* of the namespace or the region; first, as some take only this */
	struct nd_identity ns; /* the namespace that is meant */
	bool overwrite;	       /* init_labels: what its namespaces hold may be lost */
	bool force_users;      /* see struct users_device */
};

struct nd_enable_args {
	char namespace_[MHP_NAME_MAX];
	/* for one that was never finished: a label says devdax, and no info block was written */
	uint64_t align;
	enum mhp_map map;
	bool overwrite; /* what it holds may be lost */
	bool force_users;
	struct nd_identity ns;
};

struct nd_created {
	char namespace_[MHP_NAME_MAX];
	char device[MHP_NAME_MAX]; /* on the dax bus; empty: not a devdax namespace */
	char id[MHP_UUID_MAX];	   /* of a namespace that was made; see struct mhp_namespace */
	uint64_t raw_size;
	int record_rc; /* why it could not be remembered that it was made, or 0 */
};

struct nd_ops {
	/* Task: struct nd_scan_head, struct mhp_region..., struct mhp_namespace... */
	child_fn scan;
	/* Task (struct mhp_namespace, with its device): what it holds; struct nd_looked. */
	child_fn look;
	/* Task (struct nd_create_args): a devdax namespace; struct nd_created. Undone on failure.
	 */
	child_fn create;
	/* Task (struct nd_enable_args): enable a namespace; struct nd_created. */
	child_fn enable;
	/* Task (struct nd_change_args): disable a namespace; refuses what is in use. */
	child_fn disable;
	/* Task (struct nd_change_args): delete a namespace; refuses what is in use. */
	child_fn destroy;
	/* Task (struct nd_change_args): write a label index on each of a region's DIMMs without. */
	child_fn init_labels;
	/*
	 * Task (struct nd_change_args): what init_labels had disabled of a region when it was
	 * killed, DIMMs and the region, is enabled.
	 */
	child_fn enable_dimms;
	/* Task (struct nd_change_args): a region */
	child_fn enable_region;
	/* See nd-identity.h; for the tasks themselves, right before they act. */
	int (*check_identity)(const struct mhp_ctx *ctx, const struct nd_identity *expected,
			      struct mhp_error *err);
	/* Tasks that may run side by side: see nd-bind.h. */
	child_fn hand_over;
	child_fn see_handed;
	child_fn bind_claim;
};

extern const struct nd_ops nd_kernel_ops;

/* Between nd.c, nd-content.c, nd-create.c and nd-change.c. */
int nd_open(struct ndctl_ctx **ndctl, struct mhp_error *err);
struct ndctl_region *nd_find_region(struct ndctl_ctx *ndctl, const char *name);
struct ndctl_namespace *nd_find_namespace(struct ndctl_ctx *ndctl, const char *name);
bool nd_has_labels(struct ndctl_region *region);

/* Fills in a namespace as it is now, but for its device and what it holds. */
void nd_read_namespace(struct ndctl_namespace *ndns, struct mhp_namespace *out);

/* Where the kernel writes the info block of a namespace, and how much. */
#define ND_INFO_OFFSET 4096
#define ND_INFO_PAGE   4096

/* The name of the block device of an enabled raw namespace; empty: it has none. */
void nd_raw_device(const struct mhp_ctx *ctx, const char *name, char *bdev, size_t size);

/* The same opened: its descriptor or a negative errno. */
int nd_open_raw(const struct mhp_ctx *ctx, const char *name, int flags);

/*
 * In nd-users.c: refuses while somebody uses the dax or block device of a namespace, and where that
 * device cannot be found, unless no driver drives it; see users_check().
 */
int nd_check_users(const struct mhp_ctx *ctx, const char *region, const char *name, bool force,
		   struct mhp_error *err);

/*
 * In nd-content.c. Would an info block be written over nothing, or is that agreed to? Asked of an
 * enabled raw namespace whose label says devdax. Unknown content is data.
 */
int nd_check_unused(const struct mhp_ctx *ctx, struct ndctl_namespace *ndns, bool overwrite,
		    struct mhp_error *err);

/*
 * Disables the raw namespace of a region without labels for what is made in its place: only if it
 * still is a raw one, nobody uses it, and it holds nothing or that may be lost. Fills in *now.
 */
int nd_take_raw(const struct mhp_ctx *ctx, struct ndctl_namespace *ndns, bool overwrite,
		bool force_users, struct mhp_namespace *now, struct mhp_error *err);

/* Disables a namespace that nobody uses. */
int nd_disable_safe(const struct mhp_ctx *ctx, struct ndctl_namespace *ndns, bool force_users,
		    struct mhp_error *err);

/*
 * In nd-create.c: a namespace that is not enabled becomes a devdax one; after a failure it is not
 * claimed. And the answer of it (struct nd_created), once its device on the dax bus is there.
 */
int nd_make_dax(const struct mhp_ctx *ctx, const char *region, uint64_t align, enum mhp_map map,
		struct nd_created *created, struct reply *reply, struct mhp_error *err);
int nd_report_dax(const struct mhp_ctx *ctx, const char *region, const char *dax,
		  struct nd_created *created, struct reply *reply, struct mhp_error *err);

/* A line of what libndctl was asked to do and the result of it, which is returned. */
int nd_log(const struct mhp_ctx *ctx, int rc, const char *does, const char *name);

int nd_scan(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err);
int nd_look(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err);
int nd_create(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err);
int nd_enable(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err);
int nd_disable(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err);
int nd_destroy(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err);
int nd_init_labels(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		   struct mhp_error *err);
int nd_enable_dimms(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		    struct mhp_error *err);
int nd_enable_region(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		     struct mhp_error *err);

static inline void ndctl_unrefp(struct ndctl_ctx **ndctl)
{
	ndctl_unref(*ndctl);
}

#define cleanup_ndctl __attribute__((cleanup(ndctl_unrefp)))
