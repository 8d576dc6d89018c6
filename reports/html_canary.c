/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "html.h"

#include "canary_words.h"
#include "html_tree.h"
#include "text.h"

static void window_rows(HtmlTable *table, const char *name, const RunWindow *window)
{
	for (guint i = 0; i < window->measured.threads->len; i++) {
		const RunThread *thread = window->measured.threads->pdata[i];
		g_autofree char *max = text_us(thread->max_ns);

		html_cell(table, name);
		html_cellf(table, "%u", thread->vcpu);
		html_cell(table, thread->samples ? max : "-");
		html_cellf(table, "%" G_GUINT64_FORMAT, thread->samples);
		html_cellf(table, "%" G_GUINT64_FORMAT, window->stage.planned_samples);
	}
}

static void windows(xmlNode *section, const RunCanary *canary)
{
	HtmlTable table;

	if (canary->quiet.measured.threads->len + canary->held.measured.threads->len == 0)
		return;
	table = html_table(section, "lrrrr", "window", "vCPU", "max µs", "samples", "planned");
	window_rows(&table, "quiet", &canary->quiet);
	window_rows(&table, "held", &canary->held);
}

static void canary_of(xmlNode *section, const Run *run, const RunVm *vm)
{
	const RunCanary *canary = &vm->canary;
	g_autofree char *sentence = canary_sentence(canary);
	const char *second = canary_second_attempt(canary), *only = canary_only_one(vm);

	if (run->vms->len > 1)
		html_sayf(section, "h3", NULL, "VM %s", run_vm_name(vm));
	if (canary->attempts == 0) {
		html_say(section, "p", NULL, "There was none.");
		return;
	}
	html_say(section, "p", NULL, sentence);
	if (canary->problem)
		html_sayf(section, "p", NULL, "Problem: %s", canary->problem);
	if (second)
		html_say(section, "p", NULL, second);
	if (only)
		html_say(section, "p", "soft", only);
	windows(section, canary);
}

void html_canary(xmlNode *main, const char *directory, const Run *run)
{
	xmlNode *section = html_section(main, "canary", "Canary");

	(void)directory;
	html_say(section, "p", "soft",
		 "Before the first stage a vCPU is kept from running on purpose: an instrument that "
		 "cannot see a known disturbance cannot pass anybody.");
	for (guint i = 0; i < run->vms->len; i++) {
		const RunVm *vm = run->vms->pdata[i];

		if (vm->rt)
			canary_of(section, run, vm);
	}
}
