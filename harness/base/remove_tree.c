/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "remove_tree.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>

/* Descriptors that nftw() may hold: deeper trees are walked too, only more slowly. */
#define OPEN_MAX_DIRECTORIES 16

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

gboolean remove_tree(const char *directory)
{
	struct stat st;

	nftw(directory, remove_one, OPEN_MAX_DIRECTORIES, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	return lstat(directory, &st) != 0 && errno == ENOENT;
}
