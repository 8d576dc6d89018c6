/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of the knob table was set on the host while it was measured: a line a row, not one for
 * each interrupt. */
#include <string.h>

#include "table.h"
#include "text.h"
#include "tuning_words.h"

/* Who has more that is not in force reads the page. */
#define TOLD_MAX 10

static const RunTuned *at(const RunTuning *tuning, guint i)
{
	return tuning->rows->pdata[i];
}

/* Values of one row that fared alike stand together. */
static guint end_of_group(const RunTuning *tuning, guint first)
{
	guint end = first + 1;

	while (end < tuning->rows->len &&
	       g_strcmp0(at(tuning, end)->row, at(tuning, first)->row) == 0 &&
	       g_strcmp0(at(tuning, end)->state, at(tuning, first)->state) == 0)
		end++;
	return end;
}

static void cell_if_same(Table *table, const RunTuning *tuning, guint first, guint end,
			 gsize offset)
{
	const char *text = G_STRUCT_MEMBER(char *, at(tuning, first), offset);

	for (guint i = first + 1; i < end; i++)
		if (g_strcmp0(text, G_STRUCT_MEMBER(char *, at(tuning, i), offset)) != 0)
			text = "various";
	table_cell(table, text);
}

static void add_rows(GString *out, const RunTuning *tuning)
{
	g_autoptr(Table) table = table_new("lrllll", "row", "values", "before", "measured with",
					   "state", "after");

	for (guint first = 0, end; first < tuning->rows->len; first = end) {
		end = end_of_group(tuning, first);
		if (!at(tuning, first)->place)
			continue;
		table_cell(table, at(tuning, first)->row);
		table_cellf(table, "%u", end - first);
		cell_if_same(table, tuning, first, end, G_STRUCT_OFFSET(RunTuned, was));
		cell_if_same(table, tuning, first, end, G_STRUCT_OFFSET(RunTuned, now));
		table_cell(table, at(tuning, first)->state);
		if (at(tuning, first)->put_back)
			cell_if_same(table, tuning, first, end,
				     G_STRUCT_OFFSET(RunTuned, put_back));
		else
			table_cell(table, "-");
	}
	table_print(table, out);
}

static void add_reasons(GString *out, const RunTuning *tuning)
{
	guint told = 0;

	for (guint i = 0; i < tuning->rows->len; i++) {
		const RunTuned *row = at(tuning, i);
		g_autofree char *lead = g_strdup_printf("  %s: ", row->row);
		g_autofree char *text = NULL;

		if (run_tuned_in_force(row) || !row->why || told++ >= TOLD_MAX)
			continue;
		text = tuning_state(row);
		text_wrap(out, lead, text);
	}
	if (told > TOLD_MAX) {
		g_autofree char *more =
			g_strdup_printf("and %u more, in report.html and run.json", told - TOLD_MAX);

		text_wrap(out, "  ", more);
	}
}

void text_tuning(GString *out, const Run *run)
{
	const RunTuning *tuning = &run->tuning;
	g_autofree char *said = tuning_said(tuning);
	g_autofree char *in_force = tuning_in_force(tuning);
	g_autofree char *put_back = tuning_put_back(tuning);
	g_autoptr(Table) facts = table_new("ll", NULL);

	text_title(out, "Tuning: what lathe set on the host while it measured");
	table_cell(facts, "host");
	table_cell(facts, said);
	if (tuning->how) {
		table_cell(facts, "in force");
		table_cell(facts, in_force);
		table_cell(facts, "cpu_dma_latency");
		table_cell(facts, tuning->cpu_dma_latency ? tuning->cpu_dma_latency : "not held");
		table_cell(facts, "put back");
		table_cell(facts, put_back);
	}
	table_print(facts, out);
	for (guint i = 0; i < tuning->left->len; i++)
		text_wrap(out, "  left: ", tuning->left->pdata[i]);
	if (tuning->rows->len == 0)
		return;
	add_rows(out, tuning);
	add_reasons(out, tuning);
}
