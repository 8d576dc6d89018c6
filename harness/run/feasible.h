/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a profile asks for and no run can give: said before anything is started, because
 * otherwise it would be found out when hours of measuring are over.
 */
#ifndef LATHE_FEASIBLE_H
#define LATHE_FEASIBLE_H

#include <glib.h>

#include "profile.h"

/* Every load of it is one of the table, and its program is installed. */
gboolean feasible_loads(const Profile *profile, GError **error);

/* Every stage is long enough for PROFILE_SAMPLES_MIN samples on each vCPU. */
gboolean feasible_durations(const Profile *profile, GError **error);

/* The results of one measurement of `threads` vCPUs fit into a guest's memory and through
 * its channel. vm: the configured one; NULL: the guest that lathe builds. */
gboolean feasible_results(const Profile *profile, guint threads, guint memory_mib, const char *vm,
			  GError **error);

#endif
