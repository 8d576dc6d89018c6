/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The threads of a QEMU process against a plan, whoever started it. */
#ifndef LATHE_PLACEMENT_H
#define LATHE_PLACEMENT_H

#include <glib.h>
#include <sys/types.h>

#include "plan.h"
#include "proc.h"
#include "root.h"

typedef enum {
	PLACED_VCPU,
	PLACED_EMULATOR, /* QEMU's main thread */
	PLACED_IOTHREAD,
	PLACED_WORKER,
	PLACED_VHOST,
} PlacedRole;

/* A thread of a VM, and where the plan wants it. */
typedef struct {
	PlacedRole role;
	guint index; /* of the vCPU or IOThread */
	ProcThread thread;
	gboolean planned; /* FALSE: nobody says where it belongs, and nothing of what follows */
	Cpuset wanted;
	guint wanted_policy, wanted_priority;
	gboolean in_place;
} PlacedThread;

/* Every thread of QEMU, an array of PlacedThread: its own, by tid, then vhost's in the kernel.
 * `plan` may be NULL. A vCPU that the plan does not know is not in its place. */
GArray *placement_threads(const Root *root, pid_t pid, const Plan *plan, GError **error);

/* What vm_read_places() does, for a process of any root. `places` is untouched on failure. */
gboolean placement_read(const Root *root, pid_t pid, const Plan *plan, GPtrArray *places,
			GError **error);

/* vm_move_workers() for any process. */
gboolean placement_move_workers(const Root *root, pid_t pid, const Plan *plan,
				GError **error);

#endif
