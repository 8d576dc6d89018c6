/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules about NUMA nodes: where CPUs are, and where memory comes from. */
#include "vm_rules_private.h"

/* Names of VMs, with commas; NULL: none. */
static char *append_name(char *names, const VmConfig *vm)
{
	g_autofree char *before = names;
	g_autofree char *name = rule_name(vm);

	return before ? g_strconcat(before, ", ", name, NULL) : g_steal_pointer(&name);
}

static gboolean is_rt(const VmLayout *layout)
{
	return layout->vm->rt && layout->bound;
}

/* FALSE, and said so, where a CPU of the VM is on a node that the kernel does not tell. */
static gboolean nodes_known(const VmRule *rule, const RuleScene *scene, const VmLayout *layout,
			    GPtrArray *breaches)
{
	CPUSET_FOREACH(cpu, &layout->cpuset) {
		const TopologyCpu *at = topology_cpu(scene->topology, (guint)cpu);
		g_autofree char *name = NULL;

		if (!at || !at->online || at->node)
			continue;
		name = rule_name(layout->vm);
		rule_unknown(rule, breaches, layout->vm, VM_KEY_CPUSET,
			     "the NUMA node of CPU %d, in the cpuset of real-time VM %s, is not known",
			     cpu, name);
		return FALSE;
	}
	return TRUE;
}

static void check_spans(const VmRule *rule, const RuleScene *scene, GPtrArray *breaches)
{
	for (guint i = 0; i < scene->layouts->len; i++) {
		const VmLayout *layout = rule_layout(scene, i);
		g_autofree char *list = NULL;
		g_autofree char *name = NULL;

		if (!is_rt(layout) || !nodes_known(rule, scene, layout, breaches) ||
		    cpuset_count(&layout->cpu_nodes) < 2)
			continue;
		list = cpulist_format(&layout->cpu_nodes);
		name = rule_name(layout->vm);
		rule_broken(rule, breaches, layout->vm, VM_KEY_CPUSET,
			    "the cpuset of real-time VM %s spans NUMA nodes %s", name, list);
	}
}

const VmRule rule_spans_nodes = {
	.id = "spans-nodes",
	.level = RULE_WARNING,
	.title = "The cpuset of a real-time VM is on one NUMA node",
	.source = RULE_GUIDE,
	.remedy = "take all CPUs from one node; `lathe topology` shows them",
	.check = check_spans,
};

/* The VMs that `matches` says disturb a real-time one, in one sentence. */
static void check_others(const VmRule *rule, const RuleScene *scene, GPtrArray *breaches,
			 VmKey key, const char *what,
			 gboolean (*matches)(const VmLayout *rt, const VmLayout *other))
{
	for (guint i = 0; i < scene->layouts->len; i++) {
		const VmLayout *rt = rule_layout(scene, i);
		g_autofree char *names = NULL;
		g_autofree char *name = NULL;
		g_autofree char *list = NULL;

		for (guint j = 0; is_rt(rt) && j < scene->layouts->len; j++)
			if (j != i && matches(rt, rule_layout(scene, j)))
				names = append_name(names, rule_layout(scene, j)->vm);
		if (!names)
			continue;
		name = rule_name(rt->vm);
		list = cpulist_format(&rt->cpu_nodes);
		rule_broken(rule, breaches, rt->vm, key, "%s %s NUMA node %s of real-time VM %s", names,
			    what, list, name);
	}
}

static gboolean has_cpus_there(const VmLayout *rt, const VmLayout *other)
{
	return cpuset_intersects(&other->cpu_nodes, &rt->cpu_nodes);
}

static void check_shared(const VmRule *rule, const RuleScene *scene, GPtrArray *breaches)
{
	check_others(rule, scene, breaches, VM_KEY_CPUSET, "has CPUs on", has_cpus_there);
}

const VmRule rule_shared_nodes = {
	.id = "shared-nodes",
	.level = RULE_WARNING,
	.title = "No other VM has CPUs on a real-time VM's NUMA nodes",
	.source = RULE_GUIDE,
	.remedy = "give the other VM CPUs of another node, where there is one",
	.check = check_shared,
};

/* What auto takes of a node is a matter of the cpuset, which the rule above speaks of. */
static gboolean takes_memory_there(const VmLayout *rt, const VmLayout *other)
{
	return !other->vm->numatune_auto && cpuset_intersects(&other->nodes, &rt->cpu_nodes);
}

static void check_memory(const VmRule *rule, const RuleScene *scene, GPtrArray *breaches)
{
	check_others(rule, scene, breaches, VM_KEY_NUMATUNE, "takes memory from",
		     takes_memory_there);
}

const VmRule rule_numatune_overlap = {
	.id = "numatune-overlap",
	.level = RULE_WARNING,
	.title = "No other VM's numatune names a real-time VM's NUMA nodes",
	.source = RULE_GUIDE,
	.remedy = "let the other VM's numatune name other nodes",
	.check = check_memory,
};

static void check_off(const VmRule *rule, const RuleScene *scene, GPtrArray *breaches)
{
	for (guint i = 0; i < scene->layouts->len; i++) {
		const VmLayout *layout = rule_layout(scene, i);
		g_autofree char *name = NULL;

		if (!is_rt(layout) || layout->vm->numatune_auto ||
		    cpuset_next(&layout->vm->numatune, 0) >= 0)
			continue;
		name = rule_name(layout->vm);
		rule_broken(rule, breaches, layout->vm, VM_KEY_NUMATUNE,
			    "the memory of real-time VM %s may come from any NUMA node", name);
	}
}

const VmRule rule_numatune_off = {
	.id = "numatune-off",
	.level = RULE_WARNING,
	.title = "The memory of a real-time VM is bound to NUMA nodes",
	.source = RULE_GUIDE,
	.remedy = "numatune = auto",
	.check = check_off,
};

static void check_outside(const VmRule *rule, const RuleScene *scene, GPtrArray *breaches)
{
	for (guint i = 0; i < scene->layouts->len; i++) {
		const VmLayout *layout = rule_layout(scene, i);
		Cpuset outside = layout->nodes;
		g_autofree char *list = NULL;
		g_autofree char *name = NULL;

		cpuset_subtract(&outside, &layout->cpu_nodes);
		if (!is_rt(layout) || layout->vm->numatune_auto || cpuset_next(&outside, 0) < 0 ||
		    !nodes_known(rule, scene, layout, breaches))
			continue;
		list = cpulist_format(&outside);
		name = rule_name(layout->vm);
		rule_broken(rule, breaches, layout->vm, VM_KEY_NUMATUNE,
			    "numatune of real-time VM %s names node %s, where it has no CPU", name,
			    list);
	}
}

const VmRule rule_numatune_outside = {
	.id = "numatune-outside",
	.level = RULE_WARNING,
	.title = "numatune of a real-time VM names nodes of its cpuset",
	.source = RULE_GUIDE,
	.remedy = "numatune = auto",
	.check = check_outside,
};

static void check_absent(const VmRule *rule, const RuleScene *scene, GPtrArray *breaches)
{
	Cpuset all = {0};

	for (guint i = 0; i < scene->topology->nodes->len; i++)
		cpuset_add(&all, ((TopologyNode *)scene->topology->nodes->pdata[i])->number);
	for (guint i = 0; i < scene->layouts->len; i++) {
		const VmLayout *layout = rule_layout(scene, i);
		Cpuset absent = layout->nodes;
		g_autofree char *list = NULL;
		g_autofree char *name = NULL;

		cpuset_subtract(&absent, &all);
		if (cpuset_next(&absent, 0) < 0)
			continue;
		list = cpulist_format(&absent);
		name = rule_name(layout->vm);
		rule_broken(rule, breaches, layout->vm, VM_KEY_NUMATUNE,
			    "NUMA node %s, in numatune of %s, is not there on this machine", list,
			    name);
	}
}

const VmRule rule_numatune_absent = {
	.id = "numatune-absent",
	.level = RULE_ERROR,
	.title = "The machine has the NUMA nodes of every numatune",
	.source = "libvirt domain XML, numatune",
	.remedy = "numatune = auto, or nodes of `lathe topology`",
	.check = check_absent,
};
