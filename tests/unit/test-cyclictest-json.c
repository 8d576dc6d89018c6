/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include <glib.h>

#include "cyclictest.h"
#include "error.h"

/* The document with one thread; what a row wants different goes in place of %s. */
static char *document(const char *cmdline, const char *head, const char *thread)
{
	return g_strdup_printf("{\"file_version\": 1, \"cmdline:\": \"%s\", "
			       "\"rt_test_version:\": \"2.40\", \"return_code\": 0, %s, "
			       "\"thread\": {%s}}",
			       cmdline, head, thread);
}

#define HEAD "\"num_threads\": 1, \"resolution_in_ns\": 0"
#define NUMBERS                                                                          \
	"\"cycles\": 10, \"min\": 17, \"max\": 99, \"avg\": 20.13, \"cpu\": 1, "         \
	"\"node\": 0"
#define THREAD(rows, numbers) "\"0\": {\"histogram\": {" rows "}, " numbers "}"

/* What an empty or short histogram means depends on the arguments. */
static const struct {
	const char *cmdline, *rows;
	gboolean histogram;
	guint64 overflow;
	guint32 buckets;
} histograms[] = {
	{"cyclictest -h 60", "\"17\": 3, \"18\": 5", TRUE, 2, 60},
	{"cyclictest -h 60", "", TRUE, 10, 60},
	{"cyclictest -h60 -q", "", TRUE, 10, 60},
	{"cyclictest -mqh60 -q", "", TRUE, 10, 60},
	{"cyclictest -mqH 60", "", TRUE, 10, 60},
	{"cyclictest --histogram=60", "", TRUE, 10, 60},
	{"cyclictest --histogram 60", "", TRUE, 10, 60},
	{"cyclictest --histofall=60", "", TRUE, 10, 60},
	{"cyclictest -h 50 -h 60", "", TRUE, 10, 60},
	{"cyclictest -h 2000000", "\"17\": 9, \"99\": 1", TRUE, 0, 1000000},
	{"cyclictest -q", "", FALSE, 0, 0},
	{"cyclictest -q -h 0", "", FALSE, 0, 0},
	{"cyclictest -h 60 -h0", "", FALSE, 0, 0},
	{"cyclictest --histfile=60 --json=-h60", "", FALSE, 0, 0},
	/* the rest of the word belongs to -D, -F, -b, -a */
	{"cyclictest -D1h -F/sh60 -b100h7 -ah8", "", FALSE, 0, 0},
	{"", "", FALSE, 0, 0},
	/* rows are proof enough */
	{"", "\"17\": 9, \"99\": 1", TRUE, 0, 0},
};

static void overflow_and_cells(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(histograms); i++) {
		g_autofree char *thread =
			g_strdup_printf(THREAD("%s", NUMBERS), histograms[i].rows);
		g_autofree char *text = document(histograms[i].cmdline, HEAD, thread);
		g_autoptr(GError) error = NULL;
		g_autoptr(CyclictestResult)
			result = cyclictest_parse_json(text, strlen(text), &error);
		const CyclictestThread *first;

		if (!result)
			fail_msg("row %zu: %s", i, error->message);
		first = g_ptr_array_index(result->threads, 0);
		assert_int_equal(first->samples, 10);
		assert_int_equal(first->histogram != NULL, histograms[i].histogram);
		if (!first->histogram)
			continue;
		assert_int_equal(first->histogram->overflow, histograms[i].overflow);
		assert_int_equal(first->histogram->buckets, histograms[i].buckets);
	}
}

static void numbers_and_units(void **state)
{
	g_autofree char *text =
		document("cyclictest -N", "\"num_threads\": 1, \"resolution_in_ns\": 1",
			 "\"0\": {\"histogram\": {      }, \"cycles\": 1000, "
			 "\"min\": 14556, \"max\": 2924944, "
			 "\"avg\": 20013.93, \"cpu\": -1, \"node\": -1}");
	g_autoptr(CyclictestResult)
		result = cyclictest_parse_json(text, strlen(text), NULL);
	const CyclictestThread *thread;

	(void)state;
	assert_non_null(result);
	assert_string_equal(result->version, "2.40");
	assert_string_equal(result->cmdline, "cyclictest -N");
	assert_true(result->return_code_known);
	assert_int_equal(result->return_code, 0);
	assert_int_equal(result->unit_ns, 1);
	thread = g_ptr_array_index(result->threads, 0);
	assert_false(thread->cpu_known);
	assert_true(thread->samples_known && thread->max_known);
	assert_int_equal(thread->samples, 1000);
	assert_int_equal(thread->min_ns, 14556);
	assert_int_equal(thread->avg_ns, 20014);
	assert_int_equal(thread->max_ns, 2924944);
}

#define HEAD_ERROR(head, message)                                                        \
	{                                                                                \
		"", head, THREAD("", NUMBERS), message                                   \
	}
#define ROWS_ERROR(rows, message)                                                        \
	{                                                                                \
		"-h 60", HEAD, THREAD(rows, NUMBERS), message                            \
	}
#define NUMBERS_ERROR(numbers, message)                                                  \
	{                                                                                \
		"-h 60", HEAD, THREAD("", numbers), message                              \
	}

static const struct {
	const char *cmdline, *head, *thread;
	const char *error;
} malformed[] = {
	HEAD_ERROR("\"num_threads\": 2, \"resolution_in_ns\": 0",
		   "\"thread\" does not hold 2 threads"),
	HEAD_ERROR("\"num_threads\": 0, \"resolution_in_ns\": 0",
		   "\"num_threads\" is not a number from 1 to 8192"),
	HEAD_ERROR("\"num_threads\": 8193, \"resolution_in_ns\": 0",
		   "\"num_threads\" is not a number from 1 to 8192"),
	HEAD_ERROR("\"resolution_in_ns\": 0",
		   "\"num_threads\" is not a number from 1 to 8192"),
	HEAD_ERROR("\"num_threads\": 1",
		   "\"resolution_in_ns\" is not a number from 0 to 1"),
	HEAD_ERROR("\"num_threads\": 1, \"resolution_in_ns\": 2",
		   "\"resolution_in_ns\" is not a number from 0 to 1"),
	HEAD_ERROR("\"num_threads\": 1, \"num_threads\": 1",
		   "not JSON: line 1, column 113: duplicate object key near "
		   "'\"num_threads\"'"),
	{"", HEAD, "\"1\": {\"histogram\": {}, " NUMBERS "}",
	 "thread 0: no \"histogram\" object"},
	{"", HEAD, "\"0\": 7", "thread 0: no \"histogram\" object"},
	{"", HEAD, "\"0\": {" NUMBERS "}", "thread 0: no \"histogram\" object"},
	{"", HEAD, "\"0\": {\"histogram\": [], " NUMBERS "}",
	 "thread 0: no \"histogram\" object"},
	ROWS_ERROR("\"17\": 8, \"18\": 3",
		   "thread 0: the histogram adds up to 11, but \"cycles\" is 10"),
	ROWS_ERROR("\"18\": 1, \"17\": 1", "thread 0: bucket 17 comes after bucket 18"),
	ROWS_ERROR("\"17\": 1, \"017\": 1", "thread 0: bucket 17 comes after bucket 17"),
	ROWS_ERROR("\"60\": 1",
		   "thread 0: bucket 60 is outside the histogram's 60 cells"),
	ROWS_ERROR("\"17\": 10, \"60\": 0",
		   "thread 0: bucket 60 is outside the histogram's 60 cells"),
	ROWS_ERROR("\"17 \": 1", "thread 0: \"histogram\": not a bucket and its count"),
	ROWS_ERROR("\"\": 1", "thread 0: \"histogram\": not a bucket and its count"),
	ROWS_ERROR("\"-1\": 1", "thread 0: \"histogram\": not a bucket and its count"),
	ROWS_ERROR("\"17\": -1", "thread 0: \"histogram\": not a bucket and its count"),
	ROWS_ERROR("\"17\": 1.0", "thread 0: \"histogram\": not a bucket and its count"),
	ROWS_ERROR("\"17\": \"1\"",
		   "thread 0: \"histogram\": not a bucket and its count"),
	ROWS_ERROR("\"18\": 1",
		   "thread 0: the minimum is 17000 ns, but the first row is 18000 ns"),
	ROWS_ERROR("\"17\": 10",
		   "thread 0: the maximum is 99000 ns, but the last row is 17000 ns"),
	NUMBERS_ERROR(
		"\"min\": 17, \"max\": 99, \"avg\": 20.13, \"cpu\": 1",
		"thread 0: \"cycles\" is not a number from 0 to 9223372036854775807"),
	NUMBERS_ERROR(
		"\"cycles\": -1, \"min\": 17, \"max\": 99, \"avg\": 20.13, \"cpu\": 1",
		"thread 0: \"cycles\" is not a number from 0 to 9223372036854775807"),
	NUMBERS_ERROR(
		"\"cycles\": 10, \"min\": -7, \"max\": 99, \"avg\": 20.13, \"cpu\": 1",
		"thread 0: \"min\" is not a number from 0 to 9223372036854775"),
	NUMBERS_ERROR(
		"\"cycles\": 10, \"min\": 17, \"max\": 1e3, \"avg\": 20.13, \"cpu\": 1",
		"thread 0: \"max\" is not a number from 0 to 9223372036854775"),
	NUMBERS_ERROR(
		"\"cycles\": 10, \"min\": 17, \"max\": 99, \"avg\": \"x\", \"cpu\": 1",
		"thread 0: \"avg\" is not a latency"),
	NUMBERS_ERROR(
		"\"cycles\": 10, \"min\": 17, \"max\": 99, \"avg\": -1.0, \"cpu\": 1",
		"thread 0: \"avg\" is not a latency"),
	NUMBERS_ERROR(
		"\"cycles\": 10, \"min\": 17, \"max\": 99, \"avg\": 1e99, \"cpu\": 1",
		"thread 0: \"avg\" is not a latency"),
	NUMBERS_ERROR(
		"\"cycles\": 0, \"min\": 1000000, \"max\": 0, \"avg\": -nan, \"cpu\": 1",
		"a thread took no sample (its \"avg\" is nan, not a number)"),
	NUMBERS_ERROR(
		"\"cycles\": 10, \"min\": 21, \"max\": 99, \"avg\": 20.13, \"cpu\": 1",
		"thread 0: min 21000, avg 20130, max 99000 ns are not in "
		"ascending order"),
	NUMBERS_ERROR(
		"\"cycles\": 10, \"min\": 17, \"max\": 59, \"avg\": 20.13, \"cpu\": 1",
		"thread 0: samples overflowed 60 cells, but the maximum is "
		"59000 ns"),
	NUMBERS_ERROR("\"cycles\": 10, \"min\": 17, \"max\": 99, \"avg\": 20.13",
		      "thread 0: \"cpu\" is not a CPU"),
	NUMBERS_ERROR(
		"\"cycles\": 10, \"min\": 17, \"max\": 99, \"avg\": 20.13, \"cpu\": -2",
		"thread 0: \"cpu\" is not a CPU"),
	NUMBERS_ERROR(
		"\"cycles\": 10, \"min\": 17, \"max\": 99, \"avg\": 20.13, \"cpu\": 8192",
		"thread 0: \"cpu\" is not a CPU"),
};

static void malformed_results_are_refused(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(malformed); i++) {
		g_autofree char *text = document(malformed[i].cmdline, malformed[i].head,
						 malformed[i].thread);
		g_autoptr(GError) error = NULL;
		g_autoptr(CyclictestResult)
			result = cyclictest_parse_json(text, strlen(text), &error);

		if (result)
			fail_msg("row %zu is accepted: %s", i, malformed[i].error);
		assert_true(g_error_matches(error, LATHE_ERROR, LATHE_ERROR_INPUT));
		assert_string_equal(error->message, malformed[i].error);
	}
}

static const struct {
	const char *text;
	const char *error;
} not_results[] = {
	{"", "not JSON: line 1, column 0: '[' or '{' expected near end of file"},
	{"[]", "\"file_version\" is not a number from 1 to 1"},
	{"{}", "\"file_version\" is not a number from 1 to 1"},
	{"{\"file_version\": 2}", "\"file_version\" is not a number from 1 to 1"},
	{"{\"file_version\": 1",
	 "not JSON: line 1, column 18: '}' expected near end of file"},
	{"{} {}", "not JSON: line 1, column 4: end of file expected near '{'"},
	{"# Histogram\n", "not JSON: line 1, column 1: '[' or '{' expected near '#'"},
	{"\033[4A", "not JSON: line 1, column 1: '[' or '{' expected near '\\x1b'"},
};

static void other_texts_are_refused(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(not_results); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(CyclictestResult) result = cyclictest_parse_json(
			not_results[i].text, strlen(not_results[i].text), &error);

		assert_null(result);
		assert_string_equal(error->message, not_results[i].error);
	}
}

/* Values of "histogram" that are no plain list of rows, or nearly one. */
static const char *const odd_threads[] = {
	THREAD("\"17\": 3, \"18\": 5", NUMBERS),
	THREAD("\"17\" :3\n,\t\"18\": 5 ", NUMBERS),
	THREAD("", NUMBERS),
	THREAD("\"17\": 0, \"18\": 5", NUMBERS),
	THREAD("\"18\": 3, \"17\": 5", NUMBERS),
	THREAD("\"17\": 3, \"17\": 5", NUMBERS),
	THREAD("\"17\": 3,", NUMBERS),
	THREAD("\"17\": 03", NUMBERS),
	THREAD("\"017\": 3", NUMBERS),
	THREAD("\"17\": 3.0", NUMBERS),
	THREAD("\"17\": -3", NUMBERS),
	THREAD("\"17\": 11", NUMBERS),
	THREAD("\"70\": 1", NUMBERS),
	THREAD("\"17\": 9999999999999999999", NUMBERS),
	THREAD("\"4294967296\": 1", NUMBERS),
	THREAD("\"17\": {\"histogram\": {}}", NUMBERS),
	/* what stands for rows that were taken out must not be taken from the guest */
	"\"0\": {\"histogram\": 0, " NUMBERS "}",
	"\"0\": {\"histogram\": 0, " NUMBERS ", \"a\": {\"histogram\": {\"17\": 1}}}",
	"\"0\": {\"histogram\": {\"17\": 1}, " NUMBERS ", \"a\": {\"histogram\": 7}}",
	"\"0\": {\"a\": \"histogram\", \"histogram\": {\"17\": 1}, " NUMBERS "}",
	"\"0\": {\"histogram\": {\"17\": 1}, \"histogram\": {}, " NUMBERS "}",
	/* nor become another number by what follows them */
	"\"0\": {\"a\": {\"histogram\": {}}, \"histogram\": {\"17\": 1}0, " NUMBERS "}",
	"\"0\": {\"a\": {\"histogram\": {}}, \"histogram\": {\"17\": 1}.0, " NUMBERS "}",
	"\"0\": {\"a\": {\"histogram\": {}}, \"histogram\": {\"17\": 1}e3, " NUMBERS "}",
	"\"0\": {\"histogram\": {\"17\": 1}, " NUMBERS,
	"\"0\": {\"histogram\": {\"17\": 1",
	"\"0\": {\"histogram",
};

/* An escape anywhere leaves all rows to the JSON library. */
static void rows_taken_out_first_read_the_same(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(odd_threads); i++) {
		g_autofree char *plain = document("cyclictest -h60", HEAD, odd_threads[i]);
		g_autofree char *escaped = g_strdup_printf(
			"%.*s, \"x\": \"\\u0041\"}", (int)strlen(plain) - 1, plain);
		g_autoptr(GError) error = NULL, other_error = NULL;
		g_autoptr(CyclictestResult) result =
			cyclictest_parse_json(plain, strlen(plain), &error);
		g_autoptr(CyclictestResult) other =
			cyclictest_parse_json(escaped, strlen(escaped), &other_error);

		if (!result || !other) {
			assert_true(!result && !other);
			/* Where a cut text ends is another place. */
			if (!strstr(error->message, "not JSON"))
				assert_string_equal(error->message, other_error->message);
			continue;
		}
		assert_true(cyclictest_agree(result, other, NULL));
		assert_int_equal(((CyclictestThread *)result->threads->pdata[0])->histogram->buckets, 60);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(overflow_and_cells),
		cmocka_unit_test(numbers_and_units),
		cmocka_unit_test(rows_taken_out_first_read_the_same),
		cmocka_unit_test(malformed_results_are_refused),
		cmocka_unit_test(other_texts_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
