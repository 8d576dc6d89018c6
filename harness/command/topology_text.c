/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "topology_text.h"

#include "cpulist.h"
#include "escape.h"

/* Where "[Socket 0]" begins, as cpu-topology prints it. */
#define SOCKET_COLUMN 22

static char *size_text(guint64 bytes)
{
	static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
	guint64 unit = 1024;
	guint at = 0;

	for (; at + 1 < G_N_ELEMENTS(units) && bytes >= unit * 1024; at++)
		unit *= 1024;
	return bytes % unit ? g_strdup_printf("%.2f %s", (double)bytes / (double)unit, units[at])
			    : g_strdup_printf("%" G_GUINT64_FORMAT " %s", bytes / unit, units[at]);
}

static char *number_text(int number)
{
	return number == TOPOLOGY_UNKNOWN ? g_strdup("?") : g_strdup_printf("%d", number);
}

static void append_count(GString *text, guint count, const char *what)
{
	g_string_append_printf(text, "%s%u %s%s", text->len ? ", " : "", count, what,
			       count == 1 ? "" : "s");
}

static void add_summary(GString *text, const Topology *topology)
{
	g_autoptr(GString) counts = g_string_new(NULL);
	g_autofree char *model =
		escape_text(topology->cpu_model ? topology->cpu_model : "CPU model not known", -1);

	append_count(counts, topology->nodes->len, "NUMA node");
	append_count(counts, topology->packages->len, "socket");
	append_count(counts, topology->cores->len, "core");
	append_count(counts, cpuset_count(&topology->online), "online CPU");
	g_string_append_printf(text, "%s\n%s\n", model, counts->str);
}

static void add_cpu(GString *text, const Topology *topology, guint cpu)
{
	const TopologyCpu *at = topology_cpu(topology, cpu);

	g_string_append_printf(text, "        CPU %u%s%s\n", cpu,
			       topology->isolated_known && at->isolated ? "  isolated" : "",
			       at->online ? "" : "  offline");
}

static void add_core(GString *text, const Topology *topology, const TopologyCore *core)
{
	g_autofree char *number = number_text(core->number);
	g_autofree char *socket =
		number_text(core->package ? core->package->number : TOPOLOGY_UNKNOWN);
	g_autofree char *head = g_strdup_printf("    Core %s:", number);

	g_string_append_printf(text, "%-*s[Socket %s]\n", SOCKET_COLUMN, head, socket);
	CPUSET_FOREACH(cpu, &core->cpus)
		add_cpu(text, topology, (guint)cpu);
}

static void add_node_head(GString *text, const TopologyNode *node)
{
	g_string_append_printf(text, "\nNUMA Node %u:", node->number);
	if (node->memory_known) {
		g_autofree char *all = size_text(node->memory_bytes);
		g_autofree char *left = size_text(node->free_bytes);

		g_string_append_printf(text, "  memory %s, free %s", all, left);
	} else {
		g_string_append(text, "  memory not known");
	}
	g_string_append(text, cpuset_next(&node->cpus, 0) < 0 ? ", no CPU\n" : "\n");
}

/* Cores are sorted by node, those without one first: each is looked at once. */
static guint add_cores_of(GString *text, const Topology *topology, const TopologyNode *node,
			  guint at)
{
	for (; at < topology->cores->len; at++) {
		const TopologyCore *core = topology->cores->pdata[at];

		if (core->node != node)
			break;
		add_core(text, topology, core);
	}
	return at;
}

static void add_nodes(GString *text, const Topology *topology)
{
	const TopologyCore *first = topology->cores->len ? topology->cores->pdata[0] : NULL;
	guint at = 0;

	if (first && !first->node) {
		g_string_append(text, "\nNUMA node not known:\n");
		at = add_cores_of(text, topology, NULL, 0);
	}
	for (guint i = 0; i < topology->nodes->len; i++) {
		add_node_head(text, topology->nodes->pdata[i]);
		at = add_cores_of(text, topology, topology->nodes->pdata[i], at);
	}
}

/* CPUs that no core above has. */
static void add_others(GString *text, const Topology *topology)
{
	gboolean first = TRUE;

	CPUSET_FOREACH(cpu, &topology->cpus) {
		if (topology_cpu(topology, (guint)cpu)->core)
			continue;
		if (first)
			g_string_append(text, "\nCore not known:\n");
		first = FALSE;
		add_cpu(text, topology, (guint)cpu);
	}
}

static void add_distances(GString *text, const Topology *topology)
{
	const TopologyNode *first = topology->nodes->pdata[0];

	if (!first->distances)
		return;
	g_string_append(text, "\nDistances between nodes (10 is local)\n  node");
	for (guint i = 0; i < topology->nodes->len; i++)
		g_string_append_printf(text, " %4u",
				       ((TopologyNode *)topology->nodes->pdata[i])->number);
	g_string_append_c(text, '\n');
	for (guint i = 0; i < topology->nodes->len; i++) {
		const TopologyNode *node = topology->nodes->pdata[i];

		g_string_append_printf(text, "  %4u", node->number);
		for (guint j = 0; node->distances && j < node->distances->len; j++)
			g_string_append_printf(text, " %4u",
					       g_array_index(node->distances, guint, j));
		g_string_append_c(text, '\n');
	}
}

static gboolean is_cores_own(const Topology *topology, const TopologyCache *cache)
{
	int cpu = cpuset_next(&cache->cpus, 0);
	const TopologyCpu *at = cpu >= 0 ? topology_cpu(topology, (guint)cpu) : NULL;

	return at && at->core && cpuset_equal(&at->core->cpus, &cache->cpus);
}

/* One line for caches that follow each other, are alike, and each a core's own; else a line
 * a cache. */
static void add_caches(GString *text, const Topology *topology)
{
	const GPtrArray *caches = topology->caches;

	g_string_append(text, caches->len ? "\nCaches\n" : "\nCaches not known\n");
	for (guint i = 0, end; i < caches->len; i = end) {
		const TopologyCache *cache = caches->pdata[i];
		g_autofree char *name = topology_cache_name(cache);
		g_autofree char *size = cache->size_bytes ? size_text(cache->size_bytes)
							  : g_strdup("size not known");
		g_autofree char *cpus = cpulist_format(&cache->cpus);

		for (end = i; end < caches->len; end++) {
			const TopologyCache *other = caches->pdata[end];

			if (other->level != cache->level || other->type != cache->type ||
			    other->size_bytes != cache->size_bytes ||
			    !is_cores_own(topology, other))
				break;
		}
		if (end - i > 1) {
			g_string_append_printf(text, "  %-3s  %9s  %u, a core's own each\n", name,
					       size, end - i);
			continue;
		}
		end = i + 1;
		g_string_append_printf(text, "  %-3s  %9s  CPUs %s\n", name, size, cpus);
	}
}

static void add_sets(GString *text, const Topology *topology)
{
	g_autofree char *online = cpulist_format(&topology->online);
	g_autofree char *isolated = cpulist_format(&topology->isolated);
	g_autofree char *offline = NULL;
	Cpuset rest = topology->cpus;

	cpuset_subtract(&rest, &topology->online);
	offline = cpulist_format(&rest);
	g_string_append_printf(text, "\nOnline:   %s\nOffline:  %s\nIsolated: %s\n", online,
			       *offline ? offline : "none",
			       !topology->isolated_known ? "not known"
			       : *isolated		 ? isolated
							 : "none");
}

char *topology_text(const Topology *topology)
{
	GString *text = g_string_new(NULL);

	add_summary(text, topology);
	add_nodes(text, topology);
	add_others(text, topology);
	add_distances(text, topology);
	add_caches(text, topology);
	add_sets(text, topology);
	return g_string_free(text, FALSE);
}
