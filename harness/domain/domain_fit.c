/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of a domain is not fit for a real-time VM. The rows have what its XML alone says;
 * rows of the knob table judge a VM that runs. */
#include <string.h>

#include <libxml/xpath.h>

#include "domain_document.h"
#include "domain_edit.h"
#include "domain_threads.h"
#include "error.h"

/* One that is on a CPU of the host's own. */
#define KVM   "/domain[@type='kvm']"
#define DISKS "/domain/devices/disk[not(@device) or @device='disk']"

/* xpath: a boolean; TRUE is unfit. */
static const struct {
	const char *xpath, *text, *source;
} rows[] = {
	{"not(" KVM ")", "the guest's CPU is emulated: the domain's type is not kvm",
	 "KVM-RT guide, Introduction"},
	{"not(/domain/memoryBacking/locked)",
	 "the memory is not locked: a page that is swapped out costs a fault",
	 "ServoBox RT settings 10; KVM-RT guide (rt_memory)"},
	{"not(/domain/memoryBacking/nosharepages)",
	 "KSM may merge the memory's pages: a merged one costs a fault on the first "
	 "write",
	 "libvirt kbase kvm-realtime; SEAPATH"},
	{"not(/domain/memoryBacking/hugepages)", "the memory is not made of huge pages",
	 "host and QEMU tuning notes (mem-path /dev/hugepages)"},
	{"not(/domain/devices/memballoon/@model='none')",
	 "there is a memory balloon: it takes pages back, and they return by faults",
	 "host and QEMU tuning notes (-balloon none)"},
	{"not(/domain/numatune/memory/@nodeset)",
	 "the memory may come from any NUMA node of the host",
	 "KVM-RT guide, Configuring Real-Time Virtual Machines"},
	{KVM " and not(/domain/cpu/@mode='host-passthrough')",
	 "the guest does not see the host's CPU (host-passthrough)",
	 "ServoBox RT settings 13"},
	{KVM "/cpu[@mode='host-passthrough'] and not(/domain/cpu/@migratable='off')",
	 "the CPU is migratable: the guest does not know that its TSC is invariant",
	 "libvirt kbase kvm-realtime; SEAPATH"},
	{"/domain/cpu/topology/@sockets > 1 or (not(/domain/cpu/topology) and "
	 "/domain/vcpu > 1)",
	 "the guest sees more than one socket", "KVM-RT guide (cpu_topology)"},
	{"/domain/cpu/topology/@threads > 1",
	 "the guest believes that vCPUs are siblings", "KVM-RT guide (cpu_topology)"},
	{KVM " and not(/domain/features/pmu/@state='off')",
	 "the guest has performance counters", "libvirt kbase kvm-realtime; SEAPATH"},
	{"/domain/features/kvm/hidden/@state='on'",
	 "KVM is hidden: the guest has no kvm-clock, and some kernels hang at boot",
	 "KVM-RT guide, Known Issues"},
	{KVM " and not(/domain/clock/timer[@name='hpet']/@present='no')",
	 "there is an HPET, and each look at it is an exit to QEMU",
	 "ServoBox RT settings 12"},
	{"/domain/cputune/quota > 0 or /domain/cputune/global_quota > 0",
	 "vCPUs are stopped when their quota of CPU time is used up",
	 "libvirt domain XML, CPU tuning"},
	{"/domain/cputune/emulator_quota > 0 or /domain/cputune/iothread_quota > 0",
	 "QEMU's own threads are stopped when their quota of CPU time is used up",
	 "libvirt domain XML, CPU tuning"},
	{"/domain/devices/graphics or /domain/devices/video[not(model/@type='none')]",
	 "there is emulated graphics: it draws on QEMU's main thread and loads memory",
	 "KVM-RT guide, Known Issues (Graphics intensive programs)"},
	{"/domain/devices/controller[@type='usb' and not(@model='none')]",
	 "there is a USB controller, which polls a thousand times a second",
	 "kubevirt; libvirt kbase kvm-realtime"},
	{"/domain/devices/input[@type='tablet']",
	 "there is a USB tablet, which QEMU polls", "libvirt kbase kvm-realtime"},
	{"/domain/devices/sound", "there is a sound device, with a timer in QEMU",
	 "kubevirt"},
	{"/domain/devices/disk[target/@bus='ide' or target/@bus='sata' or "
	 "target/@bus='fdc']",
	 "a disk is emulated: each access stops the vCPU until QEMU has answered (virtio "
	 "does not)",
	 "libvirt domain XML, hard drives"},
	{"/domain/devices/interface[not(@type='hostdev') and not(model/@type) or "
	 "starts-with(model/@type,'e1000') or model/@type='rtl8139' or "
	 "model/@type='ne2k_pci' or "
	 "model/@type='pcnet']",
	 "a network interface is emulated: each access stops the vCPU until QEMU has "
	 "answered (virtio does not)",
	 "libvirt domain XML, network interfaces"},
	{DISKS "[not(driver/@cache='none' or driver/@cache='directsync')]",
	 "a disk goes through the host's page cache", "ServoBox RT settings 14"},
	{DISKS " and not(/domain/iothreads > 0) and not(/domain/iothreadids/iothread)",
	 "there is no IOThread: disks are served by the main thread",
	 "ServoBox RT settings 11"},
	{"/domain/pm/*[@enabled='yes']", "the guest may suspend", "SEAPATH"},
};

static void add(GPtrArray *texts, const char *text)
{
	g_ptr_array_add(texts, g_strdup(text));
}

/* What takes all of a domain's threads to know. */
static void look_at_threads(const DomainThreads *threads, GPtrArray *texts)
{
	guint floating = 0, others = 0;

	for (guint i = 0; i < threads->n_vcpus; i++)
		floating += !domain_threads_vcpu(threads, i);
	for (guint i = 0; i < threads->n_iothreads; i++)
		others += !domain_threads_iothread(threads, i);
	if (floating > 0)
		g_ptr_array_add(texts,
				g_strdup_printf("%u of %u vCPUs are bound to no host CPU",
						floating, threads->n_vcpus));
	if (!domain_threads_emulator(threads))
		add(texts, "QEMU's own threads are bound to no host CPU");
	if (others > 0)
		add(texts, "IOThreads are bound to no host CPU");
	if (!domain_threads_rt(threads))
		add(texts, "no vCPU is SCHED_FIFO: anything may take its CPU");
}

static void look_at_rows(xmlDoc *document, GPtrArray *texts)
{
	xmlXPathContext *context = xmlXPathNewContext(document);

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		xmlXPathObject *found =
			xmlXPathEvalExpression(BAD_CAST rows[i].xpath, context);

		if (found && xmlXPathCastToBoolean(found))
			add(texts, rows[i].text);
		xmlXPathFreeObject(found);
	}
	xmlXPathFreeContext(context);
}

GPtrArray *domain_unfit(const char *xml, GError **error)
{
	g_autoptr(xmlDoc) document = domain_document_parse(xml, error);
	g_autoptr(DomainThreads) threads =
		document ? domain_threads_read(xmlDocGetRootElement(document), error)
			 : NULL;
	g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);

	if (!threads)
		return NULL;
	look_at_threads(threads, texts);
	look_at_rows(document, texts);
	return g_steal_pointer(&texts);
}
