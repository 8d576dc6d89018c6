/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watch_text.h"

#include "proc.h"
#include "table.h"

/* CPUs side by side in one table. */
#define CPUS_ABREAST 6
/* Of a CPU, the interrupts or tasks that are named. The rest is in the JSON document. */
#define NAMED_MAX 12

static const CounterCpu *cpu_at(const CountersDelta *delta, guint index)
{
	return &g_array_index(delta->cpus, CounterCpu, index);
}

static char *seconds(guint64 ns)
{
	return g_strdup_printf("%" G_GUINT64_FORMAT ".%03" G_GUINT64_FORMAT " s",
			       ns / 1000000000, ns / 1000000 % 1000);
}

static void counts(GString *out, const CountersDelta *delta, guint first, guint n)
{
	g_autofree char *align = g_strnfill(n + 1, 'r');
	g_autoptr(Table) table = NULL;

	align[0] = 'l';
	table = table_new(align, NULL);
	table_cell(table, "");
	for (guint i = 0; i < n; i++)
		table_cellf(table, "CPU %u", cpu_at(delta, first + i)->cpu);
	for (guint kind = 0; kind < COUNTER_KINDS; kind++) {
		table_cell(table, counter_title(kind));
		for (guint i = 0; i < n; i++) {
			Counter counter = cpu_at(delta, first + i)->counts[kind];

			if (counter.errnum)
				table_cell(table, "?");
			else
				table_cellf(table, "%" G_GUINT64_FORMAT, counter.value);
		}
	}
	table_print(table, out);
}

/* Why a "?" stands there: once for each counter and cause. */
static void unknown(GString *out, const CountersDelta *delta)
{
	for (guint kind = 0; kind < COUNTER_KINDS; kind++) {
		int said = 0;

		for (guint i = 0; i < delta->cpus->len; i++) {
			int errnum = cpu_at(delta, i)->counts[kind].errnum;
			g_autofree char *line = NULL;

			if (!errnum || errnum == said)
				continue;
			said = errnum;
			line = g_strdup_printf("%s: %s", counter_title(kind),
					       counter_reason(kind, errnum));
			text_wrap(out, "  ? ", line);
		}
	}
}

static void source_rows(Table *table, guint cpu, const GPtrArray *sources)
{
	for (guint i = 0; i < MIN(sources->len, NAMED_MAX); i++) {
		const CounterSource *source = sources->pdata[i];

		table_cellf(table, "%u", cpu);
		table_cell(table, source->name);
		table_cellf(table, "%" G_GUINT64_FORMAT, source->count);
		table_cell(table, source->description);
	}
	if (sources->len > NAMED_MAX) {
		table_cellf(table, "%u", cpu);
		table_cell(table, "...");
		table_cellf(table, "%u more", sources->len - NAMED_MAX);
		table_cell(table, "");
	}
}

static void sources(GString *out, const CountersDelta *delta)
{
	g_autoptr(Table) table = table_new("rlrl", "CPU", "interrupted by", "times", "");
	gboolean any = FALSE;

	for (guint i = 0; i < delta->cpus->len; i++) {
		const CounterCpu *cpu = cpu_at(delta, i);

		source_rows(table, cpu->cpu, cpu->irqs);
		source_rows(table, cpu->cpu, cpu->softirqs);
		any |= cpu->irqs->len || cpu->softirqs->len;
	}
	if (!any)
		return;
	g_string_append_c(out, '\n');
	table_print(table, out);
}

static void task_row(Table *table, guint cpu, const CounterTask *task)
{
	static const char *const fates[] = {
		[COUNTER_TASK_STAYED] = "",
		[COUNTER_TASK_MOVED] = "moved from or to another CPU",
		[COUNTER_TASK_STARTED] = "started meanwhile",
		[COUNTER_TASK_ENDED] = "ended meanwhile",
	};
	gboolean ended = task->fate == COUNTER_TASK_ENDED;

	table_cellf(table, "%u", cpu);
	table_cell(table, task->comm);
	table_cellf(table, "%d", task->tid);
	if (task->rt_priority)
		table_cellf(table, "%s %u", proc_policy_name(task->policy), task->rt_priority);
	else
		table_cell(table, proc_policy_name(task->policy));
	if (ended)
		table_cell(table, "?");
	else
		table_cellf(table, "%" G_GUINT64_FORMAT ".%03" G_GUINT64_FORMAT,
			    task->run_ns / 1000000, task->run_ns / 1000 % 1000);
	if (ended || task->ticks)
		table_cell(table, "?");
	else
		table_cellf(table, "%" G_GUINT64_FORMAT, task->slices);
	table_cell(table, fates[task->fate]);
}

static void tasks(GString *out, const CountersDelta *delta)
{
	g_autoptr(Table) table =
		table_new("rlrlrrl", "CPU", "task", "TID", "policy", "ran ms", "times", "");
	gboolean any = FALSE;

	for (guint i = 0; i < delta->cpus->len; i++) {
		const CounterCpu *cpu = cpu_at(delta, i);
		guint shown = MIN(cpu->tasks->len, NAMED_MAX);

		for (guint j = 0; j < shown; j++)
			task_row(table, cpu->cpu, &g_array_index(cpu->tasks, CounterTask, j));
		any |= shown > 0;
		if (cpu->tasks->len == shown)
			continue;
		table_cellf(table, "%u", cpu->cpu);
		table_cellf(table, "%u more", cpu->tasks->len - shown);
		for (guint j = 0; j < 5; j++)
			table_cell(table, "");
	}
	if (any) {
		g_string_append_c(out, '\n');
		table_print(table, out);
	} else if (!delta->tasks_error) {
		g_string_append(out, "\n  No task ran on these CPUs at either moment.\n");
	}
	if (delta->tasks_error)
		text_wrap(out, "  ? tasks: ", delta->tasks_error);
}

static void machine(GString *out, const CountersDelta *delta)
{
	for (guint i = 0; i < delta->errors->len; i++) {
		const CounterSource *source = delta->errors->pdata[i];
		g_autofree char *line = g_strdup_printf(
			"%s: %" G_GUINT64_FORMAT " on this machine", source->name, source->count);

		text_wrap(out, "  ", line);
	}
	if (delta->gone > 0)
		g_string_append_printf(out,
				       "  %u device interrupt%s went away meanwhile: what %s "
				       "counted is not known.\n",
				       delta->gone, delta->gone == 1 ? "" : "s",
				       delta->gone == 1 ? "it" : "they");
	if (delta->switches_source)
		g_string_append_printf(out, "  Context switches are those of %s.\n",
				       delta->switches_source);
}

char *watch_text(const CountersDelta *delta)
{
	GString *out = g_string_new(NULL);
	g_autofree char *elapsed = seconds(delta->elapsed_ns);

	g_string_append_printf(out, "What happened on the watched CPUs in %s\n\n", elapsed);
	for (guint i = 0; i < delta->cpus->len; i += CPUS_ABREAST) {
		if (i > 0)
			g_string_append_c(out, '\n');
		counts(out, delta, i, MIN(CPUS_ABREAST, delta->cpus->len - i));
	}
	unknown(out, delta);
	machine(out, delta);
	sources(out, delta);
	tasks(out, delta);
	return g_string_free(out, FALSE);
}
