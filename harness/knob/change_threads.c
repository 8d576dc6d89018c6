/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kernel threads would have to be. */
#include <fnmatch.h>
#include <string.h>

#include "escape.h"
#include "judge.h"
#include "place.h"
#include "set.h"

static void change_one(const Knob *knob, KnobView *view, const KnobThread *thread,
		       Changes *changes)
{
	g_autofree char *value = place_thread_value(thread);
	g_autofree char *wanted = NULL;
	g_autofree char *note = NULL;
	g_autofree char *place = change_thread_place(thread->tid, thread->start_ticks,
						     thread->comm);
	KnobReading reading = {thread->comm, value, -1};

	if (knob->want(knob, view, &reading, &wanted, &note) == MATCH_BROKEN)
		changes_add(changes, knob, CHANGE_SCHEDULING, place, value, knob->to);
}

void change_threads(const Knob *knob, KnobView *view, Changes *changes)
{
	int errnum = 0;
	const GArray *threads = knob_view_threads(view, &errnum);

	if (!threads)
		changes_add_unchangeable(changes, knob, "%s", knob_view_no_threads(view, errnum));
	for (guint i = 0; threads && i < threads->len; i++) {
		const KnobThread *thread = &g_array_index(threads, KnobThread, i);

		if (thread->kernel_thread && fnmatch(knob->path, thread->comm, 0) == 0)
			change_one(knob, view, thread, changes);
	}
}

/* Kernel threads that work for one VM (drivers/vhost/vhost.c, arch/x86/kvm): who started it
 * says where they go. */
static gboolean is_of_vm(const KnobThread *thread)
{
	return g_str_has_prefix(thread->comm, "vhost-") ||
	       g_str_has_prefix(thread->comm, "kvm-pit") ||
	       g_str_has_prefix(thread->comm, "kvm-nx-lpage");
}

/* Why it stays where it is, or NULL. */
static const char *why_not(const KnobThread *thread, gboolean room)
{
	if (thread->bound)
		return "the kernel bound it to CPUs for good";
	if (is_of_vm(thread))
		return "it belongs to a VM";
	return room ? NULL : "no CPU is left for it";
}

static void move_one(const Knob *knob, KnobView *view, const KnobThread *thread, Changes *changes)
{
	g_autofree char *place =
		change_thread_place(thread->tid, thread->start_ticks, thread->comm);
	g_autofree char *was = cpulist_format(thread->allowed);
	g_autofree char *then = NULL;
	Cpuset cpus;
	const char *why = why_not(thread, set_without_planned(view, thread->allowed, &cpus));

	if (why) {
		g_autofree char *name = escape_text(thread->comm, -1);

		changes_add_unchangeable(changes, knob, "%s (%u): %s", name, thread->tid, why);
		return;
	}
	then = cpulist_format(&cpus);
	changes_add(changes, knob, CHANGE_AFFINITY, place, was, then);
}

void change_affinity(const Knob *knob, KnobView *view, Changes *changes, const char *glob,
		     gboolean bound)
{
	const GArray *threads = knob_view_threads(view, NULL);

	if (!change_judged(knob, view, changes))
		return;
	for (guint i = 0; threads && i < threads->len; i++) {
		const KnobThread *thread = &g_array_index(threads, KnobThread, i);

		if (thread->kernel_thread && thread->allowed && (bound || !thread->bound) &&
		    fnmatch(glob, thread->comm, FNM_EXTMATCH) == 0 &&
		    cpuset_intersects(thread->allowed, knob_view_planned(view)))
			move_one(knob, view, thread, changes);
	}
}
