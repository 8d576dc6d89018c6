/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An agent whose frames are whole but hold anything. The input is a list of frames: kind,
 * attributes; their checksums and, mostly, their sequences are made right, so that the
 * bytes behind them are reached. Whatever comes, each call of the session returns.
 */
#include <glib.h>
#include <string.h>

#include "error.h"
#include "session.h"
#include "temporary.h"
#include "wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct {
	Channel channel;
	const uint8_t *data;
	size_t size, at;
	uint32_t sequence; /* of the last request */
	guint source;
} Stream;

static gboolean stream_send(Channel *channel, const void *data, gsize length,
			    GError **error)
{
	Stream *stream = (Stream *)channel;

	(void)error;
	g_assert(length >= WIRE_HEADER && wire_frame_length(data) == length);
	memcpy(&stream->sequence, (const char *)data + 8, 4);
	return TRUE;
}

static void stream_free(Channel *channel)
{
	Stream *stream = (Stream *)channel;

	if (stream->source)
		g_source_remove(stream->source);
	g_free(stream);
}

static unsigned take(Stream *stream)
{
	return stream->at < stream->size ? stream->data[stream->at++] : 0;
}

static void put_attribute(Stream *stream, WireWriter *writer)
{
	static const char *const texts[] = {"d/x", "d/../../x", "/x",
					    "d/y", "",          "d/\xff"};
	WireTag tag = (WireTag)(take(stream) % 22);
	unsigned how = take(stream), length;

	switch (how % 4) {
	case 0:
		wire_put_number(writer, tag, how >> 2);
		break;
	case 1:
		wire_put_text(writer, tag, texts[(how >> 2) % G_N_ELEMENTS(texts)]);
		break;
	case 2:
		length = (unsigned)MIN(how >> 2, stream->size - stream->at);
		wire_put(writer, tag, stream->data + stream->at, length);
		stream->at += length;
		break;
	default:
		wire_put(writer, tag, NULL, 0);
		break;
	}
}

static gboolean deliver(gpointer data)
{
	Stream *stream = data;
	uint8_t frame[4096];
	WireWriter writer;
	unsigned kind;

	if (stream->at >= stream->size) {
		stream->source = 0;
		stream->channel.closed("the input ended", stream->channel.user_data);
		return G_SOURCE_REMOVE;
	}
	kind = take(stream);
	wire_begin(&writer, frame, sizeof frame, (WireType)(kind % 16),
		   kind & 0x40   ? take(stream)
		   : kind & 0x80 ? 0
				 : stream->sequence);
	for (unsigned n = take(stream) % 8; n; n--)
		put_attribute(stream, &writer);
	stream->channel.received(frame, wire_end(&writer), stream->channel.user_data);
	return G_SOURCE_CONTINUE;
}

static void swallow(const char *text, gsize length, gpointer user_data)
{
	(void)text;
	*(gsize *)user_data += length;
}

static gboolean exited(gpointer data)
{
	int status;

	return session_exited(data, &status);
}

static void converse(Session *session, Waiter *waiter, const char *directory)
{
	static const char *const argv[] = {"/bin/tool", NULL}, *const patterns[] = {"d/*",
										    NULL};
	gsize total = 0;
	const SessionTool tool = {argv, "/tmp/fifo", 5, swallow, swallow, &total};
	g_autofree char *version = NULL;
	guint32 pid;

	if (!session_hello(session, 500, &version, NULL))
		return;
	g_assert(version);
	session_capture(session, patterns, directory, 500, NULL);
	session_put(session, "/tmp/x", 0644, "x", 1, 500, NULL);
	if (session_start(session, &tool, 500, &pid, NULL)) {
		g_assert(pid > 0);
		waiter_until(waiter, 500, exited, session, "the end", NULL);
	}
	session_quit(session, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(Waiter) waiter = waiter_new();
	Stream *stream = g_new0(Stream, 1);
	g_autoptr(Session) session = NULL;

	stream->channel.send = stream_send;
	stream->channel.free = stream_free;
	stream->data = data;
	stream->size = size;
	session = session_new(&stream->channel, waiter);
	stream->source = g_idle_add(deliver, stream);
	converse(session, waiter, temporary_directory());
	return 0;
}
