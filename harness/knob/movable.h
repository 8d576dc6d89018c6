/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which threads go into a cpuset of v1 that keeps them off the planned CPUs, so that each is
 * afterwards exactly as it was: leaving the cpuset gives a thread all CPUs, or those that it
 * asked for where the kernel remembers them.
 */
#ifndef LATHE_MOVABLE_H
#define LATHE_MOVABLE_H

#include <glib.h>

#include "cpulist.h"
#include "root.h"
#include "view.h"

typedef enum {
	MOVABLE,
	MOVABLE_NEEDLESS,     /* it may not run on the planned CPUs anyway */
	MOVABLE_BOUND,	      /* the kernel refuses (PF_NO_SETAFFINITY), or it is kthreadd */
	MOVABLE_KERNEL_CHOSE, /* a kernel thread whose CPUs the kernel chose: it would not get them
			       * back */
	MOVABLE_USER_CHOSE,   /* its CPUs were chosen, and this kernel forgets which */
	MOVABLE_VM,	      /* of a virtual machine */
	MOVABLE_OURS,	      /* of this process, which starts VMs on the planned CPUs */
} Movable;

/* What it depends on besides the thread. */
typedef struct {
	Cpuset all;	     /* CPUs of the cpuset that threads are to leave */
	Cpuset housekeeping; /* those of the one that they go into */
	GHashTable *vms;     /* see movable_vms() */
	gboolean force;	     /* VMs as well */
	gboolean remembered; /* see movable_remembered() */
} MovableRules;

Movable movable(const MovableRules *rules, const KnobThread *thread);

/* Process ids of virtual machines, as keys: processes with the name of a VMM or with a thread that
 * is a vCPU, and the kernel's threads that work for them. */
GHashTable *movable_vms(const GArray *threads);

/* Whether the kernel of that release keeps the CPUs that a thread asked for while a cpuset allows
 * fewer: since Linux 6.2 (sched: Always preserve the user requested cpumask). */
gboolean movable_remembered(const char *release);

#endif
