/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A private temporary directory that does not outlive the process, however that ends: a child
 * process waits for the end of ours (a pipe that closes), and removes the directory. So a
 * signal, an abort and SIGKILL leave nothing behind, and no handler has to do it.
 */
#ifndef LATHE_SCRATCH_H
#define LATHE_SCRATCH_H

#include <glib.h>

typedef struct Scratch Scratch;

/* A directory (mode 0700) below `parent`; NULL: where temporary files go ($TMPDIR). */
Scratch *scratch_new(const char *parent, GError **error);

/* Removes it and waits until it is gone. What was renamed out of it stays. */
void scratch_free(Scratch *scratch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Scratch, scratch_free)

/* Absolute when `parent` is, without a slash at the end. */
const char *scratch_path(const Scratch *scratch);

#endif
