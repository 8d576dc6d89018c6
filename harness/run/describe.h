/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What was decided and found before a measurement, written into the Run.
 */
#ifndef LATHE_DESCRIBE_H
#define LATHE_DESCRIBE_H

#include "context.h"

void describe_start(Run *run, const char *lathe_version);
void describe_host(Run *run, const Facts *facts);
/* `text` is the effective profile as the bundle stores it. */
void describe_profile(Run *run, const Profile *profile, const char *text);
void describe_plan(Run *run, const Plan *plan);
void describe_versions(RunContext *context);
/* One deviation for each of the places whose thread is not where the plan wants it. `when`:
 * "after boot". */
void note_strays(Run *run, const GPtrArray *places, const char *when);
/* Times, from the monotonic start of the run. */
void describe_end(Run *run, gint64 start_us);

#endif
