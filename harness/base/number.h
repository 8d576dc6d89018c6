/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one way text becomes a number: digits only, no blanks, no sign, no octal, no tail,
 * overflow and range checked.
 */
#ifndef LATHE_NUMBER_H
#define LATHE_NUMBER_H

#include <glib.h>

/* What is left to read: [at, end). Parsers move `at` only on success. */
typedef struct {
	const char *at;
	const char *end;
} Span;

Span span_of(const char *text);

/* Takes one decimal number from the front of the span. FALSE when there is no digit, or
 * the value exceeds max; then neither the span nor *ret changes. */
gboolean span_take_number(Span *span, guint64 max, guint64 *ret);

/* The same for an optional '-' and a decimal number, within [-max, max]. */
gboolean span_take_signed(Span *span, gint64 max, gint64 *ret);

/* Skips blanks and tabs (not newlines). */
void span_skip_blanks(Span *span);

/* Takes `literal` when the span begins with it. */
gboolean span_take_literal(Span *span, const char *literal);

/* Takes the bytes up to the next newline, which is consumed and not part of *line. FALSE
 * at the end of the span. */
gboolean span_take_line(Span *span, Span *line);

/* A newly allocated copy of the span's bytes. */
char *span_dup(Span span);

/* The whole of text must be a decimal number in [min, max]; the message states the range. */
gboolean number_parse(const char *text, guint64 min, guint64 max, guint64 *ret,
		      GError **error);

/*
 * A duration with its unit: "250us", "10ms", "60s", "5m", "12h". A bare number is refused,
 * since nothing says what it counts. The result is in ns, in [min_ns, max_ns].
 */
gboolean duration_parse(const char *text, guint64 min_ns, guint64 max_ns, guint64 *ret_ns,
			GError **error);

/* The shortest exact spelling that duration_parse() reads back: "1500ms", "60us", "12h". */
char *duration_format(guint64 ns);

#endif
