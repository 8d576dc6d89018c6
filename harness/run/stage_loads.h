/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The loads of one stage, on this host: in their cgroups on the housekeeping CPUs, proven to
 * run, recorded in the Run, gone afterwards.
 */
#ifndef LATHE_STAGE_LOADS_H
#define LATHE_STAGE_LOADS_H

#include "context.h"

typedef struct StageLoads StageLoads;

/* For the loads that the stage names; starts nothing. */
StageLoads *stage_loads_new(RunContext *context, const RunStage *stage);

/* Starts them and waits until each has used CPU time. */
gboolean stage_loads_start(StageLoads *loads, GError **error);

/* The measurement begins: CPU time counts from here. */
void stage_loads_mark(StageLoads *loads);

/* A look at all of them: about once a second. */
void stage_loads_look(StageLoads *loads);

/* Ends them and adds their records to the run. A second call does nothing. */
gboolean stage_loads_stop(StageLoads *loads, GError **error);

/* Stops what still runs, frees. */
void stage_loads_free(StageLoads *loads);

#endif
