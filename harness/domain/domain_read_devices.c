/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "domain_reading.h"
#include "element.h"
#include "xml_values.h"

char *domain_disk_path(const xmlNode *disk)
{
	static const char *const attributes[] = {"file", "dev"};
	const xmlNode *source = element_child(disk, "source");
	g_autofree char *device = element_get(disk, "device");
	g_autofree char *type = element_get(disk, "type");

	if (device && strcmp(device, "disk") != 0)
		return NULL;
	if (type && strcmp(type, "file") != 0 && strcmp(type, "block") != 0)
		return NULL;
	for (guint i = 0; i < G_N_ELEMENTS(attributes); i++) {
		char *path = element_get(source, attributes[i]);

		if (path)
			return path;
	}
	return NULL;
}

static void read_disks(const DomainReading *reading)
{
	g_autoptr(GString) paths = g_string_new(NULL);
	gboolean others = FALSE, commas = FALSE;

	ELEMENT_FOREACH(disk, element_child(reading->domain, "devices"), "disk") {
		g_autofree char *path = domain_disk_path(disk);

		others |= !path;
		commas |= path && strpbrk(path, ",\n");
		if (path)
			g_string_append_printf(paths, "%s%s", paths->len ? ", " : "",
					       path);
	}
	if (others)
		domain_note(
			reading,
			"the domain has disks that no key names (CD-ROMs, disks on the "
			"network): they stay as they are");
	if (commas)
		domain_note(
			reading,
			"the path of a disk has a comma, which ends one in `disk`: the "
			"disks stay as they are");
	else if (paths->len)
		domain_take(reading, VM_KEY_DISK, paths->str);
}

gboolean domain_hostdev_pci(const xmlNode *hostdev)
{
	g_autofree char *mode = element_get(hostdev, "mode");

	return element_has(hostdev, "type", "pci") &&
	       (!mode || strcmp(mode, "subsystem") == 0);
}

static void read_pci(const DomainReading *reading)
{
	const xmlNode *devices = element_child(reading->domain, "devices");
	g_autoptr(GString) list = g_string_new(NULL);

	ELEMENT_FOREACH(hostdev, devices, "hostdev") {
		PciAddress address;
		g_autofree char *text = NULL;

		if (!domain_hostdev_pci(hostdev) ||
		    !pci_address_read(element_at(hostdev, "source/address"), &address))
			continue;
		text = pci_address_format(&address);
		g_string_append_printf(list, "%s%s", list->len ? ", " : "", text);
	}
	if (list->len)
		domain_take(reading, VM_KEY_PCI, list->str);
	ELEMENT_FOREACH(interface, devices, "interface")
		if (element_has(interface, "type", "hostdev"))
			domain_note(
				reading,
				"a host device is passed through as <interface "
				"type='hostdev'>: it stays, and `pci` does not name it");
}

static void read_boot(const DomainReading *reading)
{
	static const struct {
		const char *path;
		VmKey key;
	} parts[] = {
		{"os/kernel", VM_KEY_KERNEL},
		{"os/initrd", VM_KEY_INITRD},
		{"os/cmdline", VM_KEY_CMDLINE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
		g_autofree char *text =
			element_text(element_at(reading->domain, parts[i].path));

		if (text && *text)
			domain_take(reading, parts[i].key, text);
	}
}

void domain_read_devices(const DomainReading *reading)
{
	read_disks(reading);
	read_pci(reading);
	read_boot(reading);
}
