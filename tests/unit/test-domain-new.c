/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Domains that libvirt does not have yet; what is the same, what differs, what is not
 * fit. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "domain-fixture.h"

#define UUID "4c5b8f5e-9b3a-4a50-8f0e-0f6f4f9a1c11"

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

static VmConfig *config(const char *const *pairs)
{
	VmConfig *vm = vm_config_new(UUID);

	domain_set(vm, "name", "fresh");
	for (guint i = 0; pairs[i]; i += 2)
		domain_set(vm, pairs[i], pairs[i + 1]);
	return vm;
}

static char *made(const VmConfig *vm, gboolean kvm, GError **error)
{
	VmConfigs configs = {.vms = g_ptr_array_new()};
	GPtrArray *layouts;
	char *xml;

	g_ptr_array_add(configs.vms, (gpointer)vm);
	layouts = vm_layouts_new(&configs, machine, FALSE);
	xml = domain_new(layouts->pdata[0], kvm, NULL, error);
	g_ptr_array_unref(layouts);
	g_ptr_array_unref(configs.vms);
	return xml;
}

static const char *const fresh[][24] = {
	{"memory", "512M", "kernel", "/k"},
	{"memory", "512M", "disk", "/images/a.qcow2"},
	{"memory", "8G", "nr_vcpus", "4", "cpuset", "8-12", "rt", "True", "hugepages",
	 "1G", "disk", "/images/a.qcow2, /images/b.img, /dev/vg/c", "title", "Fresh",
	 "description", "a\nb"},
	{"memory",    "1G",
	 "nr_vcpus",  "2",
	 "cpuset",    "1-3",
	 "rt",        "True",
	 "kernel",    "/boot/k",
	 "initrd",    "/boot/i",
	 "cmdline",   "console=ttyS0 a=\"<b>\"",
	 "iothreads", "2",
	 "disk",      "/a,/b,/c",
	 "pci",       "0000:03:00.0"},
	{"memory", "1G", "disk", "/a", "iothreads", "0", "hide_kvm", "on"},
};

/* Valid for libvirt, taken by it, finished (nothing is left to apply) and read as it was
 * meant. */
static void test_new_domains(void **state)
{
	(void)state;
	for (guint i = 0; i < 2 * G_N_ELEMENTS(fresh); i++) {
		g_autoptr(VmConfig) vm = config(fresh[i / 2]);
		g_autoptr(GError) error = NULL;
		g_autofree char *xml = made(vm, i % 2, &error);
		g_autofree char *again = NULL;
		g_autofree char *message = NULL;
		g_autofree char *defined = NULL;
		g_autoptr(VmConfig) back = NULL;
		g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(g_free);

		assert_null(error);
		assert_true(domain_is_valid(xml));
		again = domain_applied(xml, vm, machine, NULL, NULL);
		assert_string_equal(xml, again);
		defined = domain_defined(xml, &message);
		if (!defined)
			fail_msg("%s\n%s", message, xml);
		back = domain_config(xml, machine, notes);
		assert_int_equal(notes->len, 0);
		for (guint j = 0; fresh[i / 2][j]; j += 2)
			if (!vm_config_same(vm, back, vm_key_find(fresh[i / 2][j])) &&
			    strcmp(fresh[i / 2][j + 1], "0") != 0)
				fail_msg("%s", fresh[i / 2][j]);
		assert_string_equal(back->uuid, UUID);
	}
}

static const struct {
	gboolean kvm;
	const char *there, *away;
} parts[] = {
	{TRUE, "<domain type=\"kvm\">", "\"qemu\">"},
	{TRUE, "machine=\"q35\"", "<emulator>"},
	{TRUE, "<controller type=\"usb\" model=\"none\"/>", "<graphics"},
	{TRUE, "<memballoon model=\"none\"/>", "<video"},
	{TRUE, "name=\"org.qemu.guest_agent.0\"", "<interface"},
	{TRUE, "<console type=\"pty\">", "<sound"},
	{TRUE, "<boot dev=\"hd\"/>", "<input"},
	{TRUE, "<iothreads>1</iothreads>", NULL},
	{TRUE,
	 "<driver name=\"qemu\" type=\"qcow2\" cache=\"none\" io=\"native\" "
	 "iothread=\"1\"/>",
	 NULL},
	/* By its name alone. */
	{TRUE,
	 "<driver name=\"qemu\" type=\"raw\" cache=\"none\" io=\"native\" "
	 "iothread=\"1\"/>",
	 NULL},
	{TRUE, "<source dev=\"/dev/vg/c\"/>", NULL},
	{TRUE, "<cpu mode=\"host-passthrough\" check=\"none\" migratable=\"off\">", NULL},
	{TRUE, "<cache mode=\"passthrough\"/>", NULL},
	{TRUE, "<timer name=\"tsc\" mode=\"native\"/>", NULL},
	{TRUE, "<emulatorpin cpuset=\"8\"/>", NULL},
	{TRUE, "<iothreadpin iothread=\"1\" cpuset=\"8\"/>", NULL},
	{TRUE, "<memory mode=\"strict\" nodeset=\"1\"/>", NULL},
	{TRUE, "<allocation mode=\"immediate\"/>", NULL},
	{FALSE, "<domain type=\"qemu\">", "host-passthrough"},
	{FALSE, "<cpu mode=\"maximum\" check=\"none\">", "<timer"},
};

static void test_parts(void **state)
{
	g_autoptr(VmConfig) vm = config(fresh[2]);
	g_autofree char *kvm = made(vm, TRUE, NULL);
	g_autofree char *emulated = made(vm, FALSE, NULL);

	(void)state;
	for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
		const char *xml = parts[i].kvm ? kvm : emulated;

		if (!strstr(xml, parts[i].there))
			fail_msg("no %s\n%s", parts[i].there, xml);
		if (parts[i].away && strstr(xml, parts[i].away))
			fail_msg("%s\n%s", parts[i].away, xml);
	}
}

static void test_what_a_new_domain_needs(void **state)
{
	static const struct {
		const char *pairs[3];
		const char *message;
	} lacking[] = {
		{{"disk", "/a"}, "a new one needs `memory`"},
		{{"memory", "1G"}, "a new one needs `kernel` or `disk`"},
	};

	(void)state;
	for (guint i = 0; i < G_N_ELEMENTS(lacking); i++) {
		g_autoptr(VmConfig) vm = config(lacking[i].pairs);
		g_autoptr(GError) error = NULL;

		assert_null(made(vm, TRUE, &error));
		assert_non_null(strstr(error->message, lacking[i].message));
		assert_non_null(strstr(error->message, UUID));
	}
}

/* Two parts of a domain, and whether libvirt sees a difference. */
static const struct {
	const char *a, *b;
	gboolean same;
} pairs[] = {
	{"<vcpu placement='static'>2</vcpu><title>t</title>",
	 "<title> t</title>\n<vcpu>2</vcpu>", TRUE},
	{"<vcpu>2</vcpu>", "<vcpu>3</vcpu>", FALSE},
	{"<vcpu current='1'>2</vcpu>", "<vcpu>2</vcpu>", FALSE},
	{"<vcpu current='2'>2</vcpu>", "<vcpu>2</vcpu>", TRUE},
	{"<memory>1024</memory>", "<memory unit='MiB'>1</memory><!-- c -->", TRUE},
	{"<memory>1024</memory>", "<memory unit='MB'>1</memory>", FALSE},
	{"<memory>2</memory><currentMemory>2</currentMemory>", "<memory>2</memory>",
	 TRUE},
	{"<memory>2</memory><currentMemory>1</currentMemory>", "<memory>2</memory>",
	 FALSE},
	{"<vcpu>4</vcpu><cputune><vcpusched vcpus='1-3' scheduler='fifo' "
	 "priority='1'/></cputune>",
	 "<vcpu>4</vcpu><cputune><vcpusched vcpus='3' scheduler='fifo' "
	 "priority='1'/><vcpusched "
	 "priority='1' vcpus='1,2' scheduler='fifo'/></cputune>",
	 TRUE},
	{"<vcpu>4</vcpu><cputune><vcpusched vcpus='1-3' scheduler='fifo' "
	 "priority='1'/></cputune>",
	 "<vcpu>4</vcpu><cputune><vcpusched vcpus='1-2' scheduler='fifo' "
	 "priority='1'/></cputune>",
	 FALSE},
	{"<cputune><vcpupin vcpu='0' cpuset='1,2,3'/></cputune>",
	 "<cputune><vcpupin cpuset='1-4,^4' vcpu='0'/></cputune>", TRUE},
	{"<cputune/>", "", TRUE},
	{"<devices><disk><source file='/a'/></disk><disk><source "
	 "file='/b'/></disk></devices>",
	 "<devices><disk><source file='/b'/></disk><disk><source "
	 "file='/a'/></disk></devices>",
	 FALSE},
	{"<os><boot dev='hd'/><boot dev='cdrom'/></os>",
	 "<os><boot dev='cdrom'/><boot dev='hd'/></os>", FALSE},
	{"<clock offset='utc'><timer name='a'/><timer name='b'/></clock>",
	 "<clock offset='utc'><timer name='b'/><timer name='a'/></clock>", TRUE},
	{"<metadata><x:a xmlns:x='u'><x:b/><x:c/></x:a></metadata>",
	 "<metadata><y:a xmlns:y='u'><y:b/><y:c/></y:a></metadata>", TRUE},
	{"<metadata><x:a xmlns:x='u'><x:b/><x:c/></x:a></metadata>",
	 "<metadata><x:a xmlns:x='u'><x:c/><x:b/></x:a></metadata>", FALSE},
	{"<metadata><x:a xmlns:x='u'/></metadata>",
	 "<metadata><x:a xmlns:x='v'/></metadata>", FALSE},
	{"<name>a</name>", "<name>b</name>", FALSE},
	{"<on_reboot>restart</on_reboot>", "", TRUE},
	{"<on_reboot>destroy</on_reboot>", "", FALSE},
	{"<iothreads>2</iothreads>",
	 "<iothreads>2</iothreads><iothreadids><iothread id='1'/><iothread "
	 "id='2'/></iothreadids>",
	 TRUE},
	{"<iothreads>2</iothreads>",
	 "<iothreads>2</iothreads><iothreadids><iothread id='1'/><iothread "
	 "id='3'/></iothreadids>",
	 FALSE},
};

static void test_same(void **state)
{
	(void)state;
	for (guint i = 0; i < G_N_ELEMENTS(pairs); i++) {
		g_autofree char *a =
			g_strdup_printf("<domain type='kvm'>%s</domain>", pairs[i].a);
		g_autofree char *b =
			g_strdup_printf("<domain type='kvm'>%s</domain>", pairs[i].b);

		if (domain_is_same(a, b) != pairs[i].same ||
		    domain_is_same(b, a) != pairs[i].same)
			fail_msg("%s\n%s", a, b);
		assert_true(domain_is_same(a, a));
	}
}

static void test_diff(void **state)
{
	g_autofree char *same = domain_diff("<domain><a/></domain>",
					    "<domain>\n <a/>\n</domain>", "n", NULL);
	g_autofree char *other = domain_diff("<domain><title>\xc2\x9b</title></domain>",
					     "<domain><title>b</title></domain>",
					     "-n\x1b", NULL);
	g_autoptr(GError) error = NULL;

	(void)state;
	assert_string_equal(same, "");
	assert_string_equal(other,
			    "--- -n\\x1b (libvirt has)\n+++ -n\\x1b (wanted)\n"
			    "@@ -1,3 +1,3 @@\n <domain>\n-  <title>\\u009b</title>\n"
			    "+  <title>b</title>\n </domain>\n");
	assert_null(domain_diff("<domain/>", "<domain", "n", &error));
	assert_non_null(error);
}

static void test_diff_keeps_secrets(void **state)
{
#define SECRETS "<graphics passwd='s3cret&quot;'/><cookies><cookie name='a'>s3cret</cookie></cookies>"
	g_autofree char *diff = domain_diff("<domain><title>a</title>" SECRETS "</domain>",
					    "<domain><title>b</title>" SECRETS "</domain>", "n",
					    NULL);

	(void)state;
	assert_non_null(strstr(diff, "passwd=\"(not shown)\""));
	assert_non_null(strstr(diff, "+  <title>b</title>"));
	assert_null(strstr(diff, "s3cret"));
}

/* What the settings of the notes make is fit; a plain domain lacks much. */
static void test_unfit(void **state)
{
	g_autofree char *good = domain_file("made/servobox.xml");
	g_autofree char *plain = domain_file("made/plain.xml");
	g_autofree char *bad = domain_file("made/everything.xml");
	g_autoptr(GPtrArray) none = domain_unfit(good, NULL);
	g_autoptr(GPtrArray) some = domain_unfit(plain, NULL);
	g_autoptr(GPtrArray) many = domain_unfit(bad, NULL);
	g_autoptr(VmConfig) vm = domain_config(plain, machine, NULL);
	g_autoptr(GPtrArray) left = NULL;
	g_autofree char *applied = NULL;

	(void)state;
	assert_int_equal(none->len, 1);
	assert_string_equal(none->pdata[0], "the memory is not made of huge pages");
	assert_string_equal(some->pdata[0], "4 of 4 vCPUs are bound to no host CPU");
	assert_true(many->len > 12);
	domain_set(vm, "rt", "on");
	domain_set(vm, "cpuset", "0-4");
	domain_set(vm, "hugepages", "default");
	domain_set(vm, "iothreads", "auto");
	applied = domain_applied(plain, vm, machine, NULL, NULL);
	left = domain_unfit(applied, NULL);
	for (guint i = 0; i < left->len; i++)
		print_error("%s\n", (char *)left->pdata[i]);
	assert_int_equal(left->len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new_domains),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_what_a_new_domain_needs),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_diff),
		cmocka_unit_test(test_diff_keeps_secrets),
		cmocka_unit_test(test_unfit),
	};

	return cmocka_run_group_tests(tests, open_machine, close_machine);
}
