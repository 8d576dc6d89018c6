/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text.h"

#include "canary_words.h"
#include "table.h"

static void window_rows(Table *table, const char *name, const RunStage *window)
{
	for (guint i = 0; i < window->threads->len; i++) {
		const RunThread *thread = window->threads->pdata[i];
		g_autofree char *max = text_us(thread->max_ns);

		table_cell(table, name);
		table_cellf(table, "%u", thread->vcpu);
		table_cellf(table, "%" G_GUINT64_FORMAT, thread->samples);
		table_cellf(table, "%" G_GUINT64_FORMAT, window->planned_samples);
		table_cell(table, thread->samples ? max : "-");
	}
}

void text_canary(GString *out, const Run *run)
{
	const RunCanary *canary = &run->canary;
	g_autoptr(Table) table = table_new("lrrrr", "window", "vCPU", "samples", "planned",
					   "max µs");
	g_autofree char *line = canary_sentence(canary);

	text_title(out, "Canary: a vCPU kept from running on purpose, before the first stage");
	if (canary->attempts == 0) {
		text_wrap(out, "  ", "There was none.");
		return;
	}
	text_wrap(out, "  ", line);
	if (canary->problem)
		text_wrap(out, "  problem: ", canary->problem);
	if (canary_second_attempt(canary))
		text_wrap(out, "  ", canary_second_attempt(canary));
	if (canary_only_one(run))
		text_wrap(out, "  ", canary_only_one(run));
	window_rows(table, "quiet", &canary->quiet);
	window_rows(table, "held", &canary->held);
	if (canary->quiet.threads->len + canary->held.threads->len)
		table_print(table, out);
}
