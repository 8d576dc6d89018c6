/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a profile asks for and no run can give: said before anything is started, because
 * otherwise it would be found out when hours of measuring are over.
 */
#ifndef LATHE_FEASIBLE_H
#define LATHE_FEASIBLE_H

#include <glib.h>

#include "profile.h"

/* Every stage is long enough for PROFILE_SAMPLES_MIN samples on each vCPU. */
gboolean feasible_durations(const Profile *profile, GError **error);

/* The results of one measurement of `threads` vCPUs fit into the guest's memory and through
 * its channel. */
gboolean feasible_results(const Profile *profile, guint threads, GError **error);

#endif
