/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text.h"

#include "canary_words.h"
#include "table.h"

static void window_rows(Table *table, const char *name, const RunWindow *window)
{
	for (guint i = 0; i < window->measured.threads->len; i++) {
		const RunThread *thread = window->measured.threads->pdata[i];
		g_autofree char *max = text_us(thread->max_ns);

		table_cell(table, name);
		table_cellf(table, "%u", thread->vcpu);
		table_cellf(table, "%" G_GUINT64_FORMAT, thread->samples);
		table_cellf(table, "%" G_GUINT64_FORMAT, window->stage.planned_samples);
		table_cell(table, thread->samples ? max : "-");
	}
}

static void canary_of(GString *out, const Run *run, const RunVm *vm)
{
	const RunCanary *canary = &vm->canary;
	g_autofree char *whose = text_of_vm(run, vm);
	g_autoptr(Table) table = table_new("lrrrr", "window", "vCPU", "samples", "planned",
					   "max µs");
	g_autofree char *line = canary_sentence(canary);

	text_title(out, "Canary: a vCPU%s kept from running on purpose, before the first stage",
		   whose);
	if (canary->attempts == 0) {
		text_wrap(out, "  ", "There was none.");
		return;
	}
	text_wrap(out, "  ", line);
	if (canary->problem)
		text_wrap(out, "  problem: ", canary->problem);
	if (canary_second_attempt(canary))
		text_wrap(out, "  ", canary_second_attempt(canary));
	if (canary_only_one(vm))
		text_wrap(out, "  ", canary_only_one(vm));
	window_rows(table, "quiet", &canary->quiet);
	window_rows(table, "held", &canary->held);
	if (canary->quiet.measured.threads->len + canary->held.measured.threads->len)
		table_print(table, out);
}

void text_canary(GString *out, const Run *run)
{
	for (guint i = 0; i < run->vms->len; i++) {
		const RunVm *vm = run->vms->pdata[i];

		if (vm->rt)
			canary_of(out, run, vm);
	}
}
