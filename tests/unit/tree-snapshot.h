/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every file of a tree holds, to be compared later. */
#ifndef LATHE_TEST_TREE_SNAPSHOT_H
#define LATHE_TEST_TREE_SNAPSHOT_H

#include "tree.h"

static inline void snapshot_below(const char *directory, const char *path,
				  GHashTable *into)
{
	g_autofree char *name = g_build_filename(directory, path, NULL);
	g_autoptr(GDir) dir = g_dir_open(name, 0, NULL);
	g_autofree char *content = NULL;
	const char *entry;

	if (!dir) {
		/* A write leaves no newline behind where there is no kernel to add it. */
		if (g_file_get_contents(name, &content, NULL, NULL))
			g_hash_table_insert(into, g_strdup(path),
					    g_strdup(g_strchomp(content)));
		return;
	}
	g_hash_table_insert(into, g_strdup(path), g_strdup("(directory)"));
	while ((entry = g_dir_read_name(dir))) {
		g_autofree char *below = g_build_filename(path, entry, NULL);

		snapshot_below(directory, below, into);
	}
}

static inline GHashTable *snapshot_take(const char *directory)
{
	GHashTable *files =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);

	snapshot_below(directory, "", files);
	return files;
}

static inline void snapshot_compare(const char *id, GHashTable *before, GHashTable *after)
{
	GHashTableIter iter;
	gpointer path, content;

	g_hash_table_iter_init(&iter, before);
	while (g_hash_table_iter_next(&iter, &path, &content)) {
		const char *now = g_hash_table_lookup(after, path);

		if (g_strcmp0(content, now) != 0)
			fail_msg("%s: '%s' held '%s' and holds '%s' now", id,
				 (char *)path, (char *)content, now ? now : "nothing");
	}
	if (g_hash_table_size(before) != g_hash_table_size(after))
		fail_msg("%s: %u files became %u", id, g_hash_table_size(before),
			 g_hash_table_size(after));
}

#endif
