/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shuts down VMs, all at the same time: each is asked, then all are waited for together. An
 * operating system may ignore the power button; then only ending QEMU ends it.
 */
#ifndef LATHE_STOP_H
#define LATHE_STOP_H

#include <glib.h>

#include "scene.h"

typedef enum {
	STOP_WAITING,	/* not yet */
	STOP_OFF,	/* it was before: nothing was done */
	STOP_SHUT_DOWN, /* it obeyed */
	STOP_DESTROYED, /* it did not, and was ended */
	STOP_IGNORED,	/* it did not, and runs */
	STOP_FAILED,	/* error */
} StopState;

typedef struct {
	char *uuid, *name;
	StopState state;
	GError *error;
	double seconds;	     /* until it was off, or given up */
	GPtrArray *warnings; /* of char *: siblings that did not come back */
} Stop;

typedef struct {
	guint timeout_ms; /* from the moment when all were asked */
	gboolean destroy; /* those that ignored it */
	/* Called once all were asked, with how many are waited for, if any; or NULL. */
	void (*asked)(guint waiting, gpointer data);
	/* Called as soon as what became of a VM is known; or NULL. */
	void (*settled)(const Stop *stop, gpointer data);
	gpointer data;
} StopOptions;

/* Stops the VMs whose UUIDs are `uuids` (NULL-terminated). An array of Stop *, in that order, that
 * owns its elements. A waiter that is cancelled ends the wait: who has not shut down
 * by then is STOP_FAILED with its reason. The caller holds the lock if siblings_any(). */
GPtrArray *fleet_stop(const Scene *scene, const char *const *uuids, const StopOptions *options);

#endif
