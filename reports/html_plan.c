/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "html.h"

#include "bundle.h"
#include "cpulist.h"
#include "html_tree.h"
#include "text.h"

#define ONLINE_FILE "host/before/sys/devices/system/cpu/online"

static Cpuset set_of(const char *cpulist)
{
	Cpuset set = {0};

	if (!cpulist || !cpulist_parse_kernel(cpulist, CPUSET_CPUS, &set, NULL))
		return (Cpuset){0};
	return set;
}

static void add_planned(Cpuset *shown, const RunPlan *plan)
{
	const char *const lists[] = {plan->housekeeping, plan->emulator, plan->iothread};

	for (gsize i = 0; i < G_N_ELEMENTS(lists); i++) {
		Cpuset more = set_of(lists[i]);

		cpuset_union(shown, &more);
	}
	for (guint i = 0; i < plan->vcpus->len; i++) {
		Cpuset more = set_of(g_array_index(plan->vcpus, RunPlanVcpu, i).cpus);

		cpuset_union(shown, &more);
	}
}

/* Every CPU that was online, as captured, and every one that a plan names. */
static Cpuset cpus_shown(const char *directory, const Run *run)
{
	g_autofree char *online = NULL;
	Cpuset shown = {0};
	gsize length;

	if (bundle_read_file(directory, ONLINE_FILE, &online, &length, NULL))
		shown = set_of(online);
	for (guint i = 0; i < run->vms->len; i++)
		add_planned(&shown, &((const RunVm *)run->vms->pdata[i])->plan);
	return shown;
}

static gboolean is_on(const RunPlanVcpu *vcpu, guint cpu)
{
	Cpuset cpus = set_of(vcpu->cpus);

	return cpuset_contains(&cpus, cpu);
}

static gboolean runs_rt(const Run *run, guint cpu)
{
	for (guint i = 0; i < run->vms->len; i++) {
		const GArray *vcpus = ((const RunVm *)run->vms->pdata[i])->plan.vcpus;

		for (guint k = 0; k < vcpus->len; k++) {
			const RunPlanVcpu *vcpu = &g_array_index(vcpus, RunPlanVcpu, k);

			if (vcpu->rt && is_on(vcpu, cpu))
				return TRUE;
		}
	}
	return FALSE;
}

static const char *use_of(const RunVm *vm, const RunPlanVcpu *vcpu)
{
	return !vm->rt ? "not measured" : vcpu->rt ? "real-time" : "guest housekeeping";
}

static guint say_vcpus(xmlNode *box, const Run *run, const RunVm *vm, guint cpu)
{
	const GArray *vcpus = vm->plan.vcpus;
	g_autofree char *whose = run_whose(run, vm);
	guint said = 0;

	for (guint i = 0; i < vcpus->len; i++) {
		const RunPlanVcpu *vcpu = &g_array_index(vcpus, RunPlanVcpu, i);

		if (!is_on(vcpu, cpu))
			continue;
		if (vcpu->fifo_priority)
			html_sayf(box, "span", NULL, "%svCPU %u (%s, FIFO %u)", whose, vcpu->vcpu,
				  use_of(vm, vcpu), vcpu->fifo_priority);
		else
			html_sayf(box, "span", NULL, "%svCPU %u (%s)", whose, vcpu->vcpu,
				  use_of(vm, vcpu));
		said++;
	}
	return said;
}

static guint say_roles(xmlNode *box, const Run *run, const RunVm *vm, guint cpu)
{
	const struct {
		const char *role, *cpus;
	} roles[] = {
		{"emulator", vm->plan.emulator},
		{"IOThread", vm->plan.iothread},
	};
	g_autofree char *whose = run_whose(run, vm);
	guint said = 0;

	for (gsize i = 0; i < G_N_ELEMENTS(roles); i++) {
		Cpuset set = set_of(roles[i].cpus);

		if (!cpuset_contains(&set, cpu))
			continue;
		html_sayf(box, "span", "soft", "%s%s", whose, roles[i].role);
		said++;
	}
	return said;
}

/* Said once: the plans of one run agree on it. */
static guint say_housekeeping(xmlNode *box, const Run *run, guint cpu)
{
	for (guint i = 0; i < run->vms->len; i++) {
		Cpuset set = set_of(((const RunVm *)run->vms->pdata[i])->plan.housekeeping);

		if (!cpuset_contains(&set, cpu))
			continue;
		html_say(box, "span", "soft", "housekeeping, loads");
		return 1;
	}
	return 0;
}

static void say_cpu(xmlNode *map, const Run *run, guint cpu)
{
	xmlNode *box = html_add(map, "li", runs_rt(run, cpu) ? "cpu rt" : "cpu");
	guint said = 0;

	html_sayf(box, "b", NULL, "CPU %u", cpu);
	for (guint i = 0; i < run->vms->len; i++)
		said += say_vcpus(box, run, run->vms->pdata[i], cpu);
	said += say_housekeeping(box, run, cpu);
	for (guint i = 0; i < run->vms->len; i++)
		said += say_roles(box, run, run->vms->pdata[i], cpu);
	if (!said)
		html_say(box, "span", "soft", "not in the plan");
}

static void say_broken(xmlNode *section, const Run *run)
{
	g_autoptr(GPtrArray) broken = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < run->vms->len; i++) {
		const RunVm *vm = run->vms->pdata[i];
		g_autofree char *whose = run_whose(run, vm);

		for (guint k = 0; k < vm->plan.broken->len; k++)
			g_ptr_array_add(broken, g_strconcat(whose, vm->plan.broken->pdata[k], NULL));
	}
	if (!broken->len)
		return;
	html_say(section, "p", "kind", "A demonstration plan. Rules that it breaks:");
	html_list(section, NULL, broken);
}

static void say_guest(xmlNode *section, const Run *run, const RunVm *vm)
{
	g_autofree char *whose = text_of_vm(run, vm);

	if (vm->rt)
		html_sayf(section, "p", "soft",
			  "In the guest%s, vCPU %u keeps house; measured: vCPU %s (mask %s).", whose,
			  vm->plan.guest_housekeeping, vm->plan.guest_rt ?: "unknown",
			  vm->plan.guest_rt_mask ?: "unknown");
}

void html_plan(xmlNode *main, const char *directory, const Run *run)
{
	xmlNode *section = html_section(main, "plan", "Plan: which CPU does what");
	Cpuset shown = cpus_shown(directory, run);
	xmlNode *map;

	say_broken(section, run);
	if (!cpuset_count(&shown)) {
		html_say(section, "p", NULL, "No plan is known.");
		return;
	}
	map = html_add(section, "ul", "map");
	CPUSET_FOREACH(cpu, &shown)
		say_cpu(map, run, (guint)cpu);
	for (guint i = 0; i < run->vms->len; i++)
		say_guest(section, run, run->vms->pdata[i]);
}
