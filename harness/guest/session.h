/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The harness's side of the conversation with lathe-agent (design.md §7, wire.h). The
 * guest is hostile: every length is checked, every wait has a deadline, memory is
 * bounded, names that arrive cannot leave the directory they are stored in.
 */
#ifndef LATHE_SESSION_H
#define LATHE_SESSION_H

#include <glib.h>

#include "channel.h"
#include "waiter.h"

typedef struct Session Session;

/* Takes the channel. A protocol error or a closed channel cancels the waiter, and every call
 * fails from then on; a channel that closes after session_quit() cancels nothing. */
Session *session_new(Channel *channel, Waiter *waiter);
void session_free(Session *session);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Session, session_free)

/* Waits for the agent's hello and answers it. Nothing is sent before. *ret_version is the
 * agent's version, escaped, owned by the caller. */
gboolean session_hello(Session *session, guint timeout_ms, char **ret_version,
		       GError **error);

/* Has the agent send every file that matches one of the patterns ("proc/self/status",
 * "sys/class/net/<STAR>/mtu"; relative to the guest's root) and stores them below
 * `directory`, which is there afterwards even when no file came. Files that are absent or
 * unreadable in the guest are left out; `errors` (may be NULL) gets a line, errno, tab,
 * path, for each that is there and cannot be read, and for each directory on the way to them
 * that cannot be listed. At most SESSION_CAPTURE_MAX bytes and 20,000 files
 * a call: more ends the session. */
gboolean session_capture(Session *session, const char *const *patterns,
			 const char *directory, guint timeout_ms, GError **error);
gboolean session_capture_noting(Session *session, const char *const *patterns,
				const char *directory, GString *errors,
				guint timeout_ms, GError **error);
#define SESSION_CAPTURE_MAX (64u << 20)

/* The same for files whose size is known to be larger: at most bytes_max in all, of which one
 * file at a time (256 MiB at most: WIRE_FILE_MAX) is held in memory. */
gboolean session_capture_large(Session *session, const char *const *patterns,
			       const char *directory, guint64 bytes_max,
			       guint timeout_ms, GError **error);

/* Writes a file in the guest, in chunks; `guest_path` is absolute, `mode` its permission bits.
 * A regular file appears complete or not at all. What is special there (a device, files of
 * /proc and /sys) gets one write, of at most 32 KiB. */
gboolean session_put(Session *session, const char *guest_path, guint mode,
		     const void *data, gsize length, guint timeout_ms, GError **error);

/* The callbacks run while the session reads: they may call session_signal() and nothing else
 * of it. The strings are borrowed for the call of session_start(). */
typedef struct {
	const char *const *argv;   /* argv[0] is an absolute path in the guest */
	const char *progress_fifo; /* FIFO in the guest to report lines from, or NULL */
	guint deadline_s;          /* the agent kills it then */
	/* Called with the newest lines of progress_fifo, at most once a second. */
	void (*progress)(const char *text, gsize length, gpointer user_data);
	/* Called with what it wrote to stdout and stderr together, at most 1 MiB in all.
	 */
	void (*output)(const char *text, gsize length, gpointer user_data);
	gpointer user_data;
} SessionTool;

/* Starts the tool in the guest. It gets every guest CPU in its affinity, never the
 * agent's. */
gboolean session_start(Session *session, const SessionTool *tool, guint timeout_ms,
		       guint32 *ret_pid, GError **error);

/* TRUE once it has ended; *ret_exit is its exit status, or -signal. */
gboolean session_exited(const Session *session, int *ret_exit);

/* Monotonic time (us) of the last frame from the agent: while a tool runs it sends one every
 * WIRE_LOOK_S at least, even when the FIFO had nothing. */
gint64 session_last_heard_us(const Session *session);

/* Sends the tool a signal (SIGTERM: cyclictest prints what it has). */
gboolean session_signal(Session *session, int signal, GError **error);

/* The callbacks of session_start() are not called any more: whoever gave them is about to
 * go. */
void session_forget_tool(Session *session);

/* Asks the agent to end; in the built guest that powers off. */
gboolean session_quit(Session *session, GError **error);

#endif
