/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cyclictest_bulk.h"

#include <string.h>

#include "histogram.h"
#include "number.h"

static const char key[] = "histogram";

void cyclictest_bulk_clear(CyclictestBulk *bulk)
{
	g_clear_pointer(&bulk->rows, g_ptr_array_unref);
	if (bulk->rest)
		g_string_free(bulk->rest, TRUE);
	bulk->rest = NULL;
}

static void skip_space(Span *text)
{
	while (text->at < text->end && (*text->at == ' ' || *text->at == '\n' ||
					*text->at == '\t' || *text->at == '\r'))
		text->at++;
}

static gboolean take_char(Span *text, char wanted)
{
	if (text->at == text->end || *text->at != wanted)
		return FALSE;
	text->at++;
	return TRUE;
}

/* As JSON writes an integer, without sign: 18 digits at most, which cannot overflow. */
static gboolean take_digits(Span *text, guint64 *ret)
{
	const char *start = text->at;
	guint64 value = 0;

	while (text->at < text->end && *text->at >= '0' && *text->at <= '9' &&
	       text->at - start < 19)
		value = value * 10 + (guint64)(*text->at++ - '0');
	*ret = value;
	return text->at != start && text->at - start < 19 &&
	       (*start != '0' || text->at - start == 1);
}

/* `"17": 2` */
static gboolean take_row(Span *text, GArray *rows)
{
	guint64 bucket, count;
	HistogramRow row;

	if (!take_char(text, '"') || !take_digits(text, &bucket) ||
	    bucket > G_MAXUINT32 || !take_char(text, '"'))
		return FALSE;
	skip_space(text);
	if (!take_char(text, ':'))
		return FALSE;
	skip_space(text);
	if (!take_digits(text, &count))
		return FALSE;
	skip_space(text);
	if (rows->len &&
	    bucket <= g_array_index(rows, HistogramRow, rows->len - 1).bucket)
		return FALSE;
	row = (HistogramRow){(guint32)bucket, count};
	g_array_append_val(rows, row);
	return TRUE;
}

/* An object, from its brace on; NULL when it is no plain list of rows. */
static GArray *take_rows(Span *text)
{
	g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(HistogramRow));

	if (!take_char(text, '{'))
		return NULL;
	skip_space(text);
	if (take_char(text, '}'))
		return g_steal_pointer(&rows);
	do {
		skip_space(text);
		if (!take_row(text, rows))
			return NULL;
	} while (take_char(text, ','));
	return take_char(text, '}') ? g_steal_pointer(&rows) : NULL;
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
	GArray *rows;

	if ((gsize)(string.end - string.at) != strlen(key) ||
	    memcmp(string.at, key, strlen(key)) != 0)
		return TRUE;
	skip_space(text);
	if (!take_char(text, ':'))
		return TRUE;
	skip_space(text);
	g_string_append_len(bulk->rest, *copied, text->at - *copied);
	rows = take_rows(text);
	if (!rows)
		return FALSE;
	/* Apart from what follows, which may be a digit: that is no JSON before and must be
	 * none now. */
	g_string_append_printf(bulk->rest, "%u ", bulk->rows->len);
	g_ptr_array_add(bulk->rows, rows);
	*copied = text->at;
	return TRUE;
}

gboolean cyclictest_bulk_take(const char *text, gsize length, CyclictestBulk *ret)
{
	Span span = {text, text + length}, string;
	const char *copied = text;
	g_auto(CyclictestBulk) bulk = {
		.rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref),
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
