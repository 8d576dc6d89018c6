/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "histogram.h"

#include "error.h"
#include "number.h"

Histogram *histogram_new(guint64 bucket_ns, guint32 buckets)
{
	Histogram *histogram = g_new0(Histogram, 1);

	g_assert(bucket_ns >= 1 && bucket_ns <= HISTOGRAM_BUCKET_NS_MAX);
	histogram->bucket_ns = bucket_ns;
	histogram->buckets = buckets;
	histogram->rows = g_array_new(FALSE, FALSE, sizeof(HistogramRow));
	return histogram;
}

void histogram_free(Histogram *histogram)
{
	if (!histogram)
		return;
	g_array_unref(histogram->rows);
	g_free(histogram);
}

static const HistogramRow *row_at(const Histogram *histogram, guint index)
{
	return &g_array_index(histogram->rows, HistogramRow, index);
}

gboolean histogram_append(Histogram *histogram, guint64 bucket, guint64 count,
			  GError **error)
{
	guint64 cells = histogram->buckets ? histogram->buckets : G_MAXUINT32;
	guint rows = histogram->rows->len;
	HistogramRow row = {(guint32)bucket, count};

	if (bucket >= cells)
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "bucket %" G_GUINT64_FORMAT
				   " is outside the histogram's %" G_GUINT64_FORMAT
				   " cells",
				   bucket, cells);
	if (rows > 0 && bucket <= row_at(histogram, rows - 1)->bucket)
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "bucket %" G_GUINT64_FORMAT
				   " comes after bucket %" G_GUINT32_FORMAT,
				   bucket, row_at(histogram, rows - 1)->bucket);
	if (count > G_MAXUINT64 - histogram->total)
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "bucket %" G_GUINT64_FORMAT
				   ": the sum of the counts exceeds 64 bits",
				   bucket);
	if (count == 0)
		return TRUE;
	g_array_append_val(histogram->rows, row);
	histogram->total += count;
	return TRUE;
}

char *histogram_format(const Histogram *histogram, gsize *ret_length)
{
	/* A row of a usual histogram takes some 10 bytes. */
	GString *text = g_string_sized_new(128 + 12 * (gsize)histogram->rows->len);

	g_string_append_printf(text, "# bucket_ns %" G_GUINT64_FORMAT "\n",
			       histogram->bucket_ns);
	if (histogram->buckets)
		g_string_append_printf(text, "# buckets %" G_GUINT32_FORMAT "\n",
				       histogram->buckets);
	g_string_append_printf(text, "# overflow %" G_GUINT64_FORMAT "\n",
			       histogram->overflow);
	for (guint i = 0; i < histogram->rows->len; i++)
		g_string_append_printf(
			text, "%" G_GUINT32_FORMAT " %" G_GUINT64_FORMAT "\n",
			row_at(histogram, i)->bucket, row_at(histogram, i)->count);
	if (ret_length)
		*ret_length = text->len;
	return g_string_free(text, FALSE);
}

/* "LABEL NUMBER\n" */
static gboolean take_header(Span *text, const char *label, guint64 max, guint64 *ret)
{
	Span rest = *text;
	guint64 value;

	if (!span_take_literal(&rest, label) || !span_take_number(&rest, max, &value) ||
	    !span_take_literal(&rest, "\n"))
		return FALSE;
	*ret = value;
	*text = rest;
	return TRUE;
}

static Histogram *take_headers(Span *text, guint64 *line, GError **error)
{
	guint64 bucket_ns, buckets = 0, overflow;
	Histogram *histogram;

	*line = 1;
	if (!take_header(text, "# bucket_ns ", HISTOGRAM_BUCKET_NS_MAX, &bucket_ns) ||
	    bucket_ns == 0) {
		lathe_error(
			error, LATHE_ERROR_INPUT,
			"line 1: not '# bucket_ns N' with N from 1 to %" G_GUINT64_FORMAT,
			HISTOGRAM_BUCKET_NS_MAX);
		return NULL;
	}
	++*line;
	if (take_header(text, "# buckets ", G_MAXUINT32, &buckets))
		++*line;
	if (!take_header(text, "# overflow ", G_MAXUINT64, &overflow)) {
		lathe_error(error, LATHE_ERROR_INPUT,
			    "line %" G_GUINT64_FORMAT ": not '# overflow N'", *line);
		return NULL;
	}
	histogram = histogram_new(bucket_ns, (guint32)buckets);
	histogram->overflow = overflow;
	return histogram;
}

Histogram *histogram_parse(const char *text, gsize length, GError **error)
{
	Span rest = {text, text + length};
	guint64 line, bucket, count;
	g_autoptr(Histogram) histogram = take_headers(&rest, &line, error);

	if (!histogram)
		return NULL;
	while (rest.at < rest.end) {
		line++;
		if (!span_take_number(&rest, G_MAXUINT64, &bucket) ||
		    !span_take_literal(&rest, " ") ||
		    !span_take_number(&rest, G_MAXUINT64, &count) ||
		    !span_take_literal(&rest, "\n") || count == 0) {
			lathe_error(error, LATHE_ERROR_INPUT,
				    "line %" G_GUINT64_FORMAT
				    ": not 'BUCKET COUNT' with a count above 0",
				    line);
			return NULL;
		}
		if (!histogram_append(histogram, bucket, count, error)) {
			g_prefix_error(error, "line %" G_GUINT64_FORMAT ": ", line);
			return NULL;
		}
	}
	return g_steal_pointer(&histogram);
}

gboolean histogram_equal(const Histogram *a, const Histogram *b)
{
	if (a->bucket_ns != b->bucket_ns || a->overflow != b->overflow ||
	    a->total != b->total || a->rows->len != b->rows->len)
		return FALSE;
	for (guint i = 0; i < a->rows->len; i++)
		if (row_at(a, i)->bucket != row_at(b, i)->bucket ||
		    row_at(a, i)->count != row_at(b, i)->count)
			return FALSE;
	return TRUE;
}
