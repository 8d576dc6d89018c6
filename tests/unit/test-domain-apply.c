/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each attribute changes in a domain: exactly its elements. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "domain-fixture.h"

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

static void set_pairs(VmConfig *vm, const char *const *pairs, guint n)
{
	for (guint i = 0; i + 1 < n && pairs[i]; i += 2)
		domain_set(vm, pairs[i], pairs[i + 1]);
}

/* The lines of a unified diff that differ, each with its sign and without indentation. */
static char *changes(const char *before, const char *after)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *diff = domain_diff(before, after, "vm", &error);
	g_auto(GStrv) lines = NULL;
	GString *text = g_string_new(NULL);

	assert_null(error);
	lines = g_strsplit(diff, "\n", -1);
	for (guint i = 2; lines[0] && lines[1] && lines[i]; i++)
		if (*lines[i] == '+' || *lines[i] == '-') {
			char sign = *lines[i];

			g_string_append_printf(text, "%c %s\n", sign,
					       g_strstrip(lines[i] + 1));
		}
	return g_string_free(text, FALSE);
}

#define PINS_0_4 "- <vcpu placement=\"static\">4</vcpu>\n" PINS
#define PINS                                                                             \
	"+ <vcpu placement=\"static\" cpuset=\"0\">4</vcpu>\n"                           \
	"+ <cputune>\n"                                                                  \
	"+ <vcpupin vcpu=\"0\" cpuset=\"1\"/>\n"                                         \
	"+ <vcpupin vcpu=\"1\" cpuset=\"2\"/>\n"                                         \
	"+ <vcpupin vcpu=\"2\" cpuset=\"3\"/>\n"                                         \
	"+ <vcpupin vcpu=\"3\" cpuset=\"4\"/>\n"                                         \
	"+ <emulatorpin cpuset=\"0\"/>\n"
#define NODE_0                                                                           \
	"+ <numatune>\n"                                                                 \
	"+ <memory mode=\"strict\" nodeset=\"0\"/>\n"                                    \
	"+ </numatune>\n"

/* On made/plain.xml. */
static const struct {
	const char *pairs[8];
	const char *changes;
} flips[] = {
	{{"name", "other"}, "- <name>plain</name>\n+ <name>other</name>\n"},
	{{"title", "T <1>"}, "+ <title>T &lt;1&gt;</title>\n"},
	{{"description", "a"}, "+ <description>a</description>\n"},
	{{"autostart", "no"}, ""},
	{{"nr_vcpus", "2"},
	 "- <vcpu placement=\"static\">4</vcpu>\n+ <vcpu placement=\"static\">2</vcpu>\n"
	 "- <topology sockets=\"1\" dies=\"1\" cores=\"4\" threads=\"1\"/>\n"
	 "+ <topology sockets=\"1\" dies=\"1\" cores=\"2\" threads=\"1\"/>\n"},
	{{"cpu_topology", "2, 1, 2"},
	 "- <topology sockets=\"1\" dies=\"1\" cores=\"4\" threads=\"1\"/>\n"
	 "+ <topology sockets=\"2\" dies=\"1\" cores=\"1\" threads=\"2\"/>\n"},
	{{"cpu_topology", "1,4,1"}, ""},
	{{"cpuset", "0-4"}, PINS_0_4 "+ </cputune>\n" NODE_0},
	{{"cpuset", "0-4", "numatune", ""}, PINS_0_4 "+ </cputune>\n"},
	{{"numatune", "1"}, ""},
	{{"rt_memory", "on"}, "+ <memoryBacking>\n+ <locked/>\n+ </memoryBacking>\n"},
	{{"hide_kvm", "1"}, "+ <kvm>\n+ <hidden state=\"on\"/>\n+ </kvm>\n"},
	{{"hugepages", "default"},
	 "+ <memoryBacking>\n+ <hugepages/>\n+ </memoryBacking>\n"},
	{{"hugepages", "2M"},
	 "+ <memoryBacking>\n+ <hugepages>\n+ <page size=\"2048\" unit=\"KiB\"/>\n"
	 "+ </hugepages>\n+ </memoryBacking>\n"},
	{{"hugepages", "no"}, ""},
	{{"iothreads", "2"},
	 "+ <iothreads>2</iothreads>\n"
	 "- <driver name=\"qemu\" type=\"qcow2\"/>\n"
	 "+ <driver name=\"qemu\" type=\"qcow2\" iothread=\"1\"/>\n"},
	{{"iothreads", "auto"}, ""},
	{{"vcpu_priority", "50"}, ""},
	{{"guest_housekeeping", "0-1"}, ""},
	{{"emulator_priority", "40"},
	 "+ <cputune>\n+ <emulatorsched scheduler=\"fifo\" priority=\"40\"/>\n+ "
	 "</cputune>\n"},
	{{"kernel", "/k", "initrd", "/i", "cmdline", "a \"b\""},
	 "+ <kernel>/k</kernel>\n+ <initrd>/i</initrd>\n+ <cmdline>a \"b\"</cmdline>\n"},
	{{"pci", "0000:82:00.1"},
	 "+ <hostdev mode=\"subsystem\" type=\"pci\" managed=\"yes\">\n"
	 "+ <driver name=\"vfio\"/>\n+ <source>\n"
	 "+ <address domain=\"0x0000\" bus=\"0x82\" slot=\"0x00\" function=\"0x1\"/>\n"
	 "+ </source>\n+ </hostdev>\n"},
	{{"disk", "/var/lib/libvirt/images/plain.qcow2, /dev/sdx"},
	 "+ <disk type=\"block\" device=\"disk\">\n"
	 "+ <driver name=\"qemu\" type=\"raw\" cache=\"none\" io=\"native\"/>\n"
	 "+ <source dev=\"/dev/sdx\"/>\n+ <target dev=\"vdb\" bus=\"virtio\"/>\n+ "
	 "</disk>\n"},
	{{"memory", "1G"},
	 "- <memory unit=\"KiB\">4194304</memory>\n"
	 "- <currentMemory unit=\"KiB\">4194304</currentMemory>\n"
	 "+ <memory unit=\"MiB\">1024</memory>\n"
	 "+ <currentMemory unit=\"MiB\">1024</currentMemory>\n"},
	{{"memory", "4096M"}, ""},
	/* Each setting of domain_apply_rt.c; the clock of the fixture has hpet and pit.
	 */
	{{"rt", "True", "cpuset", "0-4", "numatune", ""},
	 "- <vcpu placement=\"static\">4</vcpu>\n"
	 "+ <memoryBacking>\n+ <nosharepages/>\n+ <locked/>\n+ </memoryBacking>\n" PINS
	 "+ <vcpusched vcpus=\"1-3\" scheduler=\"fifo\" priority=\"80\"/>\n+ </cputune>\n"
	 "+ <kvm>\n+ <hint-dedicated state=\"on\"/>\n+ </kvm>\n+ <pmu state=\"off\"/>\n"
	 "- <cpu mode=\"host-model\" check=\"partial\">\n"
	 "+ <cpu mode=\"host-passthrough\" check=\"none\" migratable=\"off\">\n"
	 "+ <cache mode=\"passthrough\"/>\n"
	 "+ <timer name=\"kvmclock\" present=\"yes\"/>\n"
	 "+ <timer name=\"tsc\" mode=\"native\"/>\n"
	 "- <driver name=\"qemu\" type=\"qcow2\"/>\n"
	 "+ <driver name=\"qemu\" type=\"qcow2\" cache=\"none\" io=\"native\"/>\n"
	 "- <memballoon model=\"virtio\">\n"
	 "- <address type=\"pci\" domain=\"0x0000\" bus=\"0x05\" slot=\"0x00\" "
	 "function=\"0x0\"/>\n- </memballoon>\n+ <memballoon model=\"none\"/>\n"},
};

static void test_each_attribute_changes_its_element(void **state)
{
	g_autofree char *xml = domain_file("made/plain.xml");

	(void)state;
	for (guint i = 0; i < G_N_ELEMENTS(flips); i++) {
		g_autoptr(VmConfig) vm = domain_config(xml, machine, NULL);
		g_autofree char *applied = NULL;
		g_autofree char *found = NULL;

		set_pairs(vm, flips[i].pairs, G_N_ELEMENTS(flips[i].pairs));
		applied = domain_applied(xml, vm, machine, NULL, NULL);
		assert_non_null(applied);
		found = changes(xml, applied);
		if (strcmp(found, flips[i].changes) != 0)
			print_error("%s\n", flips[i].pairs[0]);
		assert_string_equal(found, flips[i].changes);
	}
}

/* Turned off again, only what is lathe's alone goes: FIFO and the lock; by the
 * configuration also the pins. */
static void test_rt_off_takes_little_away(void **state)
{
	g_autofree char *xml = domain_file("made/servobox.xml");
	g_autoptr(VmConfig) vm = domain_config(xml, machine, NULL);
	g_autofree char *off = NULL;
	g_autofree char *unbound = NULL;
	g_autofree char *found = NULL;

	(void)state;
	domain_set(vm, "rt", "off");
	domain_set(vm, "emulator_priority", "auto");
	off = domain_applied(xml, vm, machine, NULL, NULL);
	found = changes(xml, off);
	assert_string_equal(
		found, "- <locked/>\n"
		       "- <vcpusched vcpus=\"1\" scheduler=\"fifo\" priority=\"80\"/>\n"
		       "- <vcpusched vcpus=\"2\" scheduler=\"fifo\" priority=\"80\"/>\n"
		       "- <vcpusched vcpus=\"3\" scheduler=\"fifo\" priority=\"80\"/>\n"
		       "- <emulatorsched scheduler=\"fifo\" priority=\"70\"/>\n"
		       "- <iothreadsched iothreads=\"1\" scheduler=\"fifo\" "
		       "priority=\"70\"/>\n");
	domain_set(vm, "cpuset", "");
	unbound = domain_applied(off, vm, machine, NULL, NULL);
	g_free(found);
	found = changes(off, unbound);
	assert_string_equal(found,
			    "- <cputune>\n- <vcpupin vcpu=\"0\" cpuset=\"1\"/>\n"
			    "- <vcpupin vcpu=\"1\" cpuset=\"2\"/>\n"
			    "- <vcpupin vcpu=\"2\" cpuset=\"3\"/>\n"
			    "- <vcpupin vcpu=\"3\" cpuset=\"4\"/>\n"
			    "- <emulatorpin cpuset=\"0\"/>\n"
			    "- <iothreadpin iothread=\"1\" cpuset=\"0\"/>\n- </cputune>\n"
			    "- <numatune>\n- <memory mode=\"strict\" nodeset=\"0\"/>\n"
			    "- </numatune>\n");
}

/* An emulated guest's CPU, clock and features stay; a shared CPU is not called dedicated.
 */
static void test_emulated_keeps_its_cpu(void **state)
{
	g_autofree char *kvm = domain_file("made/plain.xml");
	g_auto(GStrv) parts = g_strsplit(kvm, "type='kvm'", 2);
	g_autofree char *xml = g_strjoinv("type='qemu'", parts);
	g_autoptr(VmConfig) vm = domain_config(xml, machine, NULL);
	g_autofree char *emulated = NULL;
	g_autofree char *shared = NULL;

	(void)state;
	domain_set(vm, "rt", "on");
	domain_set(vm, "cpuset", "0-2");
	emulated = domain_applied(xml, vm, machine, NULL, NULL);
	assert_non_null(strstr(emulated, "<cpu mode=\"host-model\" check=\"partial\">"));
	assert_null(strstr(emulated, "pmu"));
	assert_null(strstr(emulated, "kvmclock"));
	assert_non_null(strstr(emulated, "<memballoon model=\"none\"/>"));
	shared = domain_applied(kvm, vm, machine, NULL, NULL);
	assert_null(strstr(shared, "hint-dedicated"));
}

/* libvirt's QEMU driver refuses these beside huge pages. */
static void test_hugepages_need_room(void **state)
{
	g_autofree char *plain = domain_file("made/plain.xml");
	g_auto(GStrv) halves = g_strsplit(plain, "<vcpu", 2);
	g_autofree char *xml =
		g_strconcat(halves[0],
			    "<memoryBacking><source type='anonymous'/>"
			    "<allocation mode='ondemand'/></memoryBacking>\n<vcpu",
			    halves[1], NULL);
	g_autoptr(VmConfig) vm = domain_config(xml, machine, NULL);
	g_autofree char *applied = NULL;
	g_autofree char *found = NULL;

	(void)state;
	domain_set(vm, "hugepages", "default");
	applied = domain_applied(xml, vm, machine, NULL, NULL);
	found = changes(xml, applied);
	assert_string_equal(found, "- <source type=\"anonymous\"/>\n"
				   "- <allocation mode=\"ondemand\"/>\n+ <hugepages/>\n"
				   "+ <allocation mode=\"immediate\"/>\n");
	assert_true(domain_is_valid(applied));
}

static const DomainCache cache = {.level = 3, .way_bytes = 1 << 20, .ids = {.bits = {3}}};

static void test_cache_and_bandwidth(void **state)
{
	g_autofree char *xml = domain_file("made/plain.xml");
	g_autoptr(VmConfig) vm = domain_config(xml, machine, NULL);
	g_autoptr(GError) error = NULL;
	g_autofree char *applied = NULL;
	g_autofree char *again = NULL;
	g_autofree char *found = NULL;
	g_autofree char *bare = NULL;
	g_autoptr(VmConfig) back = NULL;

	(void)state;
	domain_set(vm, "rt", "on");
	domain_set(vm, "cpuset", "0-4");
	bare = domain_applied(xml, vm, machine, &cache, NULL);
	domain_set(vm, "cache_ways", "4");
	domain_set(vm, "memory_bandwidth", "30");
	assert_null(domain_applied(xml, vm, machine, NULL, &error));
	assert_non_null(strstr(error->message, "cache_ways is given, and nobody knows"));
	applied = domain_applied(xml, vm, machine, &cache, NULL);
	found = changes(bare, applied);
	assert_string_equal(found, "+ <cachetune vcpus=\"1-3\">\n"
				   "+ <cache id=\"0\" level=\"3\" type=\"both\" "
				   "size=\"4096\" unit=\"KiB\"/>\n"
				   "+ <cache id=\"1\" level=\"3\" type=\"both\" "
				   "size=\"4096\" unit=\"KiB\"/>\n"
				   "+ </cachetune>\n+ <memorytune vcpus=\"1-3\">\n"
				   "+ <node id=\"0\" bandwidth=\"30\"/>\n+ <node "
				   "id=\"1\" bandwidth=\"30\"/>\n"
				   "+ </memorytune>\n");
	assert_true(domain_is_valid(applied));
	again = domain_applied(applied, vm, machine, &cache, NULL);
	assert_string_equal(applied, again);
	back = domain_read_config(applied, machine, &cache, NULL, NULL);
	assert_int_equal(back->cache_ways, 4);
	assert_int_equal(back->memory_bandwidth, 30);
}

/* What would make a domain that libvirt refuses. */
static const struct {
	const char *file;
	const char *pairs[4];
	const char *message;
} refused[] = {
	{"libvirt/qemuxml2argvdata--hugepages-pages.xml",
	 {"nr_vcpus", "5"},
	 "the domain has 4 vCPUs, which it divides into NUMA nodes of the guest's"},
	{"libvirt/qemuxml2argvdata--hugepages-pages.xml",
	 {"memory", "1G"},
	 "divides another size into NUMA nodes of the guest's"},
	{"made/plain.xml", {"cpu_topology", "1, 2, 1"}, "'1, 2, 1' is not of 4 vCPUs"},
	{"made/plain.xml",
	 {"cache_ways", "2"},
	 "nobody knows the machine's last-level caches"},
};

static void test_refuses(void **state)
{
	(void)state;
	for (guint i = 0; i < G_N_ELEMENTS(refused); i++) {
		g_autofree char *xml = domain_file(refused[i].file);
		g_autoptr(VmConfig) vm = domain_config(xml, machine, NULL);
		g_autoptr(GError) error = NULL;

		set_pairs(vm, refused[i].pairs, G_N_ELEMENTS(refused[i].pairs));
		assert_null(domain_applied(xml, vm, machine, NULL, &error));
		assert_non_null(error);
		assert_non_null(strstr(error->message, vm->uuid));
		if (!strstr(error->message, refused[i].message))
			fail_msg("%s", error->message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_attribute_changes_its_element),
		cmocka_unit_test(test_rt_off_takes_little_away),
		cmocka_unit_test(test_emulated_keeps_its_cpu),
		cmocka_unit_test(test_hugepages_need_room),
		cmocka_unit_test(test_cache_and_bandwidth),
		cmocka_unit_test(test_refuses),
	};

	return cmocka_run_group_tests(tests, open_machine, close_machine);
}
