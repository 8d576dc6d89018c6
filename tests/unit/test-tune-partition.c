/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Partitions of cgroup v2, in trees: no kernel says here what it makes of them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "error.h"
#include "isolate.h"
#include "tune-fixture.h"

#define PLANNED	  "4-7"
#define GROUP	  ISOLATE_V2 "/" CPUSET_PARTITION
#define SWITCH	  ISOLATE_V2_CONTROL " cpuset"
#define CONTROLS  "cpu memory"

/* A host with cgroup v2 alone. */
static TuneFixture *new_host(void)
{
	TuneFixture *fixture = tune_fixture_new();

	tree_write(fixture->tree, "sys/devices/system/cpu/online", "0-7\n");
	tree_write(fixture->tree, "sys/devices/system/cpu/possible", "0-7\n");
	tree_write(fixture->tree, "sys/devices/system/cpu/isolated", "\n");
	tree_write(fixture->tree, ISOLATE_V2_CONTROLLERS, "cpuset cpu memory\n");
	tree_write(fixture->tree, ISOLATE_V2_CONTROL, CONTROLS "\n");
	tree_write(fixture->tree, ISOLATE_V2 "/system.slice/cpuset.cpus", "\n");
	return fixture;
}

static Changes *find(const TuneFixture *fixture, const char *choice, const char *row)
{
	const char *const only[] = {row, NULL};
	const KnobSelection selection = {.only = only};
	Cpuset planned;
	g_autoptr(KnobView) view = NULL;

	assert_true(cpulist_parse(PLANNED, CPUSET_CPUS, &planned, NULL));
	view = knob_view_new(fixture->root, SCOPE_HOST, &planned, NULL);
	if (choice)
		knob_view_choose(view, "cpu.partition", choice);
	return changes_find(view, &selection);
}

static void use(TuneFixture *fixture, const Changes *changes)
{
	g_ptr_array_set_size(fixture->changes, 0);
	for (guint i = 0; i < changes->changes->len; i++) {
		const Change *change = changes->changes->pdata[i];

		g_ptr_array_add(fixture->changes,
				tune_change(change->kind, change->row, change->place, change->was,
					    change->then, SEVERITY_HIGH));
	}
}

static void expect_file(const TuneFixture *fixture, const char *path, const char *wanted)
{
	g_autofree char *value = tune_value(fixture, path);

	assert_string_equal(value, wanted);
}

static void expect_before(const TuneFixture *fixture)
{
	expect_file(fixture, ISOLATE_V2_CONTROL, CONTROLS);
	assert_false(root_exists(fixture->root, GROUP));
}

static void restore(TuneFixture *fixture)
{
	g_autoptr(GPtrArray) outcomes = tuned_new_array();
	GError *error = NULL;

	fixture->steps_left = 0;
	if (!tune_restore(&fixture->tune, outcomes, NULL, NULL, &error))
		fail_msg("%s", error->message);
}

static void test_makes_and_removes_one(void **state)
{
	static const char *const kinds[] = {"isolated", "root"};

	(void)state;
	for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
		TuneFixture *fixture = new_host();
		g_autoptr(GPtrArray) outcomes = tuned_new_array();
		g_autoptr(Changes) changes = find(fixture, kinds[i], "cpu.partition");
		g_autoptr(Changes) again = NULL;

		assert_int_equal(changes->changes->len, 2);
		use(fixture, changes);
		assert_true(tune_fixture_apply(fixture, outcomes, NULL));
		expect_file(fixture, ISOLATE_V2_CONTROL, CONTROLS " cpuset");
		expect_file(fixture, GROUP "/cpuset.cpus", PLANNED);
		expect_file(fixture, GROUP "/cpuset.cpus.partition", kinds[i]);
		again = find(fixture, kinds[i], "cpu.partition");
		assert_int_equal(again->changes->len, 0);
		restore(fixture);
		expect_before(fixture);
		tune_fixture_free(fixture);
	}
}

/* It takes CPUs away from VMs: nobody gets it without asking. */
static void test_only_when_chosen(void **state)
{
	TuneFixture *fixture = new_host();
	g_autoptr(Changes) unasked = find(fixture, NULL, "cpu.*");
	g_autoptr(Changes) member = find(fixture, "member", "cpu.partition");

	(void)state;
	assert_int_equal(unasked->changes->len, 0);
	assert_int_equal(unasked->unchangeable->len, 1);
	assert_non_null(strstr(((Unchangeable *)unasked->unchangeable->pdata[0])->why,
			       "--choose cpu.partition=isolated"));
	assert_int_equal(member->changes->len, 0);
	tune_fixture_free(fixture);
}

static void test_killed_at_every_step(void **state)
{
	TuneFixture *fixture = new_host();
	g_autoptr(Changes) changes = find(fixture, "isolated", "cpu.partition");
	guint n = 1, m = 1;

	(void)state;
	use(fixture, changes);
	for (; tune_killed_at(fixture, n, FALSE); n++) {
		restore(fixture);
		expect_before(fixture);
	}
	assert_int_equal(n, 1 + 3 * 2 + 1);
	for (; tune_killed_at(fixture, m, TRUE); m++) {
		g_autoptr(GPtrArray) outcomes = tuned_new_array();

		restore(fixture);
		expect_before(fixture);
		assert_true(tune_fixture_apply(fixture, outcomes, NULL));
	}
	assert_int_equal(m, 2 * 2 + 1);
	expect_before(fixture);
	tune_fixture_free(fixture);
}

/* Killed within the write: it has its CPUs, and is no partition yet. */
static void test_killed_within_the_write(void **state)
{
	static const char *const cpus[] = {"\n", PLANNED "\n"};

	(void)state;
	for (guint i = 0; i < G_N_ELEMENTS(cpus); i++) {
		TuneFixture *fixture = new_host();
		g_autoptr(Changes) changes = find(fixture, "isolated", "cpu.partition");

		use(fixture, changes);
		/* begin, the controller with two records, and the partition's record */
		assert_true(tune_killed_at(fixture, 5, FALSE));
		tree_write(fixture->tree, GROUP "/cpuset.cpus", cpus[i]);
		tree_write(fixture->tree, GROUP "/cpuset.cpus.partition", "member\n");
		restore(fixture);
		expect_before(fixture);
		tune_fixture_free(fixture);
	}
}

/* What the kernel says of one that came to nothing, or that somebody changed. */
static void test_an_invalid_one_is_seen(void **state)
{
	static const struct {
		const char *partition;
		TunedState wanted;
	} seen[] = {
		{"isolated", TUNED_IN_FORCE},
		{"root", TUNED_IN_FORCE},
		{"member", TUNED_DRIFTED},
		{"isolated invalid (Cpu list in cpuset.cpus not exclusive)", TUNED_DRIFTED},
		{"root invalid (Parent is not a partition root)", TUNED_DRIFTED},
	};
	TuneFixture *fixture = new_host();
	g_autoptr(GPtrArray) outcomes = tuned_new_array();
	g_autoptr(Changes) changes = find(fixture, "isolated", "cpu.partition");

	(void)state;
	use(fixture, changes);
	assert_true(tune_fixture_apply(fixture, outcomes, NULL));
	for (guint i = 0; i < G_N_ELEMENTS(seen); i++) {
		g_autofree char *line = g_strconcat(seen[i].partition, "\n", NULL);
		TuneStatus *status;

		tree_write(fixture->tree, GROUP "/cpuset.cpus.partition", line);
		status = tune_status(&fixture->tune, NULL);
		assert_int_equal(((Tuned *)status->rows->pdata[1])->state, seen[i].wanted);
		tune_status_free(status);
	}
	tree_write(fixture->tree, GROUP "/cpuset.cpus.partition", "isolated\n");
	restore(fixture);
	expect_before(fixture);
	tune_fixture_free(fixture);
}

/* Without the controller another group would lose the CPUs that it was given since. */
static void test_a_controller_that_others_use_stays(void **state)
{
	TuneFixture *fixture = new_host();
	g_autoptr(GPtrArray) outcomes = tuned_new_array();
	g_autoptr(GPtrArray) undone = tuned_new_array();
	g_autoptr(Changes) changes = find(fixture, "isolated", "cpu.partition");

	(void)state;
	use(fixture, changes);
	assert_true(tune_fixture_apply(fixture, outcomes, NULL));
	tree_write(fixture->tree, ISOLATE_V2 "/system.slice/cpuset.cpus", "0-3\n");
	assert_true(tune_restore(&fixture->tune, undone, NULL, NULL, NULL));
	assert_int_equal(((Tuned *)undone->pdata[1])->state, TUNED_FOREIGN);
	assert_non_null(strstr(((Tuned *)undone->pdata[1])->now, "system.slice"));
	expect_file(fixture, ISOLATE_V2_CONTROL, CONTROLS " cpuset");
	assert_false(root_exists(fixture->root, GROUP));
	tune_fixture_free(fixture);
}

/* What is seen of a cpuset of v1 is ours though the kernel took offline CPUs out of it, or it was
 * only just made; one with more CPUs somebody changed. */
static void test_what_is_the_same_cpuset(void **state)
{
	static const struct {
		const char *seen, *value;
		gboolean same;
	} pairs[] = {
		{"0-3", "0-3", TRUE},	       {"0-2", "0-3", TRUE},
		{"", "0-3", TRUE},	       {"0-4", "0-3", FALSE},
		{"absent", "0-3", FALSE},      {"0-3", "absent", FALSE},
		{"absent", "absent", TRUE},    {"0-3 isolated", "0-3", FALSE},
		{"0-3", "0-3 isolated", FALSE}, {"0-3 root", "0-3 isolated", TRUE},
		{"0-2 isolated", "0-3 isolated", FALSE},
		{"0-3 isolated invalid (x)", "0-3 isolated", FALSE},
		{"many", "0-3", FALSE},
	};

	(void)state;
	for (guint i = 0; i < G_N_ELEMENTS(pairs); i++)
		if (target_cpuset.same(pairs[i].seen, pairs[i].value) != pairs[i].same)
			fail_msg("'%s' and '%s'", pairs[i].seen, pairs[i].value);
}

static void test_a_captured_tree_is_not_written(void **state)
{
	TuneFixture *fixture = new_host();
	g_autoptr(GPtrArray) outcomes = tuned_new_array();
	g_autoptr(Changes) changes = find(fixture, "isolated", "cpu.partition");
	g_autoptr(GError) error = NULL;

	(void)state;
	use(fixture, changes);
	root_free(fixture->root);
	fixture->root = root_open_captured(fixture->tree, NULL);
	fixture->tune.host.root = fixture->root;
	assert_false(tune_fixture_apply(fixture, outcomes, &error));
	expect_before(fixture);
	assert_int_equal(root_make_group_errno(fixture->root, GROUP, &(const char *){NULL}), EROFS);
	assert_int_equal(root_remove_group_errno(fixture->root, GROUP, &(const char *){NULL}),
			 EROFS);
	tune_fixture_free(fixture);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_makes_and_removes_one),
		cmocka_unit_test(test_only_when_chosen),
		cmocka_unit_test(test_killed_at_every_step),
		cmocka_unit_test(test_killed_within_the_write),
		cmocka_unit_test(test_an_invalid_one_is_seen),
		cmocka_unit_test(test_a_controller_that_others_use_stays),
		cmocka_unit_test(test_what_is_the_same_cpuset),
		cmocka_unit_test(test_a_captured_tree_is_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
