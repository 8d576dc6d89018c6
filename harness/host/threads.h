/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The threads of a machine, from proc or from the one file that a capture keeps of them: a
 * line a thread,
 *
 *	PID TID POLICY PRIORITY CPU FLAGS ALLOWED <tab> ROLE <tab> COMM
 *
 * in decimal; FLAGS are k (kernel thread) and b (bound to its CPUs), or -; ALLOWED is a
 * cpulist; ROLE is blank but for a VM's threads; COMM is escaped.
 */
#ifndef LATHE_THREADS_H
#define LATHE_THREADS_H

#include "cpulist.h"
#include "root.h"

/* One line a thread of the machine, from proc or from what a capture kept of it. */
typedef struct {
	guint pid, tid;
	char comm[64];
	guint policy;	   /* sched.h */
	guint rt_priority; /* 0 when it has none */
	guint last_cpu;
	gboolean kernel_thread; /* PF_KTHREAD */
	gboolean bound;		/* PF_NO_SETAFFINITY: a per-CPU kernel thread, say */
	guint64 start_ticks;	/* since boot; 0: not known, as in a capture */
	Cpuset *allowed;	/* NULL: not known */
	char role[32];		/* of a VM's thread: "vcpu 1", "emulator", "iothread 1",
				 * "worker", "vhost"; "" elsewhere */
} MachineThread;

/* From proc/PID/task/TID. A thread that ends meanwhile is left out. NULL with *ret_errno when
 * proc cannot be listed or holds no thread. GArray of MachineThread. */
GArray *threads_read(const Root *root, int *ret_errno);

/* From a capture's file. NULL with *ret_errno EILSEQ when a line is malformed. */
GArray *threads_parse(const char *text, int *ret_errno);

/* The text of that file. */
char *threads_format(const GArray *threads);

/* An empty array that frees what its elements own. */
GArray *threads_new(void);

#endif
