/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules of the KVM-RT guide, on generated and on captured machines. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <glib.h>
#include <string.h>

#include "error.h"
#include "host-tree.h"
#include "machine-tree.h"
#include "propose.h"
#include "topology.h"

static Topology *read_tree(const char *directory)
{
	g_autoptr(Root) root = root_open_captured(directory, NULL);
	Topology *topology = topology_read(root, NULL);

	assert_non_null(topology);
	return topology;
}

static Topology *generate(const MachineShape *shape)
{
	char *directory = tree_new();
	Topology *topology;

	machine_tree(directory, shape);
	topology = read_tree(directory);
	tree_free(directory);
	return topology;
}

static const struct {
	MachineShape shape; /* CPUs, threads a core, nodes (sockets), stride */
	guint n_vcpus;
	int node;
	const char *cpuset, *isolated, *offline, *housekeeping, *kept;
	const char *error, *hint; /* or these */
} proposals[] = {
	/* The guide's example: CPU 9 and down in a socket of 10, the first core kept. */
	{{20, 1, 2, 1}, 4, PROPOSAL_ANY_NODE, "15-19", "16-19", "", "0-15", "0,10", NULL, NULL},
	{{20, 1, 2, 1}, 4, 0, "5-9", "6-9", "", "0-5,10-19", "0,10", NULL, NULL},
	/* Siblings are owned: one thread a core is used, all are isolated or offline. */
	{{16, 2, 1, 1}, 3, PROPOSAL_ANY_NODE, "8,10,12,14", "10-15", "9,11,13,15", "0-8", "0-1",
	 NULL, NULL},
	{{16, 2, 2, 1}, 2, PROPOSAL_ANY_NODE, "10,12,14", "12-15", "11,13,15", "0-10", "0-1,8-9",
	 NULL, NULL},
	{{16, 4, 1, 3}, 2, PROPOSAL_ANY_NODE, "12,24,36", "24,27,30,33,36,39,42,45",
	 "15,18,21,27,30,33,39,42,45", "0,3,6,9,12", "0,3,6,9", NULL, NULL},
	/* As many as there are, and one more. */
	{{8, 1, 1, 1}, 6, PROPOSAL_ANY_NODE, "1-7", "2-7", "", "0-1", "0", NULL, NULL},
	{{8, 1, 1, 1}, 7, PROPOSAL_ANY_NODE, NULL, NULL, NULL, NULL, NULL,
	 "7 vCPUs take 8 cores of one NUMA node", "6 vCPUs fit on node 0"},
	{{16, 1, 2, 1}, 7, PROPOSAL_ANY_NODE, NULL, NULL, NULL, NULL, NULL,
	 "no NUMA node has that many", "6 vCPUs fit on node 0"},
	{{16, 1, 2, 1}, 7, 1, NULL, NULL, NULL, NULL, NULL,
	 "NUMA node 1 does not have that many", "6 vCPUs fit on node 1"},
	{{2, 1, 1, 1}, 2, PROPOSAL_ANY_NODE, NULL, NULL, NULL, NULL, NULL,
	 "2 vCPUs take 3 cores", "not even 2 vCPUs fit"},
	{{8, 1, 1, 1}, 1, PROPOSAL_ANY_NODE, NULL, NULL, NULL, NULL, NULL, "a plan takes 2 to 255",
	 NULL},
	{{8, 1, 1, 1}, 256, PROPOSAL_ANY_NODE, NULL, NULL, NULL, NULL, NULL,
	 "a plan takes 2 to 255", NULL},
	{{8, 1, 1, 1}, 2, 1, NULL, NULL, NULL, NULL, NULL, "there is no NUMA node 1",
	 "lathe topology"},
};

static void assert_set(const Cpuset *set, const char *expected)
{
	g_autofree char *list = cpulist_format(set);

	assert_string_equal(list, expected);
}

static void test_proposals(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(proposals); i++) {
		g_autoptr(Topology) topology = generate(&proposals[i].shape);
		g_autoptr(GError) error = NULL;
		g_autoptr(Proposal) proposal = proposal_new(topology, NULL, proposals[i].n_vcpus,
							    proposals[i].node, &error);

		if (proposals[i].error) {
			assert_null(proposal);
			assert_non_null(strstr(error->message, proposals[i].error));
			if (proposals[i].hint)
				assert_non_null(strstr(lathe_error_get_hint(error),
						       proposals[i].hint));
			continue;
		}
		assert_non_null(proposal);
		assert_set(&proposal->cpuset, proposals[i].cpuset);
		assert_set(&proposal->isolated, proposals[i].isolated);
		assert_set(&proposal->offline, proposals[i].offline);
		assert_set(&proposal->housekeeping, proposals[i].housekeeping);
		assert_set(&proposal->kept, proposals[i].kept);
	}
}

/* Each rule by itself, whatever the machine. */
static void check_rules(const Topology *topology, const Proposal *proposal)
{
	Cpuset owned = topology_siblings(topology, &proposal->cpuset);
	Cpuset cores = {0}, all = proposal->cpuset;
	int last = -1;

	assert_int_equal(cpuset_count(&proposal->cpuset), proposal->n_vcpus + 1);
	assert_int_equal(proposal->emulator, cpuset_next(&proposal->cpuset, 0));
	assert_false(cpuset_intersects(&owned, &proposal->kept));
	cpuset_union(&all, &proposal->offline);
	assert_true(cpuset_equal(&all, &owned));
	CPUSET_FOREACH(cpu, &proposal->cpuset) {
		const TopologyCpu *at = topology_cpu(topology, (guint)cpu);

		assert_int_equal(at->node->number, proposal->node);
		assert_false(cpuset_intersects(&cores, &at->core->cpus));
		cpuset_union(&cores, &at->core->cpus);
	}
	for (guint i = 0; i < topology->packages->len; i++) {
		const TopologyPackage *package = topology->packages->pdata[i];

		assert_true(cpuset_intersects(&package->cpus, &proposal->kept));
		assert_true(cpuset_intersects(&package->cpus, &proposal->housekeeping));
	}
	for (guint i = 0; i < proposal->n_vcpus; i++) {
		assert_true((int)proposal->vcpus[i] > last);
		assert_true(cpuset_contains(&proposal->vcpu_cpus, proposal->vcpus[i]));
		assert_true(cpuset_contains(&proposal->isolated, proposal->vcpus[i]));
		last = (int)proposal->vcpus[i];
	}
	assert_false(cpuset_intersects(&proposal->isolated, &proposal->housekeeping));
	assert_true(cpuset_contains(&proposal->housekeeping, proposal->emulator));
}

/* What lathe run makes of the machine once it is as proposed. */
static void check_plan(const Proposal *proposal)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Plan) plan = proposal_plan(proposal, &error);

	assert_non_null(plan);
	assert_false(plan->demonstration);
	assert_true(cpuset_equal(&plan->housekeeping, &proposal->housekeeping));
	assert_true(cpuset_contains(&plan->emulator, proposal->emulator));
	for (guint i = 0; i < plan->n_vcpus; i++) {
		assert_int_equal(plan->vcpus[i].cpu, proposal->vcpus[i]);
		assert_int_equal(plan->vcpus[i].rt, i > 0);
		assert_false(plan->vcpus[i].shares);
	}
}

static void test_captured_machines(void **state)
{
	guint proposed = 0;

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(host_trees); i++) {
		char *directory = host_unpack(host_trees[i]);
		g_autoptr(Topology) topology = read_tree(directory);
		guint most, where = 0;

		tree_free(directory);
		most = proposal_most_vcpus(topology, NULL, PROPOSAL_ANY_NODE, &where);
		assert_true(most >= 2);
		for (guint n = PLAN_VCPUS_MIN; n <= most + 1; n++) {
			g_autoptr(Proposal) proposal =
				proposal_new(topology, NULL, n, PROPOSAL_ANY_NODE, NULL);

			if (n > most) {
				assert_null(proposal);
				continue;
			}
			assert_non_null(proposal);
			check_rules(topology, proposal);
			check_plan(proposal);
			proposed++;
		}
	}
	assert_true(proposed > 50);
}

/* A core with a thread that the caller says is gone, or nobody knows, is not given away. */
static void test_restricted(void **state)
{
	static const MachineShape shape = {16, 2, 1, 1};
	g_autoptr(Topology) topology = generate(&shape);
	g_autoptr(Proposal) proposal = NULL;
	Cpuset online = topology->online;

	(void)state;
	cpuset_remove(&online, 15);
	proposal = proposal_new(topology, &online, 2, PROPOSAL_ANY_NODE, NULL);
	assert_non_null(proposal);
	assert_set(&proposal->cpuset, "8,10,12");
	assert_set(&proposal->housekeeping, "0-8,14");
}

static void test_notes(void **state)
{
	static const MachineShape shape = {8, 1, 1, 1};
	char *directory = tree_new();
	g_autoptr(Topology) topology = NULL;
	g_autoptr(Proposal) proposal = NULL;
	g_autoptr(GString) notes = g_string_new(NULL);

	(void)state;
	machine_tree(directory, &shape);
	tree_write(directory, "sys/devices/system/cpu/online", "0-6");
	tree_write(directory, "sys/devices/system/node/node0/meminfo", "");
	tree_write(directory, "sys/devices/system/cpu/cpu4/topology/core_cpus", "30");
	tree_write(directory, "sys/devices/system/cpu/cpu5/topology/core_cpus", "30");
	topology = read_tree(directory);
	proposal = proposal_new(topology, NULL, 2, PROPOSAL_ANY_NODE, NULL);
	assert_non_null(proposal);
	for (guint i = 0; i < proposal->notes->len; i++)
		g_string_append(notes, proposal->notes->pdata[i]);
	assert_non_null(strstr(notes->str, "CPUs 7 are offline"));
	assert_non_null(strstr(notes->str, "memory node 0 has is not known"));
	assert_non_null(strstr(notes->str, "different numbers of threads"));
	tree_free(directory);
}

static void test_host_cmdline(void **state)
{
	static const MachineShape shape = {16, 2, 1, 1};
	g_autoptr(Topology) topology = generate(&shape);
	g_autoptr(Proposal) proposal = proposal_new(topology, NULL, 3, PROPOSAL_ANY_NODE, NULL);
	g_autoptr(GArray) parameters = proposal_host_parameters(proposal);
	g_autofree char *line = proposal_host_cmdline(proposal);

	(void)state;
	assert_true(g_str_has_prefix(line, "isolcpus=managed_irq,domain,10-15 nohz_full=10-15 "
					   "rcu_nocbs=10-15 rcu_nocb_poll irqaffinity=0-8 "));
	for (guint i = 0; i < parameters->len; i++) {
		const ProposalParameter *at = &g_array_index(parameters, ProposalParameter, i);

		assert_non_null(strstr(line, at->text));
		assert_true(strlen(at->why) > 10);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_proposals),  cmocka_unit_test(test_captured_machines),
		cmocka_unit_test(test_restricted), cmocka_unit_test(test_notes),
		cmocka_unit_test(test_host_cmdline),
	};

	return cmocka_run_group_tests_name("propose", tests, NULL, NULL);
}
