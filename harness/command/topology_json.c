/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "topology_text.h"

#include <jansson.h>
#include <stdlib.h>

#include "cpulist.h"
#include "escape.h"

static json_t *set_json(const Cpuset *set)
{
	g_autofree char *list = cpulist_format(set);

	return json_string(list);
}

static json_t *number_json(int number)
{
	return number == TOPOLOGY_UNKNOWN ? json_null() : json_integer(number);
}

static json_t *package_number(const TopologyPackage *package)
{
	return number_json(package ? package->number : TOPOLOGY_UNKNOWN);
}

static json_t *node_number(const TopologyNode *node)
{
	return node ? json_integer(node->number) : json_null();
}

static json_t *bytes_json(gboolean known, guint64 bytes)
{
	return known ? json_integer((json_int_t)bytes) : json_null();
}

static json_t *distances_json(const TopologyNode *node)
{
	json_t *list;

	if (!node->distances)
		return json_null();
	list = json_array();
	for (guint i = 0; i < node->distances->len; i++)
		json_array_append_new(list,
				      json_integer(g_array_index(node->distances, guint, i)));
	return list;
}

static json_t *nodes_json(const Topology *topology)
{
	json_t *list = json_array();

	for (guint i = 0; i < topology->nodes->len; i++) {
		const TopologyNode *node = topology->nodes->pdata[i];

		json_array_append_new(
			list, json_pack("{s:I, s:o, s:o, s:o, s:o}", "node",
					(json_int_t)node->number, "cpus", set_json(&node->cpus),
					"memory_bytes",
					bytes_json(node->memory_known, node->memory_bytes),
					"free_bytes",
					bytes_json(node->memory_known, node->free_bytes),
					"distances", distances_json(node)));
	}
	return list;
}

static json_t *packages_json(const Topology *topology)
{
	json_t *list = json_array();

	for (guint i = 0; i < topology->packages->len; i++) {
		const TopologyPackage *package = topology->packages->pdata[i];

		json_array_append_new(list, json_pack("{s:o, s:o}", "package",
						      number_json(package->number), "cpus",
						      set_json(&package->cpus)));
	}
	return list;
}

static json_t *cores_json(const Topology *topology)
{
	json_t *list = json_array();

	for (guint i = 0; i < topology->cores->len; i++) {
		const TopologyCore *core = topology->cores->pdata[i];

		json_array_append_new(list, json_pack("{s:o, s:o, s:o, s:o}", "core",
						      number_json(core->number), "package",
						      package_number(core->package), "node",
						      node_number(core->node), "cpus",
						      set_json(&core->cpus)));
	}
	return list;
}

static json_t *cpu_json(const Topology *topology, const TopologyCpu *cpu)
{
	return json_pack("{s:I, s:b, s:o, s:o, s:o, s:o, s:o}", "cpu", (json_int_t)cpu->number,
			 "online", cpu->online, "isolated",
			 topology->isolated_known ? json_boolean(cpu->isolated) : json_null(),
			 "package", package_number(cpu->package), "core",
			 number_json(cpu->core ? cpu->core->number : TOPOLOGY_UNKNOWN), "node",
			 node_number(cpu->node), "siblings",
			 cpu->core ? set_json(&cpu->core->cpus) : json_null());
}

static json_t *cpus_json(const Topology *topology)
{
	json_t *list = json_array();

	CPUSET_FOREACH(cpu, &topology->cpus)
		json_array_append_new(list,
				      cpu_json(topology, topology_cpu(topology, (guint)cpu)));
	return list;
}

static json_t *caches_json(const Topology *topology)
{
	static const char *const types[] = {[CACHE_UNIFIED] = "unified",
					    [CACHE_DATA] = "data",
					    [CACHE_INSTRUCTION] = "instruction"};
	json_t *list = json_array();

	for (guint i = 0; i < topology->caches->len; i++) {
		const TopologyCache *cache = topology->caches->pdata[i];
		g_autofree char *name = topology_cache_name(cache);

		json_array_append_new(
			list, json_pack("{s:s, s:I, s:s, s:o, s:o}", "name", name, "level",
					(json_int_t)cache->level, "type", types[cache->type],
					"size_bytes",
					bytes_json(cache->size_bytes > 0, cache->size_bytes),
					"cpus", set_json(&cache->cpus)));
	}
	return list;
}

char *topology_json(const Topology *topology)
{
	g_autofree char *model =
		topology->cpu_model ? escape_text(topology->cpu_model, -1) : NULL;
	Cpuset offline = topology->cpus;
	g_autofree char *dump = NULL;
	json_t *document;

	cpuset_subtract(&offline, &topology->online);
	document = json_pack(
		"{s:s?, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "cpu_model", model, "online",
		set_json(&topology->online), "offline", set_json(&offline), "isolated",
		topology->isolated_known ? set_json(&topology->isolated) : json_null(), "nodes",
		nodes_json(topology), "packages", packages_json(topology), "cores",
		cores_json(topology), "cpus", cpus_json(topology), "caches",
		caches_json(topology));
	dump = json_dumps(document, JSON_INDENT(2));
	json_decref(document);
	return g_strconcat(dump, "\n", NULL);
}
