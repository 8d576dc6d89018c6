/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A machine's topology files, generated: as many CPUs as a test wants. */
#ifndef LATHE_TEST_MACHINE_TREE_H
#define LATHE_TEST_MACHINE_TREE_H

#include "cpulist.h"
#include "tree.h"

typedef struct {
	guint cpus;    /* numbered 0, stride, 2 * stride ... */
	guint threads; /* of a core: CPUs that follow each other */
	guint nodes;   /* each a socket; CPUs are dealt to them in equal blocks */
	guint stride;
} MachineShape;

static inline void machine_write(const char *directory, const char *text, const char *format,
				 ...) G_GNUC_PRINTF(3, 4);

static inline void machine_write(const char *directory, const char *text, const char *format,
				 ...)
{
	g_autofree char *path = NULL;
	va_list args;

	va_start(args, format);
	path = g_strdup_vprintf(format, args);
	va_end(args);
	tree_write(directory, path, text);
}

/* The mask of CPUs first, first + 1 ... of the shape, as sysfs writes it: without "0x". */
static inline char *machine_mask(const MachineShape *shape, guint first, guint count)
{
	Cpuset set = {0};
	g_autofree char *mask = NULL;

	for (guint i = first; i < first + count; i++)
		cpuset_add(&set, i * shape->stride);
	mask = cpumask_format(&set);
	return g_strconcat(mask + 2, "\n", NULL);
}

#define MACHINE_CPU "sys/devices/system/cpu/cpu%u/"

static inline void machine_cpu(const char *directory, const MachineShape *shape, guint i)
{
	guint cpu = i * shape->stride, per_node = shape->cpus / shape->nodes;
	g_autofree char *siblings =
		machine_mask(shape, i / shape->threads * shape->threads, shape->threads);
	g_autofree char *package = machine_mask(shape, i / per_node * per_node, per_node);
	g_autofree char *core = g_strdup_printf("%u\n", i % per_node / shape->threads);
	g_autofree char *socket = g_strdup_printf("%u\n", i / per_node);

	machine_write(directory, core, MACHINE_CPU "topology/core_id", cpu);
	machine_write(directory, socket, MACHINE_CPU "topology/physical_package_id", cpu);
	machine_write(directory, siblings, MACHINE_CPU "topology/core_cpus", cpu);
	machine_write(directory, package, MACHINE_CPU "topology/package_cpus", cpu);
	machine_write(directory, "1\n", MACHINE_CPU "cache/index0/level", cpu);
	machine_write(directory, "Data\n", MACHINE_CPU "cache/index0/type", cpu);
	machine_write(directory, "48K\n", MACHINE_CPU "cache/index0/size", cpu);
	machine_write(directory, siblings, MACHINE_CPU "cache/index0/shared_cpu_map", cpu);
}

static inline void machine_node(const char *directory, const MachineShape *shape, guint node)
{
	guint per_node = shape->cpus / shape->nodes;
	g_autofree char *cpus = machine_mask(shape, node * per_node, per_node);
	g_autofree char *memory = g_strdup_printf("\nNode %u MemTotal:   1048576 kB\n"
						  "Node %u MemFree:     524288 kB\n", node, node);

	machine_write(directory, cpus, "sys/devices/system/node/node%u/cpumap", node);
	machine_write(directory, memory, "sys/devices/system/node/node%u/meminfo", node);
}

/* Below `directory`, with sys/devices/system/cpu/online. */
static inline void machine_tree(const char *directory, const MachineShape *shape)
{
	Cpuset online = {0}, nodes = {0};
	g_autofree char *cpu_list = NULL;
	g_autofree char *node_list = NULL;

	for (guint i = 0; i < shape->cpus; i++) {
		machine_cpu(directory, shape, i);
		cpuset_add(&online, i * shape->stride);
	}
	for (guint node = 0; node < shape->nodes; node++) {
		machine_node(directory, shape, node);
		cpuset_add(&nodes, node);
	}
	cpu_list = cpulist_format(&online);
	node_list = cpulist_format(&nodes);
	tree_write(directory, "sys/devices/system/cpu/online", cpu_list);
	tree_write(directory, "sys/devices/system/node/online", node_list);
}

#endif
