/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/resource.h>

#include "deadline.h"
#include "error.h"
#include "journal.h"
#include "tune-fixture.h"

#define ALL G_N_ELEMENTS(tune_files)

static void restore(TuneFixture *fixture, GPtrArray *outcomes)
{
	g_autoptr(GPtrArray) mine = tuned_new_array();
	GError *error = NULL;

	fixture->steps_left = 0;
	if (!tune_restore(&fixture->tune, outcomes ? outcomes : mine, NULL, NULL, &error))
		fail_msg("%s", error->message);
}

static gboolean has_journal(const TuneFixture *fixture)
{
	g_autofree char *path = g_build_filename(fixture->state, "journal", NULL);

	return g_file_test(path, G_FILE_TEST_EXISTS);
}

static guint count_states(const GPtrArray *outcomes, TunedState state)
{
	guint n = 0;

	for (guint i = 0; i < outcomes->len; i++)
		n += ((Tuned *)outcomes->pdata[i])->state == state;
	return n;
}

static void test_applies_and_puts_back(void **state)
{
	TuneFixture *fixture = tune_fixture_new();
	g_autoptr(GPtrArray) made = tuned_new_array();
	g_autoptr(GPtrArray) undone = tuned_new_array();
	g_autoptr(GPtrArray) again = tuned_new_array();

	(void)state;
	assert_true(tune_fixture_apply(fixture, made, NULL));
	assert_int_equal(count_states(made, TUNED_MADE), ALL);
	assert_int_equal(tune_count(fixture, TRUE), ALL);
	assert_true(has_journal(fixture));
	restore(fixture, undone);
	assert_int_equal(count_states(undone, TUNED_RESTORED), ALL);
	assert_string_equal(((Tuned *)undone->pdata[0])->place, tune_files[ALL - 1].path);
	assert_int_equal(tune_count(fixture, FALSE), ALL);
	assert_false(has_journal(fixture));
	restore(fixture, again);
	assert_int_equal(again->len, 0);
	tune_fixture_free(fixture);
}

/* The third change cannot be read: it is severe, and the first two are taken back. */
static void test_a_severe_failure_takes_all_back(void **state)
{
	TuneFixture *fixture = tune_fixture_new();
	g_autoptr(GPtrArray) outcomes = tuned_new_array();
	g_autoptr(GError) error = NULL;
	g_autofree char *path = g_build_filename(fixture->tree, tune_files[2].path, NULL);

	(void)state;
	g_assert_cmpint(g_unlink(path), ==, 0);
	assert_false(tune_fixture_apply(fixture, outcomes, &error));
	assert_non_null(strstr(error->message, tune_files[2].path));
	assert_int_equal(count_states(outcomes, TUNED_RESTORED), 2);
	assert_int_equal(count_states(outcomes, TUNED_UNTRIED), ALL - 3);
	tree_write(fixture->tree, tune_files[2].path, tune_files[2].was);
	assert_int_equal(tune_count(fixture, FALSE), ALL);
	assert_false(has_journal(fixture));
	tune_fixture_free(fixture);
}

/* What cannot be taken back (its file is gone, and another thing in its place) is said so: nobody
 * is told that everything was. */
static void break_first(gpointer data)
{
	TuneFixture *fixture = data;
	g_autofree char *path = g_build_filename(fixture->tree, tune_files[0].path, NULL);

	if (--fixture->steps_left == 0 && g_unlink(path) == 0)
		g_assert_cmpint(g_mkdir(path, 0755), ==, 0);
}

static void test_what_cannot_be_taken_back_is_told(void **state)
{
	TuneFixture *fixture = tune_fixture_new();
	g_autoptr(GPtrArray) outcomes = tuned_new_array();
	g_autoptr(GError) error = NULL;
	g_autofree char *first = g_build_filename(fixture->tree, tune_files[0].path, NULL);
	g_autofree char *third = g_build_filename(fixture->tree, tune_files[2].path, NULL);

	(void)state;
	g_assert_cmpint(g_unlink(third), ==, 0);
	fixture->tune.step = break_first;
	/* begin, four records of the row, and a write and a record of the first */
	fixture->steps_left = 7;
	assert_false(tune_fixture_apply(fixture, outcomes, &error));
	assert_int_equal(count_states(outcomes, TUNED_STUCK), 1);
	assert_non_null(strstr(error->message, "1 change could not be put back"));
	assert_non_null(strstr(lathe_error_get_hint(error), "lathe tune restore"));
	assert_true(has_journal(fixture));
	g_assert_cmpint(g_rmdir(first), ==, 0);
	tune_fixture_free(fixture);
}

/* The same, and it is to go on: only that one is left out. */
static void test_keeps_going_when_told(void **state)
{
	TuneFixture *fixture = tune_fixture_new();
	g_autoptr(GPtrArray) outcomes = tuned_new_array();
	g_autofree char *path = g_build_filename(fixture->tree, tune_files[2].path, NULL);

	(void)state;
	fixture->tune.keep_going = TRUE;
	g_assert_cmpint(g_unlink(path), ==, 0);
	assert_true(tune_fixture_apply(fixture, outcomes, NULL));
	assert_int_equal(count_states(outcomes, TUNED_MADE), ALL - 1);
	assert_int_equal(count_states(outcomes, TUNED_FAILED), 1);
	assert_non_null(((Tuned *)outcomes->pdata[2])->why);
	restore(fixture, NULL);
	tree_write(fixture->tree, tune_files[2].path, tune_files[2].was);
	assert_int_equal(tune_count(fixture, FALSE), ALL);
	tune_fixture_free(fixture);
}

static void test_a_lesser_failure_is_reported(void **state)
{
	TuneFixture *fixture = tune_fixture_new();
	g_autoptr(GPtrArray) outcomes = tuned_new_array();
	g_autofree char *path = g_build_filename(fixture->tree, tune_files[0].path, NULL);

	(void)state;
	g_assert_cmpint(g_unlink(path), ==, 0);
	assert_true(tune_fixture_apply(fixture, outcomes, NULL));
	assert_int_equal(((Tuned *)outcomes->pdata[0])->state, TUNED_FAILED);
	assert_int_equal(count_states(outcomes, TUNED_MADE), ALL - 1);
	restore(fixture, NULL);
	tree_write(fixture->tree, tune_files[0].path, tune_files[0].was);
	assert_int_equal(tune_count(fixture, FALSE), ALL);
	tune_fixture_free(fixture);
}

static void test_what_others_set_survives(void **state)
{
	TuneFixture *fixture = tune_fixture_new();
	g_autoptr(GPtrArray) made = tuned_new_array();
	g_autoptr(GPtrArray) undone = tuned_new_array();
	g_autofree char *value = NULL;

	(void)state;
	assert_true(tune_fixture_apply(fixture, made, NULL));
	tree_write(fixture->tree, tune_files[1].path, "33\n");
	restore(fixture, undone);
	assert_int_equal(count_states(undone, TUNED_RESTORED), ALL - 1);
	assert_int_equal(count_states(undone, TUNED_FOREIGN), 1);
	value = tune_value(fixture, tune_files[1].path);
	assert_string_equal(value, "33");
	tree_write(fixture->tree, tune_files[1].path, tune_files[1].was);
	assert_int_equal(tune_count(fixture, FALSE), ALL);
	tune_fixture_free(fixture);
}

/* A value that drifted is set again: it belongs to others, and so it is what comes back; what was
 * there at first is theirs to put back. */
static void test_drift_is_tuned_again_and_given_back(void **state)
{
	TuneFixture *fixture = tune_fixture_new();
	g_autoptr(GPtrArray) made = tuned_new_array();
	g_autoptr(GPtrArray) second = tuned_new_array();
	g_autoptr(GPtrArray) drifted = g_ptr_array_new();
	g_autofree char *value = NULL;
	TuneStatus *status;

	(void)state;
	assert_true(tune_fixture_apply(fixture, made, NULL));
	tree_write(fixture->tree, tune_files[0].path, "5\n");
	status = tune_status(&fixture->tune, NULL);
	assert_int_equal(status->rows->len, ALL);
	assert_int_equal(count_states(status->rows, TUNED_DRIFTED), 1);
	assert_int_equal(count_states(status->rows, TUNED_IN_FORCE), ALL - 1);
	assert_string_equal(status->cpus, "4-7");
	tune_status_free(status);
	g_ptr_array_add(drifted, fixture->changes->pdata[0]);
	assert_true(tune_apply(&fixture->tune, "test", "4-7", drifted, second, NULL));
	assert_int_equal(tune_count(fixture, TRUE), ALL);
	status = tune_status(&fixture->tune, NULL);
	assert_int_equal(count_states(status->rows, TUNED_IN_FORCE), ALL);
	tune_status_free(status);
	restore(fixture, NULL);
	value = tune_value(fixture, tune_files[0].path);
	assert_string_equal(value, "5");
	tune_fixture_free(fixture);
}

static void test_refuses_other_cpus(void **state)
{
	TuneFixture *fixture = tune_fixture_new();
	g_autoptr(GPtrArray) made = tuned_new_array();
	g_autoptr(GPtrArray) second = tuned_new_array();
	g_autoptr(GError) error = NULL;

	(void)state;
	assert_true(tune_fixture_apply(fixture, made, NULL));
	assert_false(tune_apply(&fixture->tune, "test", "2-3", fixture->changes, second,
				&error));
	assert_true(g_error_matches(error, LATHE_ERROR, LATHE_ERROR_BUSY));
	assert_non_null(lathe_error_get_hint(error));
	assert_int_equal(tune_count(fixture, TRUE), ALL);
	restore(fixture, NULL);
	assert_int_equal(tune_count(fixture, FALSE), ALL);
	tune_fixture_free(fixture);
}

/* A reboot put everything back by itself, but for what a boot script set. */
static void test_a_reboot_is_recognised(void **state)
{
	TuneFixture *fixture = tune_fixture_new();
	g_autoptr(GPtrArray) made = tuned_new_array();
	g_autoptr(GPtrArray) undone = tuned_new_array();
	g_autofree char *value = NULL;

	(void)state;
	assert_true(tune_fixture_apply(fixture, made, NULL));
	tree_write(fixture->tree, "proc/sys/kernel/random/boot_id", "boot-2\n");
	for (guint i = 1; i < ALL; i++)
		tree_write(fixture->tree, tune_files[i].path, tune_files[i].was);
	restore(fixture, undone);
	assert_int_equal(count_states(undone, TUNED_RESET), ALL - 1);
	assert_int_equal(count_states(undone, TUNED_FOREIGN), 1);
	value = tune_value(fixture, tune_files[0].path);
	assert_string_equal(value, tune_files[0].then);
	assert_false(has_journal(fixture));
	tune_fixture_free(fixture);
}

/* What was complete before a reboot is no longer in force: the next command that changes the host
 * is not kept from it, and does not carry the old records along. */
static void test_a_reboot_ends_what_was_complete(void **state)
{
	TuneFixture *fixture = tune_fixture_new();
	g_autoptr(GPtrArray) made = tuned_new_array();
	g_autoptr(GPtrArray) second = tuned_new_array();
	g_autoptr(GPtrArray) none = tuned_new_array();

	(void)state;
	assert_true(tune_fixture_apply(fixture, made, NULL));
	assert_true(tune_recover(&fixture->tune, none, NULL));
	assert_true(has_journal(fixture));
	tree_write(fixture->tree, "proc/sys/kernel/random/boot_id", "boot-2\n");
	for (guint i = 0; i < ALL; i++)
		tree_write(fixture->tree, tune_files[i].path, tune_files[i].was);
	assert_true(tune_recover(&fixture->tune, none, NULL));
	assert_int_equal(none->len, 0);
	assert_false(has_journal(fixture));
	assert_true(tune_apply(&fixture->tune, "test", "2-3", fixture->changes, second, NULL));
	assert_true(tune_recover(&fixture->tune, none, NULL));
	assert_int_equal(tune_count(fixture, TRUE), ALL);
	restore(fixture, NULL);
	assert_int_equal(tune_count(fixture, FALSE), ALL);
	tune_fixture_free(fixture);
}

/* A process's number from before the boot says nothing: it may be another's now. */
static void test_threads_end_with_the_boot(void **state)
{
	TuneFixture *fixture = tune_fixture_new();
	g_autoptr(GPtrArray) made = tuned_new_array();
	g_autoptr(GPtrArray) undone = tuned_new_array();

	(void)state;
	g_ptr_array_set_size(fixture->changes, 0);
	g_ptr_array_add(fixture->changes,
			tune_change(CHANGE_AFFINITY, "task.stray", "17 4711 name", "0-7", "0",
				    SEVERITY_LOW));
	assert_true(tune_fixture_apply(fixture, made, NULL));
	assert_int_equal(count_states(made, TUNED_FAILED), 1);
	restore(fixture, undone);
	tune_fixture_free(fixture);
}

/* A signal ends it between two changes; what was changed by then comes back. */
static void test_a_signal_takes_all_back(void **state)
{
	TuneFixture *fixture = tune_fixture_new();
	g_autoptr(GPtrArray) outcomes = tuned_new_array();
	g_autoptr(Waiter) waiter = waiter_new();
	g_autoptr(GError) error = NULL;

	(void)state;
	fixture->tune.waiter = waiter;
	waiter_cancel(waiter, g_error_new_literal(LATHE_ERROR, LATHE_ERROR_CANCELLED,
						  "interrupted by SIGTERM"));
	assert_false(tune_fixture_apply(fixture, outcomes, &error));
	assert_true(g_error_matches(error, LATHE_ERROR, LATHE_ERROR_CANCELLED));
	assert_int_equal(count_states(outcomes, TUNED_MADE), 1);
	assert_int_equal(count_states(outcomes, TUNED_UNTRIED), ALL - 1);
	assert_int_equal(count_states(outcomes, TUNED_RESTORED), 1);
	assert_int_equal(tune_count(fixture, FALSE), ALL);
	assert_false(has_journal(fixture));
	tune_fixture_free(fixture);
}

/* No record can be written any more, as on a full disk: everything comes back nevertheless, and
 * the journal goes. */
static void test_a_full_disk_puts_all_back(void **state)
{
	TuneFixture *fixture = tune_fixture_new();
	g_autoptr(GPtrArray) made = tuned_new_array();
	g_autoptr(GPtrArray) undone = tuned_new_array();
	struct rlimit before, full;
	gboolean ok;

	(void)state;
	assert_true(tune_fixture_apply(fixture, made, NULL));
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	/* Room for values, and for no more of the journal. */
	full = (struct rlimit){.rlim_cur = 100, .rlim_max = before.rlim_max};
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
	ok = tune_restore(&fixture->tune, undone, NULL, NULL, NULL);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, SIG_DFL);
	assert_true(ok);
	assert_int_equal(count_states(undone, TUNED_RESTORED), ALL);
	assert_int_equal(tune_count(fixture, FALSE), ALL);
	assert_false(has_journal(fixture));
	tune_fixture_free(fixture);
}

/* ---- killed at every step -------------------------------------------------------------- */

static void test_killed_while_applying(void **state)
{
	guint n = 1;

	(void)state;
	for (;; n++) {
		TuneFixture *fixture = tune_fixture_new();
		gboolean killed = tune_killed_at(fixture, n, FALSE);

		restore(fixture, NULL);
		assert_int_equal(tune_count(fixture, FALSE), ALL);
		assert_false(has_journal(fixture));
		tune_fixture_free(fixture);
		if (!killed)
			break;
	}
	/* begin; a record, a write and another record for each change */
	assert_int_equal(n, 1 + 3 * ALL + 1);
}

static void test_killed_while_restoring(void **state)
{
	guint n = 1;

	(void)state;
	for (;; n++) {
		TuneFixture *fixture = tune_fixture_new();
		g_autoptr(GPtrArray) made = tuned_new_array();
		gboolean killed;

		assert_true(tune_fixture_apply(fixture, made, NULL));
		killed = tune_killed_at(fixture, n, TRUE);
		restore(fixture, NULL);
		assert_int_equal(tune_count(fixture, FALSE), ALL);
		assert_false(has_journal(fixture));
		tune_fixture_free(fixture);
		if (!killed)
			break;
	}
	assert_int_equal(n, 2 * ALL + 1);
}

/* The next command takes back what a killed one began, and nothing of what was complete. */
static void test_recovers_the_unfinished_alone(void **state)
{
	(void)state;
	for (guint n = 1; n <= 4; n++) {
		TuneFixture *fixture = tune_fixture_new();
		g_autoptr(GPtrArray) made = tuned_new_array();
		g_autoptr(GPtrArray) undone = tuned_new_array();
		g_autofree char *value = NULL;

		assert_true(tune_fixture_apply(fixture, made, NULL));
		tree_write(fixture->tree, tune_files[0].path, "5\n");
		g_ptr_array_set_size(fixture->changes, 1);
		assert_true(tune_killed_at(fixture, n, FALSE));
		assert_true(tune_recover(&fixture->tune, undone, NULL));
		value = tune_value(fixture, tune_files[0].path);
		assert_string_equal(value, "5");
		tree_write(fixture->tree, tune_files[0].path, tune_files[0].then);
		assert_int_equal(tune_count(fixture, TRUE), ALL);
		restore(fixture, NULL);
		assert_int_equal(tune_count(fixture, FALSE), ALL);
		tune_fixture_free(fixture);
	}
}

/* ---- a transaction that stays open ------------------------------------------------------ */

/* As a run's: everything is in force, and the journal says that it is not to stay. */
static void test_an_open_one_is_taken_back(void **state)
{
	TuneFixture *fixture = tune_fixture_new();
	g_autoptr(GPtrArray) made = tuned_new_array();
	g_autoptr(GPtrArray) undone = tuned_new_array();
	TuneStatus *status;

	(void)state;
	fixture->tune.stays_open = TRUE;
	assert_true(tune_fixture_apply(fixture, made, NULL));
	assert_int_equal(tune_count(fixture, TRUE), ALL);
	status = tune_status(&fixture->tune, NULL);
	assert_true(status->tuned);
	assert_false(status->complete);
	assert_int_equal(count_states(status->rows, TUNED_IN_FORCE), ALL);
	tune_status_free(status);
	assert_true(tune_recover(&fixture->tune, undone, NULL));
	assert_int_equal(count_states(undone, TUNED_RESTORED), ALL);
	assert_int_equal(tune_count(fixture, FALSE), ALL);
	assert_false(has_journal(fixture));
	tune_fixture_free(fixture);
}

/* Killed at every step, the last time when all was made: the next command takes it back. */
static void test_an_open_one_is_killed(void **state)
{
	guint n = 1;

	(void)state;
	for (;; n++) {
		TuneFixture *fixture = tune_fixture_new();
		g_autoptr(GPtrArray) undone = tuned_new_array();
		gboolean killed;

		fixture->tune.stays_open = TRUE;
		killed = tune_killed_at(fixture, n, FALSE);
		fixture->tune.stays_open = FALSE;
		if (!killed)
			assert_int_equal(tune_count(fixture, TRUE), ALL);
		assert_true(tune_recover(&fixture->tune, undone, NULL));
		assert_int_equal(tune_count(fixture, FALSE), ALL);
		assert_false(has_journal(fixture));
		tune_fixture_free(fixture);
		if (!killed)
			break;
	}
	assert_int_equal(n, 1 + 3 * ALL + 1);
}

/* What was complete before it stays when it is taken back. */
static void test_an_open_one_leaves_the_complete(void **state)
{
	TuneFixture *fixture = tune_fixture_new();
	g_autoptr(GPtrArray) made = tuned_new_array();
	g_autoptr(GPtrArray) second = tuned_new_array();
	g_autoptr(GPtrArray) undone = tuned_new_array();
	g_autofree char *value = NULL;

	(void)state;
	assert_true(tune_fixture_apply(fixture, made, NULL));
	tree_write(fixture->tree, tune_files[0].path, "5\n");
	fixture->tune.stays_open = TRUE;
	assert_true(tune_fixture_apply(fixture, second, NULL));
	assert_int_equal(count_states(second, TUNED_MADE), 1);
	assert_int_equal(count_states(second, TUNED_HELD), ALL - 1);
	assert_true(tune_recover(&fixture->tune, undone, NULL));
	assert_int_equal(undone->len, 1);
	value = tune_value(fixture, tune_files[0].path);
	assert_string_equal(value, "5");
	tree_write(fixture->tree, tune_files[0].path, tune_files[0].then);
	assert_int_equal(tune_count(fixture, TRUE), ALL);
	restore(fixture, NULL);
	assert_int_equal(tune_count(fixture, FALSE), ALL);
	tune_fixture_free(fixture);
}

/* ---- writes that do not come back ------------------------------------------------------- */

static int never(gconstpointer data)
{
	(void)data;
	for (;;)
		pause();
	return 0;
}

static int refuse(gconstpointer data)
{
	(void)data;
	return EBUSY;
}

static void test_a_write_that_hangs_is_given_up(void **state)
{
	(void)state;
	assert_int_equal(deadline_call(refuse, NULL, 60), EBUSY);
	assert_int_equal(deadline_call(never, NULL, 1), ETIMEDOUT);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

/* A journal with one change that failed, after which `now` was read back. */
static void write_failed(TuneFixture *fixture, const char *now)
{
	g_auto(JournalHost) host = {NULL, NULL};
	g_autoptr(JournalWriter) writer = journal_writer_open(fixture->state, NULL, NULL);
	guint n;

	journal_host_read(fixture->root, &host);
	assert_true(journal_begin(writer, &host, "test", "4-7", NULL));
	assert_true(journal_change(writer, fixture->changes->pdata[0], tune_files[0].shown, &n,
				   NULL));
	assert_true(journal_failed(writer, n, now, NULL));
	assert_true(journal_complete(writer, NULL));
}

/* A write that was given up may take when nobody waits any more: then it is lathe's, unlike what
 * somebody set after it had failed for good. */
static void test_a_write_that_comes_late_is_ours(void **state)
{
	(void)state;
	for (guint i = 0; i < 2; i++) {
		TuneFixture *fixture = tune_fixture_new();
		g_autoptr(GPtrArray) undone = tuned_new_array();

		write_failed(fixture, i == 0 ? NULL : tune_files[0].shown);
		tree_write(fixture->tree, tune_files[0].path, tune_files[0].then);
		restore(fixture, undone);
		assert_int_equal(undone->len, 1);
		assert_int_equal(count_states(undone, i == 0 ? TUNED_RESTORED : TUNED_FOREIGN), 1);
		assert_int_equal(tune_count(fixture, FALSE), i == 0 ? ALL : ALL - 1);
		tune_fixture_free(fixture);
	}
}

static void test_a_captured_tree_is_not_written(void **state)
{
	TuneFixture *fixture = tune_fixture_new();
	g_autoptr(GPtrArray) outcomes = tuned_new_array();

	(void)state;
	root_free(fixture->root);
	fixture->root = root_open_captured(fixture->tree, NULL);
	fixture->tune.host.root = fixture->root;
	assert_false(tune_fixture_apply(fixture, outcomes, NULL));
	assert_int_equal(tune_count(fixture, FALSE), ALL);
	assert_false(has_journal(fixture));
	tune_fixture_free(fixture);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_applies_and_puts_back),
		cmocka_unit_test(test_a_severe_failure_takes_all_back),
		cmocka_unit_test(test_what_cannot_be_taken_back_is_told),
		cmocka_unit_test(test_keeps_going_when_told),
		cmocka_unit_test(test_a_lesser_failure_is_reported),
		cmocka_unit_test(test_what_others_set_survives),
		cmocka_unit_test(test_drift_is_tuned_again_and_given_back),
		cmocka_unit_test(test_refuses_other_cpus),
		cmocka_unit_test(test_a_reboot_is_recognised),
		cmocka_unit_test(test_a_reboot_ends_what_was_complete),
		cmocka_unit_test(test_threads_end_with_the_boot),
		cmocka_unit_test(test_a_signal_takes_all_back),
		cmocka_unit_test(test_a_full_disk_puts_all_back),
		cmocka_unit_test(test_killed_while_applying),
		cmocka_unit_test(test_killed_while_restoring),
		cmocka_unit_test(test_recovers_the_unfinished_alone),
		cmocka_unit_test(test_an_open_one_is_taken_back),
		cmocka_unit_test(test_an_open_one_is_killed),
		cmocka_unit_test(test_an_open_one_leaves_the_complete),
		cmocka_unit_test(test_a_write_that_hangs_is_given_up),
		cmocka_unit_test(test_a_write_that_comes_late_is_ours),
		cmocka_unit_test(test_a_captured_tree_is_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
