/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "topology_build.h"

#include <string.h>

#include "number.h"

/* hwloc's set, without what sysfs says is offline. */
static Cpuset cpuset_of(const Topology *topology, hwloc_const_bitmap_t bitmap)
{
	Cpuset set = {0};

	for (int cpu = hwloc_bitmap_first(bitmap); cpu >= 0 && cpu < CPUSET_CPUS;
	     cpu = hwloc_bitmap_next(bitmap, cpu))
		if (cpuset_contains(&topology->online, (guint)cpu))
			cpuset_add(&set, (guint)cpu);
	return set;
}

static int number_of(hwloc_obj_t object)
{
	return object->os_index <= G_MAXINT ? (int)object->os_index : TOPOLOGY_UNKNOWN;
}

static TopologyCpu *cpu_at(const Topology *topology, int cpu)
{
	return topology->by_cpu->pdata[cpu];
}

static hwloc_obj_t object_at(hwloc_topology_t hwloc, hwloc_obj_type_t type, guint at)
{
	return hwloc_get_obj_by_type(hwloc, type, at);
}

static void add_packages(Topology *topology, hwloc_topology_t hwloc)
{
	hwloc_obj_t object;

	for (guint i = 0; (object = object_at(hwloc, HWLOC_OBJ_PACKAGE, i)); i++) {
		TopologyPackage *package = g_new(TopologyPackage, 1);

		*package = (TopologyPackage){number_of(object),
					     cpuset_of(topology, object->cpuset)};
		g_ptr_array_add(topology->packages, package);
		CPUSET_FOREACH(cpu, &package->cpus)
			cpu_at(topology, cpu)->package = package;
	}
}

/* Memory without CPUs of its own (HBM, CXL) is local to CPUs of other nodes too: those
 * belong to the node that lists them first, which is the kernel's own numbering. */
static void claim_cpus(Topology *topology, TopologyNode *node, hwloc_obj_t object)
{
	Cpuset local = cpuset_of(topology, object->cpuset);

	CPUSET_FOREACH(cpu, &local) {
		TopologyCpu *at = cpu_at(topology, cpu);

		if (at->node)
			continue;
		at->node = node;
		cpuset_add(&node->cpus, (guint)cpu);
	}
}

static int compare_objects(gconstpointer a, gconstpointer b)
{
	hwloc_obj_t first = *(const hwloc_obj_t *)a, second = *(const hwloc_obj_t *)b;

	return first->os_index < second->os_index ? -1 : first->os_index > second->os_index;
}

/* "Node 0 MemTotal:  131484584 kB" */
static gboolean take_memory(Span line, const char *key, guint64 *ret)
{
	guint64 number, kib;

	if (!span_take_literal(&line, "Node ") ||
	    !span_take_number(&line, TOPOLOGY_NODES, &number) ||
	    !span_take_literal(&line, " ") || !span_take_literal(&line, key))
		return FALSE;
	span_skip_blanks(&line);
	if (!span_take_number(&line, G_MAXUINT64 >> 10, &kib) || !span_take_literal(&line, " kB"))
		return FALSE;
	*ret = kib << 10;
	return TRUE;
}

static void read_memory(const Root *root, TopologyNode *node)
{
	g_autofree char *path = g_strdup_printf("sys/devices/system/node/node%u/meminfo", node->number);
	g_autofree char *text = NULL;
	gboolean total = FALSE, left = FALSE;
	Span span, line;

	if (!root_read(root, path, &text, NULL, NULL, NULL))
		return;
	for (span = span_of(text); span_take_line(&span, &line);) {
		total |= take_memory(line, "MemTotal:", &node->memory_bytes);
		left |= take_memory(line, "MemFree:", &node->free_bytes);
	}
	node->memory_known = total && left;
}

static void add_nodes(Topology *topology, const Root *root, hwloc_topology_t hwloc,
		      GPtrArray *objects)
{
	hwloc_obj_t object;

	for (guint i = 0; (object = object_at(hwloc, HWLOC_OBJ_NUMANODE, i)); i++)
		g_ptr_array_add(objects, object);
	g_ptr_array_sort(objects, compare_objects);
	for (guint i = 0; i < objects->len; i++) {
		TopologyNode *node = g_new0(TopologyNode, 1);

		object = objects->pdata[i];
		node->number = object->os_index;
		g_ptr_array_add(topology->nodes, node);
		claim_cpus(topology, node, object);
		read_memory(root, node);
	}
}

/* `objects` are the nodes in our order; hwloc has its own. */
static void add_distances(Topology *topology, hwloc_topology_t hwloc, const GPtrArray *objects)
{
	struct hwloc_distances_s *matrix;
	guint count = 1;

	if (hwloc_distances_get_by_name(hwloc, "NUMALatency", &count, &matrix, 0) != 0 ||
	    count == 0)
		return;
	for (guint i = 0; i < objects->len; i++) {
		TopologyNode *node = topology->nodes->pdata[i];
		GArray *distances = g_array_new(FALSE, FALSE, sizeof(guint));

		for (guint j = 0; j < objects->len; j++) {
			hwloc_uint64_t there, back;
			guint distance;

			if (hwloc_distances_obj_pair_values(matrix, objects->pdata[i],
							    objects->pdata[j], &there, &back))
				break;
			distance = (guint)MIN(there, G_MAXUINT);
			g_array_append_val(distances, distance);
		}
		if (distances->len == objects->len)
			node->distances = distances;
		else
			g_array_unref(distances);
	}
	hwloc_distances_release(hwloc, matrix);
}

static int compare_numbers(gint64 a, gint64 b)
{
	return a < b ? -1 : a > b;
}

static int compare_packages(gconstpointer a, gconstpointer b)
{
	const TopologyPackage *first = *(TopologyPackage *const *)a;
	const TopologyPackage *second = *(TopologyPackage *const *)b;

	return compare_numbers(first->number, second->number);
}

static int compare_cores(gconstpointer a, gconstpointer b)
{
	const TopologyCore *first = *(TopologyCore *const *)a;
	const TopologyCore *second = *(TopologyCore *const *)b;
	const gint64 keys[][2] = {
		{first->node ? (gint64)first->node->number : TOPOLOGY_UNKNOWN,
		 second->node ? (gint64)second->node->number : TOPOLOGY_UNKNOWN},
		{first->package ? first->package->number : TOPOLOGY_UNKNOWN,
		 second->package ? second->package->number : TOPOLOGY_UNKNOWN},
		{first->number, second->number},
		{cpuset_next(&first->cpus, 0), cpuset_next(&second->cpus, 0)},
	};
	int order = 0;

	for (gsize i = 0; !order && i < G_N_ELEMENTS(keys); i++)
		order = compare_numbers(keys[i][0], keys[i][1]);
	return order;
}

static void add_cores(Topology *topology, hwloc_topology_t hwloc)
{
	hwloc_obj_t object;

	for (guint i = 0; (object = object_at(hwloc, HWLOC_OBJ_CORE, i)); i++) {
		TopologyCore *core = g_new0(TopologyCore, 1);
		const TopologyCpu *first;

		core->number = number_of(object);
		core->cpus = cpuset_of(topology, object->cpuset);
		if (cpuset_next(&core->cpus, 0) < 0) {
			g_free(core);
			continue;
		}
		first = cpu_at(topology, cpuset_next(&core->cpus, 0));
		core->package = first->package;
		core->node = first->node;
		g_ptr_array_add(topology->cores, core);
		CPUSET_FOREACH(cpu, &core->cpus)
			cpu_at(topology, cpu)->core = core;
	}
}

static int compare_caches(gconstpointer a, gconstpointer b)
{
	const TopologyCache *first = *(TopologyCache *const *)a;
	const TopologyCache *second = *(TopologyCache *const *)b;
	int order = compare_numbers(first->level, second->level);

	if (!order)
		order = compare_numbers(first->type, second->type);
	return order ? order
		     : compare_numbers(cpuset_next(&first->cpus, 0), cpuset_next(&second->cpus, 0));
}

static CacheType cache_type(hwloc_obj_cache_type_t type)
{
	if (type == HWLOC_OBJ_CACHE_INSTRUCTION)
		return CACHE_INSTRUCTION;
	return type == HWLOC_OBJ_CACHE_DATA ? CACHE_DATA : CACHE_UNIFIED;
}

static void add_caches(Topology *topology, hwloc_topology_t hwloc)
{
	static const struct {
		hwloc_obj_type_t hwloc;
		guint level;
	} kinds[] = {
		{HWLOC_OBJ_L1CACHE, 1}, {HWLOC_OBJ_L1ICACHE, 1},
		{HWLOC_OBJ_L2CACHE, 2}, {HWLOC_OBJ_L2ICACHE, 2},
		{HWLOC_OBJ_L3CACHE, 3}, {HWLOC_OBJ_L3ICACHE, 3},
		{HWLOC_OBJ_L4CACHE, 4}, {HWLOC_OBJ_L5CACHE, 5},
	};
	hwloc_obj_t object;

	for (gsize k = 0; k < G_N_ELEMENTS(kinds); k++)
		for (guint i = 0; (object = object_at(hwloc, kinds[k].hwloc, i)); i++) {
			TopologyCache *cache = g_new(TopologyCache, 1);

			*cache = (TopologyCache){
				.level = kinds[k].level,
				.type = cache_type(object->attr->cache.type),
				.size_bytes = object->attr->cache.size,
				.cpus = cpuset_of(topology, object->cpuset),
			};
			g_ptr_array_add(topology->caches, cache);
		}
}

static char *model_of(hwloc_topology_t hwloc)
{
	hwloc_obj_t package = object_at(hwloc, HWLOC_OBJ_PACKAGE, 0);
	const char *model = package ? hwloc_obj_get_info_by_name(package, "CPUModel") : NULL;

	if (!model)
		model = hwloc_obj_get_info_by_name(hwloc_get_root_obj(hwloc), "CPUModel");
	return model ? g_strstrip(g_strdup(model)) : NULL;
}

static void add_cpus(Topology *topology)
{
	guint limit = 0;

	cpuset_union(&topology->cpus, &topology->online);
	CPUSET_FOREACH(cpu, &topology->cpus)
		limit = (guint)cpu + 1;
	g_ptr_array_set_size(topology->by_cpu, (int)limit);
	CPUSET_FOREACH(cpu, &topology->cpus) {
		TopologyCpu *at = g_new0(TopologyCpu, 1);

		at->number = (guint)cpu;
		at->online = cpuset_contains(&topology->online, (guint)cpu);
		at->isolated = cpuset_contains(&topology->isolated, (guint)cpu);
		topology->by_cpu->pdata[cpu] = at;
	}
}

void topology_build(Topology *topology, const Root *root, hwloc_topology_t hwloc)
{
	g_autoptr(GPtrArray) nodes = g_ptr_array_new();

	add_cpus(topology);
	add_packages(topology, hwloc);
	add_nodes(topology, root, hwloc, nodes);
	add_distances(topology, hwloc, nodes);
	add_cores(topology, hwloc);
	add_caches(topology, hwloc);
	g_ptr_array_sort(topology->packages, compare_packages);
	g_ptr_array_sort(topology->cores, compare_cores);
	g_ptr_array_sort(topology->caches, compare_caches);
	topology->cpu_model = model_of(hwloc);
}
