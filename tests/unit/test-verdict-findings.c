/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Verdicts in which findings count: a good bundle, then spoilt in one place. */
#include "good-bundle.h"

#define NUMA_BALANCING TREE_HOST "/proc/sys/kernel/numa_balancing"

static void test_good_trees_pass(void **state)
{
	Fixture *f = good_new();

	(void)state;
	fixture_findings(f);
	assert_true(f->run->findings->len > 400);
	verdict_judge(f->directory, f->profile, f->run);
	assert_int_equal(f->run->verdict.labels->len, 0);
	expect(f, RESULT_PASS, NULL);
}

static void test_broken_row_fails(void **state)
{
	Fixture *f = good_new();

	(void)state;
	fixture_write(f, NUMA_BALANCING, "1\n");
	expect(f, RESULT_FAIL, "finding sched.numa_balancing (host, high): ");
	f = good_new();
	fixture_replace(f, TREE_GUEST_AFTER "/proc/stat", "cpu1 9 0 40 400 0 0 3 0",
			"cpu1 9 0 40 400 0 0 3 8");
	expect(f, RESULT_FAIL, "finding guest.steal (guest, high): ");
	f = good_new();
	fixture_replace(f, TREE_VM "/domain-live.xml", "<nosharepages/>", "");
	expect(f, RESULT_FAIL, "finding domain.nosharepages (vm, high): ");
}

/* A row below high severity is told, and no verdict rests on it. */
static void test_broken_medium_row_passes(void **state)
{
	Fixture *f = good_new();

	(void)state;
	fixture_write(f, TREE_HOST "/proc/sys/vm/stat_interval", "1\n");
	expect(f, RESULT_PASS, NULL);
}

static void test_unknown_row_is_inconclusive(void **state)
{
	Fixture *f = good_new();

	(void)state;
	fixture_write(f, NUMA_BALANCING, "perhaps\n");
	expect(f, RESULT_INCONCLUSIVE, "finding sched.numa_balancing (host, high) is UNKNOWN: ");
	f = good_new();
	fixture_remove(f, TREE_VM "/domain-live.xml");
	expect(f, RESULT_INCONCLUSIVE, "(vm, high) is UNKNOWN: ");
}

static void test_shown_findings_label(void **state)
{
	Fixture *f = good_new();
	g_autofree char *labels = NULL;

	(void)state;
	fixture_write(f, NUMA_BALANCING, "1\n");
	set_profile(f, "findings = shown\n");
	fixture_findings(f);
	verdict_judge(f->directory, f->profile, f->run);
	labels = joined(f->run->verdict.labels);
	assert_non_null(strstr(labels, "findings not judged"));
	expect(f, RESULT_PASS, NULL);
}

static Finding *stored(const Fixture *f, const char *id)
{
	for (guint i = 0; i < f->run->findings->len; i++) {
		Finding *finding = f->run->findings->pdata[i];

		if (strcmp(finding->id, id) == 0)
			return finding;
	}
	fail_msg("no finding %s", id);
	return NULL;
}

static void drop(const Fixture *f, const char *id)
{
	Finding *finding = stored(f, id);

	assert_true(g_ptr_array_remove(f->run->findings, finding));
	finding_free(finding);
}

static void test_edited_finding(void **state)
{
	Fixture *f = good_new();

	(void)state;
	fixture_write(f, NUMA_BALANCING, "1\n");
	fixture_findings(f);
	stored(f, "sched.numa_balancing")->status = STATUS_PASS;
	expect_stored(f, RESULT_INCONCLUSIVE,
		      "finding sched.numa_balancing (host): run.json says PASS, the captured tree "
		      "says FAIL");
	f = good_new();
	fixture_findings(f);
	fixture_set(&stored(f, "sched.numa_balancing")->title, "Anything goes");
	expect_stored(f, RESULT_INCONCLUSIVE,
		      "finding sched.numa_balancing (host): run.json does not say what");
}

/* A run.json of another version may have other rows and other words: what the tree shows now
 * still counts. */
static void test_other_version(void **state)
{
	Fixture *f = good_new();

	(void)state;
	fixture_write(f, NUMA_BALANCING, "1\n");
	fixture_findings(f);
	fixture_set(&f->run->versions.lathe, "0.0.9");
	fixture_set(&stored(f, "sched.numa_balancing")->title, "It said so then");
	drop(f, "guest.steal");
	expect_stored(f, RESULT_FAIL, "finding sched.numa_balancing (host, high): ");
	f = good_new();
	fixture_write(f, NUMA_BALANCING, "1\n");
	fixture_findings(f);
	fixture_set(&f->run->versions.lathe, "0.0.9");
	stored(f, "sched.numa_balancing")->status = STATUS_PASS;
	expect_stored(f, RESULT_INCONCLUSIVE, "run.json says PASS");
	f = good_new();
	fixture_write(f, NUMA_BALANCING, "1\n");
	fixture_findings(f);
	fixture_set(&f->run->versions.lathe, "0.0.9");
	drop(f, "sched.numa_balancing");
	expect_stored(f, RESULT_FAIL, "sched.numa_balancing");
}

static void test_dropped_and_added_finding(void **state)
{
	Fixture *f = good_new();

	(void)state;
	fixture_findings(f);
	drop(f, "sched.numa_balancing");
	expect_stored(f, RESULT_INCONCLUSIVE,
		      "finding host sched.numa_balancing is not in run.json");
	f = good_new();
	fixture_findings(f);
	fixture_set(&stored(f, "sched.numa_balancing")->id, "sched.nobody_knows");
	expect_stored(f, RESULT_INCONCLUSIVE, "sched.nobody_knows is of no row of the table");
}

/* An edited tree gives other findings than run.json has, whichever way. */
static void test_edited_tree(void **state)
{
	Fixture *f = good_new();

	(void)state;
	fixture_write(f, NUMA_BALANCING, "1\n");
	fixture_findings(f);
	fixture_write(f, NUMA_BALANCING, "0\n");
	expect_stored(f, RESULT_INCONCLUSIVE, "run.json says FAIL, the captured tree says PASS");
}

#define CHOSEN "findings = judged\npolicy = sched.timer_migration=0\n"

static FindingStatus status_with(const char *lines, const char *value, char **ret_reason)
{
	Fixture *f = good_new();
	FindingStatus status;

	fixture_write(f, TREE_HOST "/proc/sys/kernel/timer_migration", value);
	set_profile(f, lines);
	fixture_findings(f);
	status = stored(f, "sched.timer_migration")->status;
	*ret_reason = g_strdup(stored(f, "sched.timer_migration")->reason);
	expect_stored(f, RESULT_PASS, NULL);
	return status;
}

/* Two opinions hold until a profile chooses one; then a mismatch has the weight of the row. */
static void test_policy(void **state)
{
	g_autofree char *reason = NULL;

	(void)state;
	assert_int_equal(status_with("findings = judged\n", "1\n", &reason), STATUS_PASS);
	g_clear_pointer(&reason, g_free);
	assert_int_equal(status_with(CHOSEN, "0\n", &reason), STATUS_PASS);
	g_clear_pointer(&reason, g_free);
	assert_int_equal(status_with(CHOSEN, "1\n", &reason), STATUS_WARN);
	assert_non_null(strstr(reason, "the profile's choice"));
}

#define FAIR_SERVERS TREE_HOST "/sys/kernel/debug/sched/fair_server/cpu"

/* A side of a row of high severity that was chosen and does not hold makes the run FAIL. */
static void test_policy_of_high_severity(void **state)
{
	static const struct {
		const char *lines;
		FindingStatus status;
		Result result;
	} cases[] = {
		{"findings = judged\n", STATUS_WARN, RESULT_PASS},
		{"findings = judged\npolicy = throttle.fair_server=0\n", STATUS_FAIL, RESULT_FAIL},
	};

	(void)state;
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		Fixture *f = good_new();

		fixture_write(f, FAIR_SERVERS "5/runtime", "7\n");
		set_profile(f, cases[i].lines);
		fixture_findings(f);
		assert_int_equal(stored(f, "throttle.fair_server")->status, cases[i].status);
		expect_stored(f, cases[i].result,
			      cases[i].result == RESULT_FAIL ? "throttle.fair_server" : NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_trees_pass),
		cmocka_unit_test(test_broken_row_fails),
		cmocka_unit_test(test_broken_medium_row_passes),
		cmocka_unit_test(test_unknown_row_is_inconclusive),
		cmocka_unit_test(test_shown_findings_label),
		cmocka_unit_test(test_edited_finding),
		cmocka_unit_test(test_other_version),
		cmocka_unit_test(test_dropped_and_added_finding),
		cmocka_unit_test(test_edited_tree),
		cmocka_unit_test(test_policy),
		cmocka_unit_test(test_policy_of_high_severity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
