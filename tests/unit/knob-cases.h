/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The good trees and the cases of tests/knob (its README says what they are), and changes of
 * those trees that are undone.
 */
#ifndef LATHE_TEST_KNOB_CASES_H
#define LATHE_TEST_KNOB_CASES_H

#include "good-trees.h"

#include "ini.h"
#include "judge.h"
#include "root.h"

/* The tree of a scope, and what was changed in it for one row. */
typedef struct {
	char *directory[KNOB_SCOPES];
	GPtrArray *undo; /* of Undo, newest last */
	Cpuset planned[KNOB_SCOPES];
	GHashTable *cases; /* id -> const IniSection, owned by the Inis */
	GPtrArray *inis;
	const char *choice; /* of the row that is judged, or NULL */
} Fixture;

typedef struct {
	char *path, *content; /* content NULL: it was not there */
	gsize length;
} Undo;

static const KnobScope scopes[KNOB_SCOPES] = {SCOPE_HOST, SCOPE_VM, SCOPE_GUEST};

static inline guint scope_index(KnobScope scope)
{
	return scope == SCOPE_HOST ? 0 : scope == SCOPE_VM ? 1 : 2;
}

static inline void undo_free(gpointer data)
{
	Undo *undo = data;

	g_free(undo->path);
	g_free(undo->content);
	g_free(undo);
}

static inline char *in_tests(const char *name)
{
	return g_build_filename(g_getenv("TESTS"), "knob", name, NULL);
}

static inline void load_scope(Fixture *fixture, KnobScope scope)
{
	good_tree_load(knob_scope_name(scope), fixture->directory[scope_index(scope)]);
}

static inline void load_cases(Fixture *fixture)
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

static inline void free_ini(gpointer data)
{
	ini_free(data);
}

static inline Fixture *fixture_new(void)
{
	Fixture *fixture = g_new0(Fixture, 1);

	fixture->undo = g_ptr_array_new_with_free_func(undo_free);
	fixture->cases = g_hash_table_new(g_str_hash, g_str_equal);
	fixture->inis = g_ptr_array_new_with_free_func(free_ini);
	for (guint i = 0; i < KNOB_SCOPES; i++) {
		fixture->directory[i] = tree_new();
		load_scope(fixture, scopes[i]);
	}
	assert_true(cpulist_parse("5-7", 8, &fixture->planned[0], NULL));
	fixture->planned[1] = fixture->planned[0];
	assert_true(cpulist_parse("1-3", 8, &fixture->planned[2], NULL));
	load_cases(fixture);
	return fixture;
}

static inline void fixture_free(Fixture *fixture)
{
	for (guint i = 0; i < KNOB_SCOPES; i++)
		tree_free(fixture->directory[i]);
	g_ptr_array_unref(fixture->undo);
	g_hash_table_unref(fixture->cases);
	g_ptr_array_unref(fixture->inis);
	g_free(fixture);
}

static inline void remember(Fixture *fixture, const char *file)
{
	Undo *undo = g_new0(Undo, 1);

	undo->path = g_strdup(file);
	if (g_file_test(file, G_FILE_TEST_IS_REGULAR))
		assert_true(
			g_file_get_contents(file, &undo->content, &undo->length, NULL));
	g_ptr_array_add(fixture->undo, undo);
}

static inline void undo_to(Fixture *fixture, guint depth)
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

static inline void change(Fixture *fixture, KnobScope scope, const char *path, const char *data,
		   gsize length)
{
	const char *directory = fixture->directory[scope_index(scope)];
	g_autofree char *file = g_build_filename(directory, path, NULL);

	remember(fixture, file);
	tree_write_bytes(directory, path, data, (gssize)length);
}

static inline void take_away(Fixture *fixture, KnobScope scope, const char *path)
{
	g_autofree char *file =
		g_build_filename(fixture->directory[scope_index(scope)], path, NULL);

	remember(fixture, file);
	if (g_unlink(file) != 0)
		fail_msg("'%s' is not there to be removed", path);
}

/* "FROM -> TO": FROM stands there exactly once. */
static inline void replace(Fixture *fixture, KnobScope scope, const char *path, const char *how)
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

static inline void collect_path(const char *path, gpointer data)
{
	g_ptr_array_add(data, g_strdup(path));
}

/* The tree of a scope as the rows look at it now. */
typedef struct {
	Root *root, *host_root;
	KnobView *host, *view;
} Look;

static inline Look look_at(const Fixture *fixture, const Knob *knob, KnobScope scope)
{
	guint at = scope_index(scope);
	Look look = {root_open_captured(fixture->directory[at], NULL),
		     root_open_captured(fixture->directory[0], NULL), NULL, NULL};

	assert_non_null(look.root);
	assert_non_null(look.host_root);
	if (scope != SCOPE_HOST)
		look.host = knob_view_new(look.host_root, SCOPE_HOST, &fixture->planned[0],
					  NULL);
	look.view = knob_view_new(look.root, scope, &fixture->planned[at], look.host);
	if (fixture->choice)
		knob_view_choose(look.view, knob->id, fixture->choice);
	return look;
}

static inline void look_clear(Look *look)
{
	knob_view_free(look->view);
	if (look->host)
		knob_view_free(look->host);
	root_free(look->host_root);
	root_free(look->root);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Look, look_clear)

static inline Finding *judge(const Fixture *fixture, const KnobLayer *layer, const Knob *knob,
			     KnobScope scope, GPtrArray *reads)
{
	g_auto(Look) look = look_at(fixture, knob, scope);
	Finding *finding = knob_judge(layer, knob, look.view);

	if (reads)
		knob_view_foreach_read(look.view, collect_path, reads);
	return finding;
}

static inline const char *value_of(const IniSection *section, const char *key, guint number)
{
	g_autofree char *numbered =
		number == 1 ? g_strdup(key) : g_strdup_printf("%s.%u", key, number);
	const IniEntry *entry = ini_entry(section, numbered);

	return entry ? entry->value : NULL;
}

static inline KnobScope scope_of(const Knob *knob, const IniSection *section)
{
	const char *name = value_of(section, "scope", 1);

	for (guint i = 0; i < KNOB_SCOPES; i++)
		if (name ? strcmp(name, knob_scope_name(scopes[i])) == 0
			 : (knob->scopes & scopes[i]) != 0)
			return scopes[i];
	fail_msg("[%s] scope", section->name);
	return SCOPE_HOST;
}

static inline void apply_with(Fixture *fixture, const IniSection *section, KnobScope scope)
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
static inline gboolean apply_change(Fixture *fixture, const IniSection *section, KnobScope scope,
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

#endif
