/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan.h"

#include "error.h"

#define AUTO_VCPUS_MAX 4

static void broken(Plan *plan, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void broken(Plan *plan, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_ptr_array_add(plan->broken, g_strdup_vprintf(format, args));
	va_end(args);
	plan->demonstration = TRUE;
}

static void add_descending(GArray *order, const Cpuset *set)
{
	guint start = order->len;

	CPUSET_FOREACH(cpu, set) {
		guint number = (guint)cpu;

		g_array_append_val(order, number);
	}
	for (guint i = start, j = order->len; i + 1 < j; i++, j--) {
		guint swap = g_array_index(order, guint, i);

		g_array_index(order, guint, i) = g_array_index(order, guint, j - 1);
		g_array_index(order, guint, j - 1) = swap;
	}
}

/* The CPUs for vCPUs, best first. */
static GArray *order_cpus(const Facts *facts, const Cpuset *cpus)
{
	GArray *order = g_array_new(FALSE, FALSE, sizeof(guint));
	Cpuset rest = facts->online;
	Cpuset isolated = {0};

	if (cpus) {
		add_descending(order, cpus);
		return order;
	}
	/* The boot CPU keeps interrupts and timers that cannot be moved. */
	cpuset_remove(&rest, (guint)cpuset_next(&rest, 0));
	if (facts->isolated_known)
		CPUSET_FOREACH(cpu, &facts->isolated)
			if (cpuset_contains(&rest, (guint)cpu))
				cpuset_add(&isolated, (guint)cpu);
	cpuset_subtract(&rest, &isolated);
	add_descending(order, &isolated);
	add_descending(order, &rest);
	return order;
}

/* RT vCPUs first; what is left over is vCPU 0's. Ascending CPUs for ascending vCPUs. */
static void place_rt(Plan *plan, const Facts *facts, const GArray *order)
{
	gboolean some_isolated = facts->isolated_known && cpuset_count(&facts->isolated) > 0;
	guint n_rt = plan->n_vcpus - 1;
	guint usable = MIN(n_rt, order->len);

	for (guint i = 0; i < n_rt; i++) {
		PlanVcpu *vcpu = &plan->vcpus[1 + i];
		guint slot = i % usable;

		vcpu->cpu = g_array_index(order, guint, usable - 1 - slot);
		vcpu->rt = TRUE;
		/* CPUs are handed out round-robin: each serves n_rt / usable vCPUs, and the
		 * first n_rt % usable one more. */
		vcpu->shares = n_rt / usable + (slot < n_rt % usable) > 1;
		vcpu->fifo_priority = vcpu->shares ? 0 : PLAN_VCPU_PRIORITY;
		cpuset_add(&plan->guest_rt, 1 + i);
		/* A machine that isolates nothing is judged by its findings and its figures;
		 * one that does, and is then measured elsewhere, is a mistake. */
		if (some_isolated && !cpuset_contains(&facts->isolated, vcpu->cpu))
			broken(plan, "vCPU %u is an RT vCPU on CPU %u, which is not one of the "
			       "isolated CPUs", 1 + i, vcpu->cpu);
		if (vcpu->shares)
			broken(plan, "vCPU %u does not own CPU %u: it shares it with another vCPU, "
			       "and is not SCHED_FIFO", 1 + i, vcpu->cpu);
	}
}

static void place_housekeeping(Plan *plan, const Facts *facts, const GArray *order)
{
	guint n_rt = plan->n_vcpus - 1;
	Cpuset free_cpus = facts->online;

	for (guint i = 1; i < plan->n_vcpus; i++)
		cpuset_remove(&free_cpus, plan->vcpus[i].cpu);
	if (order->len > n_rt) {
		plan->vcpus[0].cpu = g_array_index(order, guint, n_rt);
		cpuset_remove(&free_cpus, plan->vcpus[0].cpu);
	}
	plan->housekeeping = free_cpus;
	/* Isolated CPUs that no vCPU needs stay empty: loads there would be loads on
	 * isolated CPUs. */
	if (facts->isolated_known)
		cpuset_subtract(&plan->housekeeping, &facts->isolated);
	if (cpuset_count(&plan->housekeeping) == 0 && cpuset_count(&free_cpus) > 0) {
		plan->housekeeping = free_cpus;
		broken(plan, "every CPU that no vCPU needs is isolated: loads and the emulator "
		       "run on isolated CPUs");
	}
	if (order->len <= n_rt && cpuset_count(&plan->housekeeping) > 0) {
		plan->vcpus[0].cpu = (guint)cpuset_next(&plan->housekeeping, 0);
		plan->vcpus[0].shares = TRUE;
		broken(plan, "vCPU 0 does not own CPU %u: it shares it with the emulator and the "
		       "loads", plan->vcpus[0].cpu);
	}
	plan->emulator = plan->housekeeping;
	plan->iothread = plan->housekeeping;
}

static void refuse_offline(const Facts *facts, const Cpuset *cpus, GError **error)
{
	g_autofree char *online = cpulist_format(&facts->online);
	g_autofree char *offline = NULL;
	Cpuset rest = *cpus;

	cpuset_subtract(&rest, &facts->online);
	offline = cpulist_format(&rest);
	lathe_error(error, LATHE_ERROR_USAGE, "CPU %s, meant for vCPUs, is not online", offline);
	lathe_error_hint(error, "choose among the online ones: --cpus takes some of %s", online);
}

Plan *plan_new(const Facts *facts, guint n_vcpus, const Cpuset *cpus, GError **error)
{
	g_autoptr(Plan) plan = g_new0(Plan, 1);
	g_autoptr(GArray) order = NULL;

	plan->broken = g_ptr_array_new_with_free_func(g_free);
	if (!facts->online_known) {
		lathe_error(error, LATHE_ERROR_ENVIRONMENT, "the online CPUs are not known");
		return NULL;
	}
	if (n_vcpus < PLAN_VCPUS_MIN || n_vcpus > PLAN_VCPUS_MAX) {
		lathe_error(error, LATHE_ERROR_USAGE, "%u vCPUs: a plan takes %d to %d", n_vcpus,
			    PLAN_VCPUS_MIN, PLAN_VCPUS_MAX);
		return NULL;
	}
	if (cpus && !cpuset_is_subset(cpus, &facts->online)) {
		refuse_offline(facts, cpus, error);
		return NULL;
	}
	order = order_cpus(facts, cpus);
	if (order->len == 0) {
		lathe_error(error, LATHE_ERROR_ENVIRONMENT,
			    "no CPU is left for RT vCPUs: two CPUs are needed at least");
		return NULL;
	}
	plan->n_vcpus = n_vcpus;
	plan->vcpus = g_new0(PlanVcpu, n_vcpus);
	place_rt(plan, facts, order);
	place_housekeeping(plan, facts, order);
	for (guint i = 0; i < n_vcpus; i++)
		cpuset_add(&plan->vcpus[i].cpus, plan->vcpus[i].cpu);
	if (!plan_check(plan, error))
		return NULL;
	return g_steal_pointer(&plan);
}

void plan_free(Plan *plan)
{
	if (!plan)
		return;
	if (plan->broken)
		g_ptr_array_unref(plan->broken);
	g_free(plan->vcpus);
	g_free(plan);
}

static gboolean refuse(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

static gboolean refuse(GError **error, const char *format, ...)
{
	g_autofree char *why = NULL;
	va_list args;

	va_start(args, format);
	why = g_strdup_vprintf(format, args);
	va_end(args);
	return lathe_error(error, LATHE_ERROR_ENVIRONMENT, "this plan cannot work: %s", why);
}

/* All that a vCPU may run on. */
static Cpuset vcpu_cpus(const PlanVcpu *vcpu)
{
	Cpuset cpus = vcpu->cpus;

	cpuset_add(&cpus, vcpu->cpu);
	return cpus;
}

/* A FIFO thread never yields to a SCHED_OTHER one: whoever shares its CPU starves, and the
 * guest with it. */
static gboolean check_fifo(const Plan *plan, guint i, Cpuset *fifo, Cpuset *other,
			   GError **error)
{
	const PlanVcpu *vcpu = &plan->vcpus[i];
	Cpuset cpus = vcpu_cpus(vcpu);

	if (cpuset_intersects(fifo, &cpus) ||
	    (vcpu->fifo_priority && cpuset_intersects(other, &cpus)))
		return refuse(error, "vCPU %u shares CPU %u with another vCPU, and one of them is "
			      "SCHED_FIFO: it would starve the other", i, vcpu->cpu);
	cpuset_union(vcpu->fifo_priority ? fifo : other, &cpus);
	if (!vcpu->fifo_priority)
		return TRUE;
	if (!vcpu->rt)
		return refuse(error, "vCPU %u is not an RT vCPU but SCHED_FIFO", i);
	if (vcpu->fifo_priority > 98)
		return refuse(error, "vCPU %u has priority %u, above the kernel's own threads "
			      "(highest allowed: 98)", i, vcpu->fifo_priority);
	if (cpuset_intersects(&plan->emulator, &cpus) ||
	    cpuset_intersects(&plan->iothread, &cpus) ||
	    cpuset_intersects(&plan->housekeeping, &cpus))
		return refuse(error, "vCPU %u is SCHED_FIFO on CPU %u, which also serves the "
			      "emulator or housekeeping: it would starve them", i, vcpu->cpu);
	return TRUE;
}

/* Then none keeps house apart. */
static gboolean all_are_rt(const Plan *plan)
{
	for (guint i = 0; i < plan->n_vcpus; i++)
		if (!plan->vcpus[i].rt || !cpuset_contains(&plan->guest_rt, i))
			return FALSE;
	return TRUE;
}

gboolean plan_check(const Plan *plan, GError **error)
{
	Cpuset fifo = {0}, other = {0};

	if (cpuset_count(&plan->housekeeping) == 0 || cpuset_count(&plan->emulator) == 0 ||
	    cpuset_count(&plan->iothread) == 0)
		return refuse(error, "no CPU is left for housekeeping and the emulator");
	if (cpuset_count(&plan->guest_rt) == 0)
		return refuse(error, "no vCPU is measured");
	if (cpuset_contains(&plan->guest_rt, plan->guest_housekeeping) && !all_are_rt(plan))
		return refuse(error, "vCPU %u keeps house in the guest and is measured as well",
			      plan->guest_housekeeping);
	CPUSET_FOREACH(vcpu, &plan->guest_rt)
		if ((guint)vcpu >= plan->n_vcpus || !plan->vcpus[vcpu].rt)
			return refuse(error, "vCPU %d is measured but is no RT vCPU of it", vcpu);
	for (guint i = 0; i < plan->n_vcpus; i++)
		if (!check_fifo(plan, i, &fifo, &other, error))
			return FALSE;
	return TRUE;
}

Cpuset plan_rt_cpus(const Plan *plan)
{
	Cpuset cpus = {0};

	for (guint i = 0; i < plan->n_vcpus; i++)
		if (plan->vcpus[i].rt) {
			Cpuset own = vcpu_cpus(&plan->vcpus[i]);

			cpuset_union(&cpus, &own);
		}
	return cpus;
}

Cpuset plan_reserved_cpus(const Plan *plan)
{
	Cpuset cpus = {0};

	for (guint i = 0; i < plan->n_vcpus; i++) {
		Cpuset own = vcpu_cpus(&plan->vcpus[i]);

		cpuset_union(&cpus, &own);
	}
	cpuset_subtract(&cpus, &plan->housekeeping);
	return cpus;
}

guint plan_auto_vcpus(const Facts *facts)
{
	guint online = facts->online_known ? cpuset_count(&facts->online) : 0;

	return CLAMP(online, PLAN_VCPUS_MIN + 1, AUTO_VCPUS_MAX + 1) - 1;
}

char *plan_guest_cmdline(const Plan *plan)
{
	g_autofree char *rt = cpulist_format(&plan->guest_rt);

	/* managed_irq and domain: without `domain` the flags form isolates nothing from the
	 * scheduler (Documentation/admin-guide/kernel-parameters.txt). skew_tick keeps the
	 * vCPUs' ticks from contending for the same locks at the same instant.
	 *
	 * The rest is what the sources of the knob table agree on for a guest; where they do
	 * not (idle=, tsc=) it is left to the profile. The priority of RCU's threads is
	 * OpenShift's. The sysctls keep statistics, the search for hung tasks and compaction
	 * from waking a real-time vCPU up. */
	return g_strdup_printf("isolcpus=managed_irq,domain,%s nohz_full=%s rcu_nocbs=%s "
			       "rcu_nocb_poll rcutree.kthread_prio=11 irqaffinity=%u "
			       "skew_tick=1 nosoftlockup nmi_watchdog=0 mce=off no_timer_check "
			       "sysctl.vm.stat_interval=10 "
			       "sysctl.kernel.hung_task_timeout_secs=600 "
			       "sysctl.vm.compaction_proactiveness=0",
			       rt, rt, rt, plan->guest_housekeeping);
}
