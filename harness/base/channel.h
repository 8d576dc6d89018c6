/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A byte stream in both directions, driven by the default main context: what the agent
 * session speaks over, without knowing whether libvirt, a socket or a test carries it.
 */
#ifndef LATHE_CHANNEL_H
#define LATHE_CHANNEL_H

#include <glib.h>

typedef struct Channel Channel;

struct Channel {
	/* Queues the bytes (copied) and sends them as the peer takes them. FALSE when the
	 * channel is closed. */
	gboolean (*send)(Channel *channel, const void *data, gsize length, GError **error);
	/* Closes and frees. No callback runs afterwards. */
	void (*free)(Channel *channel);

	/* Set by the user of the channel before the main context runs again. `received` gets
	 * bytes as they come, `closed` is called once, with a reason that it must copy. */
	void (*received)(const guint8 *data, gsize length, gpointer user_data);
	void (*closed)(const char *why, gpointer user_data);
	gpointer user_data;
};

static inline void channel_free(Channel *channel)
{
	if (channel)
		channel->free(channel);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Channel, channel_free)

#endif
