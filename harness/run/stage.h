/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One measured period: loads on, tool on, evidence, tool off, loads off.
 */
#ifndef LATHE_STAGE_H
#define LATHE_STAGE_H

#include "context.h"

/* Runs one stage of the profile in all guests that are measured, at the same time. On failure (a
 * guest died, a signal, a tool that does not end) the loads are gone, and what was measured is
 * collected as far as the guests still answer. */
gboolean stage_run(RunContext *context, const ProfileStage *profile_stage, GError **error);

#endif
