/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processes and threads as /proc shows them: live, or captured inside the guest.
 */
#ifndef LATHE_PROC_H
#define LATHE_PROC_H

#include <glib.h>
#include <sys/types.h>

#include "cpulist.h"
#include "root.h"

/* include/linux/sched.h; they have not moved since 3.10. */
#define PROC_KERNEL_THREAD 0x00200000 /* PF_KTHREAD */
#define PROC_BOUND	   0x04000000 /* PF_NO_SETAFFINITY */

typedef struct {
	pid_t tid;
	char comm[64];	      /* may hold anything; escape before printing */
	guint policy;	      /* SCHED_OTHER, SCHED_FIFO ... (sched.h) */
	guint rt_priority;    /* 1-99, 0 when not a real-time policy */
	guint last_cpu;	      /* where it ran last */
	guint64 cpu_ticks;    /* utime + stime, in clock ticks */
	guint64 flags;	      /* PROC_KERNEL_THREAD ... */
	guint64 start_ticks;  /* since boot: with the pid names a process for good */
	Cpuset allowed;	      /* Cpus_allowed_list */
	guint64 voluntary_switches, involuntary_switches;
} ProcThread;

/* Reads proc/PID/task/TID/{stat,status}. */
gboolean proc_thread_read(const Root *root, pid_t pid, pid_t tid, ProcThread *ret,
			  GError **error);

/* The same from proc/PID/task/TID/stat alone, at half the cost: `allowed` and the switches
 * stay empty. *ret_errno (may be NULL): ENOENT and ESRCH when it is gone. */
gboolean proc_thread_stat(const Root *root, pid_t pid, pid_t tid, ProcThread *ret,
			  int *ret_errno, GError **error);

/* The thread ids of a process, ascending, as a GArray of pid_t. */
GArray *proc_tasks(const Root *root, pid_t pid, GError **error);

/* Start time of a process in clock ticks since boot; with the pid it names a process. */
gboolean proc_start_ticks(const Root *root, pid_t pid, guint64 *ret, GError **error);

typedef struct {
	guint64 locked_kib; /* VmLck */
	guint64 data_kib;   /* VmData */
	guint64 size_kib;   /* VmSize */
} ProcMemory;

gboolean proc_memory_read(const Root *root, pid_t pid, ProcMemory *ret, GError **error);

/* The arguments of a process, NULL-terminated. */
char **proc_argv(const Root *root, pid_t pid, GError **error);

/* "SCHED_FIFO" and so on; "SCHED_17" for a policy without a name. Static or interned. */
const char *proc_policy_name(guint policy);

#endif
