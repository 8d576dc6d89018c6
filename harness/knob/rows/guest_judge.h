/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How rows of a guest look at what its kernel and the agent tell. */
#ifndef LATHE_GUEST_JUDGE_H
#define LATHE_GUEST_JUDGE_H

#include "finding.h"
#include "view.h"

void guest_judge_hypervisor(const Knob *knob, KnobView *view, Finding *finding);
extern const char *const guest_reads_hypervisor[];

void guest_judge_steal(const Knob *knob, KnobView *view, Finding *finding);
extern const char *const guest_reads_steal[];

void guest_judge_journald(const Knob *knob, KnobView *view, Finding *finding);
extern const char *const guest_reads_journald[];

void guest_judge_may_measure(const Knob *knob, KnobView *view, Finding *finding);
extern const char *const guest_reads_may_measure[];

#endif
