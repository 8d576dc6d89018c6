/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm_demand.h"

#include "vm_rules_private.h"

guint64 vm_memory_mib(const RuleScene *scene, guint i)
{
	const VmConfig *vm = rule_layout(scene, i)->vm;
	const VmDomainFacts *facts = rule_facts(scene, i);

	if (vm->memory_mib)
		return vm->memory_mib;
	return facts && facts->known ? facts->memory_mib : 0;
}

Cpuset vm_demand_nodes(const RuleScene *scene, const VmLayout *layout)
{
	Cpuset all = {0};

	if (cpuset_next(&layout->nodes, 0) >= 0)
		return layout->nodes;
	for (guint i = 0; i < scene->topology->nodes->len; i++)
		cpuset_add(&all, ((TopologyNode *)scene->topology->nodes->pdata[i])->number);
	return all;
}

guint64 vm_demand_within(const GArray *demands, const Cpuset *nodes, guint *ret_vms)
{
	guint64 sum = 0;

	*ret_vms = 0;
	for (guint i = 0; i < demands->len; i++) {
		const VmDemand *demand = &g_array_index(demands, VmDemand, i);

		if (!cpuset_is_subset(&demand->nodes, nodes))
			continue;
		sum = sum > G_MAXUINT64 - demand->wanted ? G_MAXUINT64 : sum + demand->wanted;
		++*ret_vms;
	}
	return sum;
}

gboolean vm_demand_is_first(const GArray *demands, guint i)
{
	for (guint j = 0; j < i; j++)
		if (cpuset_equal(&g_array_index(demands, VmDemand, j).nodes,
				 &g_array_index(demands, VmDemand, i).nodes))
			return FALSE;
	return TRUE;
}
