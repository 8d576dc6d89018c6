/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "domain_reading.h"
#include "element.h"
#include "xml_values.h"

/* The vCPUs that cachetune and memorytune of lathe's are for: the RT ones, else all. */
static Cpuset measured(const DomainReading *reading)
{
	const DomainThreads *threads = reading->threads;
	Cpuset vcpus = {0};

	for (guint i = 0; i < threads->n_vcpus; i++)
		if (!reading->vm->rt || domain_sched_is_rt(&threads->scheds[i]))
			cpuset_add(&vcpus, i);
	return vcpus;
}

/* One element of that name for exactly those vCPUs, whose children all are `child`. */
static const xmlNode *the_one(const DomainReading *reading, const char *name,
			      const char *child, gboolean *ret_any)
{
	const xmlNode *node =
		element_child(element_child(reading->domain, "cputune"), name);
	Cpuset wanted = measured(reading), vcpus;

	*ret_any = node != NULL;
	if (!node || element_next(node) ||
	    !xml_list_attribute(node, "vcpus", CPUSET_CPUS, &vcpus, NULL) ||
	    !cpuset_equal(&vcpus, &wanted))
		return NULL;
	for (const xmlNode *part = node->children; part; part = part->next)
		if (part->type == XML_ELEMENT_NODE && !element_is(part, child))
			return NULL;
	return element_child(node, child) ? node : NULL;
}

/* All caches have the same size, in whole ways. */
static gboolean whole_ways(const DomainReading *reading, const xmlNode *tune,
			   guint64 *ret)
{
	const DomainCache *cache = reading->cache;
	guint64 level = 0, bytes = 0, before = 0;

	if (!cache || cache->way_bytes == 0)
		return FALSE;
	ELEMENT_FOREACH(node, tune, "cache") {
		if (!xml_number_attribute(node, "level", G_MAXUINT16, &level, NULL) ||
		    !xml_size_bytes(node, "size", 1024, &bytes, NULL) ||
		    level != cache->level || !element_has(node, "type", "both") ||
		    bytes % cache->way_bytes != 0 || (before && bytes != before))
			return FALSE;
		before = bytes;
	}
	*ret = before / cache->way_bytes;
	return TRUE;
}

static gboolean one_bandwidth(const xmlNode *tune, guint64 *ret)
{
	guint64 before = 0, percent = 0;

	ELEMENT_FOREACH(node, tune, "node") {
		if (!xml_number_attribute(node, "bandwidth", 100, &percent, NULL) ||
		    (before && percent != before))
			return FALSE;
		before = percent;
	}
	*ret = before;
	return TRUE;
}

static void take_number(const DomainReading *reading, VmKey key, guint64 value)
{
	g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT, value);

	domain_take(reading, key, text);
}

void domain_read_cache(const DomainReading *reading)
{
	gboolean any;
	const xmlNode *tune = the_one(reading, "cachetune", "cache", &any);
	guint64 value;

	if (tune && whole_ways(reading, tune, &value))
		take_number(reading, VM_KEY_CACHE_WAYS, value);
	else if (any)
		domain_note(reading,
			    "cache_ways cannot say what the domain's cachetune does: it "
			    "stays as it is");
	tune = the_one(reading, "memorytune", "node", &any);
	if (tune && one_bandwidth(tune, &value))
		take_number(reading, VM_KEY_MEMORY_BANDWIDTH, value);
	else if (any)
		domain_note(reading,
			    "memory_bandwidth cannot say what the domain's memorytune "
			    "does: it stays as it is");
}
