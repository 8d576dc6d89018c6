/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kind of machine it is: recorded with every result. */
#include <errno.h>
#include <string.h>

#include "cpuinfo.h"
#include "escape.h"
#include "judge.h"
#include "number.h"
#include "rows.h"
#include "want.h"

/* Bits of Documentation/admin-guide/tainted-kernels.rst that tell of an error: forced
 * module unload 3 is not one, a machine check, a bad page, a death, a warning and a
 * lockup are. */
static const struct {
	guint bit;
	const char *name;
} taint_errors[] = {{4, "machine check"},
		    {5, "bad page"},
		    {7, "oops"},
		    {9, "warning"},
		    {14, "soft lockup"}};

static KnobMatch want_untainted(const Knob *knob, KnobView *view,
				const KnobReading *reading, char **ret_wanted,
				char **ret_note)
{
	g_autoptr(GString) names = g_string_new(NULL);
	Span span = span_of(reading->value);
	guint64 taint;

	(void)knob;
	(void)view;
	(void)ret_wanted;
	if (!span_take_number(&span, G_MAXUINT32, &taint) || span.at != span.end)
		return MATCH_ODD;
	for (guint i = 0; i < G_N_ELEMENTS(taint_errors); i++)
		if (taint & (1u << taint_errors[i].bit))
			g_string_append_printf(names, "%s%s", names->len ? ", " : "",
					       taint_errors[i].name);
	if (names->len == 0) {
		*ret_note = taint ? g_strdup("tainted, but not by an error") : NULL;
		return MATCH_HOLDS;
	}
	*ret_note = g_string_free(g_steal_pointer(&names), FALSE);
	return MATCH_BROKEN;
}

static void judge_microcode(const Knob *knob, KnobView *view, Finding *finding)
{
	int errnum = 0;
	const char *text = knob_view_read(view, "proc/cpuinfo", &errnum);
	g_autoptr(CpuInfo) info = text ? cpuinfo_parse(text, strlen(text), NULL) : NULL;
	const char *revision = info ? cpuinfo_microcode(info) : NULL;

	if (!text) {
		knob_conclude_errno(knob, view, finding, "proc/cpuinfo", errnum);
		return;
	}
	if (!revision) {
		knob_conclude(knob, finding, MATCH_ODD,
			      "proc/cpuinfo tells no microcode revision");
		return;
	}
	finding_add_evidence(finding, g_strdup("proc/cpuinfo microcode"),
			     escape_text(revision, (gssize)strlen(revision)),
			     g_strdup("the same on all CPUs"));
	knob_conclude(knob, finding,
		      cpuinfo_same_microcode(info) ? MATCH_HOLDS : MATCH_BROKEN, "%s",
		      cpuinfo_same_microcode(info) ? ""
						   : "the CPUs have different revisions");
}

/* The version of QEMU as libvirt found it: 7002000 is 7.2.0. */
static void judge_qemu_version(const Knob *knob, KnobView *view, Finding *finding)
{
	const GPtrArray *paths = knob_view_glob(view, knob->path);
	int errnum = knob_view_glob_errno(view, knob->path);
	guint64 version = 0;

	if (errnum) {
		knob_conclude_errno(knob, view, finding, knob->path, errnum);
		return;
	}
	for (guint i = 0; i < paths->len; i++) {
		const char *text = knob_view_read(view, paths->pdata[i], NULL);
		const char *element = text ? strstr(text, "<version>") : NULL;
		Span span = span_of(element ? element + strlen("<version>") : "");
		guint64 one;

		if (!span_take_number(&span, G_MAXINT32, &one) || one < 1000) {
			knob_conclude(knob, finding, MATCH_ODD,
				      "%s tells no version of QEMU",
				      (char *)paths->pdata[i]);
			return;
		}
		version = MAX(version, one);
	}
	finding_add_evidence(finding, g_strdup(knob->path),
			     g_strdup_printf("QEMU %u.%u.%u", (guint)(version / 1000000),
					     (guint)(version / 1000 % 1000),
					     (guint)(version % 1000)),
			     NULL);
	knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
}

static const char *const capability_files[] = {
	"var/cache/libvirt/qemu/capabilities/*.xml", NULL};
static const char *const cpuinfo_file[] = {"proc/cpuinfo", NULL};

#define HOST_AND_GUEST (SCOPE_HOST | SCOPE_GUEST)
#define RECORDED       .severity = SEVERITY_INFO, .when = WHEN_NEVER, .want = want_recorded

/* clang-format off */
const Knob knob_rows_system[] = {
	{
		.id	= "system.vendor",
		.title	= "The maker of the machine is recorded",
		.why	= "the same settings give other latencies on another board",
		.source	= "rteval; OSADL QA farm",
		.remedy	= "write it down by hand: firmware leaves the field blank",
		.scopes	= SCOPE_HOST, RECORDED,
		.place	= PLACE_FILE, .path = "sys/class/dmi/id/sys_vendor",
		.absent	= ABSENT_NA, .absent_means = "firmware gives no DMI table",
	},
	{
		.id	= "system.product",
		.title	= "The model of the machine is recorded",
		.why	= "the same settings give other latencies on another board; "
			  "firmware settings are described per model",
		.source	= "Virt-RT guide 2 (a document per system); rteval",
		.remedy	= "write it down by hand: firmware leaves the field blank",
		.scopes	= SCOPE_HOST, RECORDED,
		.place	= PLACE_FILE, .path = "sys/class/dmi/id/product_name",
		.absent	= ABSENT_NA, .absent_means = "firmware gives no DMI table",
	},
	{
		.id	= "system.bios_version",
		.title	= "The version of the firmware is recorded",
		.why	= "an update of the firmware can add or remove system "
			  "management interrupts",
		.source	= "Virt-RT guide 2; rteval",
		.remedy	= "write it down by hand: firmware leaves the field blank",
		.scopes	= SCOPE_HOST, RECORDED,
		.place	= PLACE_FILE, .path = "sys/class/dmi/id/bios_version",
		.absent	= ABSENT_NA, .absent_means = "firmware gives no DMI table",
	},
	{
		.id	= "system.bios_date",
		.title	= "The date of the firmware is recorded",
		.why	= "an update of the firmware can add or remove system "
			  "management interrupts",
		.source	= "Virt-RT guide 2; rteval",
		.remedy	= "write it down by hand: firmware leaves the field blank",
		.scopes	= SCOPE_HOST, RECORDED,
		.place	= PLACE_FILE, .path = "sys/class/dmi/id/bios_date",
		.absent	= ABSENT_NA, .absent_means = "firmware gives no DMI table",
	},
	{
		.id	= "system.kernel_release",
		.title	= "The release of the kernel is recorded",
		.why	= "latencies are those of one kernel; another one is another "
			  "measurement",
		.source	= "Virt-RT guide 3.1; crucible",
		.remedy	= "mount proc",
		.scopes	= HOST_AND_GUEST, RECORDED,
		.place	= PLACE_FILE, .path = "proc/sys/kernel/osrelease",
	},
	{
		.id	= "system.qemu_version",
		.title	= "The version of QEMU is recorded",
		.why	= "devices and options differ between versions, and libvirt "
			  "drops silently what a version does not know",
		.source	= "Virt-RT guide 6; crucible",
		.remedy	= "virsh capabilities asks libvirt to look at QEMU",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_INFO, .when = WHEN_NEVER,
		.place	= PLACE_COMPUTED,
		.path	= "var/cache/libvirt/qemu/capabilities/*.xml",
		.judge	= judge_qemu_version, .reads = capability_files,
		.absent	= ABSENT_NA,
		.absent_means = "libvirt's daemon has not looked at QEMU here",
	},
	{
		.id	= "system.microcode",
		.title	= "All CPUs run the same microcode",
		.why	= "microcode changes mitigations and timings; CPUs that differ "
			  "behave differently",
		.source	= "rteval; OSADL QA farm",
		.remedy	= "install the microcode package, rebuild the initramfs, and "
			  "reboot",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_LOW, .when = WHEN_REBOOT,
		.place	= PLACE_COMPUTED, .judge = judge_microcode, .reads = cpuinfo_file,
	},
	{
		.id	= "system.taint",
		.title	= "The kernel has met no error since the boot",
		.why	= "after a warning, a lockup or a machine check debugging is "
			  "slow or off, locks may hang, and figures mean little",
		.source	= "Documentation/admin-guide/tainted-kernels.rst",
		.remedy	= "read the kernel's log, cure the cause, reboot",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_MEDIUM,
		.when	= WHEN_REBOOT,
		.place	= PLACE_FILE, .path = "proc/sys/kernel/tainted",
		.want	= want_untainted, .text = "no error bit",
	},
	{
		.id	= "system.crash_kernel",
		.title	= "Whether a crash kernel is loaded is recorded",
		.why	= "with one, a hang ends in a dump and a reboot instead of a "
			  "machine to look at",
		.source	= "OpenShift node tuning; "
			  "Documentation/admin-guide/kdump/kdump.rst",
		.remedy	= "crashkernel=256M on the kernel command line, and "
			  "kexec-tools, for a dump",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_INFO, .when = WHEN_REBOOT,
		.place	= PLACE_FILE, .path = "sys/kernel/kexec_crash_loaded",
		.want	= want_one_of, .text = "0|1",
		.absent	= ABSENT_NA,
		.absent_means = "the kernel has no kexec for crashes",
	},
	{
		.id	= "system.panic_timeout",
		.title	= "What the kernel does after a panic is recorded",
		.why	= "a machine that reboots by itself loses what a run had "
			  "measured so far",
		.source	= "OpenShift node tuning; "
			  "Documentation/admin-guide/sysctl/kernel.rst",
		.remedy	= "sysctl kernel.panic=0 keeps a machine that panicked for a "
			  "look at its console",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_INFO, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .path = "proc/sys/kernel/panic",
		.want	= want_number, .min = G_MININT32, .max = G_MAXINT32,
		.text	= "any number",
	},
	{
		.id	= "system.security_modules",
		.title	= "Security modules are recorded; they may stay on",
		.why	= "they act on the part of the system that is not real-time",
		.source	= "Virt-RT guide 3.2.3",
		.remedy	= "mount -t securityfs securityfs /sys/kernel/security",
		.scopes	= HOST_AND_GUEST, RECORDED,
		.place	= PLACE_FILE, .path = "sys/kernel/security/lsm",
		.absent	= ABSENT_NA, .absent_means = "securityfs is not mounted",
	},
	{0},
};
