/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include <glib.h>

#include "error.h"
#include "histogram.h"

static void rows_add_up(void **state)
{
	g_autoptr(Histogram) histogram = histogram_new(1000, 100);
	HistogramCursor cursor = histogram_rows(histogram);
	HistogramRow row;

	(void)state;
	assert_false(histogram_next(&cursor, &row));
	assert_true(histogram_append(histogram, 0, 5, NULL));
	assert_true(histogram_append(histogram, 7, 0, NULL));
	assert_true(histogram_append(histogram, 99, 6, NULL));
	assert_int_equal(histogram->total, 11);
	assert_int_equal(histogram->n_rows, 2);
	assert_int_equal(histogram->first_bucket, 0);
	assert_int_equal(histogram->last_bucket, 99);
	cursor = histogram_rows(histogram);
	assert_true(histogram_next(&cursor, &row));
	assert_true(row.bucket == 0 && row.count == 5);
	assert_true(histogram_next(&cursor, &row));
	assert_true(row.bucket == 99 && row.count == 6);
	assert_false(histogram_next(&cursor, &row));
	assert_true(row.bucket == 99 && row.count == 6);
}

static const struct {
	guint32 buckets;
	guint64 bucket, count;
	const char *error;
} refused[] = {
	{100, 100, 1, "bucket 100 is outside the histogram's 100 cells"},
	{100, 100, 0, "bucket 100 is outside the histogram's 100 cells"},
	{100, G_MAXUINT64, 1,
	 "bucket 18446744073709551615 is outside the histogram's 100 cells"},
	/* 2^32 would be bucket 0 after a cast */
	{0, G_GUINT64_CONSTANT(4294967296), 1,
	 "bucket 4294967296 is outside the histogram's 4294967295 cells"},
	{0, 17, 1, "bucket 17 comes after bucket 17"},
	{0, 16, 1, "bucket 16 comes after bucket 17"},
	{0, 18, G_MAXUINT64, "bucket 18: the sum of the counts exceeds 64 bits"},
};

static void bad_rows_are_refused(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
		g_autoptr(Histogram) histogram = histogram_new(1000, refused[i].buckets);
		g_autoptr(GError) error = NULL;

		assert_true(histogram_append(histogram, 17, 1, NULL));
		assert_false(histogram_append(histogram, refused[i].bucket,
					      refused[i].count, &error));
		assert_true(g_error_matches(error, LATHE_ERROR, LATHE_ERROR_INPUT));
		assert_string_equal(error->message, refused[i].error);
		assert_int_equal(histogram->n_rows, 1);
		assert_int_equal(histogram->total, 1);
	}
}

/* What needs one byte of a row and what needs most. */
static void rows_come_back_as_they_went_in(void **state)
{
	static const HistogramRow rows[] = {
		{0, 1},	     {1, 127},	     {2, 128},	      {130, 16383},
		{131, 16384}, {70000, 1u << 31}, {4294967294, G_GUINT64_CONSTANT(1) << 63},
	};
	g_autoptr(Histogram) histogram = histogram_new(1, 0);
	HistogramCursor cursor;
	HistogramRow row;
	guint i = 0;

	(void)state;
	for (; i < G_N_ELEMENTS(rows); i++)
		assert_true(histogram_append(histogram, rows[i].bucket, rows[i].count, NULL));
	cursor = histogram_rows(histogram);
	for (i = 0; histogram_next(&cursor, &row); i++) {
		assert_int_equal(row.bucket, rows[i].bucket);
		assert_true(row.count == rows[i].count);
	}
	assert_int_equal(i, G_N_ELEMENTS(rows));
}

static void cells_hold_all_rows(void **state)
{
	g_autoptr(Histogram) histogram = histogram_new(1, 0);
	g_autoptr(GError) error = NULL;

	(void)state;
	assert_true(histogram_append(histogram, 17, 1, NULL));
	assert_true(histogram_append(histogram, 59, 1, NULL));
	assert_true(histogram_append(histogram, 60, 1, NULL));
	assert_false(histogram_set_buckets(histogram, 59, &error));
	assert_string_equal(error->message,
			    "bucket 59 is outside the histogram's 59 cells");
	assert_int_equal(histogram->buckets, 0);
	assert_true(histogram_set_buckets(histogram, 61, NULL));
	assert_int_equal(histogram->buckets, 61);
}

static void the_total_may_fill_64_bits(void **state)
{
	g_autoptr(Histogram) histogram = histogram_new(1, 0);

	(void)state;
	assert_true(histogram_append(histogram, 1, G_MAXUINT64 - 1, NULL));
	assert_true(histogram_append(histogram, G_MAXUINT32 - 1, 1, NULL));
	assert_true(histogram->total == G_MAXUINT64);
}

/* What is formatted is read back the same, and formats the same. */
static const char *const round_trips[] = {
	"# bucket_ns 1000\n# overflow 0\n",
	"# bucket_ns 1\n# overflow 18446744073709551615\n0 1\n",
	"# bucket_ns 1000\n# buckets 60\n# overflow 12\n0 1\n17 2300\n59 "
	"18446744073709549314\n",
	"# bucket_ns 1000000000\n# buckets 4294967295\n# overflow 1\n4294967294 1\n",
};

static void the_text_form_is_read_back(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(round_trips); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(Histogram) read =
			histogram_parse(round_trips[i], strlen(round_trips[i]), &error);
		g_autoptr(Histogram) again = NULL;
		g_autofree char *text = NULL;
		gsize length;

		if (!read)
			fail_msg("%s: %s", round_trips[i], error->message);
		text = histogram_format(read, &length);
		assert_string_equal(text, round_trips[i]);
		assert_int_equal(length, strlen(text));
		again = histogram_parse(text, length, NULL);
		assert_non_null(again);
		assert_true(histogram_equal(read, again));
	}
}

#define HEAD "# bucket_ns 1000\n# buckets 60\n# overflow 1\n"

static const struct {
	const char *text;
	const char *error;
} malformed[] = {
	{"", "line 1: not '# bucket_ns N' with N from 1 to 1000000000"},
	{"\n", "line 1: not '# bucket_ns N' with N from 1 to 1000000000"},
	{"# bucket_ns 0\n# overflow 0\n",
	 "line 1: not '# bucket_ns N' with N from 1 to 1000000000"},
	{"# bucket_ns 1000000001\n# overflow 0\n",
	 "line 1: not '# bucket_ns N' with N from 1 to 1000000000"},
	{"# bucket_ns -1\n# overflow 0\n",
	 "line 1: not '# bucket_ns N' with N from 1 to 1000000000"},
	{"# bucket_ns 1000", "line 1: not '# bucket_ns N' with N from 1 to 1000000000"},
	{"# bucket_ns 1000\r\n# overflow 0\r\n",
	 "line 1: not '# bucket_ns N' with N from 1 to 1000000000"},
	{"# bucket_ns 1000\n", "line 2: not '# overflow N'"},
	{"# bucket_ns 1000\n# overflow 18446744073709551616\n",
	 "line 2: not '# overflow N'"},
	{"# bucket_ns 1000\n# buckets 4294967296\n# overflow 1\n",
	 "line 2: not '# overflow N'"},
	{"# bucket_ns 1000\n# buckets 60\n17 2\n", "line 3: not '# overflow N'"},
	{HEAD "\n", "line 4: not 'BUCKET COUNT' with a count above 0"},
	{HEAD "17\n", "line 4: not 'BUCKET COUNT' with a count above 0"},
	{HEAD "17 2", "line 4: not 'BUCKET COUNT' with a count above 0"},
	{HEAD "17  2\n", "line 4: not 'BUCKET COUNT' with a count above 0"},
	{HEAD " 17 2\n", "line 4: not 'BUCKET COUNT' with a count above 0"},
	{HEAD "17 2 3\n", "line 4: not 'BUCKET COUNT' with a count above 0"},
	{HEAD "17 -2\n", "line 4: not 'BUCKET COUNT' with a count above 0"},
	{HEAD "17 0\n", "line 4: not 'BUCKET COUNT' with a count above 0"},
	{HEAD "17 2\n# overflow 1\n", "line 5: not 'BUCKET COUNT' with a count above 0"},
	{HEAD "17 2\n17 2\n", "line 5: bucket 17 comes after bucket 17"},
	{HEAD "17 2\n16 2\n", "line 5: bucket 16 comes after bucket 17"},
	{HEAD "60 2\n", "line 4: bucket 60 is outside the histogram's 60 cells"},
	{HEAD "1 18446744073709551615\n2 1\n",
	 "line 5: bucket 2: the sum of the counts exceeds 64 bits"},
	{HEAD "1 18446744073709551616\n",
	 "line 4: not 'BUCKET COUNT' with a count above 0"},
};

static void malformed_text_is_refused(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(malformed); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(Histogram) read = histogram_parse(
			malformed[i].text, strlen(malformed[i].text), &error);

		if (read)
			fail_msg("accepted: %s", malformed[i].text);
		assert_true(g_error_matches(error, LATHE_ERROR, LATHE_ERROR_INPUT));
		assert_string_equal(error->message, malformed[i].error);
	}
}

/* The reader stays inside the length it is given. */
static void only_the_length_given_is_read(void **state)
{
	g_autoptr(Histogram)
		read = histogram_parse(HEAD "17 2\n18 3\n", strlen(HEAD "17 2\n"), NULL);

	(void)state;
	assert_non_null(read);
	assert_int_equal(read->n_rows, 1);
}

static const struct {
	const char *a, *b;
	gboolean equal;
} comparisons[] = {
	{HEAD "17 2\n", HEAD "17 2\n", TRUE},
	{HEAD "17 2\n", "# bucket_ns 1000\n# overflow 1\n17 2\n", TRUE},
	{HEAD "17 2\n", HEAD "17 3\n", FALSE},
	{HEAD "17 2\n", HEAD "18 2\n", FALSE},
	{HEAD "17 2\n18 1\n", HEAD "17 1\n18 2\n", FALSE},
	{HEAD "17 2\n", HEAD, FALSE},
	{HEAD "17 2\n", "# bucket_ns 1\n# buckets 60\n# overflow 1\n17 2\n", FALSE},
	{HEAD "17 2\n", "# bucket_ns 1000\n# buckets 60\n# overflow 2\n17 2\n", FALSE},
};

static void equality(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(comparisons); i++) {
		g_autoptr(Histogram) a =
			histogram_parse(comparisons[i].a, strlen(comparisons[i].a), NULL);
		g_autoptr(Histogram) b =
			histogram_parse(comparisons[i].b, strlen(comparisons[i].b), NULL);

		assert_non_null(a);
		assert_non_null(b);
		assert_int_equal(histogram_equal(a, b), comparisons[i].equal);
		assert_int_equal(histogram_equal(b, a), comparisons[i].equal);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_add_up),
		cmocka_unit_test(rows_come_back_as_they_went_in),
		cmocka_unit_test(cells_hold_all_rows),
		cmocka_unit_test(bad_rows_are_refused),
		cmocka_unit_test(the_total_may_fill_64_bits),
		cmocka_unit_test(the_text_form_is_read_back),
		cmocka_unit_test(malformed_text_is_refused),
		cmocka_unit_test(only_the_length_given_is_read),
		cmocka_unit_test(equality),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
