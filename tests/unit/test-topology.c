/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Odd machines, and trees that are none: what is refused, and what is said to be unknown. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <glib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "host-tree.h"
#include "machine-tree.h"
#include "plan_text.h"
#include "propose.h"
#include "topology.h"
#include "topology_text.h"

#define CPU_DIR	 "sys/devices/system/cpu/"
#define NODE_DIR "sys/devices/system/node/"

static const MachineShape small = {.cpus = 4, .threads = 2, .nodes = 1, .stride = 1};

typedef enum { WRITE, BINARY, LONG, LINK, FIFO, DIRECTORY, REMOVE } Change;

static void change(const char *directory, Change what, const char *path, const char *text)
{
	g_autofree char *full = g_build_filename(directory, path, NULL);
	g_autofree char *parent = g_path_get_dirname(full);
	g_autofree char *filled = g_strnfill(100000, '0');

	assert_int_equal(g_mkdir_with_parents(parent, 0755), 0);
	if (g_file_test(full, G_FILE_TEST_IS_DIR))
		tree_free(g_strdup(full));
	else
		assert_true(unlink(full) == 0 || errno == ENOENT);
	switch (what) {
	case WRITE:
		tree_write(directory, path, text);
		break;
	case BINARY:
		tree_write_bytes(directory, path, "\0\377\1,\033[31m\n\0", 11);
		break;
	case LONG:
		tree_write(directory, path, filled);
		break;
	case LINK:
		assert_int_equal(symlink(text, full), 0);
		break;
	case FIFO:
		assert_int_equal(mkfifo(full, 0600), 0);
		break;
	case DIRECTORY:
		assert_int_equal(mkdir(full, 0755), 0);
		break;
	case REMOVE:
		break;
	}
}

static Topology *read_tree(const char *directory, GError **error)
{
	g_autoptr(Root) root = root_open_captured(directory, NULL);

	assert_non_null(root);
	return topology_read(root, error);
}

static const struct {
	Change what;
	const char *path, *text;
	const char *error; /* part of its text */
} refused[] = {
	/* Out of the root, by every way hwloc would take. */
	{LINK, CPU_DIR "cpu0/topology/core_id", "/proc/self/stat", "leaves the root"},
	{LINK, CPU_DIR "cpu0/topology/core_id", "../../../../../../../../../../etc/passwd",
	 "leaves the root"},
	{LINK, CPU_DIR "cpu1", "/sys/devices/system/cpu/cpu1", "leaves the root"},
	{LINK, CPU_DIR "cpu1/topology", "/sys/devices/system/cpu/cpu1/topology",
	 "leaves the root"},
	{LINK, NODE_DIR "node0", "/sys/devices/system/node/node0", "leaves the root"},
	{LINK, "sys/devices/system/node", "/sys/devices/system/node", "leaves the root"},
	{LINK, "sys/devices/virtual", "/sys/devices/virtual", "leaves the root"},
	{LINK, "sys/class/dmi/id", "/sys/class/dmi/id", "leaves the root"},
	{LINK, "sys/class/dmi/id/bios_date", "/etc/hostname", "leaves the root"},
	{LINK, "proc/cpuinfo", "/proc/cpuinfo", "leaves the root"},
	{LINK, "proc/meminfo", "../../../../../../../../../proc/meminfo", "leaves the root"},
	/* A reader would wait for a writer that never comes. */
	{FIFO, CPU_DIR "cpu0/topology/core_cpus", NULL, "is neither a file nor a directory"},
	{FIFO, CPU_DIR "cpu3/cache/index0/size", NULL, "is neither a file nor a directory"},
	{FIFO, CPU_DIR "online", NULL, "sys/devices/system/cpu/online"},
	{FIFO, NODE_DIR "node0/cpumap", NULL, "is neither a file nor a directory"},
	{FIFO, "proc/cpuinfo", NULL, "is neither a file nor a directory"},
	{FIFO, "proc/hwloc-nofile-info", NULL, "is neither a file nor a directory"},
	{FIFO, "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", NULL,
	 "is neither a file nor a directory"},
	/* Numbers that a bitmap would be made for. */
	{DIRECTORY, CPU_DIR "cpu4294967295", NULL, "has a number that no kernel gives"},
	{DIRECTORY, CPU_DIR "cpu8192", NULL, "has a number that no kernel gives"},
	{DIRECTORY, NODE_DIR "node1024", NULL, "has a number that no kernel gives"},
	{WRITE, CPU_DIR "online", "0-4000000000\n", "is not a list of CPUs"},
	{WRITE, NODE_DIR "online", "0-4000000000\n", "is not a list of CPUs"},
	{WRITE, CPU_DIR "online", "", "lists no CPU"},
	{BINARY, CPU_DIR "online", NULL, "sys/devices/system/cpu/online"},
	{DIRECTORY, CPU_DIR "online", NULL, "Is a directory"},
	{LONG, CPU_DIR "cpu0/topology/core_cpus", NULL, "is longer than the kernel writes it"},
	{WRITE, "proc/hwloc-nofile-info", "PageSize: 0\n", "the page size is not a number"},
	/* No machine. */
	{REMOVE, CPU_DIR, NULL, "open directory"},
	{WRITE, "sys/devices/system/cpu", "a file", "open directory"},
	{DIRECTORY, "sys/devices/system/cpu", NULL, "hwloc finds no topology"},
};

static void test_refused(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
		char *directory = tree_new();
		g_autoptr(GError) error = NULL;

		machine_tree(directory, &small);
		change(directory, refused[i].what, refused[i].path, refused[i].text);
		if (read_tree(directory, &error))
			fail_msg("%zu: %s was not refused", i, refused[i].path);
		if (!strstr(error->message, refused[i].error))
			fail_msg("%zu: %s: the error is '%s'", i, refused[i].path, error->message);
		tree_free(directory);
	}
}

/* CPU 0's core, then what is known besides. */
typedef enum { SAME = 0, CORE = 1, NODE_MEMORY = 2, CACHE = 4 } Unknown;

static const struct {
	Change what;
	const char *path, *text;
	guint unknown;
} tolerated[] = {
	{LINK, NODE_DIR "node0/cpu0", "../../cpu/cpu0", SAME},
	{LINK, NODE_DIR "node0/self", ".", SAME},
	{LINK, NODE_DIR "node0/memory0", "../../memory/memory0", SAME},
	{LINK, CPU_DIR "cpu0/subsystem", "/sys/bus/cpu", SAME}, /* hwloc never goes there */
	/* The way to cgroups, whose mount point is a path that the tree names. */
	{FIFO, "proc/mounts", NULL, SAME},
	{WRITE, CPU_DIR "offline", "4-8191\n", SAME},
	{DIRECTORY, "proc/cpuinfo", NULL, SAME},
	{WRITE, "proc/cpuinfo", "", SAME},
	{LONG, "proc/cpuinfo", NULL, SAME},
	{BINARY, "proc/cpuinfo", NULL, SAME},
	{REMOVE, CPU_DIR "cpu0/topology/core_cpus", NULL, CORE},
	{DIRECTORY, CPU_DIR "cpu0/topology/core_cpus", NULL, CORE},
	{REMOVE, NODE_DIR "node0/meminfo", NULL, NODE_MEMORY},
	{BINARY, NODE_DIR "node0/meminfo", NULL, NODE_MEMORY},
	{WRITE, NODE_DIR "node0/meminfo", "Node 0 MemTotal: 99999999999999999999 kB\n",
	 NODE_MEMORY},
	{WRITE, NODE_DIR "node0/meminfo", "Node 0 MemTotal: 1048576 kB\n", NODE_MEMORY},
	{REMOVE, CPU_DIR "cpu0/cache/index0", NULL, CACHE},
};

static void test_tolerated(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(tolerated); i++) {
		char *directory = tree_new();
		g_autoptr(GError) error = NULL;
		g_autoptr(Topology) topology = NULL;
		const TopologyNode *node;
		const TopologyCpu *cpu;

		machine_tree(directory, &small);
		change(directory, tolerated[i].what, tolerated[i].path, tolerated[i].text);
		topology = read_tree(directory, &error);
		if (!topology)
			fail_msg("%zu: %s: %s", i, tolerated[i].path, error->message);
		cpu = topology_cpu(topology, 0);
		node = topology->nodes->pdata[0];
		if ((cpu->core == NULL) != ((tolerated[i].unknown & CORE) != 0) ||
		    node->memory_known != !(tolerated[i].unknown & NODE_MEMORY) ||
		    topology->caches->len != (tolerated[i].unknown & CACHE ? 1 : 2))
			fail_msg("%zu: %s: core %p, memory %d, %u caches", i, tolerated[i].path,
				 (const void *)cpu->core, node->memory_known,
				 topology->caches->len);
		assert_int_equal(cpuset_count(&topology->online), 4);
		assert_int_equal(cpuset_count(&topology->cpus), 4);
		tree_free(directory);
	}
}

static void collect_files(const char *directory, const char *path, GPtrArray *files)
{
	g_autofree char *full = g_build_filename(directory, path, NULL);
	g_autoptr(GDir) dir = g_dir_open(full, 0, NULL);
	const char *entry;

	if (!dir) {
		g_ptr_array_add(files, g_strdup(path));
		return;
	}
	while ((entry = g_dir_read_name(dir))) {
		g_autofree char *child = g_build_filename(path, entry, NULL);

		collect_files(directory, child, files);
	}
}

/* Each file of a machine in turn holds what it should not: a topology or an error, and a
 * topology that does not contradict itself. */
static void check_any(const char *directory, const char *path)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Topology) topology = read_tree(directory, &error);

	if ((topology == NULL) != (error != NULL))
		fail_msg("%s: neither a topology nor an error, or both", path);
	if (!topology)
		return;
	assert_true(cpuset_is_subset(&topology->online, &topology->cpus));
	for (guint i = 0; i < topology->cores->len; i++) {
		const TopologyCore *core = topology->cores->pdata[i];

		assert_true(cpuset_is_subset(&core->cpus, &topology->online));
		CPUSET_FOREACH(cpu, &core->cpus)
			assert_ptr_equal(topology_cpu(topology, (guint)cpu)->core, core);
	}
	g_free(topology_text(topology));
	g_free(topology_json(topology));
}

static void test_any_content(void **state)
{
	static const char *const contents[] = {
		"", "\n", "-1\n", "4294967295\n", "99999999999999999999\n", "0-3\n", ",,,\n",
		"\001\377\033[2J", "ffffffff,ffffffff,ffffffff,ffffffff\n", "Unified",
	};
	char *directory = tree_new_in_memory();
	g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);

	(void)state;
	machine_tree(directory, &small);
	tree_write(directory, "proc/cpuinfo", "processor\t: 0\nmodel name\t: A CPU\n");
	tree_write(directory, NODE_DIR "node0/distance", "10\n");
	collect_files(directory, "", files);
	assert_true(files->len > 30);
	for (guint i = 0; i < files->len; i++) {
		g_autofree char *full = g_build_filename(directory, files->pdata[i], NULL);
		g_autofree char *before = NULL;

		assert_true(g_file_get_contents(full, &before, NULL, NULL));
		for (gsize c = 0; c < G_N_ELEMENTS(contents); c++) {
			tree_write(directory, files->pdata[i], contents[c]);
			check_any(directory, files->pdata[i]);
		}
		tree_write(directory, files->pdata[i], before);
	}
	tree_free(directory);
}

static void test_isolated(void **state)
{
	static const struct {
		const char *text;
		gboolean known;
		const char *cpus;
	} cases[] = {
		{NULL, FALSE, ""}, {"\n", TRUE, ""}, {"2-3\n", TRUE, "2-3"},
		{"   (null)\n", TRUE, ""}, {"2-\n", FALSE, ""}, {"99999\n", FALSE, ""},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		char *directory = tree_new();
		g_autoptr(Topology) topology = NULL;
		g_autofree char *list = NULL;

		machine_tree(directory, &small);
		if (cases[i].text)
			tree_write(directory, CPU_DIR "isolated", cases[i].text);
		topology = read_tree(directory, NULL);
		assert_non_null(topology);
		list = cpulist_format(&topology->isolated);
		assert_int_equal(topology->isolated_known, cases[i].known);
		assert_string_equal(list, cases[i].cpus);
		assert_int_equal(topology_cpu(topology, 2)->isolated, *cases[i].cpus != '\0');
		tree_free(directory);
	}
}

/* CPU 0 has no topology while it is offline; its core is then unknown, and nothing else. */
static void test_cpu_0_offline(void **state)
{
	char *directory = tree_new();
	g_autoptr(Topology) topology = NULL;
	g_autoptr(GError) error = NULL;

	(void)state;
	machine_tree(directory, &small);
	change(directory, REMOVE, CPU_DIR "cpu0/topology", NULL);
	change(directory, REMOVE, CPU_DIR "cpu0/cache", NULL);
	change(directory, WRITE, CPU_DIR "cpu1/topology/core_cpus", "2\n");
	change(directory, WRITE, CPU_DIR "online", "1-3\n");
	topology = read_tree(directory, NULL);
	assert_non_null(topology);
	assert_false(topology_cpu(topology, 0)->online);
	assert_null(topology_cpu(topology, 0)->core);
	assert_int_equal(cpuset_count(&topology_cpu(topology, 1)->core->cpus), 1);
	assert_int_equal(cpuset_count(&topology_cpu(topology, 3)->core->cpus), 2);
	/* Without a list, nobody says which CPU to begin with: that is said. */
	change(directory, REMOVE, CPU_DIR "online", NULL);
	assert_null(read_tree(directory, &error));
	assert_non_null(strstr(error->message, "CPU 0 or of the first online CPU"));
	tree_free(directory);
}

static void test_sparse_numbers(void **state)
{
	static const MachineShape sparse = {.cpus = 8, .threads = 2, .nodes = 2, .stride = 1000};
	char *directory = tree_new();
	g_autoptr(Topology) topology = NULL;
	g_autofree char *list = NULL;

	(void)state;
	machine_tree(directory, &sparse);
	topology = read_tree(directory, NULL);
	assert_non_null(topology);
	list = cpulist_format(&topology->online);
	assert_string_equal(list, "0,1000,2000,3000,4000,5000,6000,7000");
	assert_null(topology_cpu(topology, 1));
	assert_ptr_equal(topology_cpu(topology, 0)->core, topology_cpu(topology, 1000)->core);
	assert_ptr_not_equal(topology_cpu(topology, 0)->core, topology_cpu(topology, 2000)->core);
	assert_int_equal(topology_cpu(topology, 7000)->node->number, 1);
	tree_free(directory);
}

/* The environment is hwloc's way in: it must neither decide what is read nor be changed. */
static void test_environment(void **state)
{
	static const char *const set[][2] = {
		{"HWLOC_FSROOT", "/nonexistent"}, {"HWLOC_XMLFILE", "/nonexistent.xml"},
		{"HWLOC_SYNTHETIC", "pu:7"},	  {"HWLOC_COMPONENTS", "x86,stop"},
		{"HWLOC_THISSYSTEM", "1"},
	};
	char *directory = tree_new();
	g_autoptr(Topology) topology = NULL;

	(void)state;
	machine_tree(directory, &small);
	for (gsize i = 0; i < G_N_ELEMENTS(set); i++)
		g_setenv(set[i][0], set[i][1], TRUE);
	topology = read_tree(directory, NULL);
	assert_non_null(topology);
	assert_int_equal(cpuset_count(&topology->online), 4);
	/* The live machine's model is nowhere in this tree. */
	assert_null(topology->cpu_model);
	for (gsize i = 0; i < G_N_ELEMENTS(set); i++) {
		assert_string_equal(g_getenv(set[i][0]), set[i][1]);
		g_unsetenv(set[i][0]);
	}
	assert_null(g_getenv("HWLOC_ALLOW"));
	tree_free(directory);
}

static void test_live(void **state)
{
	g_autoptr(Root) root = root_open_live(NULL);
	g_autoptr(Topology) topology = topology_read(root, NULL);

	(void)state;
	assert_non_null(topology);
	assert_int_equal(cpuset_count(&topology->online), sysconf(_SC_NPROCESSORS_ONLN));
	CPUSET_FOREACH(cpu, &topology->online) {
		assert_non_null(topology_cpu(topology, (guint)cpu)->core);
		assert_non_null(topology_cpu(topology, (guint)cpu)->node);
	}
	assert_null(g_getenv("HWLOC_COMPONENTS"));
}

static gint64 cpu_time_us(void)
{
	struct timespec now;

	assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now), 0);
	return (gint64)now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

/* The least CPU time of some tries at all that the two commands do. */
static gint64 cost_us(guint cpus)
{
	const MachineShape shape = {.cpus = cpus, .threads = 2, .nodes = 4, .stride = 1};
	char *directory = tree_new_in_memory();
	gint64 least = G_MAXINT64;

	machine_tree(directory, &shape);
	for (guint try = 0; try < 3; try++) {
		gint64 begin = cpu_time_us();
		g_autoptr(Topology) topology = read_tree(directory, NULL);
		g_autoptr(Proposal) proposal =
			proposal_new(topology, NULL, 16, PROPOSAL_ANY_NODE, NULL);
		g_autoptr(Plan) plan = proposal_plan(proposal, NULL);
		g_autofree char *text = topology_text(topology);
		g_autofree char *json = topology_json(topology);
		g_autofree char *words = proposal_text(proposal, plan, topology);

		assert_int_equal(topology->cores->len, cpus / 2);
		least = MIN(least, cpu_time_us() - begin);
	}
	tree_free(directory);
	return least;
}

/* Four times the CPUs: four times the work, with room for noise; quadratic would be 16. */
static void test_linear(void **state)
{
	gint64 few = cost_us(256), many = cost_us(1024);

	(void)state;
	print_message("# 256 CPUs: %.1f ms, 1024 CPUs: %.1f ms of CPU time\n", (double)few / 1000,
		      (double)many / 1000);
	assert_true(many < few * 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),	      cmocka_unit_test(test_tolerated),
		cmocka_unit_test(test_any_content),
		cmocka_unit_test(test_isolated),      cmocka_unit_test(test_cpu_0_offline),
		cmocka_unit_test(test_sparse_numbers), cmocka_unit_test(test_environment),
		cmocka_unit_test(test_live),	      cmocka_unit_test(test_linear),
	};

	return cmocka_run_group_tests_name("topology", tests, NULL, NULL);
}
