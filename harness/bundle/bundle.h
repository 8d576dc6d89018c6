/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The directory that a run leaves behind. It is written as NAME.partial and renamed when it
 * is complete, with SHA256SUMS over every other file.
 */
#ifndef LATHE_BUNDLE_H
#define LATHE_BUNDLE_H

#include <glib.h>

#include "run.h"

typedef struct Bundle Bundle;

/* Creates PARENT/<UTC time>-<host>-<profile>.partial (mode 0755, parents too; a name that is
 * taken gets a "-2", "-3" ...). */
Bundle *bundle_create(const char *parent, const char *hostname, const char *profile,
		      GError **error);
/* Frees; a bundle that was not finished stays as .partial. */
void bundle_free(Bundle *bundle);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Bundle, bundle_free)

/* Where it is now (…​.partial until bundle_finish()). */
const char *bundle_path(const Bundle *bundle);

/* PATH/relative, newly allocated; its directory exists afterwards. */
char *bundle_file(const Bundle *bundle, const char *relative, GError **error);

/* Writes a whole file (aside, checked, renamed). */
gboolean bundle_write(Bundle *bundle, const char *relative, const void *data, gsize length,
		      GError **error);

/* SHA256SUMS in the form of sha256sum(1), sync, rename. bundle_path() is final afterwards. */
gboolean bundle_finish(Bundle *bundle, GError **error);

/* Reads DIRECTORY/run.json. */
Run *bundle_read_run(const char *directory, GError **error);

/* Reads a file of a bundle: relative names only, no symlink, regular files of at most 256
 * MiB. NUL-terminated, owned by the caller. */
gboolean bundle_read_file(const char *directory, const char *relative, char **ret,
			  gsize *ret_length, GError **error);

/* Every file but SHA256SUMS is listed and matches, and every listed file exists. */
gboolean bundle_verify(const char *directory, GError **error);

/* Hex SHA-256 of a file of the bundle, newly allocated. */
char *bundle_sha256(const char *directory, const char *relative, GError **error);

#endif
