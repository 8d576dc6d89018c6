/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tuned's realtime-virtual-guest does to kernel threads, for a guest without tuned. */
#ifndef LATHE_AGENT_KERNEL_THREADS_H
#define LATHE_AGENT_KERNEL_THREADS_H

/* Makes the threads that serve timers and softirqs of each CPU SCHED_FIFO 2: below whatever
 * measures, and above a tool that runs as an ordinary thread. Says what it could not do. */
void kernel_threads_raise(void);

#endif
