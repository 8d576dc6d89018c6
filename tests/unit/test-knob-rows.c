/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every row of the knob table judges what it says it judges (tests/knob/README). */
#include "knob-cases.h"

#include <errno.h>
#include <fnmatch.h>

static gboolean matches_any(char **patterns, const char *path)
{
	for (; *patterns; patterns++) {
		g_autofree char *pattern = g_strdup(*patterns);
		gsize length = strlen(pattern);

		if (length && pattern[length - 1] == '/')
			pattern[length - 1] = '\0';
		if (fnmatch(pattern, path, FNM_PATHNAME) == 0)
			return TRUE;
	}
	return FALSE;
}

static void expect(const Finding *finding, const char *status, const char *when)
{
	if (strcmp(finding_status_name(finding->status), status) != 0)
		fail_msg("%s %s: %s instead of %s: %s", finding->id, when,
			 finding_status_name(finding->status), status,
			 finding->reason ? finding->reason : "");
}

static const char *wanted_status(const Knob *knob, const IniSection *section, guint number)
{
	const char *status = value_of(section, "status", number);

	if (status)
		return status;
	return knob->severity >= SEVERITY_HIGH && !knob->opinions ? "FAIL" : "WARN";
}

static void check_texts(const Finding *finding, const IniSection *section, guint number)
{
	const char *reason = value_of(section, "reason", number);

	if (!finding->reason || !*finding->reason)
		fail_msg("%s: no reason", finding->id);
	if (reason && !strstr(finding->reason, reason))
		fail_msg("%s: the reason '%s' lacks '%s'", finding->id, finding->reason, reason);
	if ((finding->status == STATUS_FAIL || finding->status == STATUS_WARN) &&
	    !finding->remedy)
		fail_msg("%s: no remedy", finding->id);
}

/* Whatever the place holds that makes no sense, the row does not pass. */
static void check_mutations(Fixture *fixture, const KnobLayer *layer, const Knob *knob,
			    const IniSection *section, KnobScope scope, guint number)
{
	static const struct {
		const char *what, *data;
		gsize length;
	} mutations[] = {
		{"garbage", "\x01?\xff garbage \n\n{]\n", 18},
		{"a NUL byte", "\0", 1},
		{"nothing", "", 0},
	};
	const char *file = value_of(section, "file", number);
	guint depth = fixture->undo->len;

	for (guint i = 0; i < G_N_ELEMENTS(mutations); i++) {
		g_autoptr(Finding) finding = NULL;

		change(fixture, scope, file, mutations[i].data, mutations[i].length);
		finding = judge(fixture, layer, knob, scope, NULL);
		undo_to(fixture, depth);
		if (mutations[i].length == 0 && value_of(section, "empty", 1))
			continue;
		if (finding->status == STATUS_PASS)
			fail_msg("%s passes on a place that holds %s", knob->id,
				 mutations[i].what);
	}
}

/* A capture that was not allowed to read the place says so, and so does the row. */
static void check_unreadable(Fixture *fixture, const KnobLayer *layer, const Knob *knob,
			     const IniSection *section, KnobScope scope, guint number)
{
	g_autofree char *line =
		g_strdup_printf("%d\t%s\n", EACCES, value_of(section, "file", number));
	guint depth = fixture->undo->len;
	g_autoptr(Finding) finding = NULL;

	change(fixture, scope, CAPTURE_ERRORS, line, strlen(line));
	finding = judge(fixture, layer, knob, scope, NULL);
	undo_to(fixture, depth);
	if (finding->status == STATUS_PASS)
		fail_msg("%s passes on a place that cannot be read", knob->id);
}

static void check_reads(char **patterns, const GPtrArray *reads, const char *id)
{
	for (guint i = 0; i < reads->len; i++)
		if (!matches_any(patterns, reads->pdata[i]))
			fail_msg("%s reads '%s', which its patterns do not name", id,
				 (char *)reads->pdata[i]);
}

/* What the row says of the tree as it is when that side was chosen: a mismatch is then what the
 * row's severity makes of it. */
static FindingStatus status_with(Fixture *fixture, const KnobLayer *layer, const Knob *knob,
				 KnobScope scope, const char *side)
{
	g_autoptr(Finding) finding = NULL;

	fixture->choice = side;
	finding = judge(fixture, layer, knob, scope, NULL);
	fixture->choice = NULL;
	if (finding->status == STATUS_WARN && knob->severity >= SEVERITY_HIGH)
		fail_msg("%s=%s: %s: %s", knob->id, side, finding_status_name(finding->status),
			 finding->reason ? finding->reason : "");
	return finding->status;
}

/* A choice that changes nothing was accepted and forgotten. Between several sides the good
 * tree or the changed one decides; the only side of a row makes its mismatch count. */
static void check_sides(Fixture *fixture, const KnobLayer *layer, const Knob *knob,
			const IniSection *section, KnobScope scope)
{
	g_auto(GStrv) sides = g_strsplit(knob->sides ? knob->sides : "", "|", -1);
	guint depth = fixture->undo->len;
	guint passed[2] = {0, 0};
	guint n = g_strv_length(sides);

	if (n == 0)
		return;
	for (guint changed = 0; changed < 2; changed++) {
		if (changed)
			apply_change(fixture, section, scope, 1);
		for (guint i = 0; i < n; i++)
			passed[changed] += status_with(fixture, layer, knob, scope,
						       sides[i]) == STATUS_PASS;
		undo_to(fixture, depth);
	}
	if (n == 1 ? passed[0] != 1 || passed[1] != 0
		   : (passed[0] == 0 || passed[0] == n) && (passed[1] == 0 || passed[1] == n))
		fail_msg("%s is judged alike whichever of '%s' was chosen", knob->id,
			 knob->sides);
}

static void check_row(Fixture *fixture, const KnobLayer *layer, const Knob *knob)
{
	const IniSection *section = g_hash_table_lookup(fixture->cases, knob->id);
	g_auto(GStrv) patterns = knob_patterns_of(knob);
	g_autoptr(GPtrArray) reads = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(Finding) good = NULL;
	KnobScope scope;
	guint depth;

	if (!section)
		fail_msg("%s has no case", knob->id);
	scope = scope_of(knob, section);
	apply_with(fixture, section, scope);
	good = judge(fixture, layer, knob, scope, reads);
	expect(good, "PASS", "on the good tree");
	check_reads(patterns, reads, knob->id);
	check_sides(fixture, layer, knob, section, scope);
	depth = fixture->undo->len;
	for (guint number = 1; apply_change(fixture, section, scope, number); number++) {
		g_autoptr(Finding) finding = judge(fixture, layer, knob, scope, NULL);
		const char *file = value_of(section, "file", number);

		expect(finding, wanted_status(knob, section, number), "after the change");
		check_texts(finding, section, number);
		if (!matches_any(patterns, file))
			fail_msg("%s: '%s' is not the row's own place", knob->id, file);
		undo_to(fixture, depth);
		check_mutations(fixture, layer, knob, section, scope, number);
		check_unreadable(fixture, layer, knob, section, scope, number);
	}
	if (!value_of(section, "file", 1))
		fail_msg("[%s] changes nothing", section->name);
	undo_to(fixture, 0);
}

typedef struct {
	Fixture *fixture;
	const KnobLayer *layer;
	const Knob *knob;
} RowTest;

static void test_row(void **state)
{
	const RowTest *test = *state;

	check_row(test->fixture, test->layer, test->knob);
}

/* A row that failed leaves the trees to the next one as it found them. */
static int after_row(void **state)
{
	const RowTest *test = *state;

	undo_to(test->fixture, 0);
	return 0;
}

static GArray *all_tests(Fixture *fixture, GPtrArray *states)
{
	GArray *tests = g_array_new(FALSE, TRUE, sizeof(struct CMUnitTest));

	KNOB_FOREACH (layer, knob) {
		RowTest *state = g_new(RowTest, 1);
		struct CMUnitTest test = {knob->id, test_row, NULL, after_row, state};

		*state = (RowTest){fixture, layer, knob};
		g_ptr_array_add(states, state);
		if (knob->place != PLACE_EXPLAIN)
			g_array_append_val(tests, test);
	}
	return tests;
}

int main(void)
{
	g_autoptr(GPtrArray) states = g_ptr_array_new_with_free_func(g_free);
	Fixture *fixture = fixture_new();
	g_autoptr(GArray) tests = all_tests(fixture, states);
	int failed = _cmocka_run_group_tests("knob rows", (const struct CMUnitTest *)(void *)tests->data,
					     tests->len, NULL, NULL);

	fixture_free(fixture);
	return failed;
}
