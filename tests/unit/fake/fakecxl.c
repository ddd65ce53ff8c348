/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/fake/fakecxl.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "tests/unit/fake/fakecxl-bus.h"
#include "tests/unit/fake/fakekernel.h"
#include "tests/unit/fake/tree.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOT   "devices/platform/ACPI0017:00/root0"
#define PCI    "devices/pci0000:%02x/0000:%02x:00.0/0000:%02x:%02x.0"
#define UP     "../../../"
#define IOMEM  "cxl/iomem" /* /proc/iomem without the bus */
#define OFFSET 5	   /* of endpoint5 to mem0 */

/* ---- files of a device ------------------------------------------------------------------- */

int fakecxl_put(int fd, const char *device, const char *file, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	ROOT_PATH(path, FAKE_CXL "/%s/%s", device, file);
	return tree_put(fd, path, "%s\n", text);
}

void fakecxl_get(int fd, const char *device, const char *file, char *buf, size_t size)
{
	ROOT_PATH(path, FAKE_CXL "/%s/%s", device, file);
	if (tree_get(fd, path, buf, size) < 0)
		buf[0] = '\0';
}

uint64_t fakecxl_value(int fd, const char *device, const char *file)
{
	char text[64];

	fakecxl_get(fd, device, file, text, sizeof(text));
	return strtoull(text, NULL, 0);
}

bool fakecxl_has(int fd, const char *device)
{
	const struct root sys = { .root_fd = fd };

	ROOT_PATH(path, FAKE_CXL "/%s", device);
	return root_has_name(&sys, path) > 0;
}

int fakecxl_path(int fd, const char *device, char *path, size_t size)
{
	const struct root sys = { .root_fd = fd };
	char target[256];
	int rc;

	ROOT_PATH(link, FAKE_CXL "/%s", device);
	rc = root_link(&sys, link, target, sizeof(target));
	if (rc < 0)
		return rc;
	snprintf(path, size, "sys/%s", target + strlen(UP));
	return 0;
}

void fakecxl_above(int fd, const char *device, char *name, size_t size)
{
	char path[256] = "", *end;

	fakecxl_path(fd, device, path, sizeof(path));
	end = strrchr(path, '/');
	if (end)
		*end = '\0';
	end = strrchr(path, '/');
	str_copy_to(name, size, end ? end + 1 : "");
}

int fakecxl_add(int fd, const char *folder, const char *device, const char *type)
{
	char target[256];
	int rc;

	str_format(target, UP "%s/%s", folder, device);
	ROOT_PATH(link, FAKE_CXL "/%s", device);
	ROOT_PATH(path, "sys/%s/%s", folder, device);
	rc = tree_folder(fd, path);
	if (rc == 0)
		rc = tree_link(fd, link, target);
	return rc < 0 ? rc : fakecxl_put(fd, device, "devtype", "%s", type);
}

int fakecxl_remove(int fd, const char *device)
{
	char path[256];
	int rc = fakecxl_path(fd, device, path, sizeof(path));

	ROOT_PATH(link, FAKE_CXL "/%s", device);
	if (rc == 0)
		rc = tree_remove(fd, path);
	return rc < 0 ? rc : tree_remove(fd, link);
}

bool fakecxl_is_bound(int fd, const char *device)
{
	char file[64];

	str_format(file, "%s/driver", device);
	return fakecxl_has(fd, file);
}

int fakecxl_bind(int fd, const char *device, const char *driver)
{
	ROOT_PATH(path, FAKE_CXL "/%s/driver", device);
	ROOT_PATH(target, "../../../../../../bus/cxl/drivers/%s", driver);
	return tree_link(fd, path, target);
}

int fakecxl_each(int fd, int (*fn)(const struct root *sys, const char *name, void *data),
		 void *data)
{
	const struct root sys = { .root_fd = fd };

	return root_each(&sys, FAKE_CXL, fn, data);
}

/* ---- the bus ----------------------------------------------------------------------------- */

/* Puts "FILE=VALUE" pairs, of which the last is NULL. */
static int put_all(int fd, const char *device, const char *const *pairs)
{
	int rc = 0;

	for (; *pairs && rc == 0; pairs++) {
		const char *value = strchr(*pairs, '=');
		char file[32];

		str_format(file, "%.*s", (int)(value - *pairs), *pairs);
		rc = fakecxl_put(fd, device, file, "%s", value + 1);
	}
	return rc;
}

int fakecxl_add_window(int fd, const struct fakecxl_window *window)
{
	static const char *const rest[] = { "cap_pmem=1",     "cap_ram=1",
					    "cap_type2=1",    "cap_type3=1",
					    "delete_region=", "locked=0",
					    "qos_class=0",    NULL };
	char name[MHP_NAME_MAX], list[64] = "";
	int rc;

	str_format(name, "decoder0.%u", window->number);
	rc = fakecxl_add(fd, ROOT, name, "cxl_decoder_root");
	if (rc == 0)
		rc = put_all(fd, name, rest);
	for (unsigned i = 0; i < window->ways; i++)
		str_append(list, "%s%u", i ? "," : "", window->bridges[i]);
	if (rc == 0)
		rc = fakecxl_put(fd, name, "target_list", "%s", list);
	if (rc == 0)
		rc = fakecxl_put(fd, name, "start", "0x%" PRIx64, window->start);
	if (rc == 0)
		rc = fakecxl_put(fd, name, "size", "0x%" PRIx64, window->size);
	if (rc == 0)
		rc = fakecxl_put(fd, name, "interleave_ways", "%u", window->ways);
	if (rc == 0)
		rc = fakecxl_put(fd, name, "interleave_granularity", "%u", window->granularity);
	if (rc == 0)
		rc = fakecxl_offer(fd, name);
	fakecxl_update_iomem(fd);
	return rc;
}

static int add_switch_decoder(int fd, unsigned port, unsigned number)
{
	static const char *const files[] = { "interleave_granularity=4096",
					     "interleave_ways=1",
					     "locked=0",
					     "region=",
					     "size=0x0",
					     "start=0x0",
					     "target_list=0",
					     "target_type=expander",
					     NULL };
	char name[MHP_NAME_MAX], folder[64];
	int rc;

	str_format(name, "decoder%u.%u", port, number);
	str_format(folder, ROOT "/port%u", port);
	rc = fakecxl_add(fd, folder, name, "cxl_decoder_switch");
	return rc < 0 ? rc : put_all(fd, name, files);
}

int fakecxl_add_bridge(int fd, unsigned bridge, unsigned nr_decoders)
{
	char name[MHP_NAME_MAX] = "port1", dport[16], target[64];
	unsigned port = 1;
	int rc;

	while (fakecxl_has(fd, name))
		str_format(name, "port%u", ++port);
	rc = fakecxl_add(fd, ROOT, name, "cxl_port");
	str_format(dport, "dport%u", bridge);
	str_format(target, UP "pci0000:%02x", bridge);
	ROOT_PATH(dport_path, "sys/" ROOT "/%s", dport);
	ROOT_PATH(uport_path, "sys/" ROOT "/%s/uport", name);
	if (rc == 0)
		rc = tree_link(fd, dport_path, target);
	if (rc == 0)
		rc = tree_link(fd, uport_path, target);
	if (rc == 0)
		rc = fakecxl_put(fd, name, "fake_bridge", "%u", bridge);
	if (rc == 0)
		rc = fakecxl_put(fd, name, "decoders_committed", "0");
	for (unsigned i = 0; i < nr_decoders && rc == 0; i++)
		rc = add_switch_decoder(fd, port, i);
	return rc;
}

/* ---- memory devices ---------------------------------------------------------------------- */

static int add_endpoint_decoder(int fd, const char *folder, unsigned endpoint, unsigned number)
{
	static const char *const files[] = { "dpa_resource=0xffffffffffffffff",
					     "dpa_size=0x0000000000000000",
					     "interleave_granularity=256",
					     "interleave_ways=1",
					     "locked=0",
					     "mode=none",
					     "region=",
					     "size=0x0",
					     "start=0x0",
					     "target_type=expander",
					     NULL };
	char name[MHP_NAME_MAX];
	int rc;

	str_format(name, "decoder%u.%u", endpoint, number);
	rc = fakecxl_add(fd, folder, name, "cxl_decoder_endpoint");
	return rc < 0 ? rc : put_all(fd, name, files);
}

/* Finds the port of a host bridge. */
static int find_port(int fd, unsigned bridge, char *name, size_t size)
{
	for (unsigned i = 1; i < 100; i++) {
		snprintf(name, size, "port%u", i);
		if (!fakecxl_has(fd, name))
			break;
		if (fakecxl_value(fd, name, "fake_bridge") == bridge)
			return 0;
	}
	return -ENXIO;
}

int fakecxl_bind_memdev(int fd, const char *memdev)
{
	unsigned number = (unsigned)atoi(memdev + strlen("mem")), endpoint = number + OFFSET;
	unsigned nr = (unsigned)fakecxl_value(fd, memdev, "fake_decoders");
	char name[MHP_NAME_MAX], folder[128], port[MHP_NAME_MAX], target[64];
	int rc = find_port(fd, (unsigned)fakecxl_value(fd, memdev, "fake_bridge"), port,
			   sizeof(port));

	if (rc < 0)
		return rc;
	str_format(name, "endpoint%u", endpoint);
	str_format(folder, ROOT "/%s", port);
	str_format(target, "../../../../../pci0000:00/%s", memdev);
	ROOT_PATH(uport, FAKE_CXL "/%s/uport", name);
	rc = fakecxl_add(fd, folder, name, "cxl_port");
	if (rc == 0)
		rc = tree_link(fd, uport, target);
	if (rc == 0)
		rc = fakecxl_put(fd, name, "decoders_committed", "0");
	if (rc == 0)
		rc = fakecxl_bind(fd, name, "cxl_port");
	str_append(folder, "/%s", name);
	for (unsigned i = 0; i < nr && rc == 0; i++)
		rc = add_endpoint_decoder(fd, folder, endpoint, i);
	return rc < 0 ? rc : fakecxl_bind(fd, memdev, "cxl_mem");
}

void fakecxl_endpoint_of(const char *memdev, char *name, size_t size)
{
	snprintf(name, size, "endpoint%d", atoi(memdev + strlen("mem")) + OFFSET);
}

int fakecxl_add_card(int fd, const struct fakecxl_card *card)
{
	char name[MHP_NAME_MAX], folder[128];
	const unsigned bus = card->bridge;
	int rc;

	str_format(name, "mem%u", card->number);
	str_format(folder, PCI, bus, bus, bus + 1, card->number);
	rc = fakecxl_add(fd, folder, name, "cxl_memdev");
	if (rc == 0)
		rc = fakecxl_put(fd, name, "serial", "0x%" PRIx64, card->serial);
	if (rc == 0)
		rc = fakecxl_put(fd, name, "ram/size", "0x%" PRIx64, card->bytes);
	if (rc == 0)
		rc = fakecxl_put(fd, name, "pmem/size", "0x0");
	if (rc == 0)
		rc = fakecxl_put(fd, name, "numa_node", "-1");
	if (rc == 0)
		rc = fakecxl_put(fd, name, "security/state", "disabled");
	if (rc == 0)
		rc = fakecxl_put(fd, name, "firmware_version", "BWFW VERSION 00");
	if (rc == 0)
		rc = fakecxl_put(fd, name, "fake_bridge", "%u", bus);
	if (rc == 0)
		rc = fakecxl_put(fd, name, "fake_decoders", "%u", card->nr_decoders);
	return rc < 0 ? rc : fakecxl_bind_memdev(fd, name);
}

static int add_files(int fd)
{
	static const char *const drivers[] = { "cxl_mem", "cxl_region", "cxl_dax_region",
					       "cxl_port" };
	char iomem[2048] = "";
	int rc = 0;

	tree_get(fd, "proc/iomem", iomem, sizeof(iomem));
	rc = tree_put(fd, IOMEM, "%s%s", iomem, *iomem ? "\n" : "");
	for (size_t i = 0; i < 4 && rc == 0; i++) {
		ROOT_PATH(bind, "sys/bus/cxl/drivers/%s/bind", drivers[i]);
		ROOT_PATH(unbind, "sys/bus/cxl/drivers/%s/unbind", drivers[i]);
		rc = tree_put(fd, bind, "%s", "");
		if (rc == 0)
			rc = tree_put(fd, unbind, "%s", "");
	}
	if (rc == 0)
		rc = tree_put(fd, "sys/bus/cxl/flush", "%s", "");
	return rc < 0 ? rc : fakecxl_add(fd, "devices/platform/ACPI0017:00", "root0", "cxl_port");
}

int fakecxl_bus(int fd)
{
	static const uint64_t size = 4ULL << 30;
	const struct fakecxl_window windows[] = {
		{ 0, FAKECXL_WINDOW, size, 1, 256, { 12 } },
		{ 1, FAKECXL_WINDOW + size, size, 1, 256, { 44 } },
		{ 2, FAKECXL_WINDOW + 2 * size, size, 2, 256, { 12, 44 } },
	};
	const struct fakecxl_card near = { 0, FAKECXL_NEAR, 12, 1ULL << 30, 4 };
	const struct fakecxl_card far = { 1, FAKECXL_FAR, 44, 1ULL << 30, 4 };
	int rc = add_files(fd);

	for (int i = 0; i < 3 && rc == 0; i++)
		rc = fakecxl_add_window(fd, &windows[i]);
	if (rc == 0)
		rc = fakecxl_add_bridge(fd, 12, 1);
	if (rc == 0)
		rc = fakecxl_add_bridge(fd, 44, 1);
	if (rc == 0)
		rc = fakecxl_add_card(fd, &near);
	return rc < 0 ? rc : fakecxl_add_card(fd, &far);
}

/* ---- /proc/iomem ------------------------------------------------------------------------- */

struct iomem {
	int fd;
	const char *window;
	char text[4096];
};

static bool is_kmem(int fd, const char *device)
{
	const struct root sys = { .root_fd = fd };
	char driver[MHP_NAME_MAX];

	ROOT_PATH(path, FAKE_CXL "/%s/driver", device);
	return root_link_name(&sys, path, driver, sizeof(driver)) == 0 &&
	       strcmp(driver, "kmem") == 0;
}

static void add_devices(struct iomem *iomem, const char *region)
{
	for (unsigned i = 0; i < 8; i++) {
		const int number = atoi(region + strlen("region"));
		uint64_t start, end;
		char name[MHP_NAME_MAX], file[64];

		str_format(name, "dax%d.%u", number, i);
		str_format(file, "../../dax/devices/%s", name);
		start = fakecxl_value(iomem->fd, file, "mapping0/start");
		end = fakecxl_value(iomem->fd, file, "mapping0/end");
		if (!end)
			continue;
		str_append(iomem->text, "    %" PRIx64 "-%" PRIx64 " : %s\n", start, end, name);
		if (is_kmem(iomem->fd, file))
			str_append(iomem->text, "      %" PRIx64 "-%" PRIx64 " : %s\n", start, end,
				   "System RAM (kmem)");
	}
}

static int add_region(const struct root *sys, const char *name, void *data)
{
	struct iomem *iomem = data;
	uint64_t id, size;
	char window[MHP_NAME_MAX];

	(void)sys;
	if (root_name_id(name, "region", &id) < 0)
		return 0;
	fakecxl_above(iomem->fd, name, window, sizeof(window));
	size = fakecxl_value(iomem->fd, name, "size");
	if (!size || strcmp(window, iomem->window) != 0)
		return 0;
	str_append(iomem->text, "  %" PRIx64 "-%" PRIx64 " : %s\n",
		   fakecxl_value(iomem->fd, name, "resource"),
		   fakecxl_value(iomem->fd, name, "resource") + size - 1, name);
	add_devices(iomem, name);
	return 0;
}

void fakecxl_update_iomem(int fd)
{
	struct iomem iomem = { .fd = fd };
	char name[MHP_NAME_MAX];
	uint64_t start, size;

	if (tree_get(fd, IOMEM, iomem.text, sizeof(iomem.text)) < 0)
		return;
	if (*iomem.text)
		str_append(iomem.text, "\n");
	for (unsigned i = 0; i < 16; i++) {
		str_format(name, "decoder0.%u", i);
		start = fakecxl_value(fd, name, "start");
		size = fakecxl_value(fd, name, "size");
		if (!size)
			continue;
		str_append(iomem.text, "%" PRIx64 "-%" PRIx64 " : CXL Window %u\n", start,
			   start + size - 1, i);
		iomem.window = name;
		fakecxl_each(fd, add_region, &iomem);
	}
	tree_put(fd, "proc/iomem", "%s", iomem.text);
}
