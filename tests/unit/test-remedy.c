/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a row tells to do, as a person can type it on the machine at hand. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "remedy.h"
#include "tree.h"

static void check(const char *online, const char *planned, const char *remedy,
		  const char *expected)
{
	char *directory = tree_new();
	g_autoptr(Root) root = root_open_captured(directory, NULL);
	g_autoptr(KnobView) view = NULL;
	g_autofree char *seen = NULL;
	Cpuset cpus = {0};

	if (online)
		tree_write(directory, "sys/devices/system/cpu/online", online);
	tree_write(directory, "sys/devices/system/cpu/isolated", "\n");
	if (planned)
		assert_true(cpulist_parse(planned, CPUSET_CPUS, &cpus, NULL));
	view = knob_view_new(root, SCOPE_HOST, planned ? &cpus : NULL, NULL);
	seen = remedy_for(remedy, view);
	assert_string_equal(seen, expected);
	tree_free(directory);
}

static void test_words(void **state)
{
	(void)state;
	check("0-7\n", "5-7", "cpupower -c PLANNED_CPUS x", "cpupower -c 5-7 x");
	check("0-7\n", "5,7", "for i in EACH_PLANNED_CPU; do", "for i in 5 7; do");
	check("0-7\n", "5-7", "a=HOUSEKEEPING_CPUS b=HOUSEKEEPING_CPUS", "a=0-4 b=0-4");
	check("0-7\n", "5-7", "combined NUMBER_OF_HOUSEKEEPING_CPUS", "combined 5");
	check("0-7\n", "5-7", "nothing to fill in", "nothing to fill in");
}

static void test_masks(void **state)
{
	(void)state;
	check("0-7\n", "5-7", "MASK_OF_HOUSEKEEPING_CPUS", "1f");
	check("0-31\n", "0", "MASK_OF_HOUSEKEEPING_CPUS", "fffffffe");
	check("0-63\n", "0-31", "MASK_OF_HOUSEKEEPING_CPUS", "ffffffff,00000000");
	check("0-96\n", "1", "MASK_OF_HOUSEKEEPING_CPUS", "1,ffffffff,ffffffff,fffffffd");
}

/* A list of nothing would be taken for a command. */
static void test_unknown_stays(void **state)
{
	(void)state;
	check("0-7\n", NULL, "PLANNED_CPUS HOUSEKEEPING_CPUS", "PLANNED_CPUS HOUSEKEEPING_CPUS");
	check("0-7\n", "0-7", "MASK_OF_HOUSEKEEPING_CPUS", "MASK_OF_HOUSEKEEPING_CPUS");
	check(NULL, "5-7", "PLANNED_CPUS HOUSEKEEPING_CPUS", "5-7 HOUSEKEEPING_CPUS");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_masks),
		cmocka_unit_test(test_unknown_stays),
	};

	return cmocka_run_group_tests_name("remedy", tests, NULL, NULL);
}
