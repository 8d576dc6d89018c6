/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cyclictest_bulk.h"

#include <string.h>

#include "number.h"

static const char key[] = "histogram";

void cyclictest_bulk_clear(CyclictestBulk *bulk)
{
	g_clear_pointer(&bulk->rows, g_ptr_array_unref);
	if (bulk->rest)
		g_string_free(bulk->rest, TRUE);
	bulk->rest = NULL;
}

static gboolean is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static void skip_space(Span *text)
{
	while (text->at < text->end && is_space(*text->at))
		text->at++;
}

static gboolean take_char(Span *text, char wanted)
{
	if (text->at == text->end || *text->at != wanted)
		return FALSE;
	text->at++;
	return TRUE;
}

/* As JSON writes an integer, without sign: 18 digits at most, which cannot overflow. Behind
 * it, or NULL. */
static const char *take_digits(const char *at, const char *end, guint64 *ret)
{
	const char *start = at;
	guint64 value = 0;

	while (at < end && *at >= '0' && *at <= '9' && at - start < 19)
		value = value * 10 + (guint64)(*at++ - '0');
	*ret = value;
	return at != start && at - start < 19 && (*start != '0' || at - start == 1) ? at : NULL;
}

static const char *skip_to(const char *at, const char *end, char wanted)
{
	while (at < end && is_space(*at))
		at++;
	return at < end && *at == wanted ? at + 1 : NULL;
}

/* `"17": 2`. Several millions of these are a file: hence no Span, which keeps its pointer in
 * memory. */
static gboolean take_row(Span *text, CyclictestBulkRows *rows)
{
	const char *at = text->at, *end = text->end;
	guint64 bucket, count;

	if (at == end || *at != '"' || !(at = take_digits(at + 1, end, &bucket)) ||
	    at == end || *at != '"' || !(at = skip_to(at + 1, end, ':')))
		return FALSE;
	while (at < end && is_space(*at))
		at++;
	at = take_digits(at, end, &count);
	if (!at || bucket < rows->end ||
	    !histogram_append(rows->histogram, bucket, count, NULL))
		return FALSE;
	rows->end = bucket + 1;
	text->at = at;
	return TRUE;
}

static void rows_free(gpointer data)
{
	CyclictestBulkRows *rows = data;

	histogram_free(rows->histogram);
	g_free(rows);
}

static CyclictestBulkRows *rows_new(void)
{
	CyclictestBulkRows *rows = g_new0(CyclictestBulkRows, 1);

	rows->histogram = histogram_new(1, 0);
	return rows;
}

/* An object, from its brace on. FALSE when it is no plain list of rows. */
static gboolean take_rows(Span *text, CyclictestBulkRows *rows)
{
	if (!take_char(text, '{'))
		return FALSE;
	skip_space(text);
	if (take_char(text, '}'))
		return TRUE;
	do {
		skip_space(text);
		if (!take_row(text, rows))
			return FALSE;
		skip_space(text);
	} while (take_char(text, ','));
	return take_char(text, '}');
}

/* From a quote to behind the quote that ends the string; there are no escapes. */
static gboolean take_string(Span *text, Span *ret)
{
	const char *end = memchr(text->at + 1, '"', (gsize)(text->end - text->at - 1));

	if (!end)
		return FALSE;
	*ret = (Span){text->at + 1, end};
	text->at = end + 1;
	return TRUE;
}

/* Behind a string: the value, if the string was the key whose values are taken out. */
static gboolean take_value(Span *text, Span string, CyclictestBulk *bulk,
			   const char **copied)
{
	CyclictestBulkRows *rows;

	if ((gsize)(string.end - string.at) != strlen(key) ||
	    memcmp(string.at, key, strlen(key)) != 0)
		return TRUE;
	skip_space(text);
	if (!take_char(text, ':'))
		return TRUE;
	skip_space(text);
	g_string_append_len(bulk->rest, *copied, text->at - *copied);
	/* Apart from what follows, which may be a digit: that is no JSON before and must be
	 * none now. */
	g_string_append_printf(bulk->rest, "%u ", bulk->rows->len);
	rows = rows_new();
	g_ptr_array_add(bulk->rows, rows);
	if (!take_rows(text, rows))
		return FALSE;
	*copied = text->at;
	return TRUE;
}

gboolean cyclictest_bulk_take(const char *text, gsize length, CyclictestBulk *ret)
{
	Span span = {text, text + length}, string;
	const char *copied = text;
	g_auto(CyclictestBulk) bulk = {
		.rows = g_ptr_array_new_with_free_func(rows_free),
		.rest = g_string_new(NULL),
	};

	/* "histo\u0067ram" is the same key: with escapes a key could be written unseen.
	 */
	if (memchr(text, '\\', length))
		return FALSE;
	while ((span.at = memchr(span.at, '"', (gsize)(span.end - span.at))))
		if (!take_string(&span, &string) ||
		    !take_value(&span, string, &bulk, &copied))
			return FALSE;
	g_string_append_len(bulk.rest, copied, text + length - copied);
	*ret = bulk;
	bulk = (CyclictestBulk){NULL, NULL};
	return TRUE;
}
