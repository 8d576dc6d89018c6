/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /dev/cpu_dma_latency at 0 us, for hosts whose idle states the table finds too deep. The
 * request ends with its holder, whatever ends it: no journal needs to know.
 */
#ifndef LATHE_DMA_LATENCY_H
#define LATHE_DMA_LATENCY_H

#include <glib.h>

#include "view.h"

/* A descriptor for the caller to close, or -1 when nothing is held: *ret_said (owned by the
 * caller) is for the report in both cases. `view` is fresh: tuning may have changed what it
 * shows. */
int dma_latency_hold(const Root *root, KnobView *view, char **ret_said);

#endif
