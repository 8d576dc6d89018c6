/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "judge.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "choice.h"
#include "escape.h"
#include "place.h"
#include "remedy.h"

gboolean knob_selected(const KnobSelection *selection, const Knob *knob)
{
	gboolean wanted = !selection || !selection->only || !*selection->only;

	if (!selection)
		return TRUE;
	if (knob->severity < selection->least)
		return FALSE;
	for (guint i = 0; !wanted && selection->only[i]; i++)
		wanted = fnmatch(selection->only[i], knob->id, 0) == 0;
	for (guint i = 0; wanted && selection->skip && selection->skip[i]; i++)
		wanted = fnmatch(selection->skip[i], knob->id, 0) != 0;
	return wanted;
}

static FindingStatus status_of(const Knob *knob, KnobMatch match)
{
	switch (match) {
	case MATCH_HOLDS:
		return STATUS_PASS;
	case MATCH_BROKEN:
		return knob->severity >= SEVERITY_HIGH ? STATUS_FAIL : STATUS_WARN;
	case MATCH_IRRELEVANT:
		return STATUS_NA;
	case MATCH_ODD:
		break;
	}
	return STATUS_UNKNOWN;
}

void knob_conclude(const Knob *knob, Finding *finding, KnobMatch match, const char *format,
		   ...)
{
	va_list arguments;
	char *reason;

	va_start(arguments, format);
	reason = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	finding->status = status_of(knob, match);
	g_free(finding->reason);
	finding->reason = *reason ? reason : NULL;
	if (!*reason)
		g_free(reason);
	if (finding->status == STATUS_WARN || finding->status == STATUS_FAIL) {
		g_free(finding->remedy);
		finding->remedy = g_strdup(knob->remedy);
	}
}

void knob_conclude_errno(const Knob *knob, KnobView *view, Finding *finding,
			 const char *place, int errnum)
{
	if (errnum == ENOENT && !knob_view_complete(view))
		knob_conclude(knob, finding, MATCH_ODD, "%s is not in the captured tree",
			      place);
	else if (errnum == ENOENT && knob->absent != ABSENT_UNKNOWN)
		knob_conclude(knob, finding, choice_match_absent(knob, view),
			      "%s is absent: %s", place, knob->absent_means);
	else if (errnum == EILSEQ)
		knob_conclude(knob, finding, MATCH_ODD,
			      "%s does not hold what it should: not one line of text", place);
	else
		knob_conclude(knob, finding, MATCH_ODD, "%s: %s", place, g_strerror(errnum));
}

typedef void (*PlaceReader)(const Knob *knob, KnobView *view, Tally *tally);

static const PlaceReader readers[] = {
	[PLACE_FILE] = place_file,	 [PLACE_PARAMETER] = place_parameter,
	[PLACE_KCONFIG] = place_kconfig, [PLACE_DOMAIN] = place_domain,
	[PLACE_THREAD] = place_thread,	 [PLACE_SERVICE] = place_service,
};

void place_read(const Knob *knob, KnobView *view, Tally *tally)
{
	readers[knob->place](knob, view, tally);
}

static void look(const Knob *knob, KnobView *view, Finding *finding)
{
	g_autoptr(Tally) tally = NULL;
	g_autofree char *proof = NULL;

	if (knob->applies && !knob->applies(knob, view, &proof)) {
		knob_conclude(knob, finding, MATCH_IRRELEVANT, "%s", proof);
		return;
	}
	if (knob->judge) {
		knob->judge(knob, view, finding);
		return;
	}
	tally = tally_new(knob, view);
	place_read(knob, view, tally);
	tally_finish(tally, finding);
}

/* Nobody is wrong about what the sources disagree on, until somebody has chosen a side. */
static void soften(const Knob *knob, const KnobView *view, Finding *finding)
{
	if (knob->opinions && finding->status == STATUS_FAIL &&
	    !knob_view_choice(view, knob->id))
		finding->status = STATUS_WARN;
}

/* A person who is to decide between two opinions must see both. */
static void add_opinions(const Knob *knob, Finding *finding)
{
	g_autofree char *reason = finding->reason;

	if (!knob->opinions || finding->status == STATUS_NA) {
		finding->reason = g_steal_pointer(&reason);
		return;
	}
	finding->reason = g_strdup_printf("%s%spolicy: %s", reason ? reason : "",
					  reason ? "; " : "", knob->opinions);
}

/* UNKNOWN until somebody looks. */
static Finding *finding_of(const KnobLayer *layer, const Knob *knob, KnobScope scope)
{
	Finding *finding = finding_new();

	finding->id = g_strdup(knob->id);
	finding->scope = g_strdup(knob_scope_name(scope));
	finding->layer = g_strdup(layer->name);
	finding->title = g_strdup(knob->title);
	finding->severity = knob->severity;
	finding->why = g_strdup(knob->why);
	finding->source = g_strdup(knob->source);
	return finding;
}

/* What a file of a hostile tree holds is not to command a terminal, nor to fill it. */
static void make_presentable(char **text, gsize longest)
{
	g_autofree char *whole = *text;
	g_autofree char *escaped = NULL;
	gsize length = whole ? strlen(whole) : 0;

	if (!whole)
		return;
	escaped = escape_text(whole, (gssize)MIN(length, longest));
	*text = length > longest ? g_strconcat(escaped, " ...", NULL)
				 : g_steal_pointer(&escaped);
}

static void make_all_presentable(Finding *finding)
{
	enum { REASON_BYTES = 2000, EVIDENCE_BYTES = 1000 };

	make_presentable(&finding->reason, REASON_BYTES);
	for (guint i = 0; i < finding->evidence->len; i++) {
		FindingEvidence *evidence = finding->evidence->pdata[i];

		make_presentable(&evidence->place, EVIDENCE_BYTES);
		make_presentable(&evidence->seen, EVIDENCE_BYTES);
		make_presentable(&evidence->wanted, EVIDENCE_BYTES);
	}
}

Finding *knob_judge(const KnobLayer *layer, const Knob *knob, KnobView *view)
{
	Finding *finding = finding_of(layer, knob, knob_view_scope(view));

	look(knob, view, finding);
	soften(knob, view, finding);
	if (finding->remedy) {
		g_autofree char *remedy = finding->remedy;

		finding->remedy = remedy_for(remedy, view);
	}
	make_all_presentable(finding);
	add_opinions(knob, finding);
	return finding;
}

gboolean knob_is_judged(const Knob *knob, KnobScope scope)
{
	return (knob->scopes & scope) && knob->place != PLACE_EXPLAIN;
}

GPtrArray *knob_judge_all(KnobView *view, const KnobSelection *selection)
{
	GPtrArray *findings = findings_new();

	KNOB_FOREACH (layer, knob)
		if (knob_is_judged(knob, knob_view_scope(view)) &&
		    knob_selected(selection, knob))
			g_ptr_array_add(findings, knob_judge(layer, knob, view));
	return findings;
}
