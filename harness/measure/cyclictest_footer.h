/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lines behind the rows of cyclictest's text histogram: a label and a number per
 * thread, some with one more that -H adds for all threads. Private to the text reader.
 */
#ifndef LATHE_CYCLICTEST_FOOTER_H
#define LATHE_CYCLICTEST_FOOTER_H

#include <glib.h>

#include "number.h"

/* In the order they are printed. */
typedef enum {
	CYCLICTEST_TOTAL,
	CYCLICTEST_MIN,
	CYCLICTEST_AVG,
	CYCLICTEST_MAX,
	CYCLICTEST_OVERFLOW,
	CYCLICTEST_FOOTERS
} CyclictestFooterLine;

typedef struct {
	GArray *values[CYCLICTEST_FOOTERS]; /* of guint64; NULL while not seen */
} CyclictestFooter;

void cyclictest_footer_clear(CyclictestFooter *footer);

const char *cyclictest_footer_label(CyclictestFooterLine which);
gboolean cyclictest_footer_required(CyclictestFooterLine which);

/* The line, without its end, which begins with the label. */
gboolean cyclictest_footer_add(CyclictestFooter *footer, CyclictestFooterLine which,
			       Span line, GError **error);

/* When all lines were added: as many values as threads everywhere, and the ones that -H
 * adds are the sum or the maximum. */
gboolean cyclictest_footer_check(const CyclictestFooter *footer, guint *ret_threads,
				 GError **error);

guint64 cyclictest_footer_value(const CyclictestFooter *footer,
				CyclictestFooterLine which, guint thread);

/* "# Thread 1: 00385 00912 # 00012 others", without the label: TRUE when these are as
 * many cycles as samples overflowed. */
gboolean cyclictest_footer_check_cycles(Span list, guint64 overflow, GError **error);

#endif
