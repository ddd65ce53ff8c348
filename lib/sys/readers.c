/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/readers.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>

#define THREADS_MAX    8
#define ITEMS_A_THREAD 1024	   /* a thread takes as long to start as a hundred files to read */
#define STACK_SIZE     (256 << 10) /* bytes; a reader has a few paths and texts on it */

struct readers {
	readers_fn fn;
	void *data;
	size_t nr;
	atomic_size_t next; /* the first item that nobody has taken */
};

static size_t smaller_of(size_t a, size_t b)
{
	return a < b ? a : b;
}

static void *read_parts(void *data)
{
	struct readers *readers = data;
	size_t first;

	while ((first = atomic_fetch_add(&readers->next, READERS_PART)) < readers->nr)
		readers->fn(first, smaller_of(readers->nr - first, READERS_PART), readers->data);
	return NULL;
}

/*
 * Reads with a table of open files of its own, so that threads do not wait for one another. TSan
 * takes equal numbers in two tables for one file.
 */
static void *start_reader(void *data)
{
#ifndef __SANITIZE_THREAD__
	(void)!unshare(CLONE_FILES);
#endif
	return read_parts(data);
}

/*
 * Returns how many threads are useful, with that of the caller. The set of CPUs cannot be read if
 * there are more of them than it has space for.
 */
static size_t count_threads(size_t nr)
{
	size_t threads = smaller_of(nr / ITEMS_A_THREAD, THREADS_MAX);
	cpu_set_t cpus;

	if (threads < 2)
		return 1;
	if (sched_getaffinity(0, sizeof(cpus), &cpus) < 0)
		return threads;
	return smaller_of(threads, (size_t)CPU_COUNT(&cpus));
}

/* Starts the threads, which get no signal: the handlers are the caller's. Returns their number. */
static size_t start_threads(struct readers *readers, pthread_t *threads, size_t nr)
{
	pthread_attr_t attr;
	sigset_t all, before;
	size_t started = 0;

	if (pthread_attr_init(&attr) != 0)
		return 0;
	sigfillset(&all);
	if (pthread_attr_setstacksize(&attr, STACK_SIZE) == 0 &&
	    pthread_sigmask(SIG_BLOCK, &all, &before) == 0) {
		while (started < nr &&
		       pthread_create(&threads[started], &attr, start_reader, readers) == 0)
			started++;
		pthread_sigmask(SIG_SETMASK, &before, NULL);
	}
	pthread_attr_destroy(&attr);
	return started;
}

void readers_run(size_t nr, readers_fn fn, void *data)
{
	struct readers readers = { .fn = fn, .data = data, .nr = nr };
	pthread_t threads[THREADS_MAX];
	size_t others = count_threads(nr) - 1, started = 0;

	if (others)
		started = start_threads(&readers, threads, others);
	read_parts(&readers);
	for (size_t i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
}
