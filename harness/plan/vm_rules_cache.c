/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules about resctrl: cache ways and memory bandwidth. */
#include <errno.h>

#include "number.h"
#include "resctrl.h"
#include "vm_rules_private.h"

#define INFO RESCTRL_PATH "/info"

typedef enum { RESOURCE_THERE, RESOURCE_ABSENT, RESOURCE_UNKNOWN } Resource;

static Resource absent(const Root *root, int errnum, const char *path)
{
	return errnum == ENOENT && rule_absent_is_known(root, path) ? RESOURCE_ABSENT
								    : RESOURCE_UNKNOWN;
}

/* The last level that can be divided; with CDP, code and data are the same ways. */
static Resource read_cache(const Root *root, ResctrlCache *ret, guint *ret_level)
{
	static const struct {
		const char *name;
		guint level;
	} names[] = {{"L3", 3}, {"L3CODE", 3}, {"L2", 2}, {"L2CODE", 2}};
	Resource all = RESOURCE_ABSENT;

	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = g_strconcat(INFO "/", names[i].name, "/cbm_mask", NULL);
		int errnum = 0;

		if (resctrl_cache_read(root, names[i].name, ret, &errnum, NULL)) {
			*ret_level = names[i].level;
			return RESOURCE_THERE;
		}
		if (absent(root, errnum, path) == RESOURCE_UNKNOWN)
			all = RESOURCE_UNKNOWN;
	}
	return all;
}

static guint ways_of(const ResctrlCache *cache)
{
	return (guint)__builtin_popcountll(cache->cbm_mask);
}

/* One VM by itself. */
static void check_vm(const VmRule *rule, const VmConfig *vm, Resource found,
		     const ResctrlCache *cache, GPtrArray *breaches)
{
	g_autofree char *name = rule_name(vm);

	if (found == RESOURCE_ABSENT)
		rule_broken(rule, breaches, vm, VM_KEY_CACHE_WAYS,
			    "%s wants %u ways of the cache, and there is no " INFO "/L3 or L2: resctrl "
			    "is not mounted, or the processor cannot divide its cache", name,
			    vm->cache_ways);
	else if (found == RESOURCE_UNKNOWN)
		rule_unknown(rule, breaches, vm, VM_KEY_CACHE_WAYS,
			     "how many ways the cache has, of which %s wants %u, is not known: " INFO
			     " cannot be read", name, vm->cache_ways);
	else if (vm->cache_ways < cache->min_cbm_bits)
		rule_broken(rule, breaches, vm, VM_KEY_CACHE_WAYS,
			    "%s wants %u ways of the cache: the processor gives %u at least", name,
			    vm->cache_ways, cache->min_cbm_bits);
}

/* All VMs that use one cache; the others and the host keep as many ways as a group must have. */
static void check_sum(const VmRule *rule, const RuleScene *scene, const TopologyCache *at,
		      const ResctrlCache *cache, GPtrArray *breaches)
{
	guint64 sum = 0;
	const VmConfig *last = NULL;
	g_autofree char *list = NULL;
	g_autofree char *name = NULL;

	for (guint i = 0; i < scene->layouts->len; i++) {
		const VmLayout *layout = rule_layout(scene, i);

		if (layout->vm->cache_ways == 0 ||
		    (layout->bound && !cpuset_intersects(&layout->cpuset, &at->cpus)))
			continue;
		sum += layout->vm->cache_ways;
		last = layout->vm;
	}
	if (!last || sum + MAX(cache->min_cbm_bits, 1) <= ways_of(cache))
		return;
	list = cpulist_format(&at->cpus);
	name = rule_name(last);
	rule_broken(rule, breaches, last, VM_KEY_CACHE_WAYS,
		    "the VMs on CPUs %s, %s the last of them, want %" G_GUINT64_FORMAT
		    " ways of their cache: it has %u, of which the host keeps %u", list, name, sum,
		    ways_of(cache), MAX(cache->min_cbm_bits, 1));
}

static void check_ways(const VmRule *rule, const RuleScene *scene, GPtrArray *breaches)
{
	ResctrlCache cache = {0};
	guint level = 0;
	Resource found = RESOURCE_UNKNOWN;
	gboolean looked = FALSE;

	for (guint i = 0; i < scene->layouts->len; i++) {
		const VmConfig *vm = rule_layout(scene, i)->vm;

		if (vm->cache_ways == 0)
			continue;
		if (!looked)
			found = read_cache(scene->root, &cache, &level);
		looked = TRUE;
		check_vm(rule, vm, found, &cache, breaches);
	}
	for (guint i = 0; found == RESOURCE_THERE && i < scene->topology->caches->len; i++) {
		const TopologyCache *at = scene->topology->caches->pdata[i];

		if (at->level == level && at->type != CACHE_INSTRUCTION)
			check_sum(rule, scene, at, &cache, breaches);
	}
}

const VmRule rule_cache_ways = {
	.id = "cache-ways",
	.level = RULE_ERROR,
	.title = "The cache has the ways that VMs want, and the host keeps some",
	.source = "Documentation/filesystems/resctrl.rst; libvirt domain XML, cachetune",
	.remedy = "fewer cache_ways; mount -t resctrl resctrl /sys/fs/resctrl",
	.check = check_ways,
};

static Resource read_least_bandwidth(const Root *root, guint64 *ret)
{
	g_autofree char *line = NULL;
	int errnum = 0;

	if (!root_read_line(root, INFO "/MB/min_bandwidth", &line, &errnum, NULL))
		return absent(root, errnum, INFO "/MB/min_bandwidth");
	return number_parse(line, 0, 100, ret, NULL) ? RESOURCE_THERE : RESOURCE_UNKNOWN;
}

static void check_bandwidth(const VmRule *rule, const RuleScene *scene, GPtrArray *breaches)
{
	for (guint i = 0; i < scene->layouts->len; i++) {
		const VmConfig *vm = rule_layout(scene, i)->vm;
		g_autofree char *name = NULL;
		guint64 least = 0;
		Resource found;

		if (vm->memory_bandwidth == 0)
			continue;
		name = rule_name(vm);
		found = read_least_bandwidth(scene->root, &least);
		if (found == RESOURCE_ABSENT)
			rule_broken(rule, breaches, vm, VM_KEY_MEMORY_BANDWIDTH,
				    "%s limits memory bandwidth, and there is no " INFO "/MB: resctrl is "
				    "not mounted, or the processor has no MBA", name);
		else if (found == RESOURCE_UNKNOWN)
			rule_unknown(rule, breaches, vm, VM_KEY_MEMORY_BANDWIDTH,
				     "whether memory bandwidth can be limited, for %s, is not known: "
				     INFO "/MB cannot be read", name);
		else if (vm->memory_bandwidth < least)
			rule_broken(rule, breaches, vm, VM_KEY_MEMORY_BANDWIDTH,
				    "%s limits memory bandwidth to %u%%: the processor can do %"
				    G_GUINT64_FORMAT "%% at least", name, vm->memory_bandwidth, least);
	}
}

const VmRule rule_memory_bandwidth = {
	.id = "memory-bandwidth",
	.level = RULE_ERROR,
	.title = "The processor can limit memory bandwidth as VMs want",
	.source = "Documentation/filesystems/resctrl.rst; libvirt domain XML, memorytune",
	.remedy = "leave memory_bandwidth out; mount -t resctrl resctrl /sys/fs/resctrl",
	.check = check_bandwidth,
};
