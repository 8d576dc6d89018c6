/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capabilities.h"

#include <string.h>

#include <libvirt/libvirt.h>
#include <libxml/parser.h>

#include "error.h"
#include "internal.h"
#include "number.h"

static gboolean is_element(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0;
}

/* The first child of that name behind `after` (NULL: of all), or NULL. */
static xmlNode *next_child(const xmlNode *parent, const xmlNode *after, const char *name)
{
	for (xmlNode *at = after ? after->next : parent ? parent->children : NULL; at; at = at->next)
		if (is_element(at, name))
			return at;
	return NULL;
}

static xmlNode *child(const xmlNode *parent, const char *name)
{
	return next_child(parent, NULL, name);
}

static char *attribute(const xmlNode *node, const char *name)
{
	xmlChar *value = xmlGetNoNsProp(node, BAD_CAST name);
	char *copy = g_strdup((const char *)value);

	xmlFree(value);
	return copy;
}

static gboolean read_number(const xmlNode *node, const char *name, guint64 max, guint64 *ret,
			    GError **error)
{
	g_autofree char *text = attribute(node, name);

	if (!text)
		return lathe_error(error, LATHE_ERROR_INPUT, "<%s> without '%s'",
				   (const char *)node->name, name);
	if (number_parse(text, 0, max, ret, error))
		return TRUE;
	g_prefix_error(error, "<%s %s>: ", (const char *)node->name, name);
	return FALSE;
}

static gboolean read_list(const xmlNode *node, const char *name, Cpuset *ret, GError **error)
{
	g_autofree char *text = attribute(node, name);

	if (text && cpulist_parse(text, CPUSET_CPUS, ret, error))
		return TRUE;
	if (!text)
		return lathe_error(error, LATHE_ERROR_INPUT, "<%s> without '%s'",
				   (const char *)node->name, name);
	g_prefix_error(error, "<%s %s>: ", (const char *)node->name, name);
	return FALSE;
}

/* 1 for what libvirt does not name: its units are B, KiB, MiB ... */
static guint64 unit_bytes(const xmlNode *node)
{
	static const struct {
		const char *name;
		guint shift;
	} units[] = {{"B", 0}, {"bytes", 0}, {"KiB", 10}, {"MiB", 20}, {"GiB", 30}};
	g_autofree char *unit = attribute(node, "unit");

	for (gsize i = 0; unit && i < G_N_ELEMENTS(units); i++)
		if (strcmp(units[i].name, unit) == 0)
			return (guint64)1 << units[i].shift;
	return 0;
}

static TopologyPackage *package_of(Topology *topology, guint64 number)
{
	TopologyPackage *package;

	for (guint i = 0; i < topology->packages->len; i++) {
		package = topology->packages->pdata[i];
		if (package->number == (int)number)
			return package;
	}
	package = g_new0(TopologyPackage, 1);
	package->number = (int)number;
	g_ptr_array_add(topology->packages, package);
	return package;
}

/* `siblings`: the threads of its core. The first of them that is read makes the core. */
static const TopologyCore *core_of(Topology *topology, guint cpu, guint64 number,
				   const Cpuset *siblings, const TopologyPackage *package,
				   const TopologyNode *node)
{
	TopologyCore *core;

	CPUSET_FOREACH (sibling, siblings) {
		const TopologyCpu *known = topology_cpu(topology, (guint)sibling);

		if (known && known->core && cpuset_contains(&known->core->cpus, cpu))
			return known->core;
	}
	core = g_new0(TopologyCore, 1);
	core->number = (int)number;
	core->package = package;
	core->node = node;
	core->cpus = *siblings;
	cpuset_add(&core->cpus, cpu);
	g_ptr_array_add(topology->cores, core);
	return core;
}

static gboolean read_cpu(Topology *topology, TopologyNode *node, const xmlNode *element,
			 GError **error)
{
	guint64 number, socket, core;
	TopologyPackage *package;
	Cpuset siblings = {0};
	TopologyCpu *cpu;

	if (!read_number(element, "id", CPUSET_CPUS - 1, &number, error))
		return FALSE;
	if (cpuset_contains(&topology->online, (guint)number))
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "CPU %" G_GUINT64_FORMAT " is there twice", number);
	cpu = g_new0(TopologyCpu, 1);
	cpu->number = (guint)number;
	cpu->online = TRUE;
	cpu->node = node;
	if (topology->by_cpu->len <= number)
		g_ptr_array_set_size(topology->by_cpu, (int)number + 1);
	topology->by_cpu->pdata[number] = cpu;
	cpuset_add(&topology->cpus, (guint)number);
	cpuset_add(&topology->online, (guint)number);
	cpuset_add(&node->cpus, (guint)number);
	/* Only a CPU of a machine that hides it has no core. */
	if (!xmlHasProp(element, BAD_CAST "siblings"))
		return TRUE;
	if (!read_number(element, "socket_id", G_MAXINT, &socket, error) ||
	    !read_number(element, "core_id", G_MAXINT, &core, error) ||
	    !read_list(element, "siblings", &siblings, error))
		return FALSE;
	package = package_of(topology, socket);
	cpuset_add(&package->cpus, (guint)number);
	cpu->package = package;
	cpu->core = core_of(topology, (guint)number, core, &siblings, package, node);
	return TRUE;
}

static gboolean read_cell(Topology *topology, const xmlNode *cell, GError **error)
{
	const xmlNode *memory = child(cell, "memory"), *cpus = child(cell, "cpus");
	TopologyNode *node;
	guint64 number;

	if (!read_number(cell, "id", TOPOLOGY_NODES - 1, &number, error))
		return FALSE;
	if (topology_node(topology, (guint)number))
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "NUMA node %" G_GUINT64_FORMAT " is there twice", number);
	node = g_new0(TopologyNode, 1);
	node->number = (guint)number;
	g_ptr_array_add(topology->nodes, node);
	if (memory && unit_bytes(memory)) {
		xmlChar *text = xmlNodeGetContent(memory);
		guint64 amount;

		if (number_parse((const char *)text, 0, G_MAXUINT64 >> 30, &amount, NULL)) {
			node->memory_known = TRUE;
			node->memory_bytes = amount * unit_bytes(memory);
		}
		xmlFree(text);
	}
	for (xmlNode *cpu = child(cpus, "cpu"); cpu; cpu = next_child(cpus, cpu, "cpu"))
		if (!read_cpu(topology, node, cpu, error))
			return FALSE;
	return TRUE;
}

/* *ret NULL: no CPU is told of. */
static gboolean read_topology(const xmlNode *host, Topology **ret, GError **error)
{
	const xmlNode *cells = child(child(host, "topology"), "cells");
	g_autoptr(Topology) topology = g_new0(Topology, 1);

	topology->nodes = g_ptr_array_new_with_free_func(g_free);
	topology->packages = g_ptr_array_new_with_free_func(g_free);
	topology->cores = g_ptr_array_new_with_free_func(g_free);
	topology->caches = g_ptr_array_new_with_free_func(g_free);
	topology->by_cpu = g_ptr_array_new_with_free_func(g_free);
	for (xmlNode *cell = child(cells, "cell"); cell; cell = next_child(cells, cell, "cell"))
		if (!read_cell(topology, cell, error))
			return FALSE;
	*ret = cpuset_next(&topology->online, 0) >= 0 ? g_steal_pointer(&topology) : NULL;
	return TRUE;
}

static HostCache *cache_of(GArray *caches, guint id)
{
	for (guint i = 0; i < caches->len; i++)
		if (g_array_index(caches, HostCache, i).id == id)
			return &g_array_index(caches, HostCache, i);
	g_array_set_size(caches, caches->len + 1);
	g_array_index(caches, HostCache, caches->len - 1).id = id;
	return &g_array_index(caches, HostCache, caches->len - 1);
}

/* <control granularity='768' unit='KiB' type='both'/>; with code and data apart, 'code' or 'data':
 * those ways are not lathe's to divide. */
static gboolean read_way(const xmlNode *bank, guint64 *ret, GError **error)
{
	for (xmlNode *at = child(bank, "control"); at; at = next_child(bank, at, "control")) {
		g_autofree char *type = attribute(at, "type");
		guint64 granularity;

		if (g_strcmp0(type, "both") != 0 || !unit_bytes(at))
			continue;
		if (!read_number(at, "granularity", G_MAXUINT64 >> 30, &granularity, error))
			return FALSE;
		*ret = granularity * unit_bytes(at);
	}
	return TRUE;
}

static gboolean read_caches(const xmlNode *host, GArray *caches, GError **error)
{
	const xmlNode *banks = child(host, "cache"), *nodes = child(host, "memory_bandwidth");

	for (xmlNode *bank = child(banks, "bank"); bank; bank = next_child(banks, bank, "bank")) {
		guint64 id, level, way = 0;
		Cpuset cpus = {0};
		HostCache *cache;

		if (!read_number(bank, "id", G_MAXUINT, &id, error) ||
		    !read_number(bank, "level", 9, &level, error) ||
		    !read_list(bank, "cpus", &cpus, error) || !read_way(bank, &way, error))
			return FALSE;
		/* The last level is what VMs share. */
		if (level < 3)
			continue;
		cache = cache_of(caches, (guint)id);
		*cache = (HostCache){(guint)id, (guint)level, way, cache->bandwidth, cpus};
	}
	for (xmlNode *node = child(nodes, "node"); node; node = next_child(nodes, node, "node")) {
		HostCache *cache;
		guint64 id;
		Cpuset cpus = {0};

		if (!read_number(node, "id", G_MAXUINT, &id, error) ||
		    !read_list(node, "cpus", &cpus, error))
			return FALSE;
		cache = cache_of(caches, (guint)id);
		cache->level = cache->level ? cache->level : 3;
		cache->bandwidth = child(node, "control") != NULL;
		cache->cpus = cpus;
	}
	return TRUE;
}

static gboolean has_kvm(const xmlNode *root)
{
	for (xmlNode *guest = child(root, "guest"); guest; guest = next_child(root, guest, "guest")) {
		const xmlNode *arch = child(guest, "arch");
		g_autofree char *name = arch ? attribute(arch, "name") : NULL;

		if (g_strcmp0(name, "x86_64") != 0)
			continue;
		for (xmlNode *at = child(arch, "domain"); at; at = next_child(arch, at, "domain")) {
			g_autofree char *type = attribute(at, "type");

			if (g_strcmp0(type, "kvm") == 0)
				return TRUE;
		}
	}
	return FALSE;
}

static HostCapabilities *read_root(const xmlNode *root, GError **error)
{
	g_autoptr(HostCapabilities) capabilities = g_new0(HostCapabilities, 1);
	const xmlNode *host = child(root, "host");

	capabilities->caches = g_array_new(FALSE, TRUE, sizeof(HostCache));
	if (!host || !is_element(root, "capabilities")) {
		lathe_error(error, LATHE_ERROR_INPUT, "no <capabilities> of a <host>");
		return NULL;
	}
	if (!read_topology(host, &capabilities->topology, error) ||
	    !read_caches(host, capabilities->caches, error))
		return NULL;
	capabilities->kvm = has_kvm(root);
	return g_steal_pointer(&capabilities);
}

HostCapabilities *capabilities_parse(const char *xml, GError **error)
{
	xmlDoc *document = strlen(xml) <= G_MAXINT
		? xmlReadMemory(xml, (int)strlen(xml), "capabilities", NULL,
				XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING)
		: NULL;
	const xmlNode *root = document ? xmlDocGetRootElement(document) : NULL;
	HostCapabilities *capabilities = NULL;

	if (root)
		capabilities = read_root(root, error);
	else
		lathe_error(error, LATHE_ERROR_INPUT, "no XML");
	xmlFreeDoc(document);
	return capabilities;
}

HostCapabilities *hypervisor_capabilities(Hypervisor *hypervisor, GError **error)
{
	char *xml = virConnectGetCapabilities(hypervisor->connection);
	HostCapabilities *capabilities;

	if (!xml) {
		domains_failed(hypervisor, error, "read the capabilities of '%s'", hypervisor->uri);
		return NULL;
	}
	capabilities = capabilities_parse(xml, error);
	if (!capabilities)
		g_prefix_error(error, "the capabilities of '%s': ", hypervisor->uri);
	free(xml);
	return capabilities;
}

void capabilities_free(HostCapabilities *capabilities)
{
	if (!capabilities)
		return;
	topology_free(capabilities->topology);
	g_array_unref(capabilities->caches);
	g_free(capabilities);
}
