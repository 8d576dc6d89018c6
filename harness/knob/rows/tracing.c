/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tracing: whether it can be used to find a cause, and whether somebody left it on. */
#include <errno.h>
#include <string.h>

#include "judge.h"
#include "kernel_log.h"
#include "row_threads.h"
#include "rows.h"
#include "set.h"
#include "want.h"

/* Tracers that cost nothing while no one starts them: nop, and none. */
static KnobMatch want_no_tracer(const Knob *knob, KnobView *view,
				const KnobReading *reading, char **ret_wanted,
				char **ret_note)
{
	if (*reading->value == '\0')
		return MATCH_ODD;
	return want_text(knob, view, reading, ret_wanted, ret_note);
}

/* events/enable: 0 none, 1 all, X some (Documentation/trace/events.rst). */
static KnobMatch want_no_events(const Knob *knob, KnobView *view,
				const KnobReading *reading, char **ret_wanted,
				char **ret_note)
{
	(void)knob;
	(void)view;
	(void)ret_wanted;
	(void)ret_note;
	if (strcmp(reading->value, "0") == 0)
		return MATCH_HOLDS;
	return strcmp(reading->value, "1") == 0 || strcmp(reading->value, "X") == 0
		       ? MATCH_BROKEN
		       : MATCH_ODD;
}

/* Each event by itself: what was on is on again afterwards, and nothing else. */
static void change_events(const Knob *knob, KnobView *view, Changes *changes)
{
	static const char *const pattern = "sys/kernel/tracing/events/*/*/enable";
	int errnum = 0;
	const char *all = knob_view_line(view, knob->path, &errnum);
	const GPtrArray *paths;
	guint n = 0;

	if (!all && errnum != ENOENT)
		changes_add_unchangeable(changes, knob, "%s: %s", knob->path,
					 knob_view_strerror(view, errnum));
	if (!all || strcmp(all, "0") == 0)
		return;
	paths = knob_view_glob(view, pattern);
	for (guint i = 0; i < paths->len; i++) {
		const char *now = knob_view_line(view, paths->pdata[i], NULL);

		/* "1*": a trigger of somebody's holds it. */
		if (!now || strcmp(now, "1") != 0)
			continue;
		changes_add(changes, knob, CHANGE_FILE, paths->pdata[i], now, "0");
		n++;
	}
	if (n == 0)
		changes_add_unchangeable(changes, knob, "%s holds '%s', and no event is just on",
					 knob->path, all);
}

/* Programs that stop or instrument others while they run. */
static const char *const tracer_names[] = {
	"perf",           "bpftrace",        "trace-cmd", "strace", "ltrace", "gdb",
	"lttng-sessiond", "lttng-consumerd", "rtla",      "stap",   "stapio", "sysdig",
	"falco",          "execsnoop",       "tetragon",  NULL};

static void judge_tracers(const Knob *knob, KnobView *view, Finding *finding)
{
	g_autoptr(GString) found = g_string_new(NULL);
	const GArray *threads = row_threads(knob, view, finding);
	guint count = 0;

	if (!threads)
		return;
	for (guint i = 0; i < threads->len; i++) {
		const KnobThread *thread = &g_array_index(threads, KnobThread, i);

		if (thread->kernel_thread || thread->pid != thread->tid ||
		    !g_strv_contains(tracer_names, thread->comm) || count++ >= 8)
			continue;
		g_string_append_printf(found, "%s%s (%u)", found->len ? ", " : "",
				       thread->comm, thread->pid);
	}
	finding_add_evidence(finding, g_strdup("processes"),
			     g_strdup(count ? found->str : "none"), g_strdup("none"));
	if (count)
		knob_conclude(knob, finding, MATCH_BROKEN, "%u run: %s", count,
			      found->str);
	else
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
}

/* What the kernel prints when a CPU was stuck (kernel/watchdog.c,
 * kernel/rcu/tree_stall.h, kernel/hung_task.c, kernel/sched/core.c). */
static const KernelLogSign stalls[] = {{"soft lockup", "soft lockup"},
				 {"hard LOCKUP", "hard lockup"},
				 {"detected stall", "RCU stall"},
				 {"blocked for more than", "hung task"},
				 {"scheduling while atomic", "scheduling while atomic"},
				 {NULL, NULL}};
/* Of handlers that ran too long (kernel/events/core.c, arch/x86/kernel/nmi.c), and
 * hardware errors (drivers/firmware/efi/cper.c, arch/x86/kernel/cpu/mce). */
static const KernelLogSign handlers[] = {{"interrupt took too long", "perf interrupt"},
				   {"took too long to run", "NMI handler"},
				   {NULL, NULL}};
static const KernelLogSign hardware[] = {{"[Hardware Error]", "hardware error"},
				   {"mce: CPU", "machine check"},
				   {NULL, NULL}};

static char *find_stalls(const char *log)
{
	return kernel_log_signs(log, stalls);
}

static void judge_stalls(const Knob *knob, KnobView *view, Finding *finding)
{
	kernel_log_judge(knob, view, finding, find_stalls);
}

static char *find_handlers(const char *log)
{
	return kernel_log_signs(log, handlers);
}

static void judge_handlers(const Knob *knob, KnobView *view, Finding *finding)
{
	kernel_log_judge(knob, view, finding, find_handlers);
}

static char *find_hardware(const char *log)
{
	return kernel_log_signs(log, hardware);
}

static void judge_hardware(const Knob *knob, KnobView *view, Finding *finding)
{
	kernel_log_judge(knob, view, finding, find_hardware);
}

static const char *const thread_file[] = {CAPTURE_THREADS, NULL};

#define HOST_AND_GUEST (SCOPE_HOST | SCOPE_GUEST)

/* clang-format off */
const Knob knob_rows_tracing[] = {
	{
		.id	= "tracing.tracefs",
		.title	= "tracefs is mounted and readable",
		.why	= "without it nobody can say what caused a latency",
		.source	= "Documentation/trace/ftrace.rst; rtla(1)",
		.remedy	= "mount -t tracefs tracefs /sys/kernel/tracing",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_LOW, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .path = "sys/kernel/tracing/available_tracers",
		.want	= want_word, .text = "nop",
		.absent	= ABSENT_BROKEN, .absent_means = "tracefs is not mounted",
	},
	{
		.id	= "tracing.timerlat",
		.title	= "The timerlat tracer is there",
		.why	= "it tells timer, interrupt and thread latency apart, with the "
			  "stack of the culprit",
		.source	= "Documentation/trace/timerlat-tracer.rst; rtla-timerlat(1)",
		.remedy	= "CONFIG_TIMERLAT_TRACER=y",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_INFO, .when = WHEN_REBOOT,
		.place	= PLACE_FILE, .path = "sys/kernel/tracing/available_tracers",
		.want	= want_word, .text = "timerlat",
		.absent	= ABSENT_BROKEN, .absent_means = "tracefs is not mounted",
	},
	{
		.id	= "tracing.hwlat",
		.title	= "The hwlat tracer is there",
		.why	= "it finds stalls that no software causes, as system "
			  "management interrupts do",
		.source	= "Documentation/trace/hwlat_detector.rst; ACRN real-time tips "
			  "(SMI)",
		.remedy	= "CONFIG_HWLAT_TRACER=y",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_INFO, .when = WHEN_REBOOT,
		.place	= PLACE_FILE, .path = "sys/kernel/tracing/available_tracers",
		.want	= want_word, .text = "hwlat",
		.absent	= ABSENT_BROKEN, .absent_means = "tracefs is not mounted",
	},
	{
		.id	= "tracing.current_tracer",
		.title	= "No tracer was left on",
		.why	= "a function tracer makes every kernel function slower",
		.source	= "Documentation/trace/ftrace.rst",
		.remedy	= "echo nop > /sys/kernel/tracing/current_tracer",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_MEDIUM,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_FILE, .path = "sys/kernel/tracing/current_tracer",
		.want	= want_no_tracer, .text = "nop",
		.absent	= ABSENT_NA, .absent_means = "tracefs is not mounted",
		.set	= set_text,
		.disruption = "whoever traces gets nothing",
	},
	{
		.id	= "tracing.instances",
		.title	= "No tracer was left on in another instance",
		.why	= "a tool that was killed leaves its instance behind, and its "
			  "tracer running",
		.source	= "Documentation/trace/ftrace.rst (instances)",
		.remedy	= "echo nop > current_tracer in it, then rmdir "
			  "/sys/kernel/tracing/instances/NAME",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_MEDIUM,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_FILE,
		.path	= "sys/kernel/tracing/instances/*/current_tracer",
		.want	= want_no_tracer, .text = "nop",
		.absent	= ABSENT_NA, .absent_means = "there is no instance",
		.set	= set_text,
		.disruption = "whoever traces gets nothing",
	},
	{
		.id	= "tracing.events",
		.title	= "No trace event was left on",
		.why	= "each event writes a record, those of scheduler and "
			  "interrupts at every wake-up",
		.source	= "Documentation/trace/events.rst",
		.remedy	= "echo 0 > /sys/kernel/tracing/events/enable",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_MEDIUM,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_FILE, .path = "sys/kernel/tracing/events/enable",
		.want	= want_no_events, .text = "0",
		.absent	= ABSENT_NA, .absent_means = "tracefs is not mounted",
		.change	= change_events,
		.disruption = "whoever traces gets no events",
	},
	{
		.id	= "tracing.kprobes",
		.title	= "No kprobe was left behind",
		.why	= "each hit of a kprobe is a breakpoint or a jump with work of "
			  "somebody's making",
		.source	= "Documentation/trace/kprobetrace.rst",
		.remedy	= "echo > /sys/kernel/tracing/kprobe_events",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_MEDIUM,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_FILE, .path = "sys/kernel/tracing/kprobe_events",
		.want	= want_empty, .text = "empty",
		.absent	= ABSENT_NA,
		.absent_means = "tracefs is not mounted, or has no kprobes",
	},
	{
		.id	= "tracing.uprobes",
		.title	= "No uprobe was left behind",
		.why	= "each hit of a uprobe is a trap into the kernel",
		.source	= "Documentation/trace/uprobetracer.rst",
		.remedy	= "echo > /sys/kernel/tracing/uprobe_events",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_LOW, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .path = "sys/kernel/tracing/uprobe_events",
		.want	= want_empty, .text = "empty",
		.absent	= ABSENT_NA,
		.absent_means = "tracefs is not mounted, or has no uprobes",
	},
	{
		.id	= "tracing.stack_tracer",
		.title	= "The stack tracer is off",
		.why	= "it looks at the stack's depth in every kernel function",
		.source	= "Documentation/admin-guide/sysctl/kernel.rst "
			  "(stack_tracer_enabled)",
		.remedy	= "sysctl kernel.stack_tracer_enabled=0",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_MEDIUM,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_FILE, .path = "proc/sys/kernel/stack_tracer_enabled",
		.want	= want_switch, .text = "off",
		.absent	= ABSENT_NA, .absent_means = "the kernel has no stack tracer",
		.set	= set_switch,
		.disruption = "whoever traces gets nothing",
	},
	{
		.id	= "tracing.bpf_stats",
		.title	= "BPF programs are not timed",
		.why	= "timing reads the clock twice for each run of a BPF program",
		.source	= "Documentation/admin-guide/sysctl/kernel.rst "
			  "(bpf_stats_enabled)",
		.remedy	= "sysctl kernel.bpf_stats_enabled=0",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_LOW, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .path = "proc/sys/kernel/bpf_stats_enabled",
		.want	= want_switch, .text = "off",
		.absent	= ABSENT_NA, .absent_means = "the kernel has no BPF system call",
		.set	= set_switch,
		.disruption = "bpftool shows no run times",
	},
	{
		.id	= "tracing.schedstats",
		.title	= "Scheduler statistics are off",
		.why	= "they add work to every context switch and wake-up",
		.source	= "Documentation/admin-guide/sysctl/kernel.rst "
			  "(sched_schedstats)",
		.remedy	= "sysctl kernel.sched_schedstats=0",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_LOW, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .path = "proc/sys/kernel/sched_schedstats",
		.want	= want_switch, .text = "off",
		.absent	= ABSENT_NA,
		.absent_means = "the kernel has no scheduler statistics",
		.set	= set_switch,
		.disruption = "tools show no scheduler statistics",
	},
	{
		.id	= "tracing.programs",
		.title	= "No tracing or debugging program runs",
		.why	= "it holds probes, events or whole processes",
		.source	= "Documentation/trace/index.rst; ptrace(2)",
		.remedy	= "end it before measuring",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_MEDIUM,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_COMPUTED, .judge = judge_tracers, .reads = thread_file,
	},
	{
		.id	= "tracing.log_stalls",
		.title	= "The kernel's log tells of no stall",
		.why	= "a CPU that was stuck for seconds will be stuck again",
		.source	= "Documentation/RCU/stallwarn.rst; "
			  "Documentation/admin-guide/lockup-watchdogs.rst",
		.remedy	= "journalctl -k --grep 'lockup|stall|blocked for'; cure the "
			  "cause, reboot",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_MEDIUM, .when = WHEN_NEVER,
		.place	= PLACE_COMPUTED, .judge = judge_stalls, .reads = kernel_log_reads,
		.again	= AGAIN_WORSE,
	},
	{
		.id	= "tracing.log_handlers",
		.title	= "The kernel's log tells of no handler that ran too long",
		.why	= "a non-maskable interrupt that takes milliseconds is "
			  "profiling, or firmware that stopped the CPU meanwhile",
		.source	= "Linux kernel/events/core.c, arch/x86/kernel/nmi.c; ACRN "
			  "real-time tips (NMI)",
		.remedy	= "end profiling; nmi_watchdog=0; look for system management "
			  "interrupts",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_LOW, .when = WHEN_NEVER,
		.place	= PLACE_COMPUTED, .judge = judge_handlers, .reads = kernel_log_reads,
		.again	= AGAIN_WORSE,
	},
	{
		.id	= "tracing.log_hardware",
		.title	= "The kernel's log tells of no hardware error",
		.why	= "firmware handles memory errors in system management mode, "
			  "CPUs stopped",
		.source	= "Documentation/admin-guide/RAS/main.rst; ACRN real-time tips "
			  "(SMI)",
		.remedy	= "journalctl -k --grep 'Hardware Error'; replace the part",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_NEVER,
		.place	= PLACE_COMPUTED, .judge = judge_hardware, .reads = kernel_log_reads,
		.again	= AGAIN_WORSE,
	},
	{0},
};
