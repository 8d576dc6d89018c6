/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "isolate.h"

#include <errno.h>
#include <string.h>

#include "cpulist.h"

#define BOOT	    "sys/devices/system/cpu/isolated"
#define PARTITIONS  ISOLATE_V2 "/cpuset.cpus.isolated"
#define BELOW	    ISOLATE_V1 "/*/cpuset.sched_load_balance"
#define FAR_BELOW   ISOLATE_V1 "/*/*/cpuset.sched_load_balance"
#define CPUS_SUFFIX "/cpuset.cpus"

static KnobMatch why_not(KnobView *view, const char *path, int errnum, char **ret_why)
{
	*ret_why = g_strdup_printf("%s: %s", path,
				   errnum == ERANGE ? "no list of CPUs"
						    : knob_view_strerror(view, errnum));
	return MATCH_ODD;
}

/* "1" or "0" in *ret. */
static gboolean read_switch(KnobView *view, const char *path, gboolean *ret, int *ret_errno)
{
	gint64 value;

	if (!knob_view_number(view, path, 0, 1, &value, ret_errno))
		return FALSE;
	*ret = value == 1;
	return TRUE;
}

/* The name of a cpuset whose switch is at `path`. */
static char *name_of(const char *path)
{
	g_autofree char *directory = g_path_get_dirname(path);

	return g_strdup(directory + strlen(ISOLATE_V1));
}

/* A cpuset below the root that may use a planned CPU: balanced, or nobody knows. */
static KnobMatch look_at_child(KnobView *view, const char *path, char **ret_why)
{
	const GPtrArray *far = knob_view_glob(view, FAR_BELOW);
	g_autofree char *directory = g_path_get_dirname(path);
	g_autofree char *list = g_strconcat(directory, CPUS_SUFFIX, NULL);
	g_autofree char *name = name_of(path);
	gsize length = strlen(directory);
	gboolean balanced;
	int errnum = 0;
	Cpuset cpus;

	if (!knob_view_cpulist(view, list, &cpus, &errnum))
		return why_not(view, list, errnum, ret_why);
	if (!cpuset_intersects(&cpus, knob_view_planned(view)))
		return MATCH_HOLDS;
	if (!read_switch(view, path, &balanced, &errnum))
		return why_not(view, path, errnum, ret_why);
	if (balanced) {
		*ret_why = g_strdup_printf("the scheduler balances cpuset %s, which may use "
					   "planned CPUs", name);
		return MATCH_BROKEN;
	}
	for (guint i = 0; i < far->len; i++)
		if (strncmp(far->pdata[i], directory, length) == 0 &&
		    ((const char *)far->pdata[i])[length] == '/') {
			*ret_why = g_strdup_printf("cpuset %s, which may use planned CPUs, has "
						   "others below it", name);
			return MATCH_ODD;
		}
	return MATCH_HOLDS;
}

static KnobMatch look_at_v1(KnobView *view, char **ret_why)
{
	const GPtrArray *below = knob_view_glob(view, BELOW);
	int unlisted = knob_view_glob_errno(view, BELOW);
	gboolean balanced;
	int errnum = 0;

	if (!read_switch(view, ISOLATE_V1_BALANCE, &balanced, &errnum))
		return why_not(view, ISOLATE_V1_BALANCE, errnum, ret_why);
	if (balanced) {
		*ret_why = g_strdup("the scheduler balances all CPUs (" ISOLATE_V1_BALANCE ")");
		return MATCH_BROKEN;
	}
	if (unlisted != 0 && unlisted != ENOENT)
		return why_not(view, BELOW, unlisted, ret_why);
	for (guint i = 0; i < below->len; i++) {
		KnobMatch match = look_at_child(view, below->pdata[i], ret_why);

		if (match != MATCH_HOLDS)
			return match;
	}
	*ret_why = g_strdup("cpusets leave them out of the scheduler's balancing");
	return MATCH_HOLDS;
}

KnobMatch isolate_state(KnobView *view, char **ret_why)
{
	KnobMatch match = MATCH_ODD;
	const char *unplanned = knob_view_unplanned(view, &match);
	Cpuset boot, dynamic;
	int errnum = 0;

	if (!knob_view_cpulist(view, BOOT, &boot, &errnum))
		return why_not(view, BOOT, errnum, ret_why);
	if (unplanned) {
		*ret_why = g_strdup(unplanned);
		return match;
	}
	if (cpuset_is_subset(knob_view_planned(view), &boot)) {
		*ret_why = g_strdup("they are isolated since boot");
		return MATCH_HOLDS;
	}
	if (knob_view_cpulist(view, PARTITIONS, &dynamic, NULL))
		cpuset_union(&boot, &dynamic);
	if (cpuset_is_subset(knob_view_planned(view), &boot)) {
		*ret_why = g_strdup("partitions of cgroup v2 isolate them");
		return MATCH_HOLDS;
	}
	if (isolate_has_v1(view))
		return look_at_v1(view, ret_why);
	if (isolate_has_v2(view)) {
		*ret_why = g_strdup("no partition of cgroup v2 isolates all of them");
		return MATCH_BROKEN;
	}
	*ret_why = g_strdup(knob_view_complete(view)
				    ? "no cpuset controller is mounted: only a boot with "
				      "isolcpus= isolates CPUs"
				    : "the tree does not tell which cpusets there are");
	return knob_view_complete(view) ? MATCH_IRRELEVANT : MATCH_ODD;
}
