/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel takes from real-time threads so that the others live: throttling and the
 * fair server; groups without real-time run time are throttle_group.c's. */
#include <string.h>

#include "judge.h"
#include "kernel_cmdline.h"
#include "kernel_log.h"
#include "number.h"
#include "rows.h"
#include "set.h"
#include "throttle.h"
#include "want.h"

#define RELEASE     "proc/sys/kernel/osrelease"
#define RT_RUNTIME  "proc/sys/kernel/sched_rt_runtime_us"
#define FAIR_SERVER "sys/kernel/debug/sched/fair_server/cpu"

gboolean throttle_older_than(KnobView *view, guint major, guint minor,
			     const char **ret_release)
{
	const char *release = knob_view_line(view, RELEASE, NULL);
	Span span;
	guint64 has_major, has_minor;

	if (!release)
		return FALSE;
	span = span_of(release);
	if (!span_take_number(&span, 1000, &has_major) ||
	    !span_take_literal(&span, ".") || !span_take_number(&span, 1000, &has_minor))
		return FALSE;
	*ret_release = release;
	return has_major < major || (has_major == major && has_minor < minor);
}

/* "sched/fair: Fair server interface" (d741f297bcea) came with 6.12. */
static gboolean has_fair_server(const Knob *knob G_GNUC_UNUSED, KnobView *view,
				char **ret_proof)
{
	const char *release = NULL;

	if (!throttle_older_than(view, 6, 12, &release))
		return TRUE;
	*ret_proof = g_strdup_printf("Linux %s has no fair server, it came with 6.12: "
				     "throttle.rt_runtime counts there",
				     release);
	return FALSE;
}

/* Since 6.12 ("sched/rt: Remove default bandwidth control") nobody but real-time groups
 * throttles FIFO threads; the sysctl then only bounds what SCHED_DEADLINE may ask for. */
static gboolean throttles(const Knob *knob G_GNUC_UNUSED, KnobView *view,
			  char **ret_proof)
{
	const char *release = NULL;
	const char *groups;

	if (throttle_older_than(view, 6, 12, &release) || !release)
		return TRUE;
	groups = knob_view_kconfig(view, "RT_GROUP_SCHED", NULL);
	if (!groups || strcmp(groups, "n") != 0)
		return TRUE;
	*ret_proof = g_strdup_printf(
		"Linux %s without CONFIG_RT_GROUP_SCHED does not throttle "
		"FIFO threads: throttle.fair_server counts there",
		release);
	return FALSE;
}

/* A number that is one of the words of `text`; another number is broken, the rest is odd.
 */
static KnobMatch want_number_of(const Knob *knob, KnobView *view,
				const KnobReading *reading, char **ret_wanted,
				char **ret_note)
{
	Span span = span_of(reading->value);
	gint64 value;

	if (!span_take_signed(&span, G_MAXINT64, &value) || span.at != span.end)
		return MATCH_ODD;
	return want_one_of(knob, view, reading, ret_wanted, ret_note);
}

/* ---- throttling that was seen, and that must come
 * -------------------------------------- */

/* printk_deferred_once() in kernel/sched/rt.c: it is said once, the first time. */
static char *find_throttling(const char *log)
{
	static const KernelLogSign signs[] = {
		{"RT throttling activated",
		 "\"RT throttling activated\", once for all times that it stopped every FIFO "
		 "thread of a CPU"},
		{NULL, NULL},
	};

	return kernel_log_signs(log, signs);
}

static void judge_throttled(const Knob *knob, KnobView *view, Finding *finding)
{
	kernel_log_judge(knob, view, finding, find_throttling);
}

KnobMatch throttle_host_spares(KnobView *host, char **ret_why)
{
	const Cpuset *planned = knob_view_planned(host);
	g_autofree char *proof = NULL;
	gint64 runtime;
	int errnum = 0;

	if (throttles(NULL, host, &proof)) {
		if (!knob_view_number(host, RT_RUNTIME, -1, G_MAXINT32, &runtime,
				      &errnum)) {
			*ret_why =
				g_strdup_printf("%s: %s", RT_RUNTIME, g_strerror(errnum));
			return MATCH_ODD;
		}
		if (runtime >= 0) {
			*ret_why = g_strdup_printf("%s is %" G_GINT64_FORMAT, RT_RUNTIME,
						   runtime);
			return MATCH_BROKEN;
		}
	}
	g_clear_pointer(&proof, g_free);
	if (!has_fair_server(NULL, host, &proof))
		return MATCH_HOLDS;
	if (cpuset_count(planned) == 0) {
		*ret_why = g_strdup("no CPU of the host is planned for vCPUs");
		return MATCH_ODD;
	}
	CPUSET_FOREACH (cpu, planned) {
		g_autofree char *path = g_strdup_printf(FAIR_SERVER "%d/runtime", cpu);

		if (!knob_view_number(host, path, 0, G_MAXINT64, &runtime, &errnum)) {
			*ret_why = g_strdup_printf("%s: %s", path, g_strerror(errnum));
			return MATCH_ODD;
		}
		if (runtime > 0) {
			*ret_why =
				g_strdup_printf("%s is %" G_GINT64_FORMAT, path, runtime);
			return MATCH_BROKEN;
		}
	}
	return MATCH_HOLDS;
}

static void judge_polling(const Knob *knob, KnobView *view, Finding *finding)
{
	KnobView *host = knob_view_host(view);
	g_autofree char *why = NULL;
	KnobMatch match;
	int errnum = 0;
	const KernelCmdline *cmdline = knob_view_cmdline(view, &errnum);
	const char *idle;

	if (!cmdline) {
		knob_conclude_errno(knob, view, finding, "proc/cmdline", errnum);
		return;
	}
	idle = kernel_cmdline_last(cmdline, "idle");
	finding_add_evidence(finding, g_strdup("proc/cmdline idle"),
			     g_strdup(idle ? idle : "not given"), NULL);
	if (kernel_cmdline_size(cmdline) == 0) {
		knob_conclude(knob, finding, MATCH_ODD, "the command line is empty");
	} else if (!idle || strcmp(idle, "poll") != 0) {
		knob_conclude(knob, finding, MATCH_HOLDS,
			      "the guest does not poll: an idle vCPU gives its CPU away");
	} else if (!host) {
		knob_conclude(
			knob, finding, MATCH_ODD,
			"the guest polls (idle=poll), and nobody looked at its host");
	} else {
		match = throttle_host_spares(host, &why);
		knob_conclude(knob, finding, match, "the guest polls (idle=poll)%s%s",
			      why ? "; host: " : " and its host takes no time from it",
			      why ? why : "");
	}
}

static const char *const kconfig_files[] = {RELEASE,
					    "boot/config-*",
					    "lib/modules/*/config",
					    "usr/lib/modules/*/config",
					    "proc/config.gz",
					    NULL};
static const char *const release_file[] = {RELEASE, NULL};
static const char *const polling_files[] = {"proc/cmdline", NULL};
#define HOST_AND_GUEST (SCOPE_HOST | SCOPE_GUEST)

/* clang-format off */
const Knob knob_rows_throttle[] = {
	{
		.id	= "throttle.rt_runtime",
		.title	= "The share of real-time threads is one that a source recommends",
		.why	= "unless it is -1, the kernel stops every FIFO thread of a CPU, a vCPU that never "
			  "sleeps too, for 50 ms in each second; at -1 such a thread starves "
			  "everything else on its CPU",
		.source	= "ACRN real-time tips; tuned realtime; OpenShift node tuning operator; "
			  "Documentation/scheduler/sched-rt-group.rst",
		.remedy	= "sysctl kernel.sched_rt_runtime_us=-1 (or 950000, the kernel's default)",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_MEDIUM, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .path = RT_RUNTIME,
		.want	= want_number_of, .text = "-1|950000",
		.applies = throttles, .reads = kconfig_files,
		.opinions = "tuned realtime and OpenShift set -1, so that a vCPU is never stopped; the "
			    "ACRN tips warn of -1, since a FIFO thread that never sleeps then locks "
			    "its CPU up and keeps nohz from working",
		.sides	= "-1|950000",
		.set	= set_choice,
		.disruption = "at -1 a real-time thread that never sleeps locks its CPU up",
	},
	{
		.id	= "throttle.seen",
		.title	= "The kernel has not throttled real-time threads since boot",
		.why	= "throttling takes the CPU from every FIFO thread for the rest of a second; "
			  "whatever ran then missed tens of milliseconds",
		.source	= "SEAPATH (its tests search the log for it); kernel/sched/rt.c",
		.remedy	= "find the FIFO thread that never sleeps; sysctl kernel.sched_rt_runtime_us=-1; "
			  "then reboot or dmesg -C",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_FATAL, .when = WHEN_RUNTIME,
		.place	= PLACE_COMPUTED, .judge = judge_throttled, .reads = kernel_log_reads,
		.again	= AGAIN_WORSE,
	},
	{
		.id	= "throttle.fair_server",
		.title	= "The fair server of vCPUs' CPUs is set as a source recommends",
		.why	= "since 6.12 it takes a CPU from a FIFO thread that never sleeps (a guest with "
			  "idle=poll, oslat) for up to 50 ms in each second, in favour of ordinary threads",
		.source	= "Documentation/scheduler/sched-deadline.rst; kernel/sched/debug.c; by "
			  "analogy tuned realtime and ACRN real-time tips on sched_rt_runtime_us",
		.remedy	= "mount -t debugfs none /sys/kernel/debug; for i in /sys/kernel/debug/sched/"
			  "fair_server/cpu[5-7]/runtime; do echo 0 > $i; done",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_HIGH, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .per = PER_PLANNED_CPU, .path = FAIR_SERVER "{cpu}/runtime",
		.want	= want_number_of, .text = "0|50000000",
		.applies = has_fair_server, .reads = release_file,
		.opinions = "0 is what sched_rt_runtime_us=-1 was before 6.12 (tuned realtime): a vCPU "
			    "keeps its CPU; the default of 50 ms in each second keeps the host alive "
			    "beside a FIFO thread that never sleeps",
		.sides	= "0|50000000",
		.set	= set_choice,
		.disruption = "at 0 a real-time thread that never sleeps locks its CPU up",
	},
	{
		.id	= "throttle.guest_fair_server",
		.title	= "The fair server of the guest's RT vCPUs is set as a source recommends",
		.why	= "it takes the vCPU from a FIFO program that never sleeps for up to 50 ms in "
			  "each second",
		.source	= "Documentation/scheduler/sched-deadline.rst; kernel/sched/debug.c",
		.remedy	= "in the guest: echo 0 > /sys/kernel/debug/sched/fair_server/cpu1/runtime",
		.scopes	= SCOPE_GUEST, .severity = SEVERITY_MEDIUM, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .per = PER_PLANNED_CPU, .path = FAIR_SERVER "{cpu}/runtime",
		.want	= want_number_of, .text = "0|50000000",
		.applies = has_fair_server, .reads = release_file,
		.opinions = "0 lets a polling program keep its vCPU; the default of 50 ms in each "
			    "second keeps the guest's other threads alive",
		.sides	= "0|50000000",
	},
	{
		.id	= "throttle.polling_guest",
		.title	= "The host takes no CPU time from a guest that polls",
		.why	= "a vCPU under idle=poll never sleeps, so that a host with RT throttling or a "
			  "fair server stops it for 50 ms in every second",
		.source	= "Documentation/scheduler/sched-rt-group.rst; Documentation/scheduler/"
			  "sched-deadline.rst",
		.remedy	= "on the host: sysctl kernel.sched_rt_runtime_us=-1 and 0 in fair_server/"
			  "cpu*/runtime; or take idle=poll off the guest's command line",
		.scopes	= SCOPE_GUEST, .severity = SEVERITY_HIGH, .when = WHEN_RUNTIME,
		.place	= PLACE_COMPUTED, .judge = judge_polling, .reads = polling_files,
	},
	{
		.id	= "throttle.rt_group",
		.title	= "Control groups do not keep VMs' threads from real-time policies",
		.why	= "with CONFIG_RT_GROUP_SCHED a group starts with no real-time run time, and "
			  "<vcpusched> fails: Cannot set scheduler parameters: Operation not permitted",
		.source	= "Documentation/scheduler/sched-rt-group.rst; Documentation/admin-guide/"
			  "cgroup-v2.rst; libvirt kbase kvm-realtime",
		.remedy	= "leave cpu out of cgroup_controllers in /etc/libvirt/qemu.conf, or sysctl "
			  "kernel.sched_rt_runtime_us=-1, or boot a kernel without CONFIG_RT_GROUP_SCHED",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_HIGH, .when = WHEN_RUNTIME,
		.place	= PLACE_COMPUTED, .judge = throttle_judge_rt_group, .reads = throttle_group_reads,
		.change	= throttle_change_rt_group, .refusable = TRUE,
		.disruption = "all real-time run time that is left goes to the groups of running VMs; "
			      "a FIFO thread that uses up its group's share is stopped until the next "
			      "period",
	},
	{
		.id	= "guest.rt_group_sched",
		.title	= "Real-time run time is not given to groups one by one",
		.why	= "with it a session or service outside the root group has no real-time run time: "
			  "SCHED_FIFO is refused there",
		.source	= "Documentation/scheduler/sched-rt-group.rst",
		.remedy	= "boot a kernel without CONFIG_RT_GROUP_SCHED (PREEMPT_RT excludes it), or "
			  "rt_group_sched=0",
		.scopes	= SCOPE_GUEST, .severity = SEVERITY_MEDIUM, .when = WHEN_REBOOT,
		.place	= PLACE_COMPUTED, .judge = throttle_judge_groups, .reads = throttle_group_reads,
	},
	{
		.id	= NULL,
	},
};
/* clang-format on */
