/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "threads.h"

#include <errno.h>
#include <string.h>

#include "escape.h"
#include "number.h"
#include "proc.h"

static void clear_thread(gpointer data)
{
	MachineThread *thread = data;

	g_free(thread->allowed);
}

GArray *threads_new(void)
{
	GArray *threads = g_array_new(FALSE, TRUE, sizeof(MachineThread));

	g_array_set_clear_func(threads, clear_thread);
	return threads;
}

static void add_thread(GArray *threads, guint pid, const ProcThread *seen)
{
	g_autofree char *comm = NULL;
	MachineThread thread = {
		.pid = pid,
		.tid = (guint)seen->tid,
		.policy = seen->policy,
		.rt_priority = seen->rt_priority,
		.last_cpu = seen->last_cpu,
		.kernel_thread = (seen->flags & PROC_KERNEL_THREAD) != 0,
		.bound = (seen->flags & PROC_BOUND) != 0,
		.start_ticks = seen->start_ticks,
		.allowed = g_memdup2(&seen->allowed, sizeof(seen->allowed)),
	};

	/* As a capture keeps it: both ways of reading must give the same. */
	comm = escape_text(seen->comm, -1);
	g_strlcpy(thread.comm, comm, sizeof(thread.comm));
	g_array_append_val(threads, thread);
}

GArray *threads_read(const Root *root, int *ret_errno)
{
	g_autoptr(GPtrArray) names = root_list_errno(root, "proc", ret_errno);
	g_autoptr(GArray) threads = threads_new();

	for (guint i = 0; names && i < names->len; i++) {
		g_autoptr(GArray) tids = NULL;
		guint64 pid;

		if (!number_parse(names->pdata[i], 1, G_MAXINT32, &pid, NULL))
			continue;
		tids = proc_tasks(root, (pid_t)pid, NULL);
		for (guint k = 0; tids && k < tids->len; k++) {
			ProcThread seen;

			if (proc_thread_read(root, (pid_t)pid, g_array_index(tids, pid_t, k),
					     &seen, NULL))
				add_thread(threads, (guint)pid, &seen);
		}
	}
	if (!names)
		return NULL;
	if (threads->len == 0) {
		*ret_errno = ENOENT;
		return NULL;
	}
	return g_steal_pointer(&threads);
}

static gboolean take_field(Span *line, guint64 max, guint *ret)
{
	guint64 value;

	if (!span_take_number(line, max, &value) || !span_take_literal(line, " "))
		return FALSE;
	*ret = (guint)value;
	return TRUE;
}

static gboolean parse_thread(Span line, MachineThread *ret)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) parts = NULL;
	MachineThread thread = {0};
	Cpuset allowed;

	if (!take_field(&line, G_MAXINT32, &thread.pid) ||
	    !take_field(&line, G_MAXINT32, &thread.tid) ||
	    !take_field(&line, G_MAXUINT16, &thread.policy) ||
	    !take_field(&line, 99, &thread.rt_priority) ||
	    !take_field(&line, CPUSET_CPUS - 1, &thread.last_cpu))
		return FALSE;
	thread.kernel_thread = span_take_literal(&line, "k");
	thread.bound = span_take_literal(&line, "b");
	if (!thread.kernel_thread && !thread.bound && !span_take_literal(&line, "-"))
		return FALSE;
	if (!span_take_literal(&line, " "))
		return FALSE;
	text = span_dup(line);
	parts = g_strsplit(text, "\t", 3);
	if (g_strv_length(parts) != 3 || strlen(parts[1]) >= sizeof(thread.role) ||
	    !cpulist_parse_kernel(parts[0], CPUSET_CPUS, &allowed, NULL))
		return FALSE;
	g_strlcpy(thread.role, parts[1], sizeof(thread.role));
	g_strlcpy(thread.comm, parts[2], sizeof(thread.comm));
	thread.allowed = g_memdup2(&allowed, sizeof(allowed));
	*ret = thread;
	return TRUE;
}

GArray *threads_parse(const char *text, int *ret_errno)
{
	g_autoptr(GArray) threads = threads_new();
	Span span = span_of(text), line;

	while (span_take_line(&span, &line)) {
		MachineThread thread;

		if (!parse_thread(line, &thread)) {
			*ret_errno = EILSEQ;
			return NULL;
		}
		g_array_append_val(threads, thread);
	}
	if (threads->len == 0) {
		*ret_errno = ENODATA;
		return NULL;
	}
	return g_steal_pointer(&threads);
}

char *threads_format(const GArray *threads)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < threads->len; i++) {
		const MachineThread *thread = &g_array_index(threads, MachineThread, i);
		g_autofree char *allowed =
			thread->allowed ? cpulist_format(thread->allowed) : g_strdup("");

		g_string_append_printf(text, "%u %u %u %u %u %s %s\t%s\t%s\n", thread->pid,
				       thread->tid, thread->policy, thread->rt_priority,
				       thread->last_cpu,
				       thread->kernel_thread && thread->bound ? "kb"
				       : thread->kernel_thread		      ? "k"
				       : thread->bound			      ? "b"
									      : "-",
				       allowed, thread->role, thread->comm);
	}
	return g_string_free(text, FALSE);
}
