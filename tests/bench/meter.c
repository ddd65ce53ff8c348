/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * usage: meter CPUS TIMES CMD...
 *
 * Runs a command so many times on at most so many CPUs (0: all), without input and output, and
 *prints the means:
 *
 *	WALL_US CPU_US PEAK_KIB
 *
 * CPU is the time of the command and its children, PEAK the resident memory of the largest of them.
 *A command that fails ends the measurement: its messages are shown.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct used {
	long long wall_us;
	long long cpu_us;
	long peak_kib;
};

static long long now_us(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return at.tv_sec * 1000000LL + at.tv_nsec / 1000;
}

static long long usec(struct timeval at)
{
	return at.tv_sec * 1000000LL + at.tv_usec;
}

/* Stays on the last CPUs that this process may use. */
static int limit_cpus(int nr)
{
	cpu_set_t all, some;

	CPU_ZERO(&some);
	if (nr <= 0)
		return 0;
	if (sched_getaffinity(0, sizeof(all), &all) < 0)
		return -1;
	for (int cpu = CPU_SETSIZE - 1; cpu >= 0 && nr > 0; cpu--) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		CPU_SET(cpu, &some);
		nr--;
	}
	return sched_setaffinity(0, sizeof(some), &some);
}

static void start(char **cmd)
{
	int null = open("/dev/null", O_RDWR);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
		_exit(126);
	execvp(cmd[0], cmd);
	perror(cmd[0]);
	_exit(127);
}

/* Returns the status of the command. */
static int run(char **cmd, struct used *used)
{
	long long begin = now_us();
	struct rusage usage;
	pid_t pid = fork();
	int status;

	if (pid == 0)
		start(cmd);
	if (pid < 0 || wait4(pid, &status, 0, &usage) < 0)
		return -1;
	used->wall_us += now_us() - begin;
	used->cpu_us += usec(usage.ru_utime) + usec(usage.ru_stime);
	used->peak_kib = usage.ru_maxrss > used->peak_kib ? usage.ru_maxrss : used->peak_kib;
	return status;
}

int main(int argc, char **argv)
{
	struct used used = { 0 };
	int times;

	if (argc < 4 || (times = atoi(argv[2])) < 1) {
		fprintf(stderr, "usage: meter CPUS TIMES CMD...\n");
		return 2;
	}
	if (limit_cpus(atoi(argv[1])) < 0) {
		perror("meter: CPUs");
		return 1;
	}
	for (int i = 0; i < times; i++) {
		int status = run(argv + 3, &used);

		if (status) {
			fprintf(stderr, "meter: %s ended with status 0x%x\n", argv[3],
				(unsigned)status);
			return 1;
		}
	}
	printf("%lld %lld %ld\n", used.wall_us / times, used.cpu_us / times, used.peak_kib);
	return 0;
}
