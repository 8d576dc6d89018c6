/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A system call that may never come back (a mask that waits for an interrupt, a CPU that will
 * not go offline) must not take lathe with it: it is made in a child.
 */
#ifndef LATHE_DEADLINE_H
#define LATHE_DEADLINE_H

#include <glib.h>

/* What to do: 0 or an errno. It runs after fork() in what may be a process of several threads:
 * system calls only, nothing that allocates or locks. */
typedef int (*DeadlineWork)(gconstpointer data);

/* What it returned; ETIMEDOUT when it took longer: then the child was killed, and is left
 * behind where even that has no effect yet (a task in the kernel, state D). ECHILD: it ended
 * some other way. */
int deadline_call(DeadlineWork work, gconstpointer data, guint seconds);

#endif
