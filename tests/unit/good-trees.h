/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The trees of tests/knob, on which every row passes. */
#ifndef LATHE_TEST_GOOD_TREES_H
#define LATHE_TEST_GOOD_TREES_H

#include <glob.h>

#include "listing.h"

/* SCOPE.tree and every LAYER.SCOPE.tree, in the order of their names. */
static inline void good_tree_load(const char *scope, const char *directory)
{
	g_autofree char *own = g_strdup_printf("%s.tree", scope);
	g_autofree char *common = g_build_filename(g_getenv("TESTS"), "knob", own, NULL);
	g_autofree char *layers = g_strdup_printf("*.%s.tree", scope);
	g_autofree char *pattern = g_build_filename(g_getenv("TESTS"), "knob", layers, NULL);
	glob_t found;

	listing_load(common, directory);
	if (glob(pattern, 0, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc; i++)
		listing_load(found.gl_pathv[i], directory);
	globfree(&found);
}

#endif
