/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "supervise.h"

#include "error.h"

/* A load has demonstrably run once it has used this much CPU time: far above what exec
 * and start-up cost, far below what any load uses in a second. */
#define BUSY_SECONDS 0.05

typedef struct {
	LoadProcess *process; /* NULL once stopped */
	gboolean failed;      /* the last look failed: nothing is known now */
	gboolean dead;        /* it ended by itself */
	double seen_seconds;  /* CPU time since its start, at the last look */
	double mark_seconds;  /* the same at supervisor_mark() */
	gint64 progress_us;   /* monotonic: when seen_seconds grew last, or the mark */
} Watch;

struct Supervisor {
	Executor *executor;
	GPtrArray *records; /* of LoadRecord * */
	GArray *watches;    /* of Watch, one a record */
	gboolean marked;
};

static void record_free(gpointer data)
{
	LoadRecord *record = data;

	g_strfreev(record->argv);
	g_free(record->ran_on);
	g_free(record->output);
	g_free(record);
}

Supervisor *supervisor_new(Executor *executor)
{
	Supervisor *supervisor = g_new0(Supervisor, 1);

	supervisor->executor = executor;
	supervisor->records = g_ptr_array_new_with_free_func(record_free);
	supervisor->watches = g_array_new(FALSE, TRUE, sizeof(Watch));
	return supervisor;
}

void supervisor_free(Supervisor *supervisor)
{
	if (!supervisor)
		return;
	supervisor_stop(supervisor, NULL);
	g_ptr_array_free(supervisor->records, TRUE);
	g_array_free(supervisor->watches, TRUE);
	g_free(supervisor);
}

static Watch *watch_of(const Supervisor *supervisor, guint i)
{
	return &g_array_index(supervisor->watches, Watch, i);
}

static const Load *find_new(const Supervisor *supervisor, const char *name,
			    GError **error)
{
	const Load *load = load_find(name);

	if (!load) {
		g_autoptr(GString) known = g_string_new(NULL);

		for (const Load *const *row = loads; *row; row++)
			g_string_append_printf(known, "%s%s", known->len ? ", " : "",
					       (*row)->name);
		lathe_error(error, LATHE_ERROR_USAGE, "there is no load '%s'", name);
		lathe_error_hint(error, "the loads are: %s", known->str);
		return NULL;
	}
	for (guint i = 0; i < supervisor->records->len; i++) {
		const LoadRecord *record = supervisor->records->pdata[i];

		if (record->load == load) {
			lathe_error(error, LATHE_ERROR_USAGE,
				    "load '%s' is asked for twice", name);
			return NULL;
		}
	}
	if (load->needs_directory && !supervisor->executor->size.directory) {
		lathe_error(error, LATHE_ERROR_ENVIRONMENT,
			    "load '%s' has no directory for its files", name);
		return NULL;
	}
	return load;
}

/* An executor says "environment" when the program is not there; another failure has
 * another remedy. */
static void name_package(const Load *load, GError **problem)
{
	if (g_error_matches(*problem, LATHE_ERROR, LATHE_ERROR_ENVIRONMENT) &&
	    !lathe_error_get_hint(*problem))
		lathe_error_hint(problem, "install %s: package %s (Debian), %s (Fedora)",
				 load->program, load->package_debian,
				 load->package_fedora);
}

static gboolean start_one(Supervisor *supervisor, const char *name, GError **error)
{
	Executor *executor = supervisor->executor;
	const Load *load = find_new(supervisor, name, error);
	GError *problem = NULL;
	LoadRecord *record;
	Watch watch = {0};

	if (!load)
		return FALSE;
	record = g_new0(LoadRecord, 1);
	record->load = load;
	record->argv = load->argv(&executor->size);
	record->ran_on = g_strdup("");
	watch.process = executor->start(executor, load->name, record->argv, &problem);
	if (!watch.process) {
		name_package(load, &problem);
		g_propagate_error(error, problem);
		g_prefix_error(error, "start load '%s': ", name);
		record_free(record);
		return FALSE;
	}
	g_ptr_array_add(supervisor->records, record);
	g_array_append_val(supervisor->watches, watch);
	return TRUE;
}

gboolean supervisor_start(Supervisor *supervisor, GPtrArray *names, GError **error)
{
	for (guint i = 0; i < names->len; i++) {
		if (!start_one(supervisor, names->pdata[i], error)) {
			supervisor_stop(supervisor, NULL);
			return FALSE;
		}
	}
	return TRUE;
}

static void note_progress(LoadRecord *record, Watch *watch, double seconds)
{
	gint64 now_us = g_get_monotonic_time();
	double idle = (double)(now_us - watch->progress_us) / G_USEC_PER_SEC;

	if (seconds > watch->seen_seconds)
		watch->progress_us = now_us;
	if (seconds <= watch->seen_seconds && watch->progress_us)
		record->idle_seconds = MAX(record->idle_seconds, idle);
}

/* Takes over what a look found. `usage` loses its strings. */
static void absorb(LoadRecord *record, Watch *watch, LoadUsage *usage)
{
	note_progress(record, watch, usage->cpu_seconds);
	watch->seen_seconds = usage->cpu_seconds;
	g_free(record->ran_on);
	record->ran_on = usage->ran_on ? usage->ran_on : g_strdup("");
	if (!usage->alive) {
		watch->dead = TRUE;
		record->exited_early = TRUE;
		record->exit = usage->exit;
		if (usage->output) {
			g_free(record->output);
			record->output = g_steal_pointer(&usage->output);
		}
	}
	g_free(usage->output);
}

static void look(Supervisor *supervisor, guint i)
{
	Watch *watch = watch_of(supervisor, i);
	LoadUsage usage = {0};

	if (!watch->process)
		return;
	watch->failed = !supervisor->executor->usage(supervisor->executor, watch->process,
						     &usage, NULL);
	if (!watch->failed)
		absorb(supervisor->records->pdata[i], watch, &usage);
	else
		note_progress(supervisor->records->pdata[i], watch, watch->seen_seconds);
}

void supervisor_look(Supervisor *supervisor)
{
	for (guint i = 0; i < supervisor->records->len; i++)
		look(supervisor, i);
}

static gboolean is_busy(const Watch *watch)
{
	return watch->process && !watch->failed && !watch->dead &&
	       watch->seen_seconds >= BUSY_SECONDS;
}

gboolean supervisor_busy(Supervisor *supervisor)
{
	gboolean busy = TRUE;

	supervisor_look(supervisor);
	for (guint i = 0; i < supervisor->records->len; i++)
		busy &= is_busy(watch_of(supervisor, i));
	return busy;
}

const char *supervisor_dead(const Supervisor *supervisor)
{
	for (guint i = 0; i < supervisor->records->len; i++) {
		const LoadRecord *record = supervisor->records->pdata[i];

		if (record->exited_early)
			return record->load->name;
	}
	return NULL;
}

void supervisor_mark(Supervisor *supervisor)
{
	supervisor_look(supervisor);
	for (guint i = 0; i < supervisor->records->len; i++) {
		LoadRecord *record = supervisor->records->pdata[i];
		Watch *watch = watch_of(supervisor, i);

		record->ran = is_busy(watch);
		watch->mark_seconds = watch->seen_seconds;
		watch->progress_us = g_get_monotonic_time();
		record->idle_seconds = 0;
	}
	supervisor->marked = TRUE;
}

static gboolean stop_one(Supervisor *supervisor, guint i, GError **error)
{
	LoadRecord *record = supervisor->records->pdata[i];
	Watch *watch = watch_of(supervisor, i);
	LoadUsage usage = {0};
	gboolean stopped;

	if (!watch->process)
		return TRUE;
	stopped = supervisor->executor->stop(
		supervisor->executor, g_steal_pointer(&watch->process), &usage, error);
	if (!stopped) {
		g_prefix_error(error, "stop load '%s': ", record->load->name);
		g_free(usage.ran_on);
		g_free(usage.output);
		return FALSE;
	}
	absorb(record, watch, &usage);
	record->exit = usage.exit;
	if (supervisor->marked)
		record->cpu_seconds = MAX(watch->seen_seconds - watch->mark_seconds, 0);
	return TRUE;
}

gboolean supervisor_stop(Supervisor *supervisor, GError **error)
{
	gboolean stopped = TRUE;

	for (guint i = 0; i < supervisor->records->len; i++)
		stopped &= stop_one(supervisor, i, stopped ? error : NULL);
	return stopped;
}

const GPtrArray *supervisor_records(const Supervisor *supervisor)
{
	return supervisor->records;
}
