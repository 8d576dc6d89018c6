/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "confine.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroup.h"
#include "error.h"
#include "number.h"
#include "proc.h"
#include "spawn.h"

/* A killed load is gone within milliseconds, unless it hangs in the kernel (a dead disk).
 */
#define STOP_TIMEOUT_MS 5000
#define ID_MAX          64

typedef struct {
	Executor executor; /* first: the callbacks get a pointer to it */
	const Root *live;
	CgroupLayout *layout;
	char *top; /* "lathe-<id>" */
	char *cpus_text;
	Cpuset cpus;
	GPtrArray *running; /* of LoadProcess *, not owned */
} Confine;

struct LoadProcess {
	char *group; /* "lathe-<id>/<name>" */
	pid_t pid;   /* 0 once reaped */
	int exit;    /* exit status, or -signal, once reaped */
	int output;  /* read end of its standard error */
	Cpuset ran_on;
};

/* The kernel's word that it is where it was put. Nothing to check once it has ended: then
 * the next look says so. */
static gboolean is_confined(const Confine *confine, const LoadProcess *process,
			    GError **error)
{
	g_autofree char *allowed = NULL;
	ProcThread thread;

	if (!proc_thread_read(confine->live, process->pid, process->pid, &thread, NULL) ||
	    cpuset_is_subset(&thread.allowed, &confine->cpus))
		return TRUE;
	allowed = cpulist_format(&thread.allowed);
	return lathe_error(error, LATHE_ERROR_IO, "it may run on CPUs %s instead of %s",
			   allowed, confine->cpus_text);
}

static void process_free(LoadProcess *process)
{
	if (process->output >= 0)
		close(process->output);
	g_free(process->group);
	g_free(process);
}

/* Reaps the load's first process when it has ended. */
static void reap(LoadProcess *process, int flags)
{
	int status;

	if (process->pid && waitpid(process->pid, &status, flags) == process->pid) {
		process->pid = 0;
		process->exit = WIFSIGNALED(status) ? -WTERMSIG(status)
						    : WEXITSTATUS(status);
	}
}

static gboolean start_in_group(Confine *confine, LoadProcess *process, char **argv,
			       GError **error)
{
	if (!cgroup_create(confine->live, confine->layout, process->group, &confine->cpus,
			   error))
		return FALSE;
	if (spawn_confined(argv, confine->layout, process->group, &process->pid,
			   &process->output, error) &&
	    is_confined(confine, process, error))
		return TRUE;
	/* Its own error, if any, is secondary. */
	cgroup_destroy(confine->live, confine->layout, process->group, STOP_TIMEOUT_MS,
		       NULL, NULL);
	reap(process, WNOHANG);
	return FALSE;
}

static LoadProcess *confine_start(Executor *executor, const char *name, char **argv,
				  GError **error)
{
	Confine *confine = (Confine *)executor;
	LoadProcess *process = g_new0(LoadProcess, 1);

	process->group = g_strdup_printf("%s/%s", confine->top, name);
	process->output = -1;
	if (!start_in_group(confine, process, argv, error)) {
		process_free(process);
		return NULL;
	}
	g_ptr_array_add(confine->running, process);
	return process;
}

static char *read_output(const LoadProcess *process)
{
	char text[4096];
	gssize length = read(process->output, text, sizeof(text));

	return length > 0 ? g_strndup(text, (gsize)length) : NULL;
}

static gboolean confine_usage(Executor *executor, LoadProcess *process, LoadUsage *ret,
			      GError **error)
{
	const Confine *confine = (const Confine *)executor;
	LoadUsage usage = {0};

	reap(process, WNOHANG);
	if (!cgroup_cpu_seconds(confine->live, confine->layout, process->group,
				&usage.cpu_seconds, error) ||
	    !cgroup_ran_on(confine->live, confine->layout, process->group,
			   &process->ran_on, error))
		return FALSE;
	usage.alive = process->pid != 0;
	usage.exit = process->exit;
	usage.ran_on = cpulist_format(&process->ran_on);
	usage.output = usage.alive ? NULL : read_output(process);
	*ret = usage;
	return TRUE;
}

/* cpu.stat and cpuacct.usage still count what has ended: read between the last kill and
 * the removal they miss nothing. */
static gboolean end_processes(Confine *confine, LoadProcess *process, LoadUsage *usage,
			      GError **error)
{
	return cgroup_kill(confine->live, confine->layout, process->group,
			   STOP_TIMEOUT_MS, NULL, error) &&
	       cgroup_cpu_seconds(confine->live, confine->layout, process->group,
				  &usage->cpu_seconds, error) &&
	       cgroup_destroy(confine->live, confine->layout, process->group,
			      STOP_TIMEOUT_MS, NULL, error);
}

static gboolean confine_stop(Executor *executor, LoadProcess *process,
			     LoadUsage *ret_last, GError **error)
{
	Confine *confine = (Confine *)executor;
	LoadUsage usage = {0};
	GError *problem = NULL;
	gboolean looked = confine_usage(executor, process, &usage, &problem);
	gboolean ended =
		end_processes(confine, process, &usage, looked ? &problem : NULL);

	/* All are dead: this waits for a zombie at most. */
	reap(process, ended ? 0 : WNOHANG);
	usage.exit = process->exit;
	g_ptr_array_remove(confine->running, process);
	process_free(process);
	if (looked && ended) {
		*ret_last = usage;
		return TRUE;
	}
	g_free(usage.ran_on);
	g_free(usage.output);
	g_propagate_error(error, problem);
	return FALSE;
}

static char *top_group(const char *id, GError **error)
{
	gsize length = strlen(id);

	if (length == 0 || length > ID_MAX ||
	    strspn(id, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-_.") != length) {
		lathe_error(error, LATHE_ERROR_USAGE,
			    "'%s' cannot name a cgroup: 1 to %d letters, digits, '-', "
			    "'_', '.'",
			    id, ID_MAX);
		return NULL;
	}
	return g_strdup_printf("lathe-%s", id);
}

/* Enough to miss every cache and to keep the memory bus busy, and never so much that the
 * host swaps or the guest's memory is hard to get: a quarter of what is available, and at
 * most stress-ng's own default of 256 MiB a CPU. */
static guint64 memory_for_loads(const Root *root, guint cpus)
{
	g_autofree char *text = NULL;
	Span span, line;
	guint64 kib = 0;

	if (root_read(root, "proc/meminfo", &text, NULL, NULL, NULL)) {
		span = span_of(text);
		while (span_take_line(&span, &line)) {
			if (!span_take_literal(&line, "MemAvailable:"))
				continue;
			span_skip_blanks(&line);
			if (!span_take_number(&line, G_MAXUINT32, &kib))
				kib = 0;
		}
	}
	return CLAMP(kib / 1024 / 4, 16, 256 * (guint64)cpus);
}

Executor *confine_new(const Root *live, const char *id, const Cpuset *cpus,
		      GError **error)
{
	g_autoptr(CgroupLayout) layout = NULL;
	g_autofree char *top = top_group(id, error);
	Confine *confine;

	if (!top)
		return NULL;
	if (cpuset_count(cpus) == 0) {
		lathe_error(error, LATHE_ERROR_USAGE, "no CPU is left for the loads");
		return NULL;
	}
	layout = cgroup_layout_read(live, error);
	if (!layout)
		return NULL;
	if (!cgroup_create(live, layout, top, cpus, error))
		return NULL;
	confine = g_new0(Confine, 1);
	confine->executor = (Executor){
		.start = confine_start, .usage = confine_usage, .stop = confine_stop};
	confine->live = live;
	confine->layout = g_steal_pointer(&layout);
	confine->top = g_steal_pointer(&top);
	confine->cpus = *cpus;
	confine->cpus_text = cpulist_format(cpus);
	confine->running = g_ptr_array_new();
	confine->executor.cpus = confine->cpus_text;
	confine->executor.size.cpus = cpuset_count(cpus);
	confine->executor.size.memory_mib = memory_for_loads(live, cpuset_count(cpus));
	return &confine->executor;
}

void confine_free(Executor *executor)
{
	Confine *confine = (Confine *)executor;

	if (!confine)
		return;
	cgroup_destroy(confine->live, confine->layout, confine->top, STOP_TIMEOUT_MS,
		       NULL, NULL);
	while (confine->running->len) {
		LoadProcess *process = g_ptr_array_steal_index(confine->running, 0);

		reap(process, WNOHANG);
		process_free(process);
	}
	g_ptr_array_free(confine->running, TRUE);
	cgroup_layout_free(confine->layout);
	g_free(confine->top);
	g_free(confine->cpus_text);
	g_free(confine);
}

gboolean confine_destroy_leftovers(const Root *live, const char *id, guint *ret_killed,
				   GError **error)
{
	g_autoptr(CgroupLayout) layout = NULL;
	g_autofree char *top = top_group(id, error);

	if (!top)
		return FALSE;
	layout = cgroup_layout_read(live, error);
	if (!layout)
		return FALSE;
	return cgroup_destroy(live, layout, top, STOP_TIMEOUT_MS, ret_killed, error);
}
