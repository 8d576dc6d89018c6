/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service_threads.h"

#include <sched.h>
#include <string.h>

#include "number.h"

int service_thread_cpu(const MachineThread *thread)
{
	static const char *const names[] = {"ksoftirqd/", "ktimers/", "rcuc/"};
	guint64 cpu;

	for (guint i = 0; thread->kernel_thread && i < G_N_ELEMENTS(names); i++)
		if (g_str_has_prefix(thread->comm, names[i]) &&
		    number_parse(thread->comm + strlen(names[i]), 0, CPUSET_CPUS - 1, &cpu, NULL))
			return (int)cpu;
	return -1;
}

ServiceThread *service_threads_weakest(const GArray *threads)
{
	ServiceThread *weakest = g_new0(ServiceThread, CPUSET_CPUS);

	for (guint i = 0; i < threads->len; i++) {
		const MachineThread *thread = &g_array_index(threads, MachineThread, i);
		gboolean fixed = thread->policy == SCHED_FIFO || thread->policy == SCHED_RR;
		guint priority = fixed ? thread->rt_priority : 0;
		int cpu = service_thread_cpu(thread);

		if (cpu >= 0 && (!weakest[cpu].known || priority < weakest[cpu].priority))
			weakest[cpu] = (ServiceThread){TRUE, priority, thread->comm};
	}
	return weakest;
}
