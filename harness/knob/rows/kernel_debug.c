/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks and tracers that a kernel was built with. */
#include <string.h>

#include "judge.h"
#include "place.h"
#include "rows.h"
#include "want.h"

/* Built in and switched off is as good: distributions have one configuration for all. The
 * three options have one switch each below proc/sys/kernel. */
static KnobMatch want_no_detector(const Knob *knob, KnobView *view,
				  const KnobReading *reading, char **ret_wanted,
				  char **ret_note)
{
	const char *file =
		strcmp(knob->path, "SOFTLOCKUP_DETECTOR") == 0   ? "soft_watchdog"
		: strcmp(knob->path, "HARDLOCKUP_DETECTOR") == 0 ? "nmi_watchdog"
								 : "watchdog";
	g_autofree char *path = g_strdup_printf("proc/sys/kernel/%s", file);
	const char *value;

	*ret_wanted = g_strdup_printf("n, or kernel.%s=0", file);
	if (strcmp(reading->value, "n") == 0)
		return MATCH_HOLDS;
	if (strcmp(reading->value, "y") != 0)
		return MATCH_ODD;
	value = knob_view_line(view, path, NULL);
	if (!value || strcmp(value, "0") != 0) {
		*ret_note = g_strdup_printf("kernel.%s is %s", file,
					    value ? value : "not known");
		return MATCH_BROKEN;
	}
	*ret_note = g_strdup_printf("built in, and switched off: kernel.%s is 0", file);
	return MATCH_HOLDS;
}

static const char *const reads_watchdog[] = {"proc/sys/kernel/watchdog",
					     "proc/sys/kernel/soft_watchdog",
					     "proc/sys/kernel/nmi_watchdog", NULL};

/* clang-format off */
const Knob knob_rows_kernel_debug[] = {
	{
		.id	= "kernel.irqsoff_tracer",
		.title	= "The tracer of interrupts-off sections is not built",
		.why	= "it costs time at each such section even when nobody traces",
		.source	= "Documentation/core-api/real-time/kernel-configuration.rst",
		.remedy	= "build without CONFIG_IRQSOFF_TRACER",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_HIGH, .when = WHEN_REBOOT,
		.place	= PLACE_KCONFIG, .path = "IRQSOFF_TRACER",
		.want	= want_text, .text = "n",
	},
	{
		.id	= "kernel.preempt_tracer",
		.title	= "The tracer of preemption-off sections is not built",
		.why	= "it costs time at each such section even when nobody traces",
		.source	= "Documentation/core-api/real-time/kernel-configuration.rst",
		.remedy	= "build without CONFIG_PREEMPT_TRACER",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_HIGH, .when = WHEN_REBOOT,
		.place	= PLACE_KCONFIG, .path = "PREEMPT_TRACER",
		.want	= want_text, .text = "n",
	},
	{
		.id	= "kernel.lockup_detector",
		.title	= "No lockup detector runs",
		.why	= "its timer fires in hard interrupt context on every CPU every "
			  "few seconds",
		.source	= "Documentation/core-api/real-time/kernel-configuration.rst",
		.remedy	= "sysctl kernel.watchdog=0, or build without "
			  "CONFIG_LOCKUP_DETECTOR",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_HIGH, .when = WHEN_RUNTIME,
		.place	= PLACE_KCONFIG, .path = "LOCKUP_DETECTOR",
		.want	= want_no_detector, .text = "n",
		.reads	= reads_watchdog,
	},
	{
		.id	= "kernel.softlockup_detector",
		.title	= "No soft lockup detector runs",
		.why	= "its timer fires in hard interrupt context on every CPU every "
			  "few seconds",
		.source	= "Documentation/core-api/real-time/kernel-configuration.rst",
		.remedy	= "sysctl kernel.soft_watchdog=0, or build without "
			  "CONFIG_SOFTLOCKUP_DETECTOR",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_HIGH, .when = WHEN_RUNTIME,
		.place	= PLACE_KCONFIG, .path = "SOFTLOCKUP_DETECTOR",
		.want	= want_no_detector, .text = "n",
		.reads	= reads_watchdog,
	},
	{
		.id	= "kernel.hardlockup_detector",
		.title	= "No hard lockup detector runs",
		.why	= "its timer fires in hard interrupt context on every CPU every "
			  "few seconds",
		.source	= "Documentation/core-api/real-time/kernel-configuration.rst",
		.remedy	= "sysctl kernel.nmi_watchdog=0, or build without "
			  "CONFIG_HARDLOCKUP_DETECTOR",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_HIGH, .when = WHEN_RUNTIME,
		.place	= PLACE_KCONFIG, .path = "HARDLOCKUP_DETECTOR",
		.want	= want_no_detector, .text = "n",
		.reads	= reads_watchdog,
	},
	{
		.id	= "kernel.prove_locking",
		.title	= "Locking is not proved at run time",
		.why	= "every lock taken is held against all that was seen before",
		.source	= "Documentation/core-api/real-time/kernel-configuration.rst",
		.remedy	= "build without CONFIG_PROVE_LOCKING",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_HIGH, .when = WHEN_REBOOT,
		.place	= PLACE_KCONFIG, .path = "PROVE_LOCKING",
		.want	= want_text, .text = "n",
	},
	{
		.id	= "kernel.lockdep",
		.title	= "Lock dependencies are not tracked",
		.why	= "every lock taken and given back is written down",
		.source	= "Documentation/core-api/real-time/kernel-configuration.rst; "
			  "Documentation/locking/lockdep-design.rst",
		.remedy	= "build without CONFIG_LOCKDEP",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_HIGH, .when = WHEN_REBOOT,
		.place	= PLACE_KCONFIG, .path = "LOCKDEP",
		.want	= want_text, .text = "n",
	},
	{
		.id	= "kernel.lock_stat",
		.title	= "Locks are not timed",
		.why	= "every contended lock reads the clock",
		.source	= "Documentation/locking/lockstat.rst",
		.remedy	= "build without CONFIG_LOCK_STAT",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_MEDIUM, .when = WHEN_REBOOT,
		.place	= PLACE_KCONFIG, .path = "LOCK_STAT",
		.want	= want_text, .text = "n",
	},
	{
		.id	= "kernel.debug_atomic_sleep",
		.title	= "Sleeping in atomic context is not looked for",
		.why	= "the check itself is cheap, but it makes each place that may "
			  "sleep one that may reschedule",
		.source	= "Documentation/core-api/real-time/kernel-configuration.rst "
			  "(allows it)",
		.remedy	= "build without CONFIG_DEBUG_ATOMIC_SLEEP",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_LOW, .when = WHEN_REBOOT,
		.place	= PLACE_KCONFIG, .path = "DEBUG_ATOMIC_SLEEP",
		.want	= want_text, .text = "n",
	},
	{
		.id	= "kernel.debug_preempt",
		.title	= "Preemption counts are not checked",
		.why	= "every use of a per-CPU value is checked",
		.source	= "lib/Kconfig.debug",
		.remedy	= "build without CONFIG_DEBUG_PREEMPT",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_LOW, .when = WHEN_REBOOT,
		.place	= PLACE_KCONFIG, .path = "DEBUG_PREEMPT",
		.want	= want_text, .text = "n",
	},
	{
		.id	= "kernel.kasan",
		.title	= "Memory accesses are not checked by KASAN",
		.why	= "every access to memory looks up a shadow byte",
		.source	= "Documentation/dev-tools/kasan.rst",
		.remedy	= "build without CONFIG_KASAN",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_HIGH, .when = WHEN_REBOOT,
		.place	= PLACE_KCONFIG, .path = "KASAN",
		.want	= want_text, .text = "n",
	},
	{
		.id	= "kernel.kcsan",
		.title	= "Memory accesses are not checked by KCSAN",
		.why	= "sampled accesses wait on purpose for a race",
		.source	= "Documentation/dev-tools/kcsan.rst",
		.remedy	= "build without CONFIG_KCSAN",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_HIGH, .when = WHEN_REBOOT,
		.place	= PLACE_KCONFIG, .path = "KCSAN",
		.want	= want_text, .text = "n",
	},
	{
		.id	= "kernel.debug_kmemleak",
		.title	= "Kernel memory is not scanned for leaks",
		.why	= "a thread scans all of the kernel's memory every ten minutes",
		.source	= "Documentation/dev-tools/kmemleak.rst",
		.remedy	= "build without CONFIG_DEBUG_KMEMLEAK",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_MEDIUM, .when = WHEN_REBOOT,
		.place	= PLACE_KCONFIG, .path = "DEBUG_KMEMLEAK",
		.want	= want_text, .text = "n",
	},
	{
		.id	= "kernel.slub_debug_on",
		.title	= "Kernel allocations are not checked by default",
		.why	= "every allocation is poisoned and checked",
		.source	= "Documentation/admin-guide/mm/slab.rst",
		.remedy	= "build without CONFIG_SLUB_DEBUG_ON",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_MEDIUM, .when = WHEN_REBOOT,
		.place	= PLACE_KCONFIG, .path = "SLUB_DEBUG_ON",
		.want	= want_text, .text = "n",
	},
	{
		.id	= "kernel.tracing",
		.title	= "Tracing is built in",
		.why	= "nobody can tell where a latency came from without it; it "
			  "costs nothing while it is off",
		.source	= "Documentation/core-api/real-time/kernel-configuration.rst",
		.remedy	= "build with CONFIG_TRACING=y",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_INFO, .when = WHEN_REBOOT,
		.place	= PLACE_KCONFIG, .path = "TRACING",
		.want	= want_text, .text = "y",
	},
	{
		.id	= "kernel.ftrace",
		.title	= "Tracers are built in",
		.why	= "nobody can tell where a latency came from without them",
		.source	= "Documentation/core-api/real-time/kernel-configuration.rst",
		.remedy	= "build with CONFIG_FTRACE=y",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_INFO, .when = WHEN_REBOOT,
		.place	= PLACE_KCONFIG, .path = "FTRACE",
		.want	= want_text, .text = "y",
	},
	{
		.id	= "kernel.osnoise_tracer",
		.title	= "The osnoise tracer is built in",
		.why	= "it tells which interrupt or thread took the CPU",
		.source	= "Documentation/trace/osnoise-tracer.rst; rtla",
		.remedy	= "build with CONFIG_OSNOISE_TRACER=y",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_INFO, .when = WHEN_REBOOT,
		.place	= PLACE_KCONFIG, .path = "OSNOISE_TRACER",
		.want	= want_text, .text = "y",
	},
	{
		.id	= "kernel.timerlat_tracer",
		.title	= "The timerlat tracer is built in",
		.why	= "it tells at which step a wake-up was late",
		.source	= "Documentation/trace/timerlat-tracer.rst; rtla",
		.remedy	= "build with CONFIG_TIMERLAT_TRACER=y",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_INFO, .when = WHEN_REBOOT,
		.place	= PLACE_KCONFIG, .path = "TIMERLAT_TRACER",
		.want	= want_text, .text = "y",
	},
	{
		.id	= "kernel.hwlat_tracer",
		.title	= "The hardware latency tracer is built in",
		.why	= "it alone sees stalls that no kernel causes, as from system "
			  "management mode",
		.source	= "Documentation/trace/hwlat_detector.rst; rt-tests hwlatdetect",
		.remedy	= "build with CONFIG_HWLAT_TRACER=y",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_INFO, .when = WHEN_REBOOT,
		.place	= PLACE_KCONFIG, .path = "HWLAT_TRACER",
		.want	= want_text, .text = "y",
	},
	{0},
};
