/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <glib.h>
#include <jansson.h>
#include <string.h>

#include "counters.h"
#include "error.h"
#include "tree.h"
#include "watch_text.h"

typedef struct {
	char *directory;
	Root *root;
	Cpuset cpus; /* 1-2 */
} Fixture;

#define THROTTLE(cpu) "sys/devices/system/cpu/cpu" cpu "/thermal_throttle/"

/* A task's stat line: comm, ticks in user mode, start, CPU, priority, policy. */
static void task(const Fixture *f, int tid, const char *comm, guint ticks, guint start,
		 guint cpu, const char *schedstat)
{
	g_autofree char *directory = g_strdup_printf("proc/%d/task/%d", tid, tid);
	g_autofree char *stat = g_strconcat(directory, "/stat", NULL);
	g_autofree char *sched = g_strconcat(directory, "/schedstat", NULL);
	g_autofree char *text = g_strdup_printf(
		"%d (%s) S 1 1 1 0 -1 0 1 0 0 0 %u 0 0 0 20 -5 2 0 %u 1000 100 1 1 1 0 0 0 0 0 0 0 "
		"0 0 0 -1 %u 2 1 0 0\n",
		tid, comm, ticks, start, cpu);

	tree_write(f->directory, stat, text);
	if (schedstat)
		tree_write(f->directory, sched, schedstat);
}

static void first_moment(const Fixture *f)
{
	tree_write(f->directory, "proc/interrupts",
		   "      CPU0 CPU1 CPU2\n"
		   " 24:  10   20   30  PCI-MSI 0-edge nvme0q1\n"
		   " 25:  1    1    1   PCI-MSI 1-edge eth0\n"
		   "LOC:  100  4294967290 300 Local timer interrupts\n"
		   "RES:  0    0    0   Rescheduling interrupts\n"
		   "CAL:  7    8    9   Function call interrupts\n"
		   "TLB:  1    2    3   TLB shootdowns\n"
		   "NMI:  0    0    0   Non-maskable interrupts\n"
		   "MCE:  0    0    0   Machine check exceptions\n"
		   "ERR:  0\n");
	tree_write(f->directory, "proc/softirqs",
		   "       CPU0 CPU1 CPU2 CPU3\n"
		   "TIMER: 1 2 3 0\nNET_RX: 5 6 7 0\n");
	tree_write(f->directory, "proc/schedstat",
		   "version 15\ntimestamp 1\ncpu0 0 0 1 1 1 1 5 5 100\ncpu1 0 0 0 0 0 0 0 0 200\n"
		   "domain0 3 0 0\ncpu2 0 0 0 0 0 0 0 0 300\n");
	tree_write(f->directory, "proc/stat",
		   "cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 1 1 1 1 1 1 1 1 0 0\n"
		   "cpu1 1 1 1 1 1 1 1 50 0 0\ncpu2 1 1 1 1 1 1 1 60 0 0\nintr 5\n");
	tree_write(f->directory, THROTTLE("1") "core_throttle_count", "3\n");
	tree_write(f->directory, THROTTLE("1") "package_throttle_count", "4\n");
	tree_write(f->directory, THROTTLE("2") "core_throttle_count", "-1\n");
	tree_write(f->directory, THROTTLE("2") "package_throttle_count", "4\n");
	task(f, 10, "runs", 100, 1, 1, "1000000 5 10\n");
	task(f, 11, "sleeps", 100, 1, 1, "1000000 5 10\n");
	task(f, 12, "moves", 100, 1, 0, "1000000 5 10\n");
	task(f, 13, "elsewhere", 100, 1, 0, "1000000 5 10\n");
	task(f, 14, "ends", 100, 1, 2, "1000000 5 10\n");
	task(f, 15, "ticks", 100, 1, 2, NULL);
	task(f, 16, "reused", 100, 1, 2, "1000000 5 10\n");
}

static void second_moment(const Fixture *f)
{
	g_autofree char *ended = g_build_filename(f->directory, "proc/14/task/14/stat", NULL);

	tree_write(f->directory, "proc/interrupts",
		   "      CPU0 CPU1 CPU2\n"
		   " 24:  10   25   30  PCI-MSI 0-edge nvme0q1\n"
		   " 26:  0    9    0   PCI-MSI 2-edge eth1\n"
		   "LOC:  100  10   300 Local timer interrupts\n"
		   "RES:  0    4    0   Rescheduling interrupts\n"
		   "CAL:  7    8    10  Function call interrupts\n"
		   "TLB:  1    2    2   TLB shootdowns\n"
		   "MCE:  0    0    0   Machine check exceptions\n"
		   "ERR:  2\n");
	tree_write(f->directory, "proc/softirqs",
		   "       CPU0 CPU1 CPU2 CPU3\n"
		   "TIMER: 1 4 3 0\nNET_RX: 5 16 7 0\n");
	tree_write(f->directory, "proc/schedstat",
		   "version 15\ntimestamp 2\ncpu0 0 0 1 1 1 1 5 5 100\ncpu1 0 0 0 0 0 0 0 0 212\n"
		   "cpu2 0 0 0 0 0 0 0 0\n");
	tree_write(f->directory, "proc/stat",
		   "cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 1 1 1 1 1 1 1 1 0 0\n"
		   "cpu1 1 1 1 1 1 1 1 53 0 0\nintr 5\n");
	tree_write(f->directory, THROTTLE("1") "core_throttle_count", "3\n");
	tree_write(f->directory, THROTTLE("1") "package_throttle_count", "6\n");
	task(f, 10, "runs", 100, 1, 1, "3500000 5 12\n");
	task(f, 12, "moves", 100, 1, 2, "1000500 5 11\n");
	task(f, 13, "elsewhere", 150, 1, 0, "9000000 5 90\n");
	g_assert_cmpint(g_remove(ended), ==, 0);
	task(f, 15, "ticks", 103, 1, 2, NULL);
	task(f, 16, "reused", 1, 2, 2, "7000 5 3\n");
}

static int setup(void **state)
{
	Fixture *f = g_new0(Fixture, 1);

	f->directory = tree_new();
	f->root = root_open_captured(f->directory, NULL);
	assert_true(cpulist_parse("1-2", 8, &f->cpus, NULL));
	first_moment(f);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	Fixture *f = *state;

	root_free(f->root);
	tree_free(f->directory);
	g_free(f);
	return 0;
}

static Counters *read_moment(const Fixture *f, CountersMoment moment)
{
	g_autoptr(GError) error = NULL;
	Counters *counters = counters_read(f->root, &f->cpus, moment, &error);

	if (!counters)
		fail_msg("%s", error->message);
	return counters;
}

static CountersDelta *both_moments(const Fixture *f)
{
	g_autoptr(Counters) before = read_moment(f, COUNTERS_FIRST);
	g_autoptr(Counters) after = NULL;

	second_moment(f);
	after = read_moment(f, COUNTERS_SECOND);
	return counters_delta(before, after);
}

static const CounterCpu *cpu_at(const CountersDelta *delta, guint index)
{
	return &g_array_index(delta->cpus, CounterCpu, index);
}

static const struct {
	CounterKind kind;
	Counter wanted[2]; /* CPU 1, CPU 2 */
} wanted_counts[] = {
	{COUNTER_DEVICE_IRQS, {{14, 0}, {0, 0}}},
	{COUNTER_LOC, {{16, 0}, {0, 0}}},	     /* it wrapped */
	{COUNTER_RES, {{4, 0}, {0, 0}}},
	{COUNTER_CAL, {{0, 0}, {1, 0}}},
	{COUNTER_TLB, {{0, EILSEQ}, {0, EILSEQ}}},   /* a row that went back */
	{COUNTER_NMI, {{0, EILSEQ}, {0, EILSEQ}}},   /* a row that went away */
	{COUNTER_MCE, {{0, 0}, {0, 0}}},
	{COUNTER_SOFTIRQS, {{12, 0}, {0, 0}}},
	{COUNTER_SWITCHES, {{12, 0}, {0, EILSEQ}}},  /* a line that is cut */
	{COUNTER_STEAL_TICKS, {{3, 0}, {0, EAGAIN}}}, /* a CPU that is not there any more */
	{COUNTER_CORE_THROTTLES, {{0, 0}, {0, EILSEQ}}},
	{COUNTER_PACKAGE_THROTTLES, {{2, 0}, {0, 0}}},
	{COUNTER_SMIS, {{0, ENOTSUP}, {0, ENOTSUP}}}, /* a captured tree has no MSRs */
};

static void test_counts(void **state)
{
	CountersDelta *delta = both_moments(*state);

	assert_int_equal(delta->cpus->len, 2);
	assert_int_equal(G_N_ELEMENTS(wanted_counts), COUNTER_KINDS);
	for (gsize i = 0; i < G_N_ELEMENTS(wanted_counts); i++) {
		for (guint j = 0; j < 2; j++) {
			Counter counter = cpu_at(delta, j)->counts[wanted_counts[i].kind];

			if (counter.value != wanted_counts[i].wanted[j].value ||
			    counter.errnum != wanted_counts[i].wanted[j].errnum)
				fail_msg("%s of CPU %u: %d, %d",
					 counter_id(wanted_counts[i].kind), j + 1,
					 (int)counter.value, counter.errnum);
		}
	}
	assert_int_equal(delta->elapsed_ns, 0);
	assert_int_equal(delta->gone, 1);
	assert_string_equal(delta->switches_source, "proc/schedstat");
	assert_int_equal(delta->errors->len, 1);
	counters_delta_free(delta);
}

static void test_sources(void **state)
{
	CountersDelta *delta = both_moments(*state);
	const CounterCpu *cpu = cpu_at(delta, 0);
	const CounterSource *source;

	assert_int_equal(cpu->irqs->len, 2);
	source = cpu->irqs->pdata[0];
	assert_string_equal(source->name, "26");
	assert_string_equal(source->description, "PCI-MSI 2-edge eth1");
	assert_int_equal(source->count, 9);
	source = cpu->irqs->pdata[1];
	assert_string_equal(source->name, "24");
	assert_int_equal(source->count, 5);
	source = cpu->softirqs->pdata[0];
	assert_string_equal(source->name, "NET_RX");
	assert_int_equal(source->count, 10);
	assert_int_equal(cpu->softirqs->len, 2);
	assert_int_equal(cpu_at(delta, 1)->irqs->len, 0);
	assert_int_equal(cpu_at(delta, 1)->softirqs->len, 0);
	counters_delta_free(delta);
}

static char *tasks_text(const CounterCpu *cpu)
{
	static const char fates[] = {[COUNTER_TASK_STAYED] = '=',
				     [COUNTER_TASK_MOVED] = '~',
				     [COUNTER_TASK_STARTED] = '+',
				     [COUNTER_TASK_ENDED] = '-'};
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < cpu->tasks->len; i++) {
		const CounterTask *one = &g_array_index(cpu->tasks, CounterTask, i);

		g_string_append_printf(text, "%s%s%c%d,%d%s", i ? "|" : "", one->comm,
				       fates[one->fate], (int)one->run_ns, (int)one->slices,
				       one->ticks ? " ticks" : "");
	}
	return g_string_free(text, FALSE);
}

static void test_tasks(void **state)
{
	CountersDelta *delta = both_moments(*state);
	g_autofree char *one = tasks_text(cpu_at(delta, 0));
	g_autofree char *two = tasks_text(cpu_at(delta, 1));

	assert_null(delta->tasks_error);
	assert_string_equal(one, "runs=2500000,2");
	/* Thread id 16 is another task by now: one ended, one started. */
	assert_string_equal(two, "ticks=30000000,0 ticks|reused+7000,3|moves~500,1|ends-0,0|"
				 "reused-0,0");
	assert_int_equal(g_array_index(cpu_at(delta, 0)->tasks, CounterTask, 0).rt_priority, 2);
	counters_delta_free(delta);
}

/* Which file context switches come from, and what of CPU 1 and 2 they tell. */
static const struct {
	const char *schedstat, *proc_debug, *debug;
	const char *source;
	int errnum;
	int one;
} switches[] = {
	{NULL, NULL, NULL, NULL, ENOENT, 0},
	{"", NULL, NULL, NULL, EILSEQ, 0},
	{"version 13\ncpu1 0 0 0 0 0 0 0 0 5\n", NULL, NULL, NULL, EILSEQ, 0},
	{"version 18\ncpu1 0 0 0 0 0 0 0 0 5\n", NULL, NULL, NULL, EILSEQ, 0},
	{"version 17\ncpu1 0 0 0 0 0 0 0 0 5\n", NULL, NULL, "proc/schedstat", 0, 5},
	{"version 15\ncpu1 0 0 0 0 0 0 0 0\n", NULL, NULL, "proc/schedstat", EILSEQ, 0},
	{"version 15\ncpu1 0 0 0 0 0 0 0 0 99999999999999999999\n", NULL, NULL,
	 "proc/schedstat", EILSEQ, 0},
	{"version 15\ncpu8192 0 0 0 0 0 0 0 0 5\n", NULL, NULL, "proc/schedstat", EAGAIN, 0},
	{NULL, "cpu#1, 2300.000 MHz\n  .nr_switches    : 7\n", NULL, "proc/sched_debug", 0, 7},
	{"version 99\n", NULL, "x\ncpu#1\n  .nr_running : 3\n  .nr_switches : 8\n  .nr_switches "
	 ": 9\ncpu#3\n  .nr_switches : 4\n",
	 "sys/kernel/debug/sched/debug", 0, 8},
	{NULL, NULL, "cpu#1\n  .nr_switches : -8\n", "sys/kernel/debug/sched/debug", EILSEQ, 0},
	{NULL, NULL, "cpu#x\n  .nr_switches : 8\n", "sys/kernel/debug/sched/debug", EAGAIN, 0},
	{NULL, NULL, "nothing of the kind\n", NULL, EILSEQ, 0},
};

static void write_or_remove(const Fixture *f, const char *path, const char *text)
{
	g_autofree char *file = g_build_filename(f->directory, path, NULL);

	if (text)
		tree_write(f->directory, path, text);
	else
		g_remove(file);
}

static void test_switches(void **state)
{
	Fixture *f = *state;

	for (gsize i = 0; i < G_N_ELEMENTS(switches); i++) {
		g_autoptr(Counters) before = NULL;
		g_autoptr(Counters) after = NULL;
		CountersDelta *delta;
		Counter counter;

		/* Nothing had been counted: the difference is the count. */
		write_or_remove(f, "proc/sched_debug", NULL);
		write_or_remove(f, "sys/kernel/debug/sched/debug", NULL);
		write_or_remove(f, "proc/schedstat", "version 15\ncpu1 0 0 0 0 0 0 0 0 0\n");
		if (switches[i].source && !g_str_has_suffix(switches[i].source, "schedstat")) {
			write_or_remove(f, "proc/schedstat", NULL);
			write_or_remove(f, switches[i].source, "cpu#1\n .nr_switches : 0\n");
		}
		before = read_moment(f, COUNTERS_FIRST);
		write_or_remove(f, "proc/schedstat", switches[i].schedstat);
		write_or_remove(f, "proc/sched_debug", switches[i].proc_debug);
		write_or_remove(f, "sys/kernel/debug/sched/debug", switches[i].debug);
		after = read_moment(f, COUNTERS_SECOND);
		delta = counters_delta(before, after);
		counter = cpu_at(delta, 0)->counts[COUNTER_SWITCHES];
		if (switches[i].source)
			assert_string_equal(delta->switches_source, switches[i].source);
		else
			assert_null(delta->switches_source);
		assert_int_equal(counter.errnum, switches[i].errnum);
		assert_int_equal(counter.value, switches[i].one);
		counters_delta_free(delta);
	}
}

/* A moment from one file and one from another cannot be subtracted. */
static void test_two_sources(void **state)
{
	Fixture *f = *state;
	g_autoptr(Counters) before = read_moment(f, COUNTERS_FIRST);
	g_autoptr(Counters) after = NULL;
	CountersDelta *delta;

	write_or_remove(f, "proc/schedstat", NULL);
	write_or_remove(f, "proc/sched_debug", "cpu#1\n .nr_switches : 900\n");
	after = read_moment(f, COUNTERS_SECOND);
	delta = counters_delta(before, after);
	assert_null(delta->switches_source);
	assert_int_equal(cpu_at(delta, 0)->counts[COUNTER_SWITCHES].errnum, EILSEQ);
	counters_delta_free(delta);
}

static void test_refused(void **state)
{
	Fixture *f = *state;
	g_autoptr(GError) error = NULL;
	Cpuset none = {0};

	assert_null(counters_read(f->root, &none, COUNTERS_FIRST, &error));
	assert_true(g_error_matches(error, LATHE_ERROR, LATHE_ERROR_USAGE));
	assert_string_equal(error->message, "no CPU is to be watched");
	g_clear_error(&error);
	tree_write(f->directory, "proc/interrupts", "CPU0\n");
	assert_null(counters_read(f->root, &f->cpus, COUNTERS_FIRST, &error));
	assert_string_equal(error->message,
			    "'proc/interrupts': table of interrupts, line 1: no row follows");
	g_clear_error(&error);
	write_or_remove(f, "proc/interrupts", NULL);
	assert_null(counters_read(f->root, &f->cpus, COUNTERS_SECOND, &error));
	assert_non_null(strstr(error->message, "proc/interrupts': No such file or directory"));
}

/* Nothing but interrupts: each of the others is unknown, none of them 0. */
static void test_bare_tree(void **state)
{
	char *directory = tree_new();
	g_autoptr(Root) root = root_open_captured(directory, NULL);
	Fixture *f = *state;
	g_autoptr(Counters) before = NULL;
	CountersDelta *delta;
	const CounterCpu *cpu;

	tree_write(directory, "proc/interrupts", "CPU0 CPU1\nLOC: 1 2\n");
	before = counters_read(root, &f->cpus, COUNTERS_FIRST, NULL);
	assert_non_null(before);
	delta = counters_delta(before, before);
	cpu = cpu_at(delta, 0);
	for (guint kind = 0; kind < COUNTER_KINDS; kind++)
		if (kind != COUNTER_DEVICE_IRQS && kind != COUNTER_LOC)
			assert_true(cpu->counts[kind].errnum != 0);
	assert_int_equal(cpu->counts[COUNTER_LOC].errnum, 0);
	/* CPU 2 has no column. */
	assert_int_equal(cpu_at(delta, 1)->counts[COUNTER_LOC].errnum, EAGAIN);
	assert_int_equal(cpu_at(delta, 1)->counts[COUNTER_DEVICE_IRQS].errnum, EAGAIN);
	assert_string_equal(delta->tasks_error, "no task is below 'proc'");
	counters_delta_free(delta);
	tree_free(directory);
}

static void test_odd_task(void **state)
{
	Fixture *f = *state;
	CountersDelta *delta;

	tree_write(f->directory, "proc/17/task/17/stat", "17 (odd\n");
	delta = both_moments(f);
	assert_string_equal(delta->tasks_error, "'proc/17/task/17/stat' is malformed");
	/* The others are still there. */
	assert_int_equal(cpu_at(delta, 0)->tasks->len, 1);
	counters_delta_free(delta);
}

static gboolean sees_task(const CountersDelta *delta, const char *comm)
{
	for (guint i = 0; i < delta->cpus->len; i++) {
		const GArray *tasks = cpu_at(delta, i)->tasks;

		for (guint j = 0; j < tasks->len; j++)
			if (strcmp(g_array_index(tasks, CounterTask, j).comm, comm) == 0)
				return TRUE;
	}
	return FALSE;
}

/* This test itself runs. The kernel adds up the time of a task that keeps its CPU at ticks
 * only, so the second moment is repeated until one has come. */
static void test_live(void **state)
{
	g_autoptr(Root) root = root_open_live(NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(Counters) before = NULL;
	g_autofree char *online = NULL;
	gboolean seen = FALSE;
	Cpuset cpus;

	(void)state;
	assert_true(root_read_line(root, "sys/devices/system/cpu/online", &online, NULL, NULL));
	assert_true(cpulist_parse_kernel(online, CPUSET_CPUS, &cpus, NULL));
	before = counters_read(root, &cpus, COUNTERS_FIRST, &error);
	assert_null(error);
	while (!seen) {
		g_autoptr(Counters) after =
			counters_read(root, &cpus, COUNTERS_SECOND, &error);
		g_autoptr(CountersDelta) delta = NULL;

		assert_null(error);
		delta = counters_delta(before, after);
		assert_true(delta->elapsed_ns > 0);
		assert_null(delta->tasks_error);
		for (guint i = 0; i < delta->cpus->len; i++) {
			const Counter *counts = cpu_at(delta, i)->counts;

			assert_int_equal(counts[COUNTER_SOFTIRQS].errnum, 0);
			assert_int_equal(counts[COUNTER_STEAL_TICKS].errnum, 0);
		}
		seen = sees_task(delta, "test-counters");
	}
}

static const char wanted_text[] =
	"What happened on the watched CPUs in 0.000 s\n"
	"\n"
	"                        CPU 1  CPU 2\n"
	"  device IRQs              14      0\n"
	"  local timer (LOC)        16      0\n"
	"  rescheduling (RES)        4      0\n"
	"  function calls (CAL)      0      1\n"
	"  TLB shootdowns (TLB)      ?      ?\n"
	"  NMIs                      ?      ?\n"
	"  machine checks (MCE)      0      0\n"
	"  softirqs                 12      0\n"
	"  context switches         12      ?\n"
	"  stolen (1/100 s)          3      ?\n"
	"  core throttled            0      ?\n"
	"  package throttled         2      0\n"
	"  SMIs                      ?      ?\n"
	"  ? TLB shootdowns (TLB): malformed, or it went back\n"
	"  ? NMIs: malformed, or it went back\n"
	"  ? context switches: malformed, or it went back\n"
	"  ? stolen (1/100 s): the CPU was not online at both moments\n"
	"  ? core throttled: malformed, or it went back\n"
	"  ? SMIs: not in a captured tree\n"
	"  ERR: 2 on this machine\n"
	"  1 device interrupt went away meanwhile: what it counted is not known.\n"
	"  Context switches are those of proc/schedstat.\n"
	"\n"
	"  CPU  interrupted by  times\n"
	"    1  26                  9  PCI-MSI 2-edge eth1\n"
	"    1  24                  5  PCI-MSI 0-edge nvme0q1\n"
	"    1  NET_RX             10\n"
	"    1  TIMER               2\n"
	"\n"
	"  CPU  task    TID  policy        ran ms  times\n"
	"    1  runs     10  SCHED_FIFO 2   2.500      2\n"
	"    2  ticks    15  SCHED_FIFO 2  30.000      ?\n"
	"    2  reused   16  SCHED_FIFO 2   0.007      3  started meanwhile\n"
	"    2  moves    12  SCHED_FIFO 2   0.000      1  moved from or to another CPU\n"
	"    2  ends     14  SCHED_FIFO 2       ?      ?  ended meanwhile\n"
	"    2  reused   16  SCHED_FIFO 2       ?      ?  ended meanwhile\n";

static void test_text(void **state)
{
	CountersDelta *delta = both_moments(*state);
	g_autofree char *text = watch_text(delta);

	assert_string_equal(text, wanted_text);
	counters_delta_free(delta);
}

/* Names that tasks give themselves reach no terminal as they are. */
static void test_hostile_names(void **state)
{
	Fixture *f = *state;
	CountersDelta *delta;
	g_autofree char *text = NULL;
	g_autofree char *json = NULL;

	task(f, 20, "\033[2J\xff) R 1", 100, 1, 1, "0 0 0\n");
	{
		g_autoptr(Counters) before = read_moment(f, COUNTERS_FIRST);
		g_autoptr(Counters) after = NULL;

		task(f, 20, "\033[2J\xff) R 1", 100, 1, 1, "9000000 0 4\n");
		after = read_moment(f, COUNTERS_SECOND);
		delta = counters_delta(before, after);
	}
	text = watch_text(delta);
	json = watch_json(delta);
	assert_non_null(strstr(text, "\\x1b[2J\\xff) R 1"));
	assert_null(strchr(text, '\033'));
	assert_true(g_utf8_validate(json, -1, NULL));
	assert_null(strchr(json, '\033'));
	counters_delta_free(delta);
}

static void test_json(void **state)
{
	CountersDelta *delta = both_moments(*state);
	g_autofree char *text = watch_json(delta);
	json_t *document = json_loads(text, 0, NULL);
	json_t *cpu, *smis, *task_two;

	assert_non_null(document);
	assert_true(g_str_has_suffix(text, "}\n"));
	cpu = json_array_get(json_object_get(document, "cpus"), 0);
	assert_int_equal(json_integer_value(json_object_get(cpu, "cpu")), 1);
	assert_int_equal(json_integer_value(
				 json_object_get(json_object_get(cpu, "counts"), "device-irqs")),
			 14);
	assert_true(json_is_null(json_object_get(json_object_get(cpu, "counts"), "smis")));
	smis = json_object_get(json_object_get(cpu, "unknown"), "smis");
	assert_int_equal(json_integer_value(json_object_get(smis, "errno")), ENOTSUP);
	assert_string_equal(json_string_value(json_object_get(smis, "reason")),
			    "not in a captured tree");
	cpu = json_array_get(json_object_get(document, "cpus"), 1);
	task_two = json_array_get(json_object_get(cpu, "tasks"), 0);
	assert_string_equal(json_string_value(json_object_get(task_two, "comm")), "ticks");
	assert_true(json_is_null(json_object_get(task_two, "slices")));
	assert_int_equal(json_integer_value(json_object_get(task_two, "run_ns")), 30000000);
	json_decref(document);
	counters_delta_free(delta);
}

#define WITH_TREE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_TREE(test_counts),	      WITH_TREE(test_sources),
		WITH_TREE(test_tasks),	      WITH_TREE(test_switches),
		WITH_TREE(test_two_sources),  WITH_TREE(test_refused),
		WITH_TREE(test_bare_tree),    WITH_TREE(test_odd_task),
		cmocka_unit_test(test_live),  WITH_TREE(test_text),
		WITH_TREE(test_hostile_names), WITH_TREE(test_json),
	};

	return cmocka_run_group_tests_name("counters", tests, NULL, NULL);
}
