/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file gets another content as a whole, or keeps its own: nobody ever reads half of it. */
#ifndef LATHE_REPLACE_FILE_H
#define LATHE_REPLACE_FILE_H

#include <glib.h>

/*
 * Writes aside in the same directory, syncs and renames. Mode and owner stay; a symbolic link
 * stays and its target is replaced. A new file gets `mode`, whatever the umask is, and directories
 * that it needs 0755.
 *
 * expected (NULL: not asked): what the file must hold until then; "" is also a file that is not
 * there. Else it is an error, and the file stays.
 */
gboolean replace_file(const char *path, const char *text, guint mode, const char *expected,
		      GError **error);

#endif
