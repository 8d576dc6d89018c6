/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Aligned text no wider than a page. Every string that comes in is escaped here
 * (escape_text), so that no report can forget it.
 */
#ifndef LATHE_TABLE_H
#define LATHE_TABLE_H

#include <glib.h>

/* Columns of a page: half a wide terminal, a printed page, a mail. */
#define PAGE_COLUMNS 100

typedef struct Table Table;

/*
 * align: a letter per column, 'l' (left; breaks over several lines when the table is too
 * wide), 'L' (left, never broken: what people copy) or 'r' (right; never broken: numbers). The heads follow, one a column; a NULL
 * first head: no head line.
 */
Table *table_new(const char *align, ...);
void table_free(Table *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Table, table_free)

/* The next cell, filling row by row. NULL is "unknown". */
void table_cell(Table *table, const char *text);
void table_cellf(Table *table, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Appends the lines, indented by two blanks, without trailing blanks. */
void table_print(const Table *table, GString *out);

/* Appends text behind `lead` ("  - "), broken at blanks, continued below its first
 * letter. */
void text_wrap(GString *out, const char *lead, const char *text);

#endif
