/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "number.h"

#include <string.h>

#include "error.h"
#include "escape.h"

Span span_of(const char *text)
{
	return (Span){text, text + strlen(text)};
}

gboolean span_take_number(Span *span, guint64 max, guint64 *ret)
{
	const char *p = span->at;
	guint64 value = 0;

	if (p == span->end || !g_ascii_isdigit(*p))
		return FALSE;
	for (; p < span->end && g_ascii_isdigit(*p); p++) {
		guint digit = (guint)(*p - '0');

		if (value > (max - digit) / 10 || max < digit)
			return FALSE;
		value = value * 10 + digit;
	}
	span->at = p;
	*ret = value;
	return TRUE;
}

gboolean span_take_signed(Span *span, gint64 max, gint64 *ret)
{
	Span rest = *span;
	gboolean negative = span_take_literal(&rest, "-");
	guint64 magnitude;

	if (!span_take_number(&rest, (guint64)max, &magnitude))
		return FALSE;
	*span = rest;
	*ret = negative ? -(gint64)magnitude : (gint64)magnitude;
	return TRUE;
}

void span_skip_blanks(Span *span)
{
	while (span->at < span->end && (*span->at == ' ' || *span->at == '\t'))
		span->at++;
}

gboolean span_take_literal(Span *span, const char *literal)
{
	gsize length = strlen(literal);

	if ((gsize)(span->end - span->at) < length || memcmp(span->at, literal, length) != 0)
		return FALSE;
	span->at += length;
	return TRUE;
}

gboolean span_take_line(Span *span, Span *line)
{
	const char *newline;

	if (span->at == span->end)
		return FALSE;
	newline = memchr(span->at, '\n', (gsize)(span->end - span->at));
	*line = (Span){span->at, newline ? newline : span->end};
	span->at = newline ? newline + 1 : span->end;
	return TRUE;
}

char *span_dup(Span span)
{
	return g_strndup(span.at, (gsize)(span.end - span.at));
}

/* As much of a text that was refused as a message shows, in printable UTF-8. */
static char *shown_text(const char *text)
{
	return escape_text(text, (gssize)strnlen(text, 64));
}

gboolean number_parse(const char *text, guint64 min, guint64 max, guint64 *ret, GError **error)
{
	Span span = span_of(text);
	guint64 value;

	if (!span_take_number(&span, max, &value) || span.at != span.end || value < min) {
		g_autofree char *shown = shown_text(text);

		return lathe_error(error, LATHE_ERROR_INPUT,
				   "'%s' is not a number from %" G_GUINT64_FORMAT
				   " to %" G_GUINT64_FORMAT,
				   shown, min, max);
	}
	*ret = value;
	return TRUE;
}

/* Largest first, so that formatting finds the shortest exact spelling. */
static const struct {
	const char *suffix;
	guint64 ns;
} units[] = {
	{"h", 3600 * G_GUINT64_CONSTANT(1000000000)},
	{"m", 60 * G_GUINT64_CONSTANT(1000000000)},
	{"s", G_GUINT64_CONSTANT(1000000000)},
	{"ms", 1000000},
	{"us", 1000},
	{"ns", 1},
};

gboolean duration_parse(const char *text, guint64 min_ns, guint64 max_ns, guint64 *ret_ns,
			GError **error)
{
	g_autofree char *min_text = duration_format(min_ns);
	g_autofree char *max_text = duration_format(max_ns);
	g_autofree char *shown = NULL;
	Span span = span_of(text);
	guint64 count;

	if (span_take_number(&span, G_MAXUINT64, &count)) {
		for (gsize i = 0; i < G_N_ELEMENTS(units); i++) {
			if (strcmp(span.at, units[i].suffix) != 0)
				continue;
			if (count > G_MAXUINT64 / units[i].ns || count * units[i].ns < min_ns ||
			    count * units[i].ns > max_ns)
				break;
			*ret_ns = count * units[i].ns;
			return TRUE;
		}
	}
	shown = shown_text(text);
	lathe_error(error, LATHE_ERROR_INPUT, "'%s' is not a duration from %s to %s", shown,
		    min_text, max_text);
	lathe_error_hint(error, "write a number and its unit: ns, us, ms, s, m or h");
	return FALSE;
}

char *duration_format(guint64 ns)
{
	for (gsize i = 0; i < G_N_ELEMENTS(units); i++)
		if (ns >= units[i].ns && ns % units[i].ns == 0)
			return g_strdup_printf("%" G_GUINT64_FORMAT "%s", ns / units[i].ns,
					       units[i].suffix);
	return g_strdup("0s");
}
