/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cyclictest_parse.h"

#include "error.h"

static void thread_free(gpointer data)
{
	CyclictestThread *thread = data;

	histogram_free(thread->histogram);
	g_free(thread);
}

CyclictestResult *cyclictest_result_new(guint64 unit_ns)
{
	CyclictestResult *result = g_new0(CyclictestResult, 1);

	result->unit_ns = unit_ns;
	result->threads = g_ptr_array_new_with_free_func(thread_free);
	return result;
}

CyclictestThread *cyclictest_result_add(CyclictestResult *result)
{
	CyclictestThread *thread = g_new0(CyclictestThread, 1);

	thread->thread = result->threads->len;
	g_ptr_array_add(result->threads, thread);
	return thread;
}

void cyclictest_skip_escapes(Span *span)
{
	Span rest = *span;

	while (span_take_literal(&rest, "\033[")) {
		while (rest.at < rest.end &&
		       (g_ascii_isdigit(*rest.at) || *rest.at == ';'))
			rest.at++;
		if (rest.at == rest.end || !g_ascii_isalpha(*rest.at))
			return;
		rest.at++;
		*span = rest;
	}
}

gboolean cyclictest_thread_set(CyclictestThread *thread, guint64 unit_ns, guint64 min,
			       guint64 avg, guint64 max, GError **error)
{
	guint64 most = G_MAXINT64 / unit_ns;

	if (min > most || avg > most || max > most)
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "a latency of %" G_GUINT64_FORMAT " is not possible",
				   MAX(min, MAX(avg, max)));
	thread->min_ns = (gint64)(min * unit_ns);
	thread->avg_ns = (gint64)(avg * unit_ns);
	thread->max_ns = (gint64)(max * unit_ns);
	thread->max_known = TRUE;
	return TRUE;
}

static gboolean check_order(const CyclictestThread *thread, GError **error)
{
	if (thread->min_ns <= thread->avg_ns && thread->avg_ns <= thread->max_ns)
		return TRUE;
	return lathe_error(error, LATHE_ERROR_INPUT,
			   "min %" G_GINT64_FORMAT ", avg %" G_GINT64_FORMAT
			   ", max %" G_GINT64_FORMAT " ns are not in ascending order",
			   thread->min_ns, thread->avg_ns, thread->max_ns);
}

/* Every sample went into min, max and one cell or the overflow count (cyclictest.c,
 * timerthread()), so the first row is the minimum, and the last the maximum unless
 * samples overflowed. */
static gboolean check_rows(const CyclictestThread *thread, GError **error)
{
	const Histogram *histogram = thread->histogram;
	gint64 width = (gint64)histogram->bucket_ns;
	gint64 first, last;

	if (histogram->overflow && thread->max_ns < (gint64)histogram->buckets * width)
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "samples overflowed %" G_GUINT32_FORMAT
				   " cells, but the maximum is %" G_GINT64_FORMAT " ns",
				   histogram->buckets, thread->max_ns);
	if (histogram->n_rows == 0)
		return TRUE;
	first = histogram->first_bucket * width;
	last = histogram->last_bucket * width;
	if (first != thread->min_ns)
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "the minimum is %" G_GINT64_FORMAT
				   " ns, but the first row is %" G_GINT64_FORMAT " ns",
				   thread->min_ns, first);
	if (histogram->overflow ? last >= thread->max_ns : last != thread->max_ns)
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "the maximum is %" G_GINT64_FORMAT
				   " ns, but the last row is %" G_GINT64_FORMAT " ns",
				   thread->max_ns, last);
	return TRUE;
}

static gboolean check_samples(CyclictestThread *thread, GError **error)
{
	const Histogram *histogram = thread->histogram;

	if (!histogram)
		return TRUE;
	if (histogram->overflow > G_MAXUINT64 - histogram->total)
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "the samples exceed 64 bits");
	if (!thread->samples_known) {
		thread->samples = histogram->total + histogram->overflow;
		thread->samples_known = TRUE;
	}
	g_assert(thread->samples == histogram->total + histogram->overflow);
	return TRUE;
}

gboolean cyclictest_thread_check(CyclictestThread *thread, GError **error)
{
	if (!check_samples(thread, error))
		return FALSE;
	if (thread->samples == 0) {
		if (thread->avg_ns != 0 || thread->max_ns != 0)
			return lathe_error(error, LATHE_ERROR_INPUT,
					   "a maximum of %" G_GINT64_FORMAT
					   " ns without a sample",
					   thread->max_ns);
		thread->min_ns = 0;
		thread->max_known = FALSE;
		return TRUE;
	}
	if (!check_order(thread, error))
		return FALSE;
	return !thread->histogram || check_rows(thread, error);
}
