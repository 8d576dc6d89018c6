/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a real-time VM's domain has besides threads and memory. Each setting has its
 * source; what no source asks for is not touched. Turning rt off leaves them: none of
 * them is lathe's alone.
 */
#include <string.h>

#include "domain_editing.h"
#include "domain_reading.h"
#include "element.h"

typedef enum { RT_ALWAYS, RT_KVM, RT_KVM_SHOWN, RT_KVM_ALONE } RtWhen;

/* path/@attribute = value. */
static const struct {
	RtWhen when;
	const char *path;
	const char *attribute, *value;
	const char *source;
} settings[] = {
	{RT_KVM, "cpu", "mode", "host-passthrough", "ServoBox RT settings 13"},
	{RT_KVM, "cpu", "check", "none", "what host-passthrough has in libvirt"},
	/* Migratable CPUs lose the invariant TSC. */
	{RT_KVM, "cpu", "migratable", "off", "libvirt kbase kvm-realtime; SEAPATH"},
	{RT_KVM, "cpu/cache", "mode", "passthrough", "ServoBox RT settings 13"},
	{RT_KVM, "features/pmu", "state", "off", "libvirt kbase kvm-realtime; SEAPATH"},
	/* Lets the guest spin as on bare metal: harmful where a vCPU shares its CPU. */
	{RT_KVM_ALONE, "features/kvm/hint-dedicated", "state", "on",
	 "kernel, virt/kvm/x86/cpuid.rst (KVM_HINTS_REALTIME)"},
	/* A balloon takes pages back. */
	{RT_ALWAYS, "devices/memballoon", "model", "none",
	 "host and QEMU tuning notes (-balloon none); libvirt kbase kvm-realtime"},
};

static const struct {
	RtWhen when;
	const char *name, *attribute, *value;
	const char *source;
} timers[] = {
	{RT_KVM, "pit", "tickpolicy", "delay", "SEAPATH; libvirt, timer tickpolicy"},
	{RT_KVM, "hpet", "present", "no", "ServoBox RT settings 12; SEAPATH"},
	/* Hidden, there is no kvm-clock (KVM-RT guide, Known Issues). */
	{RT_KVM_SHOWN, "kvmclock", "present", "yes", "ServoBox RT settings 12"},
	{RT_KVM, "tsc", "mode", "native", "ServoBox RT settings 12"},
};

static gboolean is_alone(const VmLayout *layout)
{
	for (guint i = 0; i < layout->n_vcpus; i++)
		if (layout->shares[i])
			return FALSE;
	return layout->bound;
}

static gboolean applies(const DomainEdit *edit, RtWhen when)
{
	switch (when) {
	case RT_ALWAYS:
		return TRUE;
	case RT_KVM:
		return edit->kvm;
	case RT_KVM_SHOWN:
		return edit->kvm && !edit->layout->vm->hide_kvm;
	case RT_KVM_ALONE:
		return edit->kvm && is_alone(edit->layout);
	}
	return FALSE;
}

static void set_timers(const DomainEdit *edit)
{
	xmlNode *clock = element_child(edit->domain, "clock");

	for (guint i = 0; i < G_N_ELEMENTS(timers); i++) {
		xmlNode *timer = element_child(clock, "timer");

		if (!applies(edit, timers[i].when))
			continue;
		while (timer && !element_has(timer, "name", timers[i].name))
			timer = element_next(timer);
		if (!clock)
			clock = element_set(element_add(edit->domain, "clock"), "offset",
					    "utc");
		if (!timer)
			timer = element_set(element_add(clock, "timer"), "name",
					    timers[i].name);
		element_set(timer, timers[i].attribute, timers[i].value);
	}
}

/* A model, its vendor and how the guest's CPU is matched belong to other modes. */
static void clean_cpu(xmlNode *domain)
{
	xmlNode *cpu = element_child(domain, "cpu");

	if (element_has(cpu, "mode", "host-passthrough"))
		return;
	element_unset(element_need(domain, "cpu"), "match");
	element_remove(element_child(cpu, "model"));
	element_remove(element_child(cpu, "vendor"));
}

/* A level belongs to a cache that QEMU makes up. */
static void clean_cache(xmlNode *domain)
{
	xmlNode *cache = element_at(domain, "cpu/cache");

	if (cache)
		element_unset(cache, "level");
}

/* Nothing of a balloon's goes with model='none'. */
static void clean_balloon(xmlNode *domain)
{
	xmlNode *balloon = element_at(domain, "devices/memballoon");

	if (!balloon || element_has(balloon, "model", "none"))
		return;
	element_unset(element_unset(balloon, "autodeflate"), "freePageReporting");
	while (balloon->children) {
		xmlNode *child = balloon->children;

		xmlUnlinkNode(child);
		xmlFreeNode(child);
	}
}

/* Where the page cache is passed by already, and AIO is not threads', it stays so. */
static void set_disk(xmlNode *disk)
{
	xmlNode *driver = element_child(disk, "driver");
	g_autofree char *cache = element_get(driver, "cache");
	g_autofree char *io = element_get(driver, "io");

	if (!driver)
		driver = element_set(element_add(disk, "driver"), "name", "qemu");
	if (g_strcmp0(cache, "none") != 0 && g_strcmp0(cache, "directsync") != 0)
		element_set(driver, "cache", "none");
	if (g_strcmp0(io, "native") != 0 && g_strcmp0(io, "io_uring") != 0)
		element_set(driver, "io", "native");
}

/* ServoBox RT settings 14. */
static void set_disks(xmlNode *domain)
{
	ELEMENT_FOREACH(disk, element_child(domain, "devices"), "disk") {
		g_autofree char *path = domain_disk_path(disk);

		if (path)
			set_disk(disk);
	}
}

void domain_apply_rt(const DomainEdit *edit)
{
	xmlNode *hint = element_at(edit->domain, "features/kvm/hint-dedicated");

	if (edit->kvm) {
		clean_cpu(edit->domain);
		clean_cache(edit->domain);
	}
	clean_balloon(edit->domain);
	for (guint i = 0; i < G_N_ELEMENTS(settings); i++)
		if (applies(edit, settings[i].when))
			element_set(element_need_at(edit->domain, settings[i].path),
				    settings[i].attribute, settings[i].value);
	if (hint && !is_alone(edit->layout) && element_has(hint, "state", "on"))
		element_set(hint, "state", "off");
	set_timers(edit);
	set_disks(edit->domain);
}
