/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Import, synchronise, import again: nothing changes, and libvirt takes what comes out.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "domain-variants.h"

static Topology *machine;

static int open_machine(void **state)
{
	(void)state;
	machine = domain_machine();
	return 0;
}

static int close_machine(void **state)
{
	(void)state;
	topology_free(machine);
	return 0;
}

static void assert_same_config(const VmConfig *a, const VmConfig *b, const char *name)
{
	for (VmKey key = 0; key < VM_KEYS; key++)
		if (!vm_config_same(a, b, key))
			fail_msg("%s: %s", name, vm_keys[key].name);
}

/* What turning their vCPUs' FIFO into a real-time VM changes is meant. */
static gboolean becomes_real_time(const char *name)
{
	return strstr(name, "iothreadsched") != NULL;
}

static void test_every_domain_comes_back(void **state)
{
	g_autoptr(GPtrArray) names = domain_files();

	(void)state;
	for (guint i = 0; i < names->len; i++) {
		const char *name = names->pdata[i];
		g_autofree char *xml = domain_file(name);
		g_autoptr(VmConfig) vm = domain_config(xml, machine, NULL);
		g_autoptr(GError) error = NULL;
		g_autofree char *once = domain_applied(xml, vm, machine, NULL, &error);
		g_autofree char *twice = NULL;
		g_autoptr(VmConfig) again = NULL;

		assert_null(error);
		assert_true(domain_is_valid(xml));
		assert_true(domain_is_valid(once));
		if (becomes_real_time(name))
			assert_false(domain_is_same(xml, once));
		else
			assert_string_equal(xml, once);
		twice = domain_applied(once, vm, machine, NULL, NULL);
		assert_string_equal(once, twice);
		again = domain_config(once, machine, NULL);
		assert_same_config(vm, again, name);
	}
}

/* Devices of its own that libvirt adds (a SATA controller, a window's listener), and
 * QEMU's namespace, which the test driver drops. */
static gboolean is_completed(const char *name)
{
	return strcmp(name, "made/everything.xml") == 0;
}

/* Defined, validated and read back, it means the same. */
static void assert_taken(const char *xml, const char *name)
{
	g_autofree char *message = NULL;
	g_autofree char *defined = domain_defined(xml, &message);
	g_autofree char *sent = domain_for_test_driver(xml);
	g_autoptr(VmConfig) before = domain_config(xml, machine, NULL);
	g_autoptr(VmConfig) after = NULL;

	if (!defined)
		fail_msg("%s: %s\n%s", name, message, xml);
	after = domain_config(defined, machine, NULL);
	assert_same_config(before, after, name);
	if (!is_completed(name) && !domain_is_same(sent, defined))
		fail_msg("%s: %s\n%s", name, sent, defined);
}

static void test_libvirt_takes_every_domain(void **state)
{
	g_autoptr(GPtrArray) names = domain_files();

	(void)state;
	for (guint i = 0; i < names->len; i++) {
		g_autofree char *xml = domain_file(names->pdata[i]);

		assert_taken(xml, names->pdata[i]);
	}
}

/* One domain under one variant: valid, taken, applied once for all, and read as it was
 * written. */
static void try_variant(const char *name, const char *xml, const char *const *pairs)
{
	g_autoptr(VmConfig) vm = domain_config(xml, machine, NULL);
	g_autoptr(VmConfig) again = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *once = NULL;
	g_autofree char *twice = NULL;

	domain_set_variant(vm, pairs);
	once = domain_applied(xml, vm, machine, NULL, &error);
	if (!once)
		fail_msg("%s: %s", name, error->message);
	if (!domain_is_valid(once))
		fail_msg("%s, %s=%s ...: not valid", name, pairs[0], pairs[1]);
	assert_taken(once, name);
	twice = domain_applied(once, vm, machine, NULL, NULL);
	assert_string_equal(once, twice);
	again = domain_config(once, machine, NULL);
	for (guint i = 0; i + 1 < G_N_ELEMENTS(domain_variants[0]) && pairs[i]; i += 2) {
		VmKey key = vm_key_find(pairs[i]);

		/* Of a VM that is not real-time there are no priorities to read. */
		if (key != VM_KEY_VCPU_PRIORITY && vm_config_given(vm, key) &&
		    !(key == VM_KEY_GUEST_HOUSEKEEPING && vm->nr_vcpus == 1) &&
		    !(key == VM_KEY_HUGEPAGES &&
		      vm->hugepages_kib == VM_HUGEPAGES_NONE) &&
		    !(key == VM_KEY_IOTHREADS && vm->iothreads <= 0) &&
		    !vm_config_same(vm, again, key))
			fail_msg("%s: %s=%s is not what is read", name, pairs[i],
				 pairs[i + 1]);
	}
}

static void test_every_domain_takes_every_variant(void **state)
{
	g_autoptr(GPtrArray) names = domain_files();

	(void)state;
	for (guint i = 0; i < names->len; i++) {
		g_autofree char *xml = domain_file(names->pdata[i]);

		for (guint j = 0; j < G_N_ELEMENTS(domain_variants); j++)
			try_variant(names->pdata[i], xml, domain_variants[j]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_domain_comes_back),
		cmocka_unit_test(test_libvirt_takes_every_domain),
		cmocka_unit_test(test_every_domain_takes_every_variant),
	};

	return cmocka_run_group_tests(tests, open_machine, close_machine);
}
