/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A Channel over a socket, for tests. */
#ifndef LATHE_TEST_FD_CHANNEL_H
#define LATHE_TEST_FD_CHANNEL_H

#include <errno.h>
#include <glib-unix.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel.h"
#include "error.h"

typedef struct {
	Channel channel;
	int fd;
	guint in, out;
	GByteArray *queue;
} FdChannel;

static gboolean on_readable(gint fd, GIOCondition condition, gpointer data)
{
	FdChannel *channel = data;
	guint8 bytes[65536];
	gssize got = read(fd, bytes, sizeof bytes);

	(void)condition;
	if (got > 0) {
		channel->channel.received(bytes, (gsize)got, channel->channel.user_data);
		return G_SOURCE_CONTINUE;
	}
	if (got < 0 && errno == EAGAIN)
		return G_SOURCE_CONTINUE;
	channel->in = 0;
	channel->channel.closed("end of file", channel->channel.user_data);
	return G_SOURCE_REMOVE;
}

static gboolean on_writable(gint fd, GIOCondition condition, gpointer data)
{
	FdChannel *channel = data;
	gssize written =
	    send(fd, channel->queue->data, channel->queue->len, MSG_NOSIGNAL);

	(void)condition;
	if (written > 0)
		g_byte_array_remove_range(channel->queue, 0, (guint)written);
	if (channel->queue->len && (written > 0 || errno == EAGAIN))
		return G_SOURCE_CONTINUE;
	channel->out = 0;
	return G_SOURCE_REMOVE;
}

static gboolean fd_channel_send(Channel *channel, const void *data, gsize length,
				GError **error)
{
	FdChannel *fd = (FdChannel *)channel;

	if (!fd->in)
		return lathe_error(error, LATHE_ERROR_IO, "the channel is closed");
	g_byte_array_append(fd->queue, data, (guint)length);
	if (!fd->out)
		fd->out = g_unix_fd_add(fd->fd, G_IO_OUT, on_writable, fd);
	return TRUE;
}

static void fd_channel_free(Channel *channel)
{
	FdChannel *fd = (FdChannel *)channel;

	if (fd->in)
		g_source_remove(fd->in);
	if (fd->out)
		g_source_remove(fd->out);
	close(fd->fd);
	g_byte_array_unref(fd->queue);
	g_free(fd);
}

/* Takes the descriptor. */
static inline Channel *fd_channel_new(int fd)
{
	FdChannel *channel = g_new0(FdChannel, 1);

	g_assert_true(g_unix_set_fd_nonblocking(fd, TRUE, NULL));
	channel->channel.send = fd_channel_send;
	channel->channel.free = fd_channel_free;
	channel->fd = fd;
	channel->queue = g_byte_array_new();
	channel->in = g_unix_fd_add(fd, G_IO_IN | G_IO_HUP, on_readable, channel);
	return &channel->channel;
}

#endif
