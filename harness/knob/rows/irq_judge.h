/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the rows about interrupts look at proc/irq, proc/interrupts and what steers them.
 */
#ifndef LATHE_IRQ_JUDGE_H
#define LATHE_IRQ_JUDGE_H

#include "finding.h"
#include "knob.h"

/* irq_affinity.c: every IRQ's CPUs, each file read once. */
void irq_judge_requested(const Knob *knob, KnobView *view, Finding *finding);
void irq_judge_effective(const Knob *knob, KnobView *view, Finding *finding);
/* What was asked for against what is. */
void irq_judge_contradiction(const Knob *knob, KnobView *view, Finding *finding);
void irq_judge_managed(const Knob *knob, KnobView *view, Finding *finding);
/* irqaffinity= against proc/irq/default_smp_affinity. */
void irq_judge_default(const Knob *knob, KnobView *view, Finding *finding);

/* irq_steering.c: what moves interrupts and the work that follows them. */
void irq_judge_threaded(const Knob *knob, KnobView *view, Finding *finding);
void irq_judge_threads(const Knob *knob, KnobView *view, Finding *finding);
void irq_judge_nic_queues(const Knob *knob, KnobView *view, Finding *finding);
void irq_judge_irqbalance(const Knob *knob, KnobView *view, Finding *finding);
void irq_judge_shield(const Knob *knob, KnobView *view, Finding *finding);

/* irq_counts.c: what proc/interrupts counted since boot. */
void irq_judge_devices(const Knob *knob, KnobView *view, Finding *finding);
void irq_judge_shared(const Knob *knob, KnobView *view, Finding *finding);
void irq_judge_gpu(const Knob *knob, KnobView *view, Finding *finding);
void irq_judge_vfio(const Knob *knob, KnobView *view, Finding *finding);
void irq_judge_remapping(const Knob *knob, KnobView *view, Finding *finding);
void irq_judge_nmi(const Knob *knob, KnobView *view, Finding *finding);
void irq_judge_machine_checks(const Knob *knob, KnobView *view, Finding *finding);
void irq_judge_corrected(const Knob *knob, KnobView *view, Finding *finding);
void irq_judge_thermal(const Knob *knob, KnobView *view, Finding *finding);
void irq_judge_errors(const Knob *knob, KnobView *view, Finding *finding);

/* Stops irqbalance where it does not spare the planned CPUs. */
void irq_change_irqbalance(const Knob *knob, KnobView *view, struct Changes *changes);
/* Gives network cards no more queues than there are housekeeping CPUs. */
void irq_change_nic_queues(const Knob *knob, KnobView *view, struct Changes *changes);
/* Moves the threads of interrupts off the planned CPUs. */
void irq_change_threads(const Knob *knob, KnobView *view, struct Changes *changes);

/* Moves every interrupt off the planned CPUs that can be moved. */
void irq_change_requested(const Knob *knob, KnobView *view, struct Changes *changes);

#endif
