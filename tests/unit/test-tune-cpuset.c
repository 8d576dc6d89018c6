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
#include "movable.h"
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

static void need_cpusets(void)
{
	if (geteuid() != 0) {
		print_message("SKIP root: making cpusets needs it, and this is uid %d\n",
			      (int)geteuid());
		skip();
	}
	if (access("/" ISOLATE_V1_BALANCE, F_OK) != 0) {
		print_message("SKIP cpuset-v1: there is no " ISOLATE_V1_BALANCE "\n");
		skip();
	}
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2) {
		print_message("SKIP second-cpu: there is none to keep threads off\n");
		skip();
	}
}

static CpusetFixture *new_fixture(const char *in)
{
	need_cpusets();
	return cpuset_fixture_new(in);
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
	CpusetFixture *fixture = new_fixture("in");
	g_autoptr(GPtrArray) outcomes = tuned_new_array();
	g_autoptr(GPtrArray) again = tuned_new_array();
	TuneStatus *status;

	(void)state;
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
	cpuset_fixture_free(fixture);
}

static void test_a_vm_moves_only_by_force(void **state)
{
	CpusetFixture *fixture = new_fixture("in, with VMs");
	g_autoptr(GPtrArray) outcomes = tuned_new_array();

	(void)state;
	assert_true(apply(fixture, outcomes, NULL));
	expect_at(fixture, fixture->vm.pid, fixture->group, fixture->first);
	restore(fixture);
	expect_before(fixture);
	cpuset_fixture_free(fixture);
}

static void test_killed_while_applying(void **state)
{
	CpusetFixture *fixture = new_fixture("in");
	guint n = 1;

	(void)state;
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
	cpuset_fixture_free(fixture);
}

static void test_killed_while_restoring(void **state)
{
	CpusetFixture *fixture = new_fixture("in");
	guint n = 1;

	(void)state;
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
	cpuset_fixture_free(fixture);
}

/* Killed within a write: the cpuset is there and has no CPUs, or only some tasks are in it. */
static void test_killed_within_a_write(void **state)
{
	CpusetFixture *fixture = new_fixture("in");
	g_autofree char *absolute = g_strconcat("/", fixture->group, NULL);

	(void)state;
	/* begin and the records of both changes of the first row */
	assert_true(killed_at(fixture, 3, FALSE));
	assert_int_equal(g_mkdir(absolute, 0755), 0);
	restore(fixture);
	expect_before(fixture);
	/* and the cpuset, and its record */
	assert_true(killed_at(fixture, 5, FALSE));
	cpuset_enter(fixture, fixture->group, fixture->plain.pid);
	fork_some(fixture);
	restore(fixture);
	expect_before(fixture);
	cpuset_fixture_free(fixture);
}

/* Whoever starts VMs must not be confined by what moved its shell. */
static void test_who_starts_vms_leaves(void **state)
{
	CpusetFixture *fixture = new_fixture("in");
	g_autoptr(GPtrArray) outcomes = tuned_new_array();
	int status = 0;
	pid_t child;

	(void)state;
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
	cpuset_fixture_free(fixture);
}

/* What somebody else made in it is not ours to remove. */
static void test_a_cgroup_of_others_below_is_reported(void **state)
{
	CpusetFixture *fixture = new_fixture("in");
	g_autoptr(GPtrArray) made = tuned_new_array();
	g_autoptr(GPtrArray) undone = tuned_new_array();
	g_autofree char *absolute = g_strconcat("/", fixture->group, "/machine", NULL);
	g_autoptr(GError) error = NULL;

	(void)state;
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
	cpuset_fixture_free(fixture);
}

/* A kernel thread that is bound to its CPU is refused (EINVAL): that ends nothing. */
static void test_what_is_bound_is_passed_over(void **state)
{
	CpusetFixture *fixture = new_fixture("in");
	g_autoptr(GArray) threads = threads_read(fixture->root, &(int){0});
	g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(guint));
	const KnobThread *bound = NULL;
	guint plain = (guint)fixture->plain.pid;

	(void)state;
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
	cpuset_fixture_free(fixture);
}

/* ---- who moves -------------------------------------------------------------------------- */

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
		cmocka_unit_test(test_moves_and_puts_back),
		cmocka_unit_test(test_a_vm_moves_only_by_force),
		cmocka_unit_test(test_killed_while_applying),
		cmocka_unit_test(test_killed_while_restoring),
		cmocka_unit_test(test_killed_within_a_write),
		cmocka_unit_test(test_who_starts_vms_leaves),
		cmocka_unit_test(test_a_cgroup_of_others_below_is_reported),
		cmocka_unit_test(test_what_is_bound_is_passed_over),
		cmocka_unit_test(test_who_moves),
		cmocka_unit_test(test_which_kernels_remember),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
