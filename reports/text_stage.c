/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text.h"

#include <string.h>

#include "cpulist.h"
#include "table.h"

/* Rounded down, so that 99.96 % never reads as all. */
char *text_percent(guint64 part, guint64 whole)
{
	double tenths;

	if (whole == 0)
		return g_strdup("unknown");
	tenths = (double)part / (double)whole * 1000;
	return g_strdup_printf("%" G_GUINT64_FORMAT ".%" G_GUINT64_FORMAT " %%",
			       (guint64)tenths / 10, (guint64)tenths % 10);
}

static void latency_cell(Table *table, const RunThread *thread, gint64 ns)
{
	g_autofree char *text = text_us(ns);

	table_cell(table, thread->samples ? text : "-");
}

static void latencies(GString *out, const RunStage *stage, const RunMeasured *measured)
{
	g_autoptr(Table)
		table = table_new("rrrrrrrrr", "vCPU", "samples", "planned", "achieved",
				  "overruns", "min µs", "avg µs", "max µs", "overflow");

	if (!measured->threads->len) {
		text_wrap(out, "  ", "No measuring thread was seen.");
		return;
	}
	for (guint i = 0; i < measured->threads->len; i++) {
		const RunThread *thread = measured->threads->pdata[i];
		g_autofree char *achieved =
			text_percent(thread->samples, stage->planned_samples);

		table_cellf(table, "%u", thread->vcpu);
		table_cellf(table, "%" G_GUINT64_FORMAT, thread->samples);
		table_cellf(table, "%" G_GUINT64_FORMAT, stage->planned_samples);
		table_cell(table, achieved);
		table_cellf(table, "%" G_GUINT64_FORMAT, thread->overruns);
		latency_cell(table, thread, thread->min_ns);
		latency_cell(table, thread, thread->avg_ns);
		latency_cell(table, thread, thread->max_ns);
		table_cellf(table, "%" G_GUINT64_FORMAT, thread->overflow);
	}
	table_print(table, out);
}

static void measuring_threads(GString *out, const char *whose, const RunMeasured *measured)
{
	g_autoptr(Table) table = table_new("rlrlllr", "vCPU", "policy", "priority",
					   "may run on", "ran on", "locked", "readings");

	if (!measured->threads->len)
		return;
	text_title(out, "  Measuring threads%s, as /proc showed them while they measured", whose);
	for (guint i = 0; i < measured->threads->len; i++) {
		const RunThread *thread = measured->threads->pdata[i];

		table_cellf(table, "%u", thread->vcpu);
		table_cell(table, thread->readings ? thread->policy : "not read");
		table_cellf(table, "%u", thread->priority);
		table_cell(table, thread->cpus_allowed);
		table_cell(table, thread->ran_on);
		table_cell(table, text_yes(thread->locked));
		table_cellf(table, "%u", thread->readings);
	}
	table_print(table, out);
}

/* "yes", or what is wrong with it. */
char *text_load_state(const RunLoad *load)
{
	Cpuset allowed, ran_on;

	if (!load->ran)
		return g_strdup("NO: it had not run before the measurement");
	if (load->exited_early)
		return g_strdup("NO: it ended by itself");
	if (!load->cpus || !load->ran_on ||
	    !cpulist_parse_kernel(load->cpus, CPUSET_CPUS, &allowed, NULL) ||
	    !cpulist_parse_kernel(load->ran_on, CPUSET_CPUS, &ran_on, NULL))
		return g_strdup("NO: where it ran is not known");
	if (!cpuset_is_subset(&ran_on, &allowed))
		return g_strdup("NO: it ran on other CPUs");
	return g_strdup(load->cpu_seconds > 0 ? "yes" : "NO: it used no CPU time");
}

static void load_row(Table *table, const RunLoad *load)
{
	g_autofree char *state = text_load_state(load);
	g_autofree char *end = text_exit(load->exit);
	g_autofree char *argv = text_words(load->argv);

	table_cell(table, load->name);
	table_cell(table, state);
	table_cellf(table, "%.2f", load->cpu_seconds);
	table_cell(table, load->cpus);
	table_cell(table, load->ran_on);
	/* Stopped is how a load should end: its signal says nothing. */
	table_cell(table, load->exited_early ? end : "stopped");
	table_cell(table, argv);
}

static void stage_loads(GString *out, const Run *run, const RunStage *stage)
{
	g_autoptr(Table) table = table_new("llrllll", "load", "ok", "CPU s", "CPUs",
					   "ran on", "end", "arguments");
	gboolean any = FALSE;

	for (guint i = 0; i < run->loads->len; i++) {
		const RunLoad *load = run->loads->pdata[i];

		if (g_strcmp0(load->stage, stage->name) != 0)
			continue;
		load_row(table, load);
		any = TRUE;
	}
	if (!any && !stage->loads->len)
		return;
	text_title(out, "  Loads on the host, CPU time while the stage measured");
	if (any)
		table_print(table, out);
	else
		text_wrap(out, "  ", "Nothing is on record about any of them.");
}

/* "SCHED_FIFO 80", or "SCHED_OTHER". */
char *text_policy(const char *policy, guint priority)
{
	if (!policy)
		return g_strdup("unknown");
	return priority ? g_strdup_printf("%s %u", policy, priority) : g_strdup(policy);
}

/* "a", or "a, wanted b" where they differ. */
static void compared_cell(Table *table, const char *seen, const char *wanted)
{
	if (!wanted || g_strcmp0(seen, wanted) == 0)
		table_cell(table, seen);
	else
		table_cellf(table, "%s, wanted %s", seen ?: "unknown", wanted);
}

static void vm_threads(GString *out, const char *whose, const RunMeasured *measured)
{
	g_autoptr(Table) table = table_new("lrlllrl", "thread", "tid", "name", "policy",
					   "may run on", "last CPU", "in place");

	if (!measured->places->len)
		return;
	text_title(out, "  Threads%s on the host, at the end of the stage",
		   *whose ? whose : " of the VM");
	for (guint i = 0; i < measured->places->len; i++) {
		const RunPlace *place = measured->places->pdata[i];
		g_autofree char *seen = text_policy(place->policy, place->priority);
		g_autofree char *wanted = place->wanted_policy
						  ? text_policy(place->wanted_policy,
								place->wanted_priority)
						  : NULL;

		table_cell(table, place->role);
		table_cellf(table, "%" G_GINT64_FORMAT, place->tid);
		table_cell(table, place->comm);
		compared_cell(table, seen, wanted);
		compared_cell(table, place->cpus_allowed, place->wanted_cpus);
		table_cellf(table, "%u", place->last_cpu);
		table_cell(table, text_yes(place->in_place));
	}
	table_print(table, out);
}

static void watch_row(Table *table, const char *machine, const RunMachineWatch *watch)
{
	g_autofree char *step = text_us(watch->clock_step_ns);

	table_cell(table, machine);
	table_cell(table, watch->clocksource_before);
	table_cell(table, watch->clocksource_after);
	table_cell(table, watch->clock_known ? step : "unknown");
	if (watch->throttle_known)
		table_cellf(table, "%" G_GUINT64_FORMAT, watch->throttle_events);
	else
		table_cell(table, "no counter");
}

static void machine_watch(GString *out, const Run *run, const RunStage *stage)
{
	g_autoptr(Table) table = table_new("lllrr", "machine", "clocksource before",
					   "after", "clock stepped µs", "throttled");

	text_title(out, "  Clocks and throttling");
	watch_row(table, "host", &stage->host);
	for (guint i = 0; i < stage->vms->len; i++) {
		const RunMeasured *measured = stage->vms->pdata[i];
		const RunVm *vm = run_find_vm(run, measured->vm);
		g_autofree char *whose = text_of_vm(run, vm);
		g_autofree char *machine = g_strconcat("guest", whose, NULL);

		if (!vm || vm->rt)
			watch_row(table, machine, &measured->guest);
	}
	table_print(table, out);
}

static void tool_lines(GString *out, const RunMeasured *measured)
{
	g_autofree char *argv = text_words(measured->tool_argv);
	g_autofree char *end = text_exit(measured->tool_exit);
	g_autofree char *line = g_strdup_printf(
		"%s %s %s", measured->tool ?: "unknown tool", measured->tool_version ?: "",
		measured->tool_finished ? "ended by itself" : "did NOT end by itself");
	g_autofree char *whole = g_strdup_printf("%s, exit status %s", line, end);

	text_wrap(out, "  ", whole);
	text_wrap(out, "  ", argv);
}

static void stage_results(GString *out, const Run *run, const RunStage *stage)
{
	for (guint i = 0; i < stage->vms->len; i++) {
		const RunMeasured *measured = stage->vms->pdata[i];
		const RunVm *vm = run_find_vm(run, measured->vm);

		if (run->vms->len > 1)
			text_title(out, "  VM %s%s", text_vm_name(run, measured->vm),
				   vm && !vm->rt ? ": not measured, it ran beside" : "");
		if (vm && !vm->rt)
			continue;
		latencies(out, stage, measured);
		tool_lines(out, measured);
	}
}

void text_stage(GString *out, const Run *run, const RunStage *stage)
{
	g_autoptr(GString) loads = g_string_new(NULL);

	for (guint i = 0; i < stage->loads->len; i++)
		g_string_append_printf(loads, " %s", (char *)stage->loads->pdata[i]);
	text_title(out,
		   "Stage %s: in the %s for %" G_GUINT64_FORMAT
		   " s, one sample every %" G_GUINT64_FORMAT " µs, loads:%s",
		   stage->name ?: "unknown", stage->where ?: "unknown machine",
		   stage->duration_s, stage->interval_us,
		   loads->len ? loads->str : " none");
	stage_results(out, run, stage);
	for (guint i = 0; i < stage->vms->len; i++) {
		const RunMeasured *measured = stage->vms->pdata[i];
		g_autofree char *whose = text_of_vm(run, run_find_vm(run, measured->vm));

		measuring_threads(out, whose, measured);
	}
	stage_loads(out, run, stage);
	for (guint i = 0; i < stage->vms->len; i++) {
		const RunMeasured *measured = stage->vms->pdata[i];
		g_autofree char *whose = text_of_vm(run, run_find_vm(run, measured->vm));

		vm_threads(out, whose, measured);
	}
	machine_watch(out, run, stage);
}
