/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What was decided and found before a measurement, written into the Run.
 */
#ifndef LATHE_DESCRIBE_H
#define LATHE_DESCRIBE_H

#include "context.h"

void describe_start(Run *run, const char *lathe_version);
/* `text` is the effective profile as the bundle stores it. */
void describe_profile(Run *run, const Profile *profile, const char *text);
void describe_plan(RunPlan *to, const Plan *plan);
void describe_machine(RunMachine *to, const Facts *facts);
void describe_versions(RunContext *context);
/* One deviation for each of the places whose thread is not where the guest's plan wants it. `when`:
 * "after boot". TRUE when there is one. */
gboolean note_strays(const Guest *guest, const GPtrArray *places, const char *when);
/* Times, from the monotonic start of the run. */
void describe_end(Run *run, gint64 start_us);

#endif
