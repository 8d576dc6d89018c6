/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "table.h"

#include <stdarg.h>
#include <string.h>

#include "escape.h"

#define INDENT 2
/* Between two columns. */
#define GAP 2
/* A column is not made narrower than this; what still does not fit sticks out. */
#define COLUMN_MIN 10

struct Table {
	char *align;
	guint columns;
	GPtrArray *cells; /* of char *, escaped; the heads first */
};

Table *table_new(const char *align, ...)
{
	Table *table = g_new0(Table, 1);
	const char *head;
	va_list heads;

	table->align = g_strdup(align);
	table->columns = (guint)strlen(align);
	table->cells = g_ptr_array_new_with_free_func(g_free);
	va_start(heads, align);
	head = va_arg(heads, const char *);
	for (guint i = 0; head && i < table->columns; i++) {
		table_cell(table, head);
		if (i + 1 < table->columns)
			head = va_arg(heads, const char *);
	}
	va_end(heads);
	return table;
}

void table_free(Table *table)
{
	if (!table)
		return;
	g_free(table->align);
	g_ptr_array_free(table->cells, TRUE);
	g_free(table);
}

void table_cell(Table *table, const char *text)
{
	g_ptr_array_add(table->cells, escape_text(text ? text : "unknown", -1));
}

void table_cellf(Table *table, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	table_cell(table, text);
}

static guint char_width(gunichar c)
{
	return g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
}

/* In terminal columns. */
static guint text_width(const char *text)
{
	guint width = 0;

	for (; *text; text = g_utf8_next_char(text))
		width += char_width(g_utf8_get_char(text));
	return width;
}

/*
 * Takes from *text as much as fits into `width` columns: up to the last blank, or in the
 * middle of a word that is longer than that. At least one character, so that it ends.
 */
static char *take_line(const char **text, guint width)
{
	const char *start = *text;
	const char *blank = NULL;
	const char *at = start;
	guint used = 0;
	char *line;

	for (; *at; at = g_utf8_next_char(at)) {
		used += char_width(g_utf8_get_char(at));
		if (used > width && at > start)
			break;
		if (*at == ' ' && at > start)
			blank = at;
	}
	if (*at && *at != ' ' && blank)
		at = blank;
	line = g_strchomp(g_strndup(start, (gsize)(at - start)));
	while (*at == ' ')
		at++;
	*text = at;
	return line;
}

static guint page_left(guint used)
{
	return used + COLUMN_MIN < PAGE_COLUMNS ? PAGE_COLUMNS - used : COLUMN_MIN;
}

static guint total_width(const guint *widths, guint columns)
{
	guint total = INDENT + GAP * (columns - 1);

	for (guint i = 0; i < columns; i++)
		total += widths[i];
	return total;
}

/* Takes from the widest left-aligned column until the page is wide enough. */
static void shrink(const Table *table, guint *widths)
{
	while (total_width(widths, table->columns) > PAGE_COLUMNS) {
		guint over = total_width(widths, table->columns) - PAGE_COLUMNS;
		guint widest = table->columns, next = COLUMN_MIN;

		for (guint i = 0; i < table->columns; i++)
			if (table->align[i] == 'l' && widths[i] > COLUMN_MIN &&
			    (widest == table->columns || widths[i] > widths[widest]))
				widest = i;
		if (widest == table->columns)
			return;
		for (guint i = 0; i < table->columns; i++)
			if (i != widest && table->align[i] == 'l' &&
			    widths[i] < widths[widest])
				next = MAX(next, widths[i]);
		/* Down to the next widest, then share: one column at a time ends. */
		widths[widest] -= CLAMP(widths[widest] - next, 1, over);
	}
}

static guint *measure(const Table *table)
{
	guint *widths = g_new0(guint, table->columns);

	for (guint i = 0; i < table->cells->len; i++) {
		guint *width = &widths[i % table->columns];

		*width = MAX(*width, text_width(table->cells->pdata[i]));
	}
	shrink(table, widths);
	return widths;
}

static void pad(GString *out, guint count)
{
	for (guint i = 0; i < count; i++)
		g_string_append_c(out, ' ');
}

static void chomp_blanks(GString *out)
{
	while (out->len && out->str[out->len - 1] == ' ')
		g_string_truncate(out, out->len - 1);
}

/* One row: as many lines as its tallest cell has. */
static void print_row(const Table *table, const guint *widths, guint first, GString *out)
{
	g_autofree const char **rest = g_new0(const char *, table->columns);
	gboolean more = TRUE;

	for (guint i = 0; i < table->columns; i++)
		rest[i] = table->cells->pdata[first + i];
	while (more) {
		more = FALSE;
		pad(out, INDENT);
		for (guint i = 0; i < table->columns; i++) {
			gboolean right = table->align[i] == 'r';
			g_autofree char *line =
				take_line(&rest[i], table->align[i] == 'l' ? widths[i] : G_MAXUINT);
			guint missing = widths[i] - MIN(text_width(line), widths[i]);

			pad(out, right ? missing : 0);
			g_string_append(out, line);
			pad(out, (right ? 0 : missing) + GAP);
			more |= *rest[i] != '\0';
		}
		chomp_blanks(out);
		g_string_append_c(out, '\n');
	}
}

void table_print(const Table *table, GString *out)
{
	g_autofree guint *widths = measure(table);

	g_assert(table->cells->len % table->columns == 0);
	for (guint i = 0; i < table->cells->len; i += table->columns)
		print_row(table, widths, i, out);
}

void text_wrap(GString *out, const char *lead, const char *text)
{
	g_autofree char *escaped = escape_text(text ? text : "unknown", -1);
	guint indent = text_width(lead);
	const char *rest = escaped;

	g_string_append(out, lead);
	for (;;) {
		g_autofree char *line = take_line(&rest, page_left(indent));

		g_string_append(out, line);
		chomp_blanks(out);
		g_string_append_c(out, '\n');
		if (!*rest)
			return;
		pad(out, indent);
	}
}
