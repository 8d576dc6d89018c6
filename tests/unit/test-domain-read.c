/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a domain's elements become in the configuration, and what is said of the rest. */
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

#define UUID "4c5b8f5e-9b3a-4a50-8f0e-0f6f4f9a1c11"

static char *domain_of(const char *inner)
{
	return g_strdup_printf("<domain type='kvm'><name>a</name><uuid>" UUID
			       "</uuid>%s</domain>",
			       inner);
}

#define PIN(v, c)    "<vcpupin vcpu='" #v "' cpuset='" c "'/>"
#define EMU(c)       "<emulatorpin cpuset='" c "'/>"
#define TUNE(n, ...) "<vcpu>" #n "</vcpu><cputune>" __VA_ARGS__ "</cputune>"
#define FIFO(v, p)   "<vcpusched vcpus='" v "' scheduler='fifo' priority='" p "'/>"
#define ODD          "not bound as a cpuset binds them"

/* value NULL: the key is not given; note "": none at all, NULL: whatever there is. */
static const struct {
	const char *inner;
	VmKey key;
	const char *value, *note;
} cases[] = {
	{"", VM_KEY_NR_VCPUS, "1", ""},
	{"", VM_KEY_CPU_TOPOLOGY, NULL, ""},
	{"<title> T &amp; x </title>", VM_KEY_TITLE, "T & x", ""},
	{"<description>\n  one\n\n   two  \n</description>", VM_KEY_DESCRIPTION,
	 "one\n\ntwo", ""},
	{"<vcpu>\n 4 </vcpu>", VM_KEY_NR_VCPUS, "4", ""},
	{"<vcpu current='2'>4</vcpu>", VM_KEY_NR_VCPUS, "4",
	 "only 2 of the domain's 4 vCPUs"},
	/* libvirt without a topology: n sockets. */
	{"<vcpu>4</vcpu>", VM_KEY_CPU_TOPOLOGY, "4, 1, 1", ""},
	{"<vcpu>4</vcpu><cpu><topology sockets='1' cores='4' threads='1'/></cpu>",
	 VM_KEY_CPU_TOPOLOGY, NULL, ""},
	{"<vcpu>4</vcpu><cpu><topology sockets='1' dies='2' cores='1' "
	 "threads='2'/></cpu>",
	 VM_KEY_CPU_TOPOLOGY, "1, 2, 2", "2 dies in a socket"},
	{"<vcpu>4</vcpu><cpu><topology sockets='3' cores='1' threads='1'/></cpu>",
	 VM_KEY_CPU_TOPOLOGY, NULL, "not of its 4 vCPUs"},
	/* Pins. */
	{"<vcpu>2</vcpu>", VM_KEY_CPUSET, NULL, ""},
	{TUNE(2, PIN(0, "3") PIN(1, "4") EMU("2")), VM_KEY_CPUSET, "2-4", ""},
	{TUNE(2, PIN(0, "3,5") PIN(1, "4") EMU("2")), VM_KEY_CPUSET, "2-5", ""},
	{TUNE(3, PIN(0, "3") PIN(1, "4") PIN(2, "3") EMU("2")), VM_KEY_CPUSET, "2-4", ""},
	{TUNE(2, PIN(0, "7") PIN(1, "7") EMU("7")), VM_KEY_CPUSET, "7", ""},
	{TUNE(2, PIN(1, "4") PIN(0, "3") EMU("^2,2") PIN(9, "15")), VM_KEY_CPUSET, "2-4",
	 ""},
	{"<vcpu cpuset='2'>2</vcpu><cputune>" PIN(0, "3") PIN(1, "4") "</cputune>",
	 VM_KEY_CPUSET, "2-4", ""},
	{TUNE(2, PIN(0, "1") PIN(1, "2") EMU("3")), VM_KEY_CPUSET, "1-3", ODD},
	{TUNE(2, PIN(0, "4") PIN(1, "3") EMU("2")), VM_KEY_CPUSET, "2-4",
	 "they stay where they are"},
	{TUNE(2, PIN(0, "3") PIN(1, "4")), VM_KEY_CPUSET, "3-4",
	 "a synchronisation binds them"},
	{TUNE(2, PIN(0, "3")), VM_KEY_CPUSET, "3", "a synchronisation binds them"},
	{"<vcpu cpuset='2-5,^3'>2</vcpu>", VM_KEY_CPUSET, "2,4-5",
	 "they stay where they are"},
	{"<vcpu placement='auto' cpuset='2-5'>2</vcpu>", VM_KEY_CPUSET, NULL, "numad"},
	{TUNE(2, EMU("2")), VM_KEY_CPUSET, NULL, "QEMU's own threads are bound"},
	{"<iothreads>1</iothreads>" TUNE(2, PIN(0, "3") PIN(1, "4") EMU("2")),
	 VM_KEY_CPUSET, "2-4", ODD},
	/* Schedulers. */
	{TUNE(2, FIFO("1", "80")), VM_KEY_RT, "True", ""},
	{TUNE(2, FIFO("1", "80")), VM_KEY_GUEST_HOUSEKEEPING, NULL, ""},
	{TUNE(2, FIFO("1", "80")), VM_KEY_VCPU_PRIORITY, NULL, ""},
	{TUNE(2, FIFO("0-1", "80")), VM_KEY_GUEST_HOUSEKEEPING, "", ""},
	{TUNE(4, FIFO("0-3,^2", "7")), VM_KEY_GUEST_HOUSEKEEPING, "2", ""},
	{TUNE(4, FIFO("0-3,^2", "7")), VM_KEY_VCPU_PRIORITY, "7", ""},
	{TUNE(4, FIFO("1", "7") FIFO("2", "9")), VM_KEY_VCPU_PRIORITY, "9",
	 "priorities differ"},
	{TUNE(1, FIFO("0", "0")), VM_KEY_VCPU_PRIORITY, NULL, "priority is 0"},
	{TUNE(1, FIFO("0", "99")), VM_KEY_VCPU_PRIORITY, NULL,
	 "vcpu_priority cannot hold"},
	{TUNE(1, FIFO("3", "80")), VM_KEY_RT, NULL, ""},
	{TUNE(1, "<vcpusched vcpus='0' scheduler='rr' priority='5'/>"),
	 VM_KEY_VCPU_PRIORITY, "5", "SCHED_RR"},
	{TUNE(1, "<vcpusched vcpus='0' scheduler='batch'/>"), VM_KEY_RT, NULL, ""},
	{TUNE(1, "<emulatorsched scheduler='fifo' priority='70'/>"),
	 VM_KEY_EMULATOR_PRIORITY, "70", ""},
	{"<iothreads>1</iothreads>" TUNE(
		 1, "<emulatorsched scheduler='fifo' priority='70'/>"),
	 VM_KEY_EMULATOR_PRIORITY, "70", "scheduled differently"},
	{"<iothreads>3</iothreads>", VM_KEY_IOTHREADS, "3", ""},
	{"<iothreadids><iothread id='9'/></iothreadids>", VM_KEY_IOTHREADS, "1", ""},
	{"<iothreads>0</iothreads>", VM_KEY_IOTHREADS, NULL, ""},
	/* Memory. */
	{"<memory unit='G'>2</memory>", VM_KEY_MEMORY, "2G", ""},
	{"<memory>1048576</memory>", VM_KEY_MEMORY, "1G", ""},
	{"<memory unit='bytes'>1073741823</memory>", VM_KEY_MEMORY, "1G", ""},
	{"<memory unit='MB'>1</memory>", VM_KEY_MEMORY, NULL,
	 "not a whole number of MiB"},
	{"<memory unit='EiB'>15</memory>", VM_KEY_MEMORY, NULL, "memory cannot hold"},
	{"<memory unit='GiB'>2</memory><currentMemory unit='GiB'>1</currentMemory>",
	 VM_KEY_MEMORY, "2G", "balloon"},
	{"<memoryBacking><locked/></memoryBacking>", VM_KEY_RT_MEMORY, "True", ""},
	{"<memoryBacking><locked/></memoryBacking>" TUNE(1, FIFO("0", "80")),
	 VM_KEY_RT_MEMORY, NULL, ""},
	{TUNE(1, FIFO("0", "80")), VM_KEY_RT_MEMORY, "False", ""},
	{"<memoryBacking><hugepages/></memoryBacking>", VM_KEY_HUGEPAGES, "default", ""},
	{"<memoryBacking><hugepages><page size='1' "
	 "unit='G'/></hugepages></memoryBacking>",
	 VM_KEY_HUGEPAGES, "1G", ""},
	{"<memoryBacking><hugepages><page size='2048'/></hugepages></memoryBacking>",
	 VM_KEY_HUGEPAGES, "2M", ""},
	{"<memoryBacking><hugepages><page size='2048' "
	 "nodeset='0'/></hugepages></memoryBacking>",
	 VM_KEY_HUGEPAGES, NULL, "huge pages are chosen"},
	{"<numatune><memory nodeset='1'/></numatune>", VM_KEY_NUMATUNE, "1",
	 "without a cpuset"},
	{"<numatune><memory nodeset='0'/></numatune>" TUNE(1, PIN(0, "3") EMU("2")),
	 VM_KEY_NUMATUNE, NULL, ""},
	{"<numatune><memory nodeset='0-1'/></numatune>" TUNE(1, PIN(0, "3") EMU("2")),
	 VM_KEY_NUMATUNE, "0-1", ""},
	{TUNE(1, PIN(0, "3") EMU("2")), VM_KEY_NUMATUNE, "", ""},
	{"<numatune><memory mode='interleave' nodeset='0'/></numatune>" TUNE(
		 1, PIN(0, "3") EMU("2")),
	 VM_KEY_NUMATUNE, NULL, "not taken strictly"},
	{"<features><kvm><hidden state='on'/></kvm></features>", VM_KEY_HIDE_KVM, "True",
	 ""},
	{"<features><kvm><hidden state='off'/></kvm></features>", VM_KEY_HIDE_KVM, NULL,
	 ""},
	/* Devices. */
	{"<os><kernel> /k </kernel><cmdline>a b</cmdline></os>", VM_KEY_KERNEL, "/k", ""},
	{"<os><kernel>relative</kernel></os>", VM_KEY_KERNEL, NULL, "kernel cannot hold"},
	{"<devices><disk><source file='/a'/></disk><disk type='block'><source "
	 "dev='/dev/b'/></disk>"
	 "</devices>",
	 VM_KEY_DISK, "/a, /dev/b", ""},
	{"<devices><disk><source file='/a,b'/></disk></devices>", VM_KEY_DISK, NULL,
	 "comma"},
	{"<devices><disk type='network'><source name='x'/></disk></devices>", VM_KEY_DISK,
	 NULL, "disks that no key names"},
	{"<devices><hostdev type='pci' mode='subsystem'><source><address domain='0' "
	 "bus='0x82' "
	 "slot='31' function='7'/></source></hostdev><hostdev type='usb'/></devices>",
	 VM_KEY_PCI, "0000:82:1f.7", ""},
	{"<devices><interface type='hostdev'/></devices>", VM_KEY_PCI, NULL,
	 "<interface"},
	/* Another namespace is another element. */
	{"<vcpu xmlns='urn:x'>9</vcpu>", VM_KEY_NR_VCPUS, "1", ""},
};

static void check_notes(const GPtrArray *notes, const char *expected, const char *inner)
{
	gboolean found = FALSE;

	for (guint i = 0; expected && i < notes->len; i++)
		found |= strstr(notes->pdata[i], expected) != NULL;
	if (expected && (*expected ? !found : notes->len > 0))
		fail_msg("%s: notes: %s", inner,
			 notes->len ? (char *)notes->pdata[0] : "none");
}

static void test_elements(void **state)
{
	(void)state;
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *xml = domain_of(cases[i].inner);
		g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(g_free);
		g_autoptr(VmConfig) vm = domain_config(xml, machine, notes);
		g_autofree char *value = vm_keys[cases[i].key].format(vm);
		gboolean given = vm_config_given(vm, cases[i].key);

		if (given != (cases[i].value != NULL) && cases[i].key != VM_KEY_NR_VCPUS)
			fail_msg("%s: %s %s", cases[i].inner, vm_keys[cases[i].key].name,
				 value);
		if (cases[i].value)
			assert_string_equal(value, cases[i].value);
		check_notes(notes, cases[i].note, cases[i].inner);
	}
}

/* What is imported can be written and read again. */
static void test_config_takes_what_is_read(void **state)
{
	g_autoptr(GPtrArray) names = domain_files();

	(void)state;
	for (guint i = 0; i < names->len; i++) {
		g_autofree char *xml = domain_file(names->pdata[i]);
		g_autoptr(VmConfig) vm = domain_config(xml, machine, NULL);
		g_autofree char *text = vm_config_format(vm);
		g_autoptr(GError) error = NULL;
		g_autoptr(VmConfigs)
			back = vm_configs_parse(text, strlen(text), "vms", &error);

		assert_null(error);
		for (VmKey key = 0; key < VM_KEYS; key++)
			if (!vm_config_same(vm, back->vms->pdata[0], key))
				fail_msg("%s: %s", (char *)names->pdata[i],
					 vm_keys[key].name);
	}
}

static void test_facts(void **state)
{
	g_autofree char *windows = domain_file("made/everything.xml");
	g_autofree char *pages =
		domain_file("libvirt/qemuxml2argvdata--hugepages-pages.xml");
	VmDomainFacts facts = {0};

	(void)state;
	assert_true(domain_read_facts(windows, &facts, NULL));
	assert_true(facts.known && facts.windows);
	/* 8 GB of 1000. */
	assert_int_equal(facts.memory_mib, 7630);
	assert_int_equal(facts.hugepages_kib, VM_HUGEPAGES_NONE);
	assert_true(domain_read_facts(pages, &facts, NULL));
	assert_false(facts.windows);
	assert_int_equal(facts.memory_mib, 4096);
	assert_int_equal(facts.hugepages_kib, 2048);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_elements),
		cmocka_unit_test(test_config_takes_what_is_read),
		cmocka_unit_test(test_facts),
	};

	return cmocka_run_group_tests(tests, open_machine, close_machine);
}
