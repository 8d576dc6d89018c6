/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <glib.h>
#include <string.h>

#include "plan.h"

static const struct {
	const char *online, *isolated;
	guint n_vcpus;
	const char *cpus; /* asked for, or NULL */
	/* Expected: "cpu[f][s]" per vCPU (f: FIFO, s: shares), or NULL with the error's text. */
	const char *vcpus;
	const char *housekeeping;
	gboolean demonstration;
	const char *error;
} plans[] = {
	{"0-1", "", 2, NULL, "0s 1f", "0", TRUE, NULL},
	{"0-2", "", 2, NULL, "1 2f", "0", FALSE, NULL},
	{"0-7", "", 4, NULL, "4 5f 6f 7f", "0-3", FALSE, NULL},
	{"0-7", "2-5", 4, NULL, "2 3f 4f 5f", "0-1,6-7", FALSE, NULL},
	/* Isolated CPUs that no vCPU needs carry no load. */
	{"0-7", "2-7", 2, NULL, "6 7f", "0-1", FALSE, NULL},
	/* RT vCPUs take the isolated ones first. */
	{"0-7", "2-3", 3, NULL, "7 2f 3f", "0-1,4-6", FALSE, NULL},
	/* Loads on isolated CPUs, RT vCPUs beside the isolated ones: never a qualification. */
	{"0-7", "1-7", 4, "0-3", "0 1f 2f 3f", "4-7", TRUE, NULL},
	{"0-3", "0-1", 2, "2-3", "2 3f", "0-1", TRUE, NULL},
	{"0-7", "2-3", 4, NULL, "6 7f 2f 3f", "0-1,4-5", TRUE, NULL},
	{"0-7", "", 3, "1,4,6", "1 4f 6f", "0,2-3,5,7", FALSE, NULL},
	{"0-7", "", 3, "5-6", "0s 5f 6f", "0-4,7", TRUE, NULL},
	{"0-1", "", 3, NULL, "0s 1s 1s", "0", TRUE, NULL},
	{"0-2", "", 4, NULL, "0s 1s 2f 1s", "0", TRUE, NULL},
	/* The first CPU that is online keeps house, also when CPU 0 is off. */
	{"1-3", "", 3, NULL, "1s 2f 3f", "1", TRUE, NULL},
	{"0", "", 2, NULL, NULL, NULL, FALSE, "two CPUs are needed"},
	{"0-3", "", 1, NULL, NULL, NULL, FALSE, "a plan takes 2 to 255"},
	{"0-3", "", 256, NULL, NULL, NULL, FALSE, "a plan takes 2 to 255"},
	{"0-3", "", 2, "3-4", NULL, NULL, FALSE, "not online"},
	{"0-1", "", 2, "0-1", NULL, NULL, FALSE, "no CPU is left for housekeeping"},
};

static char *describe(const Plan *plan)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < plan->n_vcpus; i++)
		g_string_append_printf(text, "%s%u%s%s", i ? " " : "", plan->vcpus[i].cpu,
				       plan->vcpus[i].fifo_priority ? "f" : "",
				       plan->vcpus[i].shares ? "s" : "");
	return g_string_free(text, FALSE);
}

static void facts_of(const char *online, const char *isolated, Facts *ret)
{
	*ret = (Facts){.online_known = TRUE, .isolated_known = TRUE};
	assert_true(cpulist_parse(online, 64, &ret->online, NULL));
	assert_true(cpulist_parse_kernel(isolated, 64, &ret->isolated, NULL));
}

static void test_plans(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(plans); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(Plan) plan = NULL;
		g_autofree char *text = NULL;
		g_autofree char *housekeeping = NULL;
		Cpuset cpus, rt;
		Facts facts;

		facts_of(plans[i].online, plans[i].isolated, &facts);
		if (plans[i].cpus)
			assert_true(cpulist_parse(plans[i].cpus, 64, &cpus, NULL));
		plan = plan_new(&facts, plans[i].n_vcpus, plans[i].cpus ? &cpus : NULL, &error);
		if (plans[i].error) {
			assert_null(plan);
			assert_non_null(strstr(error->message, plans[i].error));
			continue;
		}
		assert_non_null(plan);
		text = describe(plan);
		assert_string_equal(text, plans[i].vcpus);
		housekeeping = cpulist_format(&plan->housekeeping);
		assert_string_equal(housekeeping, plans[i].housekeeping);
		assert_int_equal(plan->demonstration, plans[i].demonstration);
		assert_int_equal(plan->broken->len > 0, plans[i].demonstration);
		rt = plan_rt_cpus(plan);
		assert_false(cpuset_intersects(&rt, &plan->housekeeping));
	}
}

static void test_broken_rules_are_named(void **state)
{
	g_autoptr(Plan) plan = NULL;
	Facts facts;

	(void)state;
	facts_of("0-1", "", &facts);
	plan = plan_new(&facts, 2, NULL, NULL);
	assert_int_equal(plan->broken->len, 1);
	assert_string_equal(plan->broken->pdata[0], "vCPU 0 does not own CPU 0: it shares it with "
						    "the emulator and the loads");
}

/* One edit of a good 3-vCPU plan on 4 CPUs each: it must be refused with that text. */
static void starve(Plan *plan)
{
	plan->vcpus[2].cpu = plan->vcpus[1].cpu;
}
static void starve_other(Plan *plan)
{
	plan->vcpus[0].cpu = plan->vcpus[1].cpu;
}
static void emulator_on_fifo(Plan *plan)
{
	cpuset_add(&plan->emulator, plan->vcpus[2].cpu);
}
static void loads_on_fifo(Plan *plan)
{
	cpuset_add(&plan->housekeeping, plan->vcpus[2].cpu);
}
static void no_housekeeping(Plan *plan)
{
	plan->housekeeping = (Cpuset){0};
}
static void measure_vcpu_0(Plan *plan)
{
	cpuset_add(&plan->guest_rt, 0);
}
static void measure_nothing(Plan *plan)
{
	plan->guest_rt = (Cpuset){0};
}
static void measure_beyond(Plan *plan)
{
	cpuset_add(&plan->guest_rt, 7);
}
static void fifo_housekeeper(Plan *plan)
{
	plan->vcpus[0].fifo_priority = 80;
}
static void too_high(Plan *plan)
{
	plan->vcpus[1].fifo_priority = 99;
}

static const struct {
	void (*edit)(Plan *plan);
	const char *error;
} refused[] = {
	{starve, "one of them is SCHED_FIFO: it would starve the other"},
	{starve_other, "one of them is SCHED_FIFO: it would starve the other"},
	{emulator_on_fifo, "also serves the emulator or housekeeping"},
	{loads_on_fifo, "also serves the emulator or housekeeping"},
	{no_housekeeping, "no CPU is left for housekeeping"},
	{measure_vcpu_0, "keeps house in the guest and is measured"},
	{measure_nothing, "no vCPU is measured"},
	{measure_beyond, "is no RT vCPU"},
	{fifo_housekeeper, "is not an RT vCPU but SCHED_FIFO"},
	{too_high, "above the kernel's own threads"},
};

static void test_what_cannot_work_is_refused(void **state)
{
	Facts facts;

	(void)state;
	facts_of("0-3", "", &facts);
	for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
		g_autoptr(Plan) plan = plan_new(&facts, 3, NULL, NULL);
		g_autoptr(GError) error = NULL;

		assert_true(plan_check(plan, NULL));
		refused[i].edit(plan);
		assert_false(plan_check(plan, &error));
		assert_non_null(strstr(error->message, "this plan cannot work: "));
		assert_non_null(strstr(error->message, refused[i].error));
	}
}

static void test_guest_cmdline(void **state)
{
	g_autoptr(Plan) plan = NULL;
	g_autofree char *cmdline = NULL;
	g_autofree char *mask = NULL;
	Facts facts;

	(void)state;
	facts_of("0-7", "", &facts);
	plan = plan_new(&facts, 4, NULL, NULL);
	cmdline = plan_guest_cmdline(plan);
	mask = cpumask_format(&plan->guest_rt);
	assert_string_equal(mask, "0xe");
	assert_string_equal(cmdline, "isolcpus=managed_irq,domain,1-3 nohz_full=1-3 rcu_nocbs=1-3 "
				     "rcu_nocb_poll rcutree.kthread_prio=11 irqaffinity=0 "
				     "skew_tick=1 nosoftlockup nmi_watchdog=0 mce=off "
				     "no_timer_check sysctl.vm.stat_interval=10 "
				     "sysctl.kernel.hung_task_timeout_secs=600 "
				     "sysctl.vm.compaction_proactiveness=0");
}

static void test_auto_vcpus(void **state)
{
	Facts facts;

	(void)state;
	facts_of("0-1", "", &facts);
	assert_int_equal(plan_auto_vcpus(&facts), 2);
	facts_of("0-3", "", &facts);
	assert_int_equal(plan_auto_vcpus(&facts), 3);
	facts_of("0-63", "", &facts);
	assert_int_equal(plan_auto_vcpus(&facts), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plans),
		cmocka_unit_test(test_broken_rules_are_named),
		cmocka_unit_test(test_what_cannot_work_is_refused),
		cmocka_unit_test(test_guest_cmdline),
		cmocka_unit_test(test_auto_vcpus),
	};

	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
