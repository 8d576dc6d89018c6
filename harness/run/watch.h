/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What could change behind a measurement's back (clock, clocksource, thermal throttling),
 * looked at before and after, on the host and in the guest's captured trees.
 */
#ifndef LATHE_WATCH_H
#define LATHE_WATCH_H

#include <glib.h>

#include "root.h"
#include "run.h"

typedef struct {
	char *clocksource; /* NULL: not known */
	gboolean clock_known;
	gint64 clock_offset_ns; /* CLOCK_REALTIME minus a clock that nobody sets */
	gboolean throttle_known;
	guint64 throttle_count;
} WatchLook;

/* A look at the live host. */
void watch_look_live(const Root *live, WatchLook *ret);

/* A look at a captured tree. The clock's offset is btime of proc/stat: whole seconds. */
void watch_look_captured(const char *directory, WatchLook *ret);

void watch_look_clear(WatchLook *look);

/* What the two looks say about the time between them. */
void watch_compare(const WatchLook *before, const WatchLook *after, RunMachineWatch *ret);

/* What a capture must hold for watch_look_captured(), and /proc/interrupts beside it. */
extern const char *const watch_files[];

#endif
