/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What holds of every result that cyclictest's readers accept. */
#ifndef LATHE_FUZZ_CYCLICTEST_INVARIANTS_H
#define LATHE_FUZZ_CYCLICTEST_INVARIANTS_H

#include <glib.h>
#include <stdlib.h>

#include "cyclictest.h"
#include "error.h"

static inline void check(gboolean claim)
{
	if (!claim)
		abort();
}

static inline void check_histogram(const Histogram *histogram, guint64 samples)
{
	g_autoptr(Histogram) again = NULL;
	g_autofree char *text = NULL;
	HistogramCursor cursor = histogram_rows(histogram);
	guint64 total = 0, next = 0;
	HistogramRow row;
	guint rows = 0;
	gsize length;

	for (; histogram_next(&cursor, &row); rows++) {
		check(row.count > 0 && row.bucket >= next);
		check(!histogram->buckets || row.bucket < histogram->buckets);
		check(rows > 0 || row.bucket == histogram->first_bucket);
		next = (guint64)row.bucket + 1;
		total += row.count;
	}
	check(rows == histogram->n_rows);
	check(rows == 0 || next == (guint64)histogram->last_bucket + 1);
	check(total == histogram->total && total + histogram->overflow == samples);
	text = histogram_format(histogram, &length);
	again = histogram_parse(text, length, NULL);
	check(again && histogram_equal(histogram, again));
}

static inline void check_thread(const CyclictestThread *thread)
{
	check(thread->samples_known);
	check(thread->max_known == (thread->samples > 0));
	check(0 <= thread->min_ns && thread->min_ns <= thread->avg_ns &&
	      thread->avg_ns <= thread->max_ns);
	if (thread->histogram)
		check_histogram(thread->histogram, thread->samples);
}

static inline void check_result(const CyclictestResult *result, const GError *error)
{
	check((result == NULL) == (error != NULL));
	if (error)
		check(g_error_matches(error, LATHE_ERROR, LATHE_ERROR_INPUT) &&
		      g_utf8_validate(error->message, -1, NULL));
	if (!result)
		return;
	check(result->threads->len > 0);
	for (guint i = 0; i < result->threads->len; i++) {
		const CyclictestThread *thread = g_ptr_array_index(result->threads, i);

		check(thread->thread == i);
		check_thread(thread);
	}
	check(cyclictest_agree(result, result, NULL));
}

#endif
