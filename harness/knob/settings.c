/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "settings.h"

#include <string.h>

/* A list may go on over lines of strings, up to a bracket. */
static gboolean is_passed_over(const char *line)
{
	return *line == '\0' || *line == '#' || *line == ';' || *line == '[' ||
	       *line == '"' || *line == ']';
}

gboolean settings_find(const char *text, const char *key, char **ret_value)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	g_autofree char *value = NULL;

	for (char **line = lines; *line; line++) {
		const char *rest = g_strstrip(*line);

		if (is_passed_over(rest))
			continue;
		if (!strchr(rest, '='))
			return FALSE;
		if (!g_str_has_prefix(rest, key))
			continue;
		rest += strlen(key);
		rest += strspn(rest, " \t");
		if (*rest != '=')
			continue;
		rest++;
		g_free(value);
		value = g_strchug(g_strdup(rest));
	}
	*ret_value = g_steal_pointer(&value);
	return TRUE;
}
