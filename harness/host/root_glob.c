/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "root.h"

/* Expands the first component of `rest` that holds '*' and recurses; `prefix` is what has
 * been expanded ("" or "sys/devices"). */
static void expand(const Root *root, const char *prefix, const char *rest, GPtrArray *into,
		   GHashTable *unlisted)
{
	const char *slash = strchr(rest, '/');
	g_autofree char *part = slash ? g_strndup(rest, (gsize)(slash - rest)) : g_strdup(rest);
	g_autoptr(GPtrArray) names = NULL;

	if (strchr(part, '*')) {
		int errnum = 0;

		names = root_list_errno(root, *prefix ? prefix : ".", &errnum);
		if (!names && unlisted && errnum != ENOENT && errnum != ENOTDIR)
			g_hash_table_insert(unlisted, g_strdup(*prefix ? prefix : "."),
					    GINT_TO_POINTER(errnum));
	} else {
		names = g_ptr_array_new_with_free_func(g_free);
		g_ptr_array_add(names, g_strdup(part));
	}
	for (guint i = 0; names && i < names->len; i++) {
		g_autofree char *path = NULL;

		if (fnmatch(part, names->pdata[i], FNM_PERIOD) != 0)
			continue;
		path = *prefix ? g_strconcat(prefix, "/", names->pdata[i], NULL)
			       : g_strdup(names->pdata[i]);
		if (slash)
			expand(root, path, slash + 1, into, unlisted);
		else
			g_ptr_array_add(into, g_steal_pointer(&path));
	}
}

GPtrArray *root_glob(const Root *root, const char *pattern, GHashTable *unlisted)
{
	GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);

	expand(root, "", pattern, paths, unlisted);
	return paths;
}
