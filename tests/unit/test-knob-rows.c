/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every row of the knob table: what the lint of a table asks, and that each judges what it
 * says it judges (tests/knob/README).
 */
#include "good-trees.h"

#include <errno.h>
#include <fnmatch.h>

#include "ini.h"
#include "judge.h"
#include "remove_tree.h"
#include "root.h"

/* The tree of a scope, and what was changed in it for one row. */
typedef struct {
	char *directory[KNOB_SCOPES];
	GPtrArray *undo; /* of Undo, newest last */
	Cpuset planned[KNOB_SCOPES];
	GHashTable *cases; /* id -> const IniSection, owned by the Inis */
	GPtrArray *inis;
} Fixture;

typedef struct {
	char *path, *content; /* content NULL: it was not there */
	gsize length;
} Undo;

static const KnobScope scopes[KNOB_SCOPES] = {SCOPE_HOST, SCOPE_VM, SCOPE_GUEST};

static guint scope_index(KnobScope scope)
{
	return scope == SCOPE_HOST ? 0 : scope == SCOPE_VM ? 1 : 2;
}

static void undo_free(gpointer data)
{
	Undo *undo = data;

	g_free(undo->path);
	g_free(undo->content);
	g_free(undo);
}

static char *in_tests(const char *name)
{
	return g_build_filename(g_getenv("TESTS"), "knob", name, NULL);
}

static void load_scope(Fixture *fixture, KnobScope scope)
{
	good_tree_load(knob_scope_name(scope), fixture->directory[scope_index(scope)]);
}

static void load_cases(Fixture *fixture)
{
	g_autofree char *pattern = in_tests("*.cases");
	glob_t found;

	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		g_autoptr(GError) error = NULL;
		Ini *ini = ini_read(found.gl_pathv[i], &error);

		if (!ini)
			fail_msg("%s", error->message);
		g_ptr_array_add(fixture->inis, ini);
		for (guint k = 0; k < ini->sections->len; k++) {
			IniSection *section = ini->sections->pdata[k];

			if (!g_hash_table_insert(fixture->cases, section->name, section))
				fail_msg("[%s] stands twice", section->name);
		}
	}
	globfree(&found);
}

static void free_ini(gpointer data)
{
	ini_free(data);
}

static Fixture *fixture_new(void)
{
	Fixture *fixture = g_new0(Fixture, 1);

	fixture->undo = g_ptr_array_new_with_free_func(undo_free);
	fixture->cases = g_hash_table_new(g_str_hash, g_str_equal);
	fixture->inis = g_ptr_array_new_with_free_func(free_ini);
	for (guint i = 0; i < KNOB_SCOPES; i++) {
		fixture->directory[i] = g_dir_make_tmp("lathe-test-XXXXXX", NULL);
		assert_non_null(fixture->directory[i]);
		load_scope(fixture, scopes[i]);
	}
	assert_true(cpulist_parse("5-7", 8, &fixture->planned[0], NULL));
	fixture->planned[1] = fixture->planned[0];
	assert_true(cpulist_parse("1-3", 8, &fixture->planned[2], NULL));
	load_cases(fixture);
	return fixture;
}

static void fixture_free(Fixture *fixture)
{
	for (guint i = 0; i < KNOB_SCOPES; i++) {
		remove_tree(fixture->directory[i]);
		g_free(fixture->directory[i]);
	}
	g_ptr_array_unref(fixture->undo);
	g_hash_table_unref(fixture->cases);
	g_ptr_array_unref(fixture->inis);
	g_free(fixture);
}

static void collect_path(const char *path, gpointer data)
{
	g_ptr_array_add(data, g_strdup(path));
}

static Finding *judge(const Fixture *fixture, const KnobLayer *layer, const Knob *knob,
		      KnobScope scope, GPtrArray *reads)
{
	guint at = scope_index(scope);
	g_autoptr(GError) error = NULL;
	g_autoptr(Root) root = root_open_captured(fixture->directory[at], &error);
	g_autoptr(Root) host_root = root_open_captured(fixture->directory[0], &error);
	g_autoptr(KnobView) host = NULL;
	g_autoptr(KnobView) view = NULL;
	Finding *finding;

	assert_non_null(root);
	assert_non_null(host_root);
	if (scope != SCOPE_HOST)
		host = knob_view_new(host_root, SCOPE_HOST, &fixture->planned[0], NULL);
	view = knob_view_new(root, scope, &fixture->planned[at], host);
	finding = knob_judge(layer, knob, view);
	if (reads)
		knob_view_foreach_read(view, collect_path, reads);
	return finding;
}

/* ---- changes of a tree ----------------------------------------------------------------- */

static void remember(Fixture *fixture, const char *file)
{
	Undo *undo = g_new0(Undo, 1);

	undo->path = g_strdup(file);
	if (g_file_test(file, G_FILE_TEST_IS_REGULAR))
		assert_true(
			g_file_get_contents(file, &undo->content, &undo->length, NULL));
	g_ptr_array_add(fixture->undo, undo);
}

static void undo_to(Fixture *fixture, guint depth)
{
	while (fixture->undo->len > depth) {
		const Undo *undo = fixture->undo->pdata[fixture->undo->len - 1];

		if (undo->content)
			assert_true(g_file_set_contents(undo->path, undo->content,
							(gssize)undo->length, NULL));
		else
			g_unlink(undo->path);
		g_ptr_array_set_size(fixture->undo, (gint)fixture->undo->len - 1);
	}
}

static void change(Fixture *fixture, KnobScope scope, const char *path, const char *data,
		   gsize length)
{
	const char *directory = fixture->directory[scope_index(scope)];
	g_autofree char *file = g_build_filename(directory, path, NULL);

	remember(fixture, file);
	tree_write_bytes(directory, path, data, (gssize)length);
}

static void take_away(Fixture *fixture, KnobScope scope, const char *path)
{
	g_autofree char *file =
		g_build_filename(fixture->directory[scope_index(scope)], path, NULL);

	remember(fixture, file);
	if (g_unlink(file) != 0)
		fail_msg("'%s' is not there to be removed", path);
}

/* "FROM -> TO": FROM stands there exactly once. */
static void replace(Fixture *fixture, KnobScope scope, const char *path, const char *how)
{
	g_autofree char *file =
		g_build_filename(fixture->directory[scope_index(scope)], path, NULL);
	g_autofree char *old = NULL;
	g_auto(GStrv) sides = g_strsplit(how, " -> ", 2);
	g_auto(GStrv) parts = NULL;
	g_autofree char *changed = NULL;
	gsize from_length, to_length;
	g_autofree char *from = NULL;
	g_autofree char *to = NULL;

	if (g_strv_length(sides) != 2 && g_str_has_suffix(how, " ->"))
		fail_msg("'%s': write FROM -> \\c for nothing", how);
	assert_int_equal(g_strv_length(sides), 2);
	if (!g_file_get_contents(file, &old, NULL, NULL))
		fail_msg("'%s' is not there to be changed", path);
	from = listing_content(sides[0], &from_length);
	to = listing_content(sides[1], &to_length);
	from[from_length - 1] = '\0'; /* the newline that content gets */
	if (to_length && to[to_length - 1] == '\n')
		to[to_length - 1] = '\0';
	parts = g_strsplit(old, from, -1);
	if (g_strv_length(parts) != 2)
		fail_msg("'%s' is in '%s' %u times", from, path, g_strv_length(parts) - 1);
	changed = g_strjoinv(to, parts);
	change(fixture, scope, path, changed, strlen(changed));
}

/* ---- one row --------------------------------------------------------------------------- */

static const char *value_of(const IniSection *section, const char *key, guint number)
{
	g_autofree char *numbered =
		number == 1 ? g_strdup(key) : g_strdup_printf("%s.%u", key, number);
	const IniEntry *entry = ini_entry(section, numbered);

	return entry ? entry->value : NULL;
}

static KnobScope scope_of(const Knob *knob, const IniSection *section)
{
	const char *name = value_of(section, "scope", 1);

	for (guint i = 0; i < KNOB_SCOPES; i++)
		if (name ? strcmp(name, knob_scope_name(scopes[i])) == 0
			 : (knob->scopes & scopes[i]) != 0)
			return scopes[i];
	fail_msg("[%s] scope", section->name);
	return SCOPE_HOST;
}

static void apply_with(Fixture *fixture, const IniSection *section, KnobScope scope)
{
	for (guint i = 1;; i++) {
		g_autofree char *key = g_strdup_printf("with.%u", i);
		const IniEntry *entry = ini_entry(section, key);
		g_auto(GStrv) sides = NULL;
		g_autofree char *content = NULL;
		gsize length;

		if (!entry)
			return;
		sides = g_strsplit(entry->value, " ", 2);
		if (!sides[0] || !sides[1])
			fail_msg("[%s] %s: PATH CONTENT", section->name, key);
		content = listing_content(sides[1], &length);
		change(fixture, scope, sides[0], content, length);
	}
}

/* FALSE when the case has no change of that number. */
static gboolean apply_change(Fixture *fixture, const IniSection *section, KnobScope scope,
			     guint number)
{
	const char *file = value_of(section, "file", number);
	const char *content = value_of(section, "fail", number);
	const char *how = value_of(section, "replace", number);
	g_autofree char *data = NULL;
	gsize length;

	if (!file)
		return FALSE;
	if (how)
		replace(fixture, scope, file, how);
	else if (value_of(section, "remove", number))
		take_away(fixture, scope, file);
	else if (content) {
		data = listing_content(content, &length);
		change(fixture, scope, file, data, length);
	} else {
		fail_msg("[%s] %u: fail, replace or remove", section->name, number);
	}
	return TRUE;
}

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
	if (finding->status == STATUS_PASS && !value_of(section, "unreadable", 1))
		fail_msg("%s passes on a place that cannot be read", knob->id);
}

static void check_reads(char **patterns, const GPtrArray *reads, const char *id)
{
	for (guint i = 0; i < reads->len; i++)
		if (!matches_any(patterns, reads->pdata[i]))
			fail_msg("%s reads '%s', which its patterns do not name", id,
				 (char *)reads->pdata[i]);
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

/* ---- the table ------------------------------------------------------------------------- */

static void check_text(const char *id, const char *what, const char *text)
{
	if (!text || !*text)
		fail_msg("%s: no %s", id, what);
	if (strchr(text, '\n') || g_str_has_prefix(text, " ") || g_str_has_suffix(text, " "))
		fail_msg("%s: %s is not one line", id, what);
}

static void check_id(const char *id)
{
	if (!g_regex_match_simple("^[a-z][a-z0-9_]*(\\.[a-z0-9_]+)+$", id, 0, 0))
		fail_msg("'%s' is no id", id);
}

static void lint_row(const Knob *knob)
{
	gboolean judged = knob->place != PLACE_EXPLAIN;

	check_id(knob->id);
	check_text(knob->id, "title", knob->title);
	check_text(knob->id, "why", knob->why);
	check_text(knob->id, "source", knob->source);
	if (g_str_has_suffix(knob->title, "."))
		fail_msg("%s: the title ends in a full stop", knob->id);
	if (knob->scopes == 0 || knob->scopes >= 1u << KNOB_SCOPES)
		fail_msg("%s: scopes", knob->id);
	if (judged && knob->when != WHEN_NEVER)
		check_text(knob->id, "remedy", knob->remedy);
	if (judged && !knob->judge && (!knob->path || !knob->want))
		fail_msg("%s: a place needs a path and a want", knob->id);
	if (knob->place == PLACE_COMPUTED && (!knob->judge || !knob->reads))
		fail_msg("%s: a computed row needs judge and reads", knob->id);
	if (knob->absent != ABSENT_UNKNOWN)
		check_text(knob->id, "absent_means", knob->absent_means);
}

static void test_lint(void **state)
{
	const Fixture *fixture = *state;
	g_autoptr(GHashTable) ids = g_hash_table_new(g_str_hash, g_str_equal);
	GHashTableIter iter;
	gpointer id;

	KNOB_FOREACH (layer, knob) {
		check_text(layer->name, "title", layer->title);
		lint_row(knob);
		if (!g_hash_table_add(ids, (gpointer)knob->id))
			fail_msg("%s stands twice", knob->id);
	}
	g_hash_table_iter_init(&iter, fixture->cases);
	while (g_hash_table_iter_next(&iter, &id, NULL)) {
		const Knob *knob = knob_find(id, NULL);

		if (!knob || knob->place == PLACE_EXPLAIN)
			fail_msg("[%s] is the case of no row that is judged", (char *)id);
	}
}

static void test_enough_rows(void **state)
{
	guint judged = 0;

	(void)state;
	KNOB_FOREACH (layer, knob)
		judged += knob->place != PLACE_EXPLAIN;
	assert_true(judged >= 180);
}

static GArray *all_tests(Fixture *fixture, GPtrArray *states)
{
	GArray *tests = g_array_new(FALSE, TRUE, sizeof(struct CMUnitTest));
	const struct CMUnitTest whole[] = {
		{"lint of the table", test_lint, NULL, NULL, fixture},
		{"enough rows", test_enough_rows, NULL, NULL, fixture},
	};

	g_array_append_vals(tests, whole, G_N_ELEMENTS(whole));
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
