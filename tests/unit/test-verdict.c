/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "bundle_doubts.h"

static void override(Fixture *f, const char *key, const char *value)
{
	g_assert_true(profile_override(f->profile, key, value, NULL));
}

static void judge(const Fixture *f)
{
	fixture_findings(f);
	verdict_judge(f->directory, f->profile, f->run);
}

static void test_pass(void **state)
{
	Fixture *f = fixture_new();
	g_autofree char *reasons = NULL, *proves = NULL;

	(void)state;
	run_note(f->run->verdict.reasons, "left over from an earlier judgement");
	judge(f);
	reasons = joined(f->run->verdict.reasons);
	proves = joined(f->run->verdict.proves);
	assert_string_equal(reasons, "");
	assert_int_equal(f->run->verdict.result, RESULT_PASS);
	/* The fixture's host is not one that was tuned. */
	assert_int_equal(f->run->verdict.labels->len, 1);
	assert_string_equal(f->run->verdict.labels->pdata[0], "findings not judged");
	assert_int_equal(f->run->verdict.limits->len, 4);
	assert_non_null(strstr(proves, "stage loaded, vCPU 1: none of 1000 samples exceeded"));
	assert_non_null(strstr(proves, "stage loaded, vCPU 2: none of 1000 samples exceeded"));
	assert_non_null(strstr(proves, "fewer than 1 in 333 wake-ups"));
	assert_non_null(strstr(proves, "correlated"));
	assert_non_null(strstr(proves, "the run tuned the host for its own time (1 value, and "
				       "/dev/cpu_dma_latency held)"));
	assert_non_null(strstr(proves, "/dev/cpu_dma_latency"));
	fixture_free(f);
}

/* The same bundle as if it had been measured for that long only. */
static void shorten(Fixture *f, guint seconds)
{
	RunStage *stage = fixture_stage(f);
	g_autofree char *duration = g_strdup_printf("%us", seconds);

	override(f, "duration", duration);
	stage->duration_s = seconds;
	stage->planned_samples = seconds * 100;
	for (char **word = fixture_measured(f)->tool_argv; *word; word++)
		if (strcmp(*word, "-D10") == 0)
			fixture_set(word, seconds == 2 ? "-D2" : "-D3");
	for (guint k = 0; k < FIXTURE_RT; k++) {
		f->threads[k].counts[0] = 50 * seconds;
		f->threads[k].counts[1] = 40 * seconds;
		f->threads[k].counts[2] = 10 * seconds;
		f->threads[k].cycles = 100 * seconds;
	}
	fixture_measure(f);
}

static void test_too_short(void **state)
{
	(void)state;
	for (guint seconds = 2; seconds <= 3; seconds++) {
		Fixture *f = fixture_new();
		g_autofree char *reasons = NULL;

		shorten(f, seconds);
		judge(f);
		reasons = joined(f->run->verdict.reasons);
		assert_string_equal(reasons,
				    seconds == 3 ? ""
						 : "stage loaded: it is too short: 200 samples "
						   "planned on each vCPU, wanted 300\n");
		assert_int_equal(f->run->verdict.result,
				 seconds == 3 ? RESULT_PASS : RESULT_INCONCLUSIVE);
		fixture_free(f);
	}
}

/* The good bundle: max 30 us, avg 16.00 us on both vCPUs. Equality decides by the rule. */
static const struct {
	const char *limits;
	Result result;
	guint broken;
	const char *reason;
} limits[] = {
	{"max < 31us", RESULT_PASS, 0, ""},
	{"max <= 30us", RESULT_PASS, 0, ""},
	{"max < 30001ns", RESULT_PASS, 0, ""},
	{"max < 30us", RESULT_FAIL, 2,
	 "limit broken: stage loaded, vCPU 1: max is 30.000 us, wanted < 30.000 us"},
	{"max <= 29999ns", RESULT_FAIL, 2, "max is 30.000 us, wanted <= 29.999 us"},
	{"avg <= 16us", RESULT_PASS, 0, ""},
	{"avg < 16us", RESULT_FAIL, 2, "vCPU 2: avg is 16.000 us, wanted < 16.000 us"},
	{"min < 10us", RESULT_FAIL, 2, "min is 10.000 us"},
	{"max < 1s, avg <= 15999ns", RESULT_FAIL, 2, "avg is 16.000 us, wanted <= 15.999 us"},
	{"max < 10us, avg < 10us, min < 10us", RESULT_FAIL, 6, "limit broken"},
};

static void test_limits(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(limits); i++) {
		Fixture *f = fixture_new();
		g_autofree char *reasons = NULL;
		guint broken = 0;

		override(f, "limit", limits[i].limits);
		judge(f);
		reasons = joined(f->run->verdict.reasons);
		for (guint l = 0; l < f->run->verdict.limits->len; l++)
			broken += ((RunLimit *)f->run->verdict.limits->pdata[l])->broken;
		if (f->run->verdict.result != limits[i].result)
			fail_msg("%s: %s\n%s", limits[i].limits,
				 result_name(f->run->verdict.result), reasons);
		assert_int_equal(broken, limits[i].broken);
		assert_int_equal(f->run->verdict.reasons->len, limits[i].broken);
		assert_non_null(strstr(reasons, limits[i].reason));
		assert_int_equal(f->run->verdict.proves->len > 0,
				 limits[i].result == RESULT_PASS);
		fixture_free(f);
	}
}

/* One vCPU breaks a limit, the other keeps it; its maximum overflowed the buckets. */
static void test_overflow_breaks_limit(void **state)
{
	Fixture *f = fixture_new();
	g_autofree char *reasons = NULL;
	const RunLimit *limit;

	(void)state;
	f->threads[1].overflow = 1;
	f->threads[1].counts[2] = 99;
	f->threads[1].max = 4711;
	f->threads[1].avg = "20.68";
	f->threads[1].avg_us = 20;
	fixture_measure(f);
	judge(f);
	reasons = joined(f->run->verdict.reasons);
	assert_string_equal(reasons, "limit broken: stage loaded, vCPU 2: max is 4711.000 us, "
				     "wanted < 60.000 us\n");
	assert_int_equal(f->run->verdict.result, RESULT_FAIL);
	limit = f->run->verdict.limits->pdata[2];
	assert_int_equal(limit->vcpu, 2);
	assert_int_equal(limit->value_ns, 4711000);
	assert_int_equal(limit->limit_ns, 60000);
	assert_string_equal(limit->statistic, "max");
	assert_string_equal(limit->relation, "<");
	assert_true(limit->broken && limit->value_known);
	fixture_free(f);
}

/* A run that cannot be believed stays INCONCLUSIVE; the broken limits come last. */
static void test_broken_limits_are_listed(void **state)
{
	Fixture *f = fixture_new();
	g_autofree char *reasons = NULL;

	(void)state;
	fixture_emulate(f);
	override(f, "limit", "max < 20us");
	judge(f);
	reasons = joined(f->run->verdict.reasons);
	assert_int_equal(f->run->verdict.result, RESULT_INCONCLUSIVE);
	assert_int_equal(f->run->verdict.reasons->len, 3);
	assert_non_null(strstr(f->run->verdict.reasons->pdata[0], "emulated (TCG)"));
	assert_non_null(strstr(f->run->verdict.reasons->pdata[1], "limit broken: stage loaded, vCPU 1"));
	assert_non_null(strstr(f->run->verdict.reasons->pdata[2], "limit broken: stage loaded, vCPU 2"));
	fixture_free(f);
}

/* Without the tool's outputs the maximum that run.json remembers is still listed. */
static void test_limits_without_raw(void **state)
{
	Fixture *f = fixture_new();
	g_autofree char *reasons = NULL;

	(void)state;
	fixture_set(&f->run->interrupted, "the guest panicked");
	fixture_remove(f, RAW_JSON);
	fixture_thread(f, 0)->max_ns = 153000000;
	fixture_thread(f, 1)->samples = 0;
	judge(f);
	reasons = joined(f->run->verdict.reasons);
	assert_int_equal(f->run->verdict.result, RESULT_INCONCLUSIVE);
	assert_non_null(strstr(reasons, "vCPU 1: max is 153000.000 us, wanted < 60.000 us"));
	assert_non_null(strstr(reasons, "vCPU 2: there is no max to compare with its limit"));
	fixture_free(f);
}

/* Every stage is missing: nothing crashes, everything is said. */
static void test_nothing_measured(void **state)
{
	g_autoptr(Profile) profile =
		profile_parse(FIXTURE_PROFILE, strlen(FIXTURE_PROFILE), "strict.ini", NULL);
	g_autoptr(Run) run = run_new();
	g_autofree char *reasons = NULL;
	char *directory = tree_new();

	(void)state;
	verdict_judge(directory, profile, run);
	reasons = joined(run->verdict.reasons);
	assert_int_equal(run->verdict.result, RESULT_INCONCLUSIVE);
	assert_non_null(strstr(reasons, "stage loaded was not measured"));
	assert_non_null(strstr(reasons, "no value was compared with any limit"));
	tree_free(directory);
}

/* What smoke allows: emulated, on a plan that breaks a rule. It passes, with labels. */
static void test_labels(void **state)
{
	Fixture *f = fixture_new();
	g_autofree char *reasons = NULL, *labels = NULL;
	RunPlace *vcpu0 = fixture_measured(f)->places->pdata[1];
	RunPlanVcpu *vcpu;

	(void)state;
	f->profile->emulation_allowed = TRUE;
	f->profile->demonstration_allowed = TRUE;
	fixture_emulate(f);
	fixture_vm(f)->plan.demonstration = TRUE;
	run_note(fixture_vm(f)->plan.broken, "vCPU 0 shares CPU 0 with the emulator");
	vcpu = &g_array_index(fixture_vm(f)->plan.vcpus, RunPlanVcpu, 0);
	fixture_pin(vcpu, 0);
	vcpu->shares = TRUE;
	fixture_set(&vcpu0->cpus_allowed, "0");
	fixture_set(&vcpu0->wanted_cpus, "0");
	vcpu0->last_cpu = 0;
	f->run->profile.overrides = g_strsplit("duration=10s", " ", -1);
	judge(f);
	reasons = joined(f->run->verdict.reasons);
	labels = joined(f->run->verdict.labels);
	assert_string_equal(reasons, "");
	assert_int_equal(f->run->verdict.result, RESULT_PASS);
	assert_string_equal(labels, "findings not judged\nemulated\ndemonstration plan\n");
	fixture_free(f);
}

static void test_override_is_a_label(void **state)
{
	Fixture *f = fixture_new();

	(void)state;
	f->run->profile.overrides = g_strsplit("limits=max < 1s", "|", -1);
	judge(f);
	assert_int_equal(f->run->verdict.result, RESULT_PASS);
	assert_int_equal(f->run->verdict.labels->len, 2);
	assert_string_equal(f->run->verdict.labels->pdata[1], "profile changed on the command line");
	fixture_free(f);
}

/* A worker that slept since before it was pinned, an IOThread narrower than planned. */
static void test_harmless_places(void **state)
{
	Fixture *f = fixture_new();
	g_autofree char *reasons = NULL;

	(void)state;
	fixture_add_place(fixture_measured(f), "worker", "0-4", 7, 0);
	fixture_add_place(fixture_measured(f), "iothread 2", "0-4", 1, 0);
	fixture_set(&((RunPlace *)fixture_measured(f)->places->pdata[6])->cpus_allowed, "1");
	judge(f);
	reasons = joined(f->run->verdict.reasons);
	assert_string_equal(reasons, "");
	assert_int_equal(f->run->verdict.result, RESULT_PASS);
	fixture_free(f);
}

/* The floor is the profile's, but half of the samples must be there under any. */
static const struct {
	guint floor, samples;
	Result result;
} floors[] = {
	{99, 990, RESULT_PASS},		{99, 989, RESULT_INCONCLUSIVE},
	{90, 900, RESULT_PASS},		{90, 899, RESULT_INCONCLUSIVE},
	{50, 500, RESULT_PASS},		{10, 499, RESULT_INCONCLUSIVE},
	{100, 1000, RESULT_PASS},	{100, 999, RESULT_INCONCLUSIVE},
	{99, 1100, RESULT_PASS},	{99, 0, RESULT_INCONCLUSIVE},
};

static void test_floors(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(floors); i++) {
		Fixture *f = fixture_new();
		guint n = floors[i].samples;

		f->profile->samples_floor_percent = floors[i].floor;
		f->threads[0] = (FixtureThread){{10}, {n}, 0, n, 10, 10, "10.00", 10, 1};
		fixture_measure(f);
		judge(f);
		if (f->run->verdict.result != floors[i].result)
			fail_msg("floor %u %%, %u samples: %s", floors[i].floor, n,
				 result_name(f->run->verdict.result));
		fixture_free(f);
	}
}

/* Slewing moves both clocks alike: 100 ms of reading error, however long the stage. */
static void test_clock_steps(void **state)
{
	static const struct {
		gint64 step_ns;
		Result result;
	} steps[] = {
		{100000000, RESULT_PASS},	{-100000000, RESULT_PASS},
		{100000001, RESULT_INCONCLUSIVE}, {-100000001, RESULT_INCONCLUSIVE},
		{G_MAXINT64, RESULT_INCONCLUSIVE}, {G_MININT64, RESULT_INCONCLUSIVE},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
		Fixture *f = fixture_new();

		fixture_measured(f)->guest.clock_step_ns = steps[i].step_ns;
		judge(f);
		assert_int_equal(f->run->verdict.result, steps[i].result);
		fixture_free(f);
	}
}

/* What the fuzz target of run.json starts from: a seed that a reader refuses leads nowhere.
 * UPDATE_GOLDEN=1 rewrites it. */
static void test_fuzz_seed_is_current(void **state)
{
	g_autofree char *path = g_build_filename(g_getenv("TESTS"), "fuzz", "corpus", "run-json",
						 "good.json", NULL);
	Fixture *f = fixture_new();
	g_autofree char *json = NULL, *seed = NULL;
	g_autoptr(GError) error = NULL;

	(void)state;
	judge(f);
	/* One of each shape is enough, and a fuzzer is faster with little. */
	while (f->run->findings->len > 3) {
		finding_free(f->run->findings->pdata[f->run->findings->len - 1]);
		g_ptr_array_set_size(f->run->findings, (gint)f->run->findings->len - 1);
	}
	json = run_to_json(f->run);
	if (g_getenv("UPDATE_GOLDEN"))
		assert_true(g_file_set_contents(path, json, -1, NULL));
	if (!g_file_get_contents(path, &seed, NULL, &error))
		fail_msg("%s", error->message);
	assert_string_equal(json, seed);
	fixture_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pass),
		cmocka_unit_test(test_too_short),
		cmocka_unit_test(test_fuzz_seed_is_current),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_overflow_breaks_limit),
		cmocka_unit_test(test_broken_limits_are_listed),
		cmocka_unit_test(test_limits_without_raw),
		cmocka_unit_test(test_nothing_measured),
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_override_is_a_label),
		cmocka_unit_test(test_harmless_places),
		cmocka_unit_test(test_floors),
		cmocka_unit_test(test_clock_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
