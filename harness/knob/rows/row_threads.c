/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "row_threads.h"

#include <fnmatch.h>

#include "judge.h"

const GArray *row_threads(const Knob *knob, KnobView *view, Finding *finding)
{
	int errnum = 0;
	const GArray *threads = knob_view_threads(view, &errnum);

	if (threads && threads->len > 0)
		return threads;
	if (threads)
		knob_conclude(knob, finding, MATCH_ODD, "proc shows no thread at all");
	else
		knob_conclude(knob, finding, MATCH_ODD, "the threads could not be listed: %s",
			      knob_view_no_threads(view, errnum));
	return NULL;
}

gboolean row_thread_is_vcpu(const KnobThread *thread)
{
	return g_str_has_prefix(thread->role, "vcpu") ||
	       (!thread->kernel_thread && fnmatch("CPU */KVM", thread->comm, 0) == 0);
}
