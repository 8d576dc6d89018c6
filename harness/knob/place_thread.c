/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel threads by name, and services by what of them runs or is enabled. */
#include <errno.h>
#include <fnmatch.h>
#include <sched.h>
#include <string.h>

#include "place.h"

static const char *policy_word(guint policy)
{
	switch (policy) {
	case SCHED_FIFO:
		return "fifo";
	case SCHED_RR:
		return "rr";
	case SCHED_OTHER:
		return "other";
	case SCHED_BATCH:
		return "batch";
	case SCHED_IDLE:
		return "idle";
	case 6: /* SCHED_DEADLINE, which older headers lack */
		return "deadline";
	default:
		return "unknown";
	}
}

char *place_thread_value(const KnobThread *thread)
{
	return g_strdup_printf("%s:%u", policy_word(thread->policy), thread->rt_priority);
}

static void no_threads(const Knob *knob, KnobView *view, Tally *tally, int errnum)
{
	tally_match(tally, MATCH_ODD, "proc", NULL, -1, knob->text,
		    knob_view_no_threads(view, errnum));
}

void place_thread(const Knob *knob, KnobView *view, Tally *tally)
{
	int errnum = 0;
	const GArray *threads = knob_view_threads(view, &errnum);
	gboolean found = FALSE, any = FALSE;

	for (guint i = 0; threads && i < threads->len; i++) {
		const KnobThread *thread = &g_array_index(threads, KnobThread, i);
		g_autofree char *value = NULL;

		any = any || thread->kernel_thread;
		if (!thread->kernel_thread || fnmatch(knob->path, thread->comm, 0) != 0)
			continue;
		found = TRUE;
		value = place_thread_value(thread);
		tally_value(tally, thread->comm, value, -1);
	}
	if (!threads)
		no_threads(knob, view, tally, errnum);
	else if (!any)
		tally_match(tally, MATCH_ODD, "proc", NULL, -1, knob->text,
			    "no kernel thread is to be seen: a PID namespace hides them");
	else if (!found)
		tally_errno(tally, knob->path, ENOENT, -1);
}

/* comm holds 15 bytes of a program's name (TASK_COMM_LEN). */
static const KnobThread *find_process(const GArray *threads, const char *name)
{
	g_autofree char *comm = g_strndup(name, 15);

	for (guint i = 0; i < threads->len; i++) {
		const KnobThread *thread = &g_array_index(threads, KnobThread, i);

		if (thread->pid == thread->tid && !thread->kernel_thread &&
		    strcmp(thread->comm, comm) == 0)
			return thread;
	}
	return NULL;
}

/* systemd enables a unit by a link in another unit's .wants (systemctl enable). NULL with
 * *ret_errno when nobody can tell. */
static const char *unit_state(KnobView *view, const char *unit, int *ret_errno)
{
	static const char *const folders[] = {"etc/systemd/system", "usr/lib/systemd/system",
					      "lib/systemd/system", NULL};
	g_autofree char *wants = g_strconcat("etc/systemd/system/*.wants/", unit, NULL);
	int errnum;

	if (knob_view_glob(view, wants)->len > 0)
		return "enabled";
	errnum = knob_view_glob_errno(view, wants);
	/* A tree of others' may hold the unit and not the link, or neither. */
	if (errnum != ENOENT || !knob_view_complete(view)) {
		*ret_errno = errnum;
		return NULL;
	}
	for (guint i = 0; folders[i]; i++) {
		g_autofree char *path = g_strconcat(folders[i], "/", unit, NULL);

		if (knob_view_exists(view, path))
			return "disabled";
	}
	return "absent";
}

/* sd_booted(3): without systemd nothing starts what a link enables. */
static gboolean systemd_runs(KnobView *view)
{
	return !knob_view_complete(view) || knob_view_exists(view, "run/systemd/system");
}

static void judge_timer(KnobView *view, Tally *tally, const char *unit)
{
	int errnum = 0;
	const char *state = unit_state(view, unit, &errnum);

	if (!systemd_runs(view))
		tally_match(tally, MATCH_IRRELEVANT, unit, NULL, -1, NULL,
			    "systemd does not run here: run/systemd/system is absent");
	else if (state)
		tally_value(tally, unit, state, -1);
	else
		tally_errno(tally, unit, errnum, -1);
}

/* What runs is seen among the threads, whatever is known of its unit. */
static void judge_unit(KnobView *view, Tally *tally, const GArray *threads, const char *unit)
{
	g_autofree char *name = g_strdup(unit);
	char *dot = strrchr(name, '.');
	const KnobThread *process;
	int errnum = 0;

	if (dot && strcmp(dot, ".timer") == 0) {
		judge_timer(view, tally, unit);
		return;
	}
	if (dot)
		*dot = '\0';
	process = find_process(threads, name);
	if (process) {
		g_autofree char *place = g_strdup_printf("%s (process %u)", unit, process->pid);

		tally_value(tally, place, "running", -1);
	} else {
		const char *state = unit_state(view, unit, &errnum);

		tally_value(tally, unit, g_strcmp0(state, "absent") == 0 ? state : "stopped", -1);
	}
}

void place_service(const Knob *knob, KnobView *view, Tally *tally)
{
	int errnum = 0;
	const GArray *threads = knob_view_threads(view, &errnum);
	g_auto(GStrv) units = g_strsplit(knob->path, " ", -1);

	if (!threads) {
		no_threads(knob, view, tally, errnum);
		return;
	}
	for (char **unit = units; *unit; unit++)
		judge_unit(view, tally, threads, *unit);
}
