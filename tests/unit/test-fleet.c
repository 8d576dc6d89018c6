/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Config and libvirt brought in line, with somebody else at work in between: libvirt's test driver lives
 * in this process, and so does he. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <glib.h>
#include <string.h>

#include <libvirt/libvirt.h>

#include "domains.h"
#include "error.h"
#include "fleet_host.h"
#include "import.h"
#include "internal.h"
#include "sync.h"

/* Of two sockets with eight cores each: the machine of test:///default. */
#define ALPHA "11111111-1111-4111-8111-111111111111"
#define BRAVO "22222222-2222-4222-8222-222222222222"
#define CHARLIE "33333333-3333-4333-8333-333333333333"
/* The domain that is there from the start. */
#define FIRST "6695eb01-f6a4-8304-79aa-97f2502e193f"

#define DOMAIN(NAME, UUID, MORE)                                                           \
	"<domain type='test'><name>" NAME "</name><uuid>" UUID "</uuid>" MORE              \
	"<memory>65536</memory><vcpu>2</vcpu><os><type>hvm</type></os></domain>"

#define VM(NAME, UUID, MORE) "[" UUID "]\nname = " NAME "\nnr_vcpus = 2\n" MORE

typedef struct {
	Hypervisor *hypervisor;
	FleetHost *host;
} Scene;

static void define(Scene *scene, const char *xml)
{
	virDomainPtr domain = virDomainDefineXML(scene->hypervisor->connection, xml);

	assert_non_null(domain);
	virDomainFree(domain);
}

static void undefine(Scene *scene, const char *uuid)
{
	virDomainPtr domain = virDomainLookupByUUIDString(scene->hypervisor->connection, uuid);

	assert_non_null(domain);
	if (virDomainIsActive(domain) == 1)
		assert_int_equal(virDomainDestroy(domain), 0);
	assert_int_equal(virDomainUndefine(domain), 0);
	virDomainFree(domain);
}

static int set_up(void **state)
{
	Scene *scene = g_new0(Scene, 1);

	scene->hypervisor = hypervisor_open_any("test:///default", FALSE, NULL);
	assert_non_null(scene->hypervisor);
	undefine(scene, FIRST);
	define(scene, DOMAIN("alpha", ALPHA, ""));
	define(scene, DOMAIN("bravo", BRAVO, ""));
	scene->host = fleet_host_new(scene->hypervisor, NULL, NULL);
	assert_non_null(scene->host);
	*state = scene;
	return 0;
}

/* All connections to test:///default are of one machine, which goes with the last. */
static int tear_down(void **state)
{
	Scene *scene = *state;

	fleet_host_free(scene->host);
	hypervisor_free(scene->hypervisor);
	g_free(scene);
	return 0;
}

static VmConfigs *config(const char *text)
{
	g_autoptr(GError) error = NULL;
	VmConfigs *configs = vm_configs_parse(text, strlen(text), "vms.cfg", &error);

	if (!configs)
		fail_msg("%s", error->message);
	return configs;
}

static char *names_of(Scene *scene)
{
	g_autoptr(GPtrArray) list = domains_list(scene->hypervisor, NULL);
	GString *names = g_string_new(NULL);

	for (guint i = 0; i < list->len; i++) {
		const DomainInfo *info = list->pdata[i];

		g_string_append_printf(names, "%s%s=%c", i ? " " : "", info->name, info->uuid[0]);
	}
	return g_string_free(names, FALSE);
}

static void assert_names(Scene *scene, const char *wanted)
{
	g_autofree char *names = names_of(scene);

	assert_string_equal(names, wanted);
}

static Sync *look(Scene *scene, const VmConfigs *configs)
{
	g_autoptr(GPtrArray) all = vm_configs_select(configs, NULL, NULL);
	g_autoptr(GError) error = NULL;
	Sync *sync = sync_new(scene->host, configs, all, FALSE, &error);

	if (!sync)
		fail_msg("%s", error->message);
	return sync;
}

static void has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' is not in '%s'", part, text);
}

static void test_topology_of_libvirt(void **state)
{
	Scene *scene = *state;
	g_autoptr(VmConfigs) configs =
		config(VM("alpha", ALPHA, "rt = true\ncpuset = 9-11\n") VM("bravo", BRAVO, ""));
	g_autoptr(Sync) sync = look(scene, configs);
	const SyncedVm *vm = sync->vms->pdata[0];

	assert_false(scene->host->here);
	assert_false(sync->broken);
	assert_int_equal(vm->state, SYNC_CHANGED);
	/* CPUs 8 to 15 are NUMA node 1. */
	has(vm->after, "nodeset=\"1\"");
}

static void test_twice(void **state)
{
	Scene *scene = *state;
	g_autoptr(VmConfigs) configs =
		config(VM("alpha", ALPHA, "rt = true\ncpuset = 9-11\ntitle = <&>\n")
		       VM("bravo", BRAVO, "cpuset = 2\nhide_kvm = on\n"));
	g_autoptr(GPtrArray) all = vm_configs_select(configs, NULL, NULL);
	g_autoptr(Sync) first = look(scene, configs), second = NULL;
	g_autoptr(Import) import = NULL;

	assert_true(sync_define(first, scene->host, NULL));
	second = look(scene, configs);
	for (guint i = 0; i < second->vms->len; i++) {
		const SyncedVm *vm = second->vms->pdata[i];

		if (vm->state != SYNC_SAME)
			fail_msg("%s", vm->diff);
	}
	/* And what an import reads of it says nothing new. */
	import = import_back(scene->host, configs, all, FALSE, NULL);
	assert_string_equal(import->text, configs->text);
}

static Sync *look_as_demonstration(Scene *scene, const VmConfigs *configs)
{
	g_autoptr(GPtrArray) all = vm_configs_select(configs, NULL, NULL);
	g_autoptr(GError) error = NULL;
	Sync *sync = sync_new(scene->host, configs, all, TRUE, &error);

	if (!sync)
		fail_msg("%s", error->message);
	return sync;
}

/* That no vCPU is SCHED_FIFO there is our own doing, and nobody's change. */
static void test_import_of_a_demonstration(void **state)
{
	Scene *scene = *state;
	g_autoptr(VmConfigs) configs =
		config(VM("alpha", ALPHA, "rt = true\ncpuset = 9-10\n") VM("bravo", BRAVO, "cpuset = 2\n"));
	g_autoptr(GPtrArray) all = vm_configs_select(configs, NULL, NULL);
	g_autoptr(Sync) sync = look_as_demonstration(scene, configs);
	g_autoptr(Import) import = NULL, moved = NULL;
	g_autofree char *xml = NULL;
	g_auto(GStrv) parts = NULL;

	assert_true(sync_define(sync, scene->host, NULL));
	xml = domains_xml(scene->hypervisor, ALPHA, FALSE, NULL);
	assert_null(strstr(xml, "vcpusched"));
	import = import_back(scene->host, configs, all, FALSE, NULL);
	assert_string_equal(import->text, configs->text);
	/* What somebody changes is still seen. */
	parts = g_strsplit(xml, "cpuset='10'", -1);
	assert_true(g_strv_length(parts) > 1);
	g_free(xml);
	xml = g_strjoinv("cpuset='11'", parts);
	define(scene, xml);
	moved = import_back(scene->host, configs, all, FALSE, NULL);
	has(moved->text, "cpuset = 9,11\n");
	has(moved->text, "rt = true\n");
}

static void test_names_in_a_row(void **state)
{
	Scene *scene = *state;
	/* bravo's name is free only once it is charlie. */
	g_autoptr(VmConfigs) configs = config(VM("bravo", ALPHA, "") VM("charlie", BRAVO, ""));
	g_autoptr(Sync) sync = look(scene, configs);
	g_autoptr(GError) error = NULL;

	if (!sync_define(sync, scene->host, &error))
		fail_msg("%s", error->message);
	assert_names(scene, "bravo=1 charlie=2");
}

static void test_names_in_a_circle(void **state)
{
	Scene *scene = *state;
	g_autoptr(VmConfigs) configs = config(VM("bravo", ALPHA, "") VM("alpha", BRAVO, ""));
	g_autoptr(GPtrArray) all = vm_configs_select(configs, NULL, NULL);
	g_autoptr(GError) error = NULL;

	assert_null(sync_new(scene->host, configs, all, FALSE, &error));
	has(error->message, "cannot be named 'bravo': libvirt has another VM of that name, " BRAVO);
	assert_names(scene, "alpha=1 bravo=2");
}

/* The other way round they are but words. */
static void test_import_of_a_circle(void **state)
{
	Scene *scene = *state;
	g_autoptr(VmConfigs) configs =
		config("# both\n" VM("bravo", ALPHA, "\n") VM("alpha", BRAVO, ""));
	g_autoptr(GPtrArray) all = vm_configs_select(configs, NULL, NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(Import) import = import_back(scene->host, configs, all, FALSE, &error);

	if (!import)
		fail_msg("%s", error->message);
	has(import->text, "# both\n[" ALPHA "]\nname = alpha\n");
	has(import->text, "[" BRAVO "]\nname = bravo\n");
}

static void test_changed_in_between(void **state)
{
	Scene *scene = *state;
	g_autoptr(VmConfigs) configs =
		config(VM("alpha", ALPHA, "title = ours\n") VM("bravo", BRAVO, "title = ours\n"));
	g_autoptr(Sync) sync = look(scene, configs);
	g_autoptr(GError) error = NULL;
	g_autofree char *xml = NULL;

	define(scene, DOMAIN("bravo", BRAVO, "<title>theirs</title>"));
	assert_false(sync_define(sync, scene->host, &error));
	has(error->message, "VM 'bravo' was changed by somebody else in between");
	/* How far it came is known. */
	assert_true(((SyncedVm *)sync->vms->pdata[0])->defined);
	assert_false(((SyncedVm *)sync->vms->pdata[1])->defined);
	xml = domains_xml(scene->hypervisor, BRAVO, FALSE, NULL);
	has(xml, "<title>theirs</title>");
}

static void test_undefined_in_between(void **state)
{
	Scene *scene = *state;
	g_autoptr(VmConfigs) configs = config(VM("alpha", ALPHA, "title = ours\n"));
	g_autoptr(Sync) sync = look(scene, configs);
	g_autoptr(GError) error = NULL;

	undefine(scene, ALPHA);
	assert_false(sync_define(sync, scene->host, &error));
	has(error->message, "VM 'alpha' was undefined by somebody else in between");
	assert_names(scene, "bravo=2");
}

static void test_made_in_between(void **state)
{
	Scene *scene = *state;
	g_autoptr(VmConfigs) configs =
		config(VM("charlie", CHARLIE, "memory = 512\nkernel = /vmlinuz\n"));
	g_autoptr(Sync) sync = look(scene, configs);
	g_autoptr(GError) error = NULL, second = NULL;

	assert_int_equal(((SyncedVm *)sync->vms->pdata[0])->state, SYNC_NEW);
	define(scene, DOMAIN("charlie", CHARLIE, "<title>theirs</title>"));
	assert_false(sync_define(sync, scene->host, &error));
	has(error->message, "VM 'charlie' was defined by somebody else in between");
	undefine(scene, CHARLIE);
	define(scene, DOMAIN("charlie", FIRST, ""));
	assert_false(sync_define(sync, scene->host, &second));
	has(second->message, "libvirt has another VM named 'charlie', " FIRST);
	assert_names(scene, "alpha=1 bravo=2 charlie=6");
}

static void test_passwords_are_not_shown(void **state)
{
	Scene *scene = *state;
	g_autoptr(VmConfigs) configs = config(VM("alpha", ALPHA, "title = ours\n"));
	g_autoptr(Sync) sync = NULL;
	g_autofree char *xml = NULL;
	const SyncedVm *vm;

	define(scene, DOMAIN("alpha", ALPHA,
			     "<devices><graphics type='vnc' passwd='s3cret'/></devices>"));
	sync = look(scene, configs);
	vm = sync->vms->pdata[0];
	assert_null(strstr(vm->diff, "s3cret"));
	assert_true(sync_define(sync, scene->host, NULL));
	xml = domains_xml(scene->hypervisor, ALPHA, FALSE, NULL);
	has(xml, "s3cret");
}

static void test_rules_of_others(void **state)
{
	Scene *scene = *state;
	static const char *const bravo[] = {"bravo", NULL};
	g_autoptr(VmConfigs) configs =
		config(VM("alpha", ALPHA, "rt = true\n") VM("bravo", BRAVO, "title = ours\n"));
	g_autoptr(GPtrArray) selected = vm_configs_select(configs, bravo, NULL);
	g_autoptr(Sync) all = look(scene, configs);
	g_autoptr(Sync) one = sync_new(scene->host, configs, selected, FALSE, NULL);

	assert_true(all->broken);
	assert_int_equal(all->vms->len, 0);
	assert_non_null(one);
	assert_false(one->broken);
	assert_int_equal(one->vms->len, 1);
}

int main(void)
{
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_topology_of_libvirt),
		TEST(test_twice),
		TEST(test_import_of_a_demonstration),
		TEST(test_names_in_a_row),
		TEST(test_names_in_a_circle),
		TEST(test_import_of_a_circle),
		TEST(test_changed_in_between),
		TEST(test_undefined_in_between),
		TEST(test_made_in_between),
		TEST(test_passwords_are_not_shown),
		TEST(test_rules_of_others),
	};

	hypervisor_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
