/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a machine is built: NUMA nodes, packages (sockets), cores, CPUs and caches, through
 * hwloc. Plain data, read once from a root; everything in it belongs to the Topology and
 * lives as long. Sets of CPUs hold online CPUs, since the kernel says nothing about the core
 * of a CPU that is offline.
 */
#ifndef LATHE_TOPOLOGY_H
#define LATHE_TOPOLOGY_H

#include <glib.h>

#include "cpulist.h"
#include "root.h"

/* MAX_NUMNODES of an x86 kernel at most (arch/x86/Kconfig, NODES_SHIFT). */
#define TOPOLOGY_NODES 1024

/* An OS number that the kernel does not tell. */
#define TOPOLOGY_UNKNOWN (-1)

typedef struct {
	guint number;		   /* N of sys/devices/system/node/nodeN */
	Cpuset cpus;		   /* empty: memory alone */
	gboolean memory_known;	   /* the next two */
	guint64 memory_bytes, free_bytes;
	GArray *distances;	   /* of guint: to each of Topology.nodes, in that order; NULL
				    * when unknown, as on a machine with one node */
} TopologyNode;

typedef struct {
	int number; /* physical_package_id, or TOPOLOGY_UNKNOWN */
	Cpuset cpus;
} TopologyPackage;

typedef struct {
	int number;		  /* core_id, unique within a package only, or TOPOLOGY_UNKNOWN */
	const TopologyPackage *package; /* NULL when unknown */
	const TopologyNode *node;	/* NULL when unknown */
	Cpuset cpus;			/* sibling threads of each other */
} TopologyCore;

typedef struct {
	guint number; /* N of sys/devices/system/cpu/cpuN */
	gboolean online;
	gboolean isolated; /* from the scheduler; means nothing unless isolated_known */
	/* NULL when offline, or when the tree does not tell: then nobody knows which CPUs are
	 * its siblings, which is not the same as having none. */
	const TopologyCore *core;
	const TopologyPackage *package;
	const TopologyNode *node;
} TopologyCpu;

typedef enum { CACHE_UNIFIED, CACHE_DATA, CACHE_INSTRUCTION } CacheType;

typedef struct {
	guint level; /* 1 is nearest to the core */
	CacheType type;
	guint64 size_bytes; /* 0 when unknown */
	Cpuset cpus;	    /* share it */
} TopologyCache;

typedef struct {
	GPtrArray *nodes;    /* of TopologyNode, by number; one at least */
	GPtrArray *packages; /* of TopologyPackage, by number */
	GPtrArray *cores;    /* of TopologyCore, by node, package, number, first CPU */
	GPtrArray *caches;   /* of TopologyCache, by level, type, first CPU */
	GPtrArray *by_cpu;   /* of TopologyCpu, NULL where there is none: topology_cpu() */
	Cpuset cpus;	     /* all that exist: online, and offline with a directory in sysfs */
	Cpuset online;
	gboolean isolated_known; /* sys/devices/system/cpu/isolated could be read */
	Cpuset isolated;
	char *cpu_model;     /* may hold anything: escape it; NULL when unknown */
} Topology;

/*
 * Reads the topology of a machine. A captured tree is first searched for what would lead
 * hwloc out of it or make it wait: a symlink that leaves the root, a FIFO, a device, a file
 * no kernel writes is an error. Errors: no sys/devices/system/cpu, no CPU whose topology is
 * there, CPU or node numbers beyond what a kernel supports, a malformed list of CPUs.
 *
 * Sets environment variables of hwloc for the time of the call: not for a second thread.
 */
Topology *topology_read(const Root *root, GError **error);
void topology_free(Topology *topology);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Topology, topology_free)

/* NULL when the machine has no such CPU. O(1). */
const TopologyCpu *topology_cpu(const Topology *topology, guint cpu);

/* Every CPU that shares a core with one of `cpus`, those included: what a VM owns whose
 * cpuset is `cpus`. CPUs whose core is unknown stand for themselves. */
Cpuset topology_siblings(const Topology *topology, const Cpuset *cpus);

/* NULL when there is no such node. */
const TopologyNode *topology_node(const Topology *topology, guint number);

/* "L1d", "L1i", "L2": as lscpu(1) calls them. The caller frees it. */
char *topology_cache_name(const TopologyCache *cache);

/* The files that topology_read() makes of a machine what it makes of the live one, as patterns
 * for capture_files(); ends in NULL. */
extern const char *const topology_files[];

#endif
