/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `lathe plan --vm` prints of configured VMs, as text for people and as JSON. */
#ifndef LATHE_COMMAND_PLAN_VMS_H
#define LATHE_COMMAND_PLAN_VMS_H

#include "machine_vms.h"

char *plan_vms_text(const MachineVms *vms, const GPtrArray *breaches);
char *plan_vms_json(const MachineVms *vms, const GPtrArray *breaches);

/* The parameters of the host's kernel for all real-time VMs, selected or not, as host_parameters();
 * NULL: none of them is bound to CPUs. */
GArray *plan_vms_parameters(const MachineVms *vms);

/* The parameters of the guest's kernel, or NULL: it is not real-time, or nothing of it keeps house.
 * plan: vm_layout_plan()'s, or NULL. */
char *plan_vms_guest(const VmLayout *layout, const Plan *plan);

#endif
