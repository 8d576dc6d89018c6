/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rejudge.h"

#include <string.h>

#include "bundle.h"
#include "error.h"
#include "verdict.h"

void rejudged_clear(Rejudged *rejudged)
{
	g_clear_pointer(&rejudged->run, run_free);
}

static gboolean has_file(const char *directory, const char *name)
{
	g_autofree char *path = g_build_filename(directory, name, NULL);

	return g_file_test(path, G_FILE_TEST_EXISTS);
}

static gboolean is_bundle(const char *directory, GError **error)
{
	if (!g_file_test(directory, G_FILE_TEST_IS_DIR))
		return lathe_error(error, LATHE_ERROR_USAGE, "%s: no such directory",
				   directory);
	if (has_file(directory, "run.json") || has_file(directory, "SHA256SUMS"))
		return TRUE;
	lathe_error(error, LATHE_ERROR_USAGE,
		    "%s: not a bundle: neither run.json nor SHA256SUMS is in it", directory);
	lathe_error_hint(error, "'lathe run' prints the name of the bundle it leaves");
	return FALSE;
}

static Profile *own_profile(const char *directory, GError **error)
{
	g_autofree char *text = NULL;
	gsize length;

	if (!bundle_read_file(directory, BUNDLE_PROFILE, &text, &length, error))
		return NULL;
	return profile_parse(text, length, BUNDLE_PROFILE, error);
}

static gboolean same_rules(const Profile *a, const Profile *b)
{
	g_autofree char *text_a = profile_format(a);
	g_autofree char *text_b = profile_format(b);

	return strcmp(text_a, text_b) == 0;
}

static gboolean same_limits(const RunVerdict *a, const RunVerdict *b)
{
	if (a->limits->len != b->limits->len)
		return FALSE;
	for (guint i = 0; i < a->limits->len; i++) {
		const RunLimit *x = a->limits->pdata[i], *y = b->limits->pdata[i];

		if (g_strcmp0(x->stage, y->stage) != 0 || g_strcmp0(x->vm, y->vm) != 0 ||
		    x->vcpu != y->vcpu ||
		    g_strcmp0(x->statistic, y->statistic) != 0 ||
		    g_strcmp0(x->relation, y->relation) != 0 || x->limit_ns != y->limit_ns ||
		    x->value_known != y->value_known || x->value_ns != y->value_ns ||
		    x->broken != y->broken)
			return FALSE;
	}
	return TRUE;
}

/* The same evidence under the same rules cannot have two verdicts: one of them was edited.
 * Sentences may read differently in another version of lathe. */
static void check_stored(const RunVerdict *stored, RunVerdict *verdict)
{
	if (stored->result != RESULT_PASS)
		verdict_doubt(verdict,
			      "the run's own verdict was %s, and nothing in the evidence says why",
			      result_name(stored->result));
	else if (stored->reasons->len > 0)
		verdict_doubt(verdict, "the run's own verdict was PASS with reasons against it");
	else if (!same_limits(stored, verdict))
		verdict_doubt(verdict, "the limits and values of the run's own verdict are not "
				       "those of its evidence");
}

/* Findings are most of run.json, and no judging changes them. */
static char *without_findings(Run *run)
{
	g_autoptr(GPtrArray) none = findings_new();
	GPtrArray *findings = run->findings;
	char *text;

	run->findings = none;
	text = run_to_json(run);
	run->findings = findings;
	return text;
}

static void judge(const char *directory, const Profile *own, const Profile *other,
		  Rejudged *rejudged)
{
	g_autofree char *before = without_findings(rejudged->run);
	g_autoptr(Run) stored = run_from_json(before, strlen(before), NULL);
	g_autofree char *after = NULL;
	RunVerdict *verdict = &rejudged->run->verdict;

	rejudged->stored = TRUE;
	rejudged->stored_result = verdict->result;
	rejudged->other_rules = other && (!own || !same_rules(own, other));
	if (rejudged->other_rules)
		verdict_judge_anew(directory, other, rejudged->run);
	else
		verdict_judge(directory, own, rejudged->run);
	after = without_findings(rejudged->run);
	rejudged->same = strcmp(before, after) == 0;
	if (!rejudged->other_rules && verdict->result == RESULT_PASS && stored)
		check_stored(&stored->verdict, verdict);
}

gboolean rejudge(const char *directory, const Profile *other, Rejudged *ret, GError **error)
{
	g_autoptr(GError) changed = NULL, unreadable = NULL, no_profile = NULL;
	g_autoptr(Profile) own = NULL;
	g_auto(Rejudged) rejudged = {0};

	if (!is_bundle(directory, error))
		return FALSE;
	bundle_verify(directory, &changed);
	rejudged.run = bundle_read_run(directory, &unreadable);
	own = own_profile(directory, &no_profile);
	if (rejudged.run && (own || other)) {
		judge(directory, own, other, &rejudged);
	} else {
		if (!rejudged.run)
			rejudged.run = run_new();
		run_verdict_reset(&rejudged.run->verdict);
	}
	if (no_profile)
		verdict_doubt(&rejudged.run->verdict, "the profile in force: %s",
			      no_profile->message);
	if (unreadable)
		verdict_doubt(&rejudged.run->verdict, "%s", unreadable->message);
	if (changed)
		verdict_doubt(&rejudged.run->verdict,
			      "the bundle is not as the run left it: %s", changed->message);
	*ret = rejudged;
	rejudged = (Rejudged){0};
	return TRUE;
}
