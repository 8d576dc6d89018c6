/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a report says of the canary, whatever its form. */
#ifndef LATHE_CANARY_WORDS_H
#define LATHE_CANARY_WORDS_H

#include <glib.h>

#include "run.h"

/* "vCPU 1 was held for 110.0 ms by a SCHED_FIFO spinner ...; 100.0 ms or more had to be seen:
 * seen". Newly allocated. */
char *canary_sentence(const RunCanary *canary);

/* Static sentences, or NULL where they do not apply. */
const char *canary_second_attempt(const RunCanary *canary);
const char *canary_only_one(const RunVm *vm);

#endif
