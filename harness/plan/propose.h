/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which CPUs of a machine a real-time VM should get, by the rules of the KVM-RT guide
 * ("Configuring Real-Time Virtual Machines" and "KVM-RT Use of Threaded CPUs"):
 *
 *  - the first core of each socket stays the host's, with all its threads: interrupts that
 *    cannot be moved land there;
 *  - the VM gets nr_vcpus + 1 cores of one NUMA node, the highest first, counting down;
 *  - it owns their threads and uses one each: the others go offline;
 *  - the first CPU of the cpuset carries all of QEMU's threads that run no vCPU, the others
 *    a vCPU each.
 *
 * plan.h plans one measured VM on the machine as it is; a proposal says what the machine
 * should become. proposal_plan() is the plan that `lathe run` makes once it has.
 */
#ifndef LATHE_PROPOSE_H
#define LATHE_PROPOSE_H

#include <glib.h>

#include "cpulist.h"
#include "plan.h"
#include "topology.h"

#define PROPOSAL_ANY_NODE (-1)

typedef struct {
	guint n_vcpus;
	guint node;	     /* NUMA node of all of it, and for the VM's memory */
	Cpuset cpuset;	     /* n_vcpus + 1 CPUs, one a core */
	guint emulator;	     /* its first: QEMU's main thread, workers, IOThreads */
	guint *vcpus;	     /* CPU of each vCPU, ascending; vCPU 0 keeps house in the guest */
	Cpuset vcpu_cpus;    /* the same as a set */
	Cpuset offline;	     /* threads of the cpuset's cores to take offline */
	Cpuset isolated;     /* for the command line: vcpu_cpus and their threads */
	Cpuset housekeeping; /* the host's CPUs and the emulator's: loads, interrupts */
	Cpuset kept;	     /* first cores: never given away */
	GPtrArray *notes;    /* of char *: what the rules cannot know here */
} Proposal;

/*
 * `online`: the CPUs to divide, where they are fewer than the topology's (NULL: those); a
 * core that is not wholly among them is not given away. `node` names the NUMA node, or is
 * PROPOSAL_ANY_NODE: the highest-numbered one that has room and memory. Cores whose threads
 * are not known are never proposed. Errors: n_vcpus out of a plan's range, no such node, too
 * few cores; then the hint says how many vCPUs would fit where.
 */
Proposal *proposal_new(const Topology *topology, const Cpuset *online, guint n_vcpus, int node,
		       GError **error);
void proposal_free(Proposal *proposal);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Proposal, proposal_free)

/* What stays the host's: the core of each socket's lowest CPU, and of the lowest of all (where
 * no socket is known, that one is the boot CPU). */
Cpuset proposal_first_cores(const Topology *topology);

/* The most vCPUs that proposal_new() can place with the same `online` and `node`; below
 * PLAN_VCPUS_MIN: none. *ret_node (may be NULL) is where. */
guint proposal_most_vcpus(const Topology *topology, const Cpuset *online, int node,
			  guint *ret_node);

/* What lathe run plans on that machine, restarted with that command line and with those
 * threads offline: vCPUs and isolation as proposed, no rule broken. */
Plan *proposal_plan(const Proposal *proposal, GError **error);

/* A parameter of the host's kernel command line, and why. */
typedef struct {
	char *text; /* "nohz_full=28-31" */
	const char *why;
} ProposalParameter;

/* The parameters that isolate these CPUs and leave those for housekeeping: an array of
 * ProposalParameter, in the order of the command line. */
GArray *host_parameters(const Cpuset *isolated, const Cpuset *housekeeping);
/* As one line. */
char *host_parameters_line(const GArray *list);

/* Those of a proposal. What depends on the VM's memory
 * and devices (huge pages, IOMMU) and what sources disagree on is not among them. */
GArray *proposal_host_parameters(const Proposal *proposal);

/* The same as one line. */
char *proposal_host_cmdline(const Proposal *proposal);

#endif
