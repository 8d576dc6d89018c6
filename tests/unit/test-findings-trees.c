/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which trees of a bundle findings are made from: those of before and, for what may come to pass
 * while it measures, those of after; and what it means that one is missing.
 */
#include "good-bundle.h"

#include "judge.h"
#include "knob_capture.h"

/* Nobody says that the tree is whole: what it lacks may be there. A run that ended early has
 * no findings of that scope; a run.json that was not made of such a tree has all of them. */
static void check_not_whole(const char *lines, const char *scope, const char *tree)
{
	g_autofree char *mark = g_strconcat(tree, COMPLETE, NULL);
	g_autofree char *reason = g_strdup_printf("the captured tree %s is not whole\n", tree);
	Fixture *f = good_new();

	set_profile(f, lines);
	fixture_findings(f);
	assert_true(count_of(f, scope) > 50);
	fixture_remove(f, mark);
	expect_one_reason(f, reason);
	fixture_findings(f);
	assert_int_equal(count_of(f, scope), 0);
	expect_one_reason(f, reason);
	fixture_free(f);
}

static void test_tree_not_whole(void **state)
{
	static const char *const profiles[] = {"findings = judged\n", "findings = shown\n"};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(profiles); i++) {
		check_not_whole(profiles[i], "host", TREE_HOST);
		check_not_whole(profiles[i], "vm", TREE_VM);
		check_not_whole(profiles[i], "guest", TREE_GUEST);
	}
}

/* The facts of a machine come from the same tree: it is missed once. */
static void test_tree_missing(void **state)
{
	Fixture *f = good_new();
	g_autofree char *path = g_build_filename(f->directory, TREE_GUEST, NULL);
	g_autofree char *reasons = NULL;
	const char *found;

	(void)state;
	fixture_findings(f);
	remove_tree(path);
	verdict_judge(f->directory, f->profile, f->run);
	reasons = joined(f->run->verdict.reasons);
	found = strstr(reasons, "the captured tree guest/before is missing\n");
	assert_non_null(found);
	assert_null(strstr(found + 1, "the captured tree"));
	assert_null(strstr(reasons, "finding "));
	assert_null(strstr(reasons, f->directory));
	expect_stored(f, RESULT_INCONCLUSIVE, "guest/before");
}

/* What the agent says of a directory that it could not list is not that nothing is there. */
static void test_unlisted_directory(void **state)
{
	Fixture *f = good_new();

	(void)state;
	fixture_findings(f);
	assert_int_equal(find(f, "guest", "tracing.instances")->status, STATUS_NA);
	fixture_write(f, TREE_GUEST "/" CAPTURE_ERRORS, "5\tsys/kernel/tracing/instances\n");
	fixture_findings(f);
	assert_int_equal(find(f, "guest", "tracing.instances")->status, STATUS_UNKNOWN);
	assert_int_equal(find(f, "host", "tracing.instances")->status, STATUS_NA);
	fixture_free(f);
}

/* What came to pass while it measured is in the tree of after alone. */
static void test_throttled_meanwhile(void **state)
{
	Fixture *f = good_new();

	(void)state;
	write_in(f, TREE_HOST_AFTER, KERNEL_LOG, BOOT_LINE THROTTLED);
	expect(f, RESULT_FAIL,
	       "finding throttle.seen (host, fatal): after the measurement: ");
	f = good_new();
	write_in(f, TREE_GUEST_AFTER, KERNEL_LOG, BOOT_LINE THROTTLED);
	expect(f, RESULT_FAIL,
	       "finding throttle.seen (guest, fatal): after the measurement: ");
	/* Another word of the kernel is none of its business. */
	f = good_new();
	write_in(f, TREE_HOST_AFTER, KERNEL_LOG, BOOT_LINE "<6>[  512.400000] a wire came loose\n");
	expect(f, RESULT_PASS, NULL);
}

static void replace_steal(const Fixture *f, const char *tree, const char *ticks)
{
	g_autofree char *path = g_strconcat(tree, "/proc/stat", NULL);
	g_autofree char *with = g_strconcat("cpu1 9 0 40 400 0 0 3 ", ticks, NULL);

	fixture_replace(f, path, "cpu1 9 0 40 400 0 0 3 0", with);
}

/* The canary takes time from a vCPU, on purpose and before the measurement. */
static void test_stolen_meanwhile(void **state)
{
	static const struct {
		const char *before, *after;
		FindingStatus status;
	} rows[] = {
		{"0", "0", STATUS_PASS},  {"51", "51", STATUS_PASS},
		{"51", "52", STATUS_FAIL}, {"0", "1", STATUS_FAIL},
		{"51", "50", STATUS_UNKNOWN},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		Fixture *f = good_new();

		replace_steal(f, TREE_GUEST, rows[i].before);
		replace_steal(f, TREE_GUEST_AFTER, rows[i].after);
		fixture_findings(f);
		assert_int_equal(find(f, "guest", "guest.steal")->status, rows[i].status);
		fixture_free(f);
	}
}

static void test_throttled_meanwhile_is_shown(void **state)
{
	Fixture *f = good_new();
	g_autofree char *labels = NULL;
	const Finding *finding;

	(void)state;
	write_in(f, TREE_HOST_AFTER, KERNEL_LOG, BOOT_LINE THROTTLED);
	set_profile(f, "findings = shown\n");
	fixture_findings(f);
	finding = find(f, "host", "throttle.seen");
	assert_int_equal(finding->status, STATUS_FAIL);
	assert_true(g_str_has_prefix(finding->reason, "after the measurement: "));
	assert_non_null(finding->why);
	assert_int_equal(find(f, "guest", "throttle.seen")->status, STATUS_PASS);
	verdict_judge(f->directory, f->profile, f->run);
	labels = joined(f->run->verdict.labels);
	assert_non_null(strstr(labels, "findings not judged"));
	expect_stored(f, RESULT_PASS, NULL);
}

/* The worse of the two, and a reason that tells which one it was. */
static void test_worse_of_before_and_after(void **state)
{
	static const struct {
		const char *before, *after;
		FindingStatus status;
		gboolean is_after;
	} rows[] = {
		{BOOT_LINE, BOOT_LINE, STATUS_PASS, FALSE},
		{BOOT_LINE, BOOT_LINE THROTTLED, STATUS_FAIL, TRUE},
		{BOOT_LINE THROTTLED, BOOT_LINE THROTTLED, STATUS_FAIL, FALSE},
		/* A log that was emptied, or ran over, takes nothing back. */
		{BOOT_LINE THROTTLED, BOOT_LINE, STATUS_FAIL, FALSE},
		{BOOT_LINE THROTTLED, "later\n", STATUS_FAIL, FALSE},
		{BOOT_LINE, "later\n", STATUS_UNKNOWN, TRUE},
		{"later\n", BOOT_LINE, STATUS_UNKNOWN, FALSE},
		{"later\n", "later\n" THROTTLED, STATUS_FAIL, TRUE},
		{BOOT_LINE, NULL, STATUS_UNKNOWN, TRUE},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		Fixture *f = good_new();
		const Finding *finding;

		write_in(f, TREE_HOST, KERNEL_LOG, rows[i].before);
		if (rows[i].after)
			write_in(f, TREE_HOST_AFTER, KERNEL_LOG, rows[i].after);
		else
			fixture_remove(f, TREE_HOST_AFTER KERNEL_LOG);
		fixture_findings(f);
		finding = find(f, "host", "throttle.seen");
		if (finding->status != rows[i].status ||
		    (finding->reason && g_str_has_prefix(finding->reason, "after the "
									  "measurement: ")) !=
			    rows[i].is_after)
			fail_msg("row %zu: %s: %s", i, finding_status_name(finding->status),
				 finding->reason);
		fixture_free(f);
	}
}

/* Settings are not asked for again: a tree of after need not hold them. */
static void test_settings_are_judged_once(void **state)
{
	Fixture *f = good_new();

	(void)state;
	write_in(f, TREE_HOST_AFTER, "/proc/sys/kernel/numa_balancing", "1\n");
	expect(f, RESULT_PASS, NULL);
}

static void test_edited_log_of_after(void **state)
{
	Fixture *f = good_new();

	(void)state;
	write_in(f, TREE_HOST_AFTER, KERNEL_LOG, BOOT_LINE THROTTLED);
	fixture_findings(f);
	write_in(f, TREE_HOST_AFTER, KERNEL_LOG, BOOT_LINE);
	expect_stored(f, RESULT_INCONCLUSIVE,
		      "finding throttle.seen (host): run.json says FAIL, the captured tree says "
		      "PASS");
	f = good_new();
	fixture_findings(f);
	write_in(f, TREE_GUEST_AFTER, KERNEL_LOG, BOOT_LINE THROTTLED);
	expect_stored(f, RESULT_INCONCLUSIVE,
		      "finding throttle.seen (guest): run.json says PASS, the captured tree says "
		      "FAIL");
}

/* A run that got to its end looked again. */
static void test_no_tree_of_after(void **state)
{
	static const struct {
		const char *tree, *reason;
	} rows[] = {
		{TREE_HOST_AFTER, "the captured tree host/after is missing\n"},
		{TREE_GUEST_AFTER, "the captured tree guest/after is missing\n"},
	};
	static const char *const profiles[] = {"findings = judged\n", "findings = shown\n"};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows) * G_N_ELEMENTS(profiles); i++) {
		Fixture *f = good_new();
		g_autofree char *path =
			g_build_filename(f->directory, rows[i % 2].tree, NULL);

		set_profile(f, profiles[i / 2]);
		remove_tree(path);
		fixture_findings(f);
		assert_true(count_of(f, "host") > 50 && count_of(f, "guest") > 50);
		expect_one_reason(f, rows[i % 2].reason);
		fixture_free(f);
	}
}

/* The rows that are judged again find in what is captured for them what they found before. */
static void check_capture_again(const Fixture *f, KnobScope scope, const char *tree,
				const Cpuset *cpus)
{
	g_autofree char *whole = g_build_filename(f->directory, tree, NULL);
	g_autofree char *part = g_build_filename(f->directory, "part", NULL);
	g_autofree char *setting = g_build_filename(part, "proc/sys/vm/stat_interval", NULL);
	g_autoptr(Root) whole_root = root_open_captured(whole, NULL);
	g_autoptr(KnobView) before = knob_view_new(whole_root, scope, cpus, NULL);
	g_autoptr(Root) part_root = NULL;
	g_autoptr(KnobView) after = NULL;
	guint rows = 0;

	assert_true(knob_capture_again(before, scope, NULL, part, NULL));
	assert_false(g_file_test(setting, G_FILE_TEST_EXISTS));
	part_root = root_open_captured(part, NULL);
	after = knob_view_new(part_root, scope, cpus, NULL);
	KNOB_FOREACH (layer, knob) {
		g_autoptr(Finding) one = NULL, two = NULL;

		if (!knob->again || !knob_is_judged(knob, scope))
			continue;
		one = knob_judge(layer, knob, before);
		two = knob_judge(layer, knob, after);
		if (!finding_equal(one, two) || one->status == STATUS_UNKNOWN)
			fail_msg("%s: %s and %s (%s)", knob->id, finding_status_name(one->status),
				 finding_status_name(two->status), two->reason);
		rows++;
	}
	assert_true(rows >= 8);
	remove_tree(part);
}

static void test_capture_again(void **state)
{
	Fixture *f = good_new();
	Cpuset host = {0}, guest = {0};

	(void)state;
	assert_true(cpulist_parse("5-7", CPUSET_CPUS, &host, NULL));
	assert_true(cpulist_parse("1-2", CPUSET_CPUS, &guest, NULL));
	check_capture_again(f, SCOPE_HOST, TREE_HOST, &host);
	check_capture_again(f, SCOPE_GUEST, TREE_GUEST, &guest);
	fixture_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tree_not_whole),
		cmocka_unit_test(test_tree_missing),
		cmocka_unit_test(test_unlisted_directory),
		cmocka_unit_test(test_throttled_meanwhile),
		cmocka_unit_test(test_stolen_meanwhile),
		cmocka_unit_test(test_throttled_meanwhile_is_shown),
		cmocka_unit_test(test_worse_of_before_and_after),
		cmocka_unit_test(test_settings_are_judged_once),
		cmocka_unit_test(test_edited_log_of_after),
		cmocka_unit_test(test_no_tree_of_after),
		cmocka_unit_test(test_capture_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
