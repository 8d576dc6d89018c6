/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What rows of several layers ask about the planned CPUs, the ones meant for vCPUs. */
#ifndef LATHE_PLANNED_H
#define LATHE_PLANNED_H

#include "finding.h"
#include "view.h"

/* TRUE: nobody planned a CPU, and the finding says so. It is N/A when the kernel isolates
 * none, UNKNOWN when the tree does not tell. */
gboolean planned_missing(const Knob *knob, KnobView *view, Finding *finding);

/*
 * Concludes that no kernel thread whose name matches the glob may run on a planned CPU.
 * Threads that are bound for good count as well: what they were bound to is what matters.
 */
void planned_judge_threads(const Knob *knob, KnobView *view, Finding *finding,
			   const char *glob);

/* What planned_nodes() reads. */
#define PLANNED_NODES "sys/devices/system/node/node*/cpulist"

/* The nodes that planned CPUs belong to, as a set of node numbers. FALSE when the finding
 * was concluded instead: no CPU is planned, or some node or CPU could not be placed. */
gboolean planned_nodes(const Knob *knob, KnobView *view, Finding *finding, Cpuset *ret);

/* Takes away what is not in `other` as well. */
void planned_keep_common(Cpuset *set, const Cpuset *other);

/* A cpumask that holds no planned CPU; the empty mask means that the feature is off, and
 * holds. A KnobWant. */
KnobMatch planned_want_mask_spares(const Knob *knob, KnobView *view,
				   const KnobReading *reading, char **ret_wanted,
				   char **ret_note);

#endif
