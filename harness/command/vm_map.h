/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who may run on each CPU of a machine when all VMs of a config run. */
#ifndef LATHE_COMMAND_VM_MAP_H
#define LATHE_COMMAND_VM_MAP_H

#include "topology.h"
#include "vm_layout.h"

typedef enum { USER_EMULATOR, USER_VCPU, USER_OFFLINE } VmUserKind;

typedef struct {
	const VmLayout *layout;
	VmUserKind kind; /* USER_OFFLINE: nobody, while the VM runs */
	guint vcpu;
} VmUser;

typedef struct {
	GArray *by_cpu[CPUSET_CPUS]; /* of VmUser, in the order of the VMs; NULL: none, or no
				      * such CPU */
	Cpuset used;		     /* by VMs, and what they keep offline */
	Cpuset host;		     /* online CPUs of nobody else */
	Cpuset offline;		     /* while the real-time VMs run */
} VmMap;

VmMap *vm_map_new(const GPtrArray *layouts, const Topology *topology);
void vm_map_free(VmMap *map);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmMap, vm_map_free)

/* How many may run there: whether it is shared. */
guint vm_map_runners(const VmMap *map, guint cpu);
/* "vCPU 1", "emulator", "offline". */
char *vm_user_text(const VmUser *user);
/* "SCHED_FIFO 80", "SCHED_OTHER". */
char *vm_policy_text(guint priority);
guint vm_user_priority(const VmUser *user);

#endif
