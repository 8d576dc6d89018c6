/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Idle states of CPUs, and what keeps a CPU from the deep ones. */
#include <errno.h>
#include <string.h>

#include "cpu_latency.h"
#include "judge.h"
#include "number.h"
#include "planned.h"
#include "rows.h"
#include "set.h"
#include "want.h"

/* A CPU that needs longer to wake up is felt in a real-time guest (seeker: cpu-rtcheck).
 */
#define LATENCY_MAX_US 10

#define CPU            "sys/devices/system/cpu/cpu"
#define CURRENT_DRIVER "sys/devices/system/cpu/cpuidle/current_driver"
#define RESUME         "/power/pm_qos_resume_latency_us"

/* What Documentation/ABI/testing/sysfs-devices-power says of the file: "n/a" allows no
 * latency at all, 0 any. */
static gboolean resume_is_short(const char *value)
{
	guint64 us;

	return strcmp(value, "n/a") == 0 ||
	       number_parse(value, 1, LATENCY_MAX_US, &us, NULL);
}

/* Why a CPU never enters its deep states although they are on, or NULL. */
static char *held_awake(KnobView *view, int cpu)
{
	g_autofree char *path = g_strdup_printf(CPU "%d" RESUME, cpu);
	const char *resume = knob_view_line(view, path, NULL);
	g_autoptr(CpuLatency) latency = NULL;
	int errnum = 0;

	if (resume && resume_is_short(resume))
		return g_strdup_printf(
			"pm_qos_resume_latency_us keeps it from being used");
	latency = knob_view_cpu_latency(view, &errnum);
	if (!latency || latency->us > LATENCY_MAX_US || latency->tool)
		return NULL;
	return g_strdup_printf("/dev/cpu_dma_latency is held at %u us", latency->us);
}

/* Whether a state whose latency stands at `place` may be entered: HOLDS when not. */
static KnobMatch judge_state(KnobView *view, const char *place, const char *value)
{
	g_autofree char *folder = g_path_get_dirname(place);
	g_autofree char *path = g_strconcat(folder, "/disable", NULL);
	gint64 disabled;
	guint64 us;

	if (!number_parse(value, 0, G_MAXUINT32, &us, NULL))
		return MATCH_ODD;
	if (us <= LATENCY_MAX_US)
		return MATCH_HOLDS;
	if (!knob_view_number(view, path, 0, 3, &disabled, NULL))
		return MATCH_ODD;
	/* include/linux/cpuidle.h: bit 0 is set by the user, bit 1 by the driver. */
	return disabled ? MATCH_HOLDS : MATCH_BROKEN;
}

static void change_state(const Knob *knob, KnobView *view, const char *place, Changes *changes)
{
	g_autofree char *folder = g_path_get_dirname(place);
	g_autofree char *path = g_strconcat(folder, "/disable", NULL);
	const char *latency = knob_view_line(view, place, NULL);
	const char *disabled = knob_view_line(view, path, NULL);

	if (latency && disabled && judge_state(view, place, latency) == MATCH_BROKEN)
		changes_add(changes, knob, CHANGE_FILE, path, disabled, "1");
}

/* A CPU that something else keeps awake needs none of it. */
static void change_idle_states(const Knob *knob, KnobView *view, Changes *changes)
{
	CPUSET_FOREACH (cpu, knob_view_planned(view)) {
		g_autofree char *pattern = g_strdup_printf(CPU "%d/cpuidle/state*/latency", cpu);
		g_autofree char *awake = held_awake(view, cpu);
		const GPtrArray *paths = knob_view_glob(view, pattern);

		for (guint i = 0; !awake && i < paths->len; i++)
			change_state(knob, view, paths->pdata[i], changes);
	}
}

static KnobMatch want_shallow(const Knob *knob G_GNUC_UNUSED, KnobView *view,
			      const KnobReading *reading, char **ret_wanted,
			      char **ret_note)
{
	KnobMatch match = judge_state(view, reading->place, reading->value);

	if (match != MATCH_BROKEN)
		return match;
	*ret_wanted = g_strdup_printf("at most %d us, or disable = 1", LATENCY_MAX_US);
	*ret_note = held_awake(view, reading->cpu);
	if (*ret_note)
		return MATCH_HOLDS;
	*ret_note = g_strdup("the state is enabled");
	return MATCH_BROKEN;
}

/* Whether a CPU may enter a deep state: BROKEN when so. ODD when a state cannot be
 * understood. */
static KnobMatch deep_states_of(KnobView *view, int cpu)
{
	g_autofree char *pattern = g_strdup_printf(CPU "%d/cpuidle/state*/latency", cpu);
	const GPtrArray *paths = knob_view_glob(view, pattern);
	int errnum = knob_view_glob_errno(view, pattern);
	KnobMatch all = errnum && errnum != ENOENT ? MATCH_ODD : MATCH_HOLDS;

	for (guint i = 0; i < paths->len; i++) {
		const char *value = knob_view_line(view, paths->pdata[i], NULL);
		KnobMatch match = value ? judge_state(view, paths->pdata[i], value)
					: MATCH_ODD;

		if (match == MATCH_BROKEN)
			return MATCH_BROKEN;
		if (match == MATCH_ODD)
			all = MATCH_ODD;
	}
	return all;
}

/* The same of every CPU of vCPUs. */
static KnobMatch deep_states(KnobView *view)
{
	KnobMatch all = MATCH_HOLDS;

	CPUSET_FOREACH (cpu, knob_view_planned(view)) {
		KnobMatch match = deep_states_of(view, cpu);

		if (match == MATCH_BROKEN)
			return MATCH_BROKEN;
		if (match == MATCH_ODD)
			all = MATCH_ODD;
	}
	return all;
}

static KnobMatch want_resume(const Knob *knob G_GNUC_UNUSED, KnobView *view,
			     const KnobReading *reading, char **ret_wanted G_GNUC_UNUSED,
			     char **ret_note)
{
	g_autoptr(CpuLatency) latency = NULL;
	guint64 us;
	int errnum = 0;

	if (resume_is_short(reading->value))
		return MATCH_HOLDS;
	if (!number_parse(reading->value, 0, G_MAXINT32, &us, NULL))
		return MATCH_ODD;
	latency = knob_view_cpu_latency(view, &errnum);
	if (latency && latency->us <= LATENCY_MAX_US && !latency->tool) {
		*ret_note = g_strdup("/dev/cpu_dma_latency holds all CPUs to less");
		return MATCH_IRRELEVANT;
	}
	if (deep_states_of(view, reading->cpu) == MATCH_HOLDS) {
		*ret_note = g_strdup_printf("no idle state beyond %d us is enabled",
					    LATENCY_MAX_US);
		return MATCH_IRRELEVANT;
	}
	*ret_note = us ? NULL : g_strdup("0 means that any latency will do");
	return MATCH_BROKEN;
}

static void conclude_latency(const Knob *knob, KnobView *view, Finding *finding,
			     const CpuLatency *latency)
{
	g_autofree char *holders = g_strjoinv(", ", latency->holders);

	finding_add_evidence(finding, g_strdup("dev/cpu_dma_latency"),
			     g_strdup_printf("%u us, held by %s", latency->us,
					     *holders ? holders : "no process"),
			     g_strdup_printf("at most %d us", LATENCY_MAX_US));
	if (latency->us <= LATENCY_MAX_US && !latency->tool) {
		knob_conclude(knob, finding, MATCH_HOLDS, "held by %s",
			      *holders ? holders
				       : "the kernel, or a process out of sight");
		return;
	}
	switch (deep_states(view)) {
	case MATCH_HOLDS:
		knob_conclude(knob, finding, MATCH_IRRELEVANT,
			      "no idle state beyond %d us is enabled on CPUs of vCPUs",
			      LATENCY_MAX_US);
		return;
	case MATCH_ODD:
	case MATCH_IRRELEVANT:
		knob_conclude(
			knob, finding, MATCH_ODD,
			"it stands at %u us, and the idle states cannot be understood",
			latency->us);
		return;
	case MATCH_BROKEN:
		break;
	}
	if (latency->us <= LATENCY_MAX_US)
		knob_conclude(
			knob, finding, MATCH_BROKEN,
			"only a measuring tool holds it (%s): what it measures is better "
			"than what comes after it",
			holders);
	else
		knob_conclude(
			knob, finding, MATCH_BROKEN,
			"it stands at %u us, and deep idle states are enabled on CPUs of "
			"vCPUs",
			latency->us);
}

static void judge_latency(const Knob *knob, KnobView *view, Finding *finding)
{
	g_autoptr(CpuLatency) latency = NULL;
	int errnum = 0;

	if (planned_missing(knob, view, finding))
		return;
	latency = knob_view_cpu_latency(view, &errnum);
	if (latency)
		conclude_latency(knob, view, finding, latency);
	else
		knob_conclude_errno(knob, view, finding, "dev/cpu_dma_latency", errnum);
}

/* A parameter of a driver that is not in use does nothing. */
static KnobMatch want_few_states(const Knob *knob, KnobView *view,
				 const KnobReading *reading, char **ret_wanted,
				 char **ret_note)
{
	KnobMatch match = want_number(knob, view, reading, ret_wanted, ret_note);
	const char *driver = knob_view_line(view, CURRENT_DRIVER, NULL);
	const char *own = strstr(reading->place, "intel_idle") ? "intel_idle"
							       : "acpi_idle";

	if (match != MATCH_BROKEN || !driver || strcmp(driver, own) == 0)
		return match;
	*ret_note = g_strdup_printf("%s is not in use: " CURRENT_DRIVER " holds %s", own,
				    *driver ? driver : "nothing");
	return MATCH_IRRELEVANT;
}

static const char *const driver_file[] = {CURRENT_DRIVER, NULL};
static const char *const state_files[] = {CPU "*/cpuidle/",
					  CPU "*/cpuidle/state*/latency",
					  CPU "*/cpuidle/state*/disable",
					  CPU "*" RESUME,
					  CAPTURE_CPU_LATENCY,
					  NULL};

/* clang-format off */
const Knob knob_rows_idle[] = {
	{
		.id	= "idle.states",
		.title	= "vCPUs' CPUs use no idle state that takes longer than 10 us to leave",
		.why	= "a CPU in a deep state needs tens to hundreds of microseconds before it takes "
			  "an interrupt",
		.source	= "ACRN real-time tips; seeker; rteval; Documentation/admin-guide/pm/cpuidle.rst",
		.remedy	= "cpupower -c PLANNED_CPUS idle-set -D 10, or boot with "
			  "intel_idle.max_cstate=0 processor.max_cstate=1, or: tuned-adm profile "
			  "realtime-virtual-host",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_HIGH, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .per = PER_PLANNED_CPU,
		.path	= CPU "{cpu}/cpuidle/state*/latency",
		.want	= want_shallow, .text = "at most 10 us, or disabled",
		.absent	= ABSENT_NA,
		.absent_means = "without a cpuidle driver an idle CPU only halts (C1) or polls",
		.reads	= state_files,
		.change	= change_idle_states,
		.disruption = "power and heat: the planned CPUs do not sleep deeply, which "
			      "leaves less turbo for others",
	},
	{
		.id	= "idle.cpu_dma_latency",
		.title	= "A process holds all CPUs to a wake-up latency of 10 us or less",
		.why	= "the request lasts as long as its holder keeps the file open; cyclictest makes "
			  "one too, so that a machine looks better while it is being measured",
		.source	= "tuned cpu plugin (force_latency); rtcqs; Documentation/power/"
			  "pm_qos_interface.rst",
		.remedy	= "tuned-adm profile realtime-virtual-host, or keep 0 (32 bits) written to an "
			  "open /dev/cpu_dma_latency for as long as VMs run",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_HIGH, .when = WHEN_RUNTIME,
		.place	= PLACE_COMPUTED, .judge = judge_latency, .reads = state_files,
	},
	{
		.id	= "idle.resume_latency",
		.title	= "vCPUs' CPUs are held to a short resume latency",
		.why	= "this is what keeps one CPU from deep states while others save power",
		.source	= "Documentation/ABI/testing/sysfs-devices-power; Documentation/admin-guide/"
			  "pm/cpuidle.rst",
		.remedy	= "for i in EACH_PLANNED_CPU; do echo n/a > /sys/devices/system/cpu/cpu$i/power/"
			  "pm_qos_resume_latency_us; done",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .per = PER_PLANNED_CPU, .path = CPU "{cpu}" RESUME,
		.want	= want_resume, .text = "n/a, or 1 to 10",
		.absent	= ABSENT_NA, .absent_means = "the kernel has no power management",
		.reads	= state_files,
		.set	= set_text, .to = "10",
		.disruption = "the planned CPUs do not sleep deeply: power, heat, less turbo for others",
	},
	{
		.id	= "idle.intel_idle",
		.title	= "intel_idle was given no deep idle state",
		.why	= "what is not there cannot be switched on again by another program",
		.source	= "host and QEMU tuning notes (0); ACRN real-time tips (0); OpenShift node "
			  "tuning operator (0); SEAPATH (1)",
		.remedy	= "boot with intel_idle.max_cstate=0 processor.max_cstate=1",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_LOW, .when = WHEN_REBOOT,
		.place	= PLACE_FILE, .path = "sys/module/intel_idle/parameters/max_cstate",
		.want	= want_few_states, .max = 1, .text = "0 or 1", .reads = driver_file,
		.absent	= ABSENT_NA, .absent_means = "this kernel has no intel_idle",
		.opinions = "the host notes, ACRN and OpenShift take all states away (0); SEAPATH "
			    "leaves C1 (1), which is left within a microsecond or two",
		.sides	= "0|1",
	},
	{
		.id	= "idle.acpi_idle",
		.title	= "The ACPI idle driver was given no deep idle state",
		.why	= "it takes over when intel_idle is off, with the states that the firmware names",
		.source	= "host and QEMU tuning notes (0); ACRN real-time tips (0); OpenShift node "
			  "tuning operator (1); SEAPATH (1)",
		.remedy	= "boot with processor.max_cstate=1",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_LOW, .when = WHEN_REBOOT,
		.place	= PLACE_FILE, .path = "sys/module/processor/parameters/max_cstate",
		.want	= want_few_states, .max = 1, .text = "0 or 1", .reads = driver_file,
		.absent	= ABSENT_NA, .absent_means = "this kernel has no ACPI idle driver",
		.opinions = "the host notes and ACRN write 0, OpenShift and SEAPATH 1; the driver "
			    "takes 0 for 1",
		.sides	= "0|1",
	},
	{
		.id	= NULL,
	},
};
/* clang-format on */
