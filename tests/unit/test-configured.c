/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which configured VMs a run takes, and why it refuses others. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "configured.h"
#include "error.h"
#include "guest.h"
#include "vm-scene.h"

/* ---- an RT VM that can be measured ------------------------------------------------------- */

static const struct {
	const char *edits[3]; /* "KEY VALUE" of the scene's real-time VM */
	const char *error;    /* NULL: it can */
	const char *hint;
} vms[] = {
	{{NULL}, NULL, NULL},
	{{"nr_vcpus 1", "cpuset 38-39"}, "none of its vCPUs keeps house", "nr_vcpus"},
	{{"guest_housekeeping 0-1"}, "all of its vCPUs keep house", "guest_housekeeping"},
	{{"cpuset "}, "it is bound to no CPU", "cpuset"},
	{{"cpuset 34,37-39"}, "vCPU 0 may run on CPUs 37,39, and a measured one has one",
	 "one CPU larger than nr_vcpus"},
	/* One CPU for both is a matter of the rules. */
	{{"cpuset 38-39"}, NULL, NULL},
};

static void set_key(VmConfig *vm, const char *edit)
{
	g_auto(GStrv) words = g_strsplit(edit, " ", 2);
	g_autoptr(GError) error = NULL;

	for (guint key = 0; key < VM_KEYS; key++) {
		if (strcmp(vm_keys[key].name, words[0]) != 0)
			continue;
		if (!vm_config_set(vm, key, words[1], &error))
			fail_msg("%s: %s", edit, error->message);
		return;
	}
	fail_msg("there is no key %s", words[0]);
}

typedef struct {
	char *tree;
	Root *root;
	Topology *topology;
	VmConfigs *configs;
	GPtrArray *layouts;
} Scene;

static Scene scene_new(void)
{
	Scene scene = {.tree = scene_tree()};

	scene.root = root_open_captured(scene.tree, NULL);
	scene.topology = topology_read(scene.root, NULL);
	assert_non_null(scene.topology);
	scene.configs = scene_configs();
	return scene;
}

static VmConfig *vm_of(const Scene *scene, guint i)
{
	return scene->configs->vms->pdata[i];
}

static void lay_out(Scene *scene, gboolean demonstration)
{
	g_clear_pointer(&scene->layouts, g_ptr_array_unref);
	scene->layouts = vm_layouts_new(scene->configs, scene->topology, demonstration);
}

static void scene_clear(Scene *scene)
{
	g_clear_pointer(&scene->layouts, g_ptr_array_unref);
	vm_configs_free(scene->configs);
	topology_free(scene->topology);
	root_free(scene->root);
	tree_free(scene->tree);
}

static void check_vm(gsize i)
{
	Scene scene = scene_new();
	g_autoptr(GError) error = NULL;
	gboolean taken;

	for (gsize k = 0; k < G_N_ELEMENTS(vms[i].edits) && vms[i].edits[k]; k++)
		set_key(vm_of(&scene, 0), vms[i].edits[k]);
	lay_out(&scene, FALSE);
	taken = configured_check_rt(scene.layouts->pdata[0], &error);
	if (taken != !vms[i].error)
		fail_msg("case %zu: %s", i, taken ? "taken" : error->message);
	if (!taken) {
		assert_true(g_str_has_prefix(error->message, "VM \"rt\" cannot be measured: "));
		if (!strstr(error->message, vms[i].error) ||
		    !strstr(lathe_error_get_hint(error), vms[i].hint))
			fail_msg("case %zu: %s (%s)", i, error->message, lathe_error_get_hint(error));
	}
	scene_clear(&scene);
}

static void test_what_can_be_measured(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(vms); i++)
		check_vm(i);
}

static void test_disk_guest_is_refused(void **state)
{
	Scene scene = scene_new();
	VmConfig *vm = vm_of(&scene, 0);
	g_autoptr(GError) error = NULL;

	(void)state;
	g_clear_pointer(&vm->kernel, g_free);
	set_key(vm, "disk /var/lib/libvirt/images/rt.qcow2");
	lay_out(&scene, FALSE);
	assert_false(configured_check_rt(scene.layouts->pdata[0], &error));
	assert_non_null(strstr(error->message, "comes with a later version"));
	assert_non_null(strstr(lathe_error_get_hint(error), "`kernel`"));
	scene_clear(&scene);
}

/* ---- rules ------------------------------------------------------------------------------- */

static const char profile_text[] =
	"[profile]\nname = x\nsource = this test\nplan = %s\n"
	"[measure]\ninterval = 10ms\nhistogram = 100\npriority = 80\n"
	"[stage a]\nduration = 10s\nlimits = max < 1ms\n";

typedef struct {
	Scene scene;
	Profile *profile;
	RunContext context;
	GPtrArray *breaches;
} Judged;

static void add_guest(Judged *judged, guint i)
{
	Cpuset online = {0};
	g_autoptr(GError) error = NULL;
	const VmLayout *layout = judged->scene.layouts->pdata[i];
	Guest *guest;
	Plan *plan;

	for (guint cpu = 0; cpu < SCENE_CPUS; cpu++)
		cpuset_add(&online, cpu);
	plan = vm_layout_plan(layout, judged->scene.layouts, &online, &error);
	if (!plan)
		fail_msg("%s", error->message);
	guest = guest_add(&judged->context, layout->vm->name, layout->vm->uuid, layout->vm->rt, plan);
	guest->config = g_new0(GuestConfig, 1);
	guest->config->vm = layout->vm;
	guest->config->layout = layout;
}

/* The scene with one key of its second VM changed. */
static Judged *judged_new(const char *edit, gboolean demonstration)
{
	Judged *judged = g_new0(Judged, 1);
	g_autofree char *text = g_strdup_printf(
		profile_text, demonstration ? "demonstration" : "qualification");
	RuleScene rules = {0};

	judged->scene = scene_new();
	judged->profile = profile_parse(text, strlen(text), "x.ini", NULL);
	assert_non_null(judged->profile);
	set_key(vm_of(&judged->scene, 1), edit);
	lay_out(&judged->scene, FALSE);
	rules = (RuleScene){judged->scene.configs, judged->scene.layouts, judged->scene.topology,
			    judged->scene.root, NULL};
	judged->breaches = vm_rules_check(&rules);
	lay_out(&judged->scene, demonstration);
	judged->context = (RunContext){.profile = judged->profile,
				       .progress = progress_new(),
				       .guests = g_ptr_array_new(),
				       .run = run_new()};
	return judged;
}

static void judged_free(Judged *judged)
{
	g_ptr_array_unref(judged->breaches);
	guests_free(&judged->context);
	run_free(judged->context.run);
	progress_free(judged->context.progress);
	profile_free(judged->profile);
	scene_clear(&judged->scene);
	g_free(judged);
}

static void test_good_config(void **state)
{
	Judged *judged = judged_new("cpuset 7-9", FALSE);
	g_autoptr(GError) error = NULL;

	(void)state;
	add_guest(judged, 0);
	add_guest(judged, 1);
	if (!configured_judge_breaches(&judged->context, judged->breaches, &error))
		fail_msg("%s", error->message);
	assert_false(guest_at(&judged->context, 0)->plan->demonstration);
	assert_int_equal(guest_at(&judged->context, 0)->plan->broken->len, 0);
	judged_free(judged);
}

static void test_broken_rule_refuses(void **state)
{
	Judged *judged = judged_new("cpuset 7,39", FALSE);
	g_autoptr(GError) error = NULL;

	(void)state;
	assert_false(configured_judge_breaches(&judged->context, judged->breaches, &error));
	assert_true(g_error_matches(error, LATHE_ERROR, LATHE_ERROR_USAGE));
	assert_non_null(strstr(error->message, "the configured VMs break a rule: CPU 39 of real-time "
					       "VM \"rt\" is in the cpuset of \"other\" as well"));
	assert_non_null(strstr(lathe_error_get_hint(error), "plan = demonstration"));
	judged_free(judged);
}

/* Told, and part of the plan: the judge labels it. */
static void test_demonstration_goes_on(void **state)
{
	Judged *judged = judged_new("cpuset 7,39", TRUE);
	g_autoptr(GError) error = NULL;
	const Plan *rt, *other;
	gboolean named = FALSE;

	(void)state;
	add_guest(judged, 0);
	add_guest(judged, 1);
	if (!configured_judge_breaches(&judged->context, judged->breaches, &error))
		fail_msg("%s", error->message);
	rt = guest_at(&judged->context, 0)->plan;
	other = guest_at(&judged->context, 1)->plan;
	assert_true(rt->demonstration);
	for (guint i = 0; i < rt->broken->len; i++)
		named |= strstr(rt->broken->pdata[i], "is in the cpuset of \"other\"") != NULL;
	assert_true(named);
	/* SCHED_FIFO is dropped where the CPU is shared, and only there. */
	assert_int_equal(rt->vcpus[1].fifo_priority, 0);
	assert_true(rt->vcpus[1].shares);
	assert_false(other->demonstration);
	judged_free(judged);
}

/* As if it could not be looked at. */
static void blur(const Judged *judged)
{
	for (guint i = 0; i < judged->breaches->len; i++)
		((Breach *)judged->breaches->pdata[i])->unknown = TRUE;
}

/* Nobody knows whether it is broken: that is no qualification. */
static void test_unknown_rule_refuses(void **state)
{
	Judged *judged = judged_new("cpuset 7,39", FALSE);
	g_autoptr(GError) error = NULL;

	(void)state;
	blur(judged);
	assert_false(configured_judge_breaches(&judged->context, judged->breaches, &error));
	assert_true(g_error_matches(error, LATHE_ERROR, LATHE_ERROR_ENVIRONMENT));
	assert_non_null(strstr(error->message, "a rule of the configured VMs could not be looked at: "
					       "CPU 39"));
	judged_free(judged);
}

static void test_unknown_rule_is_labelled(void **state)
{
	Judged *judged = judged_new("cpuset 7,39", TRUE);
	const Plan *rt;
	gboolean named = FALSE;

	(void)state;
	blur(judged);
	add_guest(judged, 0);
	add_guest(judged, 1);
	assert_true(configured_judge_breaches(&judged->context, judged->breaches, NULL));
	rt = guest_at(&judged->context, 0)->plan;
	for (guint i = 0; i < rt->broken->len; i++)
		named |= g_str_has_prefix(rt->broken->pdata[i], "not known: CPU 39 ");
	assert_true(rt->demonstration && named);
	judged_free(judged);
}

/* A rule that the VM beside breaks is one of the run. */
static void test_broken_beside_is_labelled(void **state)
{
	Judged *judged = judged_new("cpuset 7,39", TRUE);
	const Plan *rt, *other;
	guint before;

	(void)state;
	add_guest(judged, 0);
	add_guest(judged, 1);
	for (guint i = 0; i < judged->breaches->len; i++)
		((Breach *)judged->breaches->pdata[i])->vm = vm_of(&judged->scene, 1);
	rt = guest_at(&judged->context, 0)->plan;
	other = guest_at(&judged->context, 1)->plan;
	before = rt->broken->len;
	assert_true(configured_judge_breaches(&judged->context, judged->breaches, NULL));
	assert_true(other->demonstration);
	assert_non_null(strstr(other->broken->pdata[0], "is in the cpuset of \"other\""));
	assert_int_equal(rt->broken->len, before);
	judged_free(judged);
}

/* Once, and only where there are several. */
static void test_error_names_its_vm(void **state)
{
	Judged *judged = judged_new("cpuset 7-9", FALSE);
	g_autoptr(GError) error = g_error_new(LATHE_ERROR, LATHE_ERROR_GUEST, "it is silent");

	(void)state;
	add_guest(judged, 0);
	guest_name_error(guest_at(&judged->context, 0), &error);
	assert_string_equal(error->message, "it is silent");
	add_guest(judged, 1);
	guest_name_error(guest_at(&judged->context, 1), &error);
	guest_name_error(guest_at(&judged->context, 0), &error);
	assert_string_equal(error->message, "VM other: it is silent");
	judged_free(judged);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_can_be_measured),
		cmocka_unit_test(test_disk_guest_is_refused),
		cmocka_unit_test(test_good_config),
		cmocka_unit_test(test_broken_rule_refuses),
		cmocka_unit_test(test_demonstration_goes_on),
		cmocka_unit_test(test_unknown_rule_refuses),
		cmocka_unit_test(test_unknown_rule_is_labelled),
		cmocka_unit_test(test_broken_beside_is_labelled),
		cmocka_unit_test(test_error_names_its_vm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
