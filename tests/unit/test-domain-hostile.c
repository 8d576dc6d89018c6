/* SPDX-License-Identifier: GPL-2.0-or-later */
/* XML that nobody vouches for: a clear error, no crash, nothing that grows faster than
 * the input. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "domain-fixture.h"

#define UUID      "<uuid>4c5b8f5e-9b3a-4a50-8f0e-0f6f4f9a1c11</uuid>"
#define HEAD      "<domain type='kvm'><name>a</name>" UUID
#define IN(inner) HEAD inner "</domain>"

static const char laughs[] =
	"<?xml version='1.0'?><!DOCTYPE domain [<!ENTITY a 'ha'><!ENTITY b "
	"'&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;'>]>"
	"<domain><name>&c;</name></domain>";

static const struct {
	const char *xml, *message;
} malformed[] = {
	{"", "malformed"},
	{"\n", "malformed"},
	{"domain", "malformed in line 1"},
	{"<domain>", "malformed in line 1"},
	{"<domain></Domain>", "malformed in line 1"},
	{"<domain>\n<name>a</name>\n</domain", "malformed in line 3"},
	{"<domain/><domain/>", "malformed"},
	{"<domain>&#0;</domain>", "malformed"},
	{"<domain>\xff</domain>", "malformed"},
	{"<domain>&nbsp;</domain>", "malformed"},
	{laughs, "document type"},
	{"<!DOCTYPE domain SYSTEM 'http://127.0.0.1/x'><domain/>", "document type"},
	{"<!DOCTYPE domain SYSTEM '/etc/passwd' []><domain/>", "document type"},
	{"<network/>", "its root element is <network>"},
	{"<domainsnapshot/>", "its root element is <domainsnapshot>"},
	{"<x:domain xmlns:x='urn:x'/>", "of a namespace"},
	{"<domain xmlns='urn:x'/>", "of a namespace"},
	{"<domain/>", "has no UUID"},
	{"<domain><uuid/></domain>", "UUID '' is none"},
	{"<domain><uuid>4c5b8f5e-9b3a-4a50-8f0e-0f6f4f9a1c1</uuid></domain>", "is none"},
	{"<domain><uuid>4c5b8f5e-9b3a-4a50-8f0e-0f6f4f9a1c111</uuid></domain>",
	 "is none"},
	{"<domain><uuid>4c5b8f5e 9b3a-4a50-8f0e-0f6f4f9a1c11</uuid></domain>", "is none"},
	{"<domain>" UUID "</domain>", "has no name"},
	{"<domain><name> </name>" UUID "</domain>", "has no name"},
	{"<domain><name>a/b</name>" UUID "</domain>", "the domain's name"},
	{IN("<vcpu/>"), "<vcpu> of the domain: '' is not a number"},
	{IN("<vcpu>0</vcpu>"), "'0' is not a number from 1"},
	{IN("<vcpu>-1</vcpu>"), "'-1' is not a number from 1"},
	{IN("<vcpu>4294967297</vcpu>"), "is not a number from 1"},
	{IN("<vcpu>99999999999999999999</vcpu>"), "is not a number from 1"},
	{IN("<vcpu>300</vcpu>"), "nr_vcpus"},
	{IN("<vcpu current='3'>2</vcpu>"), "<vcpu current>"},
	{IN("<vcpu cpuset=''>2</vcpu>"), "<vcpu cpuset> of the domain: '' is not a list"},
	{IN("<vcpu cpuset='1,'>2</vcpu>"), "'1,' is not a list"},
	{IN("<vcpu cpuset=',1'>2</vcpu>"), "',1' is not a list"},
	{IN("<vcpu cpuset='1,,2'>2</vcpu>"), "is not a list"},
	{IN("<vcpu cpuset='3-1'>2</vcpu>"), "is not a list"},
	{IN("<vcpu cpuset='1-3-5'>2</vcpu>"), "is not a list"},
	{IN("<vcpu cpuset='1-'>2</vcpu>"), "is not a list"},
	{IN("<vcpu cpuset='^1'>2</vcpu>"), "is not a list"},
	{IN("<vcpu cpuset='0-99999'>2</vcpu>"), "is not a list of numbers below 8192"},
	{IN("<vcpu cpuset='&#27;[2J'>2</vcpu>"), "malformed"},
	{IN("<vcpu cpuset='&#155;2J'>2</vcpu>"), "'\\u009b2J' is not a list"},
	{IN("<cputune><vcpupin vcpu='0'/></cputune>"), "<vcpupin cpuset>"},
	{IN("<cputune><vcpupin vcpu='-1' cpuset='1'/></cputune>"), "<vcpupin vcpu>"},
	{IN("<cputune><vcpupin vcpu='0' cpuset='1'/><vcpupin vcpu='0' "
	    "cpuset='2'/></cputune>"),
	 "<vcpupin> of the domain: a thread is pinned twice"},
	{IN("<cputune><vcpusched vcpus='0' scheduler='deadline'/></cputune>"),
	 "none of fifo"},
	{IN("<cputune><vcpusched scheduler='fifo' priority='1'/></cputune>"),
	 "<vcpusched vcpus>"},
	{IN("<cputune><vcpusched vcpus='0' scheduler='fifo' priority='100'/></cputune>"),
	 "<vcpusched priority>"},
	{IN("<cputune><vcpusched vcpus='0' scheduler='idle'/><vcpusched vcpus='0' "
	    "scheduler='idle'/></cputune>"),
	 "two schedulers"},
	{IN("<iothreads>-1</iothreads>"), "<iothreads>"},
	{IN("<iothreads>4294967295</iothreads>"), "<iothreads>"},
	{IN("<iothreadids><iothread/></iothreadids>"), "<iothreadids>"},
	{IN("<iothreadids><iothread id='1'/><iothread id='1'/></iothreadids>"),
	 "<iothreadids>"},
	{IN("<memory>x</memory>"), "<memory> of the domain"},
	{IN("<memory unit='KiB'>-1</memory>"), "<memory> of the domain"},
	{IN("<memory unit='furlong'>1</memory>"), "'furlong' is not a unit"},
	{IN("<memory unit='EiB'>99999</memory>"), "beyond 64 bits"},
	{IN("<numatune><memory nodeset='1024'/></numatune>"), "<memory nodeset>"},
	{IN("<memoryBacking><hugepages><page size='x'/></hugepages></memoryBacking>"),
	 "<page size>"},
	{IN("<cpu><topology sockets='x' cores='1' threads='1'/></cpu>"),
	 "<topology sockets>"},
};

static void test_clear_errors(void **state)
{
	(void)state;
	for (guint i = 0; i < G_N_ELEMENTS(malformed); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(VmConfig) vm =
			domain_read_config(malformed[i].xml, NULL, NULL, NULL, &error);

		if (vm || !strstr(error->message, malformed[i].message))
			fail_msg("%s: %s", malformed[i].xml,
				 vm ? "taken" : error->message);
		for (const char *c = error->message; *c; c++)
			assert_false(g_ascii_iscntrl(*c));
	}
}

static void test_parts_of_domains(void **state)
{
	static const char *const names[] = {
		"kubevirt/pkg_virt-launcher_virtwrap_api_testdata_cpu_pinning.xml",
		"kubevirt/"
		"pkg_virt-launcher_virtwrap_api_testdata_domain_numa_topology.xml",
	};

	(void)state;
	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *xml = domain_file(names[i]);
		g_auto(GStrv) whole = g_strsplit(xml, "`", -1);
		g_autoptr(GError) error = NULL;

		assert_null(domain_read_config(xml, NULL, NULL, NULL, &error));
		assert_non_null(strstr(error->message, "malformed"));
		g_clear_error(&error);
		assert_null(domain_read_config(whole[0], NULL, NULL, NULL, &error));
		assert_non_null(
			strstr(error->message,
			       i == 0 ? "root element is <cputune>" : "has no UUID"));
	}
}

/* Every prefix of a domain: an error, or the same domain as the whole. */
static void test_truncated(void **state)
{
	g_autofree char *xml = domain_file("made/servobox.xml");
	gsize length = strlen(xml);

	(void)state;
	for (gsize n = 0; n < length - 1; n++) {
		g_autofree char *part = g_strndup(xml, n);
		g_autoptr(GError) error = NULL;

		assert_null(domain_read_config(part, NULL, NULL, NULL, &error));
		assert_non_null(error);
	}
}

static void test_too_large(void **state)
{
	g_autofree char *blanks = g_strnfill(5 << 20, ' ');
	g_autofree char *xml = g_strconcat(HEAD, blanks, "</domain>", NULL);
	g_autoptr(GError) error = NULL;

	(void)state;
	assert_null(domain_read_config(xml, NULL, NULL, NULL, &error));
	assert_non_null(strstr(error->message, "libvirt takes no more than 4194304"));
}

static char *repeated(const char *head, const char *element, guint n, const char *tail)
{
	GString *text = g_string_new(head);

	for (guint i = 0; i < n; i++)
		g_string_append_printf(text, "%s", element);
	g_string_append(text, tail);
	return g_string_free(text, FALSE);
}

/* CPU time, which a busy machine does not change much. */
static double cpu_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static const struct {
	const char *head, *element, *tail;
} long_lists[] = {
	{HEAD "<vcpu>255</vcpu><cputune>", "<vcpupin vcpu='999' cpuset='0-8191'/>",
	 "</cputune></domain>"},
	{HEAD "<cputune>", "<iothreadpin iothread='8000' cpuset='1'/>",
	 "</cputune></domain>"},
	{HEAD "<devices>", "<disk><source file='/a'/></disk>", "</devices></domain>"},
	{HEAD "<devices>", "<hostdev type='pci'><source><address/></source></hostdev>",
	 "</devices></domain>"},
	{HEAD "<clock offset='utc'>", "<timer name='rtc'/>", "</clock></domain>"},
	{HEAD "<vcpu cpuset='1", ",1", "'/></domain>"},
	{HEAD, "<a/>", "</domain>"},
};

/* Reads, applies and compares; whether it is refused or taken is not the point. */
static double work(const char *xml, const Topology *machine)
{
	g_autofree char *plain = domain_file("made/plain.xml");
	g_autoptr(VmConfig) vm = domain_config(plain, machine, NULL);
	g_autoptr(VmConfig) read = NULL;
	g_autofree char *applied = NULL;
	g_autoptr(GPtrArray) unfit = NULL;
	double start = cpu_seconds();
	gboolean same;

	domain_set(vm, "rt", "on");
	domain_set(vm, "cpuset", "0-4");
	domain_set(vm, "pci", "0000:03:00.0");
	read = domain_read_config(xml, machine, NULL, NULL, NULL);
	applied = domain_applied(xml, vm, machine, NULL, NULL);
	unfit = domain_unfit(xml, NULL);
	domain_same(xml, applied ? applied : xml, &same, NULL);
	return cpu_seconds() - start;
}

/* Eight times the input takes far less than 64 times as long. */
static void test_nothing_is_quadratic(void **state)
{
	g_autoptr(Topology) machine = domain_machine();

	(void)state;
	for (guint i = 0; i < G_N_ELEMENTS(long_lists); i++) {
		guint n = MIN(100000,
			      (4u << 20) / (guint)strlen(long_lists[i].element) - 100);
		g_autofree char *large = repeated(
			long_lists[i].head, long_lists[i].element, n, long_lists[i].tail);
		g_autofree char *small = repeated(long_lists[i].head,
						  long_lists[i].element, n / 8,
						  long_lists[i].tail);
		double less = work(small, machine), more = work(large, machine);

		print_message("# %s: %.3f s, %.3f s\n", long_lists[i].element, less,
			      more);
		/* Below that a clock says little. */
		assert_true(more < 32 * MAX(less, 0.01));
	}
}

static void test_deep(void **state)
{
	g_autofree char *open = repeated("", "<a>", 100000, "");
	g_autofree char *xml = g_strconcat(HEAD, open, NULL);
	g_autoptr(GError) error = NULL;

	(void)state;
	assert_null(domain_read_config(xml, NULL, NULL, NULL, &error));
	assert_non_null(strstr(error->message, "malformed"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clear_errors),
		cmocka_unit_test(test_parts_of_domains),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_nothing_is_quadratic),
		cmocka_unit_test(test_deep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
