/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of text in columns that are as wide as their widest cell. */
#ifndef LATHE_COMMAND_COLUMNS_H
#define LATHE_COMMAND_COLUMNS_H

#include <glib.h>

typedef struct Columns Columns;

/* A cell of more than `widest` characters does not widen its column: the rest of its row moves. */
Columns *columns_new(guint n, guint widest);
void columns_free(Columns *columns);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Columns, columns_free)

/* n cells, copied and made harmless; NULL is "". */
void columns_add(Columns *columns, const char *const *cells);
#define columns_row(columns, ...) columns_add(columns, (const char *const[]){__VA_ARGS__})

/* Two blanks before each row and between its cells; none at its end. */
void columns_append(const Columns *columns, GString *text);

#endif
