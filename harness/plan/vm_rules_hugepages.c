/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules about huge pages: which sizes there are, and how many are free where. */
#include <errno.h>
#include <string.h>

#include "number.h"
#include "vm_demand.h"
#include "vm_rules_private.h"

#define NODE_POOLS "sys/devices/system/node/node%u/hugepages/hugepages-%" G_GUINT64_FORMAT "kB"

/* As VmConfig's; the config's word goes before the domain's. */
static guint64 hugepages(const RuleScene *scene, guint i)
{
	const VmConfig *vm = rule_layout(scene, i)->vm;
	const VmDomainFacts *facts = rule_facts(scene, i);

	if (vm->lines[VM_KEY_HUGEPAGES])
		return vm->hugepages_kib;
	return facts && facts->known ? facts->hugepages_kib : VM_HUGEPAGES_NONE;
}

/* In KiB; 0: not known. */
static guint64 default_size(const Root *root)
{
	g_autofree char *text = NULL;
	const char *line;
	Span span;
	guint64 kib;

	if (!root_read(root, "proc/meminfo", &text, NULL, NULL, NULL))
		return 0;
	line = strstr(text, "Hugepagesize:");
	if (!line)
		return 0;
	span = span_of(line + strlen("Hugepagesize:"));
	span_skip_blanks(&span);
	return span_take_number(&span, G_MAXUINT32, &kib) ? kib : 0;
}

typedef enum { POOL_KNOWN, POOL_NO_SUCH_SIZE, POOL_UNKNOWN } Pool;

static Pool free_on_node(const Root *root, guint node, guint64 kib, guint64 *ret)
{
	g_autofree char *pool = g_strdup_printf(NODE_POOLS, node, kib);
	g_autofree char *path = g_strconcat(pool, "/free_hugepages", NULL);
	g_autofree char *line = NULL;
	int errnum = 0;

	if (root_read_line(root, path, &line, &errnum, NULL))
		return number_parse(line, 0, G_MAXUINT32, ret, NULL) ? POOL_KNOWN : POOL_UNKNOWN;
	return errnum == ENOENT && !root_exists(root, pool) && rule_absent_is_known(root, path)
		       ? POOL_NO_SUCH_SIZE
		       : POOL_UNKNOWN;
}

/* Of all those nodes; the size is there when one of them has it. */
static Pool free_on_nodes(const RuleScene *scene, const Cpuset *nodes, guint64 kib, guint64 *ret)
{
	Pool all = POOL_NO_SUCH_SIZE;

	*ret = 0;
	CPUSET_FOREACH(node, nodes) {
		guint64 pages = 0;
		Pool pool = topology_node(scene->topology, (guint)node)
				    ? free_on_node(scene->root, (guint)node, kib, &pages)
				    : POOL_NO_SUCH_SIZE;

		*ret += pages;
		if (pool == POOL_UNKNOWN)
			return POOL_UNKNOWN;
		if (pool == POOL_KNOWN)
			all = POOL_KNOWN;
	}
	return all;
}

/* The size of a VM's pages in KiB; 0: it has none, or that is not known, which is said. */
static guint64 page_size(const VmRule *rule, const RuleScene *scene, guint i, GPtrArray *breaches)
{
	guint64 kib = hugepages(scene, i);
	g_autofree char *name = NULL;

	if (kib != VM_HUGEPAGES_DEFAULT)
		return kib;
	kib = default_size(scene->root);
	if (kib)
		return kib;
	name = rule_name(rule_layout(scene, i)->vm);
	rule_unknown(rule, breaches, rule_layout(scene, i)->vm, VM_KEY_HUGEPAGES,
		     "the default size of huge pages, which %s wants, is not known: proc/meminfo does "
		     "not tell", name);
	return 0;
}

static void check_size(const VmRule *rule, const RuleScene *scene, GPtrArray *breaches)
{
	for (guint i = 0; i < scene->layouts->len; i++) {
		const VmLayout *layout = rule_layout(scene, i);
		Cpuset nodes = vm_demand_nodes(scene, layout);
		guint64 kib = page_size(rule, scene, i, breaches), pages;
		guint64 mib = vm_memory_mib(scene, i);
		g_autofree char *name = rule_name(layout->vm);

		if (!kib)
			continue;
		if (free_on_nodes(scene, &nodes, kib, &pages) == POOL_NO_SUCH_SIZE)
			rule_broken(rule, breaches, layout->vm, VM_KEY_HUGEPAGES,
				    "%s wants huge pages of %" G_GUINT64_FORMAT " KiB, which the machine "
				    "does not have", name, kib);
		else if (mib && mib <= G_MAXUINT64 >> 10 && (mib << 10) % kib)
			rule_broken(rule, breaches, layout->vm, VM_KEY_MEMORY,
				    "the %" G_GUINT64_FORMAT " MiB of %s are no whole number of huge pages "
				    "of %" G_GUINT64_FORMAT " KiB", mib, name, kib);
	}
}

const VmRule rule_hugepages_size = {
	.id = "hugepages-size",
	.level = RULE_ERROR,
	.title = "The machine has huge pages of the size that a VM wants, and they fit",
	.source = "Documentation/admin-guide/mm/hugetlbpage.rst",
	.remedy = "another size (2M, 1G), or hugepagesz= on the host's command line",
	.check = check_size,
};

/* Of one size. */
static void check_free_of(const VmRule *rule, const RuleScene *scene, const GArray *demands,
			  guint64 kib, GPtrArray *breaches)
{
	for (guint i = 0; i < demands->len; i++) {
		const VmDemand *demand = &g_array_index(demands, VmDemand, i);
		guint64 pages, wanted;
		guint vms;
		Pool pool = free_on_nodes(scene, &demand->nodes, kib, &pages);
		g_autofree char *name = NULL;
		g_autofree char *list = NULL;
		g_autofree char *others = NULL;

		if (!vm_demand_is_first(demands, i) || pool == POOL_NO_SUCH_SIZE)
			continue;
		wanted = vm_demand_within(demands, &demand->nodes, &vms);
		name = rule_name(demand->layout->vm);
		list = cpulist_format(&demand->nodes);
		others = vms > 1 ? g_strdup_printf(" and %u more", vms - 1) : g_strdup("");
		if (pool == POOL_UNKNOWN)
			rule_unknown(rule, breaches, demand->layout->vm, VM_KEY_HUGEPAGES,
				     "how many huge pages of %" G_GUINT64_FORMAT " KiB are free on NUMA "
				     "node %s, for %s%s, is not known", kib, list, name, others);
		else if (wanted > pages)
			rule_broken(rule, breaches, demand->layout->vm, VM_KEY_HUGEPAGES,
				    "%s%s want%s %" G_GUINT64_FORMAT " huge pages of %" G_GUINT64_FORMAT
				    " KiB on NUMA node %s, where %" G_GUINT64_FORMAT " are free", name,
				    others, vms > 1 ? "" : "s", wanted, kib, list, pages);
	}
}

/* By size, as there are few: GHashTable of guint64 * to GArray of VmDemand. */
static GHashTable *demands_by_size(const VmRule *rule, const RuleScene *scene,
				   GPtrArray *breaches)
{
	GHashTable *sizes = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free,
						  (GDestroyNotify)g_array_unref);

	for (guint i = 0; i < scene->layouts->len; i++) {
		guint64 kib = page_size(rule, scene, i, breaches), mib = vm_memory_mib(scene, i);
		VmDemand demand = {rule_layout(scene, i), vm_demand_nodes(scene, rule_layout(scene, i)),
				 0};
		GArray *demands = g_hash_table_lookup(sizes, &kib);

		/* What a VM that runs has is not free any more. */
		if (!kib || !mib || rule_runs(scene, i))
			continue;
		/* More than there can be, without wrapping round. */
		demand.wanted = (MIN(mib, G_MAXUINT64 >> 12) * 1024 + kib - 1) / kib;
		if (!demands) {
			demands = g_array_new(FALSE, FALSE, sizeof(VmDemand));
			g_hash_table_insert(sizes, g_memdup2(&kib, sizeof(kib)), demands);
		}
		g_array_append_val(demands, demand);
	}
	return sizes;
}

static int compare_sizes(gconstpointer a, gconstpointer b)
{
	guint64 first = *(const guint64 *)a, second = *(const guint64 *)b;

	return first < second ? -1 : first > second;
}

static void check_free(const VmRule *rule, const RuleScene *scene, GPtrArray *breaches)
{
	g_autoptr(GHashTable) sizes = demands_by_size(rule, scene, breaches);
	g_autoptr(GList) keys = g_list_sort(g_hash_table_get_keys(sizes), compare_sizes);

	for (GList *key = keys; key; key = key->next)
		check_free_of(rule, scene, g_hash_table_lookup(sizes, key->data),
			      *(guint64 *)key->data, breaches);
}

const VmRule rule_hugepages_free = {
	.id = "hugepages-free",
	.level = RULE_ERROR,
	.title = "The huge pages that VMs want are free on their NUMA nodes",
	.source = "Documentation/admin-guide/mm/hugetlbpage.rst; host and QEMU tuning notes",
	.remedy = "set more aside (hugepages= on the host's command line, or "
		  "sys/devices/system/node/nodeN/hugepages/), or let memory be less",
	.check = check_free,
};
