/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the commands of `lathe vm` have in common. */
#ifndef LATHE_COMMAND_VM_COMMAND_H
#define LATHE_COMMAND_VM_COMMAND_H

#include "command.h"
#include "fleet_host.h"
#include "sync.h"

/* Where the config is unless --file says so. */
#define VM_CONFIG_PATH LATHE_SYSCONFDIR "/vms.cfg"

/* --file, or the default. */
const char *vm_config_path(const Arguments *arguments);
/* --connect, or the default; "embedded" as it is: fleet_connect() knows it. */
const char *vm_uri(const Arguments *arguments);

/* Whether --plan says so. */
gboolean vm_demonstration_wanted(const Arguments *arguments, gboolean *ret, GError **error);

/* What libvirt is wanted for. */
typedef enum { VM_UNASKED, VM_READ, VM_WRITE } VmAccess;

/* The connection that --connect names, wherever its VMs are, and its machine: --root, else this one
 * if it is. */
typedef struct {
	Hypervisor *hypervisor; /* NULL: VM_UNASKED */
	Root *root; /* of --root; else NULL */
	FleetHost *host;
} VmConnection;
gboolean vm_connect(VmConnection *ret, const CommandContext *context, const Arguments *arguments,
		    VmAccess access, GError **error);
void vm_connection_clear(VmConnection *connection);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VmConnection, vm_connection_clear)

/* Looks at the VMs, prints what would change, and does it unless dry_run: `lathe vm sync-config`.
 * CPUs that are offline beside a running VM are taken out of `configs`. The exit status, or -1 with
 * an error. */
typedef struct {
	gboolean dry_run;
	gboolean demonstration; /* broken rules do not keep it from being done */
	gboolean rules_told;	/* which rules are broken has been said */
} VmSync;
int vm_sync(const FleetHost *host, VmConfigs *configs, const GPtrArray *selected,
	    const VmSync *how, GError **error);

#endif
