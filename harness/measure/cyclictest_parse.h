/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the readers of cyclictest's text, JSON and live lines share. Private to them;
 * everyone else includes cyclictest.h.
 */
#ifndef LATHE_CYCLICTEST_PARSE_H
#define LATHE_CYCLICTEST_PARSE_H

#include <glib.h>

#include "cyclictest.h"
#include "number.h"

/* HIST_MAX of cyclictest.c: a larger -h is cut to this. */
#define CYCLICTEST_CELLS_MAX 1000000

/* The most threads believed: one per CPU a kernel can have. */
#define CYCLICTEST_THREADS_MAX CPUSET_CPUS

CyclictestResult *cyclictest_result_new(guint64 unit_ns);

/* Appends thread number `threads->len`; the result owns it. */
CyclictestThread *cyclictest_result_add(CyclictestResult *result);

/* Skips terminal control sequences (ESC [ ... letter), which precede lines without -q. */
void cyclictest_skip_escapes(Span *span);

/* min, avg and max as cyclictest has them, in units of unit_ns. FALSE when one does not
 * fit in a gint64 of ns: a negative number printed as unsigned. */
gboolean cyclictest_thread_set(CyclictestThread *thread, guint64 unit_ns, guint64 min,
			       guint64 avg, guint64 max, GError **error);

/*
 * The numbers of one thread against each other (errors do not name the thread): min <=
 * avg <= max, and min and max against the first and the last row. A thread without
 * samples gets min, avg and max 0 and max_known FALSE in place of cyclictest's start
 * values. Sets `samples` from the histogram when they are not known yet.
 */
gboolean cyclictest_thread_check(CyclictestThread *thread, GError **error);

#endif
