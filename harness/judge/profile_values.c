/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "profile_values.h"

#include <string.h>

#include "error.h"
#include "number.h"

#define TEXT_MAX  1024
#define WORDS_MAX 64

gboolean value_text(const char *value, char **ret, GError **error)
{
	if (strlen(value) > TEXT_MAX)
		return lathe_error(error, LATHE_ERROR_INPUT, "longer than %d bytes",
				   TEXT_MAX);
	g_free(*ret);
	*ret = g_strdup(value);
	return TRUE;
}

gboolean value_choice(const char *value, const char *yes, const char *no,
		      gboolean *ret, GError **error)
{
	if (strcmp(value, yes) != 0 && strcmp(value, no) != 0)
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "'%s' is neither '%s' nor '%s'", value, yes, no);
	*ret = strcmp(value, yes) == 0;
	return TRUE;
}

gboolean value_member(const char *value, const char *const *members, gsize n,
		      char **ret, GError **error)
{
	g_autoptr(GString) known = g_string_new(NULL);

	for (gsize i = 0; i < n; i++) {
		if (strcmp(value, members[i]) == 0) {
			g_free(*ret);
			*ret = g_strdup(value);
			return TRUE;
		}
		g_string_append_printf(known, "%s%s", i ? ", " : "", members[i]);
	}
	return lathe_error(error, LATHE_ERROR_INPUT, "'%s' is not known (known: %s)",
			   value, known->str);
}

gboolean value_number(const char *value, guint min, guint max, guint *ret,
		      GError **error)
{
	guint64 number;

	if (!number_parse(value, min, max, &number, error))
		return FALSE;
	*ret = (guint)number;
	return TRUE;
}

gboolean value_duration(const char *value, guint64 min_ns, guint64 max_ns,
			guint64 unit_ns, guint64 *ret, GError **error)
{
	guint64 ns;

	if (!duration_parse(value, min_ns, max_ns, &ns, error))
		return FALSE;
	if (ns % unit_ns != 0) {
		g_autofree char *unit = duration_format(unit_ns);

		return lathe_error(error, LATHE_ERROR_INPUT,
				   "'%s' is not a multiple of %s", value, unit);
	}
	*ret = ns / unit_ns;
	return TRUE;
}

gboolean value_words(const char *value,
		     gboolean (*check)(const char *word, GError **error),
		     GPtrArray **ret, GError **error)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
	g_auto(GStrv) parts = g_strsplit_set(value, " \t", -1);

	for (char **part = parts; *part; part++) {
		if (!**part)
			continue;
		if (!check(*part, error))
			return FALSE;
		if (g_ptr_array_find_with_equal_func(words, *part, g_str_equal, NULL))
			return lathe_error(error, LATHE_ERROR_INPUT, "'%s' twice", *part);
		if (words->len == WORDS_MAX)
			return lathe_error(error, LATHE_ERROR_INPUT, "more than %d",
					   WORDS_MAX);
		g_ptr_array_add(words, g_strdup(*part));
	}
	g_ptr_array_unref(*ret);
	*ret = g_steal_pointer(&words);
	return TRUE;
}

char *value_join(const GPtrArray *words)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < words->len; i++)
		g_string_append_printf(text, "%s%s", i ? " " : "",
				       (char *)words->pdata[i]);
	return g_string_free(g_steal_pointer(&text), FALSE);
}
