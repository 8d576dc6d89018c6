/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <glib.h>
#include <string.h>
#include <unistd.h>

#include "embedded.h"
#include "error.h"
#include "this_machine.h"
#include "tree.h"
#include "vm.h"

/* ---- is it this machine ---- */

#define ID	   "3d1219c7-c4c5-404a-aa1f-6d2a48adfda4"
#define OTHER	   "bacda522-de9c-4cc8-a53a-aeed14b23bbf"
#define HOST(uuid) "<capabilities><host><uuid>" uuid "</uuid></host></capabilities>"

static const struct {
	const char *uri, *capabilities;
	const char *smbios, *machine_id; /* NULL: the machine has none */
	gboolean here;
} hosts[] = {
	{"qemu:///system", HOST(ID), ID "\n", NULL, TRUE},
	{"qemu:///system", HOST(ID), "3D1219C7-C4C5-404A-AA1F-6D2A48ADFDA4\n", NULL, TRUE},
	{"qemu:///system", HOST(ID), OTHER "\n", "3d1219c7c4c5404aaa1f6d2a48adfda4\n", TRUE},
	{"qemu+ssh://x/system", HOST(ID), ID "\n", NULL, TRUE},
	{"qemu+ssh://x/system", HOST(ID), NULL, "3d1219c7c4c5404aaa1f6d2a48adfda4\n", TRUE},
	/* Without SMBIOS libvirt makes a UUID up: a socket of this machine is believed. */
	{"qemu:///system", HOST(OTHER), NULL, "3d1219c7c4c5404aaa1f6d2a48adfda4\n", TRUE},
	{"qemu+unix:///system", HOST(OTHER), NULL, NULL, TRUE},
	{"qemu:///system", HOST(OTHER), ID "\n", "3d1219c7c4c5404aaa1f6d2a48adfda4\n", FALSE},
	{"qemu+ssh://x/system", HOST(OTHER), NULL, "3d1219c7c4c5404aaa1f6d2a48adfda4\n", FALSE},
	{"qemu+ssh://root@[::1]/system", HOST(OTHER), NULL, NULL, FALSE},
	{"qemu+tcp://x/system", HOST(""), ID "\n", NULL, FALSE},
	{"qemu+tcp://x/system", HOST(""), "\n", "\n", FALSE},
	{"qemu+tcp://x/system", "not xml", ID "\n", NULL, FALSE},
	{"qemu+tcp://x/system", "", ID "\n", NULL, FALSE},
	{"not a uri", HOST(OTHER), NULL, NULL, FALSE},
};

static void test_hosts(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(hosts); i++) {
		char *tree = tree_new();
		g_autoptr(Root) root = root_open_captured(tree, NULL);
		g_autoptr(GError) error = NULL;
		gboolean here;

		if (hosts[i].smbios)
			tree_write(tree, "sys/class/dmi/id/product_uuid", hosts[i].smbios);
		if (hosts[i].machine_id)
			tree_write(tree, "etc/machine-id", hosts[i].machine_id);
		here = this_machine_check(root, hosts[i].uri, hosts[i].capabilities, &error);
		tree_free(tree);
		if (here != hosts[i].here)
			fail_msg("row %zu: %s", i, hosts[i].uri);
		if (here)
			continue;
		assert_non_null(strstr(error->message, " is not this machine: its host UUID is "));
		assert_non_null(lathe_error_get_hint(error));
	}
}

/* ---- the embedded libvirt's directory ---- */

static void test_directory(void **state)
{
	char *tree = tree_new();
	g_autofree char *directory = g_build_filename(tree, "r", NULL);
	g_autofree char *cache = g_build_filename(tree, "c", "d", NULL);
	g_autofree char *other = g_build_filename(tree, "e", NULL);
	g_autofree char *config = g_build_filename(directory, "etc/qemu.conf", NULL);
	g_autofree char *link = g_build_filename(directory, "cache", NULL);
	g_autofree char *text = NULL, *target = NULL, *second = NULL;

	(void)state;
	assert_true(embedded_prepare(directory, cache, NULL));
	assert_true(g_file_get_contents(config, &text, NULL, NULL));
	assert_non_null(strstr(text, "\nuser = \"+0\"\n"));
	assert_non_null(strstr(text, "\ncgroup_controllers = [ ]\n"));
	target = g_file_read_link(link, NULL);
	assert_string_equal(target, cache);
	assert_true(g_file_test(cache, G_FILE_TEST_IS_DIR));
	/* Again, and with the cache elsewhere. */
	assert_true(embedded_prepare(directory, cache, NULL));
	assert_true(embedded_prepare(directory, other, NULL));
	second = g_file_read_link(link, NULL);
	assert_string_equal(second, other);
	/* A cache of libvirt's own making serves as it is. */
	assert_int_equal(unlink(link), 0);
	assert_int_equal(g_mkdir(link, 0755), 0);
	assert_true(embedded_prepare(directory, cache, NULL));
	assert_false(g_file_test(link, G_FILE_TEST_IS_SYMLINK));
	tree_free(tree);
}

static void test_directory_refused(void **state)
{
	g_autofree char *name = g_strnfill(40, 'x');
	g_autofree char *lengthy = g_strconcat("/nowhere/", name, NULL);
	g_autoptr(GError) error = NULL;

	(void)state;
	assert_false(embedded_prepare("relative", "/nowhere", &error));
	assert_string_equal(error->message, "libvirt's directories 'relative' and '/nowhere' must "
					    "be absolute");
	g_clear_error(&error);
	assert_false(embedded_prepare(lengthy, "/nowhere", &error));
	assert_non_null(strstr(error->message, "is too long for libvirt's sockets: 49 bytes"));
	assert_non_null(strstr(lathe_error_get_hint(error), "--state"));
	assert_false(g_file_test("/nowhere", G_FILE_TEST_EXISTS));
}

static void test_uri(void **state)
{
	g_autofree char *plain = embedded_uri("/run/lathe/libvirt");
	g_autofree char *odd = embedded_uri("/a b&c?d%e");

	(void)state;
	assert_string_equal(plain, "qemu:///embed?root=/run/lathe/libvirt");
	assert_string_equal(odd, "qemu:///embed?root=/a%20b%26c%3Fd%25e");
}

/* ---- connections that are refused ---- */

static const struct {
	const char *uri;
	const char *error;
	const char *hint;
} refused[] = {
	{"test:///default", "'test:///default' is a connection of type TEST; lathe needs QEMU",
	 "--connect takes a QEMU connection on this machine, such as qemu:///system; without it "
	 "lathe needs no daemon"},
	{"qemu+unix:///system?socket=/nowhere/s",
	 "connect to libvirt at 'qemu+unix:///system?socket=/nowhere/s': Failed to connect socket "
	 "to '/nowhere/s': No such file or directory",
	 "no libvirt daemon answers there: start it, or leave --connect out for the embedded "
	 "one"},
};

static void test_refused(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
		g_autoptr(GError) error = NULL;

		assert_null(hypervisor_open(refused[i].uri, &error));
		assert_string_equal(error->message, refused[i].error);
		assert_string_equal(lathe_error_get_hint(error), refused[i].hint);
	}
}

/* The package with the driver is missing; then it is there. */
static void test_embedded(void **state)
{
	char *tree = tree_new();
	g_autofree char *directory = g_build_filename(tree, "r", NULL);
	g_autofree char *cache = g_build_filename(tree, "c", NULL);
	g_autofree char *none = g_build_filename(tree, "none", NULL);
	g_autofree char *uri = embedded_uri(directory);
	g_autofree char *version = NULL;
	g_autoptr(Hypervisor) hypervisor = NULL;
	g_autoptr(GError) error = NULL;
	guint count = 4711;

	(void)state;
	assert_int_equal(g_mkdir(none, 0755), 0);
	g_setenv("LIBVIRT_DRIVER_DIR", none, TRUE);
	assert_null(hypervisor_open_embedded(directory, cache, &error));
	assert_non_null(strstr(error->message, ": no connection driver available for qemu:///"));
	assert_string_equal(lathe_error_get_hint(error),
			    "libvirt's QEMU driver is missing: install "
			    "libvirt-daemon-driver-qemu (Debian and Fedora)");
	g_clear_error(&error);
	g_unsetenv("LIBVIRT_DRIVER_DIR");
	hypervisor = hypervisor_open_embedded(directory, cache, &error);
	if (!hypervisor)
		fail_msg("%s", error->message);
	assert_string_equal(hypervisor_uri(hypervisor), uri);
	version = hypervisor_libvirt_version(hypervisor);
	assert_true(version && g_ascii_isdigit(version[0]) && strchr(version, '.'));
	assert_true(hypervisor_destroy_leftovers(hypervisor, &count, &error));
	assert_int_equal(count, 0);
	assert_null(vm_create(hypervisor, "<domain type='qemu'/>", &error));
	assert_true(g_str_has_prefix(error->message, "create the domain: "));
	tree_free(tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hosts), cmocka_unit_test(test_directory),
		cmocka_unit_test(test_directory_refused), cmocka_unit_test(test_uri),
		cmocka_unit_test(test_refused), cmocka_unit_test(test_embedded),
	};

	hypervisor_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
