/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "measurement.h"

#include <glib/gstdio.h>
#include <signal.h>

#include "collect.h"
#include "cyclictest.h"
#include "error.h"
#include "guest.h"
#include "number.h"

/* What cyclictest may take beyond its duration to start, stop and write its results. */
#define TOOL_GRACE_S 30
/* After SIGTERM cyclictest writes what it has; a guest that is asked to stop by Ctrl-C gets
 * this long before it is destroyed. */
#define SALVAGE_TIMEOUT_MS 10000
/* Slower than any guest was seen to send its results. */
#define FETCH_BYTES_PER_MS 256

void measurement_init(Measurement *self, Guest *guest, const RunStage *stage,
		      RunMeasured *measured)
{
	guint number = ++guest->measurements;

	*self = (Measurement){.guest = guest, .stage = stage, .measured = measured};
	self->n_threads = cpuset_count(&guest->plan->guest_rt);
	self->threads = g_new0(ProgressThread, self->n_threads);
	self->output = g_string_new(NULL);
	/* The agent mounts /tmp. A name is used once: what an earlier measurement left there
	 * is never taken for this one's. */
	self->json = g_strdup_printf("/tmp/cyclictest-%u.json", number);
	self->histogram = g_strdup_printf("/tmp/cyclictest-%u.hist", number);
	self->fifo = g_strdup_printf("/tmp/cyclictest-%u.fifo", number);
	g_free(measured->tool);
	measured->tool = g_strdup(guest->context->profile->tool);
}

/* Of the run: from the creation of its first VM to its first sample. */
static void note_first_sample(const Measurement *self)
{
	RunContext *context = self->guest->context;

	if (context->run->timing.start_to_first_sample_ms < 0 && self->first_sample_us)
		context->run->timing.start_to_first_sample_ms =
			(self->first_sample_us - guest_at(context, 0)->boot_us) / 1000;
}

void measurement_clear(Measurement *self)
{
	if (!self->guest)
		return;
	session_forget_tool(self->guest->session);
	note_first_sample(self);
	g_free(self->threads);
	g_free(self->json);
	g_free(self->histogram);
	g_free(self->fifo);
	g_string_free(self->output, TRUE);
	*self = (Measurement){0};
}

static void on_progress(const char *text, gsize length, gpointer data)
{
	Measurement *self = data;
	Span span = {text, text + length};
	Span line;

	while (span_take_line(&span, &line)) {
		CyclictestLive live;

		if (!cyclictest_parse_live(line.at, (gsize)(line.end - line.at), &live) ||
		    live.thread >= self->n_threads || live.cycles == 0)
			continue;
		self->threads[live.thread] = (ProgressThread){TRUE, live.tid, live.cycles,
							      live.min_ns, live.avg_ns,
							      live.max_ns};
		if (!self->first_sample_us)
			self->first_sample_us = g_get_monotonic_time();
	}
}

static void on_output(const char *text, gsize length, gpointer data)
{
	g_string_append_len(((Measurement *)data)->output, text, (gssize)length);
}

static char **tool_argv(const Measurement *self)
{
	const Profile *profile = self->guest->context->profile;
	CyclictestOptions options = {
		.cpus = self->guest->plan->guest_rt,
		.housekeeping_cpu = self->guest->plan->guest_housekeeping,
		.priority = profile->priority,
		.interval_us = self->stage->interval_us,
		.buckets = profile->buckets,
		.duration_s = self->stage->duration_s,
		.json_path = self->json,
		.histogram_path = self->histogram,
		.fifo_path = self->fifo,
	};

	return cyclictest_argv(&options);
}

gboolean measurement_start(Measurement *self, GError **error)
{
	SessionTool tool = {
		.progress_fifo = self->fifo,
		.deadline_s = (guint)self->stage->duration_s + TOOL_GRACE_S,
		.progress = on_progress,
		.output = on_output,
		.user_data = self,
	};
	g_auto(GStrv) argv = tool_argv(self);

	self->measured->tool_argv = g_strdupv(argv);
	g_free(argv[0]);
	argv[0] = g_strdup(self->guest->context->tool_path);
	tool.argv = (const char *const *)argv;
	self->started_us = g_get_monotonic_time();
	return session_start(self->guest->session, &tool, REQUEST_TIMEOUT_MS, &self->pid,
			     error);
}

guint64 measurement_elapsed_s(const Measurement *self)
{
	return (guint64)(g_get_monotonic_time() - self->started_us) / G_USEC_PER_SEC;
}

static gboolean has_ended(Measurement *self)
{
	return session_exited(self->guest->session, &self->measured->tool_exit);
}

static void pass_second(Measurement *self)
{
	gint64 now_us = g_get_monotonic_time();

	if (!self->each_second || now_us < self->next_second_us)
		return;
	self->next_second_us = now_us + G_USEC_PER_SEC;
	self->each_second(self);
}

/* TRUE when the main part of the wait has something to do. */
static gboolean needs_attention(Measurement *self)
{
	gint64 now_us = g_get_monotonic_time();

	if (now_us - session_last_heard_us(self->guest->session) > SILENCE_US)
		self->silent = TRUE;
	return self->silent || (self->is_due && self->is_due(self));
}

typedef struct {
	Measurement *const *all;
	guint n;
	guint ended; /* when the wait began */
} Group;

static guint count_ended(const Group *group)
{
	guint ended = 0;

	for (guint i = 0; i < group->n; i++)
		ended += has_ended(group->all[i]);
	return ended;
}

static gboolean any_needs_attention(gpointer data)
{
	const Group *group = data;
	gboolean any = count_ended(group) != group->ended;
	gboolean passed = FALSE;

	for (guint i = 0; i < group->n; i++) {
		if (has_ended(group->all[i]))
			continue;
		/* For all of them: the first that still measures has it. */
		if (!passed)
			pass_second(group->all[i]);
		passed = TRUE;
		any |= needs_attention(group->all[i]);
	}
	return any;
}

static gboolean say_silent(const Measurement *self, GError **error)
{
	g_autofree char *whose = guest_whose(self->guest);

	g_clear_error(error);
	return lathe_error(error, LATHE_ERROR_GUEST,
			   "%sthe guest's agent has been silent for %d s while it measured", whose,
			   (int)(SILENCE_US / G_USEC_PER_SEC));
}

/* What is due in one guest. */
static gboolean attend(Measurement *self, GError **error)
{
	g_autofree char *whose = guest_whose(self->guest);

	if (has_ended(self))
		return TRUE;
	if (self->silent)
		return say_silent(self, error);
	if (!self->is_due || !self->is_due(self) || self->act(self, error))
		return TRUE;
	if (self->silent)
		return say_silent(self, error);
	g_prefix_error(error, "%s", whose);
	return FALSE;
}

/* Without that one the stage is worth nothing, however long the others go on. */
static gboolean check_ends(const Group *group, GError **error)
{
	gint64 now_us = g_get_monotonic_time();

	for (guint i = 0; count_ended(group) < group->n && i < group->n; i++) {
		Measurement *self = group->all[i];
		g_autofree char *whose = guest_whose(self->guest);

		if (has_ended(self) &&
		    now_us - self->started_us < (gint64)self->stage->duration_s * G_USEC_PER_SEC)
			return lathe_error(error, LATHE_ERROR_GUEST,
					   "%s%s ended after %" G_GUINT64_FORMAT " of %"
					   G_GUINT64_FORMAT " s", whose, self->measured->tool,
					   measurement_elapsed_s(self), self->stage->duration_s);
	}
	return TRUE;
}

static gint64 last_start_us(const Group *group)
{
	gint64 last_us = 0;

	for (guint i = 0; i < group->n; i++)
		last_us = MAX(last_us, group->all[i]->started_us);
	return last_us;
}

gboolean measurements_watch(Measurement *const *all, guint n, GError **error)
{
	Group group = {all, n, 0};
	RunContext *context = all[0]->guest->context;
	gint64 deadline_us =
		last_start_us(&group) +
		((gint64)all[0]->stage->duration_s + 2 * TOOL_GRACE_S) * G_USEC_PER_SEC;

	while ((group.ended = count_ended(&group)) < n) {
		gint64 left_us = deadline_us - g_get_monotonic_time();

		if (!waiter_until(context->waiter, (guint)(MAX(left_us, 0) / 1000),
				  any_needs_attention, &group, "the measurement to end", error))
			return FALSE;
		for (guint i = 0; i < n; i++)
			if (!attend(all[i], error))
				return FALSE;
		if (!check_ends(&group, error))
			return FALSE;
	}
	for (guint i = 0; i < n; i++)
		all[i]->measured->tool_finished = TRUE;
	return TRUE;
}

static void add_pattern(GPtrArray *patterns, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void add_pattern(GPtrArray *patterns, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_ptr_array_add(patterns, g_strdup_vprintf(format, args));
	va_end(args);
}

static void add_task(GPtrArray *patterns, guint32 pid, const char *tid)
{
	add_pattern(patterns, "proc/%u/task/%s/stat", pid, tid);
	add_pattern(patterns, "proc/%u/task/%s/status", pid, tid);
}

/* Reading costs time of the guest's: all threads of the tool once, then those that measure,
 * and of process 1, which is the agent itself, what it costs. */
static GPtrArray *proc_patterns(const Measurement *self)
{
	GPtrArray *patterns = g_ptr_array_new_with_free_func(g_free);
	gboolean known = self->read_before;

	for (guint i = 0; i < self->n_threads; i++)
		known = known && self->threads[i].seen;
	if (!known)
		add_task(patterns, self->pid, "*");
	for (guint i = 0; known && i < self->n_threads; i++) {
		g_autofree char *tid =
			g_strdup_printf("%" G_GINT64_FORMAT, self->threads[i].tid);

		add_task(patterns, self->pid, tid);
	}
	add_pattern(patterns, "proc/%u/status", self->pid);
	add_pattern(patterns, "proc/1/schedstat");
	g_ptr_array_add(patterns, NULL);
	return patterns;
}

gboolean measurement_read_proc(Measurement *self, const char *directory, GError **error)
{
	g_autoptr(GPtrArray) patterns = proc_patterns(self);

	self->read_before = TRUE;
	if (session_capture(self->guest->session, (const char *const *)patterns->pdata,
			    directory, SILENCE_US / 1000, error))
		return TRUE;
	/* Half an answer is silence as well: the agent stopped in the middle. */
	self->silent = g_error_matches(*error, LATHE_ERROR, LATHE_ERROR_TIMEOUT);
	return FALSE;
}

/* raw/<stage>/tmp/cyclictest-N.json as the capture stored it -> raw/<stage>/<as>. */
static char *adopt(const Measurement *self, const char *guest_path, const char *as)
{
	const char *bundle = bundle_path(self->guest->context->bundle);
	g_autofree char *below = g_build_filename(self->stage->name, as, NULL);
	g_autofree char *name = run_vm_path(self->guest->record, "raw", below);
	g_autofree char *directory = run_vm_path(self->guest->record, "raw", self->stage->name);
	g_autofree char *from = g_strdup_printf("%s/%s%s", bundle, directory, guest_path);
	g_autofree char *to = g_build_filename(bundle, name, NULL);

	return g_rename(from, to) == 0 ? g_steal_pointer(&name) : NULL;
}

/* The guest's /tmp is its memory: the next measurement needs the room. An agent that cannot do
 * this cannot do the next request either, and says so there. */
static void forget_in_guest(const Measurement *self)
{
	const char *const paths[] = {self->json, self->histogram};

	for (gsize i = 0; i < G_N_ELEMENTS(paths); i++)
		session_put(self->guest->session, paths[i], 0600, "", 0, REQUEST_TIMEOUT_MS, NULL);
}

static gboolean fetch_files(Measurement *self, const char *directory, GError **error)
{
	const char *patterns[] = {self->json + 1, self->histogram + 1, NULL};
	guint64 output_max =
		cyclictest_output_max(self->n_threads, self->guest->context->profile->buckets);

	return session_capture_large(self->guest->session, patterns, directory,
				     MAX(output_max, SESSION_CAPTURE_MAX),
				     REQUEST_TIMEOUT_MS +
					     (guint)(output_max / FETCH_BYTES_PER_MS),
				     error);
}

gboolean measurement_fetch(Measurement *self, GError **error)
{
	Guest *guest = self->guest;
	RunMeasured *measured = self->measured;
	g_autofree char *directory = guest_path(guest, "raw", self->stage->name);
	g_autofree char *emptied = g_build_filename(directory, "tmp", NULL);
	g_autofree char *output = g_strdup_printf("%s/%s.out", self->stage->name, measured->tool);

	if (!guest_write(guest, "raw", output, self->output->str, self->output->len, error) ||
	    !fetch_files(self, directory, error))
		return FALSE;
	forget_in_guest(self);
	measured->raw_json = adopt(self, self->json, "cyclictest.json");
	measured->raw_text = adopt(self, self->histogram, "cyclictest.hist");
	g_rmdir(emptied);
	return collect_results(guest->context->bundle, guest->record, self->stage, measured,
			       &guest->plan->guest_rt, error);
}

static gboolean tool_has_exited(gpointer data)
{
	int exit_status;

	return session_exited(data, &exit_status);
}

gboolean measurement_salvage(Measurement *self)
{
	Guest *guest = self->guest;
	RunContext *context = guest->context;
	g_autofree char *whose = guest_whose(guest);

	waiter_reset(context->waiter);
	if (!self->pid || self->silent || !vm_is_running(guest->vm))
		return FALSE;
	progress_note(context->progress, "%scollecting what was measured so far", whose);
	/* Errors here would only hide the first one. */
	if (!self->measured->tool_finished && !has_ended(self)) {
		if (!session_signal(guest->session, SIGTERM, NULL) ||
		    !waiter_until(context->waiter, SALVAGE_TIMEOUT_MS, tool_has_exited,
				  guest->session, "the tool to end", NULL))
			return FALSE;
	}
	has_ended(self);
	return !self->measured->raw_json && measurement_fetch(self, NULL);
}
