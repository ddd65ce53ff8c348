/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes that fail, wait, or never return. */
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "tests/unit/fake/fakeclock.h"
#include "tests/unit/fake/fakecxl.h"
#include "tests/unit/fake/fakekernel.h"
#include "tests/unit/fake/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <unistd.h>

#define LIFE_S 10 /* of a tracer, in real time */

static void answer_path(const char *path, const char *word, char *buf, size_t size)
{
	size_t len = (size_t)snprintf(buf, size, "answers/%s=%s", path, word);

	for (size_t i = strlen("answers/"); i < len && i < size; i++)
		if (buf[i] == '/')
			buf[i] = '%';
}

int fake_answer_put(int fd, const char *path, const char *word, const struct fake_answer *answer)
{
	char name[256];

	answer_path(path, word, name, sizeof(name));
	return tree_put(fd, name, "%d|%d|%s|%s|%s", answer->skip, answer->times, answer->verb,
			answer->arg, answer->log);
}

static bool take_answer(int fd, const char *path, const char *word, struct fake_answer *answer)
{
	char name[256], text[256], *at = text;

	answer_path(path, word, name, sizeof(name));
	if (tree_get(fd, name, text, sizeof(text)) < 0)
		return false;
	answer->skip = atoi(strsep(&at, "|"));
	answer->times = at ? atoi(strsep(&at, "|")) : 0;
	str_copy(answer->verb, at ? strsep(&at, "|") : "");
	str_copy(answer->arg, at ? strsep(&at, "|") : "");
	str_copy(answer->log, at ? at : "");
	if (answer->times > 0 && answer->skip == 0) {
		answer->times--;
		fake_answer_put(fd, path, word, answer);
		return true;
	}
	if (answer->times > 0) {
		answer->skip--;
		fake_answer_put(fd, path, word, answer);
	}
	*answer = (struct fake_answer){ 0 }; /* nothing to do afterwards either */
	return false;
}

/* ---- the kernel's log -------------------------------------------------------------------- */

static bool debug_is_on(int fd)
{
	char text[2048];

	return tree_get(fd, "proc/dynamic_debug/control", text, sizeof(text)) == 0 &&
	       strstr(text, " =p ");
}

static int open_log(int fd)
{
	cleanup_close int log = openat(fd, "dev/kmsg", O_WRONLY | O_NONBLOCK | O_CLOEXEC);

	return log < 0 || fcntl(log, F_SETFL, O_DIRECT | O_NONBLOCK) < 0 ? -1 : TAKE_FD(log);
}

void fake_kmsg(int fd, const char *text)
{
	cleanup_close int log = open_log(fd);

	if (log >= 0)
		dprintf(log, "4,1,1,-;%s\n", text);
}

/* Prints the records of a file, those of pr_debug only if dynamic debug is on. */
static void print_log(int fd, const char *name, bool debug)
{
	cleanup_fclose FILE *file = *name ? tree_data(name) : NULL;
	cleanup_close int log = -1;
	char line[512];

	if (!file)
		return;
	log = open_log(fd);
	if (log < 0)
		return;
	while (fgets(line, sizeof(line), file)) {
		if ((line[0] == '7') != debug || (debug && !debug_is_on(fd)))
			continue;
		if (write(log, line, strlen(line)) < 0)
			return; /* no reader */
	}
}

/* ---- waiting ----------------------------------------------------------------------------- */

static uint64_t block_of(const char *path)
{
	unsigned long long id = 0;

	sscanf(path, "sys/devices/system/memory/memory%llu/", &id);
	return id;
}

static int spin(int fd, const char *path, const struct fake_answer *answer)
{
	char zones[64] = "";
	int rc;

	ROOT_PATH(zones_path, "sys/devices/system/memory/memory%" PRIu64 "/valid_zones",
		  block_of(path));
	tree_get(fd, zones_path, zones, sizeof(zones));
	fake_block_set(fd, block_of(path), "going-offline", "Movable Normal");
	print_log(fd, answer->log, false);
	rc = fakeclock_hang_until_signal();
	fake_block_set(fd, block_of(path), "online", zones);
	print_log(fd, answer->log, true);
	return rc;
}

/*
 * The death of a traced process is reported to its tracer first. Until then its parent sees the
 * same as with a task that is stuck in the kernel.
 */
static _Noreturn void stuck(int fd)
{
	pid_t parent = getpid(), tracer;
	struct pollfd pfd = { .fd = -1 };
	int ready[2];

	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	if (pipe2(ready, O_CLOEXEC) < 0)
		_exit(1);
	tracer = fork();
	if (tracer == 0) {
		setsid();
		if (ptrace(PTRACE_SEIZE, parent, NULL, NULL) == 0)
			tree_put(fd, "tracer", "%d\n", (int)getpid());
		close(ready[0]);
		close(ready[1]);
		sleep(LIFE_S);
		_exit(0);
	}
	close(ready[1]);
	pfd.fd = ready[0];
	while (poll(&pfd, 1, 0) == 0) /* until the tracer closes its end */
		fakeclock_wait();
	fakeclock_hang_forever();
}

static int somebody_was_faster(int fd, const char *path, const char *arg)
{
	char state[32], zones[32];

	if (sscanf(arg, "%31s %31[^|]", state, zones) == 2)
		fake_block_set(fd, block_of(path), state, zones);
	return -EINVAL;
}

/* Kills the process whose number is in the file killed-run, and this one. */
static void kill_run(int fd)
{
	char text[16];

	if (tree_get(fd, "killed-run", text, sizeof(text)) >= 0 && atoi(text) > 1)
		kill(atoi(text), SIGKILL);
	raise(SIGKILL);
}

bool fake_answer_act(int fd, const char *path, const char *word, struct fake_answer *answer,
		     int *rc)
{
	const char *verb = answer->verb;

	if (!take_answer(fd, path, word, answer))
		return false;
	*rc = 0;
	if (strcmp(verb, "errno") == 0) {
		print_log(fd, answer->log, false);
		print_log(fd, answer->log, true);
		*rc = -atoi(answer->arg);
	} else if (strcmp(verb, "spin") == 0) {
		*rc = spin(fd, path, answer);
	} else if (strcmp(verb, "deaf") == 0) {
		fakeclock_hang_forever();
	} else if (strcmp(verb, "stuck") == 0) {
		stuck(fd);
	} else if (strcmp(verb, "die") == 0) {
		raise(SIGKILL);
	} else if (strcmp(verb, "kill") == 0 && strcmp(answer->arg, "before") == 0) {
		kill_run(fd);
	} else if (strcmp(verb, "taken") == 0) {
		*rc = somebody_was_faster(fd, path, answer->arg);
	} else if (strcmp(verb, "ok") != 0) {
		if (strcmp(verb, "slow") == 0) {
			print_log(fd, answer->log, false);
			poll(NULL, 0, atoi(answer->arg));
		}
		return false;
	}
	return true;
}

int fake_answer_after(int fd, const struct fake_answer *answer, int rc)
{
	char state[32], zones[32];
	unsigned long long id;

	if (strcmp(answer->verb, "did") == 0)
		return -atoi(answer->arg);
	if (strcmp(answer->verb, "kill") == 0)
		kill_run(fd);
	if (strcmp(answer->verb, "then") == 0 &&
	    sscanf(answer->arg, "%llu %31s %31[^|]", &id, state, zones) == 3)
		fake_block_set(fd, id, state, zones);
	if (strcmp(answer->verb, "lose") == 0 && sscanf(answer->arg, "%llu", &id) == 1)
		fake_block_remove(fd, id);
	if (strcmp(answer->verb, "pull") == 0 && sscanf(answer->arg, "%31[^|]", state) == 1)
		fakecxl_pull_card(fd, state);
	if (strcmp(answer->verb, "unplug") == 0) /* the nvdimm bus loses all */
		fake_nd_store(fd, &(struct fake_nd){ 0 });
	return rc;
}
