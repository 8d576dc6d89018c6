/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From what a stage left behind (the tool's outputs, readings of /proc in the guest) to the
 * threads of its RunMeasured.
 */
#ifndef LATHE_COLLECT_H
#define LATHE_COLLECT_H

#include <glib.h>

#include "bundle.h"
#include "cpulist.h"
#include "progress.h"
#include "run.h"

/*
 * Reads the tool's outputs that `measured` names (raw_json, raw_text), adds a RunThread for
 * every measured vCPU and writes its histogram file, where `vm` has its raw files. Measuring
 * thread k is bound to the k-th vCPU of rt. FALSE with an error when the outputs are missing,
 * malformed or disagree; what they are is left in the bundle.
 */
gboolean collect_results(Bundle *bundle, const RunVm *vm, const RunStage *stage,
			 RunMeasured *measured, const Cpuset *rt, GError **error);

/* What the readings of one measuring thread's /proc say, put together. */
typedef struct {
	guint readings;
	gboolean agree;	 /* every reading showed the same policy, priority, affinity */
	guint policy, priority;
	Cpuset allowed, ran_on;
	gboolean locked; /* in every reading */
} ThreadReadings;

/* Reads one captured reading of process pid: one entry of `sums` per measuring thread, found
 * by its tid. A thread that is not in the capture is no reading. */
void collect_reading(const char *directory, pid_t pid, const ProgressThread *threads,
		     ThreadReadings *sums, guint n);

/* Puts what was read into the threads (in the order of their vCPUs). */
void collect_store_readings(RunMeasured *measured, const ThreadReadings *sums, guint n);

#endif
