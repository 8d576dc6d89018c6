/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where time comes from, and what wakes a CPU up. */
#include <string.h>

#include "judge.h"
#include "kernel_log.h"
#include "number.h"
#include "rows.h"
#include "want.h"

#define CLOCKSOURCE "sys/devices/system/clocksource/clocksource0/"
#define TIMER_LIST  "proc/timer_list"

/* A guest may also read the host's TSC through kvm-clock. */
static const char *good_sources(KnobView *view)
{
	return knob_view_scope(view) == SCOPE_GUEST ? "tsc|kvm-clock" : "tsc";
}

static KnobMatch want_fast_clock(const Knob *knob, KnobView *view,
				 const KnobReading *reading, char **ret_wanted,
				 char **ret_note)
{
	Knob asked = *knob;

	asked.text = good_sources(view);
	*ret_wanted = g_strdup(asked.text);
	return want_one_of(&asked, view, reading, NULL, ret_note);
}

static KnobMatch want_fast_clock_listed(const Knob *knob G_GNUC_UNUSED, KnobView *view,
					const KnobReading *reading, char **ret_wanted,
					char **ret_note G_GNUC_UNUSED)
{
	g_auto(GStrv) words = g_strsplit(reading->value, " ", -1);
	g_auto(GStrv) good = g_strsplit(good_sources(view), "|", -1);

	*ret_wanted = g_strdup(good_sources(view));
	for (char **word = good; *word; word++)
		if (g_strv_contains((const char *const *)words, *word))
			return MATCH_HOLDS;
	return MATCH_BROKEN;
}

/* ---- proc/timer_list
 * ----------------------------------------------------------------------- */

typedef struct {
	guint cpus, high_resolution; /* "cpu: N" blocks; those with .hres_active 1 */
	guint devices, local; /* per-CPU clock event devices; those of the local APIC */
	guint deadline;       /* and those that take a TSC deadline */
	char other[64];       /* the first that is not the local APIC */
} TimerList;

/* "  .hres_active    : 1" and the like: the text behind the colon. */
static gboolean take_value(Span line, const char *name, char *ret, gsize size)
{
	g_autofree char *text = NULL;

	span_skip_blanks(&line);
	if (!span_take_literal(&line, name))
		return FALSE;
	span_skip_blanks(&line);
	if (!span_take_literal(&line, ":"))
		return FALSE;
	span_skip_blanks(&line);
	text = span_dup(line);
	g_strlcpy(ret, text, size);
	return TRUE;
}

static void take_device(TimerList *list, const char *name)
{
	list->devices++;
	list->deadline += strcmp(name, "lapic-deadline") == 0;
	if (g_str_has_prefix(name, "lapic"))
		list->local++;
	else if (!*list->other)
		g_strlcpy(list->other, name, sizeof(list->other));
}

/* The broadcast device comes first and belongs to no CPU: "Per CPU device" is what
 * counts. */
static TimerList parse_timer_list(const char *text)
{
	TimerList list = {0};
	Span span = span_of(text), line;
	gboolean per_cpu = FALSE;
	char value[64];

	while (span_take_line(&span, &line)) {
		if (take_value(line, "cpu", value, sizeof(value))) {
			list.cpus++;
		} else if (take_value(line, ".hres_active", value, sizeof(value))) {
			list.high_resolution += strcmp(value, "1") == 0;
		} else if (take_value(line, "Tick Device", value, sizeof(value))) {
			per_cpu = FALSE;
		} else if (take_value(line, "Per CPU device", value, sizeof(value))) {
			per_cpu = TRUE;
		} else if (per_cpu &&
			   take_value(line, "Clock Event Device", value, sizeof(value))) {
			take_device(&list, value);
			per_cpu = FALSE;
		}
	}
	return list;
}

/* FALSE when it was concluded already. */
static gboolean read_timer_list(const Knob *knob, KnobView *view, Finding *finding,
				TimerList *ret)
{
	int errnum = 0;
	const char *text = knob_view_read(view, TIMER_LIST, &errnum);

	if (!text) {
		knob_conclude_errno(knob, view, finding, TIMER_LIST, errnum);
		return FALSE;
	}
	*ret = parse_timer_list(text);
	if (ret->cpus == 0) {
		knob_conclude(knob, finding, MATCH_ODD, TIMER_LIST " names no CPU");
		return FALSE;
	}
	return TRUE;
}

static void judge_high_resolution(const Knob *knob, KnobView *view, Finding *finding)
{
	TimerList list;

	if (!read_timer_list(knob, view, finding, &list))
		return;
	finding_add_evidence(
		finding, g_strdup(TIMER_LIST " .hres_active"),
		g_strdup_printf("1 on %u of %u CPUs", list.high_resolution, list.cpus),
		g_strdup("1 on all CPUs"));
	if (list.high_resolution == list.cpus)
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
	else
		knob_conclude(
			knob, finding, MATCH_BROKEN,
			"%u of %u CPUs have no high-resolution timers: a sleep ends at a "
			"tick, and cyclictest measures only the tick",
			list.cpus - MIN(list.cpus, list.high_resolution), list.cpus);
}

/* Each CPU must be woken by a device of `kind`, of which there are `good`. */
static void conclude_event_device(const Knob *knob, Finding *finding, const TimerList *list,
				  guint good, const char *kind)
{
	finding_add_evidence(finding, g_strdup(TIMER_LIST " Clock Event Device"),
			     g_strdup_printf("%s on %u of %u CPUs%s%s", kind, good, list->cpus,
					     *list->other ? ", else " : "", list->other),
			     g_strdup_printf("%s on all CPUs", kind));
	if (list->devices == 0)
		knob_conclude(knob, finding, MATCH_ODD, TIMER_LIST " names no device");
	else if (good == list->devices && list->devices == list->cpus)
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
	else
		knob_conclude(knob, finding, MATCH_BROKEN, "only %u of %u CPUs are woken by %s",
			      good, list->cpus, kind);
}

static void judge_event_device(const Knob *knob, KnobView *view, Finding *finding)
{
	TimerList list;

	if (read_timer_list(knob, view, finding, &list))
		conclude_event_device(knob, finding, &list, list.local,
				      "lapic-deadline or lapic");
}

static void judge_guest_event_device(const Knob *knob, KnobView *view, Finding *finding)
{
	TimerList list;

	if (read_timer_list(knob, view, finding, &list))
		conclude_event_device(knob, finding, &list, list.deadline, "lapic-deadline");
}

/* mark_tsc_unstable() in arch/x86/kernel/tsc.c, the clocksource watchdog in
 * kernel/time/clocksource.c, and what is said when a CPU's TSC runs ahead of another's.
 */
static char *find_unstable_tsc(const char *log)
{
	static const KernelLogSign signs[] = {
		{"Marking TSC unstable", "\"Marking TSC unstable\""},
		{"Marking clocksource 'tsc' as unstable",
		 "\"Marking clocksource 'tsc' as unstable\""},
		{"TSC found unstable", "\"TSC found unstable\""},
		{NULL, NULL},
	};

	return kernel_log_signs(log, signs);
}

static void judge_tsc(const Knob *knob, KnobView *view, Finding *finding)
{
	kernel_log_judge(knob, view, finding, find_unstable_tsc);
}

static const char *const timer_list_file[] = {TIMER_LIST, NULL};

#define HOST_AND_GUEST (SCOPE_HOST | SCOPE_GUEST)

/* clang-format off */
const Knob knob_rows_clock[] = {
	{
		.id	= "clock.source",
		.title	= "Time is read from the processor",
		.why	= "hpet and acpi_pm are read over a bus, or by an exit to the hypervisor, which "
			  "costs microseconds each time",
		.source	= "host and QEMU tuning notes (clocksource=tsc); ServoBox RT settings 12; "
			  "KVM-RT guide, Known Issues; Documentation/core-api/real-time/hardware.rst",
		.remedy	= "echo tsc > /sys/devices/system/clocksource/clocksource0/current_clocksource, "
			  "or boot with clocksource=tsc",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_FATAL, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .path = CLOCKSOURCE "current_clocksource",
		.want	= want_fast_clock, .text = "tsc",
		.again	= AGAIN_WORSE,
	},
	{
		.id	= "clock.available",
		.title	= "The kernel trusts the processor's clock",
		.why	= "a TSC that the kernel found to be unstable is taken off the list, and no "
			  "parameter brings it back",
		.source	= "Documentation/virt/kvm/x86/timekeeping.rst; KVM-RT guide, "
			  "Known Issues",
		.remedy	= "look for what the kernel says of the TSC in its log; update the firmware; in a "
			  "guest use host-passthrough with invtsc",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_HIGH, .when = WHEN_REBOOT,
		.place	= PLACE_FILE, .path = CLOCKSOURCE "available_clocksource",
		.want	= want_fast_clock_listed, .text = "tsc",
		.again	= AGAIN_WORSE,
	},
	{
		.id	= "clock.tsc_stable",
		.title	= "The kernel has not found the TSC to be unstable",
		.why	= "after that every reading of the clock costs microseconds, and the clocks of "
			  "guests that rely on the TSC are wrong",
		.source	= "arch/x86/kernel/tsc.c; kernel/time/clocksource.c; Documentation/virt/kvm/x86/"
			  "timekeeping.rst",
		.remedy	= "update the firmware; when the TSC is known to be sound, boot with tsc=nowatchdog",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_FATAL, .when = WHEN_REBOOT,
		.place	= PLACE_COMPUTED, .judge = judge_tsc, .reads = kernel_log_reads,
		.again	= AGAIN_WORSE,
	},
	{
		.id	= "clock.high_resolution",
		.title	= "High-resolution timers are active on every CPU",
		.why	= "without them a thread is woken at the next tick, up to 10 ms late; the Virt-RT "
			  "guide's highres=off variant for MSI latency cannot be measured with cyclictest",
		.source	= "Virt-RT guide 10; rtcqs; Documentation/timers/highres.rst",
		.remedy	= "take highres=off and nohz=off off the command line; build the kernel with "
			  "CONFIG_HIGH_RES_TIMERS",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_FATAL, .when = WHEN_REBOOT,
		.place	= PLACE_COMPUTED, .judge = judge_high_resolution, .reads = timer_list_file,
	},
	{
		.id	= "clock.event_device",
		.title	= "Every CPU is woken by its own local APIC",
		.why	= "a timer outside the CPU is shared and slow to program, and another CPU has to "
			  "pass its interrupt on",
		.source	= "Documentation/timers/highres.rst; Documentation/virt/kvm/x86/timekeeping.rst",
		.remedy	= "take nolapic_timer and nolapic off the command line; update the firmware",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_REBOOT,
		.place	= PLACE_COMPUTED, .judge = judge_event_device, .reads = timer_list_file,
	},
	{
		.id	= "clock.guest_event_device",
		.title	= "Every vCPU is woken by a TSC deadline",
		.why	= "one register write sets such a timer; another one takes several exits, and "
			  "its interval is counted in the hypervisor's ticks",
		.source	= "libvirt kbase kvm-realtime; Documentation/virt/kvm/x86/timekeeping.rst; "
			  "arch/x86/kernel/apic/apic.c",
		.remedy	= "let the VM have it: <feature policy='require' name='tsc-deadline'/>; take "
			  "lapic=notscdeadline off the guest's command line",
		.scopes	= SCOPE_GUEST, .severity = SEVERITY_HIGH, .when = WHEN_VM_RESTART,
		.place	= PLACE_COMPUTED, .judge = judge_guest_event_device,
		.reads	= timer_list_file,
	},
	{
		.id	= NULL,
	},
};
/* clang-format on */
