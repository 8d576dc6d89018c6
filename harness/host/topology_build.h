/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From hwloc's objects to a Topology. */
#ifndef LATHE_TOPOLOGY_BUILD_H
#define LATHE_TOPOLOGY_BUILD_H

#include <hwloc.h>

#include "root.h"
#include "topology.h"

/* Fills all but the sets of CPUs, which `topology` has already; what hwloc does not tell is
 * read from the root: the memory of a node. */
void topology_build(Topology *topology, const Root *root, hwloc_topology_t hwloc);

#endif
