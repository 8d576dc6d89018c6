/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who runs, or may run, on the CPUs that are meant for vCPUs. */
#include <string.h>

#include "escape.h"
#include "isolate.h"
#include "judge.h"
#include "number.h"
#include "place.h"
#include "planned.h"
#include "row_threads.h"
#include "rows.h"
#include "set.h"
#include "want.h"

/* The threads, with at least one planned CPU; else NULL, and the finding is concluded. */
static const GArray *threads_to_judge(const Knob *knob, KnobView *view, Finding *finding)
{
	const GArray *threads = row_threads(knob, view, finding);

	return !threads || planned_missing(knob, view, finding) ? NULL : threads;
}

static char *name_of(const KnobThread *thread)
{
	g_autofree char *comm = escape_text(thread->comm, -1);

	return g_strdup_printf("%s (%u)", comm, thread->tid);
}

/* The vCPU itself, and the kernel's own threads that cannot be anywhere else. */
static gboolean belongs(const KnobThread *thread)
{
	return g_str_has_prefix(thread->role, "vcpu") ||
	       (thread->kernel_thread && thread->bound);
}

/* A thread that sleeps is said to be where it ran last until it wakes, wherever that may be by
 * then. */
static gboolean was_moved(const KnobThread *thread, const Cpuset *planned)
{
	return thread->allowed && cpuset_count(thread->allowed) > 0 &&
	       !cpuset_intersects(thread->allowed, planned);
}

static void judge_stray(const Knob *knob, KnobView *view, Finding *finding)
{
	g_autoptr(Tally) tally = tally_new(knob, view);
	const GArray *threads = threads_to_judge(knob, view, finding);
	const Cpuset *planned = knob_view_planned(view);
	guint stray = 0;

	if (!threads)
		return;
	for (guint i = 0; i < threads->len; i++) {
		const KnobThread *thread = &g_array_index(threads, KnobThread, i);
		g_autofree char *name = NULL;
		g_autofree char *seen = NULL;

		if (thread->last_cpu >= CPUSET_CPUS ||
		    !cpuset_contains(planned, thread->last_cpu) || belongs(thread) ||
		    was_moved(thread, planned))
			continue;
		name = name_of(thread);
		seen = g_strdup_printf("ran last on CPU %u", thread->last_cpu);
		tally_match(tally, MATCH_BROKEN, name, seen, -1, "a housekeeping CPU",
			    NULL);
		stray++;
	}
	if (stray == 0)
		tally_match(tally, MATCH_HOLDS, "proc/*/task/*/stat", "no other thread",
			    -1, knob->text, NULL);
	tally_finish(tally, finding);
}

static void judge_kthreads(const Knob *knob, KnobView *view, Finding *finding)
{
	g_autoptr(Tally) tally = tally_new(knob, view);
	const GArray *threads = threads_to_judge(knob, view, finding);
	const Cpuset *planned = knob_view_planned(view);
	guint kernel = 0, free_ones = 0, unknown = 0;

	if (!threads)
		return;
	for (guint i = 0; i < threads->len; i++) {
		const KnobThread *thread = &g_array_index(threads, KnobThread, i);
		g_autofree char *name = NULL;
		g_autofree char *seen = NULL;

		kernel += thread->kernel_thread;
		if (!thread->kernel_thread || thread->bound)
			continue;
		if (!thread->allowed || cpuset_count(thread->allowed) == 0) {
			unknown++;
			continue;
		}
		if (!cpuset_intersects(thread->allowed, planned))
			continue;
		name = name_of(thread);
		seen = cpulist_format(thread->allowed);
		tally_match(tally, MATCH_BROKEN, name, seen, -1, "housekeeping CPUs",
			    NULL);
		free_ones++;
	}
	if (kernel == 0)
		tally_match(tally, MATCH_ODD, "proc/*/task/*/status", "no kernel thread",
			    -1, NULL, "a PID namespace hides them");
	else if (unknown)
		tally_match(tally, MATCH_ODD, "proc/*/task/*/status", "unknown sets of CPUs", -1,
			    NULL, "where some kernel threads may run is not known");
	else if (free_ones == 0)
		tally_match(tally, MATCH_HOLDS, "proc/*/task/*/status",
			    "housekeeping CPUs", -1, knob->text, NULL);
	tally_finish(tally, finding);
}

static void judge_init(const Knob *knob, KnobView *view, Finding *finding)
{
	g_autoptr(Tally) tally = tally_new(knob, view);
	const GArray *threads = threads_to_judge(knob, view, finding);
	const KnobThread *init = NULL;
	g_autofree char *seen = NULL;

	if (!threads)
		return;
	for (guint i = 0; i < threads->len && !init; i++)
		if (g_array_index(threads, KnobThread, i).tid == 1)
			init = &g_array_index(threads, KnobThread, i);
	if (!init || !init->allowed || cpuset_count(init->allowed) == 0) {
		knob_conclude(knob, finding, MATCH_ODD, "process 1 is not to be seen");
		return;
	}
	seen = cpulist_format(init->allowed);
	tally_match(tally,
		    cpuset_intersects(init->allowed, knob_view_planned(view))
			    ? MATCH_BROKEN
			    : MATCH_HOLDS,
		    "proc/1/status Cpus_allowed_list", seen, -1, knob->text, NULL);
	tally_finish(tally, finding);
}

/* rcuop/N on preemptible kernels, rcuos/N on others. */
static gboolean offload_cpu(const char *comm, guint64 *ret_cpu)
{
	Span span = span_of(comm);

	return (span_take_literal(&span, "rcuop/") ||
		span_take_literal(&span, "rcuos/")) &&
	       span_take_number(&span, CPUSET_CPUS - 1, ret_cpu) && span.at == span.end;
}

static void judge_rcu_offloaded(const Knob *knob, KnobView *view, Finding *finding)
{
	g_autoptr(Tally) tally = tally_new(knob, view);
	const GArray *threads = threads_to_judge(knob, view, finding);
	g_autofree char *wanted = NULL;
	g_autofree char *seen = NULL;
	guint kernel = 0;
	Cpuset offloaded = {0};

	if (!threads)
		return;
	for (guint i = 0; i < threads->len; i++) {
		const KnobThread *thread = &g_array_index(threads, KnobThread, i);
		guint64 cpu;

		kernel += thread->kernel_thread;
		if (thread->kernel_thread && offload_cpu(thread->comm, &cpu))
			cpuset_add(&offloaded, (guint)cpu);
	}
	wanted = cpulist_format(knob_view_planned(view));
	seen = cpulist_format(&offloaded);
	tally_match(tally,
		    kernel == 0 ? MATCH_ODD
		    : cpuset_is_subset(knob_view_planned(view), &offloaded)
			    ? MATCH_HOLDS
			    : MATCH_BROKEN,
		    "threads rcuop/*, rcuos/*", seen, -1, wanted,
		    kernel == 0 ? "no kernel thread is to be seen" : NULL);
	tally_finish(tally, finding);
}

static void change_kthreads(const Knob *knob, KnobView *view, Changes *changes)
{
	/* Those of interrupts are for irq.threads, and follow theirs. */
	change_affinity(knob, view, changes, "!(irq/*)", FALSE);
}

/* What is effective is computed from cpuset.cpus beside it, where nothing stands for: as the
 * parent. */
static void change_slice(const Knob *knob, KnobView *view, Changes *changes)
{
	g_autofree char *path = g_strndup(knob->path, strlen(knob->path) - strlen(".effective"));
	const char *effective = knob_view_line(view, knob->path, NULL);
	int errnum = 0;
	const char *now = knob_view_line(view, path, &errnum);
	g_autofree char *then = NULL;
	Cpuset cpus;

	if (!effective || !cpulist_parse_kernel(effective, CPUSET_CPUS, &cpus, NULL) ||
	    !cpuset_intersects(&cpus, knob_view_planned(view)))
		return;
	if (!now || !set_without_planned(view, &cpus, &cpus)) {
		changes_add_unchangeable(changes, knob, "%s: %s", path,
					 now ? "no CPU is left for it"
					     : knob_view_strerror(view, errnum));
		return;
	}
	then = cpulist_format(&cpus);
	changes_add(changes, knob, CHANGE_FILE, path, now, then);
}

static const char *const reads_threads[] = {CAPTURE_THREADS,
					    "proc/",
					    "proc/*/task/",
					    "proc/*/task/*/stat",
					    "proc/*/task/*/status",
					    "proc/*/task/*/comm",
					    NULL};

static const char *const reads_stray[] = {CAPTURE_THREADS,
					  "proc/",
					  "proc/*/task/",
					  "proc/*/task/*/stat",
					  "proc/*/task/*/status",
					  "proc/*/task/*/comm",
					  "proc/sys/kernel/osrelease",
					  ISOLATE_V1_BALANCE,
					  NULL};

/* clang-format off */
const Knob knob_rows_task[] = {
	{
		.id	= "task.stray",
		.title	= "Only vCPUs and per-CPU kernel threads run on the planned CPUs",
		.why	= "whatever else runs there makes the vCPU wait, or finds it "
			  "waiting",
		.source	= "rteval; tuned (scheduler plugin); KVM-RT guide, Host System "
			  "Requirements (do not disturb shielding)",
		.remedy	= "taskset -p -c HOUSEKEEPING_CPUS TID, and isolate the CPUs",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_HIGH, .when = WHEN_RUNTIME,
		.place	= PLACE_COMPUTED,
		.text	= "no other thread",
		.judge	= judge_stray, .reads = reads_stray,
		.change	= change_stray,
		.disruption = "everything but VMs shares the housekeeping CPUs, and programs that "
			      "start meanwhile see no others",
	},
	{
		.id	= "task.kthreads",
		.title	= "Kernel threads that may move stay off the planned CPUs",
		.why	= "an unbound kernel thread runs wherever it is woken",
		.source	= "StarlingX; tuned realtime-virtual-host; "
			  "Documentation/admin-guide/kernel- per-CPU-kthreads.rst",
		.remedy	= "taskset -p -c HOUSEKEEPING_CPUS TID, or: tuned-adm profile "
			  "realtime- virtual-host",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_LOW, .when = WHEN_RUNTIME,
		.place	= PLACE_COMPUTED,
		.text	= "housekeeping CPUs",
		.judge	= judge_kthreads, .reads = reads_threads,
		.change	= change_kthreads, .refusable = TRUE,
	},
	{
		.id	= "task.init_affinity",
		.title	= "Process 1 stays off the planned CPUs",
		.why	= "every service and every login inherits its affinity",
		.source	= "host and QEMU tuning notes (CPUAffinity); tuned "
			  "cpu-partitioning; systemd- system.conf(5)",
		.remedy	= "CPUAffinity=HOUSEKEEPING_CPUS in /etc/systemd/system.conf, "
			  "then: systemctl daemon-reexec",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_MEDIUM, .when = WHEN_RUNTIME,
		.place	= PLACE_COMPUTED,
		.text	= "housekeeping CPUs",
		.judge	= judge_init, .reads = reads_threads,
	},
	{
		.id	= "task.rcu_offloaded",
		.title	= "The kernel offloads the RCU callbacks of every planned CPU",
		.why	= "a kernel without CONFIG_RCU_NOCB_CPU ignores rcu_nocbs= "
			  "without a word",
		.source	= "ServoBox RT settings 3; ACRN real-time tips; "
			  "Documentation/admin-guide/kernel-per-CPU-kthreads.rst",
		.remedy	= "rcu_nocbs=PLANNED_CPUS on the command line of a kernel with "
			  "CONFIG_RCU_NOCB_CPU=y",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_HIGH, .when = WHEN_REBOOT,
		.place	= PLACE_COMPUTED,
		.text	= "the planned CPUs",
		.judge	= judge_rcu_offloaded, .reads = reads_threads,
	},
	{
		.id	= "task.system_slice",
		.title	= "Services stay off the planned CPUs by cpuset",
		.why	= "affinity is a wish that a program may change; a cpuset it "
			  "cannot leave",
		.source	= "SEAPATH; systemd.resource-control(5) (AllowedCPUs=)",
		.remedy	= "systemctl set-property system.slice "
			  "AllowedCPUs=HOUSEKEEPING_CPUS",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE,
		.path	= "sys/fs/cgroup/system.slice/cpuset.cpus.effective",
		.want	= want_avoids_planned, .text = "no planned CPU",
		.absent	= ABSENT_NA,
		.absent_means = "system.slice has no cpuset of cgroup v2",
		.change	= change_slice,
		.disruption = "it has fewer CPUs for its work",
	},
	{
		.id	= "task.user_slice",
		.title	= "Logins stay off the planned CPUs by cpuset",
		.why	= "affinity is a wish that a program may change; a cpuset it "
			  "cannot leave",
		.source	= "SEAPATH; systemd.resource-control(5) (AllowedCPUs=)",
		.remedy	= "systemctl set-property user.slice "
			  "AllowedCPUs=HOUSEKEEPING_CPUS",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE,
		.path	= "sys/fs/cgroup/user.slice/cpuset.cpus.effective",
		.want	= want_avoids_planned, .text = "no planned CPU",
		.absent	= ABSENT_NA,
		.absent_means = "user.slice has no cpuset of cgroup v2",
		.change	= change_slice,
		.disruption = "it has fewer CPUs for its work",
	},
	{
		.id	= "task.init_scope",
		.title	= "systemd itself stays off the planned CPUs by cpuset",
		.why	= "affinity is a wish that a program may change; a cpuset it "
			  "cannot leave",
		.source	= "SEAPATH; systemd.resource-control(5) (AllowedCPUs=)",
		.remedy	= "systemctl set-property init.scope "
			  "AllowedCPUs=HOUSEKEEPING_CPUS",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE,
		.path	= "sys/fs/cgroup/init.scope/cpuset.cpus.effective",
		.want	= want_avoids_planned, .text = "no planned CPU",
		.absent	= ABSENT_NA,
		.absent_means = "init.scope has no cpuset of cgroup v2",
		.change	= change_slice,
		.disruption = "it has fewer CPUs for its work",
	},
	{
		.id	= "task.machine_partition",
		.title	= "VMs have a cpuset partition of their own",
		.why	= "a partition takes its CPUs away from every other group",
		.source	= "SEAPATH; Documentation/admin-guide/cgroup-v2.rst",
		.remedy	= "echo isolated > "
			  "/sys/fs/cgroup/machine.slice/cpuset.cpus.partition",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_LOW, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE,
		.path	= "sys/fs/cgroup/machine.slice/cpuset.cpus.partition",
		.want	= want_one_of, .text = "root|isolated",
		.absent	= ABSENT_NA,
		.absent_means = "machine.slice has no cpuset of cgroup v2",
		.opinions = "SEAPATH gives VMs a partition; the other guides rely on "
			  "isolcpus= and pinning",
		.sides	= "root|isolated|member",
		.set	= set_choice,
		.disruption = "other groups lose the CPUs of VMs",
	},
	{0},
};
