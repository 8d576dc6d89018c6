/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The knob table's findings on host, VM and guest, as part of a run. Each is made from the
 * trees that the bundle keeps, so that the judge can make them again.
 */
#ifndef LATHE_VALIDATE_H
#define LATHE_VALIDATE_H

#include "context.h"

/* Captures the host into host/before and tells what is wrong. Before the VM runs. */
gboolean validate_host(RunContext *context, GError **error);

/* The VM's XML, threads and memory into vm/. Once the guest is up. */
gboolean validate_vm(Guest *guest, GError **error);

/* Has the agent capture the guest into guest/before. */
gboolean validate_guest(Guest *guest, GError **error);

/* What may have come to pass meanwhile (Knob.again), into guest/after once the last stage has
 * measured, and into host/after. */
gboolean validate_guests_after(RunContext *context, GError **error);
gboolean validate_host_after(RunContext *context, GError **error);

/* The run's findings, from all of these trees. */
void validate_close(RunContext *context);

#endif
