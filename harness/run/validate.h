/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The knob table's findings on host, VM and guest, as part of a run. Each is made from the
 * tree that the bundle keeps, so that the judge can make them again.
 */
#ifndef LATHE_VALIDATE_H
#define LATHE_VALIDATE_H

#include "context.h"

/* Captures the host into host/before and adds its findings. Before the VM runs. */
gboolean validate_host(RunContext *context, GError **error);

/* The VM's XML, threads and memory into vm/, and its findings. Once the guest is up. */
gboolean validate_vm(RunContext *context, GError **error);

/* Has the agent capture the guest into guest/before, and adds its findings. */
gboolean validate_guest(RunContext *context, GError **error);

#endif
