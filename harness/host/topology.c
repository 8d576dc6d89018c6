/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "topology.h"

#include <errno.h>
#include <hwloc.h>
#include <string.h>

#include "error.h"
#include "number.h"
#include "topology_build.h"
#include "topology_load.h"

#define CPU_DIRECTORY "sys/devices/system/cpu"

#define NODE_DIRECTORY "sys/devices/system/node"

/* What hwloc's Linux backend reads, and this file. */
const char *const topology_files[] = {
	CPU_DIRECTORY "/online",
	CPU_DIRECTORY "/offline",
	CPU_DIRECTORY "/present",
	CPU_DIRECTORY "/possible",
	CPU_DIRECTORY "/isolated",
	CPU_DIRECTORY "/cpu*/online",
	CPU_DIRECTORY "/cpu*/topology/core_id",
	CPU_DIRECTORY "/cpu*/topology/physical_package_id",
	CPU_DIRECTORY "/cpu*/topology/die_id",
	CPU_DIRECTORY "/cpu*/topology/cluster_id",
	CPU_DIRECTORY "/cpu*/topology/book_id",
	CPU_DIRECTORY "/cpu*/topology/drawer_id",
	CPU_DIRECTORY "/cpu*/topology/*_cpus",
	CPU_DIRECTORY "/cpu*/topology/*_siblings",
	CPU_DIRECTORY "/cpu*/cache/index*/id",
	CPU_DIRECTORY "/cpu*/cache/index*/level",
	CPU_DIRECTORY "/cpu*/cache/index*/type",
	CPU_DIRECTORY "/cpu*/cache/index*/size",
	CPU_DIRECTORY "/cpu*/cache/index*/shared_cpu_map",
	CPU_DIRECTORY "/cpu*/cache/index*/coherency_line_size",
	CPU_DIRECTORY "/cpu*/cache/index*/number_of_sets",
	CPU_DIRECTORY "/cpu*/cache/index*/physical_line_partition",
	NODE_DIRECTORY "/online",
	NODE_DIRECTORY "/possible",
	NODE_DIRECTORY "/node*/cpumap",
	NODE_DIRECTORY "/node*/distance",
	NODE_DIRECTORY "/node*/meminfo",
	"proc/cpuinfo",
	"proc/meminfo",
	NULL,
};

static void node_free(gpointer data)
{
	TopologyNode *node = data;

	if (node->distances)
		g_array_unref(node->distances);
	g_free(node);
}

/* Every CPU with a directory: online, or offline and able to come back. */
static gboolean read_cpus(const Root *root, Cpuset *ret, GError **error)
{
	g_autoptr(GPtrArray) names = root_list(root, CPU_DIRECTORY, error);

	if (!names) {
		lathe_error_hint(error, "this is not the root of a Linux machine, live or "
				 "captured");
		return FALSE;
	}
	for (guint i = 0; i < names->len; i++) {
		const char *name = names->pdata[i];
		guint64 cpu;

		if (g_str_has_prefix(name, "cpu") &&
		    number_parse(name + strlen("cpu"), 0, CPUSET_CPUS - 1, &cpu, NULL))
			cpuset_add(ret, (guint)cpu);
	}
	return TRUE;
}

/* *known tells a file that is not there from one that lists nothing. */
static gboolean read_list(const Root *root, const char *path, Cpuset *ret, gboolean *known,
			  GError **error)
{
	g_autofree char *text = NULL;
	int errnum = 0;

	*known = FALSE;
	if (!root_read(root, path, &text, NULL, &errnum, error)) {
		if (errnum != ENOENT)
			return FALSE;
		g_clear_error(error);
		return TRUE;
	}
	if (!cpulist_parse_kernel(text, CPUSET_CPUS, ret, error)) {
		g_prefix_error(error, "%s: ", path);
		return FALSE;
	}
	*known = TRUE;
	return TRUE;
}

/* Where no file lists the online CPUs, those are online whose topology the kernel shows. */
static gboolean online_of(Topology *topology, hwloc_topology_t hwloc, GError **error)
{
	hwloc_const_bitmap_t all = hwloc_topology_get_topology_cpuset(hwloc);

	if (hwloc_bitmap_last(all) < 0 || hwloc_bitmap_last(all) >= CPUSET_CPUS)
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "hwloc finds CPU %d; a kernel has 0 to %d",
				   hwloc_bitmap_last(all), CPUSET_CPUS - 1);
	for (int cpu = hwloc_bitmap_first(all); cpu >= 0; cpu = hwloc_bitmap_next(all, cpu))
		cpuset_add(&topology->online, (guint)cpu);
	return TRUE;
}

static gboolean some_online(const Topology *topology, GError **error)
{
	return cpuset_next(&topology->online, 0) >= 0 ||
	       lathe_error(error, LATHE_ERROR_INPUT, CPU_DIRECTORY "/online lists no CPU");
}

Topology *topology_read(const Root *root, GError **error)
{
	g_autoptr(Topology) topology = g_new0(Topology, 1);
	gboolean online_known;
	hwloc_topology_t hwloc;
	gboolean good;

	topology->nodes = g_ptr_array_new_with_free_func(node_free);
	topology->packages = g_ptr_array_new_with_free_func(g_free);
	topology->cores = g_ptr_array_new_with_free_func(g_free);
	topology->caches = g_ptr_array_new_with_free_func(g_free);
	topology->by_cpu = g_ptr_array_new_with_free_func(g_free);
	if (!read_cpus(root, &topology->cpus, error) ||
	    !read_list(root, CPU_DIRECTORY "/online", &topology->online, &online_known, error))
		return NULL;
	/* What cannot be read or understood is unknown; knobs of their own judge that file. */
	if (!read_list(root, CPU_DIRECTORY "/isolated", &topology->isolated,
		       &topology->isolated_known, NULL))
		topology->isolated = (Cpuset){0};
	hwloc = topology_load(root, error);
	if (!hwloc)
		return NULL;
	good = (online_known || online_of(topology, hwloc, error)) && some_online(topology, error);
	if (good)
		topology_build(topology, root, hwloc);
	hwloc_topology_destroy(hwloc);
	return good ? g_steal_pointer(&topology) : NULL;
}

void topology_free(Topology *topology)
{
	if (!topology)
		return;
	g_ptr_array_unref(topology->nodes);
	g_ptr_array_unref(topology->packages);
	g_ptr_array_unref(topology->cores);
	g_ptr_array_unref(topology->caches);
	g_ptr_array_unref(topology->by_cpu);
	g_free(topology->cpu_model);
	g_free(topology);
}

const TopologyCpu *topology_cpu(const Topology *topology, guint cpu)
{
	return cpu < topology->by_cpu->len ? topology->by_cpu->pdata[cpu] : NULL;
}

Cpuset topology_siblings(const Topology *topology, const Cpuset *cpus)
{
	Cpuset all = *cpus;

	CPUSET_FOREACH(cpu, cpus) {
		const TopologyCpu *at = topology_cpu(topology, (guint)cpu);

		if (at && at->core)
			cpuset_union(&all, &at->core->cpus);
	}
	return all;
}

const TopologyNode *topology_node(const Topology *topology, guint number)
{
	for (guint i = 0; i < topology->nodes->len; i++) {
		const TopologyNode *node = topology->nodes->pdata[i];

		if (node->number == number)
			return node;
	}
	return NULL;
}

char *topology_cache_name(const TopologyCache *cache)
{
	static const char *const suffixes[] = {
		[CACHE_UNIFIED] = "", [CACHE_DATA] = "d", [CACHE_INSTRUCTION] = "i"};

	return g_strdup_printf("L%u%s", cache->level, suffixes[cache->type]);
}
