/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copies files of a root into a directory that root_open_captured() reads back: plain files,
 * so that a reviewer can read them.
 */
#ifndef LATHE_CAPTURE_H
#define LATHE_CAPTURE_H

#include <glib.h>

#include "root.h"

/* Copies every file that matches one of the patterns (a component may hold '*') below
 * `directory`. A file that is absent or unreadable is left out; an error to write is an
 * error. */
gboolean capture_files(const Root *root, const char *const *patterns, const char *directory,
		       GError **error);

/* The same; a file that is there but cannot be read adds "ERRNO<tab>PATH" to `errors` (may be
 * NULL). A pattern that ends in '/' is a directory: it is made, and so is what it lists, as
 * empty files and directories where nothing else was copied. */
gboolean capture_files_noting(const Root *root, const char *const *patterns,
			      const char *directory, GString *errors, GError **error);

/* Stores one file of a capture that came from elsewhere (the agent). `path` is relative;
 * "..", an absolute path, a NUL or a name over 255 bytes is refused. Directories are made. */
gboolean capture_store(const char *directory, const char *path, const void *data,
		       gsize length, GError **error);

/* What is not a file on a live machine and is one in a capture. */
#define CAPTURE_COMPLETE "lathe/complete"     /* "lathe-capture/1": the tree is whole */
#define CAPTURE_THREADS "lathe/threads"	      /* a line a thread, see threads.h */
#define CAPTURE_KERNEL_LOG "lathe/kernel-log"
#define CAPTURE_KVM_PROOF "lathe/kvm-proof"
#define CAPTURE_ERRORS "lathe/errors"	      /* errno, tab, path: could not be read */

#endif
