/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Errors that reach the user: a message and, apart from it, a hint that says what to do.
 * The layer that knows an object names it; callers prefix what they were doing
 * (g_prefix_error); only main() prints.
 */
#ifndef LATHE_ERROR_H
#define LATHE_ERROR_H

#include <glib.h>

typedef enum {
	LATHE_ERROR_USAGE,	 /* the command line or a profile asks for something wrong */
	LATHE_ERROR_INPUT,	 /* a file, a tool's output or a frame is malformed */
	LATHE_ERROR_ENVIRONMENT, /* this machine lacks something the work needs */
	LATHE_ERROR_IO,		 /* a system call on a named object failed */
	LATHE_ERROR_TIMEOUT,	 /* a wait reached its deadline */
	LATHE_ERROR_GUEST,	 /* the guest or its agent failed or broke the protocol */
	LATHE_ERROR_CANCELLED,	 /* a signal ended the work */
	LATHE_ERROR_BUSY,	 /* another lathe holds the lock */
} LatheErrorCode;

typedef struct LatheErrorPrivate {
	char *hint;
} LatheErrorPrivate;

#define LATHE_ERROR lathe_error_quark()
GQuark lathe_error_quark(void);

/* Sets *error (when error is not NULL) and always returns FALSE, so that reporting is one
 * line: return lathe_error(error, LATHE_ERROR_INPUT, "...", ...). */
gboolean lathe_error(GError **error, LatheErrorCode code, const char *format, ...)
	G_GNUC_PRINTF(3, 4);

/* The same for a failed system call: appends ": " and the text of errnum. A full or read-only
 * file system brings its hint. */
gboolean lathe_error_errno(GError **error, int errnum, const char *format, ...)
	G_GNUC_PRINTF(3, 4);

/* The same for an error of GLib's file functions, whose message names the file. */
gboolean lathe_error_file(GError **error, const GError *cause);

/* Attaches what the user can do about *error; replaces an older hint. A NULL error, or an
 * *error of another domain, is left as it is. */
void lathe_error_hint(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* The hint, owned by the error, or NULL. */
const char *lathe_error_get_hint(const GError *error);

#endif
