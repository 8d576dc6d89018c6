/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A directory tree that a test makes and takes down again. */
#ifndef LATHE_TEST_TREE_H
#define LATHE_TEST_TREE_H

#include <glib.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "remove_tree.h"

static inline char *tree_new(void)
{
	char *directory = g_dir_make_tmp("lathe-test-XXXXXX", NULL);

	g_assert_nonnull(directory);
	return directory;
}

/* The same where files cost no disk, for trees of thousands. */
static inline char *tree_new_in_memory(void)
{
	char *directory = g_strdup("/dev/shm/lathe-test-XXXXXX");

	if (g_mkdtemp(directory))
		return directory;
	g_free(directory);
	return tree_new();
}

/* Without waiting for the disk, and without asking for each parent again: some trees have
 * thousands of files. */
static inline void tree_write_bytes(const char *directory, const char *path, const char *data,
				    gssize length)
{
	g_autofree char *name = g_build_filename(directory, path, NULL);
	gsize size = length < 0 ? strlen(data) : (gsize)length;
	FILE *file = fopen(name, "wb");

	if (!file) {
		g_autofree char *parent = g_path_get_dirname(name);

		g_assert_cmpint(g_mkdir_with_parents(parent, 0755), ==, 0);
		file = fopen(name, "wb");
	}
	g_assert_nonnull(file);
	g_assert_cmpint(fwrite(data, 1, size, file), ==, size);
	g_assert_cmpint(fclose(file), ==, 0);
}

static inline void tree_write(const char *directory, const char *path, const char *text)
{
	tree_write_bytes(directory, path, text, -1);
}

static inline void tree_link(const char *directory, const char *path, const char *target)
{
	g_autofree char *name = g_build_filename(directory, path, NULL);

	g_assert_cmpint(symlink(target, name), ==, 0);
}

/* Removes the tree and frees its name. */
static inline void tree_free(char *directory)
{
	g_assert_true(remove_tree(directory));
	g_free(directory);
}

#endif
