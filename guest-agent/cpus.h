/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which CPU the agent may run on, and that its tools may run on all.
 */
#ifndef LATHE_AGENT_CPUS_H
#define LATHE_AGENT_CPUS_H

#include <stdbool.h>

/* The first online CPU that the kernel does not isolate; 0 when there is none. */
unsigned cpus_housekeeping(void);

/* TRUE when `cpu` is in a kernel list such as "1-3,7". For the list's tests. */
bool cpus_listed(const char *list, unsigned cpu);

/* Confines the caller to one CPU. 0 or an errno. */
int cpus_pin(unsigned cpu);

/* Lets the caller run on every CPU there is. 0 or an errno. Async-signal-safe. */
int cpus_unpin(void);

#endif
