/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A configured VM's layout as a plan. */
#include "error.h"
#include "vm_layout.h"

static Cpuset housekeeping(const GPtrArray *layouts, const Cpuset *online)
{
	Cpuset left = *online;

	for (guint i = 0; i < layouts->len; i++)
		cpuset_subtract(&left, &((const VmLayout *)layouts->pdata[i])->owned);
	if (cpuset_next(&left, 0) >= 0)
		return left;
	/* The VMs have everything: the host and their emulators share what no RT vCPU needs. */
	left = *online;
	for (guint i = 0; i < layouts->len; i++) {
		const VmLayout *layout = layouts->pdata[i];

		CPUSET_FOREACH(vcpu, &layout->guest_rt)
			cpuset_subtract(&left, &layout->vcpus[vcpu]);
		cpuset_subtract(&left, &layout->offline);
	}
	return left;
}

static void place(Plan *plan, const VmLayout *layout, guint i)
{
	PlanVcpu *vcpu = &plan->vcpus[i];

	vcpu->cpus = layout->bound ? layout->vcpus[i] : plan->housekeeping;
	vcpu->cpu = (guint)MAX(cpuset_next(&vcpu->cpus, 0), 0);
	vcpu->rt = cpuset_contains(&layout->guest_rt, i);
	vcpu->shares = layout->shares[i];
	vcpu->fifo_priority = layout->priorities[i];
	if (layout->vm->rt && vcpu->shares) {
		g_autofree char *list = cpulist_format(&vcpu->cpus);

		g_ptr_array_add(plan->broken,
				g_strdup_printf("vCPU %u does not own CPU %s: it shares it with "
						"other threads of VMs", i, list));
		plan->demonstration = TRUE;
	}
}

/* CPUs of the plan that do not run: pinned threads could not be placed there. */
static gboolean check_online(const VmLayout *layout, const Cpuset *online, GError **error)
{
	Cpuset absent = layout->cpuset;
	g_autofree char *list = NULL;

	cpuset_subtract(&absent, online);
	if (cpuset_next(&absent, 0) < 0)
		return TRUE;
	list = cpulist_format(&absent);
	return lathe_error(error, LATHE_ERROR_ENVIRONMENT,
			   "CPU %s, in the cpuset of \"%s\", is not online", list,
			   layout->vm->name);
}

Plan *vm_layout_plan(const VmLayout *layout, const GPtrArray *layouts, const Cpuset *online,
		     GError **error)
{
	g_autoptr(Plan) plan = g_new0(Plan, 1);

	plan->broken = g_ptr_array_new_with_free_func(g_free);
	if (!check_online(layout, online, error))
		return NULL;
	plan->housekeeping = housekeeping(layouts, online);
	if (cpuset_next(&plan->housekeeping, 0) < 0) {
		lathe_error(error, LATHE_ERROR_ENVIRONMENT,
			    "no CPU is left for the host: real-time vCPUs of the configured VMs "
			    "have all of them");
		return NULL;
	}
	plan->emulator = layout->bound ? layout->emulator : plan->housekeeping;
	plan->iothread = plan->emulator;
	plan->emulator_priority = layout->emulator_priority;
	plan->n_vcpus = layout->n_vcpus;
	plan->vcpus = g_new0(PlanVcpu, plan->n_vcpus);
	plan->guest_rt = layout->guest_rt;
	plan->guest_housekeeping = (guint)MAX(cpuset_next(&layout->guest_housekeeping, 0), 0);
	for (guint i = 0; i < plan->n_vcpus; i++)
		place(plan, layout, i);
	if (layout->vm->rt && !plan_check(plan, error))
		return NULL;
	return g_steal_pointer(&plan);
}
