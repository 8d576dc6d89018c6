/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kernel threads would have to be. */
#include <fnmatch.h>
#include <string.h>

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
