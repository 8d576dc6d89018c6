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
	COUNTER_SWITCHES,    /* context switches; see CountersDelta.switches_source */
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
 * EIO (the MSR does not exist), ENOTSUP (not in a captured tree) ...; EILSEQ malformed, or it
 * went back; EAGAIN the CPU was not online at both moments. */
typedef struct {
	guint64 value;
	int errnum;
} Counter;

/* Why a counter is not known, for people: "not online at both moments". Static, or of
 * g_strerror(). */
const char *counter_reason(CounterKind kind, int errnum);

typedef struct {
	char *name;	   /* "24", "NET_RX"; escape before printing */
	char *description; /* "IR-PCI-MSIX-... nvme0q3"; "" for softirqs */
	guint64 count;
} CounterSource;

typedef enum {
	COUNTER_TASK_STAYED,  /* it was on this CPU at both moments */
	COUNTER_TASK_MOVED,   /* on this one at one moment, on another at the other */
	COUNTER_TASK_STARTED, /* it was not there at the first moment */
	COUNTER_TASK_ENDED,   /* it was not there any more at the second: times are not known */
} CounterTaskFate;

typedef struct {
	int pid, tid;
	char comm[64]; /* escape before printing */
	guint policy;  /* sched.h */
	guint rt_priority;
	CounterTaskFate fate;
	guint64 run_ns; /* since the first moment, on whatever CPU */
	guint64 slices; /* how often it was given a CPU since; 0 when only ticks are known */
	gboolean ticks; /* run_ns comes from clock ticks of 10 ms, not from schedstat */
} CounterTask;

typedef struct {
	guint cpu;
	Counter counts[COUNTER_KINDS];
	GPtrArray *irqs;     /* of CounterSource *: those that counted, most first */
	GPtrArray *softirqs; /* likewise */
	/* Of CounterTask: ran since, and were on this CPU at one of the two moments; longest
	 * first. A task that was here only in between shows in COUNTER_SWITCHES alone. */
	GArray *tasks;
} CounterCpu;

/* Plain data, owned. */
typedef struct {
	guint64 elapsed_ns; /* 0 of a captured tree */
	GArray *cpus;	    /* of CounterCpu, ascending */
	GPtrArray *errors;  /* of CounterSource *: ERR and MIS, of the whole machine, if any */
	guint gone; /* device interrupts that went away: what they counted is not known */
	const char *switches_source; /* the file; NULL when none has them */
	char *tasks_error;	     /* why tasks are not known, or not all; NULL: they are */
} CountersDelta;

typedef struct Counters Counters;

/*
 * Reading an MSR interrupts its CPU. So the first moment reads MSRs before interrupts and the
 * second one after them, and neither counts what it did itself.
 */
typedef enum { COUNTERS_FIRST, COUNTERS_SECOND } CountersMoment;

/* One moment. A source that is not there or not readable is remembered with its errno: an
 * error only when `cpus` is empty or proc/interrupts cannot be read. */
Counters *counters_read(const Root *root, const Cpuset *cpus, CountersMoment moment,
			GError **error);
void counters_free(Counters *counters);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Counters, counters_free)

/* Of two moments of the same machine and CPUs. The result stands alone. */
CountersDelta *counters_delta(const Counters *before, const Counters *after);
void counters_delta_free(CountersDelta *delta);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CountersDelta, counters_delta_free)

#endif
