/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libvirt says of a machine, as a Topology. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <glib.h>
#include <string.h>

#include "capabilities.h"
#include "domains.h"
#include "error.h"

static char *list_of(const Cpuset *set)
{
	return cpulist_format(set);
}

static void test_two_sockets(void **state)
{
	g_autofree char *path =
		g_build_filename(g_getenv("TESTS"), "hosts", "libvirt-resctrl.xml", NULL);
	g_autoptr(HostCapabilities) host = NULL;
	g_autofree char *xml = NULL, *online = NULL, *second = NULL, *served = NULL;
	const HostCache *cache;

	(void)state;
	assert_true(g_file_get_contents(path, &xml, NULL, NULL));
	host = capabilities_parse(xml, NULL);
	assert_non_null(host);
	online = list_of(&host->topology->online);
	assert_string_equal(online, "0-11");
	assert_int_equal(host->topology->nodes->len, 2);
	assert_int_equal(host->topology->packages->len, 2);
	assert_int_equal(host->topology->cores->len, 12);
	second = list_of(&topology_node(host->topology, 1)->cpus);
	assert_string_equal(second, "6-11");
	assert_int_equal(topology_node(host->topology, 1)->memory_bytes, 2097152ull << 10);
	assert_int_equal(topology_cpu(host->topology, 7)->package->number, 1);
	assert_int_equal(host->caches->len, 2);
	cache = &g_array_index(host->caches, HostCache, 1);
	served = list_of(&cache->cpus);
	assert_int_equal(cache->id, 1);
	assert_int_equal(cache->level, 3);
	assert_int_equal(cache->way_bytes, 768 << 10);
	assert_string_equal(served, "6-11");
	assert_false(host->kvm);
}

#define CELL(CPUS)                                                                          \
	"<capabilities><host><topology><cells><cell id='0'><cpus>" CPUS                     \
	"</cpus></cell></cells></topology></host>"                                          \
	"<guest><arch name='x86_64'><domain type='qemu'/><domain type='kvm'/></arch></guest>" \
	"</capabilities>"

static void test_siblings(void **state)
{
	g_autoptr(HostCapabilities) host = capabilities_parse(
		CELL("<cpu id='0' socket_id='0' core_id='0' siblings='0,2'/>"
		     "<cpu id='1' socket_id='0' core_id='1' siblings='1,3'/>"
		     "<cpu id='2' socket_id='0' core_id='0' siblings='0,2'/>"
		     "<cpu id='3' socket_id='0' core_id='1' siblings='1,3'/>"),
		NULL);
	Cpuset one = {0}, all;
	g_autofree char *list = NULL;

	(void)state;
	assert_non_null(host);
	assert_int_equal(host->topology->cores->len, 2);
	cpuset_add(&one, 3);
	all = topology_siblings(host->topology, &one);
	list = list_of(&all);
	assert_string_equal(list, "1,3");
	assert_true(host->kvm);
}

/* A driver that knows no CPU, as libvirt's test driver with a file. */
static void test_no_topology(void **state)
{
	g_autoptr(HostCapabilities) host = capabilities_parse(CELL(""), NULL);

	(void)state;
	assert_non_null(host);
	assert_null(host->topology);
	assert_int_equal(host->caches->len, 0);
}

static const struct {
	const char *xml, *error;
} bad[] = {
	{"", "no XML"},
	{"<capabilities>", "no XML"},
	{"<domain><host/></domain>", "no <capabilities>"},
	{"<capabilities/>", "no <capabilities>"},
	{CELL("<cpu/>"), "<cpu> without 'id'"},
	{CELL("<cpu id='-1'/>"), "<cpu id>: '-1'"},
	{CELL("<cpu id='8192'/>"), "<cpu id>: '8192'"},
	{CELL("<cpu id='4294967296'/>"), "<cpu id>: '4294967296'"},
	{CELL("<cpu id='1'/><cpu id='1'/>"), "CPU 1 is there twice"},
	{CELL("<cpu id='1' socket_id='0' siblings='1'/>"), "<cpu> without 'core_id'"},
	{CELL("<cpu id='1' socket_id='0' core_id='x' siblings='1'/>"), "<cpu core_id>: 'x'"},
	{CELL("<cpu id='1' socket_id='0' core_id='0' siblings='0-99999'/>"), "<cpu siblings>: "},
	{"<capabilities><host><cache><bank id='0' level='3'/></cache></host></capabilities>",
	 "<bank> without 'cpus'"},
};

static void test_bad(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(HostCapabilities) host = capabilities_parse(bad[i].xml, &error);

		assert_null(host);
		if (!strstr(error->message, bad[i].error))
			fail_msg("'%s' is not in '%s'", bad[i].error, error->message);
		assert_true(g_error_matches(error, LATHE_ERROR, LATHE_ERROR_INPUT));
	}
}

static void test_of_a_connection(void **state)
{
	g_autoptr(Hypervisor) hypervisor = hypervisor_open_any("test:///default", TRUE, NULL);
	g_autoptr(HostCapabilities) host = hypervisor_capabilities(hypervisor, NULL);

	(void)state;
	assert_non_null(host);
	assert_int_equal(host->topology->nodes->len, 2);
	assert_int_equal(host->topology->cores->len, 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_sockets), cmocka_unit_test(test_siblings),
		cmocka_unit_test(test_no_topology), cmocka_unit_test(test_bad),
		cmocka_unit_test(test_of_a_connection),
	};

	hypervisor_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
