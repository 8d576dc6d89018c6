/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a VM's cpuset means on a machine: the words of the KVM-RT guide, row by row. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "hand-vm.h"
#include "host-tree.h"
#include "machine-tree.h"
#include "vm_layout.h"

static Topology *read_tree(char *directory)
{
	g_autoptr(Root) root = root_open_captured(directory, NULL);
	Topology *topology = topology_read(root, NULL);

	assert_non_null(topology);
	tree_free(directory);
	return topology;
}

static Topology *generate(const MachineShape *shape)
{
	char *directory = tree_new();

	machine_tree(directory, shape);
	return read_tree(directory);
}

static void assert_set(const Cpuset *set, const char *expected)
{
	g_autofree char *list = cpulist_format(set);

	assert_string_equal(list, expected);
}

/* "1;2-3;": the CPUs of each vCPU. */
static char *places(const VmLayout *layout)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < layout->n_vcpus; i++) {
		g_autofree char *list = cpulist_format(&layout->vcpus[i]);

		g_string_append_printf(text, "%s;", list);
	}
	return g_string_free(text, FALSE);
}

/* "*" for a vCPU that shares, then its priority. */
static char *classes(const VmLayout *layout)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < layout->n_vcpus; i++)
		g_string_append_printf(text, "%s%u;", layout->shares[i] ? "*" : "",
				       layout->priorities[i]);
	return g_string_free(text, FALSE);
}

/* On 16 CPUs, two a core, two sockets: cores 0-1, 2-3 ... 14-15. */
static const struct {
	guint n_vcpus;
	const char *cpuset;
	gboolean rt;
	gboolean demonstration;
	const char *used, *owned, *offline, *emulator, *vcpus, *classes, *nodes;
} layouts_of[] = {
	/* As many as there are vCPUs, and one; no vCPU is moved away from its CPU. */
	{3, "4-7", FALSE, FALSE, "4-7", "4-7", "", "4", "5;6;7;", "0;0;0;", "0"},
	/* More: round-robin hands a second CPU out. */
	{2, "3-7", FALSE, FALSE, "3-7", "3-7", "", "3", "4,6;5,7;", "0;0;", "0"},
	{3, "0-7", FALSE, FALSE, "0-7", "0-7", "", "0", "1,4,7;2,5;3,6;", "0;0;0;", "0"},
	/* Fewer: a second vCPU is handed to a CPU. */
	{5, "4-6", FALSE, FALSE, "4-6", "4-6", "", "4", "5;6;5;6;5;", "*0;*0;*0;*0;*0;", "0"},
	{3, "4-6", FALSE, FALSE, "4-6", "4-6", "", "4", "5;6;5;", "*0;0;*0;", "0"},
	/* One CPU carries everything. */
	{2, "9", FALSE, FALSE, "9", "9", "", "9", "9;9;", "*0;*0;", "1"},
	{1, "9", TRUE, FALSE, "9", "8-9", "8", "9", "9;", "*80;", "1"},
	{1, "9", TRUE, TRUE, "9", "8-9", "8", "9", "9;", "*0;", "1"},
	/* A real-time VM: siblings are owned, vCPU 0 keeps house and is not SCHED_FIFO. */
	{2, "10,12,14", TRUE, FALSE, "10,12,14", "10-15", "11,13,15", "10", "12;14;", "0;80;", "1"},
	/* Both threads of cores in the cpuset: the lower one is used. */
	{2, "10-15", TRUE, FALSE, "10,12,14", "10-15", "11,13,15", "10", "12;14;", "0;80;", "1"},
	{2, "11-14", TRUE, FALSE, "11-12,14", "10-15", "10,13,15", "11", "12;14;", "0;80;", "1"},
	/* Over- and under-provisioned, of those that are used. */
	{2, "6-15", TRUE, FALSE, "6,8,10,12,14", "6-15", "7,9,11,13,15", "6", "8,12;10,14;",
	 "0;80;", "0-1"},
	{3, "12-15", TRUE, FALSE, "12,14", "12-15", "13,15", "12", "14;14;14;", "*0;*80;*80;", "1"},
	{3, "12-15", TRUE, TRUE, "12,14", "12-15", "13,15", "12", "14;14;14;", "*0;*0;*0;", "1"},
	/* The only vCPU is a real-time one. */
	{1, "12,14", TRUE, FALSE, "12,14", "12-15", "13,15", "12", "14;", "80;", "1"},
	/* Bound to nothing. */
	{2, "", FALSE, FALSE, "", "", "", "", ";;", "*0;*0;", ""},
	{2, "", TRUE, TRUE, "", "", "", "", ";;", "*0;*0;", ""},
	/* CPUs that the machine has not are kept: a rule speaks of them. */
	{1, "14,200", TRUE, FALSE, "14,200", "14-15,200", "15", "14", "200;", "80;", "1"},
};

static void test_rows(void **state)
{
	static const MachineShape shape = {16, 2, 2, 1};
	g_autoptr(Topology) topology = generate(&shape);

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(layouts_of); i++) {
		VmConfigs configs = hand_vms();
		g_autoptr(GPtrArray) layouts = NULL;
		const VmLayout *layout;
		g_autofree char *vcpus = NULL;
		g_autofree char *sched = NULL;

		g_ptr_array_add(configs.vms, hand_vm("a", layouts_of[i].n_vcpus,
						     layouts_of[i].cpuset, layouts_of[i].rt));
		layouts = vm_layouts_new(&configs, topology, layouts_of[i].demonstration);
		layout = vm_layout_find(layouts, configs.vms->pdata[0]);
		assert_non_null(layout);
		assert_set(&layout->cpuset, layouts_of[i].used);
		assert_set(&layout->owned, layouts_of[i].owned);
		assert_set(&layout->offline, layouts_of[i].offline);
		assert_set(&layout->emulator, layouts_of[i].emulator);
		assert_set(&layout->nodes, layouts_of[i].nodes);
		vcpus = places(layout);
		sched = classes(layout);
		assert_string_equal(vcpus, layouts_of[i].vcpus);
		assert_string_equal(sched, layouts_of[i].classes);
		assert_int_equal(layout->bound, *layouts_of[i].cpuset != '\0');
		g_ptr_array_unref(configs.vms);
	}
}

typedef struct {
	Topology *topology;
	VmConfigs configs;
	GPtrArray *layouts;
} Pair;

/* Two VMs on 16 CPUs without siblings. */
static void pair_new(Pair *pair, VmConfig *a, VmConfig *b, gboolean demonstration)
{
	static const MachineShape shape = {16, 1, 2, 1};

	pair->topology = generate(&shape);
	pair->configs = hand_vms();
	g_ptr_array_add(pair->configs.vms, a);
	if (b)
		g_ptr_array_add(pair->configs.vms, b);
	pair->layouts = vm_layouts_new(&pair->configs, pair->topology, demonstration);
}

static void pair_free(Pair *pair)
{
	g_ptr_array_unref(pair->layouts);
	g_ptr_array_unref(pair->configs.vms);
	topology_free(pair->topology);
}

static const struct {
	const char *other;
	gboolean demonstration;
	const char *classes;
	guint emulator_priority;
} shared[] = {
	/* Both emulators on CPU 5, a vCPU of the other on CPU 7. */
	{"5,7", FALSE, "0;*80;", 40},
	{"5,7", TRUE, "0;*0;", 40},
	/* Its vCPU on this one's emulator's CPU; its emulator on a vCPU. */
	{"4-5", FALSE, "0;80;", 40},
	{"4-5", TRUE, "0;80;", 0},
	{"7-8", FALSE, "0;*80;", 40},
	{"7-8", TRUE, "0;*0;", 40},
	/* Siblings, and VMs bound to nothing, are no planned threads. */
	{"", TRUE, "0;80;", 40},
};

static void test_other_vms_share(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(shared); i++) {
		Pair pair;
		VmConfig *a = hand_vm("a", 2, "5-7", TRUE);
		const VmLayout *layout;
		g_autofree char *sched = NULL;

		a->emulator_priority = 40;
		pair_new(&pair, a, hand_vm("b", 1, shared[i].other, FALSE),
			 shared[i].demonstration);
		layout = pair.layouts->pdata[0];
		sched = classes(layout);
		assert_int_equal(layout->emulator_priority, shared[i].emulator_priority);
		assert_string_equal(sched, shared[i].classes);
		pair_free(&pair);
	}
}

static void test_resolved(void **state)
{
	Pair pair;
	VmConfig *a = hand_vm("a", 4, "3-7", TRUE), *b = hand_vm("b", 4, "8-11", FALSE);
	const VmLayout *first, *second;
	Cpuset rt;

	(void)state;
	a->guest_housekeeping_auto = FALSE;
	a->guest_housekeeping = hand_set("1,3,9");
	a->vcpu_priority = 33;
	b->topology_auto = FALSE;
	b->sockets = 2;
	b->cores = 1;
	b->threads = 2;
	b->numatune_auto = FALSE;
	b->numatune = hand_set("1");
	b->rt_memory = SWITCH_ON;
	b->iothreads = 3;
	b->lines[VM_KEY_IOTHREADS] = 1;
	pair_new(&pair, a, b, FALSE);
	first = pair.layouts->pdata[0];
	second = pair.layouts->pdata[1];
	assert_set(&first->guest_housekeeping, "1,3");
	assert_set(&first->guest_rt, "0,2");
	assert_int_equal(first->priorities[0], 33);
	assert_int_equal(first->priorities[1], 0);
	assert_int_equal(first->sockets * 100 + first->cores * 10 + first->threads, 141);
	assert_true(first->lock_memory);
	assert_int_equal(first->iothreads, 1);
	assert_false(first->iothreads_given);
	assert_set(&second->guest_rt, "");
	assert_int_equal(second->sockets * 100 + second->cores * 10 + second->threads, 212);
	assert_true(second->lock_memory);
	assert_true(second->iothreads_given);
	assert_int_equal(second->iothreads, 3);
	assert_set(&second->nodes, "1");
	rt = vm_layouts_rt_cpus(pair.layouts);
	assert_set(&rt, "3-7");
	pair_free(&pair);
}

/* The guide: memory of a VM without cpuset is restricted to no node. */
static void test_unbound_has_no_nodes(void **state)
{
	Pair pair;
	VmConfig *a = hand_vm("a", 2, "", FALSE);

	(void)state;
	a->numatune_auto = FALSE;
	a->numatune = hand_set("1");
	pair_new(&pair, a, NULL, FALSE);
	assert_set(&((VmLayout *)pair.layouts->pdata[0])->nodes, "");
	pair_free(&pair);
}

/* What a plan is made of the first of up to two VMs on 16 CPUs. */
static const struct {
	guint n_vcpus;
	const char *cpuset;
	gboolean rt;
	const char *other; /* cpuset of the second, or NULL */
	gboolean other_rt;
	gboolean demonstration;
	const char *housekeeping, *emulator, *reserved;
	guint broken;
	const char *error;
} plans[] = {
	{2, "13-15", TRUE, NULL, FALSE, FALSE, "0-12", "13", "14-15", 0, NULL},
	{2, "13-15", TRUE, "4-5", FALSE, FALSE, "0-3,6-12", "13", "14-15", 0, NULL},
	{2, "13-15", TRUE, "", FALSE, FALSE, "0-12", "13", "14-15", 0, NULL},
	{2, "9-15", TRUE, NULL, FALSE, FALSE, "0-8", "9", "10-15", 0, NULL},
	{1, "14-15", TRUE, NULL, FALSE, FALSE, "0-13", "14", "15", 0, NULL},
	/* Everything is given away: what no RT vCPU needs keeps house. */
	{15, "0-15", TRUE, NULL, FALSE, FALSE, "0-1", "0", "2-15", 0, NULL},
	{2, "8-15", TRUE, "0-7", FALSE, FALSE, "0-9,11,13,15", "8", "10,12,14", 0, NULL},
	{2, "", FALSE, "13-15", TRUE, FALSE, "0-12", "0-12", "", 0, NULL},
	{2, "2", FALSE, NULL, FALSE, FALSE, "0-1,3-15", "2", "2", 0, NULL},
	/* Two on one CPU, one of them FIFO; and as a demonstration. */
	{2, "14-15", TRUE, NULL, FALSE, FALSE, NULL, NULL, NULL, 0, "would starve the other"},
	{2, "14-15", TRUE, NULL, FALSE, TRUE, "0-13", "14", "15", 2, NULL},
	{1, "15", TRUE, NULL, FALSE, FALSE, NULL, NULL, NULL, 0, "also serves the emulator"},
	{1, "15", TRUE, NULL, FALSE, TRUE, "0-14", "15", "15", 1, NULL},
	{2, "14-17", TRUE, NULL, FALSE, FALSE, NULL, NULL, NULL, 0, "CPU 16-17, in the cpuset"},
	{2, "", TRUE, NULL, FALSE, FALSE, NULL, NULL, NULL, 0, "this plan cannot work"},
	{2, "", TRUE, NULL, FALSE, TRUE, "0-15", "0-15", "", 2, NULL},
};

static void test_plans(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(plans); i++) {
		Pair pair;
		g_autoptr(GError) error = NULL;
		g_autoptr(Plan) plan = NULL;
		Cpuset reserved;

		pair_new(&pair, hand_vm("a", plans[i].n_vcpus, plans[i].cpuset, plans[i].rt),
			 plans[i].other ? hand_vm("b", 2, plans[i].other, plans[i].other_rt) : NULL,
			 plans[i].demonstration);
		plan = vm_layout_plan(pair.layouts->pdata[0], pair.layouts,
				      &pair.topology->online, &error);
		if (plans[i].error) {
			assert_null(plan);
			assert_non_null(strstr(error->message, plans[i].error));
		} else {
			assert_non_null(plan);
			assert_set(&plan->housekeeping, plans[i].housekeeping);
			assert_set(&plan->emulator, plans[i].emulator);
			reserved = plan_reserved_cpus(plan);
			assert_set(&reserved, plans[i].reserved);
			assert_int_equal(plan->broken->len, plans[i].broken);
			assert_int_equal(plan->demonstration, plans[i].broken > 0);
		}
		pair_free(&pair);
	}
}

/* On real machines: everything a VM owns is a whole number of cores, one thread of each used. */
static void test_captured_machines(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(host_trees); i++) {
		g_autoptr(Topology) topology = read_tree(host_unpack(host_trees[i]));
		VmConfigs configs = hand_vms();
		g_autoptr(GPtrArray) layouts = NULL;
		g_autofree char *all = cpulist_format(&topology->online);
		const VmLayout *layout;
		Cpuset offline;

		g_ptr_array_add(configs.vms, hand_vm("a", 3, all, TRUE));
		layouts = vm_layouts_new(&configs, topology, FALSE);
		layout = layouts->pdata[0];
		assert_int_equal(cpuset_count(&layout->cpuset), topology->cores->len);
		assert_true(cpuset_equal(&layout->owned, &topology->online));
		for (guint core = 0; core < topology->cores->len; core++) {
			Cpuset threads = ((TopologyCore *)topology->cores->pdata[core])->cpus;
			int lowest = cpuset_next(&threads, 0);

			assert_true(cpuset_contains(&layout->cpuset, (guint)lowest));
			cpuset_remove(&threads, (guint)lowest);
			assert_true(cpuset_is_subset(&threads, &layout->offline));
		}
		offline = vm_layouts_offline(layouts);
		assert_true(cpuset_equal(&offline, &layout->offline));
		assert_int_equal(cpuset_count(&offline) + topology->cores->len,
				 cpuset_count(&topology->online));
		g_ptr_array_unref(configs.vms);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),	 cmocka_unit_test(test_other_vms_share),
		cmocka_unit_test(test_resolved), cmocka_unit_test(test_unbound_has_no_nodes),
		cmocka_unit_test(test_plans),	 cmocka_unit_test(test_captured_machines),
	};

	return cmocka_run_group_tests_name("vm layout", tests, NULL, NULL);
}
