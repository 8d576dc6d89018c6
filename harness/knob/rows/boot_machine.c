/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel command line asks of the rest of the machine. */
#include <errno.h>
#include <string.h>

#include "choice.h"
#include "judge.h"
#include "kernel_cmdline.h"
#include "place.h"
#include "rows.h"
#include "want.h"
#include "words.h"

/* Whether any occurrence of a parameter whose occurrences add up (efi=) holds
 * one word. */
static gboolean parameter_has(const KernelCmdline *cmdline, const char *name, const char *word)
{
	for (guint i = 0; i < kernel_cmdline_size(cmdline); i++) {
		const KernelParameter *parameter = kernel_cmdline_at(cmdline, i);

		if (strcmp(parameter->name, name) == 0 &&
		    words_contain(parameter->value, ",", word))
			return TRUE;
	}
	return FALSE;
}

/* One place, already judged. */
static void conclude(const Knob *knob, KnobView *view, Finding *finding, KnobMatch match,
		     const char *place, const char *seen, const char *note)
{
	g_autoptr(Tally) tally = tally_new(knob, view);

	tally_match(tally, match, place, seen, -1, knob->text, note);
	tally_finish(tally, finding);
}

static gboolean applies_audit(const Knob *knob G_GNUC_UNUSED, KnobView *view,
			      char **ret_proof)
{
	if (g_strcmp0(knob_view_kconfig(view, "AUDIT", NULL), "n") != 0)
		return TRUE;
	*ret_proof = g_strdup("the kernel is built without CONFIG_AUDIT");
	return FALSE;
}

/* Under a choice the other parameters may not undo what mitigations= says: they switch off
 * without a value (nospectre_v2) or by "off". */
static KnobMatch match_mitigation(const char *name, const char *value, const char *choice)
{
	gboolean off = *value == '\0' || strcmp(value, "off") == 0;

	if (!choice)
		return MATCH_HOLDS;
	if (strcmp(name, "mitigations") == 0)
		return strcmp(value, choice) == 0 ? MATCH_HOLDS : MATCH_BROKEN;
	return off == (strcmp(choice, "off") == 0) ? MATCH_HOLDS : MATCH_BROKEN;
}

/* A choice must have been made and be on record; which one is not lathe's to say. */
static void judge_mitigations(const Knob *knob, KnobView *view, Finding *finding)
{
	static const char *const names[] = {"mitigations", "nospectre_v2", "spectre_v2",
					    "spectre_v2_user"};
	g_autoptr(Tally) tally = tally_new(knob, view);
	int errnum = 0;
	const KernelCmdline *cmdline = knob_view_cmdline(view, &errnum);
	const char *choice = knob_view_choice(view, knob->id);
	const char *wanted = choice ? choice : knob->text;
	gboolean stated = FALSE;

	if (!cmdline) {
		knob_conclude_errno(knob, view, finding, "proc/cmdline", errnum);
		return;
	}
	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		const char *value = kernel_cmdline_last(cmdline, names[i]);
		g_autofree char *place = g_strdup_printf("proc/cmdline %s", names[i]);

		if (!value)
			continue;
		stated = stated || !choice || i == 0;
		tally_match(tally, match_mitigation(names[i], value, choice), place, value,
			    -1, wanted, NULL);
	}
	if (!stated)
		tally_match(tally, MATCH_BROKEN, "proc/cmdline mitigations", PLACE_NOT_GIVEN,
			    -1, wanted,
			    "the kernel's default holds: all mitigations are on");
	tally_finish(tally, finding);
}

static void judge_efi(const Knob *knob, KnobView *view, Finding *finding)
{
	int errnum = 0;
	const KernelCmdline *cmdline = knob_view_cmdline(view, &errnum);
	const char *built;

	if (!cmdline)
		knob_conclude_errno(knob, view, finding, "proc/cmdline", errnum);
	else if (!knob_view_list(view, "sys/firmware/efi", &errnum) && errnum == ENOENT &&
		 knob_view_complete(view))
		knob_conclude(
			knob, finding, MATCH_IRRELEVANT,
			"the machine was not started by EFI: sys/firmware/efi is absent");
	else if (parameter_has(cmdline, "efi", "noruntime"))
		conclude(knob, view, finding, MATCH_HOLDS, "proc/cmdline efi",
			 "noruntime", NULL);
	else if (parameter_has(cmdline, "efi", "runtime"))
		conclude(knob, view, finding, MATCH_BROKEN, "proc/cmdline efi", "runtime",
			 NULL);
	else if (!(built = knob_view_kconfig(view, "EFI_DISABLE_RUNTIME", &errnum)))
		knob_conclude(knob, finding, MATCH_ODD,
			      "efi= is not given, and no configuration of the kernel is "
			      "to be found");
	else
		conclude(knob, view, finding,
			 strcmp(built, "y") == 0 ? MATCH_HOLDS : MATCH_BROKEN,
			 "CONFIG_EFI_DISABLE_RUNTIME", built, NULL);
}

/* "5.10.52-rt47-RedHawk-8.2.1-trace". A machine that hides its release is not taken for
 * one: few are. */
static gboolean applies_redhawk(const Knob *knob G_GNUC_UNUSED, KnobView *view,
				char **ret_proof)
{
	const char *release = knob_view_line(view, "proc/sys/kernel/osrelease", NULL);

	if (release && strstr(release, "RedHawk"))
		return TRUE;
	*ret_proof = g_strdup(release ? "this is no RedHawk kernel: "
					"proc/sys/kernel/osrelease does not name it"
				      : "nothing says that the kernel is RedHawk's: "
					"proc/sys/kernel/osrelease cannot be read");
	return FALSE;
}

#define KCONFIG_READS                                                                    \
	"proc/sys/kernel/osrelease", "boot/config-*", "lib/modules/*/config",            \
		"usr/lib/modules/*/config", "proc/config.gz"

static const char *const reads_kconfig[] = {"proc/cmdline", KCONFIG_READS, NULL};
static const char *const reads_efi[] = {"proc/cmdline", "sys/firmware/efi/",
					KCONFIG_READS, NULL};
static const char *const reads_release[] = {"proc/sys/kernel/osrelease", NULL};
static const char *const reads_cmdline[] = {"proc/cmdline", NULL};

/* clang-format off */
const Knob knob_rows_boot_machine[] = {
	{
		.id	= "boot.audit",
		.title	= "The audit subsystem is off",
		.why	= "auditing adds work to every system call, also of real-time "
			  "tasks",
		.source	= "host and QEMU tuning notes; Virt-RT guide 3.2.3",
		.remedy	= "add to the kernel command line: audit=0 (if audit must stay, "
			  "exclude the real-time system calls with auditctl)",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_REBOOT,
		.place	= PLACE_PARAMETER, .path = "audit",
		.want	= want_one_of, .text = "0|off",
		.absent	= ABSENT_BROKEN,
		.absent_means = "auditing begins when auditd starts",
		.applies = applies_audit, .reads = reads_kconfig,
	},
	{
		.id	= "boot.mitigations",
		.title	= "What is done against CPU vulnerabilities was decided by "
			  "somebody",
		.why	= "mitigations cost time at every VM exit; switching them off is "
			  "a decision about security that a tuning guide cannot make",
		.source	= "host and QEMU tuning notes; SEAPATH; "
			  "Documentation/admin-guide/hw-vuln/index.rst",
		.remedy	= "add mitigations=auto or, if every guest is trusted, "
			  "mitigations=off",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_INFO, .when = WHEN_REBOOT,
		.place	= PLACE_COMPUTED,
		.text	= "stated",
		.opinions = "the tuning notes boot with nospectre_v2 "
			  "spectre_v2_user=off; SEAPATH and NI keep the mitigations "
			  "and record them",
		.sides	= "auto|auto,nosmt|off",
		.judge	= judge_mitigations, .reads = reads_cmdline,
	},
	{
		.id	= "boot.efi_runtime",
		.title	= "EFI runtime services are off",
		.why	= "the firmware runs such a call with nothing that can preempt "
			  "it, for milliseconds",
		.source	= "Documentation/core-api/real-time/kernel-configuration.rst",
		.remedy	= "add to the kernel command line: efi=noruntime",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_MEDIUM,
		.when	= WHEN_REBOOT,
		.place	= PLACE_COMPUTED,
		.text	= "off",
		.judge	= judge_efi, .reads = reads_efi,
	},
	{
		.id	= "boot.idle_poll",
		.title	= "The kernel command line leaves the idle states alone, or polls",
		.why	= "idle=halt and idle=nomwait force one state on all CPUs, with "
			  "a wake-up that costs more than the cheapest state would",
		.source	= "host and QEMU tuning notes; OpenShift node tuning operator; "
			  "ACRN real-time tips; Documentation/admin-guide/pm/cpuidle.rst",
		.remedy	= "write idle=poll, or take idle= away and disable the deep "
			  "states of each CPU",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_REBOOT,
		.place	= PLACE_PARAMETER, .path = "idle",
		.want	= want_text, .text = "poll",
		.absent	= ABSENT_HOLDS,
		.absent_means = "idle.states judges those of each CPU",
		.opinions = "the tuning notes and OpenShift poll; SEAPATH does not: the "
			  "power it takes costs turbo, and a sibling thread half of "
			  "its core",
		.sides	= "poll|" SIDE_NONE,
	},
	{
		.id	= "redhawk.workqueue_pri",
		.title	= "RedHawk's kernel workers keep control of the host",
		.why	= "real-time VMs own their CPUs; host workers need a priority to "
			  "get at them",
		.source	= "KVM-RT guide, Kernel Boot Parameters",
		.remedy	= "blscfg -a workqueue.pri=3 (ccur-grub2 before 8.0), then "
			  "restart",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_REBOOT,
		.place	= PLACE_PARAMETER, .path = "workqueue.pri",
		.want	= want_text, .text = "3",
		.absent	= ABSENT_BROKEN,
		.absent_means = "host workers run below real-time VMs",
		.applies = applies_redhawk, .reads = reads_release,
	},
	{0},
};
