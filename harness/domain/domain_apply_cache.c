/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ways of the last-level cache and memory bandwidth for the measured vCPUs: <cachetune>
 * and <memorytune>, which libvirt turns into a resctrl group. */
#include "domain_editing.h"
#include "element.h"
#include "error.h"
#include "xml_values.h"

/* RT vCPUs; of a VM that is not real-time all of them. */
static Cpuset measured(const VmLayout *layout)
{
	Cpuset vcpus = {0};

	if (layout->vm->rt)
		return layout->guest_rt;
	for (guint i = 0; i < layout->n_vcpus; i++)
		cpuset_add(&vcpus, i);
	return vcpus;
}

static gboolean is_for(const xmlNode *tune, const Cpuset *vcpus)
{
	Cpuset now;

	return !element_next(tune) &&
	       xml_list_attribute(tune, "vcpus", CPUSET_CPUS, &now, NULL) &&
	       cpuset_equal(&now, vcpus);
}

static gboolean is_so_large(const xmlNode *node, const DomainCache *cache, guint64 bytes)
{
	guint64 level = 0, now = 0;

	return element_has(node, "type", "both") &&
	       xml_number_attribute(node, "level", G_MAXUINT16, &level, NULL) &&
	       level == cache->level && xml_size_bytes(node, "size", 1024, &now, NULL) &&
	       now == bytes;
}

/* Each cache of the VM once, and no other. */
static gboolean covers(const xmlNode *tune, const char *child, const DomainCache *cache,
		       guint64 bytes, guint percent)
{
	Cpuset seen = {0};

	ELEMENT_FOREACH(node, tune, child) {
		guint64 id = CPUSET_CPUS, now = 0;

		if (!xml_number_attribute(node, "id", CPUSET_CPUS - 1, &id, NULL) ||
		    id == CPUSET_CPUS || (bytes && !is_so_large(node, cache, bytes)) ||
		    (percent &&
		     (!xml_number_attribute(node, "bandwidth", 100, &now, NULL) ||
		      now != percent)))
			return FALSE;
		cpuset_add(&seen, (guint)id);
	}
	return cpuset_equal(&seen, &cache->ids);
}

static xmlNode *renew(const DomainEdit *edit, const char *name, const Cpuset *vcpus)
{
	xmlNode *tune = element_need(edit->domain, "cputune");
	g_autofree char *list = cpulist_format(vcpus);

	element_remove_all(tune, name);
	return element_set(element_add(tune, name), "vcpus", list);
}

static void set_cache(const DomainEdit *edit, const Cpuset *vcpus)
{
	const DomainCache *cache = edit->cache;
	guint64 bytes = edit->layout->vm->cache_ways * cache->way_bytes;
	xmlNode *tune = element_at(edit->domain, "cputune/cachetune");

	if (tune && is_for(tune, vcpus) && covers(tune, "cache", cache, bytes, 0))
		return;
	tune = renew(edit, "cachetune", vcpus);
	CPUSET_FOREACH(id, &cache->ids) {
		xmlNode *node =
			element_set_number(element_add(tune, "cache"), "id", (guint64)id);

		element_set(element_set_number(node, "level", cache->level), "type",
			    "both");
		element_set(element_set_number(node, "size", bytes / 1024), "unit",
			    "KiB");
	}
}

static void set_bandwidth(const DomainEdit *edit, const Cpuset *vcpus)
{
	guint percent = edit->layout->vm->memory_bandwidth;
	xmlNode *tune = element_at(edit->domain, "cputune/memorytune");

	if (tune && is_for(tune, vcpus) && covers(tune, "node", edit->cache, 0, percent))
		return;
	tune = renew(edit, "memorytune", vcpus);
	CPUSET_FOREACH(id, &edit->cache->ids)
		element_set_number(
			element_set_number(element_add(tune, "node"), "id", (guint64)id),
			"bandwidth", percent);
}

gboolean domain_apply_cache(const DomainEdit *edit, GError **error)
{
	const VmConfig *vm = edit->layout->vm;
	const DomainCache *cache = edit->cache;
	Cpuset vcpus = measured(edit->layout);

	if (vm->cache_ways == 0 && vm->memory_bandwidth == 0)
		return TRUE;
	if (cpuset_count(&vcpus) == 0)
		return lathe_error(error, LATHE_ERROR_USAGE,
				   "%s is given, and no vCPU is real-time",
				   vm->cache_ways ? "cache_ways" : "memory_bandwidth");
	if (!cache || cpuset_count(&cache->ids) == 0)
		return lathe_error(
			error, LATHE_ERROR_ENVIRONMENT,
			"%s is given, and nobody knows the machine's last-level caches",
			vm->cache_ways ? "cache_ways" : "memory_bandwidth");
	/* libvirt's sizes are in KiB at best. */
	if (vm->cache_ways > 0 && (cache->way_bytes == 0 || cache->way_bytes % 1024 != 0))
		return lathe_error(
			error, LATHE_ERROR_ENVIRONMENT,
			"cache_ways is given, and nobody knows how large a way of the "
			"last-level cache is");
	if (vm->cache_ways > 0)
		set_cache(edit, &vcpus);
	if (vm->memory_bandwidth > 0)
		set_bandwidth(edit, &vcpus);
	return TRUE;
}
