/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "propose.h"

#include "error.h"

static void note(Proposal *proposal, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void note(Proposal *proposal, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_ptr_array_add(proposal->notes, g_strdup_vprintf(format, args));
	va_end(args);
}

static Cpuset usable_cpus(const Topology *topology, const Cpuset *online)
{
	Cpuset all = topology->online;
	Cpuset unusable = topology->online;

	if (!online)
		return all;
	cpuset_subtract(&unusable, online);
	cpuset_subtract(&all, &unusable);
	return all;
}

static void keep_core_of(const Topology *topology, int cpu, Cpuset *kept)
{
	const TopologyCpu *at = cpu >= 0 ? topology_cpu(topology, (guint)cpu) : NULL;

	if (!at)
		return;
	cpuset_add(kept, (guint)cpu);
	if (at->core)
		cpuset_union(kept, &at->core->cpus);
}

Cpuset proposal_first_cores(const Topology *topology)
{
	Cpuset kept = {0};

	keep_core_of(topology, cpuset_next(&topology->online, 0), &kept);
	for (guint i = 0; i < topology->packages->len; i++) {
		const TopologyPackage *package = topology->packages->pdata[i];

		keep_core_of(topology, cpuset_next(&package->cpus, 0), &kept);
	}
	return kept;
}

/* A core may be given away when none of its threads is kept and all are usable. */
static gboolean is_free(const TopologyCore *core, const Cpuset *kept, const Cpuset *usable)
{
	return !cpuset_intersects(&core->cpus, kept) && cpuset_is_subset(&core->cpus, usable);
}

static int compare_cores_descending(gconstpointer a, gconstpointer b)
{
	const TopologyCore *first = *(TopologyCore *const *)a;
	const TopologyCore *second = *(TopologyCore *const *)b;
	int first_cpu = cpuset_next(&first->cpus, 0), second_cpu = cpuset_next(&second->cpus, 0);

	if (first->number != second->number)
		return first->number > second->number ? -1 : 1;
	return first_cpu > second_cpu ? -1 : first_cpu < second_cpu;
}

/* Free cores of a node, the highest first. */
static GPtrArray *free_cores(const Topology *topology, const TopologyNode *node,
			     const Cpuset *kept, const Cpuset *usable)
{
	GPtrArray *cores = g_ptr_array_new();

	for (guint i = 0; i < topology->cores->len; i++) {
		TopologyCore *core = topology->cores->pdata[i];

		if (core->node == node && is_free(core, kept, usable))
			g_ptr_array_add(cores, core);
	}
	g_ptr_array_sort(cores, compare_cores_descending);
	return cores;
}

/* A VM's memory is to come from the node of its CPUs. */
static gboolean has_memory(const TopologyNode *node)
{
	return !node->memory_known || node->memory_bytes > 0;
}

static gboolean is_candidate(const TopologyNode *node, int wanted)
{
	return wanted == PROPOSAL_ANY_NODE ? has_memory(node) : (int)node->number == wanted;
}

/* The highest node with room for `n_cores`, or else the one with most; NULL when none is a
 * candidate. Its free cores are left in *ret_cores. */
static const TopologyNode *choose_node(const Topology *topology, const Cpuset *online, int wanted,
				       guint n_cores, GPtrArray **ret_cores)
{
	Cpuset kept = proposal_first_cores(topology);
	Cpuset usable = usable_cpus(topology, online);
	const TopologyNode *best = NULL;

	for (guint i = 0; i < topology->nodes->len; i++) {
		const TopologyNode *node = topology->nodes->pdata[i];
		GPtrArray *cores;

		if (!is_candidate(node, wanted))
			continue;
		cores = free_cores(topology, node, &kept, &usable);
		if (best && cores->len < n_cores && cores->len <= (*ret_cores)->len) {
			g_ptr_array_unref(cores);
			continue;
		}
		if (best)
			g_ptr_array_unref(*ret_cores);
		best = node;
		*ret_cores = cores;
	}
	return best;
}

guint proposal_most_vcpus(const Topology *topology, const Cpuset *online, int node,
			  guint *ret_node)
{
	g_autoptr(GPtrArray) cores = NULL;
	const TopologyNode *best = choose_node(topology, online, node, G_MAXUINT, &cores);

	if (!best)
		return 0;
	if (ret_node)
		*ret_node = best->number;
	return cores->len ? MIN(cores->len - 1, PLAN_VCPUS_MAX) : 0;
}

static void refuse(const Topology *topology, const Cpuset *online, guint n_vcpus, int node,
		   GError **error)
{
	guint where = 0;
	guint most = proposal_most_vcpus(topology, online, node, &where);
	g_autofree char *place = node == PROPOSAL_ANY_NODE
					 ? g_strdup("no NUMA node has")
					 : g_strdup_printf("NUMA node %d does not have", node);

	lathe_error(error, LATHE_ERROR_ENVIRONMENT,
		    "%u vCPUs take %u cores of one NUMA node besides the first core of each "
		    "socket: %s that many", n_vcpus, n_vcpus + 1, place);
	if (most >= PLAN_VCPUS_MIN)
		lathe_error_hint(error, "%u vCPUs fit on node %u; --demonstration shows a plan that "
				 "breaks rules", most, where);
	else
		lathe_error_hint(error, "not even %d vCPUs fit; --demonstration shows a plan that "
				 "breaks rules", PLAN_VCPUS_MIN);
}

static void take_cores(Proposal *proposal, const GPtrArray *cores)
{
	guint next = 0;

	for (guint i = 0; i <= proposal->n_vcpus; i++) {
		const TopologyCore *core = cores->pdata[i];

		cpuset_add(&proposal->cpuset, (guint)cpuset_next(&core->cpus, 0));
		cpuset_union(&proposal->offline, &core->cpus);
	}
	proposal->isolated = proposal->offline;
	cpuset_subtract(&proposal->offline, &proposal->cpuset);
	proposal->vcpus = g_new(guint, proposal->n_vcpus);
	proposal->vcpu_cpus = proposal->cpuset;
	proposal->emulator = (guint)cpuset_next(&proposal->cpuset, 0);
	cpuset_remove(&proposal->vcpu_cpus, proposal->emulator);
	CPUSET_FOREACH(cpu, &proposal->vcpu_cpus)
		proposal->vcpus[next++] = (guint)cpu;
}

static void divide_rest(Proposal *proposal, const Topology *topology, const Cpuset *online)
{
	const TopologyCpu *emulator = topology_cpu(topology, proposal->emulator);

	/* The emulator's threads sleep and wake like any other: its core is not isolated, and
	 * what the guest's devices interrupt may be served there. */
	cpuset_subtract(&proposal->isolated, &emulator->core->cpus);
	proposal->housekeeping = usable_cpus(topology, online);
	cpuset_subtract(&proposal->housekeeping, &proposal->isolated);
	cpuset_subtract(&proposal->housekeeping, &proposal->offline);
	proposal->kept = proposal_first_cores(topology);
}

static void add_notes(Proposal *proposal, const Topology *topology, const GPtrArray *cores)
{
	guint threads = cpuset_count(&((TopologyCore *)cores->pdata[0])->cpus);
	const TopologyNode *node = topology_node(topology, proposal->node);
	Cpuset offline = topology->cpus;

	for (guint i = 1; i < cores->len; i++)
		if (cpuset_count(&((TopologyCore *)cores->pdata[i])->cpus) != threads) {
			note(proposal, "node %u has cores with different numbers of threads, as "
			     "processors with performance and efficiency cores do: the highest "
			     "ones may be the slower ones", proposal->node);
			break;
		}
	cpuset_subtract(&offline, &topology->online);
	if (cpuset_next(&offline, 0) >= 0) {
		g_autofree char *list = cpulist_format(&offline);

		note(proposal, "CPUs %s are offline, and nobody knows whose threads they are: they "
		     "must not come online beside a vCPU", list);
	}
	if (!node->memory_known)
		note(proposal, "how much memory node %u has is not known", proposal->node);
	if (topology->packages->len == 0)
		note(proposal, "the sockets are not known: only the first core of all is kept");
}

Proposal *proposal_new(const Topology *topology, const Cpuset *online, guint n_vcpus, int node,
		       GError **error)
{
	g_autoptr(Proposal) proposal = g_new0(Proposal, 1);
	g_autoptr(GPtrArray) cores = NULL;
	const TopologyNode *chosen;

	proposal->notes = g_ptr_array_new_with_free_func(g_free);
	if (n_vcpus < PLAN_VCPUS_MIN || n_vcpus > PLAN_VCPUS_MAX) {
		lathe_error(error, LATHE_ERROR_USAGE, "%u vCPUs: a plan takes %d to %d", n_vcpus,
			    PLAN_VCPUS_MIN, PLAN_VCPUS_MAX);
		return NULL;
	}
	if (node != PROPOSAL_ANY_NODE && !topology_node(topology, (guint)node)) {
		lathe_error(error, LATHE_ERROR_USAGE, "there is no NUMA node %d", node);
		lathe_error_hint(error, "lathe topology shows them");
		return NULL;
	}
	chosen = choose_node(topology, online, node, n_vcpus + 1, &cores);
	if (!chosen || cores->len <= n_vcpus) {
		refuse(topology, online, n_vcpus, node, error);
		return NULL;
	}
	proposal->n_vcpus = n_vcpus;
	proposal->node = chosen->number;
	take_cores(proposal, cores);
	divide_rest(proposal, topology, online);
	add_notes(proposal, topology, cores);
	return g_steal_pointer(&proposal);
}

void proposal_free(Proposal *proposal)
{
	if (!proposal)
		return;
	g_ptr_array_unref(proposal->notes);
	g_free(proposal->vcpus);
	g_free(proposal);
}

Plan *proposal_plan(const Proposal *proposal, GError **error)
{
	Facts facts = {.online_known = TRUE, .isolated_known = TRUE};

	facts.isolated = proposal->vcpu_cpus;
	facts.online = proposal->housekeeping;
	cpuset_union(&facts.online, &proposal->vcpu_cpus);
	return plan_new(&facts, proposal->n_vcpus, &proposal->vcpu_cpus, error);
}
