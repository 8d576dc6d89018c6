/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "proc.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

#include "error.h"
#include "number.h"

static gboolean malformed(GError **error, const char *path)
{
	return lathe_error(error, LATHE_ERROR_INPUT, "'%s' is malformed", path);
}

/* Field numbers as in proc_pid_stat(5); the first two (pid, comm) come before the span. */
enum {
	FIELD_STATE = 3,
	FIELD_FLAGS = 9,
	FIELD_UTIME = 14,
	FIELD_STIME = 15,
	FIELD_STARTTIME = 22,
	FIELD_PROCESSOR = 39,
	FIELD_RT_PRIORITY = 40,
	FIELD_POLICY = 41,
};

/* Reads fields 4 to 41 into values[field]. Some are signed; those of interest are not, so a
 * negative one is stored as its magnitude's complement and never matches a range. */
static gboolean parse_stat(Span span, guint64 values[FIELD_POLICY + 1])
{
	span_skip_blanks(&span);
	if (span.at == span.end)
		return FALSE;
	span.at++; /* the state letter */
	for (int field = FIELD_STATE + 1; field <= FIELD_POLICY; field++) {
		gboolean negative;

		span_skip_blanks(&span);
		negative = span_take_literal(&span, "-");
		if (!span_take_number(&span, G_MAXUINT64, &values[field]))
			return FALSE;
		if (negative)
			values[field] = ~values[field];
	}
	return TRUE;
}

/* comm stands in parentheses and may hold any byte, ')' and blanks among them: the last ')'
 * ends it. */
static gboolean split_stat(const char *text, gsize length, char *comm, gsize comm_size,
			   Span *ret_rest)
{
	const char *open = memchr(text, '(', length);
	const char *close = open ? g_strrstr_len(text, (gssize)length, ")") : NULL;

	if (!close || close < open)
		return FALSE;
	if (comm)
		g_strlcpy(comm, open + 1, MIN(comm_size, (gsize)(close - open)));
	*ret_rest = (Span){close + 1, text + length};
	return TRUE;
}

static gboolean read_stat(const Root *root, const char *path, char *comm, gsize comm_size,
			  guint64 values[FIELD_POLICY + 1], int *ret_errno, GError **error)
{
	g_autofree char *text = NULL;
	gsize length;
	Span rest;

	if (!root_read(root, path, &text, &length, ret_errno, error))
		return FALSE;
	if (split_stat(text, length, comm, comm_size, &rest) && parse_stat(rest, values))
		return TRUE;
	if (ret_errno)
		*ret_errno = EILSEQ;
	return malformed(error, path);
}

/* Finds "KEY:" at the start of a line of a status file and returns what follows. */
static gboolean status_value(const char *text, const char *key, Span *ret)
{
	Span span = span_of(text);
	Span line;

	while (span_take_line(&span, &line)) {
		if (span_take_literal(&line, key) && span_take_literal(&line, ":")) {
			span_skip_blanks(&line);
			*ret = line;
			return TRUE;
		}
	}
	return FALSE;
}

static gboolean status_number(const char *text, const char *key, guint64 *ret)
{
	Span value;

	return status_value(text, key, &value) && span_take_number(&value, G_MAXUINT64, ret);
}

gboolean proc_thread_stat(const Root *root, pid_t pid, pid_t tid, ProcThread *ret,
			  int *ret_errno, GError **error)
{
	g_autofree char *path = g_strdup_printf("proc/%d/task/%d/stat", pid, tid);
	guint64 values[FIELD_POLICY + 1] = {0};
	ProcThread thread = {.tid = tid};

	if (!read_stat(root, path, thread.comm, sizeof(thread.comm), values, ret_errno, error))
		return FALSE;
	if (values[FIELD_POLICY] > G_MAXUINT16 || values[FIELD_RT_PRIORITY] > 99 ||
	    values[FIELD_PROCESSOR] >= CPUSET_CPUS) {
		if (ret_errno)
			*ret_errno = EILSEQ;
		return malformed(error, path);
	}
	thread.policy = (guint)values[FIELD_POLICY];
	thread.rt_priority = (guint)values[FIELD_RT_PRIORITY];
	thread.last_cpu = (guint)values[FIELD_PROCESSOR];
	thread.flags = values[FIELD_FLAGS];
	thread.cpu_ticks = values[FIELD_UTIME] + values[FIELD_STIME];
	thread.start_ticks = values[FIELD_STARTTIME];
	*ret = thread;
	return TRUE;
}

gboolean proc_thread_read(const Root *root, pid_t pid, pid_t tid, ProcThread *ret,
			  GError **error)
{
	g_autofree char *status = g_strdup_printf("proc/%d/task/%d/status", pid, tid);
	g_autofree char *text = NULL;
	g_autofree char *allowed = NULL;
	ProcThread thread;
	Span span;

	if (!proc_thread_stat(root, pid, tid, &thread, NULL, error) ||
	    !root_read(root, status, &text, NULL, NULL, error))
		return FALSE;
	if (!status_value(text, "Cpus_allowed_list", &span) ||
	    !status_number(text, "voluntary_ctxt_switches", &thread.voluntary_switches) ||
	    !status_number(text, "nonvoluntary_ctxt_switches", &thread.involuntary_switches))
		return malformed(error, status);
	allowed = span_dup(span);
	if (!cpulist_parse_kernel(allowed, CPUSET_CPUS, &thread.allowed, error)) {
		g_prefix_error(error, "'%s': ", status);
		return FALSE;
	}
	*ret = thread;
	return TRUE;
}

static int compare_pids(gconstpointer a, gconstpointer b)
{
	pid_t left = *(const pid_t *)a, right = *(const pid_t *)b;

	return (left > right) - (left < right);
}

GArray *proc_tasks(const Root *root, pid_t pid, GError **error)
{
	g_autofree char *path = g_strdup_printf("proc/%d/task", pid);
	g_autoptr(GPtrArray) names = root_list(root, path, error);
	g_autoptr(GArray) tids = NULL;

	if (!names)
		return NULL;
	tids = g_array_new(FALSE, FALSE, sizeof(pid_t));
	for (guint i = 0; i < names->len; i++) {
		guint64 number;
		pid_t tid;

		if (!number_parse(names->pdata[i], 1, G_MAXINT32, &number, error)) {
			g_prefix_error(error, "'%s': ", path);
			return NULL;
		}
		tid = (pid_t)number;
		g_array_append_val(tids, tid);
	}
	g_array_sort(tids, compare_pids);
	return g_steal_pointer(&tids);
}

gboolean proc_start_ticks(const Root *root, pid_t pid, guint64 *ret, GError **error)
{
	g_autofree char *path = g_strdup_printf("proc/%d/stat", pid);
	guint64 values[FIELD_POLICY + 1] = {0};

	if (!read_stat(root, path, NULL, 0, values, NULL, error))
		return FALSE;
	*ret = values[FIELD_STARTTIME];
	return TRUE;
}

gboolean proc_memory_read(const Root *root, pid_t pid, ProcMemory *ret, GError **error)
{
	g_autofree char *path = g_strdup_printf("proc/%d/status", pid);
	g_autofree char *text = NULL;
	ProcMemory memory;

	if (!root_read(root, path, &text, NULL, NULL, error))
		return FALSE;
	if (!status_number(text, "VmLck", &memory.locked_kib) ||
	    !status_number(text, "VmData", &memory.data_kib) ||
	    !status_number(text, "VmSize", &memory.size_kib))
		return malformed(error, path);
	*ret = memory;
	return TRUE;
}

char **proc_argv(const Root *root, pid_t pid, GError **error)
{
	g_autofree char *path = g_strdup_printf("proc/%d/cmdline", pid);
	g_autofree char *text = NULL;
	g_autoptr(GPtrArray) argv = NULL;
	gsize length;

	if (!root_read(root, path, &text, &length, NULL, error))
		return NULL;
	argv = g_ptr_array_new_with_free_func(g_free);
	for (gsize at = 0; at < length; at += strlen(text + at) + 1)
		g_ptr_array_add(argv, g_strdup(text + at));
	g_ptr_array_add(argv, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&argv), FALSE);
}

const char *proc_policy_name(guint policy)
{
	static const char *const names[] = {
		[SCHED_OTHER] = "SCHED_OTHER", [SCHED_FIFO] = "SCHED_FIFO",
		[SCHED_RR] = "SCHED_RR",       [SCHED_BATCH] = "SCHED_BATCH",
		[SCHED_IDLE] = "SCHED_IDLE",   [6] = "SCHED_DEADLINE",
		[7] = "SCHED_EXT",
	};
	g_autofree char *unnamed = NULL;

	if (policy < G_N_ELEMENTS(names) && names[policy])
		return names[policy];
	unnamed = g_strdup_printf("SCHED_%u", policy);
	return g_intern_string(unnamed);
}
