/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verdict_check.h"

#include <sched.h>
#include <string.h>

#include "number.h"
#include "proc.h"

#define READING_PREFIX "reading-"

/* The captured /proc of the tool, once. */
typedef struct {
	const char *where; /* "guest/STAGE/reading-1" */
	Root *root;
	pid_t pid;
	GArray *tasks; /* of pid_t */
	gboolean locked;
} Reading;

/* The one process below proc/ besides the agent, which is process 1: the tool. */
static gboolean find_tool(const Root *root, pid_t *ret)
{
	g_autoptr(GPtrArray) names = root_list(root, "proc", NULL);
	guint found = 0;

	for (guint i = 0; names && i < names->len; i++) {
		guint64 pid;

		if (!number_parse(names->pdata[i], 1, G_MAXINT, &pid, NULL))
			return FALSE;
		if (pid == 1)
			continue;
		found++;
		*ret = (pid_t)pid;
	}
	return found == 1;
}

static void check_thread(const Judge *judge, const Reading *reading, guint vcpu,
			 const ProcThread *thread)
{
	if (thread->policy != SCHED_FIFO ||
	    thread->rt_priority != judge->profile->priority)
		doubt(judge, "%s: the thread of vCPU %u was %s %u, wanted SCHED_FIFO %u",
		      reading->where, vcpu, proc_policy_name(thread->policy),
		      thread->rt_priority, judge->profile->priority);
	if (thread->last_cpu != vcpu)
		doubt(judge, "%s: the thread of vCPU %u ran on CPU %u", reading->where,
		      vcpu, thread->last_cpu);
	if (!reading->locked)
		doubt(judge, "%s: the memory of the measuring process was not locked",
		      reading->where);
}

/* TRUE when this reading shows the thread that measures vcpu: the one bound to it alone.
 */
static gboolean look_for_thread(const Judge *judge, const Reading *reading, guint vcpu)
{
	Cpuset only = {0};
	guint found = 0;

	cpuset_add(&only, vcpu);
	for (guint i = 0; i < reading->tasks->len; i++) {
		ProcThread thread;

		if (!proc_thread_read(reading->root, reading->pid,
				      g_array_index(reading->tasks, pid_t, i), &thread,
				      NULL) ||
		    !cpuset_equal(&thread.allowed, &only))
			continue;
		if (found++ == 0)
			check_thread(judge, reading, vcpu, &thread);
	}
	if (found > 1)
		doubt(judge, "%s: %u threads of the tool were bound to vCPU %u",
		      reading->where, found, vcpu);
	return found > 0;
}

/* A reading that came just as the tool ended shows nothing, and proves nothing. */
static void look_at_reading(const Judge *judge, const char *where, Cpuset *seen)
{
	g_autofree char *path = g_build_filename(judge->directory, where, NULL);
	g_autoptr(Root) root = root_open_captured(path, NULL);
	g_autoptr(GArray) tasks = NULL;
	Reading reading = {.where = where, .root = root};
	ProcMemory memory;

	if (!root || !find_tool(root, &reading.pid))
		return;
	tasks = proc_tasks(root, reading.pid, NULL);
	if (!tasks)
		return;
	reading.tasks = tasks;
	reading.locked = proc_memory_read(root, reading.pid, &memory, NULL) &&
			 memory.data_kib > 0 && memory.locked_kib >= memory.data_kib;
	CPUSET_FOREACH (vcpu, &judge->plan->guest_rt)
		if (look_for_thread(judge, &reading, (guint)vcpu))
			cpuset_add(seen, (guint)vcpu);
}

void judge_readings(const Judge *judge, const StageEvidence *evidence)
{
	g_autofree char *below = run_vm_path(judge->vm, "guest", evidence->wanted->name);
	g_autofree char *path = g_build_filename(judge->directory, below, NULL);
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	Cpuset seen = {0};
	const char *entry;

	if (!judge->plan)
		return;
	while (dir && (entry = g_dir_read_name(dir))) {
		g_autofree char *where = g_build_filename(below, entry, NULL);

		if (g_str_has_prefix(entry, READING_PREFIX))
			look_at_reading(judge, where, &seen);
	}
	CPUSET_FOREACH (vcpu, &judge->plan->guest_rt)
		if (!cpuset_contains(&seen, (guint)vcpu))
			doubt(judge,
			      "%s: no reading of the guest's /proc shows the thread that "
			      "measures "
			      "vCPU %d",
			      below, vcpu);
}
