/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Temporary changes of machine settings, restored on every path. */
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/exec/journal.h"
#include "lib/sys/lock.h"
#include "tests/unit/fake/fakesys.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#define AUTOPROBE   "sys/bus/dax/drivers_autoprobe"
#define JOURNAL	    "run/mhpctl/restore."
#define DEVICES	    "sys/bus/dax/devices/"
#define PROBE	    "sys/bus/dax/drivers_probe"
#define AUTO_ONLINE "sys/devices/system/memory/auto_online_blocks"

/* Recovers as the next run does; returns the number of restored settings. */
static int recover(struct fakesys *fs)
{
	struct settings s;
	int count;

	settings_init(&s, fs->ctx);
	count = settings_recover(&s, NULL);
	settings_free(&s);
	return count;
}

static int change_autoprobe(struct settings *s, struct mhp_error *err)
{
	return settings_change(s, SETTING_DAX_AUTOPROBE, AUTOPROBE, "0", NULL, 0, err);
}

static void change_and_restore(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct settings s;

	settings_init(&s, fs->ctx);
	assert_int_equal(change_autoprobe(&s, NULL), 0);
	assert_string_equal(fakesys_get(fs, AUTOPROBE), "0");
	assert_string_equal(fakesys_get(fs, JOURNAL "dax-autoprobe"),
			    AUTOPROBE "\t1\nidle\t\nown\t");
	assert_int_equal(settings_restore(&s, SETTING_DAX_AUTOPROBE, NULL), 0);
	fakesys_check_settings(fs);
	/* already restored */
	assert_int_equal(settings_restore(&s, SETTING_DAX_AUTOPROBE, NULL), 0);
	assert_int_equal(fakesys_writes(fs, AUTOPROBE), 2);
	settings_free(&s);
}

static void the_end_restores(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct settings s;

	settings_init(&s, fs->ctx);
	assert_int_equal(change_autoprobe(&s, NULL), 0);
	assert_int_equal(settings_change(&s, SETTING_AUTO_ONLINE, AUTO_ONLINE, "online_movable",
					 NULL, 0, NULL),
			 0);
	settings_free(&s);
	fakesys_check_settings(fs);
	settings_free(&s);
}

static void what_is_so_already_is_left_alone(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct settings s;

	fakesys_put(fs, AUTOPROBE, "0\n");
	settings_init(&s, fs->ctx);
	assert_int_equal(change_autoprobe(&s, NULL), 0);
	assert_false(root_exists(&fs->ctx->sys, JOURNAL "dax-autoprobe"));
	settings_free(&s);
	assert_string_equal(fakesys_get(fs, AUTOPROBE), "0");
	assert_int_equal(fakesys_writes(fs, AUTOPROBE), 0);
}

/* Dynamic debug has no value to read, so the caller gives the command that restores it. */
static void a_way_back_that_is_told(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct settings s;

	fakesys_put(fs, "proc/dynamic_debug/control",
		    "mm/memory_hotplug.c:1964 [memory_hotplug]offline_pages =_ \"x\"\n");
	settings_init(&s, fs->ctx);
	assert_int_equal(settings_change(&s, SETTING_OFFLINE_REASON, "proc/dynamic_debug/control",
					 "file mm/memory_hotplug.c line 1964 +p",
					 "file mm/memory_hotplug.c line 1964 -p", 0, NULL),
			 0);
	assert_non_null(strstr(fakesys_get(fs, "proc/dynamic_debug/control"), " =p "));
	assert_string_equal(fakesys_get(fs, JOURNAL "offline-reason"),
			    "proc/dynamic_debug/control\tfile mm/memory_hotplug.c line 1964 -p");
	settings_free(&s);
	fakesys_check_settings(fs);
}

/* The journal is written before the setting is changed. */
static void the_journal_comes_first(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct settings s;

	fakesys_answer(fs, 1, AUTOPROBE, "0", "die");
	settings_init(&s, fs->ctx);
	assert_true(change_autoprobe(&s, NULL) < 0);
	assert_string_equal(fakesys_get(fs, JOURNAL "dax-autoprobe"),
			    AUTOPROBE "\t1\nidle\t\nown\t");
	settings_free(&s);
	fakesys_check_settings(fs);
}

static void a_journal_that_cannot_be_written(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_error err = { 0 };
	struct settings s;

	assert_int_equal(tree_folder(fs->tree.fd, JOURNAL "dax-autoprobe"), 0);
	settings_init(&s, fs->ctx);
	assert_int_equal(change_autoprobe(&s, &err), -EISDIR);
	assert_non_null(strstr(err.message, AUTOPROBE));
	settings_free(&s);
	assert_int_equal(fakesys_writes(fs, AUTOPROBE), 0);
}

/* A link with the name of the journal must not redirect a write of root. */
static void a_journal_that_is_a_link(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct settings s;

	fakesys_put(fs, "precious", "data");
	assert_int_equal(tree_link(fs->tree.fd, JOURNAL "dax-autoprobe", "../../precious"), 0);
	settings_init(&s, fs->ctx);
	assert_int_equal(change_autoprobe(&s, NULL), -EINVAL);
	settings_free(&s);
	assert_string_equal(fakesys_get(fs, AUTOPROBE), "1");
	assert_int_equal(recover(fs), 0); /* removes the link */
	settings_init(&s, fs->ctx);
	assert_int_equal(change_autoprobe(&s, NULL), 0);
	settings_free(&s);
	assert_string_equal(fakesys_get(fs, "precious"), "data");
	fakesys_check_settings(fs);
}

static void a_setting_that_is_not_there(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_error err = { 0 };
	struct settings s;

	assert_int_equal(tree_remove(fs->tree.fd, AUTOPROBE), 0);
	settings_init(&s, fs->ctx);
	assert_int_equal(change_autoprobe(&s, &err), -ENOENT);
	assert_string_equal(err.message, "cannot change /" AUTOPROBE ": No such file or directory");
	assert_false(root_exists(&fs->ctx->sys, JOURNAL "dax-autoprobe"));
	settings_free(&s);
}

static void a_value_that_is_refused(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_error err = { 0 };
	struct settings s;

	settings_init(&s, fs->ctx);
	assert_int_equal(settings_change(&s, SETTING_AUTO_ONLINE, AUTO_ONLINE, "sideways", NULL, 0,
					 &err),
			 -EINVAL);
	assert_string_equal(err.message,
			    "cannot write sideways to /" AUTO_ONLINE ": Invalid argument");
	settings_free(&s);
	fakesys_check_settings(fs);
}

/* ---- signals ----------------------------------------------------------------------------- */

static bool is_held_back(int signo)
{
	sigset_t now;

	pthread_sigmask(SIG_SETMASK, NULL, &now);
	return sigismember(&now, signo) == 1;
}

static void a_stop_waits_for_the_restore(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct settings s;

	settings_init(&s, fs->ctx);
	assert_int_equal(change_autoprobe(&s, NULL), 0);
	assert_true(is_held_back(SIGTSTP) && is_held_back(SIGTTOU));
	assert_false(is_held_back(SIGQUIT)); /* ends the run, which restores settings */
	assert_int_equal(settings_restore(&s, SETTING_DAX_AUTOPROBE, NULL), 0);
	assert_false(is_held_back(SIGTSTP) || is_held_back(SIGTTOU));
	settings_free(&s);
}

/* Signals that the caller has blocked stay blocked. */
static void the_mask_of_the_caller_stays(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct settings s;
	sigset_t his, before;

	sigemptyset(&his);
	sigaddset(&his, SIGTSTP);
	sigaddset(&his, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &his, &before);
	settings_init(&s, fs->ctx);
	assert_int_equal(change_autoprobe(&s, NULL), 0);
	settings_free(&s);
	assert_true(is_held_back(SIGTSTP) && is_held_back(SIGUSR2));
	assert_false(is_held_back(SIGTTOU));
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* ---- two at once ------------------------------------------------------------------------- */

/* Asks as another process: returns 0 if it may change the setting, 1 if it is locked. */
static int ask_as_another(struct fakesys *fs, enum setting which)
{
	pid_t pid = fork();
	int status = 0;

	assert_true(pid >= 0);
	if (pid == 0) {
		struct mhp_error err = { 0 };
		struct settings s;
		int rc;

		settings_init(&s, fs->ctx);
		rc = which == SETTING_AUTO_ONLINE
			     ? settings_change(&s, which, AUTO_ONLINE, "online_kernel", NULL, 0,
					       &err)
			     : settings_change(&s, which, AUTOPROBE, "0", NULL, 0, &err);
		settings_free(&s);
		_exit(rc == 0 ? 0 : rc == -EAGAIN && err.reason == MHP_REASON_LOCK_HELD ? 1 : 2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* Nobody could restore it: it stays, and there is no journal. */
static void a_value_that_is_not_known(void **state)
{
	static const char *const values[] = { "", "2", "\377%n\001", "on" };

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		cleanup_fakesys struct fakesys *fs = fakesys_new();
		struct mhp_error err = { 0 };
		struct settings s;

		settings_init(&s, fs->ctx);
		fakesys_put(fs, AUTOPROBE, values[i]);
		assert_true(change_autoprobe(&s, &err) < 0);
		assert_non_null(strstr(err.message, "nobody could restore"));
		assert_string_equal(fakesys_get(fs, AUTOPROBE), values[i]);
		assert_int_equal(settings_left(&s), 0);
		settings_free(&s);
		assert_string_equal(fakesys_get(fs, AUTOPROBE), values[i]);
	}
}

static void a_setting_is_held_while_it_is_changed(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct settings s;

	settings_init(&s, fs->ctx);
	assert_int_equal(change_autoprobe(&s, NULL), 0);
	assert_int_equal(ask_as_another(fs, SETTING_DAX_AUTOPROBE), 1);
	assert_int_equal(ask_as_another(fs, SETTING_AUTO_ONLINE), 0);
	assert_int_equal(settings_restore(&s, SETTING_DAX_AUTOPROBE, NULL), 0);
	assert_int_equal(ask_as_another(fs, SETTING_DAX_AUTOPROBE), 0);
	settings_free(&s);
}

/* The journal of a running owner is left alone. */
static void recovery_leaves_the_living_alone(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct settings s;
	int status = 0;
	pid_t pid;

	settings_init(&s, fs->ctx);
	assert_int_equal(change_autoprobe(&s, NULL), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct settings other;
		int count;

		settings_init(&other, fs->ctx);
		count = settings_recover(&other, NULL);
		settings_free(&other);
		_exit(count);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_string_equal(fakesys_get(fs, AUTOPROBE), "0");
	settings_free(&s);
	fakesys_check_settings(fs);
}

/* ---- recovery ---------------------------------------------------------------------------- */

static void what_a_killed_run_left(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		struct settings s;

		settings_init(&s, fs->ctx);
		change_autoprobe(&s, NULL);
		_exit(0); /* without restoring */
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_string_equal(fakesys_get(fs, AUTOPROBE), "0");
	assert_int_equal(recover(fs), 1);
	fakesys_check_settings(fs);
	assert_int_equal(recover(fs), 0);
}

static void nothing_to_recover(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();

	assert_int_equal(recover(fs), 0);
	assert_int_equal(fakesys_writes(fs, "sys/"), 0);
}

/* A journal that others could write must not make root write any path or value. */
static void a_journal_that_was_tampered_with(void **state)
{
	static const char *const journals[] = {
		"",
		"\n",
		"\t1\n",
		AUTOPROBE,
		AUTOPROBE "\n",
		AUTOPROBE "\t\n",
		AUTOPROBE " 1\n",
		"/" AUTOPROBE "\t1\n",
		"./" AUTOPROBE "\t1\n",
		"sys/bus/dax/drivers/../drivers_autoprobe\t1\n",
		"sys/bus/dax/drivers/kmem/unbind\tdax0.0\n",
		"sys/devices/system/memory/memory33/state\toffline\n",
		"etc/passwd\troot::0:0::/:/bin/sh\n",
		"proc/sysrq-trigger\tb\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(journals); i++) {
		cleanup_fakesys struct fakesys *fs = fakesys_new();

		fakesys_put(fs, AUTOPROBE, "0\n");
		fakesys_put(fs, JOURNAL "dax-autoprobe", journals[i]);
		assert_int_equal(recover(fs), 0);
		if (fakesys_writes(fs, "") != 0)
			fail_msg("written because of \"%s\"", journals[i]);
		assert_false(root_exists(&fs->ctx->sys, JOURNAL "dax-autoprobe"));
	}
}

/* The journal of one setting cannot restore another. */
static void a_journal_of_another_setting(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();

	fakesys_put(fs, JOURNAL "dax-autoprobe", AUTO_ONLINE "\tonline\n");
	assert_int_equal(recover(fs), 0);
	assert_string_equal(fakesys_get(fs, AUTO_ONLINE), "offline");
}

static void a_restore_that_fails_keeps_the_journal(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();

	fakesys_put(fs, AUTOPROBE, "0\n");
	fakesys_put(fs, JOURNAL "dax-autoprobe", AUTOPROBE "\t1\n");
	fakesys_answer(fs, FAKE_ALWAYS, AUTOPROBE, "1", "errno 5");
	assert_int_equal(recover(fs), 0);
	assert_string_equal(fakesys_get(fs, JOURNAL "dax-autoprobe"), AUTOPROBE "\t1");
	fakesys_answer(fs, 0, AUTOPROBE, "1", "ok");
	assert_int_equal(recover(fs), 1);
	fakesys_check_settings(fs);
}

/* A was killed with the setting changed; B changes it too and restores the value before A. */
static void the_journal_of_a_killed_run_is_the_truth(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct settings s;

	fakesys_put(fs, AUTO_ONLINE, "online_movable\n");
	fakesys_put(fs, JOURNAL "auto-online", AUTO_ONLINE "\tonline\n");
	settings_init(&s, fs->ctx);
	assert_int_equal(settings_change(&s, SETTING_AUTO_ONLINE, AUTO_ONLINE, "online_kernel",
					 NULL, 0, NULL),
			 0);
	assert_string_equal(fakesys_get(fs, JOURNAL "auto-online"), AUTO_ONLINE "\tonline");
	assert_int_equal(settings_restore(&s, SETTING_AUTO_ONLINE, NULL), 0);
	assert_string_equal(fakesys_get(fs, AUTO_ONLINE), "online");
	settings_free(&s);
}

/* Both runs want the same word: the second must not mistake it for the machine's own setting. */
static void the_same_word_as_a_killed_run(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct settings s;

	fakesys_put(fs, AUTO_ONLINE, "online_movable\n");
	fakesys_put(fs, JOURNAL "auto-online", AUTO_ONLINE "\tonline\n");
	settings_init(&s, fs->ctx);
	assert_int_equal(settings_change(&s, SETTING_AUTO_ONLINE, AUTO_ONLINE, "online_movable",
					 NULL, 0, NULL),
			 0);
	settings_free(&s);
	assert_string_equal(fakesys_get(fs, AUTO_ONLINE), "online");
	assert_false(root_exists(&fs->ctx->sys, JOURNAL "auto-online"));
}

/* A setting that already has the value is locked too: another context cannot change it. */
static void what_is_so_already_is_held(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct settings a, b;

	fakesys_put(fs, AUTO_ONLINE, "online_movable\n");
	settings_init(&a, fs->ctx);
	settings_init(&b, fs->ctx);
	assert_int_equal(settings_change(&a, SETTING_AUTO_ONLINE, AUTO_ONLINE, "online_movable",
					 NULL, 0, NULL),
			 0);
	assert_int_equal(settings_change(&b, SETTING_AUTO_ONLINE, AUTO_ONLINE, "offline", NULL, 0,
					 NULL),
			 -EAGAIN);
	assert_int_equal(settings_restore(&a, SETTING_AUTO_ONLINE, NULL), 0);
	assert_int_equal(
		settings_change(&b, SETTING_AUTO_ONLINE, AUTO_ONLINE, "offline", NULL, 0, NULL), 0);
	settings_free(&b);
	settings_free(&a);
	assert_string_equal(fakesys_get(fs, AUTO_ONLINE), "online_movable");
}

/* A setting may have two files: the journal of the other file is kept. */
static void a_journal_of_another_path_stays(void **state)
{
	static const char old[] = "sys/kernel/debug/dynamic_debug/control\tfile a.c line 1 -p";
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_error err = { 0 };
	struct settings s;

	fakesys_put(fs, "proc/dynamic_debug/control", "a.c:1 [a]b =_ \"x\"\n");
	assert_int_equal(tree_put(fs->tree.fd, JOURNAL "offline-reason", "%s\n", old), 0);
	settings_init(&s, fs->ctx);
	assert_int_equal(settings_change(&s, SETTING_OFFLINE_REASON, "proc/dynamic_debug/control",
					 "file a.c line 1 +p", "file a.c line 1 -p", 0, &err),
			 -EEXIST);
	assert_non_null(strstr(err.message, "restore.offline-reason"));
	settings_free(&s);
	assert_string_equal(fakesys_get(fs, JOURNAL "offline-reason"), old);
	assert_int_equal(fakesys_writes(fs, "control"), 0);
}

static void a_journal_of_another_setting_stays(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct settings s;

	fakesys_put(fs, JOURNAL "dax-autoprobe", AUTO_ONLINE "\tonline");
	settings_init(&s, fs->ctx);
	assert_int_equal(change_autoprobe(&s, NULL), -EINVAL);
	settings_free(&s);
	assert_string_equal(fakesys_get(fs, JOURNAL "dax-autoprobe"), AUTO_ONLINE "\tonline");
	assert_string_equal(fakesys_get(fs, AUTOPROBE), "1");
}

/* ---- devices added while a bus did not probe --------------------------------------------- */

/* Adds a device without a driver, as another program would. */
static void put_device(struct fakesys *fs, const char *name, const char *region)
{
	char target[128];

	ROOT_PATH(size, "sys/devices/ndbus0/%s/%s/size", region, name);
	ROOT_PATH(link, DEVICES "%s", name);
	fakesys_put(fs, size, "0\n");
	str_format(target, "../../../devices/ndbus0/%s/%s", region, name);
	assert_int_equal(tree_link(fs->tree.fd, link, target), 0);
}

/* Devices of other programs are probed; ours and older unbound ones are not. */
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

/* The journal lists the devices that existed before, and ours. */
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

/* Without the list any device may have existed before, unbound on purpose. */
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

/* A list of any length is kept complete, also after a kill. */
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

/* A device that a killed run was making, or had unbound, is not probed. */
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

/* The setting is restored anyway, and a warning names the device. */
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
	assert_non_null(
		strstr(err.message, "appeared while drivers_autoprobe of the dax bus was off"));
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
	/* the order of a directory's entries is that of the file system */
	assert_true(strcmp(err.hint, "write dax1.0 to drivers_probe of the dax bus") == 0 ||
		    strcmp(err.hint, "write dax2.0 to drivers_probe of the dax bus") == 0);
	assert_int_equal(fakesys_writes(fs, PROBE "="), 0);
	settings_free(&s);
	fakesys_check_settings(fs);
}

UNIT_TESTS(cmocka_unit_test(a_stop_waits_for_the_restore),
	   cmocka_unit_test(the_mask_of_the_caller_stays), cmocka_unit_test(change_and_restore),
	   cmocka_unit_test(the_end_restores), cmocka_unit_test(what_is_so_already_is_left_alone),
	   cmocka_unit_test(a_way_back_that_is_told), cmocka_unit_test(the_journal_comes_first),
	   cmocka_unit_test(a_journal_that_cannot_be_written),
	   cmocka_unit_test(a_journal_that_is_a_link),
	   cmocka_unit_test(a_setting_that_is_not_there), cmocka_unit_test(a_value_that_is_refused),
	   cmocka_unit_test(a_value_that_is_not_known),
	   cmocka_unit_test(a_setting_is_held_while_it_is_changed),
	   cmocka_unit_test(recovery_leaves_the_living_alone),
	   cmocka_unit_test(what_a_killed_run_left), cmocka_unit_test(nothing_to_recover),
	   cmocka_unit_test(a_journal_that_was_tampered_with),
	   cmocka_unit_test(a_journal_of_another_setting),
	   cmocka_unit_test(a_restore_that_fails_keeps_the_journal),
	   cmocka_unit_test(the_journal_of_a_killed_run_is_the_truth),
	   cmocka_unit_test(the_same_word_as_a_killed_run),
	   cmocka_unit_test(what_is_so_already_is_held),
	   cmocka_unit_test(a_journal_of_another_path_stays),
	   cmocka_unit_test(a_journal_of_another_setting_stays),
	   cmocka_unit_test(devices_of_others_are_probed), cmocka_unit_test(also_after_a_kill),
	   cmocka_unit_test(without_a_list_none_is_probed), cmocka_unit_test(a_long_list_is_whole),
	   cmocka_unit_test(what_a_killed_run_has_made), cmocka_unit_test(a_probe_has_a_deadline),
	   cmocka_unit_test(a_probe_can_be_cancelled))
