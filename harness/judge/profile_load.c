/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "profile.h"

#include <string.h>

#include "error.h"
#include "escape.h"
#include "ini.h"

#define PROFILE_SUFFIX ".ini"

static char *known_profiles(const GPtrArray *names)
{
	g_autoptr(GString) known = g_string_new(NULL);

	for (guint i = 0; i < names->len; i++)
		g_string_append_printf(known, "%s%s", i ? ", " : "",
				       (char *)names->pdata[i]);
	return escape_text(known->len ? known->str : "none", -1);
}

static Profile *load_file(const char *path, const char *const *directories,
			  GError **error)
{
	g_autofree char *text = NULL;
	gsize length;

	if (!ini_read_text(path, &text, &length, error)) {
		g_autoptr(GPtrArray) names = profile_names(directories);
		g_autofree char *known = known_profiles(names);

		lathe_error_hint(error,
				 "a PROFILE with a '/' or '.ini' in it is a file; known "
				 "by name: %s",
				 known);
		return NULL;
	}
	return profile_parse(text, length, path, error);
}

static gint by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *profile_names(const char *const *directories)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

	for (; directories && *directories; directories++) {
		g_autoptr(GDir) dir = g_dir_open(*directories, 0, NULL);
		const char *entry;

		while (dir && (entry = g_dir_read_name(dir))) {
			g_autofree char *name = NULL;

			if (!g_str_has_suffix(entry, PROFILE_SUFFIX))
				continue;
			name = g_strndup(entry, strlen(entry) - strlen(PROFILE_SUFFIX));
			if (!g_ptr_array_find_with_equal_func(names, name, g_str_equal,
							      NULL))
				g_ptr_array_add(names, g_steal_pointer(&name));
		}
	}
	g_ptr_array_sort(names, by_text);
	return names;
}

static void not_found(const char *name, const char *const *directories, GError **error)
{
	g_autoptr(GPtrArray) names = profile_names(directories);
	g_autofree char *shown = escape_text(name, -1);
	g_autofree char *list = known_profiles(names);
	const char *near =
		ini_nearest(name, (const char *const *)names->pdata, names->len);

	lathe_error(error, LATHE_ERROR_USAGE, "there is no profile '%s' (known: %s)",
		    shown, list);
	if (near)
		lathe_error_hint(error, "did you mean '%s'?", near);
	else
		lathe_error_hint(error,
				 "choose one of these, or name a file: lathe run ./FILE.ini");
}

Profile *profile_load(const char *name_or_path, const char *const *directories,
		      GError **error)
{
	g_autofree char *file = NULL;

	if (strchr(name_or_path, '/') || g_str_has_suffix(name_or_path, PROFILE_SUFFIX))
		return load_file(name_or_path, directories, error);
	file = g_strconcat(name_or_path, PROFILE_SUFFIX, NULL);
	for (const char *const *dir = directories; dir && *dir; dir++) {
		g_autofree char *path = g_build_filename(*dir, file, NULL);

		if (g_file_test(path, G_FILE_TEST_EXISTS))
			return load_file(path, directories, error);
	}
	not_found(name_or_path, directories, error);
	return NULL;
}
