/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Isolation that needs no reboot. */
#include "isolate.h"
#include "judge.h"
#include "rows.h"
#include "set.h"
#include "want.h"

static void judge_load_balance(const Knob *knob, KnobView *view, Finding *finding)
{
	g_autofree char *why = NULL;
	KnobMatch match = isolate_state(view, &why);

	knob_conclude(knob, finding, match, "%s", why);
}

static const char *const reads_cpusets[] = {
	"sys/devices/system/cpu/isolated",
	"sys/fs/cgroup/cpuset.cpus.isolated",
	ISOLATE_V2_CONTROLLERS,
	ISOLATE_V2_CONTROL,
	ISOLATE_V1 "/",
	ISOLATE_V1_BALANCE,
	ISOLATE_V1 "/*/",
	ISOLATE_V1 "/*/cpuset.cpus",
	ISOLATE_V1 "/*/cpuset.sched_load_balance",
	ISOLATE_V1 "/*/*/cpuset.sched_load_balance",
	NULL,
};

/* clang-format off */
const Knob knob_rows_partition[] = {
	{
		.id	= "cpu.load_balance",
		.title	= "The scheduler's load balancing leaves the planned CPUs out",
		.why	= "a CPU that is balanced gets the threads that are too many elsewhere, "
			  "and its scheduler looks for them",
		.source	= "Documentation/admin-guide/cgroup-v1/cpusets.rst "
			  "(sched_load_balance); tuned cpu-partitioning",
		.remedy	= "lathe tune apply; or isolcpus=PLANNED_CPUS on the kernel command "
			  "line",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_RUNTIME,
		.place	= PLACE_COMPUTED,
		.text	= "the planned CPUs are left out",
		.judge	= judge_load_balance, .reads = reads_cpusets,
		.change	= change_load_balance,
		.disruption = "threads that may use the planned CPUs are no longer moved between "
			      "them by themselves",
	},
	{
		.id	= "cpu.partition",
		.title	= "A cpuset partition of lathe's has the planned CPUs",
		.why	= "a partition takes its CPUs away from every other group: what is not "
			  "started in it cannot run there, VMs included",
		.source	= "SEAPATH; Documentation/admin-guide/cgroup-v2.rst",
		.remedy	= "lathe tune apply --choose cpu.partition=isolated",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_LOW, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE,
		.path	= "sys/fs/cgroup/lathe-rt/cpuset.cpus.partition",
		.want	= want_one_of, .text = "root|isolated",
		.absent	= ABSENT_NA,
		.absent_means = "lathe made no partition",
		.opinions = "SEAPATH gives VMs a partition; the other guides rely on "
			    "isolcpus= and pinning",
		.sides	= "root|isolated|member",
		.reads	= reads_cpusets,
		.change	= change_partition,
		.disruption = "VMs outside the partition lose the planned CPUs",
	},
	{0},
};
