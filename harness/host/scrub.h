/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes out of a capture what tells one machine from another of its kind: serial numbers and
 * asset tags, MAC addresses, UUIDs and machine ids, and the host name.
 *
 * The same original gets the same stand-in wherever it occurs, in contents and in names, so
 * that the files still agree with each other.
 */
#ifndef LATHE_SCRUB_H
#define LATHE_SCRUB_H

#include "root.h"

typedef struct Scrub Scrub;

/*
 * Learns from `root` which serial numbers the machine has. `host` is its name, long or short
 * ("db1.example.org"). `patterns` are those that the capture was made by: a name that they
 * spell out is the kernel's, and stays. NULL with an error for a name that cannot be told
 * from a number.
 */
Scrub *scrub_new(const Root *root, const char *host, const char *const *patterns,
		 GError **error);
void scrub_free(Scrub *scrub);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Scrub, scrub_free)

/* Rewrites and renames below `directory`, a capture of our own. `paths` names the file in it
 * whose lines end in a tab and a path: those follow the names. */
gboolean scrub_tree(Scrub *scrub, const char *directory, const char *paths, GError **error);

#endif
