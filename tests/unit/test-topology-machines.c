/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Captured machines read as those who captured them read them: hwloc's own tests (.console),
 * util-linux's (.lscpu) and libvirt's (.xml). Structure is compared, not text.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "host-tree.h"
#include "topology.h"

static Topology *read_host(const char *name)
{
	char *directory = host_unpack(name);
	g_autoptr(Root) root = root_open_captured(directory, NULL);
	g_autoptr(GError) error = NULL;
	Topology *topology = topology_read(root, &error);

	if (!topology)
		fail_msg("%s: %s", name, error->message);
	tree_free(directory);
	return topology;
}

/* All of them, in the order of host_trees; unpacked once. */
typedef struct {
	Topology *hosts[G_N_ELEMENTS(host_trees)];
} Machines;

static int setup(void **state)
{
	Machines *machines = g_new(Machines, 1);

	for (gsize i = 0; i < G_N_ELEMENTS(host_trees); i++)
		machines->hosts[i] = read_host(host_trees[i]);
	*state = machines;
	return 0;
}

static int teardown(void **state)
{
	Machines *machines = *state;

	for (gsize i = 0; i < G_N_ELEMENTS(host_trees); i++)
		topology_free(machines->hosts[i]);
	g_free(machines);
	return 0;
}

static const Topology *machine(void **state, const char *name)
{
	const Machines *machines = *state;

	for (gsize i = 0; i < G_N_ELEMENTS(host_trees); i++)
		if (strcmp(host_trees[i], name) == 0)
			return machines->hosts[i];
	fail_msg("no machine %s", name);
	return NULL;
}

/* An object of lstopo's console output. */
typedef struct {
	char type[16];
	int number;
	guint64 size_kib;
	int parent; /* index, or -1 */
	Cpuset cpus;
} Object;

static guint depth_of(const char *line)
{
	return (guint)strspn(line, " ") / 2;
}

static Object parse_object(const char *line)
{
	Object object = {.number = TOPOLOGY_UNKNOWN, .parent = -1};
	const char *at = line + strspn(line, " ");
	const char *number = strstr(at, "(P#"), *size = strstr(at, "size=");

	g_strlcpy(object.type, at, MIN(sizeof(object.type), strcspn(at, " ") + 1));
	if (number)
		object.number = atoi(number + 3);
	/* The first "size=" is the cache's, "linesize=" comes later. */
	if (size)
		object.size_kib = g_ascii_strtoull(size + 5, NULL, 10);
	return object;
}

static GArray *parse_console(const char *text)
{
	GArray *objects = g_array_new(FALSE, FALSE, sizeof(Object));
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	int path[32];

	for (char **line = lines; *line && !g_str_has_prefix(*line, "depth "); line++) {
		guint depth = depth_of(*line);
		Object object = parse_object(*line);

		assert_true(depth < G_N_ELEMENTS(path));
		object.parent = depth ? path[depth - 1] : -1;
		path[depth] = (int)objects->len;
		g_array_append_val(objects, object);
		if (strcmp(object.type, "PU") == 0)
			for (int at = object.parent; at >= 0;
			     at = g_array_index(objects, Object, at).parent)
				cpuset_add(&g_array_index(objects, Object, at).cpus,
					   (guint)object.number);
	}
	return objects;
}

static void add_line(GPtrArray *lines, const char *what, gint64 number, const Cpuset *cpus)
{
	g_autofree char *list = cpulist_format(cpus);

	g_ptr_array_add(lines, g_strdup_printf("%s %" G_GINT64_FORMAT ": %s", what, number, list));
}

static GPtrArray *lines_of_console(const char *name)
{
	GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *text = host_file(name, ".console");
	g_autoptr(GArray) objects = parse_console(text);

	for (guint i = 0; i < objects->len; i++) {
		const Object *object = &g_array_index(objects, Object, i);
		const char *cache = strstr(object->type, "Cache");
		g_autofree char *level = NULL;

		if (cache) {
			level = g_strndup(object->type, (gsize)(cache - object->type));
			add_line(lines, level, (gint64)object->size_kib, &object->cpus);
		} else if (strcmp(object->type, "NUMANode") == 0) {
			/* Memory hangs below what it is local to. */
			add_line(lines, "NUMANode", object->number,
				 &g_array_index(objects, Object, object->parent).cpus);
		} else if (strcmp(object->type, "PU") != 0) {
			add_line(lines, object->type, object->number, &object->cpus);
		}
	}
	return lines;
}

static GPtrArray *lines_of(const Topology *topology)
{
	GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);

	add_line(lines, "Machine", 0, &topology->online);
	for (guint i = 0; i < topology->nodes->len; i++) {
		const TopologyNode *node = topology->nodes->pdata[i];

		add_line(lines, "NUMANode", node->number, &node->cpus);
	}
	for (guint i = 0; i < topology->packages->len; i++) {
		const TopologyPackage *package = topology->packages->pdata[i];

		add_line(lines, "Package", package->number, &package->cpus);
	}
	for (guint i = 0; i < topology->cores->len; i++) {
		const TopologyCore *core = topology->cores->pdata[i];

		add_line(lines, "Core", core->number, &core->cpus);
	}
	for (guint i = 0; i < topology->caches->len; i++) {
		const TopologyCache *cache = topology->caches->pdata[i];
		g_autofree char *name = topology_cache_name(cache);

		add_line(lines, name, (gint64)(cache->size_bytes / 1024), &cache->cpus);
	}
	return lines;
}

static int by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void test_console(void **state)
{
	guint machines = 0;

	for (gsize i = 0; i < G_N_ELEMENTS(host_trees); i++) {
		const Topology *topology = machine(state, host_trees[i]);
		g_autoptr(GPtrArray) seen = NULL;
		g_autoptr(GPtrArray) expected = NULL;

		if (!g_str_has_prefix(host_trees[i], "hwloc-"))
			continue;
		machines++;
		seen = lines_of(topology);
		expected = lines_of_console(host_trees[i]);
		g_ptr_array_sort(seen, by_text);
		g_ptr_array_sort(expected, by_text);
		for (guint line = 0; line < MAX(seen->len, expected->len); line++) {
			const char *a = line < seen->len ? seen->pdata[line] : "(end)";
			const char *b = line < expected->len ? expected->pdata[line] : "(end)";

			if (strcmp(a, b) != 0)
				fail_msg("%s: '%s' instead of '%s'", host_trees[i], a, b);
		}
	}
	assert_int_equal(machines, 4);
}

/* What each CPU points at agrees with the sets. */
static void test_lookups(void **state)
{
	for (gsize i = 0; i < G_N_ELEMENTS(host_trees); i++) {
		const Topology *topology = machine(state, host_trees[i]);

		CPUSET_FOREACH(cpu, &topology->cpus) {
			const TopologyCpu *at = topology_cpu(topology, (guint)cpu);
			Cpuset one = {0}, siblings;

			cpuset_add(&one, (guint)cpu);
			siblings = topology_siblings(topology, &one);
			assert_int_equal(at->number, cpu);
			assert_int_equal(at->online, cpuset_contains(&topology->online, (guint)cpu));
			if (!at->online) {
				assert_null(at->core);
				assert_true(cpuset_equal(&siblings, &one));
				continue;
			}
			assert_true(cpuset_contains(&at->core->cpus, (guint)cpu));
			assert_true(cpuset_equal(&siblings, &at->core->cpus));
			assert_true(cpuset_contains(&at->node->cpus, (guint)cpu));
			assert_true(cpuset_contains(&at->package->cpus, (guint)cpu));
			assert_ptr_equal(at->core->node, at->node);
			assert_ptr_equal(at->core->package, at->package);
			assert_ptr_equal(topology_node(topology, at->node->number), at->node);
		}
		assert_null(topology_cpu(topology, CPUSET_CPUS - 1));
		assert_null(topology_node(topology, TOPOLOGY_NODES - 1));
	}
}

static const TopologyCache *cache_of(const Topology *topology, const char *name, guint cpu)
{
	for (guint i = 0; i < topology->caches->len; i++) {
		const TopologyCache *cache = topology->caches->pdata[i];
		g_autofree char *seen = topology_cache_name(cache);

		if (strcmp(seen, name) == 0 && cpuset_contains(&cache->cpus, cpu))
			return cache;
	}
	return NULL;
}

/* "0,0,0,0,,0,0,0,0": CPU, core, socket, node, nothing, L1d, L1i, L2, L3. */
static void parse_columns(const char *row, int columns[9])
{
	g_auto(GStrv) fields = g_strsplit(row, ",", -1);

	assert_int_equal(g_strv_length(fields), 9);
	for (gsize i = 0; i < 9; i++)
		columns[i] = atoi(fields[i]);
}

/* lscpu numbers cores and caches its own way: two CPUs share one or do not. */
static void test_lscpu(void **state)
{
	static const char *const caches[] = {"L1d", "L1i", "L2", "L3"};
	static const guint64 instance_kib[] = {48, 32, 1280, 12288};
	g_autofree char *text = host_file("lscpu-x86_64-64cpu", ".lscpu");
	const Topology *topology = machine(state, "lscpu-x86_64-64cpu");
	g_auto(GStrv) rows = g_strsplit(g_strstr_len(text, -1, "0,0,0,0,,"), "\n", -1);
	int columns[8][9];

	assert_int_equal(cpuset_count(&topology->online), G_N_ELEMENTS(columns));
	for (gsize i = 0; i < G_N_ELEMENTS(columns); i++)
		parse_columns(rows[i], columns[i]);
	for (guint a = 0; a < G_N_ELEMENTS(columns); a++) {
		const TopologyCpu *first = topology_cpu(topology, a);

		for (guint b = 0; b < G_N_ELEMENTS(columns); b++) {
			const TopologyCpu *second = topology_cpu(topology, b);

			assert_int_equal(first->core == second->core,
					 columns[a][1] == columns[b][1]);
			assert_int_equal(first->package == second->package,
					 columns[a][2] == columns[b][2]);
			assert_int_equal(first->node == second->node,
					 columns[a][3] == columns[b][3]);
			for (gsize c = 0; c < G_N_ELEMENTS(caches); c++)
				assert_int_equal(cache_of(topology, caches[c], a) ==
							 cache_of(topology, caches[c], b),
						 columns[a][5 + c] == columns[b][5 + c]);
		}
		/* "L1d cache: 192 KiB (4 instances)" and so on. */
		for (gsize c = 0; c < G_N_ELEMENTS(caches); c++)
			assert_int_equal(cache_of(topology, caches[c], a)->size_bytes,
					 instance_kib[c] << 10);
	}
	assert_string_equal(topology->cpu_model, "11th Gen Intel(R) Core(TM) i7-1165G7 @ 2.80GHz");
}

/* libvirt's capabilities name socket, core and siblings of each CPU, and the L3 banks. */
static void test_libvirt(void **state)
{
	g_autofree char *text = host_file("libvirt-resctrl", ".xml");
	const Topology *topology = machine(state, "libvirt-resctrl");
	g_autoptr(GRegex) cpu = g_regex_new("<cell id='(\\d+)'>|<cpu id='(\\d+)' socket_id='(\\d+)' "
					    "core_id='(\\d+)' siblings='([^']+)'/>", 0, 0, NULL);
	g_autoptr(GRegex) bank = g_regex_new("<bank id='\\d' level='3' type='both' size='15' "
					     "unit='MiB' cpus='([^']+)'>", 0, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;
	g_autoptr(GMatchInfo) banks = NULL;
	guint cpus = 0, node = 0, n_banks = 0;

	for (g_regex_match(cpu, text, 0, &match); g_match_info_matches(match);
	     g_match_info_next(match, NULL)) {
		g_auto(GStrv) at = g_match_info_fetch_all(match);
		const TopologyCpu *seen;
		g_autofree char *siblings = NULL;

		if (*at[1]) {
			node = (guint)atoi(at[1]);
			continue;
		}
		cpus++;
		seen = topology_cpu(topology, (guint)atoi(at[2]));
		siblings = cpulist_format(&seen->core->cpus);
		assert_int_equal(seen->node->number, node);
		assert_int_equal(seen->package->number, atoi(at[3]));
		assert_int_equal(seen->core->number, atoi(at[4]));
		assert_string_equal(siblings, at[5]);
	}
	assert_int_equal(cpus, 12);
	for (g_regex_match(bank, text, 0, &banks); g_match_info_matches(banks);
	     g_match_info_next(banks, NULL), n_banks++) {
		g_autofree char *list = g_match_info_fetch(banks, 1);
		const TopologyCache *cache = cache_of(topology, "L3", (guint)atoi(list));
		g_autofree char *shared = cpulist_format(&cache->cpus);

		assert_string_equal(shared, list);
		assert_int_equal(cache->size_bytes, 15u << 20);
	}
	assert_int_equal(n_banks, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_console),
		cmocka_unit_test(test_lookups),
		cmocka_unit_test(test_lscpu),
		cmocka_unit_test(test_libvirt),
	};

	return cmocka_run_group_tests_name("topology-machines", tests, setup, teardown);
}
