/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tuning.h"

#include <unistd.h>

#include "change.h"
#include "choice.h"
#include "dma_latency.h"
#include "error.h"
#include "guest.h"
#include "guard.h"
#include "tune.h"

struct Tuning {
	Tune tune;
	Cpuset cpus;	  /* that the plan reserves */
	GHashTable *rows; /* key_of() -> RunTuned of run->tuning */
	gboolean ours;	  /* the open transaction in the journal, if any, is this run's */
	int latency_fd;
};

static Tuning *tuning_of(RunContext *context)
{
	Tuning *self = context->tuning;

	if (self)
		return self;
	self = context->tuning = g_new0(Tuning, 1);
	self->latency_fd = -1;
	self->rows = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	self->tune = (Tune){.host = {context->live, TARGET_WRITE_SECONDS},
			    .directory = context->options->state->lib,
			    .keep_going = context->profile->findings_shown,
			    .stays_open = TRUE,
			    .waiter = context->waiter};
	return self;
}

gboolean tuning_recover(RunContext *context, GError **error)
{
	Tuning *self = tuning_of(context);
	g_autoptr(GPtrArray) outcomes = tuned_new_array();

	if (!state_make_directory(context->options->state->lib, error) ||
	    !tune_recover(&self->tune, outcomes, error))
		return FALSE;
	if (outcomes->len > 0)
		progress_note(context->progress,
			      "put back %u change%s of this host that an earlier lathe left",
			      outcomes->len, outcomes->len == 1 ? "" : "s");
	return TRUE;
}

/* ---- what is said of it --------------------------------------------------------------- */

static char *key_of(const Tuned *tuned)
{
	return g_strdup_printf("%s %d %s", tuned->row, (int)tuned->kind, tuned->place);
}

static void add_tuned(RunContext *context, const Tuned *from)
{
	RunTuned *to = run_tuning_add(&context->run->tuning, from->row);

	to->place = change_shown_place(from->kind, from->place);
	to->was = g_strdup(from->was);
	to->then = g_strdup(from->then);
	to->now = g_strdup(from->now);
	to->state = g_strdup(tuned_state_name(from->state));
	to->why = g_strdup(from->why);
	g_hash_table_insert(context->tuning->rows, key_of(from), to);
}

/* Rows that nothing can be written for, and those that nobody wrote. */
static void add_not_in_force(RunContext *context, const Changes *changes, gboolean made)
{
	for (guint i = 0; !made && i < changes->changes->len; i++) {
		const Change *change = changes->changes->pdata[i];
		RunTuned *to = run_tuning_add(&context->run->tuning, change->row);

		to->place = change_shown_place(change->kind, change->place);
		to->was = g_strdup(change->was);
		to->then = g_strdup(change->then);
		to->now = g_strdup(change->was);
		to->state = g_strdup("not tried");
	}
	for (guint i = 0; i < changes->unchangeable->len; i++) {
		const Unchangeable *row = changes->unchangeable->pdata[i];
		RunTuned *to = run_tuning_add(&context->run->tuning, row->row);

		to->state = g_strdup("cannot change");
		to->why = g_strdup(row->why);
	}
}

static void say(RunContext *context, const char *how, const char *by, const char *why,
		const char *cpus)
{
	RunTuning *tuning = &context->run->tuning;

	tuning->how = g_strdup(how);
	tuning->by = g_strdup(by);
	tuning->why = g_strdup(why);
	tuning->cpus = g_strdup(cpus);
	tuning->put_back = g_strdup("unknown");
}

static guint count_in_force(const RunTuning *tuning)
{
	guint n = 0;

	for (guint i = 0; i < tuning->rows->len; i++)
		n += run_tuned_in_force(tuning->rows->pdata[i]);
	return n;
}

/* ---- before --------------------------------------------------------------------------- */

static KnobView *new_view(RunContext *context)
{
	KnobView *view = knob_view_new(context->live, SCOPE_HOST, &context->tuning->cpus, NULL);

	choices_make(view, context->profile->choices);
	return view;
}

static void hold_latency(RunContext *context)
{
	/* Another view: what an earlier one read may have been changed. */
	g_autoptr(KnobView) view = new_view(context);

	context->tuning->latency_fd =
		dma_latency_hold(context->live, view, &context->run->tuning.cpu_dma_latency);
}

/* What `lathe tune apply` set stays until `lathe tune restore`. */
static gboolean keep_earlier(RunContext *context, const TuneStatus *status,
			     const Changes *changes, GError **error)
{
	gboolean off = context->options->no_tune;
	g_autofree char *mine = cpulist_format(&context->tuning->cpus);
	const char *theirs = status->cpus ? status->cpus : "";
	Cpuset tuned = {0};

	if (!off && status->doubts->len > 0) {
		lathe_error(error, LATHE_ERROR_INPUT, "the tuning journal is damaged: %s",
			    (char *)status->doubts->pdata[0]);
		lathe_error_hint(error, "put back what it still holds first: lathe tune restore");
		return FALSE;
	}
	cpulist_parse_kernel(theirs, CPUSET_CPUS, &tuned, NULL);
	if (!off && !cpuset_is_subset(&context->tuning->cpus, &tuned)) {
		lathe_error(error, LATHE_ERROR_BUSY,
			    "this host is tuned for CPUs %s (%s), and this run reserves CPUs %s",
			    theirs, status->by, mine);
		lathe_error_hint(error, "put that back first: lathe tune restore; or choose the "
					"same CPUs with --cpus; or leave it as it is with --no-tune");
		return FALSE;
	}
	say(context, "earlier", status->by,
	    off ? "nothing was changed for this run: asked for with --no-tune"
		: "nothing was changed for this run: the host was tuned before",
	    theirs);
	for (guint i = 0; i < status->rows->len; i++)
		add_tuned(context, status->rows->pdata[i]);
	add_not_in_force(context, changes, FALSE);
	if (!off)
		hold_latency(context);
	progress_note(context->progress, "the host is tuned for CPUs %s already (%s)", theirs,
		      status->by);
	return TRUE;
}

static void leave_alone(RunContext *context, const Changes *changes, const char *how,
			const char *why)
{
	g_autofree char *cpus = cpulist_format(&context->tuning->cpus);

	say(context, how, NULL, why, cpus);
	add_not_in_force(context, changes, FALSE);
	progress_note(context->progress, "the host is not tuned: %s", why);
}

static gboolean apply(RunContext *context, const Changes *changes, GError **error)
{
	Tuning *self = context->tuning;
	g_autoptr(GPtrArray) outcomes = tuned_new_array();
	g_autofree char *cpus = cpulist_format(&self->cpus);

	say(context, "run", "lathe run", NULL, cpus);
	self->ours = TRUE;
	if (!tune_apply(&self->tune, "lathe run", cpus, changes->changes, outcomes, error)) {
		g_prefix_error(error, "tune the host: ");
		if (!lathe_error_get_hint(*error) && !waiter_cancelled(context->waiter))
			lathe_error_hint(error, "everything that was changed was put back; "
						"--no-tune measures the host as it is");
		return FALSE;
	}
	for (guint i = 0; i < outcomes->len; i++)
		add_tuned(context, outcomes->pdata[i]);
	add_not_in_force(context, changes, TRUE);
	hold_latency(context);
	progress_note(context->progress, "tuned the host for CPUs %s: %u of %u changes in force",
		      cpus, count_in_force(&context->run->tuning), outcomes->len);
	return TRUE;
}

/* CPU 0 never goes, but need not keep house. */
static void leave_offline_cpus(Cpuset *set, const Facts *facts)
{
	Cpuset offline = *set;

	if (!facts->online_known)
		return;
	cpuset_subtract(&offline, &facts->online);
	cpuset_subtract(set, &offline);
}

static gboolean replan(RunContext *context, GError **error)
{
	leave_offline_cpus(&context->housekeeping, context->facts);
	for (guint i = 0; i < context->guests->len; i++) {
		const Guest *guest = guest_at(context, i);

		leave_offline_cpus(&guest->plan->housekeeping, context->facts);
		leave_offline_cpus(&guest->plan->emulator, context->facts);
		leave_offline_cpus(&guest->plan->iothread, context->facts);
		if (guest_is_rt(guest) && !plan_check(guest->plan, error))
			return FALSE;
	}
	return TRUE;
}

static Changes *find_changes(const RunContext *context, KnobView *view)
{
	const GPtrArray *skip = context->profile->tune_skip;
	g_autofree const char **globs = g_new0(const char *, skip->len + 1);
	KnobSelection selection = {.skip = globs};

	for (guint i = 0; i < skip->len; i++)
		globs[i] = skip->pdata[i];
	return changes_find(view, &selection);
}

static gboolean choose_what(RunContext *context, GError **error)
{
	Tuning *self = context->tuning;
	g_autoptr(TuneStatus) status = tune_status(&self->tune, error);
	g_autoptr(KnobView) view = new_view(context);
	g_autoptr(Changes) changes = status ? find_changes(context, view) : NULL;
	g_autoptr(GError) refused = NULL;

	if (!status)
		return FALSE;
	if (status->tuned)
		return keep_earlier(context, status, changes, error);
	if (context->options->no_tune)
		leave_alone(context, changes, "off", "asked for with --no-tune");
	else if (!tune_guard(view, &refused))
		leave_alone(context, changes, "refused", refused->message);
	else
		return apply(context, changes, error);
	return TRUE;
}

gboolean tuning_begin(RunContext *context, GError **error)
{
	Tuning *self = tuning_of(context);

	self->cpus = guests_reserved_cpus(context);
	if (!choose_what(context, error))
		return FALSE;
	g_clear_pointer(&context->facts, facts_free);
	context->facts = facts_read(context->live);
	return replan(context, error);
}

/* ---- after ---------------------------------------------------------------------------- */

static void note_drift(RunContext *context, const RunTuned *row, TunedState state)
{
	const Knob *knob = knob_find(row->row, NULL);

	if (state != TUNED_DRIFTED && state != TUNED_LOST)
		return;
	if (!context->profile->findings_shown && knob && knob->severity >= SEVERITY_HIGH)
		run_deviate(context->run, NULL,
			    "%s: %s was set to '%s', and held '%s' after the measurement", row->row,
			    row->place, row->then, row->now);
}

void tuning_look(RunContext *context)
{
	Tuning *self = context->tuning;
	g_autoptr(TuneStatus) status = NULL;
	g_autoptr(GError) error = NULL;

	if (!self || g_hash_table_size(self->rows) == 0)
		return;
	status = tune_status(&self->tune, &error);
	if (!status) {
		run_deviate(context->run, NULL,
			    "whether the host was still tuned after the measurement is not known: %s",
			    error->message);
		return;
	}
	for (guint i = 0; i < status->rows->len; i++) {
		const Tuned *now = status->rows->pdata[i];
		g_autofree char *key = key_of(now);
		RunTuned *row = g_hash_table_lookup(self->rows, key);

		if (!row || !run_tuned_in_force(row) || now->state == TUNED_IN_FORCE)
			continue;
		g_free(row->state);
		g_free(row->now);
		row->state = g_strdup(tuned_state_name(now->state));
		row->now = g_strdup(now->now);
		note_drift(context, row, now->state);
	}
}

static void note_left(RunContext *context, const Tuned *outcome)
{
	g_autofree char *place = change_shown_place(outcome->kind, outcome->place);

	if (outcome->state == TUNED_FOREIGN)
		run_note(context->run->tuning.left,
			 "%s: %s holds '%s', which somebody else set: it was left", outcome->row,
			 place, outcome->now);
	else if (outcome->state == TUNED_STUCK)
		run_note(context->run->tuning.left, "%s: %s could not be put back to '%s': %s",
			 outcome->row, place, outcome->was, outcome->why);
}

static void put_back(RunContext *context)
{
	Tuning *self = context->tuning;
	RunTuning *said = &context->run->tuning;
	g_autoptr(GPtrArray) outcomes = tuned_new_array();
	g_autoptr(GError) error = NULL;
	gboolean done = tune_recover(&self->tune, outcomes, &error);
	const char *hint = error ? lathe_error_get_hint(error) : NULL;

	for (guint i = 0; i < outcomes->len; i++) {
		const Tuned *outcome = outcomes->pdata[i];
		g_autofree char *key = key_of(outcome);
		RunTuned *row = g_hash_table_lookup(self->rows, key);

		if (row && !row->put_back)
			row->put_back = g_strdup(tuned_state_name(outcome->state));
		note_left(context, outcome);
	}
	if (!done && said->left->len == 0)
		run_note(said->left, "%s", error->message);
	g_free(said->put_back);
	said->put_back = g_strdup(said->left->len == 0 ? "yes" : "no");
	for (guint i = 0; i < said->left->len; i++)
		progress_note(context->progress, "not put back: %s", (char *)said->left->pdata[i]);
	if (hint)
		progress_note(context->progress, "hint: %s", hint);
}

void tuning_end(RunContext *context)
{
	Tuning *self = context->tuning;

	if (!self)
		return;
	if (self->latency_fd >= 0)
		close(self->latency_fd);
	if (self->ours)
		put_back(context);
	g_hash_table_unref(self->rows);
	g_free(self);
	context->tuning = NULL;
}
