/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vCPUs against the kernel's own threads on their CPUs. */
#include "priority_judge.h"

#include <sched.h>

#include "change.h"
#include "judge.h"
#include "place.h"
#include "row_threads.h"
#include "service_threads.h"
#include "set.h"

gboolean priority_is_fixed(const KnobThread *thread)
{
	return thread->policy == SCHED_FIFO || thread->policy == SCHED_RR;
}

/* The service thread on a CPU of the vCPU that the vCPU keeps from running, or NULL. */
static const ServiceThread *starved_by(const KnobThread *vcpu, const ServiceThread *weakest)
{
	CPUSET_FOREACH (cpu, vcpu->allowed)
		if (weakest[cpu].known && weakest[cpu].priority <= vcpu->rt_priority)
			return &weakest[cpu];
	return NULL;
}

typedef struct {
	guint seen, compared, above;
	const KnobThread *first; /* of those above */
	const ServiceThread *starved;
} Inversion;

static Inversion compare_all(const GArray *threads, const ServiceThread *weakest)
{
	Inversion all = {0};

	for (guint i = 0; i < threads->len; i++) {
		const KnobThread *thread = &g_array_index(threads, KnobThread, i);
		const ServiceThread *starved;

		if (!row_thread_is_vcpu(thread))
			continue;
		all.seen++;
		if (!priority_is_fixed(thread) || !thread->allowed)
			continue;
		all.compared++;
		starved = starved_by(thread, weakest);
		if (!starved)
			continue;
		all.above++;
		if (!all.first) {
			all.first = thread;
			all.starved = starved;
		}
	}
	return all;
}

void priority_judge_inversion(const Knob *knob, KnobView *view, Finding *finding)
{
	const GArray *threads = row_threads(knob, view, finding);
	const char *choice = knob_view_choice(view, knob->id);
	g_autofree ServiceThread *weakest = NULL;
	Inversion all;

	if (!threads)
		return;
	weakest = service_threads_weakest(threads);
	all = compare_all(threads, weakest);
	if (all.compared == 0) {
		knob_conclude(knob, finding, MATCH_IRRELEVANT,
			      all.seen ? "no vCPU thread has a real-time policy"
				       : "no vCPU thread runs");
		return;
	}
	if (!all.first) {
		knob_conclude(knob, finding, MATCH_HOLDS, "%u vCPU threads compared",
			      all.compared);
		return;
	}
	finding_add_evidence(
		finding, g_strdup(all.first->comm),
		g_strdup_printf("real-time priority %u", all.first->rt_priority),
		g_strdup_printf("below that of %s (%u)", all.starved->comm,
				all.starved->priority));
	knob_conclude(knob, finding,
		      g_strcmp0(choice, "above") == 0 ? MATCH_HOLDS : MATCH_BROKEN,
		      "%s (priority %u, thread %u) keeps %s (%u) from running, and so do "
		      "%u others",
		      all.first->comm, all.first->rt_priority, all.first->tid,
		      all.starved->comm, all.starved->priority, all.above - 1);
}

/* What each CPU's service threads need to go before every vCPU there. */
static guint *find_needed(const GArray *threads)
{
	guint *needed = g_new0(guint, CPUSET_CPUS);

	for (guint i = 0; i < threads->len; i++) {
		const KnobThread *thread = &g_array_index(threads, KnobThread, i);

		if (!row_thread_is_vcpu(thread) || !priority_is_fixed(thread) || !thread->allowed)
			continue;
		CPUSET_FOREACH (cpu, thread->allowed)
			needed[cpu] = MAX(needed[cpu], thread->rt_priority + 1);
	}
	return needed;
}

/* The vCPUs may be others': it is the kernel's threads that are raised. */
static void raise_one(const Knob *knob, const KnobThread *thread, guint needed, Changes *changes)
{
	g_autofree char *place =
		change_thread_place(thread->tid, thread->start_ticks, thread->comm);
	g_autofree char *was = place_thread_value(thread);
	g_autofree char *then = g_strdup_printf("fifo:%u", needed);

	if ((priority_is_fixed(thread) ? thread->rt_priority : 0) >= needed)
		return;
	if (needed > 98)
		changes_add_unchangeable(changes, knob,
					 "%s (%u): a vCPU there has priority %u, and 99 is the "
					 "migration threads'",
					 thread->comm, thread->tid, needed - 1);
	else
		changes_add(changes, knob, CHANGE_SCHEDULING, place, was, then);
}

void priority_change_inversion(const Knob *knob, KnobView *view, Changes *changes)
{
	const GArray *threads = knob_view_threads(view, NULL);
	g_autofree guint *needed = NULL;

	if (!change_judged(knob, view, changes) || !threads)
		return;
	needed = find_needed(threads);
	for (guint i = 0; i < threads->len; i++) {
		const KnobThread *thread = &g_array_index(threads, KnobThread, i);
		int cpu = service_thread_cpu(thread);

		if (cpu >= 0)
			raise_one(knob, thread, needed[cpu], changes);
	}
}
