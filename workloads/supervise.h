/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keeps a set of loads running and proves that they ran: started, seen to use CPU time,
 * watched while they run, stopped. Where they run is the executor's business.
 */
#ifndef LATHE_SUPERVISE_H
#define LATHE_SUPERVISE_H

#include <glib.h>

#include "load.h"

/* One running load as an executor sees it. */
typedef struct {
	gboolean alive;
	int exit;           /* once not alive: exit status, or -signal */
	double cpu_seconds; /* of the load and every process it ever started */
	char *ran_on; /* cpulist: CPUs its threads were last on, over all looks so far;
		       * owned by the caller */
	char *output; /* once not alive: the beginning of what it printed on standard
		       * error, unescaped, or NULL; owned by the caller */
} LoadUsage;

typedef struct LoadProcess LoadProcess; /* the executor's own */

typedef struct Executor Executor;
struct Executor {
	/* LATHE_ERROR_ENVIRONMENT when the program argv[0] is not there. */
	LoadProcess *(*start)(Executor *executor, const char *name, char **argv,
			      GError **error);
	gboolean (*usage)(Executor *executor, LoadProcess *process, LoadUsage *ret,
			  GError **error);
	/* Ends every process of the load and frees in any case; FALSE when some would not
	 * die or the last look failed. ret_last->alive tells whether it still ran when it
	 * was stopped, ret_last->exit how it ended. */
	gboolean (*stop)(Executor *executor, LoadProcess *process, LoadUsage *ret_last,
			 GError **error);
	const char *cpus; /* cpulist the loads are confined to */
	LoadSize size;
};

/* What is known of one load: becomes a RunLoad. */
typedef struct {
	const Load *load;
	char **argv;
	gboolean ran;          /* had used CPU time at supervisor_mark() */
	gboolean exited_early; /* not alive before supervisor_stop() */
	int exit;
	double cpu_seconds; /* between mark and stop */
	double idle_seconds;   /* the longest time between two looks after the mark over which
				* it used no CPU time: a load that hangs loads nothing */
	char *ran_on;       /* cpulist: union over all looks */
	char *output;       /* what it said, if it exited early, unescaped; or NULL */
} LoadRecord;

typedef struct Supervisor Supervisor;

Supervisor *supervisor_new(Executor *executor);
/* Stops what still runs. */
void supervisor_free(Supervisor *supervisor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Supervisor, supervisor_free)

/* Starts the named loads; on failure those already started are stopped. */
gboolean supervisor_start(Supervisor *supervisor, GPtrArray *names, GError **error);

/* Looks at every load; TRUE when each has used at least 50 ms of CPU time. To be waited
 * for. A load that died makes it FALSE for ever: see supervisor_dead(). */
gboolean supervisor_busy(Supervisor *supervisor);

/* Name of a load that has ended by itself, or NULL. */
const char *supervisor_dead(const Supervisor *supervisor);

/* The measurement begins: CPU time counts from here. */
void supervisor_mark(Supervisor *supervisor);

/* A look at all loads: call about once a second while measuring. */
void supervisor_look(Supervisor *supervisor);

/* Stops all loads, completing the records. */
gboolean supervisor_stop(Supervisor *supervisor, GError **error);

/* Of LoadRecord *, owned by the supervisor, in the order of the names. */
const GPtrArray *supervisor_records(const Supervisor *supervisor);

#endif
