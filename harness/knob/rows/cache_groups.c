/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "cache_judge.h"
#include "judge.h"
#include "number.h"
#include "planned.h"
#include "view.h"

#define RESCTRL "sys/fs/resctrl"

void cache_groups_free(CacheGroups *groups)
{
	if (!groups)
		return;
	g_ptr_array_unref(groups->groups);
	g_ptr_array_unref(groups->ours);
	g_free(groups);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ResctrlGroup, resctrl_group_free)

static void group_free(gpointer data)
{
	resctrl_group_free(data);
}

/* "" is the default group, whose files are in the root of the file system. */
static char *file_of(const char *group, const char *file)
{
	return *group ? g_strdup_printf(RESCTRL "/%s/%s", group, file)
		      : g_strdup_printf(RESCTRL "/%s", file);
}

/* NULL with a conclusion. */
static ResctrlGroup *read_group(const Knob *knob, KnobView *view, Finding *finding,
				const char *name)
{
	g_autofree char *schemata = file_of(name, "schemata");
	g_autofree char *cpus = file_of(name, "cpus");
	g_autofree char *mode = file_of(name, "mode");
	g_autoptr(ResctrlGroup) group = g_new0(ResctrlGroup, 1);
	const char *text, *mask;
	int errnum = 0;

	group->name = g_strdup(name);
	group->mode = g_strdup(knob_view_line(view, mode, NULL));
	text = knob_view_read(view, schemata, &errnum);
	if (!text) {
		knob_conclude_errno(knob, view, finding, schemata, errnum);
		return NULL;
	}
	mask = knob_view_line(view, cpus, &errnum);
	if (!mask) {
		knob_conclude_errno(knob, view, finding, cpus, errnum);
		return NULL;
	}
	group->schemata = resctrl_schemata_parse(text, strlen(text), NULL);
	if (!group->schemata || group->schemata->n_resources == 0) {
		knob_conclude(knob, finding, MATCH_ODD, "%s holds no schemata", schemata);
		return NULL;
	}
	if (!cpumask_parse(mask, CPUSET_CPUS, &group->cpus, NULL)) {
		knob_conclude(knob, finding, MATCH_ODD, "%s holds no mask of CPUs", cpus);
		return NULL;
	}
	return g_steal_pointer(&group);
}

/* A group may hold threads instead of CPUs, as libvirt's cachetune makes them: their CPUs
 * are the group's when they may run on planned ones alone. */
static void add_cpus_of_tasks(KnobView *view, const ResctrlGroup *group, Cpuset *into)
{
	g_autofree char *path = file_of(group->name, "tasks");
	const char *text = knob_view_read(view, path, NULL);
	const GArray *threads = text && *text ? knob_view_threads(view, NULL) : NULL;
	g_autoptr(GHashTable) tids = NULL;
	Span span;
	guint64 tid;

	if (!threads)
		return;
	tids = g_hash_table_new(NULL, NULL);
	span = span_of(text);
	while (span_take_number(&span, G_MAXINT32, &tid)) {
		g_hash_table_add(tids, GUINT_TO_POINTER((guint)tid));
		span_take_literal(&span, "\n");
	}
	for (guint i = 0; i < threads->len; i++) {
		const KnobThread *thread = &g_array_index(threads, KnobThread, i);

		if (thread->allowed &&
		    g_hash_table_contains(tids, GUINT_TO_POINTER(thread->tid)) &&
		    cpuset_is_subset(thread->allowed, knob_view_planned(view)))
			cpuset_union(into, thread->allowed);
	}
}

static void find_ours(KnobView *view, CacheGroups *groups)
{
	for (guint i = 1; i < groups->groups->len; i++) {
		ResctrlGroup *group = groups->groups->pdata[i];
		Cpuset cpus = group->cpus;

		add_cpus_of_tasks(view, group, &cpus);
		planned_keep_common(&cpus, knob_view_planned(view));
		if (cpuset_count(&cpus) == 0)
			continue;
		cpuset_union(&groups->covered, &cpus);
		g_ptr_array_add(groups->ours, group);
	}
}

CacheGroups *cache_groups_read(const Knob *knob, KnobView *view, Finding *finding)
{
	g_autoptr(CacheGroups) groups = NULL;
	const GPtrArray *paths;
	ResctrlGroup *group;
	int errnum = 0;

	if (planned_missing(knob, view, finding))
		return NULL;
	if (!knob_view_read(view, RESCTRL "/schemata", &errnum) && errnum == ENOENT &&
	    knob_view_complete(view)) {
		knob_conclude(knob, finding, MATCH_IRRELEVANT,
			      "resctrl is not mounted: " RESCTRL "/schemata is absent");
		return NULL;
	}
	groups = g_new0(CacheGroups, 1);
	groups->groups = g_ptr_array_new_with_free_func(group_free);
	groups->ours = g_ptr_array_new();
	group = read_group(knob, view, finding, "");
	if (!group)
		return NULL;
	g_ptr_array_add(groups->groups, group);
	paths = knob_view_glob(view, RESCTRL "/*/schemata");
	errnum = knob_view_glob_errno(view, RESCTRL "/*/schemata");
	if (errnum && errnum != ENOENT) {
		knob_conclude_errno(knob, view, finding, RESCTRL, errnum);
		return NULL;
	}
	for (guint i = 0; i < paths->len; i++) {
		const char *path = paths->pdata[i];
		g_autofree char *name = g_strndup(path + strlen(RESCTRL "/"),
						  strlen(path) - strlen(RESCTRL "/") -
							  strlen("/schemata"));

		group = read_group(knob, view, finding, name);
		if (!group)
			return NULL;
		g_ptr_array_add(groups->groups, group);
	}
	find_ours(view, groups);
	return g_steal_pointer(&groups);
}
