/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When a host is not to be tuned at all. */
#ifndef LATHE_TUNE_GUARD_H
#define LATHE_TUNE_GUARD_H

#include <glib.h>

#include "view.h"

/*
 * FALSE with the reason when tuning the view's host for its planned CPUs would harm it: no CPU
 * is planned, one is not online, CPU 0 is among them, a socket would be left without a
 * housekeeping CPU (or nobody can tell), or tuned runs with a profile, which would undo it.
 */
gboolean tune_guard(KnobView *view, GError **error);

#endif
