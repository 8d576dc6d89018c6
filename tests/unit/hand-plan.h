/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plans made by hand, of machines bigger than the one that runs the tests. */
#ifndef LATHE_TEST_HAND_PLAN_H
#define LATHE_TEST_HAND_PLAN_H

#include <glib.h>

#include "plan.h"

/* vCPU i runs on the ith of `cpus`; all but vCPU 0 are RT. shared: vCPU 0 shares the CPU of
 * the emulator, else every one owns its CPU. */
static inline Plan *hand_plan(guint n_vcpus, const char *cpus, const char *emulator,
			      const char *iothread, gboolean shared)
{
	Plan *plan = g_new0(Plan, 1);
	Cpuset set;
	guint i = 0;

	g_assert_true(cpulist_parse(cpus, CPUSET_CPUS, &set, NULL));
	g_assert_true(cpulist_parse(emulator, CPUSET_CPUS, &plan->emulator, NULL));
	g_assert_true(cpulist_parse(iothread, CPUSET_CPUS, &plan->iothread, NULL));
	plan->housekeeping = plan->emulator;
	plan->demonstration = shared;
	plan->broken = g_ptr_array_new_with_free_func(g_free);
	plan->n_vcpus = n_vcpus;
	plan->vcpus = g_new0(PlanVcpu, n_vcpus);
	CPUSET_FOREACH(cpu, &set) {
		g_assert_cmpuint(i, <, n_vcpus);
		plan->vcpus[i].cpu = (guint)cpu;
		cpuset_add(&plan->vcpus[i].cpus, (guint)cpu);
		plan->vcpus[i].rt = i > 0;
		plan->vcpus[i].shares = shared && i == 0;
		plan->vcpus[i].fifo_priority = i > 0 ? PLAN_VCPU_PRIORITY : 0;
		if (i > 0)
			cpuset_add(&plan->guest_rt, i);
		i++;
	}
	g_assert_cmpuint(i, ==, n_vcpus);
	return plan;
}

#endif
