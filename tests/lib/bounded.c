/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * usage: bounded ROOT SIGNAL AFTER_MS CMD...
 *
 * Runs a command below a root directory, sends it a signal after a time (0: none), and prints what
 * it has used and left, as numbers:
 *
 *	PEAK_KIB CHILD_KIB FILES CHILDREN STATUS ELAPSED_MS LATE_MS CPU_MS
 *
 * The peaks are resident memory of the command, and of the largest of its children as seen now and
 * then. FILES: open at its end, beside standard input, output and error. CHILDREN: still running a
 * second later. STATUS: 1000 and the signal if one has killed it. LATE: from the signal to the end,
 * -1 without one. The command is traced to stop at its exit, when its memory and files still exist:
 * rusage would also count those of this program. BOUNDED_PRELOAD: the LD_PRELOAD of the command.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STEP_NS	     2000000
#define LEFT_MS	     1000
#define HANGS_MS     60000
#define EVENT(s)     ((unsigned)(s) >> 16)
#define CHILDREN_MAX 64

struct used {
	long peak_kib;
	long child_kib;
	int files;
};

static long now_ms(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

static void nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = STEP_NS }, NULL);
}

/* Reads the highest resident memory of a process; -1: it has none any more. */
static long peak_of(pid_t pid)
{
	char path[64], line[256];
	long kib = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		sscanf(line, "VmHWM: %ld", &kib);
	if (file)
		fclose(file);
	return kib;
}

/* Counts the open files beside standard input, output and error. */
static int files_of(pid_t pid)
{
	const struct dirent *entry;
	char path[64];
	int nr = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		nr += entry->d_name[0] != '.' && atoi(entry->d_name) > STDERR_FILENO;
	if (dir)
		closedir(dir);
	return dir ? nr : -1;
}

/* Fills in the children of a process. */
static int children_of(pid_t pid, pid_t *children)
{
	char path[64];
	int nr = 0, child;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
	file = fopen(path, "re");
	while (file && nr < CHILDREN_MAX && fscanf(file, "%d", &child) == 1)
		children[nr++] = child;
	if (file)
		fclose(file);
	return nr;
}

static void look_at_children(pid_t pid, struct used *used)
{
	pid_t children[CHILDREN_MAX];
	int nr = children_of(pid, children);

	for (int i = 0; i < nr; i++) {
		long kib = peak_of(children[i]);

		used->child_kib = kib > used->child_kib ? kib : used->child_kib;
	}
}

static void handle_stop(pid_t pid, int status, struct used *used)
{
	int signo = WSTOPSIG(status);

	if (EVENT(status) == PTRACE_EVENT_EXIT) {
		used->peak_kib = peak_of(pid);
		used->files = files_of(pid);
	}
	ptrace(PTRACE_CONT, pid, NULL, (void *)(long)(EVENT(status) ? 0 : signo));
}

static void run_below(const char *root, char **cmd, int ready)
{
	int null = open("/dev/null", O_RDWR);
	char go;

	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
		_exit(125);
	if (null > 2)
		close(null);
	if (read(ready, &go, 1) != 1)
		_exit(125);
	close_range(STDERR_FILENO + 1, ~0U, 0);
	signal(SIGINT, SIG_DFL); /* a shell ignores it for what runs in the background */
	if (chroot(root) < 0 || chdir("/") < 0)
		_exit(126);
	if (getenv("BOUNDED_PRELOAD"))
		setenv("LD_PRELOAD", getenv("BOUNDED_PRELOAD"), 1);
	execv(cmd[0], cmd);
	_exit(127);
}

static pid_t start(const char *root, char **cmd)
{
	int ready[2];
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC) < 0)
		return -1;
	pid = fork();
	if (pid == 0)
		run_below(root, cmd, ready[0]);
	if (pid > 0 && (ptrace(PTRACE_SEIZE, pid, NULL, (void *)PTRACE_O_TRACEEXIT) < 0 ||
			write(ready[1], "", 1) != 1)) {
		kill(pid, SIGKILL);
		pid = -1;
	}
	close(ready[0]);
	close(ready[1]);
	return pid;
}

/* Counts and kills what the command has left, which is ours since it ended. */
static int children_left(void)
{
	long until = now_ms() + LEFT_MS;
	pid_t children[CHILDREN_MAX];
	int nr;

	while (waitpid(-1, NULL, WNOHANG) >= 0 && now_ms() < until)
		nap();
	nr = children_of(getpid(), children);
	for (int i = 0; i < nr; i++)
		kill(children[i], SIGKILL);
	return nr;
}

int main(int argc, char **argv)
{
	struct used used = { .peak_kib = -1, .files = -1 };
	long begin = now_ms(), sent = -1, ended, after;
	struct rusage usage;
	int status, signo;
	pid_t pid;

	if (argc < 5)
		return 2;
	signo = atoi(argv[2]);
	after = atol(argv[3]);
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	pid = start(argv[1], argv + 4);
	if (pid < 0)
		return 1;
	for (;;) {
		pid_t got = waitpid(pid, &status, WNOHANG | __WALL);

		if (got < 0)
			return 1;
		if (got == pid && WIFSTOPPED(status)) {
			handle_stop(pid, status, &used);
			continue;
		}
		if (got == pid)
			break;
		look_at_children(pid, &used);
		if (signo && sent < 0 && now_ms() - begin >= after) {
			sent = now_ms();
			kill(pid, signo);
		}
		if (now_ms() - begin > HANGS_MS)
			kill(pid, SIGKILL);
		nap();
	}
	ended = now_ms();
	getrusage(RUSAGE_CHILDREN, &usage);
	printf("%ld %ld %d %d %d %ld %ld %ld\n", used.peak_kib, used.child_kib, used.files,
	       children_left(), WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status),
	       ended - begin, sent < 0 ? -1 : ended - sent,
	       usage.ru_utime.tv_sec * 1000 + usage.ru_utime.tv_usec / 1000 +
		       usage.ru_stime.tv_sec * 1000 + usage.ru_stime.tv_usec / 1000);
	return 0;
}
