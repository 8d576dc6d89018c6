/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cyclictest_footer.h"

#include "cyclictest_parse.h"
#include "cyclictest_rows.h"
#include "error.h"

static const struct {
	const char *label;
	gboolean required;
	enum { PER_THREAD, PLUS_SUM, PLUS_MAX } values; /* what -H adds */
} footers[CYCLICTEST_FOOTERS] = {
	/* gone by rt-tests 2.80 */
	[CYCLICTEST_TOTAL] = {"# Total:", FALSE, PLUS_SUM},
	[CYCLICTEST_MIN] = {"# Min Latencies:", TRUE, PER_THREAD},
	[CYCLICTEST_AVG] = {"# Avg Latencies:", TRUE, PER_THREAD},
	[CYCLICTEST_MAX] = {"# Max Latencies:", TRUE, PLUS_MAX},
	[CYCLICTEST_OVERFLOW] = {"# Histogram Overflows:", TRUE, PLUS_SUM},
};

void cyclictest_footer_clear(CyclictestFooter *footer)
{
	for (guint i = 0; i < CYCLICTEST_FOOTERS; i++)
		g_clear_pointer(&footer->values[i], g_array_unref);
}

const char *cyclictest_footer_label(CyclictestFooterLine which)
{
	return footers[which].label;
}

gboolean cyclictest_footer_required(CyclictestFooterLine which)
{
	return footers[which].required;
}

guint64 cyclictest_footer_value(const CyclictestFooter *footer,
				CyclictestFooterLine which, guint thread)
{
	return g_array_index(footer->values[which], guint64, thread);
}

/* A blank and a number. */
static gboolean take_value(Span *line, guint64 *ret)
{
	Span rest = *line;

	span_skip_blanks(&rest);
	if (rest.at == line->at || !cyclictest_take_count(&rest, ret))
		return FALSE;
	*line = rest;
	return TRUE;
}

gboolean cyclictest_footer_add(CyclictestFooter *footer, CyclictestFooterLine which,
			       Span line, GError **error)
{
	g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(guint64));
	guint64 value;

	g_assert(!footer->values[which]);
	span_take_literal(&line, footers[which].label);
	while (take_value(&line, &value))
		g_array_append_val(values, value);
	if (line.at != line.end)
		return lathe_error(error, LATHE_ERROR_INPUT, "a value is not a number");
	if (values->len == 0)
		return lathe_error(error, LATHE_ERROR_INPUT, "'%s' has no values",
				   footers[which].label);
	footer->values[which] = g_steal_pointer(&values);
	return TRUE;
}

static gboolean check_line(const CyclictestFooter *footer, CyclictestFooterLine which,
			   guint threads, GError **error)
{
	guint count = footer->values[which]->len;
	guint64 sum = 0, max = 0, value;

	if (count != threads &&
	    (footers[which].values == PER_THREAD || count != threads + 1))
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "'%s' has %u values for %u threads",
				   footers[which].label, count, threads);
	if (count == threads)
		return TRUE;
	for (guint i = 0; i < threads; i++) {
		value = cyclictest_footer_value(footer, which, i);
		max = MAX(max, value);
		if (__builtin_add_overflow(sum, value, &sum))
			return lathe_error(error, LATHE_ERROR_INPUT,
					   "'%s': the sum exceeds 64 bits",
					   footers[which].label);
	}
	if (cyclictest_footer_value(footer, which, threads) ==
	    (footers[which].values == PLUS_MAX ? max : sum))
		return TRUE;
	return lathe_error(error, LATHE_ERROR_INPUT,
			   "'%s': the last value is not the %s of the %u threads",
			   footers[which].label,
			   footers[which].values == PLUS_MAX ? "maximum" : "sum",
			   threads);
}

gboolean cyclictest_footer_check(const CyclictestFooter *footer, guint *ret_threads,
				 GError **error)
{
	guint threads = footer->values[CYCLICTEST_MIN]->len;

	if (threads > CYCLICTEST_THREADS_MAX)
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "%u threads are more than %d", threads,
				   CYCLICTEST_THREADS_MAX);
	for (guint i = 0; i < CYCLICTEST_FOOTERS; i++)
		if (footer->values[i] && !check_line(footer, i, threads, error))
			return FALSE;
	*ret_threads = threads;
	return TRUE;
}

gboolean cyclictest_footer_check_cycles(Span list, guint64 overflow, GError **error)
{
	guint64 listed = 0, others = 0, cycle;

	while (take_value(&list, &cycle))
		listed++;
	span_skip_blanks(&list);
	if (span_take_literal(&list, "# ") && (!cyclictest_take_count(&list, &others) ||
					       !span_take_literal(&list, " others")))
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "the list of cycles does not end in '# N others'");
	if (list.at != list.end)
		return lathe_error(error, LATHE_ERROR_INPUT, "not a list of cycles");
	if (others > overflow || listed != overflow - others)
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "%" G_GUINT64_FORMAT " cycles and %" G_GUINT64_FORMAT
				   " others are listed, but %" G_GUINT64_FORMAT
				   " samples overflowed",
				   listed, others, overflow);
	return TRUE;
}
