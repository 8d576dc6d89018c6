/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "error.h"
#include "vm_config.h"

#define UUID_A "aeec46cc-0638-4949-ac04-146b233194a9"

static const char *const bools[][8] = {{"true", "on", "yes", "1", "True", "ON", "yEs", "TRUE"},
				       {"false", "off", "no", "0", "False", "OFF", "nO", "FALSE"}};

static void test_bools(void **state)
{
	static const VmKey keys[] = {VM_KEY_RT, VM_KEY_HIDE_KVM, VM_KEY_AUTOSTART,
				     VM_KEY_RT_MEMORY};
	g_autoptr(VmConfig) vm = vm_config_new(UUID_A);

	(void)state;
	for (guint key = 0; key < G_N_ELEMENTS(keys); key++) {
		for (guint i = 0; i < 16; i++) {
			g_autofree char *now = NULL;

			assert_true(vm_config_set(vm, keys[key], bools[i % 2][i / 2], NULL));
			now = vm_keys[keys[key]].format(vm);
			assert_string_equal(now, i % 2 ? "False" : "True");
		}
	}
}

/* What a key takes and how it is written; without that the text is refused. */
static const struct {
	VmKey key;
	const char *text, *written, *error;
} values[] = {
	{VM_KEY_NAME, "RedHawk-8.2", "RedHawk-8.2", NULL},
	{VM_KEY_NAME, "a b, c", "a b, c", NULL},
	{VM_KEY_NAME, "", NULL, "a VM needs a name"},
	{VM_KEY_NAME, "a/b", NULL, "'a/b' is not a name that libvirt takes: it has a '/'"},
	{VM_KEY_NAME, "..", NULL, "'..' is not a name that libvirt takes: it has a '/'"},
	{VM_KEY_NAME, " a", NULL,
	 "' a' is not a name that a file can hold: it begins or ends with a blank"},
	{VM_KEY_NAME, "a\nb", NULL,
	 "'a\\nb' is not a line of text: it goes on in a second line"},
	{VM_KEY_NAME, "a\033[31m", NULL,
	 "'a\\x1b[31m' is not a line of text: it has a control character"},
	{VM_KEY_TITLE, "", "", NULL},
	{VM_KEY_TITLE, "# no comment", "# no comment", NULL},
	{VM_KEY_DESCRIPTION, "\n one \n\n two\n# three\n\n", "one\n\ntwo # three", NULL},
	{VM_KEY_DESCRIPTION, "a\rb\033c", "a b c", NULL},
	{VM_KEY_NR_VCPUS, "1", "1", NULL},
	{VM_KEY_NR_VCPUS, "255", "255", NULL},
	{VM_KEY_NR_VCPUS, "256", NULL, "'256' is not a number from 1 to 255"},
	{VM_KEY_NR_VCPUS, "0", NULL, "'0' is not a number from 1 to 255"},
	{VM_KEY_NR_VCPUS, "-1", NULL, "'-1' is not a number from 1 to 255"},
	{VM_KEY_NR_VCPUS, "4 vCPUs", NULL, "'4 vCPUs' is not a number from 1 to 255"},
	{VM_KEY_NR_VCPUS, "", "1", NULL},
	{VM_KEY_CPU_TOPOLOGY, "Auto", "auto", NULL},
	{VM_KEY_CPU_TOPOLOGY, "2,4,1", "2, 4, 1", NULL},
	{VM_KEY_CPU_TOPOLOGY, " 1 , 2 , 2 ", "1, 2, 2", NULL},
	{VM_KEY_CPU_TOPOLOGY, "1, 2", NULL,
	 "'1, 2' is not 'auto' or 'sockets, cores, threads', each from 1 to 255"},
	{VM_KEY_CPU_TOPOLOGY, "1, 0, 1", NULL,
	 "'1, 0, 1' is not 'auto' or 'sockets, cores, threads', each from 1 to 255"},
	{VM_KEY_CPU_TOPOLOGY, "1, 1, 1, 1", NULL,
	 "'1, 1, 1, 1' is not 'auto' or 'sockets, cores, threads', each from 1 to 255"},
	{VM_KEY_CPUSET, "0,2,4-7,12-15", "0,2,4-7,12-15", NULL},
	{VM_KEY_CPUSET, "3, 1 ,\n2", "1-3", NULL},
	{VM_KEY_CPUSET, "", "", NULL},
	{VM_KEY_CPUSET, "8191", "8191", NULL},
	{VM_KEY_CPUSET, "8192", NULL,
	 "'8192' is not a set of numbers from 0 to 8191 such as 0,2,4-7"},
	{VM_KEY_CPUSET, "1 2", NULL,
	 "'1 2' is not a set of numbers from 0 to 8191 such as 0,2,4-7"},
	{VM_KEY_CPUSET, "5-1", NULL,
	 "'5-1' is not a set of numbers from 0 to 8191 such as 0,2,4-7"},
	{VM_KEY_CPUSET, "1,,2", NULL,
	 "'1,,2' is not a set of numbers from 0 to 8191 such as 0,2,4-7"},
	{VM_KEY_CPUSET, "auto", NULL,
	 "'auto' is not a set of numbers from 0 to 8191 such as 0,2,4-7"},
	{VM_KEY_RT, "", "False", NULL},
	{VM_KEY_RT, "auto", NULL, "'auto' is not one of true, false, on, off, yes, no, 1, 0"},
	{VM_KEY_RT, "2", NULL, "'2' is not one of true, false, on, off, yes, no, 1, 0"},
	{VM_KEY_RT_MEMORY, "auto", "auto", NULL},
	{VM_KEY_RT_MEMORY, "maybe", NULL,
	 "'maybe' is not 'auto' or one of true, false, on, off, yes, no, 1, 0"},
	{VM_KEY_NUMATUNE, "AUTO", "auto", NULL},
	{VM_KEY_NUMATUNE, "0-1", "0-1", NULL},
	{VM_KEY_NUMATUNE, "", "", NULL},
	{VM_KEY_NUMATUNE, "1024", NULL,
	 "'1024' is not 'auto' or a set of numbers from 0 to 1023 such as 0,2,4-7"},
	{VM_KEY_AUTOSTART, "", "True", NULL},
	{VM_KEY_HUGEPAGES, "No", "no", NULL},
	{VM_KEY_HUGEPAGES, "default", "default", NULL},
	{VM_KEY_HUGEPAGES, "2m", "2M", NULL},
	{VM_KEY_HUGEPAGES, "2048K", "2M", NULL},
	{VM_KEY_HUGEPAGES, "1048576k", "1G", NULL},
	{VM_KEY_HUGEPAGES, "1024", "1G", NULL},
	{VM_KEY_HUGEPAGES, "", "", NULL},
	{VM_KEY_HUGEPAGES, "3M", NULL,
	 "'3M' is not 'no', 'default' or the size of a page such as 2M or 1G"},
	{VM_KEY_HUGEPAGES, "4K", NULL,
	 "'4K' is not 'no', 'default' or the size of a page such as 2M or 1G"},
	{VM_KEY_HUGEPAGES, "yes", NULL,
	 "'yes' is not 'no', 'default' or the size of a page such as 2M or 1G"},
	{VM_KEY_IOTHREADS, "auto", "auto", NULL},
	{VM_KEY_IOTHREADS, "0", "0", NULL},
	{VM_KEY_IOTHREADS, "64", "64", NULL},
	{VM_KEY_IOTHREADS, "", "", NULL},
	{VM_KEY_IOTHREADS, "65", NULL, "'65' is not 'auto' or a number from 0 to 64"},
	{VM_KEY_VCPU_PRIORITY, "98", "98", NULL},
	{VM_KEY_VCPU_PRIORITY, "", "auto", NULL},
	{VM_KEY_VCPU_PRIORITY, "99", NULL, "'99' is not 'auto' or a number from 0 to 98"},
	{VM_KEY_EMULATOR_PRIORITY, "auto", "auto", NULL},
	{VM_KEY_EMULATOR_PRIORITY, "0", "0", NULL},
	{VM_KEY_EMULATOR_PRIORITY, "-1", NULL, "'-1' is not 'auto' or a number from 0 to 98"},
	{VM_KEY_GUEST_HOUSEKEEPING, "auto", "auto", NULL},
	{VM_KEY_GUEST_HOUSEKEEPING, "0, 1", "0-1", NULL},
	{VM_KEY_GUEST_HOUSEKEEPING, "", "", NULL},
	{VM_KEY_CACHE_WAYS, "4", "4", NULL},
	{VM_KEY_CACHE_WAYS, "", "", NULL},
	{VM_KEY_CACHE_WAYS, "0", NULL, "'0' is not a number from 1 to 32"},
	{VM_KEY_MEMORY_BANDWIDTH, "10", "10", NULL},
	{VM_KEY_MEMORY_BANDWIDTH, "9", NULL, "'9' is not a number from 10 to 100"},
	{VM_KEY_MEMORY_BANDWIDTH, "50%", NULL, "'50%' is not a number from 10 to 100"},
	{VM_KEY_PCI, "03:00.0, 0001:AF:1f.7", "0000:03:00.0, 0001:af:1f.7", NULL},
	{VM_KEY_PCI, "3:0.1\n4:0.0", "0000:03:00.1, 0000:04:00.0", NULL},
	{VM_KEY_PCI, "", "", NULL},
	{VM_KEY_PCI, "3:0.0,03:00.0", NULL, "'0000:03:00.0' twice"},
	{VM_KEY_PCI, "03:00.8", NULL,
	 "'03:00.8' is not the address of a PCI device such as 0000:03:00.0"},
	{VM_KEY_PCI, "03:20.0", NULL,
	 "'03:20.0' is not the address of a PCI device such as 0000:03:00.0"},
	{VM_KEY_PCI, "00000:03:00.0", NULL,
	 "'00000:03:00.0' is not the address of a PCI device such as 0000:03:00.0"},
	{VM_KEY_PCI, "03:00", NULL,
	 "'03:00' is not the address of a PCI device such as 0000:03:00.0"},
	{VM_KEY_PCI, "eth0", NULL,
	 "'eth0' is not the address of a PCI device such as 0000:03:00.0"},
	{VM_KEY_KERNEL, "/boot/vm linuz", "/boot/vm linuz", NULL},
	{VM_KEY_KERNEL, "vmlinuz", NULL, "'vmlinuz' is not an absolute path"},
	{VM_KEY_INITRD, "", "", NULL},
	{VM_KEY_CMDLINE, "a=1\nb", "a=1 b", NULL},
	{VM_KEY_DISK, "/a b.img,/c", "/a b.img, /c", NULL},
	{VM_KEY_DISK, "/a\n/b", "/a, /b", NULL},
	{VM_KEY_DISK, "/a, b", NULL, "'b' is not an absolute path"},
	{VM_KEY_DISK, "/a,/a", NULL, "'/a' twice"},
	{VM_KEY_MEMORY, "4096M", "4G", NULL},
	{VM_KEY_MEMORY, "512", "512M", NULL},
	{VM_KEY_MEMORY, "2097152K", "2G", NULL},
	{VM_KEY_MEMORY, "", "", NULL},
	{VM_KEY_MEMORY, "15", NULL, "'15' is not a size from 16M to 65536G such as 512M or 4G"},
	{VM_KEY_MEMORY, "65537G", NULL,
	 "'65537G' is not a size from 16M to 65536G such as 512M or 4G"},
	{VM_KEY_MEMORY, "20000K", NULL, "'20000K' is not a number of whole MiB"},
	{VM_KEY_MEMORY, "4 G", NULL, "'4 G' is not a size from 16M to 65536G such as 512M or 4G"},
	{VM_KEY_MEMORY, "18446744073709551616", NULL,
	 "'18446744073709551616' is not a size from 16M to 65536G such as 512M or 4G"},
};

/* All that a VM says, with which keys it was given. */
static char *whole(const VmConfig *vm)
{
	g_autoptr(GString) text = g_string_new(vm->uuid);

	for (VmKey key = 0; key < VM_KEYS; key++) {
		g_autofree char *value = vm_keys[key].format(vm);

		g_string_append_printf(text, "\n%s %u %s", vm_keys[key].name, vm->lines[key], value);
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}

/* A VM with a good value, not the default, for every key. */
static VmConfig *full(void)
{
	static const char *const good[VM_KEYS] = {
		"n", "t", "d\ne", "4", "2, 2, 1", "1-5", "True", "False", "1", "True", "False",
		"2M", "2", "70", "60", "1", "4", "50", "0000:03:00.0", "/k", "/i", "c", "/d", "1G",
	};
	VmConfig *vm = vm_config_new(UUID_A);

	for (VmKey key = 0; key < VM_KEYS; key++)
		assert_true(vm_config_set(vm, key, good[key], NULL));
	return vm;
}

static void check_refused(guint i)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(VmConfig) vm = full();
	g_autofree char *before = whole(vm);
	g_autofree char *after = NULL;

	if (vm_config_set(vm, values[i].key, values[i].text, &error))
		fail_msg("%s = %s", vm_keys[values[i].key].name, values[i].text);
	assert_string_equal(error->message, values[i].error);
	assert_int_equal(error->code, LATHE_ERROR_INPUT);
	after = whole(vm);
	assert_string_equal(after, before);
}

static void test_values(void **state)
{
	(void)state;
	for (guint i = 0; i < G_N_ELEMENTS(values); i++) {
		g_autoptr(VmConfig) vm = full();
		g_autoptr(VmConfig) back = full();
		g_autofree char *now = NULL;

		if (!values[i].written) {
			check_refused(i);
			continue;
		}
		if (!vm_config_set(vm, values[i].key, values[i].text, NULL))
			fail_msg("%s = %s", vm_keys[values[i].key].name, values[i].text);
		now = vm_keys[values[i].key].format(vm);
		assert_string_equal(now, values[i].written);
		/* What is written is read as the same. */
		assert_true(vm_config_set(back, values[i].key, now, NULL));
		for (VmKey key = 0; key < VM_KEYS; key++)
			assert_true(vm_config_same(vm, back, key));
	}
}

/* The largest values that keys take are read again from the file they are written to. */
static void test_bounds(void **state)
{
	g_autoptr(VmConfig) vm = full();
	g_autoptr(GString) cpus = g_string_new(NULL), disks = g_string_new("/");
	g_autofree char *line = g_strnfill(16 << 10, 'x'), *lines = g_strnfill(2 * 200 - 1, 'x');
	g_autofree char *text = NULL;
	g_autoptr(VmConfigs) back = NULL;
	g_autoptr(GError) error = NULL;

	(void)state;
	for (guint cpu = 0; cpu < CPUSET_CPUS; cpu += 2)
		g_string_append_printf(cpus, "%s%u", cpu ? "," : "", cpu);
	while (disks->len < 4000)
		g_string_append_c(disks, 'd');
	for (guint i = 1; i < 200; i++)
		lines[2 * i - 1] = '\n';
	assert_true(vm_config_set(vm, VM_KEY_CPUSET, cpus->str, NULL));
	assert_true(vm_config_set(vm, VM_KEY_KERNEL, disks->str, NULL));
	assert_true(vm_config_set(vm, VM_KEY_DESCRIPTION, lines, NULL));
	text = vm_config_format(vm);
	back = vm_configs_parse(text, strlen(text), "b.cfg", &error);
	assert_null(error);
	for (VmKey key = 0; key < VM_KEYS; key++)
		assert_true(vm_config_same(vm, back->vms->pdata[0], key));
	assert_true(vm_config_set(vm, VM_KEY_DESCRIPTION, line, NULL));
	g_clear_pointer(&text, g_free);
	g_clear_pointer(&back, vm_configs_free);
	text = vm_config_format(vm);
	back = vm_configs_parse(text, strlen(text), "b.cfg", NULL);
	assert_non_null(back);
}

static void test_beyond_bounds(void **state)
{
	static const struct {
		VmKey key;
		guint n;
		const char *says;
	} rows[] = {
		{VM_KEY_NAME, 252, "is not a name of at most 251 bytes"},
		{VM_KEY_TITLE, 2048, "it is longer than 2047 bytes"},
		{VM_KEY_DESCRIPTION, (16 << 10) + 1, "at most 200 lines and 16384 bytes"},
		{VM_KEY_KERNEL, 4096, "it is longer than 4095 bytes"},
		{VM_KEY_CMDLINE, 2048, "it is longer than 2047 bytes"},
		{VM_KEY_DISK, (32 << 10) + 1, "a list of more than 32768 bytes"},
	};
	g_autoptr(VmConfig) vm = full();
	g_autoptr(GString) lines = g_string_new("x");
	g_autoptr(GError) error = NULL;

	(void)state;
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *text = g_strnfill(rows[i].n, 'x');
		g_autoptr(GError) why = NULL;

		assert_false(vm_config_set(vm, rows[i].key, text, &why));
		if (!strstr(why->message, rows[i].says))
			fail_msg("%s", why->message);
	}
	for (guint i = 0; i < 200; i++)
		g_string_append(lines, "\nx");
	assert_false(vm_config_set(vm, VM_KEY_DESCRIPTION, lines->str, &error));
	assert_non_null(strstr(error->message, "at most 200 lines"));
}

/* Every row is whole, and its default is what a new VM has. */
static void test_rows(void **state)
{
	g_autoptr(VmConfig) vm = vm_config_new("AEEC46CC-0638-4949-ac04-146b233194a9");

	(void)state;
	assert_string_equal(vm->uuid, UUID_A);
	for (VmKey key = 0; key < VM_KEYS; key++) {
		const VmKeyRow *row = &vm_keys[key];
		g_autofree char *now = row->format(vm);

		assert_int_equal(vm_key_find(row->name), key);
		assert_true(strlen(row->type) > 0);
		assert_true(g_str_has_suffix(row->help, "."));
		assert_int_equal(row->ours, key >= VM_KEY_HUGEPAGES);
		assert_true((row->fallback == NULL) == (key == VM_KEY_NAME));
		assert_string_equal(now, row->fallback ? row->fallback : "");
		assert_false(vm_config_given(vm, key));
	}
	assert_int_equal(vm_key_find("Name"), VM_KEYS);
}

static void test_same(void **state)
{
	static const struct {
		VmKey key;
		const char *a, *b;
		gboolean same;
	} rows[] = {
		{VM_KEY_CPUSET, "1-3", "3,2,1", TRUE},
		{VM_KEY_CPUSET, "1-3", "1-4", FALSE},
		{VM_KEY_RT, "on", "1", TRUE},
		{VM_KEY_CPU_TOPOLOGY, "auto", "1,4,1", TRUE},
		{VM_KEY_CPU_TOPOLOGY, "auto", "4,1,1", FALSE},
		/* The VMs are real-time. */
		{VM_KEY_RT_MEMORY, "auto", "yes", TRUE},
		{VM_KEY_RT_MEMORY, "auto", "no", FALSE},
		{VM_KEY_NUMATUNE, "auto", "", FALSE},
		{VM_KEY_HUGEPAGES, "2M", "2048K", TRUE},
		{VM_KEY_HUGEPAGES, "", "no", FALSE},
		{VM_KEY_IOTHREADS, "", "auto", FALSE},
		{VM_KEY_VCPU_PRIORITY, "", "auto", TRUE},
		{VM_KEY_DISK, "/a,/b", "/b,/a", FALSE},
	};

	(void)state;
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(VmConfig) a = full(), b = full();

		assert_true(vm_config_set(a, rows[i].key, rows[i].a, NULL));
		assert_true(vm_config_set(b, rows[i].key, rows[i].b, NULL));
		if (vm_config_same(a, b, rows[i].key) != rows[i].same)
			fail_msg("%s: '%s', '%s'", vm_keys[rows[i].key].name, rows[i].a,
				 rows[i].b);
	}
}

/* A page with its lines and macros in one line: "It Cm name No = Ar STRING The VM's ...". */
static char *flat_page(const char *name)
{
	g_autofree char *path = g_build_filename(g_getenv("TESTS"), "..", "man", name, NULL);
	g_autofree char *text = NULL;

	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	return g_strdelimit(g_steal_pointer(&text), "\n", ' ');
}

/* vms.cfg(5) says of every key what its row does. */
static void test_manual(void **state)
{
	g_autofree char *page = flat_page("vms.cfg.5");

	(void)state;
	for (VmKey key = 0; key < VM_KEYS; key++) {
		const VmKeyRow *row = &vm_keys[key];
		g_autofree char *fallback =
			!row->fallback	     ? g_strdup("It has no default.")
			: *row->fallback     ? g_strdup_printf("Default: .Ql %s .", row->fallback)
			: row->ours	     ? g_strdup("Default: not given.")
					     : g_strdup("Default: empty.");
		g_autofree char *entry = g_strdup_printf(" .It Cm %s No = Ar %s %s %s ", row->name,
							 row->type, row->help, fallback);

		if (!strstr(page, entry))
			fail_msg("vms.cfg(5) has not:%s", entry);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bools),	      cmocka_unit_test(test_values),
		cmocka_unit_test(test_bounds),	      cmocka_unit_test(test_beyond_bounds),
		cmocka_unit_test(test_rows),	      cmocka_unit_test(test_same),
		cmocka_unit_test(test_manual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
