/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What keeps threads and the scheduler's balancing off the planned CPUs without a reboot. */
#include <errno.h>
#include <string.h>

#include "choice.h"
#include "cpulist.h"
#include "isolate.h"
#include "movable.h"
#include "set.h"
#include "words.h"

#define HOUSEKEEPING ISOLATE_V1 "/" CPUSET_HOUSEKEEPING
#define PARTITION    ISOLATE_V2 "/" CPUSET_PARTITION

gboolean isolate_has_v1(KnobView *view)
{
	return knob_view_exists(view, ISOLATE_V1_BALANCE);
}

gboolean isolate_has_v2(KnobView *view)
{
	return words_contain(knob_view_line(view, ISOLATE_V2_CONTROLLERS, NULL), " ", "cpuset");
}

/* A cpuset of that name with other CPUs is left alone: nobody knows whose it is. FALSE then. */
static gboolean add_cpuset(const Knob *knob, KnobView *view, Changes *changes)
{
	g_autofree char *cpus = cpulist_format(knob_view_housekeeping(view));
	const char *now = knob_view_line(view, HOUSEKEEPING "/cpuset.cpus", NULL);

	if (now && strcmp(now, cpus) != 0) {
		changes_add_unchangeable(changes, knob,
					 "%s is there already, with CPUs '%s' instead of '%s'",
					 HOUSEKEEPING, now, cpus);
		return FALSE;
	}
	if (!changes_have(changes, CHANGE_CPUSET, HOUSEKEEPING))
		changes_add(changes, knob, CHANGE_CPUSET, HOUSEKEEPING, now ? now : "absent", cpus);
	return TRUE;
}

static gboolean has_housekeeping(const Knob *knob, KnobView *view, Changes *changes)
{
	if (knob_view_online_known(view) && cpuset_count(knob_view_planned(view)) > 0 &&
	    cpuset_count(knob_view_housekeeping(view)) > 0)
		return TRUE;
	changes_add_unchangeable(changes, knob, "no CPU is planned, or none is left for the rest");
	return FALSE;
}

/* ---- the scheduler's balancing ---------------------------------------------------------- */

void change_load_balance(const Knob *knob, KnobView *view, Changes *changes)
{
	g_autofree char *why = NULL;
	const char *now;

	if (isolate_state(view, &why) == MATCH_HOLDS ||
	    !has_housekeeping(knob, view, changes))
		return;
	if (!isolate_has_v1(view)) {
		changes_add_unchangeable(changes, knob, "%s",
					 isolate_has_v2(view)
						 ? "cgroup v2 does it with a partition: --choose "
						   "cpu.partition=isolated"
						 : "no cpuset controller is mounted");
		return;
	}
	now = knob_view_line(view, ISOLATE_V1_BALANCE, NULL);
	if (now && strcmp(now, "1") == 0 && add_cpuset(knob, view, changes))
		changes_add(changes, knob, CHANGE_FILE, ISOLATE_V1_BALANCE, now, "0");
	else
		changes_add_unchangeable(changes, knob, "%s", why);
}

void change_partition(const Knob *knob, KnobView *view, Changes *changes)
{
	const char *choice = knob_view_choice(view, knob->id);
	g_autofree char *cpus = cpulist_format(knob_view_planned(view));
	g_autofree char *then = g_strdup_printf("%s %s", cpus, choice);
	const char *now = knob_view_line(view, PARTITION "/cpuset.cpus.partition", NULL);
	const char *control = knob_view_line(view, ISOLATE_V2_CONTROL, NULL);

	if (strcmp(choice, "isolated") != 0 && strcmp(choice, "root") != 0) {
		if (now && strcmp(now, choice) != 0)
			changes_add_unchangeable(changes, knob, "%s is there already: '%s'",
						 PARTITION, now);
		return;
	}
	if (!isolate_has_v2(view) || !control) {
		changes_add_unchangeable(changes, knob, "cgroup v2 has no cpuset controller here");
		return;
	}
	if (now && strcmp(now, choice) == 0)
		return;
	if (now) {
		changes_add_unchangeable(changes, knob, "%s is there already: '%s'", PARTITION,
					 now);
		return;
	}
	if (!has_housekeeping(knob, view, changes))
		return;
	changes_add(changes, knob, CHANGE_CONTROLLER, ISOLATE_V2_CONTROL " cpuset",
		    words_contain(control, " ", "cpuset") ? "on" : "off", "on");
	changes_add(changes, knob, CHANGE_CPUSET, PARTITION, "absent", then);
}

/* ---- threads ---------------------------------------------------------------------------- */

/* Threads that stay, for one reason; names of the first ones. */
typedef struct {
	guint n;
	GString *names;
} Stay;

static void stay_add(Stay *stay, const KnobThread *thread)
{
	enum { NAMES_MAX = 5 };

	if (stay->n++ < NAMES_MAX)
		g_string_append_printf(stay->names, "%s%s (%u)", stay->n > 1 ? ", " : "",
				       thread->comm, thread->tid);
	else if (stay->n == NAMES_MAX + 1)
		g_string_append(stay->names, ", ...");
}

/* What may run on a planned CPU and stays. The threads that the kernel bound are no news: they are
 * where they must be. */
static const char *const stay_reasons[] = {
	[MOVABLE_KERNEL_CHOSE] = "left where the kernel wants them",
	[MOVABLE_USER_CHOSE] = "left alone, since a kernel before 6.2 would forget the CPUs that "
			       "were chosen for them",
	[MOVABLE_VM] = "left alone, of VMs that lathe did not start (--force moves them)",
};

static void tell_who_stays(const Knob *knob, const GArray *threads, const MovableRules *rules,
			   const Cpuset *planned, Changes *changes)
{
	for (guint reason = 0; reason < G_N_ELEMENTS(stay_reasons); reason++) {
		g_autoptr(GString) names = g_string_new(NULL);
		Stay stay = {0, names};

		for (guint i = 0; stay_reasons[reason] && i < threads->len; i++) {
			const KnobThread *thread = &g_array_index(threads, KnobThread, i);

			if (thread->allowed && cpuset_intersects(thread->allowed, planned) &&
			    movable(rules, thread) == reason)
				stay_add(&stay, thread);
		}
		if (stay.n > 0)
			changes_add_unchangeable(changes, knob, "%u thread%s %s: %s", stay.n,
						 stay.n == 1 ? "" : "s", stay_reasons[reason],
						 names->str);
	}
}

static gboolean any_moves(const GArray *threads, const MovableRules *rules)
{
	for (guint i = 0; i < threads->len; i++)
		if (movable(rules, &g_array_index(threads, KnobThread, i)) == MOVABLE)
			return TRUE;
	return FALSE;
}

void change_stray(const Knob *knob, KnobView *view, Changes *changes)
{
	int errnum = 0;
	const GArray *threads = knob_view_threads(view, &errnum);
	g_autoptr(GHashTable) vms = threads ? movable_vms(threads) : NULL;
	MovableRules rules = {.vms = vms, .force = changes->force};
	const char *inside = knob_view_read(view, HOUSEKEEPING "/tasks", NULL);

	if (!threads) {
		changes_add_unchangeable(changes, knob, "%s", knob_view_no_threads(view, errnum));
		return;
	}
	if (!has_housekeeping(knob, view, changes))
		return;
	rules.all = *knob_view_online(view);
	rules.housekeeping = *knob_view_housekeeping(view);
	rules.remembered = movable_remembered(
		knob_view_line(view, "proc/sys/kernel/osrelease", NULL));
	tell_who_stays(knob, threads, &rules, knob_view_planned(view), changes);
	if (!any_moves(threads, &rules) || (inside && *inside))
		return;
	if (!isolate_has_v1(view))
		changes_add_unchangeable(changes, knob, "%s",
					 "threads are moved by a cpuset of cgroup v1, which is not "
					 "mounted here");
	else if (add_cpuset(knob, view, changes))
		changes_add(changes, knob, CHANGE_TASKS, HOUSEKEEPING, "out",
			    changes->force ? "in, with VMs" : "in");
}
