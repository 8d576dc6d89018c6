/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stage_loads.h"

#include "confine.h"
#include "error.h"
#include "remove_tree.h"
#include "supervise.h"

#define BUSY_TIMEOUT_MS 60000

struct StageLoads {
	RunContext *context;
	const RunStage *stage;
	char *scratch; /* where loads write: on a disk, not a tmpfs */
	Executor *executor;
	Supervisor *supervisor;
};

StageLoads *stage_loads_new(RunContext *context, const RunStage *stage)
{
	StageLoads *self = g_new0(StageLoads, 1);

	self->context = context;
	self->stage = stage;
	self->scratch = g_build_filename(context->options->state->cache, "scratch", NULL);
	return self;
}

static gboolean are_busy(gpointer data)
{
	return supervisor_busy(data) || supervisor_dead(data);
}

gboolean stage_loads_start(StageLoads *self, GError **error)
{
	RunContext *context = self->context;
	const char *dead;

	if (self->stage->loads->len == 0)
		return TRUE;
	self->executor = confine_new(context->live, context->options->state->id,
				     &context->housekeeping, error);
	if (!self->executor || !state_make_directory(self->scratch, error))
		return FALSE;
	self->executor->size.directory = self->scratch;
	self->supervisor = supervisor_new(self->executor);
	if (!supervisor_start(self->supervisor, self->stage->loads, error) ||
	    !waiter_until(context->waiter, BUSY_TIMEOUT_MS, are_busy, self->supervisor,
			  "every load to use CPU time", error))
		return FALSE;
	dead = supervisor_dead(self->supervisor);
	if (dead)
		return lathe_error(error, LATHE_ERROR_ENVIRONMENT,
				   "load '%s' ended before the measurement began", dead);
	return TRUE;
}

void stage_loads_mark(StageLoads *self)
{
	if (self->supervisor)
		supervisor_mark(self->supervisor);
}

void stage_loads_look(StageLoads *self)
{
	if (self->supervisor)
		supervisor_look(self->supervisor);
}

static void store_records(const StageLoads *self)
{
	const GPtrArray *records = supervisor_records(self->supervisor);

	for (guint i = 0; i < records->len; i++) {
		const LoadRecord *record = records->pdata[i];
		RunLoad *load = run_add_load(self->context->run, record->load->name,
					     self->stage->name);

		load->argv = g_strdupv(record->argv);
		load->cpus = g_strdup(self->executor->cpus);
		load->ran_on = g_strdup(record->ran_on);
		load->cpu_seconds = record->cpu_seconds;
		load->idle_seconds = record->idle_seconds;
		load->ran = record->ran;
		load->exited_early = record->exited_early;
		load->exit = record->exit;
	}
}

gboolean stage_loads_stop(StageLoads *self, GError **error)
{
	gboolean stopped = TRUE;

	if (self->supervisor) {
		stopped = supervisor_stop(self->supervisor, error);
		store_records(self);
	}
	g_clear_pointer(&self->supervisor, supervisor_free);
	g_clear_pointer(&self->executor, confine_free);
	/* The loads were killed: their files are left to us. */
	remove_tree(self->scratch);
	return stopped;
}

void stage_loads_free(StageLoads *self)
{
	if (!self)
		return;
	stage_loads_stop(self, NULL);
	g_free(self->scratch);
	g_free(self);
}
