/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hwloc as lathe uses it: the Linux backend alone, one root, nothing of the environment. */
#ifndef LATHE_TOPOLOGY_LOAD_H
#define LATHE_TOPOLOGY_LOAD_H

#include <glib.h>
#include <hwloc.h>

#include "root.h"

/* NULL with an error. The caller destroys it with hwloc_topology_destroy(). */
hwloc_topology_t topology_load(const Root *root, GError **error);

#endif
