/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The threads of a QEMU process against a plan, whoever started it. */
#ifndef LATHE_PLACEMENT_H
#define LATHE_PLACEMENT_H

#include <glib.h>
#include <sys/types.h>

#include "plan.h"
#include "root.h"

/* What vm_read_places() does, for a process of any root. `places` is untouched on failure. */
gboolean placement_read(const Root *root, pid_t pid, const Plan *plan, GPtrArray *places,
			GError **error);

/* vm_move_workers() for any process. */
gboolean placement_move_workers(const Root *root, pid_t pid, const Plan *plan,
				GError **error);

#endif
