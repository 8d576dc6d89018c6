/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules about devices that are given to VMs. */
#include <errno.h>
#include <string.h>

#include "escape.h"
#include "vm_rules_private.h"

#define DEVICES "sys/bus/pci/devices"

/* PCI Local Bus Specification: status register, its bit for a list of capabilities, where that
 * begins; ids of MSI and MSI-X; what of the space may be read without CAP_SYS_ADMIN. */
enum { STATUS = 0x06, HAS_LIST = 0x10, LIST = 0x34, MSI = 0x05, MSI_X = 0x11, UNPRIVILEGED = 64 };

typedef struct {
	const VmRule *rule;
	const RuleScene *scene;
	GPtrArray *breaches;
	const VmConfig *vm;
	const char *address;
	char *name, *shown; /* escaped */
} Device;

static void check_each(const VmRule *rule, const RuleScene *scene, GPtrArray *breaches,
		       void (*check)(const Device *device))
{
	for (guint i = 0; i < scene->layouts->len; i++) {
		const VmConfig *vm = rule_layout(scene, i)->vm;
		g_autofree char *name = rule_name(vm);

		for (guint k = 0; k < vm->pci->len; k++) {
			g_autofree char *shown = escape_text(vm->pci->pdata[k], -1);
			Device device = {rule, scene, breaches, vm, vm->pci->pdata[k], name, shown};

			check(&device);
		}
	}
}

static char *device_path(const char *address, const char *file)
{
	return g_strconcat(DEVICES "/", address, file, NULL);
}

/* ---- whether it is there ---------------------------------------------------------------- */

typedef enum { THERE, NOT_THERE, NOT_KNOWN } There;

/* A list of devices without it says that it is not there. */
static There is_there(const Root *root, const char *address, int *ret_errno)
{
	g_autofree char *path = device_path(address, "");
	g_autoptr(GPtrArray) list = NULL;

	if (strchr(address, '/'))
		return NOT_THERE;
	if (root_is_directory(root, path))
		return THERE;
	*ret_errno = 0;
	list = root_list_errno(root, DEVICES, ret_errno);
	return list && list->len > 0 ? NOT_THERE : NOT_KNOWN;
}

static void check_there(const Device *device)
{
	int errnum = 0;

	switch (is_there(device->scene->root, device->address, &errnum)) {
	case THERE:
		return;
	case NOT_THERE:
		rule_broken(device->rule, device->breaches, device->vm, VM_KEY_PCI,
			    "PCI device %s of %s is not there", device->shown, device->name);
		return;
	case NOT_KNOWN:
		rule_unknown(device->rule, device->breaches, device->vm, VM_KEY_PCI,
			     "whether PCI device %s of %s is there is not known: " DEVICES ": %s",
			     device->shown, device->name,
			     errnum ? g_strerror(errnum) : "it is empty");
	}
}

static void check_absent(const VmRule *rule, const RuleScene *scene, GPtrArray *breaches)
{
	check_each(rule, scene, breaches, check_there);
}

const VmRule rule_pci_absent = {
	.id = "pci-absent",
	.level = RULE_ERROR,
	.title = "The machine has every device that is given to a VM",
	.source = "Documentation/driver-api/vfio.rst",
	.remedy = "name a device of `lspci -D`",
	.check = check_absent,
};

/* ---- its group -------------------------------------------------------------------------- */

/* Addresses of the device's IOMMU group, or NULL with an errno. */
static GPtrArray *read_group(const Root *root, const char *address, int *ret_errno)
{
	g_autofree char *path = device_path(address, "/iommu_group/devices");

	return root_list_errno(root, path, ret_errno);
}

static gboolean group_is_absent(const Root *root, const char *address, int errnum)
{
	g_autofree char *path = device_path(address, "/iommu_group/devices");

	return errnum == ENOENT && rule_absent_is_known(root, path);
}

static void check_has_group(const Device *device)
{
	int errnum = 0;
	g_autoptr(GPtrArray) group = NULL;

	if (is_there(device->scene->root, device->address, &errnum) != THERE)
		return;
	group = read_group(device->scene->root, device->address, &errnum);
	if (group && group->len > 0)
		return;
	if (!group && group_is_absent(device->scene->root, device->address, errnum))
		rule_broken(device->rule, device->breaches, device->vm, VM_KEY_PCI,
			    "PCI device %s of %s is in no IOMMU group", device->shown, device->name);
	else
		rule_unknown(device->rule, device->breaches, device->vm, VM_KEY_PCI,
			     "the IOMMU group of PCI device %s of %s is not known: %s",
			     device->shown, device->name,
			     group ? "it lists no device" : g_strerror(errnum));
}

static void check_groups(const VmRule *rule, const RuleScene *scene, GPtrArray *breaches)
{
	check_each(rule, scene, breaches, check_has_group);
}

const VmRule rule_pci_group = {
	.id = "pci-group",
	.level = RULE_ERROR,
	.title = "A device that is given to a VM is behind an IOMMU",
	.source = "KVM-RT guide, Kernel Boot Parameters; Documentation/driver-api/vfio.rst",
	.remedy = "VT-d or AMD-Vi on in the firmware; intel_iommu=on on the host's command line",
	.check = check_groups,
};

static gboolean is_given(const VmConfig *vm, const char *address)
{
	for (guint i = 0; i < vm->pci->len; i++)
		if (g_ascii_strcasecmp(vm->pci->pdata[i], address) == 0)
			return TRUE;
	return FALSE;
}

/* Bridges stay with the host: VFIO lets their driver be (drivers/vfio/vfio.c). */
static gboolean is_bridge(const Root *root, const char *address)
{
	g_autofree char *path = device_path(address, "/class");
	g_autofree char *class = NULL;

	return root_read_line(root, path, &class, NULL, NULL) &&
	       g_str_has_prefix(class, "0x0604");
}

static void check_group_is_given(const Device *device)
{
	g_autoptr(GPtrArray) group = read_group(device->scene->root, device->address, NULL);
	g_autoptr(GString) others = g_string_new(NULL);

	for (guint i = 0; group && i < group->len; i++) {
		const char *other = group->pdata[i];
		g_autofree char *shown = escape_text(other, -1);

		if (!is_given(device->vm, other) && !is_bridge(device->scene->root, other))
			g_string_append_printf(others, "%s%s", others->len ? ", " : "", shown);
	}
	if (others->len)
		rule_broken(device->rule, device->breaches, device->vm, VM_KEY_PCI,
			    "PCI device %s of %s shares its IOMMU group with %s, which the VM is not "
			    "given", device->shown, device->name, others->str);
}

static void check_shared(const VmRule *rule, const RuleScene *scene, GPtrArray *breaches)
{
	check_each(rule, scene, breaches, check_group_is_given);
}

const VmRule rule_pci_group_shared = {
	.id = "pci-group-shared",
	.level = RULE_ERROR,
	.title = "A VM is given whole IOMMU groups",
	.source = "Documentation/driver-api/vfio.rst, Groups, Devices, and IOMMUs",
	.remedy = "give the VM the others as well, or put the card into another slot",
	.check = check_shared,
};

/* ---- its interrupts --------------------------------------------------------------------- */

/* Follows the list of capabilities. NOT_KNOWN where it leads to what was not read. */
static There find_msi(const guint8 *config, gsize length)
{
	guint at;

	if (length < UNPRIVILEGED)
		return NOT_KNOWN;
	if (!(config[STATUS] & HAS_LIST))
		return NOT_THERE;
	at = config[LIST] & ~3u;
	/* No more than fit: a list that loops ends as well. */
	for (guint i = 0; at && i < (256 - UNPRIVILEGED) / 4; i++) {
		if (at + 1 >= MIN(length, 256) || at < UNPRIVILEGED)
			return NOT_KNOWN;
		if (config[at] == MSI || config[at] == MSI_X)
			return THERE;
		at = config[at + 1] & ~3u;
	}
	return NOT_THERE;
}

static There has_msi(const Root *root, const char *address)
{
	g_autofree char *used = device_path(address, "/msi_irqs");
	g_autofree char *path = device_path(address, "/config");
	g_autoptr(GPtrArray) list = root_list_errno(root, used, NULL);
	g_autofree char *config = NULL;
	gsize length = 0;

	/* It uses some now. */
	if (list && list->len > 0)
		return THERE;
	return root_read(root, path, &config, &length, NULL, NULL)
		       ? find_msi((const guint8 *)config, length)
		       : NOT_KNOWN;
}

static void check_interrupts(const Device *device)
{
	int errnum = 0;
	There msi;

	if (is_there(device->scene->root, device->address, &errnum) != THERE)
		return;
	msi = has_msi(device->scene->root, device->address);
	if (msi == NOT_THERE)
		rule_broken(device->rule, device->breaches, device->vm, VM_KEY_PCI,
			    "PCI device %s of %s has neither MSI nor MSI-X: the host serves and masks "
			    "its line for each interrupt", device->shown, device->name);
	else if (msi == NOT_KNOWN)
		rule_unknown(device->rule, device->breaches, device->vm, VM_KEY_PCI,
			     "whether PCI device %s of %s has MSI is not known: its configuration "
			     "space cannot be read as far as that", device->shown, device->name);
}

static void check_msi(const VmRule *rule, const RuleScene *scene, GPtrArray *breaches)
{
	check_each(rule, scene, breaches, check_interrupts);
}

const VmRule rule_pci_msi = {
	.id = "pci-msi",
	.level = RULE_WARNING,
	.title = "A device that is given to a VM has MSI or MSI-X",
	.source = "host and QEMU tuning notes (PCI passthrough); drivers/vfio/pci/vfio_pci_intrs.c",
	.remedy = "give the VM another device",
	.check = check_msi,
};

/* ---- whose it is ------------------------------------------------------------------------ */

static void check_twice(const VmRule *rule, const RuleScene *scene, GPtrArray *breaches)
{
	g_autoptr(GHashTable) owners = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; i < scene->layouts->len; i++) {
		const VmConfig *vm = rule_layout(scene, i)->vm;

		for (guint k = 0; k < vm->pci->len; k++) {
			char *address = g_ascii_strdown(vm->pci->pdata[k], -1);
			const VmConfig *owner = g_hash_table_lookup(owners, address);
			g_autofree char *shown = escape_text(address, -1);
			g_autofree char *first = owner ? rule_name(owner) : NULL;
			g_autofree char *second = rule_name(vm);

			g_hash_table_insert(owners, address, (gpointer)vm);
			if (owner)
				rule_broken(rule, breaches, vm, VM_KEY_PCI,
					    "PCI device %s is given to %s and to %s", shown, first,
					    owner == vm ? "it again" : second);
		}
	}
}

const VmRule rule_pci_twice = {
	.id = "pci-twice",
	.level = RULE_ERROR,
	.title = "A device is given to one VM",
	.source = "Documentation/driver-api/vfio.rst",
	.remedy = "take it from one of them",
	.check = check_twice,
};
