/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The domain of a VM that libvirt does not have: what every VM needs, and no device that
 * takes the vCPUs' or QEMU's time without being asked for (USB, graphics, sound,
 * balloon). Its configuration is then applied as to any other.
 */
#include "domain_document.h"
#include "domain_editing.h"
#include "element.h"
#include "error.h"

static gboolean check(const VmConfig *vm, GError **error)
{
	if (vm->memory_mib == 0) {
		lathe_error(
			error, LATHE_ERROR_USAGE,
			"VM %s: libvirt has no such domain, and a new one needs `memory`",
			vm->uuid);
		return FALSE;
	}
	if (!vm->kernel && vm->disks->len == 0) {
		lathe_error(error, LATHE_ERROR_USAGE,
			    "VM %s: libvirt has no such domain, and a new one needs "
			    "`kernel` or "
			    "`disk`",
			    vm->uuid);
		return FALSE;
	}
	return TRUE;
}

static void add_system(xmlNode *domain, const VmConfig *vm, gboolean kvm)
{
	xmlNode *os = element_add(domain, "os");
	xmlNode *type = element_set_text(element_add(os, "type"), "hvm");

	element_set(element_set(type, "arch", "x86_64"), "machine", "q35");
	if (!vm->kernel)
		element_set(element_add(os, "boot"), "dev", "hd");
	element_need_at(domain, "features/acpi");
	element_need_at(domain, "features/apic");
	/* Emulated: everything that the emulator knows. */
	element_set(element_set(element_add(domain, "cpu"), "mode",
				kvm ? "host-passthrough" : "maximum"),
		    "check", "none");
	element_set(element_add(domain, "clock"), "offset", "utc");
	element_set_text(element_add(domain, "on_poweroff"), "destroy");
	element_set_text(element_add(domain, "on_reboot"), "restart");
	element_set_text(element_add(domain, "on_crash"), "destroy");
}

static void add_console(xmlNode *devices)
{
	xmlNode *serial = element_set(element_add(devices, "serial"), "type", "pty");
	xmlNode *console;

	element_set_number(
		element_set(element_add(serial, "target"), "type", "isa-serial"), "port",
		0);
	console = element_set(element_add(devices, "console"), "type", "pty");
	element_set_number(element_set(element_add(console, "target"), "type", "serial"),
			   "port", 0);
}

static void add_devices(xmlNode *domain)
{
	xmlNode *devices = element_add(domain, "devices");
	xmlNode *channel;

	element_set(element_set(element_add(devices, "controller"), "type", "usb"),
		    "model", "none");
	add_console(devices);
	channel = element_set(element_add(devices, "channel"), "type", "unix");
	element_set(element_set(element_add(channel, "target"), "type", "virtio"), "name",
		    "org.qemu.guest_agent.0");
	element_set(element_add(devices, "memballoon"), "model", "none");
}

/* One IOThread unless the configuration says otherwise (ServoBox settings 11). */
static void add_iothread(xmlNode *domain, const VmLayout *layout)
{
	if (!layout->iothreads_given && layout->vm->disks->len > 0)
		element_set_text_number(element_add(domain, "iothreads"), 1);
}

static xmlDoc *skeleton(const VmLayout *layout, gboolean kvm)
{
	xmlDoc *document = xmlNewDoc(BAD_CAST "1.0");
	xmlNode *domain = xmlNewNode(NULL, BAD_CAST "domain");

	/* As a parsed one without a declaration has it. */
	document->standalone = -2;
	xmlDocSetRootElement(document, domain);
	element_set(domain, "type", kvm ? "kvm" : "qemu");
	element_set_text(element_add(domain, "name"),
			 layout->vm->name ? layout->vm->name : "");
	element_set_text(element_add(domain, "uuid"), layout->vm->uuid);
	element_set(element_set_text_number(element_add(domain, "memory"),
					    layout->vm->memory_mib),
		    "unit", "MiB");
	element_set(element_set_text_number(element_add(domain, "vcpu"), layout->n_vcpus),
		    "placement", "static");
	add_iothread(domain, layout);
	add_system(domain, layout->vm, kvm);
	add_devices(domain);
	return document;
}

/* Disks of a new domain are all lathe's: each is on an IOThread where there is one. */
static void bind_disks(xmlNode *domain, const VmLayout *layout)
{
	guint n = layout->iothreads_given ? layout->iothreads : 1;
	guint turn = 0;

	ELEMENT_FOREACH(disk, element_child(domain, "devices"), "disk") {
		xmlNode *driver = element_child(disk, "driver");

		if (n > 0 && !xmlHasProp(driver, BAD_CAST "iothread"))
			element_set_number(driver, "iothread", 1 + turn++ % n);
	}
}

char *domain_new(const VmLayout *layout, gboolean kvm, const DomainCache *cache,
		 GError **error)
{
	g_autoptr(xmlDoc) document = NULL;

	if (!check(layout->vm, error))
		return NULL;
	document = skeleton(layout, kvm);
	if (!domain_edit_document(document, layout, cache, error)) {
		g_prefix_error(error, "VM %s: ", layout->vm->uuid);
		return NULL;
	}
	bind_disks(xmlDocGetRootElement(document), layout);
	return domain_document_text(document);
}
