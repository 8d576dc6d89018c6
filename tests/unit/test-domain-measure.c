/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What lathe adds to a domain for a run, and the rest, which stays. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "domain_measure.h"
#include "error.h"
#include "leftover.h"
#include "tree.h"
#include "vm.h"

#define DEFINED                                                                              \
	"<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>\n"      \
	"  <name>rt</name>\n  <uuid>00000000-0000-4000-8000-000000000001</uuid>\n"           \
	"  <metadata><app:x xmlns:app='https://app.example/1' kept='yes'/></metadata>\n"     \
	"  <memory unit='MiB'>512</memory>\n  <vcpu placement='static'>2</vcpu>\n"           \
	"  <iothreads>2</iothreads>\n"                                                       \
	"  <os><type arch='x86_64' machine='q35'>hvm</type><boot dev='hd'/>"                 \
	"<kernel>/old/kernel</kernel></os>\n"                                                \
	"  <on_reboot>restart</on_reboot>\n"                                                 \
	"  <devices>\n"                                                                      \
	"    <disk type='file' device='disk'><source file='/disk'/>"                         \
	"<target dev='vda' bus='virtio'/></disk>\n"                                          \
	"    <serial type='pty'><target port='0'/></serial>\n"                               \
	"    <serial type='pty'><target port='1'/></serial>\n"                               \
	"    <console type='pty'><target type='serial' port='0'/></console>\n"               \
	"    <console type='pty'><target type='virtio' port='1'/></console>\n"               \
	"    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/>"     \
	"</channel>\n"                                                                       \
	"  </devices>\n"                                                                     \
	"  <qemu:commandline><qemu:arg value='-snapshot'/></qemu:commandline>\n"             \
	"</domain>\n"

static const DomainMeasure measured = {
	.owner_namespace = LEFTOVER_NAMESPACE,
	.owner_element = LEFTOVER_ELEMENT,
	.owner_pid = 4711,
	.owner_start_ticks = 1234567890123,
	.kernel = "/image/vmlinux",
	.initrd = "/image/initrd",
	.cmdline = "console=ttyS0 a=\"<&\"",
	.console_log = "/bundle/guest/vm1/console.log",
	.agent_port = VM_AGENT_PORT,
};

static char *measure(const char *xml, const DomainMeasure *with)
{
	g_autoptr(GError) error = NULL;
	char *made = domain_measure(xml, with, &error);

	if (!made)
		fail_msg("%s", error->message);
	return made;
}

static void expect(const char *xml, const char *text, guint times)
{
	guint found = 0;

	for (const char *at = xml; (at = strstr(at, text)); at += strlen(text))
		found++;
	if (found != times)
		fail_msg("'%s' is there %u times, wanted %u, in:\n%s", text, found, times, xml);
}

static void test_boots_lathes_guest(void **state)
{
	g_autofree char *made = measure(DEFINED, &measured);

	(void)state;
	expect(made, "<kernel>/image/vmlinux</kernel>", 1);
	expect(made, "/old/kernel", 0);
	expect(made, "<initrd>/image/initrd</initrd>", 1);
	expect(made, "<cmdline>console=ttyS0 a=\"&lt;&amp;\"</cmdline>", 1);
	expect(made, ">destroy</on_poweroff>", 1);
	expect(made, ">destroy</on_reboot>", 1);
	expect(made, ">destroy</on_crash>", 1);
	expect(made, "<source path=\"/bundle/guest/vm1/console.log\" append=\"off\"/>", 1);
	expect(made, "name=\"" VM_AGENT_PORT "\"", 1);
	expect(made, "<panic model=\"isa\"/>", 1);
	/* Everything else is as it was: the second port and the other console, too. */
	expect(made, "<serial", 2);
	expect(made, "<console", 1);
	expect(made, "type=\"virtio\" port=\"1\"", 1);
	expect(made, "kept=\"yes\"", 1);
	expect(made, "<source file=\"/disk\"/>", 1);
	expect(made, "org.qemu.guest_agent.0", 1);
	expect(made, "value=\"-snapshot\"", 1);
}

/* Twice is as once: a definition that somebody made of what ran does not grow. */
static void test_again(void **state)
{
	g_autofree char *once = measure(DEFINED, &measured);
	g_autofree char *twice = measure(once, &measured);

	(void)state;
	expect(twice, LEFTOVER_NAMESPACE, 1);
	expect(twice, VM_AGENT_PORT, 1);
	expect(twice, "console.log", 1);
	expect(twice, "<panic", 1);
}

/* One that only runs beside gets its owner's mark, and nothing else. */
static void test_runs_as_defined(void **state)
{
	DomainMeasure beside = {.owner_namespace = LEFTOVER_NAMESPACE,
				.owner_element = LEFTOVER_ELEMENT,
				.owner_pid = 4711,
				.owner_start_ticks = 5};
	g_autofree char *made = measure(DEFINED, &beside);

	(void)state;
	expect(made, "<kernel>/old/kernel</kernel>", 1);
	expect(made, "<on_reboot>restart</on_reboot>", 1);
	expect(made, "<panic", 0);
	expect(made, VM_AGENT_PORT, 0);
	expect(made, "<serial", 2);
	expect(made, "<console", 2);
	expect(made, "pid=\"4711\" start-ticks=\"5\"", 1);
}

/* The mark is the one by which leftovers are known. */
static void test_is_known_as_a_leftover(void **state)
{
	char *tree = tree_new();
	g_autofree char *made = measure(DEFINED, &measured);
	g_autoptr(Root) root = NULL;

	(void)state;
	tree_write(tree, "proc/1/stat", "1 (init) S\n");
	root = root_open_captured(tree, NULL);
	assert_true(domain_xml_is_leftover(made, root));
	assert_false(domain_xml_is_leftover(DEFINED, root));
	tree_free(tree);
}

static void test_traits(void **state)
{
	static const char bare[] = "<domain type='qemu'><name>x</name><vcpu>1</vcpu></domain>";
	DomainTraits traits;

	(void)state;
	assert_true(domain_read_traits(DEFINED, &traits, NULL));
	assert_true(traits.kvm);
	assert_int_equal(traits.iothreads, 2);
	assert_true(domain_read_traits(bare, &traits, NULL));
	assert_false(traits.kvm);
	assert_int_equal(traits.iothreads, 0);
}

static void test_no_domain(void **state)
{
	static const char *const texts[] = {"", "<domain", "<network/>", "\xff"};
	DomainTraits traits;

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GError) error = NULL;

		assert_null(domain_measure(texts[i], &measured, &error));
		assert_non_null(error);
		assert_false(domain_read_traits(texts[i], &traits, NULL));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_boots_lathes_guest), cmocka_unit_test(test_again),
		cmocka_unit_test(test_runs_as_defined), cmocka_unit_test(test_is_known_as_a_leftover),
		cmocka_unit_test(test_traits),		cmocka_unit_test(test_no_domain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
