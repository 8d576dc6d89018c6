/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What libvirt has, into the config. Only what was changed on libvirt's side is changed in the
 * config: a key is compared with what an import of the VM would read if libvirt had been brought in
 * line with the config, also for a demonstration. So `cpuset = 2-3,18-19`, of which a real-time VM
 * uses 2-3, stays, and `rt` where CPUs are shared.
 */
#ifndef LATHE_IMPORT_H
#define LATHE_IMPORT_H

#include <glib.h>

#include "fleet_host.h"
#include "vm_config.h"

typedef enum {
	IMPORT_ADDED,
	IMPORT_UPDATED,
	IMPORT_SAME,	 /* looked at, and the config says the same */
	IMPORT_KNOWN,	 /* the config has it, and no update was asked for */
	IMPORT_MISSING,	 /* libvirt does not have it: the config keeps it */
	IMPORT_REMOVED,	 /* libvirt does not have it, and the config is not to have it either */
	IMPORT_LEFT_OUT, /* it cannot be: `why` */
} ImportState;

typedef struct {
	char uuid[VM_UUID_LENGTH + 1];
	char *name; /* libvirt's; of a missing one the config's */
	ImportState state;
	char *why;
	GPtrArray *changes; /* of char *: "cpuset: 2-3 -> 4-5" */
	GPtrArray *notes;   /* of char *: what no key holds exactly */
	GPtrArray *unfit;   /* of char *: what is not fit for real time */
	VmConfig *read;	    /* what the config is to hold; NULL unless added or updated */
} ImportedVm;

typedef struct {
	GPtrArray *vms; /* of ImportedVm * */
	char *text;	/* the config as it is to be; that of `configs` when nothing changes */
} Import;

/*
 * The VMs of libvirt that `names` name (each may be a list with commas, of names and UUIDs; none:
 * all). update: the keys of those that the config has as well. An error: libvirt cannot be asked,
 * a name of none (with the nearest one).
 */
Import *import_new(const FleetHost *host, const VmConfigs *configs, const char *const *names,
		   gboolean update, GError **error);

/* The same for VMs that the config has: of `selected` (VmConfig *), as vm_configs_select() has it.
 * remove: a VM that libvirt does not have goes from the config, with the comments in its section. */
Import *import_back(const FleetHost *host, const VmConfigs *configs, const GPtrArray *selected,
		    gboolean remove, GError **error);

gboolean import_changes(const Import *import, const VmConfigs *configs);
void import_free(Import *import);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Import, import_free)

#endif
