/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The IOMMU: whether it runs, and for which devices. Those of guests are in vfio.c. */
#include <string.h>

#include "escape.h"
#include "judge.h"
#include "kernel_cmdline.h"
#include "rows.h"
#include "want.h"
#include "words.h"

static const char *parameter(const KernelCmdline *cmdline, const char *name)
{
	const char *value = kernel_cmdline_last(cmdline, name);

	return value ? value : "";
}

/* What the command line asks for: intel_iommu=on, amd_iommu=on (the KVM-RT guide's
 * spelling; AMD's is on unless told off), or neither. */
static gboolean iommu_requested(const KernelCmdline *cmdline)
{
	return words_contain(parameter(cmdline, "intel_iommu"), ",", "on") ||
	       words_contain(parameter(cmdline, "amd_iommu"), ",", "on");
}

/* Capability registers, in hexadecimal without 0x (intel/iommu.c, amd/init.c). */
static KnobMatch want_register(const Knob *knob, KnobView *view,
			       const KnobReading *reading, char **ret_wanted,
			       char **ret_note)
{
	gsize length = strlen(reading->value);

	(void)knob;
	(void)view;
	(void)ret_wanted;
	(void)ret_note;
	if (length == 0 || length > 16 ||
	    strspn(reading->value, "0123456789abcdef") != length)
		return MATCH_ODD;
	return strspn(reading->value, "0") == length ? MATCH_BROKEN : MATCH_HOLDS;
}

#define IOMMU_UNITS "sys/class/iommu/*/*/cap"

static guint running_units(const Knob *knob, KnobView *view)
{
	const GPtrArray *paths = knob_view_glob(view, IOMMU_UNITS);
	guint count = 0;

	for (guint i = 0; i < paths->len; i++) {
		const char *line = knob_view_line(view, paths->pdata[i], NULL);
		KnobReading reading = {paths->pdata[i], line ? line : "", -1};

		count += want_register(knob, view, &reading, NULL, NULL) == MATCH_HOLDS;
	}
	return count;
}

/* What is said on the command line counts where the kernel has not decided by itself. */
static gboolean requested_applies(const Knob *knob, KnobView *view, char **ret_proof)
{
	const KernelCmdline *cmdline = knob_view_cmdline(view, NULL);

	if (!cmdline || iommu_requested(cmdline) || running_units(knob, view) == 0)
		return TRUE;
	*ret_proof =
		g_strdup("the kernel runs an IOMMU without being asked: " IOMMU_UNITS);
	return FALSE;
}

/* What is set up round an IOMMU counts where one runs. */
static gboolean unit_applies(const Knob *knob, KnobView *view, char **ret_proof)
{
	if (running_units(knob, view) || !knob_view_complete(view))
		return TRUE;
	*ret_proof = g_strdup("no IOMMU runs: " IOMMU_UNITS);
	return FALSE;
}

static void judge_requested(const Knob *knob, KnobView *view, Finding *finding)
{
	int errnum = 0;
	const KernelCmdline *cmdline = knob_view_cmdline(view, &errnum);
	gboolean requested;

	if (!cmdline) {
		knob_conclude_errno(knob, view, finding, "proc/cmdline", errnum);
		return;
	}
	requested = iommu_requested(cmdline);
	finding_add_evidence(finding, g_strdup("proc/cmdline"),
			     g_strdup(requested ? "on" : "not asked for"),
			     g_strdup(knob->text));
	knob_conclude(knob, finding, requested ? MATCH_HOLDS : MATCH_BROKEN, "%s",
		      requested ? ""
				: "neither intel_iommu=on nor amd_iommu=on is given");
}

/* iommu=pt and iommu.passthrough=1 say the same. */
static void judge_passthrough(const Knob *knob, KnobView *view, Finding *finding)
{
	int errnum = 0;
	const KernelCmdline *cmdline = knob_view_cmdline(view, &errnum);
	g_autofree char *seen = NULL;

	if (!cmdline) {
		knob_conclude_errno(knob, view, finding, "proc/cmdline", errnum);
		return;
	}
	seen = g_strdup_printf("iommu=%s", parameter(cmdline, "iommu"));
	finding_add_evidence(finding, g_strdup("proc/cmdline"),
			     escape_text(seen, (gssize)strlen(seen)),
			     g_strdup(knob->text));
	if (words_contain(parameter(cmdline, "iommu"), ",", "pt") ||
	    strcmp(parameter(cmdline, "iommu.passthrough"), "1") == 0)
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
	else
		knob_conclude(knob, finding, MATCH_BROKEN,
			      "neither iommu=pt nor iommu.passthrough=1 is given");
}

/* RedHawk's ways round cards that fail behind an IOMMU. */
static void judge_exceptions(const Knob *knob, KnobView *view, Finding *finding)
{
	static const char *const names[] = {"intel_iommu.exception_ids",
					    "intel_iommu.blacklist_ids"};
	g_autoptr(GString) found = g_string_new(NULL);
	g_autofree char *shown = NULL;
	int errnum = 0;
	const KernelCmdline *cmdline = knob_view_cmdline(view, &errnum);

	if (!cmdline) {
		knob_conclude_errno(knob, view, finding, "proc/cmdline", errnum);
		return;
	}
	if (words_contain(parameter(cmdline, "intel_iommu"), ",", "plx_off"))
		g_string_append(found, "intel_iommu=plx_off");
	for (guint i = 0; i < G_N_ELEMENTS(names); i++)
		if (kernel_cmdline_last(cmdline, names[i]))
			g_string_append_printf(found, "%s%s=%s", found->len ? " " : "",
					       names[i], parameter(cmdline, names[i]));
	shown = escape_text(found->len ? found->str : "none",
			    found->len ? (gssize)found->len : 4);
	finding_add_evidence(finding, g_strdup("proc/cmdline"), g_strdup(shown),
			     g_strdup("none"));
	if (found->len)
		knob_conclude(knob, finding, MATCH_BROKEN,
			      "devices are left out of remapping: %s", shown);
	else
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
}

static const char *const cmdline_file[] = {"proc/cmdline", NULL};
static const char *const cmdline_and_units[] = {"proc/cmdline", IOMMU_UNITS, NULL};

/* clang-format off */
const Knob knob_rows_iommu[] = {
	{
		.id	= "iommu.enabled",
		.title	= "An IOMMU is running",
		.why	= "without one no device can be given to a guest safely, and "
			  "emulated devices exit to the hypervisor",
		.source	= "Virt-RT guide 1.1 (VT-d); KVM-RT guide, Kernel Boot "
			  "Parameters; virt-host-validate",
		.remedy	= "switch VT-d or AMD-Vi on in the firmware; intel_iommu=on on "
			  "the kernel command line",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_FIRMWARE,
		.place	= PLACE_FILE, .path = IOMMU_UNITS,
		.want	= want_register, .text = "a capability register",
		.absent	= ABSENT_BROKEN, .absent_means = "the kernel runs no IOMMU",
	},
	{
		.id	= "iommu.groups",
		.title	= "Devices stand in IOMMU groups",
		.why	= "VFIO hands out whole groups; without any, nothing can be "
			  "passed through",
		.source	= "host and QEMU tuning notes; Documentation/driver-api/vfio.rst",
		.remedy	= "intel_iommu=on on the kernel command line",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_REBOOT,
		.place	= PLACE_FILE, .path = "sys/kernel/iommu_groups/*/type",
		.want	= want_one_of, .text = "DMA|DMA-FQ|identity|auto|unmanaged",
		.absent	= ABSENT_BROKEN, .absent_means = "there is no group",
	},
	{
		.id	= "iommu.requested",
		.title	= "The kernel command line asks for the IOMMU",
		.why	= "most kernels leave Intel's off unless told",
		.source	= "host and QEMU tuning notes; KVM-RT guide, Kernel Boot "
			  "Parameters",
		.remedy	= "intel_iommu=on (or amd_iommu=on) on the kernel command line",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_REBOOT,
		.place	= PLACE_COMPUTED, .judge = judge_requested,
		.text	= "intel_iommu=on or amd_iommu=on",
		.applies = requested_applies, .reads = cmdline_and_units,
	},
	{
		.id	= "iommu.passthrough",
		.title	= "The host's own devices bypass translation",
		.why	= "translating the host's DMA costs time on each mapping and "
			  "flushes queues from timers",
		.source	= "OpenShift node tuning; "
			  "Documentation/admin-guide/kernel-parameters.txt iommu",
		.remedy	= "iommu=pt on the kernel command line",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_LOW, .when = WHEN_REBOOT,
		.place	= PLACE_COMPUTED, .judge = judge_passthrough, .text = "iommu=pt",
		.applies = unit_applies, .reads = cmdline_and_units,
	},
	{
		.id	= "iommu.exceptions",
		.title	= "No device is left out of remapping",
		.why	= "a device left out cannot be given to a guest; the exceptions "
			  "are for cards that fail behind an IOMMU",
		.source	= "KVM-RT guide, Kernel Boot Parameters (plx_off, "
			  "exception_ids, blacklist_ids)",
		.remedy	= "take intel_iommu=plx_off and intel_iommu.exception_ids off "
			  "the kernel command line, unless a card needs them",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_INFO, .when = WHEN_REBOOT,
		.place	= PLACE_COMPUTED, .judge = judge_exceptions,
		.reads	= cmdline_file,
	},
	{
		.id	= "iommu.unsafe_interrupts",
		.title	= "VFIO accepts only devices whose interrupts are remapped",
		.why	= "with this allowed, a guest can send any interrupt to any CPU "
			  "of the host",
		.source	= "Documentation/driver-api/vfio.rst; host and QEMU tuning "
			  "notes (PCI passthrough)",
		.remedy	= "vfio_iommu_type1.allow_unsafe_interrupts=N on the kernel "
			  "command line",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE,
		.path	= "sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts",
		.want	= want_switch, .text = "off",
		.absent	= ABSENT_NA, .absent_means = "vfio_iommu_type1 is not loaded",
	},
	{0},
};
