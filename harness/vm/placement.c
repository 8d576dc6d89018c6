/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "placement.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

#include "error.h"
#include "escape.h"
#include "internal.h"
#include "number.h"
#include "proc.h"

/* QEMU names its threads with debug-threads=on, which libvirt sets: accel/kvm and
 * accel/tcg "CPU %d/KVM" and "CPU %d/TCG", iothread.c "IO %s" with the object's id, which
 * libvirt makes "iothread%u". */
static PlacedRole role_of(const char *comm, gboolean is_main, guint *ret_index)
{
	Span span = span_of(comm);
	guint64 index;

	if (span_take_literal(&span, "CPU ") &&
	    span_take_number(&span, G_MAXUINT16, &index) &&
	    (strcmp(span.at, "/KVM") == 0 || strcmp(span.at, "/TCG") == 0)) {
		*ret_index = (guint)index;
		return PLACED_VCPU;
	}
	span = span_of(comm);
	span_take_literal(&span, "IO ");
	if (span_take_literal(&span, "iothread") &&
	    span_take_number(&span, G_MAXUINT16, &index) && span.at == span.end) {
		*ret_index = (guint)index;
		return PLACED_IOTHREAD;
	}
	if (is_main)
		return PLACED_EMULATOR;
	return g_str_has_prefix(comm, "vhost-") ? PLACED_VHOST : PLACED_WORKER;
}

static gboolean is_gone(const Root *root, pid_t pid, pid_t tid)
{
	g_autofree char *path = g_strdup_printf("proc/%d/task/%d", pid, tid);

	return !root_exists(root, path);
}

/* QEMU's workers come and go: a thread that is gone again is none. */
static gboolean read_threads(const Root *root, pid_t pid, GArray *seen, GError **error)
{
	g_autoptr(GArray) tids = proc_tasks(root, pid, error);

	for (guint i = 0; tids && i < tids->len; i++) {
		pid_t tid = g_array_index(tids, pid_t, i);
		g_autoptr(GError) cause = NULL;
		PlacedThread thread = {0};

		if (!proc_thread_read(root, pid, tid, &thread.thread, &cause)) {
			if (is_gone(root, pid, tid))
				continue;
			g_propagate_error(error, g_steal_pointer(&cause));
			return FALSE;
		}
		thread.role = role_of(thread.thread.comm, tid == pid, &thread.index);
		g_array_append_val(seen, thread);
	}
	return tids != NULL;
}

/* Before Linux 6.4, and again where QEMU asks for it, vhost's workers are kernel threads that
 * bear QEMU's pid (vhost_worker_create() in drivers/vhost/vhost.c). A name alone is nobody's
 * proof: any process may call itself so. */
static gboolean read_kernel_threads(const Root *root, pid_t qemu, GArray *seen, GError **error)
{
	g_autofree char *name = g_strdup_printf("vhost-%d", qemu);
	g_autoptr(GPtrArray) names = root_list(root, "proc", error);

	for (guint i = 0; names && i < names->len; i++) {
		PlacedThread thread = {.role = PLACED_VHOST};
		g_autoptr(GError) cause = NULL;
		guint64 number;
		pid_t pid;

		if (!number_parse(names->pdata[i], 1, G_MAXINT32, &number, NULL))
			continue;
		pid = (pid_t)number;
		if (!proc_thread_stat(root, pid, pid, &thread.thread, NULL, NULL) ||
		    !(thread.thread.flags & PROC_KERNEL_THREAD) ||
		    strcmp(thread.thread.comm, name) != 0)
			continue;
		if (proc_thread_read(root, pid, pid, &thread.thread, &cause)) {
			g_array_append_val(seen, thread);
		} else if (!is_gone(root, pid, pid)) {
			g_propagate_error(error, g_steal_pointer(&cause));
			return FALSE;
		}
	}
	return names != NULL;
}

static gboolean read_all(const Root *root, pid_t pid, GArray *seen, GError **error)
{
	return read_threads(root, pid, seen, error) && read_kernel_threads(root, pid, seen, error);
}

static gboolean check_complete(const GArray *seen, pid_t pid, const Plan *plan,
			       GError **error)
{
	g_autofree guint *found = g_new0(guint, plan->n_vcpus);

	for (guint i = 0; i < seen->len; i++) {
		const PlacedThread *thread = &g_array_index(seen, PlacedThread, i);

		if (thread->role != PLACED_VCPU)
			continue;
		if (thread->index >= plan->n_vcpus)
			return lathe_error(
			    error, LATHE_ERROR_ENVIRONMENT,
			    "QEMU process %d has a thread of vCPU %u; the plan has "
			    "%u vCPUs",
			    pid, thread->index, plan->n_vcpus);
		if (++found[thread->index] > 1)
			return lathe_error(error, LATHE_ERROR_ENVIRONMENT,
					   "QEMU process %d has two threads of vCPU %u",
					   pid, thread->index);
	}
	for (guint i = 0; i < plan->n_vcpus; i++)
		if (found[i] == 0)
			return lathe_error(error, LATHE_ERROR_ENVIRONMENT,
					   "QEMU process %d has no thread of vCPU %u",
					   pid, i);
	return TRUE;
}

static char *role_name(const PlacedThread *thread)
{
	switch (thread->role) {
	case PLACED_VCPU:
		return g_strdup_printf("vcpu %u", thread->index);
	case PLACED_IOTHREAD:
		return g_strdup_printf("iothread %u", thread->index);
	case PLACED_EMULATOR:
		return g_strdup("emulator");
	case PLACED_VHOST:
		return g_strdup(thread->thread.flags & PROC_KERNEL_THREAD ? "vhost (kernel)"
									  : "vhost");
	case PLACED_WORKER:
		break;
	}
	return g_strdup("worker");
}

/* Workers are moved out of what they inherit: placement_move_workers(). */
static void want(PlacedThread *thread, const Plan *plan)
{
	guint priority = 0;

	switch (thread->role) {
	case PLACED_VCPU:
		if (thread->index >= plan->n_vcpus)
			break;
		thread->wanted = plan->vcpus[thread->index].cpus;
		priority = plan->vcpus[thread->index].fifo_priority;
		break;
	case PLACED_IOTHREAD:
		thread->wanted = plan->iothread;
		break;
	case PLACED_EMULATOR:
		thread->wanted = plan->emulator;
		priority = plan->emulator_priority;
		break;
	case PLACED_WORKER:
	case PLACED_VHOST:
		thread->wanted = plan->emulator;
		break;
	}
	thread->wanted_priority = priority;
	thread->wanted_policy = priority ? SCHED_FIFO : SCHED_OTHER;
}

static void compare(PlacedThread *thread, const Plan *plan)
{
	const ProcThread *seen = &thread->thread;

	want(thread, plan);
	thread->planned = TRUE;
	/* Narrower than planned is still in its place; last_cpu may be where a thread
	 * that has not run since was before it was pinned. */
	thread->in_place = seen->policy == thread->wanted_policy &&
			   seen->rt_priority == thread->wanted_priority &&
			   cpuset_count(&seen->allowed) > 0 &&
			   cpuset_is_subset(&seen->allowed, &thread->wanted);
}

GArray *placement_threads(const Root *root, pid_t pid, const Plan *plan, GError **error)
{
	g_autoptr(GArray) seen = g_array_new(FALSE, TRUE, sizeof(PlacedThread));

	if (!read_all(root, pid, seen, error))
		return NULL;
	for (guint i = 0; plan && i < seen->len; i++)
		compare(&g_array_index(seen, PlacedThread, i), plan);
	return g_steal_pointer(&seen);
}

static void add_place(GPtrArray *places, const PlacedThread *thread)
{
	const ProcThread *seen = &thread->thread;
	g_autofree char *role = role_name(thread);
	RunPlace *place = run_add_place(places, role);

	place->tid = seen->tid;
	place->comm = escape_text(seen->comm, -1);
	place->policy = g_strdup(proc_policy_name(seen->policy));
	place->wanted_policy = g_strdup(proc_policy_name(thread->wanted_policy));
	place->priority = seen->rt_priority;
	place->wanted_priority = thread->wanted_priority;
	place->cpus_allowed = cpulist_format(&seen->allowed);
	place->wanted_cpus = cpulist_format(&thread->wanted);
	place->last_cpu = seen->last_cpu;
	place->in_place = thread->in_place;
}

gboolean placement_read(const Root *root, pid_t pid, const Plan *plan, GPtrArray *places,
			GError **error)
{
	g_autoptr(GArray) seen = placement_threads(root, pid, plan, error);

	if (!seen || !check_complete(seen, pid, plan, error)) {
		g_prefix_error(error, "compare QEMU's threads with the plan: ");
		return FALSE;
	}
	for (guint i = 0; i < seen->len; i++)
		add_place(places, &g_array_index(seen, PlacedThread, i));
	return TRUE;
}

static gboolean move_to(pid_t tid, const Cpuset *cpus)
{
	gsize size = CPU_ALLOC_SIZE(CPUSET_CPUS);
	g_autofree cpu_set_t *set = g_malloc0(size);
	struct sched_param other = {0};

	CPUSET_FOREACH(cpu, cpus)
		CPU_SET_S((gsize)cpu, size, set);
	return sched_setscheduler(tid, SCHED_OTHER, &other) == 0 &&
	       sched_setaffinity(tid, size, set) == 0;
}

gboolean placement_move_workers(const Root *root, pid_t pid, const Plan *plan,
				GError **error)
{
	g_autoptr(GArray) seen = g_array_new(FALSE, FALSE, sizeof(PlacedThread));

	if (!read_all(root, pid, seen, error))
		return FALSE;
	for (guint i = 0; i < seen->len; i++) {
		const PlacedThread *thread = &g_array_index(seen, PlacedThread, i);
		pid_t tid = thread->thread.tid;

		if ((thread->role != PLACED_WORKER && thread->role != PLACED_VHOST) ||
		    (thread->thread.policy == SCHED_OTHER &&
		     cpuset_is_subset(&thread->thread.allowed, &plan->emulator)))
			continue;
		/* A worker may end at any time; then there is nothing to move. */
		if (!move_to(tid, &plan->emulator) && errno != ESRCH)
			return lathe_error_errno(
				error, errno, "move QEMU's thread %d to the emulator's CPUs", tid);
	}
	return TRUE;
}

gboolean vm_move_workers(const Vm *vm, const Root *live, const Plan *plan, GError **error)
{
	return placement_move_workers(live, vm->pid, plan, error);
}

gboolean vm_read_places(const Vm *vm, const Root *live, const Plan *plan,
			GPtrArray *places, GError **error)
{
	return placement_read(live, vm->pid, plan, places, error);
}

gboolean vm_vcpu_thread(const Vm *vm, const Root *live, const Plan *plan, guint vcpu,
			pid_t *ret_tid, GError **error)
{
	g_autoptr(GArray) seen = g_array_new(FALSE, FALSE, sizeof(PlacedThread));

	if (!read_threads(live, vm->pid, seen, error) ||
	    !check_complete(seen, vm->pid, plan, error))
		return FALSE;
	for (guint i = 0; i < seen->len; i++) {
		const PlacedThread *thread = &g_array_index(seen, PlacedThread, i);

		if (thread->role == PLACED_VCPU && thread->index == vcpu)
			*ret_tid = thread->thread.tid;
	}
	return TRUE;
}
