/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a bundle keeps the trees that findings are made from. */
#ifndef LATHE_TREES_H
#define LATHE_TREES_H

#include "cpulist.h"
#include "knob.h"
#include "run.h"

#define TREE_HOST	 "host/before"
#define TREE_HOST_AFTER	 "host/after"
/* Of the guest that lathe built; those of a configured VM are where run_vm_path() says. */
#define TREE_VM		 "vm"
#define TREE_GUEST	 "guest/before"
#define TREE_GUEST_AFTER "guest/after"

/* Whose trees. */
typedef struct {
	const RunVm *vm;
	Cpuset cpus;	 /* the host's CPUs that its vCPUs were planned on */
	Cpuset guest_rt; /* its vCPUs that are measured */
} TreesVm;

/*
 * Judges the trees of a bundle: `host_cpus` are the host's CPUs that vCPUs of any VM were planned
 * on. `scopes` says which. Array of Finding *, the host's first, then of each of the n VMs those of
 * the VM and of its guest. Rows with Knob.again are judged on the tree that was captured
 * after the measurement as well (KnobAgain says what counts).
 *
 * A tree that is not there, or was not captured to its end, adds one sentence (char *) to
 * `doubts`. Without the tree of before there are no findings of that scope; without the one of
 * after they are those of before.
 * `choices`: of char *, "ID=VALUE" of policy rows; NULL: none.
 */
GPtrArray *trees_judge(const char *bundle, guint scopes, const Cpuset *host_cpus,
		       const TreesVm *vms, guint n, const GPtrArray *choices, GPtrArray *doubts);

#endif
