/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices that came while a bus did not probe: who is probed once it does again. */
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "tests/unit/fake/held.h"

#include <string.h>
#include <sys/wait.h>

#define DEVICES "sys/bus/dax/devices/"
#define PROBE	"sys/bus/dax/drivers_probe"

/* One without a driver, as others make it. */
static void put_device(struct fakesys *fs, const char *name, const char *region)
{
	char target[128];

	ROOT_PATH(size, "sys/devices/ndbus0/%s/%s/size", region, name);
	ROOT_PATH(link, DEVICES "%s", name);
	fakesys_put(fs, size, "0\n");
	str_format(target, "../../../devices/ndbus0/%s/%s", region, name);
	assert_int_equal(tree_link(fs->tree.fd, link, target), 0);
}

/* Old ones without a driver and our own stay so; what somebody else made is probed. */
static void devices_of_others_are_probed(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct settings s;

	fakesys_put(fs, DEVICES "dax0.0/size", "0\n");
	settings_init(&s, fs->ctx);
	assert_int_equal(change_autoprobe(&s, NULL), 0);
	fakesys_put(fs, DEVICES "dax1.0/size", "0\n");
	fakesys_put(fs, DEVICES "dax2.0/size", "0\n");
	fakesys_put(fs, DEVICES "dax3.0/driver/bind", "");
	settings_own(&s, "dax2.0");
	settings_free(&s);
	assert_int_equal(fakesys_writes(fs, "sys/bus/dax/drivers_probe="), 1);
	assert_int_equal(fakesys_writes(fs, "sys/bus/dax/drivers_probe=dax1.0"), 1);
}

/* Where the journal tells what was there before, and who has made what. */
static void also_after_a_kill(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();

	fakesys_put(fs, DEVICES "dax0.0/size", "0\n");
	put_device(fs, "dax1.0", "region1");
	put_device(fs, "dax2.0", "region2");
	put_device(fs, "dax20.0", "region20");
	fakesys_put(fs, AUTOPROBE, "0\n");
	fakesys_put(fs, JOURNAL "dax-autoprobe", AUTOPROBE "\t1\nidle\tdax0.0\nown\tregion2\n");
	assert_int_equal(recover(fs), 1);
	assert_int_equal(fakesys_writes(fs, PROBE "="), 2);
	assert_int_equal(fakesys_writes(fs, PROBE "=dax1.0"), 1);
	assert_int_equal(fakesys_writes(fs, PROBE "=dax20.0"), 1);
}

/* Without the list any of them may have been there before, and without a driver on purpose. */
static void without_a_list_none_is_probed(void **state)
{
	static const char *const rests[] = { "",
					     "dax0.0\n",
					     "idle\tdax0.0\n",
					     "idle\tdax0.0",
					     "own\t\n",
					     "idle\tdax0.0\nown\tregion2" };

	for (size_t i = 0; i < ARRAY_SIZE(rests); i++) {
		cleanup_fakesys struct fakesys *fs = fakesys_new();
		char text[128];

		put_device(fs, "dax1.0", "region1");
		fakesys_put(fs, AUTOPROBE, "0\n");
		str_format(text, AUTOPROBE "\t1\n%s", rests[i]);
		fakesys_put(fs, JOURNAL "dax-autoprobe", text);
		assert_int_equal(recover(fs), 1);
		assert_int_equal(fakesys_writes(fs, PROBE), 0);
		fakesys_check_settings(fs);
	}
}

#define MANY 400

/* However many there are: each of them stays as it is, also after a kill. */
static void a_long_list_is_whole(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	pid_t pid;

	for (int i = 0; i < MANY; i++) {
		ROOT_PATH(path, DEVICES "dax%d.0/size", i);
		fakesys_put(fs, path, "0\n");
	}
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct settings s;

		settings_init(&s, fs->ctx);
		_exit(change_autoprobe(&s, NULL) != 0);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	put_device(fs, "dax1000.0", "region1000");
	assert_int_equal(recover(fs), 1);
	assert_int_equal(fakesys_writes(fs, PROBE "="), 1);
	assert_int_equal(fakesys_writes(fs, PROBE "=dax1000.0"), 1);
}

/* What a killed run was about to make, or had taken, is not bound behind its back. */
static void what_a_killed_run_has_made(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		struct settings s;

		settings_init(&s, fs->ctx);
		settings_own_region(&s, "region2");
		_exit(change_autoprobe(&s, NULL) != 0);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	put_device(fs, "dax2.0", "region2");
	put_device(fs, "dax3.0", "region3");
	assert_int_equal(recover(fs), 1);
	assert_int_equal(fakesys_writes(fs, PROBE "="), 1);
	assert_int_equal(fakesys_writes(fs, PROBE "=dax3.0"), 1);
}

static void change_and_meet_another(struct fakesys *fs, struct settings *s)
{
	settings_init(s, fs->ctx);
	assert_int_equal(change_autoprobe(s, NULL), 0);
	put_device(fs, "dax1.0", "region1");
	put_device(fs, "dax2.0", "region2");
	fakesys_answer(fs, FAKE_ALWAYS, PROBE, "dax1.0", "deaf");
	fakesys_answer(fs, FAKE_ALWAYS, PROBE, "dax2.0", "deaf");
}

/* The setting is back all the same, and the device is named. */
static void a_probe_has_a_deadline(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_error err = { 0 };
	uint64_t start = clock_msec();
	struct settings s;

	change_and_meet_another(fs, &s);
	s.probe_ms = 50;
	assert_int_equal(settings_restore(&s, SETTING_DAX_AUTOPROBE, &err), 1);
	assert_true(clock_msec() - start < 5000);
	assert_non_null(strstr(err.message, "appeared while drivers_autoprobe of the dax bus "
					    "was off"));
	assert_non_null(strstr(err.message, "no time is left"));
	assert_int_equal(fakesys_writes(fs, PROBE "="), 1);
	settings_free(&s);
	fakesys_check_settings(fs);
}

static void a_probe_can_be_cancelled(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_error err = { 0 };
	struct settings s;

	change_and_meet_another(fs, &s);
	mhp_ctx_cancel(fs->ctx);
	assert_int_equal(settings_restore(&s, SETTING_DAX_AUTOPROBE, &err), 1);
	assert_non_null(strstr(err.message, "interrupted"));
	assert_string_equal(err.hint, "write dax1.0 to drivers_probe of the dax bus");
	assert_int_equal(fakesys_writes(fs, PROBE "="), 0);
	settings_free(&s);
	fakesys_check_settings(fs);
}

UNIT_TESTS(cmocka_unit_test(devices_of_others_are_probed), cmocka_unit_test(also_after_a_kill),
	   cmocka_unit_test(without_a_list_none_is_probed), cmocka_unit_test(a_long_list_is_whole),
	   cmocka_unit_test(what_a_killed_run_has_made), cmocka_unit_test(a_probe_has_a_deadline),
	   cmocka_unit_test(a_probe_can_be_cancelled))
