/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Trees of small files from text, for tests: a line is PATH, a tab, content; {0-7} and {a,b}
 * in a path expand; see tests/knob/README. Everything fails the test that is not understood.
 */
#ifndef LATHE_TEST_LISTING_H
#define LATHE_TEST_LISTING_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "tree.h"

/* \n \t \0 \\ and \c at the end (no newline). *ret_length counts NULs. */
static char *listing_content(const char *text, gsize *ret_length)
{
	GString *content = g_string_new(NULL);
	gboolean newline = TRUE;

	for (const char *at = text; *at; at++) {
		if (*at != '\\') {
			g_string_append_c(content, *at);
			continue;
		}
		at++;
		if (*at == 'n')
			g_string_append_c(content, '\n');
		else if (*at == 't')
			g_string_append_c(content, '\t');
		else if (*at == '0')
			g_string_append_c(content, '\0');
		else if (*at == '\\')
			g_string_append_c(content, '\\');
		else if (*at == 'c' && at[1] == '\0')
			newline = FALSE;
		else
			fail_msg("'%s': unknown escape", text);
	}
	if (newline)
		g_string_append_c(content, '\n');
	*ret_length = content->len;
	return g_string_free(content, FALSE);
}

/* Calls each for every path that the braces of `pattern` stand for. */
static void listing_expand(const char *pattern, void (*each)(const char *path, gpointer data),
			gpointer data)
{
	const char *open = strchr(pattern, '{');
	const char *close = open ? strchr(open, '}') : NULL;
	g_autofree char *inside = NULL;
	g_auto(GStrv) items = NULL;

	if (!close) {
		each(pattern, data);
		return;
	}
	inside = g_strndup(open + 1, (gsize)(close - open - 1));
	items = g_strsplit(inside, ",", -1);
	for (char **item = items; *item; item++) {
		const char *dash = strchr(*item, '-');
		guint64 first = g_ascii_strtoull(*item, NULL, 10);
		guint64 last = dash ? g_ascii_strtoull(dash + 1, NULL, 10) : 0;
		gboolean range = dash && g_ascii_isdigit(**item);

		for (guint64 n = range ? first : 0; n <= (range ? last : 0); n++) {
			g_autofree char *number = g_strdup_printf("%" G_GUINT64_FORMAT, n);
			g_autofree char *path =
				g_strdup_printf("%.*s%s%s", (int)(open - pattern), pattern,
						range ? number : *item, close + 1);

			listing_expand(path, each, data);
		}
	}
}

typedef struct {
	const char *directory, *data;
	gsize length;
	gboolean only_directory;
} ListingEntry;

static void listing_put(const char *path, gpointer data)
{
	const ListingEntry *entry = data;
	g_autofree char *full = g_build_filename(entry->directory, path, NULL);

	if (entry->only_directory) {
		assert_int_equal(g_mkdir_with_parents(full, 0755), 0);
		return;
	}
	if (g_file_test(full, G_FILE_TEST_EXISTS))
		fail_msg("'%s' appears twice", path);
	tree_write_bytes(entry->directory, path, entry->data, (gssize)entry->length);
}

/* Adds what a .tree file holds below `directory`. */
static void listing_load(const char *file, const char *directory)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (!g_file_get_contents(file, &text, NULL, NULL))
		fail_msg("cannot read '%s'", file);
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++) {
		char *tab = strchr(*line, '\t');
		g_autofree char *content = NULL;
		ListingEntry entry = {.directory = directory};

		if (**line == '#' || **line == '\0')
			continue;
		entry.only_directory = !tab && g_str_has_suffix(*line, "/");
		if (!tab && !entry.only_directory)
			fail_msg("%s: no tab in '%s'", file, *line);
		if (tab) {
			*tab = '\0';
			content = listing_content(tab + 1, &entry.length);
			entry.data = content;
		}
		listing_expand(*line, listing_put, &entry);
	}
}

#endif
