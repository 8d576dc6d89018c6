/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the guest runs under KVM when nobody asked for either.
 */
#ifndef LATHE_ACCEL_H
#define LATHE_ACCEL_H

#include "vm.h"

/*
 * What the proof that the bundle keeps (host/before) says: it takes up to a second and was made
 * for the findings already, and so the bundle holds what was decided by. KVM only where it says
 * yes. *ret_reason is owned by the caller.
 */
Accel accel_proven(const char *bundle, char **ret_reason);

#endif
