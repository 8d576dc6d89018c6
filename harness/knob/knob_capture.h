/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keeps what the table reads: a tree that gives the same findings as the machine did. It is
 * made from the table itself, so that no row can be forgotten.
 */
#ifndef LATHE_KNOB_CAPTURE_H
#define LATHE_KNOB_CAPTURE_H

#include "view.h"

/*
 * Copies below `directory` everything that rows of these scopes read from the view's root,
 * and what is no file on a live machine (view.h, CAPTURE_*). `more`: further patterns, or
 * NULL. A file that is there but cannot be read is noted in CAPTURE_ERRORS. Of a tree that is
 * not whole (knob_view_complete()) comes a capture that does not claim to be.
 */
gboolean knob_capture(KnobView *view, guint scopes, const char *const *more,
		       const char *directory, GError **error);

/* The same for the rows that are judged again after a measurement (Knob.again). */
gboolean knob_capture_again(KnobView *view, guint scopes, const char *const *more,
			    const char *directory, GError **error);

/* Says of a tree that others filled by knob_patterns() or knob_patterns_again() that it
 * is whole. */
gboolean knob_capture_complete(const char *directory, GError **error);

#endif
