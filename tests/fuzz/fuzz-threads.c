/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any text as the list of threads, or of who holds the wake-up latency, in a capture. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cpu_latency.h"
#include "threads.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(gboolean claim)
{
	if (!claim)
		abort();
}

static void check_thread(const KnobThread *a, const KnobThread *b)
{
	check(a->pid == b->pid && a->tid == b->tid && a->policy == b->policy);
	check(a->rt_priority == b->rt_priority && a->rt_priority <= 99);
	check(a->last_cpu == b->last_cpu && a->last_cpu < CPUSET_CPUS);
	check(a->kernel_thread == b->kernel_thread && a->bound == b->bound);
	check(strcmp(a->comm, b->comm) == 0 && strcmp(a->role, b->role) == 0);
	check(a->allowed && b->allowed && cpuset_equal(a->allowed, b->allowed));
}

/* What was read is written and read again: it is the same. */
static void check_threads(const char *text)
{
	int errnum = 0;
	g_autoptr(GArray) threads = threads_parse(text, &errnum);
	g_autoptr(GArray) again = NULL;
	g_autofree char *written = NULL;

	check(!threads == (errnum != 0));
	if (!threads)
		return;
	check(threads->len > 0);
	written = threads_format(threads);
	again = threads_parse(written, &errnum);
	check(again && again->len == threads->len);
	for (guint i = 0; i < threads->len; i++)
		check_thread(&g_array_index(threads, KnobThread, i),
			     &g_array_index(again, KnobThread, i));
}

static void check_latency(const char *text)
{
	int errnum = 0;
	g_autoptr(CpuLatency) latency = cpu_latency_parse(text, &errnum);

	check(latency || errnum);
	if (!latency)
		return;
	check(latency->holders != NULL);
	check(!latency->tool || latency->holders[0]);
	for (char **holder = latency->holders; *holder; holder++)
		check(**holder && !strchr(*holder, '\n'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);

	check_threads(text);
	check_latency(text);
	return 0;
}
