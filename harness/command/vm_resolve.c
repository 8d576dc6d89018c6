/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm_resolve.h"

#include <string.h>

#include "plan.h"

void vm_resolved_clear(VmResolved *resolved)
{
	g_free(resolved->value);
	g_free(resolved->why);
}

static void set(VmResolved *ret, char *value, const char *why)
{
	g_free(ret->value);
	ret->value = value;
	g_free(ret->why);
	ret->why = g_strdup(why);
}

static void resolve_topology(const VmLayout *layout, VmResolved *ret)
{
	ret->is_auto = layout->vm->topology_auto;
	if (ret->is_auto)
		set(ret,
		    g_strdup_printf("%u, %u, %u", layout->sockets, layout->cores, layout->threads),
		    "one socket, nr_vcpus cores of one thread");
}

/* What an RT VM's cpuset comes to where cores have several threads. */
static void resolve_cpuset(const VmLayout *layout, VmResolved *ret)
{
	g_autofree char *used = cpulist_format(&layout->cpuset);
	g_autofree char *offline = cpulist_format(&layout->offline);
	gboolean all_used = cpuset_equal(&layout->cpuset, &layout->vm->cpuset);

	if (!layout->bound)
		ret->why = g_strdup("bound to no CPU");
	else if (*offline && all_used)
		ret->why = g_strdup_printf("owns the siblings %s as well: offline while it runs",
					   offline);
	else if (*offline)
		ret->why = g_strdup_printf("uses %s, one thread a core; owns %s as well: "
					   "offline while it runs",
					   used, offline);
}

static void resolve_memory_lock(const VmLayout *layout, VmResolved *ret)
{
	ret->is_auto = layout->vm->rt_memory == SWITCH_AUTO;
	if (ret->is_auto)
		set(ret, g_strdup(layout->lock_memory ? "True" : "False"), "as rt");
}

static void resolve_nodes(const VmLayout *layout, VmResolved *ret)
{
	ret->is_auto = layout->vm->numatune_auto;
	if (!layout->bound)
		set(ret, g_strdup(""), "no cpuset: memory from any node");
	else if (ret->is_auto)
		set(ret, cpulist_format(&layout->nodes), "the nodes of cpuset");
	else if (!*ret->value)
		ret->why = g_strdup("memory from any node");
}

static void resolve_iothreads(const VmLayout *layout, VmResolved *ret)
{
	ret->is_auto = layout->iothreads_given && layout->vm->iothreads == VM_NUMBER_AUTO;
	if (ret->is_auto)
		set(ret, g_strdup_printf("%u", layout->iothreads),
		    layout->vm->rt ? "one for a real-time VM" : "none: not real-time");
}

static void resolve_vcpu_priority(const VmLayout *layout, VmResolved *ret)
{
	ret->is_auto = layout->vm->vcpu_priority == VM_NUMBER_AUTO;
	if (!layout->vm->rt)
		set(ret, g_strdup("0"), "SCHED_OTHER: not real-time");
	else if (ret->is_auto)
		set(ret, g_strdup_printf("%d", PLAN_VCPU_PRIORITY),
		    "SCHED_FIFO of the real-time vCPUs");
	else
		ret->why = g_strdup(layout->vm->vcpu_priority ? "SCHED_FIFO of the real-time vCPUs"
							      : "SCHED_OTHER");
}

static void resolve_emulator_priority(const VmLayout *layout, VmResolved *ret)
{
	ret->is_auto = layout->vm->emulator_priority == VM_NUMBER_AUTO;
	if (ret->is_auto)
		set(ret, g_strdup("0"), "SCHED_OTHER");
	else
		ret->why = g_strdup(layout->vm->emulator_priority ? "SCHED_FIFO" : "SCHED_OTHER");
}

static void resolve_housekeeping(const VmLayout *layout, VmResolved *ret)
{
	ret->is_auto = layout->vm->guest_housekeeping_auto;
	if (!layout->vm->rt)
		set(ret, g_strdup(""), "not real-time");
	else if (ret->is_auto)
		set(ret, cpulist_format(&layout->guest_housekeeping),
		    layout->n_vcpus > 1 ? "vCPU 0 of two or more" : "none: it is the only vCPU");
	else if (!*ret->value)
		ret->why = g_strdup("none: all vCPUs are real-time");
}

static void (*const resolvers[VM_KEYS])(const VmLayout *layout, VmResolved *ret) = {
	[VM_KEY_CPU_TOPOLOGY] = resolve_topology,
	[VM_KEY_CPUSET] = resolve_cpuset,
	[VM_KEY_RT_MEMORY] = resolve_memory_lock,
	[VM_KEY_NUMATUNE] = resolve_nodes,
	[VM_KEY_IOTHREADS] = resolve_iothreads,
	[VM_KEY_VCPU_PRIORITY] = resolve_vcpu_priority,
	[VM_KEY_EMULATOR_PRIORITY] = resolve_emulator_priority,
	[VM_KEY_GUEST_HOUSEKEEPING] = resolve_housekeeping,
};

void vm_resolve(const VmLayout *layout, VmKey key, VmResolved *ret)
{
	const VmKeyRow *row = &vm_keys[key];

	*ret = (VmResolved){NULL};
	/* A key of lathe's without a default of its own. */
	if (row->ours && !*row->fallback && !vm_config_given(layout->vm, key))
		return;
	ret->value = row->format(layout->vm);
	if (resolvers[key])
		resolvers[key](layout, ret);
}
