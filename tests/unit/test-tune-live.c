/* SPDX-License-Identifier: GPL-2.0-or-later */
/* This very machine is tuned for its last CPU, and must be as before afterwards. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "change.h"
#include "tree.h"
#include "tune.h"

typedef struct {
	Root *root;
	char *directory;
	Cpuset planned;
	char *cpus;
	Changes *changes;
	GPtrArray *before; /* of char *: what each change's place held; NULL: not to be read */
	Tune tune;
	guint steps_left;
} Live;

static void step(gpointer data)
{
	Live *live = data;

	if (live->steps_left > 0 && --live->steps_left == 0)
		raise(SIGKILL);
}

/* All tasks of the machine but the tests: test-tune-cpuset moves some of its own instead. */
static Changes *find(const Live *live)
{
	static const char *const skip[] = {"task.stray", NULL};
	const KnobSelection selection = {.skip = skip};
	g_autoptr(KnobView) view = knob_view_new(live->root, SCOPE_HOST, &live->planned, NULL);

	return changes_find(view, &selection);
}

static char *read_place(const Live *live, const Change *change)
{
	char *value = NULL;
	int errnum = 0;

	target_of(change->kind)->read(&live->tune.host, change->place, &value, &errnum);
	return value;
}

static int set_up(void **state)
{
	g_autoptr(KnobView) view = NULL;
	Live *live = g_new0(Live, 1);

	live->root = root_open_live(NULL);
	live->directory = tree_new();
	view = knob_view_new(live->root, SCOPE_HOST, NULL, NULL);
	for (int cpu = cpuset_next(knob_view_online(view), 1), next; cpu >= 0; cpu = next) {
		next = cpuset_next(knob_view_online(view), (guint)cpu + 1);
		if (next < 0)
			cpuset_add(&live->planned, (guint)cpu);
	}
	live->cpus = cpulist_format(&live->planned);
	live->tune = (Tune){.host = {live->root, TARGET_WRITE_SECONDS},
			    .directory = live->directory,
			    .step = step,
			    .step_data = live};
	live->changes = find(live);
	live->before = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < live->changes->changes->len; i++)
		g_ptr_array_add(live->before,
				read_place(live, live->changes->changes->pdata[i]));
	*state = live;
	/* Two CPUs and root: tests/run has both, and says so. */
	return cpuset_count(&live->planned) == 1 && geteuid() == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
	Live *live = *state;

	changes_free(live->changes);
	g_ptr_array_unref(live->before);
	root_free(live->root);
	tree_free(live->directory);
	g_free(live->cpus);
	g_free(live);
	return 0;
}

static void assert_as_before(const Live *live)
{
	for (guint i = 0; i < live->before->len; i++) {
		const Change *change = live->changes->changes->pdata[i];
		g_autofree char *now = read_place(live, change);

		/* Kernel threads come and go: khugepaged ends with transparent huge pages. */
		if (!now && change->refusable)
			continue;
		if (g_strcmp0(now, live->before->pdata[i]) != 0)
			fail_msg("%s: %s held '%s' and holds '%s'", change->row, change->place,
				 (char *)live->before->pdata[i], now);
	}
}

/* TRUE when nothing is left to put back. */
static gboolean try_restore(Live *live)
{
	g_autoptr(GPtrArray) outcomes = tuned_new_array();
	g_autoptr(GError) error = NULL;
	gboolean done = tune_restore(&live->tune, outcomes, NULL, NULL, &error);

	for (guint i = 0; i < outcomes->len; i++) {
		const Tuned *tuned = outcomes->pdata[i];

		if (tuned->state == TUNED_STUCK)
			print_message("%s: %s: %s\n", tuned->row, tuned->place, tuned->why);
	}
	return done;
}

/* What the machine refuses for a moment stays in the journal, for the next restore. */
static void restore(Live *live)
{
	guint tries = 3;

	live->steps_left = 0;
	while (!try_restore(live))
		if (--tries == 0)
			fail_msg("something could not be put back");
	assert_as_before(live);
}

/* In a process that is killed at its n-th step, or ends by itself (FALSE). */
static gboolean apply_elsewhere(Live *live, guint n)
{
	pid_t child = fork();
	int status = 0;

	assert_true(child >= 0);
	if (child == 0) {
		g_autoptr(GPtrArray) outcomes = tuned_new_array();

		live->steps_left = n;
		_exit(tune_apply(&live->tune, "test", live->cpus, live->changes->changes,
				 outcomes, NULL)
			      ? 0
			      : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return TRUE;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	return FALSE;
}

static gboolean failed_in(const GPtrArray *rows, guint i)
{
	return ((Tuned *)rows->pdata[i])->state == TUNED_FAILED;
}

/* Every place holds what it should, unless the machine refused: then it says so, and it is no
 * severe one. Rows that hold now are found to hold. */
static void test_changes_and_puts_back(void **state)
{
	Live *live = *state;
	g_autoptr(Changes) left = NULL;
	TuneStatus *status;
	guint in_force = 0, failed = 0;

	assert_true(live->changes->changes->len > 0);
	assert_false(apply_elsewhere(live, 0));
	status = tune_status(&live->tune, NULL);
	for (guint i = 0; i < status->rows->len; i++) {
		const Tuned *row = status->rows->pdata[i];

		if (!failed_in(status->rows, i)) {
			assert_int_equal(row->state, TUNED_IN_FORCE);
			assert_string_not_equal(row->now, row->was);
			in_force++;
		}
		failed += failed_in(status->rows, i);
	}
	left = find(live);
	tune_status_free(status);
	print_message("%u changes in force, %u refused\n", in_force, failed);
	restore(live);
	assert_true(in_force > failed);
	assert_int_equal(left->changes->len, failed);
}

static void test_killed_at_every_step(void **state)
{
	Live *live = *state;
	guint n = 1;

	while (apply_elsewhere(live, n)) {
		restore(live);
		n++;
	}
	restore(live);
	print_message("killed at each of %u steps\n", n - 1);
	assert_true(n > 2 * live->changes->changes->len);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changes_and_puts_back),
		cmocka_unit_test(test_killed_at_every_step),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
