/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which CPU does what while a VM is measured. A plan follows from the CPUs of the machine
 * and the number of vCPUs; the rules it must keep are design.md §1 and §6.
 */
#ifndef LATHE_PLAN_H
#define LATHE_PLAN_H

#include <glib.h>

#include "cpulist.h"
#include "facts.h"

typedef struct {
	guint cpu;	   /* host CPU it is pinned to */
	gboolean rt;	   /* runs measured threads in the guest */
	gboolean shares;   /* its CPU also serves something else */
	guint fifo_priority; /* SCHED_FIFO priority, or 0 for SCHED_OTHER */
} PlanVcpu;

typedef struct {
	gboolean demonstration;	  /* breaks a rule; `broken` says which */
	GPtrArray *broken;	  /* of char *: one sentence a rule */
	Cpuset housekeeping;	  /* loads, harness, everything else */
	Cpuset emulator;	  /* QEMU's main and worker threads */
	Cpuset iothread;	  /* IOThreads */
	guint n_vcpus;
	PlanVcpu *vcpus;
	guint guest_housekeeping; /* the vCPU that serves the guest: 0 */
	Cpuset guest_rt;	  /* vCPU numbers that are measured */
} Plan;

/* SCHED_FIFO priority of RT vCPUs: below the kernel's migration and watchdog threads (99),
 * above interrupt threads (50); the KVM-RT guide and ServoBox use 80. */
#define PLAN_VCPU_PRIORITY 80

/* Two vCPUs at least: one keeps house in the guest. */
#define PLAN_VCPUS_MIN 2
#define PLAN_VCPUS_MAX 255

/*
 * Plans n_vcpus vCPUs on the machine of `facts`. RT vCPUs get isolated CPUs when the kernel
 * isolates any, else the highest ones; CPU 0 is never an RT vCPU's. Without enough CPUs the
 * plan is a demonstration plan, or an error (naming the rules) when not allowed. An error as
 * well when no plan can work: fewer than two CPUs, or an RT vCPU without a CPU of its own.
 */
Plan *plan_new(const Facts *facts, guint n_vcpus, gboolean allow_demonstration,
	       GError **error);
void plan_free(Plan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Plan, plan_free)

/* Refuses what cannot work, whoever made the plan: two vCPUs on one CPU, one of them FIFO; a
 * FIFO vCPU on a CPU of the emulator or of housekeeping; no housekeeping CPU; an RT mask
 * with the housekeeping vCPU or no vCPU. */
gboolean plan_check(const Plan *plan, GError **error);

/* The guest kernel's isolation parameters: "isolcpus=managed_irq,domain,1-3 nohz_full=1-3
 * rcu_nocbs=1-3 irqaffinity=0 ...". */
char *plan_guest_cmdline(const Plan *plan);

#endif
