/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules about a VM's own make: its vCPUs, and what of them is real-time. */
#include "vm_rules_private.h"

static void check_memory(const VmRule *rule, const RuleScene *scene, GPtrArray *breaches)
{
	for (guint i = 0; i < scene->layouts->len; i++) {
		const VmLayout *layout = rule_layout(scene, i);
		g_autofree char *name = NULL;

		if (!layout->vm->rt || layout->lock_memory)
			continue;
		name = rule_name(layout->vm);
		rule_broken(rule, breaches, layout->vm, VM_KEY_RT_MEMORY,
			    "the memory of real-time VM %s is not locked", name);
	}
}

const VmRule rule_rt_memory = {
	.id = "rt-memory",
	.level = RULE_ERROR,
	.title = "The memory of a real-time VM is locked",
	.source = RULE_GUIDE_KEYS ", rt",
	.remedy = "rt_memory = auto",
	.check = check_memory,
};

/* A FIFO thread never yields: whoever shares its CPU starves. */
static void check_shared(const VmRule *rule, const RuleScene *scene, GPtrArray *breaches)
{
	for (guint i = 0; i < scene->layouts->len; i++) {
		const VmLayout *layout = rule_layout(scene, i);

		for (guint v = 0; layout->bound && v < layout->n_vcpus; v++) {
			g_autofree char *name = NULL;
			g_autofree char *list = NULL;

			if (!layout->shares[v] || layout->priorities[v] == 0)
				continue;
			name = rule_name(layout->vm);
			list = cpulist_format(&layout->vcpus[v]);
			rule_broken(rule, breaches, layout->vm, VM_KEY_CPUSET,
				    "vCPU %u of %s is SCHED_FIFO and shares CPU %s with another vCPU "
				    "or an emulator, which would starve", v, name, list);
			break;
		}
	}
}

const VmRule rule_fifo_shared = {
	.id = "fifo-shared",
	.level = RULE_ERROR,
	.title = "A SCHED_FIFO vCPU has its CPU for itself",
	.source = "sched(7): a SCHED_FIFO thread runs until it sleeps",
	.remedy = "let cpuset name more CPUs, or vcpu_priority = 0",
	.check = check_shared,
};

/* The first vCPU, of the VM itself or another, that may run where the emulator does; its VM, or
 * NULL. */
static const VmLayout *find_beside(const RuleScene *scene, const VmLayout *layout, guint *ret_vcpu)
{
	for (guint i = 0; i < scene->layouts->len; i++) {
		const VmLayout *other = rule_layout(scene, i);

		for (guint v = 0; v < other->n_vcpus; v++) {
			if (!cpuset_intersects(&layout->emulator, &other->vcpus[v]) &&
			    (layout->bound || other != layout))
				continue;
			*ret_vcpu = v;
			return other;
		}
	}
	return NULL;
}

static void check_emulator(const VmRule *rule, const RuleScene *scene, GPtrArray *breaches)
{
	for (guint i = 0; i < scene->layouts->len; i++) {
		const VmLayout *layout = rule_layout(scene, i), *other;
		g_autofree char *name = NULL;
		g_autofree char *list = NULL;
		g_autofree char *whose = NULL;
		guint vcpu;

		other = layout->emulator_priority ? find_beside(scene, layout, &vcpu) : NULL;
		if (!other)
			continue;
		name = rule_name(layout->vm);
		list = cpulist_format(&layout->emulator);
		whose = rule_name(other->vm);
		rule_broken(rule, breaches, layout->vm, VM_KEY_EMULATOR_PRIORITY,
			    "the emulator of %s is SCHED_FIFO and may run on %s%s with vCPU %u%s%s",
			    name, layout->bound ? "CPU " : "any CPU", list, vcpu,
			    other == layout ? "" : " of ", other == layout ? "" : whose);
	}
}

const VmRule rule_fifo_emulator = {
	.id = "fifo-emulator",
	.level = RULE_ERROR,
	.title = "A SCHED_FIFO emulator has its CPU for itself",
	.source = "sched(7): a SCHED_FIFO thread runs until it sleeps",
	.remedy = "emulator_priority = 0, or a cpuset of more than one CPU",
	.check = check_emulator,
};

static void check_product(const VmRule *rule, const RuleScene *scene, GPtrArray *breaches)
{
	for (guint i = 0; i < scene->layouts->len; i++) {
		const VmConfig *vm = rule_layout(scene, i)->vm;
		g_autofree char *name = NULL;

		/* No product of three guints in steps overflows 64 bits before it is too large. */
		if (vm->topology_auto ||
		    ((guint64)vm->sockets * vm->cores <= vm->nr_vcpus &&
		     (guint64)vm->sockets * vm->cores * vm->threads == vm->nr_vcpus))
			continue;
		name = rule_name(vm);
		rule_broken(rule, breaches, vm, VM_KEY_CPU_TOPOLOGY,
			    "%u sockets of %u cores of %u threads are not the %u vCPUs of %s",
			    vm->sockets, vm->cores, vm->threads, vm->nr_vcpus, name);
	}
}

const VmRule rule_topology_product = {
	.id = "topology-product",
	.level = RULE_ERROR,
	.title = "cpu_topology makes as many CPUs as nr_vcpus",
	.source = "libvirt domain XML, cpu topology",
	.remedy = "cpu_topology = auto",
	.check = check_product,
};

static void check_housekeeping(const VmRule *rule, const RuleScene *scene, GPtrArray *breaches)
{
	for (guint i = 0; i < scene->layouts->len; i++) {
		const VmLayout *layout = rule_layout(scene, i);
		const VmConfig *vm = layout->vm;
		g_autofree char *name = rule_name(vm);
		g_autofree char *list = NULL;

		if (vm->guest_housekeeping_auto)
			continue;
		list = cpulist_format(&vm->guest_housekeeping);
		if (cpuset_next(&vm->guest_housekeeping, vm->nr_vcpus) >= 0)
			rule_broken(rule, breaches, vm, VM_KEY_GUEST_HOUSEKEEPING,
				    "guest_housekeeping of %s is %s, and it has only %u vCPUs", name,
				    list, vm->nr_vcpus);
		else if (vm->rt && cpuset_next(&layout->guest_rt, 0) < 0)
			rule_broken(rule, breaches, vm, VM_KEY_GUEST_HOUSEKEEPING,
				    "guest_housekeeping of real-time VM %s leaves it no real-time vCPU",
				    name);
	}
}

const VmRule rule_guest_housekeeping = {
	.id = "guest-housekeeping",
	.level = RULE_ERROR,
	.title = "guest_housekeeping names vCPUs, and leaves real-time ones",
	.source = "lathe",
	.remedy = "guest_housekeeping = auto",
	.check = check_housekeeping,
};

static void check_windows(const VmRule *rule, const RuleScene *scene, GPtrArray *breaches)
{
	for (guint i = 0; i < scene->layouts->len; i++) {
		const VmConfig *vm = rule_layout(scene, i)->vm;
		const VmDomainFacts *facts = rule_facts(scene, i);
		g_autofree char *name = NULL;

		if (vm->topology_auto || (facts && facts->known && !facts->windows) ||
		    (facts && !facts->known))
			continue;
		name = rule_name(vm);
		if (!facts)
			rule_unknown(rule, breaches, vm, VM_KEY_CPU_TOPOLOGY,
				     "whether %s runs Windows is not known: libvirt was not asked", name);
		else
			rule_broken(rule, breaches, vm, VM_KEY_CPU_TOPOLOGY,
				    "%s runs Windows, which is licensed by socket, and cpu_topology is "
				    "not auto", name);
	}
}

const VmRule rule_windows_topology = {
	.id = "windows-topology",
	.level = RULE_ADVICE,
	.title = "A Windows guest has cpu_topology = auto",
	.source = "KVM-RT guide, Known Issues, VMs running the Windows operating system",
	.remedy = "cpu_topology = auto",
	.check = check_windows,
};
