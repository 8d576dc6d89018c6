/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rows of cyclictest's text histogram, "000017 000002<TAB>000005": one histogram per
 * column. Private to the text reader.
 */
#ifndef LATHE_CYCLICTEST_ROWS_H
#define LATHE_CYCLICTEST_ROWS_H

#include <glib.h>

#include "number.h"

typedef struct {
	GPtrArray *columns; /* of Histogram *; the last one may be the sum that -H adds */
	gboolean last_is_sum; /* of the columns before it, in every row so far */
	guint64 unit_ns;
	guint64 rows;   /* so far, zeros included */
	guint64 bucket; /* of the last row */
} CyclictestRows;

void cyclictest_rows_init(CyclictestRows *rows, guint64 unit_ns);
void cyclictest_rows_clear(CyclictestRows *rows);

/* The line, without its end, as the next row. */
gboolean cyclictest_rows_add(CyclictestRows *rows, Span line, GError **error);

/* The cells of a dense histogram: rows 0 to N-1 all there; else 0. */
guint32 cyclictest_rows_cells(const CyclictestRows *rows);

/* As span_take_number() without limit, whose division per digit would be most of the time
 * spent on a large histogram. */
gboolean cyclictest_take_count(Span *span, guint64 *ret);

/* A row's beginning: a number of at least 6 digits, a blank, a number. */
gboolean cyclictest_looks_like_row(Span line);

#endif
