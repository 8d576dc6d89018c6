/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <gio/gio.h>
#include <glib.h>
#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "hand-plan.h"
#include "leftover.h"
#include "proc.h"
#include "tree.h"
#include "vm.h"

static VmSpec spec_of(const Plan *plan, Accel accel)
{
	return (VmSpec){
		.name = "lathe-4711",
		.plan = plan,
		.accel = accel,
		.memory_mib = 512,
		.kernel = "/image/vmlinux",
		.initrd = "/image/initrd",
		.cmdline = "console=ttyS0 isolcpus=1",
		.console_log = "/bundle/console.log",
		.owner_pid = 4711,
		.owner_start_ticks = 99,
	};
}

/* string(expression), newly allocated. */
static char *xpath(const char *xml, const char *expression)
{
	xmlDoc *document = xmlReadMemory(xml, (int)strlen(xml), "domain", NULL, XML_PARSE_NONET);
	xmlXPathContext *context;
	xmlXPathObject *found;
	xmlChar *text;
	char *copy;

	assert_non_null(document);
	context = xmlXPathNewContext(document);
	xmlXPathRegisterNs(context, BAD_CAST "lathe", BAD_CAST LEFTOVER_NAMESPACE);
	found = xmlXPathEvalExpression(BAD_CAST expression, context);
	assert_non_null(found);
	text = xmlXPathCastToString(found);
	copy = g_strdup((char *)text);
	xmlFree(text);
	xmlXPathFreeObject(found);
	xmlXPathFreeContext(context);
	xmlFreeDoc(document);
	return copy;
}

/* libvirt's own schema, through the tool that everybody has beside virsh. */
static void assert_valid(const char *xml)
{
	char *tree = tree_new();
	g_autofree char *file = g_build_filename(tree, "domain.xml", NULL);
	g_autofree char *output = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(GSubprocess) tool = NULL;
	gboolean valid;

	tree_write(tree, "domain.xml", xml);
	tool = g_subprocess_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE,
				&error, "virt-xml-validate", file, "domain", NULL);
	if (!tool)
		fail_msg("libvirt-clients is needed: %s", error->message);
	assert_true(g_subprocess_communicate_utf8(tool, NULL, NULL, &output, NULL, NULL));
	valid = g_subprocess_get_successful(tool);
	if (!valid)
		print_error("%s\n%s\n", output, xml);
	tree_free(tree);
	assert_true(valid);
}

enum { DEMO = 1, FOUR = 2, TCG = 4, KVM = 8, ALL = DEMO | FOUR | TCG | KVM };

static const struct {
	guint where; /* one of DEMO, FOUR (or both), one of TCG, KVM (or both) */
	const char *expression;
	const char *value;
} facts[] = {
	{ALL, "/domain/name", "lathe-4711"},
	{ALL, "/domain/metadata/lathe:run/@pid", "4711"},
	{ALL, "/domain/metadata/lathe:run/@start-ticks", "99"},
	{DEMO | FOUR | TCG, "/domain/@type", "qemu"},
	{DEMO | FOUR | KVM, "/domain/@type", "kvm"},
	{ALL, "concat(/domain/memory, ' ', /domain/memory/@unit)", "512 MiB"},
	{ALL, "count(/domain/memoryBacking/nosharepages)", "1"},
	{ALL, "count(/domain/memoryBacking/locked)", "0"},
	{ALL, "count(/domain/numatune)", "0"},
	{DEMO | TCG | KVM, "/domain/vcpu", "2"},
	{FOUR | TCG | KVM, "/domain/vcpu", "4"},
	{FOUR | TCG | KVM, "/domain/vcpu/@cpuset", "0-1"},
	{ALL, "/domain/iothreads", "1"},
	{DEMO | TCG | KVM, "/domain/cputune/vcpupin[@vcpu=0]/@cpuset", "0"},
	{DEMO | TCG | KVM, "/domain/cputune/vcpupin[@vcpu=1]/@cpuset", "1"},
	{FOUR | TCG | KVM, "count(/domain/cputune/vcpupin)", "4"},
	{FOUR | TCG | KVM, "/domain/cputune/vcpupin[@vcpu=0]/@cpuset", "2"},
	{FOUR | TCG | KVM, "/domain/cputune/vcpupin[@vcpu=3]/@cpuset", "71"},
	{FOUR | TCG | KVM, "/domain/cputune/emulatorpin/@cpuset", "0-1"},
	{FOUR | TCG | KVM, "/domain/cputune/iothreadpin[@iothread=1]/@cpuset", "1"},
	/* FIFO for RT vCPUs only. */
	{DEMO | TCG | KVM, "count(/domain/cputune/vcpusched)", "1"},
	{FOUR | TCG | KVM, "count(/domain/cputune/vcpusched)", "3"},
	{ALL, "count(/domain/cputune/vcpusched[@vcpus=0])", "0"},
	{ALL, "/domain/cputune/vcpusched[@vcpus=1]/@scheduler", "fifo"},
	{ALL, "/domain/cputune/vcpusched[@vcpus=1]/@priority", "80"},
	{ALL, "count(/domain/cputune/emulatorsched|/domain/cputune/iothreadsched)", "0"},
	{ALL, "/domain/os/type/@machine", "q35"},
	{ALL, "/domain/os/kernel", "/image/vmlinux"},
	{ALL, "/domain/os/initrd", "/image/initrd"},
	{ALL, "/domain/os/cmdline", "console=ttyS0 isolcpus=1"},
	{DEMO | FOUR | KVM, "/domain/cpu/@mode", "host-passthrough"},
	{DEMO | FOUR | KVM, "/domain/cpu/@migratable", "off"},
	{DEMO | FOUR | KVM, "/domain/cpu/cache/@mode", "passthrough"},
	{DEMO | FOUR | TCG, "/domain/cpu/@mode", "maximum"},
	{DEMO | FOUR | TCG, "count(/domain/cpu/cache)", "0"},
	{FOUR | TCG | KVM, "/domain/cpu/topology/@cores", "4"},
	{DEMO | FOUR | KVM, "/domain/features/pmu/@state", "off"},
	{DEMO | FOUR | TCG, "count(/domain/features/pmu|/domain/features/kvm)", "0"},
	/* A guest that spins instead of halting would starve what it shares a CPU with. */
	{FOUR | KVM, "/domain/features/kvm/hint-dedicated/@state", "on"},
	{DEMO | KVM, "count(/domain/features/kvm)", "0"},
	{DEMO | FOUR | KVM, "/domain/clock/timer[@name='hpet']/@present", "no"},
	{DEMO | FOUR | KVM, "/domain/clock/timer[@name='kvmclock']/@present", "yes"},
	{DEMO | FOUR | KVM, "/domain/clock/timer[@name='tsc']/@mode", "native"},
	{DEMO | FOUR | TCG, "count(/domain/clock/timer)", "0"},
	{ALL, "concat(/domain/on_poweroff, /domain/on_reboot, /domain/on_crash)",
	 "destroydestroydestroy"},
	{ALL, "/domain/devices/controller[@type='usb']/@model", "none"},
	{ALL, "/domain/devices/memballoon/@model", "none"},
	{ALL, "count(/domain/devices/graphics|/domain/devices/video|/domain/devices/input)", "0"},
	{ALL, "/domain/devices/serial[@type='file']/source/@path", "/bundle/console.log"},
	{ALL, "/domain/devices/serial/source/@append", "off"},
	{ALL, "/domain/devices/controller[@type='virtio-serial']/address/@bus", "0"},
	{ALL, "/domain/devices/channel[@type='unix']/target[@type='virtio']/@name",
	 "org.lathe.agent.0"},
	{ALL, "count(/domain/devices/emulator)", "0"},
};

static void assert_facts(const char *xml, guint plan, guint accel)
{
	for (gsize i = 0; i < G_N_ELEMENTS(facts); i++) {
		g_autofree char *value = NULL;

		if (!(facts[i].where & plan) || !(facts[i].where & accel))
			continue;
		value = xpath(xml, facts[i].expression);
		if (strcmp(value, facts[i].value) != 0)
			fail_msg("%s is '%s', not '%s'", facts[i].expression, value,
				 facts[i].value);
	}
}

static void test_structure(void **state)
{
	static const Accel accels[] = {ACCEL_TCG, ACCEL_KVM};
	g_autoptr(Plan) demo = hand_plan(2, "0-1", "0", "0", TRUE);
	g_autoptr(Plan) four = hand_plan(4, "2,7,8,71", "0-1", "1", FALSE);

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(accels); i++) {
		VmSpec small = spec_of(demo, accels[i]);
		VmSpec large = spec_of(four, accels[i]);
		g_autofree char *small_xml = domain_xml_new(&small, NULL);
		g_autofree char *large_xml = domain_xml_new(&large, NULL);
		guint accel = accels[i] == ACCEL_KVM ? KVM : TCG;

		assert_non_null(small_xml);
		assert_non_null(large_xml);
		assert_facts(small_xml, DEMO, accel);
		assert_facts(large_xml, FOUR, accel);
		assert_valid(small_xml);
		assert_valid(large_xml);
	}
}

static void test_options(void **state)
{
	g_autoptr(Plan) plan = hand_plan(2, "0-1", "0", "0", TRUE);
	VmSpec spec = spec_of(plan, ACCEL_TCG);
	g_autofree char *xml = NULL, *locked = NULL, *emulator = NULL, *nodes = NULL;

	(void)state;
	spec.lock_memory = TRUE;
	cpuset_add(&spec.memory_nodes, 1);
	cpuset_add(&spec.memory_nodes, 3);
	spec.emulator = "/opt/qemu/bin/qemu-system-x86_64";
	xml = domain_xml_new(&spec, NULL);
	assert_non_null(xml);
	locked = xpath(xml, "count(/domain/memoryBacking/locked)");
	emulator = xpath(xml, "/domain/devices/emulator");
	nodes = xpath(xml, "concat(/domain/numatune/memory/@mode, ' ', "
			   "/domain/numatune/memory/@nodeset)");
	assert_string_equal(locked, "1");
	assert_string_equal(nodes, "strict 1,3");
	assert_string_equal(emulator, spec.emulator);
	assert_valid(xml);
}

/* Whatever a path or a command line holds arrives as it is. */
static void test_escaping(void **state)
{
	static const char *const texts[] = {
		"&", "<>", "\"'", "]]>", "&amp;", "<!--", "a  b ", "%s", "\xc3\xbc", "$(x)`y`,,",
	};
	g_autoptr(Plan) plan = hand_plan(2, "0-1", "0", "0", TRUE);

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		VmSpec spec = spec_of(plan, ACCEL_TCG);
		g_autofree char *path = g_strconcat("/x", texts[i], "/f", NULL);
		g_autofree char *line = g_strconcat("a=", texts[i], NULL);
		g_autofree char *xml = NULL, *kernel = NULL, *initrd = NULL, *cmdline = NULL,
				*console = NULL;

		spec.kernel = spec.initrd = spec.console_log = path;
		spec.cmdline = line;
		xml = domain_xml_new(&spec, NULL);
		assert_non_null(xml);
		kernel = xpath(xml, "/domain/os/kernel");
		initrd = xpath(xml, "/domain/os/initrd");
		cmdline = xpath(xml, "/domain/os/cmdline");
		console = xpath(xml, "/domain/devices/serial/source/@path");
		assert_string_equal(kernel, path);
		assert_string_equal(initrd, path);
		assert_string_equal(console, path);
		assert_string_equal(cmdline, line);
		assert_valid(xml);
	}
}

#define LONG_64	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define LONG_512  LONG_64 LONG_64 LONG_64 LONG_64 LONG_64 LONG_64 LONG_64 LONG_64
#define LONG_2048 LONG_512 LONG_512 LONG_512 LONG_512

static const struct {
	const char *name, *kernel, *cmdline, *console; /* NULL: a good one */
	const char *error;
} refused[] = {
	{.cmdline = "a\nb",
	 .error = "the domain's kernel command line holds the control character U+000A"},
	{.cmdline = "a\tb",
	 .error = "the domain's kernel command line holds the control character U+0009"},
	{.cmdline = "a\033[1m",
	 .error = "the domain's kernel command line holds the control character U+001B"},
	{.cmdline = "a\xc2\x85",
	 .error = "the domain's kernel command line holds the control character U+0085"},
	{.cmdline = "a\x7f",
	 .error = "the domain's kernel command line holds the control character U+007F"},
	{.cmdline = "\xef\xbf\xbf",
	 .error = "the domain's kernel command line holds the control character U+FFFF"},
	{.cmdline = "\xff", .error = "the domain's kernel command line is not UTF-8"},
	{.cmdline = "", .error = "the domain's kernel command line is empty"},
	{.cmdline = LONG_2048,
	 .error = "the guest's command line has 2048 bytes; an x86 kernel cuts it off after 2047"},
	{.kernel = "vmlinux", .error = "the domain's kernel 'vmlinux' is not an absolute path"},
	{.kernel = "", .error = "the domain's kernel is empty"},
	{.kernel = "/a\rb", .error = "the domain's kernel holds the control character U+000D"},
	{.console = "/a\001", .error = "the domain's console log holds the control character "
				       "U+0001"},
	{.console = "./log", .error = "the domain's console log './log' is not an absolute path"},
	{.name = "", .error = "the domain's name is empty"},
	{.name = "a/b", .error = "the domain's name 'a/b' is not 1 to 64 letters, digits, '.', "
				 "'_', '-'"},
	{.name = "..", .error = "the domain's name '..' is not 1 to 64 letters, digits, '.', "
				"'_', '-'"},
	{.name = LONG_64 "a", .error = "the domain's name '" LONG_64 "a' is not 1 to 64 letters, "
				       "digits, '.', '_', '-'"},
};

static void test_refused(void **state)
{
	g_autoptr(Plan) plan = hand_plan(2, "0-1", "0", "0", TRUE);

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
		VmSpec spec = spec_of(plan, ACCEL_TCG);
		g_autoptr(GError) error = NULL;

		spec.name = refused[i].name ? refused[i].name : spec.name;
		spec.kernel = refused[i].kernel ? refused[i].kernel : spec.kernel;
		spec.cmdline = refused[i].cmdline ? refused[i].cmdline : spec.cmdline;
		spec.console_log = refused[i].console ? refused[i].console : spec.console_log;
		assert_null(domain_xml_new(&spec, &error));
		assert_non_null(error);
		assert_string_equal(error->message, refused[i].error);
	}
}

static void test_plans_refused(void **state)
{
	g_autoptr(Plan) same_cpu = hand_plan(2, "0-1", "0", "0", TRUE);
	g_autoptr(Plan) no_emulator = hand_plan(2, "0-1", "0", "0", TRUE);
	g_autoptr(GError) error = NULL;
	VmSpec spec = spec_of(same_cpu, ACCEL_TCG);

	(void)state;
	same_cpu->vcpus[0].cpu = 1;
	assert_null(domain_xml_new(&spec, &error));
	assert_non_null(error);
	g_clear_error(&error);
	no_emulator->emulator = (Cpuset){0};
	spec.plan = no_emulator;
	assert_null(domain_xml_new(&spec, &error));
	assert_string_equal(error->message, "the plan has no CPU for QEMU's own threads");
	g_clear_error(&error);
	no_emulator->emulator = no_emulator->housekeeping;
	spec.memory_mib = 0;
	assert_null(domain_xml_new(&spec, &error));
	assert_string_equal(error->message, "the domain has no memory");
}

#define STAT "4711 (lathe) S 1 1 1 0 -1 4194560 1 0 0 0 7 5 0 0 20 -5 2 0 99 1000 100 " \
	     "1844674407370955 1 1 0 0 0 0 0 0 0 0 0 0 -1 3 0 0\n"
#define OWNER(attributes)                                                                    \
	"<domain><name>x</name><metadata><l:run xmlns:l='" LEFTOVER_NAMESPACE "' " attributes \
	"/></metadata></domain>"

static const struct {
	const char *xml;
	const char *stat, *cmdline; /* of process 4711, NULL: none */
	gboolean leftover;
} owners[] = {
	{OWNER("pid='4711' start-ticks='99'"), STAT, "lathe", FALSE},
	/* Gone; its pid in other hands; killed, but not waited for. */
	{OWNER("pid='4711' start-ticks='99'"), NULL, NULL, TRUE},
	{OWNER("pid='4711' start-ticks='98'"), STAT, "lathe", TRUE},
	{OWNER("pid='4711' start-ticks='99'"), STAT, "", TRUE},
	/* What cannot be read is not gone. */
	{OWNER("pid='4711' start-ticks='99'"), "garbage", "lathe", FALSE},
	/* Not ours, or not clearly so. */
	{"<domain><name>x</name></domain>", NULL, NULL, FALSE},
	{"<domain><metadata><run pid='4711' start-ticks='99'/></metadata></domain>", NULL, NULL,
	 FALSE},
	{"<domain><metadata><l:run xmlns:l='urn:x' pid='4711' start-ticks='99'/></metadata>"
	 "</domain>",
	 NULL, NULL, FALSE},
	{OWNER("pid='4711'"), NULL, NULL, FALSE},
	{OWNER("start-ticks='99'"), NULL, NULL, FALSE},
	{OWNER("pid='0' start-ticks='99'"), NULL, NULL, FALSE},
	{OWNER("pid='-1' start-ticks='99'"), NULL, NULL, FALSE},
	{OWNER("pid=' 4711' start-ticks='99'"), NULL, NULL, FALSE},
	{OWNER("pid='99999999999' start-ticks='99'"), NULL, NULL, FALSE},
	{OWNER("pid='4711' start-ticks='99999999999999999999'"), NULL, NULL, FALSE},
	{"", NULL, NULL, FALSE},
	{"<domain", NULL, NULL, FALSE},
	{"not xml", NULL, NULL, FALSE},
};

static void test_leftovers(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(owners); i++) {
		char *tree = tree_new();
		g_autoptr(Root) root = root_open_captured(tree, NULL);
		gboolean leftover;

		if (owners[i].stat)
			tree_write(tree, "proc/4711/stat", owners[i].stat);
		if (owners[i].cmdline)
			tree_write(tree, "proc/4711/cmdline", owners[i].cmdline);
		leftover = domain_xml_is_leftover(owners[i].xml, root);
		tree_free(tree);
		if (leftover != owners[i].leftover)
			fail_msg("row %zu: %s", i, owners[i].xml);
	}
}

/* The XML made here, on the live machine: ours while we live, a leftover when we are not. */
static void test_own_domain(void **state)
{
	g_autoptr(Root) live = root_open_live(NULL);
	g_autoptr(Plan) plan = hand_plan(2, "0-1", "0", "0", TRUE);
	VmSpec spec = spec_of(plan, ACCEL_TCG);
	g_autofree char *ours = NULL, *reused = NULL;

	(void)state;
	spec.owner_pid = getpid();
	assert_true(proc_start_ticks(live, getpid(), &spec.owner_start_ticks, NULL));
	ours = domain_xml_new(&spec, NULL);
	assert_false(domain_xml_is_leftover(ours, live));
	spec.owner_start_ticks++;
	reused = domain_xml_new(&spec, NULL);
	assert_true(domain_xml_is_leftover(reused, live));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_structure),     cmocka_unit_test(test_options),
		cmocka_unit_test(test_escaping),      cmocka_unit_test(test_refused),
		cmocka_unit_test(test_plans_refused), cmocka_unit_test(test_leftovers),
		cmocka_unit_test(test_own_domain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
