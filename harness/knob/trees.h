/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a bundle keeps the trees that findings are made from. */
#ifndef LATHE_TREES_H
#define LATHE_TREES_H

#include "cpulist.h"
#include "knob.h"

#define TREE_HOST	 "host/before"
#define TREE_HOST_AFTER	 "host/after"
#define TREE_VM		 "vm"
#define TREE_GUEST	 "guest/before"
#define TREE_GUEST_AFTER "guest/after"

/*
 * Judges the trees of a bundle: `host_cpus` are the host's CPUs that vCPUs were planned on,
 * `guest_rt` the guest's vCPUs that are measured. `scopes` says which. Array of Finding *,
 * host first, then VM, then guest. Rows with Knob.again are judged on the tree that was captured
 * after the measurement as well (KnobAgain says what counts).
 *
 * A tree that is not there, or was not captured to its end, adds one sentence (char *) to
 * `doubts`. Without the tree of before there are no findings of that scope; without the one of
 * after they are those of before.
 * `choices`: of char *, "ID=VALUE" of policy rows; NULL: none.
 */
GPtrArray *trees_judge(const char *bundle, guint scopes, const Cpuset *host_cpus,
		       const Cpuset *guest_rt, const GPtrArray *choices, GPtrArray *doubts);

#endif
