/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who goes first where a vCPU and the kernel's own threads share a CPU. */
#ifndef LATHE_PRIORITY_JUDGE_H
#define LATHE_PRIORITY_JUDGE_H

#include "finding.h"
#include "view.h"

struct Changes;

/* SCHED_FIFO or SCHED_RR. */
gboolean priority_is_fixed(const KnobThread *thread);

/* priority_inversion.c */
void priority_judge_inversion(const Knob *knob, KnobView *view, Finding *finding);
/* Raises the kernel's threads above the vCPUs there. */
void priority_change_inversion(const Knob *knob, KnobView *view, struct Changes *changes);

#endif
