/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `lathe vm boot`, `shutdown` and `stat` open before they work. */
#ifndef LATHE_COMMAND_VM_FLEET_H
#define LATHE_COMMAND_VM_FLEET_H

#include "command.h"
#include "lock.h"
#include "scene.h"

typedef struct {
	Root *root;
	Lock *lock; /* NULL: not held */
	Waiter *waiter; /* watches signals */
	VmConfigs *configs;
	Hypervisor *hypervisor;
	FleetHost *host;
	Scene *scene;
} VmFleet;

typedef enum {
	FLEET_CHANGES, /* this machine; refused while another lathe works */
	FLEET_LOOKS,   /* any machine; siblings of VMs that ended come back if nobody works */
} FleetAccess;

/* Opens all by the options of the group, and brings siblings back that an ended VM left
 * offline. Says on standard error what was put back. */
gboolean vm_fleet_open(VmFleet *self, const CommandContext *context, const Arguments *arguments,
		       FleetAccess access, gboolean demonstration, GError **error);
void vm_fleet_clear(VmFleet *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VmFleet, vm_fleet_clear)

/* "lathe: NAME: MESSAGE", and its hint, on standard error. */
void vm_print_error(const char *name, const GError *error);

#endif
