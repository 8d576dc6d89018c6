/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tips on installing and measuring: shown, never judged. */
#include "rows.h"

/* clang-format off */
const Knob knob_rows_practice[] = {
	{
		.id	= "practice.dedicated_host",
		.title	= "The host does nothing but run virtual machines",
		.why	= "administration, builds and services disturb shielding and "
			  "affinities sooner or later",
		.source	= "KVM-RT guide, Host System Requirements",
		.remedy	= "keep other work off the machine; do not change affinities by "
			  "hand while VMs run",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_INFO,
		.when	= WHEN_NEVER, .place = PLACE_EXPLAIN,
	},
	{
		.id	= "practice.minimal_install",
		.title	= "Host and guest are minimal installations",
		.why	= "what is not installed cannot wake up; a full desktop works, "
			  "and disturbs more",
		.source	= "Virt-RT guide 3.1 and 5",
		.remedy	= "install the minimal system, add what is needed",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_INFO,
		.when	= WHEN_NEVER, .place = PLACE_EXPLAIN,
	},
	{
		.id	= "practice.recent_distribution",
		.title	= "Distribution, libraries and QEMU are reasonably recent",
		.why	= "real-time support in KVM, QEMU and libvirt grew over the "
			  "years",
		.source	= "Virt-RT guide 1.2",
		.remedy	= "use a current release",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_INFO,
		.when	= WHEN_NEVER, .place = PLACE_EXPLAIN,
	},
	{
		.id	= "practice.kernel_sources",
		.title	= "The real-time kernel comes from a maintained source",
		.why	= "the trees that older guides name are gone; PREEMPT_RT is "
			  "part of mainline since 6.12",
		.source	= "Virt-RT guide 1.3 to 1.5, 3.1 and 7.1",
		.remedy	= "use the distribution's real-time kernel, or mainline with "
			  "CONFIG_PREEMPT_RT, with a configuration made for the "
			  "machine; the same for the guest",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_INFO,
		.when	= WHEN_REBOOT, .place = PLACE_EXPLAIN,
	},
	{
		.id	= "practice.invocation",
		.title	= "Guests are started by libvirt",
		.why	= "older guides start QEMU by hand, since libvirt knew nothing "
			  "of pinning and policies then; it does now",
		.source	= "Virt-RT guide 8; host and QEMU tuning notes",
		.remedy	= "<cputune>, <memoryBacking> and <iothreads>; see the domain "
			  "rows",
		.scopes	= SCOPE_VM, .severity = SEVERITY_INFO,
		.when	= WHEN_VM_RESTART, .place = PLACE_EXPLAIN,
	},
	{
		.id	= "practice.guest_command_line",
		.title	= "The guest's kernel command line may be given from outside",
		.why	= "with a kernel that QEMU loads itself, nothing in the guest's "
			  "image has to change",
		.source	= "Virt-RT guide 5.2.1",
		.remedy	= "<kernel> and <cmdline> in the domain, or the guest's own "
			  "boot loader",
		.scopes	= SCOPE_VM, .severity = SEVERITY_INFO,
		.when	= WHEN_VM_RESTART, .place = PLACE_EXPLAIN,
	},
	{
		.id	= "practice.guest_system",
		.title	= "The guest is a real-time system for the host's architecture",
		.why	= "a real-time VM with an ordinary kernel has the latencies of "
			  "that kernel",
		.source	= "KVM-RT guide, Building Virtual Machines",
		.remedy	= "RedHawk 7.0 or later, or any PREEMPT_RT guest; the same "
			  "architecture as the host",
		.scopes	= SCOPE_GUEST, .severity = SEVERITY_INFO,
		.when	= WHEN_REBOOT, .place = PLACE_EXPLAIN,
	},
	{
		.id	= "practice.configuration",
		.title	= "VM configurations are changed in one place and checked",
		.why	= "a domain that is edited by hand drifts from the "
			  "configuration it was made from",
		.source	= "KVM-RT guide, Configuration Tools and Advanced Libvirt "
			  "Configuration",
		.remedy	= "change the configuration file and let lathe check it; import "
			  "again after virsh edit",
		.scopes	= SCOPE_VM, .severity = SEVERITY_INFO,
		.when	= WHEN_NEVER, .place = PLACE_EXPLAIN,
	},
	{
		.id	= "practice.housekeeping_count",
		.title	= "The number of housekeeping CPUs fits their work",
		.why	= "daemons, interrupts, QEMU's own threads and storage all run "
			  "there; one a socket is where to start",
		.source	= "Virt-RT guide 3.2.2",
		.remedy	= "watch their load while the VMs work, and add CPUs when they "
			  "are full",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_INFO,
		.when	= WHEN_REBOOT, .place = PLACE_EXPLAIN,
	},
	{
		.id	= "practice.builds",
		.title	= "Programs are not built on an isolated machine",
		.why	= "isolcpus leaves a compiler only the housekeeping CPUs",
		.source	= "Virt-RT guide 3.2.2 and 3.1",
		.remedy	= "keep a boot entry without isolation for development, or "
			  "build elsewhere",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_INFO,
		.when	= WHEN_NEVER, .place = PLACE_EXPLAIN,
	},
	{
		.id	= "practice.irq_persistence",
		.title	= "Interrupt affinities are set again at every boot",
		.why	= "what is written to /proc/irq is gone after a boot, and a "
			  "driver that is loaded again starts afresh",
		.source	= "KVM-RT guide, Migrating Managed IRQs",
		.remedy	= "irqaffinity= on the command line, a service that writes "
			  "them, or on RedHawk the shield service",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_INFO,
		.when	= WHEN_RUNTIME, .place = PLACE_EXPLAIN,
	},
	{
		.id	= "practice.security",
		.title	= "Security modules and firewall may stay on",
		.why	= "they act on the part of the system that is not real-time; "
			  "only auditing lengthens every system call",
		.source	= "Virt-RT guide 3.2.3",
		.remedy	= "leave them on",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_INFO,
		.when	= WHEN_NEVER, .place = PLACE_EXPLAIN,
	},
	{
		.id	= "practice.timer_advance",
		.title	= "The advance of the guest's timer was measured on this "
			  "processor",
		.why	= "the value differs between chips: too small is late, too "
			  "large wastes the CPU in a loop",
		.source	= "host and QEMU tuning notes",
		.remedy	= "let KVM adapt (-1, or lapic_timer_advance=Y), or measure "
			  "with the tscdeadline_latency test of kvm-unit-tests",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_INFO,
		.when	= WHEN_VM_RESTART, .place = PLACE_EXPLAIN,
	},
	{
		.id	= "practice.numa",
		.title	= "Memory behaviour between nodes was measured",
		.why	= "distances are relative, 10 is the node itself; what remote "
			  "accesses cost only a measurement tells",
		.source	= "host and QEMU tuning notes (NUMA)",
		.remedy	= "numactl --hardware or lathe topology; bind CPUs and memory "
			  "of a VM to one node",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_INFO,
		.when	= WHEN_RUNTIME, .place = PLACE_EXPLAIN,
	},
	{
		.id	= "practice.host_latency",
		.title	= "The host alone stays in the low microseconds",
		.why	= "a guest cannot be better than its host; on the guide's "
			  "machine the maximum was below 20 and the mean 2 microseconds",
		.source	= "Virt-RT guide 4.3",
		.remedy	= "cyclictest -p80 -i1000 -d0 -m on all CPUs; when it is more, "
			  "look at kernel and firmware first",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_INFO,
		.when	= WHEN_NEVER, .place = PLACE_EXPLAIN,
	},
	{
		.id	= "practice.guest_latency",
		.title	= "The guest is measured on its real-time vCPUs only",
		.why	= "a thread on the housekeeping vCPU measures something else; "
			  "on the guide's machine the maximum was below 60 and the mean "
			  "25 microseconds",
		.source	= "Virt-RT guide 9.1",
		.remedy	= "cyclictest -p80 -i1000 -d0 -m on the vCPUs without the "
			  "housekeeping one: mask 0x0e of four",
		.scopes	= SCOPE_GUEST, .severity = SEVERITY_INFO,
		.when	= WHEN_NEVER, .place = PLACE_EXPLAIN,
	},
	{
		.id	= "practice.loads",
		.title	= "Latency was measured under load",
		.why	= "an idle machine hides most of what disturbs; none of the "
			  "loads should change the result much",
		.source	= "Virt-RT guide 4.3",
		.remedy	= "network, disk, compilation and hackbench, one by one and "
			  "together",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_INFO,
		.when	= WHEN_NEVER, .place = PLACE_EXPLAIN,
	},
	{
		.id	= "practice.highres_off",
		.title	= "highres=off is for interrupt latency only",
		.why	= "without high resolution timers the path of a device's "
			  "interrupt is shorter, and cyclictest measures nothing",
		.source	= "Virt-RT guide 10",
		.remedy	= "leave it away, unless interrupts of a passed-through device "
			  "are all that counts and are measured otherwise",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_INFO,
		.when	= WHEN_REBOOT, .place = PLACE_EXPLAIN,
	},
	{
		.id	= "practice.device_latency",
		.title	= "The interrupt latency of passed-through devices was measured",
		.why	= "timers tell nothing of the way of a device's interrupt; only "
			  "the device can measure it",
		.source	= "Virt-RT guide 9.2",
		.remedy	= "use a device with a timer and its driver (the guide has an "
			  "FPGA), or one looped to itself",
		.scopes	= SCOPE_GUEST, .severity = SEVERITY_INFO,
		.when	= WHEN_NEVER, .place = PLACE_EXPLAIN,
	},
	{
		.id	= "practice.tuned_verify",
		.title	= "TuneD finds its own settings unchanged",
		.why	= "other services overwrite them; some of its checks fail "
			  "without a reason",
		.source	= "tuned-adm(8); rteval",
		.remedy	= "tuned-adm verify; then /var/log/tuned/tuned.log",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_INFO,
		.when	= WHEN_RUNTIME, .place = PLACE_EXPLAIN,
	},
	{
		.id	= "practice.tools",
		.title	= "The tools for finding a cause are installed before they are "
			  "needed",
		.why	= "installing them later changes the machine that is to be "
			  "understood",
		.source	= "Virt-RT guide 3.1 and 4.2",
		.remedy	= "rt-tests, trace-cmd, rtla, msr-tools, stress-ng",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_INFO,
		.when	= WHEN_RUNTIME, .place = PLACE_EXPLAIN,
	},
	{0},
};
