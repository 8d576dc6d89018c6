/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "histogram.h"
#include "report.h"
#include "table.h"
#include "tree.h"

/* What a guest, a profile or a host may call things. */
#define HOSTILE                                                                          \
	"\033[2J<script>alert(1)</script>\n`touch PWNED`'\"@$(x)\\ \xff\xe2\x80\xae"

static GPtrArray *scratch_directories;

static const char *scratch(void)
{
	char *directory = tree_new();

	g_ptr_array_add(scratch_directories, directory);
	return directory;
}

static void scratch_free(gpointer directory)
{
	tree_free(directory);
}

static int set_up(void **state)
{
	(void)state;
	scratch_directories = g_ptr_array_new_with_free_func(scratch_free);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	g_ptr_array_free(scratch_directories, TRUE);
	return 0;
}

static void set(char **slot, const char *text)
{
	g_free(*slot);
	*slot = g_strdup(text);
}

static void fill_verdict(Run *run)
{
	RunLimit *limit = run_verdict_add_limit(&run->verdict);

	run->verdict.result = RESULT_INCONCLUSIVE;
	run_note(run->verdict.reasons,
		 "stage guest-loaded: load 'hackbench' ended by itself");
	run_note(run->verdict.reasons,
		 "a long reason that does not fit into a line of one hundred columns and "
		 "is "
		 "therefore broken at a blank: %s",
		 HOSTILE);
	run_note(run->verdict.labels, "emulated");
	run_note(run->verdict.labels, "demonstration plan");
	run_note(run->verdict.proves,
		 "1000 samples on vCPU 1: at most 0.3 %% of wake-ups "
		 "exceed the limit, with 95 %% confidence, if samples "
		 "were independent, which they are not");
	set(&limit->stage, "guest-loaded");
	limit->vcpu = 1;
	set(&limit->statistic, "max");
	set(&limit->relation, "<");
	limit->limit_ns = 60000;
	limit->value_known = TRUE;
	limit->value_ns = 60001;
	limit->broken = TRUE;
	limit = run_verdict_add_limit(&run->verdict);
	set(&limit->stage, "guest-loaded");
	limit->vcpu = 1;
	set(&limit->statistic, "avg");
	set(&limit->relation, "<=");
	limit->limit_ns = 25000;
	limit->value_known = TRUE;
	limit->value_ns = 25000;
	limit = run_verdict_add_limit(&run->verdict);
	set(&limit->stage, "guest-loaded");
	limit->vcpu = 2;
	set(&limit->statistic, "max");
	set(&limit->relation, "<");
	limit->limit_ns = 60000;
}

static void fill_threads(RunMeasured *measured)
{
	RunThread *thread = run_add_thread(measured, 1);

	thread->readings = 9;
	set(&thread->policy, "SCHED_FIFO");
	thread->priority = 80;
	set(&thread->cpus_allowed, "1");
	set(&thread->ran_on, "1");
	thread->locked = TRUE;
	thread->samples = 999;
	thread->overruns = 1;
	thread->overflow = 2;
	thread->min_ns = 4000;
	thread->avg_ns = 25000;
	thread->max_ns = 60001;
	thread->bucket_ns = 1000;
	set(&thread->histogram_file, "raw/guest-loaded/vcpu1.hist");
	run_add_thread(measured, 2); /* of which nothing is known */
}

static void fill_places(RunMeasured *measured)
{
	RunPlace *place = run_add_place(measured->places, "vcpu 1");

	place->tid = 4711;
	set(&place->comm, "CPU 1/TCG");
	set(&place->policy, "SCHED_FIFO");
	set(&place->wanted_policy, "SCHED_FIFO");
	place->priority = place->wanted_priority = 80;
	set(&place->cpus_allowed, "1");
	set(&place->wanted_cpus, "1");
	place->last_cpu = 1;
	place->in_place = TRUE;
	place = run_add_place(measured->places, "emulator");
	place->tid = 4710;
	set(&place->comm, HOSTILE);
	set(&place->policy, "SCHED_OTHER");
	set(&place->wanted_policy, "SCHED_FIFO");
	place->wanted_priority = 70;
	set(&place->cpus_allowed, "0-1");
	set(&place->wanted_cpus, "0");
}

static void fill_load(Run *run, const char *name, const char *ran_on, gboolean ran,
		      gboolean early)
{
	RunLoad *load = run_add_load(run, name, "guest-loaded");
	g_autofree char *argv =
		g_strdup_printf("stress-ng --quiet --timeout 0 --temp-path "
				"/run/lathe/default/scratch/guest-loaded --%s 1 %s",
				name, early ? HOSTILE : "--oom-avoid");

	load->argv = g_strsplit(argv, " ", -1);
	set(&load->cpus, "0");
	set(&load->ran_on, ran_on);
	load->cpu_seconds = 2.345;
	load->ran = ran;
	load->exited_early = early;
	load->exit = early ? -11 : -9;
}

static void fill_stage(Run *run)
{
	static const char *const argv[] = {"cyclictest", "-m",   "-q", "-p80",
					   "-i1000",     "-a",   "1",  "-h",
					   "400",        "-D10", NULL};
	RunStage *stage = run_add_stage(run, "guest-loaded");
	RunMeasured *measured = run_stage_add_vm(stage, run->vms->pdata[0]);

	set(&stage->where, "guest");
	g_ptr_array_add(stage->loads, g_strdup("cpu"));
	g_ptr_array_add(stage->loads, g_strdup("hackbench"));
	stage->duration_s = 10;
	stage->interval_us = 10000;
	stage->planned_samples = 1000;
	set(&measured->tool, "cyclictest");
	set(&measured->tool_version, "2.40");
	measured->tool_argv = g_strdupv((char **)argv);
	measured->tool_finished = TRUE;
	set(&measured->raw_json, "raw/guest-loaded/cyclictest.json");
	set(&measured->raw_text, "raw/guest-loaded/cyclictest.txt");
	fill_threads(measured);
	fill_places(measured);
	set(&stage->host.clocksource_before, "tsc");
	set(&stage->host.clocksource_after, "tsc");
	stage->host.clock_known = TRUE;
	stage->host.clock_step_ns = -1500;
	stage->host.throttle_known = TRUE;
	stage->host.throttle_events = 3;
	set(&measured->guest.clocksource_before, "hpet");
	fill_load(run, "cpu", "0", TRUE, FALSE);
	fill_load(run, "vm", "0-1", TRUE, FALSE);
	fill_load(run, "io", "0", FALSE, FALSE);
	fill_load(run, "hackbench", "0", TRUE, TRUE);
}

static void fill_machine(RunMachine *machine, const char *name, const char *realtime)
{
	set(&machine->hostname, name);
	set(&machine->kernel_release, "6.1.0-28-rt-amd64");
	set(&machine->kernel_version, "#1 SMP PREEMPT_RT Debian 6.1.119-1");
	set(&machine->cmdline,
	    "console=ttyS0 isolcpus=managed_irq,domain,1 nohz_full=1 "
	    "rcu_nocbs=1 rcu_nocb_poll tsc=reliable nosoftlockup quiet "
	    "systemd.unified_cgroup_hierarchy=1");
	set(&machine->cpu_model, "Intel(R) Xeon(R) Silver 4310 CPU @ 2.10GHz");
	set(&machine->clocksource, "tsc");
	set(&machine->realtime, realtime);
	machine->cpus_online = 2;
	set(&machine->isolated, "1");
}

static void fill_plan(RunPlan *plan)
{
	RunPlanVcpu vcpus[] = {
		{.vcpu = 0, .cpu = 0, .cpus = g_strdup("0"), .shares = TRUE},
		{.vcpu = 1, .cpu = 1, .cpus = g_strdup("1"), .rt = TRUE, .fifo_priority = 80},
	};

	plan->demonstration = TRUE;
	run_note(plan->broken, "vCPU 0 shares CPU 0 with the emulator");
	set(&plan->housekeeping, "0");
	set(&plan->emulator, "0");
	set(&plan->iothread, "0");
	g_array_append_vals(plan->vcpus, vcpus, G_N_ELEMENTS(vcpus));
	set(&plan->guest_rt, "1");
	set(&plan->guest_rt_mask, "0x02");
}

static void fill_window(RunWindow *window, const char *kind, gint64 max_ns)
{
	RunThread *thread = run_add_thread(&window->measured, 1);

	window->stage.planned_samples = 200;
	window->measured.raw_json = g_strdup_printf("raw/canary/%s-1/cyclictest.json", kind);
	thread->samples = 198;
	thread->max_ns = max_ns;
}

static void fill_canary(RunCanary *canary)
{
	canary->attempts = 2;
	canary->vcpu = 1;
	set(&canary->method, "fifo");
	set(&canary->problem, "nothing, " HOSTILE);
	canary->size_ns = 40000000;
	canary->held_ns = 50000123;
	canary->largest_hole_ns = 31000;
	canary->seen = canary->right = TRUE;
	fill_window(&canary->quiet, "quiet", 7654321);
	fill_window(&canary->held, "held", 47001000);
}

static void add_tuned(RunTuning *tuning, const char *row, const char *place, const char *now,
		      const char *state, const char *put_back)
{
	RunTuned *tuned = run_tuning_add(tuning, row);

	set(&tuned->place, place);
	set(&tuned->was, "0-1");
	set(&tuned->then, "0");
	set(&tuned->now, now);
	set(&tuned->state, state);
	set(&tuned->put_back, put_back);
}

static void fill_tuning(RunTuning *tuning)
{
	RunTuned *tuned;

	set(&tuning->how, "run");
	set(&tuning->by, "lathe run");
	set(&tuning->cpus, "1");
	set(&tuning->cpu_dma_latency, "held at 0 us for the VM's life");
	set(&tuning->put_back, "no");
	add_tuned(tuning, "irq.affinity", "proc/irq/33/smp_affinity_list", "0", "made", "restored");
	add_tuned(tuning, "irq.affinity", "proc/irq/34/smp_affinity_list", "0", "made", "restored");
	add_tuned(tuning, "irq.affinity", "proc/irq/35/smp_affinity_list", "0-1", "failed", NULL);
	set(&((RunTuned *)tuning->rows->pdata[2])->why, "write: Operation not permitted");
	add_tuned(tuning, "memory.thp", HOSTILE, "7", "drifted", "changed by others");
	tuned = run_tuning_add(tuning, "cpu.siblings");
	set(&tuned->state, "cannot change");
	set(&tuned->why, "CPU 0 cannot go offline");
	run_note(tuning->left, "memory.thp: %s holds '7', which somebody else set: it was left",
		 HOSTILE);
}

static Run *full_run(void)
{
	static const char *const overrides[] = {"duration=10s", "limit=max < 60us", NULL};
	Run *run = run_new();
	RunVm *vm = run_add_vm(run, HOSTILE);

	fill_verdict(run);
	fill_canary(&vm->canary);
	fill_tuning(&run->tuning);
	fill_stage(run);
	fill_machine(&run->host, "build7", "no");
	vm->rt = TRUE;
	set(&vm->uuid, "4dea22b3-1d52-d8f3-2516-782e98ab3fa0");
	fill_machine(&vm->guest, HOSTILE, "yes");
	fill_plan(&vm->plan);
	set(&run->started_utc, "2025-03-01T02:59:00Z");
	set(&run->finished_utc, "2025-03-01T02:59:40Z");
	set(&run->interrupted, "guest panicked: " HOSTILE);
	set(&run->profile.name, "smoke");
	set(&run->profile.title, "Does the loop work at all?");
	set(&run->profile.source, "lathe");
	set(&run->profile.file, "profile.ini");
	run->profile.overrides = g_strdupv((char **)overrides);
	set(&vm->accel, "tcg");
	set(&vm->accel_reason, "the proof ran 2500 times slower than native");
	set(&vm->memory_locked, "no: RLIMIT_MEMLOCK is 8 MiB");
	set(&run->connection, "qemu:///embed?root=/run/lathe/default");
	run_deviate(run, vm, "QEMU has no '-overcommit mem-lock=on'");
	run->timing.image_ms = 12;
	run->timing.boot_ms = 3456;
	run->timing.start_to_first_sample_ms = 5007;
	set(&run->versions.lathe, "0.1.0");
	set(&run->versions.qemu, "7.2.15");
	return run;
}

/* What every text report must hold, whatever is in it. */
static void check_text(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	assert_true(g_utf8_validate(text, -1, NULL));
	assert_true(g_str_has_suffix(text, "\n"));
	for (char **line = lines; *line; line++) {
		assert_true(g_utf8_strlen(*line, -1) <= PAGE_COLUMNS);
		assert_false(g_str_has_suffix(*line, " "));
		for (const char *p = *line; *p; p = g_utf8_next_char(p))
			assert_true(g_unichar_isprint(g_utf8_get_char(p)));
	}
}

/* UPDATE_GOLDEN=1 rewrites; the difference is then for a reviewer. */
static void check_golden(const char *name, const char *text)
{
	g_autofree char *path =
		g_build_filename(g_getenv("TESTS"), "golden", "report", name, NULL);
	g_autofree char *golden = NULL;
	g_autoptr(GError) error = NULL;

	if (g_getenv("UPDATE_GOLDEN"))
		assert_true(g_file_set_contents(path, text, -1, NULL));
	if (!g_file_get_contents(path, &golden, NULL, &error))
		fail_msg("%s", error->message);
	assert_string_equal(text, golden);
}

static char *write_text(const Run *run, gboolean colour)
{
	g_autoptr(GError) error = NULL;
	char *text = report_find("text")->write("/nonexistent", run, colour, &error);

	assert_non_null(text);
	assert_null(error);
	return text;
}

static void test_text(void **state)
{
	g_autoptr(Run) run = full_run();
	g_autofree char *text = write_text(run, FALSE);

	(void)state;
	check_text(text);
	check_golden("text.txt", text);
}

/* A run of which nothing is known says so, and crashes nobody. */
static void test_text_of_nothing(void **state)
{
	g_autoptr(Run) run = run_new();
	g_autofree char *text = NULL;
	RunMeasured *measured;
	RunVm *vm;

	(void)state;
	vm = run_add_vm(run, NULL);
	vm->rt = TRUE;
	run_stage_add_vm(run_add_stage(run, "s"), vm);
	measured = run_stage_add_vm(run_add_stage(run, "t"), vm);
	run_add_thread(measured, 0);
	run_add_place(measured->places, "emulator");
	run_add_load(run, "cpu", "t");
	run_verdict_add_limit(&run->verdict);
	text = write_text(run, FALSE);
	check_text(text);
	check_golden("nothing.txt", text);
}

static const struct {
	Result result;
	const char *start;
} colours[] = {
	{RESULT_PASS, "\033[1;32mPASS\033[0m\n"},
	{RESULT_FAIL, "\033[1;31mFAIL\033[0m\n"},
	{RESULT_INCONCLUSIVE, "\033[1;33mINCONCLUSIVE\033[0m\n"},
};

/* Colour is on the verdict's word, and nowhere else. */
static void test_colour(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(colours); i++) {
		g_autoptr(Run) run = run_new();
		g_autofree char *plain = NULL;
		g_autofree char *text = NULL;

		run->verdict.result = colours[i].result;
		plain = write_text(run, FALSE);
		text = write_text(run, TRUE);
		assert_true(g_str_has_prefix(text, colours[i].start));
		assert_string_equal(strchr(text, '\n'), strchr(plain, '\n'));
		check_text(plain);
	}
}

/* A table too wide for the page breaks its text columns, and keeps every character. */
static void test_table(void **state)
{
	g_autoptr(Table) table = table_new("lrl", "name", "n", "long");
	g_autoptr(GString) out = g_string_new(NULL);
	g_autofree char *word = g_strnfill(250, 'w');
	guint found = 0;

	(void)state;
	table_cell(table, "row of several words that go on and on, further than a line");
	table_cellf(table, "%d", 17);
	table_cell(table, word);
	table_cell(table, "");
	table_cell(table, NULL);
	table_cell(table, "\033");
	table_print(table, out);
	check_text(out->str);
	for (const char *p = out->str; *p; p++)
		found += *p == 'w';
	assert_int_equal(found, 250 + 3); /* "row", "words", "unknown" */
	assert_non_null(strstr(out->str, "unknown  \\x1b\n"));
}

#define EARLY "the run did not reach its end: interrupted"

/* What the text says of so many reasons after the early end; NULL ends a list. */
static const struct {
	const char *reasons[8], *shown[8], *folded;
} ended_early[] = {
	{{"doubt 1", "doubt 2", "doubt 3", "doubt 4"},
	 {"doubt 1", "doubt 2", "doubt 3", "doubt 4"},
	 NULL},
	{{EARLY, "doubt 1", "doubt 2"}, {EARLY, "doubt 1", "doubt 2"}, NULL},
	{{"edited", EARLY, "not as planned: x", "doubt 1", "doubt 2", "doubt 3",
	  "limit broken: y"},
	 {"edited", EARLY, "not as planned: x", "limit broken: y"},
	 "  - and 3 more that may only follow from it: run.json and report.html have them all\n"},
};

static void test_reasons_of_an_early_end(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(ended_early); i++) {
		g_autoptr(Run) run = run_new();
		g_autoptr(GString) wanted = g_string_new("\nReasons\n");
		g_autofree char *text = NULL;
		g_autofree char *page = NULL;

		for (const char *const *reason = ended_early[i].reasons; *reason; reason++)
			run_note(run->verdict.reasons, "%s", *reason);
		for (const char *const *shown = ended_early[i].shown; *shown; shown++)
			g_string_append_printf(wanted, "  - %s\n", *shown);
		g_string_append_printf(wanted, "%s\n", ended_early[i].folded ?: "");
		text = report_verdict(run, FALSE);
		if (!strstr(text, wanted->str))
			fail_msg("wanted:%s in:\n%s", wanted->str, text);
		/* The page has all of them. */
		page = report_find("html")->write("/nonexistent", run, FALSE, NULL);
		for (const char *const *reason = ended_early[i].reasons; *reason; reason++) {
			g_autofree char *item = g_strdup_printf("<li>%s</li>", *reason);

			assert_non_null(strstr(page, item));
		}
	}
}

static void test_formats(void **state)
{
	(void)state;
	for (const ReportFormat *const *format = report_formats; *format; format++) {
		assert_ptr_equal(report_find((*format)->name), *format);
		assert_true((*format)->suffix[0] && (*format)->summary[0]);
	}
	assert_null(report_find("nosuch"));
}

/* The plot. */

static void put_histogram(const char *directory, RunThread *thread,
			  const Histogram *histogram)
{
	g_autofree char *text = histogram_format(histogram, NULL);
	g_autofree char *path = NULL;
	g_autofree char *parent = NULL;

	g_free(thread->histogram_file);
	thread->histogram_file = g_strdup_printf("raw/vcpu%u.hist", thread->vcpu);
	path = g_build_filename(directory, thread->histogram_file, NULL);
	parent = g_path_get_dirname(path);
	assert_int_equal(g_mkdir_with_parents(parent, 0755), 0);
	assert_true(g_file_set_contents(path, text, -1, NULL));
}

/* A vCPU with `count` samples in each of the buckets [first, last]. */
static RunThread *add_vcpu(const char *directory, RunStage *stage, guint vcpu,
			   guint32 buckets, guint32 first, guint32 last, guint64 overflow,
			   gint64 max_ns)
{
	g_autoptr(Histogram) histogram = histogram_new(1000, buckets);
	RunThread *thread = run_add_thread(stage->vms->pdata[0], vcpu);

	for (guint32 bucket = first; bucket <= last; bucket++)
		assert_true(histogram_append(histogram, bucket, 1 + bucket % 7, NULL));
	histogram->overflow = overflow;
	thread->samples = histogram->total + overflow;
	thread->overflow = overflow;
	thread->max_ns = max_ns;
	put_histogram(directory, thread, histogram);
	return thread;
}

static void add_limit(Run *run, guint vcpu, const char *statistic, gint64 limit_ns)
{
	RunLimit *limit = run_verdict_add_limit(&run->verdict);

	set(&limit->stage, "s");
	limit->vcpu = vcpu;
	set(&limit->statistic, statistic);
	set(&limit->relation, "<");
	limit->limit_ns = limit_ns;
}

static RunStage *add_stage(Run *run)
{
	RunStage *stage = run_add_stage(run, "s");
	RunVm *vm = run_add_vm(run, NULL);

	vm->rt = TRUE;
	run_stage_add_vm(stage, vm);

	set(&stage->where, "guest");
	return stage;
}

/* All character data of a well-formed document, a text a line. */
static void on_text(GMarkupParseContext *context, const char *text, gsize length,
		    gpointer data, GError **error)
{
	(void)context;
	(void)error;
	g_string_append_len(data, text, (gssize)length);
	g_string_append_c(data, '\n');
}

static void on_element(GMarkupParseContext *context, const char *name, const char **names,
		       const char **values, gpointer data, GError **error)
{
	(void)context;
	(void)names;
	(void)values;
	(void)data;
	if (g_str_equal(name, "script"))
		g_set_error(error, G_MARKUP_ERROR, G_MARKUP_ERROR_INVALID_CONTENT,
			    "script");
}

/* Returns the document; its texts are in *ret_texts. */
static char *plot(const char *directory, const Run *run, GString *ret_texts)
{
	static const GMarkupParser parser = {.text = on_text,
					     .start_element = on_element};
	g_autofree char *path = g_build_filename(directory, "histogram-s.svg", NULL);
	g_autoptr(GMarkupParseContext) context = NULL;
	g_autoptr(GError) error = NULL;
	char *svg = NULL;
	gsize length;

	if (!plot_stage(directory, run, run->stages->pdata[0], &error))
		fail_msg("%s", error->message);
	assert_true(g_file_get_contents(path, &svg, &length, NULL));
	context = g_markup_parse_context_new(&parser, 0, ret_texts, NULL);
	if (!g_markup_parse_context_parse(context, svg, (gssize)length, &error) ||
	    !g_markup_parse_context_end_parse(context, &error))
		fail_msg("%s", error->message);
	return svg;
}

static guint occurrences(const char *text, const char *word)
{
	guint count = 0;

	while ((text = strstr(text, word))) {
		text += strlen(word);
		count++;
	}
	return count;
}

/* Dashed strokes in the colour of limits. gnuplot pads its numbers, and draws lines of
 * one style as one path of several moves. */
static guint limit_lines(const char *svg)
{
	g_auto(GStrv) words = g_strsplit(svg, " ", -1);
	g_autofree char *packed = g_strjoinv("", words);
	const char *path = strstr(packed, "stroke='rgb(192,0,0)'stroke-dasharray");
	const char *end = path ? strstr(path, "/>") : NULL;
	g_autofree char *moves = end ? g_strndup(path, (gsize)(end - path))
				     : g_strdup("");

	return occurrences(moves, "M");
}

/* The limit of all vCPUs is one line; each vCPU has its curve, named with its maximum. */
static void test_plot(void **state)
{
	g_autoptr(GString) texts = g_string_new(NULL);
	g_autoptr(Run) run = run_new();
	const char *directory = scratch();
	g_autofree char *svg = NULL;
	RunStage *stage;

	(void)state;
	stage = add_stage(run);
	add_vcpu(directory, stage, 1, 400, 3, 40, 0, 40250);
	add_vcpu(directory, stage, 2, 400, 5, 50, 0, 51000);
	add_limit(run, 1, "max", 60000);
	add_limit(run, 2, "max", 60000);
	add_limit(run, 1, "avg", 25500);
	svg = plot(directory, run, texts);
	assert_int_equal(occurrences(texts->str, "limit: max < 60 µs\n"), 1);
	assert_int_equal(occurrences(texts->str, "limit: avg < 25.500 µs\n"), 1);
	assert_int_equal(limit_lines(svg), 2);
	assert_non_null(strstr(texts->str, "vCPU 1: max 40.250 µs\n"));
	assert_non_null(strstr(texts->str, "vCPU 2: max 51 µs\n"));
	assert_non_null(
		strstr(texts->str, "INCONCLUSIVE; stage s in the guest, loads: none\n"));
	assert_null(strstr(texts->str, "beyond the last bucket"));
}

static const struct {
	const char *name;
	guint32 buckets, first, last;
	guint64 overflow;
	gint64 max_ns, limit_ns;
	const char *text;
} shapes[] = {
	{"one bucket", 100, 7, 7, 0, 7000, 60000, "vCPU 1: max 7 µs\n"},
	{"bucket 0", 100, 0, 0, 0, 500, 60000, "vCPU 1: max 0.500 µs\n"},
	{"all overflowed", 60, 1, 0, 1000, 153000000, 1000000000,
	 "vCPU 1: 1000 samples beyond the last bucket (60 µs), max 153000 µs\n"},
	{"some overflowed", 60, 10, 59, 3, 61000, 0,
	 "vCPU 1: 3 samples beyond the last bucket (60 µs), max 61 µs\n"},
	{"one overflowed", 60, 10, 59, 1, 61000, 0,
	 "vCPU 1: 1 sample beyond the last bucket (60 µs), max 61 µs\n"},
	{"empty", 60, 1, 0, 0, 0, 60000, "no samples\n"},
	{"empty, no limit", 60, 1, 0, 0, 0, 0, "no samples\n"},
	{"six decades", 1000000, 0, 999999, 0, 1000000000, 1000, "limit: max < 1 µs\n"},
	{"huge", 60, 0, 59, G_MAXUINT64 / 2, G_MAXINT64, G_MAXINT64,
	 "limit: max < 9223372036854775.807 µs\n"},
};

static void test_plot_shapes(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(shapes); i++) {
		g_autoptr(GString) texts = g_string_new(NULL);
		g_autoptr(Run) run = run_new();
		const char *directory = scratch();
		g_autofree char *svg = NULL;

		add_vcpu(directory, add_stage(run), 1, shapes[i].buckets, shapes[i].first,
			 shapes[i].last, shapes[i].overflow, shapes[i].max_ns);
		if (shapes[i].limit_ns)
			add_limit(run, 1, "max", shapes[i].limit_ns);
		svg = plot(directory, run, texts);
		if (!strstr(texts->str, shapes[i].text))
			fail_msg("%s: no '%s' in '%s'", shapes[i].name, shapes[i].text,
				 texts->str);
		assert_true(strlen(svg) < 300000);
	}
}

/* A thread without a histogram, a stage without threads. */
static void test_plot_of_nothing(void **state)
{
	g_autoptr(GString) texts = g_string_new(NULL);
	g_autoptr(Run) bare = run_new(), run = run_new();
	const char *directory = scratch();
	g_autofree char *svg = NULL;
	g_autofree char *none = NULL;

	(void)state;
	run_add_thread(add_stage(run)->vms->pdata[0], 1);
	svg = plot(directory, run, texts);
	assert_non_null(strstr(texts->str, "vCPU 1: no histogram\n"));
	assert_non_null(strstr(texts->str, "vCPU 1: no samples\n"));
	g_string_truncate(texts, 0);
	add_stage(bare);
	none = plot(directory, bare, texts);
	assert_non_null(strstr(texts->str, "no samples\n"));
}

/* 64 vCPUs of 100,000 full buckets: bounded, and the last bucket is still there. */
static void test_plot_large(void **state)
{
	g_autoptr(GString) texts = g_string_new(NULL);
	g_autoptr(Run) run = run_new();
	const char *directory = scratch();
	RunStage *stage = add_stage(run);
	g_autofree char *svg = NULL;

	(void)state;
	for (guint vcpu = 0; vcpu < 64; vcpu++)
		add_vcpu(directory, stage, vcpu, 100000, vcpu, 99999, vcpu % 2,
			 100000000 + vcpu * 1000);
	svg = plot(directory, run, texts);
	assert_true(strlen(svg) < 4000000);
	assert_non_null(strstr(texts->str, "and 52 more vCPUs\n"));
	assert_non_null(strstr(texts->str, "vCPU 63: max 100063 µs\n"));
	assert_non_null(strstr(texts->str, "and so on for 29 more vCPUs\n"));
}

/* Names from outside are text, whatever is in them. */
static void test_plot_hostile(void **state)
{
	g_autoptr(GString) texts = g_string_new(NULL);
	g_autoptr(Run) run = run_new();
	const char *parent = scratch();
	g_autofree char *directory =
		g_build_filename(parent, "x'`touch PWNED`\"<script>@a\\$(b)\n{}", NULL);
	g_autofree char *svg = NULL;
	RunStage *stage;

	(void)state;
	assert_int_equal(g_mkdir(directory, 0755), 0);
	stage = add_stage(run);
	set(&stage->where, "'`touch PWNED`\033");
	g_ptr_array_add(stage->loads, g_strdup("'\nquit\n`touch PWNED`"));
	add_vcpu(directory, stage, 1, 60, 3, 9, 0, 9000);
	add_limit(run, 1, HOSTILE, 50000);
	svg = plot(directory, run, texts);
	assert_false(g_file_test("PWNED", G_FILE_TEST_EXISTS));
	assert_non_null(strstr(texts->str, "x__touch PWNED__<script>_a__(b)_n__\n"));
	assert_non_null(
		strstr(texts->str,
		       "in the __touch PWNED__x1b, loads: __nquit_n_touch PWNED_\n"));
	assert_null(strchr(svg, '\033'));
}

/* Puts `script` (NULL: nothing) alone on PATH as gnuplot. */
static void check_gnuplot(const char *script, const char *message, const char *hint)
{
	g_autofree char *path = g_strdup(g_getenv("PATH"));
	g_autofree char *gnuplot = NULL;
	g_autofree char *svg = NULL;
	g_autoptr(Run) run = run_new();
	g_autoptr(GError) error = NULL;
	const char *directory = scratch();

	add_vcpu(directory, add_stage(run), 1, 60, 3, 9, 0, 9000);
	gnuplot = g_build_filename(directory, "gnuplot", NULL);
	if (script) {
		assert_true(g_file_set_contents(gnuplot, script, -1, NULL));
		assert_int_equal(g_chmod(gnuplot, 0755), 0);
	}
	g_setenv("PATH", directory, TRUE);
	assert_false(plot_stage(directory, run, run->stages->pdata[0], &error));
	g_setenv("PATH", path, TRUE);
	assert_string_equal(error->message, message);
	assert_string_equal(lathe_error_get_hint(error) ?: "", hint);
	svg = g_build_filename(directory, "histogram-s.svg", NULL);
	assert_false(g_file_test(svg, G_FILE_TEST_EXISTS));
}

static void test_gnuplot_fails(void **state)
{
	(void)state;
	check_gnuplot(NULL, "program 'gnuplot' is not on PATH",
		      "install gnuplot: package gnuplot-nox (Debian), gnuplot-minimal "
		      "(Fedora)");
	check_gnuplot("#!/bin/sh\nprintf 'no\\033terminal\\n' >&2\nexit 1\n",
		      "gnuplot failed: no\\x1bterminal\\n", "");
	check_gnuplot("#!/bin/sh\nexit 0\n", "gnuplot failed: it wrote no SVG", "");
	check_gnuplot(
		"#!/bin/sh\nprintf '<?xml version=\"1.0\"?><svg>%0100d' 0\nexit 0\n",
		"gnuplot failed: it wrote no SVG", "");
	check_gnuplot("#!/bin/sh\nkill -9 $$\n", "gnuplot failed: it wrote no SVG", "");
}

/* Files of the bundle that are not what the run says. */
static void test_plot_bad_bundle(void **state)
{
	g_autoptr(Run) run = run_new();
	g_autoptr(GError) error = NULL;
	const char *directory = scratch();
	g_autofree char *path = NULL;
	RunThread *thread;
	RunStage *stage;

	(void)state;
	stage = add_stage(run);
	thread = add_vcpu(directory, stage, 1, 60, 3, 9, 0, 9000);
	path = g_build_filename(directory, thread->histogram_file, NULL);
	assert_true(g_file_set_contents(path, "garbage", -1, NULL));
	assert_false(plot_stage(directory, run, stage, &error));
	assert_true(g_str_has_prefix(error->message, "'raw/vcpu1.hist': line 1: "));
	g_clear_error(&error);
	assert_int_equal(g_unlink(path), 0);
	assert_false(plot_stage(directory, run, stage, &error));
	assert_non_null(strstr(error->message, "raw/vcpu1.hist"));
	g_clear_error(&error);
	set(&thread->histogram_file, "../../../etc/passwd");
	assert_false(plot_stage(directory, run, stage, &error));
	g_clear_error(&error);
	set(&stage->name, "../s");
	assert_false(plot_stage(directory, run, stage, &error));
	assert_string_equal(error->message, "a stage's name cannot name a file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_text_of_nothing),
		cmocka_unit_test(test_colour),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_reasons_of_an_early_end),
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_plot),
		cmocka_unit_test(test_plot_shapes),
		cmocka_unit_test(test_plot_of_nothing),
		cmocka_unit_test(test_plot_large),
		cmocka_unit_test(test_plot_hostile),
		cmocka_unit_test(test_gnuplot_fails),
		cmocka_unit_test(test_plot_bad_bundle),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
