/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The canary: one RT vCPU of each VM is kept from running for a known time, and its guest's
 * measurement has to show it. What cannot see that cannot see anything.
 */
#ifndef LATHE_CANARY_H
#define LATHE_CANARY_H

#include "context.h"

/* Of each measured VM, into its canary and raw/canary/. TRUE also when the canary was not seen:
 * what that means is the judge's question. FALSE when a guest or lathe cannot go on. */
gboolean canary_run(RunContext *context, GError **error);

#endif
