/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happened on the CPUs that were watched (counters.h), for people and for programs. */
#ifndef LATHE_WATCH_TEXT_H
#define LATHE_WATCH_TEXT_H

#include "counters.h"

/* A table of counts with a row per counter and a column per CPU, then what interrupted each
 * CPU and which tasks ran there. Newly allocated. */
char *watch_text(const CountersDelta *delta);

/* One JSON object; a count that is not known is null, with its errno and a reason beside
 * it. Newly allocated, ends in a newline. */
char *watch_json(const CountersDelta *delta);

#endif
