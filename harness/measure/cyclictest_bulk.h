/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The counts of cyclictest's JSON, which are nearly all of it, taken out before a tree is
 * made of the rest: a tree needs over 150 bytes for each. Private to the JSON reader.
 */
#ifndef LATHE_CYCLICTEST_BULK_H
#define LATHE_CYCLICTEST_BULK_H

#include <glib.h>

#include "histogram.h"

typedef struct {
	Histogram *histogram; /* width and cells are to be set: they stand elsewhere */
	guint64 end; /* behind the last bucket it names, which may count 0; 0: it names none */
} CyclictestBulkRows;

typedef struct {
	GPtrArray *rows; /* of CyclictestBulkRows */
	GString *rest;   /* the text with `"histogram": K` for the K-th of them */
} CyclictestBulk;

/*
 * TRUE when every value of a key "histogram" in the text is an object of nothing but
 * buckets in ascending order and their counts: then all of them are in *ret, and each
 * "histogram" in the rest holds its index. FALSE otherwise, *ret untouched: what is odd
 * about the text is for the JSON library to say. The rest is as valid or invalid as the
 * text was.
 */
gboolean cyclictest_bulk_take(const char *text, gsize length, CyclictestBulk *ret);
void cyclictest_bulk_clear(CyclictestBulk *bulk);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CyclictestBulk, cyclictest_bulk_clear)

#endif
