/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A child process run to its end: argv, never a shell; a bare environment; a deadline. */
#ifndef LATHE_CHILD_H
#define LATHE_CHILD_H

#include <glib.h>

typedef struct Waiter Waiter;

typedef struct {
	char *out; /* what it wrote, up to the first NUL */
	char *err;
	int status; /* exit status; 128 + N for a child that signal N ended */
} Child;

void child_clear(Child *child);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Child, child_clear)

/*
 * Runs argv[0] (searched in PATH) with nothing on its stdin, in `directory` unless that
 * is NULL. TRUE when it ran, whatever its exit status. Past the deadline, or once the
 * waiter is cancelled, it is killed and that is the error.
 */
gboolean child_run(const char *const *argv, const char *directory, guint timeout_ms,
		   Waiter *waiter, Child *ret, GError **error);

/* The last line the child wrote to stderr that is not blank, fit for a message; or
 * "exit status N". */
char *child_complaint(const Child *child);

#endif
