/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verdict_check.h"

/* Two vCPUs on a CPU, or one where everything else runs: a rule is broken, whatever the
 * plan calls itself. */
static gboolean shares_its_cpu(const Plan *plan, guint vcpu)
{
	guint cpu = plan->vcpus[vcpu].cpu;

	if (cpuset_contains(&plan->housekeeping, cpu) ||
	    cpuset_contains(&plan->emulator, cpu) ||
	    cpuset_contains(&plan->iothread, cpu))
		return TRUE;
	for (guint i = 0; i < plan->n_vcpus; i++)
		if (i != vcpu && plan->vcpus[i].cpu == cpu)
			return TRUE;
	return FALSE;
}

static gboolean read_vcpus(const Judge *judge, Plan *plan)
{
	const GArray *from = judge->run->plan.vcpus;

	if (from->len < PLAN_VCPUS_MIN || from->len > PLAN_VCPUS_MAX) {
		doubt(judge, "the plan has %u vCPUs", from->len);
		return FALSE;
	}
	plan->n_vcpus = from->len;
	plan->vcpus = g_new0(PlanVcpu, from->len);
	for (guint i = 0; i < from->len; i++) {
		const RunPlanVcpu *vcpu = &g_array_index(from, RunPlanVcpu, i);

		if (vcpu->vcpu != i || vcpu->cpu >= CPUSET_CPUS) {
			doubt(judge,
			      "the plan's vCPU %u is called vCPU %u and is on CPU %u", i,
			      vcpu->vcpu, vcpu->cpu);
			return FALSE;
		}
		plan->vcpus[i] = (PlanVcpu){.cpu = vcpu->cpu, .rt = vcpu->rt,
					    .shares = vcpu->shares,
					    .fifo_priority = vcpu->fifo_priority};
		cpuset_add(&plan->vcpus[i].cpus, vcpu->cpu);
	}
	return TRUE;
}

static gboolean read_sets(const Judge *judge, Plan *plan)
{
	const RunPlan *from = &judge->run->plan;
	const struct {
		const char *what, *text;
		Cpuset *set;
	} sets[] = {
		{"housekeeping CPUs", from->housekeeping, &plan->housekeeping},
		{"emulator CPUs", from->emulator, &plan->emulator},
		{"IOThread CPUs", from->iothread, &plan->iothread},
		{"guest RT vCPUs", from->guest_rt, &plan->guest_rt},
	};
	gboolean ok = TRUE;

	for (gsize i = 0; i < G_N_ELEMENTS(sets); i++) {
		if (cpus_of(sets[i].text, sets[i].set))
			continue;
		doubt(judge, "the plan's %s are '%s', not a list of CPUs", sets[i].what,
		      shown(sets[i].text));
		ok = FALSE;
	}
	return ok;
}

static void check_vcpus(const Judge *judge, const Plan *plan)
{
	gboolean demonstration = judge->run->plan.demonstration;

	for (guint i = 0; i < plan->n_vcpus; i++) {
		gboolean shares = shares_its_cpu(plan, i);

		if (plan->vcpus[i].rt != cpuset_contains(&plan->guest_rt, i))
			doubt(judge,
			      "the plan contradicts itself: vCPU %u %s RT, its mask says "
			      "otherwise",
			      i, plan->vcpus[i].rt ? "is" : "is not");
		if (shares && (!plan->vcpus[i].shares || !demonstration))
			doubt(judge,
			      "vCPU %u shares CPU %u, and the plan does not say that it "
			      "breaks a rule",
			      i, plan->vcpus[i].cpu);
		if (!shares && plan->vcpus[i].shares)
			doubt(judge,
			      "the plan contradicts itself: vCPU %u is said to share CPU %u, "
			      "which nothing else is planned on",
			      i, plan->vcpus[i].cpu);
		if (plan->vcpus[i].rt && !shares && plan->vcpus[i].fifo_priority == 0)
			doubt(judge,
			      "vCPU %u owns CPU %u but was not planned as SCHED_FIFO", i,
			      plan->vcpus[i].cpu);
	}
}

static void check_mask(const Judge *judge, const Plan *plan)
{
	const char *text = judge->run->plan.guest_rt_mask;
	Cpuset mask = {0};

	if (!text || !cpumask_parse(text, CPUSET_CPUS, &mask, NULL) ||
	    !cpuset_equal(&mask, &plan->guest_rt))
		doubt(judge, "the plan contradicts itself: RT vCPUs %s, mask %s",
		      judge->run->plan.guest_rt, shown(text));
}

void judge_plan(Judge *judge)
{
	const RunPlan *from = &judge->run->plan;
	g_autoptr(Plan) plan = g_new0(Plan, 1);
	g_autoptr(GError) error = NULL;

	plan->broken = g_ptr_array_new();
	if (from->demonstration && !judge->profile->demonstration_allowed)
		doubt(judge, "a demonstration plan, which profile %s does not allow",
		      judge->profile->name);
	if (from->demonstration != (from->broken->len > 0))
		doubt(judge, "the plan contradicts itself: %s, %u rules broken",
		      from->demonstration ? "a demonstration plan"
					  : "a qualification plan",
		      from->broken->len);
	if (!read_vcpus(judge, plan) || !read_sets(judge, plan))
		return;
	plan->guest_housekeeping = from->guest_housekeeping;
	if (!plan_check(plan, &error))
		doubt(judge, "the plan: %s", error->message);
	if (judge->profile->vcpus && judge->profile->vcpus != plan->n_vcpus)
		doubt(judge, "the plan has %u vCPUs, the profile wants %u", plan->n_vcpus,
		      judge->profile->vcpus);
	check_mask(judge, plan);
	check_vcpus(judge, plan);
	judge->rt_cpus = plan_rt_cpus(plan);
	judge->plan = g_steal_pointer(&plan);
}
