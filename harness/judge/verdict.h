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

#endif
