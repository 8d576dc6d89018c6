/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which threads are moved off the planned CPUs. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <unistd.h>

#include "movable.h"
#include "threads.h"

static const struct {
	const char *comm, *allowed, *role;
	guint tid;
	gboolean kernel, bound, force, forgetful;
	Movable wanted;
} cases[] = {
	{.comm = "bash", .allowed = "0-7", .wanted = MOVABLE},
	{.comm = "bash", .allowed = "0-63", .wanted = MOVABLE},
	{.comm = "pinned", .allowed = "3-5", .wanted = MOVABLE},
	{.comm = "pinned", .allowed = "3-5", .forgetful = TRUE, .wanted = MOVABLE_USER_CHOSE},
	{.comm = "pinned", .allowed = "0-2", .wanted = MOVABLE_NEEDLESS},
	{.comm = "kswapd0", .allowed = "0-7", .kernel = TRUE, .wanted = MOVABLE},
	{.comm = "irq/25-eth0", .allowed = "5", .kernel = TRUE, .wanted = MOVABLE_KERNEL_CHOSE},
	{.comm = "irq/26-eth0", .allowed = "1", .kernel = TRUE, .wanted = MOVABLE_NEEDLESS},
	{.comm = "ksoftirqd/5", .allowed = "5", .kernel = TRUE, .bound = TRUE,
	 .wanted = MOVABLE_BOUND},
	{.comm = "kthreadd", .allowed = "0-7", .tid = 2, .kernel = TRUE, .wanted = MOVABLE_BOUND},
	{.comm = "odd", .allowed = "", .wanted = MOVABLE_BOUND},
	{.comm = "qemu-system-x86", .allowed = "0-7", .wanted = MOVABLE_VM},
	{.comm = "qemu-system-x86", .allowed = "0-7", .force = TRUE, .wanted = MOVABLE},
	{.comm = "CPU 3/KVM", .allowed = "5", .wanted = MOVABLE_VM},
	{.comm = "worker", .role = "emulator", .allowed = "0-7", .wanted = MOVABLE_VM},
	{.comm = "vhost-4711", .allowed = "0-7", .kernel = TRUE, .wanted = MOVABLE_VM},
};

static void test_who_moves(void **state)
{
	(void)state;
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GArray) threads = threads_new();
		g_autoptr(GHashTable) vms = NULL;
		MovableRules rules = {.force = cases[i].force,
				      .remembered = !cases[i].forgetful};
		KnobThread thread = {.pid = cases[i].tid ? cases[i].tid : 4711,
				     .tid = cases[i].tid ? cases[i].tid : 4712,
				     .kernel_thread = cases[i].kernel,
				     .bound = cases[i].bound,
				     .allowed = g_new0(Cpuset, 1)};

		g_strlcpy(thread.comm, cases[i].comm, sizeof(thread.comm));
		g_strlcpy(thread.role, cases[i].role ? cases[i].role : "", sizeof(thread.role));
		assert_true(cpulist_parse_kernel(cases[i].allowed, CPUSET_CPUS, thread.allowed,
						 NULL));
		g_array_append_val(threads, thread);
		vms = movable_vms(threads);
		rules.vms = vms;
		assert_true(cpulist_parse("0-7", CPUSET_CPUS, &rules.all, NULL));
		assert_true(cpulist_parse("0-4", CPUSET_CPUS, &rules.housekeeping, NULL));
		if (movable(&rules, &g_array_index(threads, KnobThread, 0)) != cases[i].wanted)
			fail_msg("case %u: %s", i, cases[i].comm);
		g_array_index(threads, KnobThread, 0).pid = (guint)getpid();
		assert_int_equal(movable(&rules, &g_array_index(threads, KnobThread, 0)),
				 MOVABLE_OURS);
	}
}

static void test_which_kernels_remember(void **state)
{
	(void)state;
	assert_true(movable_remembered("6.2.0"));
	assert_true(movable_remembered("6.18.44-rt1"));
	assert_true(movable_remembered("7.0"));
	assert_false(movable_remembered("6.1.0-18-amd64"));
	assert_false(movable_remembered("5.14.0-427.el9"));
	assert_false(movable_remembered("six"));
	assert_false(movable_remembered(NULL));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_moves),
		cmocka_unit_test(test_which_kernels_remember),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
