/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which clock was asked for, and what the CPUs have of it. */
#include <string.h>

#include "cpuinfo.h"
#include "judge.h"
#include "place.h"
#include "rows.h"
#include "want.h"

/* A guest may have its hypervisor's clock; on a host it would be a mistake. */
static KnobMatch want_clocksource(const Knob *knob G_GNUC_UNUSED, KnobView *view,
				  const KnobReading *reading, char **ret_wanted,
				  char **ret_note G_GNUC_UNUSED)
{
	gboolean guest = knob_view_scope(view) == SCOPE_GUEST;

	*ret_wanted = g_strdup(guest ? "tsc or kvm-clock" : "tsc");
	return strcmp(reading->value, "tsc") == 0 ||
			       (guest && strcmp(reading->value, "kvm-clock") == 0)
		       ? MATCH_HOLDS
		       : MATCH_BROKEN;
}

/* The row's `text` are flags, with blanks between. */
static void judge_flags(const Knob *knob, KnobView *view, Finding *finding)
{
	g_autoptr(Tally) tally = tally_new(knob, view);
	g_auto(GStrv) flags = g_strsplit(knob->text, " ", -1);
	g_autoptr(GString) seen = g_string_new(NULL);
	int errnum = 0;
	const char *text = knob_view_read(view, "proc/cpuinfo", &errnum);
	g_autoptr(CpuInfo) info = text ? cpuinfo_parse(text, strlen(text), NULL) : NULL;
	guint missing = 0;

	for (guint i = 0; info && flags[i]; i++) {
		if (cpuinfo_has_flag(info, flags[i]))
			g_string_append_printf(seen, "%s%s", seen->len ? " " : "",
					       flags[i]);
		else
			missing++;
	}
	if (!text)
		tally_errno(tally, "proc/cpuinfo", errnum, -1);
	else if (!info || !cpuinfo_is_x86(info))
		tally_match(tally, MATCH_ODD, "proc/cpuinfo flags", NULL, -1, knob->text,
			    NULL);
	else
		tally_match(tally, missing ? MATCH_BROKEN : MATCH_HOLDS,
			    "proc/cpuinfo flags",
			    missing == g_strv_length(flags) ? "none of them" : seen->str,
			    -1, knob->text, NULL);
	tally_finish(tally, finding);
}

/* AMD's CPUs have the APIC's older timer; KVM emulates the deadline timer for guests. */
static gboolean applies_deadline(const Knob *knob G_GNUC_UNUSED, KnobView *view,
				 char **ret_proof)
{
	const char *text = knob_view_read(view, "proc/cpuinfo", NULL);
	g_autoptr(CpuInfo) info = text ? cpuinfo_parse(text, strlen(text), NULL) : NULL;
	const char *vendor = info ? cpuinfo_vendor(info) : NULL;

	if (!vendor || strcmp(vendor, "GenuineIntel") == 0 ||
	    cpuinfo_has_flag(info, "tsc_deadline_timer") ||
	    knob_view_scope(view) == SCOPE_GUEST)
		return TRUE;
	*ret_proof =
		g_strdup("the CPU is not Intel's, and KVM emulates the deadline timer");
	return FALSE;
}

static KnobMatch want_no_hpet(const Knob *knob G_GNUC_UNUSED,
			      KnobView *view G_GNUC_UNUSED, const KnobReading *reading,
			      char **ret_wanted G_GNUC_UNUSED,
			      char **ret_note G_GNUC_UNUSED)
{
	g_auto(GStrv) clocks = g_strsplit(reading->value, " ", -1);

	/* Every x86 machine offers one of these: without them it is no such list. */
	if (!g_strv_contains((const char *const *)clocks, "tsc") &&
	    !g_strv_contains((const char *const *)clocks, "hpet") &&
	    !g_strv_contains((const char *const *)clocks, "acpi_pm"))
		return MATCH_ODD;
	return g_strv_contains((const char *const *)clocks, "hpet") ? MATCH_BROKEN
								    : MATCH_HOLDS;
}

static const char *const reads_cpuinfo[] = {"proc/cpuinfo", NULL};

/* clang-format off */
const Knob knob_rows_boot_clock[] = {
	{
		.id	= "clock.source_parameter",
		.title	= "The kernel command line chooses the TSC",
		.why	= "left to itself the kernel may settle for another clock at "
			  "boot",
		.source	= "host and QEMU tuning notes; "
			  "Documentation/admin-guide/kernel-parameters.txt",
		.remedy	= "add to the kernel command line: clocksource=tsc",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_MEDIUM,
		.when	= WHEN_REBOOT,
		.place	= PLACE_PARAMETER, .path = "clocksource",
		.want	= want_clocksource, .text = "tsc",
		.absent	= ABSENT_BROKEN,
		.absent_means = "the kernel chooses by its own rating",
	},
	{
		.id	= "clock.tsc_watchdog",
		.title	= "The TSC is not watched by another clock",
		.why	= "the watchdog reads HPET or the ACPI timer from a timer that "
			  "wanders over all CPUs, and a late reading throws the TSC out",
		.source	= "host and QEMU tuning notes; tuned realtime; OpenShift node "
			  "tuning operator; NI real-time; "
			  "Documentation/admin-guide/kernel-parameters.txt",
		.remedy	= "add to the kernel command line: tsc=nowatchdog (or "
			  "tsc=reliable)",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_MEDIUM,
		.when	= WHEN_REBOOT,
		.place	= PLACE_PARAMETER, .path = "tsc",
		.want	= want_one_of, .text = "reliable|nowatchdog",
		.absent	= ABSENT_BROKEN,
		.absent_means = "the watchdog runs, unless the kernel trusts this CPU's "
			  "TSC",
		.opinions = "the tuning notes, tuned and OpenShift write reliable, which "
			  "skips the check between CPUs as well; others write "
			  "nowatchdog, which keeps it",
		.sides	= "reliable|nowatchdog",
	},
	{
		.id	= "clock.tsc_invariant",
		.title	= "The TSC runs at one rate in every power state",
		.why	= "a TSC that stops or changes its rate cannot be a clock",
		.source	= "seeker cpu-rtcheck; "
			  "Documentation/virt/kvm/x86/timekeeping.rst",
		.remedy	= "take a CPU with an invariant TSC",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_FATAL, .when = WHEN_NEVER,
		.place	= PLACE_COMPUTED,
		.text	= "constant_tsc nonstop_tsc",
		.judge = judge_flags, .reads = reads_cpuinfo,
	},
	{
		.id	= "clock.tsc_known_freq",
		.title	= "The CPU itself tells the rate of its TSC",
		.why	= "else the kernel measures it at boot against another clock, "
			  "with an error that differs from boot to boot",
		.source	= "seeker cpu-rtcheck; arch/x86/kernel/tsc.c",
		.remedy	= "take a CPU that tells it (CPUID leaf 0x15)",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_INFO, .when = WHEN_NEVER,
		.place	= PLACE_COMPUTED,
		.text	= "tsc_known_freq",
		.judge = judge_flags, .reads = reads_cpuinfo,
	},
	{
		.id	= "clock.tsc_deadline",
		.title	= "The APIC timer takes a TSC deadline",
		.why	= "it is armed with one register write; the older timer needs a "
			  "conversion, and in a guest a dearer exit",
		.source	= "SEAPATH; libvirt kbase, KVM real-time; ACRN real-time tips",
		.remedy	= "let the VM have it: <feature policy='require' "
			  "name='tsc-deadline'/>",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_HIGH,
		.when	= WHEN_VM_RESTART,
		.place	= PLACE_COMPUTED,
		.text	= "tsc_deadline_timer",
		.applies = applies_deadline, .judge = judge_flags, .reads = reads_cpuinfo,
	},
	{
		.id	= "clock.hpet",
		.title	= "HPET is not offered as a clock",
		.why	= "a clock that nobody offers is one that nothing can fall back "
			  "to unnoticed",
		.source	= "Documentation/admin-guide/kernel-parameters.txt (hpet=, "
			  "nohpet)",
		.remedy	= "add to the kernel command line: hpet=disable",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_INFO, .when = WHEN_REBOOT,
		.place	= PLACE_FILE,
		.path	= "sys/devices/system/clocksource/clocksource0/available_clocksource",
		.want	= want_no_hpet, .text = "no hpet",
	},
	{
		.id	= "clock.highres_parameter",
		.title	= "highres=off is not asked for",
		.why	= "with highres=off, which the Virt-RT guide proposes for MSI "
			  "latency, a timer fires at the next tick: cyclictest then "
			  "measures the tick",
		.source	= "Virt-RT guide 10; Documentation/timers/highres.rst",
		.remedy	= "take highres=off off the kernel command line",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_FATAL, .when = WHEN_REBOOT,
		.place	= PLACE_PARAMETER, .path = "highres",
		.want	= want_text, .text = "on",
		.absent	= ABSENT_HOLDS, .absent_means = "on is the default",
	},
	{
		.id	= "clock.no_timer_check",
		.title	= "The guest does not test its timer interrupt at boot",
		.why	= "the test counts ticks against a busy loop, and a vCPU that is "
			  "held up fails it: the kernel panics or takes another way of "
			  "interrupts",
		.source	= "host and QEMU tuning notes; "
			  "Documentation/admin-guide/kernel-parameters.txt",
		.remedy	= "add to the guest's kernel command line: no_timer_check",
		.scopes	= SCOPE_GUEST, .severity = SEVERITY_INFO, .when = WHEN_REBOOT,
		.place	= PLACE_PARAMETER, .path = "no_timer_check",
		.want	= want_given, .text = "no_timer_check",
		.absent	= ABSENT_BROKEN,
		.absent_means = "KVM guests that know their hypervisor skip the test by "
			  "themselves",
	},
	{0},
};
