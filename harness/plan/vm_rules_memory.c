/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules about memory: whether the machine has what the VMs want, where they want it. */
#include <errno.h>
#include <string.h>

#include "number.h"
#include "vm_rules_private.h"

#define NODE_POOLS "sys/devices/system/node/node%u/hugepages/hugepages-%" G_GUINT64_FORMAT "kB"

/* 0: not known. */
static guint64 memory_mib(const RuleScene *scene, guint i)
{
	const VmConfig *vm = rule_layout(scene, i)->vm;
	const VmDomainFacts *facts = rule_facts(scene, i);

	if (vm->memory_mib)
		return vm->memory_mib;
	return facts && facts->known ? facts->memory_mib : 0;
}

/* As VmConfig's; the config's word goes before the domain's. */
static guint64 hugepages(const RuleScene *scene, guint i)
{
	const VmConfig *vm = rule_layout(scene, i)->vm;
	const VmDomainFacts *facts = rule_facts(scene, i);

	if (vm->lines[VM_KEY_HUGEPAGES])
		return vm->hugepages_kib;
	return facts && facts->known ? facts->hugepages_kib : VM_HUGEPAGES_NONE;
}

static void check_missing(const VmRule *rule, const RuleScene *scene, GPtrArray *breaches)
{
	for (guint i = 0; i < scene->layouts->len; i++) {
		const VmConfig *vm = rule_layout(scene, i)->vm;
		const VmDomainFacts *facts = rule_facts(scene, i);
		g_autofree char *name = NULL;

		if (memory_mib(scene, i))
			continue;
		name = rule_name(vm);
		if (facts)
			rule_broken(rule, breaches, vm, VM_KEY_MEMORY,
				    "%s has no memory: libvirt has no such domain, and memory is not "
				    "given", name);
		else
			rule_unknown(rule, breaches, vm, VM_KEY_MEMORY,
				     "how much memory %s has is not known: memory is not given, and "
				     "libvirt was not asked", name);
	}
}

const VmRule rule_memory_missing = {
	.id = "memory-missing",
	.level = RULE_ERROR,
	.title = "How much memory a VM has is known",
	.source = "libvirt domain XML, memory",
	.remedy = "set memory, or import the VM",
	.check = check_missing,
};

static void check_kernel(const VmRule *rule, const RuleScene *scene, GPtrArray *breaches)
{
	for (guint i = 0; i < scene->layouts->len; i++) {
		const VmConfig *vm = rule_layout(scene, i)->vm;
		const VmDomainFacts *facts = rule_facts(scene, i);
		g_autofree char *name = rule_name(vm);

		if (!vm->kernel && (vm->initrd || vm->cmdline))
			rule_broken(rule, breaches, vm, VM_KEY_KERNEL,
				    "%s has %s, and no kernel", name,
				    vm->initrd ? "an initrd" : "a cmdline");
		else if (facts && !facts->known && !vm->kernel && vm->disks->len == 0)
			rule_broken(rule, breaches, vm, VM_KEY_DISK,
				    "%s has nothing to boot from: libvirt has no such domain, and "
				    "neither kernel nor disk is given", name);
	}
}

const VmRule rule_kernel_missing = {
	.id = "kernel-missing",
	.level = RULE_ERROR,
	.title = "A VM has what it boots from",
	.source = "libvirt domain XML, direct kernel boot",
	.remedy = "set kernel, or disk",
	.check = check_kernel,
};

/* ---- what several VMs want of the same nodes -------------------------------------------- */

/* What one VM wants: bytes, and from where. */
typedef struct {
	const VmLayout *layout;
	Cpuset nodes; /* never empty: all of the machine's for a VM that may use any */
	guint64 wanted;
} Demand;

static Cpuset nodes_or_all(const RuleScene *scene, const VmLayout *layout)
{
	Cpuset all = {0};

	if (cpuset_next(&layout->nodes, 0) >= 0)
		return layout->nodes;
	for (guint i = 0; i < scene->topology->nodes->len; i++)
		cpuset_add(&all, ((TopologyNode *)scene->topology->nodes->pdata[i])->number);
	return all;
}

/* All that can only be had from nodes of one demand: that VM's, and others' within. */
static guint64 wanted_within(const GArray *demands, const Cpuset *nodes, guint *ret_vms)
{
	guint64 sum = 0;

	*ret_vms = 0;
	for (guint i = 0; i < demands->len; i++) {
		const Demand *demand = &g_array_index(demands, Demand, i);

		if (!cpuset_is_subset(&demand->nodes, nodes))
			continue;
		sum = sum > G_MAXUINT64 - demand->wanted ? G_MAXUINT64 : sum + demand->wanted;
		++*ret_vms;
	}
	return sum;
}

/* Each set of nodes once, for the first VM that has it. */
static gboolean is_first(const GArray *demands, guint i)
{
	for (guint j = 0; j < i; j++)
		if (cpuset_equal(&g_array_index(demands, Demand, j).nodes,
				 &g_array_index(demands, Demand, i).nodes))
			return FALSE;
	return TRUE;
}

/* FALSE: the machine has none of the nodes, which is another rule's matter. */
static gboolean memory_of(const RuleScene *scene, const Cpuset *nodes, guint64 *ret,
			  gboolean *ret_known)
{
	gboolean any = FALSE;
	guint64 sum = 0;

	*ret_known = TRUE;
	CPUSET_FOREACH(number, nodes) {
		const TopologyNode *node = topology_node(scene->topology, (guint)number);

		if (!node)
			continue;
		any = TRUE;
		*ret_known = *ret_known && node->memory_known;
		sum += node->memory_bytes;
	}
	*ret = sum;
	return any;
}

static void check_demand(const VmRule *rule, const RuleScene *scene, const GArray *demands,
			 const Demand *demand, GPtrArray *breaches)
{
	gboolean known;
	guint vms;
	guint64 has;
	guint64 wanted = wanted_within(demands, &demand->nodes, &vms);
	g_autofree char *name = rule_name(demand->layout->vm);
	g_autofree char *others =
		vms > 1 ? g_strdup_printf(" and %u more", vms - 1) : g_strdup("");
	g_autofree char *list = cpulist_format(&demand->nodes);

	if (!memory_of(scene, &demand->nodes, &has, &known))
		return;
	if (!known)
		rule_unknown(rule, breaches, demand->layout->vm, VM_KEY_MEMORY,
			     "how much memory NUMA node %s has, for %s%s, is not known", list, name,
			     others);
	else if (wanted > has >> 20)
		rule_broken(rule, breaches, demand->layout->vm, VM_KEY_MEMORY,
			    "%s%s want %" G_GUINT64_FORMAT " MiB of NUMA node %s, which has %"
			    G_GUINT64_FORMAT " MiB in all", name, others, wanted, list, has >> 20);
}

static void check_nodes(const VmRule *rule, const RuleScene *scene, GPtrArray *breaches)
{
	g_autoptr(GArray) demands = g_array_new(FALSE, FALSE, sizeof(Demand));

	for (guint i = 0; i < scene->layouts->len; i++) {
		Demand demand = {rule_layout(scene, i), nodes_or_all(scene, rule_layout(scene, i)),
				 memory_mib(scene, i)};

		if (demand.wanted)
			g_array_append_val(demands, demand);
	}
	for (guint i = 0; i < demands->len; i++)
		if (is_first(demands, i))
			check_demand(rule, scene, demands, &g_array_index(demands, Demand, i),
				     breaches);
}

const VmRule rule_node_memory = {
	.id = "node-memory",
	.level = RULE_ERROR,
	.title = "The NUMA nodes have the memory that VMs take from them",
	.source = "libvirt domain XML, numatune (strict)",
	.remedy = "less memory, or a numatune of more nodes",
	.check = check_nodes,
};

/* ---- huge pages ------------------------------------------------------------------------- */

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
		Cpuset nodes = nodes_or_all(scene, layout);
		guint64 kib = page_size(rule, scene, i, breaches), pages;
		guint64 mib = memory_mib(scene, i);
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
		const Demand *demand = &g_array_index(demands, Demand, i);
		guint64 pages, wanted;
		guint vms;
		Pool pool = free_on_nodes(scene, &demand->nodes, kib, &pages);
		g_autofree char *name = NULL;
		g_autofree char *list = NULL;
		g_autofree char *others = NULL;

		if (!is_first(demands, i) || pool == POOL_NO_SUCH_SIZE)
			continue;
		wanted = wanted_within(demands, &demand->nodes, &vms);
		name = rule_name(demand->layout->vm);
		list = cpulist_format(&demand->nodes);
		others = vms > 1 ? g_strdup_printf(" and %u more", vms - 1) : g_strdup("");
		if (pool == POOL_UNKNOWN)
			rule_unknown(rule, breaches, demand->layout->vm, VM_KEY_HUGEPAGES,
				     "how many huge pages of %" G_GUINT64_FORMAT " KiB are free on NUMA "
				     "node %s, for %s%s, is not known", kib, list, name, others);
		else if (wanted > pages)
			rule_broken(rule, breaches, demand->layout->vm, VM_KEY_HUGEPAGES,
				    "%s%s want %" G_GUINT64_FORMAT " huge pages of %" G_GUINT64_FORMAT
				    " KiB on NUMA node %s, where %" G_GUINT64_FORMAT " are free", name,
				    others, wanted, kib, list, pages);
	}
}

/* By size, as there are few: GHashTable of guint64 * to GArray of Demand. */
static GHashTable *demands_by_size(const VmRule *rule, const RuleScene *scene,
				   GPtrArray *breaches)
{
	GHashTable *sizes = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free,
						  (GDestroyNotify)g_array_unref);

	for (guint i = 0; i < scene->layouts->len; i++) {
		guint64 kib = page_size(rule, scene, i, breaches), mib = memory_mib(scene, i);
		Demand demand = {rule_layout(scene, i), nodes_or_all(scene, rule_layout(scene, i)),
				 0};
		GArray *demands = g_hash_table_lookup(sizes, &kib);

		/* What a VM that runs has is not free any more. */
		if (!kib || !mib || rule_runs(scene, i))
			continue;
		/* More than there can be, without wrapping round. */
		demand.wanted = (MIN(mib, G_MAXUINT64 >> 12) * 1024 + kib - 1) / kib;
		if (!demands) {
			demands = g_array_new(FALSE, FALSE, sizeof(Demand));
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
