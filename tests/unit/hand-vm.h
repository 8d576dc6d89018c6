/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configured VMs, made by hand, with every default that the guide gives. */
#ifndef LATHE_TEST_HAND_VM_H
#define LATHE_TEST_HAND_VM_H

#include <glib.h>

#include "plan.h"
#include "vm_config.h"

static inline Cpuset hand_set(const char *list)
{
	Cpuset set = {0};

	if (list && *list)
		g_assert_true(cpulist_parse(list, CPUSET_CPUS, &set, NULL));
	return set;
}

static inline VmConfig *hand_vm(const char *name, guint nr_vcpus, const char *cpuset, gboolean rt)
{
	VmConfig *vm = g_new0(VmConfig, 1);

	g_snprintf(vm->uuid, sizeof(vm->uuid), "00000000-0000-4000-8000-%012x",
		   g_str_hash(name));
	vm->name = g_strdup(name);
	vm->nr_vcpus = nr_vcpus;
	vm->topology_auto = TRUE;
	vm->cpuset = hand_set(cpuset);
	vm->rt = rt;
	vm->rt_memory = SWITCH_AUTO;
	vm->numatune_auto = TRUE;
	vm->autostart = TRUE;
	vm->iothreads = VM_NUMBER_AUTO;
	vm->vcpu_priority = PLAN_VCPU_PRIORITY;
	vm->emulator_priority = VM_NUMBER_AUTO;
	vm->guest_housekeeping_auto = TRUE;
	vm->pci = g_ptr_array_new_with_free_func(g_free);
	vm->disks = g_ptr_array_new_with_free_func(g_free);
	return vm;
}

static inline void hand_vm_free(gpointer data)
{
	VmConfig *vm = data;

	g_free(vm->name);
	g_ptr_array_unref(vm->pci);
	g_ptr_array_unref(vm->disks);
	g_free(vm);
}

static inline VmConfigs hand_vms(void)
{
	return (VmConfigs){.vms = g_ptr_array_new_with_free_func(hand_vm_free)};
}

#endif
