/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The health of CXL memory devices: what they answer through a fake libcxl, and what they refuse.
 */
#include "lib/sys/cxl/health.h"
#include "lib/base/error.h"
#include "lib/sys/cxl/bus.h"
#include "lib/sys/cxl/libcxl.h"
#include "tests/unit/fake/findings.h"

#include <errno.h>
#include <string.h>

#ifdef HAVE_LIBCXL

#define SERIAL 0x10f

/* ---- a fake libcxl ----------------------------------------------------------------------- */

/* A memory device, and how it answers. It serves as the library's memdev and command. */
struct card {
	const char *name;
	unsigned long long serial;
	int missing;	    /* errno of a command that cannot be made */
	int submit;	    /* a negative errno, or 0 */
	int status;	    /* of the mailbox */
	int size;	    /* of the answer */
	bool hangs;	    /* the mailbox never answers */
	uint8_t answer[18]; /* as CXL 2.0 defines it: 8.2.9.5.3.1 */
};

#define MAX_CARDS 4

/* The bus that the library finds. */
static struct card cards[MAX_CARDS + 1];
static int new_rc;   /* of cxl_new() */
static int nr_alive; /* contexts and commands that were not freed */

static const struct card *card_of(const void *object)
{
	return object;
}

static int fake_new(struct cxl_ctx **ctx)
{
	if (new_rc < 0)
		return new_rc;
	nr_alive++;
	*ctx = (struct cxl_ctx *)cards;
	return 0;
}

static void fake_unref(struct cxl_ctx *ctx)
{
	assert_non_null(ctx);
	nr_alive--;
}

static void fake_set_log_priority(struct cxl_ctx *ctx, int priority)
{
	assert_non_null(ctx);
	assert_int_equal(priority, 0);
}

static struct cxl_memdev *fake_first(struct cxl_ctx *ctx)
{
	assert_non_null(ctx);
	return cards[0].name ? (struct cxl_memdev *)&cards[0] : NULL;
}

static struct cxl_memdev *fake_next(struct cxl_memdev *memdev)
{
	const struct card *next = card_of(memdev) + 1;

	return next->name ? (struct cxl_memdev *)next : NULL;
}

static const char *fake_devname(struct cxl_memdev *memdev)
{
	return card_of(memdev)->name;
}

static unsigned long long fake_serial(struct cxl_memdev *memdev)
{
	return card_of(memdev)->serial;
}

static struct cxl_cmd *fake_new_health(struct cxl_memdev *memdev)
{
	if (card_of(memdev)->missing) {
		errno = card_of(memdev)->missing;
		return NULL;
	}
	nr_alive++;
	return (struct cxl_cmd *)memdev;
}

static void fake_cmd_unref(struct cxl_cmd *cmd)
{
	assert_non_null(cmd);
	nr_alive--;
}

static int fake_submit(struct cxl_cmd *cmd)
{
	if (card_of(cmd)->hangs)
		fakeclock_hang_forever();
	return card_of(cmd)->submit;
}

static int fake_status(struct cxl_cmd *cmd)
{
	return card_of(cmd)->status;
}

static int fake_size(struct cxl_cmd *cmd)
{
	return card_of(cmd)->size;
}

/* Reads a number of the answer. */
static uint32_t number(const struct cxl_cmd *cmd, unsigned at, unsigned bytes)
{
	uint32_t value = 0;

	while (bytes--)
		value = value << 8 | card_of(cmd)->answer[at + bytes];
	return value;
}

/* Define a function of the library: whether some bits of a byte have a value, and numbers. */
#define BITS(name, at, shift, mask, value)                                  \
	static int fake_##name(struct cxl_cmd *cmd)                         \
	{                                                                   \
		return (number(cmd, at, 1) >> (shift) & (mask)) == (value); \
	}
#define NUMBER(name, at, bytes, none)                                        \
	static int fake_##name(struct cxl_cmd *cmd)                          \
	{                                                                    \
		uint32_t value = number(cmd, at, bytes);                     \
                                                                             \
		return (none) && value == (none) ? -EOPNOTSUPP : (int)value; \
	}

BITS(maintenance_needed, 0, 0, 1, 1)
BITS(performance_degraded, 0, 1, 1, 1)
BITS(hw_replacement_needed, 0, 2, 1, 1)
BITS(media_normal, 1, 0, 0xff, 0)
BITS(media_not_ready, 1, 0, 0xff, 1)
BITS(media_persistence_lost, 1, 0, 0xff, 2)
BITS(media_data_lost, 1, 0, 0xff, 3)
BITS(media_powerloss_persistence_loss, 1, 0, 0xff, 4)
BITS(media_shutdown_persistence_loss, 1, 0, 0xff, 5)
BITS(media_persistence_loss_imminent, 1, 0, 0xff, 6)
BITS(media_powerloss_data_loss, 1, 0, 0xff, 7)
BITS(media_shutdown_data_loss, 1, 0, 0xff, 8)
BITS(media_data_loss_imminent, 1, 0, 0xff, 9)
BITS(ext_life_used_normal, 2, 0, 3, 0)
BITS(ext_life_used_warning, 2, 0, 3, 1)
BITS(ext_life_used_critical, 2, 0, 3, 2)
BITS(ext_temperature_normal, 2, 2, 3, 0)
BITS(ext_temperature_warning, 2, 2, 3, 1)
BITS(ext_temperature_critical, 2, 2, 3, 2)
BITS(ext_corrected_volatile_normal, 2, 4, 1, 0)
BITS(ext_corrected_volatile_warning, 2, 4, 1, 1)
BITS(ext_corrected_persistent_normal, 2, 5, 1, 0)
BITS(ext_corrected_persistent_warning, 2, 5, 1, 1)
NUMBER(life_used, 3, 1, 0xff)
NUMBER(temperature, 4, 2, 0xffff)
NUMBER(dirty_shutdowns, 6, 4, 0)
NUMBER(volatile_errors, 10, 4, 0)
NUMBER(pmem_errors, 14, 4, 0)

#define INFO(name) .cxl_cmd_health_info_get_##name = fake_##name

static const struct libcxl fake_libcxl = {
	.cxl_new = fake_new,
	.cxl_unref = fake_unref,
	.cxl_set_log_priority = fake_set_log_priority,
	.cxl_memdev_get_first = fake_first,
	.cxl_memdev_get_next = fake_next,
	.cxl_memdev_get_devname = fake_devname,
	.cxl_memdev_get_serial = fake_serial,
	.cxl_cmd_new_get_health_info = fake_new_health,
	.cxl_cmd_submit = fake_submit,
	.cxl_cmd_get_mbox_status = fake_status,
	.cxl_cmd_get_out_size = fake_size,
	.cxl_cmd_unref = fake_cmd_unref,
	INFO(maintenance_needed),
	INFO(performance_degraded),
	INFO(hw_replacement_needed),
	INFO(media_normal),
	INFO(media_not_ready),
	INFO(media_persistence_lost),
	INFO(media_data_lost),
	INFO(media_powerloss_persistence_loss),
	INFO(media_shutdown_persistence_loss),
	INFO(media_persistence_loss_imminent),
	INFO(media_powerloss_data_loss),
	INFO(media_shutdown_data_loss),
	INFO(media_data_loss_imminent),
	INFO(ext_life_used_normal),
	INFO(ext_life_used_warning),
	INFO(ext_life_used_critical),
	INFO(ext_temperature_normal),
	INFO(ext_temperature_warning),
	INFO(ext_temperature_critical),
	INFO(ext_corrected_volatile_normal),
	INFO(ext_corrected_volatile_warning),
	INFO(ext_corrected_persistent_normal),
	INFO(ext_corrected_persistent_warning),
	INFO(life_used),
	INFO(temperature),
	INFO(dirty_shutdowns),
	INFO(volatile_errors),
	INFO(pmem_errors),
};

static int load_fake(struct libcxl *lib)
{
	*lib = fake_libcxl;
	return 0;
}

/* ---- a machine --------------------------------------------------------------------------- */

/* Adds a healthy card, to sysfs and to the library. */
static struct card *add_card(struct fakesys *fs, unsigned n)
{
	static const char *const names[MAX_CARDS] = { "mem0", "mem1", "mem2", "mem3" };
	char path[64];

	snprintf(path, sizeof(path), CXL_DEVICES "/mem%u/serial", n);
	fakesys_put(fs, path, "0x10f\n");
	snprintf(path, sizeof(path), "dev/cxl/mem%u", n);
	fakesys_put(fs, path, "");
	cards[n] = (struct card){ .name = names[n], .serial = SERIAL, .size = 18 };
	return &cards[n];
}

static struct fakesys *machine(unsigned nr_cards)
{
	struct fakesys *fs = fakesys_new();

	fs->ctx->load_libcxl = load_fake;
	memset(cards, 0, sizeof(cards));
	new_rc = nr_alive = 0;
	for (unsigned i = 0; i < nr_cards; i++)
		add_card(fs, i);
	return fs;
}

/* Reads mem0, which succeeds. */
static struct mhp_cxl_health read_health(struct fakesys *fs)
{
	const struct cxl_health_args args = { .name = "mem0", .serial = SERIAL };
	cleanup_reply struct reply reply = { 0 };
	struct mhp_cxl_health health;

	assert_int_equal(cxl_read_health(fs->ctx, &args, &reply, NULL), 0);
	assert_int_equal(reply.len, sizeof(health));
	memcpy(&health, reply.data, sizeof(health));
	assert_true(health.is_known);
	assert_int_equal(nr_alive, 0);
	return health;
}

/* Reads the health with one byte of the answer changed. */
static struct mhp_cxl_health with_byte(struct fakesys *fs, unsigned at, uint8_t value)
{
	struct mhp_cxl_health health;

	cards[0].answer[at] = value;
	health = read_health(fs);
	cards[0].answer[at] = 0;
	return health;
}

/* Reads mem0, which fails for this reason. */
static void check_fails(struct fakesys *fs, uint64_t serial, int rc, const char *why)
{
	struct cxl_health_args args = { .name = "mem0", .serial = serial };
	cleanup_reply struct reply reply = { 0 };
	struct mhp_error err = { 0 };

	assert_int_equal(cxl_read_health(fs->ctx, &args, &reply, &err), rc);
	assert_string_equal(err.message, why);
	assert_int_equal(reply.len, 0);
	assert_int_equal(nr_alive, 0);
}

/* ---- values ------------------------------------------------------------------------------ */

static void a_device_in_good_health(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine(1);
	static const uint8_t answer[18] = {
		0, 0, 0, 7, 41, 0, 3, 0, 0, 0, 0x2, 1, 0, 0, 5, 0, 0, 0
	};
	struct mhp_cxl_health health;

	(void)state;
	memcpy(cards[0].answer, answer, sizeof(answer));
	health = read_health(fs);
	assert_int_equal(health.maintenance_needed, MHP_TRISTATE_NO);
	assert_int_equal(health.performance_degraded, MHP_TRISTATE_NO);
	assert_int_equal(health.hw_replacement_needed, MHP_TRISTATE_NO);
	assert_string_equal(health.media_status, "normal");
	assert_string_equal(health.life_used_alert, "normal");
	assert_string_equal(health.temperature_alert, "normal");
	assert_string_equal(health.volatile_errors_alert, "normal");
	assert_string_equal(health.persistent_errors_alert, "normal");
	assert_int_equal(health.life_used_percent, 7);
	assert_true(health.has_temperature);
	assert_int_equal(health.temperature_celsius, 41);
	assert_int_equal(health.dirty_shutdowns, 3);
	assert_int_equal(health.corrected_volatile_errors, 0x102);
	assert_int_equal(health.corrected_persistent_errors, 5);
}

static void states_of_a_device(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine(1);
	struct mhp_cxl_health health = with_byte(fs, 0, 1);

	(void)state;
	assert_int_equal(health.maintenance_needed, MHP_TRISTATE_YES);
	assert_int_equal(health.performance_degraded, MHP_TRISTATE_NO);
	health = with_byte(fs, 0, 2);
	assert_int_equal(health.performance_degraded, MHP_TRISTATE_YES);
	assert_int_equal(health.hw_replacement_needed, MHP_TRISTATE_NO);
	health = with_byte(fs, 0, 4);
	assert_int_equal(health.hw_replacement_needed, MHP_TRISTATE_YES);
	assert_int_equal(health.maintenance_needed, MHP_TRISTATE_NO);
}

static void states_of_media(void **state)
{
	static const char *const names[] = { "normal",
					     "not_ready",
					     "persistence_lost",
					     "data_lost",
					     "powerloss_persistence_loss",
					     "shutdown_persistence_loss",
					     "persistence_loss_imminent",
					     "powerloss_data_loss",
					     "shutdown_data_loss",
					     "data_loss_imminent",
					     "" };
	cleanup_fakesys struct fakesys *fs = machine(1);

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		assert_string_equal(with_byte(fs, 1, (uint8_t)i).media_status, names[i]);
	assert_string_equal(with_byte(fs, 1, 0xff).media_status, "");
}

static void alerts(void **state)
{
	static const char *const names[] = { "normal", "warning", "critical", "" };
	cleanup_fakesys struct fakesys *fs = machine(1);

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		assert_string_equal(with_byte(fs, 2, (uint8_t)i).life_used_alert, names[i]);
		assert_string_equal(with_byte(fs, 2, (uint8_t)(i << 2)).temperature_alert,
				    names[i]);
	}
	assert_string_equal(with_byte(fs, 2, 0x10).volatile_errors_alert, "warning");
	assert_string_equal(with_byte(fs, 2, 0x10).persistent_errors_alert, "normal");
	assert_string_equal(with_byte(fs, 2, 0x20).persistent_errors_alert, "warning");
	assert_string_equal(with_byte(fs, 2, 0x20).life_used_alert, "normal");
}

static void set_temperature(uint16_t value)
{
	cards[0].answer[4] = value & 0xff;
	cards[0].answer[5] = value >> 8;
}

static void numbers_that_the_device_lacks(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine(1);

	(void)state;
	assert_true(with_byte(fs, 3, 0xff).life_used_percent == MHP_UNKNOWN);
	assert_int_equal(with_byte(fs, 3, 101).life_used_percent, 101);
	set_temperature(0x7fff);
	assert_false(read_health(fs).has_temperature);
	set_temperature(0xffff);
	assert_false(read_health(fs).has_temperature);
	set_temperature(0xfff6); /* below zero */
	assert_true(read_health(fs).has_temperature);
	assert_int_equal(read_health(fs).temperature_celsius, -10);
}

/* Counts above 31 bits look like an errno in the library. */
static void counts_that_are_large(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine(1);
	struct mhp_cxl_health health;

	(void)state;
	memset(cards[0].answer + 6, 0xff, 12);
	cards[0].answer[6] = 0xa1; /* -EOPNOTSUPP */
	health = read_health(fs);
	assert_true(health.dirty_shutdowns == 0xffffffa1);
	assert_true(health.corrected_volatile_errors == UINT32_MAX);
	assert_true(health.corrected_persistent_errors == UINT32_MAX);
}

/* ---- failures ---------------------------------------------------------------------------- */

#define NOT_REPORTED "the device or its driver does not report it"
#define NO_DEVICE    "it has no device in /dev/cxl"

static void a_device_that_cannot_be_asked(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine(1);

	(void)state;
	check_fails(fs, 0x110, -ENODEV, NO_DEVICE); /* it has a name of another one */
	cards[0].missing = EACCES;
	check_fails(fs, SERIAL, -EACCES, "only root can read it");
	check_fails(fs, MHP_UNKNOWN, -EACCES, "only root can read it");
	cards[0].missing = EOPNOTSUPP;
	check_fails(fs, SERIAL, -EOPNOTSUPP, NOT_REPORTED);
	cards[0].name = "mem7";
	check_fails(fs, SERIAL, -ENODEV, NO_DEVICE);
	new_rc = -ENXIO;
	check_fails(fs, SERIAL, -ENXIO, "libcxl: No such device or address");
	assert_int_equal(tree_remove(fs->tree.fd, "dev/cxl/mem0"), 0);
	check_fails(fs, SERIAL, -ENOENT, NO_DEVICE);
}

static int load_nothing(struct libcxl *lib)
{
	(void)lib;
	return -EOPNOTSUPP;
}

static void a_machine_without_libcxl(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine(1);

	(void)state;
	fs->ctx->load_libcxl = load_nothing;
	check_fails(fs, SERIAL, -EOPNOTSUPP, "libcxl is not installed");
}

static void a_mailbox_that_fails(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine(1);

	(void)state;
	cards[0].submit = -ENOTTY;
	check_fails(fs, SERIAL, -ENOTTY, NOT_REPORTED);
	cards[0].submit = -ETIMEDOUT;
	check_fails(fs, SERIAL, -ETIMEDOUT, "the device did not answer in time");
	cards[0].submit = -EIO;
	check_fails(fs, SERIAL, -EIO, "the device cannot be asked: Input/output error");
	cards[0].submit = 0;
	cards[0].status = 3;
	check_fails(fs, SERIAL, -EOPNOTSUPP, NOT_REPORTED);
	cards[0].status = 6;
	check_fails(fs, SERIAL, -EIO, "the device answered with mailbox status 6");
	cards[0].status = 0;
	cards[0].size = 3;
	check_fails(fs, SERIAL, -EIO, "the device answered with 3 bytes instead of 18");
}

/* ---- a scan ------------------------------------------------------------------------------ */

static struct mhp_topology *scan(struct fakesys *fs, unsigned flags)
{
	struct mhp_topology *topo = NULL;

	assert_int_equal(mhp_topology_scan(fs->ctx, flags, &topo, NULL), 0);
	return topo;
}

/* Returns the reasons of hidden health, one in a line. */
static const char *hidden_in(const struct mhp_topology *topo, char *buf, size_t size)
{
	const struct mhp_hidden *hidden;

	*buf = '\0';
	for (size_t i = 0; (hidden = mhp_topology_hidden(topo, i)); i++)
		if (strcmp(hidden->what, "cxl_memdevs.health") == 0)
			str_append_to(buf, size, "%s\n", hidden->why);
	return buf;
}

static void each_device_for_itself(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine(MAX_CARDS);
	cleanup_topology struct mhp_topology *topo = NULL;
	char why[512];

	(void)state;
	cards[0].hangs = true;
	cards[1].submit = cards[3].submit = -ENOTTY;
	cards[2].answer[0] = 4;
	topo = scan(fs, MHP_SCAN_CXL_HEALTH);
	assert_int_equal(topo->nr_cxl_memdevs, MAX_CARDS);
	assert_false(topo->cxl_memdevs[0].health.is_known);
	assert_true(topo->cxl_memdevs[0].health.dirty_shutdowns == MHP_UNKNOWN);
	assert_false(topo->cxl_memdevs[1].health.is_known);
	assert_int_equal(topo->cxl_memdevs[2].health.hw_replacement_needed, MHP_TRISTATE_YES);
	assert_false(topo->cxl_memdevs[3].health.is_known);
	assert_string_equal(hidden_in(topo, why, sizeof(why)),
			    "mem0: the device did not answer within 5 seconds\n"
			    "mem1 and 1 more: " NOT_REPORTED "\n");
}

static void not_asked_for(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine(1);
	cleanup_topology struct mhp_topology *topo = NULL;
	char why[512];

	(void)state;
	cards[0].hangs = true;
	topo = scan(fs, MHP_SCAN_CONTENT);
	assert_false(topo->cxl_memdevs[0].health.is_known);
	assert_string_equal(hidden_in(topo, why, sizeof(why)), "");
}

static void a_scan_that_is_cancelled(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine(1);
	struct mhp_topology *topo = NULL;

	(void)state;
	mhp_ctx_cancel(fs->ctx);
	assert_int_equal(mhp_topology_scan(fs->ctx, MHP_SCAN_CXL_HEALTH, &topo, NULL), -ECANCELED);
	assert_null(topo);
}

static void doctor_asks(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine(2);
	cleanup_findings struct mhp_doctor_report *report = NULL;

	(void)state;
	cards[0].answer[1] = 3;
	cards[1].status = 3;
	report = findings_of(fs);
	assert_int_equal(findings_get(report, "cxl_health")->severity, MHP_SEVERITY_ERROR);
	assert_string_equal(findings_get(report, "cxl_health")->found,
			    "mem0: the CXL device reports: media data_lost");
	assert_true(findings_hide(report, "cxl_memdevs.health"));
}

/* Functions of the library of this machine, if it is installed. */
static void the_library_has_all_functions(void **state)
{
	struct libcxl lib = { .cxl_new = NULL };

	(void)state;
	if (libcxl_load(&lib) < 0)
		skip();
	assert_non_null(lib.cxl_new);
	assert_non_null(lib.cxl_cmd_health_info_get_pmem_errors);
}

UNIT_TESTS(cmocka_unit_test(a_device_in_good_health), cmocka_unit_test(states_of_a_device),
	   cmocka_unit_test(states_of_media), cmocka_unit_test(alerts),
	   cmocka_unit_test(numbers_that_the_device_lacks), cmocka_unit_test(counts_that_are_large),
	   cmocka_unit_test(a_device_that_cannot_be_asked),
	   cmocka_unit_test(a_machine_without_libcxl), cmocka_unit_test(a_mailbox_that_fails),
	   cmocka_unit_test(each_device_for_itself), cmocka_unit_test(not_asked_for),
	   cmocka_unit_test(a_scan_that_is_cancelled), cmocka_unit_test(doctor_asks),
	   cmocka_unit_test(the_library_has_all_functions))

#else

static void built_without_libcxl(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *topo = NULL;

	(void)state;
	fakesys_put(fs, CXL_DEVICES "/mem0/serial", "0x10f\n");
	assert_int_equal(mhp_topology_scan(fs->ctx, MHP_SCAN_CXL_HEALTH, &topo, NULL), 0);
	assert_false(topo->cxl_memdevs[0].health.is_known);
	assert_string_equal(mhp_topology_hidden(topo, topo->nr_hidden - 1)->what,
			    "cxl_memdevs.health");
	assert_string_equal(mhp_topology_hidden(topo, topo->nr_hidden - 1)->why,
			    "mem0: mhpctl was built without libcxl");
	assert_int_equal(libcxl_load(NULL), -EOPNOTSUPP);
}

UNIT_TESTS(cmocka_unit_test(built_without_libcxl))

#endif
