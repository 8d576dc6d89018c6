/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "error.h"

/* For the child between fork and exec. */
typedef struct {
	pid_t parent;
	int procs[CGROUP_HIERARCHIES]; /* cgroup.procs files, -1 when unused */
	int report;                    /* where an errno goes when a step fails */
} ChildSetup;

static void give_up(const ChildSetup *setup)
{
	int errnum = errno;

	if (write(setup->report, &errnum, sizeof(errnum)) < 0)
		_exit(126);
	_exit(127);
}

/* Runs between fork and exec: async-signal-safe calls only. */
static void enter(gpointer data)
{
	static const struct sched_param no_priority = {0};
	const ChildSetup *setup = data;
	sigset_t none;

	/* A session of its own: Ctrl-C on the terminal is for lathe, which stops its
	 * loads in order; one that died of it would be one that "ended by itself". */
	if (setsid() < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
		give_up(setup);
	if (getppid() != setup->parent) /* died before prctl() */
		_exit(127);
	for (int i = 0; i < CGROUP_HIERARCHIES; i++)
		if (setup->procs[i] >= 0 && write(setup->procs[i], "0", 1) != 1)
			give_up(setup);
	if (sched_setscheduler(0, SCHED_OTHER, &no_priority) != 0)
		give_up(setup);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
}

static gboolean open_procs(const CgroupLayout *layout, const char *group,
			   ChildSetup *setup, GError **error)
{
	for (guint i = 0; i < layout->count; i++) {
		g_autofree char *name =
			cgroup_file(&layout->hierarchies[i], group, "cgroup.procs");
		g_autofree char *absolute = g_strconcat("/", name, NULL);

		setup->procs[i] = open(absolute, O_WRONLY | O_CLOEXEC);
		if (setup->procs[i] < 0)
			return lathe_error_errno(error, errno, "open '%s'", absolute);
	}
	return TRUE;
}

/* glib says "Failed to execute child process "x" (No such file or directory)". */
static gboolean spawn_failed(GError **error, GError *problem, const char *program)
{
	gboolean absent = g_error_matches(problem, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT);

	if (absent)
		lathe_error(error, LATHE_ERROR_ENVIRONMENT, "program '%s' is not on PATH",
			    program);
	else
		lathe_error(error, LATHE_ERROR_IO, "%s", problem->message);
	g_error_free(problem);
	return FALSE;
}

/* What a child that failed before exec wrote; it has ended or exec'd by now. */
static gboolean setup_failed(int report, pid_t pid, GError **error)
{
	int errnum;

	if (read(report, &errnum, sizeof(errnum)) != sizeof(errnum))
		return FALSE;
	waitpid(pid, NULL, 0);
	lathe_error_errno(error, errnum, "enter the cgroup");
	return TRUE;
}

/* The exec was tried by the time g_spawn returns, so a report, if any, is there to be
 * read. */
static gboolean run_child(char **argv, ChildSetup *setup, int output, int report,
			  pid_t *ret_pid, GError **error)
{
	GError *problem = NULL;
	pid_t pid;

	if (!g_spawn_async_with_pipes_and_fds(NULL, (const char *const *)argv, NULL,
					      G_SPAWN_SEARCH_PATH |
						      G_SPAWN_DO_NOT_REAP_CHILD |
						      G_SPAWN_STDOUT_TO_DEV_NULL,
					      enter, setup, -1, -1, output, NULL, NULL, 0,
					      &pid, NULL, NULL, NULL, &problem))
		return spawn_failed(error, problem, argv[0]);
	if (setup_failed(report, pid, error))
		return FALSE;
	*ret_pid = pid;
	return TRUE;
}

static gboolean run_with_pipes(char **argv, ChildSetup *setup, pid_t *ret_pid,
			       int *ret_output, GError **error)
{
	int output[2], report[2];
	gboolean started;

	if (pipe2(output, O_CLOEXEC | O_NONBLOCK) != 0)
		return lathe_error_errno(error, errno, "create a pipe");
	if (pipe2(report, O_CLOEXEC | O_NONBLOCK) != 0) {
		lathe_error_errno(error, errno, "create a pipe");
		close(output[0]);
		close(output[1]);
		return FALSE;
	}
	setup->report = report[1];
	started = run_child(argv, setup, output[1], report[0], ret_pid, error);
	close(output[1]);
	close(report[0]);
	close(report[1]);
	if (started)
		*ret_output = output[0];
	else
		close(output[0]);
	return started;
}

gboolean spawn_confined(char **argv, const CgroupLayout *layout, const char *group,
			pid_t *ret_pid, int *ret_output, GError **error)
{
	ChildSetup setup = {.parent = getpid(), .procs = {-1, -1}};
	gboolean started = open_procs(layout, group, &setup, error) &&
			   run_with_pipes(argv, &setup, ret_pid, ret_output, error);

	for (int i = 0; i < CGROUP_HIERARCHIES; i++)
		if (setup.procs[i] >= 0)
			close(setup.procs[i]);
	return started;
}
