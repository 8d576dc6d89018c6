/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A unit of the machine's systemd over its D-Bus interface (org.freedesktop.systemd1(5)).
 * A Systemd is one conversation about one unit, with one deadline for all of it. Errors
 * are those of dbus_peer.h; after TIMED_OUT a job that was started goes on.
 */
#ifndef LATHE_SYSTEMD_H
#define LATHE_SYSTEMD_H

#include <glib.h>

typedef struct Systemd Systemd;

/* As systemd spells them: another program's text until it is compared. */
typedef struct {
	char *load;         /* LoadState: "loaded", "not-found", "masked" ... */
	char *active;       /* ActiveState: "active", "activating" ... */
	gboolean can_start; /* CanStart: FALSE with RefuseManualStart= as well */
} SystemdUnit;

void systemd_unit_free(SystemdUnit *unit);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SystemdUnit, systemd_unit_free)

/* Has systemd load the unit, which it also does for one that is not installed. The name
 * is borrowed. */
Systemd *systemd_open(const char *unit, guint seconds, GError **error);
void systemd_close(Systemd *systemd);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Systemd, systemd_close)

/* The unit now, owned by the caller. */
SystemdUnit *systemd_read(Systemd *systemd, GError **error);

/* Waits until something of the unit has changed since systemd_read() asked. */
gboolean systemd_wait_change(Systemd *systemd, GError **error);

/* Calls StartUnit or StopUnit, mode "replace", and waits for the end of the job. Any
 * other result of it than "done" is an error. */
gboolean systemd_run_job(Systemd *systemd, const char *method, GError **error);

#endif
