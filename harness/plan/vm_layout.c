/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm_layout.h"

#include "error.h"

/* How many threads or groups of threads of all VMs may run on a CPU: 0, 1, or more. */
typedef struct {
	guint8 vcpus[CPUSET_CPUS], emulators[CPUSET_CPUS];
} Usage;

static void use(guint8 *count, const Cpuset *cpus)
{
	CPUSET_FOREACH(cpu, cpus)
		count[cpu] = MIN(count[cpu] + 1, 2);
}

/* The lowest of each core: the guide uses one sibling, and names no other choice. */
static Cpuset one_a_core(const Topology *topology, const Cpuset *cpuset)
{
	Cpuset used = *cpuset;

	CPUSET_FOREACH(cpu, cpuset) {
		const TopologyCpu *at = topology_cpu(topology, (guint)cpu);

		if (!cpuset_contains(&used, (guint)cpu) || !at || !at->core)
			continue;
		cpuset_subtract(&used, &at->core->cpus);
		cpuset_add(&used, (guint)cpu);
	}
	return used;
}

static Cpuset nodes_of(const Topology *topology, const Cpuset *cpuset)
{
	Cpuset nodes = {0};

	CPUSET_FOREACH(cpu, cpuset) {
		const TopologyCpu *at = topology_cpu(topology, (guint)cpu);

		if (at && at->node)
			cpuset_add(&nodes, at->node->number);
	}
	return nodes;
}

static void take_cpus(VmLayout *layout, const Topology *topology)
{
	const VmConfig *vm = layout->vm;

	layout->cpuset = layout->owned = vm->cpuset;
	if (vm->rt) {
		layout->cpuset = one_a_core(topology, &vm->cpuset);
		layout->owned = topology_siblings(topology, &vm->cpuset);
		layout->offline = layout->owned;
		cpuset_subtract(&layout->offline, &layout->cpuset);
	}
	layout->cpu_nodes = nodes_of(topology, &layout->cpuset);
	/* The guide: without a cpuset, memory comes from anywhere, whatever numatune says. */
	if (layout->bound)
		layout->nodes = vm->numatune_auto ? layout->cpu_nodes : vm->numatune;
}

/* Round-robin over all CPUs but the first. */
static void place_vcpus(VmLayout *layout)
{
	g_autoptr(GArray) cpus = g_array_new(FALSE, FALSE, sizeof(guint));
	guint first;

	if (!layout->bound)
		return;
	CPUSET_FOREACH(cpu, &layout->cpuset) {
		guint number = (guint)cpu;

		g_array_append_val(cpus, number);
	}
	cpuset_add(&layout->emulator, g_array_index(cpus, guint, 0));
	first = cpus->len > 1 ? 1 : 0;
	for (guint i = 0; i < MAX(layout->n_vcpus, cpus->len - first); i++)
		if (layout->n_vcpus > 0)
			cpuset_add(&layout->vcpus[i % layout->n_vcpus],
				   g_array_index(cpus, guint, first + i % (cpus->len - first)));
}

/* Which vCPUs keep house in the guest: vCPU 0 unless it is the only one. */
static void divide_vcpus(VmLayout *layout)
{
	const VmConfig *vm = layout->vm;

	for (guint i = 0; i < layout->n_vcpus; i++) {
		gboolean housekeeping = vm->guest_housekeeping_auto
						? i == 0 && layout->n_vcpus > 1
						: cpuset_contains(&vm->guest_housekeeping, i);

		if (vm->rt)
			cpuset_add(housekeeping ? &layout->guest_housekeeping : &layout->guest_rt,
				   i);
		if (vm->rt && !housekeeping)
			layout->priorities[i] = vm->vcpu_priority == VM_NUMBER_AUTO
							? PLAN_VCPU_PRIORITY
							: (guint)vm->vcpu_priority;
	}
	layout->emulator_priority =
		vm->emulator_priority == VM_NUMBER_AUTO ? 0 : (guint)vm->emulator_priority;
}

static void divide_guest(VmLayout *layout)
{
	const VmConfig *vm = layout->vm;

	layout->sockets = vm->topology_auto ? 1 : vm->sockets;
	layout->cores = vm->topology_auto ? vm->nr_vcpus : vm->cores;
	layout->threads = vm->topology_auto ? 1 : vm->threads;
	layout->lock_memory = vm->rt_memory == SWITCH_AUTO ? vm->rt : vm->rt_memory == SWITCH_ON;
	layout->iothreads_given = vm->lines[VM_KEY_IOTHREADS] != 0;
	layout->iothreads = vm->iothreads != VM_NUMBER_AUTO ? (guint)vm->iothreads : vm->rt ? 1 : 0;
}

static VmLayout *layout_new(const VmConfig *vm, const Topology *topology)
{
	VmLayout *layout = g_new0(VmLayout, 1);

	layout->vm = vm;
	layout->bound = cpuset_next(&vm->cpuset, 0) >= 0;
	layout->n_vcpus = MIN(vm->nr_vcpus, CPUSET_CPUS);
	layout->vcpus = g_new0(Cpuset, layout->n_vcpus);
	layout->shares = g_new0(gboolean, layout->n_vcpus);
	layout->priorities = g_new0(guint, layout->n_vcpus);
	take_cpus(layout, topology);
	place_vcpus(layout);
	divide_vcpus(layout);
	divide_guest(layout);
	return layout;
}

void vm_layout_free(VmLayout *layout)
{
	if (!layout)
		return;
	g_free(layout->vcpus);
	g_free(layout->shares);
	g_free(layout->priorities);
	g_free(layout);
}

static Usage *count_usage(const GPtrArray *layouts)
{
	Usage *usage = g_new0(Usage, 1);

	for (guint i = 0; i < layouts->len; i++) {
		const VmLayout *layout = layouts->pdata[i];

		use(usage->emulators, &layout->emulator);
		for (guint v = 0; v < layout->n_vcpus; v++)
			use(usage->vcpus, &layout->vcpus[v]);
	}
	return usage;
}

/* One that is bound to no CPU may run on everybody's. */
static gboolean is_shared(const VmLayout *layout, const Usage *usage, const Cpuset *cpus)
{
	if (!layout->bound)
		return TRUE;
	CPUSET_FOREACH(cpu, cpus)
		if (usage->vcpus[cpu] + usage->emulators[cpu] > 1)
			return TRUE;
	return FALSE;
}

static gboolean beside_vcpu(const VmLayout *layout, const Usage *usage)
{
	CPUSET_FOREACH(cpu, &layout->emulator)
		if (usage->vcpus[cpu] > 0)
			return TRUE;
	return !layout->bound;
}

static void share(VmLayout *layout, const Usage *usage, gboolean demonstration)
{
	for (guint i = 0; i < layout->n_vcpus; i++) {
		layout->shares[i] = is_shared(layout, usage, &layout->vcpus[i]);
		if (demonstration && layout->shares[i])
			layout->priorities[i] = 0;
	}
	if (demonstration && beside_vcpu(layout, usage))
		layout->emulator_priority = 0;
}

GPtrArray *vm_layouts_new(const VmConfigs *configs, const Topology *topology,
			  gboolean demonstration)
{
	GPtrArray *layouts = g_ptr_array_new_with_free_func((GDestroyNotify)vm_layout_free);
	g_autofree Usage *usage = NULL;

	for (guint i = 0; i < configs->vms->len; i++)
		g_ptr_array_add(layouts, layout_new(configs->vms->pdata[i], topology));
	usage = count_usage(layouts);
	for (guint i = 0; i < layouts->len; i++)
		share(layouts->pdata[i], usage, demonstration);
	return layouts;
}

const VmLayout *vm_layout_find(const GPtrArray *layouts, const VmConfig *vm)
{
	for (guint i = 0; i < layouts->len; i++)
		if (((const VmLayout *)layouts->pdata[i])->vm == vm)
			return layouts->pdata[i];
	return NULL;
}

Cpuset vm_layouts_rt_cpus(const GPtrArray *layouts)
{
	Cpuset cpus = {0};

	for (guint i = 0; i < layouts->len; i++) {
		const VmLayout *layout = layouts->pdata[i];

		if (layout->vm->rt)
			cpuset_union(&cpus, &layout->owned);
	}
	return cpus;
}

Cpuset vm_layouts_offline(const GPtrArray *layouts)
{
	Cpuset cpus = {0};

	for (guint i = 0; i < layouts->len; i++)
		cpuset_union(&cpus, &((const VmLayout *)layouts->pdata[i])->offline);
	return cpus;
}
