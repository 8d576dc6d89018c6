/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "domain_document.h"
#include "domain_editing.h"
#include "domain_reading.h"
#include "element.h"
#include "error.h"
#include "xml_values.h"

/* ---- what is booted ---- */

static gboolean set_boot(const DomainEdit *edit, GError **error)
{
	const VmConfig *vm = edit->layout->vm;
	const struct {
		const char *name, *text;
		VmKey key;
	} parts[] = {
		{"kernel", vm->kernel, VM_KEY_KERNEL},
		{"initrd", vm->initrd, VM_KEY_INITRD},
		{"cmdline", vm->cmdline, VM_KEY_CMDLINE},
	};
	xmlNode *os = element_child(edit->domain, "os");

	for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
		if (!vm_config_given(vm, parts[i].key))
			continue;
		if (!parts[i].text || !*parts[i].text) {
			element_remove(element_child(os, parts[i].name));
			continue;
		}
		if (!os)
			return lathe_error(error, LATHE_ERROR_INPUT,
					   "the domain has no <os>");
		if (!xml_check_text(parts[i].name, parts[i].text, error))
			return FALSE;
		element_set_text(element_need(os, parts[i].name), parts[i].text);
	}
	return TRUE;
}

/* ---- disks ---- */

static gboolean is_listed(const GPtrArray *list, const char *text)
{
	return g_ptr_array_find_with_equal_func((GPtrArray *)list, text, g_str_equal,
						NULL);
}

/* The names of virtio disks: vda to vdz. *ret_used: bit n is taken. */
static guint used_targets(const xmlNode *devices)
{
	guint used = 0;

	ELEMENT_FOREACH(disk, devices, "disk") {
		g_autofree char *name = element_get(element_child(disk, "target"), "dev");

		if (name && strlen(name) == 3 && g_str_has_prefix(name, "vd") &&
		    name[2] >= 'a' && name[2] <= 'z')
			used |= 1u << (name[2] - 'a');
	}
	return used;
}

/* By its name alone: what a guest writes into a raw disk must not choose its format. */
static const char *disk_format(const char *path)
{
	return g_str_has_suffix(path, ".qcow2") ? "qcow2" : "raw";
}

/* ServoBox settings 14 and its disk options: cache=none, native AIO. */
static gboolean add_disk(xmlNode *devices, const char *path, GError **error)
{
	gboolean block = g_str_has_prefix(path, "/dev/");
	guint used = used_targets(devices);
	char target[] = "vda";
	xmlNode *disk, *driver;

	if (!xml_check_text("disk's path", path, error))
		return FALSE;
	while (used & 1) {
		used >>= 1;
		target[2]++;
	}
	if (target[2] > 'z')
		return lathe_error(error, LATHE_ERROR_USAGE,
				   "the domain has 26 virtio disks");
	disk = element_add(devices, "disk");
	element_set(element_set(disk, "type", block ? "block" : "file"), "device",
		    "disk");
	driver = element_add(disk, "driver");
	element_set(element_set(driver, "name", "qemu"), "type",
		    block ? "raw" : disk_format(path));
	element_set(element_set(driver, "cache", "none"), "io", "native");
	element_set(element_add(disk, "source"), block ? "dev" : "file", path);
	element_set(element_set(element_add(disk, "target"), "dev", target), "bus",
		    "virtio");
	return TRUE;
}

static gboolean set_disks(const DomainEdit *edit, GError **error)
{
	const VmConfig *vm = edit->layout->vm;
	xmlNode *devices, *disk;
	g_autoptr(GHashTable)
		there = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	if (!vm_config_given(vm, VM_KEY_DISK))
		return TRUE;
	devices = element_need(edit->domain, "devices");
	disk = element_child(devices, "disk");
	while (disk) {
		xmlNode *next = element_next(disk);
		char *path = domain_disk_path(disk);

		if (path && !is_listed(vm->disks, path))
			element_remove(disk);
		if (path)
			g_hash_table_add(there, path);
		disk = next;
	}
	for (guint i = 0; i < vm->disks->len; i++)
		if (!g_hash_table_contains(there, vm->disks->pdata[i]) &&
		    !add_disk(devices, vm->disks->pdata[i], error))
			return FALSE;
	return TRUE;
}

/* ---- PCI devices ---- */

static void add_hostdev(xmlNode *devices, const PciAddress *address)
{
	xmlNode *hostdev = element_add(devices, "hostdev");

	element_set(element_set(hostdev, "mode", "subsystem"), "type", "pci");
	/* libvirt takes the device from its driver at start and gives it back. */
	element_set(hostdev, "managed", "yes");
	element_set(element_add(hostdev, "driver"), "name", "vfio");
	pci_address_write(element_need_at(hostdev, "source/address"), address);
}

static gboolean set_pci(const DomainEdit *edit, GError **error)
{
	const VmConfig *vm = edit->layout->vm;
	g_autoptr(GPtrArray) missing = g_ptr_array_new();
	xmlNode *devices, *hostdev;

	if (!vm_config_given(vm, VM_KEY_PCI))
		return TRUE;
	devices = element_need(edit->domain, "devices");
	for (guint i = 0; i < vm->pci->len; i++)
		g_ptr_array_add(missing, vm->pci->pdata[i]);
	hostdev = element_child(devices, "hostdev");
	while (hostdev) {
		xmlNode *next = element_next(hostdev);
		PciAddress address;

		if (domain_hostdev_pci(hostdev) &&
		    pci_address_read(element_at(hostdev, "source/address"), &address)) {
			g_autofree char *text = pci_address_format(&address);
			guint index;

			if (!is_listed(vm->pci, text))
				element_remove(hostdev);
			else if (g_ptr_array_find_with_equal_func(missing, text,
								  g_str_equal, &index))
				g_ptr_array_remove_index(missing, index);
		}
		hostdev = next;
	}
	for (guint i = 0; i < missing->len; i++) {
		PciAddress address;

		if (!pci_address_parse(missing->pdata[i], &address, error))
			return FALSE;
		add_hostdev(devices, &address);
	}
	return TRUE;
}

/* ---- IOThreads ---- */

/* Ids of threads that stay keep their numbers; the list ends after `n`. */
static void cut_ids(xmlNode *domain, guint n)
{
	xmlNode *ids = element_child(domain, "iothreadids");
	xmlNode *id = element_child(ids, "iothread");

	for (guint i = 0; id; i++) {
		xmlNode *next = element_next(id);

		if (i >= n)
			element_remove(id);
		id = next;
	}
	element_remove_empty(ids);
}

/* What names a thread that is no more. */
static void forget_threads(xmlNode *domain, const DomainThreads *threads,
			   const Cpuset *ids)
{
	xmlNode *tune = element_child(domain, "cputune");
	xmlNode *pin = element_child(tune, "iothreadpin");

	while (pin) {
		xmlNode *next = element_next(pin);
		guint64 id = 0;

		if (!xml_number_attribute(pin, "iothread", CPUSET_CPUS - 1, &id, NULL) ||
		    !cpuset_contains(ids, (guint)id))
			element_remove(pin);
		pin = next;
	}
	if (element_child(tune, "iothreadsched"))
		domain_scheds_write(domain, "iothreadsched", "iothreads",
				    threads->iothreads, threads->iothread_scheds,
				    threads->n_iothreads);
	element_remove_empty(element_child(domain, "cputune"));
}

/* Devices of an IOThread that is no more go to one that is, or back to the main thread.
 */
static void rebind(xmlNode *devices, const DomainThreads *threads, const Cpuset *ids)
{
	guint turn = 0;

	for (xmlNode *device = devices ? devices->children : NULL; device;
	     device = device->next) {
		xmlNode *driver = device->type == XML_ELEMENT_NODE
					  ? element_child(device, "driver")
					  : NULL;
		guint64 id = 0;

		if (!driver || !xmlHasProp(driver, BAD_CAST "iothread"))
			continue;
		if (xml_number_attribute(driver, "iothread", CPUSET_CPUS - 1, &id,
					 NULL) &&
		    cpuset_contains(ids, (guint)id))
			continue;
		if (threads->n_iothreads > 0)
			element_set_number(
				driver, "iothread",
				threads->iothreads[turn++ % threads->n_iothreads]);
		else
			element_unset(driver, "iothread");
	}
}

static gboolean is_virtio_disk(const xmlNode *disk)
{
	g_autofree char *device = element_get(disk, "device");

	return (!device || strcmp(device, "disk") == 0 || strcmp(device, "lun") == 0) &&
	       element_has(element_child(disk, "target"), "bus", "virtio");
}

/* ServoBox settings 9 and 11: a thread of their own for disks, off the vCPUs' CPUs. */
static void bind_disks(xmlNode *devices, const DomainThreads *threads)
{
	guint turn = 0;

	ELEMENT_FOREACH(disk, devices, "disk") {
		xmlNode *driver = element_child(disk, "driver");

		if (threads->n_iothreads == 0 || !is_virtio_disk(disk) ||
		    (driver && xmlHasProp(driver, BAD_CAST "iothread")))
			continue;
		if (!driver)
			driver = element_set(element_add(disk, "driver"), "name", "qemu");
		element_set_number(driver, "iothread",
				   threads->iothreads[turn++ % threads->n_iothreads]);
	}
}

static gboolean set_iothreads(const DomainEdit *edit, GError **error)
{
	const VmLayout *layout = edit->layout;
	xmlNode *devices = element_child(edit->domain, "devices");
	g_autoptr(DomainThreads) before = domain_threads_read(edit->domain, error);
	g_autoptr(DomainThreads) after = NULL;
	gboolean changed;
	Cpuset ids = {0};

	if (!before)
		return FALSE;
	changed = layout->iothreads_given && layout->iothreads != before->n_iothreads;
	if (changed) {
		cut_ids(edit->domain, layout->iothreads);
		if (layout->iothreads > 0)
			element_set_text_number(element_need(edit->domain, "iothreads"),
						layout->iothreads);
		else
			element_remove(element_child(edit->domain, "iothreads"));
	}
	after = domain_threads_read(edit->domain, error);
	if (!after)
		return FALSE;
	for (guint i = 0; i < after->n_iothreads; i++)
		cpuset_add(&ids, after->iothreads[i]);
	if (changed) {
		forget_threads(edit->domain, after, &ids);
		rebind(devices, after, &ids);
	}
	if (changed || layout->vm->rt)
		bind_disks(devices, after);
	return TRUE;
}

gboolean domain_apply_devices(const DomainEdit *edit, GError **error)
{
	return set_boot(edit, error) && set_disks(edit, error) && set_pci(edit, error) &&
	       set_iothreads(edit, error);
}
