/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policies and priorities of threads that share a CPU with vCPUs, and who must win. */
#include <sched.h>
#include <string.h>

#include "judge.h"
#include "number.h"
#include "planned.h"
#include "priority_judge.h"
#include "row_threads.h"
#include "rows.h"
#include "set.h"
#include "want.h"

/* SCHED_DEADLINE, which older headers lack (include/uapi/linux/sched.h). */
#define POLICY_DEADLINE 6

/* "fifo:4" and "rr:4" with a priority in [min, max]. */
static KnobMatch want_fixed_priority(const Knob *knob, KnobView *view G_GNUC_UNUSED,
				     const KnobReading *reading,
				     char **ret_wanted G_GNUC_UNUSED,
				     char **ret_note G_GNUC_UNUSED)
{
	Span span = span_of(reading->value);
	guint64 priority;

	if (!span_take_literal(&span, "fifo:") && !span_take_literal(&span, "rr:"))
		return strchr(reading->value, ':') ? MATCH_BROKEN : MATCH_ODD;
	if (!span_take_number(&span, 99, &priority) || span.at != span.end)
		return MATCH_ODD;
	return priority >= (guint64)knob->min && priority <= (guint64)knob->max
		       ? MATCH_HOLDS
		       : MATCH_BROKEN;
}

/* The same for "ksoftirqd/5", of which only those of vCPUs' CPUs count. */
static KnobMatch want_wins_there(const Knob *knob, KnobView *view,
				 const KnobReading *reading, char **ret_wanted,
				 char **ret_note)
{
	const Cpuset *planned = knob_view_planned(view);
	KnobMatch none = MATCH_ODD;
	const char *unplanned = knob_view_unplanned(view, &none);
	const char *slash = strchr(reading->place, '/');
	guint64 cpu;

	if (!slash || !number_parse(slash + 1, 0, CPUSET_CPUS - 1, &cpu, NULL))
		return MATCH_ODD;
	if (unplanned) {
		*ret_note = g_strdup(unplanned);
		return none;
	}
	if (!cpuset_contains(planned, (guint)cpu)) {
		*ret_note = g_strdup("no vCPU is planned for that CPU");
		return MATCH_IRRELEVANT;
	}
	return want_fixed_priority(knob, view, reading, ret_wanted, ret_note);
}

/* ---- real-time programs
 * ------------------------------------------------------------------- */

/* What a thread does to a vCPU: NULL when nothing. */
static const char *trespass(const KnobThread *thread, const Cpuset *planned)
{
	if (thread->kernel_thread || row_thread_is_vcpu(thread) || !priority_is_fixed(thread))
		return NULL;
	if (!thread->allowed)
		return "may run nobody knows where";
	return cpuset_intersects(thread->allowed, planned) ? "may run on a CPU of a vCPU"
							   : NULL;
}

static void judge_programs(const Knob *knob, KnobView *view, Finding *finding)
{
	const GArray *threads = row_threads(knob, view, finding);
	const Cpuset *planned = knob_view_planned(view);
	const KnobThread *first = NULL;
	guint found = 0;

	if (!threads)
		return;
	if (planned_missing(knob, view, finding))
		return;
	for (guint i = 0; i < threads->len; i++) {
		const KnobThread *thread = &g_array_index(threads, KnobThread, i);
		const char *what = trespass(thread, planned);

		if (!what)
			continue;
		if (!first)
			first = thread;
		if (found++ < 8)
			finding_add_evidence(finding,
					     g_strdup_printf("%s (thread %u)",
							     thread->comm, thread->tid),
					     g_strdup_printf("real-time priority %u, %s",
							     thread->rt_priority, what),
					     g_strdup("housekeeping CPUs only"));
	}
	if (found)
		knob_conclude(knob, finding, MATCH_BROKEN,
			      "%s (thread %u, real-time priority %u) %s, and %u others",
			      first->comm, first->tid, first->rt_priority,
			      trespass(first, planned), found - 1);
	else
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
}

static void judge_deadline(const Knob *knob, KnobView *view, Finding *finding)
{
	const GArray *threads = row_threads(knob, view, finding);
	const KnobThread *first = NULL;
	guint found = 0;

	for (guint i = 0; threads && i < threads->len; i++) {
		const KnobThread *thread = &g_array_index(threads, KnobThread, i);

		if (thread->kernel_thread || thread->policy != POLICY_DEADLINE)
			continue;
		if (!first)
			first = thread;
		found++;
	}
	if (!threads)
		return;
	if (found)
		knob_conclude(knob, finding, MATCH_BROKEN,
			      "%s (thread %u) is SCHED_DEADLINE, and %u others",
			      first->comm, first->tid, found - 1);
	else
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
}

static const char *const thread_files[] = {CAPTURE_THREADS, "proc/", "proc/*/task/*/stat",
					   "proc/*/task/*/status", NULL};

#define HOST_AND_GUEST (SCOPE_HOST | SCOPE_GUEST)

/* clang-format off */
const Knob knob_rows_priority[] = {
	{
		.id	= "priority.ksoftirqd",
		.title	= "ksoftirqd is a real-time thread on vCPUs' CPUs",
		.why	= "as an ordinary thread it waits for ever behind a FIFO vCPU, and with it the "
			  "timers and packets that it serves",
		.source	= "tuned realtime-virtual-host (FIFO 2); OpenShift node tuning operator (FIFO 11)",
		.remedy	= "for i in $(pgrep ksoftirqd); do chrt -f -p 2 $i; done, or: tuned-adm profile "
			  "realtime-virtual-host",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_HIGH, .when = WHEN_RUNTIME,
		.place	= PLACE_THREAD, .path = "ksoftirqd/*",
		.want	= want_wins_there, .min = 2, .max = 98, .text = "fifo:2 or more",
		.change	= change_threads, .to = "fifo:2",
	},
	{
		.id	= "priority.ktimers",
		.title	= "ktimers is above FIFO 1 on vCPUs' CPUs",
		.why	= "it runs the timer wheel; by default it is FIFO 1, which ties with a vCPU at "
			  "FIFO 1 and then waits for it",
		.source	= "OpenShift node tuning operator (FIFO 11); tuned realtime-virtual-host",
		.remedy	= "for i in $(pgrep ktimers/); do chrt -f -p 2 $i; done",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_HIGH, .when = WHEN_RUNTIME,
		.place	= PLACE_THREAD, .path = "ktimers/*",
		.want	= want_wins_there, .min = 2, .max = 98, .text = "fifo:2 or more",
		.absent	= ABSENT_NA,
		.absent_means = "this kernel runs timers in ksoftirqd or in the interrupt",
		.change	= change_threads, .to = "fifo:2",
	},
	{
		.id	= "priority.ktimersoftd",
		.title	= "ktimersoftd is a real-time thread above ksoftirqd",
		.why	= "on real-time kernels up to 4.19 it runs the timer wheel",
		.source	= "tuned realtime-virtual-host (FIFO 3)",
		.remedy	= "for i in $(pgrep ktimersoftd); do chrt -f -p 3 $i; done",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_LOW, .when = WHEN_RUNTIME,
		.place	= PLACE_THREAD, .path = "ktimersoftd/*",
		.want	= want_wins_there, .min = 3, .max = 98, .text = "fifo:3 or more",
		.absent	= ABSENT_NA, .absent_means = "only real-time kernels up to 4.19 have it",
		.change	= change_threads, .to = "fifo:3",
	},
	{
		.id	= "priority.rcuc",
		.title	= "RCU's per-CPU threads are real-time ones on vCPUs' CPUs",
		.why	= "a FIFO vCPU that starves them stalls the grace periods of the whole machine",
		.source	= "tuned realtime-virtual-host (FIFO 4); OpenShift node tuning operator (FIFO 11)",
		.remedy	= "for i in $(pgrep rcuc); do chrt -f -p 4 $i; done, or boot with "
			  "rcutree.kthread_prio=11",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_HIGH, .when = WHEN_RUNTIME,
		.place	= PLACE_THREAD, .path = "rcuc/*",
		.want	= want_wins_there, .min = 4, .max = 98, .text = "fifo:4 or more",
		.absent	= ABSENT_NA,
		.absent_means = "this kernel runs RCU callbacks in softirq (rcutree.use_softirq)",
		.change	= change_threads, .to = "fifo:4",
	},
	{
		.id	= "priority.rcub",
		.title	= "RCU's boosting threads are real-time ones",
		.why	= "they lend their priority to readers that hold a grace period up",
		.source	= "tuned realtime-virtual-host (FIFO 4); Documentation/admin-guide/"
			  "kernel-parameters.txt (rcutree.kthread_prio)",
		.remedy	= "for i in $(pgrep rcub); do chrt -f -p 4 $i; done, or boot with "
			  "rcutree.kthread_prio=11",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_MEDIUM, .when = WHEN_RUNTIME,
		.place	= PLACE_THREAD, .path = "rcub/*",
		.want	= want_fixed_priority, .min = 4, .max = 98, .text = "fifo:4 or more",
		.absent	= ABSENT_NA, .absent_means = "this kernel does not boost readers of RCU",
		.change	= change_threads, .to = "fifo:4",
	},
	{
		.id	= "priority.ktimer_lockless_check",
		.title	= "Timers of isolated CPUs are looked for without a lock",
		.why	= "else ktimersoftd is woken on an isolated CPU at each tick",
		.source	= "tuned realtime-virtual-host",
		.remedy	= "echo 1 > /sys/kernel/ktimer_lockless_check",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_LOW, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .path = "sys/kernel/ktimer_lockless_check",
		.want	= want_number, .min = 1, .max = 1, .text = "1",
		.absent	= ABSENT_NA, .absent_means = "only some kernels of RHEL for Real Time have it",
		.set	= set_text,
	},
	{
		.id	= "priority.watchdog_threads",
		.title	= "No watchdog thread runs on the CPUs",
		.why	= "up to 4.18 the soft lockup detector is a thread at FIFO 99 on each CPU",
		.source	= "host and QEMU tuning notes (nosoftlockup); "
			  "Documentation/admin-guide/lockup-watchdogs.rst",
		.remedy	= "boot with nosoftlockup, or sysctl kernel.soft_watchdog=0",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_LOW, .when = WHEN_RUNTIME,
		.place	= PLACE_THREAD, .path = "watchdog/*",
		.want	= want_no_value, .text = "no such thread",
		.absent	= ABSENT_HOLDS, .absent_means = "there is none, as it should be",
	},
	{
		.id	= "priority.vcpu_inversion",
		.title	= "vCPUs do not outrank the kernel's threads on their CPUs",
		.why	= "a busy vCPU above ksoftirqd, ktimers or rcuc starves them, and with them the "
			  "timers, the network and RCU of the host",
		.source	= "ServoBox RT settings 17 (80); host and QEMU tuning notes (99); libvirt kbase "
			  "kvm-realtime (1); SEAPATH (1); tuned realtime-virtual-host",
		.remedy	= "set <vcpusched scheduler='fifo' priority='1'/>, or raise the kernel threads' "
			  "priority above the vCPUs'",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_HIGH, .when = WHEN_RUNTIME,
		.place	= PLACE_COMPUTED, .judge = priority_judge_inversion, .reads = thread_files,
		.opinions = "ServoBox runs vCPUs at FIFO 80 and the host notes at 99; libvirt and "
			    "SEAPATH use FIFO 1, below the kernel's threads, and NI measured 1 to be "
			    "better than 98",
		.sides	= "below|above",
		.change	= priority_change_inversion,
		.disruption = "the kernel's timers, softirqs and RCU go before the vCPUs there",
	},
	{
		.id	= "priority.programs",
		.title	= "No other real-time program may run on vCPUs' CPUs",
		.why	= "a FIFO thread of the same or a higher priority holds the vCPU up for as long as "
			  "it pleases",
		.source	= "KVM-RT guide, Host System Requirements; seeker; rteval",
		.remedy	= "taskset -a -p -c 0-4 PID (the housekeeping CPUs), or chrt -o -a -p 0 PID",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_MEDIUM, .when = WHEN_RUNTIME,
		.place	= PLACE_COMPUTED, .judge = judge_programs, .reads = thread_files,
	},
	{
		.id	= "priority.deadline",
		.title	= "No program runs under SCHED_DEADLINE",
		.why	= "a deadline thread goes before every FIFO thread, whatever its priority",
		.source	= "Documentation/scheduler/sched-deadline.rst; rteval",
		.remedy	= "chrt -f -p 1 TID, or stop the program",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_MEDIUM, .when = WHEN_RUNTIME,
		.place	= PLACE_COMPUTED, .judge = judge_deadline, .reads = thread_files,
	},
	{
		.id	= "priority.stalld",
		.title	= "Whether stalld runs is known",
		.why	= "it lends starved threads a deadline policy: that keeps a host alive beside FIFO "
			  "vCPUs that never sleep, and disturbs them",
		.source	= "OpenShift node tuning operator; stalld(8)",
		.remedy	= "systemctl enable --now stalld, or: systemctl disable --now stalld",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_LOW, .when = WHEN_RUNTIME,
		.place	= PLACE_SERVICE, .path = "stalld.service",
		.want	= want_one_of, .text = "running|stopped|absent",
		.opinions = "OpenShift runs it on real-time hosts; others leave it off, since a boost "
			    "takes CPU time from a vCPU",
		.sides	= "running|stopped|absent",
		.set	= set_choice,
	},
	{
		.id	= "priority.rtentsk",
		.title	= "A socket with time stamps is held open",
		.why	= "when the first program asks for SO_TIMESTAMP, or the last one stops, the kernel "
			  "patches its own code and interrupts every CPU; no file shows who asks",
		.source	= "tuned plugin rtentsk; OpenShift node tuning operator",
		.remedy	= "give the tuned profile an [rtentsk] section",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_RUNTIME,
		.place	= PLACE_EXPLAIN,
	},
	{
		.id	= NULL,
	},
};
/* clang-format on */
