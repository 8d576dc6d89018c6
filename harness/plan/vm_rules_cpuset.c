/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules about which CPUs a VM names, and whose they are besides. */
#include "vm_rules_private.h"

/* ---- whose a CPU is --------------------------------------------------------------------- */

typedef void (*PairCheck)(const VmRule *rule, const VmLayout *rt, const VmLayout *other,
			  GPtrArray *breaches);

/* Each real-time VM with every other VM; two real-time ones once. */
static void check_pairs(const VmRule *rule, const RuleScene *scene, GPtrArray *breaches,
			PairCheck check)
{
	for (guint i = 0; i < scene->layouts->len; i++) {
		const VmLayout *rt = rule_layout(scene, i);

		for (guint j = 0; rt->vm->rt && j < scene->layouts->len; j++) {
			const VmLayout *other = rule_layout(scene, j);

			if (j != i && (j > i || !other->vm->rt))
				check(rule, rt, other, breaches);
		}
	}
}

static void check_direct(const VmRule *rule, const VmLayout *rt, const VmLayout *other,
			 GPtrArray *breaches)
{
	Cpuset both = cpuset_common(&rt->vm->cpuset, &other->vm->cpuset);
	g_autofree char *list = NULL;
	g_autofree char *first = NULL;
	g_autofree char *second = NULL;

	if (cpuset_next(&both, 0) < 0)
		return;
	list = cpulist_format(&both);
	first = rule_name(rt->vm);
	second = rule_name(other->vm);
	rule_broken(rule, breaches, rt->vm, VM_KEY_CPUSET,
		    "CPU %s of real-time VM %s is in the cpuset of %s as well", list, first, second);
}

static void check_overlap(const VmRule *rule, const RuleScene *scene, GPtrArray *breaches)
{
	check_pairs(rule, scene, breaches, check_direct);
}

const VmRule rule_cpuset_overlap = {
	.id = "cpuset-overlap",
	.level = RULE_ERROR,
	.title = "The cpuset of a real-time VM overlaps no other VM's",
	.source = RULE_GUIDE,
	.remedy = "give each VM CPUs of its own",
	.check = check_overlap,
};

static void check_through_siblings(const VmRule *rule, const VmLayout *rt,
				   const VmLayout *other, GPtrArray *breaches)
{
	Cpuset both = cpuset_common(&rt->owned, &other->owned);
	Cpuset direct = cpuset_common(&rt->vm->cpuset, &other->vm->cpuset);
	g_autofree char *list = NULL;
	g_autofree char *first = NULL;
	g_autofree char *second = NULL;

	/* Through no sibling, or told by the rule above. */
	if (cpuset_next(&both, 0) < 0 || cpuset_next(&direct, 0) >= 0)
		return;
	list = cpulist_format(&both);
	first = rule_name(rt->vm);
	second = rule_name(other->vm);
	rule_broken(rule, breaches, rt->vm, VM_KEY_CPUSET,
		    "CPU %s belongs to real-time VM %s as a sibling thread, and to %s", list, first,
		    second);
}

/* A CPU that is online and of which the kernel tells no core may have any sibling. */
static void doubt_siblings(const VmRule *rule, const RuleScene *scene, GPtrArray *breaches)
{
	for (guint i = 0; i < scene->layouts->len; i++) {
		const VmLayout *layout = rule_layout(scene, i);
		Cpuset doubtful = {0};
		g_autofree char *name = NULL;
		g_autofree char *list = NULL;

		CPUSET_FOREACH(cpu, &layout->vm->cpuset) {
			const TopologyCpu *at = topology_cpu(scene->topology, (guint)cpu);

			if (layout->vm->rt && at && at->online && !at->core)
				cpuset_add(&doubtful, (guint)cpu);
		}
		if (cpuset_next(&doubtful, 0) < 0)
			continue;
		name = rule_name(layout->vm);
		list = cpulist_format(&doubtful);
		rule_unknown(rule, breaches, layout->vm, VM_KEY_CPUSET,
			     "the siblings of CPU %s, in the cpuset of %s, are not known", list,
			     name);
	}
}

static void check_siblings(const VmRule *rule, const RuleScene *scene, GPtrArray *breaches)
{
	check_pairs(rule, scene, breaches, check_through_siblings);
	doubt_siblings(rule, scene, breaches);
}

const VmRule rule_sibling_overlap = {
	.id = "sibling-overlap",
	.level = RULE_ERROR,
	.title = "No other VM has a sibling thread of a real-time VM's CPUs",
	.source = RULE_GUIDE_THREADS,
	.remedy = "give each VM whole cores; `lathe topology` shows which CPUs share one",
	.check = check_siblings,
};

/* ---- how many --------------------------------------------------------------------------- */

static void check_provision(const VmRule *rule, const RuleScene *scene, GPtrArray *breaches)
{
	for (guint i = 0; i < scene->layouts->len; i++) {
		const VmLayout *layout = rule_layout(scene, i);
		guint has = cpuset_count(&layout->cpuset);
		g_autofree char *name = NULL;

		if (!layout->vm->rt || !layout->bound || has > layout->vm->nr_vcpus)
			continue;
		name = rule_name(layout->vm);
		rule_broken(rule, breaches, layout->vm, VM_KEY_CPUSET,
			    "real-time VM %s has %u CPUs to use, one a core, for %u vCPUs and the "
			    "emulator: %u are needed", name, has, layout->vm->nr_vcpus,
			    layout->vm->nr_vcpus + 1);
	}
}

const VmRule rule_under_provisioned = {
	.id = "under-provisioned",
	.level = RULE_ERROR,
	.title = "A real-time VM has a CPU for each vCPU, and one for the emulator",
	.source = RULE_GUIDE,
	.remedy = "let cpuset name at least nr_vcpus + 1 CPUs, each of another core",
	.check = check_provision,
};

static void check_bound(const VmRule *rule, const RuleScene *scene, GPtrArray *breaches)
{
	for (guint i = 0; i < scene->layouts->len; i++) {
		const VmLayout *layout = rule_layout(scene, i);
		g_autofree char *name = NULL;

		if (!layout->vm->rt || layout->bound)
			continue;
		name = rule_name(layout->vm);
		rule_broken(rule, breaches, layout->vm, VM_KEY_CPUSET,
			    "real-time VM %s has no cpuset", name);
	}
}

const VmRule rule_rt_without_cpuset = {
	.id = "rt-without-cpuset",
	.level = RULE_ERROR,
	.title = "A real-time VM has a cpuset",
	.source = RULE_GUIDE_KEYS ", rt",
	.remedy = "set cpuset; `lathe plan --vcpus N` proposes one",
	.check = check_bound,
};

/* ---- whether they are there ------------------------------------------------------------- */

static void report_absent(const VmRule *rule, GPtrArray *breaches, const VmLayout *layout,
			  const Cpuset *cpus, const char *what)
{
	g_autofree char *list = NULL;
	g_autofree char *name = NULL;

	if (cpuset_next(cpus, 0) < 0)
		return;
	list = cpulist_format(cpus);
	name = rule_name(layout->vm);
	rule_broken(rule, breaches, layout->vm, VM_KEY_CPUSET, "CPU %s, in the cpuset of %s, %s",
		    list, name, what);
}

static void check_there(const VmRule *rule, const RuleScene *scene, GPtrArray *breaches)
{
	for (guint i = 0; i < scene->layouts->len; i++) {
		const VmLayout *layout = rule_layout(scene, i);
		Cpuset absent = layout->vm->cpuset;
		Cpuset offline = cpuset_common(&layout->vm->cpuset, &scene->topology->cpus);

		cpuset_subtract(&absent, &scene->topology->cpus);
		report_absent(rule, breaches, layout, &absent, "is not there on this machine");
		cpuset_subtract(&offline, &scene->topology->online);
		/* lathe itself takes siblings of one that runs offline. */
		if (!layout->vm->rt || !rule_runs(scene, i))
			report_absent(rule, breaches, layout, &offline, "is offline");
	}
}

const VmRule rule_cpuset_absent = {
	.id = "cpuset-absent",
	.level = RULE_ERROR,
	.title = "The machine has the CPUs of every cpuset, and they are online",
	.source = "libvirt domain XML, cputune",
	.remedy = "name CPUs of `lathe topology`, or bring them online "
		  "(sys/devices/system/cpu/cpuN/online)",
	.check = check_there,
};

static void check_named(const VmRule *rule, const RuleScene *scene, GPtrArray *breaches)
{
	for (guint i = 0; i < scene->layouts->len; i++) {
		const VmLayout *layout = rule_layout(scene, i);
		Cpuset unused = cpuset_common(&layout->offline, &layout->vm->cpuset);
		g_autofree char *list = NULL;
		g_autofree char *name = NULL;

		if (cpuset_next(&unused, 0) < 0)
			continue;
		list = cpulist_format(&unused);
		name = rule_name(layout->vm);
		rule_broken(rule, breaches, layout->vm, VM_KEY_CPUSET,
			    "CPU %s, in the cpuset of real-time VM %s, shares a core with a lower one "
			    "of it: it goes offline and runs nothing", list, name);
	}
}

const VmRule rule_siblings_named = {
	.id = "siblings-named",
	.level = RULE_ADVICE,
	.title = "The cpuset of a real-time VM names one CPU a core",
	.source = RULE_GUIDE_THREADS,
	.remedy = "leave the siblings out: the VM owns them all the same",
	.check = check_named,
};
