/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows and a view in, findings out. */
#ifndef LATHE_KNOB_JUDGE_H
#define LATHE_KNOB_JUDGE_H

#include "knob.h"
#include "view.h"

typedef struct {
	const char *const *only; /* globs over ids, NULL-terminated; NULL: all */
	const char *const *skip; /* likewise; NULL: none */
	FindingSeverity least;	 /* rows below it are left out */
	gboolean force;		 /* of changes_find(): VMs that lathe did not start as well */
} KnobSelection;

/* Whether `--only` and `--skip` let it through. */
gboolean knob_selected(const KnobSelection *selection, const Knob *knob);

/* Whether it is a row of that scope, and no explain row. */
gboolean knob_is_judged(const Knob *knob, KnobScope scope);

/* Judges every row of the view's scope but explain rows. Never fails: what cannot be looked
 * at is UNKNOWN. selection NULL: all. Array of Finding *, in the order of the table. */
GPtrArray *knob_judge_all(KnobView *view, const KnobSelection *selection);

/* One row. */
Finding *knob_judge(const KnobLayer *layer, const Knob *knob, KnobView *view);

/* For KnobJudge functions: sets status (FAIL becomes WARN below high severity; knob_judge()
 * does that to policy rows without a choice) and reason (printf). */
void knob_conclude(const Knob *knob, Finding *finding, KnobMatch match, const char *format,
		   ...) G_GNUC_PRINTF(4, 5);
/* UNKNOWN for an errno at a place: "open 'proc/x': Permission denied"; for ENOENT what the
 * row's `absent` says. */
void knob_conclude_errno(const Knob *knob, KnobView *view, Finding *finding,
			 const char *place, int errnum);

#endif
