/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What proc/interrupts counted since boot. What comes while a VM runs is a reading of its
 * own: these tell that something came, not when. */
#include "cpu_flags.h"
#include "irq_judge.h"
#include "rows.h"
#include "view.h"

#define BOTH (SCOPE_HOST | SCOPE_GUEST)

static const char *const reads_interrupts[] = {"proc/interrupts", NULL};
static const char *const reads_remapping[] = {"proc/interrupts", "sys/class/iommu/",
					      "sys/class/iommu/*", NULL};

static void judge_posting(const Knob *knob, KnobView *view, Finding *finding)
{
	cpu_flags_judge(knob, view, finding, "posted_intr|avic", TRUE);
}

/* clang-format off */
const Knob knob_rows_irq_evidence[] = {
	{
		.id	= "irq.device_counts",
		.title	= "No device interrupted a planned CPU since boot",
		.why	= "It says which devices once came there, before or after the "
			  "tuning; lathe validate-host --watch N tells what still comes",
		.source	= "ServoBox RT settings 19; Virt-RT guide 3.2.2; rteval; "
			  "jitterdebugger",
		.remedy	= "move the interrupts (irq.affinity_effective); the counts "
			  "begin anew at the next boot",
		.scopes	= BOTH,
		.severity = SEVERITY_INFO,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_COMPUTED,
		.judge	= irq_judge_devices,
		.reads	= reads_interrupts,
	},
	{
		.id	= "irq.shared",
		.title	= "No shared interrupt came to a planned CPU",
		.why	= "Every handler of the line runs for each interrupt of any of "
			  "its devices",
		.source	= "rtcqs; realtimeconfigquickscan",
		.remedy	= "use another slot, or let the driver use MSI",
		.scopes	= BOTH,
		.severity = SEVERITY_LOW,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_COMPUTED,
		.judge	= irq_judge_shared,
		.reads	= reads_interrupts,
	},
	{
		.id	= "irq.gpu",
		.title	= "The processor's own graphics are not at work",
		.why	= "They share the memory controllers, the ring and the power "
			  "budget with the cores that run vCPUs",
		.source	= "ACRN real-time tips (GPU frequency); KVM-RT guide, Graphics "
			  "intensive programs",
		.remedy	= "boot without a desktop, blacklist the driver (i915, xe), or "
			  "give graphics to a card of its own",
		.scopes	= SCOPE_HOST,
		.severity = SEVERITY_MEDIUM,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_COMPUTED,
		.judge	= irq_judge_gpu,
		.reads	= reads_interrupts,
	},
	{
		.id	= "irq.vfio",
		.title	= "The interrupts of passed-through devices are known",
		.why	= "How often they came and where is what a test of interrupt "
			  "latency in the guest starts from",
		.source	= "Virt-RT guide 9.2; KVM-RT guide, Kernel Boot Parameters",
		.scopes	= SCOPE_HOST,
		.severity = SEVERITY_INFO,
		.when	= WHEN_NEVER,
		.place	= PLACE_COMPUTED,
		.judge	= irq_judge_vfio,
		.reads	= reads_interrupts,
	},
	{
		.id	= "irq.remapping",
		.title	= "Interrupts are remapped",
		.why	= "Only a remapped interrupt can be posted to a vCPU, and only "
			  "with it is a passed-through device kept from raising others",
		.source	= "ACRN real-time tips (PCIe device passthrough); "
			  "Documentation/arch/x86/iommu.rst",
		.remedy	= "turn on VT-d or AMD-Vi in the firmware and put "
			  "intel_iommu=on or amd_iommu=on on the kernel command line",
		.scopes	= SCOPE_HOST,
		.severity = SEVERITY_MEDIUM,
		.when	= WHEN_REBOOT,
		.place	= PLACE_COMPUTED,
		.judge	= irq_judge_remapping,
		.reads	= reads_remapping,
	},
	{
		.id	= "irq.posted_interrupts",
		.title	= "The CPU can post interrupts to a running vCPU",
		.why	= "Otherwise each interrupt for a guest stops its vCPU, where "
			  "hypervisors with a passed-through local APIC need no exit",
		.source	= "ACRN real-time tips (LAPIC passthrough); Intel SDM volume 3, "
			  "29.6",
		.remedy	= "use a CPU with APICv or AVIC for passed-through devices",
		.scopes	= SCOPE_HOST,
		.severity = SEVERITY_LOW,
		.when	= WHEN_NEVER,
		.place	= PLACE_COMPUTED,
		.judge	= judge_posting,
		.reads	= cpu_flags_reads,
	},
	{
		.id	= "irq.nmi",
		.title	= "No NMI came to a planned CPU since boot",
		.why	= "The watchdog and perf sample with them, and nothing can hold "
			  "them off: each one is a VM exit",
		.source	= "ACRN real-time tips (VM exits); host and QEMU tuning notes",
		.remedy	= "put nmi_watchdog=0 on the kernel command line, and stop what "
			  "profiles with perf",
		.scopes	= BOTH,
		.severity = SEVERITY_INFO,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_COMPUTED,
		.judge	= irq_judge_nmi,
		.reads	= reads_interrupts,
		.again	= AGAIN_WORSE,
	},
	{
		.id	= "irq.machine_checks",
		.title	= "No machine check was raised since boot",
		.why	= "It stops all CPUs at once and tells of failing hardware",
		.source	= "Documentation/ABI/testing/sysfs-mce",
		.remedy	= "read the kernel log and rasdaemon's records, and replace "
			  "what fails",
		.scopes	= BOTH,
		.severity = SEVERITY_MEDIUM,
		.when	= WHEN_NEVER,
		.place	= PLACE_COMPUTED,
		.judge	= irq_judge_machine_checks,
		.reads	= reads_interrupts,
		.again	= AGAIN_WORSE,
	},
	{
		.id	= "irq.corrected_errors",
		.title	= "No corrected hardware error raised an interrupt since boot",
		.why	= "A memory module that corrects errors keeps interrupting and "
			  "polling the CPUs",
		.source	= "Documentation/ABI/testing/sysfs-mce; tuned realtime",
		.remedy	= "replace the part (rasdaemon, edac-util name it)",
		.scopes	= BOTH,
		.severity = SEVERITY_LOW,
		.when	= WHEN_NEVER,
		.place	= PLACE_COMPUTED,
		.judge	= irq_judge_corrected,
		.reads	= reads_interrupts,
		.again	= AGAIN_WORSE,
	},
	{
		.id	= "irq.thermal_events",
		.title	= "No thermal interrupt came since boot",
		.why	= "The CPU raises one when it begins to throttle: then no "
			  "latency can be promised",
		.source	= "Documentation/driver-api/thermal/intel_powerclamp.rst; Intel "
			  "SDM volume 3, 15.8",
		.remedy	= "better cooling, a lower fixed frequency, less load on the "
			  "neighbours",
		.scopes	= BOTH,
		.severity = SEVERITY_LOW,
		.when	= WHEN_NEVER,
		.place	= PLACE_COMPUTED,
		.judge	= irq_judge_thermal,
		.reads	= reads_interrupts,
		.again	= AGAIN_WORSE,
	},
	{
		.id	= "irq.controller_errors",
		.title	= "The interrupt controllers report no error",
		.why	= "Lost or misrouted interrupts are handled late",
		.source	= "Documentation/filesystems/proc.rst",
		.remedy	= "look for the device in the kernel log; update the firmware",
		.scopes	= BOTH,
		.severity = SEVERITY_LOW,
		.when	= WHEN_NEVER,
		.place	= PLACE_COMPUTED,
		.judge	= irq_judge_errors,
		.reads	= reads_interrupts,
		.again	= AGAIN_WORSE,
	},
	{NULL},
};
/* clang-format on */
