/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values that make a place hold. Each is a KnobSet: it is asked only about a value that does
 * not. `to` is the row's, or its `text` where it has none.
 */
#ifndef LATHE_SET_H
#define LATHE_SET_H

#include "change.h"
#include "knob.h"

/* clang-format off */
#define SET(name) char *name(const Knob *knob, KnobView *view, const KnobReading *reading)

/* `to`, or the first of its words, '|' between them. */
SET(set_text);
/* What the profile chose of a policy row: only then is it changed. */
SET(set_choice);
/* The nearer one of the row's `min` and `max`. */
SET(set_number);
/* `text` "on" or "off", in the words that the kernel uses there: Y and N, or 1 and 0. */
SET(set_switch);
/* What the file beside it, whose name is `to`, holds. */
SET(set_as_beside);
/* The CPUs that it holds without the planned ones; when none is left, those for housekeeping;
 * as the mask that the kernel prints, with as many digits. */
SET(set_mask_without_planned);
/* The same as a cpulist. */
SET(set_list_without_planned);
#undef SET
/* clang-format on */

/* For KnobChange functions of computed rows: whether the row is broken. What cannot be judged is
 * unchangeable, with the reason. */
gboolean change_judged(const Knob *knob, KnobView *view, Changes *changes);

/* Kernel threads whose name matches the glob, "!(irq/STAR)" among them (FNM_EXTMATCH), leave the
 * planned CPUs; `bound`: those that the kernel bound are told of. */
void change_affinity(const Knob *knob, KnobView *view, Changes *changes, const char *glob,
		     gboolean bound);

/* The set as a mask with as many digits as `like` has; NULL when it does not fit. Owned by the
 * caller. */
char *set_mask_like(const char *like, const Cpuset *set);

/* Threads of a PLACE_THREAD row whose scheduling does not hold get `to` ("fifo:2"). */
void change_threads(const Knob *knob, KnobView *view, Changes *changes);

/* Takes the planned CPUs out of the scheduler's balancing: a cpuset of v1 beside them. */
void change_load_balance(const Knob *knob, KnobView *view, Changes *changes);
/* A partition of v2, as it was chosen. */
void change_partition(const Knob *knob, KnobView *view, Changes *changes);
/* Everything that moves goes into that cpuset of v1. */
void change_stray(const Knob *knob, KnobView *view, Changes *changes);

/* A cpulist without the planned CPUs, or those for housekeeping when none is left; FALSE when
 * there is none at all. */
gboolean set_without_planned(KnobView *view, const Cpuset *now, Cpuset *ret);

#endif
