/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Work that the kernel puts off: on which CPUs it may run. */
#include <errno.h>

#include "judge.h"
#include "kernel_cmdline.h"
#include "planned.h"
#include "rows.h"
#include "view.h"
#include "set.h"
#include "want.h"

#define GLOBAL    "sys/devices/virtual/workqueue/cpumask"
#define REQUESTED "sys/devices/virtual/workqueue/cpumask_requested"
#define KTHREADS  "Documentation/admin-guide/kernel-per-CPU-kthreads.rst"

static gboolean read_mask(KnobView *view, const char *path, Cpuset *ret, int *ret_errno)
{
	const char *line = knob_view_line(view, path, ret_errno);

	if (!line)
		return FALSE;
	if (!cpumask_parse(line, CPUSET_CPUS, ret, NULL)) {
		*ret_errno = ERANGE;
		return FALSE;
	}
	return TRUE;
}

/*
 * A queue runs where its own mask and the global one agree, or where the global one says
 * when they share no CPU (kernel/workqueue.c, wqattrs_actualize_cpumask()).
 */
static KnobMatch want_queue(const Knob *knob, KnobView *view, const KnobReading *reading,
			    char **ret_wanted, char **ret_note)
{
	const Cpuset *planned = knob_view_planned(view);
	KnobMatch none = MATCH_ODD;
	const char *unplanned = knob_view_unplanned(view, &none);
	g_autofree char *list = cpulist_format(planned);
	Cpuset cpus, global, common;
	int errnum = 0;

	(void)knob;
	if (!cpumask_parse(reading->value, CPUSET_CPUS, &cpus, NULL) ||
	    cpuset_count(&cpus) == 0)
		return MATCH_ODD;
	if (unplanned) {
		*ret_note = g_strdup(unplanned);
		return none;
	}
	*ret_wanted = g_strdup_printf("CPUs other than %s", list);
	if (!cpuset_intersects(&cpus, planned))
		return MATCH_HOLDS;
	common = cpus;
	if (!read_mask(view, GLOBAL, &global, &errnum))
		return MATCH_BROKEN;
	planned_keep_common(&common, &global);
	if (cpuset_intersects(cpuset_count(&common) > 0 ? &common : &global, planned))
		return MATCH_BROKEN;
	*ret_note = g_strdup(
		"the mask names planned CPUs, the global one keeps work off them");
	return MATCH_HOLDS;
}

/* What was asked for against what is in force, which leaves out isolated partitions. */
static void judge_requested(const Knob *knob, KnobView *view, Finding *finding)
{
	Cpuset requested, effective;
	g_autofree char *asked = NULL;
	g_autofree char *in_force = NULL;
	int errnum = 0;

	if (!read_mask(view, REQUESTED, &requested, &errnum)) {
		knob_conclude_errno(knob, view, finding, REQUESTED, errnum);
		return;
	}
	if (!read_mask(view, GLOBAL, &effective, &errnum)) {
		knob_conclude_errno(knob, view, finding, GLOBAL, errnum);
		return;
	}
	asked = cpulist_format(&requested);
	in_force = cpulist_format(&effective);
	finding_add_evidence(finding, g_strdup(GLOBAL), g_strdup(in_force),
			     g_strdup(asked));
	if (cpuset_count(&requested) == 0 || cpuset_count(&effective) == 0)
		knob_conclude(knob, finding, MATCH_ODD, "an empty mask makes no sense");
	else if (!cpuset_is_subset(&effective, &requested))
		knob_conclude(knob, finding, MATCH_BROKEN,
			      "work was asked to stay on CPUs %s and may run on %s",
			      asked, in_force);
	else
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
}

static void judge_kworkers(const Knob *knob, KnobView *view, Finding *finding)
{
	planned_judge_threads(knob, view, finding, "kworker/u*");
}

static const char *const reads_global[] = {GLOBAL, NULL};
static const char *const reads_requested[] = {GLOBAL, REQUESTED, NULL};
static const char *const reads_threads[] = {CAPTURE_THREADS, NULL};

/* clang-format off */
const Knob knob_rows_workqueue[] = {
	{
		.id	= "workqueue.cpumask",
		.title	= "Unbound kernel work stays off planned CPUs",
		.why	= "Workers that belong to no CPU run wherever this mask lets them, and the "
			  "housekeeping of drivers, file systems and the network then takes the "
			  "CPU from a vCPU",
		.source	= "host and QEMU tuning notes; tuned realtime; " KTHREADS,
		.remedy	= "echo MASK_OF_HOUSEKEEPING_CPUS > /sys/devices/virtual/workqueue/cpumask",
		.scopes	= SCOPE_HOST | SCOPE_GUEST,
		.severity = SEVERITY_HIGH,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_FILE,
		.path	= GLOBAL,
		.want	= want_mask_avoids_planned,
		.text	= "housekeeping CPUs",
		.set	= set_mask_without_planned,
		.disruption = "the kernel's unbound work has fewer CPUs",
	},
	{
		.id	= "workqueue.requested",
		.title	= "The workqueue mask in force is the one that was asked for",
		.why	= "The kernel leaves isolated partitions out of the mask, and falls back to "
			  "its own when nothing is left: then work runs where nobody expects it",
		.source	= "kernel/workqueue.c, workqueue_apply_unbound_cpumask()",
		.remedy	= "echo MASK_OF_HOUSEKEEPING_CPUS > /sys/devices/virtual/workqueue/cpumask",
		.scopes	= SCOPE_HOST | SCOPE_GUEST,
		.severity = SEVERITY_LOW,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_COMPUTED,
		.absent	= ABSENT_NA,
		.absent_means = "this kernel tells only the mask in force",
		.judge	= judge_requested,
		.reads	= reads_requested,
	},
	{
		.id	= "workqueue.unbound_cpus",
		.title	= "workqueue.unbound_cpus= names no planned CPU",
		.why	= "It limits unbound work from boot on, before any file in sysfs can be "
			  "written",
		.source	= "Documentation/admin-guide/kernel-parameters.txt (workqueue.unbound_cpus)",
		.remedy	= "put workqueue.unbound_cpus=HOUSEKEEPING_CPUS on the kernel command line",
		.scopes	= SCOPE_HOST | SCOPE_GUEST,
		.severity = SEVERITY_LOW,
		.when	= WHEN_REBOOT,
		.place	= PLACE_PARAMETER,
		.path	= "workqueue.unbound_cpus",
		.want	= want_avoids_planned,
		.text	= "housekeeping CPUs",
		.absent	= ABSENT_NA,
		.absent_means = "it is not given; workqueue.cpumask judges what is in force",
	},
	{
		.id	= "workqueue.writeback",
		.title	= "Writeback stays off planned CPUs",
		.why	= "Flushing dirty pages comes in bursts of milliseconds of kernel work",
		.source	= "host and QEMU tuning notes; tuned realtime",
		.remedy	= "echo MASK_OF_HOUSEKEEPING_CPUS > "
			  "/sys/bus/workqueue/devices/writeback/cpumask",
		.scopes	= SCOPE_HOST | SCOPE_GUEST,
		.severity = SEVERITY_MEDIUM,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_FILE,
		.path	= "sys/bus/workqueue/devices/writeback/cpumask",
		.want	= want_queue,
		.text	= "housekeeping CPUs",
		.reads	= reads_global,
		.set	= set_mask_without_planned,
		.disruption = "writeback has fewer CPUs",
	},
	{
		.id	= "workqueue.each",
		.title	= "No single workqueue may run on planned CPUs",
		.why	= "A queue with a mask of its own keeps it when the global mask is widened",
		.source	= "tuned realtime; Documentation/core-api/workqueue.rst",
		.remedy	= "for f in /sys/devices/virtual/workqueue/*/cpumask; do "
			  "echo MASK_OF_HOUSEKEEPING_CPUS > $f; done",
		.scopes	= SCOPE_HOST | SCOPE_GUEST,
		.severity = SEVERITY_LOW,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_FILE,
		.path	= "sys/devices/virtual/workqueue/*/cpumask",
		.want	= want_queue,
		.text	= "housekeeping CPUs",
		.absent	= ABSENT_NA,
		.absent_means = "no workqueue has a mask of its own",
		.reads	= reads_global,
		.set	= set_mask_without_planned,
		.disruption = "the work of these queues has fewer CPUs",
	},
	{
		.id	= "workqueue.kworkers",
		.title	= "No unbound worker thread may run on planned CPUs",
		.why	= "The masks are what was asked for; where the kworker/u* threads may run "
			  "is what came of it",
		.source	= "host and QEMU tuning notes; " KTHREADS,
		.remedy	= "echo MASK_OF_HOUSEKEEPING_CPUS > /sys/devices/virtual/workqueue/cpumask",
		.scopes	= SCOPE_HOST | SCOPE_GUEST,
		.severity = SEVERITY_MEDIUM,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_COMPUTED,
		.judge	= judge_kworkers,
		.reads	= reads_threads,
	},
	{
		.id	= "workqueue.power_efficient",
		.title	= "Queues that save power are not bound to the CPU that fills them",
		.why	= "Such a queue otherwise runs on the CPU that queued the work, planned or "
			  "not; as an unbound one it follows the mask",
		.source	= "Documentation/admin-guide/kernel-parameters.txt "
			  "(workqueue.power_efficient)",
		.remedy	= "put workqueue.power_efficient=1 on the kernel command line",
		.scopes	= SCOPE_HOST | SCOPE_GUEST,
		.severity = SEVERITY_LOW,
		.when	= WHEN_REBOOT,
		.place	= PLACE_FILE,
		.path	= "sys/module/workqueue/parameters/power_efficient",
		.want	= want_switch,
		.text	= "on",
	},
	{
		.id	= "workqueue.debug_force_rr_cpu",
		.title	= "Work is not dealt out to CPUs in turn",
		.why	= "This debug switch sends work that names no CPU to each CPU in turn",
		.source	= "Documentation/admin-guide/kernel-parameters.txt "
			  "(workqueue.debug_force_rr_cpu)",
		.remedy	= "echo N > /sys/module/workqueue/parameters/debug_force_rr_cpu",
		.scopes	= SCOPE_HOST | SCOPE_GUEST,
		.severity = SEVERITY_MEDIUM,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_FILE,
		.path	= "sys/module/workqueue/parameters/debug_force_rr_cpu",
		.want	= want_switch,
		.text	= "off",
		.set	= set_switch,
	},
	{NULL},
};
/* clang-format on */
