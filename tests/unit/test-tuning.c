/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host of a run, on a tree that may be written: two rows do not hold, all others do. */
#include "good-trees.h"

#include <unistd.h>

#include "dma_latency.h"
#include "error.h"
#include "guest.h"
#include "hand-plan.h"
#include "polling.h"
#include "tune.h"
#include "tuning.h"

#define DEFAULT_IRQS "proc/irq/default_smp_affinity"
#define WORKQUEUES   "sys/devices/virtual/workqueue/cpumask"
#define SPOILT	     2

typedef struct {
	char *tree, *lib;
	Profile *profile;
	State state;
	QualifyOptions options;
	RunContext context;
} Host;

static Host *host_new(void)
{
	g_autofree char *profile = g_build_filename(g_getenv("TESTS"), "..", "harness", "profiles",
						    "virt-rt.ini", NULL);
	Host *host = g_new0(Host, 1);
	g_autoptr(GError) error = NULL;

	host->tree = tree_new();
	host->lib = tree_new();
	good_tree_load("host", host->tree);
	tree_write(host->tree, "etc/machine-id", "0123456789abcdef0123456789abcdef\n");
	tree_write(host->tree, "proc/sys/kernel/random/boot_id", "boot-1\n");
	tree_write(host->tree, "etc/tuned/active_profile", "");
	tree_write(host->tree, DEFAULT_IRQS, "ff\n");
	tree_write(host->tree, WORKQUEUES, "ff\n");
	host->profile = profile_load(profile, NULL, &error);
	if (!host->profile)
		fail_msg("%s", error->message);
	host->state.lib = host->lib;
	host->options = (QualifyOptions){.state = &host->state, .profile = host->profile};
	host->context = (RunContext){.options = &host->options,
				     .profile = host->profile,
				     .waiter = waiter_new(),
				     .progress = progress_new(),
				     .live = root_open_writable(host->tree, NULL),
				     .guests = g_ptr_array_new(),
				     .run = run_new()};
	assert_non_null(host->context.live);
	guest_add(&host->context, "lathe-1", NULL, TRUE,
		  hand_plan(3, "5-7", "0-4", "0-4", FALSE));
	host->context.housekeeping = guest_at(&host->context, 0)->plan->housekeeping;
	return host;
}

static void host_free(Host *host)
{
	RunContext *context = &host->context;

	tuning_end(context);
	g_clear_pointer(&context->facts, facts_free);
	guests_free(context);
	run_free(context->run);
	root_free(context->live);
	progress_free(context->progress);
	waiter_free(context->waiter);
	profile_free(host->profile);
	tree_free(host->tree);
	tree_free(host->lib);
	g_free(host);
}

static void begin(Host *host)
{
	g_autoptr(GError) error = NULL;

	if (!tuning_recover(&host->context, &error) || !tuning_begin(&host->context, &error))
		fail_msg("%s", error->message);
}

static void assert_holds(const Host *host, const char *path, const char *wanted)
{
	g_autofree char *value = NULL;

	assert_true(root_read_line(host->context.live, path, &value, NULL, NULL));
	assert_string_equal(value, wanted);
}

static void assert_untouched(const Host *host)
{
	g_autofree char *journal = g_build_filename(host->lib, "journal", NULL);

	assert_holds(host, DEFAULT_IRQS, "ff");
	assert_holds(host, WORKQUEUES, "ff");
	assert_false(g_file_test(journal, G_FILE_TEST_EXISTS));
}

static const RunTuned *row_of(const Host *host, const char *place)
{
	const GPtrArray *rows = host->context.run->tuning.rows;

	for (guint i = 0; i < rows->len; i++) {
		const RunTuned *row = rows->pdata[i];

		if (g_strcmp0(row->place, place) == 0)
			return row;
	}
	fail_msg("no row of %s", place);
	return NULL;
}

/* Rows that would write something: of others the tree does not tell. */
static guint count_places(const Host *host)
{
	const GPtrArray *rows = host->context.run->tuning.rows;
	guint n = 0;

	for (guint i = 0; i < rows->len; i++)
		n += ((RunTuned *)rows->pdata[i])->place != NULL;
	return n;
}

/* The changes of an earlier command for these CPUs. */
static void apply_before(Host *host, const char *cpus, gboolean stays_open)
{
	Tune tune = {.host = {host->context.live, TARGET_WRITE_SECONDS},
		     .directory = host->lib,
		     .stays_open = stays_open};
	g_autoptr(GPtrArray) outcomes = tuned_new_array();
	g_autoptr(Changes) changes = NULL;
	g_autoptr(KnobView) view = NULL;
	Cpuset planned;

	assert_true(cpulist_parse(cpus, CPUSET_CPUS, &planned, NULL));
	view = knob_view_new(host->context.live, SCOPE_HOST, &planned, NULL);
	changes = changes_find(view, NULL);
	assert_true(tune_apply(&tune, "lathe tune apply", cpus, changes->changes, outcomes, NULL));
	assert_holds(host, WORKQUEUES, "1f");
}

static void test_tuned_for_its_time(void **state)
{
	Host *host = host_new();
	RunTuning *said = &host->context.run->tuning;
	Tune tune = {.host = {host->context.live, TARGET_WRITE_SECONDS}, .directory = host->lib};
	TuneStatus *status;

	(void)state;
	begin(host);
	assert_string_equal(said->how, "run");
	assert_string_equal(said->by, "lathe run");
	assert_string_equal(said->cpus, "5-7");
	assert_int_equal(count_places(host), SPOILT);
	assert_holds(host, DEFAULT_IRQS, "1f");
	assert_holds(host, WORKQUEUES, "1f");
	/* Killed now, it would be taken back. */
	status = tune_status(&tune, NULL);
	assert_true(status->tuned);
	assert_false(status->complete);
	assert_string_equal(status->by, "lathe run");
	tune_status_free(status);
	tuning_look(&host->context);
	assert_string_equal(row_of(host, WORKQUEUES)->row, "workqueue.cpumask");
	assert_string_equal(row_of(host, WORKQUEUES)->was, "ff");
	assert_string_equal(row_of(host, WORKQUEUES)->now, "1f");
	assert_string_equal(row_of(host, WORKQUEUES)->state, "made");
	assert_null(row_of(host, WORKQUEUES)->put_back);
	tuning_end(&host->context);
	assert_untouched(host);
	assert_string_equal(said->put_back, "yes");
	assert_int_equal(said->left->len, 0);
	assert_string_equal(row_of(host, WORKQUEUES)->put_back, "restored");
	assert_int_equal(host->context.run->deviations->len, 0);
	tuning_end(&host->context);
	host_free(host);
}

/* What the profile leaves out holds what it held. */
static void test_rows_left_out(void **state)
{
	Host *host = host_new();
	Profile *profile = (Profile *)host->context.profile;

	(void)state;
	g_ptr_array_add(profile->tune_skip, g_strdup("workqueue.*"));
	begin(host);
	assert_string_equal(host->context.run->tuning.how, "run");
	assert_holds(host, DEFAULT_IRQS, "1f");
	assert_holds(host, WORKQUEUES, "ff");
	assert_int_equal(count_places(host), SPOILT - 1);
	tuning_end(&host->context);
	assert_untouched(host);
	host_free(host);
}

static void test_no_tune_leaves_it_alone(void **state)
{
	Host *host = host_new();
	RunTuning *said = &host->context.run->tuning;

	(void)state;
	host->options.no_tune = TRUE;
	begin(host);
	assert_untouched(host);
	assert_string_equal(said->how, "off");
	assert_non_null(strstr(said->why, "--no-tune"));
	assert_int_equal(count_places(host), SPOILT);
	assert_string_equal(row_of(host, WORKQUEUES)->state, "not tried");
	assert_string_equal(row_of(host, WORKQUEUES)->now, "ff");
	assert_string_equal(row_of(host, WORKQUEUES)->then, "1f");
	assert_false(run_tuned_in_force(row_of(host, WORKQUEUES)));
	assert_null(said->cpu_dma_latency);
	tuning_end(&host->context);
	assert_string_equal(said->put_back, "unknown");
	host_free(host);
}

/* A plan that shares everything reserves no CPU; one that wants CPU 0 is refused. */
static void test_goes_on_where_the_guard_refuses(void **state)
{
	static const struct {
		const char *vcpus, *others, *why;
		gboolean shared;
	} plans[] = {
		{"0,6-7", "1-4", "CPU 0 cannot be given to vCPUs", FALSE},
		{"0-1", "0-1", "no CPU is meant for vCPUs", TRUE},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(plans); i++) {
		Host *host = host_new();
		Plan **plan = &guest_at(&host->context, 0)->plan;

		plan_free(*plan);
		*plan = hand_plan(plans[i].shared ? 2 : 3, plans[i].vcpus, plans[i].others,
				  plans[i].others, plans[i].shared);
		if (plans[i].shared)
			(*plan)->vcpus[1].fifo_priority = 0;
		begin(host);
		assert_untouched(host);
		assert_string_equal(host->context.run->tuning.how, "refused");
		assert_non_null(strstr(host->context.run->tuning.why, plans[i].why));
		host_free(host);
	}
}

static void test_tuned_before_stays(void **state)
{
	Host *host = host_new();
	RunTuning *said = &host->context.run->tuning;

	(void)state;
	apply_before(host, "5-7", FALSE);
	begin(host);
	assert_string_equal(said->how, "earlier");
	assert_string_equal(said->by, "lathe tune apply");
	assert_string_equal(row_of(host, WORKQUEUES)->state, "in force");
	assert_true(run_tuned_in_force(row_of(host, WORKQUEUES)));
	tuning_look(&host->context);
	tuning_end(&host->context);
	assert_holds(host, WORKQUEUES, "1f");
	assert_holds(host, DEFAULT_IRQS, "1f");
	assert_string_equal(said->put_back, "unknown");
	assert_null(row_of(host, WORKQUEUES)->put_back);
	host_free(host);
}

static void test_tuned_for_others_is_an_error(void **state)
{
	Host *host = host_new();
	g_autoptr(GError) error = NULL;

	(void)state;
	apply_before(host, "5-7", FALSE);
	plan_free(guest_at(&host->context, 0)->plan);
	guest_at(&host->context, 0)->plan = hand_plan(3, "4,6-7", "0-3", "0-3", FALSE);
	assert_true(tuning_recover(&host->context, NULL));
	assert_false(tuning_begin(&host->context, &error));
	assert_true(g_error_matches(error, LATHE_ERROR, LATHE_ERROR_BUSY));
	assert_non_null(strstr(error->message, "CPUs 5-7 (lathe tune apply)"));
	assert_non_null(strstr(error->message, "CPUs 4,6-7"));
	assert_non_null(strstr(lathe_error_get_hint(error), "lathe tune restore"));
	tuning_end(&host->context);
	assert_holds(host, WORKQUEUES, "1f");
	/* Left alone, it is nobody's business. */
	host->options.no_tune = TRUE;
	begin(host);
	assert_string_equal(host->context.run->tuning.how, "earlier");
	host_free(host);
}

/* What a run that was killed left is taken back first, tuned or not. */
static void test_recovers_first(void **state)
{
	(void)state;
	for (guint i = 0; i < 2; i++) {
		Host *host = host_new();

		host->options.no_tune = i > 0;
		apply_before(host, "5-7", TRUE);
		assert_true(tuning_recover(&host->context, NULL));
		assert_untouched(host);
		assert_true(tuning_begin(&host->context, NULL));
		assert_string_equal(host->context.run->tuning.how, i ? "off" : "run");
		tuning_end(&host->context);
		assert_untouched(host);
		host_free(host);
	}
}

/* Somebody sets a value while it is measured: that was not what was judged. It stays his. */
static void test_drift(void **state)
{
	(void)state;
	for (guint shown = 0; shown < 2; shown++) {
		Host *host = host_new();
		RunTuning *said = &host->context.run->tuning;

		host->profile->findings_shown = shown > 0;
		begin(host);
		tree_write(host->tree, WORKQUEUES, "3f\n");
		tuning_look(&host->context);
		assert_string_equal(row_of(host, WORKQUEUES)->state, "drifted");
		assert_string_equal(row_of(host, WORKQUEUES)->now, "3f");
		assert_false(run_tuned_in_force(row_of(host, WORKQUEUES)));
		assert_int_equal(host->context.run->deviations->len, shown ? 0 : 1);
		tuning_end(&host->context);
		assert_string_equal(said->put_back, "no");
		assert_int_equal(said->left->len, 1);
		assert_non_null(strstr(said->left->pdata[0], WORKQUEUES " holds '3f'"));
		assert_string_equal(row_of(host, WORKQUEUES)->put_back, "changed by others");
		assert_string_equal(row_of(host, DEFAULT_IRQS)->put_back, "restored");
		assert_holds(host, WORKQUEUES, "3f");
		assert_holds(host, DEFAULT_IRQS, "ff");
		host_free(host);
	}
}

/* A severe row that does not take: a thread, which no tree has. */
static void test_a_severe_failure(void **state)
{
	(void)state;
	for (guint shown = 0; shown < 2; shown++) {
		Host *host = host_new();
		g_autoptr(GError) error = NULL;
		gboolean begun;

		host->profile->findings_shown = shown > 0;
		tree_write(host->tree, "lathe/threads",
			   "1 1 0 0 0 - 0-4\t\tinit\n150 150 0 0 5 kb 5\t\tksoftirqd/5\n");
		assert_true(tuning_recover(&host->context, NULL));
		begun = tuning_begin(&host->context, &error);
		assert_int_equal(begun, shown > 0);
		if (begun) {
			assert_holds(host, WORKQUEUES, "1f");
			assert_string_equal(row_of(host, "thread 150 ksoftirqd/5")->state,
					    "failed");
			tuning_end(&host->context);
		} else {
			assert_true(g_str_has_prefix(error->message, "tune the host: "));
			assert_non_null(strstr(error->message, "priority.ksoftirqd"));
			assert_non_null(strstr(lathe_error_get_hint(error), "--no-tune"));
		}
		assert_untouched(host);
		host_free(host);
	}
}

/* A journal that cannot be believed: nobody knows what the host holds. */
static void test_a_damaged_journal_ends_it(void **state)
{
	Host *host = host_new();
	g_autofree char *path = g_build_filename(host->lib, "journal", NULL);
	g_autoptr(GError) error = NULL;
	char *text = NULL;
	gsize length;

	(void)state;
	apply_before(host, "5-7", FALSE);
	assert_true(g_file_get_contents(path, &text, &length, NULL));
	*strstr(text, "\"1f\"") = 'x';
	assert_true(g_file_set_contents(path, text, (gssize)length, NULL));
	g_free(text);
	assert_false(tuning_recover(&host->context, &error) &&
		     tuning_begin(&host->context, &error));
	assert_non_null(strstr(error->message, "damaged"));
	assert_non_null(strstr(lathe_error_get_hint(error), "lathe tune restore"));
	assert_holds(host, DEFAULT_IRQS, "1f");
	host_free(host);
}

/* The VM must not be sent where no CPU is any more. */
static void test_offline_cpus_leave_the_plan(void **state)
{
	Host *host = host_new();
	Cpuset wanted;

	(void)state;
	assert_true(cpulist_parse("0,2-4", CPUSET_CPUS, &wanted, NULL));
	tree_write(host->tree, "sys/devices/system/cpu/online", "0,2-7\n");
	begin(host);
	assert_true(cpuset_equal(&guest_at(&host->context, 0)->plan->housekeeping, &wanted));
	assert_true(cpuset_equal(&guest_at(&host->context, 0)->plan->emulator, &wanted));
	assert_true(cpuset_equal(&guest_at(&host->context, 0)->plan->iothread, &wanted));
	assert_int_equal(cpuset_count(&host->context.facts->online), 7);
	host_free(host);
}

/* ---- /dev/cpu_dma_latency --------------------------------------------------------------- */

static int hold(const Host *host, char **ret_said)
{
	Cpuset cpus = plan_reserved_cpus(guest_at(&host->context, 0)->plan);
	g_autoptr(KnobView) view = knob_view_new(host->context.live, SCOPE_HOST, &cpus, NULL);

	return dma_latency_hold(host->context.live, view, ret_said);
}

static void test_latency_is_held_where_it_is_wanted(void **state)
{
	static const char *const disable =
		"sys/devices/system/cpu/cpu5/cpuidle/state2/disable";
	Host *host = host_new();
	g_autofree char *file = g_build_filename(host->tree, "dev/cpu_dma_latency", NULL);
	g_autofree char *no = NULL, *none = NULL, *yes = NULL, *bytes = NULL;
	gsize length = 0;
	int fd;

	(void)state;
	assert_int_equal(hold(host, &no), -1);
	assert_true(g_str_has_prefix(no, "not held, nothing wants it: "));
	tree_write(host->tree, disable, "0\n");
	tree_write(host->tree, "lathe/cpu-latency", "2000000000\n");
	assert_int_equal(hold(host, &none), -1);
	assert_string_equal(none, "not held: /dev/cpu_dma_latency: No such file or directory");
	tree_write(host->tree, "dev/cpu_dma_latency", "");
	fd = hold(host, &yes);
	assert_true(fd >= 0);
	assert_string_equal(yes, "held at 0 us for the VM's life");
	assert_true(g_file_get_contents(file, &bytes, &length, NULL));
	assert_int_equal(length, 4);
	assert_memory_equal(bytes, "\0\0\0\0", 4);
	close(fd);
	host_free(host);
}

/* ---- a guest that polls ------------------------------------------------------------------ */

static const struct {
	const char *cmdline, *release, *runtime, *fair;
	gboolean fifo, refused;
} polling[] = {
	{"idle=poll", "6.1.0-rt", "950000", NULL, TRUE, TRUE},
	{"idle=halt idle=poll", "6.1.0-rt", "950000", NULL, TRUE, TRUE},
	{"idle=poll", "6.1.0-rt", "950000", NULL, FALSE, FALSE},
	{"idle=poll idle=halt", "6.1.0-rt", "950000", NULL, TRUE, FALSE},
	{"", "6.1.0-rt", "950000", NULL, TRUE, FALSE},
	{"idle=poll", "6.1.0-rt", "-1", NULL, TRUE, FALSE},
	{"idle=poll", "6.12.8-rt", "-1", "0", TRUE, FALSE},
	{"idle=poll", "6.12.8-rt", "-1", "50000000", TRUE, TRUE},
};

static void test_polling_under_throttling_is_refused(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(polling); i++) {
		Host *host = host_new();
		Plan *plan = guest_at(&host->context, 0)->plan;
		g_autoptr(GError) error = NULL;

		g_free(host->profile->guest_cmdline);
		host->profile->guest_cmdline = g_strdup(polling[i].cmdline);
		tree_write(host->tree, "proc/sys/kernel/osrelease", polling[i].release);
		tree_write(host->tree, "proc/sys/kernel/sched_rt_runtime_us", polling[i].runtime);
		for (guint cpu = 5; cpu < 8 && polling[i].fair; cpu++) {
			g_autofree char *path = g_strdup_printf(
				"sys/kernel/debug/sched/fair_server/cpu%u/runtime", cpu);

			tree_write(host->tree, path, polling[i].fair);
		}
		for (guint k = 0; k < plan->n_vcpus && !polling[i].fifo; k++)
			plan->vcpus[k].fifo_priority = 0;
		if (polling_check(&host->context, &error) == polling[i].refused)
			fail_msg("%zu: %s", i, error ? error->message : "not refused");
		if (polling[i].refused) {
			assert_non_null(strstr(error->message, "idle=poll"));
			assert_non_null(lathe_error_get_hint(error));
		}
		host_free(host);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tuned_for_its_time),
		cmocka_unit_test(test_rows_left_out),
		cmocka_unit_test(test_no_tune_leaves_it_alone),
		cmocka_unit_test(test_goes_on_where_the_guard_refuses),
		cmocka_unit_test(test_tuned_before_stays),
		cmocka_unit_test(test_tuned_for_others_is_an_error),
		cmocka_unit_test(test_recovers_first),
		cmocka_unit_test(test_drift),
		cmocka_unit_test(test_a_severe_failure),
		cmocka_unit_test(test_a_damaged_journal_ends_it),
		cmocka_unit_test(test_offline_cpus_leave_the_plan),
		cmocka_unit_test(test_latency_is_held_where_it_is_wanted),
		cmocka_unit_test(test_polling_under_throttling_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
