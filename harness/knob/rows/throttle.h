/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LATHE_THROTTLE_H
#define LATHE_THROTTLE_H

#include "change.h"
#include "knob.h"
#include "view.h"

/* Whether the host lets a FIFO thread that never sleeps have its planned CPU: HOLDS; BROKEN: it
 * takes time from it; ODD: nobody knows. *ret_why (owned by the caller) of the last two. */
KnobMatch throttle_host_spares(KnobView *host, char **ret_why);

/* TRUE when the kernel is surely older than major.minor; *ret_release is borrowed. */
gboolean throttle_older_than(KnobView *view, guint major, guint minor,
			     const char **ret_release);

/* Of the rows of real-time groups. */
extern const char *const throttle_group_reads[];
void throttle_judge_rt_group(const Knob *knob, KnobView *view, Finding *finding);
void throttle_judge_groups(const Knob *knob, KnobView *view, Finding *finding);
void throttle_change_rt_group(const Knob *knob, KnobView *view, Changes *changes);

#endif
