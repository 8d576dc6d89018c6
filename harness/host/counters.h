/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What happened on chosen CPUs between two moments: interrupts, softirqs, context switches,
 * throttling, SMIs, and which tasks ran there. Two passes over files, no polling.
 */
#ifndef LATHE_COUNTERS_H
#define LATHE_COUNTERS_H

#include <glib.h>

#include "cpulist.h"
#include "root.h"

typedef enum {
	COUNTER_DEVICE_IRQS, /* the numbered rows of proc/interrupts */
	COUNTER_LOC,	     /* local timer */
	COUNTER_RES,	     /* rescheduling IPIs */
	COUNTER_CAL,	     /* function call IPIs */
	COUNTER_TLB,	     /* TLB shootdowns */
	COUNTER_NMI,
	COUNTER_MCE,	     /* machine check exceptions */
	COUNTER_SOFTIRQS,    /* proc/softirqs, all names */
	COUNTER_SWITCHES,    /* tasks switched to; see CountersDelta.switches_source */
	COUNTER_STEAL_TICKS, /* proc/stat: taken by a hypervisor, 1/100 s */
	COUNTER_CORE_THROTTLES,
	COUNTER_PACKAGE_THROTTLES, /* of the package that the CPU is in */
	COUNTER_SMIS,		   /* MSR 0x34, Intel */
	COUNTER_KINDS
} CounterKind;

/* "device-irqs" (JSON, stable) and "device IRQs" (for people). */
const char *counter_id(CounterKind kind);
const char *counter_title(CounterKind kind);

/* errnum 0: value holds. Else it is not known: ENOENT no such counter here, EACCES, EPERM,
 * EIO (the MSR does not exist) ...; EILSEQ malformed; EAGAIN the CPU was not online at both
 * moments. */
typedef struct {
	guint64 value;
	int errnum;
} Counter;

typedef struct {
	char *name;	   /* "24", "NET_RX"; escape before printing */
	char *description; /* "IR-PCI-MSIX-... nvme0q3"; "" for softirqs */
	guint64 count;
} CounterSource;

typedef struct {
	int pid, tid;
	char comm[64];	    /* escape before printing */
	guint policy;	    /* sched.h */
	guint rt_priority;
	guint64 ticks;	    /* CPU time since, in 1/100 s (USER_HZ); anywhere */
	guint64 switches;   /* how often it left a CPU since; anywhere */
	gboolean started;   /* it was not there at the first moment */
	gboolean moved;	    /* it was on another CPU at one of the two moments */
} CounterTask;

typedef struct {
	guint cpu;
	Counter counts[COUNTER_KINDS];
	GPtrArray *irqs;     /* of CounterSource *: those that counted, most first */
	GPtrArray *softirqs; /* likewise */
	GArray *tasks;	     /* of CounterTask: ran since, and were on this CPU at the first
			      * or the second moment; most switches first */
} CounterCpu;

/* Plain data, owned. */
typedef struct {
	guint64 elapsed_ns;
	GArray *cpus; /* of CounterCpu, ascending */
	/* Machine-wide rows ERR and MIS that counted. */
	GPtrArray *errors; /* of CounterSource * */
	const char *switches_source; /* the file, or NULL when none has them */
	int tasks_errnum; /* 0, or why tasks are not known */
	char *tasks_error; /* message, or NULL */
} CountersDelta;

typedef struct Counters Counters;

/* One moment. A source that is not there or not readable is remembered with its errno: an
 * error only when `cpus` is empty or there is no proc/interrupts to read. */
Counters *counters_read(const Root *root, const Cpuset *cpus, GError **error);
void counters_free(Counters *counters);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Counters, counters_free)

/* Of two moments of the same machine and CPUs. The result stands alone. */
CountersDelta *counters_delta(const Counters *before, const Counters *after);
void counters_delta_free(CountersDelta *delta);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CountersDelta, counters_delta_free)

#endif
