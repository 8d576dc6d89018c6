/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A directory tree that a test makes and takes down again. */
#ifndef LATHE_TEST_TREE_H
#define LATHE_TEST_TREE_H

#include <ftw.h>
#include <glib.h>
#include <glib/gstdio.h>

static inline char *tree_new(void)
{
	char *directory = g_dir_make_tmp("lathe-test-XXXXXX", NULL);

	g_assert_nonnull(directory);
	return directory;
}

static inline void tree_write_bytes(const char *directory, const char *path, const char *data,
				    gssize length)
{
	g_autofree char *file = g_build_filename(directory, path, NULL);
	g_autofree char *parent = g_path_get_dirname(file);

	g_assert_cmpint(g_mkdir_with_parents(parent, 0755), ==, 0);
	g_assert_true(g_file_set_contents(file, data, length, NULL));
}

static inline void tree_write(const char *directory, const char *path, const char *text)
{
	tree_write_bytes(directory, path, text, -1);
}

static int tree_remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return g_remove(path);
}

/* Removes the tree and frees its name. */
static inline void tree_free(char *directory)
{
	nftw(directory, tree_remove_one, 16, FTW_DEPTH | FTW_PHYS);
	g_free(directory);
}

#endif
