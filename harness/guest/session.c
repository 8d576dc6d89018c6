/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "session.h"

#include <string.h>

#include "error.h"
#include "escape.h"
#include "session-state.h"

/* What may precede the first hello: the rest of an earlier session. */
#define GARBAGE_MAX (16u << 20)
/* Half a frame of that rest, whose end was lost, is given up after this many us. */
#define STALLED_US (3 * G_USEC_PER_SEC)

static void session_break(Session *session, GError *reason)
{
	if (session->broken) {
		g_error_free(reason);
		return;
	}
	session->broken = reason;
	waiter_cancel(session->waiter, g_error_copy(reason));
}

void session_violation(Session *session, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	session_break(session,
		      g_error_new(LATHE_ERROR, LATHE_ERROR_GUEST,
				  "the guest's agent broke the protocol: %s", text));
}

gint64 session_deadline(guint timeout_ms)
{
	return g_get_monotonic_time() + (gint64)timeout_ms * 1000;
}

/* ---- what arrives ---- */

static void on_hello(Session *session, const WireFrame *frame)
{
	char version[64];
	guint64 instance;
	WireAttribute text;

	if (!wire_get_text(frame, WIRE_TAG_AGENT, version, sizeof version) ||
	    !wire_find(frame, WIRE_TAG_AGENT, &text) ||
	    !wire_get_number(frame, WIRE_TAG_INSTANCE, G_MAXUINT64, &instance)) {
		session_violation(session, "a malformed hello");
		return;
	}
	if (session->welcomed) {
		if (instance != session->instance)
			session_violation(session, "it was started anew");
		return;
	}
	session->heard_hello = TRUE;
	session->instance = instance;
	g_free(session->agent_version);
	session->agent_version = escape_text(version, -1);
}

static void on_ok(Session *session, const WireFrame *frame)
{
	(void)frame;
	if (session->request.type == WIRE_CAPTURE || session->request.type == WIRE_START)
		session_violation(session, "OK is no answer to this request");
	else
		session->request.done = TRUE;
}

static void on_error(Session *session, const WireFrame *frame)
{
	g_autofree char *text = NULL;
	WireAttribute attribute;

	if (!wire_find(frame, WIRE_TAG_TEXT, &attribute) || attribute.length > 1024) {
		session_violation(session, "a malformed error");
		return;
	}
	text = escape_text((const char *)attribute.bytes, attribute.length);
	if (!session->request.error)
		lathe_error(&session->request.error, LATHE_ERROR_GUEST,
			    "in the guest: %s", text);
	session->request.done = TRUE;
}

typedef struct {
	WireType type;
	gboolean answers; /* carries the sequence of a request */
	void (*handle)(Session *session, const WireFrame *frame);
} FrameHandler;

static const FrameHandler handlers[] = {
    {WIRE_HELLO, FALSE, on_hello},
    {WIRE_OK, TRUE, on_ok},
    {WIRE_ERROR, TRUE, on_error},
    {WIRE_FILE, TRUE, session_on_file},
    {WIRE_DONE, TRUE, session_on_done},
    {WIRE_STARTED, TRUE, session_on_started},
    {WIRE_PROGRESS, FALSE, session_on_progress},
    {WIRE_OUTPUT, FALSE, session_on_output},
    {WIRE_EXITED, FALSE, session_on_exited},
};

/* An answer is to the request under way. FALSE: dropped, or the session is broken. */
static gboolean answer_is_wanted(Session *session, guint32 sequence)
{
	if (session->request.type && !session->request.done &&
	    sequence == session->request.sequence)
		return TRUE;
	/* Until the agent has answered the welcome, an earlier session may still speak.
	 */
	if (session->welcomed &&
	    (sequence < session->first_sequence || sequence > session->abandoned))
		session_violation(session,
				  "an answer to a request that is not under way");
	return FALSE;
}

/* A guest that floods is cut off: hello and progress come once a second each at
 * most. */
static gboolean within_budget(Session *session)
{
	gint64 elapsed_s = (g_get_monotonic_time() - session->began_us) / G_USEC_PER_SEC;

	if (session->unsolicited + session->decoder.skipped <=
	    64 + 4 * (guint64)elapsed_s + 4 * session->tools)
		return TRUE;
	session_violation(session, "too many frames that nobody asked for");
	return FALSE;
}

static void handle_frame(Session *session, const WireFrame *frame)
{
	const FrameHandler *handler = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(handlers); i++)
		if (handlers[i].type == frame->type)
			handler = &handlers[i];
	if (!handler) {
		session_violation(session, "a request from the guest");
		return;
	}
	if (!session->welcomed && frame->type != WIRE_HELLO && !handler->answers)
		return;
	if (frame->type == WIRE_HELLO || frame->type == WIRE_PROGRESS)
		session->unsolicited++;
	if (!within_budget(session))
		return;
	if (handler->answers && !answer_is_wanted(session, frame->sequence))
		return;
	if (!wire_valid(frame) || (!handler->answers && frame->sequence)) {
		session_violation(session, "a malformed frame of type %u", frame->type);
		return;
	}
	session->last_heard_us = g_get_monotonic_time();
	handler->handle(session, frame);
	/* From here on the stream is whole, and strictness is due. */
	if (session->request.type == WIRE_WELCOME && session->request.done &&
	    !session->request.error && !session->welcomed) {
		session->welcomed = TRUE;
		session->decoder.garbage_bytes = 0;
	}
}

static void handle_frames(Session *session)
{
	WireFrame frame;
	WireResult result = WIRE_MORE;

	while (!session->broken &&
	       (result = wire_decoder_next(&session->decoder, &frame)) != WIRE_MORE) {
		if (result == WIRE_FRAME)
			handle_frame(session, &frame);
		else
			session_violation(session, "it speaks version %u, this lathe %u",
					  frame.version, WIRE_VERSION);
	}
	if (!session->broken &&
	    (session->welcomed ? session->decoder.garbage_bytes > 0
			       : session->decoder.garbage_bytes > GARBAGE_MAX))
		session_violation(session, "bytes that are no frame");
	if (!session->broken)
		within_budget(session);
}

static void on_received(const guint8 *data, gsize length, gpointer user_data)
{
	Session *session = user_data;

	session->dispatching = TRUE;
	for (gsize at = 0; at < length && !session->broken;) {
		at += wire_decoder_feed(&session->decoder, data + at, length - at);
		handle_frames(session);
	}
	session->dispatching = FALSE;
}

static void on_closed(const char *why, gpointer user_data)
{
	Session *session = user_data;
	g_autofree char *text = escape_text(why ? why : "", -1);

	if (session->quitting)
		return;
	session_break(session,
		      g_error_new(LATHE_ERROR, LATHE_ERROR_GUEST,
				  "the channel to the guest's agent closed: %s", text));
}

/* ---- what is asked ---- */

static gboolean usable(const Session *session, GError **error)
{
	/* The callbacks run while a frame is handled: they must not wait for another. */
	g_assert(!session->dispatching);
	if (session->broken && error)
		*error = g_error_copy(session->broken);
	return !session->broken;
}

void session_begin(Session *session, WireWriter *writer, WireType type)
{
	wire_begin(writer, session->frame, sizeof session->frame, type,
		   ++session->last_sequence);
	session->request = (SessionRequest){type, session->last_sequence, FALSE, NULL};
}

static gboolean is_answered(gpointer data)
{
	Session *session = data;

	return session->request.done || session->broken;
}

static guint left_ms(gint64 deadline_us)
{
	gint64 left_us = deadline_us - g_get_monotonic_time();

	return left_us > 0 ? (guint)(left_us / 1000) : 0;
}

static gboolean send_and_wait(Session *session, WireWriter *writer, gint64 deadline_us,
			      const char *what, GError **error)
{
	gsize length = wire_end(writer);

	if (!usable(session, error))
		return FALSE;
	if (!length)
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "a request to the guest's agent is over %u bytes",
				   WIRE_FRAME_MAX);
	if (!session->channel->send(session->channel, session->frame, length, error) ||
	    !waiter_until(session->waiter, left_ms(deadline_us), is_answered, session,
			  what, error))
		return FALSE;
	return usable(session, error);
}

gboolean session_ask(Session *session, WireWriter *writer, gint64 deadline_us,
		     const char *what, GError **error)
{
	SessionRequest *request = &session->request;
	gboolean answered = send_and_wait(session, writer, deadline_us, what, error);
	gboolean done = answered && !request->error;

	if (!answered)
		session->abandoned = request->sequence;
	else if (request->error)
		g_propagate_error(error, g_steal_pointer(&request->error));
	g_clear_error(&request->error);
	request->type = 0;
	return done;
}

Session *session_new(Channel *channel, Waiter *waiter)
{
	Session *session = g_new0(Session, 1);

	session->channel = channel;
	session->waiter = waiter;
	session->began_us = session->last_heard_us = g_get_monotonic_time();
	/* Apart from those of an earlier session, whose answers may still arrive. */
	session->first_sequence = (guint32)g_random_int_range(1, 1 << 30);
	session->last_sequence = session->abandoned = session->first_sequence - 1;
	session->capture.content = g_byte_array_new();
	channel->received = on_received;
	channel->closed = on_closed;
	channel->user_data = session;
	return session;
}

void session_free(Session *session)
{
	if (!session)
		return;
	g_assert(!session->dispatching);
	channel_free(session->channel);
	g_clear_error(&session->broken);
	g_clear_error(&session->request.error);
	g_free(session->agent_version);
	g_free(session->capture.path);
	g_byte_array_unref(session->capture.content);
	g_free(session);
}

static gboolean has_hello(gpointer data)
{
	Session *session = data;

	if (!session->heard_hello && wire_decoder_pending(&session->decoder) &&
	    g_get_monotonic_time() - session->began_us > STALLED_US) {
		wire_decoder_skip(&session->decoder);
		handle_frames(session);
	}
	return session->heard_hello || session->broken;
}

gboolean session_hello(Session *session, guint timeout_ms, char **ret_version,
		       GError **error)
{
	gint64 deadline_us = session_deadline(timeout_ms);
	WireWriter writer;

	if (!usable(session, error) ||
	    !waiter_until(session->waiter, timeout_ms, has_hello, session,
			  "the hello of the guest's agent", error) ||
	    !usable(session, error))
		return FALSE;
	session_begin(session, &writer, WIRE_WELCOME);
	wire_put_number(&writer, WIRE_TAG_SESSION,
			(guint64)g_random_int() << 32 | g_random_int() | 1);
	if (!session_ask(session, &writer, deadline_us,
			 "the guest's agent to open a session", error))
		return FALSE;
	*ret_version = g_strdup(session->agent_version);
	return TRUE;
}

gint64 session_last_heard_us(const Session *session)
{
	return session->last_heard_us;
}

/* Sent and not answered: what it leads to is seen anyway. */
static gboolean tell(Session *session, WireType type, int signal, GError **error)
{
	guint8 frame[64];
	WireWriter writer;
	gsize length;

	if (session->broken)
		return usable(session, error);
	wire_begin(&writer, frame, sizeof frame, type, 0);
	if (signal)
		wire_put_number(&writer, WIRE_TAG_SIGNAL, (guint64)signal);
	length = wire_end(&writer);
	return session->channel->send(session->channel, frame, length, error);
}

gboolean session_signal(Session *session, int signal, GError **error)
{
	g_assert(signal > 0);
	return tell(session, WIRE_SIGNAL, signal, error);
}

gboolean session_quit(Session *session, GError **error)
{
	if (!tell(session, WIRE_QUIT, 0, error))
		return FALSE;
	session->quitting = TRUE;
	return TRUE;
}
