/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What VMs want of the memory of NUMA nodes, which several may take from. */
#ifndef LATHE_VM_DEMAND_H
#define LATHE_VM_DEMAND_H

#include "vm_rules.h"

/* What one VM wants, in MiB or pages, and from where. */
typedef struct {
	const VmLayout *layout;
	Cpuset nodes; /* never empty: all of the machine's for a VM that may use any */
	guint64 wanted;
} VmDemand;

/* By the config, else by the domain; 0: not known. */
guint64 vm_memory_mib(const RuleScene *scene, guint i);

/* Where a VM's memory may come from. */
Cpuset vm_demand_nodes(const RuleScene *scene, const VmLayout *layout);

/* All that can only be had from those nodes: of every VM that may take it nowhere else. */
guint64 vm_demand_within(const GArray *demands, const Cpuset *nodes, guint *ret_vms);

/* Whether no VM before it has the same nodes: each set is looked at once. */
gboolean vm_demand_is_first(const GArray *demands, guint i);

#endif
