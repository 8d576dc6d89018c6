/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel command line asks for on the CPUs meant for vCPUs: isolation, tick,
 * RCU, watchdogs. Whether the kernel did as it was asked is told by boot_check.c and
 * cpu.c.
 */
#include "boot_cpus.h"
#include "choice.h"
#include "judge.h"
#include "place.h"
#include "rows.h"
#include "want.h"

static KnobMatch want_isolcpus_planned(const Knob *knob G_GNUC_UNUSED, KnobView *view,
				       const KnobReading *reading, char **ret_wanted,
				       char **ret_note)
{
	IsolcpusValue value;

	if (!boot_isolcpus_parse(view, reading->value, &value))
		return MATCH_ODD;
	return boot_cpus_cover_planned(view, &value.cpus, ret_wanted, ret_note);
}

static KnobMatch want_isolcpus_domain(const Knob *knob G_GNUC_UNUSED, KnobView *view,
				      const KnobReading *reading, char **ret_wanted,
				      char **ret_note)
{
	IsolcpusValue value;

	if (!boot_isolcpus_parse(view, reading->value, &value))
		return MATCH_ODD;
	*ret_wanted = g_strdup("the flag domain, or no flag at all");
	if (*value.unknown_flag) {
		*ret_note = g_strdup("it holds a flag that mainline does not know");
		return MATCH_BROKEN;
	}
	return value.domain ? MATCH_HOLDS : MATCH_BROKEN;
}

static KnobMatch want_isolcpus_managed_irq(const Knob *knob G_GNUC_UNUSED, KnobView *view,
					   const KnobReading *reading, char **ret_wanted,
					   char **ret_note G_GNUC_UNUSED)
{
	IsolcpusValue value;

	if (!boot_isolcpus_parse(view, reading->value, &value))
		return MATCH_ODD;
	*ret_wanted = g_strdup("the flag managed_irq");
	return value.managed_irq ? MATCH_HOLDS : MATCH_BROKEN;
}

static KnobMatch want_cpus_planned(const Knob *knob G_GNUC_UNUSED, KnobView *view,
				   const KnobReading *reading, char **ret_wanted,
				   char **ret_note)
{
	Cpuset cpus;

	if (!boot_cpus_parse(view, reading->value, &cpus))
		return MATCH_ODD;
	return boot_cpus_cover_planned(view, &cpus, ret_wanted, ret_note);
}

/* Adds what a list parameter names; FALSE when it is there and malformed. */
static gboolean add_parameter(KnobView *view, const KernelCmdline *cmdline,
			      const char *name, Cpuset *into)
{
	const char *value = kernel_cmdline_last(cmdline, name);
	Cpuset cpus;

	/* rcu_nocbs without a list makes offloading possible and offloads nothing. */
	if (!value || !*value)
		return TRUE;
	if (!boot_cpus_parse(view, value, &cpus))
		return FALSE;
	cpuset_union(into, &cpus);
	return TRUE;
}

/* nohz_full= offloads callbacks as well (kernel/rcu/tree_nocb.h, rcu_init_nohz). */
static void judge_rcu_nocbs(const Knob *knob, KnobView *view, Finding *finding)
{
	g_autoptr(Tally) tally = tally_new(knob, view);
	g_autofree char *wanted = NULL;
	g_autofree char *note = NULL;
	g_autofree char *seen = NULL;
	int errnum = 0;
	const KernelCmdline *cmdline = knob_view_cmdline(view, &errnum);
	Cpuset cpus = {0};
	KnobMatch match = MATCH_ODD;

	if (!cmdline) {
		knob_conclude_errno(knob, view, finding, "proc/cmdline", errnum);
		return;
	}
	if (add_parameter(view, cmdline, "rcu_nocbs", &cpus) &&
	    add_parameter(view, cmdline, "nohz_full", &cpus)) {
		match = boot_cpus_cover_planned(view, &cpus, &wanted, &note);
		seen = cpulist_format(&cpus);
	}
	tally_match(tally, match, "proc/cmdline rcu_nocbs, nohz_full",
		    seen && !*seen ? PLACE_NOT_GIVEN : seen, -1, wanted, note);
	tally_finish(tally, finding);
}

static const char *const reads_cpus[] = {BOOT_CPUS_READS,
					 "sys/devices/system/cpu/isolated", NULL};

/* clang-format off */
const Knob knob_rows_boot[] = {
	{
		.id	= "boot.isolcpus",
		.title	= "isolcpus= names every CPU that is planned for vCPUs",
		.why	= "the scheduler balances other tasks onto a CPU that is not "
			  "isolated, and each of them makes the vCPU wait",
		.source	= "ServoBox RT settings 1; host and QEMU tuning notes; Virt-RT "
			  "guide 3.2.2 and 5.2.1; tuned realtime-virtual-host",
		.remedy	= "add to the kernel command line: "
			  "isolcpus=managed_irq,domain,PLANNED_CPUS",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_HIGH,
		.when	= WHEN_REBOOT,
		.place	= PLACE_PARAMETER, .path = "isolcpus",
		.want	= want_isolcpus_planned, .text = "every planned CPU",
		.absent	= ABSENT_BROKEN,
		.absent_means = "isolation, if there is any, was left to cpusets",
		.opinions = "the five guides and tuned isolate at boot; OpenShift's node "
			  "tuning operator by default, and newer ServoBox guests, "
			  "leave it to cpusets",
		.sides	= SIDE_WANTED "|" SIDE_NONE,
		.reads	= reads_cpus,
	},
	{
		.id	= "boot.isolcpus_domain",
		.title	= "isolcpus= isolates from the scheduler's balancing",
		.why	= "with a list of flags that lacks domain (nohz, managed_irq) "
			  "the scheduler goes on balancing tasks onto these CPUs",
		.source	= "ACRN real-time tips; "
			  "Documentation/admin-guide/kernel-parameters.txt",
		.remedy	= "write isolcpus=managed_irq,domain,PLANNED_CPUS",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_HIGH,
		.when	= WHEN_REBOOT,
		.place	= PLACE_PARAMETER, .path = "isolcpus",
		.want	= want_isolcpus_domain, .text = "domain",
		.absent	= ABSENT_NA, .absent_means = "isolcpus= is not given",
		.reads	= reads_cpus,
	},
	{
		.id	= "boot.isolcpus_managed_irq",
		.title	= "isolcpus= keeps managed interrupts away",
		.why	= "the per-queue interrupts of NVMe and network cards are placed "
			  "by the kernel, and nothing but this flag keeps them off "
			  "isolated CPUs",
		.source	= "tuned realtime-virtual-host; OpenShift node tuning operator; "
			  "Documentation/admin-guide/kernel-parameters.txt",
		.remedy	= "write isolcpus=managed_irq,domain,PLANNED_CPUS",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_MEDIUM,
		.when	= WHEN_REBOOT,
		.place	= PLACE_PARAMETER, .path = "isolcpus",
		.want	= want_isolcpus_managed_irq, .text = "managed_irq",
		.absent	= ABSENT_NA, .absent_means = "isolcpus= is not given",
		.reads	= reads_cpus,
	},
	{
		.id	= "boot.nohz_full",
		.title	= "nohz_full= names every CPU that is planned for vCPUs",
		.why	= "the scheduler tick interrupts a CPU that runs one vCPU 250 to "
			  "1,000 times a second; each costs microseconds",
		.source	= "ServoBox RT settings 2; host and QEMU tuning notes; tuned "
			  "realtime-virtual-host; Documentation/timers/no_hz.rst",
		.remedy	= "add to the kernel command line: nohz_full=PLANNED_CPUS",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_MEDIUM,
		.when	= WHEN_REBOOT,
		.place	= PLACE_PARAMETER, .path = "nohz_full",
		.want	= want_cpus_planned, .text = "every planned CPU",
		.absent	= ABSENT_BROKEN, .absent_means = "the tick goes on",
		.opinions = "ServoBox, the tuning notes, tuned and OpenShift stop the "
			  "tick; the kernel's real-time guide advises against it for "
			  "periodic tasks, since entering and leaving the kernel "
			  "becomes dearer",
		.sides	= SIDE_WANTED "|" SIDE_NONE,
		.reads	= reads_cpus,
	},
	{
		.id	= "boot.nohz",
		.title	= "Idle CPUs may stop their tick",
		.why	= "nohz=off keeps the tick on every CPU, and nohz_full= is "
			  "ignored with it",
		.source	= "host and QEMU tuning notes; tuned cpu-partitioning; "
			  "Documentation/timers/no_hz.rst",
		.remedy	= "write nohz=on, or take nohz=off off the kernel command line",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_LOW,
		.when	= WHEN_REBOOT,
		.place	= PLACE_PARAMETER, .path = "nohz",
		.want	= want_one_of, .text = "on",
		.absent	= ABSENT_HOLDS, .absent_means = "on is the default",
	},
	{
		.id	= "boot.rcu_nocbs",
		.title	= "RCU callbacks are kept off the planned CPUs",
		.why	= "callbacks run in softirq context or in a kernel thread of the "
			  "CPU that queued them, for as long as the batch takes",
		.source	= "ServoBox RT settings 3; host and QEMU tuning notes; ACRN "
			  "real-time tips; tuned realtime-virtual-host; "
			  "Documentation/admin-guide/kernel-per-CPU-kthreads.rst",
		.remedy	= "add to the kernel command line: rcu_nocbs=PLANNED_CPUS",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_HIGH,
		.when	= WHEN_REBOOT,
		.place	= PLACE_COMPUTED,
		.text	= "every planned CPU",
		.judge	= judge_rcu_nocbs, .reads = reads_cpus,
	},
	{
		.id	= "boot.rcu_nocb_poll",
		.title	= "RCU's offload threads poll",
		.why	= "without polling the isolated CPU itself wakes its offload "
			  "thread: an inter-processor interrupt, and in a guest an exit "
			  "of 3 to 4 us",
		.source	= "ACRN real-time tips; SEAPATH; "
			  "Documentation/admin-guide/kernel-parameters.txt",
		.remedy	= "add to the kernel command line: rcu_nocb_poll",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_MEDIUM,
		.when	= WHEN_REBOOT,
		.place	= PLACE_PARAMETER, .path = "rcu_nocb_poll",
		.want	= want_given, .text = "rcu_nocb_poll",
		.absent	= ABSENT_BROKEN,
		.absent_means = "the isolated CPU wakes its offload threads",
	},
	{
		.id	= "boot.rcu_kthread_prio",
		.title	= "RCU's threads start with a priority of their own",
		.why	= "a grace-period thread that never gets to run lets callbacks "
			  "pile up until the kernel stalls",
		.source	= "OpenShift node tuning operator; "
			  "Documentation/admin-guide/kernel-parameters.txt",
		.remedy	= "add to the kernel command line: rcutree.kthread_prio=11",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_MEDIUM,
		.when	= WHEN_REBOOT,
		.place	= PLACE_FILE,
		.path	= "sys/module/rcutree/parameters/kthread_prio",
		.want	= want_number, .text = "2 to 98",
		.min	= 2, .max = 98,
		.absent	= ABSENT_NA,
		.absent_means = "this kernel's RCU has no such parameter",
		.opinions = "OpenShift boots with 11; tuned leaves 1 and sets the "
			  "threads' priorities at run time",
		.sides	= "1|11",
	},
	{
		.id	= "boot.rcu_normal",
		.title	= "RCU does not hurry after boot",
		.why	= "an expedited grace period interrupts every CPU that is not "
			  "idle",
		.source	= "tuned cpu-partitioning; "
			  "Documentation/admin-guide/kernel-parameters.txt",
		.remedy	= "add to the kernel command line: "
			  "rcupdate.rcu_normal_after_boot=1",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_MEDIUM,
		.when	= WHEN_REBOOT,
		.place	= PLACE_FILE,
		.path	= "sys/module/rcupdate/parameters/rcu_normal_after_boot",
		.want	= want_text, .text = "1",
		.absent	= ABSENT_NA,
		.absent_means = "a PREEMPT_RT kernel that does not show it never hurries",
	},
	{
		.id	= "boot.nohz_full_patience",
		.title	= "RCU waits before it asks a CPU without a tick",
		.why	= "a grace period makes a nohz_full CPU that stays in the guest "
			  "take a tick; some patience lets it end by itself",
		.source	= "tuned realtime-virtual-host; "
			  "Documentation/admin-guide/kernel-parameters.txt",
		.remedy	= "add to the kernel command line: "
			  "rcutree.nohz_full_patience_delay=1000",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_LOW, .when = WHEN_REBOOT,
		.place	= PLACE_FILE,
		.path	= "sys/module/rcutree/parameters/nohz_full_patience_delay",
		.want	= want_number, .text = "1000 to 5000 (ms)",
		.min	= 1000, .max = 5000, /* the kernel cuts what is more (kernel/rcu/tree.c) */
		.absent	= ABSENT_NA, .absent_means = "kernels before 6.12 do not have it",
	},
	{
		.id	= "boot.skew_tick",
		.title	= "The ticks of the CPUs are spread",
		.why	= "ticks that fire on all CPUs at the same time queue for the "
			  "same locks",
		.source	= "host and QEMU tuning notes; tuned realtime; OpenShift node "
			  "tuning operator",
		.remedy	= "add to the kernel command line: skew_tick=1",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_REBOOT,
		.place	= PLACE_PARAMETER, .path = "skew_tick",
		.want	= want_text, .text = "1",
		.absent	= ABSENT_BROKEN, .absent_means = "0 is the default",
	},
	{
		.id	= "boot.kthread_cpus",
		.title	= "kthread_cpus= leaves out the planned CPUs",
		.why	= "unbound kernel threads start on the CPUs that it names",
		.source	= "StarlingX; Ubuntu real-time",
		.remedy	= "write kthread_cpus=HOUSEKEEPING_CPUS",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_LOW, .when = WHEN_REBOOT,
		.place	= PLACE_PARAMETER, .path = "kthread_cpus",
		.want	= want_avoids_planned, .text = "no planned CPU",
		.absent	= ABSENT_NA,
		.absent_means = "some vendors' kernels alone have it; task.kthreads "
			  "looks at the threads",
		.reads	= reads_cpus,
	},
	{
		.id	= "boot.systemd_cpu_affinity",
		.title	= "systemd.cpu_affinity= leaves out the planned CPUs",
		.why	= "every service inherits the affinity that systemd starts with",
		.source	= "host and QEMU tuning notes; OpenShift node tuning operator; "
			  "systemd(1)",
		.remedy	= "write systemd.cpu_affinity=HOUSEKEEPING_CPUS",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_REBOOT,
		.place	= PLACE_PARAMETER, .path = "systemd.cpu_affinity",
		.want	= want_avoids_planned, .text = "no planned CPU",
		.absent	= ABSENT_NA,
		.absent_means = "it is not given; task.init_affinity looks at the "
			  "process",
		.reads	= reads_cpus,
	},
	{
		.id	= "boot.nosoftlockup",
		.title	= "The soft lockup detector is off from boot on",
		.why	= "its timer fires on every CPU every few seconds in hard "
			  "interrupt context",
		.source	= "host and QEMU tuning notes; tuned realtime; OpenShift node "
			  "tuning operator; "
			  "Documentation/core-api/real-time/kernel-configuration.rst",
		.remedy	= "add to the kernel command line: nosoftlockup",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_MEDIUM,
		.when	= WHEN_REBOOT,
		.place	= PLACE_PARAMETER, .path = "nosoftlockup",
		.want	= want_given, .text = "nosoftlockup",
		.absent	= ABSENT_BROKEN, .absent_means = "the detector runs from boot on",
	},
	{
		.id	= "boot.nmi_watchdog",
		.title	= "The NMI watchdog is off from boot on",
		.why	= "it takes a performance counter and a non-maskable interrupt "
			  "of every CPU",
		.source	= "host and QEMU tuning notes; tuned cpu-partitioning; OpenShift "
			  "node tuning operator; "
			  "Documentation/admin-guide/lockup-watchdogs.rst",
		.remedy	= "add to the kernel command line: nmi_watchdog=0",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_MEDIUM,
		.when	= WHEN_REBOOT,
		.place	= PLACE_PARAMETER, .path = "nmi_watchdog",
		.want	= want_text, .text = "0",
		.absent	= ABSENT_BROKEN,
		.absent_means = "most kernels start the NMI watchdog by themselves",
	},
	{0},
};
