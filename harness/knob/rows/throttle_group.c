/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups with real-time run time of their own (CONFIG_RT_GROUP_SCHED): where there is
 * none, the kernel refuses SCHED_FIFO. A new group has none, whatever the one above it
 * has. */
#include <errno.h>
#include <string.h>

#include "judge.h"
#include "kernel_cmdline.h"
#include "set.h"
#include "throttle.h"
#include "words.h"

#define RELEASE    "proc/sys/kernel/osrelease"
#define RT_RUNTIME "proc/sys/kernel/sched_rt_runtime_us"
#define CGROUP_2   "sys/fs/cgroup/cgroup.subtree_control"
#define CGROUP_1   "sys/fs/cgroup/"
#define RUNTIME    "cpu.rt_runtime_us"
#define PERIOD     "cpu.rt_period_us"

#define NO_CPU "leave cpu out of cgroup_controllers in /etc/libvirt/qemu.conf"

/* Those above come first. A vCPU's group is machine/qemu-1-vm.libvirt-qemu/vcpu0, or
 * machine.slice/machine-qemu\x2d1\x2dvm.scope/libvirt/vcpu0; a partition of the user's is
 * one more. Those beside them count as well: what they have is not to be had. */
#define BELOW_ROOT CGROUP_1 "cpu*/*/"
#define OF_VMS     CGROUP_1 "cpu*/machine*/*/"
static const char *const levels[] = {
	CGROUP_1 "cpu*/" RUNTIME, BELOW_ROOT RUNTIME,    OF_VMS RUNTIME,
	OF_VMS "*/" RUNTIME,      OF_VMS "*/*/" RUNTIME, OF_VMS "*/*/*/" RUNTIME,
};

const char *const throttle_group_reads[] = {
	RT_RUNTIME,
	"proc/cmdline",
	RELEASE,
	"boot/config-*",
	"lib/modules/*/config",
	"usr/lib/modules/*/config",
	"proc/config.gz",
	CGROUP_1 "cpu*/" RUNTIME,
	CGROUP_1 "cpu*/" PERIOD,
	BELOW_ROOT RUNTIME,
	BELOW_ROOT PERIOD,
	OF_VMS RUNTIME,
	OF_VMS PERIOD,
	OF_VMS "*/" RUNTIME,
	OF_VMS "*/" PERIOD,
	OF_VMS "*/*/" RUNTIME,
	OF_VMS "*/*/" PERIOD,
	OF_VMS "*/*/*/" RUNTIME,
	OF_VMS "*/*/*/" PERIOD,
	CGROUP_2,
	NULL,
};

/* "y", "n", or NULL when it cannot be known. The parameter is younger (6.16) than the
 * option; the file shows the option without any configuration. */
static const char *groups_in_use(KnobView *view)
{
	const KernelCmdline *cmdline = knob_view_cmdline(view, NULL);
	const char *given = cmdline ? kernel_cmdline_last(cmdline, "rt_group_sched")
				    : NULL;
	const char *built = knob_view_kconfig(view, "RT_GROUP_SCHED", NULL);
	const char *off =
		knob_view_kconfig(view, "RT_GROUP_SCHED_DEFAULT_DISABLED", NULL);

	const char *release = knob_view_line(view, RELEASE, NULL);

	if (built && strcmp(built, "n") == 0)
		return "n";
	/* What an older kernel does not know changes nothing there. */
	if (given && throttle_older_than(view, 6, 16, &release))
		given = NULL;
	if (given && (strcmp(given, "0") == 0 || strcmp(given, "off") == 0))
		return release ? "n" : NULL;
	if (off && strcmp(off, "y") == 0 && !given)
		return "n";
	if (built ||
	    knob_view_glob(view, "sys/fs/cgroup/cpu*/cpu.rt_runtime_us")->len > 0)
		return "y";
	return NULL;
}

/* ---- the groups of cgroup 1 ---- */

typedef struct Group {
	struct Group *above; /* NULL: the root */
	char *path;          /* of its run time */
	gint64 runtime;      /* -1: as long as the period */
	gint64 period;
	gint64 given;   /* what those below it have, in its own period */
	guint waiting;  /* VMs' groups below it that have none */
	gboolean of_vm; /* a VM is in it, or below it */
	int errnum;     /* of reading it */
} Group;

static void group_free(gpointer data)
{
	Group *group = data;

	g_free(group->path);
	g_free(group);
}

static void read_group(KnobView *view, Group *group, const char *directory)
{
	g_autofree char *period = g_strconcat(directory, "/" PERIOD, NULL);

	if (!knob_view_number(view, group->path, -1, G_MAXINT32, &group->runtime,
			      &group->errnum))
		return;
	if (!knob_view_number(view, period, 1, G_MAXINT32, &group->period,
			      &group->errnum))
		return;
	if (group->runtime < 0)
		group->runtime = group->period;
	else if (group->runtime > group->period)
		group->errnum = ERANGE;
}

/* In another period the same share; rounded up, or down. Both factors fit into 32 bits.
 */
static gint64 share_in(gint64 runtime, gint64 period, gint64 in, gboolean up)
{
	return (runtime * in + (up ? period - 1 : 0)) / period;
}

/* libvirt names a VM's group after its driver, on both kinds of hosts. */
static gboolean names_vm(const char *path, const char *hierarchy)
{
	const char *below = strchr(path + strlen(hierarchy), '/');

	return below && strstr(below, "qemu");
}

static void add_group(KnobView *view, const char *path, const char *hierarchy,
		      GPtrArray *groups, GHashTable *by_directory)
{
	g_autofree char *directory = g_path_get_dirname(path);
	g_autofree char *above = g_path_get_dirname(directory);
	Group *group = g_new0(Group, 1);

	group->path = g_strdup(path);
	group->above = g_hash_table_lookup(by_directory, above);
	read_group(view, group, directory);
	g_ptr_array_add(groups, group);
	g_hash_table_insert(by_directory, g_steal_pointer(&directory), group);
	if (g_str_has_prefix(path + strlen(hierarchy), "machine") &&
	    names_vm(path, hierarchy))
		for (Group *at = group; at && !at->of_vm; at = at->above)
			at->of_vm = TRUE;
}

/* Of Group *, those above first. "cpu" may be a link to "cpu,cpuacct": only one of them
 * counts. */
static GPtrArray *find_groups(KnobView *view)
{
	GPtrArray *groups = g_ptr_array_new_with_free_func(group_free);
	g_autoptr(GHashTable) by_directory =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autofree char *hierarchy = NULL;

	for (guint i = 0; i < G_N_ELEMENTS(levels); i++) {
		const GPtrArray *paths = knob_view_glob(view, levels[i]);

		for (guint j = 0; j < paths->len; j++) {
			const char *path = paths->pdata[j];
			const char *end = strchr(path + strlen(CGROUP_1), '/') + 1;

			if (!hierarchy)
				hierarchy = g_strndup(path, (gsize)(end - path));
			if (g_str_has_prefix(path, hierarchy))
				add_group(view, path, hierarchy, groups, by_directory);
		}
	}
	return groups;
}

static void judge_group_files(const Knob *knob, KnobView *view, Finding *finding,
			      const GPtrArray *groups)
{
	gboolean any = FALSE;

	for (guint i = 0; i < groups->len; i++) {
		const Group *group = groups->pdata[i];

		if (!group->of_vm)
			continue;
		if (group->errnum) {
			knob_conclude_errno(knob, view, finding, group->path,
					    group->errnum);
			return;
		}
		finding_add_evidence(finding, g_strdup(group->path),
				     g_strdup_printf("%" G_GINT64_FORMAT, group->runtime),
				     g_strdup("more than 0"));
		if (group->runtime == 0) {
			knob_conclude(
				knob, finding, MATCH_BROKEN,
				"%s is 0: no thread of that group can become SCHED_FIFO",
				group->path);
			return;
		}
		any = TRUE;
	}
	if (any)
		knob_conclude(knob, finding, MATCH_HOLDS,
			      "the groups of running VMs have real-time run time");
	else
		knob_conclude(
			knob, finding, MATCH_BROKEN,
			"CONFIG_RT_GROUP_SCHED with cgroup 1: a group that libvirt makes "
			"starts without real-time run time");
}

void throttle_judge_rt_group(const Knob *knob, KnobView *view, Finding *finding)
{
	g_autoptr(GPtrArray) groups = find_groups(view);
	const char *used = groups_in_use(view);
	const char *controllers;
	gint64 runtime;
	int errnum = 0;

	if (!used) {
		knob_conclude(
			knob, finding, MATCH_ODD,
			"nothing says whether this kernel has CONFIG_RT_GROUP_SCHED");
	} else if (strcmp(used, "n") == 0) {
		knob_conclude(knob, finding, MATCH_HOLDS,
			      "the kernel has no real-time groups");
	} else if (knob_view_number(view, RT_RUNTIME, -1, G_MAXINT32, &runtime, NULL) &&
		   runtime == -1) {
		/* rt_bandwidth_enabled() in kernel/sched: then no group is asked. */
		knob_conclude(knob, finding, MATCH_HOLDS,
			      "%s is -1: groups are not asked", RT_RUNTIME);
	} else if (groups->len > 0) {
		judge_group_files(knob, view, finding, groups);
	} else if (!(controllers = knob_view_line(view, CGROUP_2, &errnum))) {
		knob_conclude_errno(knob, view, finding, CGROUP_2, errnum);
	} else if (words_contain(controllers, " \t\n", "cpu")) {
		knob_conclude(knob, finding, MATCH_BROKEN,
			      "CONFIG_RT_GROUP_SCHED and cgroup 2's cpu controller: "
			      "groups have "
			      "no real-time run time, and none can be given");
	} else {
		knob_conclude(knob, finding, MATCH_HOLDS,
			      "cgroup 2's cpu controller is off");
	}
}

void throttle_judge_groups(const Knob *knob, KnobView *view, Finding *finding)
{
	const char *used = groups_in_use(view);

	finding_add_evidence(finding, g_strdup("CONFIG_RT_GROUP_SCHED, rt_group_sched="),
			     g_strdup(used), g_strdup("n"));
	if (!used)
		knob_conclude(
			knob, finding, MATCH_ODD,
			"nothing says whether this kernel has CONFIG_RT_GROUP_SCHED");
	else if (strcmp(used, "n") == 0)
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
	else
		knob_conclude(knob, finding, MATCH_BROKEN,
			      "the kernel gives real-time run time to groups");
}

/* ---- run time for those that have none ---- */

/* The other row's change: then no group is asked. */
static gboolean is_switched_off(const Changes *changes)
{
	for (guint i = 0; i < changes->changes->len; i++) {
		const Change *change = changes->changes->pdata[i];

		if (change->kind == CHANGE_FILE && strcmp(change->place, RT_RUNTIME) == 0)
			return strcmp(change->then, "-1") == 0;
	}
	return FALSE;
}

/* What is unknown of a group is unknown of what the one above it has left. */
static void count_given(const GPtrArray *groups)
{
	for (guint i = 0; i < groups->len; i++) {
		const Group *group = groups->pdata[i];
		Group *above = group->above;

		if (!above || above->errnum)
			continue;
		if (group->errnum)
			above->errnum = group->errnum;
		else if (group->runtime > 0)
			above->given += share_in(group->runtime, group->period,
						 above->period, TRUE);
		else if (group->of_vm)
			above->waiting++;
	}
}

/* An equal part of what the one above has left. */
static void give(const Knob *knob, Changes *changes, Group *group)
{
	const Group *above = group->above;
	g_autofree char *then = NULL;
	gint64 part;

	if (!above) {
		changes_add_unchangeable(
			changes, knob,
			"%s: nothing is known above it that has any to give",
			group->path);
		return;
	}
	if (above->errnum || group->errnum) {
		changes_add_unchangeable(
			changes, knob, "%s: what is left above it: %s", group->path,
			g_strerror(above->errnum ? above->errnum : group->errnum));
		return;
	}
	part = MAX(above->runtime - above->given, 0) / MAX(above->waiting, 1);
	group->runtime = share_in(part, above->period, group->period, FALSE);
	if (group->runtime == 0) {
		changes_add_unchangeable(changes, knob,
					 "%s: %s has no real-time run time left; " NO_CPU,
					 group->path, above->path);
		return;
	}
	then = g_strdup_printf("%" G_GINT64_FORMAT, group->runtime);
	changes_add(changes, knob, CHANGE_FILE, group->path, "0", then);
}

void throttle_change_rt_group(const Knob *knob, KnobView *view, Changes *changes)
{
	g_autoptr(GPtrArray) groups = NULL;
	gboolean any = FALSE;

	if (!change_judged(knob, view, changes) || is_switched_off(changes))
		return;
	groups = find_groups(view);
	count_given(groups);
	for (guint i = 0; i < groups->len; i++) {
		Group *group = groups->pdata[i];

		if (!group->of_vm)
			continue;
		any = TRUE;
		if (group->runtime == 0)
			give(knob, changes, group);
	}
	if (!any)
		changes_add_unchangeable(
			changes, knob,
			groups->len > 0
				? "no VM runs, and a group that libvirt makes later "
				  "starts with no "
				  "real-time run time, whatever the one above it "
				  "has; " NO_CPU
				: "groups of cgroup 2 have no file for it; " NO_CPU);
}
