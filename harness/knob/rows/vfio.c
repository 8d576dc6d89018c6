/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices that are meant for guests: bound to vfio-pci, or divided. */
#include <errno.h>
#include <string.h>

#include "escape.h"
#include "judge.h"
#include "kernel_cmdline.h"
#include "rows.h"

/* TRUE for "8086:1521", with anything behind a third colon; *ret_key is "0x8086:0x1521".
 */
static gboolean id_key(const char *item, char **ret_key)
{
	g_auto(GStrv) parts = g_strsplit(item, ":", -1);

	if (g_strv_length(parts) < 2 || strlen(parts[0]) > 8 || strlen(parts[1]) > 8)
		return FALSE;
	*ret_key = g_strdup_printf("0x%s:0x%s", parts[0], parts[1]);
	return TRUE;
}

/* The addresses of the devices with one of the ids of vfio-pci.ids= are added. */
static void add_by_id(KnobView *view, const char *ids, GPtrArray *addresses)
{
	g_auto(GStrv) items = g_strsplit(ids, ",", -1);
	g_autoptr(GHashTable)
		wanted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	const GPtrArray *devices = knob_view_list(view, "sys/bus/pci/devices", NULL);

	for (char **item = items; *item; item++) {
		char *key = NULL;

		if (id_key(*item, &key))
			g_hash_table_add(wanted, key);
	}
	for (guint i = 0; devices && i < devices->len; i++) {
		g_autofree char *base =
			g_strconcat("sys/bus/pci/devices/", devices->pdata[i], NULL);
		g_autofree char *vendor_path = g_strconcat(base, "/vendor", NULL);
		g_autofree char *device_path = g_strconcat(base, "/device", NULL);
		const char *vendor = knob_view_line(view, vendor_path, NULL);
		const char *device = knob_view_line(view, device_path, NULL);
		g_autofree char *key = vendor && device
					       ? g_strdup_printf("%s:%s", vendor, device)
					       : NULL;

		if (key && g_hash_table_contains(wanted, key))
			g_ptr_array_add(addresses, g_strdup(devices->pdata[i]));
	}
}

/* RedHawk's vfio-pci.addrns=: BUS:SLOT.FUNCTION, the domain left out. */
static void add_by_address(const char *list, GPtrArray *addresses)
{
	g_auto(GStrv) items = g_strsplit(list, ",", -1);

	for (char **item = items; *item; item++)
		if (**item)
			g_ptr_array_add(addresses,
					strlen(*item) == strlen("0000:00:00.0")
						? g_strdup(*item)
						: g_strconcat("0000:", *item, NULL));
}

static gboolean lists(const GPtrArray *names, const char *name)
{
	for (guint i = 0; names && i < names->len; i++)
		if (strcmp(names->pdata[i], name) == 0)
			return TRUE;
	return FALSE;
}

static void judge_vfio_bound(const Knob *knob, KnobView *view, Finding *finding)
{
	g_autoptr(GPtrArray) addresses = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GString) missing = g_string_new(NULL);
	g_autofree char *shown = NULL;
	const GPtrArray *bound;
	int errnum = 0;
	const KernelCmdline *cmdline = knob_view_cmdline(view, &errnum);
	const char *ids, *addresses_given;

	if (!cmdline) {
		knob_conclude_errno(knob, view, finding, "proc/cmdline", errnum);
		return;
	}
	ids = kernel_cmdline_last(cmdline, "vfio-pci.ids");
	addresses_given = kernel_cmdline_last(cmdline, "vfio-pci.addrns");
	if ((!ids || !*ids) && (!addresses_given || !*addresses_given)) {
		knob_conclude(knob, finding, MATCH_IRRELEVANT,
			      "the command line reserves no device for vfio-pci");
		return;
	}
	add_by_id(view, ids ? ids : "", addresses);
	add_by_address(addresses_given ? addresses_given : "", addresses);
	if (addresses->len == 0) {
		knob_conclude(knob, finding, MATCH_ODD,
			      "no device with an id of vfio-pci.ids= is to be found");
		return;
	}
	bound = knob_view_list(view, "sys/bus/pci/drivers/vfio-pci", &errnum);
	if (!bound && (errnum != ENOENT || !knob_view_complete(view))) {
		knob_conclude_errno(knob, view, finding, "sys/bus/pci/drivers/vfio-pci",
				    errnum);
		return;
	}
	for (guint i = 0; i < addresses->len; i++)
		if (!lists(bound, addresses->pdata[i]))
			g_string_append_printf(missing, "%s%s", missing->len ? ", " : "",
					       (char *)addresses->pdata[i]);
	shown = escape_text(missing->str, (gssize)missing->len);
	finding_add_evidence(finding, g_strdup("sys/bus/pci/drivers/vfio-pci"),
			     missing->len ? g_strdup_printf("without %s", shown)
					  : g_strdup("all of them"),
			     g_strdup_printf("%u devices", addresses->len));
	if (missing->len)
		knob_conclude(knob, finding, MATCH_BROKEN, "not bound to vfio-pci: %s",
			      shown);
	else
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
}

static void judge_sriov(const Knob *knob, KnobView *view, Finding *finding)
{
	const GPtrArray *paths = knob_view_glob(view, knob->path);
	int unlisted = knob_view_glob_errno(view, knob->path);
	guint functions = 0;

	if (unlisted) {
		knob_conclude_errno(knob, view, finding, knob->path, unlisted);
		return;
	}
	for (guint i = 0; i < paths->len; i++) {
		int errnum = 0;
		gint64 number;

		if (!knob_view_number(view, paths->pdata[i], 0, G_MAXUINT16, &number,
				      &errnum)) {
			knob_conclude_errno(knob, view, finding, paths->pdata[i], errnum);
			return;
		}
		functions += (guint)number;
	}
	finding_add_evidence(finding, g_strdup(knob->path),
			     g_strdup_printf("%u devices, %u virtual functions",
					     paths->len, functions),
			     NULL);
	knob_conclude(knob, finding, functions ? MATCH_HOLDS : MATCH_BROKEN, "%s",
		      functions ? "" : "the devices offer no virtual function");
}

static const char *const sriov_files[] = {"sys/bus/pci/devices/*/sriov_totalvfs", NULL};
static const char *const vfio_files[] = {"proc/cmdline",
					 "sys/bus/pci/devices/",
					 "sys/bus/pci/devices/*/vendor",
					 "sys/bus/pci/devices/*/device",
					 "sys/bus/pci/drivers/vfio-pci/",
					 NULL};

/* clang-format off */
const Knob knob_rows_vfio[] = {
	{
		.id	= "iommu.vfio_bound",
		.title	= "The devices reserved for guests are bound to vfio-pci",
		.why	= "a driver of the host that was loaded first keeps the device, "
			  "and its interrupts stay on the host",
		.source	= "KVM-RT guide, Kernel Boot Parameters (vfio-pci.addrns); host "
			  "and QEMU tuning notes (PCI passthrough)",
		.remedy	= "put vfio-pci into the initramfs, or: driverctl set-override "
			  "ADDRESS vfio-pci",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_REBOOT,
		.place	= PLACE_COMPUTED, .judge = judge_vfio_bound,
		.reads	= vfio_files,
	},
	{
		.id	= "iommu.sriov",
		.title	= "Devices that guests can share (SR-IOV) are recorded",
		.why	= "a device without SR-IOV can be given to one guest only",
		.source	= "Virt-RT guide 1.1",
		.remedy	= "switch SR-IOV on in the firmware and in the device's own "
			  "set-up",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_INFO, .when = WHEN_FIRMWARE,
		.place	= PLACE_COMPUTED, .path = "sys/bus/pci/devices/*/sriov_totalvfs",
		.judge	= judge_sriov, .reads = sriov_files,
		.absent	= ABSENT_NA,
		.absent_means = "no device of this machine has SR-IOV",
	},
	{0},
};
/* clang-format on */
