/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The canary: one RT vCPU is kept from running for a known time, and the guest's measurement
 * has to show it. What cannot see that cannot see anything.
 */
#ifndef LATHE_CANARY_H
#define LATHE_CANARY_H

#include "context.h"

/* Into run->canary and raw/canary/. TRUE also when the canary was not seen: what that means is
 * the judge's question. FALSE when the guest or lathe cannot go on. */
gboolean canary_run(RunContext *context, GError **error);

#endif
