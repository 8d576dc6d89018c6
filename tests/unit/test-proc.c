/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <glib.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "facts.h"
#include "proc.h"
#include "tree.h"

/* Fields 4 to 41 of a stat line: utime 7, stime 5, start 99, processor 3, rt_priority 80,
 * policy 1. */
#define FIELDS                                                                               \
	"1 1 1 0 -1 4194560 1 0 0 0 7 5 0 0 20 -5 2 0 99 1000 100 1844674407370955 1 1 0 0 0 0 0 " \
	"0 0 0 0 0 -1 3 80 1"
#define STATUS                                                                               \
	"Name:\tx\nVmSize:\t  200 kB\nVmLck:\t  150 kB\nVmData:\t  120 kB\n"                 \
	"Cpus_allowed_list:\t3\nvoluntary_ctxt_switches:\t10\nnonvoluntary_ctxt_switches:\t2\n"

static const struct {
	const char *stat, *status;
	const char *comm; /* NULL: refused */
} threads[] = {
	{"42 (cyclictest) S " FIELDS " 0 0\n", STATUS, "cyclictest"},
	/* comm may hold anything: it ends at the last parenthesis. */
	{"42 (a) R 1 (x)) S " FIELDS "\n", STATUS, "a) R 1 (x)"},
	{"42 () S " FIELDS "\n", STATUS, ""},
	{"42 cyclictest S " FIELDS "\n", STATUS, NULL},
	{"42 (x", STATUS, NULL},
	{"42 (x)", STATUS, NULL},
	{"", STATUS, NULL},
	{"42 (x) S 1 1 1 0\n", STATUS, NULL},
	{"42 (x) S " FIELDS "\n", "Name:\tx\n", NULL},
	{"42 (x) S " FIELDS "\n", "Cpus_allowed_list:\t3-1\nvoluntary_ctxt_switches:\t1\n"
				  "nonvoluntary_ctxt_switches:\t1\n", NULL},
};

/* The same from the stat file alone: a status file that is malformed does not matter. */
static void check_stat(const Root *root, const char *stat)
{
	ProcThread thread = {.tid = 4711};
	gboolean good = strstr(stat, FIELDS) && strchr(stat, '(');
	int errnum = 0;

	assert_int_equal(proc_thread_stat(root, 42, 43, &thread, &errnum, NULL), good);
	assert_int_equal(errnum, good ? 0 : EILSEQ);
	assert_int_equal(thread.tid, good ? 43 : 4711);
	if (good) {
		assert_int_equal(thread.last_cpu, 3);
		assert_int_equal(thread.cpu_ticks, 12);
		assert_int_equal(cpuset_count(&thread.allowed), 0);
	}
	assert_false(proc_thread_stat(root, 42, 44, &thread, &errnum, NULL));
	assert_int_equal(errnum, ENOENT);
}

static void test_threads(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(threads); i++) {
		char *tree = tree_new();
		g_autoptr(Root) root = root_open_captured(tree, NULL);
		ProcThread thread = {.tid = 4711};

		tree_write(tree, "proc/42/task/43/stat", threads[i].stat);
		tree_write(tree, "proc/42/task/43/status", threads[i].status);
		assert_int_equal(proc_thread_read(root, 42, 43, &thread, NULL),
				 threads[i].comm != NULL);
		if (threads[i].comm) {
			g_autofree char *allowed = cpulist_format(&thread.allowed);

			assert_string_equal(thread.comm, threads[i].comm);
			assert_int_equal(thread.policy, SCHED_FIFO);
			assert_int_equal(thread.rt_priority, 80);
			assert_int_equal(thread.last_cpu, 3);
			assert_int_equal(thread.cpu_ticks, 12);
			assert_int_equal(thread.start_ticks, 99);
			assert_int_equal(thread.voluntary_switches, 10);
			assert_string_equal(allowed, "3");
		} else {
			assert_int_equal(thread.tid, 4711);
		}
		check_stat(root, threads[i].stat);
		tree_free(tree);
	}
}

static void test_self(void **state)
{
	g_autoptr(Root) live = root_open_live(NULL);
	g_autoptr(GArray) tids = proc_tasks(live, getpid(), NULL);
	g_auto(GStrv) argv = proc_argv(live, getpid(), NULL);
	ProcThread self;
	ProcMemory memory;
	guint64 start = 0;

	(void)state;
	assert_int_equal(g_array_index(tids, pid_t, 0), getpid());
	assert_true(proc_thread_read(live, getpid(), getpid(), &self, NULL));
	assert_int_equal(self.policy, sched_getscheduler(0));
	assert_true(proc_memory_read(live, getpid(), &memory, NULL));
	assert_true(memory.size_kib >= memory.data_kib);
	assert_true(proc_start_ticks(live, getpid(), &start, NULL));
	assert_int_equal(start, self.start_ticks);
	assert_true(g_str_has_suffix(argv[0], "test-proc"));
	assert_false(proc_start_ticks(live, 0x7fffffff, &start, NULL));
}

static void test_policy_names(void **state)
{
	(void)state;
	assert_string_equal(proc_policy_name(SCHED_FIFO), "SCHED_FIFO");
	assert_string_equal(proc_policy_name(17), "SCHED_17");
}

static const struct {
	const char *flag, *version;
	Known realtime;
} kernels[] = {
	{"1\n", "#1 SMP PREEMPT_RT Debian\n", KNOWN_YES},
	{"0\n", "#1 SMP PREEMPT_DYNAMIC\n", KNOWN_NO},
	{NULL, "#1 SMP PREEMPT_RT Debian\n", KNOWN_YES},
	{NULL, "#1 SMP PREEMPT_DYNAMIC\n", KNOWN_NO},
	{NULL, "#1 SMP NOT_PREEMPT_RTISH\n", KNOWN_NO},
	{NULL, NULL, UNKNOWN},
	{"2\n", "#1 SMP PREEMPT_RT\n", UNKNOWN},
};

static void test_realtime_is_not_guessed(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(kernels); i++) {
		char *tree = tree_new();
		g_autoptr(Root) root = root_open_captured(tree, NULL);
		g_autoptr(Facts) facts = NULL;

		if (kernels[i].flag)
			tree_write(tree, "sys/kernel/realtime", kernels[i].flag);
		if (kernels[i].version)
			tree_write(tree, "proc/sys/kernel/version", kernels[i].version);
		facts = facts_read(root);
		assert_int_equal(facts->realtime, kernels[i].realtime);
		assert_false(facts->isolated_known);
		assert_null(facts->clocksource);
		tree_free(tree);
	}
}

static void test_throttle_counts(void **state)
{
	char *tree = tree_new();
	g_autoptr(Root) root = root_open_captured(tree, NULL);
	guint64 sum = 4711;

	(void)state;
	assert_false(facts_throttle_count(root, &sum));
	assert_int_equal(sum, 4711);
	tree_write(tree, "sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count", "3\n");
	tree_write(tree, "sys/devices/system/cpu/cpu1/thermal_throttle/core_throttle_count", "4\n");
	tree_write(tree, "sys/devices/system/cpu/cpufreq/x", "9\n");
	assert_true(facts_throttle_count(root, &sum));
	assert_int_equal(sum, 7);
	tree_free(tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_self),
		cmocka_unit_test(test_policy_names),
		cmocka_unit_test(test_realtime_is_not_guessed),
		cmocka_unit_test(test_throttle_counts),
	};

	return cmocka_run_group_tests_name("proc", tests, NULL, NULL);
}
