/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "cyclictest.h"
#include "error.h"
#include "feasible.h"
#include "wire.h"

static Profile *profile(const char *const *overrides)
{
	static const char text[] = "[profile]\nname = x\n[measure]\ninterval = 10ms\n"
				   "histogram = 100\npriority = 80\n"
				   "[stage one]\nduration = 10s\n[stage two]\nduration = 10s\n";
	Profile *made = profile_parse(text, strlen(text), "x.ini", NULL);

	assert_non_null(made);
	for (; *overrides; overrides++) {
		g_auto(GStrv) pair = g_strsplit(*overrides, "=", 2);

		assert_true(profile_override(made, pair[0], pair[1], NULL));
	}
	return made;
}

static void expect(gboolean ok, const GError *error, const char *message, const char *hint)
{
	assert_int_equal(ok, message == NULL);
	if (ok) {
		assert_null(error);
		return;
	}
	assert_true(g_error_matches(error, LATHE_ERROR, LATHE_ERROR_USAGE));
	assert_string_equal(error->message, message);
	assert_string_equal(lathe_error_get_hint(error), hint);
}

static const struct {
	const char *overrides[3];
	const char *message, *hint; /* NULL: long enough */
} durations[] = {
	{{NULL}, NULL, NULL},
	{{"duration=3s"}, NULL, NULL},
	{{"duration=1s", "interval=1ms"}, NULL, NULL},
	{{"duration=1s", "interval=3333us"}, NULL, NULL},
	{{"duration=720h", "interval=1s"}, NULL, NULL},
	{{"duration=2s"},
	 "stage one: 2s at one sample every 10ms are 200 samples on each vCPU, fewer than the "
	 "300 that prove anything",
	 "measure for 3s or longer (--duration), or at a shorter interval"},
	{{"duration=1s", "interval=3345us"},
	 "stage one: 1s at one sample every 3345us are 298 samples on each vCPU, fewer than the "
	 "300 that prove anything",
	 "measure for 2s or longer (--duration), or at a shorter interval"},
	{{"interval=1s"},
	 "stage one: 10s at one sample every 1s are 10 samples on each vCPU, fewer than the 300 "
	 "that prove anything",
	 "measure for 5m or longer (--duration), or at a shorter interval"},
};

static void stages_that_are_too_short(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(durations); i++) {
		g_autoptr(Profile) p = profile(durations[i].overrides);
		g_autoptr(GError) error = NULL;
		gboolean ok = feasible_durations(p, &error);

		expect(ok, error, durations[i].message, durations[i].hint);
	}
}

/* The second of two stages as well. */
static void every_stage_is_looked_at(void **state)
{
	static const char *const none[] = {NULL};
	g_autoptr(Profile) p = profile(none);
	g_autoptr(GError) error = NULL;

	(void)state;
	((ProfileStage *)p->stages->pdata[1])->duration_s = 2;
	assert_false(feasible_durations(p, &error));
	assert_true(g_str_has_prefix(error->message, "stage two: 2s "));
}

static const struct {
	const char *overrides[3];
	guint threads;
	const char *message, *hint;
} sizes[] = {
	{{NULL}, 1, NULL, NULL},
	{{"histogram=100000", "memory_mib=1024"}, 64, NULL, NULL},
	{{"histogram=100000", "memory_mib=1024"}, 80, NULL, NULL},
	{{"histogram=20000", "memory_mib=128"}, 1, NULL, NULL},
	{{"histogram=100000", "memory_mib=512"},
	 64,
	 "memory_mib = 512: the histograms of 64 vCPUs with 100000 cells each may not fit into "
	 "the guest's memory",
	 "give it more (--set memory_mib=678) or the histogram fewer cells (--set histogram=N)"},
	{{"histogram=100000", "memory_mib=1048576"},
	 81,
	 "histogram = 100000: the histograms of 81 vCPUs have more than 8000000 cells in all",
	 "make it 98765 or less (--set histogram=98765): a sample beyond the last cell is still "
	 "counted, and the maximum is exact"},
};

static void results_that_are_too_large(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
		g_autoptr(Profile) p = profile(sizes[i].overrides);
		g_autoptr(GError) error = NULL;
		gboolean ok = feasible_results(p, sizes[i].threads, p->memory_mib, NULL,
					       &error);

		expect(ok, error, sizes[i].message, sizes[i].hint);
	}
}

/* As cyclictest writes them when every cell counts and as many cycles overflowed. */
static void largest_outputs_stay_below_the_bound(void **state)
{
	static const struct {
		guint threads;
		guint32 buckets;
	} rows[] = {{1, 1}, {1, 1000}, {1, 100000}, {64, 1000}, {254, 31496}};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		guint64 threads = rows[i].threads, buckets = rows[i].buckets;
		guint64 cells = threads * buckets;
		guint64 text = buckets * strlen("099999 ") + cells * strlen("999999999\t") +
			       cells * strlen("999999999 ");
		guint64 json = cells * strlen("        \"99999\": 999999999,\n");

		assert_true(text + json < cyclictest_output_max(rows[i].threads, rows[i].buckets));
		assert_true(cells <= CYCLICTEST_FETCH_CELLS_MAX);
		assert_true(MAX(text, json) < WIRE_FILE_MAX);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stages_that_are_too_short),
		cmocka_unit_test(every_stage_is_looked_at),
		cmocka_unit_test(results_that_are_too_large),
		cmocka_unit_test(largest_outputs_stay_below_the_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
