/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A cpuset of this machine's v1 hierarchy that stands for its root, and processes in it: what lathe
 * does to all tasks of a machine is tried on these alone.
 */
#ifndef LATHE_TEST_CPUSET_FIXTURE_H
#define LATHE_TEST_CPUSET_FIXTURE_H

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>

#include "cpulist.h"
#include "isolate.h"
#include "proc.h"
#include "tune-fixture.h"

#define CPUSET_TEST_PREFIX "lathe-test-"

/* A process that forks when it is told to. What is forked waits until it is killed, and all end
 * with the test. */
typedef struct {
	pid_t pid;
	int tell, hear;
} Forker;

typedef struct {
	Root *root;
	char *state;	    /* of the journal */
	char *base, *group; /* the cpuset, and the one that lathe makes in it */
	char *all, *first;  /* all online CPUs, and the first of them */
	guint last_cpu;
	Forker plain, pinned, elsewhere, vm;
	GArray *forked; /* of pid_t */
	GPtrArray *changes;
	Tune tune;
	guint steps_left;
	pid_t janitor;
	int alive; /* the janitor begins when nobody has it open any more */
} CpusetFixture;

static inline void cpuset_write(const CpusetFixture *fixture, const char *group,
				const char *file, const char *text)
{
	g_autofree char *path = g_strconcat(group, "/", file, NULL);

	g_assert_cmpint(root_write_errno(fixture->root, path, text, strlen(text)), ==, 0);
}

static inline char *cpuset_read(const CpusetFixture *fixture, const char *group, const char *file)
{
	g_autofree char *path = g_strconcat(group, "/", file, NULL);
	char *line = NULL;

	g_assert_true(root_read_line(fixture->root, path, &line, NULL, NULL));
	return line;
}

static inline void cpuset_enter(const CpusetFixture *fixture, const char *group, pid_t pid)
{
	g_autofree char *text = g_strdup_printf("%d", (int)pid);

	cpuset_write(fixture, group, "tasks", text);
}

/* Of a process that was forked by `parent`, which may be gone already. */
static inline void end_with(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
}

_Noreturn static inline void forker_run(int hear, int tell)
{
	pid_t self = getpid();
	char order;

	while (read(hear, &order, 1) == 1) {
		pid_t child = fork();

		if (child == 0) {
			end_with(self);
			for (;;)
				pause();
		}
		if (write(tell, &child, sizeof(child)) != sizeof(child))
			break;
	}
	_exit(0);
}

/* cpu -1: it may run everywhere. */
static inline Forker forker_new(const CpusetFixture *fixture, const char *name, int cpu)
{
	int down[2], up[2];
	pid_t test = getpid();
	Forker forker;
	char ready;

	g_assert_cmpint(pipe2(down, O_CLOEXEC), ==, 0);
	g_assert_cmpint(pipe2(up, O_CLOEXEC), ==, 0);
	forker = (Forker){.tell = down[1], .hear = up[0]};
	forker.pid = fork();
	g_assert_cmpint(forker.pid, >=, 0);
	if (forker.pid == 0) {
		cpu_set_t set;

		end_with(test);
		/* The test itself may be confined by a lathe that tunes this machine. */
		cpuset_enter(fixture, fixture->base, getpid());
		CPU_ZERO(&set);
		if (cpu >= 0) {
			CPU_SET(cpu, &set);
			if (sched_setaffinity(0, sizeof(set), &set) != 0)
				_exit(1);
		}
		prctl(PR_SET_NAME, name);
		close(down[1]);
		close(up[0]);
		if (write(up[1], "r", 1) != 1)
			_exit(1);
		forker_run(down[0], up[1]);
	}
	close(down[0]);
	close(up[1]);
	g_assert_cmpint(read(forker.hear, &ready, 1), ==, 1);
	return forker;
}

static inline pid_t forker_fork(CpusetFixture *fixture, const Forker *forker)
{
	pid_t child = -1;

	g_assert_cmpint(write(forker->tell, "f", 1), ==, 1);
	g_assert_cmpint(read(forker->hear, &child, sizeof(child)), ==, sizeof(child));
	g_assert_cmpint(child, >, 0);
	g_array_append_val(fixture->forked, child);
	return child;
}

static inline void forker_end(Forker *forker)
{
	kill(forker->pid, SIGKILL);
	waitpid(forker->pid, NULL, 0);
	close(forker->tell);
	close(forker->hear);
}

/* "/lathe-test-1 0-1": where it is, and where it may run. */
static inline char *cpuset_of(const CpusetFixture *fixture, pid_t pid)
{
	g_autofree char *path = g_strdup_printf("proc/%d/cpuset", (int)pid);
	g_autofree char *group = NULL;
	g_autofree char *cpus = NULL;
	ProcThread thread;

	g_assert_true(root_read_line(fixture->root, path, &group, NULL, NULL));
	g_assert_true(proc_thread_read(fixture->root, pid, pid, &thread, NULL));
	cpus = cpulist_format(&thread.allowed);
	return g_strdup_printf("%s %s", group, cpus);
}

/* Removes the cpuset and the journal when the test has ended, in whatever way: nothing may be left of it. The
 * processes in it end with the test. */
_Noreturn static inline void janitor_run(const CpusetFixture *fixture, int wait_fd)
{
	g_autofree char *base = g_strconcat("/", fixture->base, NULL);
	g_autofree char *group = g_strconcat("/", fixture->group, NULL);
	g_autofree char *below = g_strconcat(group, "/machine", NULL);
	char end;

	/* What ends the test's whole group does not end this one. */
	setsid();
	while (read(wait_fd, &end, 1) > 0)
		;
	/* No event tells when the last process in it is gone for good. */
	while (rmdir(base) != 0 && errno != ENOENT) {
		rmdir(below);
		rmdir(group);
		g_usleep(1000);
	}
	remove_tree(fixture->state);
	_exit(0);
}

static inline void janitor_new(CpusetFixture *fixture)
{
	int ends[2];

	g_assert_cmpint(pipe2(ends, O_CLOEXEC), ==, 0);
	fixture->janitor = fork();
	g_assert_cmpint(fixture->janitor, >=, 0);
	if (fixture->janitor == 0) {
		close(ends[1]);
		janitor_run(fixture, ends[0]);
	}
	close(ends[0]);
	fixture->alive = ends[1];
}

static inline void cpuset_fixture_step(gpointer data)
{
	CpusetFixture *fixture = data;

	if (fixture->steps_left > 0 && --fixture->steps_left == 0)
		raise(SIGKILL);
}

static inline void cpuset_fixture_changes(CpusetFixture *fixture, const char *in)
{
	g_autofree char *balance = g_strconcat(fixture->base, "/cpuset.sched_load_balance", NULL);

	fixture->changes = g_ptr_array_new_with_free_func((GDestroyNotify)change_free);
	g_ptr_array_add(fixture->changes,
			tune_change(CHANGE_CPUSET, "task.stray", fixture->group, "absent",
				    fixture->first, SEVERITY_HIGH));
	g_ptr_array_add(fixture->changes,
			tune_change(CHANGE_TASKS, "task.stray", fixture->group, "out", in,
				    SEVERITY_HIGH));
	g_ptr_array_add(fixture->changes,
			tune_change(CHANGE_FILE, "cpu.load_balance", balance, "1", "0",
				    SEVERITY_HIGH));
}

static inline CpusetFixture *cpuset_fixture_new(const char *in)
{
	CpusetFixture *fixture = g_new0(CpusetFixture, 1);
	g_autofree char *absolute = NULL;
	g_autofree char *nodes = NULL;
	Cpuset cpus;

	fixture->root = root_open_live(NULL);
	fixture->state = tree_new();
	fixture->forked = g_array_new(FALSE, FALSE, sizeof(pid_t));
	fixture->all = cpuset_read(fixture, ISOLATE_V1, "cpuset.effective_cpus");
	g_assert_true(cpulist_parse(fixture->all, CPUSET_CPUS, &cpus, NULL));
	fixture->first = g_strdup_printf("%d", cpuset_next(&cpus, 0));
	CPUSET_FOREACH (cpu, &cpus)
		fixture->last_cpu = (guint)cpu;
	fixture->base = g_strdup_printf(ISOLATE_V1 "/" CPUSET_TEST_PREFIX "%d", (int)getpid());
	fixture->group = g_strconcat(fixture->base, "/" CPUSET_HOUSEKEEPING, NULL);
	absolute = g_strconcat("/", fixture->base, NULL);
	g_assert_cmpint(g_mkdir(absolute, 0755), ==, 0);
	janitor_new(fixture);
	nodes = cpuset_read(fixture, ISOLATE_V1, "cpuset.effective_mems");
	cpuset_write(fixture, fixture->base, "cpuset.mems", nodes);
	cpuset_write(fixture, fixture->base, "cpuset.cpus", fixture->all);
	fixture->plain = forker_new(fixture, "plain", -1);
	fixture->pinned = forker_new(fixture, "pinned", (int)fixture->last_cpu);
	fixture->elsewhere = forker_new(fixture, "elsewhere", cpuset_next(&cpus, 0));
	fixture->vm = forker_new(fixture, "CPU 0/KVM", -1);
	cpuset_fixture_changes(fixture, in);
	fixture->tune = (Tune){.host = {fixture->root, TARGET_WRITE_SECONDS},
			       .directory = fixture->state,
			       .step = cpuset_fixture_step,
			       .step_data = fixture};
	return fixture;
}

static inline void cpuset_fixture_free(CpusetFixture *fixture)
{
	g_autofree char *absolute = g_strconcat("/", fixture->base, NULL);
	Forker *forkers[] = {&fixture->plain, &fixture->pinned, &fixture->elsewhere, &fixture->vm};

	for (guint i = 0; i < fixture->forked->len; i++)
		kill(g_array_index(fixture->forked, pid_t, i), SIGKILL);
	for (guint i = 0; i < G_N_ELEMENTS(forkers); i++)
		forker_end(forkers[i]);
	close(fixture->alive);
	waitpid(fixture->janitor, NULL, 0);
	g_assert_false(g_file_test(absolute, G_FILE_TEST_EXISTS));
	g_assert_false(g_file_test(fixture->state, G_FILE_TEST_EXISTS));
	g_ptr_array_unref(fixture->changes);
	g_array_unref(fixture->forked);
	root_free(fixture->root);
	g_free(fixture->state);
	g_free(fixture->all);
	g_free(fixture->first);
	g_free(fixture->base);
	g_free(fixture->group);
	g_free(fixture);
}

#endif
