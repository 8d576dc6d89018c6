/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Trees of small files from text, for tests: a line is PATH, a tab, content; {0-7} and {a,b}
 * in a path expand; see tests/knob/README. "$0", a tab and text names what \$0 stands for in
 * later lines. Everything fails the test that is not understood.
 */
#ifndef LATHE_TEST_LISTING_H
#define LATHE_TEST_LISTING_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>

#include "tree.h"

/* What "\$0" to "\$9" stand for in one file. */
enum { LISTING_WORDS = 10 };

/* "\(N*TEXT)": TEXT, N times. `at` is the parenthesis; returns where it closes. */
static const char *listing_repeat(const char *at, GString *content)
{
	const char *star = strchr(at, '*'), *close = strchr(at, ')');
	guint64 times = g_ascii_strtoull(at + 1, NULL, 10);

	if (!star || !close || star > close || times == 0)
		fail_msg("'%s': (N*TEXT)", at);
	for (; times > 0; times--)
		g_string_append_len(content, star + 1, close - star - 1);
	return close;
}

/* One escape; `at` is what follows the backslash. Returns the escape's last character. */
static const char *listing_escape(const char *at, char *const *words, GString *content)
{
	static const char plain[] = "n\nt\t\\\\";
	const char *known = *at ? strchr(plain, *at) : NULL;

	if (known)
		g_string_append_c(content, known[1]);
	else if (*at == '0')
		g_string_append_c(content, '\0');
	else if (*at == '(')
		return listing_repeat(at, content);
	else if (*at == 'x' && g_ascii_isxdigit(at[1]) && g_ascii_isxdigit(at[2])) {
		g_string_append_c(content, (char)(g_ascii_xdigit_value(at[1]) << 4 |
						  g_ascii_xdigit_value(at[2])));
		return at + 2;
	} else if (*at == '$' && words && g_ascii_isdigit(at[1]) && words[at[1] - '0']) {
		g_string_append(content, words[at[1] - '0']);
		return at + 1;
	} else {
		fail_msg("'\\%s': unknown escape", at);
	}
	return at;
}

/* \n \t \0 \\ \xNN \(N*TEXT) \$N, and \c at the end (no newline). *ret_length counts NULs. */
static char *listing_content_with(const char *text, char *const *words, gsize *ret_length)
{
	GString *content = g_string_new(NULL);
	gboolean newline = TRUE;

	for (const char *at = text; *at; at++) {
		if (*at != '\\')
			g_string_append_c(content, *at);
		else if (strcmp(++at, "c") == 0)
			newline = FALSE;
		else
			at = listing_escape(at, words, content);
	}
	if (newline)
		g_string_append_c(content, '\n');
	*ret_length = content->len;
	return g_string_free(content, FALSE);
}

static inline char *listing_content(const char *text, gsize *ret_length)
{
	return listing_content_with(text, NULL, ret_length);
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

static void listing_line(const char *file, char *line, const char *directory, char **words)
{
	char *tab = strchr(line, '\t');
	g_autofree char *content = NULL;
	ListingEntry entry = {.directory = directory};

	entry.only_directory = !tab && g_str_has_suffix(line, "/");
	if (!tab && !entry.only_directory)
		fail_msg("%s: no tab in '%s'", file, line);
	if (tab) {
		*tab = '\0';
		content = listing_content_with(tab + 1, words, &entry.length);
		entry.data = content;
	}
	if (*line != '$') {
		listing_expand(line, listing_put, &entry);
		return;
	}
	if (!tab || !g_ascii_isdigit(line[1]) || line[2] || words[line[1] - '0'])
		fail_msg("%s: '%s'", file, line);
	content[entry.length - 1] = '\0'; /* the newline that content gets */
	words[line[1] - '0'] = g_steal_pointer(&content);
}

/* Adds what a .tree file holds below `directory`. */
static inline void listing_load(const char *file, const char *directory)
{
	char *words[LISTING_WORDS] = {NULL};
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (!g_file_get_contents(file, &text, NULL, NULL))
		fail_msg("cannot read '%s'", file);
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++)
		if (**line != '#' && **line != '\0')
			listing_line(file, *line, directory, words);
	for (guint i = 0; i < LISTING_WORDS; i++)
		g_free(words[i]);
}

#endif
