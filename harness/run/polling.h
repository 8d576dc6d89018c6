/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest that never sleeps, on a host that makes it. */
#ifndef LATHE_POLLING_H
#define LATHE_POLLING_H

#include "context.h"

/* Refuses a plan with FIFO vCPUs for a guest that polls (idle=poll) on a host that would stop
 * such a thread for a part of each second: known before anything is measured. */
gboolean polling_check(RunContext *context, GError **error);

#endif
