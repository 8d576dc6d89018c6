/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cyclictest.h"

#include "cyclictest_parse.h"
#include "error.h"

void cyclictest_result_free(CyclictestResult *result)
{
	if (!result)
		return;
	g_ptr_array_unref(result->threads);
	g_free(result->version);
	g_free(result->cmdline);
	g_free(result);
}

static void add(GPtrArray *argv, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void add(GPtrArray *argv, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_ptr_array_add(argv, g_strdup_vprintf(format, args));
	va_end(args);
}

char **cyclictest_argv(const CyclictestOptions *options)
{
	g_autofree char *cpus = cpulist_format(&options->cpus);
	GPtrArray *argv = g_ptr_array_new();

	g_assert(cpuset_count(&options->cpus) > 0);
	add(argv, "cyclictest");
	add(argv, "-m");
	add(argv, "-q");
	add(argv, "-p%u", options->priority);
	add(argv, "-i%" G_GUINT64_FORMAT, options->interval_us);
	add(argv, "-h%" G_GUINT32_FORMAT, options->buckets);
	add(argv, "-D%" G_GUINT64_FORMAT, options->duration_s);
	add(argv, "-a");
	add(argv, "%s", cpus);
	add(argv, "-t%u", cpuset_count(&options->cpus));
	add(argv, "--mainaffinity=%u", options->housekeeping_cpu);
	add(argv, "--policy=fifo");
	if (options->json_path)
		add(argv, "--json=%s", options->json_path);
	if (options->histogram_path)
		add(argv, "--histfile=%s", options->histogram_path);
	if (options->fifo_path)
		add(argv, "--fifo=%s", options->fifo_path);
	g_ptr_array_add(argv, NULL);
	return (char **)g_ptr_array_free(argv, FALSE);
}

/* With counts and cycles of up to 9 digits (longer ones are few: a run is not long enough):
 * 10 bytes each for a count and an overflowed cycle in the text, 29 for a line of the JSON. */
#define CELL_BYTES_MAX 50
/* A bucket's number in the text; what else there is of a thread in both files. */
#define BUCKET_BYTES_MAX 8
#define THREAD_BYTES_MAX 4096

guint64 cyclictest_output_max(guint threads, guint32 buckets)
{
	return (guint64)threads * buckets * CELL_BYTES_MAX +
	       (guint64)buckets * BUCKET_BYTES_MAX +
	       ((guint64)threads + 1) * THREAD_BYTES_MAX;
}

gboolean cyclictest_parse_live(const char *line, gsize length, CyclictestLive *ret)
{
	enum {
		THREAD,
		TID,
		CLOSE,
		PRIORITY,
		INTERVAL,
		CYCLES,
		MIN_US,
		ACT_US,
		AVG_US,
		MAX_US
	};
	static const struct {
		const char *label;
		guint64 max;
	} fields[] = {
		[THREAD] = {"T:", CYCLICTEST_THREADS_MAX - 1},
		[TID] = {"(", G_MAXINT32},
		[CLOSE] = {")", 0},
		[PRIORITY] = {"P:", 99},
		[INTERVAL] = {"I:", G_MAXINT64},
		[CYCLES] = {"C:", G_MAXINT64},
		[MIN_US] = {"Min:", G_MAXINT64 / 1000},
		[ACT_US] = {"Act:", G_MAXINT64 / 1000},
		[AVG_US] = {"Avg:", G_MAXINT64 / 1000},
		[MAX_US] = {"Max:", G_MAXINT64 / 1000},
	};
	guint64 values[G_N_ELEMENTS(fields)] = {0};
	Span span = {line, line + length};

	cyclictest_skip_escapes(&span);
	for (gsize i = 0; i < G_N_ELEMENTS(fields); i++) {
		span_skip_blanks(&span);
		if (!span_take_literal(&span, fields[i].label))
			return FALSE;
		span_skip_blanks(&span);
		if (i != CLOSE && !span_take_number(&span, fields[i].max, &values[i]))
			return FALSE;
	}
	while (span.at < span.end && g_ascii_isspace(*span.at))
		span.at++;
	if (span.at != span.end)
		return FALSE;
	*ret = (CyclictestLive){
		.thread = (guint)values[THREAD],
		.tid = (gint64)values[TID],
		.cycles = values[CYCLES],
	};
	/* Before the first sample min is a start value of 1,000,000. */
	if (ret->cycles > 0) {
		ret->min_ns = (gint64)values[MIN_US] * 1000;
		ret->avg_ns = (gint64)values[AVG_US] * 1000;
		ret->max_ns = (gint64)values[MAX_US] * 1000;
	}
	return TRUE;
}

static gboolean same_number(guint64 a, guint64 b, const char *what, GError **error)
{
	if (a == b)
		return TRUE;
	return lathe_error(error, LATHE_ERROR_INPUT,
			   "%s: %" G_GUINT64_FORMAT " and %" G_GUINT64_FORMAT, what, a,
			   b);
}

static gboolean same_rows(const Histogram *a, const Histogram *b, GError **error)
{
	HistogramCursor of_a = histogram_rows(a), of_b = histogram_rows(b);
	HistogramRow x, y;

	if (histogram_same_rows(a, b))
		return TRUE;
	while (histogram_next(&of_a, &x) && histogram_next(&of_b, &y))
		if (x.bucket != y.bucket || x.count != y.count)
			return lathe_error(error, LATHE_ERROR_INPUT,
					   "histogram: bucket %" G_GUINT32_FORMAT
					   " with %" G_GUINT64_FORMAT
					   " and bucket %" G_GUINT32_FORMAT
					   " with %" G_GUINT64_FORMAT,
					   x.bucket, x.count, y.bucket, y.count);
	return same_number(a->n_rows, b->n_rows, "rows of the histogram", error);
}

static gboolean same_histogram(const Histogram *a, const Histogram *b, GError **error)
{
	if (!a && !b)
		return TRUE;
	if (!a || !b)
		return lathe_error(error, LATHE_ERROR_INPUT, "only one has a histogram");
	if (a->buckets && b->buckets &&
	    !same_number(a->buckets, b->buckets, "cells of the histogram", error))
		return FALSE;
	return same_number(a->bucket_ns, b->bucket_ns, "ns per bucket", error) &&
	       same_rows(a, b, error) &&
	       same_number(a->overflow, b->overflow, "overflow", error);
}

/* The two ranges the means may lie in meet. */
static gboolean same_mean(const CyclictestResult *a, gint64 x, const CyclictestResult *b,
			  gint64 y, GError **error)
{
	if (x - (gint64)a->avg_below_ns <= y + (gint64)b->avg_above_ns &&
	    y - (gint64)b->avg_below_ns <= x + (gint64)a->avg_above_ns)
		return TRUE;
	return lathe_error(error, LATHE_ERROR_INPUT,
			   "avg: %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT " ns", x, y);
}

static gboolean same_thread(const CyclictestResult *a, const CyclictestThread *x,
			    const CyclictestResult *b, const CyclictestThread *y,
			    GError **error)
{
	gint64 unit_ns = (gint64)MAX(a->unit_ns, b->unit_ns);

	if (!same_number(x->thread, y->thread, "number", error))
		return FALSE;
	if (x->cpu_known && y->cpu_known && !same_number(x->cpu, y->cpu, "CPU", error))
		return FALSE;
	if (x->samples_known && y->samples_known &&
	    !same_number(x->samples, y->samples, "samples", error))
		return FALSE;
	if (x->max_known && y->max_known &&
	    (!same_number((guint64)(x->min_ns / unit_ns), (guint64)(y->min_ns / unit_ns),
			  "min", error) ||
	     !same_number((guint64)(x->max_ns / unit_ns), (guint64)(y->max_ns / unit_ns),
			  "max", error) ||
	     !same_mean(a, x->avg_ns, b, y->avg_ns, error)))
		return FALSE;
	return same_histogram(x->histogram, y->histogram, error);
}

gboolean cyclictest_agree(const CyclictestResult *a, const CyclictestResult *b,
			  GError **error)
{
	if (!same_number(a->threads->len, b->threads->len, "threads", error))
		return FALSE;
	for (guint i = 0; i < a->threads->len; i++)
		if (!same_thread(a, g_ptr_array_index(a->threads, i), b,
				 g_ptr_array_index(b->threads, i), error)) {
			g_prefix_error(error, "thread %u: ", i);
			return FALSE;
		}
	return TRUE;
}
