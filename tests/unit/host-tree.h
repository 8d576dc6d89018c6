/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Captured machines below tests/hosts, which tests/hosts/pack wrote, as directories. */
#ifndef LATHE_TEST_HOST_TREE_H
#define LATHE_TEST_HOST_TREE_H

#include "listing.h"

/* Every machine there is: who loops over them misses none. */
static const char *const host_trees[] = {
	"hwloc-16em64t-4s2c2t", "hwloc-16em64t-4s2c2t-offlines", "hwloc-48amd64-4pa2n6c-sparse",
	"hwloc-64amd64-4s2n4ca2co", "libvirt-resctrl", "lscpu-x86_64-64cpu",
	"nri-2-socket-4-node-40-core", "nri-sample1", "openshift-master", "openshift-worker2",
};

static inline char *host_file(const char *name, const char *suffix)
{
	g_autofree char *file = g_strconcat(name, suffix, NULL);
	g_autofree char *path = g_build_filename(g_getenv("TESTS"), "hosts", file, NULL);
	char *text = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		g_error("cannot read %s", path);
	return text;
}

/* The directory, to be given to tree_free(). */
static inline char *host_unpack(const char *name)
{
	g_autofree char *file = g_strconcat(name, ".tree", NULL);
	g_autofree char *path = g_build_filename(g_getenv("TESTS"), "hosts", file, NULL);
	char *directory = tree_new_in_memory();

	listing_load(path, directory);
	return directory;
}

#endif
