/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verdict_check.h"

static gboolean serves_others(const Plan *plan, guint cpu)
{
	return cpuset_contains(&plan->emulator, cpu) || cpuset_contains(&plan->iothread, cpu);
}

static gboolean runs_vcpu(const Plan *plan, guint but, guint cpu)
{
	for (guint i = 0; i < plan->n_vcpus; i++)
		if (i != but && cpuset_contains(&plan->vcpus[i].cpus, cpu))
			return TRUE;
	return FALSE;
}

/* Once for a VM: each vCPU of each VM is compared with them. */
static Cpuset used_cpus(const Plan *plan)
{
	Cpuset cpus = plan->emulator;

	cpuset_union(&cpus, &plan->iothread);
	for (guint i = 0; i < plan->n_vcpus; i++)
		cpuset_union(&cpus, &plan->vcpus[i].cpus);
	return cpus;
}

/* The other VM whose threads are planned on the CPU as well; NULL: none. */
static const RunVm *other_vm_on(const Judge *judge, guint cpu)
{
	for (guint i = 0; i < judge->run->vms->len; i++) {
		const RunVm *vm = judge->run->vms->pdata[i];

		if (vm != judge->vm && cpuset_contains(&judge->used[i], cpu))
			return vm;
	}
	return NULL;
}

/* Two vCPUs on a CPU, or one where everything else runs, or another VM: a rule is broken,
 * whatever the plan calls itself. */
static gboolean shares_its_cpu(const Judge *judge, guint vcpu)
{
	const Plan *plan = judge->plan;
	guint cpu = plan->vcpus[vcpu].cpu;

	return cpuset_contains(&plan->housekeeping, cpu) || serves_others(plan, cpu) ||
	       runs_vcpu(plan, vcpu, cpu) || other_vm_on(judge, cpu);
}

/* Where it may run: its CPU, and for a VM that is not measured perhaps more. */
static gboolean read_cpus(const Judge *judge, const RunPlanVcpu *from, PlanVcpu *vcpu)
{
	if (cpus_of(from->cpus, &vcpu->cpus) && cpuset_contains(&vcpu->cpus, from->cpu) &&
	    (!judge->vm->rt || cpuset_count(&vcpu->cpus) == 1))
		return TRUE;
	doubt(judge, "the plan's vCPU %u is on CPU %u and may run on '%s'", from->vcpu, from->cpu,
	      shown(from->cpus));
	return FALSE;
}

static gboolean read_vcpus(const Judge *judge, Plan *plan)
{
	const GArray *from = judge->vm->plan.vcpus;

	if (from->len < (judge->vm->rt ? PLAN_VCPUS_MIN : 1) || from->len > PLAN_VCPUS_MAX) {
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
		if (!read_cpus(judge, vcpu, &plan->vcpus[i]))
			return FALSE;
	}
	return TRUE;
}

static gboolean read_sets(const Judge *judge, Plan *plan)
{
	const RunPlan *from = &judge->vm->plan;
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
		if (!judge->vm->rt && sets[i].set == &plan->guest_rt && !sets[i].text)
			continue;
		if (cpus_of(sets[i].text, sets[i].set))
			continue;
		doubt(judge, "the plan's %s are '%s', not a list of CPUs", sets[i].what,
		      shown(sets[i].text));
		ok = FALSE;
	}
	return ok;
}

/* A FIFO vCPU never lets another VM's threads run. */
static void check_neighbours(const Judge *judge, guint vcpu)
{
	guint cpu = judge->plan->vcpus[vcpu].cpu;
	const RunVm *other = other_vm_on(judge, cpu);

	if (other && judge->plan->vcpus[vcpu].fifo_priority)
		doubt(judge, "vCPU %u is SCHED_FIFO on CPU %u, which VM %s uses as well", vcpu, cpu,
		      run_vm_name(other));
}

static void check_vcpus(const Judge *judge)
{
	const Plan *plan = judge->plan;
	gboolean demonstration = judge->vm->plan.demonstration;

	for (guint i = 0; i < plan->n_vcpus; i++) {
		gboolean shares = shares_its_cpu(judge, i);

		check_neighbours(judge, i);

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

/* One that is not measured may share what it likes, but has no real-time thread. */
static void check_beside(const Judge *judge)
{
	const Plan *plan = judge->plan;

	if (cpuset_count(&plan->guest_rt) || judge->vm->plan.guest_rt_mask)
		doubt(judge, "the plan has vCPUs to measure, and the VM is not measured");
	for (guint i = 0; i < plan->n_vcpus; i++)
		if (plan->vcpus[i].rt || plan->vcpus[i].fifo_priority)
			doubt(judge, "vCPU %u is real-time, and the VM is not", i);
}

static void check_mask(const Judge *judge)
{
	const Plan *plan = judge->plan;
	const char *text = judge->vm->plan.guest_rt_mask;
	Cpuset mask = {0};

	if (!text || !cpumask_parse(text, CPUSET_CPUS, &mask, NULL) ||
	    !cpuset_equal(&mask, &plan->guest_rt))
		doubt(judge, "the plan contradicts itself: RT vCPUs %s, mask %s",
		      judge->vm->plan.guest_rt, shown(text));
}

static Plan *read_plan(const Judge *judge)
{
	const RunPlan *from = &judge->vm->plan;
	g_autoptr(Plan) plan = g_new0(Plan, 1);

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
		return NULL;
	plan->guest_housekeeping = from->guest_housekeeping;
	plan->emulator_priority = from->emulator_priority;
	return g_steal_pointer(&plan);
}

static void check_rt_plan(const Judge *judge)
{
	const Plan *plan = judge->plan;
	guint wanted = judge->profile->vcpus;
	g_autoptr(GError) error = NULL;

	if (!plan_check(plan, &error))
		doubt(judge, "the plan: %s", error->message);
	/* plan_check() lets a VM run in which no vCPU keeps house; it cannot be measured so. */
	if (cpuset_contains(&plan->guest_rt, plan->guest_housekeeping))
		doubt(judge, "vCPU %u keeps house in the guest and is measured as well",
		      plan->guest_housekeeping);
	/* How many a configured VM has is not the profile's to say. */
	if (wanted && !judge->vm->uuid && wanted != plan->n_vcpus)
		doubt(judge, "the plan has %u vCPUs, the profile wants %u", plan->n_vcpus, wanted);
	check_mask(judge);
	check_vcpus(judge);
}

/* Loads run on the housekeeping CPUs of all of them. */
static void agree_on_housekeeping(Judge *judge)
{
	const RunVm *first = NULL;

	for (guint i = 0; i < judge->run->vms->len; i++) {
		const RunVm *vm = judge->run->vms->pdata[i];
		const Plan *plan = judge->plans[i];

		if (!vm->rt || !plan)
			continue;
		if (!first) {
			first = vm;
			judge->housekeeping = plan->housekeeping;
		} else if (!cpuset_equal(&judge->housekeeping, &plan->housekeeping)) {
			doubt(judge, "the plans contradict each other: the housekeeping CPUs of VM %s "
				     "are %s, those of VM %s are %s", run_vm_name(first),
			      shown(first->plan.housekeeping), run_vm_name(vm),
			      shown(vm->plan.housekeeping));
		}
	}
}

void judge_plans(Judge *judge)
{
	guint n = judge->run->vms->len;

	for (guint i = 0; i < n; i++) {
		Judge one = judge_of_vm(judge, i);
		const Plan *plan = judge->plans[i] = read_plan(&one);
		Cpuset rt = plan ? plan_rt_cpus(plan) : (Cpuset){0};

		if (plan)
			judge->used[i] = used_cpus(plan);
		cpuset_union(&judge->rt_cpus, &rt);
	}
	agree_on_housekeeping(judge);
	for (guint i = 0; i < n; i++) {
		Judge one = judge_of_vm(judge, i);

		if (one.plan && one.vm->rt)
			check_rt_plan(&one);
		else if (one.plan)
			check_beside(&one);
	}
}
