/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Profile and bundle -> verdict. Fails closed: PASS needs proof, everything odd is
 * INCONCLUSIVE with its reason (design.md §3).
 */
#ifndef LATHE_VERDICT_H
#define LATHE_VERDICT_H

#include <glib.h>

#include "profile.h"
#include "run.h"

/*
 * Judges the run whose raw files lie in `directory` and stores the verdict in
 * run->verdict (replacing what was there). Reads the raw outputs of the tool again and
 * compares them with what run.json claims; reads the captured guest tree again for the
 * guest's facts. Never fails: what cannot be read is a reason.
 */
void verdict_judge(const char *directory, const Profile *profile, Run *run);

/* The same under a profile that was chosen after the run: its name need not be the run's,
 * and a label says that the limits were. Its settings must still be those of the run. */
void verdict_judge_anew(const char *directory, const Profile *profile, Run *run);

/* Puts a reason first; INCONCLUSIVE from then on. What the sentence quotes is made harmless. */
void verdict_doubt(RunVerdict *verdict, const char *format, ...) G_GNUC_PRINTF(2, 3);

#endif
