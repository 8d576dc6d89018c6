/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the kernel lets this process have real-time threads. What QEMU may is what the
 * process that starts it may.
 */
#ifndef LATHE_REALTIME_H
#define LATHE_REALTIME_H

#include <glib.h>

#include "root.h"

/* FALSE, with the cause and its cure, when a child of this process may not become
 * SCHED_FIFO at this priority. */
gboolean realtime_check(const Root *live, guint priority, GError **error);

#endif
