// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Kinds where the kernel holds the pages. Uses raw system calls, since the helper is static
 */
#define _GNU_SOURCE
#include "holder.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <linux/if_xdp.h>
#include <linux/io_uring.h>
#include <linux/vfio.h>
#include <pthread.h>
#include <rdma/ib_user_verbs.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* ---- pipes -------------------------------------------------------------------------------- */

/* The pipe keeps a plain reference on each page until the page is read. */
static int give_to_pipe(struct request *req, void *mem)
{
	struct iovec iov = { .iov_base = mem, .iov_len = req->size };
	int fd[2];

	if (!mem || pipe2(fd, O_CLOEXEC) < 0 || fcntl(fd[1], F_SETPIPE_SZ, req->size) < 0)
		return -1;
	while (iov.iov_len) {
		ssize_t len = vmsplice(fd[1], &iov, 1, SPLICE_F_NONBLOCK);

		if (len <= 0)
			return -1;
		iov.iov_base = (char *)iov.iov_base + len;
		iov.iov_len -= len;
	}
	close(fd[1]);
	req->fd = fd[0];
	return 0;
}

void *hold_vmsplice(struct request *req)
{
	void *mem = hold_plain(req);

	return give_to_pipe(req, mem) < 0 ? NULL : mem;
}

struct late {
	struct request req;
	void *mem;
};

/* The open waits for a reader of the FIFO, and the reader for the close. */
static void *pin_for_reader(void *data)
{
	struct late *late = data;
	int fd = open(late->req.path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || give_to_pipe(&late->req, late->mem) < 0)
		die("late: %m");
	unlink(late->req.path);
	close(fd);
	return NULL;
}

void *hold_vmsplice_late(struct request *req)
{
	static struct late late;
	pthread_t thread;

	late.mem = hold_plain(req);
	late.req = *req;
	if (!late.mem || pthread_create(&thread, NULL, pin_for_reader, &late) != 0)
		return NULL;
	return late.mem;
}

/* ---- io_uring ----------------------------------------------------------------------------- */

#define BUFFER_MAX (1UL << 30) /* of the kernel, for one buffer */
#define NR_BUFFERS 8

static void *register_buffer(struct request *req, void *mem)
{
	struct iovec iov[NR_BUFFERS];
	struct io_uring_params params = { 0 };
	unsigned nr = 0;

	if (!mem)
		return NULL;
	for (size_t done = 0; done < req->size && nr < NR_BUFFERS; done += iov[nr++].iov_len) {
		iov[nr].iov_base = (char *)mem + done;
		iov[nr].iov_len = req->size - done < BUFFER_MAX ? req->size - done : BUFFER_MAX;
	}
	req->fd = syscall(SYS_io_uring_setup, 4, &params);
	if (req->fd < 0 ||
	    syscall(SYS_io_uring_register, req->fd, IORING_REGISTER_BUFFERS, iov, nr) < 0)
		return NULL;
	return mem;
}

void *hold_uring(struct request *req)
{
	return register_buffer(req, hold_plain(req));
}

void *hold_uring_thp(struct request *req)
{
	return register_buffer(req, hold_thp(req));
}

/* Shared memory: a fork shares pinned pages, while private ones would be copied. */
void *hold_uring_shared(struct request *req)
{
	void *mem =
		mmap(NULL, req->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (mem == MAP_FAILED || bind_on_node(req, mem, req->size) < 0)
		return NULL;
	memset(mem, 0x5a, req->size);
	req->was = pfn_of(mem);
	return register_buffer(req, mem);
}

/* ---- O_DIRECT in flight ------------------------------------------------------------------- */

#define DM_NAME "pins"

static int dm_fd = -1;

static int dm(unsigned long op, unsigned flags, const struct dm_target_spec *spec, dev_t *dev)
{
	struct {
		struct dm_ioctl io;
		struct dm_target_spec spec;
		char pad[64];
	} cmd = {
		.io = {
			.version = { 4, 0, 0 },
			.data_size = sizeof(cmd),
			.data_start = sizeof(cmd.io),
			.name = DM_NAME,
			.flags = flags,
		},
	};

	if (spec) {
		cmd.io.target_count = 1;
		cmd.spec = *spec;
	}
	if (ioctl(dm_fd, op, &cmd) < 0)
		return -1;
	if (dev)
		*dev = makedev((cmd.io.dev >> 8) & 0xfff, (cmd.io.dev & 0xff));
	return 0;
}

/* Ends the I/O in flight; otherwise the reading thread could not be killed. */
static void resume_and_end(int signo)
{
	(void)signo;
	dm(DM_DEV_SUSPEND, 0, NULL, NULL);
	_exit(0);
}

static void *read_for_ever(void *arg)
{
	struct request *req = arg;
	ssize_t len = pread(req->fd, (void *)req->was, req->size, 0);

	(void)len;
	return NULL;
}

static bool somebody_waits(void)
{
	char path[64], text[256], *at;
	bool waits = false;
	FILE *file;

	for (int tid = getpid() + 1; tid < getpid() + 64 && !waits; tid++) {
		snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
		file = fopen(path, "re");
		if (!file)
			continue;
		at = fgets(text, sizeof(text), file) ? strrchr(text, ')') : NULL;
		waits = at && at[2] == 'D';
		fclose(file);
	}
	return waits;
}

/* Reads from a suspended device: the read ends when the device is resumed, on SIGTERM. */
void *hold_direct(struct request *req)
{
	static struct request reading; /* `was` is the address */
	struct dm_target_spec spec = { .length = 65536, .target_type = "error" };
	void *mem = hold_plain(req);
	pthread_t thread;
	dev_t dev;

	dm_fd = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);
	if (!mem || dm_fd < 0)
		return NULL;
	dm(DM_DEV_REMOVE, 0, NULL, NULL); /* of an earlier run */
	if (dm(DM_DEV_CREATE, 0, NULL, &dev) < 0 || dm(DM_TABLE_LOAD, 0, &spec, NULL) < 0 ||
	    dm(DM_DEV_SUSPEND, 0, NULL, NULL) < 0)
		return NULL;
	unlink("/dev/pins");
	if (mknod("/dev/pins", S_IFBLK | 0600, dev) < 0)
		return NULL;
	req->fd = open("/dev/pins", O_RDONLY | O_DIRECT | O_CLOEXEC);
	if (req->fd < 0 ||
	    dm(DM_DEV_SUSPEND, DM_SUSPEND_FLAG | DM_SKIP_LOCKFS_FLAG, NULL, NULL) < 0)
		return NULL;
	signal(SIGTERM, resume_and_end);
	reading = *req;
	reading.was = (uintptr_t)mem;
	errno = pthread_create(&thread, NULL, read_for_ever, &reading);
	if (errno)
		return NULL;
	for (int tries = 0; !somebody_waits(); tries++) {
		if (tries == 500)
			die("the read does not wait");
		usleep(10000);
	}
	return mem;
}

/* ---- RDMA --------------------------------------------------------------------------------- */

struct verbs_cmd {
	struct ib_uverbs_cmd_hdr hdr;
	union {
		struct ib_uverbs_get_context context;
		struct ib_uverbs_alloc_pd pd;
		struct ib_uverbs_reg_mr mr;
	};
} __attribute__((packed, aligned(8)));

static int verbs(int fd, unsigned command, struct verbs_cmd *cmd, size_t size, size_t reply)
{
	size += sizeof(cmd->hdr);
	cmd->hdr.command = command;
	cmd->hdr.in_words = size / 4;
	cmd->hdr.out_words = reply / 4;
	return write(fd, cmd, size) == (ssize_t)size ? 0 : -1;
}

/* A memory region of the device --path, through the write interface of all verbs devices. */
void *hold_rdma(struct request *req)
{
	void *mem = hold_plain(req);
	struct ib_uverbs_get_context_resp context = { 0 };
	struct ib_uverbs_alloc_pd_resp pd = { 0 };
	struct ib_uverbs_reg_mr_resp mr = { 0 };
	struct verbs_cmd cmd = { .context.response = (uintptr_t)&context };

	req->fd = open(req->path, O_RDWR | O_CLOEXEC);
	if (!mem || req->fd < 0)
		return NULL;
	if (verbs(req->fd, IB_USER_VERBS_CMD_GET_CONTEXT, &cmd, sizeof(cmd.context),
		  sizeof(context)) < 0)
		die("get_context: %m");
	cmd = (struct verbs_cmd){ .pd.response = (uintptr_t)&pd };
	if (verbs(req->fd, IB_USER_VERBS_CMD_ALLOC_PD, &cmd, sizeof(cmd.pd), sizeof(pd)) < 0)
		die("alloc_pd: %m");
	cmd = (struct verbs_cmd){
		.mr = {
			.response = (uintptr_t)&mr,
			.start = (uintptr_t)mem,
			.length = req->size,
			.hca_va = (uintptr_t)mem,
			.pd_handle = pd.pd_handle,
			.access_flags = 1, /* local write */
		},
	};
	if (verbs(req->fd, IB_USER_VERBS_CMD_REG_MR, &cmd, sizeof(cmd.mr), sizeof(mr)) < 0)
		die("reg_mr: %m");
	return mem;
}

/* ---- VFIO --------------------------------------------------------------------------------- */

/* --path is the group of a device bound to vfio-pci. */
void *hold_vfio(struct request *req)
{
	void *mem = hold_plain(req);
	int container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)mem,
		.iova = 1 << 20,
		.size = req->size,
	};

	req->fd = open(req->path, O_RDWR | O_CLOEXEC);
	if (!mem || container < 0 || req->fd < 0)
		return NULL;
	if (ioctl(req->fd, VFIO_GROUP_SET_CONTAINER, &container) < 0)
		die("group_set_container: %m");
	if (ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU) < 0)
		die("set_iommu: %m");
	if (ioctl(container, VFIO_IOMMU_MAP_DMA, &map) < 0)
		die("map_dma: %m");
	return mem;
}

/* ---- AF_XDP ------------------------------------------------------------------------------- */

void *hold_xdp(struct request *req)
{
	void *mem = hold_plain(req);
	struct xdp_umem_reg umem = {
		.addr = (uintptr_t)mem,
		.len = req->size,
		.chunk_size = 4096,
	};

	req->fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (!mem || req->fd < 0)
		return NULL;
	if (setsockopt(req->fd, SOL_XDP, XDP_UMEM_REG, &umem, sizeof(umem)) < 0)
		die("umem_reg: %m");
	return mem;
}
