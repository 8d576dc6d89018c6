/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "histogram.h"

#include <string.h>

#include "error.h"
#include "number.h"

/* Of a row: a gap of 32 bits and a count of 64, seven a byte. */
#define ROW_MAX	   (5 + 10)
#define PACKED_MIN 64

Histogram *histogram_new(guint64 bucket_ns, guint32 buckets)
{
	Histogram *histogram = g_new0(Histogram, 1);

	g_assert(bucket_ns >= 1 && bucket_ns <= HISTOGRAM_BUCKET_NS_MAX);
	histogram->bucket_ns = bucket_ns;
	histogram->buckets = buckets;
	return histogram;
}

void histogram_free(Histogram *histogram)
{
	if (!histogram)
		return;
	g_free(histogram->packed);
	g_free(histogram);
}

static guint8 *pack(guint8 *at, guint64 number)
{
	for (; number >= 0x80; number >>= 7)
		*at++ = (guint8)(number | 0x80);
	*at++ = (guint8)number;
	return at;
}

static guint64 unpack(const guint8 **at)
{
	guint64 number = 0;
	guint shift = 0;

	for (; **at & 0x80; shift += 7)
		number |= (guint64)(*(*at)++ & 0x7f) << shift;
	return number | (guint64) * (*at)++ << shift;
}

static void append_row(Histogram *histogram, guint32 bucket, guint64 count)
{
	guint64 next = histogram->n_rows ? (guint64)histogram->last_bucket + 1 : 0;
	guint8 *end;

	if (histogram->packed_size - histogram->packed_length < ROW_MAX) {
		histogram->packed_size = MAX(2 * histogram->packed_size, PACKED_MIN);
		histogram->packed = g_realloc(histogram->packed, histogram->packed_size);
	}
	end = pack(histogram->packed + histogram->packed_length, bucket - next);
	end = pack(end, count);
	histogram->packed_length = (gsize)(end - histogram->packed);
	if (histogram->n_rows++ == 0)
		histogram->first_bucket = bucket;
	histogram->last_bucket = bucket;
}

HistogramCursor histogram_rows(const Histogram *histogram)
{
	const guint8 *start = histogram->packed;

	return (HistogramCursor){start, start ? start + histogram->packed_length : NULL, 0};
}

gboolean histogram_next(HistogramCursor *cursor, HistogramRow *ret)
{
	if (cursor->at == cursor->end)
		return FALSE;
	ret->bucket = (guint32)(cursor->next + unpack(&cursor->at));
	ret->count = unpack(&cursor->at);
	cursor->next = (guint64)ret->bucket + 1;
	return TRUE;
}

static gboolean is_inside(guint64 bucket, guint64 cells, GError **error)
{
	if (bucket < cells)
		return TRUE;
	return lathe_error(error, LATHE_ERROR_INPUT,
			   "bucket %" G_GUINT64_FORMAT
			   " is outside the histogram's %" G_GUINT64_FORMAT " cells",
			   bucket, cells);
}

gboolean histogram_set_buckets(Histogram *histogram, guint32 buckets, GError **error)
{
	HistogramCursor cursor = histogram_rows(histogram);
	HistogramRow row;

	/* The error names the first one, as appending it would have done. */
	if (buckets && histogram->n_rows && histogram->last_bucket >= buckets)
		while (histogram_next(&cursor, &row))
			if (!is_inside(row.bucket, buckets, error))
				return FALSE;
	histogram->buckets = buckets;
	return TRUE;
}

gboolean histogram_append(Histogram *histogram, guint64 bucket, guint64 count,
			  GError **error)
{
	guint64 cells = histogram->buckets ? histogram->buckets : G_MAXUINT32;

	if (!is_inside(bucket, cells, error))
		return FALSE;
	if (histogram->n_rows && bucket <= histogram->last_bucket)
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "bucket %" G_GUINT64_FORMAT
				   " comes after bucket %" G_GUINT32_FORMAT,
				   bucket, histogram->last_bucket);
	if (count > G_MAXUINT64 - histogram->total)
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "bucket %" G_GUINT64_FORMAT
				   ": the sum of the counts exceeds 64 bits",
				   bucket);
	if (count == 0)
		return TRUE;
	append_row(histogram, (guint32)bucket, count);
	histogram->total += count;
	return TRUE;
}

char *histogram_format(const Histogram *histogram, gsize *ret_length)
{
	/* A row of a usual histogram takes some 10 bytes. */
	GString *text = g_string_sized_new(128 + 12 * (gsize)histogram->n_rows);
	HistogramCursor cursor = histogram_rows(histogram);
	HistogramRow row;

	g_string_append_printf(text, "# bucket_ns %" G_GUINT64_FORMAT "\n",
			       histogram->bucket_ns);
	if (histogram->buckets)
		g_string_append_printf(text, "# buckets %" G_GUINT32_FORMAT "\n",
				       histogram->buckets);
	g_string_append_printf(text, "# overflow %" G_GUINT64_FORMAT "\n",
			       histogram->overflow);
	while (histogram_next(&cursor, &row))
		g_string_append_printf(text, "%" G_GUINT32_FORMAT " %" G_GUINT64_FORMAT "\n",
				       row.bucket, row.count);
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

/* There is one packed form of them. */
gboolean histogram_same_rows(const Histogram *a, const Histogram *b)
{
	return a->packed_length == b->packed_length &&
	       (a->packed_length == 0 || memcmp(a->packed, b->packed, a->packed_length) == 0);
}

gboolean histogram_equal(const Histogram *a, const Histogram *b)
{
	return a->bucket_ns == b->bucket_ns && a->overflow == b->overflow &&
	       histogram_same_rows(a, b);
}
