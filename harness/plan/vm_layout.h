/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a VM's configuration means on a machine: every `auto` resolved, every thread given its
 * CPUs. By the KVM-RT guide, "Understanding the cpuset Configuration Attribute" and
 * "Understanding KVM-RT Use of Threaded CPUs":
 *
 *  - the first CPU of the cpuset carries all threads that run no vCPU;
 *  - vCPUs go round-robin over the others: with more CPUs than vCPUs each gets several, with
 *    fewer several share one; a cpuset of one CPU carries everything;
 *  - a real-time VM owns the sibling threads of its CPUs; one CPU of each core is used, the
 *    lowest that the cpuset names, the others go offline while it runs.
 *
 * A layout never fails: what cannot work is broken rules (vm_rules.h), and a layout of a
 * demonstration drops SCHED_FIFO where a CPU is shared.
 */
#ifndef LATHE_VM_LAYOUT_H
#define LATHE_VM_LAYOUT_H

#include <glib.h>

#include "plan.h"
#include "topology.h"
#include "vm_config.h"

typedef struct {
	const VmConfig *vm; /* borrowed */
	gboolean bound;	    /* it has a cpuset; else every set of host CPUs here is empty */
	Cpuset cpuset;	    /* used: of an RT VM one CPU a core */
	Cpuset owned;	    /* of an RT VM cpuset and every sibling of it; else cpuset */
	Cpuset offline;	    /* of an RT VM the siblings that are not used */
	Cpuset emulator;    /* the first of cpuset: QEMU's main thread, workers, IOThreads */
	guint n_vcpus;
	Cpuset *vcpus;	    /* [n_vcpus]: where each vCPU may run; empty: anywhere */
	gboolean *shares;   /* [n_vcpus]: another planned thread may run there as well; unbound: TRUE */
	guint *priorities;  /* [n_vcpus]: SCHED_FIFO, 0: SCHED_OTHER */
	guint emulator_priority;
	Cpuset guest_housekeeping, guest_rt; /* vCPU numbers; RT: none unless vm->rt */
	guint sockets, cores, threads;	     /* what the guest sees */
	gboolean lock_memory;
	Cpuset nodes;	    /* memory comes from these host NUMA nodes; empty: from any */
	Cpuset cpu_nodes;   /* the NUMA nodes of cpuset */
	guint iothreads;
	gboolean iothreads_given; /* else what the domain has stays */
} VmLayout;

/* One for each VM of the config, in its order: an array of VmLayout * that owns them. `configs`
 * and `topology` are only read. demonstration: a vCPU of an RT VM that shares its CPU with
 * anything is SCHED_OTHER, and so is an emulator that shares its CPU with a vCPU. Without it they are
 * SCHED_FIFO as configured, and the rules say what is wrong with that. */
GPtrArray *vm_layouts_new(const VmConfigs *configs, const Topology *topology,
			  gboolean demonstration);
void vm_layout_free(VmLayout *layout);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmLayout, vm_layout_free)

/* NULL when there is none of that VM. */
const VmLayout *vm_layout_find(const GPtrArray *layouts, const VmConfig *vm);

/* All CPUs that RT VMs own. */
Cpuset vm_layouts_rt_cpus(const GPtrArray *layouts);
/* All siblings that go offline while the VMs run. */
Cpuset vm_layouts_offline(const GPtrArray *layouts);

/*
 * The layout as a plan: what placement is compared with and the host is tuned and judged for.
 * housekeeping: `online` without what RT VMs own and what other VMs are bound to; where nothing
 * is left of it, `online` without the RT vCPUs' CPUs. A VM without cpuset: everything it has may run on housekeeping.
 * Of an RT VM it says in `broken` which vCPU shares its CPU (a demonstration plan then), and is
 * checked by plan_check(). Errors: a CPU of the cpuset that is not online, no CPU left for
 * housekeeping, or what plan_check() refuses.
 */
Plan *vm_layout_plan(const VmLayout *layout, const GPtrArray *layouts, const Cpuset *online,
		     GError **error);

#endif
