/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes of threads and units as a capture would show them afterwards: in its list of
 * threads, and in the links that enable units.
 */
#ifndef LATHE_TEST_AS_IF_CHANGED_H
#define LATHE_TEST_AS_IF_CHANGED_H

#include "knob-cases.h"

#include "change.h"

/* Columns of CAPTURE_THREADS, blanks between; then role and name, tabs before each. */
enum {
	THREAD_TID = 1,
	THREAD_POLICY,
	THREAD_PRIORITY,
	THREAD_ALLOWED = 6,
	THREAD_COLUMNS
};

static inline gboolean is_thread(char **columns, const char *place)
{
	g_autofree char *tid = g_strndup(place, strcspn(place, " "));

	return g_strv_length(columns) == THREAD_COLUMNS &&
	       strcmp(columns[THREAD_TID], tid) == 0;
}

static inline void set_column(char **columns, guint column, const char *value)
{
	g_free(columns[column]);
	columns[column] = g_strdup(value);
}

/* "1 1 0 0 0 - 0-4 <tab> <tab> systemd" as it is after the change; NULL: it ended. Takes
 * it. */
static inline char *thread_as_if(char *line, const Change *change)
{
	g_autofree char *owned = line;
	gsize length = strcspn(line, "\t");
	g_autofree char *numbers = g_strndup(line, length);
	g_auto(GStrv) columns = g_strsplit(numbers, " ", -1);
	const char *comm = strrchr(line, '\t');
	g_autofree char *name =
		g_strndup(change->place, MIN(strcspn(change->place, "."), 15));
	g_autofree char *joined = NULL;

	if (change->kind == CHANGE_SERVICE)
		return comm && strcmp(comm + 1, name) == 0 ? NULL
							   : g_steal_pointer(&owned);
	if (!is_thread(columns, change->place))
		return g_steal_pointer(&owned);
	if (change->kind == CHANGE_AFFINITY) {
		set_column(columns, THREAD_ALLOWED, change->then);
	} else {
		assert_true(g_str_has_prefix(change->then, "fifo:"));
		set_column(columns, THREAD_POLICY, "1");
		set_column(columns, THREAD_PRIORITY, change->then + strlen("fifo:"));
	}
	joined = g_strjoinv(" ", columns);
	return g_strconcat(joined, line + length, NULL);
}

static inline void unlink_unit(Fixture *fixture, KnobScope scope, const char *unit)
{
	const char *directory = fixture->directory[scope_index(scope)];
	g_autofree char *pattern =
		g_strconcat(directory, "/etc/systemd/system/*.wants/", unit, NULL);
	glob_t found;

	if (glob(pattern, 0, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc; i++)
		take_away(fixture, scope, found.gl_pathv[i] + strlen(directory) + 1);
	globfree(&found);
}

static inline void as_if_changed(Fixture *fixture, KnobScope scope,
				 const GPtrArray *changes)
{
	const char *directory = fixture->directory[scope_index(scope)];
	g_autofree char *file = g_build_filename(directory, CAPTURE_THREADS, NULL);
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	g_autoptr(GString) shown = g_string_new(NULL);

	g_file_get_contents(file, &text, NULL, NULL);
	lines = g_strsplit(text ? text : "", "\n", -1);
	for (char **line = lines; *line; line++) {
		g_autofree char *now = g_strdup(*line);

		for (guint i = 0; now && i < changes->len; i++)
			now = thread_as_if(g_steal_pointer(&now), changes->pdata[i]);
		if (now && *now)
			g_string_append_printf(shown, "%s\n", now);
	}
	for (guint i = 0; i < changes->len; i++) {
		const Change *change = changes->pdata[i];

		if (change->kind != CHANGE_SERVICE)
			continue;
		if (strcmp(change->then, "running") == 0)
			g_string_append_printf(shown, "9999 9999 0 0 0 - 0-4\t\t%.*s\n",
					       (int)MIN(strcspn(change->place, "."), 15),
					       change->place);
		else
			unlink_unit(fixture, scope, change->place);
	}
	if (text)
		change(fixture, scope, CAPTURE_THREADS, shown->str, shown->len);
}

#endif
