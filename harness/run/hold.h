/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keeps one vCPU thread from running for a known time. A child process does it, and dies
 * with us: whatever kills lathe, no spinner and no stopped thread is left.
 */
#ifndef LATHE_HOLD_H
#define LATHE_HOLD_H

#include <glib.h>
#include <sys/types.h>

#include "waiter.h"

typedef enum {
	HOLD_FIFO,   /* a SCHED_FIFO spinner above the thread, on its CPU */
	HOLD_PTRACE, /* SEIZE + INTERRUPT of the one thread (SIGSTOP stops a process) */
	HOLD_NOTHING, /* the time passes, nobody is held: for tests */
} HoldMethod;

typedef struct {
	HoldMethod method;
	guint cpu, priority; /* of a spinner */
	pid_t tid;	     /* of the thread to stop */
	gint64 length_ns;
} Hold;

typedef struct {
	gint64 held_ns;		/* from the first instant it was held to the last */
	gint64 largest_hole_ns; /* in which a spinner did not spin itself */
} Held;

/* LATHE_ERROR_ENVIRONMENT when this host refuses SCHED_FIFO. Also on failure or when the
 * waiter is cancelled, nothing is held any more on return. */
gboolean hold_vcpu(Waiter *waiter, const Hold *hold, Held *ret, GError **error);

#endif
