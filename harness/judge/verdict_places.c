/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verdict_check.h"

#include <string.h>

#include "number.h"

/* "vcpu 3" -> 3. */
static gboolean role_is_vcpu(const char *role, guint *ret)
{
	Span span = span_of(role);
	guint64 vcpu;

	if (!span_take_literal(&span, "vcpu ") ||
	    !span_take_number(&span, PLAN_VCPUS_MAX, &vcpu) || span.at != span.end)
		return FALSE;
	*ret = (guint)vcpu;
	return TRUE;
}

/* Seen against wanted, without believing in_place. Narrower than wanted is in place;
 * where a thread ran last counts for vCPUs only: a worker that has slept since before it
 * was pinned disturbs nobody. */
static gboolean is_in_place(const RunPlace *place, gboolean is_vcpu)
{
	Cpuset allowed, wanted;

	return place->policy && g_strcmp0(place->policy, place->wanted_policy) == 0 &&
	       place->priority == place->wanted_priority &&
	       cpus_of(place->cpus_allowed, &allowed) &&
	       cpus_of(place->wanted_cpus, &wanted) &&
	       cpuset_is_subset(&allowed, &wanted) &&
	       (!is_vcpu || (place->last_cpu < CPUSET_CPUS &&
			     cpuset_contains(&wanted, place->last_cpu)));
}

static gboolean wants_policy(const RunPlace *place, guint fifo_priority)
{
	return g_strcmp0(place->wanted_policy,
			 fifo_priority ? "SCHED_FIFO" : "SCHED_OTHER") == 0 &&
	       place->wanted_priority == fifo_priority;
}

/* Wanted against the plan. */
static gboolean vcpu_as_planned(const Judge *judge, const RunPlace *place, guint vcpu)
{
	Cpuset wanted;

	if (vcpu >= judge->plan->n_vcpus)
		return FALSE;
	return cpus_of(place->wanted_cpus, &wanted) &&
	       cpuset_equal(&wanted, &judge->plan->vcpus[vcpu].cpus) &&
	       wants_policy(place, judge->plan->vcpus[vcpu].fifo_priority);
}

static gboolean other_as_planned(const Judge *judge, const RunPlace *place)
{
	const Plan *plan = judge->plan;
	gboolean demonstration = run_is_demonstration(judge->run);
	Cpuset wanted, allowed = plan->emulator;
	guint priority = 0;

	if (g_str_has_prefix(place->role, "iothread "))
		allowed = plan->iothread;
	else if (strcmp(place->role, "worker") == 0)
		cpuset_union(&allowed, &plan->iothread);
	else if (strcmp(place->role, "emulator") == 0)
		priority = plan->emulator_priority;
	else if (strcmp(place->role, "vhost") != 0 &&
		 strcmp(place->role, "vhost (kernel)") != 0)
		return FALSE;
	return cpus_of(place->wanted_cpus, &wanted) &&
	       cpuset_is_subset(&wanted, &allowed) &&
	       (demonstration || !cpuset_intersects(&wanted, &judge->rt_cpus)) &&
	       wants_policy(place, priority);
}

static void check_place(const Judge *judge, const char *stage, const RunPlace *place,
			gboolean is_vcpu, gboolean as_planned)
{
	if (!as_planned)
		doubt(judge,
		      "stage %s: the place wanted for the VM's thread '%s' (%s %u on "
		      "CPUs %s) "
		      "is not the plan's",
		      stage, place->role, shown(place->wanted_policy),
		      place->wanted_priority, shown(place->wanted_cpus));
	if (!place->in_place || !is_in_place(place, is_vcpu))
		doubt(judge,
		      "stage %s: the VM's thread '%s' (%s) was away from its place: %s "
		      "%u on "
		      "CPUs %s, last on %u; wanted %s %u on CPUs %s",
		      stage, place->role, shown(place->comm), shown(place->policy),
		      place->priority, shown(place->cpus_allowed), place->last_cpu,
		      shown(place->wanted_policy), place->wanted_priority,
		      shown(place->wanted_cpus));
}

void judge_tids(const Judge *judge, const RunStage *stage)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_int64_hash, g_int64_equal);

	for (guint i = 0; i < stage->vms->len; i++) {
		const RunMeasured *measured = stage->vms->pdata[i];
		Judge one = judge_of_id(judge, measured->vm);

		for (guint k = 0; k < measured->places->len; k++) {
			RunPlace *place = measured->places->pdata[k];

			if (!g_hash_table_add(seen, &place->tid))
				doubt(&one,
				      "stage %s: thread %" G_GINT64_FORMAT " ('%s') of the host is "
				      "there twice", stage->name, place->tid, place->role);
		}
	}
}

void judge_places(const Judge *judge, const StageEvidence *evidence)
{
	const GPtrArray *places = evidence->measured->places;
	const char *name = evidence->wanted->name;
	guint emulators = 0, iothreads = 0;
	Cpuset seen = {0};

	if (!judge->plan)
		return;
	for (guint i = 0; i < places->len; i++) {
		const RunPlace *place = places->pdata[i];
		guint vcpu;

		if (!role_is_vcpu(place->role, &vcpu)) {
			emulators += strcmp(place->role, "emulator") == 0;
			iothreads += g_str_has_prefix(place->role, "iothread ");
			check_place(judge, name, place, FALSE,
				    other_as_planned(judge, place));
			continue;
		}
		if (cpuset_contains(&seen, vcpu))
			doubt(judge, "stage %s: two threads of the VM are vCPU %u", name,
			      vcpu);
		cpuset_add(&seen, vcpu);
		check_place(judge, name, place, TRUE,
			    vcpu_as_planned(judge, place, vcpu));
	}
	for (guint vcpu = 0; vcpu < judge->plan->n_vcpus; vcpu++)
		if (!cpuset_contains(&seen, vcpu))
			doubt(judge,
			      "stage %s: where the thread of vCPU %u was at the end is "
			      "not known",
			      name, vcpu);
	if (emulators == 0)
		doubt(judge,
		      "stage %s: where the emulator's thread was at the end is not known",
		      name);
	/* The guest that lathe built has one; who configures a VM may have it have none. Workers
	 * come and go. */
	if (iothreads == 0 && !judge->vm->uuid)
		doubt(judge, "stage %s: where the IOThread was at the end is not known",
		      name);
}
