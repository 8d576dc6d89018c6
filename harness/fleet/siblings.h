/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "KVM-RT shuts down all but one threaded sibling CPU for each CPU core allocated to a real-time
 * VM" (KVM-RT guide, Understanding KVM-RT Use of Threaded CPUs), while that VM runs. Each VM has a
 * journal of the tuning engine of its own, below `directory` and named by its UUID. Whether a VM
 * runs, its QEMU tells: a libvirt that went away keeps no sibling offline, and brings none back
 * beneath a VM that goes on. The caller holds the lock.
 */
#ifndef LATHE_SIBLINGS_H
#define LATHE_SIBLINGS_H

#include <glib.h>

#include "root.h"
#include "vm_layout.h"
#include "waiter.h"

/* `directory` of them all, in a state's `lib` directory. Newly allocated. */
char *siblings_directory(const char *lib);

/* Takes layout->offline offline; what cannot go, as CPU 0, is a sentence in `notes` (of char *).
 * On an error all of them are back. */
gboolean siblings_take(const Root *root, const char *directory, const VmLayout *layout,
		       Waiter *waiter, GPtrArray *notes, GError **error);

/* Brings back what is offline for that VM, whether it runs or not; what somebody else changed in
 * between stays as it is, and is a note. Without a journal: nothing. */
gboolean siblings_give_back(const Root *root, const char *directory, const char *uuid,
			    GPtrArray *notes, GError **error);

/* The same for every VM whose QEMU is gone. */
gboolean siblings_recover(const Root *root, const char *directory, GPtrArray *notes,
			  GError **error);

/* Whether there is anything that siblings_recover() would look at. */
gboolean siblings_any(const char *directory);

/* The CPUs that are offline for that VM. Who plans with the topology of now must know them: there
 * they are on no core. */
gboolean siblings_held(const Root *root, const char *directory, const char *uuid, Cpuset *ret,
		       GError **error);

#endif
