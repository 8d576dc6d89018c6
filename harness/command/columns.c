/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "columns.h"

#include "escape.h"

struct Columns {
	guint n, widest;
	guint *widths;
	GPtrArray *cells; /* of char *, row by row */
};

Columns *columns_new(guint n, guint widest)
{
	Columns *columns = g_new0(Columns, 1);

	columns->n = n;
	columns->widest = widest;
	columns->widths = g_new0(guint, n);
	columns->cells = g_ptr_array_new_with_free_func(g_free);
	return columns;
}

void columns_free(Columns *columns)
{
	if (!columns)
		return;
	g_free(columns->widths);
	g_ptr_array_unref(columns->cells);
	g_free(columns);
}

static guint width_of(const char *cell)
{
	return (guint)g_utf8_strlen(cell, -1);
}

void columns_add(Columns *columns, const char *const *cells)
{
	for (guint i = 0; i < columns->n; i++) {
		char *cell = escape_text(cells[i] ? cells[i] : "", -1);

		if (width_of(cell) <= columns->widest)
			columns->widths[i] = MAX(columns->widths[i], width_of(cell));
		g_ptr_array_add(columns->cells, cell);
	}
}

static void append_row(const Columns *columns, guint first, GString *text)
{
	guint owed = 0; /* blanks that only a further cell needs */

	for (guint i = 0; i < columns->n; i++) {
		const char *cell = columns->cells->pdata[first + i];
		guint width = width_of(cell);

		owed += 2;
		if (*cell) {
			g_string_append_printf(text, "%*s%s", (int)owed, "", cell);
			owed = 0;
		}
		if (width < columns->widths[i])
			owed += columns->widths[i] - width;
	}
	g_string_append_c(text, '\n');
}

void columns_append(const Columns *columns, GString *text)
{
	for (guint first = 0; first < columns->cells->len; first += columns->n)
		append_row(columns, first, text);
}
