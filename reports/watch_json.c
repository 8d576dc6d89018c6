/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watch_text.h"

#include <jansson.h>
#include <stdlib.h>

#include "escape.h"
#include "proc.h"

/* JSON holds UTF-8 only; other bytes come from names of tasks and devices. */
static json_t *text(const char *bytes)
{
	g_autofree char *escaped = NULL;

	if (g_utf8_validate(bytes, -1, NULL))
		return json_string(bytes);
	escaped = escape_text(bytes, -1);
	return json_string(escaped);
}

static json_t *number(guint64 value)
{
	/* Counters stay far below 2^63; a file that says otherwise is shown at its end. */
	return json_integer((json_int_t)MIN(value, (guint64)G_MAXINT64));
}

static json_t *source_list(const GPtrArray *sources)
{
	json_t *list = json_array();

	for (guint i = 0; i < sources->len; i++) {
		const CounterSource *source = sources->pdata[i];
		json_t *one = json_object();

		json_object_set_new(one, "name", text(source->name));
		json_object_set_new(one, "description", text(source->description));
		json_object_set_new(one, "count", number(source->count));
		json_array_append_new(list, one);
	}
	return list;
}

static json_t *task_object(const CounterTask *task)
{
	static const char *const fates[] = {
		[COUNTER_TASK_STAYED] = "stayed",
		[COUNTER_TASK_MOVED] = "moved",
		[COUNTER_TASK_STARTED] = "started",
		[COUNTER_TASK_ENDED] = "ended",
	};
	gboolean ended = task->fate == COUNTER_TASK_ENDED;
	json_t *one = json_object();

	json_object_set_new(one, "pid", json_integer(task->pid));
	json_object_set_new(one, "tid", json_integer(task->tid));
	json_object_set_new(one, "comm", text(task->comm));
	json_object_set_new(one, "policy", text(proc_policy_name(task->policy)));
	json_object_set_new(one, "priority", json_integer(task->rt_priority));
	json_object_set_new(one, "fate", json_string(fates[task->fate]));
	json_object_set_new(one, "run_ns", ended ? json_null() : number(task->run_ns));
	json_object_set_new(one, "slices",
			    ended || task->ticks ? json_null() : number(task->slices));
	return one;
}

static json_t *reason(CounterKind kind, int errnum)
{
	json_t *one = json_object();

	json_object_set_new(one, "errno", json_integer(errnum));
	json_object_set_new(one, "reason", text(counter_reason(kind, errnum)));
	return one;
}

static json_t *cpu_object(const CounterCpu *cpu)
{
	json_t *one = json_object();
	json_t *counts = json_object();
	json_t *unknown = json_object();
	json_t *tasks = json_array();

	for (guint kind = 0; kind < COUNTER_KINDS; kind++) {
		const Counter *counter = &cpu->counts[kind];

		json_object_set_new(counts, counter_id(kind),
				    counter->errnum ? json_null() : number(counter->value));
		if (counter->errnum)
			json_object_set_new(unknown, counter_id(kind),
					    reason(kind, counter->errnum));
	}
	for (guint i = 0; i < cpu->tasks->len; i++)
		json_array_append_new(tasks,
				      task_object(&g_array_index(cpu->tasks, CounterTask, i)));
	json_object_set_new(one, "cpu", json_integer(cpu->cpu));
	json_object_set_new(one, "counts", counts);
	json_object_set_new(one, "unknown", unknown);
	json_object_set_new(one, "irqs", source_list(cpu->irqs));
	json_object_set_new(one, "softirqs", source_list(cpu->softirqs));
	json_object_set_new(one, "tasks", tasks);
	return one;
}

char *watch_json(const CountersDelta *delta)
{
	json_t *document = json_object();
	json_t *cpus = json_array();
	const char *source = delta->switches_source;
	char *dumped, *json;

	for (guint i = 0; i < delta->cpus->len; i++)
		json_array_append_new(cpus,
				      cpu_object(&g_array_index(delta->cpus, CounterCpu, i)));
	json_object_set_new(document, "elapsed_ns", number(delta->elapsed_ns));
	json_object_set_new(document, "cpus", cpus);
	json_object_set_new(document, "errors", source_list(delta->errors));
	json_object_set_new(document, "interrupts_gone", json_integer(delta->gone));
	json_object_set_new(document, "switches_source",
			    source ? json_string(source) : json_null());
	json_object_set_new(document, "tasks_error",
			    delta->tasks_error ? text(delta->tasks_error) : json_null());
	dumped = json_dumps(document, JSON_INDENT(2));
	json = g_strconcat(dumped, "\n", NULL);
	free(dumped);
	json_decref(document);
	return json;
}
