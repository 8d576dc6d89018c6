/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How reports speak of what lathe set on the host. Every text is owned by the caller. */
#ifndef LATHE_TUNING_WORDS_H
#define LATHE_TUNING_WORDS_H

#include <glib.h>

#include "run.h"

/* One sentence: who tuned it, for which CPUs, or why nobody did. */
char *tuning_said(const RunTuning *tuning);

/* "34 of 36 values" */
char *tuning_in_force(const RunTuning *tuning);

/* "yes", "NO", "nothing was to be put back". */
char *tuning_put_back(const RunTuning *tuning);

/* "made", "failed: Operation not permitted" */
char *tuning_state(const RunTuned *tuned);

#endif
