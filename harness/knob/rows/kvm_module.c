/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parameters of the module kvm, and what the command line asks of all of KVM's. Those of one
 * vendor's processors are in kvm_processor.c. */
#include <string.h>

#include "escape.h"
#include "judge.h"
#include "kernel_cmdline.h"
#include "kvm_module.h"
#include "number.h"
#include "rows.h"
#include "set.h"
#include "want.h"

gboolean kvm_module_applies(KnobView *view, const char *module, const char *other,
			    char **ret_proof)
{
	g_autofree char *path = g_strconcat("sys/module/", module, NULL);
	g_autofree char *other_path = other ? g_strconcat("sys/module/", other, NULL)
					    : NULL;

	if (knob_view_exists(view, path))
		return TRUE;
	if (other_path && knob_view_exists(view, other_path)) {
		*ret_proof = g_strdup_printf("%s is loaded, not %s", other, module);
		return FALSE;
	}
	if (!knob_view_complete(view))
		return TRUE;
	*ret_proof = g_strdup_printf("%s is not loaded: %s is absent", module, path);
	return FALSE;
}

static gboolean kvm_applies(const Knob *knob, KnobView *view, char **ret_proof)
{
	(void)knob;
	return kvm_module_applies(view, "kvm", NULL, ret_proof);
}

/* Recovery has nothing to do where no huge page was split. */
static gboolean recovery_applies(const Knob *knob, KnobView *view, char **ret_proof)
{
	const char *place = "sys/module/kvm/parameters/nx_huge_pages";
	const char *value;

	if (!kvm_applies(knob, view, ret_proof))
		return FALSE;
	value = knob_view_line(view, place, NULL);
	if (!value || (strcmp(value, "N") != 0 && strcmp(value, "never") != 0))
		return TRUE;
	*ret_proof = g_strdup_printf("%s holds %s: no huge page is split", place, value);
	return FALSE;
}

/* -1 adapts, 0 switches it off, anything else is taken as it is (arch/x86/kvm/x86.c
 * before 6.11). Whether a fixed figure fits this processor only a measurement tells. */
static KnobMatch want_timer_advance(const Knob *knob, KnobView *view,
				    const KnobReading *reading, char **ret_wanted,
				    char **ret_note)
{
	Span span = span_of(reading->value);
	gint64 value;

	(void)knob;
	(void)view;
	(void)ret_wanted;
	if (!span_take_signed(&span, G_MAXINT32, &value) || span.at != span.end ||
	    value < -1)
		return MATCH_ODD;
	if (value == 0)
		return MATCH_BROKEN;
	if (value > 0)
		*ret_note = g_strdup("a fixed value: right only where it was measured");
	return MATCH_HOLDS;
}

typedef struct {
	const char *value;
	gint64 number;
} Spelling;

/* As the kernel reads a bool (kstrtobool), and as it shows one. */
static const Spelling switches[] = {{"Y", 1},   {"y", 1},  {"1", 1},    {"on", 1},
				    {"N", 0},   {"n", 0},  {"0", 0},    {"off", 0},
				    {"yes", 1}, {"no", 0}, {"force", 1}};

static gboolean spelt_number(const char *value, gint64 *ret)
{
	Span span = span_of(value);

	for (guint i = 0; i < G_N_ELEMENTS(switches); i++)
		if (strcmp(switches[i].value, value) == 0) {
			*ret = switches[i].number;
			return TRUE;
		}
	return span_take_signed(&span, G_MAXINT64, ret) && span.at == span.end;
}

static gboolean same_value(const char *asked, const char *seen)
{
	gint64 a, b;

	return strcmp(asked, seen) == 0 ||
	       (spelt_number(asked, &a) && spelt_number(seen, &b) && a == b);
}

/* "kvm_intel.ple_gap" -> its file; NULL for another's parameter. */
static char *parameter_file(const char *name)
{
	static const char *const modules[] = {"kvm.", "kvm_intel.", "kvm_amd."};

	for (guint i = 0; i < G_N_ELEMENTS(modules); i++) {
		const char *parameter = name + strlen(modules[i]);

		if (!g_str_has_prefix(name, modules[i]) || *parameter == '\0' ||
		    parameter[strspn(parameter, "abcdefghijklmnopqrstuvwxyz0123456789_")])
			continue;
		return g_strdup_printf("sys/module/%.*s/parameters/%s",
				       (int)strlen(modules[i]) - 1, modules[i],
				       parameter);
	}
	return NULL;
}

/* auto and the modes of vmentry_l1d_flush are requests: the module shows what came of them on
 * this processor. */
static gboolean is_request(const char *path, const char *asked)
{
	return strcmp(asked, "auto") == 0 || g_str_has_suffix(path, "/vmentry_l1d_flush");
}

/* Compares one parameter with what the module holds. FALSE: it could not be read. */
static gboolean compare_one(KnobView *view, Finding *finding, const char *path,
			    const char *asked, GString *differing)
{
	const char *seen = knob_view_line(view, path, NULL);
	g_autofree char *wanted = escape_text(asked, (gssize)strlen(asked));

	finding_add_evidence(finding, g_strdup(path),
			     seen ? escape_text(seen, (gssize)strlen(seen)) : NULL,
			     g_strdup(wanted));
	if (!seen)
		return FALSE;
	if (!same_value(asked, seen))
		g_string_append_printf(differing, "%s%s was asked to be %s",
				       differing->len ? "; " : "", path, wanted);
	return TRUE;
}

static void judge_effective(const Knob *knob, KnobView *view, Finding *finding)
{
	g_autoptr(GString) differing = g_string_new(NULL);
	guint given = 0, unread = 0;
	int errnum = 0;
	const KernelCmdline *cmdline = knob_view_cmdline(view, &errnum);

	if (!cmdline) {
		knob_conclude_errno(knob, view, finding, "proc/cmdline", errnum);
		return;
	}
	for (guint i = 0; i < kernel_cmdline_size(cmdline); i++) {
		const KernelParameter *parameter = kernel_cmdline_at(cmdline, i);
		g_autofree char *path = parameter_file(parameter->name);
		const char *last = path ? kernel_cmdline_last(cmdline, parameter->name)
					: NULL;

		/* The last one counts, and is compared once. */
		if (!path || (parameter->value && last != parameter->value) ||
		    is_request(path, last))
			continue;
		given++;
		if (!compare_one(view, finding, path, *last ? last : "Y", differing))
			unread++;
	}
	if (differing->len)
		knob_conclude(knob, finding, MATCH_BROKEN, "%s", differing->str);
	else if (given == 0)
		knob_conclude(
			knob, finding, MATCH_IRRELEVANT,
			"proc/cmdline sets no parameter of kvm, kvm_intel or kvm_amd to a value");
	else if (unread)
		knob_conclude(
			knob, finding, MATCH_ODD,
			"%u of %u parameters on the command line are not to be found in "
			"sys/module",
			unread, given);
	else
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
}

static const char *const nx_file[] = {"sys/module/kvm/parameters/nx_huge_pages", NULL};
static const char *const effective_files[] = {
	"proc/cmdline", "sys/module/kvm/parameters/*",
	"sys/module/kvm_intel/parameters/*", "sys/module/kvm_amd/parameters/*", NULL};

/* clang-format off */
const Knob knob_rows_kvm_module[] = {
	{
		.id	= "kvm.parameters_effective",
		.title	= "KVM's modules hold what the kernel command line asked for",
		.why	= "a module loaded from the initramfs or with other options "
			  "silently keeps its defaults",
		.source	= "host and QEMU tuning notes; "
			  "Documentation/admin-guide/kernel-parameters.rst",
		.remedy	= "set it in /etc/modprobe.d as well, rebuild the initramfs, "
			  "and reboot",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_REBOOT,
		.place	= PLACE_COMPUTED, .judge = judge_effective,
		.reads	= effective_files,
	},
	{
		.id	= "kvm.kvmclock_periodic_sync",
		.title	= "KVM does not resynchronise the guests' clocks every five "
			  "minutes",
		.why	= "the resynchronisation kicks every vCPU out of its guest, "
			  "isolated or not",
		.source	= "host and QEMU tuning notes; tuned realtime-virtual-host",
		.remedy	= "kvm.kvmclock_periodic_sync=N on the kernel command line",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_HIGH, .when = WHEN_REBOOT,
		.place	= PLACE_FILE,
		.path	= "sys/module/kvm/parameters/kvmclock_periodic_sync",
		.want	= want_switch, .text = "off",
		.applies = kvm_applies,
		.absent	= ABSENT_NA,
		.absent_means = "this kernel's kvm has no such parameter",
	},
	{
		.id	= "kvm.halt_poll_ns",
		.title	= "KVM's polling before a halt was chosen",
		.why	= "polling shortens the wake-up of a halted vCPU and burns its "
			  "CPU meanwhile, which a sibling and the power limit feel",
		.source	= "ServoBox; SEAPATH; Documentation/virt/kvm/halt-polling.rst",
		.remedy	= "echo 0 > /sys/module/kvm/parameters/halt_poll_ns, or 50000; "
			  "measure both",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .path = "sys/module/kvm/parameters/halt_poll_ns",
		.want	= want_one_of, .text = "0|50000|100000",
		.opinions = "SEAPATH sets 0; ServoBox sets 50000, and 100000 in its "
			    "extreme mode",
		.sides	= "0|50000|100000",
		.applies = kvm_applies,
		.absent	= ABSENT_NA, .absent_means = "this kernel's kvm does not poll",
		.set	= set_choice,
		.disruption = "polling takes CPU time and power, and no polling makes halted "
			      "vCPUs wake up later",
	},
	{
		.id	= "kvm.lapic_timer_advance_ns",
		.title	= "KVM fires a guest's timer early enough to hide the way into "
			  "the guest",
		.why	= "without the advance every deadline of the guest is late by a "
			  "VM exit and entry",
		.source	= "host and QEMU tuning notes (7500 for one processor); tuned "
			  "realtime-virtual-host measures it",
		.remedy	= "echo -1 > /sys/module/kvm/parameters/lapic_timer_advance_ns "
			  "(adapts by itself), or a value measured on this processor; "
			  "then restart the VM",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM,
		.when	= WHEN_VM_RESTART,
		.place	= PLACE_FILE,
		.path	= "sys/module/kvm/parameters/lapic_timer_advance_ns",
		.want	= want_timer_advance, .text = "-1, or a measured value",
		.applies = kvm_applies,
		.absent	= ABSENT_NA,
		.absent_means = "kernels from 6.11 on have the switch "
				"lapic_timer_advance instead",
		.set	= set_text, .to = "-1",
	},
	{
		.id	= "kvm.lapic_timer_advance",
		.title	= "KVM adapts how early it fires a guest's timer",
		.why	= "without the advance every deadline of the guest is late by a "
			  "VM exit and entry",
		.source	= "host and QEMU tuning notes; Linux 6.11 arch/x86/kvm/lapic.c",
		.remedy	= "kvm.lapic_timer_advance=Y on the kernel command line",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_REBOOT,
		.place	= PLACE_FILE,
		.path	= "sys/module/kvm/parameters/lapic_timer_advance",
		.want	= want_switch, .text = "on",
		.applies = kvm_applies,
		.absent	= ABSENT_NA,
		.absent_means = "kernels before 6.11 have lapic_timer_advance_ns instead",
	},
	{
		.id	= "kvm.nx_huge_pages",
		.title	= "KVM does not split huge pages that a guest executes",
		.why	= "a split page costs a fault when it is first executed and "
			  "more TLB misses afterwards; the split is what protects "
			  "against iTLB multihit, so this is a trade with security",
		.source	= "tuned realtime; "
			  "Documentation/admin-guide/hw-vuln/multihit.rst",
		.remedy	= "kvm.nx_huge_pages=never on the kernel command line, if all "
			  "guests are trusted",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM,
		.when	= WHEN_VM_RESTART,
		.place	= PLACE_FILE, .path = "sys/module/kvm/parameters/nx_huge_pages",
		.want	= want_one_of, .text = "N|never",
		.applies = kvm_applies,
		.absent	= ABSENT_NA,
		.absent_means = "this kernel's kvm has no such mitigation (it came with "
				"5.5)",
	},
	{
		.id	= "kvm.nx_huge_pages_recovery",
		.title	= "No thread of KVM zaps split pages",
		.why	= "the recovery thread takes pages from the running guest; on "
			  "PREEMPT_RT the kernel leaves it off for that reason",
		.source	= "Documentation/admin-guide/kernel-parameters.txt "
			  "kvm.nx_huge_pages_recovery_ratio",
		.remedy	= "echo 0 > "
			  "/sys/module/kvm/parameters/nx_huge_pages_recovery_ratio",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_HIGH, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE,
		.path	= "sys/module/kvm/parameters/nx_huge_pages_recovery_ratio",
		.want	= want_text, .text = "0",
		.applies = recovery_applies, .reads = nx_file,
		.absent	= ABSENT_NA,
		.absent_means = "this kernel's kvm has no recovery thread",
		.set	= set_text,
		.disruption = "huge pages that were split stay split until their VM ends",
	},
	{
		.id	= "kvm.tdp_mmu",
		.title	= "KVM handles guest page faults in parallel (TDP MMU)",
		.why	= "the older MMU takes one lock for all vCPUs of a VM",
		.source	= "Documentation/virt/kvm/locking.rst",
		.remedy	= "kvm.tdp_mmu=Y on the kernel command line",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_INFO, .when = WHEN_REBOOT,
		.place	= PLACE_FILE, .path = "sys/module/kvm/parameters/tdp_mmu",
		.want	= want_switch, .text = "on",
		.applies = kvm_applies,
		.absent	= ABSENT_NA, .absent_means = "this kernel's kvm has no TDP MMU",
	},
	{
		.id	= "kvm.eager_page_split",
		.title	= "KVM splits huge pages before dirty logging, not in a vCPU's "
			  "fault",
		.why	= "a vCPU that meets a write-protected huge page splits it "
			  "itself, holding KVM's lock",
		.source	= "Documentation/admin-guide/kernel-parameters.txt "
			  "kvm.eager_page_split",
		.remedy	= "echo Y > /sys/module/kvm/parameters/eager_page_split",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_INFO, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE,
		.path	= "sys/module/kvm/parameters/eager_page_split",
		.want	= want_switch, .text = "on",
		.applies = kvm_applies,
		.absent	= ABSENT_NA,
		.absent_means = "this kernel's kvm has no such parameter",
		.set	= set_switch,
	},
	{
		.id	= "kvm.enable_virt_at_load",
		.title	= "Starting and stopping VMs does not switch virtualization on "
			  "every CPU",
		.why	= "otherwise the first VM to start and the last to stop send an "
			  "interrupt to all CPUs, isolated ones too",
		.source	= "Documentation/admin-guide/kernel-parameters.txt "
			  "kvm.enable_virt_at_load",
		.remedy	= "kvm.enable_virt_at_load=Y on the kernel command line",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_LOW, .when = WHEN_REBOOT,
		.place	= PLACE_FILE,
		.path	= "sys/module/kvm/parameters/enable_virt_at_load",
		.want	= want_switch, .text = "on",
		.applies = kvm_applies,
		.absent	= ABSENT_NA,
		.absent_means = "this kernel's kvm always switches it with the first "
				"and last VM",
	},
	{
		.id	= "kvm.pi_inject_timer",
		.title	= "Whether timers are injected from housekeeping CPUs is "
			  "recorded",
		.why	= "with 1 a guest's timer fires on a housekeeping CPU and is "
			  "posted to the vCPU: no exit there, but the housekeeping "
			  "CPU's latency counts",
		.source	= "Linux arch/x86/kvm/x86.c pi_inject_timer (1 by default with "
			  "nohz_full)",
		.remedy	= "echo 1 > /sys/module/kvm/parameters/pi_inject_timer, or 0; "
			  "measure both",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_INFO, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .path = "sys/module/kvm/parameters/pi_inject_timer",
		.want	= want_one_of, .text = "0|1|N|Y",
		.applies = kvm_applies,
		.absent	= ABSENT_NA,
		.absent_means = "this kernel's kvm has no such parameter",
	},
	{0},
};
