/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stage.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>

#include "boot.h"
#include "capture.h"
#include "collect.h"
#include "cyclictest.h"
#include "error.h"
#include "number.h"
#include "stage_loads.h"
#include "watch.h"

/* Where the tool writes in the guest; the agent mounts /tmp. */
#define GUEST_JSON	"/tmp/cyclictest.json"
#define GUEST_HISTOGRAM "/tmp/cyclictest.hist"
#define GUEST_FIFO	"/tmp/cyclictest.fifo"

#define REQUEST_TIMEOUT_MS 30000
/* The agent speaks every second while a tool runs. A housekeeping vCPU that shares its CPU
 * with the loads under TCG was seen to be late by up to 3 s. */
#define SILENCE_US (20 * G_USEC_PER_SEC)
/* What cyclictest may take beyond its duration to start, stop and write its results. */
#define TOOL_GRACE_S 30
/* After SIGTERM cyclictest writes what it has; a guest that is asked to stop by Ctrl-C gets
 * this long before it is destroyed. */
#define SALVAGE_TIMEOUT_MS 10000
/* Readings of the measuring threads: four a stage, at least one in 30 s on long ones. */
#define READINGS_A_STAGE 4
#define READING_EVERY_MAX_S 30

typedef struct {
	RunContext *context;
	const ProfileStage *profile_stage;
	RunStage *stage;
	StageLoads *loads;
	const char *directory; /* "<bundle>/guest/<stage>" */
	guint n_threads;
	ProgressThread *threads;
	ThreadReadings *readings;
	guint n_readings;
	guint32 pid; /* of the tool, in the guest */
	GString *output;
	gint64 started_us;	/* monotonic */
	gint64 first_sample_us; /* 0: none yet */
	gint64 next_reading_us, next_look_us;
	gboolean silent;
} StageRun;

static void on_progress(const char *text, gsize length, gpointer data)
{
	StageRun *stage_run = data;
	Span span = {text, text + length};
	Span line;

	while (span_take_line(&span, &line)) {
		CyclictestLive live;
		ProgressThread *thread;

		if (!cyclictest_parse_live(line.at, (gsize)(line.end - line.at), &live) ||
		    live.thread >= stage_run->n_threads || live.cycles == 0)
			continue;
		thread = &stage_run->threads[live.thread];
		*thread = (ProgressThread){TRUE, live.tid, live.cycles, live.min_ns, live.avg_ns,
					   live.max_ns};
		if (!stage_run->first_sample_us)
			stage_run->first_sample_us = g_get_monotonic_time();
	}
}

static void on_output(const char *text, gsize length, gpointer data)
{
	g_string_append_len(((StageRun *)data)->output, text, (gssize)length);
}

static char **tool_argv(const StageRun *stage_run)
{
	const Profile *profile = stage_run->context->profile;
	CyclictestOptions options = {
		.cpus = stage_run->context->plan->guest_rt,
		.housekeeping_cpu = stage_run->context->plan->guest_housekeeping,
		.priority = profile->priority,
		.interval_us = profile->interval_us,
		.buckets = profile->buckets,
		.duration_s = stage_run->profile_stage->duration_s,
		.json_path = GUEST_JSON,
		.histogram_path = GUEST_HISTOGRAM,
		.fifo_path = GUEST_FIFO,
	};

	return cyclictest_argv(&options);
}

static void describe_stage(StageRun *stage_run)
{
	const Profile *profile = stage_run->context->profile;
	const ProfileStage *from = stage_run->profile_stage;
	RunStage *stage = run_add_stage(stage_run->context->run, from->name);

	g_free(stage->where);
	stage->where = g_strdup(from->where);
	for (guint i = 0; i < from->loads->len; i++)
		g_ptr_array_add(stage->loads, g_strdup(from->loads->pdata[i]));
	stage->duration_s = from->duration_s;
	stage->interval_us = profile->interval_us;
	stage->planned_samples = from->duration_s * 1000000 / profile->interval_us;
	stage->tool = g_strdup(profile->tool);
	stage_run->stage = stage;
}

static gboolean look_at_guest(StageRun *stage_run, const char *when, WatchLook *look,
			      GError **error)
{
	g_autofree char *directory = g_build_filename(stage_run->directory, when, NULL);

	if (!session_capture(stage_run->context->session, watch_files, directory,
			     REQUEST_TIMEOUT_MS, error))
		return FALSE;
	watch_look_captured(directory, look);
	return TRUE;
}

static gboolean look_at_host(StageRun *stage_run, const char *when, WatchLook *look,
			     GError **error)
{
	RunContext *context = stage_run->context;
	g_autofree char *directory = g_build_filename(
		bundle_path(context->bundle), "host", stage_run->stage->name, when, NULL);

	watch_look_live(context->live, look);
	return capture_files(context->live, watch_files, directory, error);
}

static gboolean start_tool(StageRun *stage_run, GError **error)
{
	RunStage *stage = stage_run->stage;
	SessionTool tool = {
		.progress_fifo = GUEST_FIFO,
		.deadline_s = (guint)stage->duration_s + TOOL_GRACE_S,
		.progress = on_progress,
		.output = on_output,
		.user_data = stage_run,
	};
	g_auto(GStrv) argv = tool_argv(stage_run);

	stage->tool_argv = g_strdupv(argv);
	g_free(argv[0]);
	argv[0] = g_strdup(stage_run->context->tool_path);
	tool.argv = (const char *const *)argv;
	stage_run->started_us = g_get_monotonic_time();
	if (!session_start(stage_run->context->session, &tool, REQUEST_TIMEOUT_MS,
			   &stage_run->pid, error))
		return FALSE;
	stage_loads_mark(stage_run->loads);
	return TRUE;
}

static guint64 elapsed_s(const StageRun *stage_run)
{
	return (guint64)(g_get_monotonic_time() - stage_run->started_us) / G_USEC_PER_SEC;
}

/* Once a second: the loads, the display, and whether the guest still speaks. TRUE when the
 * main part of the wait has something to do. */
static gboolean needs_attention(gpointer data)
{
	StageRun *stage_run = data;
	RunContext *context = stage_run->context;
	gint64 now_us = g_get_monotonic_time();
	int exit_status;

	if (session_exited(context->session, &exit_status))
		return TRUE;
	if (now_us >= stage_run->next_look_us) {
		stage_run->next_look_us = now_us + G_USEC_PER_SEC;
		stage_loads_look(stage_run->loads);
		progress_stage(context->progress, stage_run->stage->name,
			       MIN(elapsed_s(stage_run), stage_run->stage->duration_s),
			       stage_run->stage->duration_s, &context->plan->guest_rt,
			       stage_run->threads);
	}
	if (now_us - session_last_heard_us(context->session) > SILENCE_US)
		stage_run->silent = TRUE;
	return stage_run->silent || (stage_run->first_sample_us && now_us >= stage_run->next_reading_us);
}

/* The guest's /proc of the measuring process, into guest/<stage>/reading-N. */
static gboolean take_reading(StageRun *stage_run, GError **error)
{
	g_autofree char *name = g_strdup_printf("reading-%u", ++stage_run->n_readings);
	g_autofree char *directory = g_build_filename(stage_run->directory, name, NULL);
	g_autofree char *stat = g_strdup_printf("proc/%u/task/*/stat", stage_run->pid);
	g_autofree char *tasks = g_strdup_printf("proc/%u/task/*/status", stage_run->pid);
	g_autofree char *status = g_strdup_printf("proc/%u/status", stage_run->pid);
	const char *patterns[] = {stat, tasks, status, NULL};
	guint64 every_s = CLAMP(stage_run->stage->duration_s / READINGS_A_STAGE, 1,
				READING_EVERY_MAX_S);

	if (!session_capture(stage_run->context->session, patterns, directory, SILENCE_US / 1000,
			     error)) {
		/* Half an answer is silence as well: the agent stopped in the middle. */
		stage_run->silent = g_error_matches(*error, LATHE_ERROR, LATHE_ERROR_TIMEOUT);
		return FALSE;
	}
	collect_reading(directory, (pid_t)stage_run->pid, stage_run->threads, stage_run->readings,
			stage_run->n_threads);
	stage_run->next_reading_us = g_get_monotonic_time() + (gint64)every_s * G_USEC_PER_SEC;
	return TRUE;
}

static gboolean say_silent(GError **error)
{
	g_clear_error(error);
	return lathe_error(error, LATHE_ERROR_GUEST,
			   "the guest's agent has been silent for %d s while it measured",
			   (int)(SILENCE_US / G_USEC_PER_SEC));
}

static gboolean watch_tool(StageRun *stage_run, GError **error)
{
	RunContext *context = stage_run->context;
	gint64 deadline_us = stage_run->started_us +
			     ((gint64)stage_run->stage->duration_s + 2 * TOOL_GRACE_S) *
				     G_USEC_PER_SEC;
	int exit_status;

	while (!session_exited(context->session, &exit_status)) {
		gint64 left_us = deadline_us - g_get_monotonic_time();

		if (!waiter_until(context->waiter, (guint)(MAX(left_us, 0) / 1000), needs_attention,
				  stage_run, "the measurement to end", error))
			return FALSE;
		if (stage_run->silent)
			return say_silent(error);
		if (stage_run->first_sample_us &&
		    g_get_monotonic_time() >= stage_run->next_reading_us &&
		    !session_exited(context->session, &exit_status) &&
		    !take_reading(stage_run, error))
			return stage_run->silent ? say_silent(error) : FALSE;
	}
	stage_run->stage->tool_finished = TRUE;
	return TRUE;
}

/* raw/<stage>/tmp/FILE as the capture stored it -> raw/<stage>/FILE. */
static char *adopt(const StageRun *stage_run, const char *guest_path)
{
	const Bundle *bundle = stage_run->context->bundle;
	g_autofree char *base = g_path_get_basename(guest_path);
	g_autofree char *name = g_strdup_printf("raw/%s/%s", stage_run->stage->name, base);
	g_autofree char *from = g_strdup_printf("%s/raw/%s%s", bundle_path(bundle),
						stage_run->stage->name, guest_path);
	g_autofree char *to = g_build_filename(bundle_path(bundle), name, NULL);

	return g_rename(from, to) == 0 ? g_steal_pointer(&name) : NULL;
}

static gboolean fetch_results(StageRun *stage_run, GError **error)
{
	RunStage *stage = stage_run->stage;
	g_autofree char *directory = g_build_filename(bundle_path(stage_run->context->bundle), "raw",
						      stage->name, NULL);
	g_autofree char *emptied = g_build_filename(directory, "tmp", NULL);
	g_autofree char *output = g_strdup_printf("raw/%s/%s.out", stage->name, stage->tool);
	const char *patterns[] = {GUEST_JSON + 1, GUEST_HISTOGRAM + 1, NULL};

	if (!bundle_write(stage_run->context->bundle, output, stage_run->output->str,
			  stage_run->output->len, error) ||
	    !session_capture(stage_run->context->session, patterns, directory, REQUEST_TIMEOUT_MS,
			     error))
		return FALSE;
	stage->raw_json = adopt(stage_run, GUEST_JSON);
	stage->raw_text = adopt(stage_run, GUEST_HISTOGRAM);
	g_rmdir(emptied);
	if (!collect_results(stage_run->context->bundle, stage,
			     &stage_run->context->plan->guest_rt, error))
		return FALSE;
	collect_store_readings(stage, stage_run->readings, stage_run->n_threads);
	return TRUE;
}

static gboolean tool_has_exited(gpointer data)
{
	int exit_status;

	return session_exited(data, &exit_status);
}

/* The run is over before its time. cyclictest writes its whole histogram on SIGTERM: what it
 * measured is kept, if the guest still answers. Errors here would only hide the first one. */
static void salvage(StageRun *stage_run)
{
	RunContext *context = stage_run->context;

	waiter_reset(context->waiter);
	if (!stage_run->pid || stage_run->silent || !vm_is_running(context->vm))
		return;
	progress_note(context->progress, "collecting what was measured so far");
	if (!stage_run->stage->tool_finished) {
		if (!session_signal(context->session, SIGTERM, NULL) ||
		    !waiter_until(context->waiter, SALVAGE_TIMEOUT_MS, tool_has_exited,
				  context->session, "the tool to end", NULL))
			return;
	}
	if (!stage_run->stage->raw_json)
		fetch_results(stage_run, NULL);
}

static gboolean measure(StageRun *stage_run, GError **error)
{
	RunContext *context = stage_run->context;
	RunStage *stage = stage_run->stage;
	WatchLook host[2] = {0}, guest[2] = {0};
	gboolean done;

	stage_run->loads = stage_loads_new(context, stage);
	done = stage_loads_start(stage_run->loads, error) &&
	       look_at_host(stage_run, "before", &host[0], error) &&
	       look_at_guest(stage_run, "before", &guest[0], error) &&
	       start_tool(stage_run, error) && watch_tool(stage_run, error) &&
	       vm_read_places(context->vm, context->live, context->plan, stage->places, error) &&
	       stage_loads_stop(stage_run->loads, error) && look_at_guest(stage_run, "after", &guest[1], error) &&
	       look_at_host(stage_run, "after", &host[1], error) && fetch_results(stage_run, error);
	session_exited(context->session, &stage->tool_exit);
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
	g_autofree ProgressThread *threads = g_new0(ProgressThread, n_threads);
	g_autofree ThreadReadings *readings = g_new0(ThreadReadings, n_threads);
	g_autoptr(GString) output = g_string_new(NULL);
	StageRun stage_run = {
		.context = context,
		.profile_stage = profile_stage,
		.directory = directory,
		.n_threads = n_threads,
		.threads = threads,
		.readings = readings,
		.output = output,
	};
	gboolean done;

	describe_stage(&stage_run);
	done = measure(&stage_run, error);
	progress_end(context->progress);
	if (!done) {
		boot_explain(context, error);
		salvage(&stage_run);
	}
	stage_loads_free(stage_run.loads);
	session_forget_tool(context->session);
	if (context->run->timing.start_to_first_sample_ms < 0 && stage_run.first_sample_us)
		context->run->timing.start_to_first_sample_ms =
			(stage_run.first_sample_us - context->boot_us) / 1000;
	return done;
}
