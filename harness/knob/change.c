/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change.h"

#include <string.h>

#include "escape.h"
#include "place.h"
#include "set.h"

void change_free(Change *change)
{
	if (!change)
		return;
	g_free(change->place);
	g_free(change->was);
	g_free(change->then);
	g_free(change);
}

static void unchangeable_free(gpointer data)
{
	Unchangeable *unchangeable = data;

	g_free(unchangeable->why);
	g_free(unchangeable);
}

void changes_free(Changes *changes)
{
	if (!changes)
		return;
	g_ptr_array_unref(changes->changes);
	g_ptr_array_unref(changes->unchangeable);
	g_free(changes);
}

char *change_thread_place(guint tid, guint64 start_ticks, const char *comm)
{
	g_autofree char *name = escape_text(comm, -1);

	return g_strdup_printf("%u %" G_GUINT64_FORMAT " %s", tid, start_ticks, name);
}

/* Its start time is for the journal. */
char *change_shown_place(ChangeKind kind, const char *place)
{
	g_auto(GStrv) parts = NULL;

	if (kind != CHANGE_AFFINITY && kind != CHANGE_SCHEDULING)
		return g_strdup(place);
	parts = g_strsplit(place, " ", 3);
	return g_strv_length(parts) == 3 ? g_strdup_printf("thread %s %s", parts[0], parts[2])
					 : g_strdup(place);
}

char *change_selected(const char *line)
{
	const char *open = strchr(line, '[');
	const char *close = open ? strchr(open, ']') : NULL;

	if (!close || strchr(close, '['))
		return g_strdup(line);
	return g_strndup(open + 1, (gsize)(close - open - 1));
}

void changes_add(Changes *changes, const Knob *knob, ChangeKind kind, const char *place,
		 const char *was, const char *then)
{
	Change *change;

	if (strcmp(was, then) == 0)
		return;
	change = g_new0(Change, 1);
	*change = (Change){.row = knob->id,
			   .severity = knob->severity,
			   .refusable = knob->refusable,
			   .disruption = knob->disruption,
			   .kind = kind,
			   .place = g_strdup(place),
			   .was = g_strdup(was),
			   .then = g_strdup(then)};
	g_ptr_array_add(changes->changes, change);
}

gboolean changes_have(const Changes *changes, ChangeKind kind, const char *place)
{
	for (guint i = 0; i < changes->changes->len; i++) {
		const Change *change = changes->changes->pdata[i];

		if (change->kind == kind && strcmp(change->place, place) == 0)
			return TRUE;
	}
	return FALSE;
}

void changes_add_unchangeable(Changes *changes, const Knob *knob, const char *format, ...)
{
	Unchangeable *unchangeable = g_new0(Unchangeable, 1);
	va_list arguments;

	va_start(arguments, format);
	unchangeable->row = knob->id;
	unchangeable->why = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	g_ptr_array_add(changes->unchangeable, unchangeable);
}

/* What the watch of one row's places needs. */
typedef struct {
	const Knob *knob;
	KnobView *view;
	Changes *changes;
	gboolean added; /* a change of this row */
} Watched;

/* In the words of a service's target; NULL: it is not installed, or has to go altogether. An
 * enabled timer was started at boot, as far as a link tells. */
static const char *service_word(const char *value)
{
	if (strcmp(value, "running") == 0 || strcmp(value, "enabled") == 0)
		return "running";
	return strcmp(value, "stopped") == 0 || strcmp(value, "disabled") == 0 ? "stopped" : NULL;
}

/* FALSE: there is no such change. */
static gboolean add_service(const Watched *watched, const KnobReading *reading, const char *then)
{
	/* "irqbalance.service (process 12)" */
	g_autofree char *unit = g_strndup(reading->place, strcspn(reading->place, " "));
	const char *was = service_word(reading->value);

	then = service_word(then);
	if (was && then)
		changes_add(watched->changes, watched->knob, CHANGE_SERVICE, unit, was, then);
	return was && then;
}

static gboolean add_place(const Watched *watched, const KnobReading *reading)
{
	const Knob *knob = watched->knob;
	g_autofree char *was = change_selected(reading->value);
	g_autofree char *then = knob->set(knob, watched->view, reading);

	if (!then)
		return FALSE;
	if (knob->place == PLACE_SERVICE)
		return add_service(watched, reading, then);
	changes_add(watched->changes, knob, CHANGE_FILE, reading->place, was, then);
	return TRUE;
}

static void add_broken(const KnobReading *reading, KnobMatch match, gpointer data)
{
	Watched *watched = data;
	g_autofree char *shown = NULL;

	if (match != MATCH_BROKEN || (watched->knob->one_value && watched->added))
		return;
	if (add_place(watched, reading)) {
		watched->added = TRUE;
		return;
	}
	shown = escape_text(reading->value, -1);
	changes_add_unchangeable(watched->changes, watched->knob,
				 "%s: nothing can be said that would do instead of '%s'",
				 reading->place, shown);
}

gboolean change_judged(const Knob *knob, KnobView *view, Changes *changes)
{
	g_autoptr(Finding) finding = finding_new();

	knob->judge(knob, view, finding);
	if (finding->status == STATUS_UNKNOWN)
		changes_add_unchangeable(changes, knob, "%s",
					 finding->reason ? finding->reason : "it is not known");
	return finding->status == STATUS_FAIL || finding->status == STATUS_WARN;
}

/* What could not be looked at is not passed over. */
static void find_in_places(const Knob *knob, KnobView *view, Changes *changes)
{
	g_autoptr(Tally) tally = tally_new(knob, view);
	g_autoptr(Finding) finding = finding_new();
	Watched watched = {knob, view, changes, FALSE};

	tally_watch(tally, add_broken, &watched);
	place_read(knob, view, tally);
	tally_finish(tally, finding);
	if (finding->status == STATUS_UNKNOWN)
		changes_add_unchangeable(changes, knob, "%s",
					 finding->reason ? finding->reason : "it is not known");
}

static void find_in_row(const Knob *knob, KnobView *view, Changes *changes)
{
	g_autofree char *proof = NULL;

	/* The sources disagree: nobody but the user may decide. */
	if (knob->opinions && !knob_view_choice(view, knob->id))
		return;
	if (knob->applies && !knob->applies(knob, view, &proof))
		return;
	if (knob->change)
		knob->change(knob, view, changes);
	else
		find_in_places(knob, view, changes);
}

static int compare_kinds(gconstpointer a, gconstpointer b)
{
	const Change *x = *(const Change *const *)a, *y = *(const Change *const *)b;

	return (x->kind > y->kind) - (x->kind < y->kind);
}

Changes *changes_find(KnobView *view, const KnobSelection *selection)
{
	Changes *changes = g_new0(Changes, 1);

	changes->force = selection && selection->force;
	changes->changes = g_ptr_array_new_with_free_func((GDestroyNotify)change_free);
	changes->unchangeable = g_ptr_array_new_with_free_func(unchangeable_free);
	KNOB_FOREACH (layer, knob)
		if ((knob->set || knob->change) && (knob->scopes & knob_view_scope(view)) &&
		    knob_selected(selection, knob))
			find_in_row(knob, view, changes);
	/* GLib's sort of pointer arrays is stable: rows stay together, in the table's order. */
	g_ptr_array_sort(changes->changes, compare_kinds);
	return changes;
}
