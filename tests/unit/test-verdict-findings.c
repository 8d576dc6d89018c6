/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Verdicts in which findings count: the good trees of tests/knob in a bundle that passes, then
 * spoilt in one place.
 */
#include "good-trees.h"

#include "bundle_doubts.h"
#include "facts.h"
#include "remove_tree.h"
#include "root.h"
#include "view.h"

#define GUEST_CPU TREE_GUEST "/sys/devices/system/cpu/"
#define NUMA_BALANCING TREE_HOST "/proc/sys/kernel/numa_balancing"

/* The fixture's profile with other words about findings. */
static void set_profile(Fixture *f, const char *lines)
{
	g_autoptr(GString) given = g_string_new(FIXTURE_PROFILE);
	g_autofree char *text = NULL;

	assert_int_equal(g_string_replace(given, "findings = shown\n", lines, 0), 1);
	profile_free(f->profile);
	f->profile = profile_parse(given->str, given->len, "strict.ini", NULL);
	assert_non_null(f->profile);
	text = profile_format(f->profile);
	fixture_write(f, "profile.ini", text);
	g_free(f->run->profile.sha256);
	f->run->profile.sha256 = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
}

static void load(const Fixture *f, const char *scope, const char *tree)
{
	g_autofree char *directory = g_build_filename(f->directory, tree, NULL);

	remove_tree(directory);
	good_tree_load(scope, directory);
}

/* The good guest has four vCPUs, the fixture's three: 1-2 are measured. */
static void shrink_guest(const Fixture *f)
{
	static const char *const isolated[] = {TREE_GUEST "/proc/cmdline", GUEST_CPU "isolated",
					       GUEST_CPU "nohz_full"};
	static const char *const online[] = {GUEST_CPU "online", GUEST_CPU "possible",
					     GUEST_CPU "present"};

	for (gsize i = 0; i < G_N_ELEMENTS(isolated); i++) {
		g_autofree char *file = g_build_filename(f->directory, isolated[i], NULL);
		g_autofree char *text = NULL;
		g_autoptr(GString) changed = NULL;

		assert_true(g_file_get_contents(file, &text, NULL, NULL));
		changed = g_string_new(text);
		assert_true(g_string_replace(changed, "1-3", "1-2", 0) > 0);
		fixture_write(f, isolated[i], changed->str);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(online); i++)
		fixture_write(f, online[i], "0-2\n");
}

/* The threads that serve each of these CPUs, as tuned sets them (threads.h). */
static void write_threads(const Fixture *f, const char *tree, guint first, guint last,
			  const char *housekeeping, const char *others)
{
	g_autofree char *path = g_strconcat(tree, "/" CAPTURE_THREADS, NULL);
	g_autoptr(GString) text = g_string_new(NULL);

	g_string_printf(text, "1 1 0 0 0 - %s\t\tinit\n2 2 0 0 0 k %s\t\tkthreadd\n%s",
			housekeeping, housekeeping, others);
	for (guint cpu = first; cpu <= last; cpu++)
		g_string_append_printf(text,
				       "1%u0 1%u0 1 2 %u kb %u\t\tksoftirqd/%u\n"
				       "1%u1 1%u1 1 2 %u kb %u\t\tktimers/%u\n"
				       "1%u2 1%u2 1 4 %u kb %u\t\trcuc/%u\n"
				       "1%u3 1%u3 0 0 0 k %s\t\trcuop/%u\n",
				       cpu, cpu, cpu, cpu, cpu, cpu, cpu, cpu, cpu, cpu, cpu, cpu,
				       cpu, cpu, cpu, cpu, cpu, housekeeping, cpu);
	fixture_write(f, path, text->str);
}

/* What the cases of single rows bring along. */
static void write_rest(const Fixture *f)
{
	write_threads(f, TREE_HOST, 5, 7, "0-4",
		      "4000 4001 0 0 1 - 0-4\temulator\tqemu-system-x86\n"
		      "4000 4003 1 1 6 - 6\tvcpu 1\tCPU 1/KVM\n"
		      "4000 4004 1 1 7 - 7\tvcpu 2\tCPU 2/KVM\n");
	write_threads(f, TREE_GUEST, 1, 2, "0", "");
	fixture_write(f, TREE_HOST "/" CAPTURE_KERNEL_LOG,
		      "<5>[    0.000000] Linux version 6.12.8-rt\n");
	fixture_write(f, TREE_GUEST "/" CLOCKSOURCE_FILE, "tsc\n");
	fixture_write(f,
		      TREE_GUEST "/sys/devices/system/clocksource/clocksource0/"
				 "available_clocksource",
		      "tsc kvm-clock acpi_pm\n");
	fixture_write(f, TREE_GUEST "/proc/sys/kernel/watchdog", "0\n");
	fixture_write(f, TREE_GUEST "/proc/sys/kernel/soft_watchdog", "0\n");
	fixture_write(f, TREE_GUEST "/proc/sys/kernel/nmi_watchdog", "0\n");
}

/* run.json says of a machine what its tree says. */
static void describe(const Fixture *f, const char *tree, RunMachine *machine)
{
	g_autofree char *directory = g_build_filename(f->directory, tree, NULL);
	g_autoptr(Root) root = root_open_captured(directory, NULL);
	g_autoptr(Facts) facts = facts_read(root);

	fixture_set(&machine->hostname, facts->hostname);
	fixture_set(&machine->kernel_release, facts->kernel_release);
	fixture_set(&machine->kernel_version, facts->kernel_version);
	fixture_set(&machine->cmdline, facts->cmdline);
	fixture_set(&machine->cpu_model, facts->cpu_model);
	fixture_set(&machine->clocksource, facts->clocksource);
	fixture_set(&machine->realtime, known_name(facts->realtime));
	g_free(machine->isolated);
	machine->isolated = cpulist_format(&facts->isolated);
	machine->cpus_online = cpuset_count(&facts->online);
}

static Fixture *good_new(void)
{
	Fixture *f = fixture_new();

	load(f, "host", TREE_HOST);
	load(f, "vm", TREE_VM);
	load(f, "guest", TREE_GUEST);
	shrink_guest(f);
	write_rest(f);
	describe(f, TREE_HOST, &f->run->host);
	describe(f, TREE_GUEST, &f->run->guest);
	set_profile(f, "findings = judged\n");
	return f;
}

/* Judges what is in run.json already, and frees the fixture. */
static void expect_stored(Fixture *f, Result result, const char *reason)
{
	g_autofree char *reasons = NULL;

	verdict_judge(f->directory, f->profile, f->run);
	reasons = joined(f->run->verdict.reasons);
	if (f->run->verdict.result != result || (reason && !strstr(reasons, reason)))
		fail_msg("%s, wanted %s with '%s' among:\n%s",
			 result_name(f->run->verdict.result), result_name(result),
			 reason ? reason : "", reasons);
	fixture_free(f);
}

/* The same, with the findings that lathe would have made of the trees. */
static void expect(Fixture *f, Result result, const char *reason)
{
	fixture_findings(f);
	expect_stored(f, result, reason);
}

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
	fixture_replace(f, TREE_GUEST "/proc/stat", "cpu1 9 0 40 400 0 0 3 0",
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

/* One reason that names the tree, and none of the bundle's place, which changes. */
static void expect_one_reason(Fixture *f, const char *reason)
{
	g_autofree char *reasons = NULL;

	verdict_judge(f->directory, f->profile, f->run);
	reasons = joined(f->run->verdict.reasons);
	assert_int_equal(f->run->verdict.result, RESULT_INCONCLUSIVE);
	assert_non_null(strstr(reasons, reason));
	if (f->run->verdict.reasons->len != 1 || strstr(reasons, f->directory))
		fail_msg("wanted one reason without '%s':\n%s", f->directory, reasons);
}

static guint count_of(const Fixture *f, const char *scope)
{
	guint count = 0;

	for (guint i = 0; i < f->run->findings->len; i++)
		count += strcmp(((Finding *)f->run->findings->pdata[i])->scope, scope) == 0;
	return count;
}

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

static const Finding *find(const Fixture *f, const char *scope, const char *id)
{
	for (guint i = 0; i < f->run->findings->len; i++) {
		const Finding *finding = f->run->findings->pdata[i];

		if (strcmp(finding->id, id) == 0 && strcmp(finding->scope, scope) == 0)
			return finding;
	}
	fail_msg("no finding %s of the %s", id, scope);
	return NULL;
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

/* Two opinions hold until a profile chooses one; a policy row alone never fails a run. */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_trees_pass),
		cmocka_unit_test(test_broken_row_fails),
		cmocka_unit_test(test_broken_medium_row_passes),
		cmocka_unit_test(test_unknown_row_is_inconclusive),
		cmocka_unit_test(test_tree_not_whole),
		cmocka_unit_test(test_tree_missing),
		cmocka_unit_test(test_shown_findings_label),
		cmocka_unit_test(test_edited_finding),
		cmocka_unit_test(test_other_version),
		cmocka_unit_test(test_dropped_and_added_finding),
		cmocka_unit_test(test_edited_tree),
		cmocka_unit_test(test_unlisted_directory),
		cmocka_unit_test(test_policy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
