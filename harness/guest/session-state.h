/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files that make up the session share; nobody else includes this.
 *
 * One request is under way at a time. Its sequence is the only one that may be answered;
 * answers to requests that ran into their deadline are dropped, any other ends the
 * session.
 */
#ifndef LATHE_SESSION_STATE_H
#define LATHE_SESSION_STATE_H

#include "session.h"
#include "wire.h"

typedef struct {
	WireType type; /* 0: none under way */
	guint32 sequence;
	gboolean done;
	GError *error; /* why it failed, or NULL */
} SessionRequest;

/* The capture under way. */
typedef struct {
	const char *const *patterns;
	const char *directory;
	char *path; /* of the file that is arriving, or NULL */
	GByteArray *content;
	guint64 files, bytes;    /* complete ones: what the agent must agree with */
	guint64 received, begun; /* with those it took back: what the limits count */
	guint64 bytes_max;
	GString *errors; /* borrowed, or NULL */
} SessionCapture;

struct Session {
	Channel *channel;
	Waiter *waiter;
	GError *broken;       /* why nothing works any more, or NULL */
	gboolean dispatching; /* a frame is being handled */
	gboolean quitting;    /* the channel may close */

	gboolean heard_hello, welcomed;
	guint64 instance;
	char *agent_version;

	guint32 last_sequence;
	guint32 first_sequence; /* answers up to abandoned are dropped; nothing before
				   first */
	guint32 abandoned;
	SessionRequest request;
	SessionCapture capture;

	SessionTool tool; /* its callbacks */
	gboolean tool_runs, tool_exited;
	guint32 tool_pid;
	int tool_exit;
	gsize tool_output;
	guint tools; /* started */

	gint64 began_us, last_heard_us;
	guint64 unsolicited; /* frames nobody asked for: hello, progress */
	WireDecoder decoder;
	guint8 frame[WIRE_FRAME_MAX]; /* the request being written */
};

/* Ends the session: the agent broke the protocol. */
void session_violation(Session *session, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Begins the next request in session->frame. */
void session_begin(Session *session, WireWriter *writer, WireType type);

/* Sends it and waits for the answer. `what` completes "waiting for". */
gboolean session_ask(Session *session, WireWriter *writer, gint64 deadline_us,
		     const char *what, GError **error);

/* Monotonic time timeout_ms from now. */
gint64 session_deadline(guint timeout_ms);

/* Handlers of frames, called only for the request under way or, for those without a
 * sequence, in a session that was welcomed. */
void session_on_file(Session *session, const WireFrame *frame);
void session_on_done(Session *session, const WireFrame *frame);
void session_on_started(Session *session, const WireFrame *frame);
void session_on_progress(Session *session, const WireFrame *frame);
void session_on_output(Session *session, const WireFrame *frame);
void session_on_exited(Session *session, const WireFrame *frame);

#endif
