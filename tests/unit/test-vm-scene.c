/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "host-tree.h"
#include "vm_scene.h"

#define UUID "0a2d1f5a-77ab-4b1c-8d0b-51be50b3f5f0"

/* CPUs 2, 5, 13 and 14 of that machine are offline: as if they were siblings of a VM that runs. */
static void check(const char *cpuset, const char *held_list, const char *used, const char *owned,
		  const char *offline)
{
	char *tree = host_unpack("hwloc-16em64t-4s2c2t-offlines");
	g_autoptr(Root) root = root_open_captured(tree, NULL);
	g_autoptr(Topology) topology = topology_read(root, NULL);
	g_autofree char *text =
		g_strdup_printf("[" UUID "]\nname = a\nrt = yes\ncpuset = %s\n", cpuset);
	g_autoptr(VmConfigs) configs = vm_configs_parse(text, strlen(text), "v.cfg", NULL);
	g_autoptr(GPtrArray) layouts = NULL;
	const VmLayout *layout;
	Cpuset held = {0};

	tree_free(tree);
	if (*held_list)
		assert_true(cpulist_parse(held_list, CPUSET_CPUS, &held, NULL));
	layouts = vm_scene_layouts(configs, topology, FALSE, &held);
	layout = layouts->pdata[0];
	g_autofree char *is_used = cpulist_format(&layout->cpuset);
	g_autofree char *is_owned = cpulist_format(&layout->owned);
	g_autofree char *is_offline = cpulist_format(&layout->offline);
	/* What the file says stays what the file says. */
	g_autofree char *now = vm_keys[VM_KEY_CPUSET].format(layout->vm);

	assert_string_equal(is_used, used);
	assert_string_equal(is_owned, owned);
	assert_string_equal(is_offline, offline);
	assert_string_equal(now, cpuset);
}

static void test_held(void **state)
{
	(void)state;
	/* Nothing runs: CPU 3's sibling is 11. */
	check("3,7", "", "3,7", "3,7,11,15", "11,15");
	/* 10 has lost its sibling 2 to the VM; the cpuset names it or not. */
	check("7,10", "2", "7,10", "2,7,10,15", "2,15");
	check("2,7,10", "2", "7,10", "2,7,10,15", "2,15");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
