/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "html.h"

#include "html_tree.h"
#include "text.h"

static void latency_cell(HtmlTable *table, const RunThread *thread, gint64 ns)
{
	g_autofree char *text = text_us(ns);

	html_cell(table, thread->samples ? text : "-");
}

static void latencies(xmlNode *section, const RunStage *stage, const RunMeasured *measured)
{
	HtmlTable table;

	if (!measured->threads->len) {
		html_say(section, "p", NULL, "No measuring thread was seen.");
		return;
	}
	table = html_table(section, "rrrrrrrrr", "vCPU", "min µs", "avg µs", "max µs",
			   "samples", "planned", "achieved", "overruns", "overflow");
	for (guint i = 0; i < measured->threads->len; i++) {
		const RunThread *thread = measured->threads->pdata[i];
		g_autofree char *achieved =
			text_percent(thread->samples, stage->planned_samples);

		html_cellf(&table, "%u", thread->vcpu);
		latency_cell(&table, thread, thread->min_ns);
		latency_cell(&table, thread, thread->avg_ns);
		latency_cell(&table, thread, thread->max_ns);
		html_cellf(&table, "%" G_GUINT64_FORMAT, thread->samples);
		html_cellf(&table, "%" G_GUINT64_FORMAT, stage->planned_samples);
		html_cell(&table, achieved);
		html_cellf(&table, "%" G_GUINT64_FORMAT, thread->overruns);
		html_cellf(&table, "%" G_GUINT64_FORMAT, thread->overflow);
	}
}

static void code_cell(HtmlTable *table, char *const *argv)
{
	xmlNode *cell = html_cell(table, "");

	html_words(cell, argv);
	xmlSetProp(cell, (const xmlChar *)"class", (const xmlChar *)"code");
}

static void loads(xmlNode *section, const Run *run, const RunStage *stage)
{
	HtmlTable table;

	html_say(section, "h3", NULL, "Loads on the host, and their proof");
	if (!stage->loads->len) {
		html_say(section, "p", NULL, "None: the stage was measured at rest.");
		return;
	}
	table = html_table(section, "llrllll", "load", "ran throughout", "CPU s", "confined to",
			   "seen on CPUs", "end", "arguments");
	for (guint i = 0; i < run->loads->len; i++) {
		const RunLoad *load = run->loads->pdata[i];
		g_autofree char *state = text_load_state(load);
		g_autofree char *end = text_exit(load->exit);

		if (g_strcmp0(load->stage, stage->name) != 0)
			continue;
		html_cell(&table, load->name);
		html_mark(&table, g_strcmp0(state, "yes") == 0, state);
		html_cellf(&table, "%.2f", load->cpu_seconds);
		html_cell(&table, load->cpus);
		html_cell(&table, load->ran_on);
		/* Stopped is how a load should end: its signal says nothing. */
		html_cell(&table, load->exited_early ? end : "stopped");
		code_cell(&table, load->argv);
	}
}

static void measuring_threads(xmlNode *section, const char *whose, const RunMeasured *measured)
{
	HtmlTable table;

	if (!measured->threads->len)
		return;
	html_sayf(section, "h3", NULL,
		  "Measuring threads%s, as the guest's /proc showed them while they measured", whose);
	table = html_table(section, "rlrlllr", "vCPU", "policy", "priority", "may run on",
			   "ran on", "memory locked", "readings");
	for (guint i = 0; i < measured->threads->len; i++) {
		const RunThread *thread = measured->threads->pdata[i];

		html_cellf(&table, "%u", thread->vcpu);
		html_cell(&table, thread->readings ? thread->policy : "not read");
		html_cellf(&table, "%u", thread->priority);
		html_cell(&table, thread->cpus_allowed);
		html_cell(&table, thread->ran_on);
		html_mark(&table, thread->locked, text_yes(thread->locked));
		html_cellf(&table, "%u", thread->readings);
	}
}

/* "a", or "a, wanted b" where they differ. */
static void compared_cell(HtmlTable *table, const char *seen, const char *wanted)
{
	if (!wanted || g_strcmp0(seen, wanted) == 0)
		html_cell(table, seen);
	else
		html_cellf(table, "%s, wanted %s", seen ?: "unknown", wanted);
}

static void vm_threads(xmlNode *section, const char *whose, const RunMeasured *measured)
{
	HtmlTable table;

	if (!measured->places->len)
		return;
	html_sayf(section, "h3", NULL, "Threads%s on the host, at the end of the stage",
		  *whose ? whose : " of the VM");
	table = html_table(section, "lrlllrl", "thread", "tid", "name", "policy", "may run on",
			   "last CPU", "in place");
	for (guint i = 0; i < measured->places->len; i++) {
		const RunPlace *place = measured->places->pdata[i];
		g_autofree char *seen = text_policy(place->policy, place->priority);
		g_autofree char *wanted = place->wanted_policy
						  ? text_policy(place->wanted_policy,
								place->wanted_priority)
						  : NULL;

		html_cell(&table, place->role);
		html_cellf(&table, "%" G_GINT64_FORMAT, place->tid);
		html_cell(&table, place->comm);
		compared_cell(&table, seen, wanted);
		compared_cell(&table, place->cpus_allowed, place->wanted_cpus);
		html_cellf(&table, "%u", place->last_cpu);
		html_mark(&table, place->in_place, text_yes(place->in_place));
	}
}

static void watch_row(HtmlTable *table, const char *machine, const RunMachineWatch *watch)
{
	g_autofree char *step = text_us(watch->clock_step_ns);

	html_cell(table, machine);
	html_cell(table, watch->clocksource_before);
	html_cell(table, watch->clocksource_after);
	html_cell(table, watch->clock_known ? step : "unknown");
	if (watch->throttle_known)
		html_cellf(table, "%" G_GUINT64_FORMAT, watch->throttle_events);
	else
		html_cell(table, "no counter");
}

static void clocks(xmlNode *section, const Run *run, const RunStage *stage)
{
	HtmlTable table;

	html_say(section, "h3", NULL, "Clocks and throttling");
	table = html_table(section, "lllrr", "machine", "clocksource before", "after",
			   "clock moved µs", "throttled");
	watch_row(&table, "host", &stage->host);
	for (guint i = 0; i < stage->vms->len; i++) {
		const RunMeasured *measured = stage->vms->pdata[i];
		const RunVm *vm = run_find_vm(run, measured->vm);
		g_autofree char *whose = text_of_vm(run, vm);
		g_autofree char *machine = g_strconcat("guest", whose, NULL);

		if (!vm || vm->rt)
			watch_row(&table, machine, &measured->guest);
	}
}

static void tool(xmlNode *section, const char *whose, const RunMeasured *measured)
{
	g_autofree char *end = text_exit(measured->tool_exit);
	xmlNode *line = html_sayf(section, "p", NULL, "%s %s%s %s, exit status %s: ",
				  measured->tool ?: "unknown tool", measured->tool_version ?: "",
				  whose, measured->tool_finished ? "ended by itself"
							  : "did NOT end by itself",
				  end);

	html_words(html_add(line, "code", NULL), measured->tool_argv);
}

static gboolean is_beside(const Run *run, const RunMeasured *measured)
{
	const RunVm *vm = run_find_vm(run, measured->vm);

	return vm && !vm->rt;
}

static void results(xmlNode *section, const Run *run, const RunStage *stage)
{
	for (guint i = 0; i < stage->vms->len; i++) {
		const RunMeasured *measured = stage->vms->pdata[i];

		if (run->vms->len > 1)
			html_sayf(section, "h3", NULL, "VM %s%s", text_vm_name(run, measured->vm),
				  is_beside(run, measured) ? ": not measured, it ran beside" : "");
		if (!is_beside(run, measured))
			latencies(section, stage, measured);
	}
}

static void evidence(xmlNode *section, const Run *run, const RunStage *stage)
{
	for (guint i = 0; i < stage->vms->len; i++) {
		const RunMeasured *measured = stage->vms->pdata[i];
		g_autofree char *whose = text_of_vm(run, run_find_vm(run, measured->vm));

		if (!is_beside(run, measured))
			tool(section, whose, measured);
	}
	loads(section, run, stage);
	for (guint i = 0; i < stage->vms->len; i++) {
		const RunMeasured *measured = stage->vms->pdata[i];
		g_autofree char *whose = text_of_vm(run, run_find_vm(run, measured->vm));

		measuring_threads(section, whose, measured);
		vm_threads(section, whose, measured);
	}
	clocks(section, run, stage);
}

static void stage_section(xmlNode *main, const char *directory, const Run *run,
			  const RunStage *stage)
{
	g_autofree char *title = g_strdup_printf("Stage %s", stage->name ?: "unknown");
	xmlNode *section = html_section(main, NULL, title);

	html_sayf(section, "p", "soft",
		  "In the %s for %" G_GUINT64_FORMAT " s, one sample every %" G_GUINT64_FORMAT
		  " µs on every measured vCPU.",
		  stage->where ?: "unknown machine", stage->duration_s, stage->interval_us);
	results(section, run, stage);
	html_plot(section, directory, run, stage);
	evidence(section, run, stage);
}

void html_stages(xmlNode *main, const char *directory, const Run *run)
{
	if (!run->stages->len)
		html_say(html_section(main, NULL, "Stages"), "p", NULL,
			 "Nothing was measured.");
	for (guint i = 0; i < run->stages->len; i++)
		stage_section(main, directory, run, run->stages->pdata[i]);
}
