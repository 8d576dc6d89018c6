/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What libvirt was asked for: the live domain XML of the VM that is measured. What QEMU made
 * of it is the threads' layer.
 */
#include <string.h>

#include "domain_values.h"
#include "rows.h"
#include "want.h"

/* What cannot be read counts as applying: then the row says so itself. */
static gboolean under_kvm(const Knob *knob, KnobView *view, char **ret_proof)
{
	(void)knob;
	if (domain_is_true(view, "boolean(/domain[@type='kvm'])", TRUE))
		return TRUE;
	*ret_proof = g_strdup("the domain is emulated, without KVM");
	return FALSE;
}

/* A CPU that is passed through has the host's features without asking. */
static gboolean is_asked_for(const Knob *knob, KnobView *view, const char *cpu,
			     const char *feature, const char *implied, char **ret_proof)
{
	g_autofree char *xpath = g_strdup_printf(
		"boolean(/domain/cpu[%s]) and not(/domain/cpu/feature[@name='%s'])", cpu, feature);

	if (!under_kvm(knob, view, ret_proof))
		return FALSE;
	if (!domain_is_true(view, xpath, FALSE))
		return TRUE;
	*ret_proof = g_strdup(implied);
	return FALSE;
}

/* One that can migrate lacks the invariant TSC. */
static gboolean invtsc_is_asked_for(const Knob *knob, KnobView *view, char **ret_proof)
{
	return is_asked_for(knob, view, "@mode='host-passthrough' and @migratable='off'", "invtsc",
			    "host-passthrough with migratable='off' has it without asking",
			    ret_proof);
}

static gboolean tsc_deadline_is_asked_for(const Knob *knob, KnobView *view, char **ret_proof)
{
	return is_asked_for(knob, view, "@mode='host-passthrough'", "tsc-deadline",
			    "host-passthrough has it without asking, where the host has it",
			    ret_proof);
}

static gboolean has_disk(const Knob *knob, KnobView *view, char **ret_proof)
{
	(void)knob;
	if (domain_is_true(view, "boolean(/domain/devices/disk[not(@device) or @device='disk'])", TRUE))
		return TRUE;
	*ret_proof = g_strdup("the VM has no disk");
	return FALSE;
}

/* clang-format off */
const Knob knob_rows_domain[] = {
	{
		.id	= "domain.memory_locked",
		.title	= "The VM's memory is locked",
		.why	= "a page of the guest that is swapped out or migrated costs a "
			  "fault, which takes microseconds to milliseconds",
		.source	= "ServoBox RT settings 10; host and QEMU tuning notes "
			  "(mlock=on); KVM-RT guide (rt_memory); libvirt kbase "
			  "kvm-realtime",
		.remedy	= "add <memoryBacking><locked/></memoryBacking> to the domain",
		.scopes	= SCOPE_VM, .severity = SEVERITY_FATAL, .when = WHEN_VM_RESTART,
		.place	= PLACE_DOMAIN,
		.path	= "boolean(/domain/memoryBacking/locked)",
		.want	= want_text, .text = "true",
	},
	{
		.id	= "domain.nosharepages",
		.title	= "KSM does not merge the VM's pages",
		.why	= "a merged page is copied again on the guest's first write, "
			  "which is a fault",
		.source	= "libvirt kbase kvm-realtime; SEAPATH; Virt-RT guide 3.2.1 (ksm)",
		.remedy	= "add <memoryBacking><nosharepages/></memoryBacking> to the "
			  "domain",
		.scopes	= SCOPE_VM, .severity = SEVERITY_HIGH, .when = WHEN_VM_RESTART,
		.place	= PLACE_DOMAIN,
		.path	= "boolean(/domain/memoryBacking/nosharepages)",
		.want	= want_text, .text = "true",
	},
	{
		.id	= "domain.hugepages",
		.title	= "The VM's memory is made of huge pages",
		.why	= "with 4 KiB pages the CPU walks two page tables of four levels "
			  "each on a TLB miss",
		.source	= "host and QEMU tuning notes (mem-path /dev/hugepages); "
			  "OpenShift node tuning",
		.remedy	= "add <memoryBacking><hugepages/></memoryBacking>, and reserve "
			  "the pages at boot",
		.scopes	= SCOPE_VM, .severity = SEVERITY_MEDIUM, .when = WHEN_VM_RESTART,
		.place	= PLACE_DOMAIN,
		.path	= "boolean(/domain/memoryBacking/hugepages)",
		.want	= want_text, .text = "true",
	},
	{
		.id	= "domain.preallocated",
		.title	= "The VM's memory is there before the guest runs",
		.why	= "memory that is handed out on first use costs a fault on each "
			  "page's first use",
		.source	= "host and QEMU tuning notes (mem-prealloc)",
		.remedy	= "lock the memory, use huge pages, or add <allocation "
			  "mode='immediate'/> to <memoryBacking>",
		.scopes	= SCOPE_VM, .severity = SEVERITY_HIGH, .when = WHEN_VM_RESTART,
		.place	= PLACE_DOMAIN,
		.path	= "boolean(/domain/memoryBacking/locked or "
			  "/domain/memoryBacking/hugepages or "
			  "/domain/memoryBacking/allocation[@mode='immediate'])",
		.want	= want_text, .text = "true",
	},
	{
		.id	= "domain.no_memballoon",
		.title	= "The VM has no memory balloon",
		.why	= "a balloon takes pages from the guest and gives them back by "
			  "faults",
		.source	= "host and QEMU tuning notes (-balloon none); libvirt kbase "
			  "kvm-realtime",
		.remedy	= "set <memballoon model='none'/> in the domain",
		.scopes	= SCOPE_VM, .severity = SEVERITY_HIGH, .when = WHEN_VM_RESTART,
		.place	= PLACE_DOMAIN,
		.path	= "/domain/devices/memballoon/@model",
		.want	= want_text, .text = "none",
		.absent	= ABSENT_BROKEN,
		.absent_means = "libvirt adds one unless told not to",
	},
	{
		.id	= "domain.cpu_model",
		.title	= "The guest sees the host's CPU",
		.why	= "an emulated model lacks features of the host's, and the guest "
			  "works around that",
		.source	= "ServoBox RT settings 13; SEAPATH",
		.remedy	= "set <cpu mode='host-passthrough'> in the domain",
		.scopes	= SCOPE_VM, .severity = SEVERITY_HIGH, .when = WHEN_VM_RESTART,
		.place	= PLACE_DOMAIN,
		.path	= "string(/domain/cpu/@mode)",
		.want	= want_text, .text = "host-passthrough",
		.applies = under_kvm,
	},
	{
		.id	= "domain.cpu_not_migratable",
		.title	= "Features that forbid migration are not hidden",
		.why	= "with migratable='on' QEMU leaves out the invariant TSC, and "
			  "the guest takes a slower clock",
		.source	= "libvirt kbase kvm-realtime; SEAPATH",
		.remedy	= "add migratable='off' to <cpu>",
		.scopes	= SCOPE_VM, .severity = SEVERITY_MEDIUM, .when = WHEN_VM_RESTART,
		.place	= PLACE_DOMAIN,
		.path	= "string(/domain/cpu/@migratable)",
		.want	= want_text, .text = "off",
		.applies = under_kvm,
	},
	{
		.id	= "domain.cpu_cache",
		.title	= "The guest sees the host's caches",
		.why	= "the guest's scheduler divides work by what it believes shares "
			  "a cache",
		.source	= "ServoBox RT settings 13",
		.remedy	= "add <cache mode='passthrough'/> to <cpu>",
		.scopes	= SCOPE_VM, .severity = SEVERITY_LOW, .when = WHEN_VM_RESTART,
		.place	= PLACE_DOMAIN,
		.path	= "boolean(/domain/cpu/cache[@mode='passthrough'])",
		.want	= want_text, .text = "true",
		.applies = under_kvm,
	},
	{
		.id	= "domain.cpu_sockets",
		.title	= "The guest sees one socket",
		.why	= "a guest with more sockets than the host's node balances "
			  "between them for nothing; Windows licences count sockets",
		.source	= "KVM-RT guide (cpu_topology auto; VMs running the Windows "
			  "operating system); SEAPATH",
		.remedy	= "set <topology sockets='1' cores='VCPUS' threads='1'/> in <cpu>",
		.scopes	= SCOPE_VM, .severity = SEVERITY_MEDIUM, .when = WHEN_VM_RESTART,
		.place	= PLACE_DOMAIN,
		.path	= "string(/domain/cpu/topology/@sockets)",
		.want	= want_text, .text = "1",
	},
	{
		.id	= "domain.cpu_threads",
		.title	= "The guest sees no sibling threads",
		.why	= "vCPUs that own whole cores are no siblings: a guest that "
			  "believes so shares out work wrongly",
		.source	= "KVM-RT guide (cpu_topology auto); SEAPATH",
		.remedy	= "set <topology sockets='1' cores='VCPUS' threads='1'/> in <cpu>",
		.scopes	= SCOPE_VM, .severity = SEVERITY_MEDIUM, .when = WHEN_VM_RESTART,
		.place	= PLACE_DOMAIN,
		.path	= "string(/domain/cpu/topology/@threads)",
		.want	= want_text, .text = "1",
	},
	{
		.id	= "domain.tsc_deadline",
		.title	= "The guest's timer is the TSC deadline",
		.why	= "arming the older APIC timer needs a conversion and takes more "
			  "exits",
		.source	= "libvirt kbase kvm-realtime; SEAPATH; ACRN real-time tips "
			  "(TSC_DEADLINE)",
		.remedy	= "add <feature policy='require' name='tsc-deadline'/> to <cpu>",
		.scopes	= SCOPE_VM, .severity = SEVERITY_HIGH, .when = WHEN_VM_RESTART,
		.place	= PLACE_DOMAIN,
		.path	= "string(/domain/cpu/feature[@name='tsc-deadline']/@policy)",
		.want	= want_text, .text = "require",
		.applies = tsc_deadline_is_asked_for,
	},
	{
		.id	= "domain.invtsc",
		.title	= "The guest knows that its TSC is invariant",
		.why	= "a guest that may not trust the TSC watches it, or reads a "
			  "slower clock",
		.source	= "libvirt kbase kvm-realtime; SEAPATH",
		.remedy	= "add <feature policy='require' name='invtsc'/> to <cpu>",
		.scopes	= SCOPE_VM, .severity = SEVERITY_HIGH, .when = WHEN_VM_RESTART,
		.place	= PLACE_DOMAIN,
		.path	= "string(/domain/cpu/feature[@name='invtsc']/@policy)",
		.want	= want_one_of, .text = "require",
		.applies = invtsc_is_asked_for,
	},
	{
		.id	= "domain.timer_kvmclock",
		.title	= "The guest has kvm-clock",
		.why	= "without it a guest whose TSC cannot be trusted reads an "
			  "emulated device for the time",
		.source	= "ServoBox RT settings 12",
		.remedy	= "set <timer name='kvmclock' present='yes'/> in <clock>",
		.scopes	= SCOPE_VM, .severity = SEVERITY_LOW, .when = WHEN_VM_RESTART,
		.place	= PLACE_DOMAIN,
		.path	= "string(/domain/clock/timer[@name='kvmclock']/@present)",
		.want	= want_text, .text = "yes",
		.applies = under_kvm,
	},
	{
		.id	= "domain.timer_tsc",
		.title	= "The guest's TSC was asked to be native",
		.why	= "a TSC that the hypervisor scales or traps is slower",
		.source	= "ServoBox RT settings 12",
		.remedy	= "set <timer name='tsc' mode='native'/> in <clock>; libvirt "
			  "drops it for QEMU without a word, whose TSC is native wherever "
			  "the host's is invariant",
		.scopes	= SCOPE_VM, .severity = SEVERITY_INFO, .when = WHEN_VM_RESTART,
		.place	= PLACE_DOMAIN,
		.path	= "string(/domain/clock/timer[@name='tsc']/@mode)",
		.want	= want_text, .text = "native",
		.applies = under_kvm,
	},
	{
		.id	= "domain.timer_hpet",
		.title	= "The guest has no HPET",
		.why	= "each access to an emulated HPET is an exit to QEMU",
		.source	= "ServoBox RT settings 12; SEAPATH",
		.remedy	= "set <timer name='hpet' present='no'/> in <clock>",
		.scopes	= SCOPE_VM, .severity = SEVERITY_MEDIUM, .when = WHEN_VM_RESTART,
		.place	= PLACE_DOMAIN,
		.path	= "string(/domain/clock/timer[@name='hpet']/@present)",
		.want	= want_text, .text = "no",
		.applies = under_kvm,
	},
	{
		.id	= "domain.timer_pit",
		.title	= "Ticks of the PIT that were missed are delayed",
		.why	= "catching up on lost ticks injects bursts of interrupts",
		.source	= "SEAPATH; libvirt domain XML, timer tickpolicy",
		.remedy	= "set <timer name='pit' tickpolicy='delay'/> in <clock>",
		.scopes	= SCOPE_VM, .severity = SEVERITY_LOW, .when = WHEN_VM_RESTART,
		.place	= PLACE_DOMAIN,
		.path	= "string(/domain/clock/timer[@name='pit']/@tickpolicy)",
		.want	= want_text, .text = "delay",
		.applies = under_kvm,
	},
	{
		.id	= "domain.pmu_off",
		.title	= "The guest has no performance counters",
		.why	= "the counters' registers are switched on each exit, and their "
			  "interrupts are NMIs",
		.source	= "libvirt kbase kvm-realtime; SEAPATH",
		.remedy	= "set <pmu state='off'/> in <features>",
		.scopes	= SCOPE_VM, .severity = SEVERITY_MEDIUM, .when = WHEN_VM_RESTART,
		.place	= PLACE_DOMAIN,
		.path	= "string(/domain/features/pmu/@state)",
		.want	= want_text, .text = "off",
		.applies = under_kvm,
	},
	{
		.id	= "domain.kvm_not_hidden",
		.title	= "The guest may know that it runs on KVM",
		.why	= "hidden, it has no kvm-clock, and some kernels hang when they "
			  "switch to the TSC",
		.source	= "KVM-RT guide, Known Issues (VMs hang during booting)",
		.remedy	= "remove <hidden state='on'/> from <features><kvm>, or set "
			  "hide_kvm = False",
		.scopes	= SCOPE_VM, .severity = SEVERITY_MEDIUM, .when = WHEN_VM_RESTART,
		.place	= PLACE_DOMAIN,
		.path	= "boolean(/domain/features/kvm/hidden[@state='on'])",
		.want	= want_text, .text = "false",
	},
	{
		.id	= "domain.no_graphics",
		.title	= "The VM has no emulated graphics",
		.why	= "QEMU's main thread draws and serves a console for it; VRAM "
			  "traffic loads the memory controller",
		.source	= "KVM-RT guide, Known Issues (Graphics intensive programs); "
			  "kubevirt",
		.remedy	= "remove <graphics> and <video> from the domain",
		.scopes	= SCOPE_VM, .severity = SEVERITY_MEDIUM, .when = WHEN_VM_RESTART,
		.place	= PLACE_DOMAIN,
		.path	= "count(/domain/devices/graphics | /domain/devices/video)",
		.want	= want_text, .text = "0",
	},
	{
		.id	= "domain.no_usb",
		.title	= "The VM has no USB controller",
		.why	= "an emulated USB controller polls a thousand times a second",
		.source	= "kubevirt; libvirt kbase kvm-realtime",
		.remedy	= "set <controller type='usb' model='none'/>",
		.scopes	= SCOPE_VM, .severity = SEVERITY_MEDIUM, .when = WHEN_VM_RESTART,
		.place	= PLACE_DOMAIN,
		.path	= "count(/domain/devices/controller[@type='usb' and "
			  "not(@model='none')])",
		.want	= want_text, .text = "0",
	},
	{
		.id	= "domain.no_tablet",
		.title	= "The VM has no USB tablet",
		.why	= "QEMU polls it",
		.source	= "libvirt kbase kvm-realtime",
		.remedy	= "remove <input type='tablet'> from the domain",
		.scopes	= SCOPE_VM, .severity = SEVERITY_LOW, .when = WHEN_VM_RESTART,
		.place	= PLACE_DOMAIN,
		.path	= "count(/domain/devices/input[@type='tablet'])",
		.want	= want_text, .text = "0",
	},
	{
		.id	= "domain.no_sound",
		.title	= "The VM has no sound device",
		.why	= "QEMU runs a timer for its buffers",
		.source	= "kubevirt",
		.remedy	= "remove <sound> from the domain",
		.scopes	= SCOPE_VM, .severity = SEVERITY_LOW, .when = WHEN_VM_RESTART,
		.place	= PLACE_DOMAIN,
		.path	= "count(/domain/devices/sound)",
		.want	= want_text, .text = "0",
	},
	{
		.id	= "domain.no_rng",
		.title	= "The VM has no entropy device",
		.why	= "each request of the guest wakes QEMU's main thread",
		.source	= "libvirt kbase kvm-realtime",
		.remedy	= "remove <rng> from the domain, or accept its requests on the "
			  "housekeeping CPUs",
		.scopes	= SCOPE_VM, .severity = SEVERITY_INFO, .when = WHEN_VM_RESTART,
		.place	= PLACE_DOMAIN,
		.path	= "count(/domain/devices/rng)",
		.want	= want_text, .text = "0",
	},
	{
		.id	= "domain.disk_cache",
		.title	= "Disks bypass the host's page cache",
		.why	= "writeback of cached pages comes in bursts, at a time nobody "
			  "chose",
		.source	= "ServoBox RT settings 14",
		.remedy	= "set cache='none' in each <disk>'s <driver>",
		.scopes	= SCOPE_VM, .severity = SEVERITY_MEDIUM, .when = WHEN_VM_RESTART,
		.place	= PLACE_DOMAIN,
		.path	= "count(/domain/devices/disk[not(@device) or @device='disk']"
			  "[not(driver/@cache='none' or driver/@cache='directsync')])",
		.want	= want_text, .text = "0",
		.applies = has_disk,
	},
	{
		.id	= "domain.disk_io",
		.title	= "Disks use native asynchronous I/O",
		.why	= "threads of QEMU come and go with each burst otherwise",
		.source	= "ServoBox RT settings 14 (its disk options)",
		.remedy	= "set io='native' in each <disk>'s <driver>",
		.scopes	= SCOPE_VM, .severity = SEVERITY_LOW, .when = WHEN_VM_RESTART,
		.place	= PLACE_DOMAIN,
		.path	= "count(/domain/devices/disk[not(@device) or @device='disk']"
			  "[not(driver/@io='native' or driver/@io='io_uring')])",
		.want	= want_text, .text = "0",
		.applies = has_disk,
	},
	{
		.id	= "domain.iothreads",
		.title	= "There is an IOThread",
		.why	= "without one, disk I/O is done by the main thread, with "
			  "everything else",
		.source	= "ServoBox RT settings 11",
		.remedy	= "add <iothreads>1</iothreads> to the domain",
		.scopes	= SCOPE_VM, .severity = SEVERITY_MEDIUM, .when = WHEN_VM_RESTART,
		.place	= PLACE_DOMAIN,
		.path	= "string(/domain/iothreads)",
		.want	= want_number, .text = "1 or more",
		.min	= 1, .max = 64,
	},
	{
		.id	= "domain.suspend_off",
		.title	= "The guest cannot suspend",
		.why	= "a guest that suspends answers nobody",
		.source	= "SEAPATH",
		.remedy	= "set <pm><suspend-to-mem enabled='no'/><suspend-to-disk "
			  "enabled='no'/></pm>",
		.scopes	= SCOPE_VM, .severity = SEVERITY_LOW, .when = WHEN_VM_RESTART,
		.place	= PLACE_DOMAIN,
		.path	= "count(/domain/pm/*[@enabled='yes'])",
		.want	= want_text, .text = "0",
	},
	{
		.id	= "domain.partition",
		.title	= "The VM's cgroup is recorded",
		.why	= "a slice whose cpuset or CPU bandwidth is limited limits the VM",
		.source	= "SEAPATH (/machine/rt); systemd.resource-control(5)",
		.scopes	= SCOPE_VM, .severity = SEVERITY_INFO, .when = WHEN_NEVER,
		.place	= PLACE_DOMAIN,
		.path	= "/domain/resource/partition",
		.want	= want_recorded,
		.absent	= ABSENT_NA,
		.absent_means = "libvirt puts it nowhere in particular",
	},
	{.id = NULL},
};
