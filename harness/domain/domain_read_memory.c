/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "domain_reading.h"
#include "element.h"
#include "xml_values.h"

static gboolean read_size(const DomainReading *reading, GError **error)
{
	const xmlNode *memory = element_child(reading->domain, "memory");
	const xmlNode *current = element_child(reading->domain, "currentMemory");
	guint64 kib, current_kib;
	g_autofree char *text = NULL;

	if (!memory)
		return TRUE;
	if (!xml_memory_kib(memory, &kib, error))
		return FALSE;
	current_kib = kib;
	if (current && !xml_memory_kib(current, &current_kib, error))
		return FALSE;
	if (current_kib < kib)
		domain_note(
			reading,
			"the balloon leaves the guest less than its memory at boot; no "
			"key says how much");
	if (kib % 1024 != 0) {
		domain_note(
			reading,
			"the domain's memory is not a whole number of MiB: it stays as "
			"it is");
		return TRUE;
	}
	text = g_strdup_printf("%" G_GUINT64_FORMAT, kib / 1024);
	domain_take(reading, VM_KEY_MEMORY, text);
	return TRUE;
}

gboolean domain_hugepages(const xmlNode *domain, guint64 *ret_kib, gboolean *ret_exact,
			  GError **error)
{
	const xmlNode *node = element_at(domain, "memoryBacking/hugepages");
	const xmlNode *page = element_child(node, "page");
	guint64 bytes;

	*ret_kib = node ? VM_HUGEPAGES_DEFAULT : VM_HUGEPAGES_NONE;
	*ret_exact = TRUE;
	if (!page)
		return TRUE;
	if (!xml_size_bytes(page, "size", 1024, &bytes, error))
		return FALSE;
	*ret_exact = !element_next(page) &&
		     !xmlHasProp((xmlNode *)page, BAD_CAST "nodeset") && bytes >= 1024;
	*ret_kib = MAX(bytes / 1024, 1);
	return TRUE;
}

static gboolean read_hugepages(const DomainReading *reading, GError **error)
{
	g_autofree char *text = NULL;
	gboolean exact;
	guint64 kib;

	if (!domain_hugepages(reading->domain, &kib, &exact, error))
		return FALSE;
	if (!exact)
		domain_note(reading,
			    "huge pages are chosen for some of the guest's NUMA nodes, "
			    "which no key says: they stay as they are");
	if (!exact || kib == VM_HUGEPAGES_NONE)
		return TRUE;
	text = kib == VM_HUGEPAGES_DEFAULT
		       ? g_strdup("default")
		       : g_strdup_printf("%" G_GUINT64_FORMAT "K", kib);
	domain_take(reading, VM_KEY_HUGEPAGES, text);
	return TRUE;
}

static void read_locked(const DomainReading *reading)
{
	gboolean locked = element_at(reading->domain, "memoryBacking/locked") != NULL;

	if (locked != reading->vm->rt)
		domain_take(reading, VM_KEY_RT_MEMORY, locked ? "True" : "False");
}

/* ---- host NUMA nodes ---- */

static Cpuset nodes_of(const Topology *topology, const Cpuset *cpus)
{
	Cpuset nodes = {0};

	CPUSET_FOREACH(cpu, cpus) {
		const TopologyCpu *at = topology_cpu(topology, (guint)cpu);

		if (at && at->node)
			cpuset_add(&nodes, at->node->number);
	}
	return nodes;
}

static gboolean is_automatic(const DomainReading *reading, const Cpuset *nodes)
{
	Cpuset own;

	if (!reading->topology || cpuset_count(&reading->vm->cpuset) == 0)
		return FALSE;
	own = nodes_of(reading->topology, &reading->vm->cpuset);
	return cpuset_equal(&own, nodes);
}

static gboolean read_numatune(const DomainReading *reading, GError **error)
{
	const xmlNode *memory = element_at(reading->domain, "numatune/memory");
	gboolean bound = cpuset_count(&reading->vm->cpuset) > 0;
	g_autofree char *mode = element_get(memory, "mode");
	g_autofree char *list = NULL;
	Cpuset nodes;

	if (element_at(reading->domain, "numatune/memnode"))
		domain_note(
			reading,
			"nodes of the guest's own have memory from nodes of the host's: "
			"no key says that, and it stays as it is");
	if (!memory || !xmlHasProp((xmlNode *)memory, BAD_CAST "nodeset")) {
		if (memory)
			domain_note(
				reading,
				"the host's nodes for the memory are chosen by numad");
		/* auto would restrict a bound VM. */
		if (bound)
			domain_take(reading, VM_KEY_NUMATUNE, "");
		return TRUE;
	}
	if (!xml_list_attribute(memory, "nodeset", TOPOLOGY_NODES, &nodes, error))
		return FALSE;
	if (mode && g_strcmp0(mode, "strict") != 0)
		domain_note(
			reading,
			"memory is not taken strictly from the nodes of numatune; an RT "
			"VM's is");
	if (!bound)
		domain_note(
			reading,
			"numatune has no meaning without a cpuset: what the domain has "
			"stays as it is");
	if (is_automatic(reading, &nodes))
		return TRUE;
	list = cpulist_format(&nodes);
	domain_take(reading, VM_KEY_NUMATUNE, list);
	return TRUE;
}

gboolean domain_read_memory(const DomainReading *reading, GError **error)
{
	read_locked(reading);
	return read_size(reading, error) && read_hugepages(reading, error) &&
	       read_numatune(reading, error);
}
