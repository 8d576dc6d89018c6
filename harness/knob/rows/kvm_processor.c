/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parameters of kvm_intel and kvm_amd: what KVM makes of the processor. */
#include <string.h>

#include "judge.h"
#include "kvm_module.h"
#include "rows.h"
#include "want.h"

static gboolean intel_applies(const Knob *knob, KnobView *view, char **ret_proof)
{
	(void)knob;
	return kvm_module_applies(view, "kvm_intel", "kvm_amd", ret_proof);
}

static gboolean amd_applies(const Knob *knob, KnobView *view, char **ret_proof)
{
	(void)knob;
	return kvm_module_applies(view, "kvm_amd", "kvm_intel", ret_proof);
}

/* A choice of how to flush is for processors that KVM flushes at all. */
static KnobMatch want_no_flush(const Knob *knob, KnobView *view, const KnobReading *reading,
			       char **ret_wanted, char **ret_note)
{
	if (strcmp(reading->value, "not required") != 0 &&
	    strcmp(reading->value, "EPT disabled") != 0)
		return want_text(knob, view, reading, ret_wanted, ret_note);
	*ret_note = g_strdup_printf("KVM never flushes here: %s", reading->value);
	return knob_view_choice(view, knob->id) ? MATCH_IRRELEVANT : MATCH_HOLDS;
}

/* clang-format off */
const Knob knob_rows_kvm_processor[] = {
	{
		.id	= "kvm.ple_gap",
		.title	= "Pause-loop exits are off (Intel)",
		.why	= "a guest that spins on a lock leaves for the hypervisor, "
			  "which looks for another vCPU to run; on a CPU of its own "
			  "that is wasted time",
		.source	= "host and QEMU tuning notes; tuned realtime-virtual-host",
		.remedy	= "kvm_intel.ple_gap=0 on the kernel command line",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_HIGH, .when = WHEN_REBOOT,
		.place	= PLACE_FILE, .path = "sys/module/kvm_intel/parameters/ple_gap",
		.want	= want_text, .text = "0",
		.applies = intel_applies,
	},
	{
		.id	= "kvm.pause_filter_count",
		.title	= "Pause-loop exits are off (AMD)",
		.why	= "a guest that spins on a lock leaves for the hypervisor, "
			  "which looks for another vCPU to run; on a CPU of its own "
			  "that is wasted time",
		.source	= "host and QEMU tuning notes (ple_gap); Linux "
			  "arch/x86/kvm/svm/svm.c",
		.remedy	= "kvm_amd.pause_filter_count=0 on the kernel command line",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_HIGH, .when = WHEN_REBOOT,
		.place	= PLACE_FILE,
		.path	= "sys/module/kvm_amd/parameters/pause_filter_count",
		.want	= want_text, .text = "0",
		.applies = amd_applies,
	},
	{
		.id	= "kvm.ept",
		.title	= "Guest memory is translated by the processor (EPT)",
		.why	= "without it every change of a guest page table exits to the "
			  "hypervisor",
		.source	= "Virt-RT guide 1.1; Documentation/virt/kvm/x86/mmu.rst",
		.remedy	= "kvm_intel.ept=Y on the kernel command line",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_HIGH, .when = WHEN_REBOOT,
		.place	= PLACE_FILE, .path = "sys/module/kvm_intel/parameters/ept",
		.want	= want_switch, .text = "on",
		.applies = intel_applies,
	},
	{
		.id	= "kvm.npt",
		.title	= "Guest memory is translated by the processor (NPT)",
		.why	= "without it every change of a guest page table exits to the "
			  "hypervisor",
		.source	= "Virt-RT guide 1.1; Documentation/virt/kvm/x86/mmu.rst",
		.remedy	= "kvm_amd.npt=1 on the kernel command line",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_HIGH, .when = WHEN_REBOOT,
		.place	= PLACE_FILE, .path = "sys/module/kvm_amd/parameters/npt",
		.want	= want_switch, .text = "on",
		.applies = amd_applies,
	},
	{
		.id	= "kvm.vpid",
		.title	= "The TLB survives a VM exit (VPID)",
		.why	= "without it each exit and entry empties the TLB of host and "
			  "guest",
		.source	= "Documentation/admin-guide/kernel-parameters.txt "
			  "kvm-intel.vpid",
		.remedy	= "kvm_intel.vpid=Y on the kernel command line",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_REBOOT,
		.place	= PLACE_FILE, .path = "sys/module/kvm_intel/parameters/vpid",
		.want	= want_switch, .text = "on",
		.applies = intel_applies,
	},
	{
		.id	= "kvm.enable_apicv",
		.title	= "The processor virtualizes the local APIC (APICv)",
		.why	= "writes to the interrupt command register and posted "
			  "interrupts then need no exit, the nearest that KVM has to "
			  "ACRN's LAPIC passthrough",
		.source	= "ACRN real-time tips (LAPIC passthrough, ICR); Linux "
			  "arch/x86/kvm/vmx",
		.remedy	= "kvm_intel.enable_apicv=Y on the kernel command line",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_REBOOT,
		.place	= PLACE_FILE,
		.path	= "sys/module/kvm_intel/parameters/enable_apicv",
		.want	= want_switch, .text = "on",
		.applies = intel_applies,
	},
	{
		.id	= "kvm.avic",
		.title	= "The processor virtualizes the local APIC (AVIC)",
		.why	= "posted interrupts and interrupts between vCPUs then need no "
			  "exit",
		.source	= "ACRN real-time tips (LAPIC passthrough, ICR); Linux "
			  "arch/x86/kvm/svm",
		.remedy	= "kvm_amd.avic=1 on the kernel command line",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_REBOOT,
		.place	= PLACE_FILE, .path = "sys/module/kvm_amd/parameters/avic",
		.want	= want_switch, .text = "on",
		.applies = amd_applies,
		.absent	= ABSENT_NA, .absent_means = "this kernel's kvm_amd has no AVIC",
	},
	{
		.id	= "kvm.preemption_timer",
		.title	= "A guest's deadline uses the processor's preemption timer",
		.why	= "otherwise each deadline arms a timer of the host, whose "
			  "interrupt then has to throw the guest out",
		.source	= "ACRN real-time tips (TSC_DEADLINE); Linux arch/x86/kvm/vmx",
		.remedy	= "kvm_intel.preemption_timer=Y on the kernel command line",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_REBOOT,
		.place	= PLACE_FILE,
		.path	= "sys/module/kvm_intel/parameters/preemption_timer",
		.want	= want_switch, .text = "on",
		.applies = intel_applies,
		.absent	= ABSENT_NA,
		.absent_means = "this kernel's kvm_intel does not use it",
	},
	{
		.id	= "kvm.vmentry_l1d_flush",
		.title	= "KVM does not flush the L1 data cache on the way into a guest",
		.why	= "the flush costs microseconds at each entry that needs it, "
			  "and the guest then misses in an empty cache; it protects "
			  "against L1TF where guests are not trusted",
		.source	= "host and QEMU tuning notes (mitigations); "
			  "Documentation/admin-guide/hw-vuln/l1tf.rst",
		.remedy	= "echo never > "
			  "/sys/module/kvm_intel/parameters/vmentry_l1d_flush, if all "
			  "guests are trusted",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE,
		.path	= "sys/module/kvm_intel/parameters/vmentry_l1d_flush",
		.want	= want_no_flush, .text = "never",
		.opinions = "the host and QEMU tuning notes switch mitigations off; "
			    "SEAPATH and NI keep them and record it",
		.sides	= "never|cond|always",
		.applies = intel_applies,
		.absent	= ABSENT_NA,
		.absent_means = "this kernel's kvm_intel never flushes",
	},
	{
		.id	= "kvm.nested_intel",
		.title	= "Whether guests may run guests is recorded (Intel)",
		.why	= "a guest that uses it exits far more often; a real-time guest "
			  "should not",
		.source	= "Documentation/virt/kvm/x86/running-nested-guests.rst",
		.remedy	= "kvm_intel.nested=0 on the kernel command line, if no guest "
			  "needs it",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_INFO, .when = WHEN_REBOOT,
		.place	= PLACE_FILE, .path = "sys/module/kvm_intel/parameters/nested",
		.want	= want_one_of, .text = "Y|N",
		.applies = intel_applies,
	},
	{
		.id	= "kvm.nested_amd",
		.title	= "Whether guests may run guests is recorded (AMD)",
		.why	= "a guest that uses it exits far more often; a real-time guest "
			  "should not",
		.source	= "Documentation/virt/kvm/x86/running-nested-guests.rst",
		.remedy	= "kvm_amd.nested=0 on the kernel command line, if no guest "
			  "needs it",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_INFO, .when = WHEN_REBOOT,
		.place	= PLACE_FILE, .path = "sys/module/kvm_amd/parameters/nested",
		.want	= want_one_of, .text = "0|1|Y|N",
		.applies = amd_applies,
	},
	{0},
};
/* clang-format on */
