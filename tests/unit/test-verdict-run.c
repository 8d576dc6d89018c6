/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "bundle_doubts.h"

static RunPlace *place(const Fixture *f, guint i)
{
	return fixture_measured(f)->places->pdata[i];
}

static RunPlanVcpu *planned(const Fixture *f, guint i)
{
	return &g_array_index(fixture_vm(f)->plan.vcpus, RunPlanVcpu, i);
}

/* ---- the run as a whole ---- */

static void interrupted(Fixture *f)
{
	fixture_set(&f->run->interrupted, "guest panicked: \033[31msysrq");
}
static void deviation(Fixture *f)
{
	run_deviate(f->run, fixture_vm(f), "QEMU was not given -cpu host");
}
static void other_profile(Fixture *f)
{
	fixture_set(&f->run->profile.name, "smoke");
}
static void profile_changed(Fixture *f)
{
	fixture_replace(f, "profile.ini", "60us", "90us");
}
static void said_to_be_kvm(Fixture *f)
{
	fixture_replace(f, "vm/qemu.argv", "kvm", "tcg");
}
static void two_accelerators(Fixture *f)
{
	fixture_write(f, "vm/qemu.argv", "qemu\n-accel\nkvm\n-accel\ntcg\n");
}
static void qemu_argv_lost(Fixture *f)
{
	fixture_remove(f, "vm/qemu.argv");
}
static void other_host(Fixture *f)
{
	fixture_set(&f->run->host.hostname, "machine-8");
}
static void host_said_to_be_rt(Fixture *f)
{
	fixture_set(&f->run->host.realtime, "yes");
}
static void fewer_cpus(Fixture *f)
{
	fixture_vm(f)->guest.cpus_online = 2;
}
static void said_to_share(Fixture *f)
{
	planned(f, 2)->shares = TRUE;
}
static void overruns_hidden(Fixture *f)
{
	fixture_thread(f, 0)->overruns = 7;
}
static void other_version(Fixture *f)
{
	fixture_set(&fixture_measured(f)->tool_version, "2.80");
}
static void tool_says_it_failed(Fixture *f)
{
	fixture_replace(f, RAW_JSON, "\"return_code\": 0", "\"return_code\": 1");
}
static void output_lost(Fixture *f)
{
	fixture_remove(f, RAW_OUTPUT);
}
static void output_empty(Fixture *f)
{
	fixture_write(f, RAW_OUTPUT, "");
}
static void output_warns(Fixture *f)
{
	fixture_write(f, RAW_OUTPUT, "# /dev/cpu_dma_latency set to 0us\n"
				     "WARN: High resolution timers not available\n");
}
static void unknown_role(Fixture *f)
{
	fixture_set(&place(f, 0)->role, "stranger");
}
static void profile_unnamed(Fixture *f)
{
	fixture_set(&f->run->profile.sha256, NULL);
}
static void no_limit(Fixture *f)
{
	ProfileStage *stage = f->profile->stages->pdata[0];

	g_array_set_size(stage->limits, 0);
}
static void no_stages(Fixture *f)
{
	g_ptr_array_set_size(f->profile->stages, 0);
}

/* ---- plan ---- */

static void demonstration(Fixture *f)
{
	fixture_vm(f)->plan.demonstration = TRUE;
	run_note(fixture_vm(f)->plan.broken, "vCPU 0 shares CPU 0");
}
static void demonstration_hidden(Fixture *f)
{
	fixture_pin(planned(f, 0), 0);
	place(f, 1)->last_cpu = 0;
	fixture_set(&place(f, 1)->cpus_allowed, "0");
	fixture_set(&place(f, 1)->wanted_cpus, "0");
}
static void broken_rules_hidden(Fixture *f)
{
	run_note(fixture_vm(f)->plan.broken, "vCPU 0 shares CPU 0");
}
static void plan_unreadable(Fixture *f)
{
	fixture_set(&fixture_vm(f)->plan.guest_rt, "1-");
}
static void plan_without_vcpus(Fixture *f)
{
	GArray *vcpus = fixture_vm(f)->plan.vcpus;

	for (guint i = 0; i < vcpus->len; i++)
		g_free(g_array_index(vcpus, RunPlanVcpu, i).cpus);
	g_array_set_size(vcpus, 0);
}
static void mask_differs(Fixture *f)
{
	fixture_set(&fixture_vm(f)->plan.guest_rt_mask, "0x2");
}
static void rt_flag_differs(Fixture *f)
{
	planned(f, 2)->rt = FALSE;
}
static void rt_vcpu_not_fifo(Fixture *f)
{
	planned(f, 1)->fifo_priority = 0;
	place(f, 2)->wanted_priority = place(f, 2)->priority = 0;
	fixture_set(&place(f, 2)->policy, "SCHED_OTHER");
	fixture_set(&place(f, 2)->wanted_policy, "SCHED_OTHER");
}
static void fewer_vcpus(Fixture *f)
{
	f->profile->vcpus = 4;
}

/* ---- guest ---- */

static void emulated(Fixture *f)
{
	fixture_set(&fixture_vm(f)->accel, "tcg");
}
static void accel_unknown(Fixture *f)
{
	fixture_set(&fixture_vm(f)->accel, NULL);
}
static void clocksource_slow(Fixture *f)
{
	fixture_set(&fixture_vm(f)->guest.clocksource, "hpet");
	fixture_write(f, "guest/before/" CLOCKSOURCE_FILE, "hpet\n");
}
static void stage_clocksource_slow(Fixture *f)
{
	fixture_set(&fixture_measured(f)->guest.clocksource_before, "hpet");
	fixture_set(&fixture_measured(f)->guest.clocksource_after, "hpet");
	fixture_write(f, "guest/loaded/before/" CLOCKSOURCE_FILE, "hpet\n");
	fixture_write(f, "guest/loaded/after/" CLOCKSOURCE_FILE, "hpet\n");
}
static void not_realtime(Fixture *f)
{
	fixture_write(f, "guest/before/sys/kernel/realtime", "0\n");
}
static void realtime_unknown(Fixture *f)
{
	fixture_set(&fixture_vm(f)->guest.realtime, "unknown");
}
static void not_isolated(Fixture *f)
{
	fixture_set(&fixture_vm(f)->guest.isolated, "1");
	fixture_write(f, "guest/before/sys/devices/system/cpu/isolated", "1\n");
}
static void isolation_unknown(Fixture *f)
{
	fixture_remove(f, "guest/before/sys/devices/system/cpu/isolated");
}
static void isolation_claimed(Fixture *f)
{
	fixture_write(f, "guest/before/sys/devices/system/cpu/isolated", "\n");
}
static void vcpu_offline(Fixture *f)
{
	fixture_write(f, "guest/before/sys/devices/system/cpu/online", "0-1\n");
}
static void other_kernel(Fixture *f)
{
	fixture_set(&fixture_vm(f)->guest.kernel_version, "#1 SMP PREEMPT_RT Other");
}
static void other_cmdline(Fixture *f)
{
	fixture_write(f, "guest/before/proc/cmdline", "quiet\n");
}
static void no_guest_tree(Fixture *f)
{
	g_autofree char *from = g_build_filename(f->directory, "guest/before", NULL);
	g_autofree char *to = g_build_filename(f->directory, "guest/elsewhere", NULL);

	assert_int_equal(g_rename(from, to), 0);
}

/* ---- stage and tool ---- */

static void stage_missing(Fixture *f)
{
	fixture_set(&fixture_stage(f)->name, "other");
}
static void stage_twice(Fixture *f)
{
	run_add_stage(f->run, "loaded");
}
static void stage_extra(Fixture *f)
{
	run_add_stage(f->run, "warmup");
}
static void other_place(Fixture *f)
{
	fixture_set(&fixture_stage(f)->where, "host");
}
static void duration_differs(Fixture *f)
{
	fixture_stage(f)->duration_s = 5;
}
static void interval_differs(Fixture *f)
{
	fixture_stage(f)->interval_us = 20000;
}
static void planned_differs(Fixture *f)
{
	fixture_stage(f)->planned_samples = 900;
}
static void loads_differ(Fixture *f)
{
	g_ptr_array_set_size(fixture_stage(f)->loads, 1);
}
static void tool_killed(Fixture *f)
{
	fixture_measured(f)->tool_finished = FALSE;
}
static void tool_failed(Fixture *f)
{
	fixture_measured(f)->tool_exit = -9;
}
static void other_tool(Fixture *f)
{
	fixture_set(&fixture_measured(f)->tool, "oslat");
}
static void no_argv(Fixture *f)
{
	g_clear_pointer(&fixture_measured(f)->tool_argv, g_strfreev);
}
static void other_priority_asked(Fixture *f)
{
	fixture_set(&fixture_measured(f)->tool_argv[3], "-p1");
	fixture_measure(f);
}
static void other_options_used(Fixture *f)
{
	fixture_replace(f, RAW_JSON, "-p80", "-p81");
}
static void argument_added(Fixture *f)
{
	char **argv = fixture_measured(f)->tool_argv;
	guint n = g_strv_length(argv);

	argv = g_renew(char *, argv, n + 2);
	argv[n] = g_strdup("-N");
	argv[n + 1] = NULL;
	fixture_measured(f)->tool_argv = argv;
}

static const Doubt doubts[] = {
	DOUBT(interrupted, "did not reach its end: guest panicked: \\x1b[31msysrq"),
	DOUBT(deviation, "not as planned: QEMU was not given -cpu host"),
	DOUBT(other_profile, "made under profile 'smoke', not 'strict'"),
	DOUBT(profile_changed, "profile.ini was changed after the run"),
	DOUBT(profile_unnamed, "does not say which profile file was in force"),
	DOUBT(no_limit, "stage loaded: the profile sets no limit"),
	DOUBT(no_stages, "no value was compared with any limit"),
	DOUBT(demonstration, "a demonstration plan, which profile strict does not allow"),
	DOUBT(demonstration_hidden, "vCPU 0 shares CPU 0, and the plan does not say"),
	DOUBT(broken_rules_hidden, "the plan contradicts itself: a qualification plan, 1 rules broken"),
	DOUBT(plan_unreadable, "guest RT vCPUs are '1-', not a list of CPUs"),
	DOUBT(plan_without_vcpus, "the plan has 0 vCPUs"),
	DOUBT(mask_differs, "RT vCPUs 1-2, mask 0x2"),
	DOUBT(rt_flag_differs, "vCPU 2 is not RT, its mask says otherwise"),
	DOUBT(rt_vcpu_not_fifo, "vCPU 1 owns CPU 6 but was not planned as SCHED_FIFO"),
	DOUBT(fewer_vcpus, "the plan has 3 vCPUs, the profile wants 4"),
	DOUBT(emulated, "emulated (TCG), which profile strict does not allow"),
	DOUBT(accel_unknown, "what ran the guest is not known"),
	DOUBT(clocksource_slow, "the guest's clocksource is hpet, wanted tsc or kvm-clock"),
	DOUBT(stage_clocksource_slow, "the guest measured with clocksource hpet"),
	DOUBT(not_realtime, "not known to be PREEMPT_RT (run.json: yes, captured: no)"),
	DOUBT(realtime_unknown, "not known to be PREEMPT_RT (run.json: unknown, captured: yes)"),
	DOUBT(not_isolated, "the guest isolates CPUs 1, wanted the RT vCPUs 1-2"),
	DOUBT(isolation_unknown, "which CPUs the guest isolates is not known"),
	DOUBT(isolation_claimed, "the guest isolates CPUs 1-2 in run.json and nothing in guest/before"),
	DOUBT(vcpu_offline, "not every RT vCPU (1-2) is online in the guest"),
	DOUBT(other_kernel, "the guest's kernel version is '#1 SMP PREEMPT_RT Other' in run.json"),
	DOUBT(other_cmdline, "the guest's kernel command line is 'isolcpus"),
	DOUBT(no_guest_tree, "the captured tree guest/before is missing"),
	DOUBT(stage_missing, "stage loaded was not measured"),
	DOUBT(stage_twice, "stage loaded is there 2 times"),
	DOUBT(stage_extra, "stage warmup is not one of the profile's"),
	DOUBT(other_place, "measured in the host, wanted the guest"),
	DOUBT(duration_differs, "duration 5 s, wanted 10 s"),
	DOUBT(interval_differs, "interval 20000 us, wanted 10000 us"),
	DOUBT(planned_differs, "900 samples planned, but duration and interval make 1000"),
	DOUBT(loads_differ, "it ran under other loads than the profile's"),
	DOUBT(tool_killed, "the tool did not end by itself"),
	DOUBT(tool_failed, "the tool ended with signal 9"),
	DOUBT(said_to_be_kvm, "ran on 'kvm' in run.json and on 'tcg' in vm/qemu.argv"),
	DOUBT(two_accelerators, "ran on 'kvm' in run.json and on 'nothing' in vm/qemu.argv"),
	DOUBT(qemu_argv_lost, "what QEMU was given cannot be read"),
	DOUBT(other_host, "the host's host name is 'machine-8' in run.json and 'machine-7'"),
	DOUBT(host_said_to_be_rt, "the host's PREEMPT_RT is 'yes' in run.json and 'no'"),
	DOUBT(fewer_cpus, "the guest has 2 CPUs online in run.json and 3 in guest/before"),
	DOUBT(said_to_share, "vCPU 2 is said to share CPU 7"),
	DOUBT(overruns_hidden, "overruns is 7 in run.json and 0 in the tool's output"),
	DOUBT(other_version, "version '2.80' in run.json and '2.40'"),
	DOUBT(tool_says_it_failed, "the tool says that it failed with 1"),
	DOUBT(output_lost, "the tool's output cannot be read"),
	DOUBT(output_empty, "cyclictest.out is cut short"),
	DOUBT(output_warns, "the tool said: WARN: High resolution timers not available"),
	DOUBT(unknown_role, "thread 'stranger'"),
	DOUBT(other_tool, "measured with oslat, wanted cyclictest"),
	DOUBT(no_argv, "how the tool was started is not known"),
	DOUBT(other_priority_asked, "argument 3 of the tool was '-p1', wanted '-p80'"),
	DOUBT(other_options_used, "the tool says it was started with '-m -q -p81"),
	DOUBT(argument_added, "the tool was started with 15 arguments, wanted 14"),
};

static void test_doubts(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(doubts); i++)
		doubt_check(&doubts[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_doubts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
