/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "error.h"
#include "session-state.h"

void session_on_started(Session *session, const WireFrame *frame)
{
	guint64 pid;

	if (session->request.type != WIRE_START ||
	    !wire_get_number(frame, WIRE_TAG_PID, G_MAXINT32, &pid) || pid == 0) {
		session_violation(session, "a malformed answer to start");
		return;
	}
	session->tool_pid = (guint32)pid;
	session->tool_runs = TRUE;
	session->tool_exited = FALSE;
	session->tool_output = 0;
	session->tools++;
	session->request.done = TRUE;
}

/* The bytes of a frame that only a running tool causes. */
static gboolean tool_data(Session *session, const WireFrame *frame, WireAttribute *ret)
{
	if (session->tool_runs && wire_find(frame, WIRE_TAG_DATA, ret))
		return TRUE;
	session_violation(session, "words of a tool that does not run");
	return FALSE;
}

void session_on_progress(Session *session, const WireFrame *frame)
{
	WireAttribute data;

	if (tool_data(session, frame, &data) && data.length && session->tool.progress)
		session->tool.progress((const char *)data.bytes, data.length,
				       session->tool.user_data);
}

void session_on_output(Session *session, const WireFrame *frame)
{
	WireAttribute data;

	if (!tool_data(session, frame, &data))
		return;
	session->tool_output += data.length;
	if (!data.length || session->tool_output > WIRE_OUTPUT_MAX) {
		session_violation(session, "a tool's output over %u bytes, or none",
				  WIRE_OUTPUT_MAX);
		return;
	}
	if (session->tool.output)
		session->tool.output((const char *)data.bytes, data.length,
				     session->tool.user_data);
}

static void say_dropped(Session *session, guint64 dropped)
{
	g_autofree char *text = g_strdup_printf("\n[lathe-agent: %" G_GUINT64_FORMAT
						" more bytes of output were dropped]\n",
						dropped);

	if (dropped && session->tool.output)
		session->tool.output(text, strlen(text), session->tool.user_data);
}

void session_on_exited(Session *session, const WireFrame *frame)
{
	guint64 pid, status = 0, signal = 0, dropped;
	gboolean exited = wire_get_number(frame, WIRE_TAG_STATUS, 255, &status);
	gboolean killed = wire_get_number(frame, WIRE_TAG_SIGNAL, 64, &signal) &&
			  signal > 0;

	if (!session->tool_runs || exited == killed ||
	    !wire_get_number(frame, WIRE_TAG_PID, G_MAXINT32, &pid) ||
	    pid != session->tool_pid ||
	    !wire_get_number(frame, WIRE_TAG_DROPPED, G_MAXUINT64, &dropped)) {
		session_violation(session, "a malformed end of a tool");
		return;
	}
	say_dropped(session, dropped);
	session->tool_runs = FALSE;
	session->tool_exited = TRUE;
	session->tool_exit = exited ? (int)status : -(int)signal;
}

static gboolean tool_is_sound(const SessionTool *tool, GError **error)
{
	gsize count = 0;

	while (tool->argv[count])
		count++;
	if (count && count <= WIRE_ARGS_MAX && tool->argv[0][0] == '/' &&
	    tool->deadline_s)
		return TRUE;
	return lathe_error(
	    error, LATHE_ERROR_INPUT,
	    "a tool in the guest needs an absolute path, at most %u arguments "
	    "and a deadline",
	    WIRE_ARGS_MAX);
}

gboolean session_start(Session *session, const SessionTool *tool, guint timeout_ms,
		       guint32 *ret_pid, GError **error)
{
	WireWriter writer;

	if (!tool_is_sound(tool, error))
		return FALSE;
	if (session->tool_runs)
		return lathe_error(error, LATHE_ERROR_BUSY,
				   "a tool runs in the guest already");
	session->tool = *tool;
	/* Borrowed for this call only. */
	session->tool.argv = NULL;
	session->tool.progress_fifo = NULL;
	session_begin(session, &writer, WIRE_START);
	for (const char *const *argument = tool->argv; *argument; argument++)
		wire_put_text(&writer, WIRE_TAG_ARG, *argument);
	wire_put_number(&writer, WIRE_TAG_DEADLINE, tool->deadline_s);
	if (tool->progress_fifo)
		wire_put_text(&writer, WIRE_TAG_FIFO, tool->progress_fifo);
	if (!session_ask(session, &writer, session_deadline(timeout_ms),
			 "the guest's agent to start a tool", error)) {
		g_prefix_error(error, "start %s in the guest: ", tool->argv[0]);
		return FALSE;
	}
	*ret_pid = session->tool_pid;
	return TRUE;
}

void session_forget_tool(Session *session)
{
	session->tool.progress = NULL;
	session->tool.output = NULL;
}

gboolean session_exited(const Session *session, int *ret_exit)
{
	if (!session->tool_exited)
		return FALSE;
	*ret_exit = session->tool_exit;
	return TRUE;
}
