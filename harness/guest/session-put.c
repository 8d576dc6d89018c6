/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "session-state.h"

static gboolean put_piece(Session *session, const char *path, guint mode,
			  const guint8 *data, gsize length, gsize offset,
			  gint64 deadline_us, GError **error)
{
	gsize piece = MIN(length - offset, WIRE_CHUNK_MAX);
	WireWriter writer;

	session_begin(session, &writer, WIRE_PUT);
	wire_put_text(&writer, WIRE_TAG_PATH, path);
	wire_put_number(&writer, WIRE_TAG_MODE, mode);
	wire_put_number(&writer, WIRE_TAG_OFFSET, offset);
	wire_put(&writer, WIRE_TAG_DATA, piece ? data + offset : NULL, piece);
	if (offset + piece == length)
		wire_put(&writer, WIRE_TAG_END, NULL, 0);
	return session_ask(session, &writer, deadline_us,
			   "the guest's agent to write a file", error);
}

gboolean session_put(Session *session, const char *guest_path, guint mode,
		     const void *data, gsize length, guint timeout_ms, GError **error)
{
	gint64 deadline_us = session_deadline(timeout_ms);
	gsize offset = 0;

	do {
		if (!put_piece(session, guest_path, mode, data, length, offset,
			       deadline_us, error)) {
			g_prefix_error(error, "write '%s' in the guest: ", guest_path);
			return FALSE;
		}
		offset += MIN(length - offset, WIRE_CHUNK_MAX);
	} while (offset < length);
	return TRUE;
}
