/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host executor with real loads in real cgroups. An ordinary user cannot make cgroups: the
 * tests that need them are skipped with the reason (tests/run).
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroup.h"
#include "confine.h"
#include "error.h"
#include "tree.h"
#include "waiter.h"

/* Long enough for any machine; a wait ends as soon as its condition holds. */
#define DEADLINE_MS 60000

static const Cpuset cpu0 = {{1}};

typedef struct {
	Root *live;
	Waiter *waiter;
	CgroupLayout *layout;
	char *id, *scratch;
	char *self; /* this program: one of its own loads */
} Fixture;

static char *program;

static int set_up(void **state)
{
	Fixture *fixture = g_new0(Fixture, 1);

	fixture->live = root_open_live(NULL);
	fixture->waiter = waiter_new();
	fixture->layout = cgroup_layout_read(fixture->live, NULL);
	fixture->id = g_strdup_printf("test-%d", getpid());
	fixture->scratch = tree_new();
	fixture->self = program;
	*state = fixture;
	return fixture->live ? 0 : -1;
}

static int tear_down(void **state)
{
	Fixture *fixture = *state;

	confine_destroy_leftovers(fixture->live, fixture->id, NULL, NULL);
	/* stress-ng's files: killed loads leave empty directories. */
	tree_free(fixture->scratch);
	cgroup_layout_free(fixture->layout);
	waiter_free(fixture->waiter);
	root_free(fixture->live);
	g_free(fixture->id);
	g_free(fixture);
	return 0;
}

static void need_cgroups(void)
{
	if (geteuid() != 0) {
		print_message("SKIP root: making cgroups needs it, and this is uid %d\n",
			      (int)geteuid());
		skip();
	}
}

/* TRUE when no hierarchy has the group any more. */
static gboolean no_group(const Fixture *fixture)
{
	g_autofree char *top = g_strdup_printf("lathe-%s", fixture->id);

	for (guint i = 0; i < fixture->layout->count; i++) {
		g_autofree char *name =
			cgroup_file(&fixture->layout->hierarchies[i], top, NULL);

		if (root_exists(fixture->live, name))
			return FALSE;
	}
	return TRUE;
}

static gboolean is_gone(pid_t pid)
{
	return kill(pid, 0) != 0 && errno == ESRCH;
}

static Executor *executor_of(Fixture *fixture)
{
	g_autoptr(GError) error = NULL;
	Executor *executor = confine_new(fixture->live, fixture->id, &cpu0, &error);

	if (error)
		print_error("confine_new: %s\n", error->message);
	assert_non_null(executor);
	executor->size.directory = fixture->scratch;
	executor->size.memory_mib = 32;
	return executor;
}

static gboolean is_busy(gpointer data)
{
	return supervisor_busy(data);
}

static gboolean is_dead(gpointer data)
{
	supervisor_look(data);
	return supervisor_dead(data) != NULL;
}

static void wait_for(Fixture *fixture, gboolean (*done)(gpointer), gpointer data,
		     const char *what)
{
	g_autoptr(GError) error = NULL;

	if (!waiter_until(fixture->waiter, DEADLINE_MS, done, data, what, &error))
		fail_msg("%s", error->message);
}

static LoadProcess *start(Executor *executor, const char *name, const char *const *argv,
			  GError **error)
{
	return executor->start(executor, name, (char **)argv, error);
}

/* Every process of every load, by its cgroup. */
static GArray *pids_of(const Fixture *fixture, const char *name)
{
	g_autofree char *group = g_strdup_printf("lathe-%s/%s", fixture->id, name);
	g_autofree char *file =
		cgroup_file(&fixture->layout->hierarchies[0], group, "cgroup.procs");
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	GArray *pids = g_array_new(FALSE, FALSE, sizeof(pid_t));

	assert_true(root_read(fixture->live, file, &text, NULL, NULL, NULL));
	lines = g_strsplit(g_strchomp(text), "\n", -1);
	for (char **line = lines; *line && **line; line++) {
		pid_t pid = (pid_t)g_ascii_strtoll(*line, NULL, 10);

		g_array_append_val(pids, pid);
	}
	return pids;
}

static GPtrArray *all_names(void)
{
	GPtrArray *names = g_ptr_array_new();

	for (const Load *const *load = loads; *load; load++)
		g_ptr_array_add(names, (char *)(*load)->name);
	return names;
}

typedef struct {
	Fixture *fixture;
	Supervisor *supervisor;
	GPtrArray *names;
} Started;

/* Each load is a parent and its workers; on a slow machine the parent alone takes a
 * while. */
static gboolean all_at_work(gpointer data)
{
	Started *started = data;

	for (guint i = 0; i < started->names->len; i++) {
		g_autoptr(GArray)
			pids = pids_of(started->fixture, started->names->pdata[i]);

		if (pids->len < 2)
			return FALSE;
	}
	return supervisor_busy(started->supervisor);
}

static GArray *all_pids(const Fixture *fixture, const GPtrArray *names)
{
	GArray *pids = g_array_new(FALSE, FALSE, sizeof(pid_t));

	for (guint i = 0; i < names->len; i++) {
		g_autoptr(GArray) some = pids_of(fixture, names->pdata[i]);

		g_array_append_vals(pids, some->data, some->len);
	}
	return pids;
}

static void check_records(const GPtrArray *records)
{
	for (guint i = 0; i < records->len; i++) {
		const LoadRecord *record = records->pdata[i];

		assert_true(record->ran);
		assert_false(record->exited_early);
		assert_int_equal(record->exit, -SIGKILL);
		assert_true(record->cpu_seconds > 0);
		assert_string_equal(record->ran_on, "0");
	}
}

/* Not even a zombie's program: a zombie may wait for init to reap it. */
static void check_gone(const GArray *pids)
{
	for (guint i = 0; i < pids->len; i++) {
		g_autofree char *exe =
			g_strdup_printf("/proc/%d/exe", g_array_index(pids, pid_t, i));

		assert_false(g_file_test(exe, G_FILE_TEST_EXISTS));
	}
}

/* Every load of the table, for real: busy, counted, on CPU 0 alone, gone at the end. */
static void test_all_loads(void **state)
{
	Started started = {.fixture = *state};
	g_autoptr(GPtrArray) names = all_names();
	g_autoptr(GArray) pids = NULL;
	g_autoptr(GError) error = NULL;
	Executor *executor;

	need_cgroups();
	executor = executor_of(started.fixture);
	assert_string_equal(executor->cpus, "0");
	assert_int_equal(executor->size.cpus, 1);
	started.names = names;
	started.supervisor = supervisor_new(executor);
	if (!supervisor_start(started.supervisor, names, &error))
		fail_msg("%s (%s)", error->message, lathe_error_get_hint(error));
	wait_for(started.fixture, all_at_work, &started, "all loads to work");
	supervisor_mark(started.supervisor);
	pids = all_pids(started.fixture, names);
	wait_for(started.fixture, all_at_work, &started, "all loads to go on");
	assert_null(supervisor_dead(started.supervisor));
	if (!supervisor_stop(started.supervisor, &error))
		fail_msg("%s", error->message);
	assert_int_equal(supervisor_records(started.supervisor)->len, names->len);
	check_records(supervisor_records(started.supervisor));
	supervisor_free(started.supervisor);
	confine_free(executor);
	assert_true(no_group(started.fixture));
	check_gone(pids);
}

/* A load of this test: it tries to leave its CPU in every way a process has, and then
 * spins. Its exit status, should it end, tells which way was open. */
static int escape_main(void)
{
	cpu_set_t other, seen;

	CPU_ZERO(&other);
	CPU_SET(1, &other);
	if (sched_setaffinity(0, sizeof(other), &other) == 0 || errno != EINVAL)
		return 11;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		CPU_SET(cpu, &other);
	if (sched_setaffinity(0, sizeof(other), &other) != 0 ||
	    sched_getaffinity(0, sizeof(seen), &seen) != 0)
		return 12;
	if (CPU_COUNT(&seen) != 1 || !CPU_ISSET(0, &seen))
		return 13;
	if (sched_getscheduler(0) != SCHED_OTHER)
		return 14;
	fputs("spinning\n", stderr);
	/* A child outlives its parent's interest and leaves its session: still inside. */
	if (fork() == 0)
		setsid();
	for (;;)
		sched_yield();
}

typedef struct {
	Executor *executor;
	LoadProcess *process;
	LoadUsage usage;
} Watched;

static void usage_clear(LoadUsage *usage)
{
	g_clear_pointer(&usage->ran_on, g_free);
	g_clear_pointer(&usage->output, g_free);
}

static gboolean look(Watched *watched)
{
	usage_clear(&watched->usage);
	assert_true(watched->executor->usage(watched->executor, watched->process,
					     &watched->usage, NULL));
	return TRUE;
}

static gboolean used_half_a_second(gpointer data)
{
	Watched *watched = data;

	look(watched);
	return !watched->usage.alive || watched->usage.cpu_seconds > 0.5;
}

static gboolean has_ended(gpointer data)
{
	Watched *watched = data;

	look(watched);
	return !watched->usage.alive;
}

/* Every way out of the cpuset is closed, for the process and for its children. */
static void test_no_escape(void **state)
{
	Fixture *fixture = *state;
	const char *const argv[] = {fixture->self, "--escape", NULL};
	g_autoptr(GArray) pids = NULL;
	g_autoptr(GError) error = NULL;
	Watched watched = {0};

	need_cgroups();
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2) {
		print_message("SKIP second-cpu: there is no other to escape to\n");
		skip();
	}
	watched.executor = executor_of(fixture);
	watched.process = start(watched.executor, "escape", argv, &error);
	if (!watched.process)
		fail_msg("%s", error->message);
	wait_for(fixture, used_half_a_second, &watched, "the escaper to spin");
	assert_int_equal(watched.usage.exit, 0);
	assert_true(watched.usage.alive);
	assert_null(watched.usage.output); /* only told of what has ended */
	assert_string_equal(watched.usage.ran_on, "0");
	pids = pids_of(fixture, "escape");
	assert_int_equal(pids->len, 2);
	usage_clear(&watched.usage);
	assert_true(watched.executor->stop(watched.executor, watched.process,
					   &watched.usage, NULL));
	assert_true(watched.usage.alive); /* it was when it was stopped */
	assert_int_equal(watched.usage.exit, -SIGKILL);
	assert_true(watched.usage.cpu_seconds > 0.5);
	assert_string_equal(watched.usage.ran_on, "0");
	assert_true(is_gone(g_array_index(pids, pid_t, 0)));
	usage_clear(&watched.usage);
	confine_free(watched.executor);
	assert_true(no_group(fixture));
}

static const struct {
	const char *script;
	int exit;
	const char *output;
} endings[] = {
	{"exit 0", 0, NULL},
	{"exit 7", 7, NULL},
	{"exec hackbench -g 1 -f 2 -l 1", 0, NULL},
	{"kill -TERM $$", -SIGTERM, NULL},
	{"echo out; echo 'no such disk' >&2; exit 2", 2, "no such disk\n"},
	/* More than a pipe holds: it neither blocks nor hangs. */
	{"yes 0123456789 | head -c 200000 >&2; exit 4", 4, "0123456789\n"},
};

/* A load that ends by itself is told from one that was killed, with its last words. */
static void test_endings(void **state)
{
	Fixture *fixture = *state;
	Executor *executor;

	need_cgroups();
	executor = executor_of(fixture);
	for (gsize i = 0; i < G_N_ELEMENTS(endings); i++) {
		const char *const argv[] = {"sh", "-c", endings[i].script, NULL};
		Watched watched = {executor, NULL, {0}};

		watched.process = start(executor, "sh", argv, NULL);
		assert_non_null(watched.process);
		wait_for(fixture, has_ended, &watched, endings[i].script);
		assert_int_equal(watched.usage.exit, endings[i].exit);
		if (endings[i].output)
			assert_true(g_str_has_prefix(watched.usage.output,
						     endings[i].output));
		else
			assert_null(watched.usage.output);
		usage_clear(&watched.usage);
		assert_true(
			executor->stop(executor, watched.process, &watched.usage, NULL));
		assert_false(watched.usage.alive);
		assert_int_equal(watched.usage.exit, endings[i].exit);
		assert_true(watched.usage.cpu_seconds >
			    0); /* though nothing is left of it */
		usage_clear(&watched.usage);
	}
	confine_free(executor);
	assert_true(no_group(fixture));
}

/* A load killed by somebody else ended by itself, as far as the measurement goes. */
static void test_killed_from_outside(void **state)
{
	Fixture *fixture = *state;
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GArray) pids = NULL;
	g_autoptr(GError) error = NULL;
	const LoadRecord *record;
	Supervisor *supervisor;
	Executor *executor;

	need_cgroups();
	executor = executor_of(fixture);
	supervisor = supervisor_new(executor);
	g_ptr_array_add(names, g_strdup("hackbench"));
	if (!supervisor_start(supervisor, names, &error))
		fail_msg("%s", error->message);
	wait_for(fixture, is_busy, supervisor, "hackbench to use CPU time");
	supervisor_mark(supervisor);
	pids = pids_of(fixture, "hackbench");
	for (guint i = 0; i < pids->len; i++)
		kill(g_array_index(pids, pid_t, i), SIGTERM);
	wait_for(fixture, is_dead, supervisor, "hackbench to die");
	assert_string_equal(supervisor_dead(supervisor), "hackbench");
	assert_false(supervisor_busy(supervisor));
	assert_true(supervisor_stop(supervisor, NULL));
	record = supervisor_records(supervisor)->pdata[0];
	assert_true(record->exited_early);
	assert_true(record->ran);
	assert_int_not_equal(record->exit, -SIGKILL);
	supervisor_free(supervisor);
	confine_free(executor);
	assert_true(no_group(fixture));
}

/* A program that is not there, and one that cannot be run: clear errors, nothing left. */
static void test_no_program(void **state)
{
	Fixture *fixture = *state;
	const char *const absent[] = {"lathe-no-such-program", NULL};
	const char *const directory[] = {"/", NULL};
	Executor *executor;

	need_cgroups();
	executor = executor_of(fixture);
	for (int i = 0; i < 2; i++) { /* twice: the first left nothing in the way */
		g_autoptr(GError) error = NULL;

		assert_null(start(executor, "x", absent, &error));
		assert_true(g_error_matches(error, LATHE_ERROR, LATHE_ERROR_ENVIRONMENT));
		assert_string_equal(error->message,
				    "program 'lathe-no-such-program' is not on PATH");
		g_clear_error(&error);
		assert_null(start(executor, "x", directory, &error));
		assert_true(g_error_matches(error, LATHE_ERROR, LATHE_ERROR_IO));
		assert_non_null(strstr(error->message, "Permission denied"));
	}
	confine_free(executor);
	assert_true(no_group(fixture));
}

static const struct {
	const char *id;
	const char *cpus;
	const char *message;
} refusals[] = {
	{"", "0", "'' cannot name a cgroup: 1 to 64 letters, digits, '-', '_', '.'"},
	{"../x", "0",
	 "'../x' cannot name a cgroup: 1 to 64 letters, digits, '-', '_', '.'"},
	{"a\nb", "0",
	 "'a\nb' cannot name a cgroup: 1 to 64 letters, digits, '-', '_', '.'"},
	{"ok", NULL, "no CPU is left for the loads"},
};

static void test_refusals(void **state)
{
	Fixture *fixture = *state;

	for (gsize i = 0; i < G_N_ELEMENTS(refusals); i++) {
		g_autoptr(GError) error = NULL;
		Cpuset cpus = {0};

		if (refusals[i].cpus)
			assert_true(cpulist_parse(refusals[i].cpus, 8, &cpus, NULL));
		assert_null(confine_new(fixture->live, refusals[i].id, &cpus, &error));
		assert_string_equal(error->message, refusals[i].message);
	}
}

/* A CPU that this machine does not have, and an id that is taken. */
static void test_kernel_refuses(void **state)
{
	Fixture *fixture = *state;
	g_autoptr(GError) error = NULL;
	Executor *executor;
	Cpuset absent = {0};

	need_cgroups();
	cpuset_add(&absent, CPUSET_CPUS - 1);
	assert_null(confine_new(fixture->live, fixture->id, &absent, &error));
	assert_non_null(strstr(error->message, "cpuset.cpus"));
	assert_true(no_group(fixture));
	g_clear_error(&error);
	executor = executor_of(fixture);
	assert_null(confine_new(fixture->live, fixture->id, &cpu0, &error));
	assert_true(g_error_matches(error, LATHE_ERROR, LATHE_ERROR_BUSY));
	assert_false(no_group(fixture)); /* the first one's is still there */
	confine_free(executor);
	assert_true(no_group(fixture));
}

/* A lathe that starts loads, says so, and waits to be killed. */
static void start_and_hang(Fixture *fixture, int tell)
{
	Executor *executor = confine_new(fixture->live, fixture->id, &cpu0, NULL);
	g_autoptr(GPtrArray) names = all_names();
	Supervisor *supervisor;

	if (!executor)
		_exit(1);
	executor->size.directory = fixture->scratch;
	executor->size.memory_mib = 32;
	supervisor = supervisor_new(executor);
	if (!supervisor_start(supervisor, names, NULL) ||
	    !waiter_until(fixture->waiter, DEADLINE_MS, is_busy, supervisor, "loads",
			  NULL) ||
	    write(tell, "b", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

static void test_leftovers(void **state)
{
	Fixture *fixture = *state;
	g_autoptr(GError) error = NULL;
	int tell[2], status;
	guint killed = 4711;
	char byte = 0;
	pid_t child;

	need_cgroups();
	assert_int_equal(pipe(tell), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		start_and_hang(fixture, tell[1]);
	close(tell[1]);
	assert_int_equal(read(tell[0], &byte, 1), 1);
	close(tell[0]);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_false(no_group(fixture));
	if (!confine_destroy_leftovers(fixture->live, fixture->id, &killed, &error))
		fail_msg("%s", error->message);
	/* hackbench's children do not die with their parent. */
	assert_true(killed >= 12 && killed < 100);
	assert_true(no_group(fixture));
	killed = 4711;
	assert_true(confine_destroy_leftovers(fixture->live, fixture->id, &killed, NULL));
	assert_int_equal(killed, 0); /* nothing there: no error */
	confine_free(executor_of(fixture));
}

/* confine_free() ends what nobody stopped. */
static void test_free_kills(void **state)
{
	Fixture *fixture = *state;
	const char *const argv[] = {"sh", "-c", "sleep 1000 & wait", NULL};
	g_autoptr(GArray) pids = NULL;
	Executor *executor;

	need_cgroups();
	executor = executor_of(fixture);
	assert_non_null(start(executor, "sh", argv, NULL));
	pids = pids_of(fixture, "sh");
	assert_true(pids->len >= 1);
	confine_free(executor);
	confine_free(NULL);
	assert_true(is_gone(g_array_index(pids, pid_t, 0)));
	assert_true(no_group(fixture));
}

/* Which hierarchies are used, on machines of every kind. */
static const struct {
	const char *name, *mountinfo;
	const char *controllers; /* of v2, at sys/fs/cgroup or .../unified */
	const char *layout;      /* mount:flags per hierarchy, or the error */
} layouts[] = {
	{"systemd, v2",
	 "29 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 "
	 "rw,nsdelegate\n",
	 "cpuset cpu io memory hugetlb pids rdma misc", "sys/fs/cgroup:v2,cpuset,usage"},
	{"hybrid",
	 "33 31 0:30 / /sys/fs/cgroup/cpuacct rw - cgroup cgroup rw,cpuacct\n"
	 "34 31 0:31 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
	 "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
	 "hugetlb", "sys/fs/cgroup/unified:v2,usage sys/fs/cgroup/cpuset:cpuset"},
	{"v1, cpu and cpuacct together",
	 "33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup "
	 "rw,cpu,cpuacct\n"
	 "34 31 0:31 / /sys/fs/cgroup/cpuset rw shared:15 master:2 - cgroup cgroup "
	 "rw,cpuset\n",
	 NULL, "sys/fs/cgroup/cpuset:cpuset sys/fs/cgroup/cpu,cpuacct:usage"},
	{"v1, one mount, a blank in its name",
	 "33 31 0:30 / /all\\040groups rw - cgroup none rw,cpuset,cpu,cpuacct,memory\n",
	 NULL, "all groups:cpuset,usage"},
	{"a second mount of the same",
	 "33 31 0:30 / /a rw - cgroup none rw,cpuset,cpuacct\n"
	 "34 31 0:30 /x /b rw - cgroup none rw,cpuset,cpuacct\n",
	 NULL, "a:cpuset,usage"},
	{"no cpuset", "41 31 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
	 "memory pids",
	 "this machine has no cpuset controller: loads cannot be confined"},
	{"nothing that counts", "34 31 0:31 / /c rw - cgroup cgroup rw,cpuset\n", NULL,
	 "this machine mounts neither cgroup v2 nor cpuacct: the CPU time of loads "
	 "cannot be "
	 "read"},
	{"malformed lines",
	 "\n-\n - - -\n1 2 3 4 5 6\n1 2 3 4 /c 6 - cgroup cgroup\n"
	 "1 2 3 4 c 6 - cgroup cgroup rw,cpuset\n1 2 3 4 / 6 - cgroup cgroup rw,cpuset\n",
	 NULL, "this machine has no cpuset controller: loads cannot be confined"},
	{"empty", "", NULL,
	 "this machine has no cpuset controller: loads cannot be confined"},
};

static char *describe(const CgroupLayout *layout)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < layout->count; i++) {
		const CgroupHierarchy *at = &layout->hierarchies[i];
		g_autofree char *flags = g_strconcat(at->v2 ? ",v2" : "",
						     at->cpuset ? ",cpuset" : "",
						     at->usage ? ",usage" : "", NULL);

		g_string_append_printf(text, "%s%s:%s", i ? " " : "", at->mount,
				       flags + 1);
	}
	return g_string_free(text, FALSE);
}

static void test_layouts(void **state)
{
	Fixture *fixture = *state;

	for (gsize i = 0; i < G_N_ELEMENTS(layouts); i++) {
		g_autofree char *tree = g_strdup_printf("%s/%zu", fixture->scratch, i);
		g_autoptr(CgroupLayout) layout = NULL;
		g_autoptr(GError) error = NULL;
		g_autofree char *seen = NULL;
		g_autoptr(Root) root = NULL;

		tree_write(tree, "proc/self/mountinfo", layouts[i].mountinfo);
		if (layouts[i].controllers) {
			tree_write(tree, "sys/fs/cgroup/cgroup.controllers",
				 layouts[i].controllers);
			tree_write(tree, "sys/fs/cgroup/unified/cgroup.controllers",
				 layouts[i].controllers);
		}
		root = root_open_captured(tree, NULL);
		layout = cgroup_layout_read(root, &error);
		seen = layout ? describe(layout) : g_strdup(error->message);
		assert_string_equal(seen, layouts[i].layout);
		assert_false(cgroup_create(root, fixture->layout, "x", &cpu0, NULL));
		assert_false(cgroup_kill(root, fixture->layout, "x", 1, NULL, NULL));
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_layouts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refusals, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_kernel_refuses, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_program, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_endings, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_escape, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_killed_from_outside, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_free_kills, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_leftovers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_all_loads, set_up, tear_down),
	};
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);

	if (argc == 2 && strcmp(argv[1], "--escape") == 0)
		return escape_main();
	program = self;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
