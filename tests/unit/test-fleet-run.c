/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VMs that are started, watched and ended, with libvirt's test driver, whose VMs have no process, on a
 * machine in a tree, whose CPUs have siblings: what stands in the way of a start, and what is put
 * back when it fails.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <glib.h>
#include <string.h>

#include <libvirt/libvirt.h>

#include "error.h"
#include "host-tree.h"
#include "internal.h"
#include "scene.h"
#include "siblings.h"
#include "start.h"
#include "stat.h"
#include "stop.h"

#define ALPHA "11111111-1111-4111-8111-111111111111"
#define BRAVO "22222222-2222-4222-8222-222222222222"
#define NOBODY "33333333-3333-4333-8333-333333333333"
/* The domain that is there from the start, and runs. */
#define FIRST "6695eb01-f6a4-8304-79aa-97f2502e193f"

/* 3 and 11 are one core of that machine. */
#define CONFIG                                                                             \
	"[" ALPHA "]\nname = alpha\nrt = yes\nrt_memory = no\ncpuset = 3,5,11\n"           \
	"[" BRAVO "]\nname = bravo\ncpuset = 6\n"

typedef struct {
	char *tree, *state;
	Hypervisor *hypervisor;
	FleetHost *host;
	VmConfigs *configs;
	Waiter *waiter;
	GPtrArray *breaches;
	Scene *scene;
} Fixture;

static void define(Fixture *fixture, const char *name, const char *uuid)
{
	g_autofree char *xml = g_strdup_printf(
		"<domain type='test'><name>%s</name><uuid>%s</uuid><memory>65536</memory>"
		"<vcpu>1</vcpu><os><type>hvm</type></os></domain>", name, uuid);
	virDomainPtr domain = virDomainDefineXML(fixture->hypervisor->connection, xml);

	assert_non_null(domain);
	virDomainFree(domain);
}

static void open_scene(Fixture *fixture, const char *text, gboolean demonstration)
{
	g_autoptr(GError) error = NULL;

	g_clear_pointer(&fixture->scene, scene_free);
	g_clear_pointer(&fixture->configs, vm_configs_free);
	fixture->configs = vm_configs_parse(text, strlen(text), "vms.cfg", &error);
	if (!fixture->configs)
		fail_msg("%s", error->message);
	fixture->scene = scene_new(fixture->host, fixture->configs, fixture->state, demonstration,
				   fixture->waiter, NULL);
	assert_non_null(fixture->scene);
}

static int set_up(void **state)
{
	Fixture *fixture = g_new0(Fixture, 1);

	fixture->tree = host_unpack("hwloc-16em64t-4s2c2t");
	fixture->state = tree_new_in_memory();
	tree_write(fixture->tree, "sys/devices/system/cpu/cpu11/online", "1\n");
	tree_write(fixture->tree, "proc/1/cmdline", "init");
	fixture->hypervisor = hypervisor_open_any("test:///default", FALSE, NULL);
	assert_non_null(fixture->hypervisor);
	define(fixture, "alpha", ALPHA);
	define(fixture, "bravo", BRAVO);
	fixture->host = g_new0(FleetHost, 1);
	fixture->host->hypervisor = fixture->hypervisor;
	fixture->host->here = TRUE;
	fixture->host->own_root = root_open_writable(fixture->tree, NULL);
	fixture->host->root = fixture->host->own_root;
	fixture->host->own_topology = topology_read(fixture->host->root, NULL);
	fixture->host->topology = fixture->host->own_topology;
	fixture->host->capabilities = hypervisor_capabilities(fixture->hypervisor, NULL);
	assert_non_null(fixture->host->topology);
	fixture->waiter = waiter_new();
	fixture->breaches = g_ptr_array_new();
	open_scene(fixture, CONFIG, TRUE);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	Fixture *fixture = *state;

	scene_free(fixture->scene);
	vm_configs_free(fixture->configs);
	g_ptr_array_unref(fixture->breaches);
	waiter_free(fixture->waiter);
	fleet_host_free(fixture->host);
	hypervisor_free(fixture->hypervisor);
	tree_free(fixture->state);
	tree_free(fixture->tree);
	g_free(fixture);
	return 0;
}

static Start *start(Fixture *fixture, const char *name, gboolean dry_run)
{
	return fleet_start(fixture->scene, fixture->breaches,
			   vm_configs_find(fixture->configs, name), dry_run);
}

static void assert_refused(const Start *start, const char *message, const char *hint)
{
	assert_int_equal(start->state, START_FAILED);
	assert_non_null(start->error);
	if (!g_str_has_prefix(start->error->message, message))
		fail_msg("'%s' does not begin with '%s'", start->error->message, message);
	if (hint && !strstr(lathe_error_get_hint(start->error), hint))
		fail_msg("'%s' is not in '%s'", hint, lathe_error_get_hint(start->error));
}

static DomainState state_of(Fixture *fixture, const char *uuid)
{
	g_autoptr(DomainInfo) info = NULL;

	assert_true(domains_find(fixture->hypervisor, uuid, &info, NULL));
	assert_non_null(info);
	return info->state;
}

static void assert_sibling(Fixture *fixture, const char *wanted)
{
	g_autofree char *seen = NULL;

	assert_true(root_read_line(fixture->host->root, "sys/devices/system/cpu/cpu11/online",
				   &seen, NULL, NULL));
	assert_string_equal(seen, wanted);
}

static void run_qemu(Fixture *fixture, const char *uuid)
{
	static const char words[] = "qemu\0-name\0guest=x\0-uuid\0";
	g_autoptr(GString) argv = g_string_new(NULL);

	g_string_append_len(argv, words, sizeof(words) - 1);
	g_string_append_len(argv, uuid, (gssize)strlen(uuid) + 1);
	tree_write_bytes(fixture->tree, "proc/77/cmdline", argv->str, (gssize)argv->len);
}

static void suspend(Fixture *fixture, const char *uuid)
{
	virDomainPtr domain =
		virDomainLookupByUUIDString(fixture->hypervisor->connection, uuid);

	assert_non_null(domain);
	assert_int_equal(virDomainSuspend(domain), 0);
	virDomainFree(domain);
}

/* ---- start ---------------------------------------------------------------------------- */

/* The test driver's VM has no process: it cannot be looked at. */
static void test_siblings_are_back_after_half_a_start(void **state)
{
	Fixture *fixture = *state;
	g_autoptr(Start) half = start(fixture, "alpha", FALSE);

	assert_refused(half, "it was started, but cannot be looked at: ", NULL);
	assert_sibling(fixture, "1");
	assert_false(siblings_any(fixture->scene->siblings));
}

static void test_siblings_stay_while_there_is_a_qemu(void **state)
{
	Fixture *fixture = *state;
	g_autoptr(Start) half = NULL;

	run_qemu(fixture, ALPHA);
	half = start(fixture, "alpha", FALSE);
	assert_refused(half, "it was started, but cannot be looked at: ", "process 77");
	assert_sibling(fixture, "0");
}

/* libvirt has that UUID by another name. */
static void test_siblings_are_back_after_no_start(void **state)
{
	Fixture *fixture = *state;
	g_autoptr(Start) none = NULL;

	open_scene(fixture, "[" ALPHA "]\nname = other\nrt = yes\nrt_memory = no\ncpuset = 3,5\n",
		   TRUE);
	none = start(fixture, "other", FALSE);
	assert_refused(none, "start VM 'alpha': ", NULL);
	assert_sibling(fixture, "1");
	assert_int_equal(state_of(fixture, ALPHA), DOMAIN_SHUT_OFF);
}

static void test_dry_run_changes_nothing(void **state)
{
	Fixture *fixture = *state;
	g_autoptr(Start) possible = start(fixture, "alpha", TRUE);

	assert_int_equal(possible->state, START_POSSIBLE);
	assert_null(possible->error);
	assert_non_null(strstr(possible->diff, "vcpupin"));
	assert_sibling(fixture, "1");
	assert_int_equal(state_of(fixture, ALPHA), DOMAIN_SHUT_OFF);
}

static void test_definition_must_be_the_config(void **state)
{
	Fixture *fixture = *state;
	g_autoptr(Start) refused = NULL;

	open_scene(fixture, CONFIG, FALSE);
	refused = start(fixture, "bravo", FALSE);
	assert_refused(refused, "libvirt's definition is not what the config says",
		       "lathe vm sync-config --dry-run bravo");
	assert_int_equal(state_of(fixture, BRAVO), DOMAIN_SHUT_OFF);
}

/* In a demonstration the config is enough, if it says enough. */
static void test_without_a_definition(void **state)
{
	Fixture *fixture = *state;
	g_autoptr(Start) refused = NULL, too_little = NULL, possible = NULL;

	open_scene(fixture, "[" NOBODY "]\nname = nobody\nmemory = 64\nkernel = /k\n", FALSE);
	refused = start(fixture, "nobody", FALSE);
	assert_refused(refused, "libvirt has no domain with UUID " NOBODY,
		       "lathe vm sync-config nobody");
	open_scene(fixture, "[" NOBODY "]\nname = nobody\n", TRUE);
	too_little = start(fixture, "nobody", TRUE);
	assert_refused(too_little, "VM " NOBODY ": libvirt has no such domain, and a new one needs",
		       NULL);
	open_scene(fixture, "[" NOBODY "]\nname = nobody\nmemory = 64\nkernel = /k\n", TRUE);
	possible = start(fixture, "nobody", TRUE);
	assert_int_equal(possible->state, START_POSSIBLE);
	assert_true(possible->undefined);
	assert_string_equal(possible->diff, "");
}

/* `level` of a rule that `vm` (NULL: all together) breaks, and who may not be started then. */
static const struct {
	const char *vm;
	RuleLevel level;
	gboolean unknown, alpha, bravo;
} rules[] = {
	{"alpha", RULE_ERROR, FALSE, FALSE, TRUE},
	{"bravo", RULE_ERROR, FALSE, TRUE, FALSE},
	{NULL, RULE_ERROR, FALSE, FALSE, FALSE},
	{"alpha", RULE_ERROR, TRUE, FALSE, TRUE},
	{"alpha", RULE_WARNING, FALSE, TRUE, TRUE},
	{NULL, RULE_ADVICE, FALSE, TRUE, TRUE},
};

static void check_rule(Fixture *fixture, const char *name, gboolean unknown, gboolean wanted)
{
	/* Behind the rules is the definition, which is not as it should be. */
	g_autoptr(Start) tried = start(fixture, name, TRUE);
	const char *what = unknown ? "a rule could not be looked at: so it is"
				   : "a rule is broken: so it is";

	assert_refused(tried, wanted ? "libvirt's definition" : what,
		       wanted ? NULL : "--plan demonstration");
}

static void test_rules(void **state)
{
	Fixture *fixture = *state;

	for (gsize i = 0; i < G_N_ELEMENTS(rules); i++) {
		Breach breach = {.level = rules[i].level, .unknown = rules[i].unknown};
		g_autoptr(Start) demonstration = NULL;

		breach.text = (char *)"so it is";
		g_ptr_array_set_size(fixture->breaches, 0);
		g_ptr_array_add(fixture->breaches, &breach);
		open_scene(fixture, CONFIG, FALSE);
		breach.vm = rules[i].vm ? vm_configs_find(fixture->configs, rules[i].vm) : NULL;
		check_rule(fixture, "alpha", rules[i].unknown, rules[i].alpha);
		check_rule(fixture, "bravo", rules[i].unknown, rules[i].bravo);
		open_scene(fixture, CONFIG, TRUE);
		breach.vm = rules[i].vm ? vm_configs_find(fixture->configs, rules[i].vm) : NULL;
		demonstration = start(fixture, "alpha", TRUE);
		assert_int_equal(demonstration->state, START_POSSIBLE);
		assert_int_equal(demonstration->warnings->len, !rules[i].alpha);
	}
}

/* A VM that takes a CPU, or its sibling, from a real-time one that breaks a rule. */
static void test_rules_of_others(void **state)
{
	Fixture *fixture = *state;
	Breach breach = {.level = RULE_ERROR, .text = (char *)"so it is"};

	g_ptr_array_add(fixture->breaches, &breach);
	open_scene(fixture, "[" ALPHA "]\nname = alpha\nrt = yes\ncpuset = 3,5\n"
			    "[" BRAVO "]\nname = bravo\ncpuset = 11\n", FALSE);
	breach.vm = vm_configs_find(fixture->configs, "alpha");
	check_rule(fixture, "bravo", FALSE, FALSE);
}

static void test_states(void **state)
{
	Fixture *fixture = *state;
	g_autoptr(Start) runs = NULL, paused = NULL, missing = NULL, interrupted = NULL;
	g_autoptr(Start) beside = NULL;

	open_scene(fixture, "[" FIRST "]\nname = test\nrt = yes\ncpuset = 3,5\n", FALSE);
	beside = start(fixture, "test", FALSE);
	assert_int_equal(beside->state, START_RUNNING);
	assert_string_equal(beside->deviations->pdata[0], "siblings of its CPUs are online (CPU "
							  "11,13): lathe did not start it");
	open_scene(fixture, "[" FIRST "]\nname = test\n[" NOBODY "]\nname = nobody\n", FALSE);
	runs = start(fixture, "test", FALSE);
	assert_int_equal(runs->state, START_RUNNING);
	assert_null(runs->error);
	assert_int_equal(runs->deviations->len, 0);
	suspend(fixture, FIRST);
	paused = start(fixture, "test", FALSE);
	assert_refused(paused, "it cannot be started: it is paused", "virsh resume");
	missing = start(fixture, "nobody", FALSE);
	assert_refused(missing, "libvirt has no domain with UUID " NOBODY,
		       "lathe vm sync-config nobody");
	waiter_cancel(fixture->waiter, g_error_new(LATHE_ERROR, LATHE_ERROR_CANCELLED, "enough"));
	interrupted = start(fixture, "test", FALSE);
	assert_refused(interrupted, "enough", NULL);
}

/* ---- stop ----------------------------------------------------------------------------- */

static void count_settled(const Stop *stop, gpointer data)
{
	guint *n = data;

	assert_int_not_equal(stop->state, STOP_WAITING);
	(*n)++;
}

static void check_stop(Fixture *fixture, guint timeout_ms, gboolean destroy, const char *uuid,
		       StopState wanted)
{
	const char *const uuids[] = {uuid, NULL};
	guint settled = 0;
	StopOptions options = {.timeout_ms = timeout_ms, .destroy = destroy,
			       .settled = count_settled, .data = &settled};
	g_autoptr(GPtrArray) stops = fleet_stop(fixture->scene, uuids, &options);
	const Stop *stop = stops->pdata[0];

	assert_int_equal(stops->len, 1);
	assert_int_equal(settled, 1);
	assert_int_equal(stop->state, wanted);
	assert_int_equal(stop->error != NULL, wanted == STOP_FAILED);
}

static void test_stop(void **state)
{
	Fixture *fixture = *state;

	check_stop(fixture, 60000, FALSE, ALPHA, STOP_OFF);
	check_stop(fixture, 60000, FALSE, NOBODY, STOP_OFF);
	check_stop(fixture, 60000, FALSE, FIRST, STOP_SHUT_DOWN);
	assert_int_equal(state_of(fixture, FIRST), DOMAIN_SHUT_OFF);
}

/* One that is paused hears nothing. */
static void test_stop_ignored(void **state)
{
	Fixture *fixture = *state;

	suspend(fixture, FIRST);
	check_stop(fixture, 0, FALSE, FIRST, STOP_IGNORED);
	assert_int_equal(state_of(fixture, FIRST), DOMAIN_PAUSED);
	check_stop(fixture, 0, TRUE, FIRST, STOP_DESTROYED);
	assert_int_equal(state_of(fixture, FIRST), DOMAIN_SHUT_OFF);
}

static void test_stop_interrupted(void **state)
{
	Fixture *fixture = *state;

	suspend(fixture, FIRST);
	waiter_cancel(fixture->waiter, g_error_new(LATHE_ERROR, LATHE_ERROR_CANCELLED, "enough"));
	check_stop(fixture, 60000, TRUE, FIRST, STOP_FAILED);
	assert_int_equal(state_of(fixture, FIRST), DOMAIN_PAUSED);
}

/* What was offline for a VM that has ended, by whatever way. */
static void test_stop_gives_siblings_back(void **state)
{
	Fixture *fixture = *state;
	g_autoptr(Start) half = NULL;

	run_qemu(fixture, ALPHA);
	half = start(fixture, "alpha", FALSE);
	assert_sibling(fixture, "0");
	check_stop(fixture, 60000, FALSE, ALPHA, STOP_SHUT_DOWN);
	assert_sibling(fixture, "1");
	assert_false(siblings_any(fixture->scene->siblings));
}

/* ---- stat ----------------------------------------------------------------------------- */

static GPtrArray *stat_of(Fixture *fixture, const char *name, GError **error)
{
	const char *const names[] = {name, NULL};

	return fleet_stat(fixture->scene, names, TRUE, error);
}

static void test_stat_lists(void **state)
{
	Fixture *fixture = *state;
	g_autoptr(GPtrArray) stats = stat_of(fixture, NULL, NULL);
	const VmStat *first, *last;

	assert_int_equal(stats->len, 3);
	first = stats->pdata[0];
	assert_string_equal(first->name, "alpha");
	assert_string_equal(first->cpus, "3,5");
	assert_int_equal(first->vcpus, 1);
	assert_true(first->vm && first->defined && first->state == DOMAIN_SHUT_OFF);
	last = stats->pdata[2];
	assert_string_equal(last->name, "test");
	assert_null(last->vm);
	assert_int_equal(last->vcpus, 2);
	assert_string_equal(last->problem, "no process of this machine is its QEMU");
	assert_false(stat_in_place(stats));
}

static void test_stat_names(void **state)
{
	Fixture *fixture = *state;
	g_autoptr(GPtrArray) both = stat_of(fixture, FIRST ",alpha,test," ALPHA, NULL);
	g_autoptr(GError) error = NULL;

	assert_int_equal(both->len, 2);
	assert_string_equal(((const VmStat *)both->pdata[0])->name, "test");
	assert_null(stat_of(fixture, "brafo", &error));
	assert_string_equal(lathe_error_get_hint(error), "did you mean 'bravo'?");
}

static void write_thread(Fixture *fixture, const char *tid, const char *comm, const char *allowed)
{
	g_autofree char *stat_path = g_strdup_printf("proc/77/task/%s/stat", tid);
	g_autofree char *status_path = g_strdup_printf("proc/77/task/%s/status", tid);
	g_autofree char *stat = g_strdup_printf(
		"%s (%s) S 1 1 1 0 -1 4194560 1 0 0 0 7 5 0 0 20 -5 2 0 99 1000 100 "
		"1844674407370955 1 1 0 0 0 0 0 0 0 0 0 0 -1 3 0 0\n", tid, comm);
	g_autofree char *status = g_strdup_printf(
		"Cpus_allowed_list:\t%s\nvoluntary_ctxt_switches:\t1\n"
		"nonvoluntary_ctxt_switches:\t1\n", allowed);

	tree_write(fixture->tree, stat_path, stat);
	tree_write(fixture->tree, status_path, status);
}

/* The test driver's VM, and a QEMU in the tree: the emulator is where it belongs, a vCPU is not, or
 * is not there. */
static void test_stat_threads(void **state)
{
	Fixture *fixture = *state;
	g_autoptr(GPtrArray) astray = NULL, missing = NULL;
	const VmStat *vm;

	open_scene(fixture, "[" FIRST "]\nname = test\nnr_vcpus = 2\ncpuset = 3,5-6\n", TRUE);
	run_qemu(fixture, FIRST);
	write_thread(fixture, "77", "qemu-system-x86", "3");
	write_thread(fixture, "78", "CPU 0/KVM", "5");
	missing = stat_of(fixture, NULL, NULL);
	vm = missing->pdata[0];
	assert_int_equal(vm->pid, 77);
	assert_int_equal(vm->threads->len, 2);
	assert_int_equal(vm->astray, 1);
	assert_string_equal(vm->problem, "1 of its 2 vCPUs have no thread");
	write_thread(fixture, "79", "CPU 1/KVM", "5");
	astray = stat_of(fixture, NULL, NULL);
	vm = astray->pdata[0];
	assert_int_equal(vm->astray, 1);
	assert_null(vm->problem);
	assert_false(stat_in_place(astray));
	assert_false(g_array_index(vm->threads, PlacedThread, 2).in_place);
	assert_true(g_array_index(vm->threads, PlacedThread, 1).in_place);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_siblings_are_back_after_half_a_start),
		TEST(test_siblings_stay_while_there_is_a_qemu),
		TEST(test_siblings_are_back_after_no_start),
		TEST(test_dry_run_changes_nothing),
		TEST(test_definition_must_be_the_config),
		TEST(test_without_a_definition),
		TEST(test_rules),
		TEST(test_rules_of_others),
		TEST(test_states),
		TEST(test_stop),
		TEST(test_stop_ignored),
		TEST(test_stop_interrupted),
		TEST(test_stop_gives_siblings_back),
		TEST(test_stat_lists),
		TEST(test_stat_names),
		TEST(test_stat_threads),
	};

	hypervisor_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
