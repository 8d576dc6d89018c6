/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "start_check.h"

#include <string.h>

#include "argv.h"
#include "error.h"
#include "escape.h"
#include "placement.h"
#include "proc.h"

static gboolean check_argv(const Started *started, GError **error)
{
	const DomainHardware *hardware = started->hardware;
	ArgvAsked asked = {.accel = g_strcmp0(hardware->type, "kvm") == 0 ? ACCEL_KVM : ACCEL_TCG,
			   .n_vcpus = hardware->vcpus,
			   .memory_kib = hardware->memory_kib,
			   .lock_memory = hardware->memory_locked,
			   .iothreads = hardware->iothreads};
	g_auto(GStrv) argv = proc_argv(started->root, started->start->pid, error);

	if (!argv)
		return FALSE;
	if (!argv[0])
		return lathe_error(error, LATHE_ERROR_GUEST, "QEMU process %d has ended",
				   started->start->pid);
	argv_check_asked((const char *const *)argv, &asked, started->start->deviations);
	return TRUE;
}

static void add_astray(GPtrArray *deviations, const PlacedThread *thread)
{
	g_autofree char *comm = escape_text(thread->thread.comm, -1);
	g_autofree char *seen = cpulist_format(&thread->thread.allowed);
	g_autofree char *wanted = cpulist_format(&thread->wanted);

	g_ptr_array_add(deviations,
			g_strdup_printf("thread %d (%s) is %s %u on CPU %s; planned is %s %u on "
					"CPU %s",
					thread->thread.tid, comm,
					proc_policy_name(thread->thread.policy),
					thread->thread.rt_priority, seen,
					proc_policy_name(thread->wanted_policy),
					thread->wanted_priority, wanted));
}

/* A vCPU without a thread is one that nobody planned for. */
static void check_vcpus(const Started *started, const GArray *threads)
{
	guint vcpus = 0;

	for (guint i = 0; i < threads->len; i++)
		vcpus += g_array_index(threads, PlacedThread, i).role == PLACED_VCPU;
	if (vcpus != started->plan->n_vcpus)
		g_ptr_array_add(started->start->deviations,
				g_strdup_printf("QEMU has threads of %u vCPUs; planned are %u",
						vcpus, started->plan->n_vcpus));
}

static gboolean check_threads(const Started *started, GError **error)
{
	Start *start = started->start;
	g_autoptr(GArray) threads = NULL;

	if (!started->plan)
		return TRUE;
	if (!placement_move_workers(started->root, start->pid, started->plan, error))
		return FALSE;
	threads = placement_threads(started->root, start->pid, started->plan, error);
	if (!threads)
		return FALSE;
	start->threads = threads->len;
	check_vcpus(started, threads);
	for (guint i = 0; i < threads->len; i++)
		if (!g_array_index(threads, PlacedThread, i).in_place)
			add_astray(start->deviations, &g_array_index(threads, PlacedThread, i));
	return TRUE;
}

gboolean start_check(const Started *started, GError **error)
{
	return check_argv(started, error) && check_threads(started, error);
}
