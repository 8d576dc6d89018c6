/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The last-level caches of a machine, as far as cache_ways and memory_bandwidth need them
 * (Documentation/ABI/testing/sysfs-devices-system-cpu: cache/index<n>). */
#include <string.h>

#include "domain_edit.h"
#include "error.h"
#include "number.h"
#include "resctrl.h"

/* A CPU has four kinds of cache on the machines of today. */
#define INDEXES_MAX 16

typedef struct {
	guint64 level, id, size, ways;
} Cache;

static gboolean read_number(const Root *root, const char *directory, const char *name,
			    const char *unit, guint64 *ret)
{
	g_autofree char *path = g_build_filename(directory, name, NULL);
	g_autofree char *text = NULL;
	Span span;
	guint64 number;

	if (!root_read_line(root, path, &text, NULL, NULL))
		return FALSE;
	span = span_of(text);
	if (!span_take_number(&span, G_MAXUINT32, &number) ||
	    !span_take_literal(&span, unit) || span.at != span.end)
		return FALSE;
	*ret = number;
	return TRUE;
}

/* The highest level that holds data. FALSE: nobody knows. */
static gboolean last_level(const Root *root, guint cpu, Cache *ret)
{
	Cache best = {0};

	for (guint i = 0; i < INDEXES_MAX; i++) {
		g_autofree char *directory = g_strdup_printf(
			"sys/devices/system/cpu/cpu%u/cache/index%u", cpu, i);
		Cache cache = {0};

		if (!read_number(root, directory, "level", "", &cache.level))
			break;
		if (cache.level <= best.level)
			continue;
		if (!read_number(root, directory, "id", "", &cache.id) ||
		    !read_number(root, directory, "size", "K", &cache.size))
			return FALSE;
		read_number(root, directory, "ways_of_associativity", "", &cache.ways);
		best = cache;
	}
	*ret = best;
	return best.level >= 2 && best.id < CPUSET_CPUS;
}

/* resctrl may divide a cache into fewer parts than it has ways; libvirt counts those. */
static guint64 way_bytes(const Root *root, const Cache *cache)
{
	g_autofree char *name = g_strdup_printf("L%u", (guint)cache->level);
	ResctrlCache info;
	guint64 ways = cache->ways;

	if (resctrl_cache_read(root, name, &info, NULL, NULL))
		ways = (guint64)__builtin_popcountll(info.cbm_mask);
	return ways ? cache->size * 1024 / ways : 0;
}

gboolean domain_cache_read(const Root *root, const Cpuset *cpus, DomainCache *ret,
			   GError **error)
{
	DomainCache all = {0};
	guint64 size = 0;

	CPUSET_FOREACH(cpu, cpus) {
		Cache cache;

		if (!last_level(root, (guint)cpu, &cache))
			return lathe_error(
				error, LATHE_ERROR_ENVIRONMENT,
				"the kernel does not tell which last-level cache CPU %d "
				"has",
				cpu);
		if (all.level != 0 && (all.level != cache.level || size != cache.size))
			return lathe_error(
				error, LATHE_ERROR_ENVIRONMENT,
				"the VM's CPUs have last-level caches of different "
				"kinds");
		if (all.level == 0)
			all.way_bytes = way_bytes(root, &cache);
		all.level = (guint)cache.level;
		size = cache.size;
		cpuset_add(&all.ids, (guint)cache.id);
	}
	if (all.level == 0)
		return lathe_error(error, LATHE_ERROR_ENVIRONMENT,
				   "a VM without a cpuset has no last-level cache");
	*ret = all;
	return TRUE;
}
