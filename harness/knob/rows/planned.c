/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "planned.h"

#include <errno.h>
#include <fnmatch.h>

#include "judge.h"
#include "number.h"
#include "place.h"
#include "row_threads.h"

#define CPULIST PLANNED_NODES

gboolean planned_missing(const Knob *knob, KnobView *view, Finding *finding)
{
	KnobMatch match = MATCH_ODD;
	const char *why = knob_view_unplanned(view, &match);

	if (why)
		knob_conclude(knob, finding, match, "%s", why);
	return why != NULL;
}

static void judge_thread(KnobView *view, Tally *tally, const KnobThread *thread)
{
	const Cpuset *planned = knob_view_planned(view);
	g_autofree char *list = cpulist_format(planned);
	g_autofree char *wanted = g_strdup_printf("CPUs other than %s", list);
	g_autofree char *place =
		g_strdup_printf("%s (thread %u)", thread->comm, thread->tid);
	g_autofree char *allowed = NULL;

	if (!thread->allowed || cpuset_count(thread->allowed) == 0) {
		tally_match(tally, MATCH_ODD, place, "an unknown set of CPUs", -1, wanted,
			    NULL);
		return;
	}
	allowed = cpulist_format(thread->allowed);
	tally_match(tally,
		    cpuset_intersects(thread->allowed, planned) ? MATCH_BROKEN
								: MATCH_HOLDS,
		    place, allowed, -1, wanted, NULL);
}

void planned_judge_threads(const Knob *knob, KnobView *view, Finding *finding,
			   const char *glob)
{
	const GArray *threads;
	g_autoptr(Tally) tally = NULL;
	gboolean found = FALSE, any = FALSE;

	if (planned_missing(knob, view, finding))
		return;
	threads = row_threads(knob, view, finding);
	if (!threads)
		return;
	tally = tally_new(knob, view);
	for (guint i = 0; i < threads->len; i++) {
		const KnobThread *thread = &g_array_index(threads, KnobThread, i);

		any = any || thread->kernel_thread;
		if (!thread->kernel_thread || fnmatch(glob, thread->comm, 0) != 0)
			continue;
		found = TRUE;
		judge_thread(view, tally, thread);
	}
	if (!any)
		tally_match(tally, MATCH_ODD, "proc", NULL, -1, NULL,
			    "no kernel thread is to be seen: a PID namespace hides them");
	else if (!found)
		tally_errno(tally, glob, ENOENT, -1);
	tally_finish(tally, finding);
}

gboolean planned_nodes(const Knob *knob, KnobView *view, Finding *finding, Cpuset *ret)
{
	const GPtrArray *paths = knob_view_glob(view, CPULIST);
	int unlisted = knob_view_glob_errno(view, CPULIST);
	Cpuset found = {0}, nodes = {0};

	if (planned_missing(knob, view, finding))
		return FALSE;
	if (unlisted) {
		knob_conclude_errno(knob, view, finding, CPULIST, unlisted);
		return FALSE;
	}
	for (guint i = 0; i < paths->len; i++) {
		const char *path = paths->pdata[i];
		Span span = span_of(path);
		guint64 node;
		Cpuset cpus;
		int errnum = 0;

		if (!span_take_literal(&span, "sys/devices/system/node/node") ||
		    !span_take_number(&span, CPUSET_CPUS - 1, &node))
			continue;
		if (!knob_view_cpulist(view, path, &cpus, &errnum)) {
			knob_conclude(knob, finding, MATCH_ODD, "%s: %s", path,
				      errnum == ERANGE ? "no list of CPUs"
						       : g_strerror(errnum));
			return FALSE;
		}
		cpuset_union(&found, &cpus);
		if (cpuset_intersects(&cpus, knob_view_planned(view)))
			cpuset_add(&nodes, (guint)node);
	}
	if (!cpuset_is_subset(knob_view_planned(view), &found)) {
		knob_conclude(knob, finding, MATCH_ODD,
			      "some planned CPU belongs to no node: it may be offline");
		return FALSE;
	}
	*ret = nodes;
	return TRUE;
}

void planned_keep_common(Cpuset *set, const Cpuset *other)
{
	Cpuset outside = *set;

	cpuset_subtract(&outside, other);
	cpuset_subtract(set, &outside);
}

KnobMatch planned_want_mask_spares(const Knob *knob, KnobView *view,
				   const KnobReading *reading, char **ret_wanted,
				   char **ret_note)
{
	const Cpuset *planned = knob_view_planned(view);
	KnobMatch none = MATCH_ODD;
	const char *unplanned = knob_view_unplanned(view, &none);
	g_autofree char *list = cpulist_format(planned);
	Cpuset cpus;

	(void)knob;
	if (!cpumask_parse(reading->value, CPUSET_CPUS, &cpus, NULL))
		return MATCH_ODD;
	if (unplanned) {
		*ret_note = g_strdup(unplanned);
		return none;
	}
	*ret_wanted = g_strdup_printf("CPUs other than %s", list);
	return cpuset_intersects(&cpus, planned) ? MATCH_BROKEN : MATCH_HOLDS;
}
