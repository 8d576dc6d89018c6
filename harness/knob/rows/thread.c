/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What QEMU made of it: its threads and its memory, as the host's /proc shows them. A VM's
 * threads have a role each (threads.h).
 */
#include <errno.h>
#include <sched.h>
#include <string.h>

#include "domain_values.h"
#include "judge.h"
#include "number.h"
#include "planned.h"
#include "row_threads.h"
#include "rows.h"
#include "view.h"

static const char *const thread_file[] = {CAPTURE_THREADS, NULL};
static const char *const status_and_domain[] = {"status", "domain-live.xml", NULL};
static const char *const limits_and_domain[] = {"limits", "domain-live.xml", NULL};

static char *place_of(const KnobThread *thread)
{
	return g_strdup_printf("%s (thread %u, %s)", thread->role, thread->tid, thread->comm);
}

static gboolean has_role(const KnobThread *thread, const char *role)
{
	return g_str_has_prefix(thread->role, role);
}

/* Whether a thread, whose CPUs are known, is as the row wants it; both texts are always set. */
typedef gboolean (*Says)(const Knob *knob, KnobView *view, const KnobThread *thread,
			 char **ret_seen, char **ret_wanted);

/* Each thread of the row's role, its `path`; that there is none is what `absent` says. */
static void judge_each(const Knob *knob, KnobView *view, Finding *finding, Says says)
{
	const GArray *threads = row_threads(knob, view, finding);
	g_autoptr(GString) wrong = g_string_new(NULL);
	guint found = 0, unknown = 0;

	if (!threads)
		return;
	for (guint i = 0; i < threads->len; i++) {
		const KnobThread *thread = &g_array_index(threads, KnobThread, i);
		gboolean known = thread->allowed && cpuset_count(thread->allowed) > 0;
		char *seen = NULL, *wanted = NULL;

		if (!has_role(thread, knob->path))
			continue;
		found++;
		unknown += !known;
		if (known && !says(knob, view, thread, &seen, &wanted))
			g_string_append_printf(wrong, "%s%s: %s, not %s", wrong->len ? "; " : "",
					       thread->role, seen, wanted);
		finding_add_evidence(finding, place_of(thread), seen, wanted);
	}
	if (wrong->len)
		knob_conclude(knob, finding, MATCH_BROKEN, "%s", wrong->str);
	else if (unknown)
		knob_conclude(knob, finding, MATCH_ODD,
			      "where %u of %u threads may run is not known", unknown, found);
	else if (found)
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
	else
		knob_conclude_errno(knob, view, finding, knob->path, ENOENT);
}

static gboolean on_one_cpu(const Knob *knob G_GNUC_UNUSED, KnobView *view G_GNUC_UNUSED,
			   const KnobThread *thread, char **ret_seen, char **ret_wanted)
{
	*ret_seen = cpulist_format(thread->allowed);
	*ret_wanted = g_strdup("one CPU");
	return cpuset_count(thread->allowed) == 1;
}

static void judge_pinned(const Knob *knob, KnobView *view, Finding *finding)
{
	judge_each(knob, view, finding, on_one_cpu);
}

static gboolean off_planned(const Knob *knob G_GNUC_UNUSED, KnobView *view,
			    const KnobThread *thread, char **ret_seen, char **ret_wanted)
{
	g_autofree char *planned = cpulist_format(knob_view_planned(view));

	*ret_seen = cpulist_format(thread->allowed);
	*ret_wanted = g_strdup_printf("CPUs other than %s", planned);
	return !cpuset_intersects(thread->allowed, knob_view_planned(view));
}

static void judge_off_planned(const Knob *knob, KnobView *view, Finding *finding)
{
	if (!planned_missing(knob, view, finding))
		judge_each(knob, view, finding, off_planned);
}

static gboolean is_rt(const KnobThread *thread)
{
	return thread->policy == SCHED_FIFO || thread->policy == SCHED_RR;
}

/* vCPU 0 keeps house in the guest; every other one is meant to be real-time, whatever its
 * thread is. */
static gboolean on_isolated(const Knob *knob G_GNUC_UNUSED, KnobView *view,
			const KnobThread *thread, char **ret_seen, char **ret_wanted)
{
	const Cpuset *isolated = knob_view_isolated(knob_view_host(view));

	gboolean wanted = is_rt(thread) || strcmp(thread->role, "vcpu 0") != 0;
	g_autofree char *list = cpulist_format(isolated);

	*ret_seen = cpulist_format(thread->allowed);
	*ret_wanted = !wanted ? g_strdup("any")
		      : *list ? g_strdup(list)
			      : g_strdup("an isolated CPU (the host has none)");
	return !wanted || cpuset_is_subset(thread->allowed, isolated);
}

static void judge_vcpu_isolated(const Knob *knob, KnobView *view, Finding *finding)
{
	KnobView *host = knob_view_host(view);

	if (!host || !knob_view_isolated_known(host))
		knob_conclude(knob, finding, MATCH_ODD, "the host's isolated CPUs are not known");
	else
		judge_each(knob, view, finding, on_isolated);
}

/* Whoever has a CPU of its own is real-time there; vCPU 0 keeps house in the guest. */
static gboolean is_fifo(const Knob *knob G_GNUC_UNUSED, KnobView *view,
			const KnobThread *thread, char **ret_seen, char **ret_wanted)
{
	gboolean wanted = strcmp(thread->role, "vcpu 0") != 0 &&
			  cpuset_is_subset(thread->allowed, knob_view_planned(view));

	*ret_seen = g_strdup_printf("%s priority %u", is_rt(thread) ? "real-time" : "SCHED_OTHER",
				    thread->rt_priority);
	*ret_wanted = g_strdup(wanted ? "real-time" : "any");
	return !wanted || is_rt(thread);
}

static void judge_real_time(const Knob *knob, KnobView *view, Finding *finding)
{
	if (!planned_missing(knob, view, finding))
		judge_each(knob, view, finding, is_fifo);
}

/* The lowest priority of a real-time vCPU; 0 without one: then any real-time thread outranks
 * them all. */
static guint lowest_vcpu(KnobView *view)
{
	const GArray *threads = knob_view_threads(view, NULL);
	guint lowest = 0;

	for (guint i = 0; threads && i < threads->len; i++) {
		const KnobThread *thread = &g_array_index(threads, KnobThread, i);

		if (has_role(thread, "vcpu") && is_rt(thread) &&
		    (lowest == 0 || thread->rt_priority < lowest))
			lowest = thread->rt_priority;
	}
	return lowest;
}

/* Where it shares a CPU with a vCPU it must not win against it. */
static gboolean is_outranked(const Knob *knob, KnobView *view, const KnobThread *thread,
			     char **ret_seen, char **ret_wanted)
{
	const char *choice = knob_view_choice(view, knob->id);
	guint lowest = lowest_vcpu(view);
	gboolean below = is_rt(thread) && thread->rt_priority < lowest;

	*ret_seen = g_strdup_printf("%s priority %u", is_rt(thread) ? "real-time" : "SCHED_OTHER",
				    thread->rt_priority);
	if (choice && strcmp(choice, "other") == 0) {
		*ret_wanted = g_strdup("SCHED_OTHER, the profile's choice");
		return !is_rt(thread);
	}
	*ret_wanted = g_strdup_printf("%sbelow the vCPUs' priority %u",
				      choice ? "SCHED_FIFO, the profile's choice, "
					     : "SCHED_OTHER, or ",
				      lowest);
	if (choice)
		return below && thread->policy == SCHED_FIFO;
	return !is_rt(thread) || below;
}

static void judge_outranked(const Knob *knob, KnobView *view, Finding *finding)
{
	judge_each(knob, view, finding, is_outranked);
}

/* ---- memory ----------------------------------------------------------------------------- */

static gboolean guest_kib(const Knob *knob, KnobView *view, Finding *finding, guint64 *ret)
{
	int errnum = 0;
	g_autoptr(GPtrArray) values =
		domain_values(view, "/domain/memory[@unit='KiB']", &errnum);

	if (values && values->len == 1 &&
	    number_parse(values->pdata[0], 1, G_GUINT64_CONSTANT(1) << 40, ret, NULL))
		return TRUE;
	knob_conclude(knob, finding, MATCH_ODD,
		      "the size of the VM's memory is not in domain-live.xml");
	return FALSE;
}

/* "VmLck:      1234 kB" */
static gboolean status_kib(const Knob *knob, KnobView *view, Finding *finding, const char *name,
			   guint64 *ret)
{
	int errnum = 0;
	const char *text = knob_view_read(view, "status", &errnum);
	Span span = span_of(text ? text : ""), line;

	while (span_take_line(&span, &line)) {
		if (!span_take_literal(&line, name) || !span_take_literal(&line, ":"))
			continue;
		span_skip_blanks(&line);
		if (span_take_number(&line, G_GUINT64_CONSTANT(1) << 50, ret) &&
		    span_take_literal(&line, " kB"))
			return TRUE;
	}
	knob_conclude(knob, finding, MATCH_ODD, "status of QEMU: %s",
		      text ? "it holds no such line" : g_strerror(errnum));
	return FALSE;
}

static void compare_kib(const Knob *knob, Finding *finding, const char *place, guint64 seen,
			guint64 wanted)
{
	finding_add_evidence(finding, g_strdup(place),
			     g_strdup_printf("%" G_GUINT64_FORMAT " kB", seen),
			     g_strdup_printf("%" G_GUINT64_FORMAT " kB or more", wanted));
	if (seen >= wanted)
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
	else
		knob_conclude(knob, finding, MATCH_BROKEN,
			      "%s holds %" G_GUINT64_FORMAT " kB, the guest has %" G_GUINT64_FORMAT
			      " kB",
			      place, seen, wanted);
}

/* `path` is the line of status. Huge pages, which cannot be swapped, are in none of them. */
static void judge_as_large(const Knob *knob, KnobView *view, Finding *finding)
{
	g_autofree char *place = g_strdup_printf("%s and HugetlbPages of QEMU", knob->path);
	guint64 wanted, seen, huge;

	if (guest_kib(knob, view, finding, &wanted) &&
	    status_kib(knob, view, finding, knob->path, &seen) &&
	    status_kib(knob, view, finding, "HugetlbPages", &huge))
		compare_kib(knob, finding, place, seen + huge, wanted);
}

static void judge_swapped(const Knob *knob, KnobView *view, Finding *finding)
{
	guint64 swapped;

	if (!status_kib(knob, view, finding, "VmSwap", &swapped))
		return;
	finding_add_evidence(finding, g_strdup("VmSwap of QEMU"),
			     g_strdup_printf("%" G_GUINT64_FORMAT " kB", swapped),
			     g_strdup("0 kB"));
	if (swapped == 0)
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
	else
		knob_conclude(knob, finding, MATCH_BROKEN,
			      "%" G_GUINT64_FORMAT " kB of QEMU are swapped out", swapped);
}

/* "Max locked memory         65536                65536                bytes" */
static void judge_memlock(const Knob *knob, KnobView *view, Finding *finding)
{
	int errnum = 0;
	const char *text = knob_view_read(view, "limits", &errnum);
	Span span = span_of(text ? text : ""), line;
	guint64 wanted, bytes;

	if (!guest_kib(knob, view, finding, &wanted))
		return;
	while (span_take_line(&span, &line)) {
		if (!span_take_literal(&line, "Max locked memory"))
			continue;
		span_skip_blanks(&line);
		if (span_take_literal(&line, "unlimited")) {
			finding_add_evidence(finding, g_strdup("Max locked memory of QEMU"),
					     g_strdup("unlimited"), NULL);
			knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
			return;
		}
		if (span_take_number(&line, G_MAXINT64, &bytes)) {
			compare_kib(knob, finding, "Max locked memory of QEMU", bytes / 1024,
				    wanted);
			return;
		}
	}
	knob_conclude(knob, finding, MATCH_ODD, "limits of QEMU: %s",
		      text ? "it holds no limit of locked memory" : g_strerror(errnum));
}

/* clang-format off */
#define THREAD_ROW                                                                           \
	.scopes = SCOPE_VM, .when = WHEN_RUNTIME, .place = PLACE_COMPUTED
#define MEMORY_ROW                                                                           \
	.scopes = SCOPE_VM, .when = WHEN_VM_RESTART, .place = PLACE_COMPUTED

const Knob knob_rows_thread[] = {
	{
		.id	= "thread.vcpu_pinned",
		.title	= "Each vCPU thread may run on one CPU",
		.why	= "a vCPU that migrates between CPUs loses its caches, and may land on "
			  "another one's CPU",
		.source	= "ServoBox RT settings 15; host and QEMU tuning notes (taskset)",
		.remedy	= "virsh vcpupin VM VCPU CPU",
		THREAD_ROW, .severity = SEVERITY_FATAL,
		.path	= "vcpu", .judge = judge_pinned, .reads = thread_file,
	},
	{
		.id	= "thread.vcpu_isolated",
		.title	= "Real-time vCPU threads are on CPUs that the host isolates",
		.why	= "a pin alone keeps the vCPU there, not the others away",
		.source	= "ServoBox RT settings; Virt-RT guide 3.2.2",
		.remedy	= "boot the host with isolcpus=managed_irq,domain,PLANNED_CPUS, or move the vCPUs "
			  "there",
		THREAD_ROW, .severity = SEVERITY_FATAL,
		.path	= "vcpu", .judge = judge_vcpu_isolated, .reads = thread_file,
	},
	{
		.id	= "thread.vcpu_policy",
		.title	= "vCPU threads with a CPU of their own are real-time",
		.why	= "under SCHED_OTHER a vCPU waits for its turn like any other task; "
			  "libvirt's request fails silently where it is not allowed",
		.source	= "ServoBox RT settings 17; host and QEMU tuning notes (chrt -f)",
		.remedy	= "add <vcpusched>, or: chrt -f -p PRIORITY THREAD",
		THREAD_ROW, .severity = SEVERITY_HIGH,
		.path	= "vcpu", .judge = judge_real_time, .reads = thread_file,
	},
	{
		.id	= "thread.emulator",
		.title	= "QEMU's main thread may not run on the vCPUs' CPUs",
		.why	= "device emulation and monitor commands would interrupt a vCPU",
		.source	= "ServoBox RT settings 8; KVM-RT guide (Understanding QEMU/KVM Threads)",
		.remedy	= "virsh emulatorpin VM HOUSEKEEPING",
		THREAD_ROW, .severity = SEVERITY_HIGH,
		.path	= "emulator", .judge = judge_off_planned, .reads = thread_file,
	},
	{
		.id	= "thread.iothread",
		.title	= "IOThreads may not run on the vCPUs' CPUs",
		.why	= "each disk request would interrupt a vCPU",
		.source	= "ServoBox RT settings 9",
		.remedy	= "virsh iothreadpin VM 1 HOUSEKEEPING",
		THREAD_ROW, .severity = SEVERITY_MEDIUM,
		.path	= "iothread", .judge = judge_off_planned, .reads = thread_file,
		.absent	= ABSENT_NA, .absent_means = "the VM has no IOThread",
	},
	{
		.id	= "thread.worker",
		.title	= "QEMU's worker threads may not run on the vCPUs' CPUs",
		.why	= "a worker that a vCPU thread makes inherits its CPU and its priority",
		.source	= "KVM-RT guide (Understanding QEMU/KVM Threads)",
		.remedy	= "taskset -p -c HOUSEKEEPING THREAD",
		THREAD_ROW, .severity = SEVERITY_MEDIUM,
		.path	= "worker", .judge = judge_off_planned, .reads = thread_file,
		.absent	= ABSENT_NA, .absent_means = "QEMU has no worker thread",
	},
	{
		.id	= "thread.vhost",
		.title	= "vhost workers may not run on the vCPUs' CPUs",
		.why	= "each packet would interrupt a vCPU; since Linux 6.4 the worker is a "
			  "thread of QEMU, before that a kernel thread",
		.source	= "ServoBox (vhost threads)",
		.remedy	= "taskset -p -c HOUSEKEEPING THREAD",
		THREAD_ROW, .severity = SEVERITY_MEDIUM,
		.path	= "vhost", .judge = judge_off_planned, .reads = thread_file,
		.absent	= ABSENT_NA, .absent_means = "the VM has no vhost worker",
	},
	{
		.id	= "thread.emulator_policy",
		.title	= "QEMU's main thread does not outrank its vCPUs",
		.why	= "where both are real-time and share a CPU, the higher one starves the "
			  "other",
		.source	= "ServoBox RT settings 16 (SCHED_FIFO 70, vCPUs 80)",
		.remedy	= "chrt -o -p 0 THREAD, or chrt -f -p 70 THREAD",
		.opinions = "ServoBox makes QEMU's main thread SCHED_FIFO 70, below its vCPUs; "
			    "libvirt's guide and SEAPATH leave it SCHED_OTHER",
		.sides	= "other|fifo",
		THREAD_ROW, .severity = SEVERITY_MEDIUM,
		.path	= "emulator", .judge = judge_outranked, .reads = thread_file,
	},
	{
		.id	= "thread.memory_locked",
		.title	= "QEMU has locked as much memory as the guest has",
		.why	= "what is not locked can be swapped out, migrated or merged, and costs "
			  "faults; the XML is an intent",
		.source	= "ServoBox RT settings 10; KVM-RT guide (rt_memory)",
		.remedy	= "add <memoryBacking><locked/></memoryBacking>, and let libvirt lift "
			  "RLIMIT_MEMLOCK",
		MEMORY_ROW, .severity = SEVERITY_FATAL,
		.path	= "VmLck", .judge = judge_as_large, .reads = status_and_domain,
	},
	{
		.id	= "thread.memory_resident",
		.title	= "All of the guest's memory is there",
		.why	= "memory that is handed out on first use costs a fault on each page's "
			  "first use",
		.source	= "host and QEMU tuning notes (mem-prealloc)",
		.remedy	= "lock the memory, use huge pages, or preallocate it",
		MEMORY_ROW, .severity = SEVERITY_HIGH,
		.path	= "VmRSS", .judge = judge_as_large, .reads = status_and_domain,
	},
	{
		.id	= "thread.memory_swapped",
		.title	= "Nothing of QEMU is swapped out",
		.why	= "the next access waits for a disk",
		.source	= "ServoBox RT settings 10",
		.remedy	= "swapoff -a, or lock the VM's memory",
		MEMORY_ROW, .severity = SEVERITY_HIGH,
		.judge	= judge_swapped, .reads = status_and_domain,
	},
	{
		.id	= "thread.memlock_limit",
		.title	= "QEMU may lock as much memory as the guest has",
		.why	= "a VM with <locked/> does not start otherwise",
		.source	= "libvirt domain XML, memtune hard_limit; getrlimit(2) RLIMIT_MEMLOCK",
		.remedy	= "set <memtune><hard_limit>, or LimitMEMLOCK of libvirt's service",
		MEMORY_ROW, .severity = SEVERITY_MEDIUM,
		.judge	= judge_memlock, .reads = limits_and_domain,
	},
	{.id = NULL},
};
