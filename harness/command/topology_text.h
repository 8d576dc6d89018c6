/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A machine's topology for people and for programs. */
#ifndef LATHE_COMMAND_TOPOLOGY_TEXT_H
#define LATHE_COMMAND_TOPOLOGY_TEXT_H

#include <glib.h>

#include "topology.h"

/* As cpu-topology of the KVM-RT guide lists it, and what that leaves out. */
char *topology_text(const Topology *topology);

/* One document that ends in a newline. */
char *topology_json(const Topology *topology);

#endif
