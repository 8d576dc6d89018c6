/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host of a run: tuned for the plan's reserved CPUs before the VM is booted, put back when
 * it is gone, and what was in force meanwhile said in run->tuning. The journal holds an open
 * transaction all the time: after a crash the next command takes it back.
 *
 * Nothing of this can make a PASS: findings are judged on what the host is seen to hold after
 * it was tuned. So a run goes on untuned where the guard refuses (a demonstration plan, tuned at
 * work), and says why; it ends where nobody can tell what the host holds (a damaged journal) or
 * where somebody tuned it for other CPUs.
 */
#ifndef LATHE_TUNING_H
#define LATHE_TUNING_H

#include "context.h"

/* Takes back what a lathe that is gone left, before the machine is looked at: it may have CPUs
 * offline. */
gboolean tuning_recover(RunContext *context, GError **error);

/*
 * Tunes: the changes that the table finds for the plan's reserved CPUs with the profile's
 * policies. A severe one that does not take ends it, unless the profile only shows findings. What an
 * earlier, complete `lathe tune apply` set for these CPUs (or more) is left as it is. The plan
 * loses the CPUs that went offline.
 */
gboolean tuning_begin(RunContext *context, GError **error);

/* What is no longer as it was set, once the last stage has measured. Where findings count, a
 * severe one is a deviation: what was judged before was not what was measured. */
void tuning_look(RunContext *context);

/* Puts everything back, whatever happened. Safe at any time, and twice. */
void tuning_end(RunContext *context);

#endif
