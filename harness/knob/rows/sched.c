/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel does by itself on a CPU, as sysctls say: timers, watchdogs, statistics.
 */
#include <string.h>

#include "judge.h"
#include "number.h"
#include "rows.h"
#include "set.h"
#include "want.h"
#include "words.h"

/* 0 switches it off; else at least `min`. */
static KnobMatch want_off_or_rare(const Knob *knob, KnobView *view,
				  const KnobReading *reading, char **ret_wanted,
				  char **ret_note)
{
	return strcmp(reading->value, "0") == 0
		       ? MATCH_HOLDS
		       : want_number(knob, view, reading, ret_wanted, ret_note);
}

/* console_loglevel is the first of four numbers
 * (Documentation/core-api/printk-basics.rst); at 4 only errors and worse reach the
 * console, as with `quiet`. */
static KnobMatch want_quiet_console(const Knob *knob, KnobView *view G_GNUC_UNUSED,
				    const KnobReading *reading,
				    char **ret_wanted G_GNUC_UNUSED,
				    char **ret_note G_GNUC_UNUSED)
{
	Span span = span_of(reading->value);
	guint64 level[4];

	for (guint i = 0; i < G_N_ELEMENTS(level); i++) {
		span_skip_blanks(&span);
		if (!span_take_number(&span, 1000, &level[i]))
			return MATCH_ODD;
	}
	if (span.at != span.end)
		return MATCH_ODD;
	return level[0] <= (guint64)knob->max ? MATCH_HOLDS : MATCH_BROKEN;
}

/* Every kernel with this file knows HRTICK: without it the text is something else. */
static KnobMatch want_no_sharing(const Knob *knob G_GNUC_UNUSED,
				 KnobView *view G_GNUC_UNUSED, const KnobReading *reading,
				 char **ret_wanted G_GNUC_UNUSED, char **ret_note)
{
	if (!words_contain(reading->value, " \t\n", "HRTICK") && !words_contain(reading->value, " \t\n", "NO_HRTICK"))
		return MATCH_ODD;
	if (words_contain(reading->value, " \t\n", "RT_RUNTIME_SHARE"))
		return MATCH_BROKEN;
	if (words_contain(reading->value, " \t\n", "NO_RT_RUNTIME_SHARE"))
		return MATCH_HOLDS;
	*ret_note = g_strdup("this kernel has no RT_RUNTIME_SHARE");
	return MATCH_IRRELEVANT;
}

static void change_sharing(const Knob *knob, KnobView *view, Changes *changes)
{
	g_autofree char *place = g_strconcat(knob->path, " RT_RUNTIME_SHARE", NULL);
	const char *line = knob_view_line(view, knob->path, NULL);

	if (line && words_contain(line, " \t\n", "RT_RUNTIME_SHARE"))
		changes_add(changes, knob, CHANGE_FEATURE, place, "RT_RUNTIME_SHARE",
			    "NO_RT_RUNTIME_SHARE");
}

/* ---- the detectors of lockups
 * ------------------------------------------------------------ */

static void judge_watchdog(const Knob *knob, KnobView *view, Finding *finding)
{
	static const char *const on_path = "proc/sys/kernel/watchdog";
	static const char *const mask_path = "proc/sys/kernel/watchdog_cpumask";
	const Cpuset *planned = knob_view_planned(view);
	const char *list;
	Cpuset cpus;
	gint64 on;
	int errnum = 0;

	if (!knob_view_number(view, on_path, 0, 1, &on, &errnum)) {
		knob_conclude_errno(knob, view, finding, on_path, errnum);
		return;
	}
	finding_add_evidence(finding, g_strdup(on_path), g_strdup(on ? "1" : "0"),
			     g_strdup("0, or a mask without vCPUs"));
	if (!on) {
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
		return;
	}
	if (!knob_view_cpulist(view, mask_path, &cpus, &errnum)) {
		/* What `absent` says is about the switch. */
		knob_conclude(knob, finding, MATCH_ODD, "the detectors run, and %s: %s",
			      mask_path, g_strerror(errnum));
		return;
	}
	if (cpuset_count(&cpus) == 0) {
		knob_conclude(knob, finding, MATCH_ODD, "%s names no CPU", mask_path);
		return;
	}
	list = knob_view_line(view, mask_path, NULL);
	finding_add_evidence(finding, g_strdup(mask_path), g_strdup(list), NULL);
	if (cpuset_count(planned) == 0)
		knob_conclude(knob, finding, MATCH_ODD,
			      "the detectors run, and no CPU is planned for vCPUs");
	else if (cpuset_intersects(&cpus, planned))
		knob_conclude(knob, finding, MATCH_BROKEN,
			      "the lockup detectors run on CPUs of vCPUs (%s holds %s)",
			      mask_path, list);
	else
		knob_conclude(knob, finding, MATCH_HOLDS, "they run on other CPUs only");
}

static void change_watchdog(const Knob *knob, KnobView *view, Changes *changes)
{
	static const char *const mask_path = "proc/sys/kernel/watchdog_cpumask";
	const char *now = knob_view_line(view, mask_path, NULL);
	g_autofree char *then = NULL;
	Cpuset cpus;

	if (!change_judged(knob, view, changes) || !now ||
	    !cpulist_parse_kernel(now, CPUSET_CPUS, &cpus, NULL) ||
	    !set_without_planned(view, &cpus, &cpus))
		return;
	then = cpulist_format(&cpus);
	changes_add(changes, knob, CHANGE_FILE, mask_path, now, then);
}

static const char *const watchdog_files[] = {"proc/sys/kernel/watchdog",
					     "proc/sys/kernel/watchdog_cpumask", NULL};

#define HOST_AND_GUEST (SCOPE_HOST | SCOPE_GUEST)

/* clang-format off */
const Knob knob_rows_sched[] = {
	{
		.id	= "sched.features",
		.title	= "CPUs do not lend each other real-time run time",
		.why	= "RT_RUNTIME_SHARE lets one CPU use up what another had left, so that throttling "
			  "comes at another time and place",
		.source	= "kernel/sched/features.h (off by default since 5.10); RHEL for Real Time",
		.remedy	= "echo NO_RT_RUNTIME_SHARE > /sys/kernel/debug/sched/features",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_INFO, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .path = "sys/kernel/debug/sched/features",
		.want	= want_no_sharing, .text = "NO_RT_RUNTIME_SHARE",
		.change	= change_sharing,
	},
	{
		.id	= "sched.timer_migration",
		.title	= "Timer migration is set as a source recommends",
		.why	= "with migration a timer that a real-time thread arms may fire on another CPU, "
			  "which then has to wake the first",
		.source	= "ACRN real-time tips; tuned cpu-partitioning; OpenShift node tuning operator",
		.remedy	= "sysctl kernel.timer_migration=0 (the ACRN tips' /proc/kernel/timer_migration "
			  "is the same file under a name that kernels do not have)",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_MEDIUM, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .path = "proc/sys/kernel/timer_migration",
		.want	= want_number, .max = 1, .text = "0 or 1",
		.absent	= ABSENT_NA, .absent_means = "a kernel without NO_HZ migrates no timer",
		.opinions = "the ACRN tips and tuned want 0, so that a timer fires where it was armed; "
			    "OpenShift sets 1, so that timers leave a CPU before its real-time work begins",
		.sides	= "0|1",
		.set	= set_choice,
	},
	{
		.id	= "sched.numa_balancing",
		.title	= "Pages are not unmapped to find out who uses them",
		.why	= "automatic NUMA balancing takes pages out of page tables, and the next access "
			  "faults, in a VM as a costly exit",
		.source	= "tuned network-latency; Documentation/admin-guide/sysctl/kernel.rst",
		.remedy	= "sysctl kernel.numa_balancing=0",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_HIGH, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .path = "proc/sys/kernel/numa_balancing",
		.want	= want_number, .text = "0",
		.absent	= ABSENT_HOLDS,
		.absent_means = "the kernel cannot balance (PREEMPT_RT and non-NUMA kernels)",
		.set	= set_text,
		.disruption = "memory of other programs stays on the node where it is",
	},
	{
		.id	= "sched.stat_interval",
		.title	= "Memory statistics are gathered rarely",
		.why	= "every vm.stat_interval seconds a worker runs on each CPU that has counted pages",
		.source	= "tuned cpu-partitioning (10); OpenShift node tuning operator; NI Linux "
			  "Real-Time (999); Documentation/admin-guide/sysctl/vm.rst",
		.remedy	= "sysctl vm.stat_interval=10",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_MEDIUM, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .path = "proc/sys/vm/stat_interval",
		.want	= want_number, .min = 10, .max = G_MAXINT32, .text = "at least 10",
		.set	= set_number,
		.disruption = "counters of memory, such as those of vmstat, are older when "
			      "they are read",
	},
	{
		.id	= "sched.hung_task",
		.title	= "The search for hung tasks is rare",
		.why	= "khungtaskd walks every thread of the machine each time, with RCU held",
		.source	= "tuned cpu-partitioning; OpenShift node tuning operator; "
			  "Documentation/admin-guide/sysctl/kernel.rst",
		.remedy	= "sysctl kernel.hung_task_timeout_secs=600",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_LOW, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .path = "proc/sys/kernel/hung_task_timeout_secs",
		.want	= want_off_or_rare, .min = 600, .max = G_MAXINT32, .text = "0 or at least 600",
		.absent	= ABSENT_HOLDS, .absent_means = "the kernel does not search for hung tasks",
		.set	= set_number,
		.disruption = "tasks that hang are reported later",
	},
	{
		.id	= "sched.soft_watchdog",
		.title	= "No soft lockup detector runs",
		.why	= "it arms a timer on each CPU and wakes the stopper thread there, above every "
			  "FIFO thread",
		.source	= "host and QEMU tuning notes (nosoftlockup); tuned realtime; "
			  "Documentation/admin-guide/lockup-watchdogs.rst",
		.remedy	= "sysctl kernel.soft_watchdog=0, or boot with nosoftlockup",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_MEDIUM, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .path = "proc/sys/kernel/soft_watchdog",
		.want	= want_number, .text = "0",
		.absent	= ABSENT_HOLDS, .absent_means = "the kernel has no soft lockup detector",
		.set	= set_text,
		.disruption = "nobody notices a CPU that hangs in the kernel",
	},
	{
		.id	= "sched.nmi_watchdog",
		.title	= "No NMI watchdog runs",
		.why	= "a performance counter raises an NMI on each CPU, which nothing can mask and "
			  "which throws a vCPU out of its guest",
		.source	= "host and QEMU tuning notes (nmi_watchdog=0); tuned cpu-partitioning; "
			  "Documentation/admin-guide/sysctl/kernel.rst",
		.remedy	= "sysctl kernel.nmi_watchdog=0, or boot with nmi_watchdog=0",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_HIGH, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .path = "proc/sys/kernel/nmi_watchdog",
		.want	= want_number, .text = "0",
		.absent	= ABSENT_HOLDS, .absent_means = "the kernel has no hard lockup detector",
		.set	= set_text,
		.disruption = "nobody notices a CPU that hangs with interrupts off",
	},
	{
		.id	= "sched.watchdog",
		.title	= "Lockup detectors are off or keep away from vCPUs' CPUs",
		.why	= "on each CPU of their mask the detectors arm timers and a counter",
		.source	= "Documentation/admin-guide/lockup-watchdogs.rst",
		.remedy	= "sysctl kernel.watchdog=0, or sysctl kernel.watchdog_cpumask=0-4 (the "
			  "housekeeping CPUs)",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_MEDIUM, .when = WHEN_RUNTIME,
		.place	= PLACE_COMPUTED, .judge = judge_watchdog, .reads = watchdog_files,
		.absent	= ABSENT_HOLDS, .absent_means = "the kernel has no lockup detectors",
		.change	= change_watchdog,
		.disruption = "lockups of the planned CPUs are not detected",
	},
	{
		.id	= "sched.printk",
		.title	= "The kernel prints only errors on its console",
		.why	= "a message goes out at the speed of the console, a serial one in milliseconds, "
			  "on the CPU that printed it",
		.source	= "SEAPATH (3 1 1 7); ACRN real-time tips (no logging); "
			  "Documentation/core-api/printk-basics.rst",
		.remedy	= "sysctl kernel.printk='3 1 1 7', or boot with quiet",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_MEDIUM, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .path = "proc/sys/kernel/printk",
		.want	= want_quiet_console, .max = 4, .text = "a first number of 4 or less",
		.set	= set_text, .to = "3 4 1 7",
		.disruption = "warnings are in the kernel's log only, not on the console",
	},
	{
		.id	= NULL,
	},
};
/* clang-format on */
