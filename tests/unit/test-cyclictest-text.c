/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include <glib.h>

#include "cyclictest.h"
#include "cyclictest-sample.h"
#include "error.h"

/* Each is the same measurement. */
static const char *const accepted[] = {
	WHOLE,
	/* without the list of cycles, without Total (sparse, with zero rows or without)
	 */
	"# Histogram\n" ROWS FOOTER,
	"# Histogram\n" ROWS MIN_AVG MAX_LINE OVERFLOW CYCLES,
	"# Histogram\n000001 000002\t000000\n000002 000000\t000001\n"
	"000003 000001\t000000\n" MIN_AVG MAX_LINE OVERFLOW CYCLES,
	"# Histogram\n" ROWS_H FOOTER_H CYCLES,
	/* blank at the end of the list, as 2.80 prints it; the rest counted, not listed
	 */
	"# Histogram\n" ROWS FOOTER
	"# Histogram Overflow at cycle number:\n# Thread 0: \n# "
	"Thread 1: 00001 # 00001 others\n",
	/* a serial console's line ends */
	"# Histogram\r\n000001 000002\t000000\r\n000002 000000\t000001\r\n"
	"000003 000001\t000000\r\n# Min Latencies: 00001 00002\r\n"
	"# Avg Latencies: 00001 00006\r\n# Max Latencies: 00003 123456\r\n"
	"# Histogram Overflows: 00000 00002\r\n",
	/* columns as a terminal copies them, blank lines */
	"# Histogram\n\n000001 000002   000000\n\n000002 000000 000001\n000003 000001\t "
	"\t000000\n"
	"\n" TOTAL MIN_AVG MAX_LINE OVERFLOW "\n" CYCLES,
	/* preambles and tails */
	"# model name : ARMv7\n# CPUS: 4\n# Iterations\n" WHOLE "\n\n-->",
	"WARN: distance is ignored\n# /dev/cpu_dma_latency set to 0us\n" WHOLE
	"# Thread Ids: 00936 00937\n# Break thread: 937\n# Break value: 17\n",
	"policy: fifo: loadavg: 0.05 0.35 0.42 3/107 805          \n\n"
	"T: 0 (    0) P:80 I:1000 C:      0 Min:1000000 Act:    0 Avg:    0 Max:       "
	"0\n"
	"\033[4Apolicy: fifo: loadavg: 0.05 0.35 0.42 1/107 805          \n"
	"\033[2K\033[1;31m" WHOLE,
	"       0:       0:      19\n       1:       0:      32\n" WHOLE,
};

static void assert_measurement(const CyclictestResult *result)
{
	const CyclictestThread *first = g_ptr_array_index(result->threads, 0);
	const CyclictestThread *second = g_ptr_array_index(result->threads, 1);

	assert_int_equal(result->threads->len, 2);
	assert_int_equal(result->unit_ns, 1000);
	assert_null(result->version);
	assert_false(result->return_code_known);
	assert_int_equal(first->thread, 0);
	assert_false(first->cpu_known);
	assert_true(first->samples_known && first->max_known);
	assert_int_equal(first->samples, 3);
	assert_int_equal(first->min_ns, 1000);
	assert_int_equal(first->avg_ns, 1000);
	assert_int_equal(first->max_ns, 3000);
	assert_int_equal(first->histogram->bucket_ns, 1000);
	assert_int_equal(first->histogram->total, 3);
	assert_int_equal(first->histogram->overflow, 0);
	assert_int_equal(first->histogram->n_rows, 2);
	assert_int_equal(second->thread, 1);
	assert_int_equal(second->samples, 3);
	assert_int_equal(second->max_ns, 123456000);
	assert_int_equal(second->histogram->total, 1);
	assert_int_equal(second->histogram->overflow, 2);
}

static void forms_of_one_measurement(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(accepted); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(CyclictestResult) result = cyclictest_parse_text(
			accepted[i], strlen(accepted[i]), 1000, &error);

		if (!result)
			fail_msg("row %zu: %s", i, error->message);
		assert_null(error);
		assert_measurement(result);
	}
}

/* A dense histogram tells its number of cells, a sparse one does not. */
static void cells(void **state)
{
	g_autoptr(CyclictestResult) dense =
		cyclictest_parse_text(accepted[0], strlen(accepted[0]), 1000, NULL);
	g_autoptr(CyclictestResult) sparse =
		cyclictest_parse_text(accepted[3], strlen(accepted[3]), 1000, NULL);
	const CyclictestThread *thread;

	(void)state;
	thread = g_ptr_array_index(dense->threads, 1);
	assert_int_equal(thread->histogram->buckets, 5);
	thread = g_ptr_array_index(sparse->threads, 1);
	assert_int_equal(thread->histogram->buckets, 0);
}

/* One thread: -H adds no column in 2.4; one that is the sum would be taken as such. */
static const struct {
	const char *text;
	guint64 unit_ns, samples, overflow;
	gboolean max_known;
	gint64 min_ns, max_ns;
} single[] = {
	{"# Histogram\n000001 000002\n# Total: 000000002\n# Min Latencies: 00001\n"
	 "# Avg Latencies: 00001\n# Max Latencies: 00001\n# Histogram Overflows: 00000\n",
	 1000, 2, 0, TRUE, 1000, 1000},
	{"# Histogram\n000001 000002\t000002\n# Min Latencies: 00001\n"
	 "# Avg Latencies: 00001\n# Max Latencies: 00001\n# Histogram Overflows: 00000\n",
	 1000, 2, 0, TRUE, 1000, 1000},
	/* every sample overflowed: dense, sparse */
	{"# Histogram\n000000 000000\n000001 000000\n# Total: 000000000\n"
	 "# Min Latencies: 00002\n# Avg Latencies: 00005\n# Max Latencies: 00009\n"
	 "# Histogram Overflows: 00007\n# Histogram Overflow at cycle number:\n"
	 "# Thread 0: 00000 00001 # 00005 others\n",
	 1000, 7, 7, TRUE, 2000, 9000},
	{"# Histogram\n# Min Latencies: 00002\n# Avg Latencies: 00005\n"
	 "# Max Latencies: 00009\n# Histogram Overflows: 00007\n",
	 1000, 7, 7, TRUE, 2000, 9000},
	/* no sample: start values */
	{"# Histogram\n000000 000000\n# Total: 000000000\n# Min Latencies: 1000000\n"
	 "# Avg Latencies: 00000\n# Max Latencies: 00000\n# Histogram Overflows: 00000\n",
	 1000, 0, 0, FALSE, 0, 0},
	/* -N: only the caller knows */
	{"# Histogram\n014556 000001\n015000 000001\n# Min Latencies: 14556\n"
	 "# Avg Latencies: 14778\n# Max Latencies: 15000\n# Histogram Overflows: 00000\n",
	 1, 2, 0, TRUE, 14556, 15000},
	/* outgrown paddings */
	{"# Histogram\n999999 144000000000\n# Total: 144000000000\n"
	 "# Min Latencies: 999999\n# Avg Latencies: 1999999\n# Max Latencies: 123456789\n"
	 "# Histogram Overflows: 18446743929709551615\n",
	 1000, G_MAXUINT64, G_GUINT64_CONSTANT(18446743929709551615), TRUE, 999999000,
	 123456789000},
};

static void single_threads(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(single); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(CyclictestResult) result =
			cyclictest_parse_text(single[i].text, strlen(single[i].text),
					      single[i].unit_ns, &error);
		const CyclictestThread *thread;

		if (!result)
			fail_msg("row %zu: %s", i, error->message);
		assert_int_equal(result->threads->len, 1);
		thread = g_ptr_array_index(result->threads, 0);
		assert_true(thread->samples == single[i].samples);
		assert_true(thread->histogram->overflow == single[i].overflow);
		assert_int_equal(thread->histogram->bucket_ns, single[i].unit_ns);
		assert_int_equal(thread->max_known, single[i].max_known);
		assert_int_equal(thread->min_ns, single[i].min_ns);
		assert_int_equal(thread->max_ns, single[i].max_ns);
	}
}

/* A text cut anywhere is either refused or, where only the list of cycles is missing as a
 * whole, complete. */
static void every_cut_is_seen(void **state)
{
	const gsize footer_end = strlen("# Histogram\n" ROWS FOOTER);
	const gsize whole = strlen(WHOLE) - 1; /* without the blank line */

	(void)state;
	for (gsize length = 0; length < whole; length++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *cut = g_memdup2(WHOLE, length ? length : 1);
		g_autoptr(CyclictestResult)
			result = cyclictest_parse_text(cut, length, 1000, &error);

		if (length == footer_end) {
			assert_non_null(result);
			assert_measurement(result);
			continue;
		}
		if (result)
			fail_msg("cut after %zu bytes: accepted", length);
		assert_true(g_error_matches(error, LATHE_ERROR, LATHE_ERROR_INPUT));
	}
}

/* As many rows as a profile may ask for, three threads and their sum. */
static char *large_text(gsize *ret_length)
{
	GString *text = g_string_new("# Histogram\n");

	for (guint i = 0; i < 100000; i++)
		g_string_append_printf(text, "%06u %06u\t%06u\t%06u\t%06u\n", i, 1, i, 7,
				       i + 8);
	g_string_append(text, "# Total: 000100000 4999950000 000700000 5000750000\n"
			      "# Min Latencies: 00000 00001 00000\n"
			      "# Avg Latencies: 50000 66666 50000\n"
			      "# Max Latencies: 99999 99999 99999 99999\n"
			      "# Histogram Overflows: 00000 00000 00000 00000\n");
	*ret_length = text->len;
	return g_string_free(text, FALSE);
}

static void a_large_histogram(void **state)
{
	g_autoptr(GError) error = NULL;
	gsize length;
	g_autofree char *text = large_text(&length);
	g_autoptr(CyclictestResult)
		result = cyclictest_parse_text(text, length, 1000, &error);
	const CyclictestThread *thread;
	HistogramCursor cursor;
	HistogramRow row;

	(void)state;
	if (!result)
		fail_msg("%s", error->message);
	assert_int_equal(result->threads->len, 3);
	thread = g_ptr_array_index(result->threads, 1);
	assert_int_equal(thread->samples, 4999950000);
	assert_int_equal(thread->histogram->buckets, 100000);
	assert_int_equal(thread->histogram->n_rows, 99999);
	cursor = histogram_rows(thread->histogram);
	for (guint i = 0; histogram_next(&cursor, &row); i++) {
		assert_int_equal(row.bucket, i + 1);
		assert_int_equal(row.count, i + 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms_of_one_measurement),
		cmocka_unit_test(cells),
		cmocka_unit_test(single_threads),
		cmocka_unit_test(every_cut_is_seen),
		cmocka_unit_test(a_large_histogram),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
