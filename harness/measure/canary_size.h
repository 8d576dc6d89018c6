/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How large the canary is and how long its windows are: what the run does, and what the
 * judge demands of it.
 */
#ifndef LATHE_CANARY_SIZE_H
#define LATHE_CANARY_SIZE_H

#include <glib.h>

/* A SCHED_FIFO thread gets 950 ms of every second (sched_rt_runtime_us) and shares them with
 * the vCPU that it holds: a longer hold would not be one. */
#define CANARY_SIZE_MAX_NS (900 * G_GINT64_CONSTANT(1000000))

/* A second attempt for what is the machine's noise, not the instrument's fault. */
#define CANARY_ATTEMPTS_MAX 2

/* What the guest must show at least, from the largest latency of the quiet window. */
gint64 canary_size_ns(gint64 quiet_max_ns, gboolean emulated);

/* How long the vCPU is held for that: a hold of T is seen as T - interval to T. */
gint64 canary_hold_ns(gint64 size_ns, guint64 interval_us);

/* Whole seconds: cyclictest takes no less. */
guint64 canary_quiet_s(guint64 interval_us);
guint64 canary_held_s(guint64 interval_us, guint attempt);

#endif
