/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules about what the host keeps for itself. */
#include "propose.h"
#include "vm_rules_private.h"

static void check_left(const VmRule *rule, const RuleScene *scene, GPtrArray *breaches)
{
	Cpuset rt = vm_layouts_rt_cpus(scene->layouts);

	if (cpuset_next(&rt, 0) < 0 || !cpuset_is_subset(&scene->topology->online, &rt))
		return;
	rule_broken(rule, breaches, NULL, VM_KEY_CPUSET,
		    "the real-time VMs own all %u CPUs of the host, siblings among them",
		    cpuset_count(&scene->topology->online));
}

const VmRule rule_host_cpus = {
	.id = "host-cpus",
	.level = RULE_ERROR,
	.title = "The real-time VMs leave CPUs to the host",
	.source = RULE_GUIDE,
	.remedy = "leave the first core of each socket to the host",
	.check = check_left,
};

static void check_first(const VmRule *rule, const RuleScene *scene, GPtrArray *breaches)
{
	Cpuset first = proposal_first_cores(scene->topology);

	for (guint i = 0; i < scene->layouts->len; i++) {
		const VmLayout *layout = rule_layout(scene, i);
		Cpuset taken = cpuset_common(&layout->owned, &first);
		g_autofree char *list = NULL;
		g_autofree char *name = NULL;

		if (!layout->vm->rt || cpuset_next(&taken, 0) < 0)
			continue;
		list = cpulist_format(&taken);
		name = rule_name(layout->vm);
		rule_broken(rule, breaches, layout->vm, VM_KEY_CPUSET,
			    "real-time VM %s owns CPU %s, of the first core of a socket, where "
			    "interrupts land that cannot be moved", name, list);
	}
}

const VmRule rule_first_core = {
	.id = "first-core",
	.level = RULE_WARNING,
	.title = "The first core of each socket is the host's",
	.source = RULE_GUIDE "; Known Issues, IRQs that cannot be migrated",
	.remedy = "take the highest cores of a socket, counting down",
	.check = check_first,
};

static void check_boot_cpu(const VmRule *rule, const RuleScene *scene, GPtrArray *breaches)
{
	for (guint i = 0; i < scene->layouts->len; i++) {
		const VmLayout *layout = rule_layout(scene, i);
		g_autofree char *name = NULL;

		if (!cpuset_contains(&layout->offline, 0))
			continue;
		name = rule_name(layout->vm);
		rule_broken(rule, breaches, layout->vm, VM_KEY_CPUSET,
			    "CPU 0 is a sibling of a CPU of real-time VM %s, and cannot go offline",
			    name);
	}
}

const VmRule rule_boot_cpu_sibling = {
	.id = "boot-cpu-sibling",
	.level = RULE_WARNING,
	.title = "Siblings that must go offline can",
	.source = RULE_GUIDE_THREADS "; Documentation/core-api/cpu_hotplug.rst",
	.remedy = "leave the core of CPU 0 to the host",
	.check = check_boot_cpu,
};

static const VmConfig *first_rt(const RuleScene *scene)
{
	for (guint i = 0; i < scene->layouts->len; i++) {
		const VmLayout *layout = rule_layout(scene, i);

		if (layout->vm->rt && layout->bound)
			return layout->vm;
	}
	return NULL;
}

static void check_unbound(const VmRule *rule, const RuleScene *scene, GPtrArray *breaches)
{
	const VmConfig *rt = first_rt(scene);

	for (guint i = 0; rt && i < scene->layouts->len; i++) {
		const VmLayout *layout = rule_layout(scene, i);
		g_autofree char *name = NULL;
		g_autofree char *other = NULL;

		if (layout->bound || layout->vm->rt)
			continue;
		name = rule_name(layout->vm);
		other = rule_name(rt);
		rule_broken(rule, breaches, layout->vm, VM_KEY_CPUSET,
			    "%s is bound to no CPU: its threads may run on those of real-time VM %s",
			    name, other);
	}
}

const VmRule rule_unbound_beside = {
	.id = "unbound-beside",
	.level = RULE_WARNING,
	.title = "Every VM beside a real-time one is bound to CPUs",
	.source = "libvirt lets threads that are not pinned run on every CPU, isolated ones too",
	.remedy = "set cpuset to CPUs that no real-time VM owns",
	.check = check_unbound,
};
