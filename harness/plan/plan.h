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
	guint cpu;	   /* host CPU it is pinned to: the first of cpus */
	Cpuset cpus;	   /* more than one only for a VM whose cpuset is larger than it needs */
	gboolean rt;	   /* runs measured threads in the guest */
	gboolean shares;   /* its CPU also serves something else */
	guint fifo_priority; /* SCHED_FIFO priority, or 0 for SCHED_OTHER */
} PlanVcpu;

typedef struct {
	gboolean demonstration;	  /* breaks a rule; `broken` says which */
	GPtrArray *broken;	  /* of char *: one sentence a rule */
	Cpuset housekeeping;	  /* loads, harness, everything else */
	Cpuset emulator;	  /* QEMU's main and worker threads */
	guint emulator_priority;  /* SCHED_FIFO of QEMU's main thread, or 0 for SCHED_OTHER */
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
 * Plans n_vcpus vCPUs on the machine of `facts`. vCPUs get the CPUs of `cpus` when it is given
 * (NULL: CPUs that the kernel isolates, then the highest ones, never the first); RT vCPUs
 * choose first. Each should own its CPU; where there are too few, vCPU 0 shares with
 * housekeeping, then RT vCPUs share among themselves, without FIFO. That is a demonstration
 * plan: whether it may pass is the judge's question. An error: fewer than two CPUs, a CPU in
 * `cpus` that is not online, no CPU left for housekeeping.
 */
Plan *plan_new(const Facts *facts, guint n_vcpus, const Cpuset *cpus, GError **error);
void plan_free(Plan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Plan, plan_free)

/* Refuses what cannot work, whoever made the plan: two vCPUs on one CPU, one of them FIFO; a
 * FIFO vCPU on a CPU of the emulator or of housekeeping; no housekeeping CPU; an RT mask
 * with the housekeeping vCPU (unless it is all vCPUs) or no vCPU. */
gboolean plan_check(const Plan *plan, GError **error);

/* CPUs that run RT vCPUs: no load may touch them. */
Cpuset plan_rt_cpus(const Plan *plan);

/* CPUs that belong to vCPUs alone: without those that also keep house. */
Cpuset plan_reserved_cpus(const Plan *plan);

/* How many vCPUs "auto" means here: one a CPU besides housekeeping, 2 to 4. Four is the
 * example of the Virt-RT guide: one vCPU keeps house, three are measured. */
guint plan_auto_vcpus(const Facts *facts);

/* The guest kernel's isolation parameters: "isolcpus=managed_irq,domain,1-3 nohz_full=1-3
 * rcu_nocbs=1-3 irqaffinity=0 ...". */
char *plan_guest_cmdline(const Plan *plan);

#endif
