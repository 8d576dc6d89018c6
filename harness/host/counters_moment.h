/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of counters.h share: one moment, as it was read. */
#ifndef LATHE_COUNTERS_MOMENT_H
#define LATHE_COUNTERS_MOMENT_H

#include "counters.h"
#include "interrupts.h"

/* Sources that count in the kernel and are subtracted; the rest comes from interrupts. */
typedef struct {
	guint cpu;
	Counter switches, steal, core_throttles, package_throttles, smis;
} MomentCpu;

typedef struct {
	int pid, tid;
	char comm[64];
	guint policy, rt_priority, cpu;
	guint64 ticks, start_ticks;
	gboolean has_schedstat;
	guint64 run_ns, slices;
} MomentTask;

struct Counters {
	gint64 time_us; /* monotonic; 0 of a captured tree */
	Interrupts *interrupts, *softirqs; /* softirqs NULL: softirqs_errnum */
	int softirqs_errnum;
	GArray *cpus; /* of MomentCpu, ascending */
	const char *switches_source;
	GArray *tasks; /* of MomentTask, by tid */
	char *tasks_error;
};

/* Fills `switches` of every CPU (errnum is set where there is none) and returns the file. */
const char *counters_read_switches(const Root *root, GArray *cpus);

/* Every task there is, by tid; *ret_error (owned by the caller) tells why not all are. */
GArray *counters_read_tasks(const Root *root, char **ret_error);

/* Hands the tasks that ran to the CPUs they were on. */
void counters_add_tasks(const Counters *before, const Counters *after, CountersDelta *delta);

#endif
