/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the load rows share with the table; nobody else includes it. */
#ifndef LATHE_ROW_H
#define LATHE_ROW_H

#include "load.h"

extern const Load load_cpu, load_hackbench, load_io, load_vm;

/*
 * The argv of stress-ng that runs until it is stopped, prints nothing and keeps its files
 * in size->directory; the NULL-terminated options follow. Owned by the caller.
 */
char **stress_ng_argv(const LoadSize *size, ...) G_GNUC_NULL_TERMINATED;

#endif
