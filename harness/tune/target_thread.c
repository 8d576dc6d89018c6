/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a thread may run, and how it is scheduled. */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cpulist.h"
#include "error.h"
#include "number.h"
#include "proc.h"
#include "target.h"

/* The thread that `place` names (change_thread_place()), if it still is that one. */
static gboolean find(const TargetHost *host, const char *place, ProcThread *ret, int *ret_errno)
{
	Span span = span_of(place);
	guint64 tid, start;

	if (!span_take_number(&span, G_MAXINT, &tid) || !span_take_literal(&span, " ") ||
	    !span_take_number(&span, G_MAXUINT64, &start) || !span_take_literal(&span, " ")) {
		*ret_errno = EINVAL;
		return FALSE;
	}
	/* proc/TID is there for every thread, whether the list shows it or not. */
	if (!proc_thread_read(host->root, (pid_t)tid, (pid_t)tid, ret, NULL) ||
	    ret->start_ticks != start) {
		*ret_errno = ENOENT;
		return FALSE;
	}
	return TRUE;
}

static gboolean find_to_write(const TargetHost *host, const char *place, ProcThread *ret,
			      GError **error)
{
	int errnum = 0;

	if (!root_is_live(host->root))
		return lathe_error(error, LATHE_ERROR_ENVIRONMENT,
				   "thread %s: a tree has no threads that could be changed", place);
	if (!find(host, place, ret, &errnum))
		return lathe_error(error, LATHE_ERROR_ENVIRONMENT, "thread %s: %s", place,
				   errnum == ENOENT ? "it is gone" : g_strerror(errnum));
	return TRUE;
}

static gboolean read_affinity(const TargetHost *host, const char *place, char **ret,
			      int *ret_errno)
{
	ProcThread thread;

	if (!find(host, place, &thread, ret_errno))
		return FALSE;
	*ret = cpulist_format(&thread.allowed);
	return TRUE;
}

static gboolean write_affinity(const TargetHost *host, const char *place, const char *value,
			       GError **error)
{
	ProcThread thread;
	Cpuset cpus;

	if (!cpulist_parse(value, CPUSET_CPUS, &cpus, error) ||
	    !find_to_write(host, place, &thread, error))
		return FALSE;
	/* The kernel takes a mask of any length; bits are as those of cpu_set_t. */
	if (syscall(SYS_sched_setaffinity, thread.tid, sizeof(cpus.bits), cpus.bits) == 0)
		return TRUE;
	return lathe_error_errno(error, errno, "set the CPUs of thread %s to %s", place, value);
}

static const struct {
	const char *word;
	int policy;
} policies[] = {
	{"other", SCHED_OTHER}, {"batch", SCHED_BATCH}, {"idle", SCHED_IDLE},
	{"fifo", SCHED_FIFO},	{"rr", SCHED_RR},
};

static gboolean read_scheduling(const TargetHost *host, const char *place, char **ret,
				int *ret_errno)
{
	ProcThread thread;

	if (!find(host, place, &thread, ret_errno))
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(policies); i++)
		if (thread.policy == (guint)policies[i].policy) {
			*ret = g_strdup_printf("%s:%u", policies[i].word, thread.rt_priority);
			return TRUE;
		}
	/* SCHED_DEADLINE has parameters that could not be put back. */
	*ret_errno = ENOTSUP;
	return FALSE;
}

static gboolean parse_scheduling(const char *value, int *ret_policy, guint *ret_priority)
{
	const char *colon = strchr(value, ':');
	Span span = span_of(colon ? colon + 1 : "");
	guint64 priority;

	if (!span_take_number(&span, 99, &priority) || span.at != span.end)
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(policies); i++)
		if (strlen(policies[i].word) == (gsize)(colon - value) &&
		    strncmp(policies[i].word, value, (gsize)(colon - value)) == 0) {
			*ret_policy = policies[i].policy;
			*ret_priority = (guint)priority;
			return TRUE;
		}
	return FALSE;
}

static gboolean write_scheduling(const TargetHost *host, const char *place, const char *value,
				 GError **error)
{
	struct sched_param parameters = {0};
	ProcThread thread;
	guint priority;
	int policy;

	if (!parse_scheduling(value, &policy, &priority))
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "'%s' is no scheduling policy and priority", value);
	if (!find_to_write(host, place, &thread, error))
		return FALSE;
	parameters.sched_priority = (int)priority;
	if (sched_setscheduler(thread.tid, policy, &parameters) == 0)
		return TRUE;
	return lathe_error_errno(error, errno, "set the scheduling of thread %s to %s", place,
				 value);
}

static gboolean same_value(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

const TargetKind target_affinity = {
	.read = read_affinity, .write = write_affinity, .same = same_value};
const TargetKind target_scheduling = {
	.read = read_scheduling, .write = write_scheduling, .same = same_value};
