/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <glib.h>
#include <signal.h>
#include <string.h>

#include "error.h"
#include "supervise.h"

static void test_table(void **state)
{
	const LoadSize size = {.cpus = 3, .memory_mib = 96, .directory = "/scratch"};

	(void)state;
	for (const Load *const *load = loads; *load; load++) {
		g_auto(GStrv) argv = (*load)->argv(&size);

		assert_true((*load)->name[0] && (*load)->summary[0]);
		assert_true((*load)->package_debian[0] && (*load)->package_fedora[0]);
		assert_string_equal(argv[0], (*load)->program);
		assert_ptr_equal(load_find((*load)->name), *load);
		if (load != loads)
			assert_true(strcmp(load[-1]->name, (*load)->name) < 0);
	}
	assert_null(load_find("nosuch"));
	assert_null(load_find(""));
}

static const struct {
	const char *name;
	LoadSize size;
	const char *argv;
} arguments[] = {
	{"cpu", {1, 64, "/s"}, "stress-ng --quiet --timeout 0 --temp-path /s --cpu 1"},
	{"cpu", {62, 64, "/s"}, "stress-ng --quiet --timeout 0 --temp-path /s --cpu 62"},
	{"vm",
	 {1, 64, "/a b"},
	 "stress-ng --quiet --timeout 0 --temp-path /a b --vm 1 --vm-bytes 64m "
	 "--oom-avoid"},
	{"vm",
	 {16, 4096, "/s"},
	 "stress-ng --quiet --timeout 0 --temp-path /s --vm 4 --vm-bytes 4096m "
	 "--oom-avoid"},
	{"io",
	 {1, 64, "/s"},
	 "stress-ng --quiet --timeout 0 --temp-path /s --hdd 1 --hdd-bytes 256m --io 1"},
	{"io",
	 {16, 64, "/s"},
	 "stress-ng --quiet --timeout 0 --temp-path /s --hdd 2 --hdd-bytes 256m --io 2"},
	{"hackbench", {1, 64, NULL}, "hackbench -g 1 -f 6 -s 65536 -l 2147483647"},
	{"hackbench", {8, 64, NULL}, "hackbench -g 8 -f 6 -s 65536 -l 2147483647"},
};

static void test_arguments(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(arguments); i++) {
		g_auto(GStrv)
			argv = load_find(arguments[i].name)->argv(&arguments[i].size);
		g_autofree char *joined = g_strjoinv(" ", argv);

		assert_string_equal(joined, arguments[i].argv);
	}
}

/* The supervisor is tried on an executor whose processes are numbers. */

struct LoadProcess {
	const char *name;
	gboolean alive, blind;
	int exit;
	double cpu_seconds;
	guint looks;
};

typedef struct {
	Executor executor;
	GPtrArray *processes; /* of LoadProcess *, kept after stop */
	guint stopped;
	const char *refuse; /* the load whose start fails */
	LatheErrorCode refuse_code;
	const char *immortal; /* the load whose stop fails */
} Fake;

static LoadProcess *fake_start(Executor *executor, const char *name, char **argv,
			       GError **error)
{
	Fake *fake = (Fake *)executor;
	LoadProcess *process;

	assert_non_null(argv[0]);
	if (g_strcmp0(name, fake->refuse) == 0) {
		lathe_error(error, fake->refuse_code, "it is broken");
		return NULL;
	}
	process = g_new0(LoadProcess, 1);
	process->name = name;
	process->alive = TRUE;
	g_ptr_array_add(fake->processes, process);
	return process;
}

static gboolean fake_usage(Executor *executor, LoadProcess *process, LoadUsage *ret,
			   GError **error)
{
	(void)executor;
	if (process->blind)
		return lathe_error(error, LATHE_ERROR_IO, "cannot look");
	process->looks++;
	*ret = (LoadUsage){
		.alive = process->alive,
		.exit = process->exit,
		.cpu_seconds = process->cpu_seconds,
		.ran_on = g_strdup(process->looks > 1 ? "0-1" : "0"),
		.output = !process->alive && process->looks == 2 ? g_strdup("oops")
								 : NULL,
	};
	return TRUE;
}

static gboolean fake_stop(Executor *executor, LoadProcess *process, LoadUsage *ret_last,
			  GError **error)
{
	Fake *fake = (Fake *)executor;

	fake->stopped++;
	if (g_strcmp0(process->name, fake->immortal) == 0)
		return lathe_error(error, LATHE_ERROR_TIMEOUT, "it would not die");
	if (!fake_usage(executor, process, ret_last, error))
		return FALSE;
	if (process->alive)
		ret_last->exit = -SIGKILL;
	return TRUE;
}

static void fake_init(Fake *fake)
{
	*fake = (Fake){.executor = {.start = fake_start,
				    .usage = fake_usage,
				    .stop = fake_stop,
				    .cpus = "0",
				    .size = {1, 64, "/scratch"}},
		       .processes = g_ptr_array_new_with_free_func(g_free)};
}

static void fake_done(Fake *fake)
{
	g_ptr_array_free(fake->processes, TRUE);
}

static GPtrArray *names_of(const char *text)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	g_auto(GStrv) words = g_strsplit(text, " ", -1);

	for (char **word = words; *word; word++)
		g_ptr_array_add(names, g_strdup(*word));
	return names;
}

static LoadProcess *process_of(const Fake *fake, guint i)
{
	return fake->processes->pdata[i];
}

static const LoadRecord *record_of(const Supervisor *supervisor, guint i)
{
	return supervisor_records(supervisor)->pdata[i];
}

static void start(Supervisor *supervisor, const char *text)
{
	g_autoptr(GPtrArray) names = names_of(text);
	g_autoptr(GError) error = NULL;

	assert_true(supervisor_start(supervisor, names, &error));
	assert_null(error);
}

static void test_whole_life(void **state)
{
	g_autoptr(Supervisor) supervisor = NULL;
	const LoadRecord *record;
	Fake fake;

	(void)state;
	fake_init(&fake);
	supervisor = supervisor_new(&fake.executor);
	start(supervisor, "vm cpu");
	assert_false(supervisor_busy(supervisor));
	process_of(&fake, 0)->cpu_seconds = 0.05;
	process_of(&fake, 1)->cpu_seconds = 0.049;
	assert_false(supervisor_busy(supervisor));
	process_of(&fake, 1)->cpu_seconds = 0.5;
	assert_true(supervisor_busy(supervisor));
	supervisor_mark(supervisor);
	process_of(&fake, 0)->cpu_seconds = 3.05;
	process_of(&fake, 1)->cpu_seconds = 1.75;
	supervisor_look(supervisor);
	assert_true(record_of(supervisor, 0)->idle_seconds == 0);
	assert_null(supervisor_dead(supervisor));
	/* No CPU time since the look before: time that passes is idle. */
	do
		supervisor_look(supervisor);
	while (record_of(supervisor, 0)->idle_seconds == 0);
	assert_true(supervisor_stop(supervisor, NULL));
	assert_true(supervisor_stop(supervisor, NULL)); /* nothing left to do */
	assert_int_equal(fake.stopped, 2);
	assert_int_equal(supervisor_records(supervisor)->len, 2);
	record = record_of(supervisor, 0);
	assert_string_equal(record->load->name, "vm");
	assert_string_equal(record->argv[0], "stress-ng");
	assert_true(record->ran);
	assert_false(record->exited_early);
	assert_int_equal(record->exit, -SIGKILL);
	assert_true(record->cpu_seconds > 2.999 && record->cpu_seconds < 3.001);
	assert_string_equal(record->ran_on, "0-1");
	assert_null(record->output);
	record = record_of(supervisor, 1);
	assert_true(record->cpu_seconds > 1.249 && record->cpu_seconds < 1.251);
	assert_null(supervisor_dead(supervisor));
	assert_false(supervisor_busy(supervisor)); /* stopped is not busy */
	fake_done(&fake);
}

static void test_died(void **state)
{
	g_autoptr(Supervisor) supervisor = NULL;
	const LoadRecord *record;
	Fake fake;

	(void)state;
	fake_init(&fake);
	supervisor = supervisor_new(&fake.executor);
	start(supervisor, "io hackbench");
	process_of(&fake, 0)->cpu_seconds = 1;
	process_of(&fake, 1)->cpu_seconds = 1;
	assert_true(supervisor_busy(supervisor));
	process_of(&fake, 1)->alive = FALSE;
	process_of(&fake, 1)->exit = 3;
	assert_false(supervisor_busy(supervisor));
	assert_string_equal(supervisor_dead(supervisor), "hackbench");
	/* For ever, even if an executor should say otherwise later. */
	process_of(&fake, 1)->alive = TRUE;
	assert_false(supervisor_busy(supervisor));
	process_of(&fake, 1)->alive = FALSE;
	supervisor_mark(supervisor);
	assert_true(supervisor_stop(supervisor, NULL));
	record = record_of(supervisor, 1);
	assert_true(record->exited_early);
	assert_false(record->ran);
	assert_int_equal(record->exit, 3);
	assert_string_equal(record->output, "oops"); /* later looks have none */
	assert_false(record_of(supervisor, 0)->exited_early);
	assert_true(record_of(supervisor, 0)->ran);
	fake_done(&fake);
}

/* Died between the last look and stop: still noticed. */
static void test_died_at_the_end(void **state)
{
	g_autoptr(Supervisor) supervisor = NULL;
	Fake fake;

	(void)state;
	fake_init(&fake);
	supervisor = supervisor_new(&fake.executor);
	start(supervisor, "cpu");
	process_of(&fake, 0)->cpu_seconds = 1;
	supervisor_mark(supervisor);
	process_of(&fake, 0)->alive = FALSE;
	process_of(&fake, 0)->exit = -SIGSEGV;
	assert_null(supervisor_dead(supervisor));
	assert_true(supervisor_stop(supervisor, NULL));
	assert_string_equal(supervisor_dead(supervisor), "cpu");
	assert_true(record_of(supervisor, 0)->exited_early);
	assert_int_equal(record_of(supervisor, 0)->exit, -SIGSEGV);
	fake_done(&fake);
}

/* What cannot be looked at did not demonstrably run. */
static void test_blind(void **state)
{
	g_autoptr(Supervisor) supervisor = NULL;
	g_autoptr(GError) error = NULL;
	Fake fake;

	(void)state;
	fake_init(&fake);
	supervisor = supervisor_new(&fake.executor);
	start(supervisor, "cpu vm");
	process_of(&fake, 0)->cpu_seconds = 1;
	process_of(&fake, 1)->cpu_seconds = 1;
	assert_true(supervisor_busy(supervisor));
	process_of(&fake, 0)->blind = TRUE;
	assert_false(supervisor_busy(supervisor));
	supervisor_mark(supervisor);
	assert_false(supervisor_stop(supervisor, &error));
	assert_string_equal(error->message, "stop load 'cpu': cannot look");
	assert_int_equal(fake.stopped, 2); /* the others are stopped all the same */
	assert_false(record_of(supervisor, 0)->ran);
	assert_true(record_of(supervisor, 0)->cpu_seconds == 0);
	assert_true(record_of(supervisor, 1)->ran);
	fake_done(&fake);
}

static void test_never_marked(void **state)
{
	g_autoptr(Supervisor) supervisor = NULL;
	Fake fake;

	(void)state;
	fake_init(&fake);
	supervisor = supervisor_new(&fake.executor);
	start(supervisor, "cpu");
	process_of(&fake, 0)->cpu_seconds = 7;
	assert_true(supervisor_stop(supervisor, NULL));
	assert_false(record_of(supervisor, 0)->ran);
	assert_true(record_of(supervisor, 0)->cpu_seconds == 0);
	fake_done(&fake);
}

static const struct {
	const char *names;
	const char *refuse;
	LatheErrorCode refuse_code;
	gboolean no_directory;
	const char *message, *hint;
	guint started;
} refusals[] = {
	{"cpu nosuch vm", NULL, 0, FALSE, "there is no load 'nosuch'",
	 "the loads are: cpu, hackbench, io, vm", 1},
	{"cpu vm cpu", NULL, 0, FALSE, "load 'cpu' is asked for twice", NULL, 2},
	{"hackbench io", NULL, 0, TRUE, "load 'io' has no directory for its files", NULL,
	 1},
	{"cpu vm hackbench", "hackbench", LATHE_ERROR_ENVIRONMENT, FALSE,
	 "start load 'hackbench': it is broken",
	 "install hackbench: package rt-tests (Debian), realtime-tests (Fedora)", 2},
	{"cpu vm hackbench", "vm", LATHE_ERROR_IO, FALSE, "start load 'vm': it is broken",
	 NULL, 1},
};

static void test_refusals(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(refusals); i++) {
		g_autoptr(Supervisor) supervisor = NULL;
		g_autoptr(GPtrArray) names = names_of(refusals[i].names);
		g_autoptr(GError) error = NULL;
		Fake fake;

		fake_init(&fake);
		fake.refuse = refusals[i].refuse;
		fake.refuse_code = refusals[i].refuse_code;
		if (refusals[i].no_directory)
			fake.executor.size.directory = NULL;
		supervisor = supervisor_new(&fake.executor);
		assert_false(supervisor_start(supervisor, names, &error));
		assert_string_equal(error->message, refusals[i].message);
		if (refusals[i].hint)
			assert_string_equal(lathe_error_get_hint(error),
					    refusals[i].hint);
		else
			assert_null(lathe_error_get_hint(error));
		/* Those already started were stopped. */
		assert_int_equal(fake.processes->len, refusals[i].started);
		assert_int_equal(fake.stopped, refusals[i].started);
		fake_done(&fake);
	}
}

static void test_immortal(void **state)
{
	g_autoptr(Supervisor) supervisor = NULL;
	g_autoptr(GError) error = NULL;
	Fake fake;

	(void)state;
	fake_init(&fake);
	fake.immortal = "cpu";
	supervisor = supervisor_new(&fake.executor);
	start(supervisor, "cpu vm");
	supervisor_mark(supervisor);
	assert_false(supervisor_stop(supervisor, &error));
	assert_string_equal(error->message, "stop load 'cpu': it would not die");
	assert_int_equal(fake.stopped, 2);
	fake_done(&fake);
}

/* A supervisor that is freed stops what still runs; none and NULL are fine. */
static void test_free_stops(void **state)
{
	Supervisor *supervisor;
	Fake fake;

	(void)state;
	fake_init(&fake);
	supervisor = supervisor_new(&fake.executor);
	start(supervisor, "cpu io");
	supervisor_free(supervisor);
	assert_int_equal(fake.stopped, 2);
	supervisor_free(supervisor_new(&fake.executor));
	supervisor_free(NULL);
	fake_done(&fake);
}

/* No loads: busy at once, nothing dead. */
static void test_no_loads(void **state)
{
	g_autoptr(Supervisor) supervisor = NULL;
	g_autoptr(GPtrArray) none = g_ptr_array_new();
	Fake fake;

	(void)state;
	fake_init(&fake);
	supervisor = supervisor_new(&fake.executor);
	assert_true(supervisor_start(supervisor, none, NULL));
	assert_true(supervisor_busy(supervisor));
	assert_null(supervisor_dead(supervisor));
	supervisor_mark(supervisor);
	assert_true(supervisor_stop(supervisor, NULL));
	assert_int_equal(supervisor_records(supervisor)->len, 0);
	fake_done(&fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),           cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_whole_life),      cmocka_unit_test(test_died),
		cmocka_unit_test(test_died_at_the_end), cmocka_unit_test(test_blind),
		cmocka_unit_test(test_never_marked),    cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_immortal),        cmocka_unit_test(test_free_stops),
		cmocka_unit_test(test_no_loads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
