/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A person's editor, on a copy of a file beside it. */
#ifndef LATHE_EDITOR_H
#define LATHE_EDITOR_H

#include <glib.h>

/* A new file with the text, the mode and, where that is allowed, the owner of `path`, in the same
 * directory: "PATH.edit-XXXXXX". Newly allocated name; NULL with an error. */
char *editor_copy(const char *path, const char *text, GError **error);

/* $VISUAL, else $EDITOR, else vi, with its own options, on that file; waits for its end. Not through
 * a shell. An error: it cannot be started, it was killed, or it ended with another status than 0. */
gboolean editor_run(const char *path, GError **error);

#endif
