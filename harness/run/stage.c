/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stage.h"

#include "boot.h"
#include "capture.h"
#include "collect.h"
#include "describe.h"
#include "error.h"
#include "guest.h"
#include "measurement.h"
#include "stage_loads.h"
#include "watch.h"

/* Readings of the measuring threads: four a stage, one in 30 s on longer ones, and a hundred at
 * most: each is two files a thread, and a bundle of days must still be one to handle. */
#define READINGS_MIN	    4
#define READINGS_MAX	    100
#define READING_EVERY_MAX_S 30

typedef struct {
	struct StageRun *stage_run;
	Guest *guest;
	RunMeasured *measured;
	gboolean strayed;	 /* a thread of the VM was seen away from its place */
	Measurement measurement; /* what follows: of one that is measured */
	char *directory;	 /* "<bundle>/guest/<stage>" */
	ThreadReadings *readings;
	guint n_readings;
	gint64 next_reading_us;
	WatchLook looks[2]; /* before and after */
} StageGuest;

typedef struct StageRun {
	RunContext *context;
	RunStage *stage;
	StageLoads *loads;
	StageGuest *guests; /* one for each of the context's */
	GPtrArray *measurements; /* of Measurement *: those that are measured */
	WatchLook looks[2]; /* at the host */
} StageRun;

static RunStage *describe_stage(RunContext *context, const ProfileStage *from)
{
	RunStage *stage = run_add_stage(context->run, from->name);

	stage->where = g_strdup(from->where);
	for (guint i = 0; i < from->loads->len; i++)
		g_ptr_array_add(stage->loads, g_strdup(from->loads->pdata[i]));
	stage->duration_s = from->duration_s;
	stage->interval_us = context->profile->interval_us;
	stage->planned_samples = stage->duration_s * 1000000 / stage->interval_us;
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

static gboolean look_at_guest(StageGuest *of, const char *when, WatchLook *look, GError **error)
{
	g_autofree char *directory = g_build_filename(of->directory, when, NULL);

	if (!session_capture(of->guest->session, watch_files, directory, REQUEST_TIMEOUT_MS, error))
		return FALSE;
	watch_look_captured(directory, look);
	return session_capture(of->guest->session, agent_files, directory, REQUEST_TIMEOUT_MS,
			       error);
}

/* FALSE with an error that says in which guest. */
static gboolean for_each_measured(StageRun *self, gboolean (*function)(StageGuest *, GError **),
				  GError **error)
{
	for (guint i = 0; i < self->measurements->len; i++) {
		StageGuest *of = ((Measurement *)self->measurements->pdata[i])->owner;
		g_autofree char *whose = guest_whose(of->guest);

		if (!function(of, error)) {
			g_prefix_error(error, "%s", whose);
			return FALSE;
		}
	}
	return TRUE;
}

static gboolean look_before(StageGuest *of, GError **error)
{
	return look_at_guest(of, "before", &of->looks[0], error);
}

static gboolean look_after(StageGuest *of, GError **error)
{
	return look_at_guest(of, "after", &of->looks[1], error);
}

static gboolean look_at_host(StageRun *self, const char *when, WatchLook *look, GError **error)
{
	RunContext *context = self->context;
	g_autofree char *directory = g_build_filename(bundle_path(context->bundle), "host",
						      self->stage->name, when, NULL);

	watch_look_live(context->live, look);
	return capture_files(context->live, watch_files, directory, error);
}

static void show_progress(const StageRun *self, const Measurement *first)
{
	RunContext *context = self->context;
	guint n = self->measurements->len;
	g_autofree ProgressVm *vms = g_new0(ProgressVm, n);

	for (guint i = 0; i < n; i++) {
		const Measurement *measurement = self->measurements->pdata[i];
		const Guest *guest = measurement->guest;

		vms[i] = (ProgressVm){n > 1 ? run_vm_name(guest->record) : NULL,
				      &guest->plan->guest_rt, measurement->threads};
	}
	progress_stage(context->progress, self->stage->name,
		       MIN(measurement_elapsed_s(first), self->stage->duration_s),
		       self->stage->duration_s, vms, n);
}

static void each_second(Measurement *measurement)
{
	const StageRun *self = ((StageGuest *)measurement->owner)->stage_run;

	stage_loads_look(self->loads);
	show_progress(self, measurement);
}

static gboolean reading_is_due(const Measurement *measurement)
{
	const StageGuest *of = measurement->owner;

	return measurement->first_sample_us && g_get_monotonic_time() >= of->next_reading_us;
}

static guint64 reading_every_s(guint64 duration_s)
{
	return MAX(CLAMP(duration_s / READINGS_MIN, 1, READING_EVERY_MAX_S),
		   duration_s / READINGS_MAX);
}

/* A thread of the VM that leaves its place and is back at the end has been away all the same.
 * Said once a stage. */
static gboolean look_at_places(StageGuest *of, GError **error)
{
	Guest *guest = of->guest;
	g_autoptr(GPtrArray) places = run_places_new();

	if (of->strayed)
		return TRUE;
	if (!vm_read_places(guest->vm, guest->context->live, guest->plan, places, error))
		return FALSE;
	of->strayed = note_strays(guest, places, of->stage_run->stage->name);
	return TRUE;
}

/* VMs that are not measured are looked at when the first one is. */
static gboolean look_beside(const StageRun *self, const StageGuest *of, GError **error)
{
	if (self->measurements->pdata[0] != &of->measurement)
		return TRUE;
	for (guint i = 0; i < self->context->guests->len; i++)
		if (!guest_is_rt(self->guests[i].guest) &&
		    !look_at_places(&self->guests[i], error))
			return FALSE;
	return TRUE;
}

/* Into guest/<stage>/reading-N, and the VM's threads on the host. */
static gboolean take_reading(Measurement *measurement, GError **error)
{
	StageGuest *of = measurement->owner;
	g_autofree char *name = g_strdup_printf("reading-%u", ++of->n_readings);
	g_autofree char *directory = g_build_filename(of->directory, name, NULL);

	if (!measurement_read_proc(measurement, directory, error))
		return FALSE;
	collect_reading(directory, (pid_t)measurement->pid, measurement->threads, of->readings,
			measurement->n_threads);
	if (!look_at_places(of, error) || !look_beside(of->stage_run, of, error))
		return FALSE;
	of->next_reading_us = g_get_monotonic_time() +
			      (gint64)reading_every_s(measurement->stage->duration_s) *
				      G_USEC_PER_SEC;
	return TRUE;
}

static gboolean fetch(StageGuest *of, GError **error)
{
	if (!measurement_fetch(&of->measurement, error))
		return FALSE;
	collect_store_readings(of->measured, of->readings, of->measurement.n_threads);
	return TRUE;
}

static gboolean start(StageGuest *of, GError **error)
{
	return measurement_start(&of->measurement, error);
}

static gboolean read_all_places(StageRun *self, GError **error)
{
	for (guint i = 0; i < self->context->guests->len; i++) {
		const StageGuest *of = &self->guests[i];
		g_autofree char *whose = guest_whose(of->guest);

		if (!vm_read_places(of->guest->vm, self->context->live, of->guest->plan,
				    of->measured->places, error)) {
			g_prefix_error(error, "%s", whose);
			return FALSE;
		}
	}
	return TRUE;
}

static gboolean start_tools(StageRun *self, GError **error)
{
	if (!for_each_measured(self, start, error))
		return FALSE;
	stage_loads_mark(self->loads);
	return TRUE;
}

static void compare_looks(StageRun *self)
{
	watch_compare(&self->looks[0], &self->looks[1], &self->stage->host);
	for (guint i = 0; i < self->measurements->len; i++) {
		StageGuest *of = ((Measurement *)self->measurements->pdata[i])->owner;

		watch_compare(&of->looks[0], &of->looks[1], &of->measured->guest);
	}
}

static gboolean measure(StageRun *self, GError **error)
{
	gboolean done;

	self->loads = stage_loads_new(self->context, self->stage);
	done = stage_loads_start(self->loads, error) &&
	       look_at_host(self, "before", &self->looks[0], error) &&
	       for_each_measured(self, look_before, error) && start_tools(self, error) &&
	       measurements_watch((Measurement *const *)self->measurements->pdata,
				  self->measurements->len, error) &&
	       read_all_places(self, error) && stage_loads_stop(self->loads, error) &&
	       for_each_measured(self, look_after, error) &&
	       look_at_host(self, "after", &self->looks[1], error) &&
	       for_each_measured(self, fetch, error);
	compare_looks(self);
	return done;
}

static void begin(StageRun *self, StageGuest *of, Guest *guest)
{
	Measurement *measurement = &of->measurement;

	of->stage_run = self;
	of->guest = guest;
	of->measured = run_stage_add_vm(self->stage, guest->record);
	if (!guest_is_rt(guest))
		return;
	of->directory = guest_path(guest, "guest", self->stage->name);
	measurement_init(measurement, guest, self->stage, of->measured);
	of->readings = g_new0(ThreadReadings, measurement->n_threads);
	measurement->owner = of;
	measurement->each_second = each_second;
	measurement->is_due = reading_is_due;
	measurement->act = take_reading;
	g_ptr_array_add(self->measurements, measurement);
}

static void salvage(StageRun *self)
{
	for (guint i = 0; i < self->measurements->len; i++) {
		StageGuest *of = ((Measurement *)self->measurements->pdata[i])->owner;

		if (measurement_salvage(&of->measurement))
			collect_store_readings(of->measured, of->readings,
					       of->measurement.n_threads);
	}
}

static void stage_run_clear(StageRun *self)
{
	stage_loads_free(self->loads);
	for (guint i = 0; i < self->context->guests->len; i++) {
		StageGuest *of = &self->guests[i];

		measurement_clear(&of->measurement);
		g_free(of->directory);
		g_free(of->readings);
		watch_look_clear(&of->looks[0]);
		watch_look_clear(&of->looks[1]);
	}
	watch_look_clear(&self->looks[0]);
	watch_look_clear(&self->looks[1]);
	g_free(self->guests);
	g_ptr_array_unref(self->measurements);
}

gboolean stage_run(RunContext *context, const ProfileStage *profile_stage, GError **error)
{
	StageRun self = {
		.context = context,
		.stage = describe_stage(context, profile_stage),
		.guests = g_new0(StageGuest, context->guests->len),
		.measurements = g_ptr_array_new(),
	};
	gboolean done;

	for (guint i = 0; i < context->guests->len; i++)
		begin(&self, &self.guests[i], guest_at(context, i));
	done = measure(&self, error);
	progress_end(context->progress);
	if (!done) {
		boot_explain(context, error);
		salvage(&self);
	}
	stage_run_clear(&self);
	return done;
}
