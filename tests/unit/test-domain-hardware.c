/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a domain asks QEMU for, and XML that asks for nothing that could be understood. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "domain_hardware.h"

#define DOMAIN(inside) "<domain type='kvm'>" inside "</domain>"

static const struct {
	const char *xml;
	DomainHardware wanted; /* without the type, which is kvm */
} good[] = {
	{DOMAIN(""), {.vcpus = 1}},
	{DOMAIN("<vcpu>4</vcpu><memory>1024</memory>"), {.vcpus = 4, .memory_kib = 1024}},
	{DOMAIN("<vcpu current='2'>4</vcpu><memory unit='MiB'>512</memory>"),
	 {.vcpus = 2, .memory_kib = 512 * 1024}},
	/* QEMU's -m has only what the devices do not. */
	{DOMAIN("<memory unit='MiB'>512</memory><devices><memory model='dimm'/></devices>"),
	 {.vcpus = 1}},
	{DOMAIN("<memoryBacking><hugepages/><locked/></memoryBacking>"),
	 {.vcpus = 1, .memory_locked = TRUE}},
	{DOMAIN("<memoryBacking><hugepages/></memoryBacking>"), {.vcpus = 1}},
	{DOMAIN("<iothreads>2</iothreads>"), {.vcpus = 1, .iothreads = 2}},
	{DOMAIN("<iothreadids><iothread id='3'/><iothread id='5'/></iothreadids>"),
	 {.vcpus = 1, .iothreads = 2}},
	{DOMAIN("<iothreads>3</iothreads><iothreadids><iothread id='3'/></iothreadids>"),
	 {.vcpus = 1, .iothreads = 3}},
};

static void test_good(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
		g_auto(DomainHardware) seen = {0};
		const DomainHardware *wanted = &good[i].wanted;

		if (!domain_read_hardware(good[i].xml, &seen, NULL))
			fail_msg("row %zu is refused", i);
		assert_string_equal(seen.type, "kvm");
		assert_int_equal(seen.vcpus, wanted->vcpus);
		assert_int_equal(seen.memory_kib, wanted->memory_kib);
		assert_int_equal(seen.memory_locked, wanted->memory_locked);
		assert_int_equal(seen.iothreads, wanted->iothreads);
	}
}

static const char *const bad[] = {
	"",
	"<domain",
	"<network/>",
	DOMAIN("<vcpu>0</vcpu>"),
	DOMAIN("<vcpu>many</vcpu>"),
	DOMAIN("<vcpu>99999999999</vcpu>"),
	DOMAIN("<vcpu current='3'>2</vcpu>"),
	DOMAIN("<memory>-1</memory>"),
	DOMAIN("<memory unit='furlong'>1</memory>"),
	DOMAIN("<iothreads>1 2</iothreads>"),
};

static void test_bad(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		DomainHardware seen = {.vcpus = 77};
		g_autoptr(GError) error = NULL;

		if (domain_read_hardware(bad[i], &seen, &error))
			fail_msg("row %zu is taken", i);
		assert_non_null(error);
		assert_int_equal(seen.vcpus, 77);
		assert_null(seen.type);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
