/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text form, in one pass: lines before "# Histogram", rows, the footer, the list of
 * overflowed cycles, lines after it (print_hist() in cyclictest.c of rt-tests).
 */
#include "cyclictest.h"

#include <string.h>

#include "cyclictest_footer.h"
#include "cyclictest_parse.h"
#include "cyclictest_rows.h"
#include "error.h"
#include "number.h"

#define HEADING        "# Histogram"
#define CYCLES_HEADING "# Histogram Overflow at cycle number:"

typedef struct {
	Span rest;      /* behind the current line */
	Span line;      /* without its end and trailing blanks */
	gboolean ended; /* there is no current line */
	gboolean cut;   /* the current line has no newline */
	guint64 number; /* of the current line, from 1 */
	CyclictestRows rows;
	CyclictestFooter footer;
} Reader;

static void reader_clear(Reader *reader)
{
	cyclictest_rows_clear(&reader->rows);
	cyclictest_footer_clear(&reader->footer);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Reader, reader_clear)

static void advance(Reader *reader)
{
	reader->ended = !span_take_line(&reader->rest, &reader->line);
	if (reader->ended) {
		reader->line = reader->rest;
		return;
	}
	reader->number++;
	reader->cut = reader->line.end == reader->rest.end;
	while (reader->line.at < reader->line.end &&
	       (reader->line.end[-1] == ' ' || reader->line.end[-1] == '\t' ||
		reader->line.end[-1] == '\r'))
		reader->line.end--;
}

static void skip_blank_lines(Reader *reader)
{
	while (!reader->ended && reader->line.at == reader->line.end)
		advance(reader);
}

static gboolean line_begins(const Reader *reader, const char *literal)
{
	Span line = reader->line;

	return span_take_literal(&line, literal);
}

static gboolean line_is_heading(const Reader *reader)
{
	Span line = reader->line;

	cyclictest_skip_escapes(&line);
	return span_take_literal(&line, HEADING) && line.at == line.end;
}

static gboolean prefix_line(const Reader *reader, GError **error)
{
	g_prefix_error(error, "line %" G_GUINT64_FORMAT ": ", reader->number);
	return FALSE;
}

/* A last line without its newline: its last number may have lost digits. */
static gboolean require_whole(const Reader *reader, GError **error)
{
	if (!reader->cut)
		return TRUE;
	return lathe_error(error, LATHE_ERROR_INPUT,
			   "the text is cut: it ends inside line %" G_GUINT64_FORMAT,
			   reader->number);
}

static gboolean require_line(const Reader *reader, const char *wanted, GError **error)
{
	if (reader->ended)
		return lathe_error(
			error, LATHE_ERROR_INPUT,
			"the text is cut: it ends after line %" G_GUINT64_FORMAT
			", before '%s'",
			reader->number, wanted);
	if (!require_whole(reader, error))
		return FALSE;
	if (line_begins(reader, wanted))
		return TRUE;
	lathe_error(error, LATHE_ERROR_INPUT, "not '%s', which comes next", wanted);
	return prefix_line(reader, error);
}

static gboolean is_part_of_histogram(const Reader *reader)
{
	if (cyclictest_looks_like_row(reader->line) || line_is_heading(reader) ||
	    line_begins(reader, CYCLES_HEADING))
		return TRUE;
	for (guint i = 0; i < CYCLICTEST_FOOTERS; i++)
		if (line_begins(reader, cyclictest_footer_label(i)))
			return TRUE;
	return FALSE;
}

static gboolean no_histogram(gboolean usage, gboolean live, gboolean empty,
			     GError **error)
{
	const char *what = "cyclictest ran without -h, or did not come to its end";

	if (empty)
		what = "the text is empty";
	else if (usage)
		what = "this is cyclictest's usage text, printed when it refuses an "
		       "option";
	else if (live)
		what = "only status lines; cyclictest ran without -h, or was killed";
	return lathe_error(error, LATHE_ERROR_INPUT, "no '" HEADING "' line: %s", what);
}

static gboolean read_preamble(Reader *reader, GError **error)
{
	gboolean usage = FALSE, live = FALSE, empty = TRUE;
	CyclictestLive ignored;

	for (advance(reader); !reader->ended; advance(reader)) {
		Span line = reader->line;

		if (line_is_heading(reader)) {
			if (!require_whole(reader, error))
				return FALSE;
			advance(reader);
			return TRUE;
		}
		if (is_part_of_histogram(reader)) {
			lathe_error(error, LATHE_ERROR_INPUT,
				    "part of a histogram before '" HEADING "'");
			return prefix_line(reader, error);
		}
		empty = empty && line.at == line.end;
		usage = usage || line_begins(reader, "Usage:");
		live = live || cyclictest_parse_live(line.at, (gsize)(line.end - line.at),
						     &ignored);
	}
	return no_histogram(usage, live, empty, error);
}

static gboolean read_rows(Reader *reader, GError **error)
{
	for (skip_blank_lines(reader); !reader->ended && !line_begins(reader, "#");
	     skip_blank_lines(reader)) {
		if (!require_whole(reader, error))
			return FALSE;
		if (!cyclictest_rows_add(&reader->rows, reader->line, error))
			return prefix_line(reader, error);
		advance(reader);
	}
	return TRUE;
}

static gboolean read_footer(Reader *reader, GError **error)
{
	for (guint i = 0; i < CYCLICTEST_FOOTERS; i++) {
		const char *label = cyclictest_footer_label(i);

		skip_blank_lines(reader);
		if (!cyclictest_footer_required(i) && !line_begins(reader, label))
			continue;
		if (!require_line(reader, label, error))
			return FALSE;
		if (!cyclictest_footer_add(&reader->footer, i, reader->line, error))
			return prefix_line(reader, error);
		advance(reader);
	}
	return TRUE;
}

/* Cut inside of it, too. */
static gboolean cycles_heading_begins(const Reader *reader)
{
	gsize length = (gsize)(reader->line.end - reader->line.at);

	if (line_begins(reader, CYCLES_HEADING))
		return TRUE;
	return !reader->ended && reader->cut && length <= strlen(CYCLES_HEADING) &&
	       memcmp(reader->line.at, CYCLES_HEADING, length) == 0;
}

/* A heading and a line per thread, which old versions lack. */
static gboolean read_cycles(Reader *reader, guint threads, GError **error)
{
	skip_blank_lines(reader);
	if (!cycles_heading_begins(reader))
		return TRUE;
	if (!require_line(reader, CYCLES_HEADING, error))
		return FALSE;
	advance(reader);
	for (guint i = 0; i < threads; i++) {
		g_autofree char *label = g_strdup_printf("# Thread %u:", i);
		Span line = reader->line;

		if (!require_line(reader, label, error))
			return FALSE;
		span_take_literal(&line, label);
		if (!cyclictest_footer_check_cycles(
			    line,
			    cyclictest_footer_value(&reader->footer, CYCLICTEST_OVERFLOW,
						    i),
			    error))
			return prefix_line(reader, error);
		advance(reader);
	}
	return TRUE;
}

static gboolean read_tail(Reader *reader, GError **error)
{
	for (; !reader->ended; advance(reader))
		if (is_part_of_histogram(reader)) {
			lathe_error(error, LATHE_ERROR_INPUT,
				    "part of a second histogram in the same text");
			return prefix_line(reader, error);
		}
	return TRUE;
}

/* The rows have a column per thread, or one more that is the sum of each row. */
static gboolean check_columns(CyclictestRows *rows, guint threads, GError **error)
{
	if (rows->rows == 0)
		while (rows->columns->len < threads)
			g_ptr_array_add(rows->columns, histogram_new(rows->unit_ns, 0));
	if (rows->columns->len == threads)
		return TRUE;
	if (rows->columns->len != threads + 1)
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "the rows have %u columns for %u threads",
				   rows->columns->len, threads);
	if (!rows->last_is_sum)
		return lathe_error(
			error, LATHE_ERROR_INPUT,
			"the last of the %u columns is not the sum of %u threads",
			rows->columns->len, threads);
	return TRUE;
}

static gboolean fill_thread(Reader *reader, CyclictestThread *thread, GError **error)
{
	const CyclictestFooter *footer = &reader->footer;
	gpointer *column = &g_ptr_array_index(reader->rows.columns, thread->thread);
	guint64 total;

	thread->histogram = g_steal_pointer(column);
	thread->histogram->overflow =
		cyclictest_footer_value(footer, CYCLICTEST_OVERFLOW, thread->thread);
	if (footer->values[CYCLICTEST_TOTAL]) {
		total = cyclictest_footer_value(footer, CYCLICTEST_TOTAL, thread->thread);
		if (thread->histogram->total != total)
			return lathe_error(error, LATHE_ERROR_INPUT,
					   "'# Total:' is %" G_GUINT64_FORMAT
					   ", but the rows add up to %" G_GUINT64_FORMAT,
					   total, thread->histogram->total);
		/* Without it the rows are sparse and do not tell the number of cells. */
		thread->histogram->buckets = cyclictest_rows_cells(&reader->rows);
	}
	return cyclictest_thread_set(
		       thread, reader->rows.unit_ns,
		       cyclictest_footer_value(footer, CYCLICTEST_MIN, thread->thread),
		       cyclictest_footer_value(footer, CYCLICTEST_AVG, thread->thread),
		       cyclictest_footer_value(footer, CYCLICTEST_MAX, thread->thread),
		       error) &&
	       cyclictest_thread_check(thread, error);
}

CyclictestResult *cyclictest_parse_text(const char *text, gsize length, guint64 unit_ns,
					GError **error)
{
	g_autoptr(CyclictestResult) result = cyclictest_result_new(unit_ns);
	g_auto(Reader) reader = {.rest = {text, text + length}};
	guint threads;

	g_assert(unit_ns == 1 || unit_ns == 1000);
	cyclictest_rows_init(&reader.rows, unit_ns);
	if (!read_preamble(&reader, error) || !read_rows(&reader, error) ||
	    !read_footer(&reader, error) ||
	    !cyclictest_footer_check(&reader.footer, &threads, error) ||
	    !check_columns(&reader.rows, threads, error) ||
	    !read_cycles(&reader, threads, error) || !read_tail(&reader, error))
		return NULL;
	result->avg_above_ns = unit_ns - 1;
	for (guint i = 0; i < threads; i++)
		if (!fill_thread(&reader, cyclictest_result_add(result), error)) {
			g_prefix_error(error, "thread %u: ", i);
			return NULL;
		}
	return g_steal_pointer(&result);
}
