/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tips on hardware, firmware and code that no program can see: shown, never judged. */
#include "rows.h"

/* clang-format off */
const Knob knob_rows_advice[] = {
	{
		.id	= "advice.vm_exits",
		.title	= "The real-time path of the guest causes no VM exit",
		.why	= "each exit costs microseconds, whatever the hypervisor does "
			  "in it; which instructions exit is in volume 3 of Intel's "
			  "manual",
		.source	= "ACRN real-time tips, Avoid VM-exit latency",
		.remedy	= "trace-cmd record -e kvm:kvm_exit on the host while the guest "
			  "works, and count the reasons",
		.scopes	= SCOPE_GUEST, .severity = SEVERITY_INFO,
		.when	= WHEN_NEVER, .place = PLACE_EXPLAIN,
	},
	{
		.id	= "advice.lapic_passthrough",
		.title	= "The local APIC is as near to the guest as the hypervisor "
			  "allows",
		.why	= "ACRN hands the local APIC itself to the guest (--lapic_pt, "
			  "once the guest is in x2APIC mode); KVM cannot, and comes "
			  "close with APICv and posted interrupts",
		.source	= "ACRN real-time tips, --lapic_pt",
		.remedy	= "on KVM see kvm.enable_apicv, kvm.avic and kvm.x2apic; on "
			  "ACRN give acrn-dm --lapic_pt",
		.scopes	= SCOPE_VM, .severity = SEVERITY_INFO,
		.when	= WHEN_VM_RESTART, .place = PLACE_EXPLAIN,
	},
	{
		.id	= "advice.virtio_polling",
		.title	= "Virtio devices of the guest work without notifications",
		.why	= "a notification of a virtio queue is a VM exit; ACRN polls "
			  "the queues instead (--virtio_poll, poll mode drivers at both "
			  "ends)",
		.source	= "ACRN real-time tips, --virtio_poll; PMD virtio",
		.remedy	= "on KVM give the RT guest its own device, or a vhost-user "
			  "back end with polling; on ACRN --virtio_poll INTERVAL",
		.scopes	= SCOPE_VM, .severity = SEVERITY_INFO,
		.when	= WHEN_VM_RESTART, .place = PLACE_EXPLAIN,
	},
	{
		.id	= "advice.guest_memory_hidden",
		.title	= "Other VMs cannot see the real-time guest's memory",
		.why	= "ACRN shows its service VM only the virtio queues of the "
			  "real-time guest; under KVM the host sees all of it, so that "
			  "the host's own quiet is what counts",
		.source	= "ACRN real-time tips, Background",
		.remedy	= "keep the host minimal; see the memory rows",
		.scopes	= SCOPE_VM, .severity = SEVERITY_INFO,
		.when	= WHEN_NEVER, .place = PLACE_EXPLAIN,
	},
	{
		.id	= "advice.passthrough_devices",
		.title	= "Block and network devices of the real-time guest are passed "
			  "through",
		.why	= "a physical device needs neither queue notifications nor "
			  "threads of QEMU; only devices with MSI interrupts are fit "
			  "for it",
		.source	= "ACRN real-time tips, PCIe Device Passthrough; host and QEMU "
			  "tuning notes",
		.remedy	= "virsh nodedev-list --cap pci; lspci -vv shows MSI or MSI-X",
		.scopes	= SCOPE_VM, .severity = SEVERITY_INFO,
		.when	= WHEN_VM_RESTART, .place = PLACE_EXPLAIN,
	},
	{
		.id	= "advice.smi",
		.title	= "Firmware raises no system management interrupt",
		.why	= "it stops all CPUs for longer than any VM exit, and no "
			  "hypervisor can hold it off",
		.source	= "ACRN real-time tips (SMI); Virt-RT guide 2",
		.remedy	= "switch off in the firmware what raises them (USB legacy "
			  "support, power capping, memory patrol); hwlatdetect shows "
			  "them",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_INFO,
		.when	= WHEN_FIRMWARE, .place = PLACE_EXPLAIN,
	},
	{
		.id	= "advice.nmi",
		.title	= "Nothing uses non-maskable interrupts while the guest works",
		.why	= "an NMI leaves the guest whatever it does; ACRN uses it for "
			  "its own messages, Linux for watchdog and profiling",
		.source	= "ACRN real-time tips (NMI)",
		.remedy	= "nmi_watchdog=0; no perf; see the NMI line of /proc/interrupts",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_INFO,
		.when	= WHEN_RUNTIME, .place = PLACE_EXPLAIN,
	},
	{
		.id	= "advice.cpuid",
		.title	= "Real-time code does not use CPUID",
		.why	= "CPUID always exits to the hypervisor, wherever it is executed",
		.source	= "ACRN real-time tips, Do not use CPUID",
		.remedy	= "ask for CPU features once, before the real-time section",
		.scopes	= SCOPE_GUEST, .severity = SEVERITY_INFO,
		.when	= WHEN_NEVER, .place = PLACE_EXPLAIN,
	},
	{
		.id	= "advice.rdtscp",
		.title	= "Real-time code serialises the clock with RDTSCP, not with "
			  "CPUID and RDTSC",
		.why	= "CPUID around RDTSC is an old habit, and each one is a VM "
			  "exit; RDTSCP waits for earlier instructions by itself",
		.source	= "ACRN real-time tips, Do not use CPUID",
		.remedy	= "use RDTSCP, or RDTSC with LFENCE",
		.scopes	= SCOPE_GUEST, .severity = SEVERITY_INFO,
		.when	= WHEN_NEVER, .place = PLACE_EXPLAIN,
	},
	{
		.id	= "advice.apic_registers",
		.title	= "Real-time code does not read APIC id and LDR",
		.why	= "both are virtualized even where the rest of the local APIC "
			  "is not, so that reading them exits",
		.source	= "ACRN real-time tips, Do not use RDMSR to access APICID and "
			  "LDR",
		.remedy	= "read them once, before the real-time section",
		.scopes	= SCOPE_GUEST, .severity = SEVERITY_INFO,
		.when	= WHEN_NEVER, .place = PLACE_EXPLAIN,
	},
	{
		.id	= "advice.tsc_adjust",
		.title	= "Real-time code leaves TSC_ADJUST and TSC_DEADLINE alone",
		.why	= "where the hypervisor offsets the guest's TSC "
			  "(VMX_TSC_OFFSET_FULL is not zero) each access exits; under "
			  "KVM arming TSC_DEADLINE is an exit unless the preemption "
			  "timer takes it",
		.source	= "ACRN real-time tips, Guarantee that VMX_TSC_OFFSET_FULL is "
			  "zero",
		.remedy	= "never set the guest's TSC; poll or use one periodic timer in "
			  "the shortest loops; see kvm.preemption_timer",
		.scopes	= SCOPE_GUEST, .severity = SEVERITY_INFO,
		.when	= WHEN_NEVER, .place = PLACE_EXPLAIN,
	},
	{
		.id	= "advice.icr",
		.title	= "The real-time vCPUs send as few interrupts to others as "
			  "possible",
		.why	= "each write to the interrupt command register costs 3 to 4 "
			  "microseconds where it is intercepted",
		.source	= "ACRN real-time tips, reduce the access of ICR",
		.remedy	= "isolcpus=domain, idle=poll and rcu_nocb_poll in the guest; "
			  "see kvm.enable_apicv; no wake-ups of other vCPUs from the "
			  "real-time loop",
		.scopes	= SCOPE_GUEST, .severity = SEVERITY_INFO,
		.when	= WHEN_NEVER, .place = PLACE_EXPLAIN,
	},
	{
		.id	= "advice.control_registers",
		.title	= "Real-time tasks are created and initialised at the start",
		.why	= "starting a task writes CR0 and CR4, which may exit",
		.source	= "ACRN real-time tips, Create and initialize the RT tasks at "
			  "the beginning",
		.remedy	= "create all threads, lock and touch their memory, then begin",
		.scopes	= SCOPE_GUEST, .severity = SEVERITY_INFO,
		.when	= WHEN_NEVER, .place = PLACE_EXPLAIN,
	},
	{
		.id	= "advice.logging",
		.title	= "Nothing is logged from a real-time CPU",
		.why	= "a message of the kernel there wakes the logging service on "
			  "the housekeeping CPU by an interrupt",
		.source	= "ACRN real-time tips (disable journald, syslogd)",
		.remedy	= "stop journald and syslogd in the guest, or log to a ring of "
			  "your own",
		.scopes	= SCOPE_GUEST, .severity = SEVERITY_INFO,
		.when	= WHEN_RUNTIME, .place = PLACE_EXPLAIN,
	},
	{
		.id	= "advice.psc_workaround",
		.title	= "The hypervisor's workaround for machine checks on page size "
			  "change is off",
		.why	= "it splits large pages of a guest, which costs TLB misses; "
			  "without it a guest that is not trusted can stop the machine",
		.source	= "ACRN real-time tips, CONFIG_MCE_ON_PSC_WORKAROUND_DISABLED",
		.remedy	= "on KVM see kvm.nx_huge_pages; on ACRN build with "
			  "MCE_ON_PSC_WORKAROUND_DISABLED if all guests are trusted",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_INFO,
		.when	= WHEN_REBOOT, .place = PLACE_EXPLAIN,
	},
	{
		.id	= "advice.other_rt_systems",
		.title	= "The advice for PREEMPT_RT guests holds for Xenomai as well",
		.why	= "it too runs on a Linux kernel, whose timers, RCU and logging "
			  "disturb it in the same way",
		.source	= "ACRN real-time tips, note",
		.remedy	= "apply the guest rows to it, by hand",
		.scopes	= SCOPE_GUEST, .severity = SEVERITY_INFO,
		.when	= WHEN_NEVER, .place = PLACE_EXPLAIN,
	},
	{
		.id	= "advice.firmware_notes",
		.title	= "The firmware settings of this model are written down",
		.why	= "their names and effects differ between makers, and an update "
			  "resets them",
		.source	= "Virt-RT guide 2 (a document per system)",
		.remedy	= "keep them beside the results; see system.product and "
			  "system.bios_version",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_INFO,
		.when	= WHEN_FIRMWARE, .place = PLACE_EXPLAIN,
	},
	{
		.id	= "advice.hide_kvm_hang",
		.title	= "A guest from which KVM is hidden still boots",
		.why	= "without kvm-clock an old guest kernel may hang when it "
			  "switches to the TSC",
		.source	= "KVM-RT guide, Known Issues (VMs hang during booting)",
		.remedy	= "hide_kvm = False for that VM",
		.scopes	= SCOPE_VM, .severity = SEVERITY_INFO,
		.when	= WHEN_VM_RESTART, .place = PLACE_EXPLAIN,
	},
	{
		.id	= "advice.graphics_vms",
		.title	= "VMs with much graphics have a graphics card of their own",
		.why	= "emulated and on-board graphics take the memory controllers "
			  "that the real-time VM needs",
		.source	= "KVM-RT guide, Known Issues (graphics intensive programs)",
		.remedy	= "pass a graphics card through, or run such VMs elsewhere",
		.scopes	= SCOPE_VM, .severity = SEVERITY_INFO,
		.when	= WHEN_VM_RESTART, .place = PLACE_EXPLAIN,
	},
	{
		.id	= "advice.windows_topology",
		.title	= "Windows guests have their vCPUs in one socket",
		.why	= "Windows is licensed per socket: with the default of one "
			  "socket for each vCPU it uses one of them",
		.source	= "KVM-RT guide, Known Issues (VMs running the Windows "
			  "operating system)",
		.remedy	= "cpu_topology = auto",
		.scopes	= SCOPE_VM, .severity = SEVERITY_INFO,
		.when	= WHEN_VM_RESTART, .place = PLACE_EXPLAIN,
	},
	{
		.id	= "advice.per_cpu_irqs",
		.title	= "Per-CPU interrupts of drivers were looked at one by one",
		.why	= "some can be moved, some not; they also keep a sibling from "
			  "being taken offline",
		.source	= "KVM-RT guide, Known Issues (Per-CPU IRQs)",
		.remedy	= "see the irq rows; on RedHawk IRQ_ASSIGN in "
			  "/etc/sysconfig/shield",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_INFO,
		.when	= WHEN_RUNTIME, .place = PLACE_EXPLAIN,
	},
	{
		.id	= "advice.sibling_offline",
		.title	= "Interrupts leave a sibling before it is taken offline",
		.why	= "a CPU with an interrupt that cannot move cannot be taken "
			  "offline",
		.source	= "KVM-RT guide, Migrating Managed IRQs",
		.remedy	= "move them first; on RedHawk msi_affinity_mask= and "
			  "irqaffinity= on the command line",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_INFO,
		.when	= WHEN_RUNTIME, .place = PLACE_EXPLAIN,
	},
	{
		.id	= "advice.iommu_cards",
		.title	= "Cards that fail behind an IOMMU are known",
		.why	= "some cards do not work with remapping; RedHawk can leave "
			  "them out, and then they cannot be passed through",
		.source	= "KVM-RT guide, Kernel Boot Parameters",
		.remedy	= "on RedHawk intel_iommu=plx_off or "
			  "intel_iommu.exception_ids=; elsewhere another slot or card",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_INFO,
		.when	= WHEN_REBOOT, .place = PLACE_EXPLAIN,
	},
	{0},
};
