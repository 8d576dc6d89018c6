/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a key of a VM comes to on a machine, and why: for a person, and for JSON. */
#ifndef LATHE_COMMAND_VM_RESOLVE_H
#define LATHE_COMMAND_VM_RESOLVE_H

#include "vm_layout.h"

typedef struct {
	char *value; /* as the file would have it; "" is a value; NULL: libvirt's own stays */
	gboolean is_auto;
	char *why;   /* what auto stands for, or what the value means here; NULL: it says all */
} VmResolved;

void vm_resolve(const VmLayout *layout, VmKey key, VmResolved *ret);
void vm_resolved_clear(VmResolved *resolved);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VmResolved, vm_resolved_clear)

#endif
