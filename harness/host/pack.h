/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes an archive of a directory. */
#ifndef LATHE_PACK_H
#define LATHE_PACK_H

#include <glib.h>

/* How much a directory holds. */
typedef struct {
	guint files;
	guint64 bytes;
} PackSize;

/*
 * Writes `file`, a gzipped tar archive of the plain files and directories in `directory`,
 * below one directory named `top`. The same content gives the same bytes: sorted, without
 * times and owners. `file` is ours to write: it must not be there yet.
 */
gboolean pack(const char *directory, const char *top, const char *file, GError **error);

/* Counts the plain files. */
gboolean pack_size(const char *directory, PackSize *ret, GError **error);

#endif
