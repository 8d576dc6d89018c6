/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "html.h"

#include "bundle.h"
#include "cpulist.h"
#include "html_tree.h"

#define ONLINE_FILE "host/before/sys/devices/system/cpu/online"

static Cpuset set_of(const char *cpulist)
{
	Cpuset set = {0};

	if (!cpulist || !cpulist_parse_kernel(cpulist, CPUSET_CPUS, &set, NULL))
		return (Cpuset){0};
	return set;
}

/* Every CPU that was online, as captured, and every one that the plan names. */
static Cpuset cpus_shown(const char *directory, const RunPlan *plan)
{
	g_autofree char *online = NULL;
	const char *const lists[] = {plan->housekeeping, plan->emulator, plan->iothread};
	Cpuset shown = {0};
	gsize length;

	if (bundle_read_file(directory, ONLINE_FILE, &online, &length, NULL))
		shown = set_of(online);
	for (gsize i = 0; i < G_N_ELEMENTS(lists); i++) {
		Cpuset more = set_of(lists[i]);

		cpuset_union(&shown, &more);
	}
	for (guint i = 0; i < plan->vcpus->len; i++) {
		guint cpu = g_array_index(plan->vcpus, RunPlanVcpu, i).cpu;

		if (cpu < CPUSET_CPUS)
			cpuset_add(&shown, cpu);
	}
	return shown;
}

static gboolean runs_rt(const RunPlan *plan, guint cpu)
{
	for (guint i = 0; i < plan->vcpus->len; i++) {
		const RunPlanVcpu *vcpu = &g_array_index(plan->vcpus, RunPlanVcpu, i);

		if (vcpu->cpu == cpu && vcpu->rt)
			return TRUE;
	}
	return FALSE;
}

static guint say_vcpus(xmlNode *box, const RunPlan *plan, guint cpu)
{
	guint said = 0;

	for (guint i = 0; i < plan->vcpus->len; i++) {
		const RunPlanVcpu *vcpu = &g_array_index(plan->vcpus, RunPlanVcpu, i);

		if (vcpu->cpu != cpu)
			continue;
		if (vcpu->fifo_priority)
			html_sayf(box, "span", NULL, "vCPU %u (%s, FIFO %u)", vcpu->vcpu,
				  vcpu->rt ? "real-time" : "guest housekeeping",
				  vcpu->fifo_priority);
		else
			html_sayf(box, "span", NULL, "vCPU %u (%s)", vcpu->vcpu,
				  vcpu->rt ? "real-time" : "guest housekeeping");
		said++;
	}
	return said;
}

static void say_cpu(xmlNode *map, const RunPlan *plan, guint cpu)
{
	const struct {
		const char *role, *cpus;
	} roles[] = {
		{"housekeeping, loads", plan->housekeeping},
		{"emulator", plan->emulator},
		{"IOThread", plan->iothread},
	};
	xmlNode *box = html_add(map, "li", runs_rt(plan, cpu) ? "cpu rt" : "cpu");
	guint said;

	html_sayf(box, "b", NULL, "CPU %u", cpu);
	said = say_vcpus(box, plan, cpu);
	for (gsize i = 0; i < G_N_ELEMENTS(roles); i++) {
		Cpuset set = set_of(roles[i].cpus);

		if (!cpuset_contains(&set, cpu))
			continue;
		html_say(box, "span", "soft", roles[i].role);
		said++;
	}
	if (!said)
		html_say(box, "span", "soft", "not in the plan");
}

void html_plan(xmlNode *main, const char *directory, const Run *run)
{
	const RunPlan *plan = &run->plan;
	xmlNode *section = html_section(main, "plan", "Plan: which CPU does what");
	Cpuset shown = cpus_shown(directory, plan);
	xmlNode *map;

	if (plan->broken->len) {
		html_say(section, "p", "kind", "A demonstration plan. Rules that it breaks:");
		html_list(section, NULL, plan->broken);
	}
	if (!cpuset_count(&shown)) {
		html_say(section, "p", NULL, "No plan is known.");
		return;
	}
	map = html_add(section, "ul", "map");
	CPUSET_FOREACH(cpu, &shown)
		say_cpu(map, plan, (guint)cpu);
	html_sayf(section, "p", "soft",
		  "In the guest, vCPU %u keeps house; measured: vCPU %s (mask %s).",
		  plan->guest_housekeeping, plan->guest_rt ?: "unknown",
		  plan->guest_rt_mask ?: "unknown");
}
