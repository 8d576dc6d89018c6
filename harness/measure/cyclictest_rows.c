/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cyclictest_rows.h"

#include "cyclictest_parse.h"
#include "error.h"
#include "histogram.h"

void cyclictest_rows_init(CyclictestRows *rows, guint64 unit_ns)
{
	*rows = (CyclictestRows){
		.columns = g_ptr_array_new_with_free_func((GDestroyNotify)histogram_free),
		.last_is_sum = TRUE,
		.unit_ns = unit_ns,
	};
}

void cyclictest_rows_clear(CyclictestRows *rows)
{
	g_clear_pointer(&rows->columns, g_ptr_array_unref);
}

gboolean cyclictest_take_count(Span *span, guint64 *ret)
{
	const char *p = span->at;
	/* 18 digits cannot overflow. */
	const char *end = span->end - p > 18 ? p + 18 : span->end;
	guint64 value = 0;

	while (p < end && *p >= '0' && *p <= '9')
		value = value * 10 + (guint64)(*p++ - '0');
	if (p < span->end && *p >= '0' && *p <= '9')
		return span_take_number(span, G_MAXUINT64, ret);
	if (p == span->at)
		return FALSE;
	span->at = p;
	*ret = value;
	return TRUE;
}

gboolean cyclictest_looks_like_row(Span line)
{
	const char *start = line.at;
	guint64 ignored;

	if (!cyclictest_take_count(&line, &ignored) || line.at - start < 6)
		return FALSE;
	start = line.at;
	span_skip_blanks(&line);
	return line.at != start && cyclictest_take_count(&line, &ignored);
}

static gboolean add_count(CyclictestRows *rows, guint column, guint64 count,
			  GError **error)
{
	if (rows->rows == 0) {
		/* One more for the sum. */
		if (column > CYCLICTEST_THREADS_MAX)
			return lathe_error(error, LATHE_ERROR_INPUT,
					   "more columns than %d threads need",
					   CYCLICTEST_THREADS_MAX);
		g_ptr_array_add(rows->columns, histogram_new(rows->unit_ns, 0));
	} else if (column >= rows->columns->len) {
		return lathe_error(error, LATHE_ERROR_INPUT, "a column too many");
	}
	return count == 0 || histogram_append(g_ptr_array_index(rows->columns, column),
					      rows->bucket, count, error);
}

static gboolean add_columns(CyclictestRows *rows, Span line, GError **error)
{
	guint64 count = 0, sum = 0; /* sum: of the columns before the one at hand */
	gboolean wrapped = FALSE;
	guint column = 0;
	const char *start;

	while (line.at < line.end) {
		wrapped = __builtin_add_overflow(sum, count, &sum) || wrapped;
		start = line.at;
		span_skip_blanks(&line);
		if (line.at == start || !cyclictest_take_count(&line, &count))
			return lathe_error(error, LATHE_ERROR_INPUT,
					   "a column is not a number");
		if (!add_count(rows, column++, count, error))
			return FALSE;
	}
	if (column == 0 || column < rows->columns->len)
		return lathe_error(error, LATHE_ERROR_INPUT, "a column too few");
	rows->last_is_sum = rows->last_is_sum && column > 1 && !wrapped && sum == count;
	return TRUE;
}

gboolean cyclictest_rows_add(CyclictestRows *rows, Span line, GError **error)
{
	guint64 bucket;

	if (!cyclictest_take_count(&line, &bucket))
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "not a row of the histogram");
	if (bucket >= CYCLICTEST_CELLS_MAX)
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "a bucket beyond cyclictest's last possible cell, %d",
				   CYCLICTEST_CELLS_MAX - 1);
	if (rows->rows > 0 && bucket <= rows->bucket)
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "a row twice or out of order");
	rows->bucket = bucket;
	if (!add_columns(rows, line, error))
		return FALSE;
	rows->rows++;
	return TRUE;
}

guint32 cyclictest_rows_cells(const CyclictestRows *rows)
{
	return rows->rows == rows->bucket + 1 ? (guint32)rows->rows : 0;
}
