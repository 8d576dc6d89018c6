/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hwloc opens files by path, follows every link and waits for FIFOs. Before it may read a
 * captured tree, what it would read there is looked at without following anything.
 */
#ifndef LATHE_TOPOLOGY_GUARD_H
#define LATHE_TOPOLOGY_GUARD_H

#include <glib.h>

#include "root.h"

/*
 * FALSE with an error when hwloc must not read this tree: a symlink that leaves it, anything
 * that is neither file, directory nor symlink, a file that is longer than the kernel writes,
 * a CPU or node number that no kernel has, a list of CPUs or nodes that is none. A tree that
 * changes under our hands is not defended against.
 */
gboolean topology_guard(const Root *root, GError **error);

#endif
