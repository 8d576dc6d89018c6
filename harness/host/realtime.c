/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "realtime.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "error.h"

/* In a child: this thread goes on as it was. Returns 0 or an errno. */
static int try_fifo(guint priority)
{
	const struct sched_param param = {.sched_priority = (int)priority};
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return errno;
	if (pid == 0)
		_exit(sched_setscheduler(0, SCHED_FIFO, &param) == 0 ? 0 : errno);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : ECHILD;
}

/* cgroups(7): "ID:CONTROLLER,CONTROLLER:/PATH". NULL when v1's cpu controller is not used. */
static char *cpu_cgroup(const Root *live)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (!root_read(live, "proc/self/cgroup", &text, NULL, NULL, NULL))
		return NULL;
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++) {
		g_auto(GStrv) fields = g_strsplit(*line, ":", 3);
		g_auto(GStrv) names = NULL;

		if (g_strv_length(fields) != 3)
			continue;
		names = g_strsplit(fields[1], ",", -1);
		if (g_strv_contains((const char *const *)names, "cpu"))
			return g_strdup(fields[2]);
	}
	return NULL;
}

/* CONFIG_RT_GROUP_SCHED: a new cgroup has no real-time runtime, and whoever is in it gets no
 * real-time thread (Documentation/scheduler/sched-rt-group.rst). Where the controller is
 * usually mounted. */
static char *starved_cgroup(const Root *live)
{
	static const char *const mounts[] = {"cpu", "cpu,cpuacct"};
	g_autofree char *group = cpu_cgroup(live);

	for (gsize i = 0; group && i < G_N_ELEMENTS(mounts); i++) {
		g_autofree char *file = g_build_filename("sys/fs/cgroup", mounts[i], group,
							 "cpu.rt_runtime_us", NULL);
		g_autofree char *text = NULL;

		if (root_read(live, file, &text, NULL, NULL, NULL) &&
		    strcmp(g_strchomp(text), "0") == 0)
			return g_steal_pointer(&file);
	}
	return NULL;
}

gboolean realtime_check(const Root *live, guint priority, GError **error)
{
	int errnum = try_fifo(priority);
	g_autofree char *file = NULL;

	if (errnum == 0)
		return TRUE;
	lathe_error_errno(error, errnum, "make a thread SCHED_FIFO %u", priority);
	file = starved_cgroup(live);
	if (file)
		lathe_error_hint(error, "/%s is 0: start lathe outside this cgroup, or write some "
				 "runtime (microseconds) into it and its parents", file);
	else
		lathe_error_hint(error, "it takes CAP_SYS_NICE (a container's root may lack it) or "
				 "a limit of at least %u (ulimit -r)", priority);
	return FALSE;
}
