/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the config says, into libvirt. All of it is looked at before the first VM is defined, so that
 * what can be foreseen (a broken rule, a name that is taken, a VM of which libvirt cannot make
 * anything) leaves libvirt as it was.
 */
#ifndef LATHE_SYNC_H
#define LATHE_SYNC_H

#include <glib.h>

#include "fleet_host.h"
#include "vm_config.h"
#include "vm_layout.h"

typedef enum {
	SYNC_SAME,
	SYNC_CHANGED,
	SYNC_NEW, /* libvirt does not have it */
} SyncState;

typedef struct {
	const VmConfig *vm; /* borrowed from the config */
	SyncState state;
	gboolean running;
	gboolean saved;	     /* a saved state is what its next boot goes on with */
	char *old_name;	     /* libvirt's; NULL: it does not have it */
	char *before, *after; /* XML; before: NULL when it is new */
	char *diff;	     /* unified, without passwords; "" for a new one */
	gboolean defined;
} SyncedVm;

typedef struct {
	GPtrArray *layouts;  /* of the whole config */
	GPtrArray *breaches; /* of Breach *: those of these VMs, and of all together */
	gboolean broken;     /* a rule of level error is: nothing may be defined */
	gboolean unknown;    /* one could not be looked at */
	GPtrArray *vms;	     /* of SyncedVm *, in the order in which they are defined */
} Sync;

/*
 * Changes nothing. `selected`: of VmConfig *, as vm_configs_select() has it. Errors, which name the
 * VM: libvirt cannot be asked; the topology is not known; its domain cannot be what the config
 * says; a new name that another VM has, or of a VM that runs. With broken rules there is no error, and `vms` is
 * empty; in a demonstration (vm_layout.h) they are in `breaches` and keep nothing from being done.
 */
Sync *sync_new(const FleetHost *host, const VmConfigs *configs, const GPtrArray *selected,
	       gboolean demonstration, GError **error);
void sync_free(Sync *sync);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Sync, sync_free)

/* Defines what has changed, and stops at the first error: `defined` tells how far it came. Not
 * for one with broken rules. */
gboolean sync_define(Sync *sync, const FleetHost *host, GError **error);

#endif
