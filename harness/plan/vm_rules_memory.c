/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules about memory: whether the machine has what the VMs want, where they want it. */
#include "vm_demand.h"
#include "vm_rules_private.h"

static void check_missing(const VmRule *rule, const RuleScene *scene, GPtrArray *breaches)
{
	for (guint i = 0; i < scene->layouts->len; i++) {
		const VmConfig *vm = rule_layout(scene, i)->vm;
		const VmDomainFacts *facts = rule_facts(scene, i);
		g_autofree char *name = NULL;

		if (vm_memory_mib(scene, i))
			continue;
		name = rule_name(vm);
		if (facts)
			rule_broken(rule, breaches, vm, VM_KEY_MEMORY,
				    "%s has no memory: libvirt has no such domain, and memory is not "
				    "given", name);
		else
			rule_unknown(rule, breaches, vm, VM_KEY_MEMORY,
				     "how much memory %s has is not known: memory is not given, and "
				     "libvirt was not asked", name);
	}
}

const VmRule rule_memory_missing = {
	.id = "memory-missing",
	.level = RULE_ERROR,
	.title = "How much memory a VM has is known",
	.source = "libvirt domain XML, memory",
	.remedy = "set memory, or import the VM",
	.check = check_missing,
};

static void check_kernel(const VmRule *rule, const RuleScene *scene, GPtrArray *breaches)
{
	for (guint i = 0; i < scene->layouts->len; i++) {
		const VmConfig *vm = rule_layout(scene, i)->vm;
		const VmDomainFacts *facts = rule_facts(scene, i);
		g_autofree char *name = rule_name(vm);

		if (!vm->kernel && (vm->initrd || vm->cmdline))
			rule_broken(rule, breaches, vm, VM_KEY_KERNEL,
				    "%s has %s, and no kernel", name,
				    vm->initrd ? "an initrd" : "a cmdline");
		else if (facts && !facts->known && !vm->kernel && vm->disks->len == 0)
			rule_broken(rule, breaches, vm, VM_KEY_DISK,
				    "%s has nothing to boot from: libvirt has no such domain, and "
				    "neither kernel nor disk is given", name);
	}
}

const VmRule rule_kernel_missing = {
	.id = "kernel-missing",
	.level = RULE_ERROR,
	.title = "A VM has what it boots from",
	.source = "libvirt domain XML, direct kernel boot",
	.remedy = "set kernel, or disk",
	.check = check_kernel,
};

/* ---- what several VMs want of the same nodes -------------------------------------------- */

/* FALSE: the machine has none of the nodes, which is another rule's matter. */
static gboolean memory_of(const RuleScene *scene, const Cpuset *nodes, guint64 *ret,
			  gboolean *ret_known)
{
	gboolean any = FALSE;
	guint64 sum = 0;

	*ret_known = TRUE;
	CPUSET_FOREACH(number, nodes) {
		const TopologyNode *node = topology_node(scene->topology, (guint)number);

		if (!node)
			continue;
		any = TRUE;
		*ret_known = *ret_known && node->memory_known;
		sum += node->memory_bytes;
	}
	*ret = sum;
	return any;
}

static void check_demand(const VmRule *rule, const RuleScene *scene, const GArray *demands,
			 const VmDemand *demand, GPtrArray *breaches)
{
	gboolean known;
	guint vms;
	guint64 has;
	guint64 wanted = vm_demand_within(demands, &demand->nodes, &vms);
	g_autofree char *name = rule_name(demand->layout->vm);
	g_autofree char *others =
		vms > 1 ? g_strdup_printf(" and %u more", vms - 1) : g_strdup("");
	g_autofree char *list = cpulist_format(&demand->nodes);

	if (!memory_of(scene, &demand->nodes, &has, &known))
		return;
	if (!known)
		rule_unknown(rule, breaches, demand->layout->vm, VM_KEY_MEMORY,
			     "how much memory NUMA node %s has, for %s%s, is not known", list, name,
			     others);
	else if (wanted > has >> 20)
		rule_broken(rule, breaches, demand->layout->vm, VM_KEY_MEMORY,
			    "%s%s want%s %" G_GUINT64_FORMAT " MiB of NUMA node %s, which has %"
			    G_GUINT64_FORMAT " MiB in all", name, others, vms > 1 ? "" : "s", wanted,
			    list, has >> 20);
}

/* What is neither bound to nodes nor locked may come from anywhere, be swapped, and be promised to
 * more VMs than ever run at once: that is their owner's choice. */
static gboolean is_promised(const VmLayout *layout)
{
	return layout->lock_memory || cpuset_next(&layout->nodes, 0) >= 0;
}

static void check_nodes(const VmRule *rule, const RuleScene *scene, GPtrArray *breaches)
{
	g_autoptr(GArray) demands = g_array_new(FALSE, FALSE, sizeof(VmDemand));

	for (guint i = 0; i < scene->layouts->len; i++) {
		VmDemand demand = {rule_layout(scene, i), vm_demand_nodes(scene, rule_layout(scene, i)),
				 vm_memory_mib(scene, i)};

		if (demand.wanted && is_promised(demand.layout))
			g_array_append_val(demands, demand);
	}
	for (guint i = 0; i < demands->len; i++)
		if (vm_demand_is_first(demands, i))
			check_demand(rule, scene, demands, &g_array_index(demands, VmDemand, i),
				     breaches);
}

const VmRule rule_node_memory = {
	.id = "node-memory",
	.level = RULE_ERROR,
	.title = "The NUMA nodes have the memory that VMs are bound to there, or lock",
	.source = "libvirt domain XML, numatune (strict)",
	.remedy = "less memory, or a numatune of more nodes",
	.check = check_nodes,
};
