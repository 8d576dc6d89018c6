/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guests of a run: started, spoken to, ended.
 */
#ifndef LATHE_BOOT_H
#define LATHE_BOOT_H

#include "context.h"

/* Boots each image under its plan until the agent has said hello and the guest's facts are in
 * the bundle and the run. With ACCEL_CHOICE_AUTO a KVM that passed its proof but does not
 * bring the guest up in time gives way to TCG. On failure nothing is left running. */
gboolean boot_guests(RunContext *context, GError **error);

/* The findings on guests and VMs, before the first stage. Apart from the boot: reading several
 * hundred files takes an emulated guest half a second, and the canary needs none of them. */
gboolean boot_validate(RunContext *context, GError **error);

/* A guest that dies is noticed in more than one way, and its channel often closes first:
 * waits a moment for the reason that says more, and puts it into *error. */
void boot_explain(RunContext *context, GError **error);

/* Ends the guests: asks the agents, then destroys. Safe when there is none. */
void boot_end(RunContext *context);

#endif
