/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stage.h"

#include "boot.h"
#include "capture.h"
#include "collect.h"
#include "describe.h"
#include "error.h"
#include "measurement.h"
#include "stage_loads.h"
#include "watch.h"

/* Readings of the measuring threads: four a stage, one in 30 s on longer ones, and a hundred at
 * most: each is two files a thread, and a bundle of days must still be one to handle. */
#define READINGS_MIN	    4
#define READINGS_MAX	    100
#define READING_EVERY_MAX_S 30

typedef struct {
	Measurement measurement;
	StageLoads *loads;
	const char *directory; /* "<bundle>/guest/<stage>" */
	gboolean strayed;      /* a thread of the VM was seen away from its place */
	ThreadReadings *readings;
	guint n_readings;
	gint64 next_reading_us;
} StageRun;

static RunStage *describe_stage(RunContext *context, const ProfileStage *from)
{
	RunStage *stage = run_add_stage(context->run, from->name);

	stage->where = g_strdup(from->where);
	for (guint i = 0; i < from->loads->len; i++)
		g_ptr_array_add(stage->loads, g_strdup(from->loads->pdata[i]));
	stage->duration_s = from->duration_s;
	stage->interval_us = context->profile->interval_us;
	return stage;
}

/* Process 1 of the built guest is the agent: where it may run, and where it has been. */
static const char *const agent_files[] = {
	"proc/1/sched",
	"proc/1/schedstat",
	"proc/1/stat",
	"proc/1/status",
	NULL,
};

static gboolean look_at_guest(StageRun *stage_run, const char *when, WatchLook *look,
			      GError **error)
{
	g_autofree char *directory = g_build_filename(stage_run->directory, when, NULL);

	if (!session_capture(stage_run->measurement.context->session, watch_files, directory,
			     REQUEST_TIMEOUT_MS, error))
		return FALSE;
	watch_look_captured(directory, look);
	return session_capture(stage_run->measurement.context->session, agent_files, directory,
			       REQUEST_TIMEOUT_MS, error);
}

static gboolean look_at_host(StageRun *stage_run, const char *when, WatchLook *look,
			     GError **error)
{
	RunContext *context = stage_run->measurement.context;
	g_autofree char *directory =
		g_build_filename(bundle_path(context->bundle), "host",
				 stage_run->measurement.stage->name, when, NULL);

	watch_look_live(context->live, look);
	return capture_files(context->live, watch_files, directory, error);
}

static void each_second(Measurement *measurement)
{
	StageRun *stage_run = measurement->owner;
	RunContext *context = measurement->context;
	const RunStage *stage = measurement->stage;

	stage_loads_look(stage_run->loads);
	progress_stage(context->progress, stage->name,
		       MIN(measurement_elapsed_s(measurement), stage->duration_s),
		       stage->duration_s, &context->plan->guest_rt, measurement->threads);
}

static gboolean reading_is_due(const Measurement *measurement)
{
	const StageRun *stage_run = measurement->owner;

	return measurement->first_sample_us &&
	       g_get_monotonic_time() >= stage_run->next_reading_us;
}

static guint64 reading_every_s(guint64 duration_s)
{
	return MAX(CLAMP(duration_s / READINGS_MIN, 1, READING_EVERY_MAX_S),
		   duration_s / READINGS_MAX);
}

/* A thread of the VM that leaves its place and is back at the end has been away all the same.
 * Said once a stage. */
static gboolean look_at_places(StageRun *stage_run, GError **error)
{
	RunContext *context = stage_run->measurement.context;
	g_autoptr(GPtrArray) places = run_places_new();
	guint known = context->run->deviations->len;

	if (stage_run->strayed)
		return TRUE;
	if (!vm_read_places(context->vm, context->live, context->plan, places, error))
		return FALSE;
	note_strays(context->run, places, stage_run->measurement.stage->name);
	stage_run->strayed = context->run->deviations->len > known;
	return TRUE;
}

/* Into guest/<stage>/reading-N, and the VM's threads on the host. */
static gboolean take_reading(Measurement *measurement, GError **error)
{
	StageRun *stage_run = measurement->owner;
	g_autofree char *name = g_strdup_printf("reading-%u", ++stage_run->n_readings);
	g_autofree char *directory = g_build_filename(stage_run->directory, name, NULL);

	if (!measurement_read_proc(measurement, directory, error))
		return FALSE;
	collect_reading(directory, (pid_t)measurement->pid, measurement->threads, stage_run->readings,
			measurement->n_threads);
	if (!look_at_places(stage_run, error))
		return FALSE;
	stage_run->next_reading_us = g_get_monotonic_time() +
				     (gint64)reading_every_s(measurement->stage->duration_s) *
					     G_USEC_PER_SEC;
	return TRUE;
}

static gboolean fetch_results(StageRun *stage_run, GError **error)
{
	Measurement *measurement = &stage_run->measurement;

	if (!measurement_fetch(measurement, error))
		return FALSE;
	collect_store_readings(measurement->stage, stage_run->readings, measurement->n_threads);
	return TRUE;
}

static gboolean start_tool(StageRun *stage_run, GError **error)
{
	if (!measurement_start(&stage_run->measurement, error))
		return FALSE;
	stage_loads_mark(stage_run->loads);
	return TRUE;
}

static gboolean measure(StageRun *stage_run, GError **error)
{
	RunContext *context = stage_run->measurement.context;
	RunStage *stage = stage_run->measurement.stage;
	WatchLook host[2] = {0}, guest[2] = {0};
	gboolean done;

	stage_run->loads = stage_loads_new(context, stage);
	done = stage_loads_start(stage_run->loads, error) &&
	       look_at_host(stage_run, "before", &host[0], error) &&
	       look_at_guest(stage_run, "before", &guest[0], error) &&
	       start_tool(stage_run, error) &&
	       measurement_watch(&stage_run->measurement, error) &&
	       vm_read_places(context->vm, context->live, context->plan, stage->places, error) &&
	       stage_loads_stop(stage_run->loads, error) &&
	       look_at_guest(stage_run, "after", &guest[1], error) &&
	       look_at_host(stage_run, "after", &host[1], error) &&
	       fetch_results(stage_run, error);
	watch_compare(&host[0], &host[1], &stage->host);
	watch_compare(&guest[0], &guest[1], &stage->guest);
	for (int i = 0; i < 2; i++) {
		watch_look_clear(&host[i]);
		watch_look_clear(&guest[i]);
	}
	return done;
}

gboolean stage_run(RunContext *context, const ProfileStage *profile_stage, GError **error)
{
	g_autofree char *directory = g_build_filename(bundle_path(context->bundle), "guest",
						      profile_stage->name, NULL);
	guint n_threads = cpuset_count(&context->plan->guest_rt);
	g_autofree ThreadReadings *readings = g_new0(ThreadReadings, n_threads);
	StageRun stage_run = {.directory = directory, .readings = readings};
	Measurement *measurement = &stage_run.measurement;
	gboolean done;

	measurement_init(measurement, context, describe_stage(context, profile_stage));
	measurement->owner = &stage_run;
	measurement->each_second = each_second;
	measurement->is_due = reading_is_due;
	measurement->act = take_reading;
	done = measure(&stage_run, error);
	progress_end(context->progress);
	if (!done) {
		boot_explain(context, error);
		if (measurement_salvage(measurement))
			collect_store_readings(measurement->stage, readings, n_threads);
	}
	stage_loads_free(stage_run.loads);
	measurement_clear(measurement);
	return done;
}
