/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tasks that are moved into a cpuset of v1, on this machine, and back, whatever happens. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cpuset-fixture.h"
#include "cpuset.h"
#include "error.h"
#include "threads.h"

static void expect_at(const CpusetFixture *fixture, pid_t pid, const char *group, const char *cpus)
{
	g_autofree char *seen = cpuset_of(fixture, pid);
	g_autofree char *wanted =
		g_strdup_printf("%s %s", group + strlen(ISOLATE_V1), cpus);

	assert_string_equal(seen, wanted);
}

static void expect_balance(const CpusetFixture *fixture, const char *wanted)
{
	g_autofree char *seen = cpuset_read(fixture, fixture->base, "cpuset.sched_load_balance");

	assert_string_equal(seen, wanted);
}

/* Everything as it was: also what was forked since. */
static void expect_before(const CpusetFixture *fixture)
{
	g_autofree char *last = g_strdup_printf("%u", fixture->last_cpu);
	g_autofree char *journal = g_build_filename(fixture->state, "journal", NULL);

	expect_at(fixture, fixture->plain.pid, fixture->base, fixture->all);
	expect_at(fixture, fixture->pinned.pid, fixture->base, last);
	expect_at(fixture, fixture->elsewhere.pid, fixture->base, fixture->first);
	expect_at(fixture, fixture->vm.pid, fixture->base, fixture->all);
	for (guint i = 0; i < fixture->forked->len; i++)
		expect_at(fixture, g_array_index(fixture->forked, pid_t, i), fixture->base,
			  i % 2 == 0 ? fixture->all : last);
	expect_balance(fixture, "1");
	assert_false(root_exists(fixture->root, fixture->group));
	assert_false(g_file_test(journal, G_FILE_TEST_EXISTS));
}

/* Each plain one is followed by a pinned one: see expect_before(). */
static void fork_some(CpusetFixture *fixture)
{
	forker_fork(fixture, &fixture->plain);
	forker_fork(fixture, &fixture->pinned);
}

/* Why the machine has nothing to try it on, or NULL. */
static const char *lack(void)
{
	if (geteuid() != 0)
		return "root: making cpusets needs it";
	if (access("/" ISOLATE_V1_BALANCE, F_OK) != 0)
		return "cpuset-v1: there is no " ISOLATE_V1_BALANCE;
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		return "second-cpu: there is none to keep threads off";
	return NULL;
}

static int set_up(void **state)
{
	*state = lack() ? NULL : cpuset_fixture_new("in");
	return 0;
}

static int set_up_forced(void **state)
{
	*state = lack() ? NULL : cpuset_fixture_new("in, with VMs");
	return 0;
}

static int tear_down(void **state)
{
	if (*state)
		cpuset_fixture_free(*state);
	return 0;
}

static CpusetFixture *fixture_of(void **state)
{
	if (!*state) {
		print_message("SKIP %s\n", lack());
		skip();
	}
	return *state;
}

static gboolean apply(CpusetFixture *fixture, GPtrArray *outcomes, GError **error)
{
	return tune_apply(&fixture->tune, "test", "1", fixture->changes, outcomes, error);
}

static void restore(CpusetFixture *fixture)
{
	g_autoptr(GPtrArray) outcomes = tuned_new_array();
	GError *error = NULL;

	fixture->steps_left = 0;
	if (!tune_restore(&fixture->tune, outcomes, NULL, NULL, &error))
		fail_msg("%s", error->message);
}

/* In a process that is killed at its n-th step; FALSE: it ended before that. */
static gboolean killed_at(CpusetFixture *fixture, guint n, gboolean restoring)
{
	pid_t child = fork();
	int status = 0;

	assert_true(child >= 0);
	if (child == 0) {
		g_autoptr(GPtrArray) outcomes = tuned_new_array();

		fixture->steps_left = n;
		_exit((restoring ? tune_restore(&fixture->tune, outcomes, NULL, NULL, NULL)
				 : apply(fixture, outcomes, NULL))
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

static void test_moves_and_puts_back(void **state)
{
	CpusetFixture *fixture = fixture_of(state);
	g_autoptr(GPtrArray) outcomes = tuned_new_array();
	g_autoptr(GPtrArray) again = tuned_new_array();
	TuneStatus *status;

	fork_some(fixture);
	expect_before(fixture);
	assert_true(apply(fixture, outcomes, NULL));
	for (guint i = 0; i < outcomes->len; i++)
		assert_int_equal(((Tuned *)outcomes->pdata[i])->state, TUNED_MADE);
	/* The VM's, and who may not run on the planned CPUs anyway. */
	assert_string_equal(((Tuned *)outcomes->pdata[1])->now, "in, 2 stay");
	expect_at(fixture, fixture->plain.pid, fixture->group, fixture->first);
	expect_at(fixture, fixture->pinned.pid, fixture->group, fixture->first);
	expect_at(fixture, fixture->elsewhere.pid, fixture->base, fixture->first);
	expect_at(fixture, fixture->vm.pid, fixture->base, fixture->all);
	expect_balance(fixture, "0");
	fork_some(fixture);
	expect_at(fixture, g_array_index(fixture->forked, pid_t, 2), fixture->group,
		  fixture->first);
	status = tune_status(&fixture->tune, NULL);
	for (guint i = 0; i < status->rows->len; i++)
		assert_int_equal(((Tuned *)status->rows->pdata[i])->state, TUNED_IN_FORCE);
	assert_int_equal(status->rows->len, 3);
	tune_status_free(status);
	assert_true(apply(fixture, again, NULL));
	for (guint i = 0; i < again->len; i++)
		assert_int_equal(((Tuned *)again->pdata[i])->state, TUNED_HELD);
	restore(fixture);
	expect_before(fixture);
	restore(fixture);
	expect_before(fixture);
}

static void test_a_vm_moves_only_by_force(void **state)
{
	CpusetFixture *fixture = fixture_of(state);
	g_autoptr(GPtrArray) outcomes = tuned_new_array();

	assert_true(apply(fixture, outcomes, NULL));
	expect_at(fixture, fixture->vm.pid, fixture->group, fixture->first);
	restore(fixture);
	expect_before(fixture);
}

static void test_killed_while_applying(void **state)
{
	CpusetFixture *fixture = fixture_of(state);
	guint n = 1;

	while (killed_at(fixture, n, FALSE)) {
		fork_some(fixture);
		restore(fixture);
		expect_before(fixture);
		n++;
	}
	fork_some(fixture);
	restore(fixture);
	expect_before(fixture);
	/* begin; a record, a write and another record for each change */
	assert_int_equal(n, 1 + 3 * fixture->changes->len + 1);
}

static void test_killed_while_restoring(void **state)
{
	CpusetFixture *fixture = fixture_of(state);
	guint n = 1;

	for (;; n++) {
		g_autoptr(GPtrArray) outcomes = tuned_new_array();
		gboolean killed;

		assert_true(apply(fixture, outcomes, NULL));
		fork_some(fixture);
		killed = killed_at(fixture, n, TRUE);
		fork_some(fixture);
		restore(fixture);
		expect_before(fixture);
		if (!killed)
			break;
	}
	assert_int_equal(n, 2 * fixture->changes->len + 1);
}

static gboolean is_announced(const CpusetFixture *fixture, const char *kind)
{
	g_autofree char *path = g_build_filename(fixture->state, "journal", NULL);
	g_autofree char *wanted = g_strdup_printf("\"kind\":\"%s\"", kind);
	g_autofree char *text = NULL;

	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	return strstr(text, wanted) != NULL;
}

/* Killed within a write: the cpuset is there and has no CPUs, or only some tasks are in it. */
static void test_killed_within_a_write(void **state)
{
	CpusetFixture *fixture = fixture_of(state);
	g_autofree char *absolute = g_strconcat("/", fixture->group, NULL);
	guint begun = 0, moved = 0;

	for (guint n = 1; killed_at(fixture, n, FALSE); n++) {
		gboolean made = root_exists(fixture->root, fixture->group);
		g_autofree char *tasks = made ? cpuset_of(fixture, fixture->plain.pid) : NULL;

		if (!made && is_announced(fixture, "cpuset")) {
			assert_int_equal(g_mkdir(absolute, 0755), 0);
			begun++;
		} else if (made && is_announced(fixture, "tasks") &&
			   !strstr(tasks, CPUSET_HOUSEKEEPING)) {
			cpuset_enter(fixture, fixture->group, fixture->plain.pid);
			fork_some(fixture);
			moved++;
		}
		restore(fixture);
		expect_before(fixture);
	}
	restore(fixture);
	expect_before(fixture);
	assert_true(begun > 0 && moved > 0);
}

/* Whoever starts VMs must not be confined by what moved its shell. */
static void test_who_starts_vms_leaves(void **state)
{
	CpusetFixture *fixture = fixture_of(state);
	g_autoptr(GPtrArray) outcomes = tuned_new_array();
	int status = 0;
	pid_t child;

	assert_true(apply(fixture, outcomes, NULL));
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		g_autofree char *in = NULL;
		g_autofree char *out = NULL;
		g_autofree char *base = NULL;

		cpuset_enter(fixture, fixture->group, getpid());
		in = cpuset_of(fixture, getpid());
		_exit(strstr(in, CPUSET_HOUSEKEEPING) && cpuset_leave(fixture->root, NULL) &&
				      cpuset_leave(fixture->root, NULL) &&
				      (out = cpuset_of(fixture, getpid())) &&
				      (base = g_strdup_printf("%s %s",
							      fixture->base + strlen(ISOLATE_V1),
							      fixture->all)) &&
				      strcmp(out, base) == 0
			      ? 0
			      : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	restore(fixture);
	expect_before(fixture);
}

/* What somebody else made in it is not ours to remove. */
static void test_a_cgroup_of_others_below_is_reported(void **state)
{
	CpusetFixture *fixture = fixture_of(state);
	g_autoptr(GPtrArray) made = tuned_new_array();
	g_autoptr(GPtrArray) undone = tuned_new_array();
	g_autofree char *absolute = g_strconcat("/", fixture->group, "/machine", NULL);
	g_autoptr(GError) error = NULL;

	assert_true(apply(fixture, made, NULL));
	assert_int_equal(g_mkdir(absolute, 0755), 0);
	assert_false(tune_restore(&fixture->tune, undone, NULL, NULL, &error));
	assert_int_equal(((Tuned *)undone->pdata[2])->state, TUNED_STUCK);
	assert_non_null(strstr(((Tuned *)undone->pdata[2])->why, "machine"));
	/* The tasks and the balancing came back all the same. */
	expect_at(fixture, fixture->plain.pid, fixture->base, fixture->all);
	expect_balance(fixture, "1");
	assert_int_equal(rmdir(absolute), 0);
	restore(fixture);
	expect_before(fixture);
}

/* A kernel thread that is bound to its CPU is refused (EINVAL): that ends nothing. */
static void test_what_is_bound_is_passed_over(void **state)
{
	CpusetFixture *fixture = fixture_of(state);
	g_autoptr(GArray) threads = threads_read(fixture->root, &(int){0});
	g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(guint));
	const KnobThread *bound = NULL;
	guint plain = (guint)fixture->plain.pid;

	for (guint i = 0; i < threads->len && !bound; i++)
		if (g_str_has_prefix(g_array_index(threads, KnobThread, i).comm, "ksoftirqd/"))
			bound = &g_array_index(threads, KnobThread, i);
	if (bound) {
		g_autofree char *before = cpuset_of(fixture, (pid_t)bound->tid);
		g_autofree char *after = NULL;
		g_autoptr(GPtrArray) outcomes = tuned_new_array();

		assert_true(apply(fixture, outcomes, NULL));
		g_array_append_val(ids, bound->tid);
		g_array_append_val(ids, plain);
		assert_true(cpuset_take(&fixture->tune.host, fixture->base, ids, NULL));
		after = cpuset_of(fixture, (pid_t)bound->tid);
		assert_string_equal(before, after);
		expect_at(fixture, fixture->plain.pid, fixture->base, fixture->all);
		restore(fixture);
	}
	assert_non_null(bound);
	expect_before(fixture);
}

#define TEST(test, set_up) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_moves_and_puts_back, set_up),
		TEST(test_a_vm_moves_only_by_force, set_up_forced),
		TEST(test_killed_while_applying, set_up),
		TEST(test_killed_while_restoring, set_up),
		TEST(test_killed_within_a_write, set_up),
		TEST(test_who_starts_vms_leaves, set_up),
		TEST(test_a_cgroup_of_others_below_is_reported, set_up),
		TEST(test_what_is_bound_is_passed_over, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
