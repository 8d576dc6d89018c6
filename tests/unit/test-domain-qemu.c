/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libvirt's QEMU driver, which checks more than its schema does: it takes every domain,
 * lathe finds nothing left to change in what it makes of them, and QEMU would get what
 * was asked for. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "domain-variants.h"
#include "embedded.h"
#include "error.h"
#include "vm.h"

static Topology *machine;
static char *tree;
static virConnectPtr connection;

static int open_all(void **state)
{
	g_autofree char *directory = NULL;
	g_autofree char *cache = NULL;
	g_autofree char *uri = NULL;

	(void)state;
	machine = domain_machine();
	tree = tree_new();
	directory = g_build_filename(tree, "r", NULL);
	cache = g_build_filename(tree, "c", NULL);
	uri = embedded_uri(directory);
	if (!embedded_prepare(directory, cache, NULL))
		return -1;
	connection = virConnectOpen(uri);
	return connection ? 0 : -1;
}

static int close_all(void **state)
{
	(void)state;
	if (connection)
		virConnectClose(connection);
	tree_free(tree);
	topology_free(machine);
	return 0;
}

static char *replaced(char *text, const char *old, const char *new)
{
	g_auto(GStrv) parts = g_strsplit(text, old, -1);

	g_free(text);
	return g_strjoinv(new, parts);
}

/* For the QEMU and the machine type that are installed. */
static char *domain_here(const char *name)
{
	char *xml = domain_file(name);

	xml = replaced(xml, "arch='i686'", "arch='x86_64'");
	xml = replaced(xml, "/usr/bin/qemu-system-i686", "/usr/bin/qemu-system-x86_64");
	return replaced(xml, "machine='pc-q35-6.2'", "machine='q35'");
}

static char *defined_by_qemu(const char *xml, const char *name)
{
	virDomainPtr domain =
		virDomainDefineXMLFlags(connection, xml, VIR_DOMAIN_DEFINE_VALIDATE);
	char *bytes, *text;

	if (!domain)
		fail_msg("%s: %s\n%s", name, virGetLastErrorMessage(), xml);
	bytes = virDomainGetXMLDesc(domain,
				    VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE);
	text = g_strdup(bytes);
	free(bytes);
	assert_int_equal(virDomainUndefineFlags(domain, 0), 0);
	virDomainFree(domain);
	return text;
}

/* pairs NULL: as it was read. */
static void try_variant(const char *name, const char *xml, const char *const *pairs)
{
	g_autoptr(VmConfig) vm = domain_config(xml, machine, NULL);
	g_autoptr(VmConfig) written = NULL, back = NULL;
	g_autofree char *applied = NULL;
	g_autofree char *defined = NULL;
	g_autofree char *again = NULL;

	if (pairs)
		domain_set_variant(vm, pairs);
	applied = domain_applied(xml, vm, machine, NULL, NULL);
	assert_non_null(applied);
	defined = defined_by_qemu(applied, name);
	again = domain_applied(defined, vm, machine, NULL, NULL);
	assert_string_equal(defined, again);
	written = domain_config(applied, machine, NULL);
	back = domain_config(defined, machine, NULL);
	for (VmKey key = 0; key < VM_KEYS; key++)
		if (!vm_config_same(written, back, key))
			fail_msg("%s: %s", name, vm_keys[key].name);
}

static void test_every_domain_under_every_variant(void **state)
{
	g_autoptr(GPtrArray) names = domain_files();

	(void)state;
	for (guint i = 0; i < names->len; i++) {
		g_autofree char *xml = domain_here(names->pdata[i]);

		try_variant(names->pdata[i], xml, NULL);
		for (guint j = 0; j < G_N_ELEMENTS(domain_variants); j++)
			try_variant(names->pdata[i], xml, domain_variants[j]);
	}
}

/* ---- what QEMU would get ---- */

static char *argv_of(gboolean kvm, const char *const *pairs, guint n)
{
	g_autoptr(VmConfig) vm = vm_config_new("4c5b8f5e-9b3a-4a50-8f0e-0f6f4f9a1c11");
	VmConfigs configs = {.vms = g_ptr_array_new()};
	g_autoptr(GError) error = NULL;
	g_autofree char *xml = NULL;
	GPtrArray *layouts;
	char *bytes, *text;

	for (guint i = 0; i + 1 < n && pairs[i]; i += 2)
		domain_set(vm, pairs[i], pairs[i + 1]);
	g_ptr_array_add(configs.vms, vm);
	layouts = vm_layouts_new(&configs, machine, FALSE);
	xml = domain_new(layouts->pdata[0], kvm, NULL, &error);
	assert_null(error);
	g_ptr_array_unref(layouts);
	g_ptr_array_unref(configs.vms);
	bytes = virConnectDomainXMLToNative(connection, "qemu-argv", xml, 0);
	if (!bytes)
		fail_msg("%s\n%s", virGetLastErrorMessage(), xml);
	text = g_strdup(bytes);
	free(bytes);
	return text;
}

static const char *const new_rt[] = {
	"name",     "fresh", "memory", "1G", "nr_vcpus",  "4",       "cpuset", "0-4",
	"numatune", "",      "rt",     "on", "iothreads", "2",       "kernel", "/k",
	"cmdline",  "a=b c", "disk",   "/a", "pci",       "03:00.0",
};

static const struct {
	gboolean kvm;
	const char *there, *away;
} arguments[] = {
	{TRUE, "-accel kvm", "-accel tcg"},
	{TRUE, "-cpu host,migratable=off,", "usb=on"},
	{TRUE, "host-cache-info=on", "-balloon"},
	{TRUE, "pmu=off", "virtio-balloon"},
	{TRUE, "kvm-hint-dedicated=on", "-vga"},
	{TRUE, "kvmclock=on", "piix3-usb"},
	{TRUE, "-overcommit mem-lock=on", "mem-lock=off"},
	{TRUE, "mem-merge=off", NULL},
	{TRUE, "kvm-pit.lost_tick_policy=delay", NULL},
	{TRUE, "-smp 4,sockets=1,dies=1,cores=4,threads=1", NULL},
	{TRUE, "\"id\":\"iothread2\"", "iothread3"},
	{TRUE, "\"iothread\":\"iothread1\"", NULL},
	{TRUE, "\"aio\":\"native\"", "threads\""},
	{TRUE, "\"cache\":{\"direct\":true", NULL},
	{TRUE, "\"driver\":\"vfio-pci\",\"host\":\"0000:03:00.0\"", NULL},
	{TRUE, "\"name\":\"org.qemu.guest_agent.0\"", NULL},
	{TRUE, "-kernel /k", "-initrd"},
	{TRUE, "-append 'a=b c'", NULL},
	{FALSE, "-accel tcg -cpu max ", "kvm"},
	{FALSE, "-smp 4,sockets=1,dies=1,cores=4,threads=1", NULL},
};

static void test_arguments(void **state)
{
	g_autofree char *kvm = argv_of(TRUE, new_rt, G_N_ELEMENTS(new_rt));
	g_autofree char *emulated = argv_of(FALSE, new_rt, G_N_ELEMENTS(new_rt));

	(void)state;
	for (guint i = 0; i < G_N_ELEMENTS(arguments); i++) {
		const char *argv = arguments[i].kvm ? kvm : emulated;

		if (!strstr(argv, arguments[i].there))
			fail_msg("no %s in %s", arguments[i].there, argv);
		if (arguments[i].away && strstr(argv, arguments[i].away))
			fail_msg("%s in %s", arguments[i].away, argv);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_domain_under_every_variant),
		cmocka_unit_test(test_arguments),
	};

	hypervisor_init();
	return cmocka_run_group_tests(tests, open_all, close_all);
}
