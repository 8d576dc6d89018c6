/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The VMs of a run, as its parts go through them. */
#ifndef LATHE_GUEST_H
#define LATHE_GUEST_H

#include "context.h"

/* Adds a VM to the run and to what it says; takes the plan. uuid: of a configured one, else NULL. */
Guest *guest_add(RunContext *context, const char *name, const char *uuid, gboolean rt, Plan *plan);
void guests_free(RunContext *context);

Guest *guest_at(const RunContext *context, guint i);
gboolean guest_is_rt(const Guest *guest);

/* "VM NAME: " where there are several, else "". Newly allocated. */
char *guest_whose(const Guest *guest);
/* Puts that before an error that names no VM yet: what kept a run from its end says where. */
void guest_name_error(const Guest *guest, GError **error);

/* Absolute; see run_vm_path(). Newly allocated. */
char *guest_path(const Guest *guest, const char *top, const char *rest);
/* bundle_write() to there. */
gboolean guest_write(const Guest *guest, const char *top, const char *rest, const char *data,
		     gsize length, GError **error);

/* The host's CPUs that belong to vCPUs of any measured VM alone. */
Cpuset guests_reserved_cpus(const RunContext *context);
/* The highest SCHED_FIFO priority of any vCPU or emulator; 0: none. */
guint guests_fifo_max(const RunContext *context);

#endif
