/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a domain says which lathe made it, and how one is recognised whose lathe is gone:
 * <lathe:run pid= start-ticks=> in <metadata>. pid and start time name a process for good.
 */
#ifndef LATHE_LEFTOVER_H
#define LATHE_LEFTOVER_H

/* Only a name: nothing is fetched from there. */
#define LEFTOVER_NAMESPACE "https://lathe.example/run/1"
#define LEFTOVER_ELEMENT   "run"

#endif
