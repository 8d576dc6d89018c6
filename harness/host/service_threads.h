/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's threads that serve a CPU's timers, softirqs and RCU: who outranks them starves
 * them, and with them the host. */
#ifndef LATHE_SERVICE_THREADS_H
#define LATHE_SERVICE_THREADS_H

#include "threads.h"

/* "ksoftirqd/5", "ktimers/5", "rcuc/5" -> 5, or -1 for other threads. */
int service_thread_cpu(const MachineThread *thread);

typedef struct {
	gboolean known;	  /* the CPU has one */
	guint priority;	  /* 0: it has no real-time policy */
	const char *comm; /* borrowed from the threads */
} ServiceThread;

/* The weakest of each CPU, by its number: CPUSET_CPUS of them, owned by the caller. */
ServiceThread *service_threads_weakest(const GArray *threads);

#endif
