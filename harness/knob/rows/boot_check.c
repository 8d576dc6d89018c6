/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line is what was asked for, sysfs is what came of it: here they meet. */
#include <string.h>

#include "boot_cpus.h"
#include "judge.h"
#include "place.h"
#include "rows.h"

/* NULL, with the finding concluded, when there is nothing to hold against the facts. */
static const char *asked_for(const Knob *knob, KnobView *view, Finding *finding,
			     const char *parameter)
{
	int errnum = 0;
	const KernelCmdline *cmdline = knob_view_cmdline(view, &errnum);
	const char *value;

	if (!cmdline) {
		knob_conclude_errno(knob, view, finding, "proc/cmdline", errnum);
		return NULL;
	}
	value = kernel_cmdline_last(cmdline, parameter);
	if (!value)
		knob_conclude(knob, finding, MATCH_IRRELEVANT,
			      "the kernel command line does not hold %s", parameter);
	return value;
}

/* Both places as evidence; the second is the fact. */
static void compare_cpus(const Knob *knob, KnobView *view, Finding *finding,
			 const char *parameter, const char *value, const Cpuset *asked,
			 const char *path)
{
	g_autoptr(Tally) tally = tally_new(knob, view);
	g_autofree char *place = g_strdup_printf("proc/cmdline %s", parameter);
	g_autofree char *wanted = cpulist_format(asked);
	g_autofree char *seen = NULL;
	int errnum = 0;
	Cpuset fact;

	if (!knob_view_cpulist(view, path, &fact, &errnum)) {
		tally_errno(tally, path, errnum, -1);
		tally_finish(tally, finding);
		return;
	}
	seen = cpulist_format(&fact);
	tally_match(tally, cpuset_is_subset(asked, &fact) ? MATCH_HOLDS : MATCH_BROKEN,
		    path, seen, -1, wanted, NULL);
	tally_match(tally, MATCH_HOLDS, place, value, -1, wanted, NULL);
	tally_finish(tally, finding);
}

static gboolean parse_isolcpus(KnobView *view, const char *value, Cpuset *ret)
{
	IsolcpusValue isolcpus;

	if (!boot_isolcpus_parse(view, value, &isolcpus))
		return FALSE;
	*ret = isolcpus.cpus;
	return TRUE;
}

/* What the parameter asks for against `path`, the fact. */
static void judge_cpus(const Knob *knob, KnobView *view, Finding *finding,
		       gboolean (*parse)(KnobView *view, const char *value, Cpuset *ret),
		       const char *parameter, const char *path)
{
	const char *value = asked_for(knob, view, finding, parameter);
	Cpuset cpus;

	if (!value)
		return;
	if (parse(view, value, &cpus))
		compare_cpus(knob, view, finding, parameter, value, &cpus, path);
	else
		knob_conclude(knob, finding, MATCH_BROKEN,
			      "the kernel ignores %s=, whose list it cannot read", parameter);
}

static void judge_isolcpus(const Knob *knob, KnobView *view, Finding *finding)
{
	judge_cpus(knob, view, finding, parse_isolcpus, "isolcpus",
		   "sys/devices/system/cpu/isolated");
}

static void judge_nohz_full(const Knob *knob, KnobView *view, Finding *finding)
{
	judge_cpus(knob, view, finding, boot_cpus_parse, "nohz_full",
		   "sys/devices/system/cpu/nohz_full");
}

/* Two lines of text that should agree. */
static void compare_texts(const Knob *knob, KnobView *view, Finding *finding,
			  const char *wanted, const char *path)
{
	g_autoptr(Tally) tally = tally_new(knob, view);
	int errnum = 0;
	const char *fact = knob_view_line(view, path, &errnum);

	if (fact)
		tally_match(tally, strcmp(fact, wanted) == 0 ? MATCH_HOLDS : MATCH_BROKEN,
			    path, fact, -1, wanted, NULL);
	else
		tally_errno(tally, path, errnum, -1);
	tally_finish(tally, finding);
}

static void judge_clocksource(const Knob *knob, KnobView *view, Finding *finding)
{
	const char *value = asked_for(knob, view, finding, "clocksource");

	if (value)
		compare_texts(knob, view, finding, value,
			      "sys/devices/system/clocksource/clocksource0/"
			      "current_clocksource");
}

static void judge_nosmt(const Knob *knob, KnobView *view, Finding *finding)
{
	if (asked_for(knob, view, finding, "nosmt"))
		compare_texts(knob, view, finding, "0",
			      "sys/devices/system/cpu/smt/active");
}

static const char *const reads_isolcpus[] = {BOOT_CPUS_READS,
					     "sys/devices/system/cpu/isolated", NULL};
static const char *const reads_nohz_full[] = {BOOT_CPUS_READS,
					      "sys/devices/system/cpu/nohz_full", NULL};
static const char *const reads_clocksource[] = {
	"proc/cmdline", "sys/devices/system/clocksource/clocksource0/current_clocksource",
	NULL};
static const char *const reads_nosmt[] = {"proc/cmdline",
					  "sys/devices/system/cpu/smt/active", NULL};

/* clang-format off */
const Knob knob_rows_boot_check[] = {
	{
		.id	= "boot.isolcpus_effective",
		.title	= "The kernel isolated what isolcpus= names",
		.why	= "a list that the kernel cannot read, a flag it does not know "
			  "or a missing domain leaves the CPUs in the scheduler's hands "
			  "without a word",
		.source	= "Documentation/admin-guide/kernel-parameters.txt; "
			  "Documentation/ABI/testing/sysfs-devices-system-cpu",
		.remedy	= "write isolcpus=managed_irq,domain,PLANNED_CPUS, once, and restart",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_HIGH,
		.when	= WHEN_REBOOT,
		.place	= PLACE_COMPUTED,
		.text	= "the CPUs of isolcpus=",
		.judge	= judge_isolcpus, .reads = reads_isolcpus,
	},
	{
		.id	= "boot.nohz_full_effective",
		.title	= "The kernel stops the tick where nohz_full= says so",
		.why	= "a kernel without CONFIG_NO_HZ_FULL, or with nohz=off, ignores "
			  "nohz_full= and keeps the tick",
		.source	= "Documentation/timers/no_hz.rst; "
			  "Documentation/ABI/testing/sysfs-devices-system-cpu",
		.remedy	= "boot a kernel with CONFIG_NO_HZ_FULL=y, or take nohz_full= "
			  "away",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_HIGH,
		.when	= WHEN_REBOOT,
		.place	= PLACE_COMPUTED,
		.text	= "the CPUs of nohz_full=",
		.absent	= ABSENT_BROKEN,
		.absent_means = "the kernel is built without CONFIG_NO_HZ_FULL",
		.judge	= judge_nohz_full, .reads = reads_nohz_full,
	},
	{
		.id	= "boot.clocksource_effective",
		.title	= "The clock is the one that clocksource= names",
		.why	= "a clock that the kernel does not offer, or found unstable, is "
			  "replaced without a word",
		.source	= "Documentation/admin-guide/kernel-parameters.txt; "
			  "host and QEMU tuning notes",
		.remedy	= "look for the clock in the kernel's log, and at "
			  "available_clocksource",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_HIGH, .when = WHEN_REBOOT,
		.place	= PLACE_COMPUTED,
		.text	= "the clock of clocksource=",
		.judge	= judge_clocksource, .reads = reads_clocksource,
	},
	{
		.id	= "boot.nosmt_effective",
		.title	= "Hyper-threading is off, as nosmt asks",
		.why	= "siblings can be switched on again at run time, and nobody "
			  "looks at the command line then",
		.source	= "Documentation/admin-guide/kernel-parameters.txt; "
			  "host and QEMU tuning notes (noht)",
		.remedy	= "echo off > /sys/devices/system/cpu/smt/control, or "
			  "nosmt=force",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_HIGH, .when = WHEN_RUNTIME,
		.place	= PLACE_COMPUTED,
		.text	= "0",
		.judge	= judge_nosmt, .reads = reads_nosmt,
	},
	{0},
};
