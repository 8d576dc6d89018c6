/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include <glib.h>

#include "cpulist.h"
#include "cyclictest.h"
#include "error.h"

static const struct {
	const char *mask; /* of the measured CPUs */
	guint housekeeping_cpu;
	guint64 interval_us;
	guint32 buckets;
	guint64 duration_s;
	const char *json_path, *histogram_path, *fifo_path;
	const char *argv;
} commands[] = {
	/* a guest of 4 vCPUs, vCPU 0 keeps house */
	{"0x0e", 0, 10000, 20000, 60, "/tmp/j", "/tmp/h", "/tmp/f",
	 "cyclictest -m -q -p80 -i10000 -h20000 -D60 -a 1-3 -t3 --mainaffinity=0 "
	 "--policy=fifo --json=/tmp/j --histfile=/tmp/h --fifo=/tmp/f"},
	{"0x2", 0, 1000, 100000, 86400, NULL, "/tmp/h", NULL,
	 "cyclictest -m -q -p80 -i1000 -h100000 -D86400 -a 1 -t1 --mainaffinity=0 "
	 "--policy=fifo --histfile=/tmp/h"},
	{"0x1", 1, 200, 60, 1, "/tmp/j", NULL, NULL,
	 "cyclictest -m -q -p80 -i200 -h60 -D1 -a 0 -t1 --mainaffinity=1 "
	 "--policy=fifo --json=/tmp/j"},
	{"1,0000000d", 1, 1000, 60, 1, NULL, NULL, NULL,
	 "cyclictest -m -q -p80 -i1000 -h60 -D1 -a 0,2-3,32 -t4 --mainaffinity=1 "
	 "--policy=fifo"},
};

static void arguments(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(commands); i++) {
		CyclictestOptions options = {
			.housekeeping_cpu = commands[i].housekeeping_cpu,
			.priority = 80,
			.interval_us = commands[i].interval_us,
			.buckets = commands[i].buckets,
			.duration_s = commands[i].duration_s,
			.json_path = commands[i].json_path,
			.histogram_path = commands[i].histogram_path,
			.fifo_path = commands[i].fifo_path,
		};
		g_auto(GStrv) argv = NULL;
		g_autofree char *joined = NULL;

		assert_true(cpumask_parse(commands[i].mask, 64, &options.cpus, NULL));
		argv = cyclictest_argv(&options);
		joined = g_strjoinv(" ", argv);
		assert_string_equal(joined, commands[i].argv);
	}
}

/* "-a" and its list are two words: no other word holds a blank or depends on the next. */
static void affinity_is_two_words(void **state)
{
	CyclictestOptions options = {
		.priority = 80, .interval_us = 1000, .duration_s = 1};
	g_auto(GStrv) argv = NULL;
	guint i = 0;

	(void)state;
	cpuset_add(&options.cpus, 1);
	cpuset_add(&options.cpus, 2);
	argv = cyclictest_argv(&options);
	while (argv[i] && strcmp(argv[i], "-a") != 0)
		i++;
	assert_non_null(argv[i]);
	assert_string_equal(argv[i + 1], "1-2");
	assert_string_equal(argv[i + 2], "-t2");
}

static const struct {
	const char *line;
	guint thread;
	gint64 tid;
	guint64 cycles;
	gint64 min_ns, avg_ns, max_ns;
} lives[] = {
	{"T: 0 (  931) P:80 I:1000 C:      1 Min:     26 Act:   26 Avg:   26 Max:      "
	 "26",
	 0, 931, 1, 26000, 26000, 26000},
	{"T: 1 ( 1034) P:80 I:1000 C:   1499 Min:      9 Act:   17 Avg:   18 Max:     "
	 "145\n",
	 1, 1034, 1499, 9000, 18000, 145000},
	{"T:63 (12345) P:99 I:200 C:720000000 Min:      1 Act:    2 Avg:    3 Max: "
	 "1234567\r\n",
	 63, 12345, 720000000, 1000, 3000, 1234567000},
	{"T: 0 (  828) P: 0 I:1000 C:   1000 Min:     29 Act:   92 Avg:   95 Max:    "
	 "1761",
	 0, 828, 1000, 29000, 95000, 1761000},
	/* before the first sample */
	{"T: 0 (    0) P:80 I:1000 C:      0 Min:1000000 Act:    0 Avg:    0 Max:       "
	 "0",
	 0, 0, 0, 0, 0, 0},
	{"\033[4A\033[2KT: 0 (  931) P:80 I:1000 C:  1 Min: 26 Act: 26 Avg: 26 Max: 26",
	 0, 931, 1, 26000, 26000, 26000},
};

static void live_lines(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(lives); i++) {
		CyclictestLive live;

		if (!cyclictest_parse_live(lives[i].line, strlen(lives[i].line), &live))
			fail_msg("refused: %s", lives[i].line);
		assert_int_equal(live.thread, lives[i].thread);
		assert_int_equal(live.tid, lives[i].tid);
		assert_int_equal(live.cycles, lives[i].cycles);
		assert_int_equal(live.min_ns, lives[i].min_ns);
		assert_int_equal(live.avg_ns, lives[i].avg_ns);
		assert_int_equal(live.max_ns, lives[i].max_ns);
	}
}

static const char *const no_lives[] = {
	"",
	"\n",
	"T:",
	"T: 0",
	"# Thread Ids: 00931 00932",
	"policy: fifo: loadavg: 0.05 0.35 0.42 3/107 805          ",
	"       0:       0:      19",
	"T: 0 (  931) P:80 I:1000 C:      1 Min:     26 Act:   26 Avg:   26 Max:",
	"T: 0 (  931) P:80 I:1000 C:      1 Min:     26 Act:   26 Avg:   26 Max:  26 x",
	"T: 0 (  931) P:80 I:1000 C:      1 Min:     26 Act:   26 Avg:   26 Max:  -1",
	"T: 0 (  931) P:80 I:1000 C:     -1 Min:     26 Act:   26 Avg:   26 Max:  26",
	"T: 0 (  931) P:80 I:1000 C:      1 Min:     26 Avg:   26 Max:      26",
	"T: 8192 (  931) P:80 I:1000 C:   1 Min:     26 Act:   26 Avg:   26 Max:  26",
	"T: 0 (  931) P:80 I:1000 C:      1 Min: 26 Act: 26 Avg: 26 Max: "
	"9223372036854776",
	"\033[4T: 0 (  931) P:80 I:1000 C:      1 Min: 26 Act: 26 Avg: 26 Max: 26",
	"\033",
	"\033[",
};

static void other_lines(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(no_lives); i++) {
		CyclictestLive live = {.thread = 77, .max_ns = 78};

		if (cyclictest_parse_live(no_lives[i], strlen(no_lives[i]), &live))
			fail_msg("accepted: %s", no_lives[i]);
		assert_int_equal(live.thread, 77);
		assert_int_equal(live.max_ns, 78);
	}
}

/* Every beginning of a line is refused, or is the line without the end of its last
 * number. */
static void cut_lines(void **state)
{
	static const char line[] = "T: 0 (9) P:8 I:1 C:1 Min:2 Act:2 Avg:2 Max:2";
	CyclictestLive live;

	(void)state;
	for (gsize length = 0; length < sizeof(line) - 1; length++)
		assert_false(cyclictest_parse_live(line, length, &live));
	assert_true(cyclictest_parse_live(line, sizeof(line) - 1, &live));
}

static CyclictestResult *text_result(const char *rows, const char *min, const char *avg,
				     const char *max, const char *overflow)
{
	g_autofree char *text = g_strdup_printf(
		"# Histogram\n%s# Min Latencies: %s\n# Avg Latencies: %s\n"
		"# Max Latencies: %s\n# Histogram Overflows: %s\n",
		rows, min, avg, max, overflow);
	CyclictestResult *result = cyclictest_parse_text(text, strlen(text), 1000, NULL);

	assert_non_null(result);
	return result;
}

static CyclictestResult *json_result(const char *cmdline, const char *rows,
				     const char *thread)
{
	g_autofree char *text = g_strdup_printf(
		"{\"file_version\": 1, \"cmdline:\": \"%s\", \"num_threads\": 1, "
		"\"resolution_in_ns\": 0, \"thread\": {\"0\": {\"histogram\": {%s}, "
		"%s}}}",
		cmdline, rows, thread);
	CyclictestResult *result = cyclictest_parse_json(text, strlen(text), NULL);

	assert_non_null(result);
	return result;
}

#define JSON(cycles, min, avg, max)                                                      \
	"\"cycles\": " cycles ", \"min\": " min ", \"avg\": " avg ", \"max\": " max      \
	", \"cpu\": 0"

/* One thread as text: rows 17 and 18, 3 samples and 2 that overflowed. */
static const struct {
	const char *rows, *thread;
	const char *error; /* NULL when they agree */
} documents[] = {
	{"\"17\": 1, \"18\": 2", JSON("5", "17", "30.97", "70"), NULL},
	{"\"17\": 1, \"18\": 2", JSON("5", "17", "30.00", "70"), NULL},
	/* 30.996 is printed as 31.00 and as 00030 */
	{"\"17\": 1, \"18\": 2", JSON("5", "17", "31.00", "70"), NULL},
	{"\"17\": 1, \"18\": 2", JSON("5", "17", "31.01", "70"),
	 "thread 0: avg: 30000 and 31010 ns"},
	{"\"17\": 1, \"18\": 2", JSON("5", "17", "29.99", "70"),
	 "thread 0: avg: 30000 and 29990 ns"},
	{"\"17\": 1, \"18\": 2", JSON("6", "17", "30.00", "70"),
	 "thread 0: samples: 5 and 6"},
	{"\"17\": 1, \"18\": 2", JSON("5", "17", "30.00", "71"),
	 "thread 0: max: 70 and 71"},
	{"\"16\": 1, \"18\": 2", JSON("5", "16", "30.00", "70"),
	 "thread 0: min: 17 and 16"},
	{"\"17\": 2, \"18\": 1", JSON("5", "17", "30.00", "70"),
	 "thread 0: histogram: bucket 17 with 1 and bucket 17 with 2"},
	{"\"17\": 1, \"19\": 2", JSON("5", "17", "30.00", "70"),
	 "thread 0: histogram: bucket 18 with 2 and bucket 19 with 2"},
	{"\"17\": 1, \"18\": 2, \"20\": 1", JSON("5", "17", "30.00", "70"),
	 "thread 0: rows of the histogram: 2 and 3"},
};

static void text_and_json(void **state)
{
	g_autoptr(CyclictestResult) text =
		text_result("000017 000001\n000018 000002\n", "17", "30", "70", "2");

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(documents); i++) {
		g_autoptr(CyclictestResult)
			json = json_result("", documents[i].rows, documents[i].thread);
		g_autoptr(GError) error = NULL;
		gboolean agree = cyclictest_agree(text, json, &error);

		assert_int_equal(cyclictest_agree(json, text, NULL), agree);
		if (agree != !documents[i].error)
			fail_msg("row %zu: %s", i, agree ? "agrees" : error->message);
		if (!agree)
			assert_string_equal(error->message, documents[i].error);
	}
}

static void unlike_histograms(void **state)
{
	g_autoptr(CyclictestResult) text = text_result("", "17", "30", "70", "5");
	g_autoptr(CyclictestResult) dense = text_result("", "17", "30", "70", "5");
	g_autoptr(CyclictestResult)
		none = json_result("-q", "", JSON("5", "17", "30.00", "70"));
	g_autoptr(CyclictestResult)
		all = json_result("-h 16", "", JSON("5", "17", "30.00", "70"));
	g_autoptr(GError) error = NULL;
	CyclictestThread *thread = g_ptr_array_index(dense->threads, 0);

	(void)state;
	assert_true(cyclictest_agree(text, all, NULL));
	assert_false(cyclictest_agree(text, none, &error));
	assert_string_equal(error->message, "thread 0: only one has a histogram");
	g_clear_error(&error);
	thread->histogram->buckets = 17;
	assert_false(cyclictest_agree(dense, all, &error));
	assert_string_equal(error->message,
			    "thread 0: cells of the histogram: 17 and 16");
}

/* One known in us, one in ns: as far as the coarser tells. */
static void unlike_units(void **state)
{
	g_autoptr(CyclictestResult)
		us = json_result("", "", JSON("5", "17", "30.00", "70"));
	g_autoptr(CyclictestResult)
		ns = json_result("", "", JSON("5", "17", "30.00", "70"));
	g_autoptr(GError) error = NULL;
	CyclictestThread *thread = g_ptr_array_index(ns->threads, 0);

	(void)state;
	ns->unit_ns = 1;
	thread->max_ns = 70999;
	assert_true(cyclictest_agree(us, ns, NULL));
	thread->max_ns = 71000;
	assert_false(cyclictest_agree(us, ns, &error));
	assert_string_equal(error->message, "thread 0: max: 70 and 71");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arguments),
		cmocka_unit_test(affinity_is_two_words),
		cmocka_unit_test(live_lines),
		cmocka_unit_test(other_lines),
		cmocka_unit_test(cut_lines),
		cmocka_unit_test(text_and_json),
		cmocka_unit_test(unlike_histograms),
		cmocka_unit_test(unlike_units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
