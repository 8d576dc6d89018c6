/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "knob.h"
#include "rows.h"

const KnobLayer knob_layers[] = {
	{"boot", "Boot: the kernel command line", knob_rows_boot},
	{"kernel", "Kernel: how it was built", knob_rows_kernel},
	{"cpu", "CPUs: isolation, siblings, who runs there", knob_rows_cpu},
	{"sched", "Kernel housekeeping: watchdogs, timers, statistics", knob_rows_sched},
	{"throttle", "What real-time threads must leave to others", knob_rows_throttle},
	{"priority", "Priorities of threads beside vCPUs", knob_rows_priority},
	{"limits", "Limits of users and of QEMU", knob_rows_limits},
	{"power", "Power, frequency, links", knob_rows_power},
	{"idle", "Idle states of CPUs", knob_rows_idle},
	{"clock", "Clocks and timers", knob_rows_clock},
	{"firmware", "Firmware", knob_rows_firmware},
	{"irq", "Interrupts: where they may go", knob_rows_irq},
	{"irq_evidence", "Interrupts: what was counted since boot", knob_rows_irq_evidence},
	{"network", "Network queues and softirqs", knob_rows_network},
	{"workqueue", "Workqueues", knob_rows_workqueue},
	{"memory", "Memory: huge pages, merging, swap", knob_rows_memory},
	{"reclaim", "Memory: reclaim, compaction, NUMA nodes", knob_rows_reclaim},
	{"cache", "Cache and memory bandwidth", knob_rows_cache},
	{"kvm", "KVM, IOMMU, modules", knob_rows_kvm},
	{"service", "Services and timers", knob_rows_service},
	{"system", "System: what else was found", knob_rows_system},
	{"domain", "VM: libvirt's domain", knob_rows_domain},
	{"pinning", "VM: where its threads were meant to be", knob_rows_pinning},
	{"thread", "VM: QEMU's threads and memory", knob_rows_thread},
	{"guest", "Guest", knob_rows_guest},
	{"advice", "What no program can see", knob_rows_advice},
	{NULL, NULL, NULL},
};
