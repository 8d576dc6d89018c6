/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What holds in a guest only. The host's rules that hold in a guest as well have rows in their
 * own layers, with both scopes.
 */
#include "choice.h"
#include "cpu_flags.h"
#include "guest_judge.h"
#include "judge.h"
#include "rows.h"
#include "want.h"

#define CPUS "sys/devices/system/cpu/"

/* Somebody must answer interrupts, run kernel threads and start what measures. */
static void judge_housekeeping(const Knob *knob, KnobView *view, Finding *finding)
{
	Cpuset left = *knob_view_online(view);
	g_autofree char *seen = NULL;

	if (!knob_view_online_known(view) || !knob_view_isolated_known(view)) {
		knob_conclude(knob, finding, MATCH_ODD,
			      CPUS "online or " CPUS "isolated does not tell");
		return;
	}
	cpuset_subtract(&left, knob_view_isolated(view));
	cpuset_subtract(&left, knob_view_planned(view));
	seen = cpulist_format(&left);
	finding_add_evidence(finding, g_strdup(CPUS "online without " CPUS "isolated"),
			     g_strdup(seen), g_strdup("at least one vCPU"));
	if (cpuset_count(&left) > 0)
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
	else
		knob_conclude(knob, finding, MATCH_BROKEN,
			      "every vCPU is isolated or real-time: none is left for the rest");
}

static void judge_x2apic(const Knob *knob, KnobView *view, Finding *finding)
{
	int errnum = 0;
	const KernelCmdline *cmdline = knob_view_cmdline(view, &errnum);

	if (!cmdline)
		knob_conclude_errno(knob, view, finding, "proc/cmdline", errnum);
	else if (kernel_cmdline_last(cmdline, "nox2apic"))
		knob_conclude(knob, finding, MATCH_BROKEN, "nox2apic is on the command line");
	else
		cpu_flags_judge(knob, view, finding, "x2apic", FALSE);
}

static const char *const reads_cpus[] = {CPUS "online", CPUS "isolated", NULL};
static const char *const reads_x2apic[] = {"proc/cpuinfo", "proc/cmdline", NULL};

/* clang-format off */
const Knob knob_rows_guest[] = {
	{
		.id	= "guest.housekeeping_vcpu",
		.title	= "At least one vCPU is left to the guest's own work",
		.why	= "interrupts, kernel threads and every program that is not real-time need "
			  "a place; without one they run on the real-time vCPUs",
		.source	= "Virt-RT guide 5.2 and 8.1; ServoBox guest settings",
		.remedy	= "give the VM one more vCPU, and leave vCPU 0 out of the guest's isolcpus=",
		.scopes	= SCOPE_GUEST, .severity = SEVERITY_FATAL, .when = WHEN_REBOOT,
		.place	= PLACE_COMPUTED, .judge = judge_housekeeping, .reads = reads_cpus,
	},
	{
		.id	= "guest.hypervisor",
		.title	= "The guest's kernel knows its hypervisor",
		.why	= "a guest that takes itself for a machine has neither kvm-clock nor steal "
			  "time, and tests timers that the hypervisor emulates",
		.source	= "KVM-RT guide, Known Issues (hide_kvm); Documentation/virt/kvm/x86/cpuid.rst",
		.remedy	= "take <hidden state='on'/> out of the domain's <kvm> features",
		.scopes	= SCOPE_GUEST, .severity = SEVERITY_INFO, .when = WHEN_VM_RESTART,
		.place	= PLACE_COMPUTED, .judge = guest_judge_hypervisor,
		.reads	= guest_reads_hypervisor,
	},
	{
		.id	= "guest.steal",
		.title	= "The host took no time from the real-time vCPUs",
		.why	= "stolen time is time in which the vCPU wanted to run and the host ran "
			  "something else: whatever the guest does, it is late by that",
		.source	= "Documentation/virt/kvm/x86/msr.rst (MSR_KVM_STEAL_TIME); proc(5)",
		.remedy	= "pin each real-time vCPU to an isolated CPU of its own, SCHED_FIFO, and keep "
			  "other host threads away",
		.scopes	= SCOPE_GUEST, .severity = SEVERITY_HIGH, .when = WHEN_RUNTIME,
		.place	= PLACE_COMPUTED, .judge = guest_judge_steal, .reads = guest_reads_steal,
		.again	= AGAIN_SINCE,
	},
	{
		.id	= "guest.x2apic",
		.title	= "The guest's local APIC is an x2APIC",
		.why	= "the older interface lies in memory: each interrupt sent and each timer set "
			  "is an exit that has to be decoded",
		.source	= "ACRN real-time tips (LAPIC passthrough needs x2APIC); "
			  "Documentation/virt/kvm/x86/cpuid.rst",
		.remedy	= "use host-passthrough, or <feature policy='require' name='x2apic'/>; take "
			  "nox2apic off the guest's command line",
		.scopes	= SCOPE_GUEST, .severity = SEVERITY_MEDIUM, .when = WHEN_VM_RESTART,
		.place	= PLACE_COMPUTED, .judge = judge_x2apic, .reads = reads_x2apic,
	},
	{
		.id	= "guest.idle_poll",
		.title	= "Whether idle vCPUs poll is what a source recommends",
		.why	= "a halted vCPU exits, and the host needs microseconds to wake it; a polling "
			  "one costs a whole host CPU and never lets RT throttling rest",
		.source	= "ACRN real-time tips; host and QEMU tuning notes; "
			  "Documentation/core-api/real-time/hardware.rst; SEAPATH",
		.remedy	= "add idle=poll to the guest's command line where its host CPUs are its own, "
			  "or take idle= away",
		.scopes	= SCOPE_GUEST, .severity = SEVERITY_MEDIUM, .when = WHEN_REBOOT,
		.place	= PLACE_PARAMETER, .path = "idle",
		.want	= want_text, .text = "poll",
		.absent	= ABSENT_HOLDS, .absent_means = "an idle vCPU halts",
		.opinions = "the ACRN tips, the tuning notes and OpenShift's node tuning operator poll; "
			    "SEAPATH does not, for the power it takes",
		.sides	= "poll|" SIDE_NONE,
	},
	{
		.id	= "guest.mce",
		.title	= "The guest does not look for machine checks",
		.why	= "the periodic check is a timer on every vCPU, and each of its reads an exit",
		.source	= "ACRN real-time tips (mce=off); OpenShift node tuning operator; "
			  "Documentation/arch/x86/x86_64/boot-options.rst",
		.remedy	= "add mce=off (or mce=ignore_ce, which only stops the polling) to the guest's "
			  "command line",
		.scopes	= SCOPE_GUEST, .severity = SEVERITY_MEDIUM, .when = WHEN_REBOOT,
		.place	= PLACE_PARAMETER, .path = "mce",
		.want	= want_one_of, .text = "off|ignore_ce",
		.absent	= ABSENT_BROKEN,
		.absent_means = "machine checks are looked for every five minutes",
		.opinions = "the ACRN tips and OpenShift switch machine checks off; tuned keeps them "
			    "and ignores corrected errors, so that an error in memory still kills "
			    "whoever uses it",
		.sides	= "off|ignore_ce|" SIDE_NONE,
	},
	{
		.id	= "guest.idle_driver",
		.title	= "The guest does not choose idle states of the processor",
		.why	= "where MWAIT is passed through a vCPU may send its CPU into a state that "
			  "takes long to leave, and the host's limits do not hold there",
		.source	= "ACRN real-time tips (processor.max_cstate=0 intel_idle.max_cstate=0); "
			  "Documentation/virt/guest-halt-polling.rst",
		.remedy	= "add processor.max_cstate=0 intel_idle.max_cstate=0 to the guest's command "
			  "line, or take cpu-pm=on from QEMU",
		.scopes	= SCOPE_GUEST, .severity = SEVERITY_LOW, .when = WHEN_REBOOT,
		.place	= PLACE_FILE, .path = CPUS "cpuidle/current_driver",
		.want	= want_one_of, .text = "none|haltpoll",
		.absent	= ABSENT_HOLDS, .absent_means = "the guest's kernel has no idle drivers",
	},
	{
		.id	= "guest.frequency_driver",
		.title	= "The guest does not change the processor's frequency",
		.why	= "a frequency is the host's to choose; a request from the guest is an exit at "
			  "best",
		.source	= "ACRN real-time tips (intel_pstate=disable)",
		.remedy	= "add intel_pstate=disable to the guest's command line",
		.scopes	= SCOPE_GUEST, .severity = SEVERITY_LOW, .when = WHEN_REBOOT,
		.place	= PLACE_FILE, .path = CPUS "cpu{cpu}/cpufreq/scaling_driver",
		.per	= PER_ONLINE_CPU,
		.want	= want_no_value, .text = "no such driver",
		.absent	= ABSENT_HOLDS, .absent_means = "no CPU frequency driver",
	},
	{
		.id	= "guest.journald",
		.title	= "journald is off, or keeps its log in memory",
		.why	= "a kernel message on a real-time vCPU wakes the logging service by an "
			  "interrupt to another vCPU, and its writes to disk are exits",
		.source	= "ACRN real-time tips (disable journald, syslogd)",
		.remedy	= "Storage=volatile in /etc/systemd/journald.conf, or: systemctl mask "
			  "systemd-journald.service",
		.scopes	= SCOPE_GUEST, .severity = SEVERITY_LOW, .when = WHEN_RUNTIME,
		.place	= PLACE_COMPUTED, .judge = guest_judge_journald,
		.reads	= guest_reads_journald,
	},
	{
		.id	= "guest.syslog",
		.title	= "No syslog daemon runs in the guest",
		.why	= "it wakes up for every message of the kernel and writes it to disk",
		.source	= "ACRN real-time tips (disable journald, syslogd)",
		.remedy	= "systemctl disable --now rsyslog.service",
		.scopes	= SCOPE_GUEST, .severity = SEVERITY_LOW, .when = WHEN_RUNTIME,
		.place	= PLACE_SERVICE,
		.path	= "rsyslog.service rsyslogd.service syslog-ng.service syslogd.service",
		.want	= want_one_of, .text = "stopped|absent",
	},
	{
		.id	= "guest.may_measure",
		.title	= "Who measures may take a real-time priority and lock its memory",
		.why	= "a thread that is refused either measures its own scheduling and page faults",
		.source	= "Virt-RT guide 8.1; capabilities(7); sched(7)",
		.remedy	= "start the agent as root with CAP_SYS_NICE and CAP_IPC_LOCK, outside a "
			  "container that takes them away",
		.scopes	= SCOPE_GUEST, .severity = SEVERITY_MEDIUM, .when = WHEN_RUNTIME,
		.place	= PLACE_COMPUTED, .judge = guest_judge_may_measure,
		.reads	= guest_reads_may_measure,
	},
	{
		.id	= "guest.lockdown",
		.title	= "The kernel is not locked down",
		.why	= "lockdown takes tracing, debugfs and the MSRs away: what disturbs the guest "
			  "can no longer be found out",
		.source	= "kernel_lockdown(7); Virt-RT guide 3.2.3",
		.remedy	= "boot without lockdown= (and without secure boot) while causes are looked for",
		.scopes	= SCOPE_GUEST, .severity = SEVERITY_LOW, .when = WHEN_REBOOT,
		.place	= PLACE_FILE, .path = "sys/kernel/security/lockdown",
		.want	= want_selected, .text = "none",
		.absent	= ABSENT_NA,
		.absent_means = "securityfs is not mounted, or the kernel has no lockdown",
	},
	{
		.id	= "guest.measuring_threads",
		.title	= "The threads that measure are where and what they were meant to be",
		.why	= "a wrong priority, CPU or unlocked memory gives figures of another guest; a "
			  "known test suite passed for years with the wrong priority",
		.source	= "Virt-RT guide 8.1 (mask 0x0e of four vCPUs)",
		.remedy	= "lathe run reads policy, priority, CPUs and locked memory from /proc while it "
			  "measures, and believes no run in which they differ",
		.scopes	= SCOPE_GUEST, .severity = SEVERITY_INFO, .when = WHEN_NEVER,
		.place	= PLACE_EXPLAIN,
	},
	{
		.id	= "guest.measuring_interval",
		.title	= "Interval and distance of the measuring threads are on record",
		.why	= "cyclictest's threads wake at once with -d0 and spread out without it; figures "
			  "of other intervals cannot be compared",
		.source	= "Virt-RT guide 8.1 (cyclictest -i1000 -d0)",
		.remedy	= "the report prints the command line of each stage",
		.scopes	= SCOPE_GUEST, .severity = SEVERITY_INFO, .when = WHEN_NEVER,
		.place	= PLACE_EXPLAIN,
	},
	{0},
};
/* clang-format on */
