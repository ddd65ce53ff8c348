// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Asks libdaxctl what lib/sys/dax reads and writes through files, for the cases libdaxctl*. Each
 *call is a process with a context of its own; RESULT is the name of an errno, or a count.
 *
 *	daxlib version			"modes" if it names the modes of a device, else "no modes"
 *	daxlib regions			ID SIZE FREE, of each dax region
 *	daxlib devices			NAME SIZE ADDRESS ALIGN NODE RANGES, of each dax device
 *	daxlib size DEVICE BYTES	RESULT, and the size that it now shows
 *	daxlib align DEVICE BYTES	RESULT, and the alignment that it now shows
 *	daxlib mapping DEVICE START END	RESULT, and the size that it now shows
 *	daxlib create REGION		RESULT, and the name of the new device, or "-"
 *	daxlib destroy DEVICE		RESULT, and whether the device is still listed
 *	daxlib ram DEVICE		RESULT of binding it to kmem
 *	daxlib online DEVICE		RESULT of bringing its blocks online as movable memory
 *	daxlib offline DEVICE		RESULT of taking its blocks offline
 *	daxlib blocks DEVICE		the number of its memory blocks
 *	daxlib speed N			nanoseconds to read all devices by the library, and by files
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <err.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DEVICES "/sys/bus/dax/devices"

typedef unsigned long long number;

struct daxctl_ctx;
struct daxctl_region;
struct daxctl_dev;
struct daxctl_memory;
struct daxctl_mapping;

#define FUNCTIONS(X)                                                                   \
	X(int, daxctl_new, struct daxctl_ctx **)                                       \
	X(struct daxctl_ctx *, daxctl_unref, struct daxctl_ctx *)                      \
	X(struct daxctl_region *, daxctl_region_get_first, struct daxctl_ctx *)        \
	X(struct daxctl_region *, daxctl_region_get_next, struct daxctl_region *)      \
	X(int, daxctl_region_get_id, struct daxctl_region *)                           \
	X(number, daxctl_region_get_size, struct daxctl_region *)                      \
	X(number, daxctl_region_get_available_size, struct daxctl_region *)            \
	X(int, daxctl_region_create_dev, struct daxctl_region *)                       \
	X(int, daxctl_region_destroy_dev, struct daxctl_region *, struct daxctl_dev *) \
	X(struct daxctl_dev *, daxctl_region_get_dev_seed, struct daxctl_region *)     \
	X(struct daxctl_dev *, daxctl_dev_get_first, struct daxctl_region *)           \
	X(struct daxctl_dev *, daxctl_dev_get_next, struct daxctl_dev *)               \
	X(struct daxctl_region *, daxctl_dev_get_region, struct daxctl_dev *)          \
	X(const char *, daxctl_dev_get_devname, struct daxctl_dev *)                   \
	X(number, daxctl_dev_get_size, struct daxctl_dev *)                            \
	X(number, daxctl_dev_get_resource, struct daxctl_dev *)                        \
	X(unsigned long, daxctl_dev_get_align, struct daxctl_dev *)                    \
	X(int, daxctl_dev_get_target_node, struct daxctl_dev *)                        \
	X(int, daxctl_dev_set_size, struct daxctl_dev *, number)                       \
	X(int, daxctl_dev_set_align, struct daxctl_dev *, unsigned long)               \
	X(int, daxctl_dev_set_mapping, struct daxctl_dev *, number, number)            \
	X(int, daxctl_dev_enable_ram, struct daxctl_dev *)                             \
	X(struct daxctl_memory *, daxctl_dev_get_memory, struct daxctl_dev *)          \
	X(int, daxctl_memory_online, struct daxctl_memory *)                           \
	X(int, daxctl_memory_offline, struct daxctl_memory *)                          \
	X(int, daxctl_memory_num_sections, struct daxctl_memory *)                     \
	X(struct daxctl_mapping *, daxctl_mapping_get_first, struct daxctl_dev *)      \
	X(struct daxctl_mapping *, daxctl_mapping_get_next, struct daxctl_mapping *)   \
	X(number, daxctl_mapping_get_start, struct daxctl_mapping *)                   \
	X(number, daxctl_mapping_get_end, struct daxctl_mapping *)

struct lib {
	void *handle;
	struct daxctl_ctx *ctx;
#define X(type, name, ...) type (*name)(__VA_ARGS__);
	FUNCTIONS(X)
#undef X
};

static void load(struct lib *lib)
{
	lib->handle = dlopen("libdaxctl.so.1", RTLD_NOW);
	if (!lib->handle)
		errx(1, "%s", dlerror());
#define X(type, name, ...)                                \
	*(void **)&lib->name = dlsym(lib->handle, #name); \
	if (!lib->name)                                   \
		errx(1, "%s is missing", #name);
	FUNCTIONS(X)
#undef X
	if (lib->daxctl_new(&lib->ctx) < 0)
		errx(1, "no context");
}

/* ---- reads ------------------------------------------------------------------------------- */

static void print_regions(const struct lib *lib)
{
	struct daxctl_region *region = lib->daxctl_region_get_first(lib->ctx);

	for (; region; region = lib->daxctl_region_get_next(region))
		printf("%d %llu %llu\n", lib->daxctl_region_get_id(region),
		       lib->daxctl_region_get_size(region),
		       lib->daxctl_region_get_available_size(region));
}

static void print_device(const struct lib *lib, struct daxctl_dev *dev, FILE *out)
{
	struct daxctl_mapping *mapping = lib->daxctl_mapping_get_first(dev);

	fprintf(out, "%s %llu %#llx %lu %d", lib->daxctl_dev_get_devname(dev),
		lib->daxctl_dev_get_size(dev), lib->daxctl_dev_get_resource(dev),
		lib->daxctl_dev_get_align(dev), lib->daxctl_dev_get_target_node(dev));
	for (; mapping; mapping = lib->daxctl_mapping_get_next(mapping))
		fprintf(out, " %#llx-%#llx", lib->daxctl_mapping_get_start(mapping),
			lib->daxctl_mapping_get_end(mapping));
	fputc('\n', out);
}

static void print_devices(const struct lib *lib, FILE *out)
{
	struct daxctl_region *region = lib->daxctl_region_get_first(lib->ctx);
	struct daxctl_dev *dev;

	for (; region; region = lib->daxctl_region_get_next(region))
		for (dev = lib->daxctl_dev_get_first(region); dev;
		     dev = lib->daxctl_dev_get_next(dev))
			print_device(lib, dev, out);
}

static struct daxctl_dev *find_device(const struct lib *lib, const char *name)
{
	struct daxctl_region *region = lib->daxctl_region_get_first(lib->ctx);
	struct daxctl_dev *dev;

	for (; region; region = lib->daxctl_region_get_next(region))
		for (dev = lib->daxctl_dev_get_first(region); dev;
		     dev = lib->daxctl_dev_get_next(dev))
			if (strcmp(lib->daxctl_dev_get_devname(dev), name) == 0)
				return dev;
	return NULL;
}

/* ---- writes ------------------------------------------------------------------------------ */

/* Prints a result, without a newline. */
static void print_result(int rc)
{
	if (rc < 0)
		printf("%s", strerrorname_np(-rc));
	else
		printf("%d", rc);
}

static void create(const struct lib *lib, int id)
{
	struct daxctl_region *region = lib->daxctl_region_get_first(lib->ctx);
	struct daxctl_dev *dev;

	while (region && lib->daxctl_region_get_id(region) != id)
		region = lib->daxctl_region_get_next(region);
	if (!region)
		errx(1, "no region %d", id);
	dev = lib->daxctl_dev_get_first(region); /* reads its devices */
	print_result(lib->daxctl_region_create_dev(region));
	dev = lib->daxctl_region_get_dev_seed(region);
	printf(" %s\n", dev ? lib->daxctl_dev_get_devname(dev) : "-");
}

static void destroy(const struct lib *lib, struct daxctl_dev *dev, const char *name)
{
	print_result(lib->daxctl_region_destroy_dev(lib->daxctl_dev_get_region(dev), dev));
	printf(" %s\n", find_device(lib, name) ? "listed" : "gone");
}

/* Changes a device, and prints its size or alignment as the library shows it then. */
static bool change(const struct lib *lib, struct daxctl_dev *dev, char **args)
{
	number value = args[1] ? strtoull(args[1], NULL, 0) : 0;

	if (strcmp(args[-1], "size") == 0) {
		print_result(lib->daxctl_dev_set_size(dev, value));
	} else if (strcmp(args[-1], "align") == 0) {
		print_result(lib->daxctl_dev_set_align(dev, value));
		return printf(" %lu\n", lib->daxctl_dev_get_align(dev));
	} else if (strcmp(args[-1], "mapping") == 0 && args[1] && args[2]) {
		print_result(lib->daxctl_dev_set_mapping(dev, value, strtoull(args[2], NULL, 0)));
	} else {
		return false;
	}
	return printf(" %llu\n", lib->daxctl_dev_get_size(dev));
}

/* Does something with the memory blocks of a device. */
static bool blocks(const struct lib *lib, struct daxctl_dev *dev, const char *verb)
{
	struct daxctl_memory *memory = lib->daxctl_dev_get_memory(dev);

	if (!memory)
		errx(1, "%s has no memory", lib->daxctl_dev_get_devname(dev));
	if (strcmp(verb, "online") == 0)
		print_result(lib->daxctl_memory_online(memory));
	else if (strcmp(verb, "offline") == 0)
		print_result(lib->daxctl_memory_offline(memory));
	else if (strcmp(verb, "blocks") == 0)
		print_result(lib->daxctl_memory_num_sections(memory));
	else
		return false;
	return putchar('\n');
}

/* ---- speed ------------------------------------------------------------------------------- */

static void read_file(int dir, const char *path)
{
	char text[64];
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, text, sizeof(text)) < 0)
		err(1, "%s", path);
	close(fd);
}

/* Reads the values of print_device(), of devices of one range. */
static void read_files(void)
{
	static const char *const files[] = { "size",	    "resource",	      "align",
					     "target_node", "mapping0/start", "mapping0/end" };
	DIR *dir = opendir(DEVICES);
	struct dirent *entry;
	char path[512];

	if (!dir)
		err(1, DEVICES);
	while ((entry = readdir(dir)))
		for (size_t i = 0; entry->d_name[0] != '.' && i < sizeof(files) / sizeof(*files);
		     i++) {
			snprintf(path, sizeof(path), "%s/%s", entry->d_name, files[i]);
			read_file(dirfd(dir), path);
		}
	closedir(dir);
}

static long long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/* Compares both; a context is made for each round, since it is never read again. */
static void print_speed(struct lib *lib, unsigned rounds)
{
	FILE *out = fopen("/dev/null", "w");
	long long start = now(), by_library;

	for (unsigned i = 0; i < rounds; i++) {
		lib->daxctl_unref(lib->ctx);
		if (lib->daxctl_new(&lib->ctx) < 0)
			errx(1, "no context");
		print_devices(lib, out);
	}
	by_library = now() - start;
	start = now();
	for (unsigned i = 0; i < rounds; i++)
		read_files();
	printf("%lld %lld\n", by_library / rounds, (now() - start) / rounds);
	fclose(out);
}

/* ---- the command line -------------------------------------------------------------------- */

static bool of_device(const struct lib *lib, const char *verb, char **args)
{
	struct daxctl_dev *dev = find_device(lib, args[0]);

	if (!dev)
		errx(1, "no device %s", args[0]);
	if (strcmp(verb, "destroy") == 0) {
		destroy(lib, dev, args[0]);
		return true;
	}
	if (strcmp(verb, "ram") == 0) {
		print_result(lib->daxctl_dev_enable_ram(dev));
		return putchar('\n');
	}
	return change(lib, dev, args) || blocks(lib, dev, verb);
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	struct lib lib;

	load(&lib);
	if (strcmp(verb, "version") == 0)
		puts(dlsym(lib.handle, "daxctl_dev_get_mode") ? "modes" : "no modes");
	else if (strcmp(verb, "regions") == 0)
		print_regions(&lib);
	else if (strcmp(verb, "devices") == 0)
		print_devices(&lib, stdout);
	else if (strcmp(verb, "create") == 0 && argc == 3)
		create(&lib, atoi(argv[2]));
	else if (strcmp(verb, "speed") == 0 && argc == 3)
		print_speed(&lib, (unsigned)atoi(argv[2]));
	else if (argc < 3 || !of_device(&lib, verb, argv + 2))
		errx(2, "see the head of daxlib.c");
	lib.daxctl_unref(lib.ctx);
	return 0;
}
