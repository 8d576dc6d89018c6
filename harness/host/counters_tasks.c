/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "counters_moment.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "number.h"
#include "proc.h"

/* USER_HZ, which proc's ticks are in, is 100 on every architecture that runs VMs. */
#define TICK_NS 10000000

/* proc/PID/task/TID/schedstat: ns on a CPU, ns waiting for one, timeslices
 * (Documentation/scheduler/sched-stats.rst). */
static void read_schedstat(const Root *root, MomentTask *task)
{
	g_autofree char *path =
		g_strdup_printf("proc/%d/task/%d/schedstat", task->pid, task->tid);
	g_autofree char *line = NULL;
	guint64 waited;
	Span span;

	if (!root_read_line(root, path, &line, NULL, NULL))
		return;
	span = span_of(line);
	task->has_schedstat = span_take_number(&span, G_MAXUINT64, &task->run_ns) &&
			      span_take_literal(&span, " ") &&
			      span_take_number(&span, G_MAXUINT64, &waited) &&
			      span_take_literal(&span, " ") &&
			      span_take_number(&span, G_MAXUINT64, &task->slices) &&
			      span.at == span.end;
}

static gboolean is_gone(int errnum)
{
	return errnum == ENOENT || errnum == ESRCH;
}

/* FALSE with *ret_error when one that is there cannot be read. */
static gboolean read_task(const Root *root, pid_t pid, pid_t tid, GArray *tasks,
			  GError **error)
{
	MomentTask task = {.pid = pid, .tid = tid};
	g_autoptr(GError) cause = NULL;
	ProcThread thread;
	int errnum = 0;

	if (!proc_thread_stat(root, pid, tid, &thread, &errnum, &cause)) {
		if (is_gone(errnum))
			return TRUE;
		g_propagate_error(error, g_steal_pointer(&cause));
		return FALSE;
	}
	g_strlcpy(task.comm, thread.comm, sizeof(task.comm));
	task.policy = thread.policy;
	task.rt_priority = thread.rt_priority;
	task.cpu = thread.last_cpu;
	task.ticks = thread.cpu_ticks;
	task.start_ticks = thread.start_ticks;
	read_schedstat(root, &task);
	g_array_append_val(tasks, task);
	return TRUE;
}

static int compare_tasks(gconstpointer a, gconstpointer b)
{
	const MomentTask *left = a, *right = b;

	return (left->tid > right->tid) - (left->tid < right->tid);
}

static void read_process(const Root *root, pid_t pid, GArray *tasks, GError **error)
{
	/* A process that ended since is no error. */
	g_autoptr(GArray) tids = proc_tasks(root, pid, NULL);

	for (guint i = 0; tids && i < tids->len; i++)
		read_task(root, pid, g_array_index(tids, pid_t, i), tasks,
			  error && !*error ? error : NULL);
}

GArray *counters_read_tasks(const Root *root, char **ret_error)
{
	GArray *tasks = g_array_new(FALSE, FALSE, sizeof(MomentTask));
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) names = root_list(root, "proc", &error);

	for (guint i = 0; names && i < names->len; i++) {
		guint64 pid;

		if (number_parse(names->pdata[i], 1, G_MAXINT32, &pid, NULL))
			read_process(root, (pid_t)pid, tasks, &error);
	}
	if (!error && tasks->len == 0)
		lathe_error(&error, LATHE_ERROR_ENVIRONMENT, "no task is below 'proc'");
	*ret_error = error ? g_strdup(error->message) : NULL;
	g_array_sort(tasks, compare_tasks);
	return tasks;
}

/* The same task: a thread id can be another one's by now. */
static const MomentTask *find_task(const GArray *tasks, const MomentTask *wanted)
{
	const MomentTask *found = NULL;

	/* bsearch() wants no NULL, which an empty array is. */
	if (tasks->len > 0)
		found = bsearch(wanted, tasks->data, tasks->len, sizeof(MomentTask),
				compare_tasks);
	if (!found || found->pid != wanted->pid || found->start_ticks != wanted->start_ticks)
		return NULL;
	return found;
}

static GArray *tasks_of(CountersDelta *delta, guint number)
{
	guint low = 0, high = delta->cpus->len;

	while (low < high) {
		guint middle = low + (high - low) / 2;
		CounterCpu *cpu = &g_array_index(delta->cpus, CounterCpu, middle);

		if (cpu->cpu == number)
			return cpu->tasks;
		if (cpu->cpu < number)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static CounterTask new_task(const MomentTask *task, CounterTaskFate fate)
{
	CounterTask new = {
		.pid = task->pid,
		.tid = task->tid,
		.policy = task->policy,
		.rt_priority = task->rt_priority,
		.fate = fate,
	};

	memcpy(new.comm, task->comm, sizeof(new.comm));
	return new;
}

static guint64 since(guint64 before, guint64 after)
{
	return after > before ? after - before : 0;
}

/* What it has done since `old` (NULL: since it began). */
static void set_times(CounterTask *task, const MomentTask *old, const MomentTask *now)
{
	static const MomentTask none = {.has_schedstat = TRUE};

	if (!old)
		old = &none;
	task->ticks = !old->has_schedstat || !now->has_schedstat;
	if (task->ticks) {
		task->run_ns = since(old->ticks, now->ticks) * TICK_NS;
		return;
	}
	task->run_ns = since(old->run_ns, now->run_ns);
	task->slices = since(old->slices, now->slices);
}

static void add_present(CountersDelta *delta, const MomentTask *old, const MomentTask *now)
{
	gboolean moved = old && old->cpu != now->cpu;
	CounterTask task = new_task(now, !old  ? COUNTER_TASK_STARTED :
					 moved ? COUNTER_TASK_MOVED :
						 COUNTER_TASK_STAYED);
	GArray *here = tasks_of(delta, now->cpu);
	GArray *there = moved ? tasks_of(delta, old->cpu) : NULL;

	if (!here && !there)
		return;
	set_times(&task, old, now);
	if (old && !moved && task.run_ns == 0 && task.slices == 0)
		return;
	if (here)
		g_array_append_val(here, task);
	if (there)
		g_array_append_val(there, task);
}

static void add_ended(CountersDelta *delta, const MomentTask *old)
{
	CounterTask task = new_task(old, COUNTER_TASK_ENDED);
	GArray *there = tasks_of(delta, old->cpu);

	if (there)
		g_array_append_val(there, task);
}

static int compare_runs(gconstpointer a, gconstpointer b)
{
	const CounterTask *left = a, *right = b;

	if (left->run_ns != right->run_ns)
		return left->run_ns < right->run_ns ? 1 : -1;
	return (left->tid > right->tid) - (left->tid < right->tid);
}

void counters_add_tasks(const Counters *before, const Counters *after, CountersDelta *delta)
{
	for (guint i = 0; i < after->tasks->len; i++) {
		const MomentTask *now = &g_array_index(after->tasks, MomentTask, i);

		add_present(delta, find_task(before->tasks, now), now);
	}
	for (guint i = 0; i < before->tasks->len; i++) {
		const MomentTask *old = &g_array_index(before->tasks, MomentTask, i);

		if (!find_task(after->tasks, old))
			add_ended(delta, old);
	}
	for (guint i = 0; i < delta->cpus->len; i++)
		g_array_sort(g_array_index(delta->cpus, CounterCpu, i).tasks, compare_runs);
}
